"""A checkpoint becomes a model: looked at first, then written into the user's folder."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from poseviewer.core.assets import user_folder
from poseviewer.core.errors import PoseViewerError
from poseviewer.models.importers.contents import Contents, read_contents
from poseviewer.models.importers.known_layouts import AS_CARD, LAYOUTS, layout
from poseviewer.models.importers.layout import UNKNOWN_LICENCE
from poseviewer.models.importers.matching import Match, Recognised, match, recognise
from poseviewer.models.weights import digest

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


_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_HALF_LIMIT = torch.finfo(torch.float16).max


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A checkpoint that was looked at; nothing is written yet."""

    path: Path
    """The file."""

    contents: Contents

    recognised: Recognised

    match: Match

    name: str
    """What the model will be called."""

    parameters: int
    """Of the network."""

    licence: str
    """Of the weights, as far as the file tells."""

    @property
    def title(self) -> str:
        """What the model will be described as."""
        card = self.recognised.card
        named = self.recognised.layout is AS_CARD
        return f"{card.title}, with weights of {self.path.name}" if named else card.title


def look(
    path: Path, *, shipped: Iterable[ModelCard], wanted: str | None = None, name: str | None = None
) -> Candidate:
    """Read a checkpoint and find its network and the place of each of its tensors.

    Args:
        path: The file.
        shipped: The cards that ship.
        wanted: The card that it is for, where the user says so.
        name: What to call the model; as its layout does where None.

    Raises:
        PoseViewerError: It cannot be read, its network is not known or not built here, or the
            name cannot be used.
    """
    cards = {card.name: card for card in shipped}
    contents = read_contents(path)
    found = recognise(contents, file=path.name, cards=cards, wanted=wanted)
    called = name or (f"{wanted}-imported" if wanted else found.card.name)
    if not _NAME.fullmatch(called):
        msg = f"{called!r} cannot be a model's name; use small letters, digits, dots and dashes."
        raise PoseViewerError(msg)
    if called in cards:
        msg = f"A model called {called} ships with PoseViewer; choose another with --name."
        raise PoseViewerError(msg)
    with torch.device("meta"):
        module = found.card.build()
    ours = {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}
    places = match(contents.shapes, ours, rename=found.layout.rename)
    if wanted and not places.complete:
        # The user named the network, but the file may call its tensors as a known layout does.
        tried = (match(contents.shapes, ours, rename=one.rename) for one in LAYOUTS)
        places = next((one for one in tried if one.complete), places)
    parameters = sum(parameter.numel() for parameter in module.parameters())
    return Candidate(path, contents, found, places, called, parameters, _licence(contents, found))


def keep(
    candidate: Candidate, *, shipped: Iterable[ModelCard], half: bool = False, force: bool = False
) -> ModelCard:
    """Write a checkpoint that fits into the user's model folder, and return its card.

    Args:
        candidate: What `look` returned.
        shipped: The cards that ship.
        half: Write float16, half the size; what float16 cannot hold stays float32.
        force: Whether a model of the same name may be replaced.

    Raises:
        PoseViewerError: Tensors do not fit or are not numbers, the name is taken, or the
            folder cannot be written.
    """
    if not candidate.match.complete:
        raise PoseViewerError(misfit(candidate))
    tensors = {
        place: _stored(candidate.contents.tensors[name], half=half)
        for place, name in candidate.match.places.items()
    }
    broken = [place for place, tensor in tensors.items() if not torch.isfinite(tensor).all()]
    if broken:
        msg = f"{candidate.path.name} holds numbers that are not finite, first in {broken[0]}."
        raise PoseViewerError(msg)
    card = model_folder() / f"{candidate.name}.json"
    if card.exists() and not force:
        msg = (
            f"There is an imported model called {candidate.name} already; "
            "replace it with --force or choose another --name."
        )
        raise PoseViewerError(msg)
    try:
        _write(candidate, tensors, card)
    except (OSError, SafetensorError) as error:
        msg = f"{card.parent} cannot be written: {error}."
        raise PoseViewerError(msg) from error
    return kept_card(card, {one.name: one for one in shipped})


def misfit(candidate: Candidate) -> str:
    """One sentence on a checkpoint that does not fit its network."""
    found = candidate.match
    return (
        f"{candidate.path.name} does not fit {candidate.recognised.card.name}: "
        f"{len(found.missing)} tensors are missing, {len(found.unknown)} unknown, "
        f"{len(found.misshapen)} of another shape, so nothing was imported."
    )


def described(candidate: Candidate) -> dict[str, Any]:
    """What is known of a checkpoint before it is kept, as JSON can hold it."""
    found = candidate.match
    return {
        "name": candidate.name,
        "title": candidate.title,
        "file": candidate.path.name,
        "kind": candidate.contents.kind,
        "layout": candidate.recognised.layout.name,
        "licence": candidate.licence,
        "parameters": candidate.parameters,
        "matched": len(found.places),
        "missing": list(found.missing),
        "unknown": list(found.unknown),
        "misshapen": list(found.misshapen),
        "never_used": list(found.dead),
    }


def _licence(contents: Contents, found: Recognised) -> str:
    """What is known of a file's licence; its layout only tells who made it where nobody said so."""
    if found.layout is not AS_CARD:
        return found.layout.licence
    like = next((one for one in LAYOUTS if one.recognise(contents) is not None), None)
    if like is None or like.licence == UNKNOWN_LICENCE:
        return UNKNOWN_LICENCE
    return f"not stated in the file; published files that look like it: {like.licence}"


def _stored(tensor: torch.Tensor, *, half: bool) -> torch.Tensor:
    # A copy: tensors of one file may share memory, which safetensors refuses.
    numbers = tensor.detach().to(torch.float32, copy=True).contiguous()
    if half and bool((numbers.abs() <= _HALF_LIMIT).all()):
        return numbers.to(torch.float16)
    return numbers


def _write(candidate: Candidate, tensors: dict[str, torch.Tensor], card: Path) -> None:
    """Both files under names of their own first: a crash leaves no half model."""
    recognised, path = candidate.recognised, candidate.path
    weights = card.with_suffix(".safetensors")
    part = card.with_name(f"{card.stem}.{os.getpid()}.part")
    try:
        save_file(tensors, part)
        told = {
            "version": VERSION,
            "name": candidate.name,
            "title": candidate.title,
            "layout": recognised.layout.name,
            "settings": recognised.settings,
            "licence": candidate.licence,
            "source": recognised.card.source,
            "parameters": candidate.parameters,
            "sha256": digest(part),
            "file": {
                "name": path.name,
                "kind": candidate.contents.kind,
                "bytes": path.stat().st_size,
                "sha256": digest(path),
                "never_used": len(candidate.match.dead),
            },
        }
        card.unlink(missing_ok=True)
        os.replace(part, weights)
        part.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        os.replace(part, card)
    finally:
        part.unlink(missing_ok=True)
