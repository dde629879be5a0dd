"""Writes the networks that ship as graphs of OpenVINO, so that nothing needs torch to run them.

The folder takes the place of `weights/` (POSEVIEWER_WEIGHTS, or `weights` in a bundle): the cards,
the readers of joints, and `openvino/` with a graph for each network. Constants that half precision
holds exactly are stored in it, so the answers stay the same to the last bit.

    python packaging/export_networks.py build/weights
"""

from __future__ import annotations

import argparse
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from poseviewer.codec.coords import CoordsCodec
from poseviewer.core.assets import weights
from poseviewer.models.engine import stage_cards
from poseviewer.models.facts import weights_hash
from poseviewer.models.finder import FinderCard, finder_module
from poseviewer.models.graphs import convert, exported_path, save
from poseviewer.models.openvino_engine import openvino_module
from poseviewer.models.registry import shipped
from poseviewer.models.torch_engine import stage_module
from poseviewer.models.weights import trained_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import nn

    from poseviewer.models.card import ModelCard

    Made = tuple[str, str, tuple[int, int], Callable[[], nn.Module]]

_TAKEN = ("*.json", "*-joints.safetensors", "lifter.safetensors", "README.md")
"""What is copied from `weights/`."""


def networks() -> Iterator[Made]:
    """Name, hash of the weights, size of the input and module of each network that ships."""
    for card in shipped():
        if not isinstance(card.weights, str) or not card.trained:
            continue
        if isinstance(card.codec, CoordsCodec):
            for number, part in enumerate(stage_cards(card)):
                yield part.name, weights_hash(card), part.input_size, partial(_stage, card, number)
        else:
            yield card.name, weights_hash(card), card.input_size, partial(trained_module, card)
    finder = FinderCard()
    yield finder.name, weights_hash(finder), finder.input_size, finder_module


def _stage(card: ModelCard, number: int) -> nn.Module:
    return stage_module(trained_module(card), number)


def export(folder: Path, wanted: Sequence[str] = ()) -> list[Path]:
    """Write the folder, or those of its networks that are wanted; return the graphs."""
    (folder / "openvino").mkdir(parents=True, exist_ok=True)
    for pattern in _TAKEN:
        for path in weights("").glob(pattern):
            shutil.copy2(path, folder)
    ov = openvino_module()
    written = []
    for name, sha256, (width, height), module in networks():
        if wanted and name not in wanted:
            continue
        path = folder / "openvino" / exported_path(name, sha256).name
        model = convert(module(), (1, 3, height, width))
        batch = np.random.default_rng(0).normal(size=(1, 3, height, width)).astype(np.float32)
        expected = answers(model, batch, ov)
        save(model, path, ov, half=True)
        if not _same(answers(ov.Core().read_model(path), batch, ov), expected):
            msg = f"The exported graph of {name} answers otherwise than the network."
            raise RuntimeError(msg)
        size = path.with_suffix(".bin").stat().st_size
        print(f"{name:<20}{size / 1e6:6.1f} MB")
        written.append(path)
    return written


def answers(model: Any, batch: np.ndarray, ov: Any) -> list[np.ndarray]:
    """What a graph answers in float32."""
    model.reshape(list(batch.shape))
    exact = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    request = ov.Core().compile_model(model, "CPU", exact).create_infer_request()
    request.infer([batch])
    return [request.get_output_tensor(i).data.copy() for i in range(len(model.outputs))]


def _same(ours: list[np.ndarray], theirs: list[np.ndarray]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(ours, theirs, strict=True))


def main() -> None:
    """Write the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    export(parser.parse_args().folder)


if __name__ == "__main__":
    main()
