"""The user's folder of imported models, and the cards it holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError, one_sentence
from poseviewer.core.reading import mapping, read_json, reading, whole, word
from poseviewer.models.graph_files.cards import graph_card
from poseviewer.models.importers.folder import GRAPH, NAME, VERSION, model_folder
from poseviewer.models.importers.layouts import layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from poseviewer.models.card import ModelCard


def stored_cards(shipped: Iterable[ModelCard]) -> tuple[ModelCard, ...]:
    """The cards of all imported models, by name; those that cannot be read are left out."""
    return _read(shipped)[0]


def complaints(shipped: Iterable[ModelCard]) -> tuple[str, ...]:
    """One sentence for each file of the folder that is no model."""
    return _read(shipped)[1]


def _read(shipped: Iterable[ModelCard]) -> tuple[tuple[ModelCard, ...], tuple[str, ...]]:
    """The cards of the folder, and a sentence on each that cannot be read."""
    by_name = {card.name: card for card in shipped}
    found, broken = [], []
    for path in sorted(model_folder().glob("*.json")):
        try:
            found.append(stored_card(path, by_name))
        except PoseViewerError as error:
            broken.append(str(error))
    return tuple(card for card in found if card.name not in by_name), tuple(broken)


def is_stored(card: ModelCard) -> bool:
    """Whether a card is of an imported model, which can be removed."""
    return isinstance(card.weights, Path) and card.weights.parent == model_folder()


def remove(name: str) -> None:
    """Delete the files of an imported model; the file that it was imported from stays.

    Raises:
        PoseViewerError: No imported model has this name, or its files cannot be deleted.
    """
    folder = model_folder()
    card = folder / f"{name}.json"
    if not NAME.fullmatch(name) or not card.is_file():
        msg = f"There is no imported model called {name}."
        raise PoseViewerError(msg)
    others = tuple(
        f"{one.stem}." for one in folder.glob("*.json") if one.stem.startswith(f"{name}.")
    )
    try:
        # The card first: without it the other files are nobody's.
        card.unlink()
        for path in folder.glob(f"{name}.*"):
            if not path.name.startswith(others):
                path.unlink()
    except OSError as error:
        msg = f"{name} was not removed whole ({error.strerror}); what is left lies in {folder}."
        raise PoseViewerError(msg) from error


def stored_card(path: Path, shipped: Mapping[str, ModelCard]) -> ModelCard:
    """The card of one imported model.

    Args:
        path: Its JSON.
        shipped: The cards that ship, by name.

    Raises:
        PoseViewerError: The file is no card, or of a network that this version lacks.
    """
    with reading(path, kind="a card of a model", advice="remove it or import its model again"):
        if not NAME.fullmatch(path.stem):
            msg = "its name is no model's name"
            raise ValueError(msg)
        saved = mapping(read_json(path), "it")
        name = word(saved["layout"], "its layout")
        if name == GRAPH and saved["version"] == VERSION:
            return graph_card(path, saved)
        if saved["version"] != VERSION or (known := layout(name)) is None:
            msg = f"{path} is of another version of PoseViewer; import its model again."
            raise PoseViewerError(msg)
        card = known.card(shipped, mapping(saved["settings"], "its settings"))
        return replace(
            card,
            name=path.stem,
            title=one_sentence(word(saved["title"], "its title")),
            weights=path.with_suffix(".safetensors"),
            licence=one_sentence(word(saved["licence"], "its licence")),
            source=one_sentence(word(saved["source"], "its source")),
            parameters=whole(saved["parameters"], "its parameters", low=0, high=1 << 40),
        )
