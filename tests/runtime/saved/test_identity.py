"""What saved results are found again by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from poseviewer.models import int8
from poseviewer.runtime.saved.identity import made_with
from poseviewer.runtime.state import AppState

if TYPE_CHECKING:
    import pytest


def test_results_in_int8_are_those_of_their_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    exact, small = (AppState().choosing(precision=name).key for name in ("fp32", "int8"))
    before = [made_with(key) for key in (exact, small)]
    assert before[0].key != before[1].key
    assert "ranges" not in json.loads(before[0].choices)
    assert json.loads(before[1].choices)["precision"] == "int8"
    monkeypatch.setattr(int8, "stored_ranges", lambda _card: ((0.0, 1.0),))
    after = [made_with(key) for key in (exact, small)]
    assert after[0].key == before[0].key
    assert after[1].key != before[1].key


def test_a_window_of_the_tracker_makes_another_analysis() -> None:
    """And without one, those that were saved before there was a window are found."""
    plain, windowed = (AppState().choosing(track_window=seconds).key for seconds in (0.0, 1.0))
    assert plain == AppState().key
    assert "track_window" not in json.loads(made_with(plain).choices)
    assert json.loads(made_with(windowed).choices)["track_window"] == 1.0
    assert made_with(windowed).key != made_with(plain).key
