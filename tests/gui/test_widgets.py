"""Rows of controls that wrap, and choosers filled anew."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QComboBox, QFormLayout, QScrollArea, QWidget

from poseviewer.gui.widgets import WrapLayout, combo, fill, quiet_label, toggle

if TYPE_CHECKING:
    from PySide6.QtCore import QRect


@pytest.fixture
def row(qtbot):
    made = QWidget()
    boxes = [combo(name, "Explained.", [(1, "one", "One.")]) for name in ("A", "B", "C")]
    WrapLayout(made, *boxes, toggle("Fit", "Explained."))
    qtbot.addWidget(made)
    return made


def places(row: QWidget) -> list[QRect]:
    row.layout().activate()
    return [row.layout().itemAt(n).geometry() for n in range(row.layout().count())]


def test_everything_in_one_line_where_there_is_room_and_nothing_left_over(row):
    row.resize(700, 40)
    found = places(row)
    assert len({place.center().y() for place in found}) == 1
    assert found[0].left() == 0
    assert found[-1].right() == 699
    assert all(one.right() < two.left() for one, two in itertools.pairwise(found))


def test_a_narrow_row_goes_on_in_the_next_line_and_says_how_high_it_is(row):
    layout = row.layout()
    width = layout.sizeHint().width() - 1
    assert layout.heightForWidth(width) > layout.heightForWidth(width + 1)
    assert layout.minimumSize().width() < width / 3
    row.resize(layout.minimumSize().width(), 400)
    found = places(row)
    assert max(place.right() for place in found) < row.width()
    assert max(place.bottom() for place in found) < layout.heightForWidth(row.width())
    assert not any(a.intersects(b) for a in found for b in found if a != b)


def test_hidden_widgets_take_no_room(row):
    before = row.layout().sizeHint().width()
    row.layout().itemAt(1).widget().hide()
    assert row.layout().sizeHint().width() < before


def test_a_chooser_filled_anew_forgets_what_it_had(qtbot):
    box = combo("Figure", "Explained.", [(1, "one", "One."), (2, "two", "Two.")])
    qtbot.addWidget(box)
    fill(box, [(3, "three", "Three.")])
    assert [box.itemText(n) for n in range(box.count())] == ["three"]
    assert box.currentData() == 3


def test_a_quiet_text_takes_no_more_height_than_its_lines(qtbot):
    area, inner = QScrollArea(), QWidget()
    area.setWidgetResizable(True)
    form = QFormLayout(inner)
    text = quiet_label(text="A sentence that is long enough for several lines of a form. " * 3)
    form.addRow("Above", QComboBox())
    form.addRow("", text)
    form.addRow("Below", QComboBox())
    area.setWidget(inner)
    qtbot.addWidget(area)
    heights = []
    for width in (600, 300):
        area.resize(width, 400)
        area.show()
        qtbot.waitUntil(lambda: text.height() == text.heightForWidth(text.width()))
        heights.append(text.height())
    assert heights[1] > heights[0]
