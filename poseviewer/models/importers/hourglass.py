"""Stacked hourglasses as bearpaw, anibali and princeton-vl publish them (models.md section 9)."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from poseviewer.models.card import Normalisation
from poseviewer.models.importers.layout import Layout, Settings, numbered, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from poseviewer.models.card import ModelCard
    from poseviewer.models.importers.contents import Contents

_BASE = "hourglass-8"
# bearpaw subtracts a mean colour and divides by nothing but 255.
_BEARPAW = Normalisation(mean=(0.4404 * 255, 0.4440 * 255, 0.4327 * 255))

_LEVELS = 4
_RECURSION = "low2."
_PARTS = {"up1": 0, "low1": 1, "low3": 2, "low2": 3}
_STEM = {"pre.0.conv": "conv1", "pre.0.bn": "bn1"}
_STEM_RESIDUALS = {"pre.1": "layer1.0", "pre.3": "layer2.0", "pre.4": "layer3.0"}
_SINGLE = (
    (r"features\.(\d+)\.1\.conv", r"fc.\1.0"),
    (r"features\.(\d+)\.1\.bn", r"fc.\1.1"),
    (r"outs\.(\d+)\.conv", r"score.\1"),
    (r"merge_features\.(\d+)\.conv\.conv", r"fc_.\1"),
    (r"merge_preds\.(\d+)\.conv\.conv", r"score_.\1"),
)


def princeton_name(name: str) -> str | None:
    """Our name of a tensor of princeton-vl/pytorch_stacked_hourglass.

    Every residual there has a skip convolution, which is only ever used where the widths
    differ, that is in two residuals of the stem.
    """
    place, _, kind = name.rpartition(".")
    if place in _STEM:
        return f"{_STEM[place]}.{kind}"
    for pattern, ours in _SINGLE:
        if match := re.fullmatch(pattern, place):
            return f"{match.expand(ours)}.{kind}"
    residual, _, layer = place.rpartition(".")
    if layer == "conv":
        residual, _, layer = residual.rpartition(".")
    where = _residual(residual)
    if where is None:
        return name
    if layer == "skip_layer":
        return f"{where}.downsample.0.{kind}" if where in ("layer1.0", "layer3.0") else None
    return f"{where}.{layer}.{kind}"


def _residual(place: str) -> str | None:
    """Our name of one of their residuals; None where it is none."""
    if place in _STEM_RESIDUALS:
        return _STEM_RESIDUALS[place]
    if match := re.fullmatch(r"features\.(\d+)\.0", place):
        return f"res.{match[1]}.0"
    match = re.fullmatch(rf"hgs\.(\d+)\.0\.((?:{re.escape(_RECURSION)})*)(up1|low[123])", place)
    if match is None:
        return None
    stack, inside, part = match[1], match[2], match[3]
    return f"hg.{stack}.hg.{_LEVELS - 1 - len(inside) // len(_RECURSION)}.{_PARTS[part]}.0"


def _bearpaw(contents: Contents) -> Settings | None:
    shapes = contents.shapes
    if not {"layer1.0.conv1.weight", "score.0.weight"} <= shapes.keys():
        return None
    return {
        "stacks": numbered(shapes, r"score\.(\d+)\.weight"),
        "joints": rows(shapes, "score.0.weight"),
        "modules": numbered(shapes, r"hg\.0\.hg\.0\.0\.(\d+)\.conv1\.weight") or 1,
        "stem": "bearpaw" if rows(shapes, "layer2.0.conv3.weight") == 256 else "paper",
    }


def _princeton(contents: Contents) -> Settings | None:
    shapes = contents.shapes
    if not {"pre.0.conv.weight", "outs.0.conv.weight"} <= shapes.keys():
        return None
    return {
        "stacks": numbered(shapes, r"outs\.(\d+)\.conv\.weight"),
        "joints": rows(shapes, "outs.0.conv.weight"),
        "modules": 1,
        "stem": "paper",
    }


def _build(stacks: int, joints: int, modules: int, stem: str) -> nn.Module:
    from poseviewer.models.hourglass import StackedHourglass

    return StackedHourglass(
        joints=joints,
        stacks=stacks,
        modules=modules,
        stem="bearpaw" if stem == "bearpaw" else "paper",
    )


def _card(
    cards: Mapping[str, ModelCard], settings: Settings, *, maker: str, normalisation: Normalisation
) -> ModelCard:
    base, stacks = cards[_BASE], settings["stacks"]
    joints = len(base.stages[0].channels)
    if settings["joints"] != joints:
        msg = f"it has {settings['joints']} maps, and only MPII's {joints} joints have names here"
        raise ValueError(msg)
    if stacks > len(base.stages):
        msg = f"it has {stacks} stacks, and no more than {len(base.stages)} are known"
        raise ValueError(msg)
    return replace(
        base,
        name=f"hourglass-{stacks}-{maker}",
        title=f"Stacked Hourglass of {stacks} stack{'s' * (stacks > 1)}, trained by {maker}",
        normalisation=normalisation,
        stages=base.stages[:stacks],
        source=f"{base.source}; weights of {maker}, MPII",
        build=partial(_build, **settings),
    )


BEARPAW = Layout(
    name="hourglass-bearpaw",
    title="a stacked hourglass of bearpaw or anibali",
    recognise=_bearpaw,
    card=partial(_card, maker="bearpaw", normalisation=_BEARPAW),
    licence="GPL-3.0, as its code; trained on MPII, whose pictures are for research",
)

PRINCETON = Layout(
    name="hourglass-princeton",
    title="a stacked hourglass of princeton-vl",
    recognise=_princeton,
    card=partial(_card, maker="princeton", normalisation=Normalisation()),
    rename=princeton_name,
    licence="BSD-3-Clause, as its code; trained on MPII, whose pictures are for research",
)
