"""What an export draws, by the words that the command and Python have for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.look import Look
from poseviewer.core.stage import group_of, grouped
from poseviewer.runtime.jobs import CAPTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.stage import StageSpec
    from poseviewer.models.card import ModelCard
    from poseviewer.video.source import Source

DRAWN = ("skeleton", "numbers", "corrections", "drawings", "boxes", "arrows", "uncertainty")
"""What can be drawn; `CAPTIONS` are written too."""

USUAL = ("skeleton", "numbers", "corrections", "drawings")
"""What is drawn where nothing else is asked for."""


def map_look(card: ModelCard, *, gate: float, stage: int | None, heatmap: str | None) -> Look:
    """The look with a belief map over the picture, and its stage's skeleton drawn thin.

    Args:
        card: Of the network.
        gate: Confidence below which joints are drawn weak.
        stage: 0-based; the last one where None.
        heatmap: Name of the joint; all joints where None. Without either there is no map.

    Raises:
        PoseViewerError: The network has no such stage or joint.
    """
    if stage is None and heatmap is None:
        return Look(gate=gate)
    last = len(card.stages) - 1
    number = last if stage is None else stage
    return Look(
        ghost=None if number == last else number,
        overlay_stage=number,
        overlay_channel=_stage(card, number).channel(heatmap or "all"),
        gate=gate,
    )


def drawn_look(
    look: Look,
    card: ModelCard,
    *,
    draw: Sequence[str] = USUAL,
    field: str | None = None,
    stage: int | None = None,
    ghost: int | None = None,
    arcs: Sequence[str] = (),
) -> Look:
    """The look with what is drawn besides.

    Args:
        look: With the belief map.
        card: Of the network.
        draw: Names of `DRAWN` and `CAPTIONS`.
        field: The limb whose part affinity field lies over the picture, or `all`.
        stage: 0-based, of the field; the last one where None.
        ghost: 0-based stage whose skeleton is drawn thin; that of `look` where None.
        arcs: Names of the angles drawn as arcs.

    Raises:
        PoseViewerError: There is no such word, stage or field.
    """
    known = (*DRAWN, *CAPTIONS)
    for name in draw:
        if name not in known:
            msg = f"{name!r} cannot be drawn; choose from {', '.join(known)}."
            raise PoseViewerError(msg)
    look = replace(
        look,
        skeleton="skeleton" in draw,
        numbers="numbers" in draw,
        drawings="drawings" in draw,
        corrections="corrections" in draw,
        region_outline="boxes" in draw,
        arrows="arrows" in draw,
        uncertainty="uncertainty" in draw,
        arcs=tuple(arcs),
    )
    if ghost is not None:
        _stage(card, ghost)
        look = replace(look, ghost=ghost)
    if field is None:
        return look
    _stage(card, stage or 0)
    groups = grouped(card.stages)
    at = len(groups) - 1 if stage is None else group_of(card.stages, stage)
    number = groups[at].about("limb")
    if number is None:
        msg = f"{card.name} has no part affinity fields in stage {at + 1}."
        raise PoseViewerError(msg)
    return replace(look, overlay_stage=number, overlay_channel=_limb(card.stages[number], field))


def truth_path(wanted: str | Path, source: Source) -> Path | None:
    """The file of ground truth that is drawn; None for what is known without.

    Args:
        wanted: A file, or `auto` for what lies beside the source or it knows itself.
        source: What is exported.

    Raises:
        PoseViewerError: It does not label `source`, or `auto` finds nothing.
    """
    from poseviewer.truth.frames import truth_of

    path = None if wanted == "auto" else Path(wanted)
    known = truth_of(source, path)
    if known is None:
        msg = f"No ground truth is known of {source.name}; name its file."
        raise PoseViewerError(msg)
    known.check_places()
    return path


def _stage(card: ModelCard, number: int) -> StageSpec:
    last = len(card.stages) - 1
    if not 0 <= number <= last:
        msg = f"{card.name} has stages 0 to {last}; there is no stage {number}."
        raise PoseViewerError(msg)
    return card.stages[number]


def _limb(spec: StageSpec, name: str) -> int | None:
    known = {title: channel for channel, title in spec.meaning.channels(spec)}
    if name == "all" or name in known:
        return known.get(name)
    msg = f"There is no limb called {name!r}; there are {', '.join(known)} and all."
    raise PoseViewerError(msg)
