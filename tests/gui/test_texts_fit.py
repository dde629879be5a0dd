"""No text of the window is cut off, at three sizes and on screens of two densities."""

import os
import subprocess
import sys

import pytest
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from tests.gui.cut_off import SIZES, cut_off, open_clip, settle, walk


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_off(own_window, size):
    open_clip(own_window)
    assert walk(own_window, size) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("distance", "size"), [("room", SIZES[1]), ("hall", SIZES[0]), ("hall", SIZES[1])]
)
def test_nothing_is_cut_off_from_afar(own_window, distance, size):
    open_clip(own_window)
    own_window.appearance.choose_distance(distance)
    try:
        assert walk(own_window, size) == []
    finally:
        own_window.appearance.choose_distance("desk")


@pytest.mark.slow
def test_nothing_is_cut_off_on_a_dense_screen(tmp_path):
    sizes = [f"{width}x{height}" for width, height in SIZES]
    dense = {"QT_SCALE_FACTOR": "2", "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.gui.cut_off", *sizes],
        env=os.environ | dense | {"POSEVIEWER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


def test_what_is_cut_off_is_found(qtbot):
    """The walk itself sees a label, a button and what reaches out of its holder."""
    holder = QWidget()
    qtbot.addWidget(holder)
    row = QHBoxLayout(holder)
    label, button = QLabel("A sentence of some length"), QPushButton("Several words")
    row.addWidget(label)
    row.addWidget(button)
    holder.show()
    settle()
    assert cut_off(holder) == []
    label.setFixedWidth(30)
    button.setFixedWidth(20)
    settle()
    assert len(cut_off(holder)) == 2
    label.setFixedWidth(400)
    holder.setFixedWidth(200)
    settle()
    assert any("reaches out" in cut for cut in cut_off(holder))
