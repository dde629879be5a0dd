"""Commands that use what is saved of a clip, and save what they find."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from poseviewer.cli.main import main
from poseviewer.models import registry
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.saved.analysis import entries
from poseviewer.runtime.saved.library import BESIDE, results_folder, saved_files
from poseviewer.runtime.state import AppState
from tests.dots import CARD, Dots, DotsClip, loader

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 90
"""More frames than a row of the file holds."""


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Dots:
    """The only network there is; counts what it is asked."""
    made = Dots()
    monkeypatch.setattr(registry, "card", lambda _: CARD)
    for module in ("options", "export", "run"):
        monkeypatch.setattr(f"poseviewer.cli.{module}.load", loader(made))
    return made


@pytest.fixture
def clip(tmp_path: Path, engine: Dots) -> Path:
    made = tmp_path / "walk.mp4"
    job = ExportJob(made, overlay=False)
    export_clip(job, AppState(), "dots", opener=lambda _: DotsClip(COUNT))
    return made


def saved() -> list[tuple[int, int]]:
    """First frames of the analyses that are saved, and the frames after their last ones."""
    found = []
    for file in saved_files(results_folder()):
        with closing(file):
            found += [(one.begin, one.next) for one in entries(file)[1]]
    return sorted(found)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def export(clip: Path, folder: Path, *options: str) -> dict[str, bytes]:
    folder.mkdir()
    kinds = "csv,json,trc,coco-results,poses"
    # Without loss, and whatever the number of threads.
    output = str(folder / "out.apng")
    assert main(["export", str(clip), "-o", output, "--data", kinds, *options]) == 0
    return files(folder)


def test_an_export_is_the_same_to_the_last_byte(
    clip: Path, engine: Dots, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    afresh = export(clip, tmp_path / "afresh", "--no-store")
    assert saved() == []
    asked = engine.runs
    assert export(clip, tmp_path / "first") == afresh
    assert saved() == [(0, COUNT)]
    assert engine.runs > asked
    assert "--no-store" not in capsys.readouterr().err

    asked = engine.runs
    assert export(clip, tmp_path / "second") == afresh
    assert engine.runs == asked
    assert f"The results of {COUNT} frames were saved; --no-store" in capsys.readouterr().err
    data = export(clip, tmp_path / "data", "--no-picture")
    assert data == {name: found for name, found in afresh.items() if name != "out.apng"}


def test_an_analysis_that_was_cut_off_is_gone_on_with(
    clip: Path, engine: Dots, tmp_path: Path
) -> None:
    afresh = export(clip, tmp_path / "afresh", "--no-store")
    export(clip, tmp_path / "part", "--end", "69", "--gate", "0.5")
    assert saved() == [(0, 70)]
    asked = engine.runs
    assert export(clip, tmp_path / "whole") == afresh
    assert saved() == [(0, COUNT)]
    assert 0 < engine.runs - asked <= COUNT - 70
    # A heatmap has to be made again, and changes nothing else.
    other = export(clip, tmp_path / "heatmap", "--heatmap", "left_wrist")
    assert other.pop("out.apng") != afresh["out.apng"]
    assert other == {name: found for name, found in afresh.items() if name != "out.apng"}


def test_a_range_is_analysed_as_if_nothing_were_saved(
    clip: Path, engine: Dots, tmp_path: Path
) -> None:
    export(clip, tmp_path / "whole")
    options = ("--start", "20", "--end", "40")
    afresh = export(clip, tmp_path / "afresh", *options, "--no-store")
    assert export(clip, tmp_path / "range", *options) == afresh
    assert saved() == [(0, COUNT), (20, 41)]
    assert export(clip, tmp_path / "again", *options) == afresh
    still = ["export", str(clip), "-o", str(tmp_path / "still.png"), "--start", "50"]
    assert main(still) == 0
    assert saved() == [(0, COUNT), (20, 41)]


def test_run_writes_the_same_lines(
    clip: Path, engine: Dots, capsys: pytest.CaptureFixture[str]
) -> None:
    def lines(*options: str) -> str:
        assert main(["run", str(clip), *options]) == 0
        return capsys.readouterr().out

    afresh = lines("--no-store")
    assert lines("--frames", "30") == "".join(afresh.splitlines(keepends=True)[:30])
    assert saved() == [(0, 30)]
    assert lines() == afresh
    asked = engine.runs
    assert lines() == afresh
    assert engine.runs == asked


def test_a_file_beside_the_clip_is_the_one_that_is_used(
    clip: Path, engine: Dots, tmp_path: Path
) -> None:
    export(clip, tmp_path / "first")
    (file,) = results_folder().glob("*.sqlite")
    beside = file.rename(clip.with_name(clip.name + BESIDE))
    asked = engine.runs
    export(clip, tmp_path / "second")
    assert engine.runs == asked
    assert beside.is_file()
    assert not list(results_folder().glob("*.sqlite"))


def test_what_is_damaged_is_set_aside(
    clip: Path, engine: Dots, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    afresh = export(clip, tmp_path / "first")
    (file,) = results_folder().glob("*.sqlite")
    file.write_bytes(b"nothing of the kind" * 100)
    assert export(clip, tmp_path / "second") == afresh
    assert "damaged" in capsys.readouterr().err
    assert saved() == [(0, COUNT)]


def test_no_picture_needs_data(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["export", str(clip), "-o", str(tmp_path / "out"), "--no-picture"])
