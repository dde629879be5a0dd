"""Draws a network out: the branches of an HRNet and their fusions, the attention of a ViTPose.

Both are read by the network's own head wherever that fits, trained there or not.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from poseviewer.core.affine import Box, apply, compose, invert, stage_to_input
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.inside import Fusion, InsideChoice, InsideTile
from poseviewer.core.stage import StageOutput, StageSpec
from poseviewer.models.hrnet import HighResolutionModule, HRNet
from poseviewer.models.vitpose import PATCH, ViTPose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from poseviewer.models.card import ModelCard
    from poseviewer.models.vitpose import Block

_STRIDE = 4
"""Of the belief maps and of the finest branch."""

# A convolution of 16 pixels with a padding of 2 begins 2 pixels before the picture.
_PATCH_SHIFT = (PATCH - 1) / 2 - 2


@dataclass(frozen=True, slots=True)
class Inside:
    """What `inside` finds; see `core.inside.InsideView`."""

    columns: tuple[str, ...]
    rows: tuple[str, ...]
    tiles: tuple[InsideTile, ...]
    fusions: tuple[Fusion, ...] = ()
    patch: Box | None = None


def inside(
    card: ModelCard,
    module: nn.Module,
    picture: Tensor,
    *,
    to_frame: NDArray[np.float64],
    choice: InsideChoice,
) -> Inside:
    """Draw a network out for one picture.

    Args:
        card: Of the network.
        module: An `HRNet` or a `ViTPose`, in evaluation mode.
        picture: (1, 3, h, w), normalised.
        to_frame: 2x3 affine from its pixels to frame pixels.
        choice: What is looked at.

    Raises:
        PoseViewerError: It is another network.
    """
    drawn = _Drawn(card, picture, to_frame, choice)
    with torch.inference_mode():
        if isinstance(module, HRNet):
            return _branches(drawn, module)
        if isinstance(module, ViTPose):
            return _attention(drawn, module)
    msg = f"{card.name} is neither an HRNet nor a ViTPose, whose insides are drawn here."
    raise PoseViewerError(msg)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What both networks are asked with."""

    card: ModelCard
    picture: Tensor
    to_frame: NDArray[np.float64]
    choice: InsideChoice

    @property
    def joint(self) -> str:
        return self.card.stages[-1].channels[self.choice.joint]

    def tile(
        self,
        at: tuple[int, int],
        values: Tensor,
        spec: StageSpec,
        *,
        place: NDArray[np.float64] | None = None,
        text: str = "",
    ) -> InsideTile:
        """A tile of one channel (h, w)."""
        to_input = stage_to_input(spec.stride) if place is None else place
        numbers = values[None].float().contiguous().cpu().numpy().copy()
        output = StageOutput(spec, numbers, compose(self.to_frame, to_input), at[1])
        return InsideTile(*at, output, text)

    def lens(self, column: int, maps: Tensor, *, name: str, supervised: bool) -> InsideTile:
        """The chosen joint's map of what the head (1, k, h, w) answers after a column."""
        spec = StageSpec(name, "heatmap", _STRIDE, (self.joint,), supervised=supervised)
        place = self.card.to_input(len(self.card.stages) - 1)
        return self.tile((0, column), maps[0, self.choice.joint], spec, place=place)


# -- HRNet ---------------------------------------------------------------------------------


def _branches(drawn: _Drawn, net: HRNet) -> Inside:
    parts = [
        cast("HighResolutionModule", m) for s in (net.stage2, net.stage3, net.stage4) for m in s
    ]
    sizes: list[list[list[float]]] = [[[] for _ in part.fuse_layers] for part in parts]
    entered: list[Tensor] = []
    with ExitStack() as hooks:
        for part, table in zip(parts, sizes, strict=True):
            for paths, row in zip(part.fuse_layers, table, strict=True):
                for way in cast("nn.ModuleList", paths):
                    hooks.callback(_measuring(way, row).remove)
        for enter in net.transition1:
            hooks.callback(_collecting(enter, entered).remove)
        found = list(net.exchanged(drawn.picture))
    levels = len(parts[-1].branches)
    tiles: list[InsideTile] = []
    for column, branches in enumerate([entered, *found]):
        for level, branch in enumerate(branches):
            spec = StageSpec("size of the channels", "features", _STRIDE << level, ("size",))
            size = branch[0].square().mean(0).sqrt()
            text = f"{branch.shape[1]} channels of {branch.shape[3]} x {branch.shape[2]} cells"
            tiles.append(drawn.tile((level + 1, column), size, spec, text=text))
    for number, branches in enumerate(found):
        spec = drawn.card.stages[number]
        maps = net.final_layer(branches[0])
        tiles.append(drawn.lens(number + 1, maps, name=spec.name, supervised=spec.supervised))
    fusions = [
        Fusion(column + 1, source + 1, target + 1, size / max(sum(row), 1e-12))
        for column, table in enumerate(sizes)
        for target, row in enumerate(table)
        for source, size in enumerate(row)
    ]
    return Inside(
        ("stem", *(spec.name for spec in drawn.card.stages)),
        ("answer", *(f"1/{_STRIDE << level}" for level in range(levels))),
        tuple(tiles),
        tuple(fusions),
    )


def _measuring(way: nn.Module, sizes: list[float]) -> Any:
    """Note the mean size of what a path brings."""
    return way.register_forward_hook(lambda _m, _x, got: sizes.append(float(got.abs().mean())))


def _collecting(layer: nn.Module, into: list[Tensor]) -> Any:
    """Collect what a layer returns."""
    return layer.register_forward_hook(lambda _m, _x, got: into.append(got))


# -- ViTPose -------------------------------------------------------------------------------


def _attention(drawn: _Drawn, net: ViTPose) -> Inside:
    weights: list[Tensor] = []
    blocks = [cast("Block", block) for block in net.backbone.blocks]
    with ExitStack() as hooks:
        for block in blocks:
            hooks.callback(_collecting(block.attn.softmax, weights).remove)
        states = list(net.backbone.states(drawn.picture))
    height, width = (side // PATCH for side in drawn.picture.shape[-2:])
    maps = [net.decoded(state, drawn.picture) for state in states]
    place = np.array([[PATCH, 0.0, _PATCH_SHIFT], [0.0, PATCH, _PATCH_SHIFT]])
    column, row = _looking_from(drawn, maps[-1], place, (width, height))
    token = row * width + column
    heads = weights[0].shape[1]
    tiles: list[InsideTile] = []

    def grid(at: tuple[int, int], values: Tensor, name: str, kind: str) -> None:
        spec = StageSpec(name, kind, PATCH, (name,))
        tiles.append(drawn.tile(at, values.reshape(height, width), spec, place=place))

    every = len(blocks) // len(drawn.card.stages)
    for number, (state, seen, carried) in enumerate(
        zip(states, weights, _rollout(weights), strict=True)
    ):
        stage, between = divmod(number + 1, every)
        asked = not between and drawn.card.stages[stage - 1].supervised
        tiles.append(drawn.lens(number, maps[number], name=f"block {number + 1}", supervised=asked))
        grid((1, number), state[0].square().mean(-1).sqrt(), "size of the tokens", "features")
        grid((2, number), carried[token], "attention carried through all blocks", "attention")
        looks = seen[0, :, token]
        grid((3, number), looks.mean(0), "mean of the heads", "attention")
        for head, look in enumerate(looks):
            grid((4 + head, number), look, f"head {head + 1}", "attention")
    corner = apply(compose(drawn.to_frame, place), np.array([column - 0.5, row - 0.5]))
    step = np.diagonal(drawn.to_frame[:, :2]) * PATCH
    return Inside(
        tuple(f"block {number + 1}" for number in range(len(blocks))),
        ("answer", "tokens", "carried", "mean", *(f"head {head + 1}" for head in range(heads))),
        tuple(tiles),
        patch=Box(*corner.tolist(), *step.tolist()),
    )


def _looking_from(
    drawn: _Drawn, maps: Tensor, place: NDArray[np.float64], grid: tuple[int, int]
) -> tuple[int, int]:
    """Column and row of the patch at the chosen place, else at the joint's highest belief."""
    if drawn.choice.place is not None:
        spot = apply(invert(drawn.to_frame), np.array(drawn.choice.place))
    else:
        belief = maps[0, drawn.choice.joint]
        down, across = divmod(int(belief.argmax()), belief.shape[1])
        to_input = drawn.card.to_input(len(drawn.card.stages) - 1)
        spot = apply(to_input, np.array([across, down], np.float64))
    cell = np.clip(np.rint(apply(invert(place), spot)), 0, np.array(grid) - 1)
    return int(cell[0]), int(cell[1])


def _rollout(weights: list[Tensor]) -> Iterator[Tensor]:
    """Attention carried from the tokens after each block to the patches (t, t).

    Half of a token is itself, half what its heads look at on average (Abnar & Zuidema, ACL 2020).
    """
    carried = None
    for seen in weights:
        mixed = (seen[0].mean(0) + torch.eye(seen.shape[-1], device=seen.device)) / 2
        carried = mixed if carried is None else mixed @ carried
        yield carried
