"""An assessment as JSON, as CSV, as lines for people and as a chart."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.percent import percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from poseviewer.evaluation.assess import Assessment, StageAccuracy
    from poseviewer.evaluation.measures import Score, Tally

COLUMNS = ("model", "set", "stage", "stage_name", "measure", "part", "value", "counted", "rule")

ALL = "all"
"""What CSV calls the part when all joints or limbs became one number."""

_DIGITS = 6


def record(assessment: Assessment) -> dict[str, Any]:
    """Everything of an assessment, as JSON can hold it; shares are 0 to 1, null for none."""
    return {
        "model": assessment.model,
        "set": assessment.truth,
        "shown": assessment.policy,
        "people": assessment.people,
        "joints": list(assessment.joints),
        "stages": [_stage(stage) for stage in assessment.stages],
    }


def _stage(stage: StageAccuracy) -> dict[str, Any]:
    return {
        "number": stage.number + 1,
        "name": stage.name,
        "scores": {name: record_score(score) for name, score in stage.scores.items()},
        "parts": {name: _tally(tally) for name, tally in stage.tallies.items()},
        "pdj": {
            "thresholds": _plain(stage.curve.thresholds),
            "values": _plain(stage.curve.pooled()),
        },
    }


def record_score(score: Score) -> dict[str, Any]:
    """A score with all that another must share to be compared with it, as JSON."""
    return {
        "value": _number(score.value),
        "rule": score.rule,
        "mean": score.mean,
        "counted": score.counted,
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "rule": str(tally.rule),
        "side": tally.rule.side,
        "each": dict(zip(tally.parts, _plain(tally.each), strict=True)),
        "counted": dict(zip(tally.parts, tally.counted.tolist(), strict=True)),
    }


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    return [_number(float(value)) for value in values]


def _number(value: float) -> float | None:
    return round(value, _DIGITS) if np.isfinite(value) else None


def table(assessment: Assessment) -> str:
    """The numbers of an assessment as CSV, one to a row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for stage in assessment.stages:
        start = (assessment.model, assessment.truth, stage.number + 1, stage.name)
        for row in _rows(stage):
            writer.writerow((*start, *row))
    return text.getvalue()


def _rows(stage: StageAccuracy) -> Iterator[tuple[object, ...]]:
    for name, score in stage.scores.items():
        yield name, ALL, _number(score.value), score.counted, f"{score.rule}; {score.mean}"
    for name, tally in stage.tallies.items():
        for part, share, count in zip(tally.parts, tally.each, tally.counted, strict=True):
            yield name, part, _number(float(share)), int(count), str(tally.rule)


def lines(assessment: Assessment) -> list[str]:
    """Percentages by stage and by joint in columns, with the rule they follow."""
    stages = assessment.stages
    chief = next(iter(stages[-1].scores.values()))
    heads = [f"{stage.number + 1} {stage.name}" for stage in stages]
    by_stage = [["MEASURE", *heads, "COUNTED"]]
    by_stage += [
        [
            name,
            *(_percent(stage.scores[name].value) for stage in stages),
            f"{score.counted:,}",
        ]
        for name, score in stages[-1].scores.items()
    ]
    title, tally = next(iter(stages[-1].tallies.items()))
    by_joint = [[f"{title} BY JOINT", *heads, "COUNTED"]]
    for row, joint in enumerate(assessment.joints):
        shares = [_percent(float(stage.tallies[title].each[row])) for stage in stages]
        by_joint.append([joint.replace("_", " "), *shares, f"{int(tally.counted[row]):,}"])
    return [
        f"{assessment.model} on {assessment.truth}: {assessment.people} people, "
        f"{chief.counted:,} joints counted, in percent",
        f"  {next(iter(stages[-1].scores))}: {chief.rule.partition(': ')[2]}; {chief.mean}",
        f"  shown: {assessment.policy}",
        "",
        *columns(by_stage),
        "",
        *columns(by_joint),
    ]


def columns(rows: list[list[str]]) -> list[str]:
    """Rows of cells as lines: the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            [row[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        )
        for row in rows
    ]


def _percent(value: float) -> str:
    return percent(value, digits=1) if np.isfinite(value) else "-"


_WIDTH, _MARGIN, _ROW, _PANEL = 1240, 48, 26, 340
_INK, _FAINT, _GRID = "#1c2028", "#68707c", "#e2e5ea"
_LINES = ("#0072b2", "#d55e00", "#009e73", "#be5a96")
"""After Okabe and Ito (2008), chosen so that colour-blind readers can distinguish them too."""

_SHOWN = ("PCKh@0.5 pooled14", "PCK@0.2", "PCK@0.1", "PCP strict", "AP")


def chart(assessment: Assessment, *, run: str = "") -> str:
    """An assessment as an SVG picture: accuracy by stage, the PDJ curve, accuracy by joint.

    Args:
        assessment: What was measured.
        run: How the model was run, in a few words.
    """
    stages = assessment.stages
    name, score = next(iter(stages[-1].scores.items()))
    notes = [
        f"{assessment.people:,} people, {score.counted:,} joints counted. {name}: "
        f"{score.rule.partition(': ')[2]}; {score.mean}.",
        f"Shown: {assessment.policy}.",
        *([f"Run: {run}."] if run else []),
    ]
    rows = [row for note in notes for row in wrap(note, 170)]
    top = 92 + 20 * len(rows)
    height = top + _PANEL + 128 + _ROW * len(assessment.joints) + _MARGIN
    middle = _WIDTH // 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        _text(_MARGIN, 44, f"{assessment.model} on {assessment.truth}", size=22),
        *(_text(_MARGIN, 78 + 20 * row, text, fill=_FAINT) for row, text in enumerate(rows)),
        *_by_stage(stages, _Axes(_MARGIN + 40, top + 40, middle - 150, top + _PANEL)),
        *_curves(stages, _Axes(middle + 70, top + 40, _WIDTH - _MARGIN - 40, top + _PANEL)),
        *_by_joint(assessment, top + _PANEL + 116),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def chart_of_lines(
    title: str,
    notes: Sequence[str],
    *,
    lines: Sequence[tuple[str, Sequence[float]]],
    at: Sequence[float],
    ticks: Sequence[str],
    panel: str,
) -> str:
    """Some lines of shares as an SVG picture, the darkest the last.

    Args:
        title: Above it.
        notes: Below the title.
        lines: Name and values, 0 to 1, of each.
        at: Where the values lie, rising.
        ticks: What is written below each of them.
        panel: What the lines show.
    """
    rows = [row for note in notes for row in wrap(note, 110)]
    top, width = 92 + 20 * len(rows), 860
    height = top + _PANEL + 76
    axes = _Axes(_MARGIN + 40, top + 40, width - 190, top + _PANEL)
    span = max(at) - min(at) or 1.0
    places = [(value - min(at)) / span for value in at]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        _text(_MARGIN, 44, title, size=20),
        *(_text(_MARGIN, 78 + 20 * row, text, fill=_FAINT) for row, text in enumerate(rows)),
        *axes.panel(panel, ""),
    ]
    for place, value, words in zip(places, at, ticks, strict=True):
        parts.append(axes.tick(place, f"{value:g}"))
        x, y = axes.at(place, 0)
        parts.append(_text(x, y + 42, words, size=10, anchor="middle", fill=_FAINT))
    shades = _shades(len(lines))
    for row, ((name, values), colour) in enumerate(zip(lines, shades, strict=True)):
        points = [axes.at(x, v) for x, v in zip(places, values, strict=True) if np.isfinite(v)]
        parts += [_line(points, colour), *(_dot(point, 4, colour) for point in points)]
        x, y = axes.right + 30, axes.top + 20 * (len(lines) - 1 - row)
        parts += [_line([(x, y), (x + 18, y)], colour, 3), _text(x + 28, y + 4, name, fill=_FAINT)]
    return "\n".join([*parts, "</svg>"]) + "\n"


@dataclass(frozen=True, slots=True)
class _Axes:
    """A rectangle of the chart, whose points are shares 0 to 1 of its width and height."""

    left: float
    top: float
    right: float
    bottom: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Chart coordinates of a point counted from the lower left corner."""
        across, up = self.right - self.left, self.bottom - self.top
        return self.left + x * across, self.bottom - y * up

    def panel(self, title: str, below: str) -> list[str]:
        """Title, horizontal grid, percentages, and the name of the horizontal axis."""
        middle = (self.left + self.right) / 2
        parts = [_text(self.left - 40, self.top - 22, title, size=15)]
        for tick in range(0, 101, 20):
            _, y = self.at(0, tick / 100)
            parts.append(_line([(self.left, y), (self.right, y)], _GRID, 1))
            parts.append(_text(self.left - 10, y + 4, f"{tick}", anchor="end", fill=_FAINT))
        return [*parts, _text(middle, self.bottom + 44, below, anchor="middle", fill=_FAINT)]

    def tick(self, x: float, text: str) -> str:
        """A number below the horizontal axis."""
        return _text(self.at(x, 0)[0], self.bottom + 22, text, anchor="middle", fill=_FAINT)


def _by_stage(stages: Sequence[StageAccuracy], axes: _Axes) -> list[str]:
    parts = axes.panel("Accuracy by stage, %", "stage")
    places = [(i + 0.5) / len(stages) for i in range(len(stages))]
    step = -(-len(stages) // 8)
    parts += [axes.tick(x, f"{s.number + 1}") for x, s in zip(places, stages, strict=True)][::step]
    names = [name for name in _SHOWN if name in stages[-1].scores]
    ends = []
    for name, colour in zip(names, _LINES, strict=False):
        values = [stage.scores[name].value for stage in stages]
        points = [axes.at(x, v) for x, v in zip(places, values, strict=True) if np.isfinite(v)]
        if points:
            parts += [_line(points, colour), *(_dot(point, 5, colour) for point in points)]
            ends.append((points[-1][1], f"{name}  {percent(values[-1], digits=1)}", colour))
    below = 0.0
    for y, text, colour in sorted(ends):
        # Labels of lines that end together are moved apart.
        below = max(y, below + 18)
        parts.append(_text(axes.right + 10, below + 4, text, fill=colour))
    return parts


def _curves(stages: Sequence[StageAccuracy], axes: _Axes) -> list[str]:
    parts = axes.panel("PDJ: joints within a share of the torso, %", "share of the torso")
    parts += [axes.tick(tick / 5, f"{tick / 10:g}") for tick in range(6)]
    for row, (stage, colour) in enumerate(zip(stages, _shades(len(stages)), strict=True)):
        at, shares = stage.curve.thresholds, stage.curve.pooled()
        if np.isfinite(shares).all():
            whole = at[-1]
            points = [axes.at(t / whole, share) for t, share in zip(at, shares, strict=True)]
            parts.append(_line(points, colour))
        # Curves climb to the left, which leaves the corner below them free.
        x, y = axes.right - 110, axes.bottom - 20 * (len(stages) - row)
        parts += [_line([(x, y), (x + 18, y)], colour, 3)]
        parts += [_text(x + 28, y + 4, stage.name, fill=_FAINT)]
    return parts


def _by_joint(assessment: Assessment, top: float) -> list[str]:
    stages = assessment.stages
    title, last = next(iter(stages[-1].tallies.items()))
    bottom = top + _ROW * len(assessment.joints)
    axes = _Axes(_MARGIN + 130, top, _WIDTH - _MARGIN - 150, bottom)
    end, edge = axes.right + 62, _WIDTH - _MARGIN
    parts = [
        _text(_MARGIN, top - 18, f"{title} by joint; stages shaded as above", size=15),
        _text(end, top - 18, "last stage", anchor="end", fill=_FAINT),
        _text(edge, top - 18, "counted", anchor="end", fill=_FAINT),
    ]
    for tick in (0, 25, 50, 75, 100):
        parts.append(_line([axes.at(tick / 100, 0), axes.at(tick / 100, 1)], _GRID, 1))
        parts.append(axes.tick(tick / 100, f"{tick} %"))
    for row, joint in enumerate(assessment.joints):
        y = top + _ROW * (row + 0.5)
        parts.append(_text(axes.left - 14, y + 4, joint.replace("_", " "), anchor="end"))
        count = f"{int(last.counted[row]):,}"
        parts.append(_text(edge, y + 4, count, anchor="end", fill=_FAINT))
        shares = [float(stage.tallies[title].each[row]) for stage in stages]
        if np.isfinite(shares).all():
            across = [(axes.at(share, 0)[0], y) for share in shares]
            parts.append(_line([min(across), max(across)], _shades(2)[0], 2))
            parts += [_dot(at, 6, c) for at, c in zip(across, _shades(len(stages)), strict=True)]
            parts.append(_text(end, y + 4, percent(shares[-1], digits=1), anchor="end"))
    return parts


def _shades(count: int) -> list[str]:
    """Blues, the darkest for the last of some stages."""
    colours = np.linspace((176, 196, 222), (10, 62, 140), max(count, 2))[-count:]
    return [f"rgb({r:.0f},{g:.0f},{b:.0f})" for r, g, b in colours]


def _text(
    x: float, y: float, text: str, *, size: int = 13, anchor: str = "start", fill: str = _INK
) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"'
    return f"<text {place}>{escape(text)}</text>"


def _line(points: Sequence[tuple[float, float]], colour: str, width: float = 2.5) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _dot(at: tuple[float, float], radius: float, colour: str) -> str:
    return f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius}" fill="{colour}"/>'
