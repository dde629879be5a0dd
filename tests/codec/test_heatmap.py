"""The heatmap codec: what is drawn is found again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseviewer.codec.heatmap import DECODINGS, HeatmapCodec, udp
from poseviewer.core.stage import kind_of

CODECS = [
    HeatmapCodec(stride=4, sigma=1.0),
    HeatmapCodec(stride=4, sigma=1.5),
    HeatmapCodec(stride=8, sigma=7 / 8),
    HeatmapCodec(stride=8, sigma=1.25, background=True),
]
SIZE = (160, 128)


def inside(codec: HeatmapCodec, share_x: float, share_y: float) -> np.ndarray:
    """A point at least three cells from the border, input pixels."""
    low = codec.to_pixels(np.array([3.0, 3.0]))
    high = codec.to_pixels(np.array(SIZE) / codec.stride - 4)
    return low + (high - low) * (share_x, share_y)


@given(x=st.floats(0, 1), y=st.floats(0, 1), codec=st.sampled_from(CODECS))
def test_dark_finds_an_exact_gaussian_exactly(x: float, y: float, codec: HeatmapCodec) -> None:
    point = inside(codec, x, y)
    cells, score = codec.decode(codec.encode(point[None], size=SIZE), method="dark")
    assert np.abs(cells[0] - codec.to_cells(point)).max() < 1e-6
    assert score[0] > 0.6


@given(x=st.floats(0, 1), y=st.floats(0, 1), codec=st.sampled_from(CODECS))
def test_quarter_offset_is_within_a_quarter_cell(x: float, y: float, codec: HeatmapCodec) -> None:
    point = inside(codec, x, y)
    cells, _ = codec.decode(codec.encode(point[None], size=SIZE), method="quarter")
    assert np.abs(cells[0] - codec.to_cells(point)).max() <= 0.25 + 1e-6


@given(x=st.floats(0, 1), y=st.floats(0, 1), codec=st.sampled_from(CODECS))
def test_argmax_is_within_half_a_cell(x: float, y: float, codec: HeatmapCodec) -> None:
    point = inside(codec, x, y)
    cells, _ = codec.decode(codec.encode(point[None], size=SIZE), method="argmax")
    assert np.abs(cells[0] - codec.to_cells(point)).max() <= 0.5 + 1e-6


def test_blurred_dark_stays_near_in_noise() -> None:
    codec = HeatmapCodec(stride=4, sigma=1.5)
    rng = np.random.default_rng(3)
    truth = rng.uniform(30, 90, (50, 14, 2))
    maps = codec.encode(truth, size=SIZE)
    noisy = maps + rng.normal(0, 0.03, maps.shape).astype(np.float32)
    plain, _ = codec.decode(noisy, method="dark")
    blurred, _ = codec.decode(noisy, method="dark", blur=True)
    wanted = codec.to_cells(truth)
    assert np.abs(blurred - wanted).mean() < 0.1
    assert np.abs(blurred - wanted).mean() < np.abs(plain - wanted).mean()


@pytest.mark.parametrize("stride", [1, 2, 4, 8])
def test_cells_are_sampled_at_their_middle(stride: int) -> None:
    codec = HeatmapCodec(stride=stride, sigma=1.0)
    assert codec.to_pixels(np.array([5.0, 0.0])).tolist() == [
        5 * stride + (stride - 1) / 2,
        (stride - 1) / 2,
    ]
    points = np.array([[3.25, 17.5]])
    assert np.allclose(codec.to_pixels(codec.to_cells(points)), points)


def test_cells_of_hrnet_and_of_udp_begin_on_the_first_pixel() -> None:
    hrnet = HeatmapCodec(stride=4, sigma=2.0, first=0.0)
    assert hrnet.to_pixels(np.array([47.0, 3.0])).tolist() == [188, 12]
    vitpose = HeatmapCodec(stride=4, sigma=2.0, first=0.0, steps=udp((192, 256), stride=4))
    ends = vitpose.to_pixels(np.array([[0.0, 0.0], [47.0, 63.0]]))
    np.testing.assert_allclose(ends, [[0, 0], [191, 255]])
    for codec in (hrnet, vitpose):
        points = np.array([[33.25, 77.5], [100.0, 41.0]])
        cells, _ = codec.decode(codec.encode(points, size=(192, 256)))
        assert np.abs(codec.to_pixels(cells) - points).max() < 0.05


@pytest.mark.parametrize(
    ("codec", "apart"),
    [
        (HeatmapCodec(stride=4, sigma=2.0), 0.0),
        (HeatmapCodec(stride=4, sigma=2.0, first=0.0), 0.25),
        (HeatmapCodec(4, 2.0, first=0.0, steps=udp((192, 256), stride=4)), 0.0),
    ],
)
def test_the_mirror_image_lies_over_the_picture(codec: HeatmapCodec, apart: float) -> None:
    """Of HRNet within a quarter of a cell, as its cells cannot do better."""
    joints = np.array([[60.0, 100.0], [140.0, 30.0]])
    mirrored = np.array([[191 - 140.0, 30.0], [191 - 60.0, 100.0]])
    plain = codec.encode(joints, size=(192, 256))
    maps = codec.encode(mirrored, size=(192, 256))[None]
    back = kind_of("heatmap").mirrored(maps, codec=codec, mirror=(1, 0))
    (ours, _), (theirs, _) = codec.decode(plain), codec.decode(back[0])
    np.testing.assert_allclose(theirs - ours, [[apart, 0], [apart, 0]], atol=0.01)


def test_a_joint_on_a_cell_gives_a_peak_of_one_there() -> None:
    codec = HeatmapCodec(stride=8, sigma=7 / 8, cut=True)
    maps = codec.encode(np.array([[[8 * 6 + 3.5, 8 * 4 + 3.5]]]), size=SIZE)
    assert maps.shape == (1, 1, 16, 20)
    assert maps[0, 0, 4, 6] == 1.0
    # One cell away is 8 pixels at a sigma of 7 (docs/facts/networks.md).
    assert maps[0, 0, 4, 7] == pytest.approx(np.exp(-(8**2) / (2 * 7**2)), rel=1e-6)


def test_cut_writes_nothing_below_a_hundredth() -> None:
    point = np.array([[60.0, 60.0]])
    kept = HeatmapCodec(stride=8, sigma=7 / 8).encode(point, size=SIZE)
    cut = HeatmapCodec(stride=8, sigma=7 / 8, cut=True).encode(point, size=SIZE)
    assert cut[cut > 0].min() >= 0.00999
    assert np.array_equal(cut[cut > 0], kept[cut > 0])
    assert (kept[cut == 0] < 0.01).all()


def test_background_is_what_the_joints_leave() -> None:
    codec = HeatmapCodec(stride=8, sigma=1.0, background=True)
    maps = codec.encode(np.array([[40.0, 40.0], [90.0, 70.0]]), size=SIZE)
    assert maps.shape[0] == 3
    assert np.allclose(maps[2], 1 - maps[:2].max(axis=0))
    assert codec.decode(maps)[0].shape == (2, 2)


def test_absent_joints_leave_their_map_empty() -> None:
    codec = HeatmapCodec(stride=4, sigma=1.0, background=True)
    joints = np.array([[40.0, 40.0], [90.0, 70.0]])
    maps = codec.encode(joints, size=SIZE, present=np.array([True, False]))
    assert maps[1].max() == 0
    assert maps[2].min() == pytest.approx(1 - maps[0].max())
    assert codec.decode(maps)[1].tolist() == [pytest.approx(maps[0].max()), 0.0]


@pytest.mark.parametrize("method", DECODINGS)
@pytest.mark.parametrize("where", [(0, 0), (0, 31), (39, 0), (39, 31), (1, 15), (38, 30)])
def test_peaks_at_the_border_are_found(method: str, where: tuple[int, int]) -> None:
    codec = HeatmapCodec(stride=4, sigma=1.0)
    maps = codec.encode(codec.to_pixels(np.array([where])), size=SIZE)
    cells, score = codec.decode(maps, method=method)
    assert np.abs(cells[0] - where).max() <= 0.25
    assert score[0] == pytest.approx(1.0)


@pytest.mark.parametrize("method", DECODINGS)
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_flat_and_tiny_maps_do_no_harm(method: str, size: int) -> None:
    codec = HeatmapCodec(stride=4, sigma=1.5)
    for value in (0.0, 1.0, -1.0):
        cells, score = codec.decode(
            np.full((2, 3, size, size), value, np.float32), method=method, blur=True
        )
        assert cells.shape == (2, 3, 2)
        assert np.isfinite(cells).all()
        assert (score == value).all()


@pytest.mark.parametrize("method", DECODINGS)
def test_batches_decode_as_single_maps_do(method: str) -> None:
    codec = HeatmapCodec(stride=4, sigma=1.5)
    maps = np.random.default_rng(0).normal(size=(3, 2, 14, 20, 20)).astype(np.float32)
    cells, score = codec.decode(maps, method=method, blur=True)
    for i in range(3):
        for j in range(2):
            alone = codec.decode(maps[i, j], method=method, blur=True)
            assert np.allclose(alone[0], cells[i, j])
            assert np.array_equal(alone[1], score[i, j])


def test_ties_are_not_shifted() -> None:
    codec = HeatmapCodec(stride=4, sigma=1.0)
    maps = np.zeros((1, 9, 9), np.float32)
    maps[0, 4, 4] = 1.0
    assert codec.decode(maps, method="quarter")[0].tolist() == [[4.0, 4.0]]


def test_unknown_decodings_are_named() -> None:
    with pytest.raises(ValueError, match="argmax, quarter, dark"):
        HeatmapCodec(stride=4, sigma=1.0).decode(np.zeros((1, 5, 5)), method="newton")  # type: ignore[arg-type]
