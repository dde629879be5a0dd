"""Hands and faces: finer than the body, in place of what they tell better, and their crops."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.angle import Angles
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.look import Look
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageOutput, StageSpec, grouped, main_stage
from poseviewer.draw.kinds import painter_of
from poseviewer.draw.primitives import Dot, Label, Line
from poseviewer.draw.scene import skeleton_items
from poseviewer.draw.stage_mosaic import stage_mosaic
from poseviewer.models.graph_files.zooms import zoom_stages

SKELETON = load_skeleton("holistic-203")
HAND, FACE = SKELETON.details[0], SKELETON.details[2]


def poses(*, missing: slice | None = None) -> Poses:
    """A body 300 high, with hands and a face of 40 pixels in places of their own."""
    rng = np.random.default_rng(3)
    xy = rng.uniform(0, 300, (203, 2)).astype(np.float32)
    for number, part in enumerate(SKELETON.details):
        own = slice(part.start, part.stop)
        xy[own] = rng.uniform(0, 40, (part.stop - part.start, 2)) + 320 + 50 * number
    if missing is not None:
        xy[missing] = np.nan
    score = np.where(np.isfinite(xy).all(axis=1), 0.9, 0.0)
    return Poses.single(xy, score=score, skeleton=SKELETON, box=(0, 0, 500, 500))


def dots(shown: Poses) -> dict[tuple[float, float], Dot]:
    return {i.centre: i for i in skeleton_items(shown, gate=0.2) if isinstance(i, Dot)}


def at(shown: Poses, joint: str | int) -> tuple[float, float]:
    number = SKELETON.index(joint) if isinstance(joint, str) else joint
    x, y = shown.xy[0, number].tolist()
    return x, y


def test_a_hand_is_finer_and_a_face_has_no_dots() -> None:
    shown = poses()
    drawn = dots(shown)
    elbow, finger = drawn[at(shown, "left_elbow")], drawn[at(shown, "left_middle_2")]
    assert finger.radius < elbow.radius / 2
    assert finger.outline_width < elbow.outline_width / 2
    assert not any(at(shown, joint) in drawn for joint in range(FACE.start, FACE.stop))
    lines = [i for i in skeleton_items(shown, gate=0.2) if isinstance(i, Line)]
    ends = {line.start for line in lines}
    assert at(shown, "chin") in ends


def test_what_a_part_tells_better_is_drawn_only_without_it() -> None:
    shown = poses()
    for joint in ("nose", "left_eye", "left_index", "right_thumb"):
        assert at(shown, joint) not in dots(shown)
    for joint in ("left_wrist", "left_ear"):
        assert at(shown, joint) in dots(shown)
    without = poses(missing=slice(HAND.start, HAND.stop))
    assert at(without, "left_index") in dots(without)
    assert at(without, "right_index") not in dots(without)


@pytest.fixture
def result() -> FrameResult:
    """A body with both crops of the left hand; the others were not asked for."""
    body = StageSpec("body", "points", 1, SKELETON.body.joints)
    specs = (body, *zoom_stages(1))
    shown = poses()
    crop = np.full((3, 8, 8), 0.5, np.float32)
    crop[0, 0] = 1.0
    turned = np.array([[0.0, -5.0, 360.0], [5.0, 0.0, 320.0]])
    closer = np.array([[0.0, -2.5, 350.0], [2.5, 0.0, 330.0]])
    points = np.array([[3, 3], [3, 6]], np.float32)
    stages = (
        StageOutput(specs[1], crop, turned, 1, points, 0.9),
        StageOutput(specs[2], crop.copy(), closer, 2, np.zeros((21, 3), np.float32), 0.9),
    )
    nothing = np.empty((1, 0), np.float32)
    nobody = Poses.nobody(SKELETON)
    stage_poses = (shown, nobody, shown, nobody, shown, nobody, shown)
    frame = Frame(np.zeros((500, 500, 3), np.uint8), 0, Timestamp(0, Fraction(1)))
    return FrameResult(
        frame, shown, stage_poses, Angles((), nothing, nothing), stages, Box(0, 0, 500, 500)
    )


def test_where_to_look_and_what_is_there_are_one_stage() -> None:
    specs = (StageSpec("body", "points", 1, SKELETON.body.joints), *zoom_stages(1))
    groups = grouped(specs)
    assert [group.title for group in groups] == ["body", "left hand", "right hand", "face"]
    assert groups[1].parts == (("look", 1), ("zoom", 2))
    # The key that goes from joint to joint goes over the body's.
    assert main_stage(specs) == 0


def test_crops_are_tiles_in_their_own_colours(result: FrameResult) -> None:
    specs = (StageSpec("body", "points", 1, SKELETON.body.joints), *zoom_stages(1))
    rows = [painter_of(kind).rows(specs[1])[0] for kind in ("look", "zoom")]
    assert [row.name for row in rows] == ["first crop", "zoom"]
    made = stage_mosaic(
        result, rows=rows, groups=grouped(specs)[1:2], columns=[0], tile=(16, 16), gap=0,
        colormap="inferno", span="row", gate=0.2,
    )  # fmt: skip
    # Grey, but red in its first row.
    assert made.pixels[8, 8] == 0xFF808080
    assert made.pixels[0, 8] >> 16 & 0xFF > 0xF0
    assert made.marks.values[:, 0] == pytest.approx([0.9, 0.9])
    look, zoom = ([s for s in made.marks.strokes if s.row == row] for row in (0, 1))
    # The closer crop, and the bones of the hand.
    assert len(look) == 4
    assert len(zoom) == 20
    assert len(made.marks.rings) == 2


def test_crops_are_outlined_on_the_frame(result: FrameResult) -> None:
    beneath, above = painter_of("zoom").overlay(result, result.stages[1], Look(), scale=1.0)
    assert beneath == []
    lines = [item for item in above if isinstance(item, Line)]
    assert len(lines) == 8
    # The side that is up in the crop lies on the right, and is the thickest.
    thickest = max(lines, key=lambda line: line.width)
    assert thickest.start[0] == thickest.end[0] == pytest.approx(350 + 1.25)
    (label,) = [item for item in above if isinstance(item, Label)]
    assert label.text == "left hand zoom 0.90"
