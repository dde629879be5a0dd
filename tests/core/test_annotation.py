"""What is written and drawn on a clip: checked when it is made, and back from JSON as it was."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.annotation import (
    LONGEST_TEXT,
    NO_ANNOTATIONS,
    NOTHING_SHOWN,
    Annotations,
    Calibration,
    Drawing,
    KeyFrame,
    annotations_from_json,
    metres_of,
    shown_drawings,
    writable,
)

LINE = Drawing("line", ((1.5, 2.0), (30.25, 40.0)), 3, 90, "shin")
WATCH = Drawing("stopwatch", ((5, 6),), 10, 99, stop=40)
EVERYTHING = Annotations(
    Calibration((0, 0), (300, 400), 0.5),
    (
        LINE,
        Drawing("angle", ((0, 0), (5, 5), (9, 0)), 4, 4),
        Drawing("text", ((7, 8),), 0, 9, "Füße\nfirst"),
        WATCH,
    ),
    (KeyFrame(12, "deepest"), KeyFrame(4)),
    "Left knee hurts.",
)


def test_json_and_back() -> None:
    text = json.dumps(EVERYTHING.to_json())
    assert annotations_from_json(json.loads(text)) == EVERYTHING
    assert annotations_from_json({}) == NO_ANNOTATIONS
    assert not NO_ANNOTATIONS
    assert EVERYTHING


def test_the_order_in_which_they_were_made_does_not_matter() -> None:
    other = Annotations(
        EVERYTHING.calibration,
        (*reversed(EVERYTHING.drawings), LINE),
        (KeyFrame(4, "replaced"), KeyFrame(4), KeyFrame(12, "deepest")),
        EVERYTHING.notes,
    )
    assert other == EVERYTHING
    assert [one.frame for one in other.key_frames] == [4, 12]


def test_known_length_and_frames() -> None:
    assert EVERYTHING.calibration is not None
    assert EVERYTHING.calibration.metres_per_pixel == pytest.approx(0.001)
    shown = shown_drawings(EVERYTHING, np.arange(200) / 50)
    assert [one.kind for one in shown.at(4)] == ["text", "line", "angle"]
    assert shown.at(100) == ()
    assert shown.metres_per_pixel == EVERYTHING.calibration.metres_per_pixel
    assert shown_drawings(replace(EVERYTHING, drawings=()), shown.times) is NOTHING_SHOWN


def test_parts_are_replaced() -> None:
    moved = replace(LINE, text="thigh")
    assert EVERYTHING.replaced(LINE, moved).replaced(moved, LINE) == EVERYTHING
    assert LINE not in EVERYTHING.replaced(LINE, None).drawings
    assert EVERYTHING.comment(12) == "deepest"
    assert EVERYTHING.comment(13) is None
    assert EVERYTHING.with_key_frame(13, "").comment(13) == ""
    assert EVERYTHING.with_key_frame(4, None).key_frames == (KeyFrame(12, "deepest"),)


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"drawings": {}},
        {"drawings": [{"kind": "circle", "points": [[1, 2]], "first": 0, "last": 1}]},
        {"drawings": [{"kind": "line", "points": [[1, 2]], "first": 0, "last": 1}]},
        {"drawings": [{"kind": "text", "points": [[1, float("nan")]], "first": 0, "last": 1}]},
        {"drawings": [{"kind": "text", "points": [[1, 2]], "first": 3, "last": 1}]},
        {"drawings": [{"kind": "text", "points": [[1, 2]], "first": 0, "last": 1, "text": 7}]},
        {"drawings": [{"kind": "text", "points": [[1, 2]], "first": 0, "last": 1, "stop": 1}]},
        {"drawings": [{"kind": "text", "points": [[1, 2, 3]], "first": 0, "last": 1}]},
        {"drawings": [{"kind": ["text"], "points": [[1, 2]], "first": 0, "last": 1}]},
        {"drawings": [{"kind": "stopwatch", "points": [[1, 2]], "first": 5, "last": 9, "stop": 4}]},
        {"key_frames": [{"frame": -1}]},
        {"key_frames": [{"frame": 1, "comment": "x" * 1001}]},
        {"key_frames": [{"frame": True}]},
        {"key_frames": [{"frame": 1, "comment": "\ud800"}]},
        {"calibration": {"a": [1, 1], "b": [1, 1], "metres": 1}},
        {"calibration": {"a": [1, 1], "b": [1, 2], "metres": 0}},
        {"calibration": {"a": [1, 1e9], "b": [1, 2], "metres": 1}},
        {"notes": None},
        {"notes": "x" * 100_001},
    ],
)
def test_what_cannot_be_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        annotations_from_json(wrong)


@pytest.mark.parametrize(
    ("text", "metres"), [("0.5", 0.5), (" 1,75 m ", 1.75), ("50 cm", 0.5), ("500MM", 0.5)]
)
def test_lengths_as_they_are_typed(text: str, metres: float) -> None:
    assert metres_of(text) == pytest.approx(metres)


@pytest.mark.parametrize("text", ["", "m", "0", "-1 m", "nan", "1e9", "1 km", "1.2.3"])
def test_what_is_no_length(text: str) -> None:
    with pytest.raises(ValueError, match="Write a length"):
        metres_of(text)


def test_what_is_typed_can_be_saved() -> None:
    assert writable(" heel \ud800 \n") == "heel ?"
    assert len(writable("x" * 5000)) == LONGEST_TEXT
