"""An assessment as JSON, as CSV and as lines for people."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from poseviewer.evaluation.assess import Assessment, StageAccuracy
    from poseviewer.evaluation.score import Score, Tally

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
        "scores": {name: _score(score) for name, score in stage.scores.items()},
        "parts": {name: _tally(tally) for name, tally in stage.tallies.items()},
        "pdj": {
            "thresholds": _plain(stage.curve.thresholds),
            "values": _plain(stage.curve.pooled()),
        },
    }


def _score(score: Score) -> dict[str, Any]:
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
    return f"{100 * value:.1f}" if np.isfinite(value) else "-"
