"""Copies tiles of the Stages dock to the clipboard and saves them as files."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QFileDialog

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.stage import StageGroup
from poseviewer.gui import theme
from poseviewer.gui.stages.layout import GridLayout
from poseviewer.gui.stages.painter import GridPainter, Plan
from poseviewer.gui.widgets import png_of
from poseviewer.runtime.tile_file import save_numbers, save_picture

if TYPE_CHECKING:
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.tile import Tile
    from poseviewer.gui.stages.grid import StageGrid

_SIDE = 320
"""Pixels that the longer side of a saved image has at least."""

_KINDS = "PNG image (*.png);;NumPy array and its JSON (*.npy)"


class TileSaver(QObject):
    """Copies and saves tiles of a grid, as they are shown or as numbers."""

    notified = Signal(str, str)
    """Level and text of a notice."""

    def __init__(self, grid: StageGrid) -> None:
        super().__init__(grid)
        self._grid = grid
        self._folder = ""
        self.source = ""
        """Location of what is open, which is never written over."""

    def picture(self, stage: int, channel: int | None) -> QImage | None:
        """A tile as it is shown, an integer number of pixels a cell; None where there is none."""
        grid, tile = self._grid, self._grid.tile(stage, channel)
        if tile is None or grid.result is None:
            return None
        width, height = _size(tile)
        layout = GridLayout(1, 1, (width, height), 0, 0, 0)
        painter = GridPainter()
        plan = Plan(
            (tile.row,),
            (StageGroup(tile.output.spec.name, ((tile.row.kind, stage),)),),
            layout,
            ((0,), range(1)),
            grid.colormap,
            grid.span,
            grid.gate,
            theme.current().colour("panel").rgb(),
            high=grid.high(stage, channel),
            arrows=grid.arrows,
        )
        painter.compose(grid.result, plan)
        image = QImage(width, height, QImage.Format.Format_RGB32)
        image.fill(theme.current().colour("panel"))
        brush = QPainter(image)
        painter.paint(brush, layout=layout, scroll=(0, 0), ratio=1.0)
        brush.end()
        return image

    def copy(self, stage: int, channel: int | None) -> None:
        """Put the image of a tile on the clipboard."""
        image = self.picture(stage, channel)
        if image is None:
            self._say_nothing_there()
            return
        QGuiApplication.clipboard().setImage(image)
        self.notified.emit("info", f"Copied {self._title(stage, channel)}.")

    def ask(self, stage: int, channel: int | None) -> None:
        """Ask where to save a tile, and as what."""
        tile = self._grid.tile(stage, channel)
        result = self._grid.result
        if tile is None or result is None:
            self._say_nothing_there()
            return
        pictures = QStandardPaths.StandardLocation.PicturesLocation
        folder = Path(self._folder or QStandardPaths.writableLocation(pictures))
        stem = f"{tile.row.title} {tile.output.spec.name}".replace(" ", "_")
        picker = QFileDialog(self._grid, "Save tile", str(folder), _KINDS)
        picker.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        picker.setDefaultSuffix("png")
        picker.selectFile(str(folder / f"{stem}_{result.frame.index:06d}.png"))
        picker.filterSelected.connect(
            lambda kind: picker.setDefaultSuffix("npy" if "npy" in kind else "png")
        )
        # What is asked for is the tile of now: a playing clip moves on.
        image = self.picture(stage, channel)
        picker.fileSelected.connect(lambda path: self._write(Path(path), result, tile, image))
        picker.finished.connect(picker.deleteLater)
        picker.open()

    def save(self, path: Path, stage: int, channel: int | None) -> None:
        """Write a tile: its numbers where `path` ends in .npy, else its image."""
        tile = self._grid.tile(stage, channel)
        result = self._grid.result
        if tile is None or result is None:
            self._say_nothing_there()
        else:
            self._write(path, result, tile, self.picture(stage, channel))

    def _write(self, path: Path, result: FrameResult, tile: Tile, image: QImage | None) -> None:
        self._folder = str(path.parent)
        try:
            if path.suffix.lower() == ".npy":
                beside = save_numbers(
                    path, result, tile.output, tile.row.channel, source=self.source
                )
                self.notified.emit("info", f"Wrote {path} and {beside.name}.")
            elif image is not None:
                save_picture(path, png_of(image), source=self.source)
                self.notified.emit("info", f"Wrote {path}.")
        except PoseViewerError as error:
            self.notified.emit("error", str(error))

    def _title(self, stage: int, channel: int | None) -> str:
        tile = self._grid.tile(stage, channel)
        return "" if tile is None else f"{tile.row.title}, {tile.output.spec.name}"

    def _say_nothing_there(self) -> None:
        self.notified.emit(
            "warning", "Point at a tile of the Stages dock first, or choose one with a click."
        )


def _size(tile: Tile) -> tuple[int, int]:
    """Width and height of an image: whole pixels per cell, or the frame's own without cells."""
    cells = tile.cells
    if tile.box is not None:
        cells = max(round(tile.box.width), 1), max(round(tile.box.height), 1)
    zoom = max(ceil(_SIDE / max(cells)), 1)
    return cells[0] * zoom, cells[1] * zoom
