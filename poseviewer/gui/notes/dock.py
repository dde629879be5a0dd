"""The Notes dock: the key frames of a clip with their comments, and notes on the whole clip."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPlainTextEdit,
    QSplitter,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.annotation import LONGEST_NOTES, writable
from poseviewer.draw.captions import clock
from poseviewer.gui import theme
from poseviewer.gui.plain import plain_tip
from poseviewer.gui.widgets import WrapLayout
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from poseviewer.core.annotation import Annotations
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.pose_crops import PoseCrop
    from poseviewer.runtime.state import AppState

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_FRAME, _TIME, _COMMENT = range(3)
_PICTURE = QSize(64, 40)
"""Within which a frame is shown, points."""
_COLUMNS = (
    ("Frame", "The key frame; a click goes there."),
    ("Time", "After the first frame of the clip."),
    ("Comment", "Double-click to write; it stands below the frame on a contact sheet."),
)


class NotesDock(Dock):
    """A list of the key frames, whose comments are written in it, above the notes on the clip."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge, parent, title="Notes", name="notes_dock",
            purpose="Key frames and notes on a clip appear here",
        )  # fmt: skip
        self._shown: tuple[object, ...] = ()
        self._pictured: tuple[object, ...] = ()
        self._rows: list[QTreeWidgetItem] = []
        self._make_list()
        self.notes = QPlainTextEdit()
        self.notes.setAccessibleName("Notes on the clip")
        self.notes.setPlaceholderText("Notes on the clip")
        self.notes.setTabChangesFocus(True)
        self.notes.textChanged.connect(self._on_notes)
        self._buttons = WrapLayout()
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.list)
        parts.addWidget(self.notes)
        parts.setStretchFactor(0, 3)
        parts.setStretchFactor(1, 1)
        content, page = QWidget(), QWidget()
        inside = QVBoxLayout(content)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(6)
        inside.addLayout(self._buttons)
        inside.addWidget(parts, 1)
        outside = QVBoxLayout(page)
        outside.setContentsMargins(8, 8, 8, 8)
        outside.addWidget(self.holder(content, dims=False))
        self.setWidget(page)

    def _make_list(self) -> None:
        self.list = QTreeWidget()
        self.list.setAccessibleName("Key frames")
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setIconSize(_PICTURE * theme.scale())
        self.list.verticalScrollBar().valueChanged.connect(lambda _: self.redraw())
        self.list.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.list.setHeaderLabels([title for title, _ in _COLUMNS])
        head, header, modes = self.list.headerItem(), self.list.header(), QHeaderView.ResizeMode
        header.setStretchLastSection(True)
        for column, (_, tip) in enumerate(_COLUMNS):
            head.setToolTip(column, plain_tip(tip))
            if column != _COMMENT:
                header.setSectionResizeMode(column, modes.ResizeToContents)
                head.setTextAlignment(column, _RIGHT)
        self.list.currentItemChanged.connect(self._on_chosen)
        self.list.itemClicked.connect(self._on_chosen)
        self.list.itemChanged.connect(self._on_written)

    def connect_actions(self, actions: Mapping[str, QAction]) -> None:
        """Put buttons for the actions about key frames above the list."""
        for name in ("key_frame", "key_comment", "contact_sheet"):
            button = QToolButton()
            button.setDefaultAction(actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setProperty("wide", True)
            self._buttons.addWidget(button)

    def why_empty(self, state: AppState) -> str:
        """Why nothing can be written."""
        if state.source is None:
            return super().why_empty(state)
        if state.source.live:
            return "A live source has no key frames: record it, and open the recording."
        return ""

    def show_source(self) -> None:
        """Forget the pictures of another source."""
        self.bridge.session.frame_pictures(())

    def let_go(self) -> None:
        """Drop the pictures, and close the clip they are of."""
        self.bridge.session.frame_pictures(())

    def draw(self, state: AppState) -> None:
        """List the key frames, and show the notes."""
        annotations = state.annotations
        shown = (annotations.key_frames, state.source, theme.current())
        if shown != self._shown:
            self._shown = shown
            self._fill(state)
        self._show_pictures()
        # While it is typed the text may end with what is not saved, such as a space.
        if self._typed != annotations.notes:
            with QSignalBlocker(self.notes):
                self.notes.setPlainText(annotations.notes)

    def _fill(self, state: AppState) -> None:
        times = () if state.source is None else state.source.times
        chosen = self.list.currentItem()
        frame = None if chosen is None else chosen.text(_FRAME)
        with QSignalBlocker(self.list):
            self.list.clear()
            self._rows = []
            for one in state.annotations.key_frames:
                time = clock(float(times[one.frame])) if one.frame < len(times) else ""
                text = " ".join(one.comment.split())
                row = QTreeWidgetItem(self.list, [f"{one.frame}", time, text])
                self._rows.append(row)
                row.setFlags(row.flags() | Qt.ItemFlag.ItemIsEditable)
                row.setToolTip(_COMMENT, plain_tip(one.comment))
                for column in (_FRAME, _TIME):
                    row.setTextAlignment(column, _RIGHT)
                    row.setFont(column, theme.digits())
                if row.text(_FRAME) == frame:
                    self.list.setCurrentItem(row)
        self._pictured = ()

    def _show_pictures(self) -> None:
        """Show the frames of the rows that can be seen; others have none, so that few are held."""
        page = self.list.viewport().rect()
        rows = [row for row in self._rows if self.list.visualItemRect(row).intersects(page)]
        frames = tuple(int(row.text(_FRAME)) for row in rows)
        pictures = self.bridge.session.frame_pictures(frames)
        size, ratio = self.list.iconSize(), self.devicePixelRatioF()
        pictured = frames, pictures, size, ratio
        if pictured == self._pictured:
            return
        self._pictured = pictured
        blank = _icon(None, size, ratio)
        with QSignalBlocker(self.list):
            for row in self._rows:
                row.setIcon(_FRAME, blank)
            for row, picture in zip(rows, pictures, strict=True):
                row.setIcon(_FRAME, _icon(picture, size, ratio))

    @property
    def _typed(self) -> str:
        return writable(self.notes.toPlainText(), longest=LONGEST_NOTES)

    def _annotate(self, title: str, annotations: Annotations, *, typing: bool = False) -> None:
        key = ("notes", self.state.source) if typing else None
        self.bridge.session.annotate(title, annotations, key=key)

    def _on_notes(self) -> None:
        annotations = self.state.annotations
        if self._typed != annotations.notes:
            self._annotate("notes", replace(annotations, notes=self._typed), typing=True)

    def _on_written(self, row: QTreeWidgetItem, column: int) -> None:
        """Save a comment; other columns of a row cannot be changed."""
        annotations, frame = self.state.annotations, int(row.text(_FRAME))
        if column == _COMMENT and annotations.comment(frame) is not None:
            comment = writable(row.text(_COMMENT))
            self._annotate(f"comment on frame {frame}", annotations.with_key_frame(frame, comment))

    def _on_chosen(self, row: QTreeWidgetItem | None) -> None:
        if row is not None:
            self.seek_requested.emit(int(row.text(_FRAME)))


def _icon(picture: PoseCrop | None, size: QSize, ratio: float) -> QIcon:
    """A frame as large as `size` allows, points; as much of nothing where there is none."""
    if picture is None:
        made = QPixmap(size * ratio)
        made.fill(Qt.GlobalColor.transparent)
    else:
        pixels = picture.pixels
        high, wide = pixels.shape[:2]
        whole = QImage(pixels.data, wide, high, pixels.strides[0], QImage.Format.Format_RGB888)
        keep, smooth = (
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        made = QPixmap.fromImage(whole.scaled(size * ratio, keep, smooth))
    made.setDevicePixelRatio(ratio)
    return QIcon(made)
