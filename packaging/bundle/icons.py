"""Makes the program's icons of every system from its SVG: .png, .ico and .icns."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgRenderer

if TYPE_CHECKING:
    from pathlib import Path

ICO_SIDES = (16, 24, 32, 48, 64, 128, 256)
ICNS_KINDS = {b"ic07": 128, b"ic08": 256, b"ic09": 512, b"ic10": 1024, b"ic11": 32, b"ic12": 64}
"""Apple's names of entries that hold a PNG, and the sides of their pictures."""

PNG_SIDES = (48, 128, 256, 512)
"""Sides that desktops on Linux look for."""


def png(svg: Path, side: int) -> bytes:
    """The picture as a PNG of `side` pixels."""
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(svg)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(buffer.data().data())


def ico(svg: Path) -> bytes:
    """An icon for Windows: a directory of PNG files (Windows Vista and later)."""
    pictures = [png(svg, side) for side in ICO_SIDES]
    head = struct.pack("<HHH", 0, 1, len(pictures))
    at = len(head) + 16 * len(pictures)
    rows = b""
    for side, picture in zip(ICO_SIDES, pictures, strict=True):
        # A side of 256 is written as 0.
        rows += struct.pack("<BBBBHHII", side % 256, side % 256, 0, 0, 1, 32, len(picture), at)
        at += len(picture)
    return head + rows + b"".join(pictures)


def icns(svg: Path) -> bytes:
    """An icon for macOS: entries of a name, a length and a PNG."""
    entries = b""
    for kind, side in ICNS_KINDS.items():
        picture = png(svg, side)
        entries += kind + struct.pack(">I", len(picture) + 8) + picture
    return b"icns" + struct.pack(">I", len(entries) + 8) + entries


def write_icons(svg: Path, folder: Path) -> None:
    """Write every icon into a folder."""
    app = QGuiApplication.instance() or QGuiApplication([])
    folder.mkdir(parents=True, exist_ok=True)
    for side in PNG_SIDES:
        (folder / f"poseviewer-{side}.png").write_bytes(png(svg, side))
    (folder / "poseviewer.ico").write_bytes(ico(svg))
    (folder / "poseviewer.icns").write_bytes(icns(svg))
    del app
