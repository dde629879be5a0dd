"""Makes vitpose_hf.npz: what transformers 5.24 answers to numbers that `waves` makes.

    python tests/models/importers/make_vitpose_hf.py tests/models/importers/vitpose_hf.npz

Needs transformers, which nothing else here does. Only names, shapes and answers are stored: all
weights and the picture come from `waves`, so that the tests make them again.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import torch

SIZE = 48, 64
"""Width and height of the picture, pixels: 12 patches."""

WIDTH, DEPTH, HEADS = 24, 2, 3


def waves(name: str, shape: list[int]) -> torch.Tensor:
    """Numbers in float64 that depend on a tensor's name and shape alone."""
    count = int(np.prod(shape)) if shape else 1
    phase = sum(letter * (place + 1) for place, letter in enumerate(name.encode())) % 997
    values = np.sin(np.arange(count) * 0.7391 + phase) + np.sin(np.arange(count) * 2.113 - phase)
    if name.endswith("running_var"):
        values = 1 + values / 8
    elif len(shape) > 1:
        values = values / np.sqrt(max(np.prod(shape[1:]), 1)) * 1.5
    elif "norm" in name and name.endswith("weight"):
        values = 1 + values / 4
    else:
        values = values / 8
    return torch.from_numpy(values.reshape(shape))


def main(path: str) -> None:
    """Write the answers of both decoders."""
    import transformers as hf

    found: dict[str, Any] = {}
    for decoder in ("simple", "classic"):
        backbone = hf.VitPoseBackboneConfig(
            image_size=[SIZE[1], SIZE[0]],
            hidden_size=WIDTH,
            num_hidden_layers=DEPTH,
            num_attention_heads=HEADS,
            layer_norm_eps=1e-6,
            out_indices=[DEPTH],
        )
        config = hf.VitPoseConfig(
            backbone_config=backbone, use_simple_decoder=decoder == "simple", num_labels=17
        )
        made = hf.VitPoseForPoseEstimation._from_config(config, attn_implementation="eager")
        made = made.eval().double()
        shapes = {
            name: list(tensor.shape)
            for name, tensor in made.state_dict().items()
            if not name.endswith("num_batches_tracked")
        }
        made.load_state_dict({n: waves(n, s) for n, s in shapes.items()}, strict=False)
        with torch.inference_mode():
            answer = made(
                waves("image", [1, 3, SIZE[1], SIZE[0]]) * 20,
                output_hidden_states=True,
                output_attentions=True,
            )
        found[f"{decoder} shapes"] = json.dumps(shapes)
        found[f"{decoder} maps"] = answer.heatmaps[0].numpy().astype(np.float32)
        states = torch.cat(answer.hidden_states[-DEPTH:])
        found[f"{decoder} states"] = states.numpy().astype(np.float32)
        attention = torch.cat(answer.attentions)
        found[f"{decoder} attention"] = attention.numpy().astype(np.float32)
    np.savez_compressed(path, **found)


if __name__ == "__main__":
    main(sys.argv[1])
