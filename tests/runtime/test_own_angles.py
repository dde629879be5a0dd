"""Angles that a person defines while a session runs, and curves written from it."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.angle import AngleSpec
from poseviewer.core.angle_file import own_angles_path, read_angles, write_angles
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.filters import RAW, Filter, filtered
from poseviewer.runtime.series_file import Series, series_text
from poseviewer.runtime.state import History

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runtime.conftest import Desk

INSIDE = AngleSpec("inside of knee", ("right_hip", "right_knee", "right_ankle"))
LEAN = AngleSpec("lean", ("neck", "mid_hip"), scale=-1)


def column(desk: Desk, name: str) -> np.ndarray:
    history = desk.session.history()
    return history.degrees[:, [spec.name for spec in history.specs].index(name)]


def measures(desk: Desk, name: str) -> bool:
    return name in [spec.name for spec in desk.session.history().specs]


def test_a_new_angle_is_known_of_every_frame_seen_before(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.analyse()
    desk.until(lambda s: s.analysis is not None and s.analysis.finished)
    runs = desk.engine.runs
    knee = column(desk, "right knee").copy()
    assert desk.session.angles.keep(INSIDE)
    desk.until(lambda s: measures(desk, INSIDE.name))
    assert len(desk.session.history().index) == 30
    np.testing.assert_array_equal(column(desk, "right knee"), knee)
    inside = np.abs(column(desk, INSIDE.name))
    assert np.allclose(inside, 180 - np.abs(knee), atol=1e-3)
    assert desk.engine.runs == runs
    assert read_angles(own_angles_path()) == (INSIDE,)
    assert desk.session.angles.remove(INSIDE.name)
    desk.until(lambda s: not measures(desk, INSIDE.name))
    assert len(desk.session.history().index) == 30
    assert read_angles(own_angles_path()) == ()


def test_the_past_of_a_feed_stays_when_an_angle_is_defined(desk: Desk) -> None:
    desk.session.open("feed")
    desk.until(lambda s: s.source is not None)
    desk.feed.push()
    desk.shown(0)
    knee = column(desk, "right knee").copy()
    desk.session.angles.keep(INSIDE)
    desk.feed.push()
    desk.shown(1)
    desk.until(lambda s: measures(desk, INSIDE.name))
    values = column(desk, "right knee")
    np.testing.assert_array_equal(values[: len(knee)], knee)
    # What is still remembered of the feed is measured anew too.
    inside = np.abs(column(desk, INSIDE.name))
    assert np.allclose(inside, 180 - np.abs(values), atol=1e-3)


def test_angles_are_changed_in_their_place(desk: Desk) -> None:
    book = desk.session.angles
    assert book.keep(INSIDE)
    assert book.keep(LEAN)
    other = AngleSpec("inner knee", INSIDE.points, 10)
    assert not book.trouble(other, instead_of=INSIDE.name)
    assert book.keep(other, instead_of=INSIDE.name)
    assert book.own == (other, LEAN)
    assert "lean already" in book.trouble(AngleSpec("lean", INSIDE.points))
    assert not book.keep(AngleSpec("lean", INSIDE.points))
    assert "lean already" in desk.session.state.notices[-1].text
    assert read_angles(own_angles_path()) == (other, LEAN)


def test_a_broken_file_is_said_and_never_overwritten(desk: Desk) -> None:
    own_angles_path().write_text("[[angle", encoding="utf-8")
    desk.session.angles.load()
    (notice,) = desk.session.state.notices
    assert "correct the file or remove it" in notice.text
    assert not desk.session.angles.keep(INSIDE)
    assert not desk.session.angles.remove("lean")
    assert desk.session.angles.own == ()
    assert own_angles_path().read_text(encoding="utf-8") == "[[angle"


def test_angles_of_the_last_time_are_there_again(desk: Desk) -> None:
    write_angles(own_angles_path(), (INSIDE, LEAN))
    desk.session.angles.load()
    assert desk.session.state.angles.custom == (INSIDE, LEAN)
    assert desk.session.state.undo == "", "the person did not do that"


def test_a_deletion_is_taken_back_in_the_file_too(desk: Desk) -> None:
    desk.session.angles.keep(INSIDE)
    desk.session.angles.keep(LEAN)
    desk.session.angles.remove(INSIDE.name)
    assert read_angles(own_angles_path()) == (LEAN,)
    desk.session.undo()
    while desk.session.state.undo:
        desk.session.undo()
    assert desk.session.angles.own == read_angles(own_angles_path())


def test_filters_keep_what_was_measured(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.seek(5)
    desk.shown(5)
    runs, before = desk.engine.runs, desk.session.history().degrees
    desk.session.change("angles", filter="median,window=5")
    desk.session.change("reading", min_cutoff=0.5, smooth=True)
    desk.until(lambda s: s.result is not None and not s.waiting)
    history = desk.session.history()
    assert history.index.tolist() == [0, 5]
    np.testing.assert_array_equal(history.degrees, before)
    assert desk.engine.runs == runs


def series(by: Filter = RAW, **changes: object) -> Series:
    seconds = np.cumsum(np.tile([0.02, 0.05], 50))
    degrees = np.column_stack([40 * np.sin(seconds * 3), 10 * seconds]).astype(np.float32)
    degrees[20] = np.nan
    history = History((INSIDE, LEAN), np.arange(7, 107), seconds, degrees, np.ones(100, np.float32))
    return Series(**{"history": history, "names": ("lean",), "low": 1.0, "high": 2.0, "by": by}
                  | changes)  # fmt: skip


def test_the_shown_range_is_written_with_raw_and_filtered_values() -> None:
    by = Filter("butterworth", cutoff=4.0)
    asked = series(by, names=("inside of knee", "lean"), low=0.5)
    rows = list(csv.DictReader(series_text(asked, kind=".csv").splitlines()))
    history = asked.history
    chosen = (history.seconds >= 0.5) & (history.seconds <= 2.0)
    assert [int(row["frame"]) for row in rows] == history.index[chosen].tolist()
    assert [float(row["time_s"]) for row in rows] == history.seconds[chosen].tolist()
    after = filtered(history.seconds, history.degrees[:, 0], by=by, period=360)[chosen]
    for row, raw, smooth in zip(rows, history.degrees[chosen, 0], after, strict=True):
        values = row["inside_of_knee_deg"], row[f"inside_of_knee_deg ({by.title})"]
        assert [float(v or "nan") for v in values] == pytest.approx(
            [raw, smooth], abs=1e-4, nan_ok=True
        )
    assert [row["lean_deg"] for row in rows].count("") == 1


def test_radians_and_mot() -> None:
    plain, turned = (
        list(csv.DictReader(series_text(series(radians=r), kind=".csv").splitlines()))
        for r in (False, True)
    )
    assert "lean_deg" in plain[0]
    assert float(turned[3]["lean_rad"]) == pytest.approx(
        np.radians(float(plain[3]["lean_deg"])), abs=1e-4
    )
    text = series_text(series(radians=True), kind=".mot")
    assert "inDegrees=no" in text
    assert "filter: raw" in text
    assert len(text.splitlines()) == text.splitlines().index("endheader") + 2 + len(plain)


def test_a_refusal_is_a_sentence() -> None:
    with pytest.raises(PoseViewerError, match=r"\.csv or \.mot"):
        series_text(series(), kind=".xlsx")
    with pytest.raises(PoseViewerError, match="frames a second"):
        series_text(series(Filter("butterworth", cutoff=50.0)), kind=".csv")


def test_writing_is_told(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    desk.session.write_curves(path, series())
    desk.until(lambda s: s.notices and "Wrote" in s.notices[-1].text)
    assert path.read_text().startswith("frame,time_s,lean_deg\n")
    desk.session.write_curves(tmp_path / "no" / "curves.csv", series())
    desk.until(lambda s: "does not exist" in s.notices[-1].text)
