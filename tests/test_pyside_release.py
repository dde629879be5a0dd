"""PySide6 6.12.0 on Python 3.11 drops a reference to None at every void call of Qt.

After a few thousand calls the interpreter aborts, so the loop runs in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys

_LOOP = """
import sys
from PySide6.QtGui import QImage, QPainter

image = QImage(64, 64, QImage.Format.Format_RGB32)
painter = QPainter(image)
before = sys.getrefcount(None)
for step in range(20_000):
    painter.drawLine(0, step % 64, 63, 63 - step % 64)
painter.end()
lost = before - sys.getrefcount(None)
sys.exit(f"{lost} references to None are gone" if lost > 1_000 else 0)
"""


def test_drawing_keeps_the_references_to_none() -> None:
    loop = subprocess.run([sys.executable, "-c", _LOOP], capture_output=True, text=True)
    assert loop.returncode == 0, loop.stderr
