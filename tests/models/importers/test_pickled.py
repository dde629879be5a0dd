"""Tensors come back out of every wrapper; whatever asks for more stays closed."""

from __future__ import annotations

import shutil
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.importers.files import read_contents, torch_tensors, without_prefixes

if TYPE_CHECKING:
    from pathlib import Path

TENSORS = {"conv.weight": torch.randn(4, 3, 3, 3), "bn.running_var": torch.rand(4)}


def prefixed(prefix: str) -> dict[str, torch.Tensor]:
    return OrderedDict((prefix + name, tensor) for name, tensor in TENSORS.items())


WRAPPED: dict[str, Any] = {
    "flat": TENSORS,
    "DataParallel": prefixed("module."),
    "trainer": {
        "epoch": 3,
        "arch": "hg",
        "best_acc": 0.8,
        "state_dict": prefixed("module."),
        "optimizer": {"state": {0: {"step": 5, "square": torch.zeros(3)}}, "param_groups": [{}]},
    },
    "princeton": {"state_dict": prefixed("model.module."), "epoch": 1},
    "nested": {"model": {"state_dict": prefixed("net.")}},
    "mmpose": {"meta": {"epoch": 1, "time": "now"}, "state_dict": TENSORS},
}


@pytest.mark.parametrize("content", WRAPPED.values(), ids=WRAPPED.keys())
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_tensors_come_back_as_torch_saved_them(content: Any, zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "model.pth.tar"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    found = read_contents(path)
    assert found.kind == "PyTorch checkpoint"
    assert found.tensors.keys() == TENSORS.keys()
    assert all(torch.equal(found.tensors[name], TENSORS[name]) for name in TENSORS)


def test_safetensors_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    save_file(dict(prefixed("module.")), path)
    found = read_contents(path)
    assert found.kind == "safetensors file"
    assert found.shapes == {name: tuple(tensor.shape) for name, tensor in TENSORS.items()}


def test_only_prefixes_that_all_share_are_removed() -> None:
    kept = {"model.0.weight": torch.zeros(1), "cpm.0.weight": torch.zeros(1)}
    assert without_prefixes(kept) == kept


class Shout:
    def __reduce__(self) -> tuple[Any, ...]:
        return shutil.rmtree, ("/nowhere",)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ({"state_dict": TENSORS, "extra": Shout()}, "shutil.rmtree"),
        (torch.nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
    ],
    ids=["code", "module"],
)
def test_a_pickle_that_wants_more_stays_closed(
    content: Any, wanted: str, zipped: bool, tmp_path: Path
) -> None:
    path = tmp_path / "evil.pth"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(PoseViewerError, match=rf"evil\.pth asks for {wanted} .* stays closed"):
        torch_tensors(path)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_a_cut_file_is_told_in_one_sentence(zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "cut.pth"
    torch.save(WRAPPED["trainer"], path, _use_new_zipfile_serialization=zipped)
    whole = path.read_bytes()
    for end in range(9, len(whole) - 1, 61):
        path.write_bytes(whole[:end])
        with pytest.raises(PoseViewerError, match=r"cut\.pth") as told:
            read_contents(path)
        assert "\n" not in str(told.value)


@pytest.mark.parametrize("content", [[1, 2], {}, {"epoch": 3}, torch.zeros(3)])
def test_a_file_without_named_tensors_holds_nothing(content: Any, tmp_path: Path) -> None:
    path = tmp_path / "empty.pth"
    torch.save(content, path)
    with pytest.raises(PoseViewerError, match="nothing to import"):
        read_contents(path)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"\x04\x00\x00\x00\x01\x00\x00\x00", "Torch7"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"not a model at all", "no checkpoint"),
        (b"", "no checkpoint"),
    ],
)
def test_other_formats_are_named(start: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "file.t7"
    path.write_bytes(start)
    with pytest.raises(PoseViewerError, match=said):
        read_contents(path)


def test_another_zip_archive_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "maps.npz"
    np.savez(path, maps=np.zeros(3))
    with pytest.raises(PoseViewerError, match="another kind of zip archive"):
        read_contents(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PoseViewerError, match=r"none\.pth cannot be opened"):
        read_contents(tmp_path / "none.pth")
