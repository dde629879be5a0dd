"""The queue of exports: order, pause, cancel, names, and what is analysed twice."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from poseviewer.core.beside import Beside
from poseviewer.core.composite import Composite
from poseviewer.core.look import Look
from poseviewer.runtime.export_picture import encoder_threads
from poseviewer.runtime.export_queue import existing, inputs_of, outputs_of, refusal
from poseviewer.runtime.job import Countdown, Job
from poseviewer.runtime.jobs import ExportJob, QueuedExport
from poseviewer.video.file import FileClip
from tests.waiting import LONG

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from poseviewer.runtime.jobs import ExportStatus, Progress
    from poseviewer.runtime.state import AppState
    from tests.runtime.conftest import Desk


def status(state: AppState) -> list[str]:
    return [one.status for one in state.exports]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


class Gate:
    """Holds the network at its next run, until it is opened."""

    def __init__(self, desk: Desk) -> None:
        self.reached, self._open = Event(), Event()
        self._desk = desk

    def shut(self) -> Gate:
        self._desk.engine.before = self._wait
        return self

    def _wait(self) -> None:
        self.reached.set()
        assert self._open.wait(LONG)

    def open(self) -> None:
        self._desk.engine.before = lambda: None
        self._open.set()


@pytest.fixture
def gate(desk: Desk) -> Gate:
    """A session that shows a clip and whose next export is held at its first frame."""
    desk.session.open("dots")
    desk.shown(0)
    return Gate(desk).shut()


def test_exports_are_written_one_after_another(desk: Desk, gate: Gate, tmp_path: Path) -> None:
    for name in "abc":
        desk.session.export(ExportJob(tmp_path / f"{name}.mp4", data=("csv",)))
    assert gate.reached.wait(LONG)
    state = desk.session.state
    assert status(state) == ["running", "waiting", "waiting"]
    assert [one.source for one in state.exports] == [state.source.name] * 3  # type: ignore[union-attr]
    gate.open()
    state = desk.until(lambda s: status(s) == ["done"] * 3)
    assert {status(s).count("running") for s in desk.seen} <= {0, 1}
    for name in "abc":
        with FileClip(str(tmp_path / f"{name}.mp4")) as clip:
            assert len(clip) == 30
    assert state.export is not None
    assert state.export.output == str(tmp_path / "c.mp4")
    desk.session.exports.clear()
    assert desk.session.state.exports == ()


def test_the_order_of_those_that_wait_is_changed(desk: Desk, gate: Gate, tmp_path: Path) -> None:
    for name in "abc":
        desk.session.export(ExportJob(tmp_path / f"{name}.mp4"))
    first, second, third = (one.number for one in desk.session.state.exports)
    queue = desk.session.exports
    queue.move(third, earlier=True)
    # Nothing goes before the one that has begun, or beyond the end.
    queue.move(third, earlier=True)
    queue.move(first, earlier=False)
    queue.move(second, earlier=False)
    assert [one.number for one in desk.session.state.exports] == [first, third, second]
    gate.open()
    desk.until(lambda s: status(s) == ["done"] * 3)
    began = [s.export.output for s in desk.seen if s.export is not None and s.export.output]
    assert list(dict.fromkeys(began)) == [str(tmp_path / f"{name}.mp4") for name in "acb"]


def test_a_paused_export_leaves_the_network_to_the_window(
    desk: Desk, gate: Gate, tmp_path: Path
) -> None:
    desk.session.export(ExportJob(tmp_path / "a.mp4"))
    desk.session.export(ExportJob(tmp_path / "b.mp4"))
    assert gate.reached.wait(LONG)
    desk.session.exports.pause()
    gate.open()
    # Its frame at hand is finished; then only the window asks the network.
    desk.until(lambda s: s.exports[0].progress.done == 1)
    runs = desk.engine.runs
    for index in (20, 25):
        desk.session.seek(index)
        desk.shown(index)
    assert status(desk.session.state) == ["paused", "waiting"]
    assert desk.session.state.exports[0].progress.done == 1
    assert desk.session.state.exports[0].progress.seconds_left is None
    assert desk.engine.runs > runs
    desk.session.exports.resume()
    desk.until(lambda s: status(s) == ["done", "done"])
    assert names(tmp_path) == {"a.mp4", "b.mp4"}


def test_one_that_waits_is_held_back(desk: Desk, gate: Gate, tmp_path: Path) -> None:
    for name in "abc":
        desk.session.export(ExportJob(tmp_path / f"{name}.mp4"))
    held = desk.session.state.exports[1].number
    desk.session.exports.pause(held)
    gate.open()
    desk.until(lambda s: status(s) == ["done", "paused", "done"])
    desk.session.exports.finish()
    desk.until(lambda s: status(s) == ["done"] * 3)


def test_cancelled_ones_leave_nothing_and_the_next_begins(
    desk: Desk, gate: Gate, tmp_path: Path
) -> None:
    for name in "abcd":
        desk.session.export(ExportJob(tmp_path / f"{name}.mp4", data=("csv",)))
    queue = desk.session.exports
    assert gate.reached.wait(LONG)
    queue.cancel(desk.session.state.exports[1].number)
    assert status(desk.session.state) == ["running", "cancelled", "waiting", "waiting"]
    # The line of progress is still that of the one that is written.
    assert desk.session.state.export is not None
    assert not desk.session.state.export.finished
    queue.remove(desk.session.state.exports[2].number)
    assert status(desk.session.state) == ["running", "cancelled", "waiting"]
    queue.pause()
    queue.cancel()
    gate.open()
    state = desk.until(lambda s: status(s) == ["cancelled", "cancelled", "done"])
    assert "Cancelled" in str(state.exports[0].progress.error)
    assert {name[0] for name in names(tmp_path)} == {"d"}


def test_closing_ends_all_of_them(desk: Desk, gate: Gate, tmp_path: Path) -> None:
    for name in "abc":
        desk.session.export(ExportJob(tmp_path / f"{name}.mp4", data=("csv",)))
    assert gate.reached.wait(LONG)
    desk.session.exports.pause()
    gate.open()
    desk.session.close()
    assert names(tmp_path) == set()


def test_what_fails_stops_no_other(desk: Desk, gate: Gate, tmp_path: Path) -> None:
    desk.session.export(ExportJob(tmp_path / "a.xyz"))
    desk.session.export(ExportJob(tmp_path / "b.mp4"))
    gate.open()
    state = desk.until(lambda s: status(s) == ["failed", "done"])
    assert "name it .mp4" in str(state.exports[0].progress.error)
    # Its reason is not replaced by what came after it.
    assert any("name it .mp4" in one.text for one in state.notices)
    assert any("Wrote" in one.text for one in state.notices)


def test_an_export_outlives_its_source(desk: Desk, gate: Gate, tmp_path: Path) -> None:
    for name in "ab":
        desk.session.export(ExportJob(tmp_path / f"{name}.mp4"))
    assert gate.reached.wait(LONG)
    desk.session.open("short")
    gate.open()
    desk.until(lambda s: status(s) == ["done", "done"])
    with FileClip(str(tmp_path / "b.mp4")) as clip:
        assert len(clip) == 30


def test_a_name_that_is_taken_is_refused(desk: Desk, gate: Gate, tmp_path: Path) -> None:
    desk.session.export(ExportJob(tmp_path / "a.mp4", data=("csv",)))
    desk.session.export(ExportJob(tmp_path / "a.mp4"))
    state = desk.until(lambda s: s.notices)
    assert len(state.exports) == 1
    assert "Another export is to write a.mp4" in state.notices[-1].text
    # Also where only the data has the name.
    desk.session.export(ExportJob(tmp_path / "a.mkv", data=("csv",)))
    assert len(desk.session.state.exports) == 1
    gate.open()
    desk.until(lambda s: status(s) == ["done"])
    desk.session.export(ExportJob(tmp_path / "a.mp4"))
    assert len(desk.session.state.exports) == 2
    desk.until(lambda s: status(s) == ["done", "done"])


def test_neither_input_nor_output_of_another_is_replaced(tmp_path: Path) -> None:
    clip, other = tmp_path / "clip.mp4", tmp_path / "other.mp4"
    for path in (clip, other):
        path.write_bytes(b"video")
    out = tmp_path / "out.mp4"
    queue = [QueuedExport(1, "clip.mp4", str(clip), (out,), status="running")]
    assert "reads what this one would replace" in refusal([clip], reads=str(other), queue=queue)
    link = tmp_path / "link.mp4"
    link.symlink_to(clip)
    assert "reads what this one would replace" in refusal([link], reads=str(other), queue=queue)
    assert "export it when that has ended" in refusal([other], reads=str(out), queue=queue)
    assert refusal([tmp_path / "new.mp4"], reads=str(other), queue=queue) == ""
    ended = [QueuedExport(1, "clip.mp4", str(clip), (out,), status="done")]
    assert refusal([out], reads=str(other), queue=ended) == ""


@pytest.mark.parametrize("status", ["waiting", "running", "paused"])
def test_everything_that_another_reads_is_spared(tmp_path: Path, status: ExportStatus) -> None:
    """Ground truth named and found, poses, a folder of them, and the clip beside."""
    clip, folder = tmp_path / "clip.mp4", tmp_path / "openpose"
    folder.mkdir()
    named, found = tmp_path / "labels.json", tmp_path / "clip.truth.json"
    beside, poses = tmp_path / "beside.mp4", folder / "000001_keypoints.json"
    for path in (clip, named, found, beside, poses):
        path.write_bytes(b"read")
    out = tmp_path / "out.mp4"
    drawn = Look(truth=True)
    for job, read in (
        (ExportJob(out, truth=named), named),
        (ExportJob(out, look=drawn), found),
        (ExportJob(out, poses=folder), folder),
        (ExportJob(out, poses=folder), poses),
        (ExportJob(out, beside=Beside(clip=str(beside))), beside),
    ):
        inputs = inputs_of(job, location=str(clip))
        queue = [QueuedExport(1, "clip.mp4", str(clip), (out,), inputs, status)]
        words = refusal([tmp_path / "new.mp4", read], reads="other.mp4", queue=queue)
        assert "Another export reads what this one would replace" in words
        link = tmp_path / f"link to {read.name}"
        link.symlink_to(read)
        assert refusal([link], reads="other.mp4", queue=queue)
        link.unlink()
        assert refusal([tmp_path / "new.mp4"], reads="other.mp4", queue=queue) == ""
    assert inputs_of(ExportJob(out), location=str(clip)) == ()


def test_nothing_is_read_that_another_is_to_replace(tmp_path: Path) -> None:
    clip, out, table = tmp_path / "clip.mp4", tmp_path / "out.mp4", tmp_path / "out.csv"
    for path in (clip, table):
        path.write_bytes(b"read")
    queue = [QueuedExport(1, "clip.mp4", str(clip), (out, table))]
    new = [tmp_path / "new.mp4"]
    for read in (out, table):
        words = refusal(new, reads="other.mp4", others=[read], queue=queue)
        assert "export it when that has ended" in words
    hard = tmp_path / "another name.csv"
    hard.hardlink_to(table)
    words = refusal(new, reads="other.mp4", others=[hard], queue=queue)
    assert words.startswith("The export of out.mp4 is to replace what this one reads")
    assert refusal(new, reads=str(clip), others=[clip], queue=queue) == ""


def test_a_session_spares_what_its_exports_read(desk: Desk, gate: Gate, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(b"a clip")
    # It holds the queue, so that the next one cannot end before it is spared.
    desk.session.export(ExportJob(tmp_path / "held.mp4"))
    assert gate.reached.wait(LONG)
    desk.session.export(
        ExportJob(tmp_path / "a.mp4", overlay=False, beside=Beside(clip=str(other)))
    )
    desk.session.export(ExportJob(other))
    state = desk.until(lambda s: any("would replace" in one.text for one in s.notices))
    assert [one.output.name for one in state.exports] == ["held.mp4", "a.mp4"]
    assert state.exports[1].inputs == (other,)
    gate.open()
    desk.until(lambda s: not any(one.pending for one in s.exports))
    assert other.read_bytes() == b"a clip"


def test_what_would_be_replaced_is_known(tmp_path: Path) -> None:
    job = ExportJob(tmp_path / "a.mp4", data=("csv",))
    assert existing(outputs_of(job)) == ()
    table = next(path for path in outputs_of(job) if path.suffix == ".csv")
    table.write_text("x")
    assert existing(outputs_of(job)) == (table,)
    pattern = tmp_path / "%03d.png"
    assert existing([pattern]) == ()
    (tmp_path / "007.png").write_bytes(b"")
    assert existing([pattern]) == (pattern,)


def test_the_time_left_is_without_the_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("poseviewer.runtime.job.perf_counter", lambda: now[0])
    seen: list[Progress] = []
    job: list[Job] = []

    def steps() -> Generator[Progress, None, None]:
        countdown = Countdown(10)
        for done in range(1, 11):
            now[0] += 1.0
            if done == 4:
                job[0].pause()
            yield countdown.at(done)

    def report(progress: Progress) -> None:
        seen.append(progress)
        if progress.done == 4 and progress.seconds_left is None:
            # Paused: a long time passes.
            now[0] += 1000.0
            job[0].resume()

    job.append(Job("test", steps(), report=report))
    job[0].start()
    job[0].join()
    left = {one.done: one.seconds_left for one in seen if one.seconds_left is not None}
    assert left == {done: pytest.approx(10 - done) for done in range(1, 10)}


@pytest.mark.parametrize("data", [(), ("csv",)])
def test_what_is_analysed_needs_no_network(
    desk: Desk, tmp_path: Path, data: tuple[str, ...]
) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.analyse()
    desk.until(lambda s: s.analysis is not None and s.analysis.finished)
    loads = desk.loads
    runs = desk.engine.runs
    desk.session.export(ExportJob(tmp_path / "a.mp4", data=data))
    desk.session.export(ExportJob(tmp_path / "b.gif", start=3, end=20, data=data))
    desk.until(lambda s: status(s) == ["done", "done"])
    assert (desk.engine.runs - runs, desk.loads - loads) == (0, 0)


def test_the_encoder_has_every_core_where_no_network_runs(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[bool] = []

    def threads(*, network: bool) -> int:
        ran.append(network)
        return 1

    monkeypatch.setattr("poseviewer.runtime.export_picture.encoder_threads", threads)
    desk.session.open("dots")
    desk.shown(0)
    composed = Composite("side", (640, 360), (), ("right knee",))

    def export(**job: Any) -> None:
        desk.session.export(ExportJob(tmp_path / f"{len(ran)}.mp4", **job))
        desk.until(lambda s: s.exports and s.exports[-1].status == "done")

    export(overlay=False)
    export(end=4)
    desk.session.analyse()
    desk.until(lambda s: s.analysis is not None and s.analysis.finished)
    export()
    export(composite=composed)
    assert ran == [False, True, False, True]
    monkeypatch.undo()
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert (encoder_threads(), encoder_threads(network=False)) == (4, 8)


def test_maps_are_made_once(desk: Desk, tmp_path: Path) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.analyse()
    desk.until(lambda s: s.analysis is not None and s.analysis.finished)
    composite = Composite("side", (640, 360), (), ("right knee",))
    runs, took = desk.engine.runs, []
    for name in "ab":
        desk.session.export(ExportJob(tmp_path / f"{name}.mp4", composite=composite))
        desk.until(lambda s: s.exports[-1].status == "done")
        took.append(desk.engine.runs - runs)
    # Poses are stored, maps are not: one run of the network for each frame, and no search.
    assert took == [30, 30]
