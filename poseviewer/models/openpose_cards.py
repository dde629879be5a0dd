"""The cards of the networks that find everybody: OpenPose and what came of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.codec.paf import FieldCodec
from poseviewer.codec.parsing import LIGHTWEIGHT, OPENPOSE, OPENPOSE_MPI, OPENPOSE_MPI_4
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageSpec
from poseviewer.models.card import ModelCard, Normalisation

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from poseviewer.codec.parsing import Rules

_COCO, _MPI, _BODY = "openpose-coco-18", "openpose-mpi-15", "body-25"


# The modules are imported when they are built: a list of cards must not cost a second of torch.
def _openpose(joints: int, limbs: int, stages: int) -> nn.Module:
    from poseviewer.models.openpose import OpenPose

    return OpenPose(joints=joints, limbs=limbs, stages=stages)


def _body25() -> nn.Module:
    from poseviewer.models.openpose_body25 import OpenPoseBody25

    return OpenPoseBody25()


def _lightweight(refinements: int) -> nn.Module:
    from poseviewer.models.openpose_lightweight import LightweightOpenPose

    return LightweightOpenPose(refinements=refinements)


def _lite() -> nn.Module:
    from poseviewer.models.openpose_lite import OpenPoseLite

    return OpenPoseLite(refinements=2)


def _codec(skeleton: str, rules: Rules, *, sigma: float = 7 / 8) -> FieldCodec:
    return FieldCodec(HeatmapCodec(stride=8, sigma=sigma, background=True), skeleton, rules)


def _specs(codec: FieldCodec) -> tuple[StageSpec, StageSpec]:
    """A stage of fields and one of beliefs, without names and partners."""
    joints = (*load_skeleton(codec.skeleton_name).joints, "background")
    return (
        StageSpec("", "paf", codec.stride, codec.field_channels),
        StageSpec("", "heatmap", codec.stride, joints),
    )


def _paired(codec: FieldCodec, count: int) -> tuple[StageSpec, ...]:
    """Fields and beliefs of every stage, which are decoded together."""
    fields, beliefs = _specs(codec)
    stages: list[StageSpec] = []
    for i in range(count):
        stages.append(replace(fields, name=f"stage {i + 1} fields", partner=2 * i + 1))
        stages.append(replace(beliefs, name=f"stage {i + 1} beliefs", partner=2 * i))
    return tuple(stages)


def _fields_first(codec: FieldCodec, *, fields: int, beliefs: int) -> tuple[StageSpec, ...]:
    """All stages of fields, then all of beliefs.

    The last of each kind stands in for the other kind: only what a stage itself says differs.
    """
    of_fields, of_beliefs = _specs(codec)
    last = fields + beliefs - 1
    return (
        *(replace(of_fields, name=f"fields {i + 1}", partner=last) for i in range(fields)),
        *(replace(of_beliefs, name=f"beliefs {i + 1}", partner=fields - 1) for i in range(beliefs)),
    )


_CAFFE = Normalisation(mean=(128.0, 128.0, 128.0), scale=(256.0, 256.0, 256.0), order="bgr")
_LITE_INPUT = Normalisation(mean=(127.5, 127.5, 127.5), scale=(127.5, 127.5, 127.5))


def _published(
    name: str,
    title: str,
    *,
    codec: FieldCodec,
    stages: tuple[StageSpec, ...],
    parameters: int,
    source: str,
    build: Callable[[], nn.Module],
    width_step: int = 16,
) -> ModelCard:
    return ModelCard(
        name=name,
        title=title,
        family="openpose",
        skeleton=codec.skeleton_name,
        input_size=(656, 368),
        normalisation=_CAFFE,
        codec=codec,
        stages=stages,
        weights=None,
        licence="Apache-2.0",
        source=source,
        parameters=parameters,
        build=build,
        width_step=width_step,
    )


_COCO_CODEC = _codec(_COCO, OPENPOSE)
_MPI_CODEC, _MPI_4_CODEC = _codec(_MPI, OPENPOSE_MPI), _codec(_MPI, OPENPOSE_MPI_4)
_BODY_CODEC = _codec(_BODY, OPENPOSE)
_LIGHTWEIGHT_CODEC = _codec(_COCO, LIGHTWEIGHT)
# Its beliefs are sharp enough to leave out what is weak and whoever has four joints or fewer: on
# the val photos AP stays, and a third of those found, who were nobody, go.
_LITE_CODEC = _codec(
    _COCO,
    replace(LIGHTWEIGHT, peak=0.2, parts=5, mean=0.4, assembly="best_first"),
    sigma=1.0,
)
_CVPR = "Cao, Simon, Wei & Sheikh, CVPR 2017"
_OSOKIN = "Osokin, Real-time 2D Multi-Person Pose Estimation on CPU, 2018"

CARDS = (
    ModelCard(
        name="openpose-lite",
        title="OpenPose lite: everybody, three stages of fields on a MobileNetV2 trunk",
        family="openpose",
        skeleton=_COCO,
        input_size=(576, 320),
        normalisation=_LITE_INPUT,
        codec=_LITE_CODEC,
        stages=_paired(_LITE_CODEC, 3),
        weights="openpose-lite",
        licence="Apache-2.0, as MoveNet's, from which the trunk starts; trained on photos for "
        "research use, see the card beside the weights",
        source="After Cao et al., CVPR 2017; trained by `poseviewer train` on COCO and LSPET",
        parameters=5_134_019,
        build=_lite,
        width_step=32,
    ),
    _published(
        "openpose-coco",
        "OpenPose of the paper, six stages, COCO",
        codec=_COCO_CODEC,
        stages=_paired(_COCO_CODEC, 6),
        parameters=52_311_446,
        source=_CVPR,
        build=partial(_openpose, 18, 19, 6),
    ),
    _published(
        "openpose-body25",
        "OpenPose BODY_25: four stages of fields, then two of beliefs, with feet",
        codec=_BODY_CODEC,
        stages=_fields_first(_BODY_CODEC, fields=4, beliefs=2),
        parameters=26_166_084,
        source="Cao, Hidalgo, Simon, Wei & Sheikh, TPAMI 2021",
        build=_body25,
    ),
    _published(
        "openpose-mpi",
        "OpenPose of the paper, six stages, MPI",
        codec=_MPI_CODEC,
        stages=_paired(_MPI_CODEC, 6),
        parameters=51_481_032,
        source=_CVPR,
        build=partial(_openpose, 15, 14, 6),
    ),
    _published(
        "openpose-mpi-4",
        "OpenPose of the paper cut after four stages, MPI",
        codec=_MPI_4_CODEC,
        stages=_paired(_MPI_4_CODEC, 4),
        parameters=34_240_880,
        source=_CVPR,
        build=partial(_openpose, 15, 14, 4),
    ),
    *(
        _published(
            f"openpose-lightweight-{refinements}",
            f"Lightweight OpenPose: dilated MobileNet, refinement stages: {refinements}",
            codec=_LIGHTWEIGHT_CODEC,
            stages=_paired(_LIGHTWEIGHT_CODEC, refinements + 1),
            parameters=parameters,
            source=_OSOKIN,
            build=partial(_lightweight, refinements),
            width_step=8,
        )
        for refinements, parameters in enumerate((2_483_065, 4_091_698, 5_700_331, 7_308_964))
    ),
)
"""In the order in which people should meet them."""
