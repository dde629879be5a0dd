"""A workspace as a value, and as the JSON that settings and files hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poseviewer.core.reading import listing, mapping, number, read_text, reading, whole, word
from poseviewer.gui.workspaces.arrangement import (
    LEAST_SHARE,
    MOST_SHARE,
    SIDES,
    Arrangement,
    Split,
    Tabs,
)

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.gui.workspaces.arrangement import Direction, Side

LONGEST_NAME = 40
"""Letters of the name of a workspace."""

MOST_DOCKS = 64
"""Docks that an arrangement may name."""

MOST_OWN = 12
"""Workspaces that a person can save."""

_DEEPEST = 6
_FARTHEST = 1 << 15
_LARGEST_FILE = 1 << 16
_FORM = "poseviewer-workspace"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn over the frame, of the choices in which workspaces differ."""

    hud: bool = True
    """Frame number and speed."""

    heatmap: bool = False
    """The map of the chosen stage and joint."""

    arcs: tuple[str, ...] = ()
    """Names of the angles drawn as arcs."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """An arrangement of the docks under a name."""

    name: str
    layout: Arrangement
    drawn: Drawn = Drawn()

    tall: Arrangement | None = None
    """The arrangement where the frame is taller than wide; the same where None."""

    presenting: bool = False
    """Whether it fills the screen, without menus and bars."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is stored of all workspaces from one start to the next."""

    now: str = ""
    """Name of the one in use."""

    live: tuple[Workspace, ...] = ()
    """As they were left."""

    own: tuple[Workspace, ...] = ()
    """Those of the person, as they were saved."""


def as_json(workspace: Workspace) -> dict[str, Any]:
    """Return a workspace as what JSON can hold."""
    drawn, tall = workspace.drawn, workspace.tall
    return {
        "format": _FORM,
        "version": 1,
        "name": workspace.name,
        "presenting": workspace.presenting,
        "drawn": {"hud": drawn.hud, "heatmap": drawn.heatmap, "arcs": list(drawn.arcs)},
        **_layout_json(workspace.layout),
        "tall": None if tall is None else _layout_json(tall),
    }


def from_json(value: Any) -> Workspace:
    """Return the workspace that JSON holds; what it does not say is as usual.

    Raises:
        ValueError: It is none.
    """
    stored = mapping(value, "it")
    if stored.get("format") != _FORM:
        msg = f"its format is not {_FORM}"
        raise ValueError(msg)
    whole(stored.get("version"), "its version", low=1, high=1)
    drawn, tall = mapping(stored.get("drawn", {}), "what it draws"), stored.get("tall")
    budget = _Budget()
    return Workspace(
        valid_name(stored.get("name")),
        _layout(stored, budget),
        Drawn(
            _truth(drawn.get("hud", True), "hud"),
            _truth(drawn.get("heatmap", False), "heatmap"),
            budget.names(drawn.get("arcs", [])),
        ),
        tall=None if tall is None else _layout(mapping(tall, "a layout"), budget),
        presenting=_truth(stored.get("presenting", False), "presenting"),
    )


def read_workspace(path: Path) -> Workspace:
    """Read a file that was shared.

    Raises:
        PoseViewerError: It cannot be read, or is none.
    """
    with reading(path.name, kind="a workspace of PoseViewer"):
        return from_json(json.loads(read_text(path, most=_LARGEST_FILE)))


def valid_name(value: Any) -> str:
    """Return a name as a tab shows it: one line, without blanks at its ends.

    Raises:
        ValueError: It is no text of 1 to `LONGEST_NAME` letters.
    """
    name = " ".join(word(value, "its name").split())
    if not name.isprintable():
        msg = "its name holds signs that cannot be shown"
        raise ValueError(msg)
    return word(name, "its name", longest=LONGEST_NAME)


class _Budget:
    """Counts the names taken out of a file."""

    def __init__(self) -> None:
        self._left = 4 * MOST_DOCKS

    def names(self, value: Any) -> tuple[str, ...]:
        """Return a list of names.

        Raises:
            ValueError: It is none, or there are more than any window needs.
        """
        found = listing(value, "a list of docks or angles")
        self._left -= max(len(found), 1)
        if self._left < 0:
            msg = "it names more docks than there can be"
            raise ValueError(msg)
        return tuple(word(name, "a name", longest=200) for name in found)


def _layout_json(layout: Arrangement) -> dict[str, Any]:
    return {
        "docks": {side: {"share": share, **_node_json(root)} for side, share, root in layout.sides},
        "wide": layout.wide,
        "closed": list(layout.closed),
        "floating": {name: list(place) for name, place in layout.floating},
    }


def _layout(stored: dict[str, Any], budget: _Budget) -> Arrangement:
    sides: list[tuple[Side, float, Tabs | Split]] = []
    for side, part in mapping(stored.get("docks", {}), "its docks").items():
        if side not in SIDES:
            msg = "its docks lie where there is no side"
            raise ValueError(msg)
        share = number(
            mapping(part, "a side").get("share"), "a share", low=LEAST_SHARE, high=MOST_SHARE
        )
        sides.append((side, share, _node({**part, "share": 1.0}, budget, depth=0)))
    closed = budget.names(stored.get("closed", []))
    floating = mapping(stored.get("floating", {}), "its windows")
    budget.names(list(floating))
    places = tuple((name, _window(place)) for name, place in floating.items())
    return Arrangement(tuple(sides), _truth(stored.get("wide", False), "wide"), closed, places)


def _node_json(node: Tabs | Split) -> dict[str, Any]:
    if isinstance(node, Tabs):
        return {"tabs": list(node.docks), "front": node.front}
    return {
        node.direction: [{"share": part.share, **_node_json(part)} for part in node.parts],
    }


def _node(value: Any, budget: _Budget, *, depth: int) -> Tabs | Split:
    stored = mapping(value, "a place")
    share = number(stored.get("share"), "a share", low=0.001, high=1)
    if "tabs" in stored:
        names = budget.names(stored["tabs"])
        front = stored.get("front", "")
        return Tabs(names, front if front in names else "", share)
    if depth == _DEEPEST:
        msg = "its places are nested too deeply"
        raise ValueError(msg)
    direction: Direction = "row" if "row" in stored else "column"
    parts = listing(stored.get(direction), "a row or column")
    if not 1 < len(parts) <= MOST_DOCKS:
        msg = "a row or column has too few places, or too many"
        raise ValueError(msg)
    return Split(direction, tuple(_node(part, budget, depth=depth + 1) for part in parts), share)


def _window(value: Any) -> tuple[int, int, int, int]:
    places = listing(value, "the place of a window")
    if len(places) != 4:
        msg = "the place of a window has four numbers"
        raise ValueError(msg)
    x, y = (whole(n, "a place", low=-_FARTHEST, high=_FARTHEST) for n in places[:2])
    width, height = (whole(n, "a size", low=1, high=_FARTHEST) for n in places[2:])
    return x, y, width, height


def _truth(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        msg = f"{what} is neither true nor false"
        raise ValueError(msg)
    return value
