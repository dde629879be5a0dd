"""The figures of the Convergence dock, of one frame and over time; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from poseviewer.core.convergence import ways
from poseviewer.core.percent import percent
from poseviewer.core.series import gap_limit
from poseviewer.core.stage import group_of, grouped
from poseviewer.core.torso import torso_of
from poseviewer.core.truth import true_place
from poseviewer.draw.colour import CASING, TRUTH
from poseviewer.draw.paths import way_items
from poseviewer.draw.primitives import Dot, design_scale
from poseviewer.gui.people.words import person_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from poseviewer.core.convergence import Convergence
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec
    from poseviewer.draw.primitives import Item

Reference = Literal["final", "truth"]
"""What distances are measured from: the last stage's answer, or the true place."""

PIXELS, PIXELS_TRUE, TORSOS, TORSOS_TRUE, PEAK, ENTROPY, MODES = range(7)
"""Rows of `figures`."""

_FULL = 0.25
"""Share of the torso at which a distance has the strongest colour."""


_NARROW = 4.0
"""Bits of a Gaussian that is one cell wide."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One kind of figure."""

    name: str
    title: str
    """As the chooser lists it."""

    tip: str
    row: int
    """Of `figures`."""

    true_row: int
    """Of `figures`, when measured from the truth; the same for what has no reference."""

    unit: str
    """Written after a figure in words and on the plot's axis."""

    digits: int
    """After the point, of figures below ten."""

    least: float
    """The upper edge of a plot is not below it, so that noise is not blown up."""

    def pick(self, reference: Reference) -> int:
        """The row of `figures` to show."""
        return self.true_row if reference == "truth" else self.row

    def title_for(self, reference: Reference) -> str:
        """The title; a distance from the truth is an error."""
        return self.title.replace("distance", "error") if reference == "truth" else self.title

    def text(self, value: float) -> str:
        """A figure as the table writes it; a dash where there is none."""
        if not np.isfinite(value):
            return "—"
        return f"{value:.{self.digits if abs(value) < 10 else min(self.digits, 0)}f}"


QUANTITIES = (
    Quantity("pixels", "distance, pixels", "Frame pixels", PIXELS, PIXELS_TRUE, "px", 1, 5.0),
    Quantity(
        "torsos",
        "distance, % of torso",
        "Per cent of the torso, left shoulder to right hip",
        TORSOS,
        TORSOS_TRUE,
        "% torso",
        1,
        5.0,
    ),
    Quantity("peak", "peak value", "Belief at the joint's place, 0 to 1", PEAK, PEAK, "", 2, 1.0),
    Quantity(
        "entropy",
        "entropy, bits",
        "How spread the belief map is: 2 to the power of it is the number of cells",
        ENTROPY,
        ENTROPY,
        "bits",
        1,
        8.0,
    ),
    Quantity(
        "modes",
        "modes",
        "Peaks of at least 30 % of the map's highest belief",
        MODES,
        MODES,
        "",
        0,
        4.0,
    ),
)


def figures(found: Convergence) -> NDArray[np.float64]:
    """Every figure of one frame, (7, s, k); rows as `PIXELS` and the following name them."""
    distance, error = found.distance, found.error
    return np.stack(
        [
            distance,
            error,
            100 * distance / found.torso,
            100 * error / found.true_torso,
            found.peak,
            found.entropy,
            found.modes,
        ]
    )


def together(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over joints (..., s) of figures (..., s, k), of those that there are."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def heat(values: NDArray[np.float64], *, row: int, found: Convergence) -> NDArray[np.float64]:
    """The strength of each figure's colour, from 0; 1 and more in full; NaN stays NaN.

    The scale is fixed, so that a colour means the same in every frame: distances up to a quarter
    of the torso, peaks to 1, entropy from a narrow peak's to that of an even map, modes to five.
    """
    torso = found.true_torso if row in (PIXELS_TRUE, TORSOS_TRUE) else found.torso
    full = {
        PIXELS: _FULL * torso,
        PIXELS_TRUE: _FULL * torso,
        TORSOS: 100 * _FULL,
        TORSOS_TRUE: 100 * _FULL,
        PEAK: 1.0,
        ENTROPY: float(np.log2(max(found.cells, 2))),
        MODES: 5.0,
    }[row]
    if not np.isfinite(full):
        # Without a torso the longest distance has to do.
        full = float(np.nanmax(values, initial=1.0))
    least = {ENTROPY: _NARROW, MODES: 1.0}.get(row, 0.0)
    share = np.maximum((values - least) / max(full - least, 1e-9), 0.0)
    # Small distances differ in colour too.
    return np.sqrt(share) if row <= TORSOS_TRUE else share


class Log:
    """The figures of the latest frames; the oldest are dropped.

    Args:
        most: Frames stored.
    """

    def __init__(self, most: int = 1200) -> None:
        self._most = most
        self.clear()

    def __len__(self) -> int:
        """The number of stored frames."""
        return len(self._row)

    def clear(self) -> None:
        """Remove everything."""
        self._row: dict[int, int] = {}
        self._seconds = np.empty(0)
        self._values: NDArray[np.float32] | None = None

    def note(self, index: int, seconds: float, values: NDArray[np.float64]) -> None:
        """Store the `figures` of frame `index`, in place of earlier ones."""
        if self._values is None or self._values.shape[1:] != values.shape:
            self.clear()
            self._seconds = np.empty(self._most)
            self._values = np.empty((self._most, *values.shape), np.float32)
        row = self._row.get(index)
        if row is None:
            if len(self._row) == self._most:
                # In the order in which they came, which is that of the dictionary.
                row = self._row.pop(next(iter(self._row)))
            else:
                row = len(self._row)
            self._row[index] = row
        self._seconds[row] = seconds
        self._values[row] = values

    def near(self, seconds: float) -> int | None:
        """The number of the frame that is nearest to a time; None where there is none."""
        far = {index: abs(self._seconds[row] - seconds) for index, row in self._row.items()}
        return min(far, key=far.__getitem__, default=None)

    @property
    def gap(self) -> float:
        """Seconds beyond which two frames are not joined, see `core.series.gap_limit`."""
        numbers = np.array(sorted(self._row), np.intp)
        rows = np.array([self._row[number] for number in numbers.tolist()], np.intp)
        return gap_limit(self._seconds[rows], numbers)

    def curves(
        self, row: int, *, joint: int | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """One figure over time.

        Args:
            row: Of `figures`.
            joint: Number of the joint; the mean of all where None.

        Returns:
            Seconds (n,), rising, and figures (n, s).
        """
        if self._values is None:
            return np.empty(0), np.empty((0, 0))
        rows = np.fromiter(self._row.values(), np.intp, len(self._row))
        rows = rows[np.argsort(self._seconds[rows], kind="stable")]
        values = self._values[rows, row].astype(np.float64)
        return self._seconds[rows], together(values) if joint is None else values[:, :, joint]


_STIRRED = 0.03
"""Share of the torso a joint must have moved for its path to be drawn among all."""

_RING = 7.5
"""Radius of the ring where a joint truly is, design points."""


def drawn_ways(
    result: FrameResult,
    *,
    specs: Sequence[StageSpec],
    joint: int | None,
    gate: float,
    truth: bool,
) -> list[Item]:
    """The path of a joint over the stages, or of every sure one that was moved.

    Args:
        result: Of one frame.
        specs: Of every stage of its network.
        joint: Which; all where None.
        gate: Confidence from which a joint is sure.
        truth: Whether the true place of the joint is marked too.
    """
    if not len(result.poses):
        return []
    xy, _ = ways(result, specs=specs)
    if joint is not None and joint < xy.shape[1]:
        numbers = tuple(range(1, len(xy) + 1))
        way = way_items(xy[:, joint], numbers=numbers, scale=design_scale(result.frame.size))
        return [*(_target(result, joint) if truth else ()), *way]
    items: list[Item] = []
    torso = torso_of(result.poses.xy[0], result.poses.skeleton.joints)
    reach = np.linalg.norm(xy - xy[-1:], axis=2)
    farthest = np.where(np.isfinite(reach), reach, 0.0).max(axis=0, initial=0.0)
    limit = _STIRRED * torso if np.isfinite(torso) else 2.0
    stirred = (farthest >= limit) & (result.poses.score[0] >= gate)
    for moved in np.flatnonzero(stirred).tolist():
        items += way_items(xy[:, moved])
    return items


def _target(result: FrameResult, joint: int) -> list[Item]:
    place = true_place(result.truth, result.poses, person=0)
    if place is None or not np.isfinite(place[joint]).all():
        return []
    at = float(place[joint, 0]), float(place[joint, 1])
    return [Dot(at, _RING, None, CASING, 4.0, 0.8), Dot(at, _RING, None, TRUTH, 2.0)]


def sentence(
    found: Convergence,
    *,
    joint: int | None,
    joints: Sequence[str],
    names: Sequence[str],
    reference: Reference,
) -> str:
    """One line, such as `Left wrist: moved 38 px at stage 2, settled at stage 3.`, in words.

    Args:
        found: The convergence to describe.
        joint: Number of the joint; all joints where None.
        joints: Names of the k joints.
        names: Of the s stages that answer, such as `stage 2`.
        reference: Whether the end of the story is the final answer or the truth.
    """
    true = reference == "truth"
    if joint is None:
        return _all_true(found, names) if true else _all_final(found, names)
    title = joints[joint].replace("_", " ").capitalize()
    return (_true if true else _final)(found, joint, title, names)


def names_of(specs: Sequence[StageSpec], numbers: Sequence[int]) -> tuple[str, ...]:
    """The names of the stages with these numbers, as papers count them."""
    groups = grouped(specs)
    return tuple(groups[group_of(specs, number)].title for number in numbers)


def person_prefix(poses: Poses, people: Mapping[int, str]) -> str:
    """The person that the figures are of, where there are several people.

    Args:
        poses: The first person's figures are shown; without a number it is the surest one.
        people: What people are called, by their numbers.
    """
    if len(poses) < 2:
        return ""
    number = int(poses.track[0])
    return "The surest person. " if number < 0 else f"{person_name(number, people)}. "


def _final(found: Convergence, joint: int, title: str, names: Sequence[str]) -> str:
    settled = int(found.settled[joint])
    if settled == len(names):
        return f"{title}: not found at {names[-1]}."
    if len(names) == 1:
        return f"{title}: found at {names[0]}; there is no other stage."
    missing = ~np.isfinite(found.xy[:, joint]).all(axis=1)
    if missing.any():
        first = int(np.flatnonzero(missing)[-1])
        return f"{title}: not found at {names[first]}, settled at {names[settled]}."
    moves = np.linalg.norm(np.diff(found.xy[:, joint], axis=0), axis=1)
    widest = int(moves.argmax())
    length = _length(float(moves[widest]), found.torso)
    if settled == 0:
        return f"{title}: in place from {names[0]} on; no stage moved it more than {length}."
    return f"{title}: moved {length} at {names[widest + 1]}, settled at {names[settled]}."


def _all_final(found: Convergence, names: Sequence[str]) -> str:
    settled = found.settled
    there = settled < len(names)
    if not there.any():
        return "No joint was found."
    last, count = int(settled[there].max()), int(there.sum())
    ready = int((settled == 0).sum())
    if last == 0:
        return f"All {count} joints are in place from {names[0]} on."
    return f"{ready} of {count} joints in place at {names[0]}, all settled at {names[last]}."


def _true(found: Convergence, joint: int, title: str, names: Sequence[str]) -> str:
    if found.truth is None or not np.isfinite(found.truth[joint]).all():
        return f"{title}: the ground truth of this joint is not known."
    error = found.error[:, joint]
    if not np.isfinite(error).any():
        return f"{title}: found at no stage."
    best = int(np.nanargmin(error))
    if not np.isfinite(error[-1]):
        return f"{title}: lost at {names[-1]}; best at {names[best]}, {_px(error[best])}."
    text = f"{title}: {_length(float(error[-1]), found.true_torso)} from the ground truth"
    if best == len(names) - 1:
        return f"{text}, and no earlier stage was nearer."
    return f"{text}; {names[best]} was nearer, {_px(error[best])}."


def _all_true(found: Convergence, names: Sequence[str]) -> str:
    hits = found.hits
    judged = np.isfinite(hits[-1])
    if not judged.any():
        known = found.error[-1][np.isfinite(found.error[-1])]
        if not len(known):
            return "The ground truth of this frame is not known."
        mean = _px(float(known.mean()))
        return f"{mean} from the ground truth on average; without a true torso no joint is judged."
    count = int(judged.sum())
    last, first = int(hits[-1, judged].sum()), int(hits[0, judged].sum())
    text = f"{last} of {count} joints within 20 % of the torso at {names[-1]}"
    return f"{text}, {first} at {names[0]}." if len(names) > 1 else f"{text}."


def _length(pixels: float, torso: float) -> str:
    if not np.isfinite(torso) or torso <= 0:
        return _px(pixels)
    return f"{_px(pixels)} ({percent(pixels / torso)} % of the torso)"


def _px(pixels: float) -> str:
    return f"{pixels:.1f} px" if pixels < 10 else f"{pixels:.0f} px"
