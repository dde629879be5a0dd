"""Help > Guide: the pages of resources/guide, with their pictures, without a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QImage, QTextCursor, QTextDocument, QTextImageFormat
from PySide6.QtWidgets import (
    QDialog,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.assets import resource

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

_WIDEST = 860
"""Logical pixels that a picture covers at most; text is set to the same measure."""

_PICTURE = "\N{OBJECT REPLACEMENT CHARACTER}"
"""What stands in the text for a picture."""

_PAGE = re.compile(r"^\d\d-(?P<name>[a-z-]+)\.md$")


def pages() -> dict[str, Path]:
    """The pages of the guide by name, in the order of their numbers."""
    found = {}
    for path in sorted(resource("guide").glob("*.md")):
        match = _PAGE.match(path.name)
        if match:
            found[match["name"]] = path
    return found


def title_of(page: Path) -> str:
    """The first heading of a page."""
    first = page.read_text(encoding="utf-8").split("\n", 1)[0]
    return first.lstrip("# ").strip()


class PageView(QTextBrowser):
    """One page of Markdown whose pictures are no wider than the view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Page of the guide")
        self.setOpenLinks(False)
        self.document().setDocumentMargin(22)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._width = 0
        self._fitting = QTimer(self, singleShot=True, interval=0)
        self._fitting.timeout.connect(self._on_resized)
        self._page: Path | None = None

    def show_page(self, page: Path) -> None:
        """Show `page` from its top."""
        self._page = page
        self._set()
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def _set(self) -> None:
        if self._page is None:
            return
        self._width = self._room()
        self.clear()
        self.document().setBaseUrl(QUrl.fromLocalFile(str(self._page)))
        self.setMarkdown(self._page.read_text(encoding="utf-8"))
        for place, name in self._pictures():
            path = self._picture(name)
            if path is not None:
                self._fit(place, path)

    def loadResource(self, kind: int, name: QUrl | str) -> object:  # noqa: ARG002 - Qt's
        """Give an empty picture: those beside the page are put in by `_fit`, others not at all."""
        # Qt would look for the file by itself if it were given nothing.
        return QImage(1, 1, QImage.Format.Format_Alpha8)

    def _picture(self, name: str) -> Path | None:
        """The path of a picture beside the page; None where it lies elsewhere."""
        if self._page is None or name != Path(name).name:
            return None
        return self._page.parent / name

    def _room(self) -> int:
        margins = 2 * round(self.document().documentMargin())
        return max(min(self.viewport().width() - margins, _WIDEST), 120)

    def _pictures(self) -> list[tuple[int, str]]:
        """Where the pictures stand in the text, and their names."""
        found = []
        cursor = self.document().find(_PICTURE, 0)
        while not cursor.isNull():
            found.append((cursor.selectionStart(), cursor.charFormat().toImageFormat().name()))
            cursor = self.document().find(_PICTURE, cursor.selectionEnd())
        return found

    def _fit(self, place: int, path: Path) -> None:
        """Show the picture at `place` as wide as there is room for, sharp on a dense screen."""
        image = QImage(str(path))
        if image.isNull():
            return
        ratio = self.devicePixelRatioF()
        wanted = min(round(self._width * ratio), image.width())
        image = image.scaledToWidth(wanted, Qt.TransformationMode.SmoothTransformation)
        name = f"fitted:{path.name}"
        self.document().addResource(QTextDocument.ResourceType.ImageResource, QUrl(name), image)
        shown = QTextImageFormat()
        shown.setName(name)
        shown.setWidth(image.width() / ratio)
        shown.setHeight(image.height() / ratio)
        cursor = QTextCursor(self.document())
        cursor.setPosition(place)
        cursor.movePosition(cursor.MoveOperation.Right, cursor.MoveMode.KeepAnchor)
        cursor.setCharFormat(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the pictures again."""
        super().resizeEvent(event)
        # Later: a page that is being laid out may resize the view it is laid out for.
        self._fitting.start()

    def _on_resized(self) -> None:
        if self._room() != self._width:
            place = self.verticalScrollBar().value()
            self._set()
            self.verticalScrollBar().setValue(place)


class Guide(QDialog):
    """The pages beside their contents; links lead from one to another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Guide")
        self.resize(1120, 760)
        self.setModal(False)
        self._pages = pages()
        self.contents = QListWidget(self)
        self.contents.setAccessibleName("Contents of the guide")
        self.contents.setMinimumWidth(150)
        for name, page in self._pages.items():
            item = QListWidgetItem(title_of(page))
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setSizeHint(QSize(0, 32))
            self.contents.addItem(item)
        self.page = PageView(self)
        self.page.anchorClicked.connect(self._follow)
        self.contents.currentRowChanged.connect(self._on_row)
        splitter = QSplitter(self)
        splitter.addWidget(self.contents)
        splitter.addWidget(self.page)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([190, 930])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(splitter)
        self.contents.setCurrentRow(0)

    def show_page(self, name: str) -> None:
        """Turn to a page; an unknown name leaves the one that is open."""
        if name in self._pages:
            self.contents.setCurrentRow(list(self._pages).index(name))

    def _on_row(self, row: int) -> None:
        if row >= 0:
            self.page.show_page(list(self._pages.values())[row])

    def _follow(self, link: QUrl) -> None:
        match = _PAGE.match(link.fileName())
        if match:
            self.show_page(match["name"])
        elif link.scheme() in ("http", "https"):
            QDesktopServices.openUrl(link)
