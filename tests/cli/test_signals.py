"""Requests to end become one exception, once, and never in the middle of an import."""

from __future__ import annotations

import importlib
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from poseviewer.cli.signals import Stopped, stopping
from poseviewer.core.interrupt import SIGNALS
from tests.waiting import LONG

if TYPE_CHECKING:
    from pathlib import Path


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


def test_an_import_is_finished_before_the_request_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "interrupted.py").write_text(
        "import signal\nsignal.raise_signal(signal.SIGTERM)\nwhole = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "interrupted", raising=False)

    def work() -> None:
        with stopping():
            assert importlib.import_module("interrupted").whole
            time.sleep(LONG)

    with pytest.raises(Stopped) as caught:
        work()
    assert caught.value.number == signal.SIGTERM
    assert sys.modules.pop("interrupted").whole
