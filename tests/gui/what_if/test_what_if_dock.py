"""The What if dock."""

from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.spoil import SPOIL_KINDS, Spoils, held
from poseviewer.gui.plain import Label
from poseviewer.gui.what_if.dock import WhatIfDock
from tests.gui.find import words

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(qtbot, bridge):
    made = WhatIfDock(bridge)
    qtbot.addWidget(made)
    made.resize(640, 520)
    return made


@pytest.fixture
def shown(qtbot, dock, session):
    session.open("clip.mp4")
    dock.show()
    qtbot.waitExposed(dock)
    return dock


def test_empty_says_what_to_do(dock):
    dock.show()
    assert "open a clip or a camera" in words(dock)


def test_a_slider_spoils_the_frame_on_screen(shown, session):
    assert session.what_if.spoils == Spoils()
    shown.sliders["dark"].setValue(10)
    result, network, maps = session.what_if.looks[-1]
    assert result is session.state.result
    assert network == session.state.network
    assert maps == shown.grid.seen_stages
    assert session.what_if.spoils == Spoils(dark=0.5)
    assert "52 % of the light" in words(shown)
    session.publish()
    shown.show_state(session.state)
    assert shown.view.said("bottom left") == ["What if:", "not the clip's answer"]


def test_nothing_of_it_becomes_the_clip_s_answer(shown, session):
    before, calls = session.state, list(session.calls)
    result, key, look = before.result, before.key, before.look
    for kind in SPOIL_KINDS:
        shown.sliders[kind].setValue(13)
    shown.show_state(session.state)
    assert session.what_if.answer is not None
    assert session.state.result is result
    assert (session.state.key, session.state.look) == (key, look)
    assert session.calls == calls
    assert not shown.items(result)


def test_bars_and_sentence_say_which_stage_still_knows(shown, session):
    shown.sliders["blur"].setValue(20)
    answer = session.what_if.answer
    # Only the last stage has a joint elsewhere.
    stages = list(answer.first.stage_poses)
    gone = stages[-1].xy.copy()
    gone[0, 0] += 500
    stages[-1] = replace(stages[-1], xy=gone)
    second = replace(answer.second, stage_poses=tuple(stages))
    session.what_if.answer = replace(answer, second=second)
    shown.show_state(session.state)
    clean = session.state.result
    counts = held(clean.poses, second.stage_poses)
    assert shown.bars.counts == counts
    assert counts[-1] == held(clean.poses, clean.stage_poses)[-1] - 1
    assert "knows most" in shown.sentence.text()
    assert "Stack 4 lost most" in shown.sentence.text()
    # With luck a stage has more joints in the spoilt frame than in the clean one.
    first = replace(answer.first, stage_poses=(stages[-1], *stages[:-1]))
    session.what_if.answer = replace(answer, first=first)
    shown.show_state(session.state)
    assert shown.sentence.text().endswith("joints where they were. No stage lost any.")


def test_reset_shows_the_frame_as_it_is(shown, session):
    shown.sliders["box"].setValue(5)
    shown.sliders["small"].setValue(9)
    shown.reset.click()
    assert shown.spoils == session.what_if.spoils == Spoils()
    assert [slider.value() for slider in shown.sliders.values()] == [0] * len(SPOIL_KINDS)


def test_a_click_moves_the_cover(shown, session):
    shown.sliders["box"].setValue(5)
    region = session.what_if.answer.second.region
    place = round(region.x + 0.25 * region.width), round(region.y + 0.75 * region.height)
    shown.view.clicked.emit(place)
    np.testing.assert_allclose(session.what_if.spoils.at, (0.25, 0.75), atol=0.01)
    assert session.what_if.spoils.box == 0.25


def test_made_to_float_it_keeps_its_network(qtbot, clip_window, session):
    dock = clip_window.docks.what_if
    dock.show()
    dock.raise_()
    qtbot.waitUntil(lambda: dock.seen and session.what_if.answer is not None)
    stops = session.what_if.stops
    for floating in (True, False):
        dock.setFloating(floating)
        qtbot.waitUntil(lambda: dock.seen)
        assert not dock._away.isActive()
    assert session.what_if.stops == stops
    assert session.what_if.answer is not None
    dock.hide()
    qtbot.waitUntil(lambda: session.what_if.answer is None)


def test_hidden_it_lets_the_network_go(qtbot, shown, session):
    before, looks = session.what_if.stops, len(session.what_if.looks)
    shown.hide()
    qtbot.waitUntil(lambda: session.what_if.stops > before)
    session.seek(20)
    shown.refresh(session.state)
    assert len(session.what_if.looks) == looks


def test_another_frame_is_spoilt_alike(shown, session):
    shown.sliders["noise"].setValue(7)
    session.seek(30)
    shown.show_state(session.state)
    assert session.what_if.looks[-1][0].frame.index == 30
    assert session.what_if.spoils == Spoils(noise=0.35)


def test_nobody_in_the_frame_is_said():
    from poseviewer.core.pose import Poses
    from poseviewer.core.skeleton import load_skeleton

    nobody = Poses.nobody(load_skeleton("lsp-14"))
    assert held(nobody, [nobody, nobody]) == (0, 0)


def test_until_there_is_an_answer_the_frame_is_shown_as_it_is(qtbot, dock, session, monkeypatch):
    monkeypatch.setattr(session.what_if, "look", lambda *_, **__: None)
    session.what_if.state = "Loading hourglass"
    session.open("clip.mp4")
    dock.show()
    qtbot.waitExposed(dock)
    result = session.state.result
    assert dock.view.said("bottom left") == ["As it is"]
    assert dock.bars.counts == held(result.poses, result.stage_poses)
    assert dock.sentence.text() == "Loading hourglass"
    assert dock.stages_for(session.state.model) == dock.grid.seen_stages != frozenset()
    assert "Loading" not in dock.covered
    dock.sliders["dark"].setValue(10)
    qtbot.waitUntil(lambda: dock.covered == "Loading hourglass")


def test_an_answer_needs_no_maps_of_the_clean_frame(shown, session):
    assert session.what_if.answer is not None
    assert shown.stages_for(session.state.model) == frozenset()


@pytest.mark.parametrize(("size", "columns"), [((700, 280), 1), ((600, 540), 2), ((300, 640), 1)])
def test_sliders_find_their_place_in_every_size(qtbot, shown, size, columns):
    """Beside the rest of a low dock, else above it, and all of them can be reached."""
    shown.resize(900, 300)
    shown.resize(*size)
    assert shown.width() == size[0]
    pairs = [slider.parentWidget() for slider in shown.sliders.values()]

    def corner(widget):
        return widget.mapTo(shown, widget.rect().topLeft())

    def placed():
        beside = corner(pairs[0]).x() + pairs[0].width() <= corner(shown.view).x()
        above = corner(pairs[0]).y() < corner(shown.view).y() < corner(shown.bars).y()
        return len({pair.x() for pair in pairs}) == columns and (beside if low else above)

    low = size == (700, 280)
    qtbot.waitUntil(placed)
    assert shown.view.height() > (100 if low else 60)


@pytest.mark.parametrize("size", [(1000, 420), (600, 540), (300, 640)])
def test_what_the_sliders_mean_is_never_cut_off(qtbot, shown, size):
    for kind, slider in shown.sliders.items():
        slider.setValue(slider.maximum() // 2 if kind in ("noise", "motion") else 3)
    shown.resize(900, 300)
    shown.resize(*size)
    said = [
        label
        for slider in shown.sliders.values()
        for label in slider.parentWidget().findChildren(Label)
    ]
    assert len(said) == 2 * len(SPOIL_KINDS)
    assert "deviation 50 of 255" in [label.text() for label in said]
    qtbot.waitUntil(
        lambda: all(
            label.fontMetrics().horizontalAdvance(label.text()) <= label.width()
            and slider.parentWidget().rect().contains(label.geometry())
            for slider in shown.sliders.values()
            for label in slider.parentWidget().findChildren(Label)
        )
    )
    assert min(slider.width() for slider in shown.sliders.values()) >= 30


def test_nothing_left_is_not_called_knowing_most(shown, session):
    shown.sliders["blur"].setValue(20)
    answer = session.what_if.answer
    gone = tuple(replace(pose, xy=pose.xy + 500) for pose in answer.second.stage_poses)
    second = replace(answer.second, stage_poses=gone)
    session.what_if.answer = replace(answer, second=second)
    shown.show_state(session.state)
    count = int(session.state.result.poses.found[0].sum())
    assert shown.sentence.text() == f"No stage has any of the {count} joints where it was."


def test_another_network_never_shows_the_answer_of_the_one_before(shown, session, monkeypatch):
    shown.sliders["dark"].setValue(10)
    before = session.what_if.answer.second
    shown.show_state(session.state)
    assert shown.grid.result is before
    # It takes a while, and the one before may still be at work.
    monkeypatch.setattr(session.what_if, "look", lambda *_, **__: None)
    answered = session.state.answer
    session.publish(answer=replace(answered, model=replace(answered.model, name="another")))
    shown.show_state(session.state)
    assert session.what_if.answer is None
    assert shown.grid.result is session.state.result
    assert shown.covered == "Analysing…"
