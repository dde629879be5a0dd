"""What the Convergence dock can show of every joint and stage, and of past frames; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.convergence import Convergence

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
        "Places the map speaks for: summits of at least 30 % of its highest belief",
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
    """How strongly each figure is coloured, from 0; 1 and more in full; NaN stays NaN.

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
    """The figures of the frames seen so far; the oldest give way to new ones.

    Args:
        most: Frames kept.
    """

    def __init__(self, most: int = 1200) -> None:
        self._most = most
        self.clear()

    def __len__(self) -> int:
        """How many frames are kept."""
        return len(self._row)

    def clear(self) -> None:
        """Forget everything."""
        self._row: dict[int, int] = {}
        self._next = 0
        self._seconds = np.empty(0)
        self._values: NDArray[np.float32] | None = None

    def note(self, index: int, seconds: float, values: NDArray[np.float64]) -> None:
        """Keep the `figures` of frame `index`; those it had before are replaced."""
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

    def curves(
        self, row: int, *, joint: int | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """One figure over time.

        Args:
            row: Of `figures`.
            joint: Whose; the mean of all where None.

        Returns:
            Seconds (n,), rising, and figures (n, s).
        """
        if self._values is None:
            return np.empty(0), np.empty((0, 0))
        rows = np.fromiter(self._row.values(), np.intp, len(self._row))
        rows = rows[np.argsort(self._seconds[rows], kind="stable")]
        values = self._values[rows, row].astype(np.float64)
        return self._seconds[rows], together(values) if joint is None else values[:, :, joint]
