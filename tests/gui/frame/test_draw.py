"""Drawing on the frame: with the pointer, to the pixel, dragged, edited, timed, deleted, undone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from poseviewer.core.annotation import NO_ANNOTATIONS, Calibration, Drawing
from poseviewer.draw.colour import DRAWING
from poseviewer.draw.primitives import Label
from poseviewer.gui.dialogs.ask_text import TextDialog

LEFT = Qt.MouseButton.LeftButton
A, B, C = QPoint(200, 180), QPoint(320, 260), QPoint(420, 200)


@pytest.fixture
def drawing(clip_window, session):
    """A window in which a person draws."""
    clip_window.actions_by_name["draw"].trigger()
    assert clip_window.draw_tool.active
    yield clip_window
    clip_window.draw_tool.switch(on=False)


def drag(view, start, end):
    QTest.mousePress(view, LEFT, pos=start)
    QTest.mouseMove(view, (start + end) / 2)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, LEFT, pos=end)


def click(view, at):
    QTest.mouseMove(view, at)
    QTest.mouseClick(view, LEFT, pos=at)


def begin(window, task):
    window.actions_by_name[f"draw_{task}"].trigger()


def place(window, at):
    x, y = window.frame_view.viewport.to_frame(at.x(), at.y())
    return pytest.approx((x, y), abs=0.02)


def test_what_is_drawn_and_dragged_stays_in_the_frame(drawing, session):
    """A point beyond the frame comes to its edge; dragged as a whole, a line stays as it is."""
    view = drawing.frame_view
    width, height = session.state.source.size
    inside = QPointF(*view.viewport.to_view(width / 2, height / 2)).toPoint()
    begin(drawing, "line")
    drag(view, inside, QPoint(2, 2))
    x, y = view.viewport.to_frame(2, 2)
    assert min(x, y) < -0.5
    start, end = only(session).points
    assert end == pytest.approx((max(x, -0.5), max(y, -0.5)), abs=0.02)
    middle = QPointF(
        *view.viewport.to_view((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    ).toPoint()
    drag(view, middle, QPoint(view.width() - 2, view.height() - 2))
    (ax, ay), (bx, by) = only(session).points
    assert (bx - ax, by - ay) == pytest.approx((end[0] - start[0], end[1] - start[1]), abs=0.02)
    assert all(-0.51 <= at <= width - 0.49 for at in (ax, bx))
    assert all(-0.51 <= at <= height - 0.49 for at in (ay, by))
    assert (ax, ay) != start


def only(session) -> Drawing:
    (drawing,) = session.state.annotations.drawings
    return drawing


def dialog_of(window) -> TextDialog:
    (found,) = [one for one in window.findChildren(TextDialog) if one.isVisible()]
    return found


def answer(window, text):
    dialog = dialog_of(window)
    write = getattr(dialog.line, "setPlainText", None) or dialog.line.setText
    write(text)
    dialog.accept()


def entry(menu, text):
    return next(one for one in menu.actions() if one.text() == text)


def choose(window, at, text):
    menu = window.frame_view.drawing.menu(QPointF(at))
    entry(menu, text).trigger()
    menu.deleteLater()


def written(window):
    """The texts on the frame, once the state is shown."""
    QApplication.processEvents()
    return [one.text for one in window.frame_view.scene.items if isinstance(one, Label)]


@pytest.mark.parametrize("clicks", [False, True], ids=["dragged", "clicked"])
def test_a_line_lies_where_it_was_drawn_at_every_zoom(drawing, session, clicks):
    view = drawing.frame_view
    for zoom in (1.0, 3.3):
        view.zoom(zoom)
        begin(drawing, "line")
        if clicks:
            click(view, A)
            assert session.state.annotations == NO_ANNOTATIONS
            click(view, B)
        else:
            drag(view, A, B)
        line = only(session)
        assert line.kind == "line"
        assert line.points == (place(drawing, A), place(drawing, B))
        # Shown for two seconds from here on.
        assert (line.first, line.last) == (session.state.playback.index, 60)
        assert session.state.undo == "line drawn"
        assert not drawing.actions_by_name["draw_line"].isChecked()
        session.undo()
        assert session.state.annotations == NO_ANNOTATIONS


@pytest.mark.parametrize("zoom", [0.4, 1.0, 7.0])
def test_ink_lies_on_the_frame_pixel_at_every_zoom(clip_window, session, zoom):
    view = clip_window.frame_view
    view.zoom(zoom)
    x, y = view.viewport.to_frame(view.width() / 2, view.height() / 2)
    line = Drawing("line", ((x, y), (x + 0.5, y)), 0, 9)
    session.annotate("line drawn", replace(NO_ANNOTATIONS, drawings=(line,)))
    session.change("display", skeleton=False)
    QApplication.processEvents()
    image = view.grab().toImage()
    place = QPointF(*view.viewport.to_view(x, y)).toPoint()
    colour = image.pixelColor(place * image.devicePixelRatio()).getRgb()[:3]
    assert max(abs(a - b) for a, b in zip(colour, DRAWING, strict=True)) < 40


def test_a_line_and_its_ends_are_dragged_and_deleted(qtbot, drawing, session):
    view = drawing.frame_view
    begin(drawing, "line")
    drag(view, A, B)
    drag(view, B, C)
    assert only(session).points == (place(drawing, A), place(drawing, C))
    middle, by = (A + C) / 2, QPoint(10, 25)
    drag(view, middle, middle + by)
    assert only(session).points == (place(drawing, A + by), place(drawing, C + by))
    assert session.state.steps == ("line drawn", "line moved", "line moved")
    # A click chooses it and moves nothing.
    click(view, A + by)
    assert len(session.state.steps) == 3
    drawing.actions_by_name["delete_drawing"].trigger()
    assert session.state.annotations == NO_ANNOTATIONS
    for _ in range(4):
        session.undo()
    assert session.state.annotations == NO_ANNOTATIONS
    assert session.state.steps_done == 0


def test_while_it_is_drawn_it_is_seen_with_its_length(drawing, session):
    view = drawing.frame_view
    begin(drawing, "line")
    QTest.mousePress(view, LEFT, pos=A)
    QTest.mouseMove(view, B)
    scale = view.viewport.scale
    length = ((B - A).x() ** 2 + (B - A).y() ** 2) ** 0.5 / scale
    assert f"{length:.0f} px" in written(drawing)
    assert session.state.annotations == NO_ANNOTATIONS
    view.disarm()
    assert f"{length:.0f} px" not in written(drawing)
    QTest.mouseRelease(view, LEFT, pos=B)
    assert session.state.annotations == NO_ANNOTATIONS


def test_an_angle_of_a_drag_and_a_click(drawing, session):
    view = drawing.frame_view
    begin(drawing, "angle")
    drag(view, A, B)
    click(view, C)
    angle = only(session)
    assert angle.points == (place(drawing, A), place(drawing, B), place(drawing, C))
    assert any(text.endswith("°") for text in written(drawing))


def test_a_text_is_asked_for_and_changed_by_a_double_click(drawing, session):
    view = drawing.frame_view
    begin(drawing, "text")
    click(view, A)
    dialog = dialog_of(drawing)
    assert not dialog.ok.isEnabled()
    dialog.reject()
    assert session.state.annotations == NO_ANNOTATIONS
    begin(drawing, "text")
    click(view, A)
    answer(drawing, "heel\noff")
    assert only(session).text == "heel\noff"
    assert {"heel", "off"} <= set(written(drawing))
    inside = QPointF(A + QPoint(8, 6))
    QApplication.sendEvent(
        view,
        QMouseEvent(
            QMouseEvent.Type.MouseButtonDblClick, inside, view.mapToGlobal(inside), LEFT, LEFT,
            Qt.KeyboardModifier.NoModifier,
        ),
    )  # fmt: skip
    answer(drawing, "toe")
    assert only(session).text == "toe"


def test_a_stopwatch_starts_stops_and_runs_on(drawing, session):
    view = drawing.frame_view
    session.seek(30)
    begin(drawing, "stopwatch")
    click(view, A)
    at = A + QPoint(8, 8)
    assert (only(session).first, only(session).last) == (30, session.count - 1)
    assert "0.00 s" in written(drawing)
    session.seek(75)
    assert "1.50 s" in written(drawing)
    choose(drawing, at, "Stop here")
    session.seek(120)
    assert "1.50 s" in written(drawing)
    choose(drawing, at, "Run on")
    assert "3.00 s" in written(drawing)
    session.seek(90)
    choose(drawing, at, "Start here")
    assert only(session).first == 90


def test_when_a_line_is_shown(drawing, session):
    view = drawing.frame_view
    session.seek(30)
    begin(drawing, "line")
    drag(view, A, B)
    session.seek(40)
    choose(drawing, A, "Show from here on")
    assert (only(session).first, only(session).last) == (40, 90)
    choose(drawing, A, "Show until here")
    assert (only(session).first, only(session).last) == (40, 40)
    choose(drawing, A, "Show in the whole clip")
    assert (only(session).first, only(session).last) == (0, session.count - 1)
    choose(drawing, A, "Delete")
    assert session.state.annotations == NO_ANNOTATIONS
    assert view.drawing.menu(QPointF(A)) is None


def test_a_known_length_makes_metres_of_pixels(drawing, session):
    view = drawing.frame_view
    begin(drawing, "length")
    drag(view, A, A + QPoint(200, 0))
    answer(drawing, "not a length")
    dialog = dialog_of(drawing)
    assert "50 cm" in dialog.hint.text()
    answer(drawing, "1,5 m")
    known = session.state.annotations.calibration
    assert (known.a, known.b) == (place(drawing, A), place(drawing, A + QPoint(200, 0)))
    assert known.metres == 1.5
    assert "known: 1.50 m" in written(drawing)
    begin(drawing, "line")
    drag(view, B, B + QPoint(100, 0))
    assert any(text in ("75.0 cm", "75.1 cm", "74.9 cm") for text in written(drawing))
    # Its ends are dragged like those of a line, and lengths follow.
    drag(view, A + QPoint(200, 0), A + QPoint(100, 0))
    assert any(text.startswith("1.50 m") or text == "1.5 m" for text in written(drawing))
    choose(drawing, A, "Forget the known length")
    assert session.state.annotations.calibration is None
    # The known length is a help for the person who draws, and no part of the picture.
    session.annotate("", replace(NO_ANNOTATIONS, calibration=Calibration((0, 0), (9, 9), 1.0)))
    drawing.draw_tool.switch(on=False)
    assert not any(text.startswith("known") for text in written(drawing))


def test_one_tool_at_a_time_and_escape_ends_it(drawing, session):
    actions, tool = drawing.actions_by_name, drawing.draw_tool
    begin(drawing, "line")
    assert actions["draw_line"].isChecked()
    assert actions["draw"].isChecked()
    drawing.frame_view.disarm()
    assert not actions["draw_line"].isChecked()
    assert tool.active
    actions["correct"].trigger()
    assert not tool.active
    actions["draw_angle"].trigger()
    assert tool.active
    assert not actions["correct"].isChecked()
    drawing.frame_view.disarm()
    drawing.frame_view.disarm()
    assert not tool.active
    assert not actions["draw"].isChecked()


def test_drawings_are_hidden_and_shown_again(clip_window, session):
    text = Drawing("text", ((5, 5),), 0, 9, "here")
    session.annotate("text written", replace(NO_ANNOTATIONS, drawings=(text,)))
    assert "here" in written(clip_window)
    clip_window.actions_by_name["drawings"].trigger()
    assert "here" not in written(clip_window)
    clip_window.actions_by_name["drawings"].trigger()
    # They are seen on a frame without an answer too.
    session.answers = False
    session.seek(5)
    assert written(clip_window) == ["here"]
