"""The changes a person has made, and how to undo them one by one."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

_ONE_GESTURE = 1.0
"""Seconds within which changes of the same choice are one step to take back."""

_UNDO_STEPS = 5000

MARKS = "in and out marks"

NAMES = {
    "model": "network",
    "automatic": "network",
    "engine": "engine",
    "device": "device",
    "precision": "precision",
    "own_precision": "precision",
    "threads": "threads",
    "decoding": "decoding",
    "flip": "average with the mirror image",
    "region": "region",
    "box": "region",
    "track_window": "window of the tracker",
    "gate": "confidence gate",
    "smooth": "smoothing of the joints",
    "min_cutoff": "live filter",
    "beta": "live filter",
    "d_cutoff": "live filter",
    "facing": "way the person faces",
    "custom": "custom angles",
    "filter": "filter of the curves",
    "plotted": "angles in the plot",
    "panes": "panes of the plot",
    "table": "table of figures",
    "radians": "unit of the angles",
    "velocity": "angles or velocities",
    "repetitions": "repetitions",
    "prominence": "prominence of repetitions",
    "apart": "time between repetitions",
    "lowest": "peaks of repetitions",
    "joint": "joint that is followed",
    "path": "path on the frame",
    "height": "height of the person",
    "second": "second clip",
    "second_offset": "offset of the second clip",
    "focus": "person in focus",
    "locked": "lock on a person",
    "hidden": "hidden people",
    "names": "name of a person",
    "read_with": "whose filters are read",
    "skeleton": "skeleton",
    "ghost": "ghost",
    "overlay_stage": "map on the frame",
    "overlay_channel": "map on the frame",
    "arrows": "arrows on part affinity fields",
    "opacity": "opacity of the map",
    "colormap": "colour map",
    "arcs": "angles on the frame",
    "region_outline": "region outline",
    "truth": "ground truth on the frame",
    "drawings": "drawings on the frame",
    "said": "as corrected, or as the network said",
    "uncertainty": "uncertainty of joints",
    "corrections": "rings of corrected joints",
    "hud": "frame number and speed",
    "mirror": "mirrored camera",
    "depth_source": "source of depth",
    "depth_turn": "view in the Depth dock",
    "depth_tilt": "view in the Depth dock",
}
"""What the window calls each choice of a section, after `Undo:`."""


def title_of(fields: Iterable[str]) -> str:
    """Name the choices that were changed, each once: `region, confidence gate`."""
    return ", ".join(dict.fromkeys(NAMES[field] for field in fields))


def gesture(section: str, before: Mapping[str, object]) -> Hashable:
    """Return a key that all changes of one drag of a slider share; None for other changes.

    Args:
        section: Of the choices that were changed.
        before: The fields that were changed, with the values they had.
    """
    sliding = all(isinstance(was, float) for was in before.values())
    return (section, *before) if sliding else None


@dataclass(slots=True)
class _Step:
    """A change that was made."""

    title: str
    back: Callable[[], None]
    again: Callable[[], None]


class UndoStack:
    """The changes that were made, in their order, and how many of them are in force."""

    def __init__(self) -> None:
        self._steps: list[_Step] = []
        self._at = 0
        self._key: Hashable = None
        self._when = 0.0

    @property
    def titles(self) -> tuple[str, ...]:
        """What was changed, the oldest first; those that were undone too."""
        return tuple(step.title for step in self._steps)

    @property
    def position(self) -> int:
        """How many of them are in force."""
        return self._at

    def push(
        self,
        title: str,
        back: Callable[[], None],
        again: Callable[[], None],
        *,
        key: Hashable = None,
    ) -> None:
        """Add a change; what was undone before it is gone.

        Args:
            title: What was changed.
            back: Undoes it.
            again: Does it again.
            key: Successive changes with the same one, as of a slider, are one step.
        """
        now = monotonic()
        goes_on = key is not None and key == self._key and now - self._when < _ONE_GESTURE
        self._key, self._when = key, now
        del self._steps[self._at :]
        if goes_on and self._steps:
            self._steps[-1].again = again
        else:
            self._steps = [*self._steps[1 - _UNDO_STEPS :], _Step(title, back, again)]
        self._at = len(self._steps)

    def undo(self) -> Callable[[], None] | None:
        """The function that undoes the latest change in force, to be called once; None for none."""
        self._key = None
        if not self._at:
            return None
        self._at -= 1
        return self._steps[self._at].back

    def redo(self) -> Callable[[], None] | None:
        """The function that makes the change again that was undone last; None for none."""
        self._key = None
        if self._at == len(self._steps):
            return None
        self._at += 1
        return self._steps[self._at - 1].again

    def clear(self) -> None:
        """Remove all steps: another source is open."""
        self._steps.clear()
        self._at, self._key = 0, None
