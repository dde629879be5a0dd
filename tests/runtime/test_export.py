"""Export: every frame, true times, and nothing left when it does not come to its end."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.look import Look
from poseviewer.runtime.export import export_clip, export_steps
from poseviewer.runtime.factories import smoothing
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from tests.dots import Dots, DotsClip, DotsFeed, joints, loader, picture

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from poseviewer.runtime.jobs import Progress
    from poseviewer.video.source import Source
    from tests.runtime.conftest import Desk

COUNT = 12
STATE = AppState()


def _open(location: str) -> Source:
    return DotsFeed() if location == "feed" else DotsClip(COUNT, nobody={5})


def _export(job: ExportJob, **options: object) -> Path:
    return export_clip(job, STATE, "dots", opener=_open, loader=loader(), **options)  # type: ignore[arg-type]


def _decoded(path: Path) -> list[tuple[Fraction, np.ndarray]]:
    with av.open(str(path)) as file:
        return [
            (frame.pts * frame.time_base, frame.to_ndarray(format="rgb24"))
            for frame in file.decode(video=0)
        ]


def _nothing_but(folder: Path, *names: str) -> None:
    assert sorted(p.name for p in folder.iterdir()) == sorted(names)


def test_every_frame_is_written_at_its_true_time(tmp_path: Path) -> None:
    steps: list[Progress] = []
    out = _export(ExportJob(tmp_path / "o.mp4", start=2, end=9), progress=steps.append)
    written = _decoded(out)
    clip = DotsClip(COUNT)
    origin = clip.time(2).exact
    assert [time for time, _ in written] == [clip.time(i).exact - origin for i in range(2, 10)]
    assert [step.done for step in steps] == list(range(9))
    assert steps[-1].finished
    assert steps[-1].output == str(out)
    assert not steps[-2].finished
    _nothing_but(tmp_path, "o.mp4")


def test_the_skeleton_is_on_the_picture_and_absent_without_overlay(tmp_path: Path) -> None:
    drawn = _decoded(_export(ExportJob(tmp_path / "a.mp4", end=0)))[0][1]
    engine = Dots()
    export_clip(
        ExportJob(tmp_path / "b.mp4", end=0, overlay=False),
        STATE,
        "dots",
        opener=_open,
        loader=loader(engine),
    )
    bare = _decoded(tmp_path / "b.mp4")[0][1]
    a, b = joints(0)[[0, 1]]
    x, y = np.round((a + b) / 2).astype(int)
    assert np.abs(drawn[y, x].astype(int) - bare[y, x]).max() > 60
    assert engine.runs == 0
    assert np.abs(bare.astype(int) - picture(0)).mean() < 4


def test_a_stage_overlay_needs_that_stage(tmp_path: Path) -> None:
    look = Look(skeleton=False, overlay_stage=1)
    mapped = _decoded(_export(ExportJob(tmp_path / "a.mp4", end=0, look=look)))[0][1]
    bare = _decoded(_export(ExportJob(tmp_path / "b.mp4", end=0, overlay=False)))[0][1]
    assert np.abs(mapped.astype(int) - bare).max() > 60
    with pytest.raises(PoseViewerError, match="no stage 7"):
        _export(ExportJob(tmp_path / "c.mp4", look=Look(overlay_stage=7)))
    _nothing_but(tmp_path, "a.mp4", "b.mp4")


def test_a_bare_png_is_exactly_the_frame(tmp_path: Path) -> None:
    out = _export(ExportJob(tmp_path / "f.png", start=7, end=7, overlay=False))
    np.testing.assert_array_equal(cv2.imread(str(out))[..., ::-1], picture(7))
    _nothing_but(tmp_path, "f.png")
    _export(ExportJob(tmp_path / "g.png", start=7))
    assert (cv2.imread(str(tmp_path / "g.png"))[..., ::-1] != picture(7)).any()
    with pytest.raises(PoseViewerError, match="holds one frame"):
        _export(ExportJob(tmp_path / "h.png", start=3, end=5))


def test_data_lies_beside_the_video_with_every_frame(tmp_path: Path) -> None:
    _export(ExportJob(tmp_path / "o.mkv", data=("csv", "json")))
    _nothing_but(tmp_path, "o.mkv", "o.csv", "o_about.json", "o_angles.csv", "o_json")
    with (tmp_path / "o.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    clip = DotsClip(COUNT)
    assert {int(row["frame"]) for row in rows} == set(range(COUNT))
    assert all(float(r["time_s"]) == clip.time(int(r["frame"])).seconds for r in rows)
    assert len(list((tmp_path / "o_json").iterdir())) == COUNT


def test_smoothed_joints_lie_beside_raw_ones_and_the_filter_is_named(tmp_path: Path) -> None:
    _export(ExportJob(tmp_path / "o.mp4", data=("csv",)))
    _export(ExportJob(tmp_path / "raw.mp4", data=("csv",), smooth=False))
    title = smoothing(STATE.reading)
    texts = [(tmp_path / name).read_text(encoding="utf-8") for name in ("o.csv", "raw.csv")]
    smooth, raw = (list(csv.DictReader(text.splitlines())) for text in texts)
    assert set(smooth[0]) - set(raw[0]) == {f"x_px ({title})", f"y_px ({title})"}
    assert [{name: row[name] for name in raw[0]} for row in smooth] == raw
    assert any(row["x_px"] != row[f"x_px ({title})"] for row in smooth)
    for name, what in (("o.mp4", title), ("raw.mp4", "raw")):
        with av.open(str(tmp_path / name)) as file:
            assert file.metadata["comment"].endswith(
                f"joints drawn: {what}; encoder: libx264 (software)"
            )


def test_data_goes_with_a_bare_picture_and_with_a_png(tmp_path: Path) -> None:
    _export(ExportJob(tmp_path / "o.png", start=3, overlay=False, data=("csv",)))
    _nothing_but(tmp_path, "o.png", "o.csv", "o_about.json", "o_angles.csv")
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "o.png"))[..., ::-1], picture(3))


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    steps: list[Progress] = []
    job = ExportJob(tmp_path / "o.mp4", data=("csv", "json"))
    with pytest.raises(PoseViewerError, match="Cancelled"):
        _export(job, progress=steps.append, cancelled=lambda: len(steps) > 4)
    _nothing_but(tmp_path)


def test_closing_the_generator_leaves_nothing(tmp_path: Path) -> None:
    job = ExportJob(tmp_path / "o.mp4", data=("csv", "json"))
    steps = export_steps(job, STATE, "dots", opener=_open, loader=loader())
    for step in steps:
        if step.done == 5:
            break
    assert any(tmp_path.iterdir())
    steps.close()
    _nothing_but(tmp_path)


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _export(ExportJob(tmp_path / "o.mp4", data=("csv",)), progress=stop)
    _nothing_but(tmp_path)


def test_an_interrupted_network_leaves_nothing(tmp_path: Path) -> None:
    engine = Dots()

    def fail() -> None:
        if engine.runs > 8:
            raise KeyboardInterrupt

    engine.before = fail
    with pytest.raises(KeyboardInterrupt):
        export_clip(
            ExportJob(tmp_path / "o.mp4"), STATE, "dots", opener=_open, loader=loader(engine)
        )
    _nothing_but(tmp_path)


@pytest.mark.parametrize(
    ("job", "words"),
    [
        ({"start": 5, "end": 3}, "does not lie in it"),
        ({"end": COUNT}, "frames 0 to 11"),
        ({"output": "o.xyz"}, "name it .mp4"),
        ({"output": "no/o.mp4"}, "folder"),
        ({"data": ("xml",)}, "xml"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    tmp_path: Path, job: dict[str, object], words: str
) -> None:
    output = tmp_path / str(job.pop("output", "o.mp4"))
    with pytest.raises(PoseViewerError, match=words):
        _export(replace(ExportJob(output), **job))  # type: ignore[arg-type]
    _nothing_but(tmp_path)


def test_a_feed_cannot_be_exported(tmp_path: Path) -> None:
    with pytest.raises(PoseViewerError, match="live"):
        export_clip(ExportJob(tmp_path / "o.mp4"), STATE, "feed", opener=_open, loader=loader())


def test_the_session_exports_in_the_background_and_cancels(desk: Desk, tmp_path: Path) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.export(ExportJob(tmp_path / "o.mp4", start=1, end=6))
    state = desk.until(lambda s: s.export is not None and s.export.finished)
    assert state.export is not None
    assert state.export.error is None
    assert not state.export.cancelled
    assert len(_decoded(tmp_path / "o.mp4")) == 6
    cancelled: list[bool] = []

    def slow() -> None:
        # Cancelled while a frame is under way.
        if not cancelled and desk.engine.runs > before + 12:
            cancelled.append(True)
            desk.session.cancel_export()

    before = desk.engine.runs
    desk.engine.before = slow
    desk.session.export(ExportJob(tmp_path / "p.mp4", data=("csv",)))
    state = desk.until(lambda s: s.export is not None and s.export.finished and s.export.error)
    assert state.export is not None
    assert state.export.cancelled
    assert "Cancelled" in str(state.export.error)
    _nothing_but(tmp_path, "o.mp4")


def test_closing_the_session_ends_an_export_and_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.export(ExportJob(tmp_path / "o.mp4"))
    desk.until(lambda s: s.export is not None)
    desk.session.close()
    names = {p.name for p in tmp_path.iterdir()}
    assert names <= {"o.mp4"}


def test_a_second_export_and_one_of_nothing_are_refused(desk: Desk, tmp_path: Path) -> None:
    desk.session.export(ExportJob(tmp_path / "o.mp4"))
    state = desk.until(lambda s: s.notices)
    assert "Open a clip or freeze the live source first" in state.notices[-1].text
    _nothing_but(tmp_path)
