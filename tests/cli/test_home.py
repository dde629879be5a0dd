"""Without a home that can be written to, every command runs; nothing is saved there."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from poseviewer.cli.main import main
from poseviewer.cli.signals import SIGNALS, Stopped, stopping

if TYPE_CHECKING:
    from pathlib import Path

CLIP = "mannequin-clip:64x48@30x4"


@pytest.mark.parametrize("home", ["/proc/none", "a file"])
def test_commands_run_without_a_home(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    home: str,
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("POSEVIEWER_HOME", str(blocked if home == "a file" else home))
    assert main(["models"]) == 0
    assert main(["export", CLIP, "-o", str(tmp_path / "o.mp4"), "--no-overlay"]) == 0
    assert "Traceback" not in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == ["file", "o.mp4"]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_request_to_end_is_heard_once(number: signal.Signals) -> None:
    outside = signal.getsignal(number)
    # The suite itself may run where a closed terminal is ignored.
    signal.signal(number, signal.default_int_handler)
    before = signal.getsignal(number)
    heard = []

    def work() -> None:
        with stopping():
            try:
                signal.raise_signal(number)
            finally:
                # The second one does not cut short what cleans up.
                signal.raise_signal(number)
                heard.append("cleaned up")

    with pytest.raises(Stopped) as caught:
        work()
    assert caught.value.number == number
    assert heard == ["cleaned up"]
    assert signal.getsignal(number) == before
    signal.signal(number, outside)


def test_what_is_ignored_from_outside_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
