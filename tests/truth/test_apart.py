"""HDF5 is read in a process of its own, which is limited and trusted with nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from poseviewer.core.budget import VARIABLE
from poseviewer.truth import apart
from poseviewer.truth.apart import read_arrays

if TYPE_CHECKING:
    from pathlib import Path

h5py: Any = pytest.importorskip("h5py")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.h5"


def test_arrays_come_back(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["part"], file["imgname"] = np.arange(6.0).reshape(3, 2), np.array(["a", "b"], "S3")
    found = read_arrays(path, ("part", "imgname", "normalize?"))
    assert found.keys() == {"part", "imgname"}
    assert found["part"].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert found["imgname"].tolist() == [b"a", b"b"]
    with pytest.raises(ValueError, match="it holds no scale"):
        read_arrays(path, ("scale",))


def test_another_file_is_not_read_through_it(path: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(80))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["part"] = np.zeros(3)
    with h5py.File(path, "w") as file:
        file["linked"] = h5py.ExternalLink("other.h5", "/part")
        file["soft"] = h5py.SoftLink("/linked")
        file.create_dataset("outside", (10,), "f8", external=[("secret", 0, 80)])
    for name in ("linked", "soft", "outside"):
        with pytest.raises(ValueError, match=f"its {name} is"):
            read_arrays(path, (name,))


def test_what_unfolds_is_held_to_the_budget(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("part", (1 << 40,), "f8", chunks=(1 << 10,), compression="gzip")
    assert path.stat().st_size < 10_000
    monkeypatch.setenv(VARIABLE, "8")
    with pytest.raises(ValueError, match="more memory than one file may"):
        read_arrays(path, ("part",))


def test_a_crash_and_a_hang_stay_there(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(b"")
    process = tmp_path / "process.py"
    monkeypatch.setattr(apart, "_PROCESS", process)
    process.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(ValueError, match="breaks down"):
        read_arrays(path, ("part",))
    monkeypatch.setattr(apart, "SECONDS", 1)
    process.write_text("while True: pass")
    with pytest.raises(ValueError, match="not read within 1 seconds"):
        read_arrays(path, ("part",))


def test_a_file_that_is_not_there_is_told(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_arrays(path, ("part",))
