"""`poseviewer batch` with a network that finds dots, in processes of its own."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import pytest

from poseviewer.cli import batch
from poseviewer.cli.batch_clip import option_names
from poseviewer.cli.main import main
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.saved.library import results_folder
from poseviewer.runtime.state import AppState
from tests import batch_work
from tests.dots import CARD, Dots, DotsClip, loader

FRAMES = 8
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three clips."""
    folder = tmp_path_factory.mktemp("clips")
    for number, name in enumerate("abc"):
        job = ExportJob(folder / f"{name}.mp4", overlay=False, audio=False)
        clip = DotsClip(FRAMES + number)
        export_clip(job, AppState(), "dots", opener=lambda _, clip=clip: clip)
    return folder


@pytest.fixture
def clips(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Those clips, and a network for this process and for others."""
    monkeypatch.setattr(batch, "work", batch_work.work)
    monkeypatch.setattr("poseviewer.models.registry.card", lambda _: CARD)
    folder = tmp_path / "in"
    folder.mkdir()
    for file in made.iterdir():
        copyfile(file, folder / file.name)
    return folder


def run(*arguments: object, status: int = 0) -> None:
    assert main(["batch", *map(str, arguments)]) == status


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def times(out: Path) -> list[str]:
    """Names of the clips that were worked at, each time."""
    file = out / "times"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return sorted(line.split()[0] for line in lines)


def test_every_clip_is_what_export_writes_and_done_once(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    (clips / "broken.mp4").write_bytes(b"no clip at all" * 100)
    options = ("--data", "csv,trc", "--gate", "0.3", "--no-smooth", "--end", "6")
    arguments = (clips, "--out", out, "--jobs", "2", "--picture", "apng", *options)
    run(*arguments, status=batch.SOME_FAILED)
    said = capsys.readouterr().out
    assert "4/4" in said
    assert "broken  failed: broken.mp4 cannot be opened" in said
    assert "1 clip failed: broken" in said
    assert times(out) == ["a", "b", "broken", "c"]

    monkeypatch.setattr("poseviewer.cli.options.load", loader(Dots()))
    (tmp_path / "one").mkdir()
    clip, wanted = str(clips / "b.mp4"), tmp_path / "one" / "b.apng"
    assert main(["export", clip, "-o", str(wanted), "--no-store", *options]) == 0
    there = [path for path in wanted.parent.rglob("*") if path.is_file()]
    assert len(there) > 4
    for path in there:
        found = out / path.relative_to(wanted.parent)
        assert found.read_bytes() == path.read_bytes(), path.name

    # Only what failed is tried again, and nothing of it is left.
    run(*arguments, status=batch.SOME_FAILED)
    assert times(out) == ["a", "b", "broken", "broken", "c"]
    assert "3 of 4 clips were done before" in capsys.readouterr().out
    assert not [path for path in out.rglob("*broken*") if path.parent.name != "clips"]

    table = rows(out / "summary.csv")
    assert [(row["clip"], row["state"], row["frames"]) for row in table] == [
        ("a", "done", "7"), ("b", "done", "7"), ("broken", "failed", "0"), ("c", "done", "7"),
    ]  # fmt: skip
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<article>") == page.count("data:image/webp;base64,UklGR") == 3
    assert "broken.mp4 cannot be opened" in page
    assert "<svg" in page


def test_saved_results_are_used_and_other_options_do_it_again(clips: Path, tmp_path: Path) -> None:
    out, store = tmp_path / "out", tmp_path / "store"
    run(clips / "a.mp4", "--out", out, "--store", store)
    assert len(list(store.glob("*.sqlite"))) == 1
    run(clips / "a.mp4", "--out", out, "--store", store, "--data", "json")
    assert times(out) == ["a", "a"]
    record = json.loads((out / "clips" / "a.json").read_text(encoding="utf-8"))
    assert record["reused"] == record["frames"] == FRAMES
    run(clips / "a.mp4", "--out", tmp_path / "afresh", "--no-store")
    run(clips / "a.mp4", "--out", tmp_path / "afresh", "--no-store", "--force")
    assert times(tmp_path / "afresh") == ["a", "a"]
    assert not list(results_folder().glob("*"))


def test_a_process_that_dies_costs_nothing(clips: Path, tmp_path: Path) -> None:
    (clips / "c.mp4").rename(clips / "fatal.mp4")
    out = tmp_path / "out"
    run(clips, "--out", out, "--jobs", "2")
    assert (out / "killed").exists()
    assert times(out) == ["a", "b", "fatal"]
    assert {path.name for path in out.glob("*_angles.csv")} == {
        "a_angles.csv", "b_angles.csv", "fatal_angles.csv",
    }  # fmt: skip
    assert not list(out.rglob("*.part*"))


def test_a_list_gives_each_clip_its_own_options(clips: Path, tmp_path: Path) -> None:
    table, out = tmp_path / "list.csv", tmp_path / "out"
    table.write_text("path,name,start,end\nin/a.mp4,jump,2,4\nin/b.mp4,,,\n", encoding="utf-8")
    run(table, "--out", out, "--end", "6")
    frames = {name: {row["frame"] for row in rows(out / f"{name}.csv")} for name in ("jump", "b")}
    assert frames == {"jump": set("234"), "b": set("0123456")}


def test_what_another_program_wrote_stays(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.csv").write_text("mine", encoding="utf-8")
    for _ in range(2):
        run(clips / "a.mp4", "--out", out, status=batch.SOME_FAILED)
        assert (out / "a.csv").read_text(encoding="utf-8") == "mine"
    run(clips / "a.mp4", "--out", out, "--force")
    assert (out / "a.csv").read_text(encoding="utf-8") != "mine"


def test_names_that_are_no_text_and_a_clip_called_summary(
    clips: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    name = os.fsdecode(b"b\xff<b>.mp4")
    (clips / "a.mp4").rename(clips / name)
    (clips / "c.mp4").rename(clips / "summary.mp4")
    run(clips / name, clips / "summary.mp4", "--out", out, "--jobs", "1")
    assert "damaged" not in capfd.readouterr().err
    assert [row["clip"] for row in rows(out / "summary.csv")] == ["b\\udcff<b>", "summary-2"]
    assert "b\\udcff&lt;b&gt;" in (out / "report.html").read_text(encoding="utf-8")


def test_two_clips_that_would_write_one_file_are_refused(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (clips / "b.mp4").rename(clips / "a_angles.mp4")
    run(clips, "--out", tmp_path / "out", status=1)
    assert "a and a_angles would both write a_angles.csv: name one" in capsys.readouterr().err


def test_an_output_folder_that_is_a_file_is_said_before_any_work(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_bytes(b"")
    run(clips, "--out", tmp_path / "out", status=1)
    said = capsys.readouterr()
    assert said.err.startswith("poseviewer: report.html was not written")
    assert not said.out


@pytest.mark.parametrize(
    "options",
    [
        ("--heatmap", "left_wrist", "--field", "neck-nose"),
        ("--gate", "7"),
        ("--scheduler", "tcp://nowhere:1"),
        ("--engine", "dask"),
        ("--per-job", "3"),
        ("--slurm", "partition"),
    ],
)
def test_bad_usage_is_said_before_any_work(
    clips: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["batch", str(clips), "--out", str(tmp_path / "out"), *options])
    assert leaving.value.code == 2
    assert not (tmp_path / "out").exists()


def test_an_unknown_joint_is_said_before_any_work(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(clips, "--out", tmp_path / "out", "--heatmap", "tail", status=1)
    assert "tail" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_list_may_have_a_column_of_every_option_with_a_value() -> None:
    assert {"start", "end", "model", "region", "data", "height", "poses"} <= option_names()
    assert not {"no-overlay", "force", "output", "beside"} & option_names()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="sends a signal")
def test_ctrl_c_ends_it_in_order_and_what_is_done_stays(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "tests.batch_work", "batch", str(clips), "--out", str(out)]
    process = subprocess.Popen(
        [*command, "--jobs", "2"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("1/3"):
            break
    # A terminal sends it to all processes.
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 130, (lines, errors)
    assert errors.strip().splitlines()[-1] == "poseviewer: stopped."
    assert "Traceback" not in errors
    assert (out / "a_angles.csv").is_file()
    assert not list(out.rglob("*.part*"))
    assert "not begun" in (out / "report.html").read_text(encoding="utf-8")

    run(clips, "--out", out)
    assert times(out).count("a") == 1
    assert {path.name[0] for path in out.glob("*_angles.csv")} == set("abc")
