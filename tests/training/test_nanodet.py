"""NanoDet-Plus's weights in a finder: what it saw in BGR, the finder sees in RGB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.finder_lite import FinderLite
from poseviewer.training.nanodet import layers_of, load_nanodet

if TYPE_CHECKING:
    from pathlib import Path


def test_the_first_layer_reads_rgb_from_minus_one_to_one(tmp_path: Path) -> None:
    finder, path = FinderLite(), tmp_path / "plus.bin"
    # Everything of 32 bits with a bias, so that any number is in its place.
    numbers = np.random.default_rng(0).normal(0, 0.02, 2_000_000).astype("<f4")
    blob, first = bytearray(), None
    at = 0
    for layer in layers_of(finder):
        edges = finder.heads[0].edges
        shape = (112, *edges.weight.shape[1:]) if isinstance(layer, int) else layer.weight.shape
        count = int(np.prod(shape))
        blob += b"\0" * 4 + numbers[at : at + count + shape[0]].tobytes()
        first = numbers[at : at + count + shape[0]] if first is None else first
        at += count + shape[0]
    path.write_bytes(bytes(blob))
    load_nanodet(finder, path)
    image = torch.rand(1, 3, 8, 8) * 2 - 1
    bgr = ((image + 1) * 127.5).flip(1)
    bgr = (bgr - torch.tensor([103.53, 116.28, 123.675]).view(1, 3, 1, 1)) / torch.tensor(
        [57.375, 57.12, 58.395]
    ).view(1, 3, 1, 1)
    weight = torch.from_numpy(first[: 24 * 27].reshape(24, 3, 3, 3).copy())
    expected = torch.nn.functional.conv2d(bgr, weight, torch.from_numpy(first[24 * 27 :].copy()), 2)
    stem = finder.trunk.down.stem[0]
    with torch.inference_mode():
        seen = torch.nn.functional.conv2d(image, stem.weight, stem.bias, 2)
    torch.testing.assert_close(seen, expected, rtol=1e-3, atol=1e-4)


def test_another_file_is_refused(tmp_path: Path) -> None:
    for length in (10, 4_000_000):
        path = tmp_path / f"{length}.bin"
        path.write_bytes(b"\0" * length)
        with pytest.raises(PoseViewerError, match="NanoDet-Plus-m"):
            load_nanodet(FinderLite(), path)
