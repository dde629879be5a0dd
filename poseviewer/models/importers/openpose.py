"""OpenPose as CMU releases it, its PyTorch port, and Lightweight OpenPose (models.md section 9)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from poseviewer.models.importers.layout import CMU_LICENCE, Layout, Settings, numbered, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poseviewer.models.card import ModelCard
    from poseviewer.models.importers.contents import Contents

# Fields and beliefs of each stage: what tells COCO's net from MPI's.
_CMU = {(38, 19, 6): "openpose-coco", (28, 16, 6): "openpose-mpi", (28, 16, 4): "openpose-mpi-4"}


def caffe_name(name: str) -> str:
    """The name in the Caffe net of a tensor of pytorch-openpose's module.

    Its own files already leave out the part of the module that stands before it.
    """
    return re.sub(r"^model\d(_\d)?\.", "", name)


def _two_branches(contents: Contents) -> Settings | None:
    shapes = {caffe_name(name): shape for name, shape in contents.shapes.items()}
    if "conv5_5_CPM_L1.weight" not in shapes:
        return None
    return {
        "fields": rows(shapes, "conv5_5_CPM_L1.weight"),
        "beliefs": rows(shapes, "conv5_5_CPM_L2.weight"),
        "stages": 1 + numbered(shapes, r"Mconv1_stage(\d+)_L1\.weight"),
    }


def _two_branch_card(cards: Mapping[str, ModelCard], settings: Settings) -> ModelCard:
    found = settings["fields"], settings["beliefs"], settings["stages"]
    if found not in _CMU:
        msg = f"it has {found[2]} stages of {found[0]} fields and {found[1]} belief maps, as no"
        raise ValueError(f"{msg} released net has")
    return _published(cards[_CMU[found]], maker="cmu", of="CMU")


def _body25(contents: Contents) -> Settings | None:
    return {} if "Mconv1_stage0_L2_0.weight" in contents.shapes else None


def _body25_card(cards: Mapping[str, ModelCard], settings: Settings) -> ModelCard:
    del settings
    return _published(cards["openpose-body25"], maker="cmu", of="CMU")


def _lightweight(contents: Contents) -> Settings | None:
    shapes = contents.shapes
    if "initial_stage.trunk.0.0.weight" not in shapes:
        return None
    pattern = r"refinement_stages\.(\d+)\.trunk\.0\.initial\.0\.weight"
    return {"refinements": numbered(shapes, pattern)}


def _lightweight_card(cards: Mapping[str, ModelCard], settings: Settings) -> ModelCard:
    name = f"openpose-lightweight-{settings['refinements']}"
    if name not in cards:
        msg = f"it has {settings['refinements']} refinement stages, and no more than 3 are known"
        raise ValueError(msg)
    return _published(cards[name], maker="osokin", of="Osokin")


def _published(base: ModelCard, *, maker: str, of: str) -> ModelCard:
    return replace(
        base,
        name=f"{base.name}-{maker}",
        title=f"{base.title}, with the weights of {of}",
        source=f"{base.source}; weights released by {of}",
    )


TWO_BRANCHES = Layout(
    name="openpose",
    title="OpenPose of CMU with two branches",
    recognise=_two_branches,
    card=_two_branch_card,
    rename=caffe_name,
    licence=CMU_LICENCE,
)

BODY25 = Layout(
    name="openpose-body25",
    title="OpenPose BODY_25 of CMU",
    recognise=_body25,
    card=_body25_card,
    licence=CMU_LICENCE,
)

LIGHTWEIGHT = Layout(
    name="openpose-lightweight",
    title="Lightweight OpenPose of Osokin",
    recognise=_lightweight,
    card=_lightweight_card,
    licence="Apache-2.0",
)
