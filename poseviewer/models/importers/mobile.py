"""The mobile networks whose frozen graphs are published (edvardHua and ildoonet)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageSpec
from poseviewer.models.card import ModelCard, Normalisation
from poseviewer.models.importers.graphdef import Step, as_json, from_json, tensor_name
from poseviewer.models.importers.layout import Layout, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from poseviewer.models.importers.contents import Contents

_SIDE = 192
_OPENPOSE_PARAMETERS = 477_270
_SKELETON = "cpm-14"
_CPM_OUTPUTS = (
    *(f"Convolutional_Pose_Machine/stage_{i}_mv1/stage_{i}_mv1_2_pointwise/Relu" for i in range(5)),
    "Convolutional_Pose_Machine/stage_5_out",
)
_HOURGLASS_OUTPUTS = tuple(f"hourglass_out_{i}" for i in range(4))
# Fields and beliefs of every stage.
_OPENPOSE_OUTPUTS = tuple(
    f"Openpose/MConv_Stage{stage}_{branch}_5_pointwise/BatchNorm/FusedBatchNorm"
    for stage in range(1, 7)
    for branch in ("L1", "L2")
)


def _recognise(contents: Contents, *, outputs: tuple[str, ...], stride: int) -> Settings | None:
    """Steps of a graph with these stages, all of them brought to one stride."""
    steps = _steps(contents, outputs)
    if steps is None:
        return None
    side = _SIDE // stride
    # Coarser stages are enlarged as TensorFlow enlarges the finest one, corner on corner: read
    # where they are, their joints lay 2 to 6 pixels away from the last stage's.
    last = outputs[-1]
    aligned = {name: name if name == last else f"{name}/aligned" for name in outputs}
    every: list[Step] = []
    for step in steps:
        every.append(step)
        if step.name in aligned and step.name != last:
            every.append(Step(aligned[step.name], "resize", (step.name,), size=(side, side)))
    return _settings(contents, every, list(aligned.values()))


def _openpose(contents: Contents) -> Settings | None:
    steps = _steps(contents, _OPENPOSE_OUTPUTS)
    return None if steps is None else _settings(contents, steps, list(_OPENPOSE_OUTPUTS))


def _steps(contents: Contents, outputs: tuple[str, ...]) -> list[Step] | None:
    """The steps that these outputs need; None where the file has no such outputs."""
    graph = contents.graph
    if graph is None or not set(outputs) <= {step.name for step in graph.steps}:
        return None
    return list(graph.reaching(*outputs))


def _settings(contents: Contents, steps: list[Step], outputs: list[str]) -> Settings:
    used = {name for step in steps for name in step.constants}
    return {
        "steps": as_json(tuple(steps)),
        "outputs": outputs,
        "shapes": {k: list(v) for k, v in contents.shapes.items() if k in used},
    }


def _build(steps: list[dict[str, Any]], outputs: list[str], shapes: dict[str, Any]) -> nn.Module:
    from poseviewer.models.importers.graphdef import GraphNetwork

    return GraphNetwork(
        from_json(steps),
        outputs=tuple((name,) for name in outputs),
        shapes={name: tuple(shape) for name, shape in shapes.items()},
    )


def _card(
    cards: Mapping[str, ModelCard],
    settings: Settings,
    *,
    family: str,
    word: str,
    codec: HeatmapCodec,
    parameters: int,
) -> ModelCard:
    del cards  # Nothing that ships is like it.
    return ModelCard(
        name=f"{family}-mobile",
        title=f"Mobile {family if family == 'hourglass' else family.upper()} on MobileNetV2 blocks",
        family=family,
        skeleton=_SKELETON,
        input_size=(_SIDE, _SIDE),
        normalisation=Normalisation(scale=(1.0, 1.0, 1.0)),
        codec=codec,
        stages=tuple(
            StageSpec(f"{word} {i + 1}", "heatmap", codec.stride, load_skeleton(_SKELETON).joints)
            for i in range(len(settings["outputs"]))
        ),
        weights=None,
        licence="",
        source="edvardHua/PoseEstimationForMobile; trained on AI Challenger",
        parameters=parameters,
        build=partial(_build, **settings),
    )


def _openpose_card(cards: Mapping[str, ModelCard], settings: Settings) -> ModelCard:
    base = cards["openpose-coco"]
    return replace(
        base,
        name="openpose-mobile",
        title="Mobile OpenPose on MobileNetV2 blocks, six stages",
        # The published graph takes any size; this is the one its authors name first.
        input_size=(432, 368),
        width_step=None,
        normalisation=Normalisation(mean=(127.5,) * 3, scale=(127.5,) * 3),
        source="ildoonet/tf-pose-estimation; trained on COCO",
        parameters=_OPENPOSE_PARAMETERS,
        build=partial(_build, **settings),
    )


# The widths of peaks are as measured on the last stage's maps.
CPM = Layout(
    name="cpm-mobile",
    title="the mobile CPM of edvardHua",
    recognise=partial(_recognise, outputs=_CPM_OUTPUTS, stride=2),
    card=partial(
        _card,
        family="cpm",
        word="stage",
        codec=HeatmapCodec(stride=2, sigma=4.0),
        parameters=565_044,
    ),
    rename=tensor_name,
    licence="Apache-2.0",
)

HOURGLASS = Layout(
    name="hourglass-mobile",
    title="the mobile hourglass of edvardHua",
    recognise=partial(_recognise, outputs=_HOURGLASS_OUTPUTS, stride=4),
    card=partial(
        _card,
        family="hourglass",
        word="scale",
        codec=HeatmapCodec(stride=4, sigma=2.0),
        parameters=402_484,
    ),
    rename=tensor_name,
    licence="Apache-2.0",
)

OPENPOSE = Layout(
    name="openpose-mobile",
    title="the mobile OpenPose of ildoonet",
    recognise=_openpose,
    card=_openpose_card,
    rename=tensor_name,
    licence="Apache-2.0",
)
