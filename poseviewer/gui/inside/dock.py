"""The Inside dock: a network drawn out, module by module, for the frame shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from poseviewer.core.inside import InsideChoice
from poseviewer.gui import theme
from poseviewer.gui.frame.hud import joint_title
from poseviewer.gui.inside.map import InsideMap, InsideReading
from poseviewer.gui.widgets import WrapLayout, combo, fill, quiet_label, toggle
from poseviewer.gui.window.dock import Dock
from poseviewer.runtime.probe import InsideRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.inside import InsideView
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import AppState, ModelInfo

_PACE = 120
"""Least milliseconds between two requests while playing."""

_FIRST = "right_wrist"
_FAMILIES = {
    "hrnet": "Rows are branches, each at its resolution; lines are what a fusion sums, as thick as "
    "each one's share.",
    "vitpose": "Attention is of the framed patch. What a head looks at is not what decided.",
}
"""The networks that can be drawn out, and what the map of each shows."""

_LENS = "Dashed: the head put where it was not trained to be read."


class InsideDock(Dock):
    """The map of a network, one of whose tiles lies on the frame."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge,
            parent,
            title="Inside",
            name="inside_dock",
            pace=_PACE,
            purpose="The branches of an HRNet and the attention of a ViTPose appear here",
        )
        self._asked: tuple[object, ...] | None = None
        self._shown: InsideView | None = None
        self._place: tuple[float, float] | None = None
        self.map = InsideMap()
        self.map.read.connect(self._on_read)
        self.map.chosen.connect(self._on_chosen)
        self.joint = combo("Joint", "Whose belief is shown, and where attention looks from.")
        self.joint.activated.connect(self._on_joint)
        self.looking = combo("Looks from", "From which patch attention looks.")
        fill(
            self.looking,
            [
                (False, "from the joint", "The patch in which the network has the joint."),
                (True, "from the pointer", "The patch under the pointer, here or on the frame."),
            ],
        )
        self.looking.activated.connect(self._on_looking)
        self.over = toggle(
            "Overlay",
            "Show the chosen tile on the frame, with the patches of attention; click a tile to "
            "choose. Shown while playback is paused.",
            name="Chosen tile on the frame",
        )
        self.over.toggled.connect(self.items_changed)
        self.about = quiet_label("What the map shows")
        self.reading = quiet_label("Value under the pointer")
        self.reading.setFont(theme.digits())
        self.setWidget(self._lay_out())

    def _lay_out(self) -> QWidget:
        controls = QWidget()
        WrapLayout(controls, self.joint, self.looking, self.over)
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(5)
        inner.addWidget(self.map, 1)
        inner.addWidget(self.about)
        inner.addWidget(self.reading)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 6, 4, 4)
        column.setSpacing(5)
        column.addWidget(controls)
        column.addWidget(self.holder(content, tools=(controls,)), 1)
        return page

    # -- what a dock gives ----------------------------------------------------------------

    def show_look(self, look: Look) -> None:
        """Follow the colour map and the opacity."""
        self.map.show_colours(look.colormap)
        if self.over.isChecked():
            self.items_changed.emit()

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show a cross at a frame pixel in every tile, and look from there if that is chosen."""
        self.map.set_cursor(place)
        if place is not None:
            self._look_from(place)

    def items(self, result: FrameResult) -> Sequence[Item]:
        """The chosen tile as an overlay of its own frame only."""
        shown = self._shown
        if not self.over.isChecked() or shown is None or not _is_of(shown, result):
            return ()
        from poseviewer.draw.inside import inside_items

        look = self._look
        return inside_items(shown, self.map.choice, colormap=look.colormap, opacity=look.opacity)

    @property
    def overlay_name(self) -> str:
        """The tile that is shown on the frame."""
        return "" if self.map.choice is None else self._named(self.map.choice.row)

    def show_model(self, model: ModelInfo | None) -> None:
        """Offer the joints of another network, and drop what is of the one before."""
        self._drop()
        joints = () if model is None else model.skeleton.joints
        fill(
            self.joint,
            [(n, joint_title(name), self.joint.toolTip()) for n, name in enumerate(joints)],
        )
        if _FIRST in joints:
            self.joint.setCurrentIndex(joints.index(_FIRST))
        self.looking.setVisible(model is not None and model.family == "vitpose")

    def show_source(self) -> None:
        """Drop what is of another source."""
        self._drop()

    def draw(self, state: AppState) -> None:
        """Request the answer for the frame on screen, and show the newest one."""
        probe, result, model = self.bridge.session.probe, state.result, state.model
        if model is None or model.family not in _FAMILIES:
            self._show(None)
            return
        choice = self._choice()
        fresh = result is not None and state.answer is not None and not state.stale
        if self.seen and fresh and self._asked != (result, choice):
            self._asked = result, choice
            assert state.answer is not None
            probe.enter(InsideRequest(state.answer, choice))
        if probe.inside is not None and probe.inside.choice.joint == choice.joint:
            self._show(probe.inside)
        elif probe.state:
            self._show(None)

    def unfit(self, state: AppState) -> str:
        """Also where a network has no map."""
        if state.model is None or state.model.family in _FAMILIES:
            return ""
        return (
            f"{state.model.name} has no branches and no attention: choose an HRNet or a "
            "ViTPose in the Model dock, such as one that you imported. Probe shows its layers."
        )

    def why_empty(self, state: AppState) -> str:
        """Why there is no map: the network has none, or the answer is awaited."""
        if self._shown is not None:
            return ""
        if text := super().why_empty(state):
            return text
        return self.bridge.session.probe.state or "Analysing…"

    def age(self, state: AppState) -> str:
        """Also while the map is of another frame."""
        text, shown, result = super().age(state), self._shown, state.result
        if text or state.playback.playing or shown is None or result is None:
            return text
        return "" if _is_of(shown, result) else f"Of frame {shown.frame.index}. Analysing…"

    # -- inside ---------------------------------------------------------------------------

    def _drop(self) -> None:
        self._asked = self._place = None
        self.bridge.session.probe.enter(None)
        self._show(None)

    def _choice(self) -> InsideChoice:
        place = self._place if self.looking.currentData() else None
        return InsideChoice(self.joint.currentData() or 0, place)

    def _show(self, shown: InsideView | None) -> None:
        if shown is self._shown:
            return
        self._shown = shown
        self.map.show_view(shown)
        self.about.setText("" if shown is None else self._sentence(shown))
        if shown is not None and self.map.choice is None:
            # The answer, where it was trained: everything else is to be compared with it.
            self.map.choose(0, len(shown.columns) - 1)
        if self.over.isChecked():
            self.items_changed.emit()

    def _sentence(self, shown: InsideView) -> str:
        family = "" if self.model is None else _FAMILIES.get(self.model.family, "")
        lenses = any(t.output.spec.warning for t in shown.tiles if t.row == 0)
        return " ".join(part for part in (family, _LENS if lenses else "") if part)

    def _named(self, row: int) -> str:
        """What a tile of a row is called."""
        tile, shown = self.map.choice, self._shown
        if tile is None or shown is None:
            return ""
        return f"{shown.columns[tile.column]}, {shown.rows[row]}"

    def _look_from(self, place: tuple[float, float]) -> None:
        if self.looking.currentData() and self.looking.isVisibleTo(self) and place != self._place:
            self._place = place
            self.redraw()

    def _on_joint(self) -> None:
        self.redraw()

    def _on_looking(self) -> None:
        self.redraw()

    def _on_chosen(self, reading: InsideReading) -> None:
        self._look_from(reading.frame)
        if self.over.isChecked():
            self.items_changed.emit()
        else:
            self.over.setChecked(True)

    def _on_read(self, reading: InsideReading | None) -> None:
        self.hovered.emit(None if reading is None else reading.frame)
        self.map.set_cursor(None if reading is None else reading.frame)
        self.reading.setText("" if reading is None else self._words(reading))

    def _words(self, reading: InsideReading) -> str:
        tile = reading.tile
        assert self._shown is not None
        spec = tile.output.spec
        where = f"{self._shown.columns[tile.column]}, {self._shown.rows[tile.row]}"
        x, y = reading.cell
        words = f"{where}   {spec.meaning.quantity} {reading.value:.3g}   cell {x}, {y}"
        return "   ".join(part for part in (words, tile.text, spec.warning) if part)

    def let_go(self) -> None:
        """Drop the network that is drawn out."""
        self._asked = None
        self.bridge.session.probe.enter(None)


def _is_of(shown: InsideView, result: FrameResult) -> bool:
    """Whether a map is of the frame and region of `result`."""
    return shown.frame.index == result.frame.index and shown.region == result.region
