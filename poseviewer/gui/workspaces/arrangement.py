"""How docks lie around the frame, in shares of the window and not in pixels.

An arrangement fits a window of any size, is read from files without giving Qt anything of theirs,
and may name docks that do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise, starmap
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QDockWidget, QTabBar

from poseviewer.gui.widgets import on_screen

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from PySide6.QtWidgets import QMainWindow

LEAST_SHARE, MOST_SHARE = 0.02, 0.95
"""Of the window, that the docks of one side may take."""

_ROUNDING = 0.005
"""By how much shares may differ that are meant to be the same."""

Side = Literal["left", "right", "top", "bottom"]
Direction = Literal["row", "column"]

SIDES: dict[Side, Qt.DockWidgetArea] = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "top": Qt.DockWidgetArea.TopDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
_CORNERS = {
    Qt.Corner.TopLeftCorner: ("left", "top"),
    Qt.Corner.TopRightCorner: ("right", "top"),
    Qt.Corner.BottomLeftCorner: ("left", "bottom"),
    Qt.Corner.BottomRightCorner: ("right", "bottom"),
}
_ORIENTATIONS = {"row": Qt.Orientation.Horizontal, "column": Qt.Orientation.Vertical}


_CUTS: tuple[tuple[Direction, Callable[[QRect], int], Callable[[QRect], int]], ...] = (
    ("row", QRect.left, QRect.right),
    ("column", QRect.top, QRect.bottom),
)


@dataclass(frozen=True, slots=True)
class Tabs:
    """Docks in one place, of which one is in front."""

    docks: tuple[str, ...]
    """Object names, in the order of their tabs."""

    front: str = ""
    """The one in front; the first where empty."""

    share: float = 1.0
    """Of what it is a part of: lengths relate as the shares do."""


@dataclass(frozen=True, slots=True)
class Split:
    """Places beside each other."""

    direction: Direction
    parts: tuple[Tabs | Split, ...]
    share: float = 1.0
    """As that of `Tabs`."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where every dock lies."""

    sides: tuple[tuple[Side, float, Tabs | Split], ...]
    """By side of the frame: how much of the window's width (height at top and bottom) the docks
    there take, 0 to 1, and how they lie."""

    wide: bool = False
    """Whether docks at top and bottom take the corners, and not those at the sides."""

    closed: tuple[str, ...] = ()
    """Docks that are not shown; where one of them opens may be in `sides`."""

    floating: tuple[tuple[str, tuple[int, int, int, int]], ...] = ()
    """Docks in a window of their own, each with x, y, width and height of that."""


_STEP = 4
"""Docks that are shown in one step."""


def arranging(
    window: QMainWindow,
    docks: Mapping[str, QDockWidget],
    arrangement: Arrangement,
    *,
    close_others: bool = False,
) -> Generator[None, None, Arrangement]:
    """Lay the docks of a window out, in steps of a few docks each.

    Names without a dock are passed over. A dock without a place becomes one more tab of the last
    place, so none is lost.

    Args:
        window: The window that the docks belong to.
        docks: Every dock, by object name.
        arrangement: Where they go.
        close_others: Whether docks that the arrangement does not name are closed.

    Returns:
        How they lie now: the arrangement with a place for every dock.
    """
    fitting = completed(arrangement, docks)
    closed = set(fitting.closed)
    if close_others:
        closed |= set(docks) - set(_named(arrangement))
    for corner, (upright, level) in _CORNERS.items():
        window.setCorner(corner, SIDES[level if fitting.wide else upright])  # type: ignore[index]
    for dock in docks.values():
        if dock.isFloating():
            dock.setFloating(False)
        window.removeDockWidget(dock)
    for side, _, root in fitting.sides:
        first = docks[_first(root)]
        window.addDockWidget(SIDES[side], first)
        _place(window, docks, root)
    for name, place in fitting.floating:
        docks[name].setFloating(True)
        # The screen that it was on may not be there any more.
        docks[name].setGeometry(on_screen(QRect(*place), window))
    for number, (name, dock) in enumerate(docks.items()):
        if number % _STEP == 0:
            yield
        dock.setVisible(name not in closed)
    yield
    _raise_fronts(docks, fitting, closed)
    yield
    layout = window.layout()
    assert layout is not None
    # Places have rectangles from here on, which sizes can be given to.
    layout.activate()
    resize(window, docks, fitting)
    layout.activate()
    _show_tabs(window)
    return replace(fitting, closed=tuple(name for name in docks if name in closed))


def _raise_fronts(
    docks: Mapping[str, QDockWidget], arrangement: Arrangement, closed: set[str]
) -> None:
    """Bring the dock of each place that is seen there to the front."""
    for tabs in _leaves(arrangement):
        shown = [name for name in tabs.docks if name not in closed]
        if shown:
            docks[tabs.front if tabs.front in shown else shown[0]].raise_()


def resize(window: QMainWindow, docks: Mapping[str, QDockWidget], arrangement: Arrangement) -> None:
    """Give docks that lie as in an arrangement their shares of the window as large as it is."""
    sizes: dict[str, tuple[float, float]] = {}
    fitting = completed(arrangement, docks)
    shown = {name for name, dock in docks.items() if not dock.isHidden()}
    for side, share, root in fitting.sides:
        room = (float(window.width()), float(window.height()))
        upright = side in ("left", "right")
        room = (room[0] * share, room[1]) if upright else (room[0], room[1] * share)
        _share_out(root, room, shown, sizes)
    if not sizes:
        return
    there = [docks[name] for name in sizes]
    for axis, orientation in enumerate(_ORIENTATIONS.values()):
        lengths = [max(round(size[axis]), 1) for size in sizes.values()]
        window.resizeDocks(there, lengths, orientation)


def captured(
    window: QMainWindow,
    docks: Mapping[str, QDockWidget],
    before: Arrangement,
) -> Arrangement:
    """Return how the docks of a window lie now.

    Args:
        window: The window.
        docks: Every dock, by object name.
        before: How they lay, which says where those open that are closed now.
    """
    size = window.size()
    shown = {name: dock for name, dock in docks.items() if not dock.isHidden()}
    floating = {name: dock.geometry() for name, dock in shown.items() if dock.isFloating()}
    sides: list[tuple[Side, float, Tabs | Split]] = []
    for side, area in SIDES.items():
        there = [
            name
            for name, dock in shown.items()
            if name not in floating and window.dockWidgetArea(dock) == area
        ]
        if not there:
            continue
        places = _groups(window, docks, there)
        extent = QRect()
        for _, rect in places:
            extent = extent.united(rect)
        upright = side in ("left", "right")
        length, whole = (
            (extent.width(), size.width()) if upright else (extent.height(), size.height())
        )
        share = round(min(max(length / max(whole, 1), LEAST_SHARE), MOST_SHARE), 4)
        away = [
            (name, beside)
            for name, beside in _neighbours(before).items()
            if name in docks and name not in there
        ]
        sides.append((side, share, _returned(_tree(places), away)))
    closed = tuple(name for name in docks if name not in shown)
    wide = window.corner(Qt.Corner.BottomRightCorner) == SIDES["bottom"]
    afloat = tuple((name, rect.getRect()) for name, rect in floating.items())
    return Arrangement(tuple(sides), wide, closed, afloat)  # type: ignore[arg-type]


def steadied(found: Arrangement, before: Arrangement, meant: Arrangement) -> Arrangement:
    """Return `found` with the shares that were meant, wherever nothing has been moved since.

    Least sizes of docks and whole pixels make of the shares that are asked for other ones.

    Args:
        found: How docks lie.
        before: How they lay after they had been given the shares of `meant`.
        meant: How they should lie.
    """
    were, wanted = ({side: (s, root) for side, s, root in one.sides} for one in (before, meant))
    sides = []
    for side, share, root in found.sides:
        if side in were and side in wanted:
            (old, old_root), (aim, aim_root) = were[side], wanted[side]
            root = _steadied(root, old_root, aim_root)
            share = aim if abs(share - old) <= _ROUNDING else share
        sides.append((side, share, root))
    return replace(found, sides=tuple(sides))


def floating_as(arrangement: Arrangement, like: Arrangement) -> Arrangement:
    """Return the arrangement with those docks in windows of their own that another one has there.

    A dock that is in a window in only one of them is closed where `like` closes it.
    """
    afloat = {name for name, _ in like.floating}
    docked = {name for name, _ in arrangement.floating} - afloat
    closed = tuple(name for name in arrangement.closed if name not in afloat)
    closed += tuple(name for name in like.closed if name in docked and name not in closed)
    return replace(arrangement, closed=closed, floating=like.floating)


def completed(arrangement: Arrangement, docks: Iterable[str]) -> Arrangement:
    """Return the arrangement with a place for each of `docks`, and for no other."""
    known = list(docks)
    placed: set[str] = set()
    sides = []
    for side, share, root in arrangement.sides:
        fitting = _only(root, known, placed)
        if fitting is not None:
            sides.append((side, share, fitting))
    floating = tuple(
        (name, place) for name, place in dict(arrangement.floating).items() if name in known
    )
    rest = [name for name in known if name not in placed]
    if rest and sides:
        side, share, root = sides[-1]
        sides[-1] = side, share, _with(root, rest)
    elif rest:
        sides = [("right", 0.4, Tabs(tuple(rest)))]
    closed = tuple(name for name in arrangement.closed if name in known)
    return replace(arrangement, sides=tuple(sides), closed=closed, floating=floating)


def extended(arrangement: Arrangement, like: Arrangement) -> Arrangement:
    """Return the arrangement with the docks that only another one names.

    Args:
        arrangement: That of an older version may lack docks.
        like: Beside which docks the others go, and whether they are closed.
    """
    named = set(_named(arrangement))
    new = [(name, beside) for name, beside in _neighbours(like).items() if name not in named]
    if not new:
        return arrangement
    sides = tuple((side, share, _returned(root, new)) for side, share, root in arrangement.sides)
    closed = tuple(name for name, _ in new if name in like.closed)
    return replace(arrangement, sides=sides, closed=arrangement.closed + closed)


# Trees -------------------------------------------------------------------------------------


def _named(arrangement: Arrangement) -> Iterator[str]:
    """Every dock that an arrangement speaks of."""
    for tabs in _leaves(arrangement):
        yield from tabs.docks
    yield from arrangement.closed
    yield from (name for name, _ in arrangement.floating)


def _leaves(arrangement: Arrangement) -> Iterator[Tabs]:
    waiting = [root for _, _, root in reversed(arrangement.sides)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Tabs):
            yield node
        else:
            waiting += reversed(node.parts)


def _first(node: Tabs | Split) -> str:
    while isinstance(node, Split):
        node = node.parts[0]
    return node.front or node.docks[0]


def _neighbours(arrangement: Arrangement) -> dict[str, tuple[str, ...]]:
    """By dock, those in the same place."""
    return {name: tabs.docks for tabs in _leaves(arrangement) for name in tabs.docks}


def _returned(node: Tabs | Split, away: Iterable[tuple[str, tuple[str, ...]]]) -> Tabs | Split:
    """`node` with docks that are away, each in the place of those that were beside it."""
    if isinstance(node, Split):
        return replace(node, parts=tuple(_returned(part, away) for part in node.parts))
    back = tuple(name for name, beside in away if set(beside) & set(node.docks))
    return replace(node, docks=node.docks + back, front=node.front or node.docks[0])


def _steadied(node: Tabs | Split, before: Tabs | Split, meant: Tabs | Split) -> Tabs | Split:
    share = meant.share if abs(node.share - before.share) <= _ROUNDING else node.share
    trees = [one for one in (node, before, meant) if isinstance(one, Split)]
    if len({(tree.direction, len(tree.parts)) for tree in trees}) == 1 and len(trees) == 3:
        parts = zip(*(tree.parts for tree in trees), strict=True)
        return Split(trees[0].direction, tuple(starmap(_steadied, parts)), share)
    return node if trees else replace(node, share=share)


def _with(node: Tabs | Split, names: list[str]) -> Tabs | Split:
    """`node` with more docks in its last place."""
    if not names:
        return node
    if isinstance(node, Split):
        return replace(node, parts=(*node.parts[:-1], _with(node.parts[-1], names)))
    return replace(node, docks=(*node.docks, *names))


def _only(node: Tabs | Split, known: list[str], placed: set[str]) -> Tabs | Split | None:
    """`node` with none but known docks, each once; None where nothing is left."""
    if isinstance(node, Tabs):
        names = [name for name in dict.fromkeys(node.docks) if name in known]
        names = [name for name in names if name not in placed]
        placed |= set(names)
        front = node.front if node.front in names else ""
        return replace(node, docks=tuple(names), front=front) if names else None
    parts = [fitting for part in node.parts if (fitting := _only(part, known, placed))]
    if len(parts) < 2:
        return replace(parts[0], share=node.share) if parts else None
    return replace(node, parts=tuple(parts))


def _place(window: QMainWindow, docks: Mapping[str, QDockWidget], node: Tabs | Split) -> None:
    """Fill the place of the first dock of `node`, which is in the window, with all of it."""
    if isinstance(node, Split):
        firsts = [docks[_first(part)] for part in node.parts]
        for before, dock in pairwise(firsts):
            window.splitDockWidget(before, dock, _ORIENTATIONS[node.direction])
        for part in node.parts:
            _place(window, docks, part)
        return
    # The first to come is there already; those before it in the order of tabs follow it, and it
    # then goes behind them.
    anchor = docks[_first(node)]
    at = node.docks.index(_first(node))
    there = [docks[name] for name in node.docks]
    for dock in there[:at]:
        window.tabifyDockWidget(anchor, dock)
    if at:
        window.tabifyDockWidget(there[at - 1], anchor)
    for one, other in pairwise(there[at:]):
        window.tabifyDockWidget(one, other)


def _share_out(
    node: Tabs | Split,
    room: tuple[float, float],
    shown: set[str],
    sizes: dict[str, tuple[float, float]],
) -> None:
    """Note the size of one dock of every place that is shown."""
    if isinstance(node, Tabs):
        for name in node.docks:
            if name in shown:
                sizes[name] = room
                return
        return
    parts = [part for part in node.parts if _any(part, shown)]
    whole = sum(part.share for part in parts)
    for part in parts:
        share = part.share / whole
        row = node.direction == "row"
        _share_out(part, (room[0] * (share if row else 1), room[1] * (1 if row else share)),
                   shown, sizes)  # fmt: skip


def _any(node: Tabs | Split, shown: set[str]) -> bool:
    if isinstance(node, Tabs):
        return any(name in shown for name in node.docks)
    return any(_any(part, shown) for part in node.parts)


# Reading a window --------------------------------------------------------------------------


def _tab_bars(window: QMainWindow) -> list[QTabBar]:
    """The bars with the tabs of docks, those that Qt does not use now included."""
    return window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)


def _show_tabs(window: QMainWindow) -> None:
    """Show bars that Qt uses again, which it leaves hidden until the window has another size."""
    for bar in _tab_bars(window):
        if bar.count() > 1:
            bar.show()


def _groups(
    window: QMainWindow, docks: Mapping[str, QDockWidget], there: list[str]
) -> list[tuple[Tabs, QRect]]:
    """The places of a side and their rectangles, with the docks there that are not closed."""
    # Qt moves those that it may need again off the window.
    bars = [bar for bar in _tab_bars(window) if window.rect().intersects(bar.geometry())]
    groups: list[tuple[Tabs, QRect]] = []
    waiting = list(there)
    while waiting:
        beside = {dock.objectName() for dock in window.tabifiedDockWidgets(docks[waiting[0]])}
        beside.add(waiting[0])
        names = {docks[name].windowTitle(): name for name in there if name in beside}
        waiting = [name for name in waiting if name not in names.values()]
        order, front, tabs = tuple(names.values()), next(iter(names.values())), QRect()
        for bar in bars:
            titles = [bar.tabText(at) for at in range(bar.count())]
            # A tab of a dock that was closed a moment ago may be there yet.
            if set(titles) >= set(names):
                order = tuple(names[title] for title in titles if title in names)
                front = names.get(bar.tabText(bar.currentIndex()), order[0])
                tabs = bar.geometry()
        groups.append((Tabs(order, front), docks[front].geometry().united(tabs)))
    return groups


def _tree(places: list[tuple[Tabs, QRect]], share: float = 1.0) -> Tabs | Split:
    """Return how places lie beside each other, found by cutting between them."""
    if len(places) == 1:
        return replace(places[0][0], share=share)
    for direction, begin, end in _CUTS:
        parts: list[list[tuple[Tabs, QRect]]] = []
        reached = -(1 << 20)
        for place in sorted(places, key=lambda one: begin(one[1])):
            if not parts or begin(place[1]) > reached:
                parts.append([])
            parts[-1].append(place)
            reached = max(reached, end(place[1]))
        if len(parts) > 1:
            lengths = [
                max(end(rect) for _, rect in part) - min(begin(rect) for _, rect in part) + 1
                for part in parts
            ]
            shares = [round(length / sum(lengths), 4) for length in lengths]
            found = tuple(_tree(part, one) for part, one in zip(parts, shares, strict=True))
            return Split(direction, found, share)
    # Places that no cut parts lie over each other while the window is being laid out.
    names = tuple(name for tabs, _ in places for name in tabs.docks)
    return Tabs(names, places[0][0].front, share)
