"""Correcting on the frame: joints to drag, and a menu of what can be said of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QMenu

from poseviewer.core.pose import Mark
from poseviewer.draw.colour import CORRECTED
from poseviewer.gui import theme
from poseviewer.gui.people.words import person_name
from poseviewer.gui.plain import add_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QPainter

    from poseviewer.core.correction import Kind
    from poseviewer.core.pose import Poses
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.frame.view import FrameView
    from poseviewer.gui.session import CorrectingProtocol

_REACH = 14.0
"""Points from a joint within which the pointer is on it."""

_RADIUS = 7.2
_SMALLEST = 0.6
"""Share of that of the handles of a person who is small on the screen."""

_PEN, _CASING = 1.4, 3.2
_HINT = (
    "Correcting: drag joints to where they are; right-click a joint or a person for more; "
    "Esc ends it."
)
_FROZEN = (
    "The live source is frozen: drag joints to where they are; corrections last until it is "
    "closed, so record what is to stay. Space shows it live again."
)
_INK, _DARK = "#ffffff", "#101418"

_SAYING: tuple[tuple[str, Kind], ...] = (
    ("It is right", "accepted"),
    ("It is hidden", "occluded"),
    ("It is wrong", "wrong"),
    ("It is not there", "absent"),
)


def joint_at(poses: Poses, place: tuple[float, float], *, reach: float) -> tuple[int, int] | None:
    """Row and joint of the nearest joint to a frame pixel; None where none is within `reach`."""
    away = np.hypot(*np.moveaxis(poses.xy - np.asarray(place, np.float32), -1, 0))
    away = np.where(np.isfinite(away), away, np.inf)
    if not away.size or away.min() > reach:
        return None
    row, joint = np.unravel_index(int(away.argmin()), away.shape)
    return int(row), int(joint)


class CorrectTool(QObject):
    """What the frame view does while joints are corrected.

    Args:
        bridge: Owner of the session.
        view: Where it is done.
    """

    switched = Signal(bool)
    """Whether joints are corrected now."""

    def __init__(self, bridge: Bridge, view: FrameView) -> None:
        super().__init__(view)
        self._bridge, self._view = bridge, view
        self.active = False
        self._over: tuple[int, int] | None = None
        self._held: tuple[int, int] | None = None
        self._at: tuple[float, float] = (0.0, 0.0)

    @property
    def correcting(self) -> CorrectingProtocol:
        """What can be put right."""
        return self._bridge.session.correcting

    def switch(self, on: bool) -> None:
        """Begin to correct, or end; a clip that plays is paused first, a live source frozen."""
        hint = _HINT
        if on:
            if self._bridge.session.state.display.said == "network":
                self._bridge.session.change("display", said="corrected")
            state = self._bridge.session.state
            runs = state.source is not None and state.source.live and state.past is None
            if runs or state.playback.playing:
                self._bridge.session.pause()
                hint = _FROZEN if runs else _HINT
            elif trouble := self.correcting.why_not():
                self._bridge.session.notice("warning", trouble, topic="correct")
                on = state.source is not None
        if on != self.active:
            self.active, self._over, self._held = on, None, None
            self._view.setCursor(
                Qt.CursorShape.PointingHandCursor if on else Qt.CursorShape.ArrowCursor
            )
            self._view.update()
            if on:
                self._bridge.session.notice("info", hint, topic="correct")
        self.switched.emit(self.active)

    # -- the pointer ----------------------------------------------------------------------------

    def press(self, at: QPointF) -> bool:
        """Take the joint at a point of the view; return whether there is one."""
        if not self.active or (found := self._find(at)) is None:
            return False
        if trouble := self.correcting.why_not():
            self._bridge.session.notice("warning", trouble, topic="correct")
            return False
        self._held, self._at = found, self._view.viewport.to_frame(at.x(), at.y())
        return True

    def move(self, at: QPointF) -> bool:
        """Follow the pointer; return whether a joint is held."""
        if not self.active:
            return False
        if self._held is not None:
            self._at = self._view.viewport.to_frame(at.x(), at.y())
            self._view.update()
            return True
        over = self._find(at)
        if over != self._over:
            self._over = over
            self._view.update()
        return False

    def release(self, at: QPointF) -> bool:
        """Put down the joint that is held; return whether there was one."""
        held, self._held = self._held, None
        if held is None:
            return False
        x, y = self._view.viewport.to_frame(at.x(), at.y())
        poses = self._poses()
        if poses is not None:
            before = poses.xy[held] - (x, y)
            if np.hypot(*before) * self._view.viewport.scale > 1.5:
                self.correcting.place(*held, (round(x, 2), round(y, 2)))
        self._view.update()
        return True

    def cancel(self) -> bool:
        """Leave a joint where it was, or end correcting; return whether either was done."""
        if self._held is not None:
            self._held = None
            self._view.update()
            return True
        if self.active:
            self.switch(on=False)
            return True
        return False

    def edit(self, at: QPointF) -> bool:  # noqa: ARG002
        """Nothing is opened by a double-click."""
        return False

    def _find(self, at: QPointF) -> tuple[int, int] | None:
        poses, port = self._poses(), self._view.viewport
        if poses is None:
            return None
        reach = _REACH * theme.scale() / port.scale
        return joint_at(poses, port.to_frame(at.x(), at.y()), reach=reach)

    def _poses(self) -> Poses | None:
        frame, result = self._bridge.session.state.shown
        return None if frame is None or result is None else result.shown

    # -- the menu -------------------------------------------------------------------------------

    def menu(self, at: QPointF) -> QMenu | None:
        """What can be said of the joint or the person at a point; None for nothing there."""
        poses = self._poses()
        if not self.active or poses is None or not len(poses) or self.correcting.why_not():
            return None
        menu = QMenu(self._view)
        menu.setToolTipsVisible(True)
        found = self._find(at)
        place = self._view.viewport.to_frame(at.x(), at.y())
        if found is not None:
            row, joint = found
            self._add_joint(menu, poses, row, joint)
        else:
            away = np.hypot(*np.moveaxis(poses.xy - np.asarray(place, np.float32), -1, 0))
            row = int(np.nanargmin(np.nanmin(np.where(np.isnan(away), np.inf, away), axis=1)))
            self._add_missing(menu, poses, row, place)
        menu.addSeparator()
        self._add_person(menu, poses, row)
        return menu

    def _add_joint(self, menu: QMenu, poses: Poses, row: int, joint: int) -> None:
        correcting = self.correcting
        name = poses.skeleton.joints[joint].replace("_", " ").capitalize()
        _title(menu, name)
        mark = int(poses.marks()[row, joint])
        for text, kind in _SAYING:
            entry = add_entry(menu, text)
            entry.setCheckable(True)
            entry.setChecked(mark == Mark[kind.upper()])
            entry.triggered.connect(_calls(correcting.mark, row, joint, kind))
        menu.addSeparator()
        entry = add_entry(
            menu, "Interpolate between corrected frames",
            explanation="Lead the joint in a straight line from where it was placed last to where "
            "it is placed next",
        )  # fmt: skip
        entry.triggered.connect(_calls(correcting.interpolate, row, joint))
        entry = add_entry(menu, "As the network said")
        entry.setEnabled(mark not in (Mark.NONE, Mark.SWAPPED))
        entry.triggered.connect(_calls(correcting.reset, row, (joint,)))

    def _add_missing(self, menu: QMenu, poses: Poses, row: int, place: tuple[float, float]) -> None:
        missing = np.flatnonzero(~poses.found[row]).tolist()
        put = menu.addMenu("Put a joint here")
        put.setEnabled(bool(missing))
        for joint in missing:
            entry = add_entry(put, poses.skeleton.joints[joint].replace("_", " "))
            entry.triggered.connect(_calls(self.correcting.place, row, joint, place))

    def _add_person(self, menu: QMenu, poses: Poses, row: int) -> None:
        state, correcting = self._bridge.session.state, self.correcting
        assert state.source is not None
        number, names = int(poses.track[row]), dict(state.people.names)
        _title(menu, person_name(number, names) if number >= 0 else "Person")
        entry = add_entry(menu, "All joints are right")
        entry.triggered.connect(_calls(correcting.accept, row))
        first, last, words = self._range()
        swap = menu.addMenu("Swap left and right")
        entry = add_entry(swap, "In this frame")
        entry.triggered.connect(_calls(correcting.swap_sides, row))
        entry = add_entry(swap, words)
        entry.triggered.connect(_calls(correcting.swap_sides, row, first=first, last=last))
        others = [n for n in self._numbers() if n != number]
        exchange = menu.addMenu("Swap from here on with")
        exchange.setEnabled(number >= 0 and bool(others))
        for other in others:
            entry = add_entry(exchange, person_name(other, names))
            entry.triggered.connect(_calls(correcting.exchange, row, other))
        index = state.playback.index
        delete = menu.addMenu("Delete")
        delete.setEnabled(number >= 0)
        for text, low, high in (("In this frame", index, index), (words, first, last)):
            entry = add_entry(delete, text)
            entry.triggered.connect(_calls(correcting.remove, row, first=low, last=high))
        entry = add_entry(menu, "Whole person as the network said")
        entry.triggered.connect(_calls(correcting.reset, row))

    def _range(self) -> tuple[int, int, str]:
        """The marked range that holds the frame, or all from here on; and its words."""
        state = self._bridge.session.state
        assert state.source is not None
        playback, last = state.playback, state.source.count - 1
        if state.past is not None:
            last = int(state.past.index[-1])
        if playback.start is None and playback.end is None:
            return playback.index, last, "From here on"
        start, end = playback.start or 0, last if playback.end is None else playback.end
        if start <= playback.index <= end:
            return start, end, f"From in to out, frames {start} to {end}"
        return playback.index, last, "From here on"

    def _numbers(self) -> Sequence[int]:
        return [person.number for person in self._bridge.session.people.seen()][:20]

    # -- drawing --------------------------------------------------------------------------------

    def paint(self, painter: QPainter) -> None:
        """Draw the handles over the frame."""
        poses = self._poses()
        if not self.active or poses is None:
            return
        # Imported late: it brings OpenCV, which the first paint must not wait for.
        from poseviewer.draw.scene import stroke_factor

        port, size = self._view.viewport, theme.scale()
        marks = poses.marks()
        accent, ink, corrected = QColor(theme.current().accent), QColor(_INK), QColor(*CORRECTED)
        sizes = [
            size * _RADIUS * max(stroke_factor(xy, scale=1 / port.scale), _SMALLEST)
            for xy in poses.xy
        ]
        for row, joint in np.argwhere(poses.found).tolist():
            at = (row, joint)
            x, y = poses.xy[row, joint].tolist()
            if at == self._held:
                x, y = self._at
            place = QPointF(*port.to_view(x, y))
            radius = sizes[row] * (1.45 if at in (self._over, self._held) else 1.0)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(_DARK), _CASING * size))
            painter.drawEllipse(place, radius, radius)
            painter.setPen(QPen(corrected if marks[at] else ink, _PEN * size))
            painter.drawEllipse(place, radius, radius)
        if self._held is not None:
            start = QPointF(*port.to_view(*poses.xy[self._held].tolist()))
            painter.setPen(QPen(accent, _PEN * size, Qt.PenStyle.DashLine))
            painter.drawLine(start, QPointF(*port.to_view(*self._at)))


def _title(menu: QMenu, text: str) -> None:
    """Say what the entries below are about."""
    add_entry(menu, text).setEnabled(False)


def _calls(
    function: Callable[..., object], *args: object, **options: object
) -> Callable[..., None]:
    """What calls `function` with these, whatever a signal brings."""
    call = partial(function, *args, **options)

    def run(_checked: bool = False) -> None:
        call()

    return run
