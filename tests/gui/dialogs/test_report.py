"""Help > Report a problem shows what was found, without personal paths, and copies it."""

from pathlib import Path

import pytest
from PySide6.QtGui import QAction, QGuiApplication

from poseviewer.gui.dialogs.report import ReportDialog
from poseviewer.runtime.doctor import Finding

pytestmark = pytest.mark.gui


def test_what_was_found_is_shown_and_copied(qtbot):
    told = []
    dialog = ReportDialog(find=told.append)
    qtbot.addWidget(dialog)
    assert not dialog.copy.isEnabled()
    told[0]((Finding("config", f"{Path.home()}/poseviewer", section="folders"),))
    assert "config          ~/poseviewer" in dialog.text.toPlainText()
    assert "screen 1" in dialog.text.toPlainText()
    dialog.copy.click()
    assert QGuiApplication.clipboard().text() == dialog.text.toPlainText()


def test_the_menu_opens_it(clip_window, monkeypatch):
    monkeypatch.setattr("poseviewer.gui.dialogs.report.ReportDialog", Silent)
    (action,) = (one for one in clip_window.findChildren(QAction) if one.objectName() == "report")
    action.trigger()
    (dialog,) = clip_window.findChildren(ReportDialog)
    dialog.reject()


class Silent(ReportDialog):
    """Examines nothing."""

    def __init__(self, parent):
        super().__init__(parent, find=lambda found: None)
