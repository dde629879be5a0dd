"""What became of a clip: gathered, written and read back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.batch.task import (
    CURVE,
    BatchTask,
    Digest,
    Outcome,
    finished,
    outcome_of,
    read_outcome,
)
from tests.runtime.saved.made import made_result

PLOTTED = ("left elbow", "right elbow")


@pytest.fixture
def task(tmp_path: Path) -> BatchTask:
    clip = tmp_path / "walk.mp4"
    clip.write_bytes(b"a clip")
    return BatchTask(str(clip), "day/walk", str(tmp_path / "out"), ("--gate=0.3",))


def done(task: BatchTask) -> Outcome:
    digest = Digest(PLOTTED)
    for index in range(30):
        digest.add(made_result(index, people=index % 3))
    outcome = Outcome.of(
        task, state="done", outputs=("day/walk.csv",), network="dots", size=(640, 480),
        thumbnail="UklGRg==", took=1.5, **digest.fields(),
    )  # fmt: skip
    outcome.write(task)
    (Path(task.folder) / "day").mkdir(parents=True)
    (Path(task.folder) / "day" / "walk.csv").write_text("frame\n", encoding="utf-8")
    return outcome


def test_it_is_read_back(task: BatchTask) -> None:
    outcome = done(task)
    assert task.record == Path(task.folder) / "clips" / "day" / "walk.json"
    assert read_outcome(task.record) == outcome
    assert finished(task) == replace(outcome, skipped=True)


@pytest.mark.parametrize("change", ["options", "ending", "clip", "output", "record", "state"])
def test_what_has_changed_is_not_done(task: BatchTask, change: str) -> None:
    outcome = done(task)
    if change == "options":
        task = replace(task, options=())
    if change == "ending":
        task = replace(task, ending=".mp4")
    if change == "clip":
        Path(task.location).write_bytes(b"another clip")
    if change == "output":
        (Path(task.folder) / outcome.outputs[0]).unlink()
    if change == "record":
        task.record.write_text("{", encoding="utf-8")
    if change == "state":
        replace(outcome, state="started").write(task)
    assert finished(task) is None


def test_it_is_done_again_where_that_is_asked_for(task: BatchTask) -> None:
    done(task)
    assert finished(replace(task, redo=True)) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 2), ("state", "perhaps"), ("frames", -1), ("confidence", 1.5),
        ("thumbnail", "'><script>"), ("times", [0.0] * (CURVE + 1)), ("seconds", float("nan")),
        ("angles", {"knee": {"low": "x", "high": 1, "mean": 1, "measured": 1}}),
        ("curves", {"elbow": [{}]}), ("outputs", [1]), ("location", None), ("size", [1]),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused(task: BatchTask, name: str, value: object) -> None:
    done(task)
    table = json.loads(task.record.read_text(encoding="utf-8"))
    task.record.write_text(json.dumps(table | {name: value}), encoding="utf-8")
    with pytest.raises(PoseViewerError, match=r"walk\.json is not"):
        read_outcome(task.record)
    assert outcome_of(task) is None


def test_figures_are_those_of_the_person_in_focus() -> None:
    digest, count = Digest(PLOTTED), 3 * CURVE
    results = [made_result(index, people=index % 3) for index in range(count)]
    for result in results:
        digest.add(result)
    found = digest.fields()
    someone = [one for one in results if len(one.poses)]
    assert (found["frames"], found["found"], found["people"]) == (count, len(someone), 2)
    scores = [one.poses.score[0].mean() for one in someone]
    assert found["confidence"] == pytest.approx(np.mean(scores))
    column = [spec.name for spec in someone[0].angles.specs].index("left elbow")
    elbow = np.array([one.angles.degrees[0, column] for one in someone], np.float64)
    elbow = elbow[np.isfinite(elbow)]
    span = found["angles"]["left elbow"]
    assert (span.low, span.high, span.measured) == (elbow.min(), elbow.max(), len(elbow))
    assert span.mean == pytest.approx(elbow.mean())
    assert digest.best is not None
    assert digest.best.frame.index == someone[int(np.argmax(scores))].frame.index


def test_curves_stay_short_and_even() -> None:
    digest = Digest(PLOTTED)
    for index in range(5 * CURVE):
        digest.add(made_result(index % 9, people=1))
    found = digest.fields()
    assert CURVE / 2 <= len(found["times"]) <= CURVE
    assert {len(curve) for curve in found["curves"].values()} == {len(found["times"])}


def test_a_clip_without_anybody() -> None:
    digest = Digest(PLOTTED)
    digest.add(made_result(0, people=0))
    found = digest.fields()
    assert (found["frames"], found["found"], found["angles"], found["curves"]) == (1, 0, {}, {})
    assert digest.best is None
