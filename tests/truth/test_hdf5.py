"""An HDF5 file gives its own arrays and opens no other file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.truth.hdf5 import own_array
from poseviewer.truth.readers import read_truth
from tests.video.canary import watched_file

h5py = pytest.importorskip("h5py")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.video.canary import WatchedFile


@pytest.fixture
def secret(tmp_path: Path) -> Iterator[WatchedFile]:
    path = tmp_path / "secret.h5"
    with h5py.File(path, "w") as file:
        file["part"] = np.ones((2, 16, 2))
    with watched_file(path) as watch:
        yield watch


def external_link(file: h5py.File, secret: Path) -> None:
    file["part"] = h5py.ExternalLink(str(secret), "part")


def raw_bytes(file: h5py.File, secret: Path) -> None:
    file.create_dataset("part", (8,), np.uint8, external=[(str(secret), 0, 8)])


def virtual(file: h5py.File, secret: Path) -> None:
    layout = h5py.VirtualLayout((2, 16, 2), np.float64)
    layout[:] = h5py.VirtualSource(str(secret), "part", (2, 16, 2))
    file.create_virtual_dataset("part", layout)


def soft_link(file: h5py.File, secret: Path) -> None:
    file["out"] = h5py.ExternalLink(str(secret), "part")
    file["part"] = h5py.SoftLink("/out")


def group(file: h5py.File, secret: Path) -> None:
    file.create_group("part")


@pytest.mark.parametrize("write", [external_link, raw_bytes, virtual, soft_link, group])
def test_nothing_is_read_of_another_file(write, tmp_path: Path, secret: WatchedFile) -> None:
    path = tmp_path / "labels.h5"
    with h5py.File(path, "w") as file:
        write(file, secret.path)
    secret.touched  # noqa: B018 - writing may have looked at it
    with h5py.File(path) as file, pytest.raises(OSError, match="its part"):
        own_array(file, "part")
    with pytest.raises(PoseViewerError, match="its part"):
        read_truth(path)
    assert not secret.touched


def test_the_library_itself_would_have_read_it(tmp_path: Path, secret: WatchedFile) -> None:
    path = tmp_path / "labels.h5"
    with h5py.File(path, "w") as file:
        external_link(file, secret.path)
    with h5py.File(path) as file:
        assert file["part"].shape == (2, 16, 2)
    assert secret.touched


def test_an_own_array_is_read_and_a_missing_one_told(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "labels.h5", "w") as file:
        file["part"] = np.arange(3)
        assert own_array(file, "part").tolist() == [0, 1, 2]
        with pytest.raises(KeyError, match="center"):
            own_array(file, "center")
