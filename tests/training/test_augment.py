"""Random views: the labels move with the pixels."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from poseviewer.core.skeleton import load_skeleton
from poseviewer.training.augment import Strength, augmented, coloured, plain, view
from poseviewer.training.dataset import LabelledPerson

LSP = load_skeleton("lsp-14")
MIRROR = np.asarray(LSP.mirror)
STILL = Strength(
    turn_chance=0, any_turn_chance=0, wide_chance=0, half_body_chance=0, cutout_chance=0,
    coarse_chance=0, blur_chance=0, noise_chance=0, grey_chance=0,
)  # fmt: skip


def person(seed: int = 0) -> LabelledPerson:
    """A black picture with a white disc on the right wrist alone."""
    rng = np.random.default_rng(seed)
    joints = rng.uniform(80, 170, (14, 2)).astype(np.float32)
    image = np.zeros((256, 256, 3), np.uint8)
    x, y = joints[LSP.index("right_wrist")]
    yy, xx = np.mgrid[:256, :256]
    image[np.hypot(xx - x, yy - y) < 6] = 255
    seen = np.ones(14, bool)
    seen[LSP.index("left_knee")] = False
    return LabelledPerson(
        image, joints, seen, seen.astype(np.float32), np.array([127.5, 127.5]), 256.0, "lspet"
    )


def brightest(image: np.ndarray) -> np.ndarray:
    grey = image.astype(float).sum(axis=2)
    # What lies outside the picture is grey.
    ys, xs = np.nonzero(grey > 0.8 * grey.max() + 0.2 * grey.min())
    return np.array([xs.mean(), ys.mean()])


@pytest.mark.parametrize("seed", range(24))
def test_a_joint_stays_on_its_pixels(seed: int) -> None:
    strong = Strength(
        wide_chance=0.5, any_turn_chance=0.3, half_body_chance=0, cutout_chance=0, noise_chance=0
    )
    rng = np.random.default_rng(seed)
    shown = augmented(person(seed), size=128, mirror=MIRROR, rng=rng, strength=strong)
    # A flip shows the right wrist in the left one's channel.
    right, left = LSP.index("right_wrist"), LSP.index("left_wrist")
    if not (shown.present[right] and shown.present[left]):
        return
    spot = brightest(shown.image)
    distance = np.linalg.norm(shown.joints[[right, left]] - spot, axis=1)
    assert distance.min() < 2.0


def test_the_nominal_view_scales_by_pixel_edges() -> None:
    one = person()
    shown = plain(one, size=128)
    assert shown.image.shape == (128, 128, 3)
    # Half the size: the middle of two pixels is the middle of one.
    assert np.allclose(shown.joints, (one.joints - 0.5) / 2, atol=1e-4)
    assert np.allclose(brightest(shown.image), shown.joints[LSP.index("right_wrist")], atol=0.6)


def test_mirrored_views_swap_left_and_right() -> None:
    one, flips = person(), 0
    for seed in range(12):
        shown = augmented(
            one, size=128, mirror=MIRROR, rng=np.random.default_rng(seed), strength=STILL
        )
        hidden = np.flatnonzero(shown.weight == 0)
        mirrored = hidden.tolist() == [LSP.index("right_knee")]
        assert mirrored or hidden.tolist() == [LSP.index("left_knee")]
        flips += mirrored
    assert 2 <= flips <= 10


def test_joints_out_of_view_leave_a_map_that_counts_a_little() -> None:
    one = person()
    one.joints[LSP.index("head_top")] = (500, 500)
    shown = plain(one, size=128)
    head = LSP.index("head_top")
    assert not shown.present[head]
    assert 0 < shown.weight[head] < 1
    knee = LSP.index("left_knee")
    assert not shown.present[knee]
    assert shown.weight[knee] == 0


def test_views_keep_the_centre_in_the_middle() -> None:
    one = person()
    for flip in (False, True):
        affine = view(one, angle=33, zoom=0.8, shift=(0, 0), flip=flip, size=160)
        assert np.allclose(affine[:, :2] @ one.centre + affine[:, 2], 79.5)
        assert np.linalg.det(affine[:, :2]) == pytest.approx(
            (-1 if flip else 1) * (0.8 * 160 / 256) ** 2
        )


def test_the_same_seed_gives_the_same_view() -> None:
    views = [
        augmented(
            person(), size=96, mirror=MIRROR, rng=np.random.default_rng(5), strength=Strength()
        )
        for _ in range(2)
    ]
    assert np.array_equal(views[0].image, views[1].image)
    assert np.array_equal(views[0].joints, views[1].joints)


def test_coarse_views_have_lost_their_detail_only() -> None:
    image = np.random.default_rng(0).integers(0, 256, (96, 96, 3)).astype(np.uint8)
    image = cv2.GaussianBlur(image, (0, 0), 1.5)
    fine, coarse = (
        coloured(image, np.random.default_rng(5), replace(STILL, coarse_chance=chance))
        for chance in (0.0, 1.0)
    )
    assert coarse.shape == fine.shape
    assert coarse.dtype == np.uint8
    detail = [float(cv2.Laplacian(one, cv2.CV_32F).std()) for one in (coarse, fine)]
    assert detail[0] < 0.7 * detail[1]
    smooth = [cv2.GaussianBlur(one, (0, 0), 6).astype(float) for one in (coarse, fine)]
    assert np.abs(smooth[0] - smooth[1]).mean() < 3
