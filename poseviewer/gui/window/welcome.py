"""The start page, shown while nothing is open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseviewer.gui import theme
from poseviewer.gui.design import SIZES
from poseviewer.gui.icons import application_icon, picture
from poseviewer.gui.plain import Label, caption, plain_tip
from poseviewer.gui.window.questions import QUESTIONS, Question
from poseviewer.gui.window.thumbnails import is_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtGui import QAction

_LISTED = 4
_CARD = 150
"""Width of a recent clip's picture on a desk, logical pixels; it is 16:9."""

_SPARE = 620
"""Height on a desk from which there is room for the mark above the title."""


class Welcome(QScrollArea):
    """The start page: three large actions, the files opened recently, questions to try."""

    chosen = Signal(str)
    """A recent location."""

    asked = Signal(object)
    """A `Question`."""

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Welcome")
        self.setObjectName("welcome")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget(self)
        self.setWidget(page)
        self._cards: dict[str, Card] = {}
        self._mark = Label(page)
        self._mark.setPixmap(application_icon().pixmap(64, 64))
        self._mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = _line("See how a network finds a person", page)
        title.setProperty("heading", True)
        title.setWordWrap(True)
        hint = _line("Drop a video, an image folder, a project or a stream address here, or:", page)
        hint.setProperty("muted", True)
        hint.setWordWrap(True)
        buttons = _centred()
        for name, text in (
            ("open_video", "Open video"),
            ("open_camera", "Camera"),
            ("open_demo", "Demo"),
        ):
            buttons.insertWidget(buttons.count() - 1, self._large(actions[name], text))
        self._recent_title = _section("Recent", page)
        self._recent = _centred()
        column = QVBoxLayout(page)
        column.setSpacing(theme.px(SIZES.gap))
        column.addStretch(2)
        for widget in (self._mark, title, hint):
            column.addWidget(widget)
        column.addSpacing(theme.px(SIZES.gap_wide))
        column.addLayout(buttons)
        column.addSpacing(theme.px(SIZES.gap_wide))
        column.addWidget(self._recent_title)
        column.addLayout(self._recent)
        column.addSpacing(theme.px(SIZES.gap_wide))
        column.addWidget(_section("Try a question", page))
        column.addLayout(self._questions(page))
        column.addStretch(3)

    def _large(self, action: QAction, text: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setIcon(action.icon())
        button.setIconSize(theme.square(SIZES.icon_large))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setMinimumSize(theme.px(124), theme.px(84))
        button.setProperty("large", True)
        button.setToolTip(action.toolTip())
        button.setAccessibleName(text)
        button.setProperty("action", action.objectName())
        button.clicked.connect(action.trigger)
        return button

    def _questions(self, page: QWidget) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(theme.px(2))
        for question in QUESTIONS:
            column.addWidget(self._question(question, page), 0, Qt.AlignmentFlag.AlignHCenter)
        return column

    def _question(self, question: Question, page: QWidget) -> QPushButton:
        button = QPushButton(caption(question.text), page)
        button.setProperty("flat", True)
        button.setProperty("link", True)
        button.setToolTip("Open the demo where the answer can be seen")
        button.clicked.connect(lambda: self.asked.emit(question))
        return button

    def show_recent(self, locations: Sequence[str]) -> None:
        """List the files opened recently; `show_picture` gives each its picture."""
        for card in self._cards.values():
            self._recent.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = {}
        for location in locations[:_LISTED]:
            card = Card(location, self)
            card.clicked.connect(lambda _=False, place=location: self.chosen.emit(place))
            self._recent.insertWidget(self._recent.count() - 1, card)
            self._cards[location] = card
        self._recent_title.setVisible(bool(self._cards))
        self._fit()

    @property
    def listed(self) -> tuple[str, ...]:
        """The locations that are listed."""
        return tuple(self._cards)

    def card(self, location: str) -> Card:
        """The card of a location that is listed."""
        return self._cards[location]

    def show_picture(self, location: str, image: QImage, there: bool) -> None:
        """Give a recent clip its picture; grey where the file is gone."""
        if location in self._cards:
            self._cards[location].show_picture(image, there=there)

    def dress(self, actions: Mapping[str, QAction]) -> None:
        """Set icons in the colours of the current theme."""
        for button in self.findChildren(QToolButton):
            name = button.property("action")
            if name in actions:
                button.setIcon(actions[name].icon())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many recent clips side by side as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self._mark.setVisible(self.height() >= theme.px(_SPARE))
        each = theme.px(_CARD) + theme.px(SIZES.gap_wide)
        room = max((self.viewport().width() - 2 * theme.px(SIZES.margin)) // each, 1)
        for place, card in enumerate(self._cards.values()):
            card.setVisible(place < room)


class Card(QToolButton):
    """A recent clip: its picture, or the icon of its kind, above its name."""

    def __init__(self, location: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.location = location
        self.there = True
        """Whether the file was still there when it was looked for."""
        self._image = QImage()
        self.setText(caption(title_of(location)))
        self.setToolTip(plain_tip(location))
        self.setAccessibleName(f"Open {location}")
        self.setProperty("flat", True)

    def show_picture(self, image: QImage, *, there: bool) -> None:
        """Show a picture; a null one leaves the icon."""
        self._image, self.there = image, there
        if not there:
            self.setToolTip(plain_tip(f"{self.location}\nThis file is not there any more."))
            self.setAccessibleName(f"{self.location}, which is not there any more")
        self.update()

    def sizeHint(self) -> QSize:
        """The picture and one line."""
        return QSize(theme.px(_CARD), self._picture_height() + self.fontMetrics().height() + 8)

    def minimumSizeHint(self) -> QSize:
        """The same: half a picture shows nothing."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the picture with round corners, and the name."""
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = QRectF(1, 1, self.width() - 2, self._picture_height() - 2)
        shape = QPainterPath()
        shape.addRoundedRect(place, SIZES.radius_large, SIZES.radius_large)
        painter.fillPath(shape, now.colour("raised"))
        painter.save()
        painter.setClipPath(shape)
        if self._image.isNull():
            side = theme.px(SIZES.icon_large)
            sign = picture(
                kind_of(self.location), colour=now.muted, size=side, ratio=self.devicePixelRatioF()
            )
            middle = place.center()
            painter.drawPixmap(round(middle.x() - side / 2), round(middle.y() - side / 2), sign)
        else:
            painter.setOpacity(1.0 if self.there else 0.25)
            painter.drawImage(place, self._image)
        painter.restore()
        active = self.hasFocus() or self.underMouse()
        painter.setPen(now.colour("accent" if active else "line"))
        painter.drawPath(shape)
        painter.setPen(now.colour("text" if self.there else "disabled"))
        line = QRectF(2, self._picture_height() + 2, self.width() - 4, self.fontMetrics().height())
        name = self.fontMetrics().elidedText(
            title_of(self.location), Qt.TextElideMode.ElideMiddle, round(line.width())
        )
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, name)
        painter.end()

    def _picture_height(self) -> int:
        return round(theme.px(_CARD) * 9 / 16)


def kind_of(location: str) -> str:
    """The icon for the kind of a location."""
    if location.startswith("camera:"):
        return "camera"
    if location.startswith("mannequin"):
        return "demo"
    return "address" if "://" in location else "open"


def title_of(location: str) -> str:
    """The name of a file; a camera by its number; an address as it is."""
    if location.startswith("camera:"):
        number, *rest = location.removeprefix("camera:").split("@")
        return "   ".join((f"Camera {number}", *rest))
    return Path(location).name if is_path(location) else location


def _centred() -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.px(SIZES.gap_wide))
    row.addStretch(1)
    row.addStretch(1)
    return row


def _section(text: str, parent: QWidget) -> QLabel:
    made = _line(text, parent)
    made.setProperty("muted", True)
    return made


def _line(text: str, parent: QWidget) -> QLabel:
    made = Label(text, parent)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made
