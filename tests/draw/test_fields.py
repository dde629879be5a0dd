"""What lies over a frame for networks of fields: vectors, arrows, candidates and limbs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.look import Look
from poseviewer.core.stage import Request
from poseviewer.draw.colour import CYCLIC, lut, person_colour
from poseviewer.draw.fields import arrows, wheel_items
from poseviewer.draw.mosaic import Grid, cut, mosaic
from poseviewer.draw.primitives import Dot, FieldLayer, Label, Line, MapLayer, Scene
from poseviewer.draw.raster import paint
from poseviewer.draw.scene import build_scene
from poseviewer.pipeline.estimate_people import CrowdEstimator
from tests.pipeline.test_crowd import CARD, JOINTS, SIZE, Fields, Seer, frame

LIMBS = CARD.fields.skeleton.limbs


@pytest.fixture(scope="module")
def result():
    return CrowdEstimator(CARD, Fields()).estimate(frame(), Box.whole(SIZE), Request())


def of(scene, kind):
    return [item for item in scene.items if isinstance(item, kind)]


def overlay(result, stage, channel, **more):
    look = Look(overlay_stage=stage, overlay_channel=channel, skeleton=False, **more)
    return build_scene(result, look, scale=1.0)


def test_a_field_is_laid_over_by_its_vectors_with_the_wheel(result):
    field, wheel = of(overlay(result, 4, 16), FieldLayer)
    assert np.array_equal(field.vectors, result.stage(4).values[16:18])
    assert wheel.to_frame[0, 2] > SIZE[0] / 2
    assert not of(overlay(result, 5, 4), FieldLayer)
    assert of(overlay(result, 5, 4), MapLayer)


def test_the_wheel_shows_every_direction_in_its_colour():
    pixels = np.zeros((200, 200, 3), np.uint8)
    paint(Scene((200, 200), tuple(wheel_items((200, 200), scale=1.0)), 1.0), pixels)
    middle = np.array([199 - 30.0, 30.0])
    for turn in np.arange(0, 360, 30):
        way = np.radians(turn)
        x, y = np.rint(middle + 15 * np.array([np.cos(way), np.sin(way)])).astype(int)
        wanted = lut(CYCLIC)[round(turn / 360 * 256) % 256].astype(float)
        assert np.linalg.norm(pixels[y, x] - wanted) < 45


def test_arrows_run_along_the_known_limb(result):
    """Every arrow of the right forearms points as some person's does, beside it."""
    vectors = result.stage(4).values[16:18]
    tails, tips = arrows(vectors, high=1.0)
    assert len(tails) > 10
    known = JOINTS[:, 4] - JOINTS[:, 3]
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    ways = (tips - tails) / np.linalg.norm(tips - tails, axis=1, keepdims=True)
    assert (ways @ known.T).max(axis=1).min() > 0.97
    plain, drawn = (of(overlay(result, 4, 16, arrows=on), Line) for on in (False, True))
    assert len(drawn) > len(plain) + 10


def test_candidates_and_taken_limbs_of_a_joint_and_a_limb(result):
    """Three people: three wrists with scores, three forearms in three colours."""
    scene = overlay(result, 5, 4)
    dots = [dot for dot in of(scene, Dot) if dot.fill is not None]
    places = np.array([dot.centre for dot in dots])
    away = np.linalg.norm(places[:, None] - JOINTS[:, 4], axis=2)
    assert sorted(away.argmin(axis=1).tolist()) == [0, 1, 2]
    assert away.min(axis=1).max() < 4
    assert len({dot.fill for dot in dots}) == 3
    scores = result.parsings[5].candidates
    told = Counter(f"{min(s, 1):.2f}" for s in scores.score[scores.joint == 4])
    assert Counter(label.text for label in of(scene, Label)) == told

    scene = overlay(result, 4, 16)
    solid = [line for line in of(scene, Line) if line.opacity == 1 and max(line.colour) > 100]
    ends = np.array([(line.start, line.end) for line in solid])
    away = np.linalg.norm(ends[:, None] - JOINTS[None, :, [3, 4]], axis=3).max(axis=2)
    assert sorted(away.argmin(axis=1).tolist()) == [0, 1, 2]


def test_people_have_their_colours_whatever_order_a_stage_has_them_in(result):
    """The numbers of people are those of the tracker, which names them in another order."""
    track = np.array([4, 2, 7][: len(result.poses)])
    named = replace(
        result, poses=replace(result.poses.only(np.arange(len(track))[::-1]), track=track)
    )
    assert len(track) > 1
    for stage in range(len(result.parsings)):
        assert named.numbers(stage).tolist() == track[::-1].tolist()
    colours = {line.colour for line in of(overlay(named, 4, 16), Line)}
    assert {person_colour(number) for number in track.tolist()} <= colours
    assert result.numbers(4).tolist() == list(range(len(track)))


def test_a_limb_that_was_refused_says_why():
    """The detector sees no third person, and the first stage alone is not sure of one."""
    estimator = CrowdEstimator(CARD, Fields())
    estimator.finder = Seer([0.7, 0.5, 0.0])
    scene = overlay(estimator.estimate(frame(), Box.whole(SIZE), Request()), 0, 16)
    limbs = [label.text for label in of(scene, Label) if label.anchor == "centre"]
    told = [text.partition(" ")[2] for text in limbs]
    assert sorted(told) == ["", "", "no person detected there"]


def test_weighed_limbs_are_as_clear_as_their_score(result):
    parsing = result.parsings[1]
    faint = [line for line in of(overlay(result, 0, None), Line) if line.opacity < 1]
    taken = set(parsing.taken.tolist())
    scores = [s for n, s in enumerate(parsing.limbs.score.tolist()) if s > 0 and n not in taken]
    assert len(faint) == len(scores)
    by_score = sorted(faint, key=lambda line: line.width)
    assert [line.opacity for line in by_score] == sorted(line.opacity for line in faint)


def test_the_background_concerns_nobody(result):
    scene = overlay(result, 5, 18)
    assert len(scene.items) == 1


def test_a_field_tile_glows_in_the_colour_of_its_direction():
    vectors = np.zeros((2, 12, 12), np.float32)
    vectors[:, 3:9, 3:9] = np.array([np.cos(2.0), np.sin(2.0)])[:, None, None]
    belief = np.ones((12, 12), np.float32)
    words = mosaic([[vectors, belief, None]], grid=Grid(1, 3, (48, 48)))
    rgb = np.array([(words[24, 24] >> shift) & 255 for shift in (16, 8, 0)], float)
    assert np.linalg.norm(rgb - lut(CYCLIC)[round(2.0 / (2 * np.pi) * 256)]) < 12
    assert words[2, 2] & 0xFFFFFF == 0
    # Beside it beliefs keep their own map.
    assert words[24, 76] == mosaic([[belief]], grid=Grid(1, 1, (48, 48)))[24, 24]


@pytest.mark.parametrize(
    "box", [Box(20.3, 10.7, 60.0, 60.0), Box(-30.5, -20.2, 300.0, 300.0), Box(70, 60, 11.5, 11.5)]
)
def test_a_cut_shows_the_frame_at_its_place(box):
    y, x = np.indices((150, 200))
    pixels = np.stack([x, y, np.full_like(x, 255)], axis=2).astype(np.uint8)
    picture = cut(pixels, box, size=(50, 50)).astype(float)
    v, u = np.indices((50, 50))
    fx = box.x + (u + 0.5) * box.width / 50
    fy = box.y + (v + 0.5) * box.height / 50
    inside = (fx > 5) & (fx < 194) & (fy > 5) & (fy < 144)
    assert inside.sum() > 200
    assert np.abs(picture[..., 0] - fx)[inside].max() < 1.5
    assert np.abs(picture[..., 1] - fy)[inside].max() < 1.5
    outside = (fx < -8) | (fy < -8) | (fx > 208) | (fy > 158)
    assert not picture[outside].any()
