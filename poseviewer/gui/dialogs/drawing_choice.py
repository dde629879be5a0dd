"""The part of the export dialog that chooses what is drawn and written on the picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QHBoxLayout, QWidget

from poseviewer.core.stage import ghosts, group_of, grouped
from poseviewer.gui.dialogs.form_choice import NamesButton
from poseviewer.gui.plain import Label, allow, plain_tip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.look import Look
    from poseviewer.core.stage import StageSpec, Subject

_DRAWN = {
    "skeleton": "skeleton",
    "numbers": "numbers and names",
    "corrections": "rings on corrected joints",
    "region_outline": "boxes of regions and people",
    "arrows": "arrows on fields",
    "uncertainty": "uncertainty ellipses",
    "truth": "ground truth",
    "drawings": "drawings",
}
"""Fields of the look that are on or off."""

_CAPTIONS = {"figures": "source and network", "time": "true time and frame", "legend": "legend"}

_TIMES = (0.25, 4.0)
"""How much thinner or thicker than usual strokes and letters may be."""


class DrawingChoice(QWidget):
    """What is drawn over the frame, and what is written on it.

    Args:
        look: How the frame is drawn on the screen.
        stages: Of the network.
        angles: Names of all angles.
        parent: The dialog.
    """

    changed = Signal()

    def __init__(
        self,
        look: Look,
        stages: Sequence[StageSpec],
        angles: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look, self._stages = look, tuple(stages)
        self.drawn = self._names(
            _DRAWN, [name for name in _DRAWN if getattr(look, name)], "nothing", "What is drawn"
        )
        self.texts = self._names(_CAPTIONS, (), "no text", "What is written on the picture")
        self.arcs = NamesButton(angles, look.arcs, none="no angles", parent=self)
        self.arcs.setAccessibleName("Angles drawn as arcs")
        self.map_ = _combo("The map over the frame", self)
        self.stage = _combo("The stage whose map lies over the frame", self)
        self.ghost = _combo("The stage whose skeleton is drawn thin", self)
        self.lines = self._factor("Width of lines, relative to what suits the size")
        self.letters = self._factor("Size of texts, relative to what suits the size")
        self._fill()
        for button in (self.drawn, self.texts, self.arcs):
            button.changed.connect(self._check)
        for combo in (self.map_, self.stage, self.ghost):
            combo.currentIndexChanged.connect(lambda _at: self._check())
        self._lay_out()
        self._check()

    @property
    def look(self) -> Look:
        """How the frame is drawn."""
        shown = {name: name in self.drawn.names for name in _DRAWN}
        stage, channel = self._map
        return replace(
            self._look,
            **shown,  # type: ignore[arg-type]
            overlay_stage=stage,
            overlay_channel=channel,
            ghost=self.ghost.currentData(),
            arcs=self.arcs.names,
        )

    @property
    def captions(self) -> tuple[str, ...]:
        """What is written on the picture."""
        return self.texts.names

    def stored(self) -> dict[str, object]:
        """The choices that the screen does not make, as settings store them."""
        return {
            "captions": list(self.captions),
            "line_width": self.lines.value(),
            "text_size": self.letters.value(),
        }

    def restore(self, stored: dict[str, object]) -> None:
        """Take stored choices; what is not known stays as it is."""
        if isinstance(captions := stored.get("captions"), list):
            self.texts.choose(str(name) for name in captions)
        for name, box in (("line_width", self.lines), ("text_size", self.letters)):
            if isinstance(value := stored.get(name), float):
                box.setValue(value)

    @property
    def _map(self) -> tuple[int | None, int | None]:
        """Number of the stage's output that lies over the frame, and its channel."""
        chosen: tuple[Subject, int | None] | None = self.map_.currentData()
        if chosen is None or not self._stages:
            return None, None
        group = grouped(self._stages)[max(self.stage.currentIndex(), 0)]
        return group.about(chosen[0]), chosen[1]

    def _fill(self) -> None:
        groups = grouped(self._stages)
        self.map_.addItem("no map", None)
        self.ghost.addItem("no ghost", None)
        if not groups:
            return
        for _, number in reversed(groups[-1].parts):
            spec = self._stages[number]
            subject = spec.meaning.subject
            if not spec.meaning.mapped or subject is None:
                continue
            self.map_.addItem(f"all {subject}s", (subject, None))
            for channel, name in spec.meaning.channels(spec):
                self.map_.addItem(name.replace("_", " "), (subject, channel))
        for group in groups:
            self.stage.addItem(group.title, group.last)
        for number in ghosts(self._stages):
            self.ghost.addItem(groups[group_of(self._stages, number)].title, number)
        self._take(self._look)

    def _take(self, look: Look) -> None:
        self.stage.setCurrentIndex(self.stage.count() - 1)
        if look.overlay_stage is not None and look.overlay_stage < len(self._stages):
            self.stage.setCurrentIndex(group_of(self._stages, look.overlay_stage))
            subject = self._stages[look.overlay_stage].meaning.subject
            _choose(self.map_, (subject, look.overlay_channel))
        _choose(self.ghost, look.ghost)

    def _check(self) -> None:
        allow(self.stage, self.map_.currentData() is not None, why_not="no map is drawn")
        self.changed.emit()

    def _names(
        self, names: dict[str, str], chosen: Sequence[str], none: str, what: str
    ) -> NamesButton:
        made = NamesButton(names, chosen, none=none, titles=names, parent=self)
        made.setAccessibleName(what)
        return made

    def _factor(self, name: str) -> QDoubleSpinBox:
        made = QDoubleSpinBox(self)
        made.setRange(*_TIMES)
        made.setSingleStep(0.25)
        made.setValue(1.0)
        made.setSuffix(" x")
        made.setAccessibleName(name)
        made.setToolTip(plain_tip(name))
        made.lineEdit().setTextMargins(6, 0, 0, 0)
        made.valueChanged.connect(self._check)
        return made

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        form.setVerticalSpacing(10)
        form.setHorizontalSpacing(14)
        form.addRow("Drawn", self.drawn)
        over = QHBoxLayout()
        over.setSpacing(8)
        over.addWidget(self.map_, 3)
        over.addWidget(Label("of", self))
        over.addWidget(self.stage, 2)
        form.addRow("Map", over)
        form.addRow("Ghost of", self.ghost)
        form.addRow("Angles", self.arcs)
        form.addRow("Written", self.texts)
        sizes = QHBoxLayout()
        sizes.setSpacing(8)
        for text, box in (("lines", self.lines), ("texts", self.letters)):
            sizes.addWidget(box, 1)
            sizes.addWidget(Label(text, self))
        form.addRow("Size of", sizes)


def _combo(name: str, parent: QWidget) -> QComboBox:
    made = QComboBox(parent)
    made.setAccessibleName(name)
    made.setToolTip(plain_tip(name))
    return made


def _choose(combo: QComboBox, data: object) -> None:
    """Choose the entry with `data`; Qt does not compare tuples."""
    for at in range(combo.count()):
        if combo.itemData(at) == data:
            combo.setCurrentIndex(at)
            return
