"""Covariances of beliefs whose covariance is known."""

from __future__ import annotations

import numpy as np
import pytest

from poseviewer.core.uncertainty import (
    FLOOR,
    SHARES,
    covariance,
    deviations,
    half_axes,
    moved,
    reach,
    rounded,
)

SIZE = 64


def rotation(degrees: float) -> np.ndarray:
    turn = np.radians(degrees)
    return np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])


def known(long: float, short: float, degrees: float) -> np.ndarray:
    """A covariance (2, 2) of these deviations along and across a direction."""
    turn = rotation(degrees)
    return turn @ np.diag([long**2, short**2]) @ turn.T


def drawn(cov: np.ndarray, at: tuple[float, float], *, size: int = SIZE) -> np.ndarray:
    y, x = np.mgrid[:size, :size]
    away = np.stack([x - at[0], y - at[1]], axis=-1)
    return np.exp(-0.5 * np.einsum("hwi,ij,hwj->hw", away, np.linalg.inv(cov), away))


def three(cov: np.ndarray) -> np.ndarray:
    return np.array([cov[0, 0], cov[0, 1], cov[1, 1]])


@pytest.mark.parametrize("degrees", [0, 30, 72, 90, 135])
@pytest.mark.parametrize("deviation", [1.0, 1.5, 3.0])
def test_a_drawn_gaussian_has_its_covariance(deviation: float, degrees: float) -> None:
    cov, at = known(1.7 * deviation, deviation, degrees), (30.3, 33.8)
    belief = drawn(cov, at)
    # Noise of a few hundredths all over the map must not count.
    noise = np.random.default_rng(3).uniform(0, 0.6 * FLOOR, belief.shape)
    for one in (belief, np.where(belief < FLOOR, noise, belief), 0.3 * belief):
        (found,) = covariance(one[None], np.array([at]))
        long, short, turn = half_axes(tuple(found))
        assert long == pytest.approx(1.7 * deviation, rel=0.05)
        assert short == pytest.approx(deviation, rel=0.05)
        assert np.cos(np.radians(2 * (turn - degrees))) > 0.995


def test_two_peaks_are_wide_along_the_line_between_them() -> None:
    one, other = (20.0, 30.0), (40.0, 30.0)
    both = drawn(known(2, 2, 0), one) + drawn(known(2, 2, 0), other)
    (found,) = covariance(both[None], np.array([one]))
    across, down, correlation = deviations(found)
    assert 14 < across < 18
    assert down == pytest.approx(2, rel=0.05)
    assert abs(correlation) < 0.01
    (weak,) = covariance((both - 0.93 * drawn(known(2, 2, 0), other))[None], np.array([one]))
    assert deviations(weak)[0] == pytest.approx(2, rel=0.05)


def test_nothing_is_known_without_a_place_or_a_belief() -> None:
    maps = np.stack([drawn(known(2, 2, 0), (9, 9))] * 3)
    maps[1] = -0.1
    maps[2, :4] = np.nan
    found = covariance(maps, np.array([[np.nan, 9], [9, 9], [9, 9]]))
    assert np.isnan(found[:2]).all()
    assert deviations(found[2])[:2] == pytest.approx([2, 2], rel=0.05)
    assert np.isnan(deviations(np.array([0.0, 0, 1]))[2])


def test_a_turned_region_turns_the_ellipse() -> None:
    cov = known(5, 2, 20)
    affine = np.column_stack([rotation(35) @ np.diag([3.0, 3.0]), [100, 50]])
    found = moved(three(cov), affine)
    np.testing.assert_allclose(found, three(affine[:, :2] @ cov @ affine[:, :2].T))
    long, short, turn = half_axes(tuple(found))
    assert (long / short, turn) == pytest.approx((2.5, 55))
    stretched = np.array([[2.0, 0.4, 7], [-0.3, 1.1, 9]])
    wanted = stretched[:, :2] @ cov @ stretched[:, :2].T
    np.testing.assert_allclose(moved(three(cov), stretched), three(wanted))


def test_rounded_numbers_are_nearly_the_same() -> None:
    numbers = np.array([np.nan, 0.0, -3.14159, 1e-9, 12345.678, 1.999])
    assert rounded(numbers) == pytest.approx(numbers, rel=0.004, nan_ok=True)
    assert not (rounded(numbers).view(np.uint32) & 0xFFFF).any()


@pytest.mark.parametrize("share", SHARES)
def test_an_ellipse_holds_its_share_of_what_is_drawn_by_chance(share: float) -> None:
    cov = known(4, 1.5, 65)
    points = np.random.default_rng(8).multivariate_normal([0, 0], cov, 40_000)
    long, short, turn = half_axes(tuple(three(cov) * reach(share)))
    along = points @ rotation(turn)
    within = (along[:, 0] / long) ** 2 + (along[:, 1] / short) ** 2 <= 1
    assert within.mean() == pytest.approx(share, abs=0.01)
    np.testing.assert_allclose(
        deviations(three(cov)),
        [*np.sqrt(np.diag(cov)), cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1])],
    )
