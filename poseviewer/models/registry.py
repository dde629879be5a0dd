"""The list of networks that PoseViewer knows."""

from __future__ import annotations

import difflib
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from poseviewer.codec.coords import CoordsCodec
from poseviewer.codec.dynamic import DynamicCodec
from poseviewer.codec.filters import LAYERS
from poseviewer.codec.heatmap import HeatmapCodec, udp
from poseviewer.codec.offsets import OffsetCodec
from poseviewer.codec.paf import FieldCodec
from poseviewer.codec.parsing import LIGHTWEIGHT, OPENPOSE, OPENPOSE_MPI, OPENPOSE_MPI_4
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.heads import HeadShape
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageSpec
from poseviewer.models.card import ModelCard, Normalisation, later, lenses
from poseviewer.models.importers.stored import complaints as import_complaints
from poseviewer.models.importers.stored import stored_cards
from poseviewer.plugins import PluginTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from poseviewer.codec.parsing import Rules


def _maps(word: str, count: int, *, skeleton: str, codec: HeatmapCodec) -> tuple[StageSpec, ...]:
    """The stages of a network of belief maps."""
    channels = load_skeleton(skeleton).joints + (("background",) if codec.background else ())
    return tuple(
        StageSpec(f"{word} {i + 1}", "heatmap", codec.stride, channels) for i in range(count)
    )


def _lenses(blocks: int, *, every: int, codec: HeatmapCodec) -> tuple[StageSpec, ...]:
    """The stages of a transformer that is read after every few blocks."""
    joints = load_skeleton("poseviewer-23").joints
    return tuple(
        StageSpec(f"block {i}", "heatmap", codec.stride, joints)
        for i in range(every, blocks + 1, every)
    )


def _places(skeleton: str, *, count: int) -> tuple[StageSpec, ...]:
    """The stages of a cascade of coordinates; a stride has no meaning there."""
    joints = load_skeleton(skeleton).joints
    return tuple(StageSpec(f"stage {i + 1}", "coords", 1, joints) for i in range(count))


def _specs(codec: FieldCodec) -> tuple[StageSpec, StageSpec]:
    """A stage of part affinity fields and one of beliefs, without names and partners."""
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


def _grown(codec: OffsetCodec) -> tuple[StageSpec, ...]:
    """The stages of a network of discs, offsets and displacements, and its Hough map."""
    joints = codec.skeleton.joints
    return (
        StageSpec("discs", "heatmap", codec.stride, joints),
        StageSpec("short-range offsets", "offsets", codec.stride, codec.offset_channels),
        *(
            StageSpec(
                f"displacements {'forward' if forward else 'backward'}",
                "displacements",
                codec.stride,
                codec.edge_channels(forward=forward),
            )
            for forward in (True, False)
        ),
        StageSpec("Hough votes", "heatmap", codec.stride // 4, joints),
    )


# ImageNet's mean colour and spread.
_IMAGENET = Normalisation(mean=(123.675, 116.28, 103.53), scale=(58.395, 57.12, 57.375))
_HRNET = HeatmapCodec(stride=4, sigma=2.0, first=0.0)
_COCO_INPUT = 192, 256
_UNIT = Normalisation(mean=(127.5, 127.5, 127.5), scale=(127.5, 127.5, 127.5))
_CAFFE = Normalisation(mean=(128.0, 128.0, 128.0), scale=(256.0, 256.0, 256.0), order="bgr")
_HOURGLASS_LITE = HeatmapCodec(stride=4, sigma=1.5)
_CPM_LITE = HeatmapCodec(stride=8, sigma=1.25, background=True)
_HOURGLASS = HeatmapCodec(stride=4, sigma=1.0)
_CPM = HeatmapCodec(stride=8, sigma=7 / 8, background=True, cut=True)
_TORSO = load_skeleton("lsp-14").index("left_shoulder"), load_skeleton("lsp-14").index("right_hip")
# Section 4.1 of the paper: the best of 1.5, 1.7, 2.0 and 2.3 on LSP.
_DEEPPOSE = CoordsCodec(sigma=2.0, torso=_TORSO, side=220)
_DEEPPOSE_LITE = CoordsCodec(sigma=2.0, torso=_TORSO, side=96, sure=True)


def _generated(codec: DynamicCodec, *, fine: int = 4) -> tuple[StageSpec, ...]:
    """The stages of a network that generates a head for each person."""
    joints = load_skeleton("coco-17").joints
    bases = tuple(f"base {i + 1}" for i in range(codec.head.bases))
    hidden = tuple(f"hidden {i + 1}" for i in range(codec.head.hidden))
    ways = tuple(f"{joint} {axis}" for joint in joints for axis in "xy")
    stride = codec.stride
    return (
        StageSpec("centres", "map", fine, ("people",)),
        StageSpec("filters", "filters", 1, (*LAYERS, "location")),
        StageSpec("coordinates", "coordinates", stride, ("across", "down")),
        StageSpec("bases", "features", stride, bases),
        StageSpec("layer 1", "features", stride, hidden),
        StageSpec("layer 2", "features", stride, hidden),
        StageSpec("joints directions", "directions", stride, ways, partner=7),
        StageSpec("joints softmax", "heatmap", stride, joints, partner=6),
    )


_FCPOSE = DynamicCodec(HeadShape(bases=32, hidden=32, joints=17), people=100)
# MoveNet's centres invent people in empty rooms: the person detector confirms whom they find.
_FCPOSE_LITE = DynamicCodec(HeadShape(bases=16, hidden=16, joints=17), people=20, surely=0.35)


def _fields(skeleton: str, rules: Rules, *, sigma: float = 7 / 8) -> FieldCodec:
    return FieldCodec(HeatmapCodec(stride=8, sigma=sigma, background=True), skeleton, rules)


_COCO = _fields("openpose-coco-18", OPENPOSE)
_MPI = _fields("openpose-mpi-15", OPENPOSE_MPI)
_MPI_4 = _fields("openpose-mpi-15", OPENPOSE_MPI_4)
_BODY = _fields("body-25", OPENPOSE)
_OSOKIN = _fields("openpose-coco-18", LIGHTWEIGHT)
# Median lengths in COCO's train part, of 1,033 people, neck to hip 2.2; of each limb 99 in 100 are
# at most 1.7 times as long as the person's others make likely, from eye to ear 2.1 times.
_LENGTHS = (
    *(0.64, 0.64, 1.18, 0.96, 1.18, 0.96, 2.18, 1.65, 1.68, 2.18, 1.65, 1.68),
    *(0.87, 0.23, 0.36, 0.23, 0.36, 0.92, 0.92),
)
# Its beliefs are sharp enough to leave out what is weak, and people of low score: what they cost
# and bring stands in docs/facts/networks.md.
_OPENPOSE_LITE = _fields(
    "openpose-coco-18",
    replace(
        LIGHTWEIGHT,
        peak=0.2,
        peaks=0.3,
        parts=5,
        mean=0.4,
        lengths=_LENGTHS,
        surely=0.8,
        assembly="best_first",
    ),
    sigma=1.0,
)
_POSENET = OffsetCodec("coco-17")
_CVPR = "Cao, Simon, Wei & Sheikh, CVPR 2017"


def _lite(name: str, *, after: str, data: str = "LSPET and COCO", **card: Any) -> ModelCard:
    """The card of a network that ships, on a MobileNetV2 trunk."""
    return ModelCard(
        name=name,
        normalisation=_UNIT,
        weights=name,
        licence="Apache-2.0, as MoveNet's, from which the trunk starts; trained on photos for "
        "research use, see the card beside the weights",
        source=f"After {after}; trained by `poseviewer train` on {data}",
        **card,
    )


def _from_chance(name: str, *, after: str, **card: Any) -> ModelCard:
    """The card of a small network of belief maps that was trained here from chance."""
    return ModelCard(
        name=name,
        skeleton="poseviewer-23",
        input_size=(192, 192),
        normalisation=_UNIT,
        codec=_HOURGLASS_LITE,
        weights=name,
        licence="Apache-2.0; trained on photos for research use, see the card beside the weights",
        source=f"After {after}; trained by `poseviewer.training.gpu_heatmaps` on LSPET and COCO",
        **card,
    )


def _paper(name: str, **card: Any) -> ModelCard:
    """The card of a network of a paper, which comes without weights."""
    return ModelCard(name=name, weights=None, licence="Apache-2.0", **card)


def _paper_hourglass(stacks: int, parameters: int) -> ModelCard:
    return _paper(
        f"hourglass-{stacks}",
        title=f"Stacked Hourglass of the paper, {stacks} stacks",
        family="hourglass",
        skeleton="mpii-16",
        input_size=(256, 256),
        normalisation=Normalisation(),
        codec=_HOURGLASS,
        stages=_maps("stack", stacks, skeleton="mpii-16", codec=_HOURGLASS),
        source="Newell, Yang & Deng, ECCV 2016",
        parameters=parameters,
        build=later("hourglass", "StackedHourglass", joints=16, stacks=stacks),
        fetched_as=f"hourglass-{stacks}-bearpaw",
    )


def _posenet(longer: int, shorter: int) -> ModelCard:
    """PoseNet for pictures of a certain longer side; the shorter one is that of 16:9."""
    return _paper(
        f"posenet-{longer}",
        title=f"PoseNet, the published small PersonLab: several people, {longer} pixels long",
        family="personlab",
        skeleton="coco-17",
        input_size=(longer, shorter),
        normalisation=_UNIT,
        codec=_POSENET,
        stages=_grown(_POSENET),
        source="Papandreou, Zhu, Chen, Gidaris, Tompson & Murphy, ECCV 2018",
        parameters=1_258_195,
        build=later("posenet", "PoseNet"),
        fetched_as="posenet",
        corner_step=_POSENET.stride,
    )


def _coco_maps(
    name: str, *, count: int, word: str, module: str, build: str, codec: HeatmapCodec, **card: Any
) -> ModelCard:
    """The card of a network of a paper that answers COCO's joints at its end."""
    settings = card.pop("settings")
    return _paper(
        name,
        skeleton="coco-17",
        input_size=_COCO_INPUT,
        normalisation=_IMAGENET,
        codec=codec,
        stages=lenses(count, word=word, codec=codec, skeleton="coco-17"),
        build=later(module, build, joints=17, **settings),
        # The box is enlarged by a quarter (released code).
        region_margin=1.25,
        **card,
    )


def _hrnet(width: int, parameters: int) -> ModelCard:
    return _coco_maps(
        f"hrnet-w{width}",
        title=f"HRNet-W{width} of the paper: four resolutions side by side, eight modules",
        family="hrnet",
        codec=_HRNET,
        count=8,
        word="module",
        module="hrnet",
        build="HRNet",
        settings={"width": width},
        source="Sun, Xiao, Liu & Wang, CVPR 2019",
        parameters=parameters,
    )


def _vitpose(size: str, parameters: int, *, width: int, depth: int, heads: int) -> ModelCard:
    return _coco_maps(
        f"vitpose-{size}",
        title=f"ViTPose-{size.upper()} of the paper: a plain transformer of {depth} blocks",
        family="vitpose",
        codec=replace(_HRNET, steps=udp(_COCO_INPUT, stride=_HRNET.stride)),
        count=depth,
        word="block",
        module="vitpose",
        build="ViTPose",
        settings={"width": width, "depth": depth, "heads": heads},
        source="Xu, Zhang, Zhang & Tao, NeurIPS 2022; classic decoder",
        parameters=parameters,
    )


def _openpose(name: str, *, codec: FieldCodec, width_step: int = 16, **card: Any) -> ModelCard:
    return _paper(
        name,
        family="openpose",
        skeleton=codec.skeleton_name,
        input_size=(656, 368),
        normalisation=_CAFFE,
        codec=codec,
        width_step=width_step,
        **card,
    )


_CARDS = (
    _lite(
        "hourglass-lite",
        title="Hourglass lite: three stacks that see more and more, on a MobileNetV2 trunk",
        family="hourglass",
        skeleton="poseviewer-23",
        input_size=(192, 192),
        codec=_HOURGLASS_LITE,
        stages=_maps("stack", 3, skeleton="poseviewer-23", codec=_HOURGLASS_LITE),
        after="Newell et al., ECCV 2016",
        parameters=6_596_276,
        build=later("hourglass_lite", "HourglassLite", joints=23, stacks=3),
    ),
    _lite(
        "hourglass-accurate",
        title="Hourglass accurate: the three stacks of hourglass-lite for an input of 256 pixels",
        family="hourglass",
        skeleton="poseviewer-23",
        input_size=(256, 256),
        codec=_HOURGLASS_LITE,
        stages=_maps("stack", 3, skeleton="poseviewer-23", codec=_HOURGLASS_LITE),
        # With 1.35 it is up to 6 points worse on webcam-like views: docs/facts/rivals.md.
        region_margin=1.6,
        after="Newell et al., ECCV 2016",
        parameters=6_596_276,
        build=later("hourglass_lite", "HourglassLite", joints=23, stacks=3),
    ),
    _lite(
        "cpm-lite",
        title="CPM lite: five stages of growing receptive field on a MobileNetV2 trunk",
        family="cpm",
        skeleton="poseviewer-23",
        input_size=(192, 192),
        codec=_CPM_LITE,
        stages=_maps("stage", 5, skeleton="poseviewer-23", codec=_CPM_LITE),
        after="Wei et al., CVPR 2016",
        parameters=6_757_607,
        build=later("cpm_lite", "PoseMachineLite", joints=23, stages=5),
    ),
    _from_chance(
        "hrnet-lite",
        title="HRNet lite: four resolutions side by side, read after each of five modules",
        family="hrnet",
        stages=_maps("module", 5, skeleton="poseviewer-23", codec=_HOURGLASS_LITE),
        after="Sun et al., CVPR 2019",
        parameters=2_487_303,
        build=later(
            "hrnet",
            "HRNet",
            joints=23,
            width=16,
            modules=(1, 2, 2),
            blocks=2,
            bottlenecks=2,
            middle=32,
            stem=32,
            # 23 maps that are weighted sums of 16 channels would confuse ears and toes.
            kernel=3,
        ),
    ),
    _from_chance(
        "vitpose-lite",
        title="ViTPose lite: a plain transformer of twelve blocks, read after every second",
        family="vitpose",
        stages=_lenses(12, every=2, codec=_HOURGLASS_LITE),
        after="Xu et al., NeurIPS 2022",
        parameters=5_959_223,
        build=later("vitpose_lite", "vitpose_lite", joints=23),
    ),
    _paper_hourglass(2, 6_570_400),
    _paper_hourglass(8, 25_434_112),
    _paper(
        "cpm-6",
        title="Convolutional Pose Machine of the paper, six stages",
        family="cpm",
        skeleton="cpm-14",
        input_size=(368, 368),
        normalisation=_CAFFE,
        codec=_CPM,
        stages=_maps("stage", 6, skeleton="cpm-14", codec=_CPM),
        source="Wei, Ramakrishna, Kanade & Sheikh, CVPR 2016",
        parameters=31_219_866,
        build=later("cpm", "ConvolutionalPoseMachine", joints=14, stages=6),
    ),
    _lite(
        "deeppose-lite",
        title="DeepPose lite: a cascade of three MobileNetV2 trunks that answer coordinates",
        family="deeppose",
        skeleton="lsp-14",
        input_size=(160, 160),
        codec=_DEEPPOSE_LITE,
        stages=_places("lsp-14", count=3),
        after="Toshev & Szegedy, CVPR 2014",
        parameters=11_071_870,
        build=later("deeppose_lite", "deeppose_lite", joints=14),
    ),
    _paper(
        "deeppose",
        title="DeepPose of the paper, a cascade of three; 58.4 M parameters a stage, where the "
        "paper says about 40 M",
        family="deeppose",
        skeleton="lsp-14",
        input_size=(220, 220),
        normalisation=_UNIT,
        codec=_DEEPPOSE,
        stages=_places("lsp-14", count=3),
        source="Toshev & Szegedy, CVPR 2014",
        parameters=175_188_180,
        build=later("deeppose", "deeppose", joints=14, stages=3),
    ),
    _lite(
        "openpose-lite",
        title="OpenPose lite: several people, three stages of fields on a MobileNetV2 trunk",
        family="openpose",
        skeleton="openpose-coco-18",
        input_size=(672, 384),
        codec=_OPENPOSE_LITE,
        stages=_paired(_OPENPOSE_LITE, 3),
        after="Cao et al., CVPR 2017",
        data="COCO and LSPET",
        parameters=5_134_019,
        build=later("openpose_lite", "OpenPoseLite", refinements=2),
        width_step=32,
    ),
    _lite(
        "fcpose-lite",
        title="FCPose lite: several people, a keypoint head generated for each of them",
        family="fcpose",
        skeleton="coco-17",
        input_size=(672, 384),
        codec=_FCPOSE_LITE,
        stages=_generated(_FCPOSE_LITE),
        after="Mao et al., CVPR 2021",
        data="COCO and LSPET",
        parameters=6_430_502,
        build=later("fcpose_lite", "FCPoseLite"),
        width_step=32,
    ),
    _paper(
        "fcpose",
        title="FCPose of the paper on a ResNet-50: 2,737 numbers a person",
        family="fcpose",
        skeleton="coco-17",
        input_size=(1216, 800),
        # The mean of ImageNet in BGR, as detectron2 takes it.
        normalisation=Normalisation((103.53, 116.28, 123.675), (1.0, 1.0, 1.0), "bgr"),
        codec=_FCPOSE,
        stages=_generated(_FCPOSE, fine=8),
        source="Mao, Tian, Wang & Shen, CVPR 2021",
        parameters=39_908_926,
        build=later("fcpose", "FCPose"),
        width_step=32,
    ),
    _openpose(
        "openpose-coco",
        title="OpenPose of the paper, six stages, COCO",
        codec=_COCO,
        stages=_paired(_COCO, 6),
        parameters=52_311_446,
        source=_CVPR,
        build=later("openpose", "OpenPose", joints=18, limbs=19, stages=6),
        fetched_as="openpose-coco-cmu",
    ),
    _openpose(
        "openpose-body25",
        title="OpenPose BODY_25: four stages of fields, then two of beliefs, with feet",
        codec=_BODY,
        stages=_fields_first(_BODY, fields=4, beliefs=2),
        parameters=26_166_084,
        source="Cao, Hidalgo, Simon, Wei & Sheikh, TPAMI 2021",
        build=later("openpose", "OpenPoseBody25"),
        fetched_as="openpose-body25-cmu",
    ),
    _openpose(
        "openpose-mpi",
        title="OpenPose of the paper, six stages, MPI",
        codec=_MPI,
        stages=_paired(_MPI, 6),
        parameters=51_481_032,
        source=_CVPR,
        build=later("openpose", "OpenPose", joints=15, limbs=14, stages=6),
        fetched_as="openpose-mpi-cmu",
    ),
    _openpose(
        "openpose-mpi-4",
        title="OpenPose of the paper cut after four stages, MPI",
        codec=_MPI_4,
        stages=_paired(_MPI_4, 4),
        parameters=34_240_880,
        source=_CVPR,
        build=later("openpose", "OpenPose", joints=15, limbs=14, stages=4),
    ),
    *(_posenet(*size) for size in ((321, 193), (513, 289), (801, 465))),
    *(
        _openpose(
            f"openpose-lightweight-{refinements}",
            title=f"Lightweight OpenPose: dilated MobileNet, refinement stages: {refinements}",
            codec=_OSOKIN,
            stages=_paired(_OSOKIN, refinements + 1),
            parameters=parameters,
            source="Osokin, Real-time 2D Multi-Person Pose Estimation on CPU, 2018",
            build=later("openpose_lightweight", "LightweightOpenPose", refinements=refinements),
            fetched_as="openpose-lightweight" if refinements == 1 else "",
            width_step=8,
        )
        for refinements, parameters in enumerate((2_483_065, 4_091_698, 5_700_331, 7_308_964))
    ),
    _hrnet(32, 28_536_113),
    _hrnet(48, 63_595_745),
    _vitpose("s", 24_290_577, width=384, depth=12, heads=12),
    _vitpose("b", 89_994_513, width=768, depth=12, heads=12),
    _vitpose("l", 308_544_785, width=1024, depth=24, heads=16),
    _vitpose("h", 637_208_849, width=1280, depth=32, heads=16),
)


PLUGINS = PluginTable("poseviewer.networks")
"""Cards of other packages; an entry point gives one `ModelCard` or several."""


def shipped() -> tuple[ModelCard, ...]:
    """The cards that come with PoseViewer, then those of plug-ins."""
    return (*_CARDS, *_plugged()[0])


def cards() -> tuple[ModelCard, ...]:
    """Every card, in the order in which people should meet them; imported models last."""
    known = shipped()
    return (*known, *stored_cards(known))


def complaints() -> tuple[str, ...]:
    """One sentence for each plug-in and each imported model that cannot be used."""
    known, sentences = shipped(), _plugged()[1]
    return (*sentences, *import_complaints(known))


def card(name: str) -> ModelCard:
    """The card of one network.

    Raises:
        PoseViewerError: There is no network of this name; the message offers near ones.
    """
    # One after the other: looking for plug-ins and imported models takes time.
    for among in (_built_in, shipped, cards):
        for known in among():
            if known.name == name:
                return known
    names = [known.name for known in cards()]
    near = difflib.get_close_matches(name, names, n=2, cutoff=0.4) or names
    msg = f"There is no model called {name!r}; did you mean {' or '.join(near)}?"
    raise PoseViewerError(msg)


def _built_in() -> tuple[ModelCard, ...]:
    return _CARDS


@cache
def _plugged() -> tuple[tuple[ModelCard, ...], tuple[str, ...]]:
    """The cards of plug-ins, and one sentence for each plug-in that cannot be used."""
    found = list(_CARDS)
    sentences = list(PLUGINS.conflicts)
    for plugin in PLUGINS.names:
        try:
            found += _cards_of(plugin, taken={known.name for known in found})
        except PoseViewerError as error:
            sentences.append(str(error))
    return tuple(found[len(_CARDS) :]), tuple(sentences)


def _cards_of(plugin: str, *, taken: set[str]) -> list[ModelCard]:
    """The cards that a plug-in gives.

    Raises:
        PoseViewerError: It gives none, or one whose skeleton cannot be read or whose name is taken.
    """
    given = PLUGINS.load(plugin)
    found: list[ModelCard] = []
    with PLUGINS.guarded(plugin):
        for one in given if isinstance(given, (tuple, list)) else [given]:
            if not isinstance(one, ModelCard):
                msg = f"it gives a {type(one).__name__} where a ModelCard is wanted"
                raise TypeError(msg)
            if one.name in taken:
                msg = f"there is a model called {one.name} already"
                raise ValueError(msg)
            load_skeleton(one.skeleton)
            found.append(replace(one, build=partial(_build, one.build, plugin)))
    return found


def _build(build: Callable[[], nn.Module], plugin: str) -> nn.Module:
    """The module of a plug-in.

    Raises:
        PoseViewerError: It cannot be made.
    """
    with PLUGINS.guarded(plugin):
        return build()
