"""Measures the ranges that a network needs for int8, and writes them into its card.

The crops are of the training part of the data pack, evenly spread over each of its sets.

    python packaging/quantise.py hourglass-lite --data ../shared/data
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from poseviewer.core.files import OutputSet
from poseviewer.models.facts import facts, weights_hash
from poseviewer.models.graphs import ShippedGraph
from poseviewer.models.int8 import measure_ranges
from poseviewer.models.openvino_engine import openvino_module
from poseviewer.models.registry import card as card_of
from poseviewer.models.weights import trained_module
from poseviewer.pipeline.crop import Cropper
from poseviewer.truth.readers import read_truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poseviewer.models.card import ModelCard


def crops(card: ModelCard, data: Path, count: int) -> Iterator[np.ndarray]:
    """Inputs (1, 3, h, w) of a network: about `count` people of each training set of a pack."""
    cropper = Cropper(card.input_size, normalisation=card.normalisation)
    for truth in read_truth(data, split="train", images=None):
        for at in np.unique(np.linspace(0, len(truth.people) - 1, count).astype(int)):
            person = truth.people[at]
            yield cropper.cut(truth.pictures(person.picture), [person.crop])[0]


def quantise(name: str, data: Path, count: int, *, depthwise: bool) -> Path:
    """Measure the ranges of a network that ships and write them into its card.

    Args:
        name: Of the network.
        data: The folder of the data pack.
        count: People of each set.
        depthwise: Whether depthwise convolutions run in int8 too.

    Returns:
        The card.
    """
    card = card_of(name)
    if card.weights_path is None or not card.trained:
        raise SystemExit(card.lacking)
    ov = openvino_module()
    graph = ShippedGraph(
        name,
        sha256=weights_hash(card),
        module=lambda: trained_module(card),
        size=card.input_size,
    )
    width, height = card.input_size
    model = graph.shaped((1, 3, height, width), ov)
    ranges = measure_ranges(model, crops(card, data, count), ov, depthwise=depthwise)
    low, high = zip(*(ends or (None, None) for ends in ranges), strict=True)
    which = "" if depthwise else " --exact-depthwise"
    made = f"packaging/quantise.py {name} --count {count}{which}, training part of the data pack"
    described = {**facts(card), "int8": {"made": made, "low": low, "high": high}}
    path = card.weights_path.with_suffix(".json")
    with OutputSet() as outputs:
        text = json.dumps(described, indent=2, ensure_ascii=False)
        outputs.file(path).write_text(text + "\n", encoding="utf-8")
    return path


def main() -> None:
    """Measure the networks that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("names", nargs="+", metavar="NAME", help="a network that ships")
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data pack")
    parser.add_argument("--count", type=int, default=100, help="people of each set (100)")
    parser.add_argument(
        "--exact-depthwise",
        action="store_true",
        help="leave depthwise convolutions in fp32: nearer to fp32, and a fifth slower",
    )
    args = parser.parse_args()
    for name in args.names:
        print(quantise(name, args.data, args.count, depthwise=not args.exact_depthwise))


if __name__ == "__main__":
    main()
