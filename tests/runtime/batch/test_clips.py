"""Which clips a batch is of, and what their outputs are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.batch.clips import found_clips, read_list

COLUMNS = frozenset({"start", "end", "model"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.mp4", "a.MP4", "a.avi", "notes.txt", ".hidden.mp4", "deep/er/c.mkv"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"clip")
    return tmp_path


def names(*inputs: object, **options: bool) -> dict[str, str]:
    """Names of outputs by names of clips."""
    found = found_clips([str(each) for each in inputs], columns=COLUMNS, **options)
    return {Path(clip.location).name: clip.name for clip in found}


def test_a_folder_is_its_clips(folder: Path) -> None:
    assert names(folder) == {"a.MP4": "a_MP4", "a.avi": "a_avi", "b.mp4": "b"}
    assert names(folder, recursive=True)["c.mkv"] == "deep/er/c"
    with pytest.raises(PoseViewerError, match=r"no clips in .*--recursive"):
        names(folder / "deep")


def test_a_clip_that_is_named_twice_is_one(folder: Path) -> None:
    assert names(folder / "b.mp4", folder / "*.mp4", folder) == names(folder / "b.mp4", folder)


def test_parts_of_one_clip_are_clips_of_their_own(folder: Path) -> None:
    table = folder / "list.csv"
    table.write_text("path,start,name\nb.mp4,1,one/\nb.mp4,2,\n./b.mp4,1,again\n", encoding="utf-8")
    found = found_clips([str(table)], columns=COLUMNS)
    assert [(clip.name, clip.options) for clip in found] == [
        ("one", ("--start=1",)), ("b", ("--start=2",))
    ]  # fmt: skip


def test_patterns(folder: Path) -> None:
    assert names(folder / "*.mp4") == {"b.mp4": "b"}
    assert names(folder / "**/*.mkv") == {"c.mkv": "c"}
    assert names(folder / "dee?", recursive=True) == {"c.mkv": "deep/er/c"}
    with pytest.raises(PoseViewerError, match="Nothing is called like"):
        names(folder / "z*.mp4")
    with pytest.raises(PoseViewerError, match="does not exist"):
        names(folder / "z.mp4")


def test_no_two_clips_have_one_name(folder: Path) -> None:
    other = folder / "other"
    other.mkdir()
    for name in ("b.mp4", "a_avi.mp4", "B.mov"):
        (other / name).write_bytes(b"clip")
    inputs = [str(folder / name) for name in ("a.avi", "a.MP4", "b.mp4")]
    found = found_clips([*inputs, str(other)])
    made = [clip.name.casefold() for clip in found]
    assert len(set(made)) == len(found) == 6


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_list_has_options_for_each_clip(folder: Path, sign: str) -> None:
    rows = [["path", "start", "name", "model"], ["b.mp4", "2s", "jump", ""],
            ["", "", "", ""], [str(folder / "a.avi"), "", "", "cpm-lite"]]  # fmt: skip
    table = folder / "list.csv"
    # As a spreadsheet saves it.
    table.write_text("\ufeff" + "\r\n".join(sign.join(row) for row in rows), encoding="utf-8")
    one, two = found_clips([str(table)], columns=COLUMNS)
    assert (one.location, one.name, one.options) == (str(folder / "b.mp4"), "jump", ("--start=2s",))
    assert (two.name, two.options) == ("a", ("--model=cpm-lite",))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("clip\nb.mp4\n", "no column path"),
        ("path,colour\nb.mp4,red\n", "column colour"),
        ("path,start\nb.mp4,1,2\n", "more cells"),
        ("path,name\nb.mp4,../../b\n", "leads out"),
        ("path,name\nb.mp4,/b\n", "leads out"),
        ("path\n" + "b" * 20_000 + "\n", "too long"),
        ("", "no column path"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(folder: Path, text: str, why: str) -> None:
    table = folder / "list.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(PoseViewerError, match=why):
        read_list(table, columns=COLUMNS)
