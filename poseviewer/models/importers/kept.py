"""The user's model folder: what was imported, as cards beside those that ship."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from poseviewer.core.assets import user_folder
from poseviewer.core.errors import PoseViewerError
from poseviewer.models.importers.layouts import layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from poseviewer.models.card import ModelCard

VERSION = 1
"""Of the JSON beside imported weights."""


def model_folder() -> Path:
    """Where imported models lie, each as NAME.json and NAME.safetensors; made if missing."""
    folder = user_folder("data") / "models"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def kept_cards(shipped: Iterable[ModelCard]) -> tuple[ModelCard, ...]:
    """The cards of all imported models, by name; those that cannot be read are left out."""
    by_name = {card.name: card for card in shipped}
    found = []
    for path in sorted(model_folder().glob("*.json")):
        try:
            found.append(kept_card(path, by_name))
        except PoseViewerError:
            # One damaged file must not take the other models away; `complaints` tells of it.
            continue
    return tuple(card for card in found if card.name not in by_name)


def complaints(shipped: Iterable[ModelCard]) -> tuple[str, ...]:
    """One sentence for each file of the folder that is no model."""
    by_name = {card.name: card for card in shipped}
    told = []
    for path in sorted(model_folder().glob("*.json")):
        try:
            kept_card(path, by_name)
        except PoseViewerError as error:
            told.append(str(error))
    return tuple(told)


def kept_card(path: Path, shipped: Mapping[str, ModelCard]) -> ModelCard:
    """The card of one imported model.

    Args:
        path: Its JSON.
        shipped: The cards that ship, by name.

    Raises:
        PoseViewerError: The file is no card, or of a network that this version lacks.
    """
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if told["version"] != VERSION or (known := layout(told["layout"])) is None:
            msg = f"{path} is of another version of PoseViewer; import its model again."
            raise PoseViewerError(msg)
        card = known.card(shipped, told["settings"])
        return replace(
            card,
            name=path.stem,
            title=str(told["title"]),
            weights=path.with_suffix(".safetensors"),
            licence=str(told["licence"]),
            source=str(told["source"]),
            parameters=int(told["parameters"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"{path} is no card of a model ({error!r}); remove it or import its model again."
        raise PoseViewerError(msg) from error
