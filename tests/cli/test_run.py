from __future__ import annotations

import csv
import io
import json

import pytest

from poseviewer.cli.main import main
from poseviewer.records.tables import JOINT_COLUMNS

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


def test_a_file_gets_its_name_when_it_is_complete(tmp_path, capsys):
    output = tmp_path / "poses.jsonl"
    arguments = ["run", CLIP, "--engine", "torch", "-o", str(output)]
    assert main(arguments) == 0
    assert len(output.read_text(encoding="utf-8").splitlines()) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["poses.jsonl"]
    assert main(arguments) == 1
    assert "--force" in capsys.readouterr().err
