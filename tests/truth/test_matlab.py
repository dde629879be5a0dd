"""Our reader of MATLAB's files agrees with scipy's on whole files, and stops at damaged ones."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from poseviewer.core.budget import VARIABLE
from poseviewer.core.errors import PoseViewerError
from poseviewer.truth.matlab import read_array

if TYPE_CHECKING:
    from pathlib import Path

savemat: Any = pytest.importorskip("scipy.io").savemat
TYPES = ("f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("shape", [(3, 14, 5), (14, 3, 2), (1, 1), (2, 3), (2, 2, 2, 2)])
def test_arrays_are_as_they_were_written(
    tmp_path: Path, kind: str, packed: bool, shape: tuple[int, ...]
) -> None:
    array = (np.arange(np.prod(shape)) % 100).astype(kind).reshape(shape)
    others = {"a": "text", "before": np.zeros((0, 3)), "cell": np.array([{}, 1], object)}
    path = tmp_path / "a.mat"
    savemat(path, {**others, "joints": array, "z": 1.5}, do_compression=packed)
    assert (read_array(path, "joints") == array).all()
    assert read_array(path, "joints").shape == shape
    assert read_array(path, "z") == 1.5


def test_numbers_that_are_none_stay_so(tmp_path: Path) -> None:
    array = np.array([[1.0, np.nan], [np.inf, 2.0]])
    savemat(tmp_path / "a.mat", {"joints": array})
    assert np.array_equal(read_array(tmp_path / "a.mat", "joints"), array, equal_nan=True)


@pytest.mark.parametrize(
    "content", [{"joints": np.array([1 + 2j])}, {"joints": "text"}, {"joints": {"a": 1}}]
)
def test_what_is_no_array_of_numbers_is_told(tmp_path: Path, content: dict[str, Any]) -> None:
    savemat(tmp_path / "a.mat", content)
    with pytest.raises(ValueError, match="joints is no array of real numbers"):
        read_array(tmp_path / "a.mat", "joints")


def test_other_files_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    for data, told in (
        (b"", "does not begin as"),
        (b"\x89HDF\r\n\x1a\n", "7.3"),
        (b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM", "7.3"),
        (b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM", "no array called"),
        (b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM\x0e", "ends early"),
    ):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=told):
            read_array(path, "joints")


def test_what_unfolds_is_held_to_the_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.mat"
    savemat(path, {"joints": np.zeros((3, 14, 20_000))}, do_compression=True)
    assert path.stat().st_size < 20_000
    monkeypatch.setenv(VARIABLE, "4")
    with pytest.raises(PoseViewerError, match="more than 4 MB"):
        read_array(path, "joints")
    packed = zlib.compress(bytes(8 << 20))
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM\x0f\0\0\0"
    path.write_bytes(head + len(packed).to_bytes(4, "little") + packed)
    with pytest.raises(PoseViewerError, match="more than 4 MB"):
        read_array(path, "joints")
