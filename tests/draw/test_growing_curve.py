"""Curves that grow: each moment is what is drawn of all values up to it, at the cost of one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseviewer.core.composite import Composite
from poseviewer.core.series import unwrapped
from poseviewer.draw.angle_plot import AnglePlot, dashes
from poseviewer.draw.composite import panels
from poseviewer.draw.curve import trace
from poseviewer.draw.growing_curve import GrowingCurve
from poseviewer.draw.panel import GROUND

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.result import FrameResult

SIZE = (960, 540)
NAMES = ("right knee", "left knee")


@given(
    st.lists(
        st.tuples(st.sampled_from([1, 1, 1, 2, 9]), st.floats(-180, 180) | st.just(np.nan)),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from([360.0, 180.0]),
    st.sampled_from([np.inf, 200.0]),
)
def test_each_moment_is_the_curve_of_all_values_up_to_it(
    steps: list[tuple[int, float]], period: float, reach: float
) -> None:
    growing = GrowingCurve(period, reach)
    seconds = np.cumsum([step for step, _ in steps]).astype(float)
    degrees = np.array([value for _, value in steps])
    for number in range(len(steps)):
        now, so_far = seconds[: number + 1], degrees[: number + 1]
        before = list(growing.degrees)
        moved = growing.add(float(now[-1]), float(so_far[-1]), limit=4.0)
        wanted = unwrapped(now, so_far, period=period, limit=4.0, reach=reach)
        np.testing.assert_allclose(growing.degrees, wanted[np.isfinite(wanted)], atol=1e-6)
        if not moved:
            assert growing.degrees[: len(before)] == before
    whole = trace(seconds, wanted, limit=4.0, period=int(period))
    # There a value that stands alone comes twice.
    twice = np.flatnonzero(np.diff(whole.seconds) < 1e-4)
    alone = np.delete(
        np.where(np.isin(np.arange(len(whole.joined)), twice), 0, whole.joined), twice + 1
    )
    found = growing.curve()
    if not np.any(np.isclose(np.abs(np.diff(found.degrees)), period / 2)):
        assert found.joined.tolist() == alone.tolist()


@pytest.fixture
def walking(answer: Callable[..., FrameResult]) -> Callable[[int], FrameResult | None]:
    """Results in which the knees swing wider and wider, and now and then nobody is there."""
    result = answer()
    specs = tuple(spec for spec in result.angles.specs if spec.name in NAMES)
    assert len(specs) == 2

    def at(number: int) -> FrameResult | None:
        if number % 97 in (40, 41, 42, 43):
            return None
        swing = min(number / 3, 70.0) * np.sin(number / 9)
        degrees = np.array([[90 + swing, 60 - swing]], np.float32)
        angles = replace(result.angles, specs=specs, degrees=degrees)
        return replace(result, angles=angles)

    return at


def plot_of(count: int) -> tuple[AnglePlot, np.ndarray]:
    panel = panels(Composite("side", SIZE, (), NAMES), aspect=1.0).plot
    assert panel is not None
    base = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    return AnglePlot(panel, NAMES, SIZE, (0.0, count / 30), 1.0), base


def test_what_was_drawn_bit_by_bit_looks_as_if_drawn_at_once(
    walking: Callable[[int], FrameResult | None],
) -> None:
    plot, base = plot_of(400)
    for number in range(400):
        plot.add(walking(number), seconds=number / 30, base=base)
        if number not in (30, 150, 399):
            continue
        grown, anew, still = base.copy(), np.zeros_like(base), base.copy()
        plot.draw(grown)
        pens = dict(plot._pens)
        plot._draw_anew(anew)
        plot.draw(anew)
        plot._pens = pens
        assert (base == still).all()
        ink = (np.abs(anew.astype(int) - GROUND).max(axis=2) > 40)[plot.panel.slices].sum()
        off = (np.abs(anew.astype(int) - grown).max(axis=2) > 60)[plot.panel.slices].sum()
        assert ink > 100
        # The soft edges where two pieces meet, and the ends of dashes.
        assert off < 0.03 * ink


def test_a_frame_of_a_long_clip_draws_no_more_than_one_of_a_short_clip(
    walking: Callable[[int], FrameResult | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    points: list[int] = []
    polylines = cv2.polylines

    def counted(picture: np.ndarray, lines: list[np.ndarray], *more: object) -> None:
        points.append(sum(len(line) for line in lines))
        polylines(picture, lines, *more)  # type: ignore[call-overload]

    monkeypatch.setattr("poseviewer.draw.angle_plot.cv2.polylines", counted)
    plot, base = plot_of(3000)
    most = []
    for number in range(3000):
        plot.add(walking(number), seconds=number / 30, base=base)
        plot.draw(base.copy())
        if number >= 1000:
            most.append(max(points))
        points.clear()
    assert max(most) < 250
    assert max(most[-500:]) <= 1.5 * max(most[:500])


def test_a_dash_goes_on_where_the_last_one_ended() -> None:
    run = np.array([[0.0, 0.0], [30.0, 0.0], [30.0, 40.0]])
    whole = dashes(run)
    assert [float(np.hypot(*np.diff(one, axis=0).T).sum()) for one in whole] == [7.0] * 5
    parts = [*dashes(run[:2]), *dashes(run[1:], along=30.0)]
    lengths = [float(np.hypot(*np.diff(one, axis=0).T).sum()) for one in parts]
    # The third one is cut where the pieces meet.
    assert lengths == pytest.approx([7, 7, 2, 5, 7, 7])
