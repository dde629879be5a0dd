"""An assessment as a picture: accuracy by stage, the PDJ curve, and accuracy by joint."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.draw.colour import mixed
from poseviewer.draw.primitives import LABEL_PADDING, Dot, Label, Line, Scene
from poseviewer.draw.raster import paint, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.draw.colour import Colour
    from poseviewer.draw.primitives import Anchor, Item
    from poseviewer.evaluation.assess import Assessment

INK: Colour = (28, 32, 40)
FAINT: Colour = (104, 112, 124)
GRID: Colour = (226, 229, 234)
PAPER = 255

# Okabe and Ito (2008): told apart by every eye.
_LINES: tuple[Colour, ...] = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (190, 90, 150))
_FIRST: Colour = (176, 196, 222)
_LAST: Colour = (10, 62, 140)

_WIDTH = 1240
_MARGIN = 48.0
_NOTES = 74.0
_PANEL = 340.0
_ROW = 26.0
_SIZE = 10.0
_SHOWN = ("PCKh@0.5 pooled14", "PCK@0.2", "PCK@0.1", "PCP strict", "AP")
_MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class _Axes:
    """A rectangle of paper with the numbers that its edges stand for."""

    left: float
    top: float
    right: float
    bottom: float
    low: float
    high: float
    """Of the horizontal axis; the vertical one is 0 to 1."""

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where the point (x, y) lies on paper."""
        share = (x - self.low) / (self.high - self.low)
        return (
            self.left + share * (self.right - self.left),
            self.bottom + y * (self.top - self.bottom),
        )


def chart(assessment: Assessment, *, run: str = "") -> NDArray[np.uint8]:
    """The picture of an assessment, RGB (h, w, 3).

    Args:
        assessment: What was measured.
        run: How the model was run, in a few words.
    """
    heading, top = _heading(assessment, run)
    height = top + _PANEL + 128 + _ROW * len(assessment.joints) + _MARGIN
    middle = _WIDTH / 2
    stages = _Axes(_MARGIN + 40, top + 40, middle - 150, top + _PANEL, 0, 0)
    curves = _Axes(middle + 70, top + 40, _WIDTH - _MARGIN - 40, top + _PANEL, 0.0, 0.5)
    items = [
        *heading,
        *_by_stage(assessment, stages),
        *_curves(assessment, curves),
        *_by_joint(assessment, top + _PANEL + 116),
    ]
    paper = np.full((round(height), _WIDTH, 3), PAPER, np.uint8)
    paint(Scene((_WIDTH, round(height)), tuple(items), 1.0), paper)
    return paper


def _stage_colours(count: int) -> list[Colour]:
    """The later a stage, the darker."""
    shares = np.linspace(0.0, 1.0, count) if count > 1 else [1.0]
    return [mixed(_FIRST, _LAST, float(share)) for share in shares]


def _heading(assessment: Assessment, run: str) -> tuple[list[Item], float]:
    """Title and notes, and where the panels begin."""
    name, score = next(iter(assessment.stages[-1].scores.items()))
    notes = [
        f"{assessment.people:,} people, {score.counted:,} joints counted. {name}: "
        f"{score.rule.partition(': ')[2]}; {score.mean}.",
        f"Shown: {assessment.policy}.",
        *([f"Run: {run}."] if run else []),
    ]
    items: list[Item] = [_text(f"{assessment.model} on {assessment.truth}", (_MARGIN, 40), size=17)]
    rows = [row for note in notes for row in _wrapped(note, _SIZE)]
    items += [
        _text(text, (_MARGIN, _NOTES + 20 * row), colour=FAINT) for row, text in enumerate(rows)
    ]
    return items, _NOTES + 20 * len(rows) + 18


def _wrapped(text: str, size: float) -> list[str]:
    """`text` in lines that fit the paper."""
    rows = [""]
    for word in text.split():
        longer = f"{rows[-1]} {word}".strip()
        if text_width(longer, size=size) > _WIDTH - 2 * _MARGIN:
            rows.append(word)
        else:
            rows[-1] = longer
    return rows


def _by_stage(assessment: Assessment, axes: _Axes) -> list[Item]:
    stages = assessment.stages
    half = 0.5 if len(stages) > 1 else 1.0
    axes = _Axes(axes.left, axes.top, axes.right, axes.bottom, -half, len(stages) - 1 + half)
    items = _frame(axes, "Accuracy by stage, %")
    step = max(1, -(-len(stages) // 8))
    for place, stage in enumerate(stages):
        if place % step == 0:
            x, _ = axes.at(place, 0)
            items.append(
                _text(str(stage.number + 1), (x, axes.bottom + 18), anchor="centre", colour=FAINT)
            )
    x = (axes.left + axes.right) / 2
    items.append(_text("stage", (x, axes.bottom + 40), anchor="centre", colour=FAINT))
    names = [name for name in _SHOWN if name in stages[-1].scores][:_MOST_LINES]
    ends = []
    for name, colour in zip(names, _LINES, strict=False):
        values = [stage.scores[name].value for stage in stages]
        points = [axes.at(i, value) for i, value in enumerate(values) if np.isfinite(value)]
        if not points:
            continue
        items += _polyline(points, colour, width=2.5)
        items += [Dot(point, 4.0, colour) for point in points]
        ends.append((points[-1][1], f"{name}  {100 * values[-1]:.1f}", colour))
    for y, (_, text, colour) in zip(_apart([end[0] for end in ends]), sorted(ends), strict=True):
        items.append(_text(text, (axes.right + 10, y), colour=colour))
    return items


def _apart(heights: Sequence[float], *, least: float = 18.0) -> list[float]:
    """Heights in order, moved down until labels do not touch."""
    moved: list[float] = []
    for height in sorted(heights):
        moved.append(max(height, moved[-1] + least) if moved else height)
    return moved


def _curves(assessment: Assessment, axes: _Axes) -> list[Item]:
    items = _frame(axes, "PDJ: joints within a share of the torso, %")
    for tick in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5):
        x, _ = axes.at(tick, 0)
        items.append(_text(f"{tick:g}", (x, axes.bottom + 18), anchor="centre", colour=FAINT))
    x = (axes.left + axes.right) / 2
    items.append(_text("share of the torso", (x, axes.bottom + 40), anchor="centre", colour=FAINT))
    colours = _stage_colours(len(assessment.stages))
    for stage, colour in zip(assessment.stages, colours, strict=True):
        values = stage.curve.pooled()
        if np.isfinite(values).all():
            points = [
                axes.at(float(t), float(v))
                for t, v in zip(stage.curve.thresholds, values, strict=True)
            ]
            items += _polyline(points, colour, width=2.5)
    # Curves climb to the left, which leaves the corner below them free.
    corner = (axes.right - 110, axes.bottom - 20 * len(assessment.stages))
    return items + _legend(assessment, colours, corner)


def _legend(
    assessment: Assessment, colours: Sequence[Colour], at: tuple[float, float]
) -> list[Item]:
    items: list[Item] = []
    for row, (stage, colour) in enumerate(zip(assessment.stages, colours, strict=True)):
        y = at[1] + 20 * row
        items.append(Line((at[0], y), (at[0] + 18, y), colour, 3.0))
        items.append(_text(stage.name, (at[0] + 28, y), colour=FAINT))
    return items


def _by_joint(assessment: Assessment, top: float) -> list[Item]:
    stages = assessment.stages
    title, last = next(iter(stages[-1].tallies.items()))
    rows = len(assessment.joints)
    axes = _Axes(_MARGIN + 130, top, _WIDTH - _MARGIN - 150, top + _ROW * rows, 0.0, 1.0)
    items: list[Item] = [
        _text(f"{title} by joint; stages shaded as above", (_MARGIN, top - 22), size=11.5),
        _text("last stage", (axes.right + 52, top - 22), anchor="right", colour=FAINT),
        _text("counted", (_WIDTH - _MARGIN, top - 22), anchor="right", colour=FAINT),
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, _ = axes.at(tick, 0)
        items.append(Line((x, axes.top), (x, axes.bottom), GRID, 1.0))
        text = f"{100 * tick:.0f} %"
        items.append(_text(text, (x, axes.bottom + 16), anchor="centre", colour=FAINT))
    colours = _stage_colours(len(stages))
    for row, joint in enumerate(assessment.joints):
        y = axes.top + _ROW * (row + 0.5)
        items.append(_text(joint.replace("_", " "), (axes.left - 14, y), anchor="right"))
        count = f"{int(last.counted[row]):,}"
        items.append(_text(count, (_WIDTH - _MARGIN, y), anchor="right", colour=FAINT))
        shares = [float(stage.tallies[title].each[row]) for stage in stages]
        if not np.isfinite(shares).all():
            continue
        across = [axes.at(share, 0)[0] for share in shares]
        items.append(Line((min(across), y), (max(across), y), _FIRST, 2.0))
        items += [Dot((x, y), 5.0, c) for x, c in zip(across, colours, strict=True)]
        text = f"{100 * shares[-1]:.1f}"
        items.append(_text(text, (axes.right + 52, y), anchor="right"))
    return items


def _frame(axes: _Axes, title: str) -> list[Item]:
    """Title, grid and percentages of a panel."""
    items: list[Item] = [_text(title, (axes.left - 40, axes.top - 26), size=11.5)]
    for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        _, y = axes.at(axes.low, tick)
        items.append(Line((axes.left, y), (axes.right, y), GRID, 1.0))
        text = f"{100 * tick:.0f}"
        items.append(_text(text, (axes.left - 10, y), anchor="right", colour=FAINT))
    return items


def _polyline(points: Sequence[tuple[float, float]], colour: Colour, *, width: float) -> list[Item]:
    return [Line(a, b, colour, width) for a, b in pairwise(points)]


def _text(
    text: str,
    at: tuple[float, float],
    *,
    size: float = _SIZE,
    colour: Colour = INK,
    anchor: Anchor = "left",
) -> Label:
    """A label without its backing, whose letters themselves are at the anchor."""
    pad = LABEL_PADDING[0] * size
    shift = {"left": -pad, "centre": 0.0, "right": pad}[anchor]
    return Label((at[0] + shift, at[1]), text, size, colour, anchor, 0.0)
