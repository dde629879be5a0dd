"""A composed picture: panels lie apart, tiles are the stages', curves have gaps."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseviewer.core.composite import LAYOUTS, Composite
from poseviewer.core.stage import grouped
from poseviewer.draw.angle_plot import AnglePlot
from poseviewer.draw.colour import angle_rgb
from poseviewer.draw.composite import Composer, panels, rows_of
from poseviewer.draw.panel import CANVAS
from poseviewer.draw.primitives import Label
from poseviewer.draw.raster import text_width
from poseviewer.draw.stage_mosaic import stage_mosaic

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.composite import CompositeLayout
    from poseviewer.core.result import FrameResult

SIDES = st.integers(180, 4096)


@given(
    layout=st.sampled_from(LAYOUTS),
    size=st.tuples(SIDES, SIDES),
    aspect=st.floats(0.2, 5),
    plot=st.booleans(),
)
def test_panels_lie_inside_and_apart(
    layout: str, size: tuple[int, int], aspect: float, plot: bool
) -> None:
    composite = Composite(layout, size, (), ("right knee",) if plot else ())
    found = panels(composite, aspect=aspect)
    there = [found.frame, found.stages] + ([found.plot] if found.plot else [])
    assert (found.plot is not None) == plot
    for panel in there:
        assert min(panel.x, panel.y) >= 0
        assert min(panel.width, panel.height) > 0
        assert panel.x + panel.width <= size[0]
        assert panel.y + panel.height <= size[1]
    for a, b in combinations(there, 2):
        beside = a.x + a.width <= b.x or b.x + b.width <= a.x
        below = a.y + a.height <= b.y or b.y + b.height <= a.y
        assert beside or below


@pytest.mark.parametrize(
    ("layout", "size"),
    [
        *product(("side", "presenter"), ((320, 180), (480, 270), (320, 320), (1920, 1080))),
        *product(("portrait",), ((180, 320), (270, 480), (320, 320), (1920, 1080))),
    ],
)
def test_letters_above_a_plot_lie_beside_each_other_and_within_it(
    layout: CompositeLayout, size: tuple[int, int]
) -> None:
    names = tuple(f"{side} {joint}" for joint in ("knee", "elbow") for side in ("left", "right"))
    panel = panels(Composite(layout, size, (), names), aspect=1.5).plot
    assert panel is not None
    scale = max(0.6, float(np.sqrt(size[0] * size[1])) / 960)
    plot = AnglePlot(panel, names, size=size, span=(0.0, 1.0), scale=scale)
    base = np.zeros((size[1], size[0], 3), np.uint8)
    plot.add(None, seconds=0.5, base=base)
    painted = base.copy()
    plot.draw(painted)
    changed = np.argwhere((painted != base).any(axis=2))
    assert len(changed)
    (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0)
    assert left >= panel.x
    assert right < panel.x + panel.width
    assert top >= panel.y
    assert bottom < panel.y + panel.height
    words = [one for one in plot._now_items(0.5) if isinstance(one, Label) and one.text[-1] == "-"]
    assert len(words) >= 2
    ends = [one.at[0] + text_width(one.text, size=one.size * scale) for one in words]
    assert all(end < after.at[0] for end, after in zip(ends, words[1:], strict=False))
    if size[0] == 1920:
        assert [one.text for one in words] == [f"{name} -" for name in names]


def test_rows_are_the_joints_asked_for(answer: Callable[..., FrameResult]) -> None:
    stages = [output.spec for output in answer().stages]
    assert [row.name for row in rows_of(stages, ("left_knee", "no_such", "neck"))] == [
        "left_knee",
        "neck",
    ]
    (together,) = rows_of(stages, ())
    assert together.channel is None


def test_the_tiles_are_those_of_the_stages(answer: Callable[..., FrameResult]) -> None:
    """Every tile away from its ring and figure is, to the value, the window's."""
    result = answer()
    stages = [output.spec for output in result.stages]
    composite = Composite("presenter", (960, 540), ("right_knee",))
    composer = Composer(composite, result.frame.size, stages, 0.2, "inferno", (0.0, 1.0))
    picture = composer.compose(result.frame.pixels, result, seconds=0.0)
    best = 0.0
    for width in range(60, 320):
        made = stage_mosaic(
            result,
            rows=rows_of(stages, ("right_knee",)),
            groups=grouped(stages),
            columns=range(2),
            tile=(width, width),
            gap=max(2, round(3 * 0.75)),
            colormap="inferno",
            span="row",
            gate=0.2,
            background=0xFF000000 | CANVAS[0] << 16 | CANVAS[1] << 8 | CANVAS[2],
        )
        high, wide = made.pixels.shape
        rgb = made.pixels.view(np.uint8).reshape(high, wide, 4)[..., 2::-1]
        panel = composer.panels.stages
        for top in range(panel.y, panel.y + panel.height - high + 1):
            row = picture[top + high // 8, panel.x : panel.x + panel.width]
            if not (row[:, None] == rgb[high // 8, :1]).any():
                continue
            for left in range(panel.x, panel.x + panel.width - wide + 1):
                if (row[left - panel.x : left - panel.x + wide] == rgb[high // 8]).all():
                    part = picture[top : top + high, left : left + wide]
                    best = max(best, float((part == rgb).all(axis=2).mean()))
            if best > 0.9:
                return
    pytest.fail(f"no place where the tiles agree (best {best:.2f})")


def test_the_cursor_says_the_time_of_the_clip(answer: Callable[..., FrameResult]) -> None:
    """Also where a range is shown that begins later, as the frame's own caption does."""
    result = answer()
    stages = [output.spec for output in result.stages]
    composite = Composite("side", (960, 540), (), ("right knee",))

    def at(second: float, origin: float) -> np.ndarray:
        whole = (second - 0.5, second + 0.5)
        args = (composite, result.frame.size, stages, 0.2, "inferno", whole, origin)
        return Composer(*args).compose(result.frame.pixels, result, seconds=second).copy()

    assert np.array_equal(at(2.5, 0.0), at(12.5, 10.0))
    assert not np.array_equal(at(2.5, 0.0), at(0.5, 0.0))


def test_curves_grow_to_now_and_gaps_stay(answer: Callable[..., FrameResult]) -> None:
    result = answer()
    stages = [output.spec for output in result.stages]
    composite = Composite("side", (960, 540), (), ("right knee",))
    composer = Composer(composite, result.frame.size, stages, 0.2, "inferno", (0.0, 1.0))
    colour = np.array(angle_rgb("right knee"))
    for step in range(21):
        there = None if 8 <= step <= 12 else result
        picture = composer.compose(result.frame.pixels, there, seconds=step / 20)
    plot = composer.panels.plot
    assert plot is not None
    part = picture[plot.slices].astype(int)
    # The letters above the plot have the curve's colour too.
    part = part[part.shape[0] // 5 :]
    columns = np.flatnonzero((np.abs(part - colour).max(axis=2) < 70).any(axis=0))
    breaks = np.flatnonzero(np.diff(columns) > 20)
    assert len(breaks) == 1
    share = (columns[breaks[0] + 1] - columns[breaks[0]]) / (columns[-1] - columns[0])
    assert share == pytest.approx(6 / 20, abs=0.05)
