"""Model > Import network: a guess is put right, tried on the frame on screen, and imported."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox

from poseviewer.core.errors import PoseViewerError
from poseviewer.gui.dialogs.import_network import FILES, ImportNetwork
from poseviewer.runtime.importing import Form, Inside, Read, Tried

pytestmark = pytest.mark.gui

FORM = Form(
    size=(192, 256), layout="nchw", order="rgb", values="ImageNet", kind="points",
    outputs=("joints",), maps="nchw", numbers="xys", grid="centres", skeleton="coco-17", joints=17,
)  # fmt: skip
READ = Read(
    name="net.onnx", model="net", what="A network that answers coordinates.", certain=False,
    licence="unknown", inputs=("in: 1",), outputs=(("joints", "joints: 17"), ("more", "more: 17")),
    inside=(Inside("a", "a   Conv", ""), Inside("b", "b   Sigmoid", "maps of few channels")),
    form=FORM,
)  # fmt: skip


@pytest.fixture
def dialog(clip_window, session):
    clip_window.actions_by_name["import_network"].trigger()
    (picker,) = clip_window.findChildren(QFileDialog)
    picker.fileSelected.emit("net.onnx")
    picker.reject()
    (made,) = clip_window.findChildren(ImportNetwork)
    yield made
    made.reject()


def test_a_guess_is_shown_and_tried_at_once(dialog, session):
    assert session.importer.asked == [("read", Path("net.onnx"))]
    assert not dialog.accept_.isEnabled()
    session.importer.answer(READ)
    assert dialog.what.text() == "A network that answers coordinates."
    assert dialog.form() == FORM
    # What is likely comes first.
    assert [dialog.stages.item(at).text()[0] for at in range(2)] == ["b", "a"]
    frame = session.state.result.frame
    assert session.importer.asked[1:] == [("try", FORM, (), frame)]
    assert not dialog.try_out.isEnabled()
    session.importer.answer(Tried(np.zeros((30, 40, 3), np.uint8), "1 person, 17 sure joints"))
    assert dialog.note.text() == "1 person, 17 sure joints"
    assert not dialog.picture.pixmap().isNull()
    assert dialog.try_out.isEnabled()


def test_what_is_put_right_is_imported_and_used(dialog, session):
    session.importer.answer(READ)
    session.importer.answer(PoseViewerError("The card does not fit the network."))
    assert dialog.note.text() == "The card does not fit the network."
    dialog.kind.setCurrentIndex(dialog.kind.findData("simcc"))
    dialog.second.setCurrentIndex(dialog.second.findData("more"))
    dialog.skeleton.setCurrentIndex(dialog.skeleton.findData(""))
    dialog.joints.setValue(12)
    dialog.stages.item(1).setCheckState(Qt.CheckState.Checked)
    assert not dialog.numbers.isEnabled()
    dialog.name.setText("mine")
    dialog.accept_.click()
    kind, form, stages, name = session.importer.asked[-1]
    assert (kind, stages, name) == ("import", ("a",), "mine")
    assert (form.kind, form.outputs) == ("simcc", ("joints", "more"))
    assert (form.skeleton, form.joints) == ("", 12)
    session.importer.answer("cpm-lite")
    assert session.state.network.model == "cpm-lite"
    assert not dialog.isVisible()
    assert session.importer.asked[-1] == ("close",)


def test_a_file_that_cannot_be_read_says_why(dialog, session):
    session.importer.answer(PoseViewerError("net.onnx cannot be read by OpenVINO."))
    assert dialog.note.text() == "net.onnx cannot be read by OpenVINO."
    assert not dialog.accept_.isEnabled()
    assert not dialog.try_out.isEnabled()


def test_nothing_can_be_said_of_what_is_not_read(dialog, session):
    widgets = (dialog.name, *dialog.said, dialog.stages)
    assert not any(widget.isEnabled() for widget in widgets)
    session.importer.answer(PoseViewerError("net.onnx cannot be read by OpenVINO."))
    assert not any(widget.isEnabled() for widget in widgets)


def test_enter_imports_also_after_a_refusal(qtbot, dialog, session):
    session.importer.answer(READ)
    session.importer.answer(PoseViewerError("The card does not fit the network."))
    dialog.accept_.setFocus()
    dialog.accept_.click()
    session.importer.answer(PoseViewerError("There is an imported model called net already."))
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert [asked[0] for asked in session.importer.asked[-2:]] == ["import", "import"]


def test_a_checkpoint_has_nothing_to_be_said(dialog, session):
    session.importer.answer(
        replace(READ, what="Hourglass; 200 tensors fit", certain=True, inside=(), form=None)
    )
    assert dialog.what.text() == "net.onnx: Hourglass; 200 tensors fit"
    assert not any(widget.isEnabled() for widget in (*dialog.said, dialog.stages, dialog.try_out))
    assert session.importer.asked == [("read", Path("net.onnx"))]
    dialog.name.setText("mine")
    dialog.accept_.click()
    assert session.importer.asked[-1] == ("import", None, (), "mine")
    assert "*.pth" in FILES
    assert "*.tgz" in FILES


def removing(window) -> QMessageBox:
    window.actions_by_name["remove_network"].trigger()
    return window.findChildren(QMessageBox)[-1]


def test_only_an_imported_network_is_removed_and_another_takes_its_place(
    qtbot, clip_window, session
):
    action = clip_window.actions_by_name["remove_network"]
    assert not action.isEnabled()
    assert "imported" in action.toolTip()
    shipped, mine = session.state.models
    session.store.change(models=(shipped, replace(mine, imported=True)))
    session.change("network", model=mine.name, automatic=False)
    qtbot.waitUntil(action.isEnabled)
    box = removing(clip_window)
    assert mine.name in box.text()
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert session.importer.asked == []
    box = removing(clip_window)
    (remove,) = [b for b in box.buttons() if b.text() == "Remove"]
    remove.click()
    assert session.importer.asked == [("remove", mine.name)]
    assert session.state.network.automatic
