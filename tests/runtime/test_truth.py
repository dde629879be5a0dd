"""Ground truth beside the results of a session, and in what it exports."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from poseviewer.core.angle import measure
from poseviewer.core.look import Look
from poseviewer.core.pose import Poses
from poseviewer.mannequin.source import Mannequin, MannequinClip, MannequinFeed, Setting
from poseviewer.pipeline.angles import Goniometer
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.truth_comparison import Comparer, Request
from poseviewer.truth.frames import Truth
from poseviewer.video.source import Clip
from tests.dots import SKELETON, DotsClip, joints

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runtime.conftest import Desk

RIGHT = np.array([10, 0])


class UnknownClip(DotsClip):
    """Dots whose truth is not known."""

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


def test_the_whole_clip_is_compared_as_far_as_it_is_analysed(
    desk: Desk, labels: Path, tmp_path: Path
) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.truth.open(labels)
    desk.until(lambda s: s.truth is not None and s.truth.from_file)
    desk.session.analyse()
    desk.until(lambda s: s.analysis is not None and s.analysis.finished)
    desk.until(lambda _: (found := desk.session.truth_compared()) and found.agreement.people == 5)
    found = desk.session.truth_compared()
    assert found is not None
    assert (found.name, sorted(found.pairs)) == ("labels.csv", [0, 1, 2, 3, 4])
    assert {one.name for one in found.agreement.joints} == set(SKELETON.joints)
    for one in found.agreement.joints:
        assert one.median == pytest.approx(10, abs=2.5)
        assert one.bias == pytest.approx((-10, 0), abs=2.5)
    knee = [spec.name for spec in found.history.specs].index("left knee")
    assert found.history.index.tolist() == [0, 1, 2, 3, 4]
    ours = desk.session.history()
    assert found.history.degrees[:, knee] == pytest.approx(ours.degrees[:5, knee], abs=3)
    table = tmp_path / "table.csv"
    assert desk.session.spares(table)
    assert not desk.session.spares(labels)
    desk.until(lambda s: any("labels.csv is read as well" in notice.text for notice in s.notices))
    desk.session.write_comparison(table)
    desk.until(lambda s: any(str(table) in notice.text for notice in s.notices))
    with table.open(encoding="utf-8") as file:
        rows = {(row["kind"], row["name"]): row for row in csv.DictReader(file)}
    assert rows["joint", "left_knee"]["count"] == "5"
    assert rows["angle", "left knee"]["unit"] == "deg"
    desk.session.truth.close()
    desk.until(lambda s: s.truth is None)
    assert desk.session.truth_compared() is None
    desk.session.write_comparison(tmp_path / "other.csv")
    desk.until(lambda s: any("Nothing is compared yet" in notice.text for notice in s.notices))
    assert not (tmp_path / "other.csv").exists()


def test_a_motion_file_is_curves_and_says_what_it_does_not_show(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "walk_ik.mot"
    rows = "".join(f"{n / 10}\t{360 + n}\t0.5\n" for n in range(4))
    head = "Coordinates\ninDegrees=yes\nendheader\ntime\tknee_angle_r\tpelvis_tx\n"
    path.write_text(head + rows)
    desk.session.open("dots")
    desk.session.truth.want(True)
    desk.shown(0)
    desk.session.truth.open(path)
    state = desk.until(lambda s: s.truth is not None and s.truth.from_file)
    assert (state.truth.count, state.truth.places) == (4, False)
    wanted = (
        "walk_ik.mot has angles and no places, so its curves are plotted; not shown: pelvis_tx."
    )
    assert wanted in [notice.text for notice in desk.until(lambda s: s.notices).notices]
    desk.until(lambda _: desk.session.truth_compared())
    found = desk.session.truth_compared()
    assert found is not None
    assert [spec.name for spec in found.history.specs] == ["right knee"]
    assert found.history.seconds == pytest.approx([0, 0.1, 0.2, 0.3])
    assert found.history.degrees[:, 0] == pytest.approx([0, 1, 2, 3])
    assert desk.session.state.result.truth is None


def test_before_the_network_answers_the_curve_is_the_person_of_most_frames(desk: Desk) -> None:
    """Of people without numbers each is followed; then the network says who is meant."""
    walk = [joints(n) for n in range(4)]
    far = [places + np.array([150, 0]) for places in walk[:2]]

    def at(index: int) -> Poses:
        people = [walk[index], far[index]] if index < 2 else [walk[index]]
        xy = np.array(people, np.float32)
        box = np.tile(np.float32([0, 0, 100, 200]), (len(xy), 1))
        return Poses(xy, np.ones(xy.shape[:2], np.float32), box, np.full(len(xy), -1), SKELETON)

    truth = Truth("made", None, 4, at, SKELETON, range(4))
    desk.session.open("dots")
    state = desk.shown(0)
    before = Comparer(Request(truth, {}, state)).compare(Request(truth, {}, state))
    angles = measure(at(3), specs=before.history.specs, gate=0.3)
    assert before.agreement.people == 0
    np.testing.assert_allclose(before.history.degrees[3], angles.degrees[0])
    result = replace(state.result, poses=at(0).only(np.array([1])))
    result = Goniometer().measured(result)
    request = Request(truth, {0: result}, state)
    after = Comparer(request).compare(request)
    assert after.agreement.people == 1
    # The one that the network sees is gone from frame 2 on.
    assert np.isfinite(after.history.degrees[:2]).all()
    assert np.isnan(after.history.degrees[2:]).all()
