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
from poseviewer.models.eight_bits import SCALE, packed
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


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_numbers_are_refused(tmp_path: Path, value: float) -> None:
    path, tensors = tmp_path / "broken.safetensors", small().state_dict()
    tensors["0.bias"][2] = value
    save_file(tensors, path)
    with pytest.raises(
        PoseViewerError, match=r"^broken\.safetensors holds weights that are not num"
    ):
        load_weights(small(), path)


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


def test_eight_bits_come_back_within_half_a_step_of_each_row(tmp_path: Path) -> None:
    torch.manual_seed(3)
    large = torch.randn(64, 32, 3, 3) * torch.logspace(-3, 2, 64)[:, None, None, None]
    large[5] = 0
    given = {"conv.weight": large, "conv.bias": torch.randn(64), "few": torch.randn(64, 1, 3, 3)}
    path = tmp_path / "eight.safetensors"
    save_file(packed(given), path)
    found = read_safetensors(path)
    assert found.keys() == given.keys()
    step = large.flatten(1).abs().amax(1)[:, None] / 127
    apart = (found["conv.weight"] - large).flatten(1).abs()
    assert (apart <= 0.5001 * step).all()
    assert not found["conv.weight"][5].any()
    assert torch.equal(found["conv.bias"], given["conv.bias"].half())
    assert torch.equal(found["few"], given["few"].half())


def test_what_was_stored_in_eight_bits_is_stored_the_same_again() -> None:
    once = packed({"weight": torch.randn(200, 100)})
    again = packed(once)
    assert all(torch.equal(once[name], again[name]) for name in once)
    assert again.keys() == once.keys()


@pytest.mark.parametrize("rows", [3, 5])
def test_scales_that_fit_no_tensor_are_refused(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "odd.safetensors"
    kind = torch.int8 if rows == 3 else torch.float16
    save_file({"weight": torch.ones(5, 2, dtype=kind), "weight" + SCALE: torch.ones(rows)}, path)
    with pytest.raises(PoseViewerError, match="not of rows in eight bits"):
        read_safetensors(path)
