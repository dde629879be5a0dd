"""What a layout of checkpoint files is: how it is recognised and which network it makes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from poseviewer.models.card import ModelCard
    from poseviewer.models.importers.files import Contents, Shapes

    Cards = Mapping[str, ModelCard]

Settings = dict[str, Any]
"""What a layout found out of a file, such as how many stages it has; JSON can hold it."""

UNKNOWN_LICENCE = "not stated in the file; ask its author"


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """One way in which files of one family are written."""

    name: str
    """Short; stored in the card of an imported model, so it never changes."""

    title: str
    """For people: whose files these are."""

    recognise: Callable[[Contents], Settings | None]
    """Reads the network's settings from a file of this layout; None where it is another layout."""

    card: Callable[[Cards, Settings], ModelCard]
    """Makes the card, without weights, of a network with these settings; takes the cards that
    ship, and raises ValueError with a clause where no such network is built here."""

    rename: Callable[[str], str | None] = lambda name: name
    """A file's name of a tensor as our module calls it; None for one that nothing ever uses."""

    prepared: Callable[[Contents], Contents] = lambda contents: contents
    """Makes one tensor of those that a file has apart and our module has in one piece."""

    licence: str = UNKNOWN_LICENCE
    """Of published files of this layout."""


def numbered(shapes: Shapes, pattern: str) -> int:
    """Count the different numbers that stand where `pattern` has its group."""
    found = (re.fullmatch(pattern, name) for name in shapes)
    return len({match[1] for match in found if match})


def rows(shapes: Shapes, name: str) -> int:
    """The first dimension of a tensor; 0 where it is not there."""
    return length(shapes, name, axis=0)


def length(shapes: Shapes, name: str, *, axis: int) -> int:
    """A dimension of a tensor, counted from its end where negative; 0 where it is not there."""
    shape = shapes.get(name, ())
    return shape[axis] if -len(shape) <= axis < len(shape) else 0
