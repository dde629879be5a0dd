from __future__ import annotations

import threading
from fractions import Fraction

import numpy as np
import pytest

from poseviewer.core.angle import measure, offered_angles
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.mannequin.motion import Build, Stance, pose_bones
from poseviewer.mannequin.random import random_figure
from poseviewer.mannequin.routine import ROUTINE_SECONDS, SQUAT_SECONDS, routine
from poseviewer.mannequin.source import (
    Mannequin,
    MannequinClip,
    MannequinFeed,
    Setting,
    open_mannequin,
    parse_location,
)
from tests.waiting import LONG

LIMBS = [
    (f"{side}_{a}", f"{side}_{b}")
    for side in ("left", "right")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
]


@pytest.fixture(scope="module")
def mannequin() -> Mannequin:
    return Mannequin()


# ---- locations ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "setting"),
    [
        ("mannequin:", Setting()),
        ("mannequin:640x480@30", Setting()),
        ("mannequin:1280x720", Setting(size=(1280, 720))),
        ("mannequin:@30000/1001", Setting(rate=Fraction(30000, 1001))),
        ("mannequin:320x240@29.97#4", Setting((320, 240), Fraction(2997, 100), None, 4)),
        ("mannequin-clip:", Setting(frames=300)),
        ("mannequin-clip:640x480@30x300", Setting(frames=300)),
        ("mannequin-clip:641x333@25x7", Setting((641, 333), Fraction(25), 7)),
        ("mannequin-clip:64x48x9", Setting((64, 48), frames=9)),
    ],
)
def test_a_location_says_size_rate_and_length(location, setting):
    assert parse_location(location) == setting
    assert parse_location(setting.location) == setting


@pytest.mark.parametrize(
    "location",
    [
        "mannequin", "mannequin:640", "mannequin:640x480@", "mannequin:640x480@30x300",
        "mannequin:@0", "mannequin:@1/0", "mannequin:@100000", "mannequin:8x8",
        "mannequin:640x99999", "mannequin-clip:640x480@30x0", "dummy:640x480",
    ],
)  # fmt: skip
def test_an_impossible_location_is_refused_in_a_sentence(location):
    with pytest.raises(PoseViewerError, match=r"mannequin.*\.$"):
        parse_location(location)


def test_rate_and_size_may_be_given_apart_from_the_location():
    clip = open_mannequin("mannequin-clip:x5", rate=12.5, size=(80, 60))
    assert (clip.rate, clip.size, len(clip)) == (12.5, (80, 60), 5)
    assert clip.location == "mannequin-clip:80x60@25/2x5"
    with pytest.raises(PoseViewerError):
        open_mannequin("mannequin:", rate=float("nan"))


# ---- pictures and truth ---------------------------------------------------------------------


def test_a_frame_depends_on_its_number_size_rate_and_seed_alone():
    first, second = (MannequinClip(parse_location("mannequin-clip:160x120x99")) for _ in range(2))
    late = first.read(70).pixels.copy()
    for index in (3, 98, 70):
        np.testing.assert_array_equal(first.read(index).pixels, second.read(index).pixels)
    np.testing.assert_array_equal(first.read(70).pixels, late)
    other = MannequinClip(parse_location("mannequin-clip:160x120x99#5"))
    assert (other.read(70).pixels != late).mean() > 0.2


def test_rates_share_one_motion():
    slow, fast = (Mannequin(parse_location(f"mannequin:160x120@{r}")) for r in (25, 50))
    np.testing.assert_array_equal(slow.truth(40).xy, fast.truth(80).xy)
    np.testing.assert_array_equal(slow.pixels(40), fast.pixels(80))


def test_the_routine_begins_again_and_is_smooth(mannequin):
    lap = 30 * int(ROUTINE_SECONDS)
    np.testing.assert_allclose(mannequin.truth(11).xy, mannequin.truth(11 + lap).xy, atol=1e-3)
    track = np.stack([mannequin.truth(index).xy[0] for index in range(lap + 2)])
    # The hands of a jumping jack are the fastest: about 6 m/s, 40 pixels a frame.
    assert np.linalg.norm(np.diff(track, axis=0), axis=-1).max() < 45


@pytest.mark.parametrize("size", ["640x480", "1280x720", "480x640", "333x501"])
def test_the_whole_routine_stays_in_the_picture(size):
    figure = Mannequin(parse_location(f"mannequin:{size}@10"))
    assert all((figure.truth(i).score == 1).all() for i in range(10 * int(ROUTINE_SECONDS)))


def _is_skin(pixels, xy):
    x, y = np.round(xy).astype(int)
    red, green, blue = pixels[y, x].astype(int)
    return red > 140 and red - blue > 45 and red > green > blue


def test_wrists_lie_on_skin_and_knees_on_trousers(mannequin):
    # In front of the wall with raised arms, waving, and in a jumping jack.
    for seconds in (1.5, 5.0, 6.0, 8.5, 12.5):
        index = int(seconds * 30)
        pixels, points = mannequin.pixels(index), mannequin.points(index)
        for side in ("left", "right"):
            wrist, elbow = points[f"{side}_wrist"], points[f"{side}_elbow"]
            hand = wrist + (wrist - elbow) * 0.2
            for place in (wrist, hand, (wrist + elbow) / 2):
                assert _is_skin(pixels, place), (seconds, side)
            x, y = np.round(points[f"{side}_knee"]).astype(int)
            assert pixels[y, x].max() < 90


def test_limbs_are_painted_along_their_bones():
    """The figure's own pixels, where two rooms agree, hold every bone."""
    figure, other = Mannequin(), Mannequin()
    figure.pixels(0), other.pixels(0)
    figure._room = np.full((480, 640, 3), 30, np.uint8)
    other._room = np.full((480, 640, 3), 230, np.uint8)
    for index in range(0, 41 * 30, 123):
        dark, light = figure.pixels(index).astype(int), other.pixels(index).astype(int)
        solid = np.abs(light - dark).max(axis=2) < 40
        points = figure.points(index)
        for a, b in LIMBS:
            for part in np.linspace(0.05, 0.95, 10):
                x, y = np.round(points[a] * (1 - part) + points[b] * part).astype(int)
                assert solid[y, x], (index, a, b)
        x, y = np.round(points["head_top"]).astype(int)
        assert solid[y + 6, x]
        assert not solid[y - 8, x]
        area = solid.mean()
        assert 0.03 < area < 0.12


def test_without_perspective_bones_parallel_to_the_picture_keep_their_length():
    figure = Mannequin(orthographic=True)
    build = Build()
    true = {"upper_arm": build.upper_arm, "forearm": build.forearm,
            "thigh": build.thigh, "shank": build.shank}  # fmt: skip
    start, end = (int(30 * s) for s in SQUAT_SECONDS)
    for index in range(start, end, 7):
        points = figure.points(index)
        for (a, b), name in zip(LIMBS, [*true, *true], strict=True):
            length = np.linalg.norm(points[a] - points[b]) / figure.camera.scale
            assert length == pytest.approx(true[name], abs=1e-9)


def test_bones_keep_their_length_in_space():
    rigid = [*LIMBS, ("neck", "left_shoulder"), ("left_hip", "right_hip")]
    lengths = []
    for seconds in np.arange(0, ROUTINE_SECONDS, 0.37):
        joints = pose_bones(routine(float(seconds), reach=1.0), build=Build()).joints()
        lengths.append([np.linalg.norm(joints[a] - joints[b]) for a, b in rigid])
    assert np.ptp(np.array(lengths), axis=0).max() < 1e-9


@pytest.mark.parametrize(("orthographic", "slack"), [(True, 1e-3), (False, 0.03)])
def test_angles_of_the_side_view_are_the_generator_s_own(orthographic, slack):
    """Perspective shifts the measured middle of the hips a little; nothing else."""
    figure = Mannequin(orthographic=orthographic)
    specs = offered_angles(load_skeleton("lsp-14"))
    names = [spec.name for spec in specs]
    bent = 0.0
    for index in range(int(SQUAT_SECONDS[0] * 30), int(SQUAT_SECONDS[1] * 30)):
        stance = figure.stance(index)
        found = measure(figure.truth(index), specs=specs, facing="right").degrees[0]
        for side in ("left", "right"):
            for joint, error in (("knee", 2e-3), ("elbow", 2e-3), ("hip", slack + 1e-3),
                                 ("shoulder", slack + 1e-3)):  # fmt: skip
                true = getattr(stance, f"{side}_{joint}")
                assert found[names.index(f"{side} {joint}")] == pytest.approx(true, abs=error)
        bent = max(bent, stance.left_knee)
    assert bent > 100


def test_feet_stand_on_the_floor():
    for seconds in (1.0, 14.0, 18.0, 25.0, 30.0):
        posture = pose_bones(routine(seconds, reach=1.0), build=Build())
        heels = [posture.joints()[f"{side}_{end}"][1] for side in ("left", "right")
                 for end in ("heel", "big_toe")]  # fmt: skip
        assert 0 <= min(heels) < 0.03
    lying = pose_bones(Stance(lean=90.0, lift=0.2), build=Build(), grounded=False)
    assert lying.origins[0, 1] == pytest.approx(0.2)


# ---- sources --------------------------------------------------------------------------------


def test_a_clip_has_exact_times_and_keeps_to_its_length():
    clip = open_mannequin("mannequin-clip:64x48@30000/1001x12")
    assert isinstance(clip, MannequinClip)
    assert clip.time(11).exact == Fraction(11 * 1001, 30000)
    frame = clip.read(11)
    assert (frame.index, frame.time, frame.size) == (11, clip.time(11), (64, 48))
    assert clip.index_at(float(clip.time(7).exact)) == 7
    assert [f.index for f in clip.frames(9)] == [9, 10, 11]
    for wrong in (-1, 12):
        for ask in (clip.read, clip.time, clip.truth):
            with pytest.raises(IndexError):
                ask(wrong)
    clip.close()
    clip.close()


def test_a_feed_gives_frames_in_order_with_their_truth():
    with open_mannequin("mannequin:64x48@200") as feed:
        assert isinstance(feed, MannequinFeed)
        frames = [feed.read(5.0) for _ in range(6)]
        indices = [frame.index for frame in frames]
        assert indices[0] == 0
        assert indices == sorted(set(indices))
        clip = open_mannequin("mannequin-clip:64x48@200x100000")
        last = frames[-1]
        assert last.time.exact == Fraction(last.index, 200)
        np.testing.assert_array_equal(last.pixels, clip.read(last.index).pixels)
        np.testing.assert_array_equal(feed.truth(last.index).xy, clip.truth(last.index).xy)


def test_a_feed_waits_no_longer_than_it_is_told_and_skips_what_was_missed():
    with open_mannequin("mannequin:64x48@1/1000") as feed:
        assert feed.read(1.0).index == 0
        assert feed.read(0.01) is None
    with open_mannequin("mannequin:32x24@1000") as feed:
        feed.read()
        threading.Event().wait(0.05)
        assert feed.read().index >= 40


def test_closing_a_feed_ends_a_wait():
    feed = open_mannequin("mannequin:64x48@1/1000")
    feed.read()
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(feed.read(600.0)))
    waiting.start()
    feed.close()
    waiting.join(timeout=LONG)
    assert answers == [None]
    feed.close()
    assert feed.read(0.0) is None


# ---- training figures -----------------------------------------------------------------------


def test_random_figures_repeat_and_differ():
    pixels, poses = random_figure(3, size=(96, 128))
    again, same = random_figure(3, size=(96, 128))
    np.testing.assert_array_equal(pixels, again)
    np.testing.assert_array_equal(poses.xy, same.xy)
    assert pixels.shape == (128, 96, 3)
    other, _ = random_figure(4, size=(96, 128))
    assert (pixels != other).any()


def test_random_figures_are_mostly_in_view_and_take_many_poses():
    tops, inside = [], []
    for seed in range(20, 40):
        _, poses = random_figure(seed, size=(64, 64))
        assert np.isfinite(poses.xy).all()
        inside.append(poses.score.mean())
        xy = poses.xy[0]
        tops.append(xy[13, 1] < xy[:6, 1].mean())
    assert np.mean(inside) > 0.85
    assert 10 < sum(tops) < 20


def test_a_random_figure_stands_in_front_of_a_given_background():
    background = np.full((128, 128, 3), 90, np.uint8)
    pixels, _ = random_figure(8, size=(128, 128), background=background)
    assert (background == 90).all()
    assert pixels.std() > 5
