"""When the frames of a clip are shown in an export: slow motion, and frames that stand still."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LONGEST = 600
"""Seconds that a frame may stand still."""


@dataclass(frozen=True, slots=True)
class Slow:
    """Frames that are shown at another speed than the rest."""

    start: int
    """First frame."""

    end: int
    """Last frame, included: it is stretched too."""

    speed: Fraction
    """0.5 is half as fast."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """A frame that stands still for a while, before the clip goes on."""

    frame: int
    """Its 0-based number."""

    seconds: Fraction
    """How long it stands, seconds of the export."""

    title: str = ""
    """What is written over it; nothing where empty."""

    stages: bool = False
    """Play the network's stages one after another meanwhile."""

    def __post_init__(self) -> None:
        """Check the time.

        Raises:
            PoseViewerError: It is none, or too long.
        """
        if not 0 < self.seconds <= LONGEST:
            msg = f"A frame stands still for up to {LONGEST} s, not {float(self.seconds):g}."
            raise PoseViewerError(msg)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the export in which the clip plays at one speed, or stands still."""

    begin: Fraction
    """Seconds on the source's clock."""

    end: Fraction
    """Likewise; `begin` itself where the clip stands still."""

    shown: Fraction
    """When it begins in the export, seconds."""

    length: Fraction
    """Seconds of the export that it takes."""

    @property
    def stands(self) -> bool:
        """Whether the clip stands still."""
        return self.begin == self.end


@dataclass(frozen=True, slots=True)
class Timeline:
    """The pieces of an export, in order and without gaps."""

    pieces: tuple[Piece, ...]

    @classmethod
    def of(
        cls,
        time: Callable[[int], Fraction],
        *,
        start: int,
        end: int,
        stop: Fraction,
        speed: Fraction = Fraction(1),
        slow: Sequence[Slow] = (),
        freezes: Sequence[Freeze] = (),
    ) -> Timeline:
        """Lay out the pieces of a range.

        Args:
            time: When a frame is shown, seconds on the source's clock.
            start: First frame.
            end: Last frame, included.
            stop: When that leaves the screen on the source's clock.
            speed: How fast frames play that are in no slow range.
            slow: Ranges with a speed of their own.
            freezes: Frames that stand still.

        Raises:
            PoseViewerError: A freeze or a slow range lies outside the range, or two overlap.
        """

        def leaves(frame: int) -> Fraction:
            return time(frame + 1) if frame < end else stop

        for freeze in freezes:
            if not start <= freeze.frame <= end:
                msg = (
                    f"Frame {freeze.frame} cannot stand still: "
                    f"the frames {start} to {end} are written."
                )
                raise PoseViewerError(msg)
        ranges = _checked(slow, start=start, end=end)
        # Where the speed may change, and what it is from there on.
        cuts = {time(start): speed}
        for each in ranges:
            cuts[time(max(each.start, start))] = each.speed
            if (after := leaves(min(each.end, end))) < stop:
                cuts.setdefault(after, speed)
        stands: dict[Fraction, list[Fraction]] = {}
        for freeze in sorted(freezes, key=lambda one: one.frame):
            stands.setdefault(time(freeze.frame), []).append(freeze.seconds)
        at, now, pieces = Fraction(0), speed, []
        moments = sorted({*cuts, *stands, stop})
        for begin, until in pairwise(moments):
            now = cuts.get(begin, now)
            for seconds in stands.get(begin, ()):
                pieces.append(Piece(begin, begin, at, seconds))
                at += seconds
            pieces.append(Piece(begin, until, at, (until - begin) / now))
            at += pieces[-1].length
        return cls(tuple(pieces))

    @property
    def length(self) -> Fraction:
        """Seconds of the whole export."""
        last = self.pieces[-1]
        return last.shown + last.length

    def shown(self, seconds: Fraction) -> Fraction:
        """When a moment of the source's clock is first shown, seconds of the export."""
        for piece in self.pieces:
            if seconds <= piece.end:
                if piece.stands:
                    return piece.shown
                share = (seconds - piece.begin) / (piece.end - piece.begin)
                return piece.shown + share * piece.length
        return self.length

    def source(self, shown: Fraction) -> Fraction:
        """The moment of the source's clock that is shown at a moment of the export."""
        for piece in self.pieces:
            if shown < piece.shown + piece.length:
                share = (shown - piece.shown) / piece.length
                return piece.begin + share * (piece.end - piece.begin)
        return self.pieces[-1].end


def _checked(slow: Sequence[Slow], *, start: int, end: int) -> list[Slow]:
    ranges = sorted(slow, key=lambda one: one.start)
    for each in ranges:
        if each.start > each.end or each.end < start or each.start > end:
            msg = (
                f"The slow range {each.start} to {each.end} does not lie within "
                f"the frames {start} to {end} that are written."
            )
            raise PoseViewerError(msg)
    for before, after in pairwise(ranges):
        if after.start <= before.end:
            msg = (
                f"The slow ranges {before.start} to {before.end} and {after.start} to "
                f"{after.end} overlap: let the second begin after the first."
            )
            raise PoseViewerError(msg)
    return ranges


def timing_words(
    *, speed: Fraction, slow: Sequence[Slow], freezes: Sequence[Freeze], interpolate: bool
) -> str:
    """What an export says of its times; empty where they are the source's own."""
    parts = [f"{float(speed):g}x"] if speed != 1 else []
    parts += [f"{float(one.speed):g}x in frames {one.start} to {one.end}" for one in slow]
    parts += [f"frame {one.frame} stands for {float(one.seconds):g} s" for one in freezes]
    if interpolate:
        parts.append("skeletons between two frames are interpolated linearly in time")
    return "; ".join(parts)
