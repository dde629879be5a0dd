from __future__ import annotations

import argparse
from types import SimpleNamespace

import pytest

from poseviewer.cli.eval import facts
from poseviewer.cli.options import (
    add_analysis_options,
    add_filter_option,
    add_video_options,
    chosen_state,
    chosen_video,
    decoding_notice,
    given,
    one_of,
    opened,
)
from poseviewer.core.affine import Box
from poseviewer.core.repetitions import AUTOMATIC, RepetitionChoice
from poseviewer.core.video_choice import DEFAULT_CHOICE, VideoChoice
from poseviewer.models.registry import card
from poseviewer.records.open import WRITERS
from poseviewer.runtime.sections import SECTIONS
from poseviewer.runtime.state import AppState
from tests.video.variants import several_streams


def chosen(*arguments: str) -> AppState:
    parser = argparse.ArgumentParser()
    add_analysis_options(parser)
    return chosen_state(parser.parse_args(arguments))


def sections(state: AppState) -> list[object]:
    return [getattr(state, name) for name in SECTIONS]


def test_without_options_the_choices_are_those_of_the_window():
    assert sections(chosen()) == sections(AppState())


def test_what_was_not_said_is_not_given():
    parser = argparse.ArgumentParser()
    add_analysis_options(parser)
    assert given(parser.parse_args([])) == {}
    assert given(parser.parse_args(["--gate", "0.2"])) == {"gate": 0.2}


def test_a_box_is_counted_in_pixels_and_stored_by_its_edges():
    picked = chosen("--region", "10,20,30,40")
    assert picked.reading.region == "box"
    assert picked.reading.box == Box(9.5, 19.5, 30, 40)


def test_every_option_reaches_its_choice():
    picked = chosen(
        *("--model", "cpm-lite", "--engine", "torch", "--device", "cpu", "--precision", "bf16"),
        *("--decoding", "quarter", "--flip", "--region", "whole", "--gate", "0.5"),
        *("--facing", "left", "--track-window", "1.5"),
    )
    assert sections(picked) == sections(
        AppState().choosing(
            model="cpm-lite",
            engine="torch",
            device="cpu",
            precision="bf16",
            decoding="quarter",
            flip=True,
            region="whole",
            gate=0.5,
            facing="left",
            track_window=1.5,
        )
    )


@pytest.mark.parametrize("text", ["somewhere", "1,2,3", "1,2,0,5", "1,2,3,x", "nan,"])
def test_other_regions_are_refused(text, capsys):
    with pytest.raises(SystemExit) as leaving:
        chosen("--region", text)
    assert leaving.value.code == 2
    assert "neither whole, follow, people nor" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["-0.1", "1.01", "high", "nan"])
def test_a_gate_outside_0_to_1_is_refused(text):
    with pytest.raises(SystemExit):
        chosen("--gate", text)


def test_lists_of_names_keep_their_order_and_know_their_members():
    read = one_of(WRITERS)
    assert read("json, csv,json") == ("json", "csv")
    with pytest.raises(argparse.ArgumentTypeError, match="'xml' is not one of csv, csv-wide"):
        read("csv,xml")


OWN = "[[angle]]\nname = '{side} inside'\npoints = ['{side}_hip', '{side}_knee', '{side}_ankle']\n"


def test_own_angles_are_those_of_the_settings_folder_or_of_a_file(home, tmp_path, capsys):
    assert chosen().angles.custom == ()
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "angles.toml").write_text(OWN)
    assert [spec.name for spec in chosen().angles.custom] == ["right inside", "left inside"]
    mine = tmp_path / "mine.toml"
    mine.write_text(OWN.replace("{side}", "left"))
    assert [spec.name for spec in chosen("--angles", str(mine)).angles.custom] == ["left inside"]
    (home / "config" / "angles.toml").write_text("[[angle")
    assert chosen().angles.custom == ()
    assert "correct the file or remove it" in capsys.readouterr().err


def test_a_broken_or_missing_file_of_angles_is_a_mistake(tmp_path, capsys):
    broken = tmp_path / "broken.toml"
    broken.write_text("[[angle")
    for path, says in ((broken, "correct the file"), (tmp_path / "no.toml", "does not exist")):
        with pytest.raises(SystemExit):
            chosen("--angles", str(path))
        assert says in capsys.readouterr().err


def test_what_counts_as_a_repetition_is_checked_where_it_is_asked_for(capsys):
    parser = argparse.ArgumentParser()
    add_filter_option(parser)
    words = ["--prominence", "30", "--apart", "1.5", "--lowest"]
    state = AppState().choosing(**given(parser.parse_args(words)))
    assert state.angles.repetition == RepetitionChoice(30.0, 1.5, True)
    assert AppState().choosing(**given(parser.parse_args([]))).angles.repetition == AUTOMATIC
    for wrong in (["--apart", "99"], ["--prominence", "much"], ["--prominence", "nan"]):
        with pytest.raises(SystemExit):
            parser.parse_args(wrong)
        assert "is no number of" in capsys.readouterr().err


def test_a_filter_is_checked_where_it_is_asked_for(capsys):
    parser = argparse.ArgumentParser()
    add_filter_option(parser)
    made = parser.parse_args(["--filter", "butterworth, cutoff=4"])
    assert chosen_state(made).angles.filter == "butterworth,order=4,cutoff=4"
    assert chosen_state(parser.parse_args([])).angles.filter == "none"
    with pytest.raises(SystemExit):
        parser.parse_args(["--filter", "kalman"])
    assert "none, butterworth, median, hampel" in capsys.readouterr().err


def video(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_video_options(parser)
    return parser.parse_args(arguments)


def test_the_video_stream_is_counted_from_one():
    assert chosen_video(video()) == DEFAULT_CHOICE
    asked = video("--video-stream", "2", "--deinterlace", "field")
    assert chosen_video(asked) == VideoChoice(1, "field")


def test_what_should_be_known_of_a_source_is_said(tmp_path, capsys):
    several_streams([(96, 64), (192, 108)])(tmp_path / "two.mkv")
    with opened(str(tmp_path / "two.mkv"), video("--video-stream", "1")) as source:
        assert source.size == (96, 64)
    said = capsys.readouterr().err
    assert said.startswith("poseviewer: two.mkv: of 2 video streams, number 1 is shown")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("model", "fits"),
    [
        ("hourglass-lite", True), ("cpm-6", True), ("hrnet-w32", True), ("vitpose-s", True),
        ("deeppose-lite", False), ("openpose-lite", False), ("fcpose", False),
        ("posenet-321", False),
    ],
)  # fmt: skip
def test_a_tree_where_there_is_none_is_said(model: str, fits: bool) -> None:
    assert decoding_notice(AppState().choosing(model=model)) == ""
    said = decoding_notice(AppState().choosing(model=model, decoding="tree"))
    assert (said == "") is fits
    if not fits:
        assert said.startswith(f"{model} has no belief map for every joint of one person")
        assert said.endswith("as --decoding dark does.")


def test_a_measurement_states_the_decoding_that_was_used() -> None:
    reading = AppState().choosing(decoding="tree").reading
    for model, used in (("cpm-lite", "tree"), ("openpose-lite", "dark")):
        loaded = SimpleNamespace(card=card(model), label="Torch")
        assert facts(loaded, reading)["decoding"] == used
