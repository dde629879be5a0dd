"""How a published checkpoint names its tensors, and the network here that they belong to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from poseviewer.models.card import ModelCard
    from poseviewer.models.importers.contents import Contents, Shapes

Settings = dict[str, Any]
"""What a layout found out of a file, such as how many stages it has; JSON can hold it."""

CMU_LICENCE = (
    "Carnegie Mellon University, academic or non-commercial research use only; may not be passed on"
)
UNKNOWN_LICENCE = "not stated in the file; ask whoever made it"


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """One way in which files of one family are written."""

    name: str
    """Short; kept in the card of an imported model, so it never changes."""

    title: str
    """For people: whose files these are."""

    recognise: Callable[[Contents], Settings | None]
    """What a file of this layout says of its network; None where it is another layout."""

    card: Callable[[Mapping[str, ModelCard], Settings], ModelCard]
    """The card, without weights, of a network with these settings; takes the cards that ship."""

    rename: Callable[[str], str | None] = lambda name: name
    """A file's name of a tensor as our module calls it; None for one that nothing ever uses."""

    licence: str = UNKNOWN_LICENCE
    """Of published files of this layout."""


@dataclass(frozen=True, slots=True, eq=False)
class Foreign:
    """A network that is known by its names but that is not built here."""

    title: str
    """Such as `HRNet`."""

    recognise: Callable[[Shapes], bool]


def numbered(shapes: Shapes, pattern: str) -> int:
    """How many different numbers stand where `pattern` has its group."""
    found = (re.fullmatch(pattern, name) for name in shapes)
    return len({match[1] for match in found if match})


def rows(shapes: Shapes, name: str) -> int:
    """The first dimension of a tensor; 0 where it is not there."""
    return next(iter(shapes.get(name, ())), 0)
