"""A file's tensors beside a network's: what fits, and every one that does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.importers.known_layouts import AS_CARD, LAYOUTS
from poseviewer.models.importers.layout import Foreign, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from poseviewer.models.card import ModelCard
    from poseviewer.models.importers.contents import Contents, Shapes
    from poseviewer.models.importers.layout import Layout, Settings


def _any(shapes: Shapes, *names: str) -> bool:
    return any(name in shapes for name in names)


def _mmpose_head(shapes: Shapes, name: str) -> bool:
    return _any(shapes, f"head.{name}", f"keypoint_head.{name}")


def _hrnet(shapes: Shapes) -> bool:
    branch = "stage2.0.branches.0.0.conv1.weight"
    return _any(shapes, branch, f"backbone.{branch}")


def _vitpose(shapes: Shapes) -> bool:
    return _any(
        shapes,
        "backbone.patch_embed.proj.weight",
        "backbone.embeddings.patch_embeddings.projection.weight",
    )


def _hourglass52(shapes: Shapes) -> bool:
    return "backbone.hourglass_modules.0.up1.0.conv1.weight" in shapes


def _mmpose_cpm(shapes: Shapes) -> bool:
    return "backbone.cpm_stages.0.model.0.conv.weight" in shapes


def _simple_baseline(shapes: Shapes) -> bool:
    return "deconv_layers.0.weight" in shapes or _mmpose_head(shapes, "deconv_layers.0.weight")


def _regression(shapes: Shapes) -> bool:
    return "backbone.layer1.0.conv1.weight" in shapes and _mmpose_head(shapes, "fc.weight")


def _one_branch(shapes: Shapes, maps: int) -> bool:
    return rows(shapes, "Mconv7_stage2.weight") == maps and "conv5_3_CPM.weight" in shapes


FOREIGN = (
    Foreign("ViTPose", _vitpose),
    Foreign("an HRNet", _hrnet),
    Foreign("mmpose's Hourglass-52", _hourglass52),
    Foreign("mmpose's CPM", _mmpose_cpm),
    Foreign("a SimpleBaseline", _simple_baseline),
    Foreign("mmpose's regression net", _regression),
    Foreign("OpenPose's hand net", lambda s: _one_branch(s, 22)),
    Foreign("OpenPose's face net", lambda s: _one_branch(s, 71)),
    Foreign("CMU's person finder", lambda s: rows(s, "Mconv7_stage2.weight") == 1),
)
"""What can be told of each file in one sentence."""


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
    for foreign in FOREIGN:
        if foreign.recognise(contents.shapes):
            msg = f"{file} is of {foreign.title}, a network that PoseViewer does not have yet."
            raise PoseViewerError(msg)
    first = next(iter(contents.tensors), "none")
    msg = (
        f"{file} holds {len(contents.tensors)} tensors of a network that PoseViewer does not know "
        f"(the first is {first}); where you know which one it is, say so with --as CARD."
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
