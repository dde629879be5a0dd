"""The list of networks that PoseViewer knows."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageSpec
from poseviewer.models.card import ModelCard, Normalisation

if TYPE_CHECKING:
    from torch import nn

_LITE_INPUT = Normalisation(mean=(127.0, 127.0, 127.0), scale=(128.0, 128.0, 128.0))


def _stages(word: str, count: int, *, skeleton: str, codec: HeatmapCodec) -> tuple[StageSpec, ...]:
    channels = load_skeleton(skeleton).joints + (("background",) if codec.background else ())
    return tuple(
        StageSpec(f"{word} {i + 1}", "heatmap", codec.stride, channels) for i in range(count)
    )


# The modules are imported when they are built: a list of cards must not cost a second of torch.
def _hourglass_lite() -> nn.Module:
    from poseviewer.models.hourglass_lite import HourglassLite

    return HourglassLite(joints=14, stacks=3)


_LITE_CODEC = HeatmapCodec(stride=4, sigma=1.5)

_CARDS = (
    ModelCard(
        name="hourglass-lite",
        title="Hourglass lite: three stacks on an EfficientNet-Lite0 trunk",
        family="hourglass",
        skeleton="lsp-14",
        input_size=(160, 160),
        normalisation=_LITE_INPUT,
        codec=_LITE_CODEC,
        stages=_stages("stack", 3, skeleton="lsp-14", codec=_LITE_CODEC),
        weights="hourglass-lite",
        licence="Apache-2.0; trained on photos for research use, see the card beside the weights",
        source="After Newell et al., ECCV 2016; trained by `poseviewer train` on LSPET and COCO",
        parameters=0,
        build=_hourglass_lite,
    ),
)


def cards() -> tuple[ModelCard, ...]:
    """Every card, in the order in which people should meet them."""
    return _CARDS


def card(name: str) -> ModelCard:
    """The card of one network.

    Raises:
        PoseViewerError: There is no network of this name; the message offers near ones.
    """
    for known in _CARDS:
        if known.name == name:
            return known
    names = [known.name for known in _CARDS]
    near = difflib.get_close_matches(name, names, n=2, cutoff=0.4) or names
    msg = f"There is no model called {name!r}; did you mean {' or '.join(near)}?"
    raise PoseViewerError(msg)
