"""The training window: a run as it goes, or a recorded one, beside another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QSlider,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.assets import resource
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.training_record import ENDING, NothingRecordedError, read_training
from poseviewer.draw.colour import mixed
from poseviewer.draw.paths import stage_colour
from poseviewer.gui import theme
from poseviewer.gui.plain import Label, plain_tip, window_title
from poseviewer.gui.training.maps import MapsView
from poseviewer.gui.training.plot import Curve, CurvePlot
from poseviewer.gui.widgets import combo, fill, quiet_label

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QCloseEvent

    from poseviewer.core.training_record import TrainingRecord
    from poseviewer.draw.colour import Colour

_PERIOD = 1_000
"""Milliseconds between two looks at a file that may grow."""

_PACE = 350
"""Milliseconds between two moments while they play."""

_OTHER = (150, 156, 168)
"""The colour of the run beside."""


class TrainingWindow(QWidget):
    """Gradients by layer at a step, losses and accuracy over steps, maps on four pictures.

    Args:
        path: File or folder of a run; the first that comes with the program where None.
    """

    def __init__(self, path: Path | None = None, parent: QWidget | None = None) -> None:
        # Qt changes the palette of a widget that is still being made.
        self._complete = False
        super().__init__(parent)
        self._record: TrainingRecord | None = None
        self._beside: TrainingRecord | None = None
        # By what was chosen: which file was read, in which state, and what came of it.
        self._read: dict[Path, tuple[object, TrainingRecord | None, str]] = {}
        self._make_parts()
        shipped = recorded_runs()
        self._path = shipped[0] if path is None and shipped else path
        self._list_runs(shipped)
        self._timer = QTimer(self, interval=_PERIOD)
        self._timer.timeout.connect(self.look)
        self._player = QTimer(self, interval=_PACE)
        self._player.timeout.connect(self._forward)
        self._timer.start()
        self.look()
        self._complete = True

    def _make_parts(self) -> None:
        self.runs = combo("Run", "The run that is shown.", letters=22)
        self.beside = combo("Beside", "Another run, drawn dashed beside it.", letters=22)
        self.open = QToolButton()
        self.open.setText("Open…")
        self.open.setProperty("wide", True)
        self.open.setToolTip(plain_tip("Choose the file of another run."))
        self.open.clicked.connect(self._choose)
        self.said = quiet_label("What is shown")
        self.gradients = CurvePlot(
            "Size of the gradient, by layer", across="layer, input to output", logarithmic=True
        )
        self.losses = CurvePlot("Loss of each stage", across="step", logarithmic=True, wide=True)
        self.pck = CurvePlot("PCK@0.2 on held-out people, %", across="step", wide=True)
        for plot in (self.losses, self.pck):
            plot.chosen.connect(self._go_to)
        self.maps = MapsView()
        self._make_controls()
        self._lay_out()

    def _make_controls(self) -> None:
        self.moment = QSlider(Qt.Orientation.Horizontal)
        self.moment.setAccessibleName("Moment of the run")
        self.moment.setToolTip(plain_tip("The step whose gradients and maps are shown."))
        self.moment.valueChanged.connect(lambda _: self._show_moment())
        self.play = QToolButton()
        self.play.setCheckable(True)
        self.play.setText("Play")
        self.play.setProperty("wide", True)
        self.play.setToolTip(plain_tip("Play the run from its beginning, or from here."))
        self.play.toggled.connect(self._on_play)
        self.at = Label()

    def _lay_out(self) -> None:
        top, bottom = QHBoxLayout(), QHBoxLayout()
        for part in (Label("Run"), self.runs, Label("beside"), self.beside, self.open):
            top.addWidget(part)
        bottom.addWidget(self.play)
        bottom.addWidget(self.moment, 1)
        bottom.addWidget(self.at)
        plots = QSplitter(Qt.Orientation.Vertical)
        for plot in (self.gradients, self.losses, self.pck):
            plots.addWidget(plot)
        plots.setStretchFactor(0, 2)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(plots)
        halves.addWidget(self.maps)
        whole = QVBoxLayout(self)
        whole.addLayout(top)
        whole.addWidget(self.said)
        whole.addWidget(halves, 1)
        whole.addLayout(bottom)
        self.setWindowTitle(window_title("Training"))
        self.resize(theme.px(1200), theme.px(780))

    def _list_runs(self, shipped: tuple[Path, ...]) -> None:
        paths = list(shipped)
        if self._path is not None and self._path not in paths:
            paths.insert(0, self._path)
        rows = [(path, _title(path), str(path.name)) for path in paths]
        for box, entries in ((self.runs, rows), (self.beside, [(None, "no other run", ""), *rows])):
            box.blockSignals(True)
            fill(box, entries)
            box.blockSignals(False)
        self.runs.setCurrentIndex(paths.index(self._path) if self._path in paths else -1)
        if len(shipped) > 1 and self._path == shipped[0]:
            self.beside.setCurrentIndex(2)
        for box in (self.runs, self.beside):
            box.currentIndexChanged.connect(lambda _: self.look())

    @property
    def record(self) -> TrainingRecord | None:
        """What is shown; None where there is nothing to read."""
        return self._record

    def look(self) -> None:
        """Read what is new in the files, and show it."""
        before, shown = self._record, (self._record, self._beside)
        self._record, said = self._reading(self.runs.currentData())
        self._beside, other = self._reading(self.beside.currentData())
        self.said.setText(said or other or _words(self._record, self._beside))
        if (self._record, self._beside) == shown:
            return
        if before is not self._record and self._record is not None:
            at_end = before is None or self.moment.value() == self.moment.maximum()
            self.moment.blockSignals(True)
            self.moment.setRange(0, max(len(self._record.steps) - 1, 0))
            if at_end:
                self.moment.setValue(self.moment.maximum())
            self.moment.blockSignals(False)
        self._show_moment()

    def _reading(self, path: Path | None) -> tuple[TrainingRecord | None, str]:
        """The record of a run, and why there is none or what else is to be known of it."""
        if path is None:
            return None, ""
        known, record, said = self._read.get(path, (None, None, ""))
        try:
            file = record_of(path)
            state = file.stat()
        except OSError:
            if record is None:
                return None, str(NothingRecordedError(_named(path)))
            return record, f"{_named(path)} is no longer there: this is what was read of it."
        now = file, state.st_size, state.st_mtime_ns
        if now != known:
            try:
                record, said = read_training(file), ""
            except PoseViewerError as error:
                record, said = None, str(error)
            self._read[path] = now, record, said
        return record, said

    def _show_moment(self) -> None:
        record = self._record
        if record is None or not len(record.steps):
            for plot in (self.gradients, self.losses, self.pck):
                plot.show_curves(())
            self.maps.show_maps((), np.zeros((0, 1, 1, 3), np.uint8), None)
            self.at.setText("")
            return
        row = min(self.moment.value(), len(record.steps) - 1)
        step = int(record.steps[row])
        self.at.setText(f"step {step}")
        self._show_gradients(record, row, step)
        stages = record.stages
        beside = self._beside
        losses, scores = [], []
        for number, name in enumerate(stages):
            colour = _shade(stage_colour(number, len(stages)))
            losses.append(Curve(record.steps.astype(float), record.losses[:, number], colour, name))
            judged, percent = record.judged.astype(float), 100 * record.pck[:, number]
            scores.append(Curve(judged, percent, colour, ""))
        if beside is not None and len(beside.steps):
            x, last = beside.steps.astype(float), beside.losses[:, -1]
            losses.append(Curve(x, last, _shade(_OTHER), "last, beside", dashed=True))
            x, last = beside.judged.astype(float), 100 * beside.pck[:, -1]
            scores.append(Curve(x, last, _shade(_OTHER), "last, beside", dashed=True))
        steps = np.concatenate([curve.x for curve in losses + scores])
        ends = float(steps.min()), float(steps.max())
        self.losses.show_curves(losses, cursor=step, ends=ends)
        self.pck.show_curves(scores, cursor=step, ends=ends)
        moments = [one for one in record.maps if one.step <= step]
        self.maps.show_maps(stages, record.pictures, moments[-1].beliefs if moments else None)

    def _show_gradients(self, record: TrainingRecord, row: int, step: int) -> None:
        layer = np.arange(1, len(record.layers) + 1, dtype=float)
        curves = [Curve(layer, record.gradients[row], _accent(), "")]
        beside = self._beside
        if beside is not None and len(beside.steps) and len(beside.layers) == len(layer):
            near = int(np.abs(beside.steps - step).argmin())
            name = f"beside: {beside.supervised} stage supervised"
            sizes = beside.gradients[near]
            curves.insert(0, Curve(layer, sizes, _shade(_OTHER), name, dashed=True))
        bands = []
        for number, name in enumerate(record.stages):
            own = np.flatnonzero(record.stage_of == number)
            if len(own):
                bands.append((float(own[0]) + 0.5, float(own[-1]) + 1.5, name))
        self.gradients.show_curves(curves, bands=bands)

    def _go_to(self, step: float) -> None:
        if self._record is not None and len(self._record.steps):
            self.moment.setValue(int(np.abs(self._record.steps - step).argmin()))

    def _on_play(self, playing: bool) -> None:
        self.play.setText("Pause" if playing else "Play")
        if playing:
            if self.moment.value() == self.moment.maximum():
                self.moment.setValue(0)
            self._player.start()
        else:
            self._player.stop()

    def _forward(self) -> None:
        if self.moment.value() == self.moment.maximum():
            self.play.setChecked(False)
        else:
            self.moment.setValue(self.moment.value() + 1)

    def _choose(self) -> None:
        picker = QFileDialog(self, "Training run", "", f"Training runs (*{ENDING})")
        picker.setFileMode(QFileDialog.FileMode.ExistingFile)
        picker.fileSelected.connect(self._add)
        picker.open()

    def _add(self, name: str) -> None:
        from pathlib import Path

        path = Path(name)
        for box in (self.runs, self.beside):
            box.addItem(_title(path), path)
        self.runs.setCurrentIndex(self.runs.count() - 1)

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._complete:
            self._show_moment()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop looking."""
        self._timer.stop()
        self._player.stop()
        super().closeEvent(event)


def recorded_runs() -> tuple[Path, ...]:
    """The runs that come with the program."""
    return tuple(sorted(resource("runs").glob(f"*{ENDING}")))


def record_of(path: Path) -> Path:
    """The file of a run: itself, or the newest in its folder.

    Raises:
        OSError: There is none yet.
    """
    if path.is_dir():
        found = sorted(path.glob(f"*{ENDING}"), key=lambda one: one.stat().st_mtime)
        if not found:
            raise FileNotFoundError(path)
        return found[-1]
    return path


def _shade(colour: Colour) -> Colour:
    """A colour as it stands out on the canvas of the theme."""
    return colour if theme.current().dark else mixed(colour, (0, 0, 0), 0.3)


def _accent() -> Colour:
    colour = theme.current().colour("accent")
    return colour.red(), colour.green(), colour.blue()


def _title(path: Path) -> str:
    return _named(path).removesuffix(ENDING).replace("-", " ")


def _named(path: Path) -> str:
    """The last part of a path, whichever way it is written."""
    return path.absolute().name or str(path)


def _words(record: TrainingRecord | None, beside: TrainingRecord | None) -> str:
    """What the plots show, in a sentence."""
    if record is None:
        return "Choose a run."
    how = "every stage" if record.supervised == "every" else "the last stage alone"
    text = f"{record.model}, with a loss at {how}."
    if beside is not None:
        how = "every stage" if beside.supervised == "every" else "the last stage alone"
        text += f" Dashed: {beside.model}, with a loss at {how}."
    return text
