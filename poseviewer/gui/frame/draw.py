"""Drawing on the frame: lines, angles, texts, stopwatches and a known length, to be dragged."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import dist
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QMenu

from poseviewer.core.annotation import (
    POINTS,
    Calibration,
    Drawing,
    ShownDrawings,
    metres_of,
)
from poseviewer.gui import theme
from poseviewer.gui.dialogs.ask_text import TextDialog
from poseviewer.gui.frame.tool import entry_for
from poseviewer.gui.plain import add_entry

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from poseviewer.core.annotation import Annotations, Point
    from poseviewer.core.look import Look
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.frame.tool import Task
    from poseviewer.gui.frame.view import FrameView
    from poseviewer.runtime.state import SourceInfo

Thing = Drawing | Calibration

_NAMES: dict[Task, str] = {
    "line": "line",
    "angle": "angle",
    "text": "text",
    "stopwatch": "stopwatch",
    "length": "known length",
}

_REACH = 10.0
"""Points from a stroke within which the pointer is on it."""

_FAR = 6.0
"""Points that a press has to be dragged to be no click."""

_RADIUS, _PEN = 5.5, 1.4
_INK, _DARK = "#ffffff", "#101418"

_SECONDS = 2.0
"""For how long a line, an angle or a text is shown; a stopwatch is until the end."""

_HINTS: dict[Task | None, str] = {
    None: "Drawing: drag a drawing or one of its points; right-click it for more; Esc ends it.",
    "line": "Drag from one end to the other, or click both.",
    "angle": "Drag from the end of one side to the corner, then click the end of the other side.",
    "text": "Click where the text begins.",
    "stopwatch": "Click where the stopwatch is shown: it starts in this frame.",
    "length": "Drag along something of known length, such as a plate or a metre on the floor.",
}


class DrawTool(QObject):
    """What the frame view does while a person draws.

    Args:
        bridge: Owner of the session.
        view: Where it is done.
    """

    switched = Signal(bool)
    """Whether a person draws now."""

    changed = Signal()
    """`look` gives another answer than before, or another `task` is done."""

    def __init__(self, bridge: Bridge, view: FrameView) -> None:
        super().__init__(view)
        self._bridge, self._view = bridge, view
        self.active = False
        self.task: Task | None = None
        """What is drawn next; None while drawings are chosen and dragged."""
        self.chosen: Thing | None = None
        """What has handles, and is deleted by its key."""
        self._new: list[Point] = []
        self._held: int | None = None
        """The point of `chosen` that is dragged; -1 for all of them."""
        self._from = self._at = QPointF()
        self._seen: tuple[object, ...] = ()
        self._look: Look | None = None

    def switch(self, on: bool) -> None:
        """Begin to draw, or end; a clip that plays is paused first."""
        state = self._bridge.session.state
        if on and state.playback.playing:
            self._bridge.session.pause()
        on = on and self._source() is not None
        if on != self.active:
            self.active = on
            self._begin(None)
        self.switched.emit(self.active)

    def begin(self, task: Task) -> None:
        """Draw something of a kind next; asked a second time, choose and drag again."""
        if not self.active:
            self.switch(on=True)
        if self.active:
            self._begin(None if task == self.task else task)

    def _begin(self, task: Task | None) -> None:
        self.task, self.chosen, self._held, self._new = task, None, None, []
        self._view.setCursor(
            Qt.CursorShape.ArrowCursor if task is None else Qt.CursorShape.CrossCursor
        )
        if self.active:
            self._bridge.session.notice("info", _HINTS[task], topic="draw")
        self._tell()

    def _tell(self) -> None:
        self._view.update()
        self.changed.emit()

    # -- what is there --------------------------------------------------------------------------

    def _source(self) -> SourceInfo | None:
        source = self._bridge.session.state.source
        return None if source is None or source.live else source

    @property
    def _annotations(self) -> Annotations:
        return self._bridge.session.state.annotations

    @property
    def _index(self) -> int:
        frame = self._view.frame
        return self._bridge.session.state.playback.index if frame is None else frame.index

    def _things(self) -> list[Thing]:
        """What can be chosen in the frame, the topmost first."""
        annotations = self._annotations
        drawings = [one for one in annotations.drawings if one.shown(self._index)]
        known = annotations.calibration
        return [*reversed(drawings), *(() if known is None else (known,))]

    def look(self, look: Look) -> Look:
        """The look with what is being drawn or dragged, and with the known length."""
        if not self.active:
            return look
        moved, new = self._moved(), self._drawn()
        seen = (look, self._annotations, self.chosen, moved, new)
        if seen != self._seen or self._look is None:
            annotations, known = self._annotations, self._annotations.calibration
            if isinstance(self.chosen, Drawing):
                annotations = annotations.replaced(
                    self.chosen, moved if isinstance(moved, Drawing) else None
                )
            elif isinstance(moved, Calibration):
                known = moved
            drawings = annotations.drawings
            if isinstance(new, Drawing):
                drawings = (*drawings, new)
            source = self._source()
            shown = ShownDrawings(
                drawings,
                look.drawn.times if source is None else source.times,
                None if known is None else known.metres_per_pixel,
                known,
            )
            self._seen, self._look = seen, replace(look, drawings=True, drawn=shown)
        return self._look

    def _moved(self) -> Thing | None:
        """What is chosen, where it is dragged to."""
        if self.chosen is None or self._held is None:
            return self.chosen
        port = self._view.viewport
        start = port.to_frame(self._from.x(), self._from.y())
        end = port.to_frame(self._at.x(), self._at.y())
        by = end[0] - start[0], end[1] - start[1]
        points = list(_points(self.chosen))
        if self._held >= 0:
            x, y = points[self._held]
            points[self._held] = self._within((x + by[0], y + by[1]))
            return _placed(self.chosen, points)
        # As a whole it stops where its first point would leave the frame.
        kept = [
            (place[0] - x, place[1] - y)
            for x, y in points
            for place in [self._within((x + by[0], y + by[1]))]
        ]
        by_x, by_y = (min((one[axis] for one in kept), key=abs) for axis in (0, 1))
        return _placed(self.chosen, [_rounded((x + by_x, y + by_y)) for x, y in points])

    def _drawn(self) -> Drawing | None:
        """What is being drawn, its last point at the pointer."""
        if self.task is None or not self._new:
            return None
        kind = "line" if self.task == "length" else self.task
        points = [*self._new, self._place(self._at)][: POINTS[kind]]
        if kind == "angle" and len(points) < POINTS[kind]:
            kind = "line"
        return self._made(kind, points)

    def _made(self, kind: str, points: list[Point], text: str = "") -> Drawing:
        """A drawing that begins in the frame on screen."""
        source = self._source()
        assert source is not None
        first = min(max(self._index, 0), source.count - 1)
        last = source.count - 1
        if kind != "stopwatch":
            end = source.times[first] + _SECONDS
            last = int(source.times.searchsorted(end, side="right")) - 1
        return Drawing(kind, tuple(points), first, max(first, last), text)  # type: ignore[arg-type]

    def _place(self, at: QPointF) -> Point:
        return self._within(self._view.viewport.to_frame(at.x(), at.y()))

    def _within(self, point: Point) -> Point:
        """The place in the frame nearest to a point: files show nothing beyond it."""
        frame = self._view.frame
        if frame is None:
            return _rounded(point)
        x, y = (
            min(max(at, -0.5), length - 0.5) for at, length in zip(point, frame.size, strict=True)
        )
        return _rounded((x, y))

    # -- the pointer ----------------------------------------------------------------------------

    def press(self, at: QPointF) -> bool:
        """Begin a drawing, or take the one at a point of the view; return whether it was done."""
        if not self.active or self._source() is None:
            return False
        self._from = self._at = at
        if self.task is not None:
            if not self._new:
                self._new = [self._place(at)]
            self._tell()
            return True
        found = self._find(at)
        self.chosen, self._held = (None, None) if found is None else found
        self._tell()
        return found is not None

    def move(self, at: QPointF) -> bool:
        """Follow the pointer; return whether anything is held."""
        if not self.active:
            return False
        self._at = at
        if self._held is not None or self._new:
            self._tell()
            return True
        if self.task is None:
            over = self._find(at) is not None
            shape = Qt.CursorShape.SizeAllCursor if over else Qt.CursorShape.ArrowCursor
        else:
            shape = Qt.CursorShape.CrossCursor
        self._view.setCursor(shape)
        return False

    def release(self, at: QPointF) -> bool:
        """Put down what is held; return whether there was anything."""
        self._at = at
        far = (at - self._from).manhattanLength() > _FAR * theme.scale()
        if self._held is not None:
            moved, old, self._held = self._moved(), self.chosen, None
            if moved is not None and old is not None and far:
                self._put(f"{_title(old)} moved", old, moved)
            self._tell()
            return True
        if self.task is None or not self._new:
            return False
        place = self._place(at)
        # A click that begins a drawing is no point of its own.
        if far or dist(place, self._new[-1]) * self._view.viewport.scale > _FAR:
            self._new.append(place)
        count = POINTS["line" if self.task == "length" else self.task]
        if len(self._new) >= count:
            self._finish(self.task, self._new[:count])
        return True

    def cancel(self) -> bool:
        """Drop what is held or begun, else choose again, else end; return whether any was done."""
        if not self.active:
            return False
        if self._held is not None or self._new or self.task is not None:
            self._begin(None)
        else:
            self.switch(on=False)
        return True

    def _find(self, at: QPointF) -> tuple[Thing, int] | None:
        """What lies at a point of the view, and which point of it."""
        # Imported late: it brings OpenCV, which the first paint must not wait for.
        from poseviewer.draw.drawings import hit

        port = self._view.viewport
        place, scale = port.to_frame(at.x(), at.y()), theme.scale() / port.scale
        for thing in self._things():
            as_drawing = thing if isinstance(thing, Drawing) else _as_line(thing)
            number = hit(as_drawing, place, reach=_REACH * scale, scale=scale)
            if number is not None:
                return thing, number
        return None

    # -- changes --------------------------------------------------------------------------------

    def _finish(self, task: Task, points: list[Point]) -> None:
        self._begin(None)
        if task == "length":
            self._ask_length(points)
        elif task == "text":
            self._ask_text(self._made(task, points), new=True)
        else:
            self._put(f"{_NAMES[task]} drawn", None, self._made(task, points))

    def _put(self, title: str, old: Thing | None, new: Thing | None) -> None:
        """Put one thing in place of another, choose it, and make it one step to undo."""
        annotations = self._annotations
        if isinstance(old, Calibration) or isinstance(new, Calibration):
            assert not isinstance(new, Drawing)
            annotations = replace(annotations, calibration=new)
        else:
            annotations = annotations.replaced(old, new)
        self._bridge.session.annotate(title, annotations)
        self.chosen = new
        self._tell()

    def delete(self) -> None:
        """Delete what is chosen."""
        if self.active and (old := self.chosen) in self._things() and old is not None:
            self._put(f"{_title(old)} deleted", old, None)

    def edit(self, at: QPointF) -> bool:
        """Ask for the text of the drawing at a point; return whether there is one."""
        if not self.active or (found := self._find(at)) is None:
            return False
        self._ask(found[0])
        return True

    def _ask(self, thing: Thing) -> None:
        if isinstance(thing, Calibration):
            self._ask_length([thing.a, thing.b], was=thing)
        else:
            self._ask_text(thing)

    def _ask_text(self, drawing: Drawing, *, new: bool = False) -> None:
        is_text = drawing.kind == "text"
        question = "Text" if is_text else f"Name of the {drawing.kind}"
        dialog = TextDialog(
            "Text on the frame" if is_text else question, question, drawing.text,
            self._view.window(), several=is_text, check=_needed_text if is_text else str,
        )  # fmt: skip

        def given(text: str) -> None:
            title = "text written" if new else f"{_title(drawing)} changed"
            self._put(title, None if new else drawing, replace(drawing, text=text))

        self._open(dialog, given)

    def _ask_length(self, points: list[Point], *, was: Calibration | None = None) -> None:
        dialog = TextDialog(
            "Known length", "How long is that?", "" if was is None else f"{was.metres:g} m",
            self._view.window(), check=metres_of,
        )  # fmt: skip

        def given(text: str) -> None:
            known = Calibration(points[0], points[1], metres_of(text))
            self._put("known length", was or self._annotations.calibration, known)

        self._open(dialog, given)

    def _open(self, dialog: TextDialog, given: object) -> None:
        dialog.given.connect(given)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # -- the menu -------------------------------------------------------------------------------

    def menu(self, at: QPointF) -> QMenu | None:
        """What can be done with the drawing at a point; None where there is none."""
        if not self.active or self._source() is None or (found := self._find(at)) is None:
            return None
        thing = found[0]
        self.chosen = thing
        self._tell()
        menu = QMenu(self._view)
        menu.setToolTipsVisible(True)
        add_entry(menu, _title(thing).capitalize()).setEnabled(False)
        if isinstance(thing, Calibration):
            entry_for(menu, "Change the length…", partial(self._ask, thing))
            forget = "Forget the known length"
            entry_for(menu, forget, partial(self._put, "known length forgotten", thing, None))
            return menu
        entry_for(menu, "Text…" if thing.kind == "text" else "Name…", partial(self._ask, thing))
        if thing.kind == "line":
            length = partial(self._ask_length, list(thing.points))
            entry_for(menu, "This length is known…", length)
        menu.addSeparator()
        for text, title, new in self._times(thing):
            entry = entry_for(menu, text, partial(self._put, title, thing, new))
            entry.setEnabled(new != thing)
        menu.addSeparator()
        entry_for(menu, "Delete", partial(self._put, f"{_title(thing)} deleted", thing, None))
        return menu

    def _times(self, one: Drawing) -> list[tuple[str, str, Drawing]]:
        """When a drawing may be shown: the entry, what is undone, and what it becomes."""
        source, here = self._source(), self._index
        assert source is not None
        end, title = source.count - 1, _title(one)
        choices: list[tuple[str, str, Drawing]] = []
        if one.kind == "stopwatch":
            stop = None if one.stop is None or one.stop < here else one.stop
            choices += [
                ("Start here", "stopwatch started", replace(one, first=here, stop=stop)),
                ("Stop here", "stopwatch stopped", replace(one, stop=here)),
                ("Run on", "stopwatch runs on", replace(one, stop=None)),
            ]
        else:
            choices += [
                ("Show from here on", f"{title} shown from here", replace(one, first=here)),
                ("Show in the whole clip", f"{title} in the whole clip",
                 replace(one, first=0, last=end)),
            ]  # fmt: skip
        return [
            *choices,
            ("Show until here", f"{title} shown until here", replace(one, last=here)),
            ("Show to the end", f"{title} shown to the end", replace(one, last=end)),
        ]

    # -- drawing --------------------------------------------------------------------------------

    def paint(self, painter: QPainter) -> None:
        """Draw the handles of what is chosen over the frame."""
        chosen = self._moved()
        if not self.active or chosen is None or self.chosen not in self._things():
            return
        size, port = theme.scale(), self._view.viewport
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for point in _points(chosen):
            place = QPointF(*port.to_view(*point))
            for colour, pen in ((_DARK, 2.4 * _PEN), (_INK, _PEN)):
                painter.setPen(QPen(QColor(colour), pen * size))
                painter.drawEllipse(place, _RADIUS * size, _RADIUS * size)


def _rounded(place: Point) -> Point:
    return round(place[0], 2), round(place[1], 2)


def _title(thing: Thing) -> str:
    return "known length" if isinstance(thing, Calibration) else thing.kind


def _points(thing: Thing) -> tuple[Point, ...]:
    return (thing.a, thing.b) if isinstance(thing, Calibration) else thing.points


def _placed(thing: Thing, points: list[Point]) -> Thing:
    """The same elsewhere; a known length of no length stays where it was."""
    if isinstance(thing, Drawing):
        return replace(thing, points=tuple(points))
    return thing if dist(*points) < 1 else replace(thing, a=points[0], b=points[1])


def _as_line(known: Calibration) -> Drawing:
    return Drawing("line", (known.a, known.b), 0, 0)


def _needed_text(text: str) -> None:
    if not text:
        msg = "Write something."
        raise ValueError(msg)
