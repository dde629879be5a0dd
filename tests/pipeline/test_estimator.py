"""The estimator against a person whose joints are known."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from poseviewer.core.affine import Box, apply
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.stage import Request
from poseviewer.core.uncertainty import deviations
from poseviewer.models.card import Normalisation
from poseviewer.pipeline.crop import Cropper
from poseviewer.pipeline.estimate import Estimator
from tests.dots import BASE, CARD, INPUT, SIZE, STAGES, Dots, DotsClip, joints, picture

REGIONS = [
    Box(60.3, 10.7, 215.0, 215.0),
    Box(-40.0, -60.0, 380.0, 300.0),
    Box(40.0, 0.0, 230.5, 200.0),
]


@pytest.mark.parametrize("region", REGIONS)
def test_joints_lie_where_they_are(region: Box) -> None:
    result = Estimator(CARD, Dots()).estimate(DotsClip().read(4), region, Request())
    away = np.linalg.norm(result.poses.xy[0] - joints(4), axis=1)
    cell = 4 * result.region.width / INPUT[0]
    assert away.max() < 0.35 * cell
    assert ((result.poses.score > 0.2) & (result.poses.score <= 1)).all()


def test_every_stage_answers_by_the_same_decoder() -> None:
    result = Estimator(CARD, Dots()).estimate(DotsClip().read(0), REGIONS[0], Request())
    assert len(result.stage_poses) == len(STAGES)
    for poses in result.stage_poses:
        np.testing.assert_allclose(poses.xy, result.poses.xy, atol=1e-3)
    assert result.stage_poses[0].score.mean() < result.stage_poses[2].score.mean()


def test_maps_lie_on_the_frame() -> None:
    result = Estimator(CARD, Dots()).estimate(DotsClip().read(7), REGIONS[1], Request())
    output = result.stage(2)
    assert output is not None
    peak = np.unravel_index(output.values[3].argmax(), output.values[3].shape)[::-1]
    place = apply(output.to_frame, np.array(peak, float))
    assert np.linalg.norm(place - joints(7)[3]) < 8


class Drawn:
    """An engine that sees the same joints in every crop, as Gaussians of 2 cells."""

    def run(self, batch, wanted=None):
        places = np.random.default_rng(4).uniform(24, INPUT[0] - 24, (14, 2))
        codec = replace(CARD.heatmaps, sigma=2.0)
        maps = np.stack([codec.encode(places, size=INPUT)] * len(batch))
        return [maps for i in range(len(STAGES)) if wanted is None or i in wanted]


@pytest.mark.parametrize("region", REGIONS)
def test_every_joint_has_the_covariance_of_its_belief_with_or_without_maps(region: Box) -> None:
    estimate = Estimator(CARD, Drawn()).estimate
    others = [Box(2 * n, 300, 100 + 40 * n, 90) for n in range(2)]
    request = Request(stages=frozenset())
    poses = estimate(DotsClip().read(4), region, request, others=others).poses
    assert poses.covariance is not None
    across, down, correlation = np.moveaxis(deviations(poses.covariance), -1, 0)
    # Everybody's region has cells of another size.
    cell = 4 * poses.box[:, 2:3] / INPUT[0]
    assert len(np.unique(cell)) == len(poses) == 3
    np.testing.assert_allclose(across / cell, 2.0, rtol=0.05)
    np.testing.assert_allclose(down / cell, 2.0, rtol=0.05)
    assert np.abs(correlation).max() < 0.05


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_a_number_is_said_and_is_not_nobody(value: float) -> None:
    class Damaged(Dots):
        """Has one weight that is not a number."""

        def run(self, batch, wanted=None):
            maps = super().run(batch, wanted)
            maps[-1][:, 5] = value
            return maps

    estimator = Estimator(CARD, Damaged())
    with pytest.raises(PoseViewerError, match=r"^dots computed values that are not num"):
        estimator.estimate(DotsClip().read(0), REGIONS[0], Request())
    with pytest.raises(PoseViewerError, match="weights may be damaged"):
        estimator.quick_estimate(DotsClip().read(0), REGIONS[:1])


def test_only_wanted_maps_are_returned() -> None:
    estimate = Estimator(CARD, Dots()).estimate
    frame = DotsClip().read(0)
    assert estimate(frame, REGIONS[0], Request(stages=frozenset())).stages == ()
    one = estimate(frame, REGIONS[0], Request(3, frozenset([1])))
    assert [stage.number for stage in one.stages] == [1]
    assert one.generation == 3


def test_flip_averages_with_the_mirror() -> None:
    class Lopsided(Dots):
        """Swears that the left side of its input is right."""

        def run(self, batch, wanted=None):
            maps = super().run(batch, wanted)
            if self.runs % 2 == 0:
                # What a fair network would say of the mirrored picture.
                mirror = [*CARD_MIRROR, 14]
                straight = super().run(np.ascontiguousarray(batch[..., ::-1]), wanted)
                return [stage[:, mirror, :, ::-1].copy() for stage in straight]
            return maps

    from tests.dots import SKELETON

    CARD_MIRROR = SKELETON.mirror
    frame = DotsClip().read(3)
    plain = Estimator(CARD, Dots()).estimate(frame, REGIONS[0], Request())
    engine = Lopsided()
    flipped = Estimator(CARD, engine, flip=True).estimate(frame, REGIONS[0], Request())
    assert engine.runs > 1
    np.testing.assert_allclose(flipped.poses.xy, plain.poses.xy, atol=1e-3)
    np.testing.assert_allclose(flipped.stages[2].values, plain.stages[2].values, atol=1e-5)


def test_the_same_frame_and_region_give_the_same_result() -> None:
    estimator = Estimator(CARD, Dots())
    clip = DotsClip()
    first = estimator.estimate(clip.read(2), REGIONS[0], Request())
    estimator.estimate(clip.read(9), REGIONS[1], Request())
    again = estimator.estimate(clip.read(2), REGIONS[0], Request())
    np.testing.assert_array_equal(first.poses.xy, again.poses.xy)
    np.testing.assert_array_equal(first.stages[0].values, again.stages[0].values)


def test_nobody_is_nobody_but_every_stage_still_answers() -> None:
    frame = DotsClip(nobody={0}).read(0)
    result = Estimator(CARD, Dots()).estimate(frame, REGIONS[0], Request())
    assert len(result.poses) == 0
    assert result.angles.degrees.shape == (0, len(result.angles.specs))
    assert len(result.stage_poses[-1]) == 1


def test_angles_are_measured_in_the_frame() -> None:
    result = Estimator(CARD, Dots()).estimate(DotsClip().read(0), REGIONS[0], Request())
    names = [spec.name for spec in result.angles.specs]
    hip, knee, ankle = joints(0)[[2, 1, 0]]
    u, v = ankle - knee, hip - knee
    bend = 180 - np.degrees(np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v)))
    assert abs(abs(result.angles.degrees[0, names.index("right knee")]) - bend) < 4


@pytest.mark.parametrize("scale", [0.7, 1.0, 2.0, 3.3, 7.9])
def test_a_crop_shows_what_its_affine_says(scale: float) -> None:
    size = (round(SIZE[0] * scale), round(SIZE[1] * scale))
    pixels = picture(1, size=size)
    region = Box.whole(size)
    batch, (to_frame,) = Cropper(INPUT, normalisation=Normalisation()).cut(pixels, [region])
    # A smooth picture sampled exactly, as far as bytes allow.
    smooth = cv2.GaussianBlur(pixels, (0, 0), max(to_frame[0, 0] / 2, 0.1))
    crop = batch[0].transpose(1, 2, 0) * 255
    for x, y in [(40, 40), (64, 64), (80, 100), (63, 30)]:
        fx, fy = apply(to_frame, np.array([x, y], float))
        expected = cv2.getRectSubPix(smooth, (1, 1), (float(fx), float(fy)))[0, 0]
        assert np.abs(crop[y, x] - expected).max() < 40
    means = crop[:, :, 0].mean()
    assert abs(means - cv2.resize(pixels, INPUT, interpolation=cv2.INTER_AREA)[..., 0].mean()) < 8


def test_a_ramp_is_cropped_without_a_shift() -> None:
    ramp = np.tile(np.linspace(0, 255, 640).astype(np.uint8)[None, :, None], (480, 1, 3))
    cropper = Cropper((96, 96), normalisation=Normalisation())
    for region in [Box(100, 50, 300, 300), Box(20.25, 33.5, 96, 96), Box(0, 0, 460, 460)]:
        batch, (to_frame,) = cropper.cut(ramp, [region])
        across = batch[0, 0, 48] * 255
        expected = apply(to_frame, np.stack([np.arange(96), np.full(96, 48)], 1))[:, 0] * 255 / 639
        assert np.abs(across - expected).max() < 1.5


def test_outside_the_frame_the_edge_repeats() -> None:
    ramp = np.tile(np.linspace(50, 200, 320).astype(np.uint8)[None, :, None], (240, 1, 3))
    region = Box(-500, -500, 100, 100)
    batch, _ = Cropper(INPUT, normalisation=Normalisation()).cut(ramp, [region])
    assert np.abs(batch * 255 - 50).max() < 1


def test_channels_are_normalised_in_the_networks_order() -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[..., 0], pixels[..., 1], pixels[..., 2] = 200, 100, 50
    form = Normalisation(mean=(1.0, 2.0, 3.0), scale=(2.0, 4.0, 5.0), order="bgr")
    batch, _ = Cropper((32, 32), normalisation=form).cut(pixels, [Box.whole((64, 64))])
    np.testing.assert_allclose(batch[0, :, 16, 16], [49 / 2, 98 / 4, 197 / 5], rtol=1e-5)
    np.testing.assert_allclose(
        batch[0, :, 16, 16], form.apply(pixels[None])[0, :, 16, 16], rtol=1e-5
    )


def test_pixels_stay_read_only_and_untouched() -> None:
    frame = Frame(picture(0), 0, Timestamp(0, BASE))
    before = frame.pixels.copy()
    Estimator(CARD, Dots()).estimate(frame, Box.whole(SIZE), Request())
    np.testing.assert_array_equal(frame.pixels, before)


@pytest.mark.parametrize("size", [(1, 1), (4000, 15), (4000, 1), (2, 5000), (3, 900)])
def test_a_frame_narrower_than_a_pixel_of_the_input_is_cut(size: tuple[int, int]) -> None:
    width, height = size
    across = np.linspace(0, 250, max(size)).astype(np.uint8)
    pixels = np.broadcast_to(across[:, None] if height > width else across, (height, width))
    cropper = Cropper((64, 64), normalisation=CARD.normalisation)
    (cut,), _ = cropper.cut(np.repeat(pixels[..., None], 3, axis=2), [Box.whole(size)])
    line = cut[0].mean(axis=1 if height > width else 0)
    assert (np.diff(line) >= 0).all()
    # Along the frame it is the same everywhere across it.
    assert cut[0].std(axis=1 if height > width else 0) == pytest.approx(0, abs=1e-5)
