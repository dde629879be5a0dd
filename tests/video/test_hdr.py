"""High dynamic range: published values of the transfer functions, and colours that stay colours."""

from __future__ import annotations

import av
import numpy as np
import pytest

from poseviewer.video.colour import RgbConverter
from poseviewer.video.hdr import hlg_nits, mapping, pq_light, pq_signal


def test_pq_as_published() -> None:
    # BT.2408: 100 cd/m2 are 50.8 %, 203 are 58 %, 1000 are 75 % of the signal.
    nits = np.array([100.0, 203.0, 1000.0, 10_000.0])
    assert pq_signal(nits / 10_000) == pytest.approx([0.508, 0.581, 0.752, 1.0], abs=6e-4)
    assert pq_light(pq_signal(nits / 10_000)) * 10_000 == pytest.approx(nits)


def test_hlg_as_published() -> None:
    # BT.2408: 75 % of the signal is reference white, 203 cd/m2 on a display of 1000.
    grey = np.repeat([[0.0], [0.5], [0.75], [1.0]], 3, axis=1)
    assert hlg_nits(grey)[:, 0] == pytest.approx([0, 50.7, 203, 1000], rel=3e-3, abs=0.01)


@pytest.mark.parametrize("transfer", ["PQ", "HLG", "wide gamut"])
def test_grey_stays_grey_and_brighter_stays_brighter(transfer) -> None:
    steps = np.repeat(np.linspace(0, 1, 200)[:, None], 3, axis=1)
    shown = mapping(steps, transfer)
    assert np.ptp(shown, axis=1).max() < 2e-3
    assert np.diff(shown[:, 1]).min() >= 0
    assert shown[0, 1] == pytest.approx(0, abs=0.02)
    assert shown[-1, 1] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("transfer", ["PQ", "HLG"])
def test_dim_light_is_as_bright_as_it_was(transfer) -> None:
    # 20 cd/m2 on a screen whose white is 203, by the inverse of BT.1886.
    signal = {"PQ": pq_signal(np.array(20 / 10_000)), "HLG": np.array(0.3392)}[transfer]
    shown = mapping(np.full((1, 3), float(signal)), transfer)
    assert shown[0] == pytest.approx((20 / 203) ** (1 / 2.4), abs=5e-3)


def test_a_colour_of_the_ordinary_gamut_keeps_its_hue() -> None:
    # BT.709 red inside BT.2020 (BT.2087), a twentieth of white, as PQ.
    light = np.array([0.6274, 0.0691, 0.0164]) * 203 / 20
    shown = mapping(pq_signal(light / 10_000)[None], "PQ")[0] ** 2.4
    assert shown == pytest.approx([1 / 20, 0, 0], abs=2e-3)


@pytest.mark.parametrize("number", [16, 18])
def test_pictures_are_mapped_as_single_colours_are(number: int) -> None:
    signal = np.array([0.52, 0.41, 0.33])
    frame = av.VideoFrame.from_ndarray(
        np.rint(np.broadcast_to(signal * 65535, (64, 96, 3))).astype(np.uint16), format="rgb48le"
    )
    frame.color_trc, frame.color_primaries = number, 9
    converter = RgbConverter(frame)
    expected = mapping(signal[None], "PQ" if number == 16 else "HLG")[0] * 255
    for _ in range(3):
        pixels = converter.convert(frame)
        assert pixels.shape == (64, 96, 3)
        # Between the 64 steps of the table.
        assert pixels[10, 10] == pytest.approx(expected, abs=1.6)
        assert np.ptp(pixels.reshape(-1, 3), axis=0).max() == 0


def test_ordinary_pictures_are_left_alone() -> None:
    frame = av.VideoFrame(64, 48, "yuv420p")
    assert RgbConverter(frame)._tones is None
