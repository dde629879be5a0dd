from __future__ import annotations

import argparse

import pytest

from poseviewer.cli.options import add_analysis_options, choices, given, one_of
from poseviewer.core.affine import Box
from poseviewer.runtime.state import Choices


def chosen(*arguments: str) -> Choices:
    parser = argparse.ArgumentParser()
    add_analysis_options(parser)
    return choices(parser.parse_args(arguments))


def test_without_options_the_choices_are_those_of_the_window():
    assert chosen() == Choices()


def test_what_was_not_said_is_not_given():
    parser = argparse.ArgumentParser()
    add_analysis_options(parser)
    assert given(parser.parse_args([])) == {}
    assert given(parser.parse_args(["--gate", "0.2"])) == {"gate": 0.2}


def test_a_box_is_counted_in_pixels_and_stored_by_its_edges():
    picked = chosen("--region", "10,20,30,40")
    assert picked.region == "box"
    assert picked.box == Box(9.5, 19.5, 30, 40)


def test_every_option_reaches_its_choice():
    picked = chosen(
        *("--model", "cpm-lite", "--engine", "torch", "--device", "cpu", "--precision", "bf16"),
        *("--decoding", "quarter", "--flip", "--region", "whole", "--gate", "0.5"),
        *("--facing", "left"),
    )
    assert picked == Choices(
        model="cpm-lite",
        engine="torch",
        device="cpu",
        precision="bf16",
        decoding="quarter",
        flip=True,
        region="whole",
        gate=0.5,
        facing="left",
    )


@pytest.mark.parametrize("text", ["somewhere", "1,2,3", "1,2,0,5", "1,2,3,x", "nan,"])
def test_other_regions_are_refused(text, capsys):
    with pytest.raises(SystemExit) as leaving:
        chosen("--region", text)
    assert leaving.value.code == 2
    assert "neither whole, follow nor" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["-0.1", "1.01", "high", "nan"])
def test_a_gate_outside_0_to_1_is_refused(text):
    with pytest.raises(SystemExit):
        chosen("--gate", text)


def test_lists_of_names_keep_their_order_and_know_their_members():
    read = one_of("csv", "json")
    assert read("json, csv,json") == ("json", "csv")
    with pytest.raises(argparse.ArgumentTypeError, match="'xml' is not one of csv, json"):
        read("csv,xml")
