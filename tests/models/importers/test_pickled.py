"""Tensors come back out of every wrapper; whatever asks for more stays closed."""

from __future__ import annotations

import shutil
import zipfile
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
        (b"not a model at all", r"no checkpoint or graph.*\.onnx, \.tflite"),
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


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize(
    "prefix",
    [
        "_orig_mod.",
        "module._orig_mod.",
        "model._orig_mod.module.",
        "state_dict.",
        "ema.",
        "ema_model.module.",
        "network.",
        "_forward_module.model.",
    ],
)
def test_common_prefixes_are_removed(prefix: str, zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    torch.save(prefixed(prefix), path, _use_new_zipfile_serialization=zipped)
    assert torch_tensors(path).keys() == TENSORS.keys()


def test_what_wrappers_put_inside_names_is_removed_too() -> None:
    inside = {
        "a._orig_mod.b.weight": torch.zeros(1),
        "a.c._fsdp_wrapped_module.bias": torch.ones(1),
    }
    assert without_prefixes(inside).keys() == {"a.b.weight", "a.c.bias"}


def test_of_weights_and_their_average_the_average_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "model.ckpt"
    average = {f"ema.{name}": tensor + 1 for name, tensor in TENSORS.items()}
    torch.save({**prefixed("model."), **average, "n_averaged": torch.tensor(9)}, path)
    found = torch_tensors(path)
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], TENSORS[name] + 1) for name in TENSORS)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_plain_values_beside_the_weights_do_not_matter(zipped: bool, tmp_path: Path) -> None:
    beside = {
        "best": np.float64(0.5),
        "loss": np.float32(2),
        "epoch": np.int64(3),
        "done": np.bool_(True),
        "device": torch.device("cpu"),
        "kind": torch.float16,
        "shape": torch.Size((1, 2)),
        "set": {1, 2},
        "bytes": (b"ab", bytearray(b"cd")),
        "complex": 1 + 2j,
        "parameter": torch.nn.Parameter(torch.zeros(2)),
    }
    path = tmp_path / "model.pth"
    torch.save({"state_dict": TENSORS, **beside}, path, _use_new_zipfile_serialization=zipped)
    assert torch_tensors(path).keys() == TENSORS.keys()


class Made:
    """Is pickled as a call."""

    def __init__(self, by: Any, *arguments: Any) -> None:
        self.call = by, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


def deep(levels: int) -> Any:
    found: Any = ()
    for _ in range(levels):
        found = (found,)
    return found


@pytest.mark.filterwarnings("ignore:torch.quantize")
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lambda: torch.eye(3).to_sparse(), "sparse tensors"),
        (lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8), "quantised"),
        (lambda: torch.zeros(3, device="meta"), r"empty \(meta\) tensors"),
        (lambda: torch.zeros(3, dtype=torch.complex64), "kind ComplexFloat"),
        (lambda: torch.zeros(1).expand(40_000, 40_000), "more than 1024 MB"),
        (lambda: Made(bytearray, 2_200_000_000), "asks for builtins.bytearray"),
        (lambda: Made(torch.Tensor, 550_000_000), "asks for torch.Tensor"),
        (lambda: Made(np.dtype, "V2000000000"), "no number"),
        (lambda: deep(100), "nested too deeply"),
        (lambda: {2**61 - 1: 0}, "no name"),
    ],
)
def test_what_would_fill_the_memory_or_end_the_process_is_told(
    content: Any, told: str, zipped: bool, tmp_path: Path
) -> None:
    path = tmp_path / "odd.pth"
    torch.save({**TENSORS, "odd": content()}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(PoseViewerError, match=rf"odd\.pth .*{told}"):
        read_contents(path)


def rezipped(path: Path, change: Any, *, packed: bool = False) -> None:
    """Write the archive anew with its records changed."""
    with zipfile.ZipFile(path) as archive:
        records = {name: archive.read(name) for name in archive.namelist()}
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, data in records.items():
            archive.writestr(name, change(name, data))


@pytest.mark.parametrize("change", [lambda data: data[:8], lambda data: data + bytes(8)])
def test_records_are_as_long_as_the_pickle_says(change: Any, tmp_path: Path) -> None:
    path = tmp_path / "lie.pth"
    torch.save(TENSORS, path)
    rezipped(path, lambda name, data: change(data) if "/data/0" in name else data)
    with pytest.raises(PoseViewerError, match="more or fewer numbers"):
        torch_tensors(path)


def test_packed_records_are_no_torch_file(tmp_path: Path) -> None:
    path = tmp_path / "packed.pth"
    torch.save({"a": torch.zeros(1000)}, path)
    rezipped(path, lambda _, data: data, packed=True)
    with pytest.raises(PoseViewerError, match="packed"):
        torch_tensors(path)


def test_a_file_that_holds_itself_ends(tmp_path: Path) -> None:
    content: dict[str, Any] = {}
    content["state_dict"] = content
    torch.save(content, tmp_path / "self.pth")
    with pytest.raises(PoseViewerError, match="nothing to import"):
        torch_tensors(tmp_path / "self.pth")


def test_a_program_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "script.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("script/data.pkl", "script/code/__torch__.py", "script/constants.pkl"):
            archive.writestr(name, b"\x80\x02N.")
    with pytest.raises(PoseViewerError, match="TorchScript program"):
        read_contents(path)
