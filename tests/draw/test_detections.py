"""What is drawn of a detector's candidates."""

import numpy as np

from poseviewer.core.detection import Detections, Verdict
from poseviewer.draw.detections import detection_items
from poseviewer.draw.primitives import Label


def said(*rows):
    """The labels for candidates of (left, top, right, bottom), score and verdict."""
    boxes, scores, verdicts = zip(*rows, strict=True)
    places, count = np.array(boxes, float), len(rows)
    found = Detections(
        places,
        places,
        np.array(scores, np.float32),
        np.array(verdicts, np.int8),
        np.full(count, -1),
        np.zeros(count),
    )
    return [item.text for item in detection_items(found, scale=1.0) if isinstance(item, Label)]


HERE, NEARLY, THERE = (10, 10, 50, 110), (12, 14, 52, 112), (200, 20, 240, 120)


def test_people_are_always_drawn_and_the_best_lies_on_top():
    rows = (HERE, 0.8, Verdict.TAKEN), (NEARLY, 0.6, Verdict.TAKEN)
    assert said(*rows) == ["0.60", "0.80"]


def test_of_what_was_refused_about_one_place_the_best_is_drawn():
    rows = (
        (HERE, 0.8, Verdict.TAKEN),
        (NEARLY, 0.5, Verdict.OVERLAPS),
        (THERE, 0.3, Verdict.UNCONFIRMED),
        (HERE, 0.25, Verdict.OVERLAPS),
        (THERE, 0.15, Verdict.FAINT),
    )
    assert said(*rows) == ["0.30 no joints there", "0.50 same as another", "0.80"]


def test_what_is_weaker_than_a_tenth_is_not_drawn():
    assert said((HERE, 0.09, Verdict.FAINT), (THERE, 0.08, Verdict.FAINT)) == []
