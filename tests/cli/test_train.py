"""The command `train`: what it refuses before it costs anything."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest

from poseviewer.cli import train
from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("model", "words", "sentence"),
    [
        (
            "cpm-lite",
            ["--teacher", "multipose.json"],
            "find several people, which cpm-lite does not",
        ),
        ("cpm-lite", ["--first-stage", "2"], "must be from 1 to 1 for cpm-lite"),
        ("deeppose-lite", ["--first-stage", "4"], "must be from 1 to 3 for deeppose-lite"),
        ("deeppose-lite", ["--first-stage", "0"], "must be from 1 to 3 for deeppose-lite"),
    ],
)
def test_what_has_no_meaning_for_a_network_is_refused(
    model: str, words: list[str], sentence: str, tmp_path: Path
) -> None:
    parser = argparse.ArgumentParser()
    train.add_parser(parser.add_subparsers())
    always = ["train", model, "--data", str(tmp_path), "--out", str(tmp_path), "--epochs", "1"]
    args = parser.parse_args([*always, *words])
    with pytest.raises(PoseViewerError, match=sentence):
        args.run(args)


@pytest.mark.parametrize("option", ["--init", "--trunk"])
def test_weights_to_start_from_are_never_replaced(option: str, tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    train.add_parser(parser.add_subparsers())
    start = tmp_path / "cpm-lite.safetensors"
    start.write_bytes(b"weights")
    always = ["train", "cpm-lite", "--data", str(tmp_path), "--epochs", "1", option, str(start)]
    args = parser.parse_args([*always, "--out", str(tmp_path)])
    with pytest.raises(PoseViewerError, match="would be replaced by what is trained"):
        args.run(args)
    assert start.read_bytes() == b"weights"


@pytest.mark.parametrize(
    ("model", "words", "sentence"),
    [
        ("lifter", ["--minutes", "1"], "give --epochs alone"),
        ("lifter", ["--epochs", "1", "--device", "cuda"], "give --epochs alone"),
        ("cpm-lite", ["--epochs", "1"], "give the folder of the data pack"),
    ],
)
def test_what_learns_from_mannequins_and_what_from_people(
    model: str, words: list[str], sentence: str, tmp_path: Path
) -> None:
    parser = argparse.ArgumentParser()
    train.add_parser(parser.add_subparsers())
    args = parser.parse_args(["train", model, "--out", str(tmp_path), *words])
    with pytest.raises(PoseViewerError, match=sentence):
        args.run(args)
