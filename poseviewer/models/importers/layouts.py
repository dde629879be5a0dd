"""How published checkpoints name their tensors, and the networks here that they belong to.

A layout recognises the files of one family by their tensors' names, makes the card of their
network, and translates their names (docs/facts/files.md).
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.core.reading import listing, whole
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageSpec
from poseviewer.models.card import ModelCard, Normalisation, later
from poseviewer.models.importers.graphdef import GraphStep, as_json, tensor_name
from poseviewer.models.importers.hrnet import HRNET
from poseviewer.models.importers.layout import Layout, numbered, rows
from poseviewer.models.importers.vitpose import VITPOSE, VITPOSE_HF

if TYPE_CHECKING:
    from poseviewer.models.importers.files import Contents, Shapes
    from poseviewer.models.importers.layout import Cards, Settings

CMU_LICENCE = (
    "Carnegie Mellon University, academic or non-commercial research use only; may not be passed on"
)

# Stacked hourglasses as bearpaw, anibali and princeton-vl publish them.

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


def _princeton_name(name: str) -> str | None:
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


def _hourglass_card(
    cards: Cards, settings: Settings, *, maker: str, normalisation: Normalisation
) -> ModelCard:
    base, stacks = cards["hourglass-8"], whole(settings["stacks"], "stacks", low=1, high=64)
    whole(settings["modules"], "modules", low=1, high=8)
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
        build=later("hourglass", "StackedHourglass", **settings),
    )


# Convolutional Pose Machines as CMU released them, whatever format they were turned into.

_CPM_SKELETONS = {14: "cpm-14", 9: "flic-9"}


def _machine(contents: Contents, *, first: str, last: str) -> Settings | None:
    shapes = contents.shapes
    if not {first, last} <= shapes.keys():
        return None
    stages = 1 + numbered(shapes, r"Mconv1_stage(\d+)\.weight")
    return {"stages": stages, "joints": rows(shapes, last) - 1}


def _cpm_card(cards: Cards, settings: Settings, *, vgg: bool) -> ModelCard:
    base, joints = cards["cpm-6"], settings["joints"]
    stages = whole(settings["stages"], "stages", low=1, high=16)
    if joints not in _CPM_SKELETONS:
        msg = f"it has {joints} joints, and only the 14 of MPII and the 9 of FLIC have names here"
        raise ValueError(msg)
    skeleton = _CPM_SKELETONS[joints]
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
        build=later("cpm", "VggPoseMachine" if vgg else "ConvolutionalPoseMachine", **settings),
    )


# OpenPose as CMU releases it, its PyTorch port, and Lightweight OpenPose.

# Fields and beliefs of each stage differ between COCO's net and MPI's.
_CMU = {(38, 19, 6): "openpose-coco", (28, 16, 6): "openpose-mpi", (28, 16, 4): "openpose-mpi-4"}


def _caffe_name(name: str) -> str:
    """The name in the Caffe net of a tensor of pytorch-openpose's module.

    Its own files already leave out the part of the module that stands before it.
    """
    return re.sub(r"^model\d(_\d)?\.", "", name)


def _two_branches(contents: Contents) -> Settings | None:
    shapes = {_caffe_name(name): shape for name, shape in contents.shapes.items()}
    if "conv5_5_CPM_L1.weight" not in shapes:
        return None
    return {
        "fields": rows(shapes, "conv5_5_CPM_L1.weight"),
        "beliefs": rows(shapes, "conv5_5_CPM_L2.weight"),
        "stages": 1 + numbered(shapes, r"Mconv1_stage(\d+)_L1\.weight"),
    }


def _two_branch_card(cards: Cards, settings: Settings) -> ModelCard:
    found = settings["fields"], settings["beliefs"], settings["stages"]
    if found not in _CMU:
        msg = f"it has {found[2]} stages of {found[0]} fields and {found[1]} belief maps, as no"
        raise ValueError(f"{msg} released net has")
    return _published(cards[_CMU[found]], maker="cmu", of="CMU")


def _body25(contents: Contents) -> Settings | None:
    return {} if "Mconv1_stage0_L2_0.weight" in contents.shapes else None


def _lightweight(contents: Contents) -> Settings | None:
    shapes = contents.shapes
    if "initial_stage.trunk.0.0.weight" not in shapes:
        return None
    pattern = r"refinement_stages\.(\d+)\.trunk\.0\.initial\.0\.weight"
    return {"refinements": numbered(shapes, pattern)}


def _lightweight_card(cards: Cards, settings: Settings) -> ModelCard:
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


# The mobile networks whose frozen graphs are published (edvardHua and ildoonet).

_SIDE = 192
_MOBILE_SKELETON = "cpm-14"
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


def _graph(
    contents: Contents, *, outputs: tuple[str, ...], stride: int | None = None
) -> Settings | None:
    """The steps of a graph with these outputs, all brought to one stride where it is given."""
    graph = contents.graph
    if graph is None or not set(outputs) <= {step.name for step in graph.steps}:
        return None
    last = outputs[-1]
    # Coarser stages are enlarged as TensorFlow enlarges the finest one, corner on corner: read
    # where they are, their joints lay 2 to 6 pixels away from the last stage's.
    aligned = {} if stride is None else {name: f"{name}/aligned" for name in outputs[:-1]}
    side = _SIDE // (stride or 1)
    steps: list[GraphStep] = []
    for step in graph.reaching(*outputs):
        steps.append(step)
        if step.name in aligned and step.name != last:
            steps.append(GraphStep(aligned[step.name], "resize", (step.name,), size=(side, side)))
    used = {name for step in steps for name in step.constants}
    return {
        "steps": as_json(tuple(steps)),
        "outputs": [aligned.get(name, name) for name in outputs],
        "shapes": {k: list(v) for k, v in contents.shapes.items() if k in used},
    }


def _mobile_card(
    _cards: Cards,
    settings: Settings,
    *,
    family: str,
    word: str,
    codec: HeatmapCodec,
    parameters: int,
) -> ModelCard:
    joints = load_skeleton(_MOBILE_SKELETON).joints
    listing(settings["outputs"], "outputs")
    return ModelCard(
        name=f"{family}-mobile",
        title=f"Mobile {family if family == 'hourglass' else family.upper()} on MobileNetV2 blocks",
        family=family,
        skeleton=_MOBILE_SKELETON,
        input_size=(_SIDE, _SIDE),
        normalisation=Normalisation(scale=(1.0, 1.0, 1.0)),
        codec=codec,
        stages=tuple(
            StageSpec(f"{word} {i + 1}", "heatmap", codec.stride, joints)
            for i in range(len(settings["outputs"]))
        ),
        weights=None,
        licence="",
        source="edvardHua/PoseEstimationForMobile; trained on AI Challenger",
        parameters=parameters,
        build=later("importers.graph_network", "graph_network", **settings),
    )


def _mobile_openpose_card(cards: Cards, settings: Settings) -> ModelCard:
    return replace(
        cards["openpose-coco"],
        name="openpose-mobile",
        title="Mobile OpenPose on MobileNetV2 blocks, six stages",
        # The published graph takes any size; this is the one its authors name first.
        input_size=(432, 368),
        width_step=None,
        normalisation=Normalisation(mean=(127.5,) * 3, scale=(127.5,) * 3),
        source="ildoonet/tf-pose-estimation; trained on COCO",
        parameters=477_270,
        build=later("importers.graph_network", "graph_network", **settings),
    )


# PoseNet as TensorFlow.js has it.

_POSENET = "MobilenetV1/"
_POSENET_SIZE = 513
_POSENET_HEADS = {
    "heatmap_2": "heatmap",
    "offset_2": "offset",
    "displacement_fwd_2": "forth",
    "displacement_bwd_2": "back",
}


def _posenet(contents: Contents) -> Settings | None:
    heads = {f"{_POSENET}{head}/BiasAdd.weight" for head in _POSENET_HEADS}
    return {"size": _POSENET_SIZE} if heads <= contents.shapes.keys() else None


def _posenet_name(name: str) -> str | None:
    """Our name of a kernel or bias of the graph of PoseNet."""
    node, _, part = name.removeprefix(_POSENET).rpartition(".")
    head, *_ = node.split("/")
    if head in _POSENET_HEADS:
        return f"{_POSENET_HEADS[head]}.{part}"
    match = re.search(r"Conv2d_(\d+)(?:_(depthwise|pointwise))?/", node)
    if match is None:
        return name
    return f"blocks.{int(match[1]) - 1}.{match[2]}.{part}" if match[2] else f"first.{part}"


def _posenet_card(cards: Cards, settings: Settings) -> ModelCard:
    size = whole(settings["size"], "the size", low=1, high=1 << 16)
    name = f"posenet-{size}"
    if name not in cards:
        msg = f"it is for {size} pixels, which no card is"
        raise ValueError(msg)
    return _published(cards[name], maker="google", of="Google")


AS_CARD = Layout(
    name="card",
    title="a network that ships without these weights",
    recognise=lambda _contents: None,
    card=lambda cards, settings: cards[settings["card"]],
)
"""Files whose network the user names, and whose tensors are called as ours."""

LAYOUTS = (
    Layout(
        name="hourglass-bearpaw",
        title="a stacked hourglass of bearpaw or anibali",
        recognise=_bearpaw,
        card=partial(
            _hourglass_card,
            maker="bearpaw",
            # bearpaw subtracts a mean colour and divides by nothing but 255.
            normalisation=Normalisation(mean=(0.4404 * 255, 0.4440 * 255, 0.4327 * 255)),
        ),
        licence="GPL-3.0, as its code; trained on MPII, whose pictures are for research",
    ),
    Layout(
        name="hourglass-princeton",
        title="a stacked hourglass of princeton-vl",
        recognise=_princeton,
        card=partial(_hourglass_card, maker="princeton", normalisation=Normalisation()),
        rename=_princeton_name,
        licence="BSD-3-Clause, as its code; trained on MPII, whose pictures are for research",
    ),
    Layout(
        name="cpm",
        title="a Convolutional Pose Machine of CMU",
        recognise=partial(_machine, first="conv1_stage2.weight", last="Mconv5_stage2.weight"),
        card=partial(_cpm_card, vgg=False),
        licence=CMU_LICENCE,
    ),
    Layout(
        name="cpm-vgg",
        title="a Convolutional Pose Machine of CMU on a VGG-19 trunk",
        recognise=partial(_machine, first="conv4_7_CPM.weight", last="Mconv7_stage2.weight"),
        card=partial(_cpm_card, vgg=True),
        licence=CMU_LICENCE,
    ),
    Layout(
        name="openpose",
        title="OpenPose of CMU with two branches",
        recognise=_two_branches,
        card=_two_branch_card,
        rename=_caffe_name,
        licence=CMU_LICENCE,
    ),
    Layout(
        name="openpose-body25",
        title="OpenPose BODY_25 of CMU",
        recognise=_body25,
        card=lambda cards, _: _published(cards["openpose-body25"], maker="cmu", of="CMU"),
        licence=CMU_LICENCE,
    ),
    Layout(
        name="openpose-lightweight",
        title="Lightweight OpenPose of Osokin",
        recognise=_lightweight,
        card=_lightweight_card,
        licence="Apache-2.0",
    ),
    Layout(
        name="posenet",
        title="PoseNet of Google, the small PersonLab",
        recognise=_posenet,
        card=_posenet_card,
        rename=_posenet_name,
        licence="Google's, Apache-2.0 (tfjs-models); trained on COCO",
    ),
    # The widths of the mobile networks' peaks are as measured on the last stage's maps.
    Layout(
        name="cpm-mobile",
        title="the mobile CPM of edvardHua",
        recognise=partial(_graph, outputs=_CPM_OUTPUTS, stride=2),
        card=partial(
            _mobile_card,
            family="cpm",
            word="stage",
            codec=HeatmapCodec(stride=2, sigma=4.0),
            parameters=565_044,
        ),
        rename=tensor_name,
        licence="Apache-2.0",
    ),
    Layout(
        name="hourglass-mobile",
        title="the mobile hourglass of edvardHua",
        recognise=partial(_graph, outputs=_HOURGLASS_OUTPUTS, stride=4),
        card=partial(
            _mobile_card,
            family="hourglass",
            word="scale",
            codec=HeatmapCodec(stride=4, sigma=2.0),
            parameters=402_484,
        ),
        rename=tensor_name,
        licence="Apache-2.0",
    ),
    Layout(
        name="openpose-mobile",
        title="the mobile OpenPose of ildoonet",
        recognise=partial(_graph, outputs=_OPENPOSE_OUTPUTS),
        card=_mobile_openpose_card,
        rename=tensor_name,
        licence="Apache-2.0",
    ),
    HRNET,
    VITPOSE,
    VITPOSE_HF,
)
"""Tried in this order."""


def layout(name: str) -> Layout | None:
    """The layout of this name; None where there is none."""
    return next((one for one in (*LAYOUTS, AS_CARD) if one.name == name), None)


def foreign(shapes: Shapes) -> str | None:
    """The title of a well-known network that is not built here; None for any other file."""

    def head(name: str) -> bool:
        return f"head.{name}" in shapes or f"keypoint_head.{name}" in shapes

    one_branch = "conv5_3_CPM.weight" in shapes
    beliefs = rows(shapes, "Mconv7_stage2.weight")
    known = {
        "mmpose's Hourglass-52": "backbone.hourglass_modules.0.up1.0.conv1.weight" in shapes,
        "mmpose's CPM": "backbone.cpm_stages.0.model.0.conv.weight" in shapes,
        "a SimpleBaseline": "deconv_layers.0.weight" in shapes or head("deconv_layers.0.weight"),
        "mmpose's regression net": "backbone.layer1.0.conv1.weight" in shapes and head("fc.weight"),
        "OpenPose's hand net": one_branch and beliefs == 22,
        "OpenPose's face net": one_branch and beliefs == 71,
        "CMU's person finder": beliefs == 1,
    }
    return next((title for title, found in known.items() if found), None)
