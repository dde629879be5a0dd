"""What `--self-test` goes through, and what it says of a step that fails."""

from __future__ import annotations

import pytest

from poseviewer.cli import doctor
from poseviewer.cli import self_test as module
from poseviewer.cli.main import main
from poseviewer.core.errors import PoseViewerError


@pytest.fixture
def only(monkeypatch):
    """Let the self-test go through these steps."""
    return lambda *chosen: monkeypatch.setattr(module, "steps", lambda folder: iter(chosen))


def _gone() -> str:
    msg = "the library is gone\nwith a trace"
    raise ImportError(msg)


def test_a_step_that_fails_stops_no_other(only, capsys):
    only(("first", _gone), ("second", lambda: "8 frames"))
    assert main(["--self-test"]) == 1
    head, first, second, last = capsys.readouterr().out.splitlines()
    assert head.startswith("PoseViewer")
    assert "FAILED: ImportError: the library is gone (" in first
    assert "8 frames" in second
    assert last == "Steps that failed: 1."


def test_all_is_well(only, capsys):
    only(("first", lambda: "fine"))
    assert main(["--self-test"]) == 0
    assert capsys.readouterr().out.endswith("All is well.\n")


def test_every_engine_and_network_and_export_and_the_window_are_steps(tmp_path):
    titles = [title for title, _ in module.steps(tmp_path)]
    for title in (
        "demo",
        "hourglass-lite, openvino",
        "cpm-lite, torch",
        "export vp9.webm",
        "export moving.gif",
    ):
        assert title in titles
    assert titles[-1] == "window"


@pytest.mark.slow
def test_steps_really_do_it(tmp_path):
    steps = dict(module.steps(tmp_path))
    assert steps["demo"]() == "8 frames"
    assert steps["hourglass-lite, openvino"]() == "a person in 8 of 8 frames"
    assert steps["export h264.mp4"]() == "8 frames, 184 rows"
    assert steps["export moving.gif"]() == "8 frames, 184 rows"


def test_a_network_that_sees_nobody_fails(tmp_path, monkeypatch):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"people": []}\n' * module.FRAMES, encoding="utf-8")
    monkeypatch.setattr(module, "_command", lambda *arguments: None)
    with pytest.raises(PoseViewerError, match="nobody"):
        module._network("cpm-lite", "openvino", path)


@pytest.mark.parametrize("gone", ["torch", "poseviewer.training"])
def test_without_torch_a_command_that_needs_it_says_so(gone, monkeypatch, capsys):
    def missing(args):
        raise ModuleNotFoundError(f"No module named '{gone}'", name=gone)

    monkeypatch.setattr(doctor, "_doctor", missing)
    assert main(["doctor"]) == 1
    assert "needs PyTorch" in capsys.readouterr().err


def test_another_module_that_is_missing_is_no_secret(monkeypatch):
    def missing(args):
        raise ModuleNotFoundError("No module named 'lost'", name="lost")

    monkeypatch.setattr(doctor, "_doctor", missing)
    with pytest.raises(ModuleNotFoundError, match="lost"):
        main(["doctor"])
