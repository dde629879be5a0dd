"""Importing a checkpoint: it is examined first, then written into the user's folder."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import OutputSet, write_errors
from poseviewer.models.facts import digest
from poseviewer.models.importers.files import read_contents
from poseviewer.models.importers.folder import NAME, VERSION, model_folder
from poseviewer.models.importers.layout import UNKNOWN_LICENCE
from poseviewer.models.importers.layouts import AS_CARD, LAYOUTS, foreign
from poseviewer.models.importers.stored import stored_card

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from poseviewer.models.card import ModelCard
    from poseviewer.models.importers.files import Contents, Shapes
    from poseviewer.models.importers.layout import Layout, Settings

_COUNTER = ".num_batches_tracked"


@dataclass(frozen=True, slots=True, eq=False)
class Recognised:
    """A file's layout and the network that it makes."""

    layout: Layout
    settings: Settings
    card: ModelCard
    """Without weights."""


@dataclass(frozen=True, slots=True)
class Match:
    """Which tensor of a file goes where."""

    places: dict[str, str] = field(default_factory=dict)
    """Our name of every tensor that fits, to the file's."""

    missing: tuple[str, ...] = ()
    """What the network needs and the file lacks, by our names."""

    unknown: tuple[str, ...] = ()
    """What the file holds and the network has no place for, by the file's names."""

    misshapen: tuple[str, ...] = ()
    """What both have, in different shapes: our name, the file's shape, ours."""

    dead: tuple[str, ...] = ()
    """What the file holds but its own network never uses, by the file's names."""

    @property
    def complete(self) -> bool:
        """Whether every tensor of both has found its place."""
        return not (self.missing or self.unknown or self.misshapen)


def recognise(
    contents: Contents, *, file: str, cards: Mapping[str, ModelCard], wanted: str | None = None
) -> Recognised:
    """The network that a file was saved from.

    Args:
        contents: Of the file.
        file: Its name, for what is said of it.
        cards: Those that ship, by name.
        wanted: The card that the user says it is; no guessing then.

    Raises:
        PoseViewerError: It is not known, or known but not built here; or no card is called so.
    """
    if wanted is not None:
        if wanted not in cards:
            msg = f"There is no model called {wanted!r}; `poseviewer models` lists them."
            raise PoseViewerError(msg)
        return Recognised(AS_CARD, {"card": wanted}, cards[wanted])
    for layout in LAYOUTS:
        settings = layout.recognise(contents)
        if settings is None:
            continue
        try:
            return Recognised(layout, settings, layout.card(cards, settings))
        except ValueError as error:
            msg = f"{file} is {layout.title}, but cannot be used: {error}."
            raise PoseViewerError(msg) from error
    if title := foreign(contents.shapes):
        msg = f"{file} is of {title}, a network that PoseViewer does not have yet."
        raise PoseViewerError(msg)
    first = next(iter(contents.tensors), "none")
    msg = (
        f"{file} holds {len(contents.tensors)} tensors of a network that PoseViewer does not know "
        f"(the first is {first}); where you know which one it is, say so with "
        "`poseviewer models import --as CARD`."
    )
    raise PoseViewerError(msg)


def match(found: Shapes, ours: Shapes, *, rename: Callable[[str], str | None]) -> Match:
    """Give every tensor of a file its place in a network.

    Args:
        found: Of the file.
        ours: Of the network.
        rename: A file's name as ours; None for a tensor that is never used.
    """
    places: dict[str, str] = {}
    unknown, misshapen, dead = [], [], []
    for name, shape in found.items():
        if name.endswith(_COUNTER):
            continue
        place = rename(name)
        if place is None:
            dead.append(name)
        elif place not in ours:
            unknown.append(name)
        elif ours[place] != shape:
            misshapen.append(f"{place}: {_said(shape)} in the file, {_said(ours[place])} here")
        else:
            places[place] = name
    refused = {text.split(":", 1)[0] for text in misshapen}
    missing = [
        name
        for name in ours
        if name not in places and name not in refused and not name.endswith(_COUNTER)
    ]
    return Match(places, tuple(missing), tuple(unknown), tuple(misshapen), tuple(dead))


def _said(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a number"


_HALF_LIMIT = torch.finfo(torch.float16).max


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A checkpoint that was examined; nothing is written yet."""

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
    """Of the weights, as far as the file states it."""

    @property
    def title(self) -> str:
        """What the model will be described as."""
        card = self.recognised.card
        named = self.recognised.layout is AS_CARD
        return f"{card.title}, with weights of {self.path.name}" if named else card.title


def examine(
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
    if not NAME.fullmatch(called):
        msg = f"{called!r} cannot be a model's name; use small letters, digits, dots and dashes."
        raise PoseViewerError(msg)
    if called in cards:
        msg = f"A model called {called} ships with PoseViewer; choose another name."
        raise PoseViewerError(msg)
    with torch.device("meta"):
        module = found.card.build()
    ours = {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}
    tried = [found.layout]
    if wanted:
        # The user named the network, but the file may call its tensors as a known layout does.
        tried += LAYOUTS
    fits = ((one.prepared(contents), one) for one in tried)
    read = [(made, match(made.shapes, ours, rename=one.rename)) for made, one in fits]
    contents, places = next((pair for pair in read if pair[1].complete), read[0])
    parameters = sum(parameter.numel() for parameter in module.parameters())
    return Candidate(path, contents, found, places, called, parameters, _licence(contents, found))


def store(
    candidate: Candidate, *, shipped: Iterable[ModelCard], half: bool = False, force: bool = False
) -> ModelCard:
    """Write a checkpoint that fits into the user's model folder, and return its card.

    Args:
        candidate: What `examine` returned.
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
            "choose another name, or replace it with `poseviewer models import --force`."
        )
        raise PoseViewerError(msg)
    try:
        _write(candidate, tensors, card)
    except (OSError, SafetensorError) as error:
        msg = f"{card.parent} cannot be written: {error}."
        raise PoseViewerError(msg) from error
    return stored_card(card, {one.name: one for one in shipped})


def misfit(candidate: Candidate) -> str:
    """One sentence on a checkpoint that does not fit its network."""
    found = candidate.match
    return (
        f"{candidate.path.name} does not fit {candidate.recognised.card.name}: "
        f"{len(found.missing)} tensors are missing, {len(found.unknown)} unknown, "
        f"{len(found.misshapen)} of another shape, so nothing was imported."
    )


def in_json(candidate: Candidate) -> dict[str, Any]:
    """What is known of a checkpoint before it is stored, as JSON can hold it."""
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
    """What is known of a file's licence, by its layout."""
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
    """Write both files or neither."""
    recognised, path = candidate.recognised, candidate.path
    with write_errors(card), OutputSet(durable=True) as outputs:
        part = outputs.file(card.with_suffix(".safetensors"))
        save_file(tensors, part)
        about = {
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
        outputs.file(card).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
