"""A project carries corrections from one computer to another, and each knows what was agreed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from poseviewer.core.annotation import Annotations
from poseviewer.core.correction import NONE
from poseviewer.runtime.project.clips import clip_of
from poseviewer.runtime.project.file import read_project, write_project
from poseviewer.runtime.project.value import Project, as_seen
from poseviewer.runtime.saved.library import Saving
from poseviewer.runtime.sections import NetworkState, PeopleState, ReadingState
from tests.runtime.project.test_file import CORRECTED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.runtime.conftest import Desk

NOTED = Annotations(notes="left knee")


def opened(window: Callable[..., Desk], path: Path, folder: Path) -> Desk:
    """A session of a computer whose results lie in a folder, with the clip open."""
    desk = window(saving=Saving(folder))
    desk.session.open(str(path))
    desk.until(lambda s: s.source is not None and s.frame is not None)
    return desk


def test_corrections_go_with_the_project_to_another_computer_and_back(
    window: Callable[..., Desk], path: Path, tmp_path: Path
) -> None:
    """Neither side asks, for each knows what it had in common with the project."""
    one, other = tmp_path / "one", tmp_path / "other"
    file, project = tmp_path / "p.poseviewer", Project("k", clips=(clip_of(str(path)),))

    desk = opened(window, path, one)
    desk.session.correct("wrist moved", CORRECTED)
    write_project(file, project.with_clip(0, as_seen(project.clips[0], desk.session.state)))
    desk.session.work.agree("k")
    desk.session.close()

    desk = opened(window, path, other)
    (clip,) = read_project(file)[0].clips
    assert desk.session.state.corrections == NONE
    assert desk.session.work.counts(clip, key="k") == "project"
    desk.session.work.put(clip)
    desk.session.work.agree("k")
    assert desk.session.state.corrections == CORRECTED
    assert desk.session.state.steps == ()
    desk.session.annotate("noted", NOTED)
    write_project(file, project.with_clip(0, as_seen(clip, desk.session.state)))
    desk.session.work.agree("k")
    desk.session.close()

    desk = opened(window, path, one)
    (clip,) = read_project(file)[0].clips
    assert desk.session.work.counts(clip, key="k") == "project"
    desk.session.work.put(clip)
    desk.session.close()
    desk = opened(window, path, one)
    state = desk.session.state
    assert (state.corrections, state.annotations) == (CORRECTED, NOTED)


def test_a_clip_is_gone_back_to_and_nothing_of_it_is_a_step_to_undo(
    window: Callable[..., Desk], path: Path
) -> None:
    """People, marks and frame of the clip; choices of the project, exactly as they were."""
    desk = window(saving=None)
    chosen = Project(
        network=NetworkState(automatic=True, own_precision=False),
        reading=ReadingState(gate=0.4, flip=True),
    )
    desk.session.work.choose(chosen)
    desk.session.open(str(path))
    desk.until(lambda s: s.source is not None and s.frame is not None)
    people = PeopleState(names=((0, "Ana"),))
    clip = replace(clip_of(str(path)), frame=7, start=3, end=90, people=people)
    desk.session.work.resume(clip)
    state = desk.shown(7)
    assert (state.playback.start, state.playback.end, state.people) == (3, 90, people)
    assert (state.reading, state.steps) == (chosen.reading, ())
    assert chosen.with_choices(state).substance == chosen.substance
