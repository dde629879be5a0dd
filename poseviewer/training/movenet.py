"""A trunk that starts from MoveNet, whose MobileNetV2 has learnt to look for joints.

MoveNet (Google, 2021, Apache-2.0; trained on COCO train 2017 and videos of exercise) is
published as graphs of TensorFlow.js: a JSON file with the graph, and its weights in a file of
bytes beside it. They are wanted at training time only.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.models.mobilenet_v2 import MobileNetV2
    from poseviewer.models.pose_trunk import PoseTrunk

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


def load_movenet(trunk: MobileNetV2 | PoseTrunk, path: Path) -> None:
    """Fill `trunk` with the weights of a MoveNet.

    Args:
        trunk: Of the width of that MoveNet: 1 for Lightning, 1.5 for MultiPose, 1.75 for Thunder.
        path: Its JSON file.

    Raises:
        PoseViewerError: The file is not there, not a MoveNet, or of another width.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        weights = _weights(path, told["weightsManifest"])
        layers = {
            node["name"]: [weights[name] for name in node["input"][1:] if name in weights]
            for node in told["modelTopology"]["node"]
            if "Conv2" in node["op"]
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} cannot be read as a network of TensorFlow.js: {error}"
        raise PoseViewerError(msg) from error
    found = [layer for name, layer in layers.items() if _DOWN in name]
    for place in _UP:
        found += [layer for name, layer in layers.items() if place in name]
    ours = [module for module in trunk.modules() if isinstance(module, nn.Conv2d)]
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


def _weights(path: Path, manifest: list[dict[str, Any]]) -> dict[str, NDArray[np.generic]]:
    """Every tensor by name; those in half precision are widened."""
    found: dict[str, NDArray[np.generic]] = {}
    for group in manifest:
        data = b"".join((path.parent / name).read_bytes() for name in group["paths"])
        start = 0
        for entry in group["weights"]:
            kept = entry.get("quantization", entry)["dtype"]
            count = math.prod(entry["shape"])
            values: NDArray[np.generic] = np.frombuffer(data, kept, count, start)
            start += values.nbytes
            if kept == "float16":
                values = values.astype(np.float32)
            found[entry["name"]] = values.reshape(entry["shape"])
    return found
