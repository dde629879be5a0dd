"""Data files that find no room, no folder, or an input in their place: all of it, or nothing."""

from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.records.open import WRITERS, record_kind
from poseviewer.runtime import export
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from tests.dots import DotsClip
from tests.records.test_round_trip import FRAMES, HEIGHT, people, written

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np


class NoVideo:
    """A writer that needs no room, so that the data have to find it."""

    notice = None

    def write(self, pixels: np.ndarray, *, time: object) -> None:
        pass

    def finish(self) -> None:
        pass

    abort = finish


@pytest.fixture
def poses(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return written(folder, "csv", people(load_skeleton("poseviewer-23")))


def exported(folder: Path, kinds: tuple[str, ...], poses: Path) -> Path:
    """Export the data of a clip; returns the output that they lie beside."""
    folder.mkdir(exist_ok=True)
    output = folder / "out.mkv"
    job = ExportJob(output, overlay=False, data=kinds, poses=poses, height=HEIGHT)
    export.export_clip(job, AppState(), "dots", opener=lambda _: DotsClip(FRAMES))
    return output


def sizes(folder: Path) -> dict[str, int]:
    """The length of every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.stat().st_size for path in files}


@pytest.mark.slow
@pytest.mark.usefixtures("drawn_lifter")
@pytest.mark.parametrize("kind", WRITERS.builtin)
def test_no_room_leaves_all_of_it_or_nothing(
    tmp_path: Path, poses: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a full disk; libraries that write by themselves must not end with half a file."""
    if missing := record_kind(kind).missing:
        pytest.skip(f"needs {missing}")
    monkeypatch.setattr(export, "open_picture", lambda *_, **__: NoVideo())
    exported(tmp_path / "whole", (kind,), poses)
    whole = sizes(tmp_path / "whole")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    refused = 0
    for size in sorted({0, 700, *(length - 1 for length in whole.values()), max(whole.values())}):
        folder = tmp_path / str(size)
        folder.mkdir()
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            exported(folder, (kind,), poses)
        except PoseViewerError as error:
            told = str(error)
        else:
            told = ""
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        if told:
            refused += 1
            assert told.startswith("out.mkv was not written because files may not grow so large")
            assert os.listdir(folder) == []
        else:
            assert size == max(whole.values()), "written although there was no room"
            assert sizes(folder).keys() == whole.keys()
    assert refused >= 3


def test_a_picture_that_finds_no_room_is_called_by_its_name(tmp_path: Path, poses: Path) -> None:
    (tmp_path / "out").mkdir()
    job = ExportJob(tmp_path / "out" / "still.png", data=("csv",), poses=poses)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))
    try:
        with pytest.raises(PoseViewerError, match=r"^still\.png was not written"):
            export.export_clip(job, AppState(), "dots", opener=lambda _: DotsClip(FRAMES))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.listdir(tmp_path / "out") == []


@pytest.mark.usefixtures("drawn_lifter")
@pytest.mark.parametrize("kind", [kind for kind in WRITERS.builtin if kind != "trc-m"])
def test_a_folder_that_may_not_be_written_is_told(
    tmp_path: Path, poses: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only one refuses every new name, also those of temporary files."""
    if missing := record_kind(kind).missing:
        pytest.skip(f"needs {missing}")
    folder = tmp_path / "out"
    folder.mkdir()
    really = os.open

    def refuse(path: object, flags: int, *rest: object, **more: object) -> int:
        if flags & os.O_CREAT and str(folder) in os.fsdecode(path):  # type: ignore[arg-type]
            raise PermissionError(13, "Permission denied", str(path))
        return really(path, flags, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PoseViewerError, match=r"because the folder .* may not be written to"):
        exported(folder, (kind,), poses)
    monkeypatch.undo()
    assert os.listdir(folder) == []


@pytest.mark.parametrize("kind", ["csv", "json", "trc", "coco"])
def test_what_is_read_is_never_written_over(tmp_path: Path, poses: Path, kind: str) -> None:
    """Neither a file, nor a folder, nor the folder that a file lies in."""
    output = exported(tmp_path / "a", (kind,), poses)
    made = sizes(output.parent)
    beside = {"csv": "out.csv", "json": "out_json", "trc": "out_trc", "coco": "out_coco"}[kind]
    theirs = [output.with_name(beside)]
    if theirs[0].is_dir() and kind != "json":
        theirs = sorted(theirs[0].glob("*.trc")) or sorted(theirs[0].glob("*.json"))
    for given in theirs:
        with pytest.raises(PoseViewerError, match="give the output another name"):
            exported(output.parent, (kind,), given)
    assert sizes(output.parent) == made


@pytest.mark.usefixtures("drawn_lifter")
def test_names_that_are_no_text_or_nearly_too_long_are_written(tmp_path: Path, poses: Path) -> None:
    kinds = tuple(kind for kind in WRITERS.builtin if not record_kind(kind).missing)
    for name in (os.fsdecode(b"o\xe9\xfe"), "n" * 190):
        folder = tmp_path / name[:20]
        folder.mkdir()
        job = ExportJob(folder / f"{name}.mkv", overlay=False, data=kinds, poses=poses, height=1.8)
        export.export_clip(job, AppState(), "dots", opener=lambda _: DotsClip(FRAMES))
        assert not [path for path in folder.iterdir() if path.name.startswith(".")]
        assert len(sizes(folder)) > 2 * len(kinds)
