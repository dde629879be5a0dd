"""The part of the export dialog that chooses the form of the picture."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QMenu,
    QToolButton,
    QWidget,
)

from poseviewer.core.composite import LARGEST, SIZES, SMALLEST, Composite
from poseviewer.core.stage import main_stage
from poseviewer.draw.kinds import painter_of
from poseviewer.gui.dialogs.encoder_choice import EncoderChoice
from poseviewer.gui.plain import allow, caption, plain_tip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from poseviewer.core.composite import CompositeLayout
    from poseviewer.core.stage import StageSpec

_FORMATS = {
    "MP4 video": ".mp4",
    "Matroska video": ".mkv",
    "QuickTime video": ".mov",
    "WebM video": ".webm",
    "GIF": ".gif",
    "Animated PNG": ".apng",
    "Animated WebP": ".webp",
    "PNG pictures": "%06d.png",
    "JPEG pictures": "%06d.jpg",
}
_FORMS = {".mp4": "mp4", ".mkv": "matroska", ".mov": "mov", ".webm": "webm"}
"""FFmpeg's names of the videos among them."""

_FORMING = "forming"
_LAYOUTS: dict[str, CompositeLayout | str | None] = {
    "Frame alone": None,
    "Beside stages and curves": "side",
    "Above stages and curves (presenter)": "presenter",
    "Upright with stages and curves (9:16)": "portrait",
    "Stages of this frame, one after another": _FORMING,
}
_SIDES = (2160, 1440, 1080, 720, 480, 360)
_RATES = ("As the clip", "60", "50", "30", "25", "15", "10")
_SPEEDS = {"1x": "1", "1/2x": "1/2", "1/4x": "1/4", "1/8x": "1/8", "2x": "2", "4x": "4"}
_QUALITIES = {"High": "high", "Medium": "medium", "Small file": "small"}


class NamesButton(QToolButton):
    """A button whose menu ticks some of several names.

    Args:
        every: All names.
        chosen: Those that are ticked.
        none: What the button says when none is.
        titles: What some of them are called.
        parent: The dialog.
    """

    changed = Signal()

    def __init__(
        self,
        every: Iterable[str],
        chosen: Iterable[str],
        *,
        none: str,
        titles: Mapping[str, str] | None = None,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._none, self._titles, wanted = none, dict(titles or {}), set(chosen)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        for name in every:
            action = menu.addAction(caption(self._title(name)))
            action.setData(name)
            action.setCheckable(True)
            action.setChecked(name in wanted)
            action.toggled.connect(lambda _on: self._tell())
        self.setMenu(menu)
        self._tell()

    @property
    def names(self) -> tuple[str, ...]:
        """Those that are ticked."""
        return tuple(action.data() for action in self.menu().actions() if action.isChecked())

    def choose(self, names: Iterable[str]) -> None:
        """Tick these alone."""
        wanted = set(names)
        for action in self.menu().actions():
            action.setChecked(action.data() in wanted)

    def _title(self, name: str) -> str:
        return self._titles.get(name, name.replace("_", " "))

    def _tell(self) -> None:
        names = [self._title(name) for name in self.names]
        text = self._none if not names else ", ".join(names[:2])
        self.setText(caption(text if len(names) <= 2 else f"{text} and {len(names) - 2} more"))
        self.setToolTip(plain_tip(", ".join(names) or self._none))
        self.changed.emit()


class FormChoice(QWidget):
    """What the picture shows, and its format, size, rate, speed and quality.

    Args:
        frame_size: Of the clip.
        stages: Of the network.
        joint: The joint whose map lies over the frame; None for none.
        angles: Names of all angles, and of those that are plotted.
        parent: The dialog.
    """

    changed = Signal()

    def __init__(
        self,
        *,
        frame_size: tuple[int, int],
        stages: Sequence[StageSpec],
        joint: str | None = None,
        angles: tuple[Sequence[str], Sequence[str]] = ((), ()),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._frame_size = frame_size
        self.layout_ = _combo(_LAYOUTS, "What the picture shows", self)
        allow(self.layout_, bool(stages), why_not="no network runs")
        self.joints = NamesButton(
            joint_names(stages),
            [] if joint is None else [joint],
            none="all joints at once",
            parent=self,
        )
        self.joints.setAccessibleName("Joints whose stages are shown")
        self.angles = NamesButton(angles[0], angles[1], none="no curves", parent=self)
        self.angles.setAccessibleName("Angles whose curves are shown")
        self.format = _combo(_FORMATS, "Format of the file", self)
        self.size_ = QComboBox(self)
        self.size_.setEditable(True)
        self.size_.setAccessibleName("Size of the picture")
        self.size_.setToolTip("Width x height that the picture is fitted into")
        self.rate = _combo({name: name for name in _RATES}, "Frames a second", self)
        self.rate.setEditable(True)
        self.speed = _combo(_SPEEDS, "How fast it plays", self)
        self.quality = _combo(_QUALITIES, "Quality of a video", self)
        self.encoder = EncoderChoice(frame_size, parent=self)
        self._fill_sizes()
        self.layout_.currentIndexChanged.connect(self._relayout)
        for combo in (self.format, self.speed, self.quality):
            combo.currentIndexChanged.connect(lambda _at: self._check())
        for editable in (self.size_, self.rate):
            editable.currentTextChanged.connect(lambda _text: self._check())
        for button in (self.joints, self.angles):
            button.changed.connect(self._check)
        self._lay_out()
        self._relayout()

    # -- what is chosen ---------------------------------------------------------------------

    @property
    def ending(self) -> str:
        """What the file's name ends with: `.mp4`, or `%06d.png` for a picture per frame."""
        return str(self.format.currentData())

    @property
    def composite(self) -> Composite | None:
        """How the picture is composed; None for the frame alone, or where the size is none."""
        layout = self._composed
        size = _parsed(self.size_.currentText())
        if layout is None or size is None or not all(SMALLEST <= side <= LARGEST for side in size):
            return None
        return Composite(layout, size, self.joints.names, self.angles.names)

    @property
    def size_of_frame(self) -> tuple[int, int] | None:
        """What a frame alone is fitted into; None for its own size."""
        if self._composed is not None:
            return None
        size = _parsed(self.size_.currentText())
        return None if size == self._frame_size else size

    @property
    def forming(self) -> bool:
        """Whether the stages of the frame on screen follow each other."""
        return bool(self.layout_.currentData() == _FORMING)

    @property
    def _composed(self) -> CompositeLayout | None:
        layout: CompositeLayout | None = self.layout_.currentData()
        return None if self.forming else layout

    @property
    def frames_a_second(self) -> Fraction | None:
        """The constant rate; None for the clip's own times."""
        return _number(self.rate.currentText())

    @property
    def times(self) -> Fraction:
        """The speed."""
        return Fraction(str(self.speed.currentData()))

    @property
    def trouble(self) -> str:
        """Why nothing can be written so; empty where it can."""
        if self.rate.currentText() != _RATES[0] and self.frames_a_second is None:
            return "The rate is a number of frames a second, up to 1000."
        size = _parsed(self.size_.currentText())
        if size is None:
            return "The size is width x height, such as 1280x720."
        if self._composed is not None and self.composite is None:
            return f"A composed picture has sides of {SMALLEST} to {LARGEST} pixels."
        return ""

    def stored(self) -> dict[str, object]:
        """The choices, as settings keep them."""
        return {
            "layout": self.layout_.currentText(),
            "format": self.format.currentText(),
            "quality": self.quality.currentText(),
            "joints": list(self.joints.names),
        }

    def restore(self, stored: dict[str, object]) -> None:
        """Take stored choices; what is not known stays as it is."""
        for name, combo in (
            ("layout", self.layout_),
            ("format", self.format),
            ("quality", self.quality),
        ):
            at = combo.findText(str(stored.get(name, "")))
            if at >= 0 and combo.isEnabled():
                combo.setCurrentIndex(at)
        if isinstance(joints := stored.get("joints"), list) and joints:
            self.joints.choose(str(joint) for joint in joints)

    # -- inside -------------------------------------------------------------------------------

    def _relayout(self, _at: int = 0) -> None:
        composed = self._composed is not None
        for combo in (self.rate, self.speed):
            allow(combo, not self.forming, why_not="the belief of one frame has no rate")
        for button in (self.joints, self.angles):
            self._form.setRowVisible(button, composed)
        self._fill_sizes()
        self.window().adjustSize()
        self._check()

    def _fill_sizes(self) -> None:
        layout = self._composed
        whole = self._frame_size if layout is None else SIZES[layout]
        self.size_.blockSignals(True)
        self.size_.clear()
        self.size_.addItem(_words(whole))
        short = min(whole)
        for side in _SIDES:
            if side < short:
                self.size_.addItem(_words((whole[0] * side // short, whole[1] * side // short)))
        self.size_.blockSignals(False)

    def _check(self) -> None:
        allow(self.quality, self.ending in _FORMS, why_not="only for a video")
        self.encoder.show_form(_FORMS.get(self.ending, ""))
        self.changed.emit()

    def _lay_out(self) -> None:
        self._form = form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(14)
        form.addRow("Picture", self.layout_)
        form.addRow("Stages of", self.joints)
        form.addRow("Curves of", self.angles)
        kind = QHBoxLayout()
        kind.setSpacing(8)
        for combo, share in ((self.format, 3), (self.size_, 2), (self.quality, 2)):
            kind.addWidget(combo, share)
        form.addRow("Format", kind)
        time = QHBoxLayout()
        time.setSpacing(8)
        time.addWidget(self.rate, 1)
        time.addWidget(self.speed, 1)
        form.addRow("Rate, speed", time)
        form.addRow("Encoder", self.encoder)

    def add_row(self, title: str, control: QWidget) -> None:
        """Add a control of the dialog below, in line with those here."""
        self._form.addRow(title, control)


def joint_names(stages: Sequence[StageSpec]) -> tuple[str, ...]:
    """Names of the joints, or other subjects, that the last stage has a map of."""
    if not stages:
        return ()
    spec = stages[main_stage(stages)]
    return tuple(row.name for row in painter_of(spec.kind).rows(spec) if row.name)


def _combo(items: Mapping[str, object], name: str, parent: QWidget) -> QComboBox:
    made = QComboBox(parent)
    for text, value in items.items():
        made.addItem(text, value)
    made.setAccessibleName(name)
    made.setToolTip(plain_tip(name))
    return made


def _words(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _parsed(text: str) -> tuple[int, int] | None:
    """Width and height; None where the text is none."""
    parts = text.lower().replace(" ", "").split("x")
    if len(parts) != 2 or not all(part.isdecimal() and 1 <= len(part) <= 4 for part in parts):
        return None
    width, height = int(parts[0]), int(parts[1])
    return (width, height) if min(width, height) >= 16 else None


def _number(text: str) -> Fraction | None:
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None
    return value if 0 < value <= 1000 else None
