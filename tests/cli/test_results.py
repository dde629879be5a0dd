"""`poseviewer results` on a clip that a session has analysed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import cv2
import pytest

from poseviewer.cli.main import main
from poseviewer.core.annotation import Annotations, Calibration, KeyFrame
from poseviewer.models import registry
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.saved.annotations import SavedAnnotations
from poseviewer.runtime.saved.library import Saving, results_folder, saved_file
from poseviewer.runtime.state import AppState
from tests.dots import CARD, Dots, DotsClip, loader
from tests.runtime.conftest import Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clip of which everything is saved."""
    monkeypatch.setattr(registry, "card", lambda _: CARD)
    made = tmp_path / "walk.mp4"
    export_clip(ExportJob(made, overlay=False), AppState(), "dots", opener=lambda _: DotsClip(24))
    from poseviewer.runtime.source_thread import open_location

    desk = Desk(Dots(), {str(made): lambda: open_location(str(made))})
    desk.start(saving=Saving(results_folder()))
    with closing(desk.session):
        desk.session.open(str(made))
        desk.until(lambda s: s.answer is not None)
        desk.session.analyse()
        desk.until(lambda s: s.analysed == 24 and s.analysis is not None and s.analysis.finished)
    return made


def said(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> str:
    assert main(["results", *map(str, arguments)]) == status
    streams = capsys.readouterr()
    return streams.err if status else streams.out


def test_list_and_show(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "list")
    assert "walk.mp4" in text
    assert "24 of 24 frames" in text
    assert "hourglass-lite" in text
    (found,) = json.loads(said(capsys, "list", "--json"))
    assert (found["frames"], found["size"]) == (24, [320, 240])
    (one,) = found["analyses"]
    assert (one["first"], one["last"], one["engine"]) == (0, 23, "Dots, CPU")

    renamed = clip.rename(clip.with_name("another.mp4"))
    for name in (renamed, "walk.mp4", found["number"][:8], found["file"]):
        assert json.loads(said(capsys, "show", name, "--json")) == found
    assert "follow" in said(capsys, "show", renamed)
    assert "Nothing is saved" in said(capsys, "show", "else.mp4", status=1)


def test_a_long_name_of_a_network_does_not_touch_its_frames(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file,) = results_folder().glob("*.sqlite")
    for network in ("hourglass-accurate", "a-network-that-was-imported-by-its-own-name"):
        with closing(sqlite3.connect(file)) as saved, saved:
            (choices,) = saved.execute("SELECT choices FROM analyses").fetchone()
            named = json.dumps({**json.loads(choices), "network": network})
            key = hashlib.sha256(named.encode()).hexdigest()
            saved.execute("UPDATE analyses SET key = ?, choices = ?", (key, named))
        for text in (said(capsys, "list"), said(capsys, "show", clip)):
            assert f"{network}  24 of 24 frames  " in text


def test_export_is_what_an_export_of_the_clip_writes(
    clip: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = (
        "csv", "csv-wide", "repetitions", "json", "poses", "coco-results", "mot", "trc", "c3d",
        "npz", "coco",
    )  # fmt: skip
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    job = ExportJob(tmp_path / "here" / "walk.mp4", overlay=False, data=kinds)
    export_clip(job, AppState(), str(clip), loader=loader(Dots()))
    monkeypatch.setattr("poseviewer.cli.options.load", None)
    said(capsys, "export", clip, "-o", tmp_path / "there" / "walk.mp4", "--data", ",".join(kinds))

    here, there = (
        {
            path.relative_to(tmp_path / folder): path.read_bytes()
            for path in (tmp_path / folder).rglob("*")
            if path.is_file() and path.name not in ("walk.mp4", "walk_about.json")
        }
        for folder in ("here", "there")
    )
    assert len(here) > 2 * 24
    assert here.keys() == there.keys()
    different = [str(name) for name in here if here[name] != there[name]]
    assert different == []


def test_options_say_which_analysis_is_meant(
    clip: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    wanted = ("export", clip, "-o", tmp_path / "out")
    assert "hourglass-lite" in said(capsys, *wanted, "--model", "cpm-lite", status=1)
    assert "these choices" in said(capsys, *wanted, "--decoding", "argmax", status=1)
    assert "stages 1 to 3" in said(capsys, *wanted, "--data-stage", "4", status=1)
    assert "these choices" in said(capsys, *wanted, "--track-window", "1", status=1)
    said(
        capsys,
        *wanted,
        "--track-window",
        "0",
        "--decoding",
        "dark",
        "--data-stage",
        "2",
        "--gate",
        "0.5",
    )
    assert "exists" in said(capsys, *wanted, status=1)
    said(capsys, *wanted, "--force")


def test_remove(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "1 clip" in said(capsys, "remove", clip)
    assert "Nothing is saved" in said(capsys, "list")
    assert list(results_folder().iterdir()) == []
    with pytest.raises(SystemExit):
        main(["results", "remove"])


def test_a_damaged_file_hides_no_other(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results_folder().joinpath("0" * 32 + ".sqlite").write_bytes(b"nothing of the kind")
    assert main(["results", "list"]) == 0
    streams = capsys.readouterr()
    assert "walk.mp4" in streams.out
    assert "damaged" in streams.err


def test_a_contact_sheet_needs_no_network(
    clip: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poseviewer.cli.options.load", None)
    out = tmp_path / "sheet.png"
    assert "no key frames" in said(capsys, "contact-sheet", clip, "-o", out, status=1)
    (file,) = results_folder().glob("*.sqlite")
    with closing(saved_file(file)) as saved:
        marked = Annotations(key_frames=(KeyFrame(3, "first"), KeyFrame(20)), notes="Notes")
        SavedAnnotations(saved).write(marked)
    assert "sheet.png" in said(capsys, "contact-sheet", clip, "-o", out)
    picture = cv2.imread(str(out))
    assert picture is not None
    # The skeleton of each of the two frames, which stand in one row, is in colours of its own.
    bright = (picture.max(axis=2).astype(int) - picture.min(axis=2) > 120).any(axis=0)
    assert bright[: len(bright) // 2].any()
    assert bright[len(bright) // 2 :].any()
    assert "exists already" in said(capsys, "contact-sheet", clip, "-o", out, status=1)
    said(capsys, "contact-sheet", clip, "-o", out, "--figures", "none", "--force")


def test_a_known_length_is_the_scale_of_data_in_metres(
    clip: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "walk"
    assert "known length" in said(capsys, "export", clip, "-o", out, "--data", "trc-m", status=1)
    (file,) = results_folder().glob("*.sqlite")
    with closing(saved_file(file)) as saved:
        known = Calibration((0, 0), (0, 50), 0.5)
        SavedAnnotations(saved).write(Annotations(calibration=known))
    said(capsys, "export", clip, "-o", out, "--data", "trc-m,trc")
    metres, pixels = (
        [float(value) for value in next(tmp_path.rglob(f"*{unit}_person*.trc"))
         .read_text().splitlines()[-1].split("\t")[2:] if value]
        for unit in ("_m", "_px")
    )  # fmt: skip
    # From one joint to another, since the origins differ.
    assert abs(pixels[3] - pixels[0]) > 1
    assert metres[3] - metres[0] == pytest.approx(0.01 * (pixels[3] - pixels[0]), abs=1e-4)
