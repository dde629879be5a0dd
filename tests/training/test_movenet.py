"""Trunks that start from a MoveNet of TensorFlow.js."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.mobilenet_v2 import MobileNetV2
from poseviewer.models.pose_trunk import PoseTrunk
from poseviewer.training.movenet import MoveNet, load_movenet

# What the published graphs call the layers after the MobileNetV2.
UP = [
    "model_1/conv2d_3",
    "model_1/conv2d_2",
    "model_1/conv2d_1",
    "model_1/conv2d",
    "model_1/separable_conv2d_2",
    "model_1/re_lu_2",
    "model_1/separable_conv2d_1",
    "model_1/re_lu_1",
    "model_1/separable_conv2d",
    "model_1/re_lu",
    "kpt_heatmap_0/separable_conv2d_4",
    "kpt_heatmap_0/re_lu_4",
    "kpt_regress_0/separable_conv2d_5",
    "kpt_regress_0/re_lu_5",
]
# And those of the rest of the heads.
HEADS = [
    "center_0/separable_conv2d_3",
    "center_0/re_lu_3",
    "kpt_offset_0/separable_conv2d_6",
    "kpt_offset_0/re_lu_6",
    "kpt_heatmap_0/conv2d_5",
    "kpt_regress_0/conv2d_6",
    "center_0/conv2d_4",
    "kpt_offset_0/conv2d_7",
]


def write(folder, trunk, *, kind="float16"):
    """A trunk as TensorFlow.js keeps it: two files of bytes, its way up in another order."""
    modules = [module for module in trunk.modules() if isinstance(module, nn.Conv2d)]
    up = {MobileNetV2: [], PoseTrunk: UP, MoveNet: UP + HEADS}[type(trunk)]
    down = [f"model_1/model/block_{number}" for number in range(len(modules) - len(up))]
    layers = dict(zip([f"x/{name}/y" for name in (*down, *up)], modules, strict=True))
    order = [*list(layers)[: len(down)], *sorted(list(layers)[len(down) :])]
    nodes, entries, data = [{"name": "input", "op": "Placeholder"}], [], b""
    for name in order:
        layer = layers[name]
        deep = layer.groups > 1
        kernel = layer.weight.detach().permute((2, 3, 0, 1) if deep else (2, 3, 1, 0)).numpy()
        inputs = ["before"]
        for part, values in (("kernel", kernel), ("bias", layer.bias)):
            if values is None:
                continue
            shape = list(values.shape)
            entry = {"name": f"{name}/{part}", "shape": shape, "dtype": "float32"}
            if kind != "float32":
                entry["quantization"] = {"dtype": kind, "original_dtype": "float32"}
            entries.append(entry)
            inputs.append(entry["name"])
            data += np.ascontiguousarray(np.asarray(values.tolist()), kind).tobytes()
        op = "FusedDepthwiseConv2dNative" if deep else "_FusedConv2D"
        nodes.append({"name": name, "op": op, "input": inputs})
    (folder / "one.bin").write_bytes(data[:1000])
    (folder / "two.bin").write_bytes(data[1000:])
    manifest = [{"paths": ["one.bin", "two.bin"], "weights": entries}]
    told = {"modelTopology": {"node": nodes}, "weightsManifest": manifest}
    path = folder / "movenet.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["float16", "float32"])
@pytest.mark.parametrize("trunk", [MobileNetV2, PoseTrunk, MoveNet])
def test_the_trunk_answers_as_the_published_one(tmp_path, trunk, kind):
    torch.manual_seed(0)
    published, ours = trunk(width=0.25).half().float(), trunk(width=0.25)
    load_movenet(ours, write(tmp_path, published, kind=kind))
    picture = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        for a, b in zip(published(picture), ours(picture), strict=True):
            assert torch.equal(a, b)


def test_a_trunk_of_another_width_is_refused(tmp_path):
    path = write(tmp_path, MobileNetV2(width=0.25))
    with pytest.raises(PoseViewerError, match="another width"):
        load_movenet(MobileNetV2(width=0.5), path)


def test_a_shorter_network_is_refused(tmp_path):
    path = write(tmp_path, MobileNetV2(width=0.25, ends=(0, 2, 5)))
    with pytest.raises(PoseViewerError, match="lacks layers"):
        load_movenet(MobileNetV2(width=0.25), path)


@pytest.mark.parametrize("text", ["{", "{}", "[1]"])
def test_other_files_are_refused_in_a_sentence(tmp_path, text):
    path = tmp_path / "movenet.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PoseViewerError, match=r"not a network of TensorFlow\.js"):
        load_movenet(MobileNetV2(width=0.25), path)
