from __future__ import annotations

import csv
import json
from shutil import copytree

import pytest

from poseviewer.cli.compare import lines
from poseviewer.cli.main import main
from poseviewer.core.agreement import Agreement, Spread
from poseviewer.records.agreement import agreement_text

CLIP = "mannequin-clip:160x120@25x6"
NETWORK = ["--engine", "torch"]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    output = tmp_path_factory.mktemp("compare") / "out.mkv"
    arguments = ["export", CLIP, "-o", str(output), "--no-overlay", "--data", "poses,mot"]
    assert main([*arguments, *NETWORK]) == 0
    return output


@pytest.mark.slow
def test_a_network_agrees_with_its_own_export(exported, tmp_path, capsys):
    theirs = exported.with_name("out_poses.json")
    table = tmp_path / "table.csv"
    assert main(["compare", CLIP, str(theirs), "-o", str(table), *NETWORK]) == 0
    said = capsys.readouterr().out
    assert said.startswith("hourglass-lite against out_poses.json")
    assert "6 frames, 6 of 6 people in both" in said
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["kind"] for row in rows} == {"joint", "angle"}
    for row in rows:
        assert float(row["p95"]) < 0.05, row
    assert main(["compare", CLIP, str(theirs), "-o", str(table), *NETWORK]) == 1
    assert "--force" in capsys.readouterr().err


@pytest.mark.slow
def test_a_motion_file_has_angles_alone(exported, capsys):
    theirs = exported.with_name("out_mot") / "out_person00.mot"
    assert main(["compare", CLIP, str(theirs), "--json", *NETWORK]) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["about"]["network"] == "hourglass-lite"
    assert {row["kind"] for row in table["rows"]} == {"angle"}
    assert max(row["p95"] for row in table["rows"]) < 0.01


@pytest.mark.slow
def test_the_motion_files_of_all_people_are_a_folder(exported, tmp_path, capsys):
    """One for each person, as an export writes them: each is compared with the person it is of."""
    folder = tmp_path / "both"
    copytree(exported.with_name("out_mot"), folder)
    first = folder / "out_person00.mot"
    (folder / "out_person01.mot").write_text(first.read_text(encoding="utf-8"), encoding="utf-8")
    printed = []
    for theirs in (first, folder):
        assert main(["compare", CLIP, str(theirs), "--json", *NETWORK]) == 0
        printed.append(json.loads(capsys.readouterr().out))
    # There is no person 1.
    assert printed[0]["rows"] == printed[1]["rows"]
    assert printed[1]["about"]["other"] == "both"


def test_motion_files_that_do_not_say_whose_they_are_are_refused(tmp_path, capsys):
    for name in ("a.mot", "b.mot"):
        text = "x\ninDegrees=yes\nendheader\ntime\tright_knee\n0\t1\n0.04\t2\n"
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["compare", CLIP, str(tmp_path)]) == 1
    assert "do not number the people" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--poses", "--truth"])
def test_a_motion_file_has_nothing_to_draw_or_write_anew(exported, tmp_path, capsys, option):
    theirs = exported.with_name("out_mot") / "out_person00.mot"
    output = tmp_path / "out.mp4"
    assert main(["export", CLIP, "-o", str(output), option, str(theirs), *NETWORK]) == 1
    assert "out_person00.mot has angles and no places" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_another_ending_is_told_before_the_work(tmp_path, capsys):
    assert main(["compare", CLIP, str(tmp_path / "a.json"), "-o", str(tmp_path / "a.xlsx")]) == 1
    assert ".csv or .json, not as .xlsx" in capsys.readouterr().err


def test_what_is_not_known_is_a_dash():
    nan = float("nan")
    found = Agreement(
        3,
        (Spread("left_knee", 3, 1.25, 2.0, (0.5, -1.0), (nan, nan)),),
        (Spread("left knee", 2, 3.0, 4.0, (-3.0,)),),
    )
    keys = ("network", "other", "clip", "frames", "compared", "people")
    about = dict(zip(keys, ("n", "o", "c", 4, 3, 5), strict=True))
    said = lines(found, about)
    assert said[0] == "n against o on c: 4 frames, 3 of 5 people in both"
    assert said[3].split() == ["left", "knee", "3", "1.2", "2.0", "-", "-"]
    assert said[6].split() == ["left", "knee", "2", "3.0", "4.0", "-3.0"]


def test_no_nought_has_a_minus():
    """Differences too small to be written are nothing, on whichever side they are."""
    small = -1e-6
    found = Agreement(
        1,
        (Spread("left_knee", 1, 0.0, 0.0, (small, small), (0.0, 0.0)),),
        (Spread("left knee", 1, 0.0, 0.0, (small,)), Spread("neck", 1, 0.2, 0.2, (-0.04,))),
    )
    keys = ("network", "other", "clip", "frames", "compared", "people")
    about = dict.fromkeys(keys, 1)
    written = [agreement_text(found, about=about, kind=kind) for kind in (".csv", ".json")]
    assert not any("-0.0," in text or "-0.0\n" in text for text in written)
    assert all("-0.04" in text for text in written)
    assert not any("-0.0" in line or "+0.0" in line for line in lines(found, about))
