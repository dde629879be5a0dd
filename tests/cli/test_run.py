from __future__ import annotations

import csv
import io
import json

import pytest

from poseviewer.cli.main import main
from poseviewer.mannequin.source import MannequinFeed
from poseviewer.records.tables import JOINT_COLUMNS
from tests.video.numbered import write_clip
from tests.video.served import broadcast

pytestmark = pytest.mark.slow

CLIP = "mannequin-clip:160x120@25x4"


def test_every_frame_is_a_json_object_on_a_line(capsys):
    assert main(["run", CLIP, "--engine", "torch", "--start", "1"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [entry["frame"] for entry in told] == [1, 2, 3]
    assert told[1]["time"] == pytest.approx(2 / 25)
    for person in told[0]["people"]:
        assert len(person["joints"]["left_wrist"]) == 3
        assert person["visibility"].keys() == person["joints"].keys()
        assert "left knee" in person["angles"]
        assert len(person["smoothed"]["left_wrist"]) == 2
    assert all(entry["smoothing"].startswith("One Euro") for entry in told)


def test_csv_has_a_header_and_every_frame(capsys):
    assert main(["run", CLIP, "--engine", "torch", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["frame"] for row in rows} == {"0", "1", "2", "3"}
    usual = set(JOINT_COLUMNS)
    smoothed = set(rows[0]) - usual
    assert {name.split(",")[0] for name in smoothed} == {"x_px (One Euro", "y_px (One Euro"}
    assert main(["run", CLIP, "--engine", "torch", "--format", "csv", "--no-smooth"]) == 0
    raw = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert tuple(raw[0]) == JOINT_COLUMNS
    assert [{name: row[name] for name in JOINT_COLUMNS} for row in rows] == raw


def test_a_feed_is_watched_for_as_many_frames_as_asked(capsys):
    arguments = ["run", "mannequin:160x120@30", "--engine", "torch", "--frames", "3"]
    assert main(arguments) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert main([*arguments, "--start", "2"]) == 1
    assert "--frames" in capsys.readouterr().err


def test_what_a_stream_gave_is_written_when_it_ends(tmp_path, capsys):
    clip, output = tmp_path / "clip.mp4", tmp_path / "poses.jsonl"
    write_clip(clip, count=12, container_options={"movflags": "faststart"})
    with broadcast(clip, once=True) as sender:
        assert main(["run", sender.location, "--engine", "torch", "-o", str(output)]) == 0
    assert output.read_text(encoding="utf-8").count("\n") > 0
    assert "clip.mp4" not in capsys.readouterr().err


def test_what_a_feed_gave_is_written_when_it_is_stopped(tmp_path, monkeypatch):
    class Stopping(MannequinFeed):
        def read(self, timeout=1.0):
            frame = super().read(timeout)
            if frame is not None and frame.index >= 3:
                raise KeyboardInterrupt
            return frame

    monkeypatch.setattr("poseviewer.mannequin.source.MannequinFeed", Stopping)
    output = tmp_path / "poses.jsonl"
    assert main(["run", "mannequin:160x120@30", "--engine", "torch", "-o", str(output)]) == 130
    assert output.read_text(encoding="utf-8").count("\n") > 0


def test_a_file_gets_its_name_when_it_is_complete(tmp_path, capsys):
    output = tmp_path / "poses.jsonl"
    arguments = ["run", CLIP, "--engine", "torch", "-o", str(output)]
    assert main(arguments) == 0
    assert len(output.read_text(encoding="utf-8").splitlines()) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["poses.jsonl"]
    assert main(arguments) == 1
    assert "--force" in capsys.readouterr().err
