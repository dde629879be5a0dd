"""The list of networks that PoseViewer knows."""

from __future__ import annotations

import difflib
from functools import partial
from typing import TYPE_CHECKING

from poseviewer.codec.coords import CoordsCodec
from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageSpec
from poseviewer.models.card import ModelCard, Normalisation
from poseviewer.models.importers.keep import kept_cards
from poseviewer.models.openpose_cards import CARDS as OPENPOSE

if TYPE_CHECKING:
    from torch import nn


def _stages(word: str, count: int, *, skeleton: str, codec: HeatmapCodec) -> tuple[StageSpec, ...]:
    channels = load_skeleton(skeleton).joints + (("background",) if codec.background else ())
    return tuple(
        StageSpec(f"{word} {i + 1}", "heatmap", codec.stride, channels) for i in range(count)
    )


# The modules are imported when they are built: a list of cards must not cost a second of torch.
def _hourglass_lite() -> nn.Module:
    from poseviewer.models.hourglass_lite import HourglassLite

    return HourglassLite(joints=14, stacks=3)


def _cpm_lite() -> nn.Module:
    from poseviewer.models.cpm_lite import PoseMachineLite

    return PoseMachineLite(joints=14, stages=5)


def _hourglass(stacks: int) -> nn.Module:
    from poseviewer.models.hourglass import StackedHourglass

    return StackedHourglass(joints=16, stacks=stacks)


def _cpm() -> nn.Module:
    from poseviewer.models.cpm import ConvolutionalPoseMachine

    return ConvolutionalPoseMachine(joints=14, stages=6)


def _deeppose() -> nn.Module:
    from poseviewer.models.deeppose import deeppose

    return deeppose(joints=14, stages=3)


def _deeppose_lite() -> nn.Module:
    from poseviewer.models.deeppose_lite import deeppose_lite

    return deeppose_lite(joints=14)


def _places(skeleton: str, *, count: int) -> tuple[StageSpec, ...]:
    """The stages of a cascade of coordinates; a stride has no meaning there."""
    joints = load_skeleton(skeleton).joints
    return tuple(StageSpec(f"stage {i + 1}", "coords", 1, joints) for i in range(count))


_LITE_LICENCE = (
    "Apache-2.0, as MoveNet's, from which the trunk starts; trained on photos for research use, "
    "see the card beside the weights"
)
_LITE_INPUT = Normalisation(mean=(127.5, 127.5, 127.5), scale=(127.5, 127.5, 127.5))
_HOURGLASS_LITE = HeatmapCodec(stride=4, sigma=1.5)
_CPM_LITE = HeatmapCodec(stride=8, sigma=1.25, background=True)
_HOURGLASS = HeatmapCodec(stride=4, sigma=1.0)
_CPM = HeatmapCodec(stride=8, sigma=7 / 8, background=True, cut=True)
_TORSO = load_skeleton("lsp-14").index("left_shoulder"), load_skeleton("lsp-14").index("right_hip")
# Section 4.1 of the paper: the best of 1.5, 1.7, 2.0 and 2.3 on LSP.
_DEEPPOSE = CoordsCodec(sigma=2.0, torso=_TORSO, side=220)
_DEEPPOSE_LITE = CoordsCodec(sigma=2.0, torso=_TORSO, side=96, sure=True)


def _paper_hourglass(stacks: int, parameters: int) -> ModelCard:
    return ModelCard(
        name=f"hourglass-{stacks}",
        title=f"Stacked Hourglass of the paper, {stacks} stacks",
        family="hourglass",
        skeleton="mpii-16",
        input_size=(256, 256),
        normalisation=Normalisation(),
        codec=_HOURGLASS,
        stages=_stages("stack", stacks, skeleton="mpii-16", codec=_HOURGLASS),
        weights=None,
        licence="Apache-2.0",
        source="Newell, Yang & Deng, ECCV 2016",
        parameters=parameters,
        build=partial(_hourglass, stacks),
    )


_CARDS = (
    ModelCard(
        name="hourglass-lite",
        title="Hourglass lite: three stacks on a MobileNetV2 trunk",
        family="hourglass",
        skeleton="lsp-14",
        input_size=(192, 192),
        normalisation=_LITE_INPUT,
        codec=_HOURGLASS_LITE,
        stages=_stages("stack", 3, skeleton="lsp-14", codec=_HOURGLASS_LITE),
        weights="hourglass-lite",
        licence=_LITE_LICENCE,
        source="After Newell et al., ECCV 2016; trained by `poseviewer train` on LSPET and COCO",
        parameters=6_515_682,
        build=_hourglass_lite,
    ),
    ModelCard(
        name="cpm-lite",
        title="CPM lite: five stages of growing receptive field on a MobileNetV2 trunk",
        family="cpm",
        skeleton="lsp-14",
        input_size=(192, 192),
        normalisation=_LITE_INPUT,
        codec=_CPM_LITE,
        stages=_stages("stage", 5, skeleton="lsp-14", codec=_CPM_LITE),
        weights="cpm-lite",
        licence=_LITE_LICENCE,
        source="After Wei et al., CVPR 2016; trained by `poseviewer train` on LSPET and COCO",
        parameters=6_747_555,
        build=_cpm_lite,
    ),
    _paper_hourglass(2, 6_570_400),
    _paper_hourglass(8, 25_434_112),
    ModelCard(
        name="cpm-6",
        title="Convolutional Pose Machine of the paper, six stages",
        family="cpm",
        skeleton="cpm-14",
        input_size=(368, 368),
        normalisation=Normalisation(
            mean=(128.0, 128.0, 128.0), scale=(256.0, 256.0, 256.0), order="bgr"
        ),
        codec=_CPM,
        stages=_stages("stage", 6, skeleton="cpm-14", codec=_CPM),
        weights=None,
        licence="Apache-2.0",
        source="Wei, Ramakrishna, Kanade & Sheikh, CVPR 2016",
        parameters=31_219_866,
        build=_cpm,
    ),
    ModelCard(
        name="deeppose-lite",
        title="DeepPose lite: a cascade of three MobileNetV2 trunks that answer coordinates",
        family="deeppose",
        skeleton="lsp-14",
        input_size=(160, 160),
        normalisation=_LITE_INPUT,
        codec=_DEEPPOSE_LITE,
        stages=_places("lsp-14", count=3),
        weights="deeppose-lite",
        licence=_LITE_LICENCE,
        source="After Toshev & Szegedy, CVPR 2014; trained by `poseviewer train` on LSPET and COCO",
        parameters=11_071_870,
        build=_deeppose_lite,
    ),
    ModelCard(
        name="deeppose",
        title="DeepPose of the paper, a cascade of three; 58.4 M parameters a stage, where the "
        "paper says about 40 M",
        family="deeppose",
        skeleton="lsp-14",
        input_size=(220, 220),
        normalisation=Normalisation(
            mean=(127.5, 127.5, 127.5), scale=(127.5, 127.5, 127.5), order="rgb"
        ),
        codec=_DEEPPOSE,
        stages=_places("lsp-14", count=3),
        weights=None,
        licence="Apache-2.0",
        source="Toshev & Szegedy, CVPR 2014",
        parameters=175_188_180,
        build=_deeppose,
    ),
    *OPENPOSE,
)


def shipped() -> tuple[ModelCard, ...]:
    """The cards that come with PoseViewer."""
    return _CARDS


def cards() -> tuple[ModelCard, ...]:
    """Every card, in the order in which people should meet them; imported models last."""
    return (*_CARDS, *kept_cards(_CARDS))


def card(name: str) -> ModelCard:
    """The card of one network.

    Raises:
        PoseViewerError: There is no network of this name; the message offers near ones.
    """
    for known in _CARDS:
        if known.name == name:
            return known
    # Looked for last, since they are read from disk.
    imported = kept_cards(_CARDS)
    for known in imported:
        if known.name == name:
            return known
    names = [known.name for known in (*_CARDS, *imported)]
    near = difflib.get_close_matches(name, names, n=2, cutoff=0.4) or names
    msg = f"There is no model called {name!r}; did you mean {' or '.join(near)}?"
    raise PoseViewerError(msg)
