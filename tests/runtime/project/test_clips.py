"""Clips of a project are found by what is in them, wherever project and clips are moved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from poseviewer.runtime.project.clips import clip_of, find_clips, search
from poseviewer.runtime.project.file import read_project, write_project
from poseviewer.runtime.project.value import Project
from poseviewer.runtime.sections import AngleState

if TYPE_CHECKING:
    from pathlib import Path


def saved(folder: Path) -> Path:
    """A project of two clips beside it."""
    (folder / "clips").mkdir(parents=True)
    for name in ("one", "two"):
        (folder / "clips" / f"{name}.mp4").write_bytes(name.encode() * 1000)
    path = folder / "p.poseviewer"
    made = (clip_of(str(folder / "clips" / f"{name}.mp4")) for name in ("one", "two"))
    write_project(path, Project(clips=tuple(made)))
    return path


def found(path: Path) -> tuple[list[str], tuple[int, ...]]:
    """The places of the clips of a project file, and which are missing."""
    project, missing = find_clips(read_project(path)[0], path.parent)
    return [clip.location for clip in project.clips], missing


def test_a_project_is_moved_with_its_clips(tmp_path: Path) -> None:
    """Paths relative to the project count before those where the clips were."""
    path = saved(tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")
    there = tmp_path / "there"
    names = [str(there / "clips" / f"{name}.mp4") for name in ("one", "two")]
    assert found(there / path.name) == (names, ())


def test_a_project_is_moved_without_its_clips(tmp_path: Path) -> None:
    """They are where they were."""
    path = saved(tmp_path / "here")
    (tmp_path / "there").mkdir()
    moved = path.rename(tmp_path / "there" / path.name)
    names = [str(tmp_path / "here" / "clips" / f"{name}.mp4") for name in ("one", "two")]
    assert found(moved) == (names, ())


def test_a_clip_that_was_renamed_is_found_near_the_project(tmp_path: Path) -> None:
    """Even where another one has its name now."""
    path = saved(tmp_path)
    clips = tmp_path / "clips"
    (clips / "deep").mkdir()
    (clips / "one.mp4").rename(clips / "deep" / "else.MP4")
    (clips / "one.mp4").write_bytes(b"another clip")
    names = [str(clips / "deep" / "else.MP4"), str(clips / "two.mp4")]
    assert found(path) == (names, ())


def test_a_clip_that_is_gone_is_missing_until_it_is_found(tmp_path: Path) -> None:
    """It stays in the project, and is found in a folder that is named."""
    path, away = saved(tmp_path / "here"), tmp_path / "away"
    away.mkdir()
    two = tmp_path / "here" / "clips" / "two.mp4"
    two.rename(away / "z.mp4")
    project, missing = find_clips(read_project(path)[0], path.parent)
    assert missing == (1,)
    assert project.clips[1].location == str(two)
    assert search(project, missing, tmp_path / "here") == (project, (1,))
    project, missing = search(project, missing, away)
    assert (project.clips[1].location, missing) == (str(away / "z.mp4"), ())


def test_the_second_clip_is_found_as_the_others_are(tmp_path: Path) -> None:
    """Where it is a clip of the project too, both are; without it there is none."""
    path = saved(tmp_path / "here")
    read, _ = read_project(path)
    two = read.clips[1]
    chosen = AngleState(second=two.location, second_offset=0.5, joint="neck", height=1.7)
    write_project(path, replace(read, angles=chosen, second=two))
    (tmp_path / "here").rename(tmp_path / "there")
    there = tmp_path / "there"
    place = (there / "clips" / "two.mp4").rename(there / "renamed.mp4")
    project, missing = find_clips(read_project(there / path.name)[0], there)
    assert project.angles == replace(chosen, second=str(place))
    assert (project.clips[1].location, missing) == (str(place), ())
    place.unlink()
    project, missing = find_clips(read_project(there / path.name)[0], there)
    assert project.angles == replace(chosen, second="")
    assert missing == (1,)


def test_a_folder_of_pictures_is_found_on_another_computer(tmp_path: Path) -> None:
    """It is known by names and sizes, not by dates, which copying changes."""
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        (folder / "frames").mkdir(parents=True)
    (here / "frames" / "1.png").write_bytes(b"x")
    path = here / "p.poseviewer"
    write_project(path, Project(clips=(clip_of(str(here / "frames")),)))
    moved = path.rename(there / path.name)
    (here / "frames").rename(tmp_path / "gone")
    assert found(moved)[1] == (0,)
    (there / "frames" / "1.png").write_bytes(b"y")
    assert found(moved) == ([str(there / "frames")], ())
