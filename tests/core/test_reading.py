"""One boundary for bytes from outside: bounded, checked, reported in one sentence."""

from __future__ import annotations

import json
import os
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from poseviewer.core.budget import DEFAULT, VARIABLE, MemoryBudget, read_budget
from poseviewer.core.errors import LONGEST, PoseViewerError, one_sentence
from poseviewer.core.reading import (
    number,
    numbers,
    read_bytes,
    read_json,
    read_npz,
    read_text,
    reading,
    whole,
    word,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "a" * 5000,
        "the file /" + "very/" * 200 + "deep cannot be read; choose another.",
        "two\nlines\r\nand a \x1b[31mcolour\x00",
        "a b " * 500,
        "\udcff\u202egnp.exe",
    ],
)
def test_a_sentence_is_one_line_of_printable_text(text: str) -> None:
    told = str(PoseViewerError(text))
    assert 0 < len(told) <= LONGEST
    assert "\n" not in told
    assert "\x1b" not in told
    assert "\u202e" not in told
    told.encode()


def test_what_to_do_survives_a_long_path() -> None:
    told = one_sentence(f"{'x' * 400}/clip.mp4 cannot be read; choose another file.")
    assert told.endswith("clip.mp4 cannot be read; choose another file.")


def test_a_short_sentence_stays_as_it_is() -> None:
    text = "Größe: 3\u202f000 px, नमस्\u200cते and a  gap."
    assert one_sentence(text) == text


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("bad"), "bad"),
        (KeyError("bbox"), "it lacks 'bbox'"),
        (TypeError("x"), "another kind"),
        (OverflowError("x"), "number"),
        (RecursionError("x"), "nested too deeply"),
        (MemoryError(), "memory"),
        (UnicodeDecodeError("utf-8", b"\xff" * 9000, 0, 1, "no"), "not UTF-8"),
        (json.JSONDecodeError("x", "y" * 9000, 4), "not JSON in line 1"),
        (FileNotFoundError(2, "No such file or directory"), "no such file"),
        (Exception(), "damaged"),
    ],
)
def test_every_failure_becomes_one_sentence(error: Exception, told: str) -> None:
    with (
        pytest.raises(PoseViewerError, match=rf"^a\.json is not a card that can be read: .*{told}"),
        reading("a.json", kind="a card"),
    ):
        raise error


def test_what_is_told_already_passes() -> None:
    with pytest.raises(PoseViewerError, match=r"^as it is$"), reading("a", kind="a card"):
        raise PoseViewerError("as it is")


def test_an_interruption_passes() -> None:
    with pytest.raises(KeyboardInterrupt), reading("a", kind="a card"):
        raise KeyboardInterrupt


def test_the_budget_is_the_environment_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert read_budget() == DEFAULT << 20
    for text in ("", "0", "-1", "many", "9" * 40, "1e9"):
        monkeypatch.setenv(VARIABLE, text)
        assert read_budget() == DEFAULT << 20
    monkeypatch.setenv(VARIABLE, "3")
    budget = MemoryBudget("a.png")
    budget.take(3 << 20)
    with pytest.raises(PoseViewerError, match=rf"a\.png would take more than 3 MB.*{VARIABLE}"):
        budget.take(1)


def test_files_beyond_the_budget_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    path = tmp_path / "a.json"
    path.write_text("[" + "[]," * 20_000 + "[]]")
    with pytest.raises(PoseViewerError, match="more than 1 MB"):
        read_json(path)
    path.write_bytes(b" " * (1 << 20) + b"1")
    with pytest.raises(PoseViewerError, match="more than 1 MB"):
        read_text(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises((ValueError, OSError)):
            read_bytes(path)


def test_npz_are_bounded_by_their_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, joints=np.zeros((4, 2)), name=np.array(["a", "b"]))
    assert read_npz(path)["joints"].shape == (4, 2)
    np.savez_compressed(path, joints=np.zeros(1 << 21, np.uint8))
    assert path.stat().st_size < 10_000
    monkeypatch.setenv(VARIABLE, "1")
    with pytest.raises(PoseViewerError, match="more than 1 MB"):
        read_npz(path)
    # A header that claims more than the member holds.
    with zipfile.ZipFile(path, "w") as archive:
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,), }"
        archive.writestr("a.npy", b"\x93NUMPY\x01\x00" + bytes([len(header), 0]) + header)
    with pytest.raises(PoseViewerError, match="more than 1 MB"):
        read_npz(path)


@pytest.mark.parametrize("order", ["<", ">"])
def test_letters_that_do_not_exist_are_told(tmp_path: Path, order: str) -> None:
    names = np.array(["ab"], f"{order}U2")
    np.savez(tmp_path / "good.npz", names=names)
    assert read_npz(tmp_path / "good.npz")["names"].tolist() == ["ab"]
    names.view(f"{order}u4")[0] = 0x800000
    np.savez(tmp_path / "bad.npz", names=names)
    with pytest.raises(ValueError, match="its names holds what is no text"):
        read_npz(tmp_path / "bad.npz")


def test_npz_never_run_anything(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, joints=np.array([{}], object))
    with pytest.raises(ValueError, match="Object arrays"):
        read_npz(path)
    path.write_bytes(b"PK\x03\x04" + bytes(60))
    with pytest.raises(ValueError, match="damaged archive"):
        read_npz(path)


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        "x",
        [1, 2, 3],
        [[1, 2], [3]],
        [[1, float("nan")]],
        [[1, float("inf")]],
        [[1, 10**400]],
        [[1, 1e300]],
        [["1", "2"]],
        [[True, False]],
        [[[1, 2]]],
    ],
)
def test_arrays_are_finite_numbers_of_one_shape(value: Any) -> None:
    with pytest.raises(ValueError, match="joints"):
        numbers(value, "joints", shape=(None, 2))
    assert numbers([[1, 2.5]], "joints", shape=(None, 2)).tolist() == [[1, 2.5]]


@pytest.mark.parametrize("value", [True, None, "1", [1], float("nan"), float("inf"), 11, 10**400])
def test_single_numbers_are_in_range(value: Any) -> None:
    with pytest.raises(ValueError, match="scale"):
        number(value, "scale", low=0, high=10)
    with pytest.raises(ValueError, match="scale"):
        whole(value, "scale", low=0, high=10)
    assert number(3, "scale", low=0, high=10) == whole(3, "scale", low=0, high=10) == 3


@pytest.mark.parametrize("value", [True, None, "", 1, "x" * 5000, "\udcff"])
def test_words_can_be_written(value: Any) -> None:
    with pytest.raises(ValueError, match=r"name|surrogates"):
        word(value, "name")


def test_a_number_of_thousands_of_digits_is_told_without_words_of_python(tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    path.write_text("[" + "9" * 5000 + "]")
    told = pytest.raises(PoseViewerError, match="a number that cannot be used")
    with told, reading(path.name, kind="a table"):
        read_json(path)
