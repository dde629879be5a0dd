"""An HDF5 file gives its own arrays and opens no other file."""

from __future__ import annotations

import contextlib
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.truth.hdf5 import own_array, stored_table
from poseviewer.truth.readers import read_truth
from poseviewer.truth.results import read_results
from tests.video.canary import watched_file

h5py = pytest.importorskip("h5py")

if TYPE_CHECKING:
    from collections.abc import Iterator

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


# -- tables of pandas ---------------------------------------------------------------------

LEVELS = ["scorer", "bodyparts", "coords"]
INDICES = {
    "numbers": [0, 2, 5],
    "pictures": ["img000.png", "img002.png", "img005.png"],
    "folders": pd.MultiIndex.from_tuples([("labeled-data", "a", f"img{n}.png") for n in range(3)]),
}


def stored(path: Path, *, index, form: str) -> pd.DataFrame:
    pytest.importorskip("tables")
    columns = pd.MultiIndex.from_product([["net"], ["nose", "knee"], ["x", "y"]], names=LEVELS)
    values = np.random.default_rng(0).random((3, 4))
    values[1, 2] = np.nan
    table = pd.DataFrame(values, columns=columns, index=index)
    table.to_hdf(path, key="df_with_missing", mode="w", format=form)
    return table


@pytest.mark.parametrize(
    ("form", "index"),
    [("fixed", "numbers"), ("fixed", "pictures"), ("fixed", "folders"),
     ("table", "numbers"), ("table", "pictures")],
)  # fmt: skip
def test_a_table_is_read_as_pandas_reads_it(tmp_path: Path, form: str, index: str) -> None:
    table = stored(tmp_path / "a.h5", index=INDICES[index], form=form)
    found = stored_table(tmp_path / "a.h5")
    assert found.columns == tuple(table.columns)
    last = [one[-1] if isinstance(one, tuple) else one for one in table.index]
    assert list(found.index) == last
    np.testing.assert_array_equal(found.values, table.to_numpy())


class Runs:
    """Touches a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("form", ["fixed", "table"])
def test_no_pickle_in_a_file_is_run(tmp_path: Path, form: str) -> None:
    path, mark = tmp_path / "clipDLC.h5", tmp_path / "ran"
    stored(path, index=[0, 1, 2], form=form)
    for protocol in (0, 2, 4):
        evil = (
            np.void(pickle.dumps(Runs(mark), protocol))
            if protocol
            else np.bytes_(pickle.dumps(Runs(mark), 0))
        )
        with h5py.File(path, "a") as file:
            group = file["df_with_missing"]
            for name in ("encoding", "errors", "info", "non_index_axes", "levels"):
                group.attrs[name] = evil
            if form == "table":
                group["table"].attrs["values_block_0_kind"] = evil
        if form == "fixed":
            assert len(read_results(path).people) == 3
        else:
            with pytest.raises(PoseViewerError, match="not loaded"):
                read_results(path)
        assert not mark.exists()


@pytest.mark.parametrize("coded", [b"", b"(lp0\n", b"garbage", pickle.dumps({"a": 1}), b"P1\n."])
def test_damaged_names_are_one_sentence(tmp_path: Path, coded: bytes) -> None:
    path = tmp_path / "clipDLC.h5"
    stored(path, index=[0, 1, 2], form="table")
    with h5py.File(path, "a") as file:
        file["df_with_missing/table"].attrs["values_block_0_kind"] = np.void(coded or b"\0")
    with pytest.raises(PoseViewerError, match="not a file of poses"):
        read_results(path)


def test_pandas_itself_would_have_run_it(tmp_path: Path) -> None:
    path, mark = tmp_path / "a.h5", tmp_path / "ran"
    stored(path, index=[0, 1, 2], form="fixed")
    with h5py.File(path, "a") as file:
        file["df_with_missing"].attrs["encoding"] = np.bytes_(pickle.dumps(Runs(mark), 0))
    with contextlib.suppress(Exception):
        pd.read_hdf(path)
    assert mark.exists()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("block0_items_label1", np.array([0, 0, 9, 9]), "points beyond"),
        ("block0_items_label1", np.array([0, 0, -1, 1]), "points beyond"),
        ("block0_values", np.zeros((3, 3)), "columns"),
        ("axis1", np.zeros(3), "names no row"),
    ],
)
def test_a_broken_table_is_one_sentence(tmp_path: Path, name: str, value, says: str) -> None:
    path = tmp_path / "clipDLC.h5"
    stored(path, index=[0, 1, 2], form="fixed")
    with h5py.File(path, "a") as file:
        del file["df_with_missing"][name]
        file["df_with_missing"][name] = value
    with pytest.raises(PoseViewerError, match=says):
        read_results(path)
