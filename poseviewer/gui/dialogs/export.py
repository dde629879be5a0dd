"""The dialog that makes an export job."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.errors import PoseViewerError
from poseviewer.draw.captions import clock
from poseviewer.gui.dialogs.beside_choice import BesideChoice
from poseviewer.gui.dialogs.data_choice import DataChoice
from poseviewer.gui.dialogs.drawing_choice import DrawingChoice
from poseviewer.gui.dialogs.export_names import ReplaceDialog, beside, proposed, writable
from poseviewer.gui.dialogs.export_preview import ExportPreview
from poseviewer.gui.dialogs.form_choice import FormChoice, joint_names
from poseviewer.gui.dialogs.time_choice import TimeChoice, shown_seconds, times_trouble
from poseviewer.gui.plain import Label, allow, caption, plain_tip
from poseviewer.gui.transport.reach import reach
from poseviewer.runtime.export import about_source
from poseviewer.runtime.export_queue import existing, inputs_of, outputs_of, refusal
from poseviewer.runtime.jobs import ExportJob

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from poseviewer.core.frame import Frame
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec
    from poseviewer.gui.dialogs.export_preview import Ask
    from poseviewer.runtime.export import About
    from poseviewer.runtime.jobs import QueuedExport
    from poseviewer.runtime.state import AppState, ModelInfo, Playback, SourceInfo, WriterInfo

_SAID = {
    "corrected": "as corrected",
    "network": "as the network said",
    "both": "corrected, the network's thin beneath",
}
"""What of people is written, by `DisplayState.said`."""

_FILTER = "MP4 video (*.mp4);;Matroska video (*.mkv);;All files (*)"


class ExportDialog(QDialog):
    """Asks what to write."""

    chosen = Signal(object)
    """The `ExportJob`."""

    def __init__(
        self,
        *,
        source: SourceInfo,
        transport: Playback,
        look: Look,
        folder: str,
        writers: Sequence[WriterInfo],
        stages: Sequence[StageSpec] = (),
        shown: tuple[Frame | None, FrameResult | None] = (None, None),
        said: FrameResult | None = None,
        corrected: str = "",
        angles: tuple[Sequence[str], Sequence[str]] = ((), ()),
        stored: Mapping[str, object] | None = None,
        curves: str = "raw",
        smooth: bool = True,
        about: About | None = None,
        models: Sequence[ModelInfo] = (),
        ask: Ask | None = None,
        queue: Callable[[], Sequence[QueuedExport]] = tuple,
        parent: QWidget | None = None,
    ) -> None:
        """Ask.

        Args:
            source: The clip.
            transport: Where its marks are.
            look: How it is drawn.
            folder: Where the last export was written; empty for beside its source.
            writers: The kinds of data that can be written.
            stages: Of the network.
            shown: The frame on screen and what was found in it, for the preview.
            said: What the network said of that frame, where it was corrected.
            corrected: What is corrected in the clip, in words; empty for nothing.
            angles: Names of all angles, and of those that are plotted.
            stored: Choices made the last time, as `stored` gives them.
            curves: Title of the filter that goes into written curves.
            smooth: Whether joints are smoothed on the screen.
            about: What the picture says of source and network.
            models: The networks that can stand beside the one in use.
            ask: Makes what finds out, for the preview, what stands beside the frame.
            queue: Gives the exports that were asked for before.
            parent: The window.
        """
        super().__init__(parent)
        self.setWindowTitle("Export clip")
        self._source, self._look, self._curves, self._stages = source, look, curves, stages
        self._queue = queue
        self._here = transport.index if shown[0] is None else shown[0].index
        last = source.count - 1
        self.output = QLineEdit(str(proposed(source, folder, queue=queue())), self)
        self.output.setAccessibleName("Output file")
        self.output.setToolTip("The video that will be written")
        self.output.textChanged.connect(self._check)
        self.start = self._spin("First frame", last, transport.start or 0)
        end = transport.end if transport.end is not None else last
        self.end = self._spin("Last frame, included", last, end)
        self.whole = QPushButton("Whole clip", self)
        self.whole.setToolTip("Every frame of the clip")
        self.whole.setAutoDefault(False)
        self.whole.clicked.connect(self._take_whole)
        self.overlay = _tick("Draw over the frame", self, on=True)
        self.smooth = _tick("Smooth the joints; data has the raw ones too", self, on=smooth)
        self.audio = _tick("With the sound", self, on=True)
        self.people = _people(look, corrected, self)
        self.people.currentIndexChanged.connect(self._check)
        self.form = FormChoice(
            frame_size=source.size,
            stages=stages,
            joint=_joint(stages, look),
            angles=angles,
            parent=self,
        )
        self.form.changed.connect(self._take_format)
        origin = _origin(source, shown[0])
        times = origin + float(source.times[0]), origin + float(source.times[-1])
        known = about or about_source(source)
        self._add_tabs(look, stages, angles[0], models=models, model=known.network)
        self.preview = ExportPreview(
            *shown, said=said, stages=stages, span=times, origin=origin, about=known, ask=ask,
            parent=self,
        )  # fmt: skip
        self.choice = DataChoice(writers, stages, self)
        self.data = self.choice.boxes
        """A box for each kind of data, by its name."""
        self.choice.changed.connect(self._check)
        self.preview.known.connect(self._check)
        self._lay_out()
        self.finished.connect(self._stop)
        self._restore(dict(stored or {}))
        self._check()

    def _add_tabs(
        self,
        look: Look,
        stages: Sequence[StageSpec],
        angles: Sequence[str],
        *,
        models: Sequence[ModelInfo],
        model: str,
    ) -> None:
        """Make what is drawn, when it is shown, and what is beside it."""
        self.drawing = DrawingChoice(look, stages, angles, self)
        last = self._source.count - 1
        self.times = TimeChoice(here=self._here, last=last, stages=len(stages) > 1, parent=self)
        self.beside = BesideChoice(models, model, self)
        for choice in (self.drawing, self.times, self.beside):
            choice.changed.connect(self._check)
        self.tabs = QTabWidget(self)

    def job(self) -> ExportJob:
        """What is asked for."""
        return ExportJob(
            output=self._path(),
            start=self._here if self.form.forming else self.start.value(),
            end=self._here if self.form.forming else self.end.value(),
            forming=Fraction(1) if self.form.forming else None,
            look=replace(self.drawing.look, said=self.people.currentData()),
            corrected=self.people.currentData() != "network",
            captions=self.drawing.captions,
            line_width=self.drawing.lines.value(),
            text_size=self.drawing.letters.value(),
            overlay=self.overlay.isChecked(),
            data=self.choice.kinds,
            data_stage=self.choice.data_stage,
            height=self.choice.person_height,
            size=self.form.size_of_frame,
            rate=self.form.frames_a_second,
            speed=self.form.times,
            slow=() if self.form.forming else self.times.slow,
            freezes=() if self.form.forming else self.times.freezes,
            interpolate=self.times.interpolate.isChecked(),
            beside=self.beside.beside,
            encoder=self.form.encoder.encoder,
            quality=str(self.form.quality.currentData()),
            composite=self.form.composite,
            audio=self.audio.isChecked(),
            smooth=self.smooth.isChecked(),
        )

    def _stop(self) -> None:
        self.preview.stop()
        self.form.encoder.stop()

    def accept(self) -> None:
        """Emit the job; ask first where it would replace a file."""
        if there := existing(outputs_of(self.job())):
            question = ReplaceDialog(there, self)
            question.accepted.connect(lambda: self._finish(replaces=True))
            question.finished.connect(question.deleteLater)
            question.open()
        else:
            self._finish(replaces=False)

    def _finish(self, *, replaces: bool) -> None:
        super().accept()
        self.chosen.emit(replace(self.job(), replace=replaces))

    def stored(self) -> dict[str, object]:
        """The choices that the next export begins with."""
        return {
            "folder": beside(self._source, Path(self.output.text()).expanduser().parent),
            "overlay": self.overlay.isChecked(),
            "audio": self.audio.isChecked(),
            "data": list(self.choice.kinds),
            **self.form.stored(),
            **self.drawing.stored(),
        }

    def _restore(self, stored: dict[str, object]) -> None:
        for name, tick in (("overlay", self.overlay), ("audio", self.audio)):
            if isinstance(on := stored.get(name), bool):
                tick.setChecked(on)
        kinds = stored.get("data")
        for name, box in self.data.items():
            if isinstance(kinds, list) and name in kinds and box.isEnabled():
                box.setChecked(True)
        self.form.restore(stored)
        self.drawing.restore(stored)

    def _path(self) -> Path:
        """What will be written: a pattern of names in a folder, for a picture per frame."""
        path = Path(self.output.text()).expanduser()
        return path / self.form.ending if "%" in self.form.ending else path

    def _take_format(self) -> None:
        """Give the file's name the ending of its format."""
        path, ending = Path(self.output.text()), self.form.ending
        wanted = "" if "%" in ending else ending
        if path.name and path.suffix != wanted:
            self.output.setText(str(path.with_suffix(wanted)))
        self._check()

    def _take_whole(self) -> None:
        self.start.setValue(0)
        self.end.setValue(self._source.count - 1)

    def _spin(self, name: str, last: int, value: int) -> QSpinBox:
        made = QSpinBox(self)
        made.setRange(0, last)
        made.setValue(value)
        made.setAccessibleName(name)
        # The style sheet's padding does not reach into the box.
        made.lineEdit().setTextMargins(6, 0, 0, 0)
        made.setToolTip(plain_tip(f"{name}: 0 to {last}"))
        made.valueChanged.connect(self._check)
        return made

    def _add_buttons(self) -> None:
        self.summary = Label(self)
        self.summary.setProperty("muted", True)
        self.summary.setWordWrap(True)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel, self
        )
        self._save = self._buttons.button(QDialogButtonBox.StandardButton.Save)
        self._save.setText("Export")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)

    def _lay_out(self) -> None:
        self._add_buttons()
        browse = QPushButton("Browse…", self)
        browse.setToolTip("Choose the file")
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        where = QHBoxLayout()
        where.setSpacing(8)
        where.addWidget(self.output, 1)
        where.addWidget(browse)
        frames = QHBoxLayout()
        frames.setSpacing(8)
        for widget in (self.start, Label("to", self), self.end, self.whole):
            frames.addWidget(widget)
        frames.addStretch(1)
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.setHorizontalSpacing(14)
        form.addRow("File", where)
        form.addRow("Frames", frames)
        data = QWidget(self)
        QVBoxLayout(data).addWidget(self.choice, 0, Qt.AlignmentFlag.AlignTop)
        pages = {
            "Picture": self._picture_page(),
            "Drawing": self.drawing,
            "Times": self.times,
            "Beside": self.beside,
            "Data": data,
        }
        for title, page in pages.items():
            self.tabs.addTab(page, title)
        form.addRow(self.tabs)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(14)
        both = QHBoxLayout()
        both.setSpacing(18)
        both.addLayout(form)
        both.addWidget(self.preview, 1)
        column.addLayout(both)
        column.addWidget(self.summary)
        column.addWidget(self._buttons)

    def _picture_page(self) -> QWidget:
        page = QWidget(self)
        QVBoxLayout(page).addWidget(self.form, 0, Qt.AlignmentFlag.AlignTop)
        for title, box in (
            ("", self.overlay),
            ("Joints", self.smooth),
            ("People", self.people),
            ("Sound", self.audio),
        ):
            self.form.add_row(title, box)
        return page

    def _check(self) -> None:
        job = self.job()
        trouble = _trouble(job, source=self._source) or self.form.trouble or self.choice.trouble
        trouble = trouble or self.beside.trouble or times_trouble(job, self._source)
        trouble = trouble or self._conflict(job)
        self.preview.show_job(job)
        allow(self._save, not trouble, why_not=trouble)
        if trouble:
            self.summary.setText(trouble)
            return
        first, last = job.start, job.start if job.forming else self.end.value()
        seconds = shown_seconds(job, self._source, first=first, last=last)
        width, height = self._written_size(job)
        text = f"{last - first + 1} frames, {clock(seconds)}, {width}×{height}"  # noqa: RUF001
        if existing([job.output]):
            text += f". {job.output.name} exists: you are asked before it is replaced."
        if self._needs_maps(job):
            text += ". An analysis stores no maps of stages: the network runs for each frame."
        if job.data and self._curves != "raw":
            text += f". Curves: {self._curves}; tables have the raw angles beside them."
        self.summary.setText(text)

    def _needs_maps(self, job: ExportJob) -> bool:
        from poseviewer.runtime.export_picture import request_of

        return job.poses is None and request_of(job).stages != frozenset()

    def _conflict(self, job: ExportJob) -> str:
        """Why this job cannot join those that were asked for before; empty where it can."""
        try:
            location = self._source.location
            others = inputs_of(job, location=location)
            return refusal(outputs_of(job), reads=location, others=others, queue=self._queue())
        except PoseViewerError as error:
            return str(error)

    def _written_size(self, job: ExportJob) -> tuple[int, int]:
        from poseviewer.runtime.export_picture import fitted, within

        if job.composite is not None:
            return job.composite.size
        if (size := self.preview.whole_size(job)) is not None:
            return size
        return fitted(self._source.size, within(job, self._source.size))

    def _browse(self) -> None:
        picker = QFileDialog(self, "Export to", self.output.text(), _FILTER)
        picker.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        # It is asked when the export is begun, where the data's names are known too.
        picker.setOption(QFileDialog.Option.DontConfirmOverwrite)
        picker.setDefaultSuffix("mp4")
        picker.selectFile(self.output.text())
        picker.fileSelected.connect(self.output.setText)
        picker.open()


def _people(look: Look, corrected: str, parent: QWidget) -> QComboBox:
    """The choice between what was corrected and what the network said."""
    made = QComboBox(parent)
    made.setAccessibleName("Corrected, or as the network said")
    for value, text in _SAID.items():
        made.addItem(text, value)
    made.setToolTip(plain_tip(f"Of picture and data; corrected: {corrected}"))
    made.setCurrentIndex(list(_SAID).index(look.said) if corrected else 0)
    allow(made, bool(corrected), why_not="nothing is corrected in this clip")
    return made


def _origin(source: SourceInfo, frame: Frame | None) -> float:
    """Second of the clip's first frame on the clock of its frames."""
    if frame is None or not 0 <= frame.index < source.count:
        return 0.0
    return frame.time.seconds - float(source.times[frame.index])


def _joint(stages: Sequence[StageSpec], look: Look) -> str | None:
    """The joint whose map lies over the frame; None for none, or all of them."""
    if look.overlay_channel is None or not stages:
        return None
    names = joint_names(stages)
    return names[look.overlay_channel] if look.overlay_channel < len(names) else None


def exportable(state: AppState) -> tuple[SourceInfo, Playback] | None:
    """What of `state` can be exported, counted from 0: a clip, or a frozen feed's last seconds."""
    there, source, transport = reach(state), state.source, state.playback
    if there is None or source is None:
        return None
    if there.past is None:
        return source, transport
    places = (
        None if number is None else there.position(number)
        for number in (transport.start, transport.end)
    )
    start, end = places
    # Its times begin at the first stored frame, as those of a file do.
    clip = replace(source, live=False, times=there.times - there.times[0])
    return clip, replace(transport, start=start, end=end)


def _trouble(job: ExportJob, *, source: SourceInfo) -> str:
    """Why this job cannot be done; empty where it can."""
    if job.end is not None and job.end < job.start:
        return "The last frame is before the first."
    path = job.output.parent if "%" in job.output.name else job.output
    if not path.name or not job.output.suffix:
        return "Give a file name with an ending such as .mp4."
    if not path.absolute().parent.is_dir():
        return f"The folder {path.parent} does not exist."
    if not writable(path.absolute().parent):
        return f"The folder {path.parent} may not be written to: choose another."
    if path.absolute() == Path(source.location).absolute():
        return "The output is the clip itself; choose another name."
    return ""


def _tick(text: str, parent: QWidget, *, on: bool = False) -> QCheckBox:
    made = QCheckBox(caption(text), parent)
    made.setChecked(on)
    made.setToolTip(plain_tip(text))
    return made
