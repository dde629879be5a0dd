"""The slider of the whole clip."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from poseviewer.gui.transport.timeline import Timeline, confidence_bars


@pytest.fixture
def timeline(qtbot):
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(616, 40)
    made.set_times(np.arange(301) / 30)
    made.show()
    return made


def test_bars_are_means_and_gaps_stay_gaps():
    index = np.array([0, 1, 2, 9])
    confidence = np.array([0.2, 0.4, np.nan, 1.0], np.float32)
    bars = confidence_bars(index, confidence, count=10, bars=5)
    assert bars == pytest.approx([0.3, np.nan, np.nan, np.nan, 1.0], nan_ok=True)


def test_places_and_frames_agree(timeline):
    for index in (0, 1, 150, 299, 300):
        assert timeline.index_at(timeline.x_of(index)) == index
    assert timeline.index_at(-100) == 0
    assert timeline.index_at(9999) == 300


def test_pointing_and_dragging_seek(qtbot, timeline):
    seen = []
    timeline.sought.connect(seen.append)
    at = [QPoint(round(timeline.x_of(index)), 20) for index in (50, 100, 120)]
    qtbot.mousePress(timeline, Qt.MouseButton.LeftButton, pos=at[0])
    assert timeline.isSliderDown()
    qtbot.mouseMove(timeline, at[1])
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=at[1])
    qtbot.mouseMove(timeline, at[2])
    assert seen == [50, 100]
    assert timeline.value() == 100


def column(timeline, index):
    """Colours of the column where a frame lies."""
    image = timeline.grab().toImage()
    x = round(timeline.x_of(index))
    return [image.pixelColor(x, y).name() for y in range(image.height())]


def test_what_is_analysed_can_be_seen(timeline):
    before = column(timeline, 40), column(timeline, 200)
    timeline.set_history(np.arange(100), np.full(100, 0.9, np.float32))
    assert column(timeline, 40) != before[0]
    assert column(timeline, 200) == before[1]


def test_marks_can_be_seen(timeline):
    before = column(timeline, 100)
    timeline.set_marks(100, 200)
    assert column(timeline, 100) != before


def test_a_clip_of_one_frame_is_shown(timeline):
    timeline.set_times(np.zeros(1))
    timeline.set_history(np.array([0]), np.array([0.5], np.float32))
    timeline.grab()
    assert timeline.index_at(300) == 0
