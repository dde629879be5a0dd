"""Ground truth beside the results of a session, and in what it exports."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from poseviewer.core.look import Look
from poseviewer.mannequin.source import Mannequin, MannequinClip, MannequinFeed, Setting
from poseviewer.runtime.state import ExportJob
from poseviewer.video.source import Clip
from tests.dots import SKELETON, DotsClip, joints

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runtime.conftest import Desk

RIGHT = np.array([10, 0])


class UnknownClip(DotsClip):
    """Dots whose truth nobody has told."""

    truth = Clip.truth


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Frames 0 to 4 of the dots as a CSV, every joint 10 pixels to the right."""
    path = tmp_path / "labels.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["frame", "time_s", "person", "joint", "x_px", "y_px", "score"])
        for frame in range(5):
            for name, (x, y) in zip(SKELETON.joints, joints(frame), strict=True):
                rows.writerow([frame, 0, 0, name, x + 10, y, 1])
    return path


@pytest.mark.parametrize("live", [False, True])
def test_the_mannequin_knows_its_joints(desk: Desk, live: bool) -> None:
    setting = Setting(size=(160, 120), frames=None if live else 9)
    desk.sources["doll"] = lambda: MannequinFeed(setting) if live else MannequinClip(setting)
    desk.session.open("doll")
    desk.session.truth.want(True)
    state = desk.until(lambda s: s.result is not None and s.result.truth is not None)
    assert state.truth is not None
    assert state.truth.from_file is False
    index = state.result.frame.index
    points = Mannequin(setting).points(index)
    for joint, place in zip(SKELETON.joints, state.result.truth.xy[0], strict=True):
        assert place == pytest.approx(points[joint], abs=1e-3)


def test_truth_comes_only_while_it_is_wanted(desk: Desk) -> None:
    desk.session.open("dots")
    state = desk.shown(0)
    assert state.truth is not None
    assert state.result.truth is None
    desk.session.truth.want(True)
    state = desk.until(lambda s: s.result is not None and s.result.truth is not None)
    assert state.result.truth.xy[0] == pytest.approx(joints(0), abs=1e-3)
    desk.session.seek(7)
    assert desk.shown(7).result.truth.xy[0] == pytest.approx(joints(7), abs=1e-3)
    desk.session.truth.want(False)
    desk.until(lambda s: s.result is not None and s.result.truth is None)


def test_a_file_takes_the_place_of_what_was_known_until_it_is_forgotten(
    desk: Desk, labels: Path
) -> None:
    desk.session.open("dots")
    desk.session.truth.want(True)
    desk.shown(0)
    desk.session.truth.open(labels)
    state = desk.until(lambda s: s.truth is not None and s.truth.from_file and s.result is not None)
    assert (state.truth.name, state.truth.count) == ("labels.csv", 5)
    state = desk.until(lambda s: s.result.truth is not None and s.result.truth.xy[0, 0, 0] > 0)
    assert state.result.truth.xy[0] == pytest.approx(joints(0) + RIGHT, abs=1e-3)
    desk.session.seek(6)
    assert desk.shown(6).result.truth is None
    desk.session.truth.close()
    assert desk.until(lambda s: s.truth is None).result is not None
    desk.session.open("short")
    desk.until(lambda s: s.source.count == 8 and s.truth is not None and not s.truth.from_file)


def test_a_file_beside_the_clip_is_found(desk: Desk, labels: Path) -> None:
    clip = labels.with_name("walk.mp4")
    labels.rename(labels.with_name("walk.truth.csv"))

    def found() -> DotsClip:
        made = UnknownClip(9)
        made.location = str(clip)  # type: ignore[misc]
        return made

    desk.sources["walk"] = found
    desk.session.open("walk")
    state = desk.until(lambda s: s.truth is not None)
    assert state.truth.name == "walk.truth.csv"
    assert "walk.truth.csv labels 5 frames" in state.notices[-1].text


def test_a_bad_file_is_one_sentence_and_what_was_known_stays(desk: Desk, tmp_path: Path) -> None:
    desk.session.open("dots")
    desk.session.truth.want(True)
    desk.until(lambda s: s.result is not None and s.result.truth is not None)
    (tmp_path / "l.json").write_text("[]")
    desk.session.truth.open(tmp_path / "l.json")
    state = desk.until(lambda s: s.notices)
    assert state.notices[-1].level == "error"
    assert "l.json" in state.notices[-1].text
    assert state.truth is not None
    assert not state.truth.from_file
    assert desk.session.truth.path is None


def test_without_a_clip_a_file_has_nothing_to_label(desk: Desk, labels: Path) -> None:
    desk.session.truth.open(labels)
    state = desk.until(lambda s: s.notices)
    assert "Open a clip" in state.notices[-1].text


def test_the_export_draws_what_the_window_drew(desk: Desk, labels: Path, tmp_path: Path) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.truth.open(labels)
    desk.until(lambda s: s.truth is not None and s.truth.from_file)

    def written(name: str, look: Look) -> np.ndarray:
        desk.session.export(ExportJob(tmp_path / name, start=2, end=2, look=look))
        state = desk.until(
            lambda s: s.export is not None and s.export.finished and s.export.output.endswith(name)
        )
        assert state.export.error is None
        return cv2.imread(str(tmp_path / name)).astype(int)

    bare = written("bare.png", Look(skeleton=False))
    drawn = written("drawn.png", Look(skeleton=False, truth=True))
    changed = np.abs(drawn - bare).sum(axis=2) > 60
    for x, y in joints(2) + RIGHT:
        assert changed[round(y), round(x)]
    assert changed.mean() < 0.2
    desk.session.truth.close()
    forgotten = written("forgotten.png", Look(skeleton=False, truth=True))
    assert (forgotten == bare).all()
