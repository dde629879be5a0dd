"""The tables of figures that were made last, so that none is made twice of the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.runtime.angle_figures import AngleTable
from poseviewer.runtime.travel_figures import TravelTable

if TYPE_CHECKING:
    from poseviewer.core.filters import Filter
    from poseviewer.core.repetition_figures import RepetitionFigures
    from poseviewer.core.repetitions import RepetitionChoice
    from poseviewer.runtime.angle_figures import Span
    from poseviewer.runtime.joint_travel import JointTravel
    from poseviewer.runtime.state import History


class FigureTables:
    """Gives the last table where it is asked for again, and else makes one."""

    _angles: tuple[tuple[History, tuple[str, ...], Filter, Span], AngleTable] | None = None
    _travel: tuple[tuple[JointTravel, Filter, Span], TravelTable] | None = None
    _repeated: tuple[AngleTable, RepetitionChoice, tuple[RepetitionFigures, ...]] | None = None

    def angles(
        self, history: History, names: tuple[str, ...], *, by: Filter, span: Span
    ) -> AngleTable:
        """The figures of some angles after a filter, over a range."""
        asked = history, names, by, span
        if self._angles is None or self._angles[0] != asked:
            self._angles = asked, AngleTable(history, names, by=by, span=span)
        return self._angles[1]

    def travel(self, travel: JointTravel, *, by: Filter, span: Span) -> TravelTable:
        """The figures of a joint's speed and path."""
        asked = travel, by, span
        if self._travel is None or self._travel[0] != asked:
            self._travel = asked, TravelTable(travel, by=by, span=span)
        return self._travel[1]

    def repetitions(
        self, table: AngleTable, choice: RepetitionChoice
    ) -> tuple[RepetitionFigures, ...]:
        """The repetitions of the angles in a table."""
        if self._repeated is None or self._repeated[:2] != (table, choice):
            self._repeated = table, choice, table.repetitions(choice)
        return self._repeated[2]
