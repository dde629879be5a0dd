"""The list of layouts that can be imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.models.importers import cpm, hourglass, mobile, openpose
from poseviewer.models.importers.layout import Layout, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poseviewer.models.card import ModelCard
    from poseviewer.models.importers.contents import Contents


def _never(contents: Contents) -> Settings | None:
    del contents
    return None


def _named(cards: Mapping[str, ModelCard], settings: Settings) -> ModelCard:
    return cards[settings["card"]]


AS_CARD = Layout(
    name="card",
    title="a network that ships without these weights",
    recognise=_never,
    card=_named,
)
"""Files whose network the user names, and whose tensors are called as ours."""

LAYOUTS = (
    hourglass.BEARPAW,
    hourglass.PRINCETON,
    cpm.PAPER,
    cpm.VGG,
    openpose.TWO_BRANCHES,
    openpose.BODY25,
    openpose.LIGHTWEIGHT,
    mobile.CPM,
    mobile.HOURGLASS,
    mobile.OPENPOSE,
)
"""Tried in this order."""


def layout(name: str) -> Layout | None:
    """The layout of this name; None where there is none."""
    return next((one for one in (*LAYOUTS, AS_CARD) if one.name == name), None)
