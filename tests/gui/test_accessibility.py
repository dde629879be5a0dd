"""The window by keyboard alone and through a screen reader; no signs but our own."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDockWidget,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QListWidget,
    QScrollBar,
    QTabBar,
    QTableView,
    QTabWidget,
    QTreeView,
    QWidget,
)

from poseviewer.gui.depth.view import SpaceView
from poseviewer.gui.dialogs.camera import CameraDialog
from poseviewer.gui.dialogs.export_names import ReplaceDialog
from poseviewer.gui.dialogs.leave import LeaveDialog
from poseviewer.gui.dialogs.report import ReportDialog
from poseviewer.gui.embedding.tiles import MatchRow
from poseviewer.gui.inside.map import InsideMap
from poseviewer.gui.stages.grid import StageGrid
from tests.gui.cut_off import DIALOGS, settle

FORWARD = Qt.KeyboardModifier.ControlModifier
BACK = FORWARD | Qt.KeyboardModifier.ShiftModifier


def where(window):
    """The dock that has the keys, or the middle."""
    part = QApplication.focusWidget()
    while part is not None and not isinstance(part, QDockWidget):
        part = part.parentWidget()
    return part


def go(window, modifiers):
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_F6, modifiers)
    settle()


@pytest.mark.parametrize("modifiers", [FORWARD, BACK])
def test_every_dock_is_reached_by_keys_and_the_round_ends_at_the_frame(clip_window, modifiers):
    for dock in clip_window.docks.all:
        dock.show()
    settle()
    clip_window.frame_view.setFocus()
    met = []
    for _ in clip_window.docks.all:
        go(clip_window, modifiers)
        met.append(where(clip_window))
        assert met[-1].seen, met[-1].objectName()
    assert set(met) == set(clip_window.docks.all)
    go(clip_window, modifiers)
    assert where(clip_window) is None
    clip_window.actions_by_name["reset_layout"].trigger()


def test_the_round_begins_on_the_start_page_too(window):
    window.docks.stages.show()
    go(window, FORWARD)
    assert where(window) is not None


def test_return_presses_the_button_that_has_the_keys(qtbot, clip_window, session):
    """Space plays wherever the keys are."""
    dock = clip_window.docks.springs
    dock.show()
    for floating in (False, True):
        dock.setFloating(floating)
        settle()
        dock.window().activateWindow()
        dock.use.setFocus()
        before = session.state.reading.decoding
        QTest.keyClick(dock.use, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda before=before: session.state.reading.decoding != before)
    assert not session.state.playback.playing
    clip_window.actions_by_name["reset_layout"].trigger()


@pytest.mark.parametrize("kind", [SpaceView, InsideMap, MatchRow, StageGrid])
def test_what_is_moved_in_by_arrows_keeps_them_from_the_window(qtbot, kind):
    widget = kind()
    qtbot.addWidget(widget)
    for key, taken in ((Qt.Key.Key_Left, True), (Qt.Key.Key_Space, False)):
        for modifiers in (Qt.KeyboardModifier.NoModifier, FORWARD):
            event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
            event.ignore()
            QApplication.sendEvent(widget, event)
            assert event.isAccepted() == (taken and modifiers != FORWARD)


def test_every_dock_is_named(window):
    for dock in window.docks.all:
        assert dock.windowTitle()
        assert dock.accessibleName() == dock.windowTitle()
    names = [dock.accessibleName() for dock in window.docks.all]
    assert len(set(names)) == len(names)


def said(widget):
    """What a screen reader says of a widget."""
    interface = QAccessible.queryAccessibleInterface(widget)
    if interface is None:
        return ""
    texts = (QAccessible.Text.Name, QAccessible.Text.Value, QAccessible.Text.Description)
    return " ".join(filter(None, map(interface.text, texts)))


def test_whatever_takes_the_keys_says_what_it_is(clip_window):
    silent = []
    for dock in clip_window.docks.all:
        dock.show()
        dock.raise_()
        settle()
        for widget in dock.findChildren(QWidget):
            inner = isinstance(widget.parentWidget(), (QAbstractScrollArea, QHeaderView))
            takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible()
            if takes and not inner and not widget.focusProxy() and not said(widget):
                silent.append(f"{dock.objectName()}/{type(widget).__name__}/{widget.objectName()}")
    assert silent == []
    clip_window.actions_by_name["reset_layout"].trigger()


def test_tables_can_be_read(clip_window):
    """A name, titles above the columns, and a text in the cells of the first column."""
    for table in clip_window.findChildren(QAbstractItemView):
        if not isinstance(table, (QTableView, QTreeView)) or isinstance(table, QHeaderView):
            continue
        model = table.model()
        if model is None or not model.columnCount() or not table.isVisible():
            continue
        assert table.accessibleName(), table.objectName()
        titles = [
            model.headerData(column, Qt.Orientation.Horizontal)
            for column in range(model.columnCount())
        ]
        assert any(titles) or model.columnCount() == 1, table.accessibleName()
        for row in range(model.rowCount()):
            cells = [model.index(row, column).data() for column in range(model.columnCount())]
            assert any(cells), (table.accessibleName(), row)


def test_a_tile_says_joint_stage_and_value(clip_window, session):
    clip_window.docks.stages.show()
    clip_window.docks.stages.raise_()
    settle()
    joint = session.state.model.stages[-1].channels.index("right_knee")
    session.change("display", overlay_stage=3, overlay_channel=joint)
    settle()
    words = clip_window.docks.stages.grid.accessibleDescription()
    assert "knee" in words
    assert "stack 4" in words
    assert any(part.replace(".", "").isdigit() for part in words.replace(",", "").split())


def icons_of(dialog):
    boxes = dialog.findChildren(QDialogButtonBox)
    return [b.text() for box in boxes for b in box.buttons() if not b.icon().isNull()]


@pytest.mark.parametrize("name", DIALOGS)
def test_dialogs_have_no_signs_of_the_platform(clip_window, name):
    clip_window.actions_by_name[name].trigger()
    settle()
    dialogs = [one for one in clip_window.findChildren(QDialog) if one.isVisible()]
    assert dialogs
    for dialog in dialogs:
        assert icons_of(dialog) == []
        dialog.reject()


def test_questions_have_our_own_sign(qtbot, tmp_path):
    for box in (LeaveDialog(2), ReplaceDialog([tmp_path / "a.mp4"])):
        qtbot.addWidget(box)
        assert icons_of(box) == []
        assert box.icon() == box.Icon.NoIcon
        assert not box.iconPixmap().isNull()


CONTROLS = QAbstractButton, QComboBox, QAbstractSpinBox, QLineEdit, QAbstractSlider
PARTS_OF_ONE = QComboBox, QAbstractSpinBox, QKeySequenceEdit, QTabBar
"""Widgets in which others lie that are no controls of their own."""

MORE_DIALOGS = "open_screen", "get_networks", "workspace_save"
"""Those that look for something on a thread have tests of their own."""


def unexplained(top):
    """The greyed controls in sight whose tooltips do not say why they cannot be used."""
    return [
        f"{type(part).__name__} {said(part)!r}: {part.toolTip()!r}"
        for kind in CONTROLS
        for part in top.findChildren(kind)
        if part.isVisible() and not part.isEnabled()
        and not isinstance(part, QScrollBar)
        and not isinstance(part.parentWidget(), PARTS_OF_ONE)
        and "Not now: " not in part.toolTip()
    ]  # fmt: skip


@pytest.mark.parametrize("name", [*DIALOGS, *MORE_DIALOGS])
def test_what_is_greyed_in_a_dialog_says_why(clip_window, name):
    before = {one for one in clip_window.findChildren(QDialog) if one.isVisible()}
    clip_window.actions_by_name[name].trigger()
    settle()
    opened = {one for one in clip_window.findChildren(QDialog) if one.isVisible()} - before
    assert opened
    missing = []
    for dialog in opened:
        pages = dialog.findChild(QListWidget, "pages")
        tabs = dialog.findChildren(QTabWidget)
        for at in range(pages.count() if pages else 1):
            if pages:
                pages.setCurrentRow(at)
            for tab in range(max([one.count() for one in tabs], default=1)):
                for one in tabs:
                    one.setCurrentIndex(tab)
                settle()
                missing += unexplained(dialog)
        dialog.reject()
    assert list(dict.fromkeys(missing)) == []


def test_what_is_greyed_before_something_is_found_says_why(qtbot):
    for dialog in (CameraDialog(()), ReportDialog(find=lambda _tell: None)):
        qtbot.addWidget(dialog)
        dialog.show()
        settle()
        assert not all(part.isEnabled() for part in dialog.findChildren(QAbstractButton))
        assert unexplained(dialog) == []


@pytest.mark.parametrize("clip", [False, True])
def test_what_is_greyed_in_a_dock_says_why(own_window, clip):
    if clip:
        own_window.open("/videos/walk.mp4")
    missing = []
    for dock in own_window.docks.all:
        dock.show()
        dock.raise_()
        settle()
        missing += [f"{dock.objectName()}: {what}" for what in unexplained(dock)]
    assert list(dict.fromkeys(missing)) == []
