"""The Model dock."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QProgressBar

from poseviewer.core.affine import Box
from poseviewer.gui.model_dock import ModelDock
from poseviewer.runtime.pick import ACCURATE, FAST
from poseviewer.runtime.sections import SECTIONS
from tests.gui.fake_session import model

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(qtbot, bridge):
    made = ModelDock(bridge)
    bridge.changed.connect(lambda: made.refresh(bridge.session.state))
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


def choices(state):
    return [getattr(state, section) for section in SECTIONS]


def named(dock, kind, name):
    (found,) = [one for one in dock.findChildren(kind) if one.accessibleName() == name]
    return found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", "cpm-lite"),
        ("engine", "torch"),
        ("device", "cpu"),
        ("precision", "bf16"),
        ("precision", "int8"),
        ("decoding", "quarter"),
        ("region", "whole"),
        ("facing", "left"),
    ],
)
def test_each_list_chooses_its_own_field(dock, session, field, value):
    wanted = session.state.choosing(**{field: value})
    pick(dock, field, value)
    assert choices(session.state) == choices(wanted)


@pytest.mark.parametrize("field", ["flip", "smooth"])
def test_each_box_chooses_its_own_field(dock, session, field):
    wanted = session.state.choosing(**{field: not session.state.choice(field)})
    getattr(dock, field).click()
    assert choices(session.state) == choices(wanted)


def test_showing_a_state_chooses_nothing(dock, session):
    before = session.state
    dock.refresh(before.choosing(gate=0.55, flip=True, decoding="argmax"))
    assert session.state is before
    assert dock.gate.value() == 55
    assert dock.flip.isChecked()
    assert dock.boxes["decoding"].currentData() == "argmax"


def test_gate(dock, session):
    dock.gate.setValue(35)
    assert session.state.reading.gate == 0.35
    assert [label for label in dock.findChildren(QLabel) if label.text() == "0.35"]


def test_a_region_without_a_box_asks_for_one(qtbot, dock, session):
    with qtbot.waitSignal(dock.box_requested):
        pick(dock, "region", "box")
    assert session.state.reading.region == "follow"
    assert dock.boxes["region"].currentData() == "follow"
    session.change("reading", box=Box(0, 0, 9, 9))
    pick(dock, "region", "box")
    assert session.state.reading.region == "box"


def test_drag_a_box(qtbot, dock):
    with qtbot.waitSignal(dock.box_requested):
        dock.box_button.click()


def test_a_model_without_weights_cannot_be_chosen_and_says_why(dock, session):
    lacking = "The model cpm-paper has no weights here: get it by Model > Get networks."
    bare = replace(model("cpm-paper", 6), trained=False, lacking=lacking)
    dock.refresh(replace(session.state, models=(model(), bare)))
    box = dock.boxes["model"]
    row = box.findData("cpm-paper")
    assert not box.model().item(row).isEnabled()
    assert "no weights here" in box.itemText(row)
    assert lacking in box.itemData(row, Qt.ItemDataRole.ToolTipRole)


def test_what_runs_and_what_is_loading(dock, session):
    running = named(dock, QLabel, "What runs now")
    busy = named(dock, QProgressBar, "Loading")
    dock.refresh(session.state)
    assert running.text() == "hourglass-lite on OpenVINO fp32, CPU"
    assert busy.isHidden()
    dock.refresh(replace(session.state, engine="", busy="Loading Hourglass lite..."))
    assert "Loading Hourglass lite" in running.text()
    assert not busy.isHidden()


def test_facts(dock):
    text = named(dock, QLabel, "About the chosen network").text()
    assert "1.90 M parameters" in text
    assert "4 stages: stack 1, stack 2, stack 3, stack 4" in text
    assert "Licence Apache-2.0" in text


def test_only_a_camera_can_be_mirrored(dock, session):
    for location, can in (("clip.mp4", False), ("camera:0", True)):
        session.open(location)
        dock.refresh(session.state)
        assert dock.mirror.isEnabled() == can


def test_every_control_is_named_and_explained(dock):
    controls = [*dock.boxes.values(), dock.flip, dock.smooth, dock.mirror, dock.gate]
    for control in [*controls, dock.box_button]:
        assert control.accessibleName()
        assert control.toolTip()


def test_one_click_chooses_by_speed_or_either_network(dock, session):
    here = (model(FAST), model(ACCURATE), model("cpm-lite"))
    session.publish(models=here, pick="Automatic: because.")
    dock.refresh(session.state)
    why = named(dock, QLabel, "Why this network")
    for key, network in ((ACCURATE, ACCURATE), (FAST, FAST), ("", FAST), ("", FAST)):
        dock.pick[key].click()
        dock.refresh(session.state)
        assert session.state.network.model == network
        assert session.state.network.automatic == (not key)
        assert [one for one, button in dock.pick.items() if button.isChecked()] == [key]
        assert why.isVisible() == (not key)
    assert why.text() == "Automatic: because."
    pick(dock, "model", "cpm-lite")
    dock.refresh(session.state)
    assert not session.state.network.automatic
    assert not [one for one, button in dock.pick.items() if button.isChecked()]


def test_a_network_without_weights_cannot_be_pinned(dock, session):
    lacking = "The model hourglass-accurate is not in this installation: get it."
    session.publish(models=(model(FAST), replace(model(ACCURATE), trained=False, lacking=lacking)))
    dock.refresh(session.state)
    assert [button.isEnabled() for button in dock.pick.values()] == [True, True, False]
    assert lacking in dock.pick[ACCURATE].toolTip()
