"""Scenes as numbers: what is drawn, where, how surely, in which order."""

from __future__ import annotations

from dataclasses import replace
from math import cos, radians, sin
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.angle import AngleSpec
from poseviewer.core.detection import Detections, Verdict
from poseviewer.core.look import Look
from poseviewer.core.pose import Mark, Poses, Visibility
from poseviewer.core.stage import StageOutput, StageSpec
from poseviewer.draw.arcs import degrees_text, sweep_of
from poseviewer.draw.colour import CASING, CORRECTED, GHOST, LEFT, MIDDLE, RIGHT
from poseviewer.draw.kinds import painter_of
from poseviewer.draw.primitives import (
    LABEL_ADVANCE,
    LABEL_PADDING,
    Arc,
    Dot,
    Label,
    Line,
    MapLayer,
    Outline,
    design_scale,
)
from poseviewer.draw.scene import bone_colour, build_scene, stroke_factor
from tests.draw.conftest import SITTING, SIZE, SKELETON, places

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item, Scene

    Build = Callable[..., FrameResult]


def kind(scene: Scene, *kinds: type) -> list[Item]:
    return [item for item in scene.items if isinstance(item, kinds)]


def number(joint: str) -> int:
    return SKELETON.index(joint)


def test_every_joint_once_and_every_bone_with_its_casing(
    answer: Build,
) -> None:
    scene = build_scene(answer(), Look())
    assert scene.size == SIZE
    dots, lines = kind(scene, Dot), kind(scene, Line)
    assert [dot.centre for dot in dots] == [SITTING[joint] for joint in SKELETON.joints]
    assert len(lines) == 2 * len(SKELETON.bones)
    assert [line.colour for line in lines].count(CASING) == len(SKELETON.bones)
    # Casings lie beneath all bones, bones beneath all joints.
    order = [
        ("casing" if item.colour == CASING else "bone") if isinstance(item, Line) else "dot"
        for item in scene.items
    ]
    assert order == sorted(order, key=["casing", "bone", "dot"].index)
    assert all(item.opacity == 1 for item in scene.items)


def test_sides_have_their_colours(answer: Build) -> None:
    dots = kind(build_scene(answer(), Look()), Dot)
    fills = {joint: dots[number(joint)].fill for joint in SKELETON.joints}
    assert fills["right_knee"] == RIGHT
    assert fills["left_knee"] == LEFT
    assert fills["neck"] == fills["head_top"] == MIDDLE
    assert bone_colour(SKELETON, (number("neck"), number("right_hip"))) == RIGHT
    assert bone_colour(SKELETON, (number("left_knee"), number("left_ankle"))) == LEFT
    assert bone_colour(SKELETON, (number("left_hip"), number("right_hip"))) == MIDDLE


def test_a_joint_below_the_gate_is_drawn_weak(answer: Build) -> None:
    score = np.full(14, 0.9, np.float32)
    score[number("right_wrist")] = 0.19
    score[number("left_wrist")] = 0.2
    scene = build_scene(answer(score=score), Look(gate=0.2))
    dots = {dot.centre: dot for dot in kind(scene, Dot)}
    weak, sure = dots[SITTING["right_wrist"]], dots[SITTING["left_wrist"]]
    assert weak.fill is None
    assert weak.opacity < 0.6
    assert weak.radius < sure.radius
    assert sure.fill == LEFT
    ends = (SITTING["right_elbow"], SITTING["right_wrist"])
    bones = [line for line in kind(scene, Line) if (line.start, line.end) == ends]
    assert len(bones) == 1
    assert bones[0].opacity < 0.6
    assert bones[0].width < 2
    # What is weak lies beneath what is sure.
    assert scene.items.index(bones[0]) == 0


def test_a_hidden_joint_is_dashed_and_one_outside_the_frame_is_not_drawn(answer: Build) -> None:
    states = np.full((1, 14), Visibility.VISIBLE, np.int8)
    states[0, number("right_knee")] = Visibility.OCCLUDED
    states[0, number("left_ankle")] = Visibility.OUTSIDE
    xy = places()
    xy[number("left_ankle")] = np.nan
    result = answer(xy=xy)
    scene = build_scene(replace(result, poses=replace(result.poses, visibility=states)), Look())
    dots = {dot.centre: dot for dot in kind(scene, Dot)}
    assert SITTING["left_ankle"] not in dots
    knee = dots[SITTING["right_knee"]]
    assert knee.fill is None
    assert knee.opacity == 1
    bones = [line for line in kind(scene, Line) if line.colour == RIGHT]
    thigh = [line for line in bones if line.start[1] == line.end[1] == 120]
    assert len(thigh) > 2, "from hip to knee in pieces"
    assert min(line.start[0] for line in thigh) == 100
    assert max(line.end[0] for line in thigh) == pytest.approx(160)
    assert all(SITTING["left_ankle"] not in (line.start, line.end) for line in kind(scene, Line))
    # Hidden but unsure is drawn as what is unsure.
    weak = replace(result.poses, visibility=states, score=np.full((1, 14), 0.1, np.float32))
    items = build_scene(replace(result, poses=weak), Look()).items
    assert {item.opacity for item in items if isinstance(item, (Dot, Line))} == {0.5}


def test_a_joint_that_was_not_found_is_not_drawn(answer: Build) -> None:
    xy = places()
    xy[number("right_knee")] = np.nan
    scene = build_scene(answer(xy=xy), Look(arcs=("right knee", "left knee")))
    assert len(kind(scene, Dot)) == 13
    bones = [line for line in kind(scene, Line) if line.colour == CASING]
    assert len(bones) == len(SKELETON.bones) - 2
    assert [label.text for label in kind(scene, Label)] == ["knee 86°"]


def test_nothing_wanted_and_nobody_there(answer: Build) -> None:
    assert build_scene(answer(), Look(skeleton=False)).items == ()
    nobody = Poses.nobody(SKELETON)
    look = Look(arcs=("right knee",), ghost=1)
    scene = build_scene(answer(), look, poses=nobody)
    assert all(item.colour == GHOST for item in kind(scene, Line))


def test_a_corrected_joint_has_a_ring_for_as_long_as_it_has_a_place(answer: Build) -> None:
    result = answer()
    marks = np.zeros(result.poses.score.shape, np.int8)
    marks[0, [number("right_knee"), number("left_wrist")]] = Mark.MOVED, Mark.ABSENT
    xy = result.poses.xy.copy()
    xy[0, number("left_wrist")] = np.nan
    corrected = replace(result, poses=replace(result.poses, xy=xy, corrected=marks))

    def rings(look: Look) -> list[Dot]:
        return [d for d in kind(build_scene(corrected, look), Dot) if d.outline == CORRECTED]

    (ring,) = rings(Look())
    assert ring.centre == SITTING["right_knee"]
    assert ring.fill is None
    assert rings(Look(corrections=False)) == rings(Look(skeleton=False)) == []
    assert len(kind(build_scene(answer(), Look()), Dot)) == len(SKELETON.joints)


def test_smoothed_poses_replace_the_raw_ones(answer: Build) -> None:
    smooth = Poses.single(
        places() + 10, score=np.ones(14), skeleton=SKELETON, box=(0.0, 0.0, 1.0, 1.0)
    )
    dots = kind(build_scene(answer(), Look(), poses=smooth), Dot)
    assert dots[number("neck")].centre == (110, 60)
    within = replace(answer(), smoothed=smooth)
    assert kind(build_scene(within, Look()), Dot) == dots


def test_the_ghost_is_the_stage_that_was_asked_for(answer: Build) -> None:
    scene = build_scene(answer(), Look(ghost=1))
    ghosts = [line for line in kind(scene, Line) if line.colour == GHOST]
    assert len(ghosts) == len(SKELETON.bones)
    assert ghosts[0].start == (103, 53)
    assert scene.items.index(ghosts[-1]) < min(
        scene.items.index(line) for line in kind(scene, Line) if line.colour == CASING
    )
    assert not [
        line for line in kind(build_scene(answer(), Look(ghost=9)), Line) if line.colour == GHOST
    ]


def test_several_people_are_numbered_by_track(answer: Build) -> None:
    scene = build_scene(answer(people=3), Look())
    assert len(kind(scene, Dot)) == 3 * 14
    labels = kind(scene, Label)
    assert [label.text for label in labels] == ["4", "5", "6"]
    assert len({label.colour for label in labels}) == 3
    assert [label.at[0] for label in labels] == [100, 160, 220]


def test_the_region_is_outlined_along_its_edges(answer: Build) -> None:
    result = answer()
    outlines = kind(build_scene(result, Look(region_outline=True)), Outline)
    assert {outline.box for outline in outlines} == {result.region}


def test_what_the_detector_saw_is_solid_and_what_it_refused_dashed_with_the_reason(
    answer: Build,
) -> None:
    boxes = np.array(
        [[10.0, 20.0, 60.0, 90.0], [100.0, 20.0, 130.0, 60.0], [90.0, 9.0, 99.0, 30.0]]
    )
    verdict = np.array([Verdict.TAKEN, Verdict.UNCONFIRMED, Verdict.FAINT], np.int8)
    score = np.array([0.9, 0.4, 0.15], np.float32)
    seen = Detections(boxes, boxes, score, verdict, np.full(3, -1), np.zeros(3))
    plain, result = answer(), replace(answer(), detections=seen)
    scene = build_scene(result, Look(region_outline=True))
    outlines = {outline.box for outline in kind(scene, Outline)}
    assert outlines == {result.region, Box(10, 20, 50, 70)}
    texts = [label.text for label in kind(scene, Label)]
    assert texts == ["0.15 too weak", "0.40 no joints there", "0.90"]
    without = build_scene(plain, Look(region_outline=True))
    more = len(kind(scene, Line)) - len(kind(without, Line))
    assert more >= 2 * 2 * 4
    assert not kind(build_scene(result, Look()), Outline)


def test_the_overlay_is_one_joint_of_one_stage(answer: Build) -> None:
    result = answer()
    look = Look(overlay_stage=1, overlay_channel=3, opacity=0.5, colormap="magma")
    scene = build_scene(result, look)
    layer = scene.items[0]
    assert isinstance(layer, MapLayer)
    assert np.array_equal(layer.values, result.stages[1].values[3])
    assert np.array_equal(layer.to_frame, result.stages[1].to_frame)
    assert (layer.colormap, layer.low, layer.opacity) == ("magma", 0, 0.5)
    assert not kind(build_scene(result, Look(overlay_stage=7)), MapLayer)


def test_the_overlay_of_all_joints_leaves_out_the_background(
    answer: Build,
) -> None:
    result = answer()
    layer = kind(build_scene(result, Look(overlay_stage=1)), MapLayer)[0]
    assert np.array_equal(layer.values, result.stages[1].values[:-1].max(axis=0))
    # Far from every joint only the background is strong.
    assert layer.values[0, -1] < 1e-6 < 0.9 < result.stages[1].values[-1, 0, -1]


def test_joints_of_a_stage_share_a_range_and_noise_is_not_blown_up() -> None:
    spec = StageSpec("s", "heatmap", 8, ("neck", "head", "background"))
    values = np.zeros((3, 4, 4), np.float32)
    values[0, 1, 1], values[1, 2, 2], values[2] = 0.7, 0.1, 1.0
    affine = np.eye(3)[:2]
    high = painter_of("heatmap").high
    assert high(StageOutput(spec, values.copy(), affine, 0), 1) == pytest.approx(0.7)
    assert high(StageOutput(spec, values * np.float32(0.01), affine, 0), None) == 0.25


def test_fields_are_shown_by_strength() -> None:
    spec = StageSpec("s", "paf", 8, ("a-b x", "a-b y"))
    values = np.array([[[-0.6, 0.1]], [[0.8, 0.0]]], np.float32)
    output = StageOutput(spec, values, np.eye(3)[:2], 0)
    for channel in (None, 0, 1):
        assert output.spec.meaning.shown(output, channel).tolist() == values.tolist()
    assert output.spec.meaning.top(values) == pytest.approx(1)


def test_of_all_limbs_the_strongest_vector_is_shown() -> None:
    spec = StageSpec("s", "paf", 8, ("a x", "a y", "b x", "b y"))
    values = np.zeros((4, 1, 3), np.float32)
    values[:, 0, 0] = 0.3, 0.4, 0.0, 0.2
    values[:, 0, 1] = 0.3, -0.1, -0.6, 0.0
    output = StageOutput(spec, values, np.eye(3)[:2], 0)
    wanted = np.array([(0.3, 0.4), (-0.6, 0.0), (0.0, 0.0)], np.float32)
    assert np.array_equal(output.spec.meaning.shown(output, None)[:, 0].T, wanted)


def end_of(arc: Arc) -> tuple[float, float]:
    turn = radians(arc.start + arc.sweep)
    return cos(turn), sin(turn)


def test_an_arc_is_as_wide_as_its_value_and_ends_on_the_limb(
    answer: Build,
) -> None:
    scene = build_scene(answer(), Look(arcs=("right knee", "right hip")))
    hip, knee = sorted(kind(scene, Arc), key=lambda arc: arc.centre)
    assert knee.centre == SITTING["right_knee"]
    assert abs(knee.sweep) == pytest.approx(90, abs=0.01)
    # From the thigh drawn on (to the right, 0 degrees) to the shank, which hangs down.
    assert knee.start == pytest.approx(0, abs=1e-4)
    assert end_of(knee) == pytest.approx((0, 1), abs=1e-4)
    assert hip.centre == SITTING["right_hip"]
    # The trunk drawn on, nearly straight down, up to the thigh, which points right.
    assert end_of(hip) == pytest.approx((1, 0), abs=1e-4)
    assert [label.text for label in kind(scene, Label)] == ["knee 90°", "hip 88°"]


def test_facing_left_gives_the_mirror_image(answer: Build) -> None:
    look = Look(arcs=("right knee", "left elbow", "right hip", "right thigh"))
    right = kind(build_scene(answer(), look), Arc)
    mirrored = places() * (-1, 1) + (SIZE[0], 0)
    left = kind(build_scene(answer(xy=mirrored, facing="left"), look), Arc)
    assert len(left) == len(right) == 4
    for a, b in zip(right, left, strict=True):
        assert b.centre[0] == pytest.approx(SIZE[0] - a.centre[0])
        assert b.sweep == pytest.approx(-a.sweep, abs=0.01)
        assert end_of(b) == pytest.approx((-end_of(a)[0], end_of(a)[1]), abs=1e-4)


def test_the_ankle_arc_runs_from_where_the_foot_would_be_square() -> None:
    """Four points with an offset: zero is at right angles to the shank."""
    spec = AngleSpec("right ankle", ("knee", "ankle", "toe", "heel"), 90, 1)
    # Shank upright, toe up by 20 degrees: dorsiflexion 20.
    toe = (cos(radians(20)), -sin(radians(20)))
    _, sweep = sweep_of([(0, -5), (0, 0), toe, (0, 0)], value=20.0, spec=spec)
    assert abs(sweep) == 20


def test_weak_joints_have_no_arc(answer: Build) -> None:
    score = np.full(14, 0.9, np.float32)
    score[number("right_ankle")] = 0.1
    scene = build_scene(answer(score=score), Look(arcs=("right knee", "right hip")))
    assert [label.text for label in kind(scene, Label)] == ["hip 88°"]


@pytest.mark.parametrize("shift", [(0, 0), (-95, -15), (140, 45)])
def test_labels_stay_inside_and_clear_of_limbs_and_each_other(
    answer: Build, shift: tuple[int, int]
) -> None:
    look = Look(arcs=("right knee", "right hip", "right elbow"))
    scene = build_scene(answer(xy=places() + shift), look)
    boxes = []
    for label in kind(scene, Label):
        half = np.array(
            [len(label.text) * LABEL_ADVANCE / 2 + LABEL_PADDING[0], 0.5 + LABEL_PADDING[1]]
        )
        half *= label.size * scene.scale
        boxes.append((np.array(label.at) - half, np.array(label.at) + half))
    for low, high in boxes:
        assert np.all(low >= -0.5)
        assert np.all(high <= np.array(SIZE) - 0.5)
    for i, (low, high) in enumerate(boxes):
        for other_low, other_high in boxes[:i]:
            assert np.any((high <= other_low) | (other_high <= low))


@pytest.mark.parametrize(
    ("value", "text"),
    [(12.4, "12°"), (-7.6, "−8°"), (-0.4, "0°"), (179.6, "180°")],  # noqa: RUF001
)
def test_degrees_as_text(value: float, text: str) -> None:
    assert degrees_text(value) == text


def test_sizes_follow_the_frame() -> None:
    assert design_scale((1280, 720)) == pytest.approx(1.0)
    assert design_scale((3840, 2160)) == pytest.approx(3.0)
    assert design_scale((160, 120)) == 0.6


def of_a_cascade(answer: Build) -> FrameResult:
    """Two stages of coordinates; the second looks in boxes of 40 pixels about the first's joints.

    It moves each joint by its own number, 0 to 13 pixels to the right.
    """
    result = answer()
    joints = SKELETON.joints
    numbers = np.zeros((2, len(joints), 1, 2), np.float32)
    numbers[1, :, 0, 0] = np.arange(len(joints)) / 40
    to_frame = [np.array([[192.0, 0, 116], [0, 192, 96]]), np.array([[40.0, 0, 0], [0, 40, 0]])]
    stages = tuple(
        StageOutput(StageSpec(f"stage {n + 1}", "coords", 1, joints), numbers[n], to_frame[n], n)
        for n in range(2)
    )
    first = result.stage_poses[0]
    moved = first.xy[0] + np.array([[1, 0]]) * np.arange(len(joints))[:, None]
    second = Poses.single(moved, score=first.score[0], skeleton=SKELETON, box=(0, 0, 1, 1))
    return replace(result, stages=stages, stage_poses=(first, second))


def test_a_stage_of_coordinates_shows_where_it_looked_and_what_it_moved(answer: Build) -> None:
    result = of_a_cascade(answer)
    before, after = (poses.xy[0] for poses in result.stage_poses)
    knee = SKELETON.index("left_knee")
    look = Look(skeleton=False, overlay_stage=1, overlay_channel=knee)
    scene = build_scene(result, look)
    casing, box = kind(scene, Outline)
    assert casing.box == box.box
    assert box.colour == LEFT
    assert (box.box.width, box.box.height) == (40, 40)
    assert box.box.centre == tuple(before[knee])
    way = kind(scene, Line)[-1]
    assert (way.start, way.end) == (tuple(before[knee]), tuple(after[knee]))

    every = build_scene(result, replace(look, overlay_channel=None))
    assert len(kind(every, Outline)) == 2 * 14
    assert len(kind(every, Dot)) == 14


def test_the_first_stage_of_coordinates_looked_at_the_region(answer: Build) -> None:
    result = of_a_cascade(answer)
    scene = build_scene(result, Look(skeleton=False, overlay_stage=0, overlay_channel=2))
    assert {outline.box for outline in kind(scene, Outline)} == {result.region}
    assert not kind(scene, MapLayer)


def test_strokes_follow_the_size_of_the_person_on_screen() -> None:
    tall = np.array([[100, 0], [100, 330]], np.float32)
    factors = [stroke_factor(tall * share, scale=1.0) for share in (0.02, 0.25, 1.0, 9.0)]
    assert factors[2] == 1.0
    assert factors == sorted(factors)
    assert factors[1] == 0.5
    # Zoomed in twice, half as many frame pixels are a point.
    assert stroke_factor(tall * 0.5, scale=0.5) == 1.0
    assert stroke_factor(tall[:1], scale=1.0) == 1.0
