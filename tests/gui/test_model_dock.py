"""The Model dock."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from poseviewer.core.affine import Box
from poseviewer.gui.model_dock import ModelDock
from tests.gui.fake_session import model

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(qtbot, bridge):
    made = ModelDock(bridge)
    bridge.changed.connect(lambda: made.refresh(bridge.session.view()))
    qtbot.addWidget(made)
    made.show()
    return made


def pick(dock, field, value):
    """Choose as a person does: from the list."""
    box = dock.boxes[field]
    row = box.findData(value)
    assert row >= 0
    box.setCurrentIndex(row)
    box.activated.emit(row)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", "cpm-lite"),
        ("engine", "torch"),
        ("device", "cpu"),
        ("precision", "bf16"),
        ("decoding", "quarter"),
        ("region", "whole"),
        ("facing", "left"),
    ],
)
def test_each_list_chooses_its_own_field(dock, session, field, value):
    session.calls.clear()
    pick(dock, field, value)
    assert session.calls == [("choose", {field: value})]


@pytest.mark.parametrize("field", ["flip", "smooth"])
def test_each_box_chooses_its_own_field(dock, session, field):
    session.calls.clear()
    getattr(dock, field).click()
    assert session.calls == [("choose", {field: True})]


def test_showing_a_view_chooses_nothing(dock, session):
    session.calls.clear()
    view = session.view()
    dock.refresh(
        replace(view, choices=replace(view.choices, gate=0.55, flip=True, decoding="argmax"))
    )
    assert session.calls == []
    assert dock.gate.value() == 55
    assert dock.flip.isChecked()
    assert dock.boxes["decoding"].currentData() == "argmax"


def test_gate(dock, session):
    dock.gate.setValue(35)
    assert session.calls[-1] == ("choose", {"gate": 0.35})
    assert dock._gate_value.text() == "0.35"


def test_a_region_without_a_box_asks_for_one(qtbot, dock, session):
    session.calls.clear()
    with qtbot.waitSignal(dock.box_requested):
        pick(dock, "region", "box")
    assert session.calls == []
    assert dock.boxes["region"].currentData() == "follow"
    session.publish(choices=replace(session.view().choices, box=Box(0, 0, 9, 9)))
    pick(dock, "region", "box")
    assert session.calls == [("choose", {"region": "box"})]


def test_drag_a_box(qtbot, dock):
    with qtbot.waitSignal(dock.box_requested):
        dock.box_button.click()


def test_a_model_without_weights_cannot_be_chosen_and_says_why(dock, session):
    bare = replace(model("cpm-paper", 6), trained=False)
    dock.refresh(replace(session.view(), models=(model(), bare)))
    box = dock.boxes["model"]
    row = box.findData("cpm-paper")
    assert not box.model().item(row).isEnabled()
    assert "no weights here" in box.itemText(row)
    assert "no weights here" in box.itemData(row, Qt.ItemDataRole.ToolTipRole)


def test_what_runs_and_what_is_loading(dock, session):
    view = session.view()
    dock.refresh(view)
    assert dock._running.text() == "OpenVINO fp32, CPU"
    assert dock._busy.isHidden()
    dock.refresh(replace(view, engine="", busy="Loading Hourglass lite..."))
    assert "Loading Hourglass lite" in dock._running.text()
    assert not dock._busy.isHidden()


def test_facts(dock):
    text = dock._facts.text()
    assert "1.90 M parameters" in text
    assert "4 stages: stack 1, stack 2, stack 3, stack 4" in text
    assert "Licence Apache-2.0" in text


def test_only_a_camera_can_be_mirrored(dock, session):
    session.open("clip.mp4")
    dock.refresh(session.view())
    assert not dock.mirror.isEnabled()
    session.open("camera:0")
    dock.refresh(session.view())
    assert dock.mirror.isEnabled()


def test_every_control_is_named_and_explained(dock):
    controls = [*dock.boxes.values(), dock.flip, dock.smooth, dock.mirror, dock.gate]
    for control in [*controls, dock.box_button]:
        assert control.accessibleName()
        assert control.toolTip()


def test_hidden_it_does_no_work(dock, session, monkeypatch):
    dock.hide()
    calls = []
    monkeypatch.setattr(dock, "show_view", calls.append)
    dock.refresh(session.view())
    assert calls == []
