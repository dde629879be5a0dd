"""A PDF of pages that are pictures, with their texts invisibly above them, to be found and copied.

After ISO 32000-1: one catalogue, one tree of pages, for each page a JPEG and a content stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from poseviewer.draw.sheet import Page, Text

_WIDTH = 595.276
"""Of A4, points."""

_QUALITY = 92
_CAPITAL = 0.718
"""Height of a capital of Helvetica, of its size."""


def pdf_bytes(pages: Iterable[Page], *, title: str) -> bytes:
    """Write pages as a PDF.

    Args:
        pages: As wide as A4 each.
        title: Of the document.
    """
    objects: dict[int, bytes] = {}
    kids: list[int] = []
    for page in pages:
        number = 5 + 3 * len(kids)
        kids.append(number)
        height, width = page.pixels.shape[:2]
        unit = _WIDTH / width
        pixels = cv2.cvtColor(page.pixels, cv2.COLOR_RGB2BGR)
        _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        objects[number] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH:.3f} {height * unit:.3f}] "
            f"/Resources << /Font << /F 4 0 R >> /XObject << /I {number + 1} 0 R >> >> "
            f"/Contents {number + 2} 0 R >>"
        ).encode()
        objects[number + 1] = _stream(
            jpeg.tobytes(),
            f"/Type /XObject /Subtype /Image /Width {width} /Height {height} "
            "/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode",
        )
        objects[number + 2] = _stream(_content(page.texts, unit=unit, height=height * unit))
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R >>"
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    objects[2] = f"<< /Type /Pages /Count {len(kids)} /Kids [{listed}] >>".encode()
    name = title.encode("utf-16-be", "replace").hex()
    objects[3] = f"<< /Title <FEFF{name}> /Producer (PoseViewer) >>".encode()
    objects[4] = (
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    )
    return _file(objects)


def _content(texts: Iterable[Text], *, unit: float, height: float) -> bytes:
    """The picture over the whole page, and the texts in the mode that paints nothing."""
    lines = [f"q {_WIDTH:.3f} 0 0 {height:.3f} 0 0 cm /I Do Q", "BT 3 Tr"]
    for one in texts:
        x, y = one.at[0] * unit, height - one.at[1] * unit
        letters = one.text.encode("cp1252", "replace").hex()
        lines.append(f"/F {one.size * unit / _CAPITAL:.3f} Tf 1 0 0 1 {x:.3f} {y:.3f} Tm")
        lines.append(f"<{letters}> Tj")
    return "\n".join([*lines, "ET"]).encode()


def _stream(data: bytes, about: str = "") -> bytes:
    head = f"<< /Length {len(data)} {about} >>\nstream\n".encode()
    return head + data + b"\nendstream"


def _file(objects: dict[int, bytes]) -> bytes:
    """The objects one after another, and where each begins."""
    written = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number in sorted(objects):
        places.append(len(written))
        written += f"{number} 0 obj\n".encode() + objects[number] + b"\nendobj\n"
    start, size = len(written), len(objects) + 1
    written += f"xref\n0 {size}\n0000000000 65535 f \n".encode()
    written += "".join(f"{place:010d} 00000 n \n" for place in places).encode()
    written += f"trailer\n<< /Size {size} /Root 1 0 R /Info 3 0 R >>\n".encode()
    return bytes(written + f"startxref\n{start}\n%%EOF\n".encode())
