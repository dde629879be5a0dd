"""Weights are loaded whole, checked, or not at all."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.facts import digest
from poseviewer.models.weights import load_weights, read_safetensors

if TYPE_CHECKING:
    from pathlib import Path


def small() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    torch.manual_seed(5)
    path = tmp_path / "small.safetensors"
    tensors = small().state_dict()
    save_file({k: v.half() for k, v in tensors.items() if v.is_floating_point()}, path)
    return path


def test_halves_become_float32(stored: Path) -> None:
    module = small()
    load_weights(module, stored, sha256=digest(stored))
    torch.manual_seed(5)
    for key, value in small().state_dict().items():
        assert module.state_dict()[key].dtype == value.dtype
        assert torch.allclose(module.state_dict()[key].float(), value.float(), atol=1e-3)


def test_a_changed_file_is_refused(stored: Path) -> None:
    before = digest(stored)
    content = bytearray(stored.read_bytes())
    content[-1] ^= 1
    stored.write_bytes(bytes(content))
    with pytest.raises(PoseViewerError, match="not the file that its card describes"):
        load_weights(small(), stored, sha256=before)


@pytest.mark.parametrize("content", [b"", b"not safetensors", b"\x80\x04K\x01."])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.safetensors"
    path.write_bytes(content)
    with pytest.raises(PoseViewerError, match="not a safetensors file that can be read"):
        load_weights(small(), path)


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (nn.Sequential(nn.Conv2d(3, 4, 1)), "unknown"),
        (nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Conv2d(4, 1, 1)), "missing"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)), "1 of another shape"),
    ],
)
def test_another_network_is_refused(stored: Path, module: nn.Module, told: str) -> None:
    with pytest.raises(PoseViewerError, match=told):
        load_weights(module, stored)


def test_reading_weights_again_leaves_nothing(stored: Path) -> None:
    """A window is open for hours, and each network that is chosen is read anew."""
    for _ in range(3):
        read_safetensors(stored)
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(20):
        read_safetensors(stored)
    gc.collect()
    assert sys.getallocatedblocks() - before < 20
