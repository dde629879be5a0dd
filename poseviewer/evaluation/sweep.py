"""Accuracy of every stage against how strongly pictures are spoilt."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.percent import percent
from poseviewer.core.spoil import MEANINGS, TITLES, Spoils, in_words
from poseviewer.core.stage import Request
from poseviewer.evaluation.assess import assess
from poseviewer.evaluation.report import chart_of_lines, columns
from poseviewer.mannequin.cutout import cutout
from poseviewer.pipeline.spoil import spoilt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poseviewer.core.affine import Box
    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.core.spoil import SpoilKind
    from poseviewer.evaluation.assess import Assessment, Judged
    from poseviewer.truth.labelled import TruthSet

STRENGTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

_MEASURE = "PCK@0.2"
_MIDDLE = 0.25, 0.75
"""Shares of the region between which the middle of a box or of a second person is drawn."""


class Spoilt:
    """An estimator that is shown spoilt pictures; the same picture is always spoilt alike.

    Args:
        estimator: The model.
        kind: What is done.
        strength: 0 to 1.
    """

    def __init__(self, estimator: Judged, *, kind: SpoilKind, strength: float) -> None:
        self.card, self.skeleton = estimator.card, estimator.skeleton
        self._estimator, self._kind, self._strength = estimator, kind, strength

    def estimate(self, frame: Frame, region: Box, request: Request) -> FrameResult:
        """The poses of every stage in a region of a frame, spoilt there."""
        people = None
        if self._kind == "camouflage":
            alone = Request(stages=frozenset())
            people = self._estimator.estimate(frame, region, alone).poses
        rng = np.random.default_rng((frame.index, *(round(abs(v)) for v in region.centre)))
        x, y = rng.uniform(*_MIDDLE, 2).tolist()
        fields: dict[str, Any] = {self._kind: self._strength}
        made = spoilt(frame, region, Spoils(**fields, at=(x, y)), people=people, second=cutout)
        return self._estimator.estimate(made, region, request)


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """A model on one set, spoilt more and more."""

    kind: SpoilKind

    strengths: tuple[float, ...]

    found: tuple[Assessment, ...]
    """One a strength."""

    def values(self, stage: int) -> tuple[float, ...]:
        """PCK@0.2 at every strength, of a stage by its place among those measured."""
        return tuple(one.stages[stage].scores[_MEASURE].value for one in self.found)


def sweep(
    estimator: Judged,
    truth: TruthSet,
    *,
    kind: SpoilKind,
    strengths: Sequence[float] = STRENGTHS,
    stages: Sequence[int] | None = None,
    limit: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Measure every stage at every strength.

    Args:
        estimator: The model.
        truth: The set.
        kind: What is done to the pictures.
        strengths: 0 to 1.
        stages: As `assess` takes them.
        limit: As `assess` takes it.
        progress: Called with people done and people in all, of all strengths together.

    Raises:
        PoseViewerError: As `assess` raises it.
    """
    found = []
    for round_, strength in enumerate(strengths):

        def step(done: int, count: int, round_: int = round_) -> None:
            if progress is not None:
                progress(round_ * count + done, len(strengths) * count)

        shown = Spoilt(estimator, kind=kind, strength=strength)
        found.append(assess(shown, truth, stages=stages, limit=limit, progress=step))
    return Sweep(kind, tuple(strengths), tuple(found))


def record(made: Sweep) -> dict[str, Any]:
    """A sweep as JSON can hold it; shares are 0 to 1, null for none."""
    first = made.found[0]
    return {
        "model": first.model,
        "set": first.truth,
        "people": first.people,
        "joints": list(first.joints),
        "spoil": made.kind,
        "meaning": MEANINGS[made.kind],
        "strengths": list(made.strengths),
        "in_words": [in_words(made.kind, strength) for strength in made.strengths],
        "measure": _MEASURE,
        "rule": first.stages[-1].scores[_MEASURE].rule,
        "stages": [
            {
                "number": stage.number + 1,
                "name": stage.name,
                "values": [round(v, 6) if np.isfinite(v) else None for v in made.values(row)],
            }
            for row, stage in enumerate(first.stages)
        ],
    }


def table(made: Sweep) -> str:
    """A sweep as CSV, a row a strength and stage."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ("model", "set", "spoil", "strength", "in_words", "stage", "stage_name", "measure", "value")
    )
    for strength, one in zip(made.strengths, made.found, strict=True):
        for stage in one.stages:
            value = stage.scores[_MEASURE].value
            writer.writerow(
                (
                    *(one.model, one.truth, made.kind, strength, in_words(made.kind, strength)),
                    *(stage.number + 1, stage.name, _MEASURE),
                    round(value, 6) if np.isfinite(value) else "",
                )
            )
    return text.getvalue()


def lines(made: Sweep) -> list[str]:
    """Percentages by stage and strength in columns."""
    first = made.found[0]
    rows = [[f"{_MEASURE} AT", *(f"{strength:g}" for strength in made.strengths)]]
    for row, stage in enumerate(first.stages):
        values = [percent(v, digits=1) if np.isfinite(v) else "-" for v in made.values(row)]
        rows.append([f"{stage.number + 1} {stage.name}", *values])
    return [
        f"{first.model} on {first.truth}, {TITLES[made.kind].lower()}: {first.people} people",
        f"  {MEANINGS[made.kind]}",
        "",
        *columns(rows),
    ]


def chart(made: Sweep, *, run: str = "") -> str:
    """A sweep as an SVG picture: a line a stage, over the strength."""
    first = made.found[0]
    notes = [
        MEANINGS[made.kind],
        f"{first.people:,} people; {first.stages[-1].scores[_MEASURE].rule}.",
        *([f"Run: {run}."] if run else []),
    ]
    return chart_of_lines(
        f"{first.model} on {first.truth}: {TITLES[made.kind].lower()}",
        notes,
        lines=[(stage.name, made.values(row)) for row, stage in enumerate(first.stages)],
        at=made.strengths,
        ticks=[in_words(made.kind, strength) for strength in made.strengths],
        panel=f"{_MEASURE} by stage, %",
    )
