from __future__ import annotations

import argparse
import csv

import cv2
import numpy as np
import pytest

from poseviewer.cli import export
from poseviewer.cli.main import main
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.look import Look
from poseviewer.mannequin.source import open_mannequin
from poseviewer.models.registry import card
from poseviewer.records.open import guard
from poseviewer.video.open import open_source

CARD = card("hourglass-lite")


def looked(*arguments: str) -> Look:
    parser = argparse.ArgumentParser()
    export.add_parser(parser.add_subparsers())
    args = parser.parse_args(["export", "in.mp4", "-o", "out.mp4", *arguments])
    return export.chosen_look(args, CARD, gate=0.2)


def test_nothing_lies_over_the_picture_unless_asked():
    assert looked() == Look()


def test_stages_are_counted_from_one_and_stored_from_zero():
    look = looked("--stage", "1")
    assert (look.overlay_stage, look.overlay_channel, look.ghost) == (0, None, 0)


def test_fields_and_beliefs_are_one_stage_of_which_the_beliefs_are_meant(monkeypatch):
    monkeypatch.setattr("tests.cli.test_export.CARD", card("openpose-lite"))
    look = looked("--stage", "2", "--heatmap", "right_wrist")
    assert (look.overlay_stage, look.overlay_channel, look.ghost) == (3, 4, 3)
    with pytest.raises(PoseViewerError, match="stages 1 to 3"):
        looked("--stage", "4")


def test_the_last_stage_is_meant_unless_told_and_is_no_ghost_of_itself():
    look = looked("--heatmap", "left_wrist")
    assert look.overlay_stage == len(CARD.stages) - 1
    assert CARD.stages[0].channels[look.overlay_channel] == "left_wrist"
    assert look.ghost is None


@pytest.mark.parametrize("text", ["left wrist", "Left-Wrist", " left_wrist "])
def test_a_joint_may_be_written_as_people_write_it(text):
    assert looked("--heatmap", text) == looked("--heatmap", "left_wrist")


def test_stages_and_joints_that_are_not_there_are_told_with_those_that_are():
    with pytest.raises(PoseViewerError, match=r"stages 1 to 3, so there is no stage 4"):
        looked("--stage", "4")
    with pytest.raises(PoseViewerError, match=r"no joint called 'tail'; there are .*left_knee"):
        looked("--heatmap", "tail")


def test_the_source_is_never_written_over(tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"x")
    with pytest.raises(PoseViewerError, match="is the source itself"):
        guard([tmp_path / "." / "clip.mp4"], source=str(clip), force=True)


def test_what_exists_is_replaced_by_force_only(tmp_path):
    old = tmp_path / "old.csv"
    old.write_bytes(b"x")
    with pytest.raises(PoseViewerError, match="exists already: say --force"):
        guard([tmp_path / "new.mp4", old], source="clip.mp4", force=False)
    guard([old], source="clip.mp4", force=True)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(PoseViewerError, match="There is no folder"):
        guard([tmp_path / "nowhere" / "out.mp4"], source="clip.mp4", force=False)


CLIP = "mannequin-clip:160x120@25x6"


@pytest.mark.slow
def test_a_clip_and_its_data_are_written_whole(tmp_path, capsys):
    output = tmp_path / "out.mp4"
    arguments = ["export", CLIP, "-o", str(output), "--start", "1", "--end", "4"]
    assert main([*arguments, "--data", "csv,json", "--engine", "torch"]) == 0
    with open_source(str(output)) as clip:
        assert len(clip) == 4
        assert clip.size == (160, 120)
    with (tmp_path / "out.csv").open(encoding="utf-8") as table:
        assert {row["frame"] for row in csv.DictReader(table)} == {"1", "2", "3", "4"}
    assert len(list((tmp_path / "out_json").glob("*_keypoints.json"))) == 4
    assert str(output) in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out.csv",
        "out.mp4",
        "out_about.json",
        "out_angles.csv",
        "out_json",
    ]
    # A second time needs --force.
    assert main(arguments) == 1
    assert "--force" in capsys.readouterr().err


@pytest.mark.parametrize("made", [False, True])
def test_pictures_are_written_into_a_folder_once(tmp_path, shared, capsys, made):
    source, folder = shared / "videos" / "squat.mp4", tmp_path / "frames"
    if made:
        folder.mkdir()
        (folder / "notes.txt").write_text("mine")
    arguments = ["export", str(source), "--end", "2", "--no-overlay"]
    arguments += ["-o", str(folder / "%04d.png")]
    assert main(arguments) == 0
    pictures = sorted(folder.glob("*.png"))
    assert [path.name for path in pictures] == ["0000.png", "0001.png", "0002.png"]
    with open_source(str(source)) as clip:
        for index, path in enumerate(pictures):
            pixels = cv2.imread(str(path))[..., ::-1]
            assert np.array_equal(pixels, clip.read(index).pixels)
    capsys.readouterr()
    # A second time needs --force, and is told so before anything is done.
    assert main(arguments) == 1
    assert "exists already: say --force" in capsys.readouterr().err
    assert main([*arguments[:3], "1", *arguments[4:], "--force"]) == 0
    left = sorted(path.name for path in folder.iterdir())
    assert left == ["0000.png", "0001.png", *(["notes.txt"] if made else [])]


@pytest.mark.slow
def test_a_bare_png_is_exactly_the_frame(tmp_path, shared):
    source, output = shared / "videos" / "squat.mp4", tmp_path / "f.png"
    bare = ["--start", "7", "--end", "7", "--no-overlay", "-o", str(output)]
    assert main(["export", str(source), *bare]) == 0
    with open_source(str(source)) as clip, open_source(str(output)) as picture:
        assert np.array_equal(picture.read(0).pixels, clip.read(7).pixels)


def test_a_png_holds_one_frame(tmp_path, capsys):
    arguments = ["export", CLIP, "-o", str(tmp_path / "f.png"), "--start", "1", "--end", "2"]
    assert main(arguments) == 1
    assert "holds one frame" in capsys.readouterr().err


@pytest.mark.slow
def test_ctrl_c_leaves_nothing_behind(tmp_path, monkeypatch, capsys):
    from poseviewer.cli.progress import ProgressLine

    def interrupt(self: ProgressLine, done: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ProgressLine, "update", interrupt)
    arguments = ["export", CLIP, "-o", str(tmp_path / "out.mp4"), "--data", "csv,json"]
    assert main([*arguments, "--engine", "torch"]) == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.mp4"], "nowhere.mp4"),
        ([__file__], "test_export.py"),
        ([CLIP, "--model", "hourglas-lite"], "did you mean"),
        ([CLIP, "--start", "90"], "frames 0 to 5"),
        (["mannequin:160x120@30"], "no end"),
    ],
)
def test_bad_input_is_one_sentence_and_status_1(arguments, sentence, tmp_path, capsys):
    assert main(["export", *arguments, "-o", str(tmp_path / "out.mp4")]) == 1
    told = capsys.readouterr().err
    assert told.startswith("poseviewer: ")
    assert sentence in told
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["in.mp4"],
        ["in.mp4", "-o", "out.mp4", "--data", "xml"],
        ["in.mp4", "-o", "out.mp4", "--stage", "0"],
        ["in.mp4", "-o", "out.mp4", "--no-overlay", "--stage", "1"],
        ["in.mp4", "-o", "out.mp4", "--start", "soon"],
    ],
)
def test_bad_usage_is_status_2(arguments):
    with pytest.raises(SystemExit) as leaving:
        main(["export", *arguments])
    assert leaving.value.code == 2


@pytest.mark.slow
def test_the_truth_is_drawn_where_it_is_known(tmp_path):
    plain, true = tmp_path / "plain.png", tmp_path / "true.png"
    at = ["--start", "3", "--end", "3", "--engine", "torch"]
    assert main(["export", CLIP, "-o", str(plain), *at]) == 0
    assert main(["export", CLIP, "-o", str(true), *at, "--truth", "auto"]) == 0
    with open_source(str(plain)) as a, open_source(str(true)) as b:
        apart = np.abs(a.read(0).pixels.astype(int) - b.read(0).pixels).sum(axis=2)
    for x, y in open_mannequin(CLIP).truth(3).xy[0]:
        assert apart[round(float(y)), round(float(x))] > 30


def test_truth_that_is_not_there_is_told(tmp_path, capsys):
    picture = tmp_path / "a.png"
    cv2.imwrite(str(picture), np.zeros((40, 40, 3), np.uint8))
    arguments = ["export", str(picture), "-o", str(tmp_path / "o.png"), "--truth"]
    assert main([*arguments, "auto"]) == 1
    assert "No ground truth is known of a.png" in capsys.readouterr().err
    assert main([*arguments, str(tmp_path / "no.json")]) == 1
    assert "no.json is not ground truth" in capsys.readouterr().err
