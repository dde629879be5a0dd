"""MoveNet: trunks start from its weights, and it serves as a teacher.

MoveNet (Google, 2021, Apache-2.0; trained on COCO train 2017 and videos of exercise) is
published as graphs of TensorFlow.js: a JSON file with the graph, and its weights in a file of
bytes beside it. They are needed for training only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import reading
from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.importers.tfjs import read_tfjs
from poseviewer.models.pose_trunk import PoseTrunk, Separable

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from poseviewer.models.mobilenet_v2 import MobileNetV2

JOINTS = load_skeleton("coco-17").joints
"""In its order."""

_FINEST = 24

WIDTHS = {"lightning": 1.0, "multipose": 1.5, "thunder": 1.75}
"""Of the MobileNetV2 in each MoveNet."""

_DOWN = "/model_1/model/"
_UP = (
    *(f"/model_1/{name}/" for name in ("conv2d_3", "conv2d_2", "conv2d_1", "conv2d")),
    *(
        f"/model_1/{name}{number}/"
        for number in ("_2", "_1", "")
        for name in ("separable_conv2d", "re_lu")
    ),
    *(
        f"/kpt_{head}_0/{name}"
        for head in ("heatmap", "regress")
        for name in ("separable", "re_lu")
    ),
)
"""Parts of the names of the layers after the MobileNetV2, in the order of `PoseTrunk`."""

_HEADS = (
    *(f"/{head}_0/{name}" for head in ("center", "kpt_offset") for name in ("separable", "re_lu")),
    *(f"/{head}_0/conv2d" for head in ("kpt_heatmap", "kpt_regress", "center", "kpt_offset")),
)
"""The same of the layers after those, in the order of `MoveNet`."""


class MoveNet(nn.Module):
    """The whole network: heatmaps of joints, people's centres, and offsets between them.

    Args:
        width: Of its MobileNetV2, see `WIDTHS`.
    """

    def __init__(self, *, width: float) -> None:
        super().__init__()
        self.trunk = PoseTrunk(width=width)
        hidden, joints = PoseTrunk.channels // 2, len(JOINTS)
        self.others = nn.ModuleList(Separable(_FINEST, hidden) for _ in range(2))
        self.heatmaps = nn.Conv2d(hidden, joints, 1)
        self.ways = nn.Conv2d(hidden, 2 * joints, 1)
        self.centres = nn.Conv2d(hidden, 1, 1)
        self.offsets = nn.Conv2d(hidden, 2 * joints, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """What the heads say of pictures, at stride 4.

        Args:
            image: (n, 3, h, w) with values px / 127.5 - 1; h and w divide by 32.

        Returns:
            Heatmaps (n, 17, h, w) and centres (n, 1, h, w), both 0 to 1; the ways from a centre
            to its joints and the offsets of joints from their cells (n, 17, 2, h, w), y first,
            in cells.
        """
        x = self.trunk.pyramid(image)
        seen, way = (head(x) for head in self.trunk.heads)
        centre, offset = (head(x) for head in self.others)
        return (
            self.heatmaps(seen).sigmoid(),
            self.centres(centre).sigmoid(),
            self.ways(way).unflatten(1, (-1, 2)),
            self.offsets(offset).unflatten(1, (-1, 2)),
        )


def load_movenet(module: MobileNetV2 | PoseTrunk | MoveNet, path: Path) -> None:
    """Fill a MoveNet, or the part of one that a network starts with.

    Args:
        module: Of the width of that MoveNet, see `WIDTHS`.
        path: Its JSON file.

    Raises:
        PoseViewerError: The file is not there, not a MoveNet, or of another width.
    """
    nodes, weights = read_tfjs(path)
    with reading(path, kind="a network of TensorFlow.js"):
        layers = {
            node["name"]: [weights[name] for name in node["input"][1:] if name in weights]
            for node in nodes
            if "Conv2" in node["op"]
        }
    found = [layer for name, layer in layers.items() if _DOWN in name]
    for place in _UP + _HEADS:
        found += [layer for name, layer in layers.items() if place in name]
    ours = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]
    if len(found) < len(ours):
        msg = f"{path.name} is not a MoveNet: it lacks layers of one."
        raise PoseViewerError(msg)
    for layer, values in zip(ours, found, strict=False):
        kernel, *bias = (torch.tensor(one) for one in values)
        # From (height, width, in, out), or (height, width, channel, 1) where it is depthwise.
        kernel = kernel.permute((3, 2, 0, 1) if layer.groups == 1 else (2, 3, 0, 1))
        if kernel.shape != layer.weight.shape or len(bias) != (layer.bias is not None):
            msg = f"{path.name} is a MoveNet of another width than this network's trunk."
            raise PoseViewerError(msg)
        layer.load_state_dict({"weight": kernel, **({"bias": bias[0]} if bias else {})})
