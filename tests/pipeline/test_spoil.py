"""What is done to a frame stays in the region, and does what it says."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.spoil import MEANINGS, SPOIL_KINDS, TITLES, Spoils, in_words, pixels_left
from poseviewer.mannequin.cutout import cutout
from poseviewer.mannequin.source import Mannequin
from poseviewer.pipeline.spoil import _blurred, spoilt

REGION = Box(40.0, 30.0, 200.0, 180.0)


@pytest.fixture(scope="module")
def figure() -> Mannequin:
    return Mannequin()


@pytest.fixture(scope="module")
def frame(figure: Mannequin) -> Frame:
    return figure.frame(12)


def within(frame: Frame) -> np.ndarray:
    x, y, width, height = (round(v) for v in (REGION.x, REGION.y, REGION.width, REGION.height))
    return frame.pixels[y : y + height, x : x + width].astype(float)


@pytest.mark.parametrize("kind", SPOIL_KINDS)
def test_only_the_region_is_changed_and_more_strength_changes_more(kind, figure, frame) -> None:
    before = frame.pixels.copy()
    region = figure.truth(12).box[0]
    box = Box(*region.tolist())
    changed = []
    for strength in (0.0, 0.4, 1.0):
        made = spoilt(
            frame, box, Spoils(**{kind: strength}), people=figure.truth(12), second=cutout
        )
        again = spoilt(
            frame, box, Spoils(**{kind: strength}), people=figure.truth(12), second=cutout
        )
        np.testing.assert_array_equal(made.pixels, again.pixels)
        apart = np.abs(made.pixels.astype(float) - frame.pixels)
        rows, columns = np.nonzero(apart.max(axis=2))
        if len(rows):
            assert int(box.x) <= columns.min() <= columns.max() <= box.x + box.width
            assert int(box.y) <= rows.min() <= rows.max() <= box.y + box.height
        changed.append(apart.mean())
    assert changed[0] == 0 < changed[1] < changed[2]
    np.testing.assert_array_equal(frame.pixels, before)


def test_light_is_taken(frame) -> None:
    made = spoilt(frame, REGION, Spoils(dark=1.0))
    np.testing.assert_allclose(within(made), within(frame) * 0.05, atol=0.51)


def test_a_box_covers_as_much_as_it_says(frame) -> None:
    made = spoilt(frame, REGION, Spoils(box=0.5))
    grey = (within(made) == 127).all(axis=2).mean()
    # Of a square as wide as the region's longer side.
    assert grey * REGION.width * REGION.height == pytest.approx(0.3 * REGION.width**2, rel=0.05)


def test_a_box_goes_where_it_is_put_and_may_reach_beyond(frame) -> None:
    made = spoilt(frame, REGION, Spoils(box=0.2, at=(0.0, 1.0)))
    grey = (within(made) == 127).all(axis=2)
    assert grey[-1, 0]
    assert not grey[0].any()
    assert not grey[:, -1].any()


def test_the_second_person_is_whole_in_the_middle(frame) -> None:
    made = spoilt(frame, REGION, Spoils(person=0.6), second=cutout)
    rows, columns = np.nonzero((within(made) != within(frame)).any(axis=2))
    assert np.ptp(rows) == pytest.approx(0.6 * REGION.height, rel=0.12)
    assert rows.mean() == pytest.approx(REGION.height / 2, abs=12)
    assert columns.mean() == pytest.approx(REGION.width / 2, abs=12)


def test_camouflage_leaves_less_between_person_and_background(figure, frame) -> None:
    truth = figure.truth(12)
    box = Box(*truth.box[0].tolist())
    middle = np.rint(truth.xy[0, [8, 9, 2, 3]].mean(axis=0)).astype(int)
    beside = middle + np.array((round(box.width * 0.33), 0))

    def contrast(shown: Frame) -> float:
        inner, outer = (shown.pixels[y - 4 : y + 5, x - 4 : x + 5] for x, y in (middle, beside))
        return float(np.abs(inner.mean(axis=(0, 1)) - outer.mean(axis=(0, 1))).sum())

    made = spoilt(frame, box, Spoils(camouflage=1.0), people=truth)
    assert contrast(made) < 0.7 * contrast(frame)


def test_a_region_outside_the_frame_is_left_alone(frame) -> None:
    assert spoilt(frame, Box(-500.0, -500.0, 100.0, 100.0), Spoils(dark=1.0)) is frame
    assert spoilt(frame, REGION, Spoils()) is frame


def test_frames_know_their_noise() -> None:
    grey = np.full((60, 60, 3), 128, np.uint8)
    frames = [Frame(grey, index, Timestamp(index, Fraction(1))) for index in (0, 1)]
    made = [spoilt(one, Box.whole((60, 60)), Spoils(noise=0.3)) for one in frames]
    assert (made[0].pixels != made[1].pixels).mean() > 0.5
    assert made[0].pixels.std() == pytest.approx(30, rel=0.05)


def test_every_kind_is_said() -> None:
    assert set(TITLES) == set(MEANINGS) == set(SPOIL_KINDS)
    assert all(in_words(kind, 0.5) for kind in SPOIL_KINDS)
    assert [pixels_left(192, s) for s in (0, 0.5, 1)] == [192, 48, 12]
    assert in_words("dark", 1) == "5 % of the light"


@pytest.mark.parametrize("size", [(600, 800, 3), (601, 797), (2, 900, 3), (900, 3)])
def test_a_wide_blur_is_that_of_every_pixel(size: tuple[int, ...]) -> None:
    coarse = np.random.default_rng(0).uniform(0, 255, (-(-size[0] // 10), -(-size[1] // 10), 3))
    image = np.kron(coarse, np.ones((10, 10, 1)))[: size[0], : size[1]].astype(np.float32)
    image = image if len(size) == 3 else image[..., 0]
    for sigma in (12.0, 36.0):
        exact = cv2.GaussianBlur(image, (0, 0), sigma)
        quick = _blurred(image, sigma)
        assert quick.shape == image.shape
        # Levels of 255; the most at the edges, which are mirrored about the middle of a pixel.
        assert np.abs(quick - exact).mean() < (0.5 if min(size[:2]) > 100 else 3)
        assert np.abs(quick - exact).max() < 8


def test_a_large_frame_is_blurred_in_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    widest: list[float] = []
    blur = cv2.GaussianBlur
    monkeypatch.setattr(
        cv2, "GaussianBlur", lambda image, *a, **k: (widest.append(a[1]), blur(image, *a, **k))[1]
    )
    pixels = np.random.default_rng(0).integers(0, 255, (600, 1200, 3), np.uint8)
    frame = Frame(pixels, 0, Timestamp(0, Fraction(1, 25)))
    person = Mannequin().truth(0)
    spoilt(frame, Box.whole(frame.size), Spoils(blur=1.0, camouflage=1.0), people=person)
    assert len(widest) >= 5
    # Of the mask's edge, which follows the person, and of pictures that were made smaller.
    assert max(widest) < 20
