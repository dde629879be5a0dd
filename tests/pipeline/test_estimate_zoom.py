"""A whole body by zooming, with networks that answer what the test has chosen."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from poseviewer.core.affine import Box, apply
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import Request
from poseviewer.models.engine import choose_engine
from poseviewer.models.graph_files.cards import (
    described_card,
    outputs_of,
)
from poseviewer.models.graph_files.known import recognise
from poseviewer.models.graph_files.opened import convert_here
from poseviewer.models.graph_files.zooms import PARTS
from poseviewer.models.openvino_engine import openvino_module
from poseviewer.pipeline.estimate_zoom import FACE_CONTOURS
from poseviewer.pipeline.estimators import estimator_of
from poseviewer.pipeline.follow_people import PeopleFollower
from poseviewer.pipeline.follow_person import RegionFollower
from poseviewer.pipeline.track import Tracker
from tests.models.graph_files import graphs

WHOLE = Box.whole((256, 256))
LEFT, RIGHT, FACE = slice(33, 54), slice(54, 75), slice(75, 203)


def body(*, rim=(128, 25.6), unseen=()):
    """The points of a body in the middle of its crop, in pixels from its edge."""
    points = np.zeros((39, 5))
    points[:33, :2] = np.random.default_rng(4).uniform(60, 196, (33, 2))
    points[:, 3:] = 4.0
    for joint, place in {
        15: (100.5, 100.5), 19: (100.5, 80.5), 17: (100.5, 80.5),
        16: (180.5, 100.5), 20: (180.5, 80.5), 18: (180.5, 80.5),
    }.items():  # fmt: skip
        points[joint, :2] = place
    # A head between its ears, 30 wide.
    points[:11, :2] = 128, 60
    points[[8, 7], 0] = 113, 143
    points[[5, 2], 0] = 120, 136
    points[33, :2], points[34, :2] = (128, 128), rim
    points[list(unseen), 3] = -9.0
    return points


def made(folder, points, *, zooms=True, world=None, seen=1.0, **parts):
    """An estimator of generated networks."""

    def converted(path):
        target = path.with_suffix(".xml")
        convert_here(path, target, path.name)
        return target

    path = converted(graphs.blazepose(folder / "pose.onnx", points, world=world, seen=seen))
    model = openvino_module().Core().read_model(path)
    described = recognise(model)
    assert described is not None
    found = graphs.holistic(folder, **parts) if zooms else {}
    by_file = {part.name: part.files[0] for part in PARTS}
    card = described_card(
        described,
        name="drawn",
        path=path,
        skeleton="blazepose-33",
        shapes=outputs_of(path, described),
        parameters=1,
        parts={name: converted(found[file]) for name, file in by_file.items()} if zooms else None,
    )
    engine, _ = choose_engine(card, threads=1)
    return estimator_of(card, engine)


@pytest.fixture
def frame():
    pixels = np.random.default_rng(1).integers(0, 256, (256, 256, 3), np.uint8)
    return Frame(pixels, 0, Timestamp(0, Fraction(1)))


def test_each_part_is_found_in_its_crop(tmp_path, frame):
    estimator = made(tmp_path, body())
    result = estimator.estimate(frame, WHOLE, Request())
    assert [spec.name for spec in estimator.card.stages][-6:] == [
        "left hand look", "left hand zoom", "right hand look", "right hand zoom",
        "face look", "face zoom",
    ]  # fmt: skip
    assert len(result.poses.skeleton.joints) == 203
    (xy,), (score,) = result.poses.xy, result.poses.score
    # Knuckles 20 above the wrist: a crop of 108 around 76, re-cropped to 54, raised by a tenth.
    look, zoom = result.stage(3), result.stage(4)
    assert look.presence == zoom.presence == pytest.approx(0.9, abs=1e-6)
    assert apply(look.to_frame, np.full(2, 127.5)) == pytest.approx((100, 76), abs=1e-3)
    assert np.hypot(*look.to_frame[:, 0]) * 256 == pytest.approx(108)
    assert apply(zoom.to_frame, np.full(2, 111.5)) == pytest.approx((100, 70.6), abs=1e-3)
    assert np.hypot(*zoom.to_frame[:, 0]) * 224 == pytest.approx(54)
    np.testing.assert_allclose(xy[33], [100, 70.6], atol=1e-3)
    # The tip of the thumb lies 100 pixels above the middle of its crop.
    np.testing.assert_allclose(xy[37], [100, 70.6 - 100 * 54 / 224], atol=1e-3)
    np.testing.assert_allclose(xy[RIGHT] - xy[LEFT], np.tile([80, 0], (21, 1)), atol=1e-3)
    assert score[LEFT] == pytest.approx(0.9, abs=1e-6)
    # The face's points are all in the middle of its crop.
    assert np.ptp(xy[FACE], axis=0) == pytest.approx((0, 0), abs=1e-3)
    assert result.stage(8).points.shape == (468, 3)
    assert score[FACE] == pytest.approx(1 / (1 + np.exp(-5.0)), abs=1e-6)
    # What a stage was shown is a picture of the frame.
    for stage in result.stages[-6:]:
        assert stage.values.shape[0] == 3
        assert 0.0 <= stage.values.min() < stage.values.max() <= 1.0


def test_the_crop_is_turned_so_that_the_recrops_vector_points_down(tmp_path, frame):
    # The scale point lies to the left of the centre: the wrist is there, the fingers right.
    estimator = made(tmp_path, body(), look=(128, 128, 64, 128))
    result = estimator.estimate(frame, WHOLE, Request())
    zoom = result.stage(4)
    up = apply(zoom.to_frame, np.array([111.5, 0])) - apply(zoom.to_frame, np.array([111.5, 100]))
    assert up[0] > 20
    assert up[1] == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(result.poses.xy[0, 33], [105.4, 76], atol=1e-3)


def test_stages_add_one_part_after_the_other(tmp_path, frame):
    estimator = made(tmp_path, body())
    result = estimator.estimate(frame, WHOLE, Request())
    found = [poses.found[0] if len(poses) else None for poses in result.stage_poses]
    assert found[2].sum() == 33
    assert found[3] is found[5] is found[7] is None
    assert found[4][LEFT].all()
    assert not found[4][RIGHT].any()
    assert found[6][RIGHT].all()
    assert not found[6][FACE].any()
    assert found[8].all()


def test_what_is_not_there_is_left_out_and_its_presence_told(tmp_path, frame):
    estimator = made(tmp_path, body(), presence=0.2, face=-5.0)
    result = estimator.estimate(frame, WHOLE, Request())
    assert result.stage(4).presence == pytest.approx(0.2, abs=1e-6)
    assert result.stage(8).presence < 0.01
    found = result.poses.found[0]
    assert found[:33].all()
    assert not found[33:].any()
    assert not result.poses.score[0, 33:].any()


def test_a_hand_that_the_body_does_not_see_is_not_looked_at(tmp_path, frame):
    estimator = made(tmp_path, body(unseen=(15,)))
    result = estimator.estimate(frame, WHOLE, Request())
    for number in (3, 4):
        assert result.stage(number).presence == 0
        assert not result.stage(number).values.any()
    assert not result.poses.found[0, LEFT].any()
    assert result.poses.found[0, RIGHT].all()
    assert result.meets(Request())


def test_a_lying_body_is_looked_at_again_upright(tmp_path, frame, monkeypatch):
    # This network says of every crop that the body lies in it.
    monkeypatch.setattr("poseviewer.pipeline.estimate_zoom._AGAIN", 1)
    world = np.random.default_rng(2).normal(0, 0.4, (39, 3))
    # The point above the hips lies to the right of them.
    estimator = made(tmp_path, body(rim=(230.4, 128)), zooms=False, world=world)
    result = estimator.estimate(frame, WHOLE, Request())
    # Turned a quarter clockwise, right in the crop is down in the frame.
    expected = np.column_stack([-world[:33, 1], world[:33, 0], world[:33, 2]])
    np.testing.assert_allclose(result.poses.world[0], expected, atol=1e-5)
    points = body()[:33, :2] - 128
    turned = np.column_stack([-points[:, 1], points[:, 0]]) + 127.5
    np.testing.assert_allclose(result.poses.xy[0], turned, atol=1e-3)


def test_an_upright_body_is_looked_at_once(tmp_path, frame, monkeypatch):
    estimator = made(tmp_path, body(), zooms=False)
    asked = []
    run = estimator._engine.run
    monkeypatch.setattr(estimator._engine, "run", lambda *a: asked.append(a) or run(*a))
    result = estimator.estimate(frame, WHOLE, Request())
    assert len(asked) == 1
    np.testing.assert_allclose(result.poses.xy[0], body()[:33, :2] - 0.5, atol=1e-3)


def test_nobody_has_no_hands(tmp_path, frame):
    estimator = made(tmp_path, body(), seen=0.1)
    result = estimator.estimate(frame, WHOLE, Request())
    assert not len(result.poses)
    assert all(stage.presence == 0 for stage in result.stages[-6:])


def test_several_people_and_followers_go_by_their_bodies(tmp_path, frame):
    estimator = made(tmp_path, body())
    other = Box(128, 128, 256, 256)
    result = estimator.estimate(frame, WHOLE, Request(stages=frozenset()), others=[other])
    assert len(result.poses) == 2
    moved = result.poses.xy[1] - result.poses.xy[0]
    assert np.nanmax(np.abs(moved - 128.5)) < 1e-2
    (xy,), (score,) = estimator.quick_estimate(frame, [WHOLE])
    assert xy.shape == (33, 2)
    assert score.shape == (33,)
    one = RegionFollower("follow")
    one.update(estimator.estimate(frame, WHOLE, Request()))
    region = one.region(frame, estimator)
    tight = Box.around(xy, margin=1.0)
    assert region.x < tight.x
    assert region.x + region.width > tight.x + tight.width
    assert region.width < 256
    people = PeopleFollower()
    people.update(result)
    assert len(people.checkpoint()["people"]) == 2
    numbered = Tracker().apply(result.poses, frame=frame)
    assert numbered.track.tolist() == [0, 1]
    assert numbered.xy.shape == (2, 203, 2)


def test_contours_are_points_of_the_mesh():
    skeleton = load_skeleton("holistic-203")
    assert len(set(FACE_CONTOURS)) == len(FACE_CONTOURS) == 128
    assert max(FACE_CONTOURS) < 468
    detail = next(one for one in skeleton.details if one.name == "face")
    assert detail.stop - detail.start == 128
    # Corners of the mouth and the tip of the chin, by the numbers that MediaPipe's pictures have.
    named = dict(zip(skeleton.joints[detail.start :], FACE_CONTOURS, strict=True))
    assert (named["right_outer_lip_1"], named["left_outer_lip_1"], named["chin"]) == (61, 291, 152)
