"""The command `train`: what it refuses before it costs anything."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest

from poseviewer.cli import train, watch
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


@pytest.mark.parametrize(
    ("option", "value"),
    [("--minutes", "0"), ("--epochs", "-1"), ("--minutes", "nan"), ("--batch", "0")],
)
def test_a_budget_of_nothing_is_refused(
    option: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    train.add_parser(parser.add_subparsers())
    words = ["train", "cpm-lite", "--out", str(tmp_path), option, value]
    budget = [] if option in ("--minutes", "--epochs") else ["--minutes", "1"]
    with pytest.raises(SystemExit):
        parser.parse_args([*words, *budget])
    assert f"argument {option}" in capsys.readouterr().err


@pytest.mark.parametrize("recorded", [False, True])
def test_the_window_of_a_run_that_never_began_is_closed(
    recorded: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = []

    class Window:
        def terminate(self) -> None:
            ended.append(1)

    monkeypatch.setattr(train, "_show", lambda _: Window())
    if recorded:
        (tmp_path / "cpm-lite.training.jsonl").touch()
    parser = argparse.ArgumentParser()
    train.add_parser(parser.add_subparsers())
    words = ["train", "cpm-lite", "--out", str(tmp_path), "--minutes", "1", "--watch"]
    args = parser.parse_args([*words, "--data", str(tmp_path / "none")])
    with pytest.raises(PoseViewerError, match=r"crops\.npz"):
        args.run(args)
    assert bool(ended) is not recorded


def test_without_a_display_no_run_is_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "has_display", lambda: False)
    parser = argparse.ArgumentParser()
    watch.add_parser(parser.add_subparsers())
    args = parser.parse_args(["watch", str(tmp_path)])
    with pytest.raises(PoseViewerError, match="no display"):
        args.run(args)
