"""Results as a person has corrected them, made of those that the network gave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import Angles
from poseviewer.core.correction import NONE, Corrections, Exchange
from poseviewer.pipeline.run import placed
from poseviewer.runtime.factories import goniometer

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.history import Curves
    from poseviewer.runtime.sections import AngleState, ReadingState

_SETTLED = 2.0
"""Time constants of the filter on joints, in periods of its cutoff at rest, after which a place of
before is forgotten but for a thousandth (exp(-2 pi))."""

_SHORTEST, _LONGEST = 1.0, 20.0
"""Seconds that are measured again around a corrected frame, at least and at most."""


@dataclass(frozen=True, slots=True)
class Span:
    """Frames that are measured again together."""

    warm: int
    """The first frame that the filter is shown, so that it goes on as it did before."""

    first: int
    last: int
    """Frames with other numbers than before, both included."""


class CorrectedResults:
    """What the corrections of a clip make of its results.

    Around a corrected frame results are measured again in order, as far as the filter on joints
    remembers (`settle`); until then, and where people are only renumbered, a result is corrected by
    itself.
    """

    def __init__(self) -> None:
        self.edits = NONE
        self._settled: dict[int, FrameResult] = {}
        self._alone: dict[tuple[bool, int], tuple[FrameResult, FrameResult]] = {}
        self._spans: dict[Hashable, dict[int, FrameResult]] = {}

    def take(self, edits: Corrections) -> bool:
        """Correct by `edits` from now on; return whether they are others than before."""
        if edits == self.edits:
            return False
        self.edits = edits
        self.forget()
        return True

    @property
    def settled(self) -> set[int]:
        """The frames that `settle` has measured."""
        return set(self._settled)

    def forget(self) -> None:
        """Drop what was made of results that are not there any more, or measured otherwise."""
        self._settled, self._alone = {}, {}

    def of(
        self,
        result: FrameResult,
        *,
        sequential: bool,
        measures: tuple[ReadingState, AngleState],
    ) -> FrameResult:
        """A result as corrected; itself where nothing is.

        Args:
            result: As the network gave it, measured.
            sequential: Whether it belongs to the sequential analysis.
            measures: What it was measured by.
        """
        if not self.edits:
            return result
        index = result.frame.index
        if sequential and index in self._settled:
            return self._settled[index]
        key = sequential, index
        base, made = self._alone.get(key, (None, result))
        if base is not result:
            made = corrected_alone(result, self.edits, measures=measures)
            self._alone[key] = result, made
        return made

    def settle(
        self,
        base: Callable[[int], FrameResult | None],
        *,
        frames: range,
        times: NDArray[np.float64],
        measures: tuple[ReadingState, AngleState],
        version: Hashable,
        measure: Callable[[FrameResult], FrameResult],
    ) -> dict[int, FrameResult]:
        """Measure again what corrections change; return the frames that show something else.

        Args:
            base: The result of a frame as the network gave it.
            frames: Those that the analysis has.
            times: Seconds of every frame of the clip.
            measures: Settings of the measurement.
            version: What `base` answers by.
            measure: Corrects and measures results in order; new.
        """
        made: dict[Hashable, dict[int, FrameResult]] = {}
        edits = self.edits
        for span in spans(edits, frames=frames, times=times, reading=measures[0]):
            key = (span, version, _concerning(edits, span))
            if key not in self._spans:
                results = (base(index) for index in range(span.warm, span.last + 1))
                done = [replace(measure(result), stages=()) for result in results if result]
                self._spans[key] = {
                    one.frame.index: one for one in done if one.frame.index >= span.first
                }
            made[key] = self._spans[key]
        before, self._spans = self._settled, made
        self._settled = {index: one for span in made.values() for index, one in span.items()}
        return {n: one for n, one in self._settled.items() if before.get(n) is not one}

    def curves(self, curves: Curves) -> Curves:
        """What is plotted and listed of people, by the numbers that they have now."""
        if not self.edits.people:
            return curves
        frame = np.repeat(curves.index, curves.count)
        track, kept = self.edits.renumbered(curves.track, frame)
        row = np.repeat(np.arange(len(curves.index)), curves.count)[kept]
        return replace(
            curves,
            count=np.bincount(row, minlength=len(curves.index)),
            track=track[kept],
            degrees=curves.degrees[kept],
            confidence=curves.confidence[kept],
            certainty=curves.certainty[kept],
        )


def corrected_alone(
    result: FrameResult, edits: Corrections, *, measures: tuple[ReadingState, AngleState]
) -> FrameResult:
    """A measured result as corrected, without a look at the frames around it."""
    made = edits.apply(result)
    if made is result:
        return result
    raw = made.said
    _, kept = edits.renumbered(raw.track, np.full(len(raw), result.frame.index))
    angles = result.angles
    if made.poses.corrected is not None:
        made = goniometer(*measures).measured(made)
    else:
        ways = tuple(way for way, stays in zip(angles.facing, kept, strict=False) if stays)
        angles = Angles(angles.specs, angles.degrees[kept], angles.score[kept], ways)
        made = replace(made, angles=angles)
    if result.smoothed is None:
        return made
    xy = np.where(made.poses.found[..., None], result.smoothed.xy[kept], np.float32(np.nan))
    smoothed = replace(made.poses, xy=xy)
    return replace(made, smoothed=placed(smoothed, made.poses))


def settling(reading: ReadingState) -> float:
    """Seconds after which the filter on joints has forgotten what was before."""
    return float(np.clip(_SETTLED / max(reading.min_cutoff, 1e-6), _SHORTEST, _LONGEST))


def as_said(
    result: FrameResult, *, measures: tuple[ReadingState, AngleState]
) -> FrameResult | None:
    """A corrected result as the network gave it, without a look around; None where it is not."""
    if result.network is None:
        return None
    return goniometer(*measures).measured(NONE.apply(replace(result, smoothed=None)))


def spans(
    edits: Corrections, *, frames: range, times: NDArray[np.float64], reading: ReadingState
) -> Iterator[Span]:
    """The frames that corrections change, with those around them that the filter smooths."""
    reach = settling(reading)
    touched = [(n, n) for n in edits.frames] + [(one.first, one.last) for one in edits.sides]
    for edit in edits.people:
        ends = (edit.first,) if isinstance(edit, Exchange) else (edit.first, edit.last + 1)
        touched += [(n, n) for n in ends]
    open_: Span | None = None
    for first, last in sorted(touched):
        if last < frames.start or first >= frames.stop:
            continue
        first, last = max(first, frames.start), min(last, frames.stop - 1)
        warm = int(np.searchsorted(times, times[first] - reach))
        end = int(np.searchsorted(times, times[last] + reach, side="right")) - 1
        warm, end = max(warm, frames.start), min(end, frames.stop - 1)
        if open_ is not None and warm <= open_.last:
            open_ = replace(open_, last=max(open_.last, end))
            continue
        if open_ is not None:
            yield open_
        open_ = Span(warm, first, end)
    if open_ is not None:
        yield open_


def _concerning(edits: Corrections, span: Span) -> Hashable:
    """The edits that change what is measured in a span."""
    joints = tuple(
        one for n in edits.frames if span.warm <= n <= span.last for one in edits.of_frame(n)
    )
    sides = tuple(s for s in edits.sides if s.first <= span.last and s.last >= span.warm)
    return joints, sides, edits.people
