"""Convolutional Pose Machines as CMU released them, whatever format they were turned into."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageSpec
from poseviewer.models.importers.layout import CMU_LICENCE, Layout, Settings, numbered, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from poseviewer.models.card import ModelCard
    from poseviewer.models.importers.contents import Contents

_BASE = "cpm-6"
_SKELETONS = {14: "cpm-14", 9: "flic-9"}


def _paper(contents: Contents) -> Settings | None:
    return _machine(contents, first="conv1_stage2.weight", last="Mconv5_stage2.weight")


def _vgg(contents: Contents) -> Settings | None:
    return _machine(contents, first="conv4_7_CPM.weight", last="Mconv7_stage2.weight")


def _machine(contents: Contents, *, first: str, last: str) -> Settings | None:
    shapes = contents.shapes
    if not {first, last} <= shapes.keys():
        return None
    stages = 1 + numbered(shapes, r"Mconv1_stage(\d+)\.weight")
    return {"stages": stages, "joints": rows(shapes, last) - 1}


def _build_paper(stages: int, joints: int) -> nn.Module:
    from poseviewer.models.cpm import ConvolutionalPoseMachine

    return ConvolutionalPoseMachine(joints=joints, stages=stages)


def _build_vgg(stages: int, joints: int) -> nn.Module:
    from poseviewer.models.cpm import VggPoseMachine

    return VggPoseMachine(joints=joints, stages=stages)


def _card(cards: Mapping[str, ModelCard], settings: Settings, *, vgg: bool) -> ModelCard:
    base, stages, joints = cards[_BASE], settings["stages"], settings["joints"]
    if joints not in _SKELETONS:
        msg = f"it has {joints} joints, and only the 14 of MPII and the 9 of FLIC have names here"
        raise ValueError(msg)
    skeleton = _SKELETONS[joints]
    channels = (*load_skeleton(skeleton).joints, "background")
    name = ["cpm", "vgg" if vgg else str(stages), *(["flic"] if joints == 9 else []), "cmu"]
    return replace(
        base,
        name="-".join(name),
        title=f"Convolutional Pose Machine of {stages} stages"
        f"{' on a VGG-19 trunk' if vgg else ''}, as released",
        skeleton=skeleton,
        stages=tuple(
            StageSpec(f"stage {i + 1}", "heatmap", base.stages[0].stride, channels)
            for i in range(stages)
        ),
        source=f"{base.source}; weights released by CMU",
        build=partial(_build_vgg if vgg else _build_paper, stages=stages, joints=joints),
    )


PAPER = Layout(
    name="cpm",
    title="a Convolutional Pose Machine of CMU",
    recognise=_paper,
    card=partial(_card, vgg=False),
    licence=CMU_LICENCE,
)

VGG = Layout(
    name="cpm-vgg",
    title="a Convolutional Pose Machine of CMU on a VGG-19 trunk",
    recognise=_vgg,
    card=partial(_card, vgg=True),
    licence=CMU_LICENCE,
)
