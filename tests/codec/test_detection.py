"""The detector's maps: boxes through them and back, and why candidates are refused."""

from __future__ import annotations

import numpy as np
import pytest

from poseviewer.codec.detection import DetectionCodec
from poseviewer.core.detection import Verdict, overlaps

CODEC = DetectionCodec()
SIZE = (256, 192)
BOXES = np.array(
    [[20.3, 30.7, 61.2, 150.9], [120.0, 11.4, 250.6, 187.3], [70.5, 90.1, 84.0, 117.7]]
)
JOINTS = np.array(
    [[24.1, 40.2, 58.8, 141.0], [131.9, 30.3, 240.2, 160.4], [72.2, 92.6, 82.9, 113.3]]
)


def test_boxes_come_back_to_a_fraction_of_a_cell() -> None:
    centres, edges, _ = CODEC.encode(BOXES, JOINTS, size=SIZE)
    found = CODEC.decode(centres, edges, threshold=0.5)
    order = np.argsort(found.boxes[:, 0])
    expected = np.argsort(BOXES[:, 0])
    np.testing.assert_allclose(found.boxes[order], BOXES[expected], atol=1e-3)
    np.testing.assert_allclose(found.joints[order], JOINTS[expected], atol=1e-3)
    assert found.taken.all()
    np.testing.assert_allclose(found.score, 1.0)


def test_peak_is_at_the_cell_of_the_centre() -> None:
    centres, _, counts = CODEC.encode(BOXES[:1], JOINTS[:1], size=SIZE)
    row, column = np.unravel_index(centres[0].argmax(), centres[0].shape)
    middle = (BOXES[0, :2] + BOXES[0, 2:]) / 2
    assert abs(column * 4 + 1.5 - middle[0]) <= 2
    assert abs(row * 4 + 1.5 - middle[1]) <= 2
    assert counts[row, column] == 1
    assert counts[0, 0] == 0


def test_empty_frame_has_no_candidates() -> None:
    centres, edges, counts = CODEC.encode(np.zeros((0, 4)), np.zeros((0, 4)), size=SIZE)
    assert centres.shape == (1, 48, 64)
    assert edges.shape == (8, 48, 64)
    assert not counts.any()
    assert len(CODEC.decode(centres, edges, threshold=0.1).score) == 0


def test_refused_candidates_tell_why() -> None:
    centres, edges, _ = CODEC.encode(BOXES, JOINTS, size=SIZE)
    # The first person's peak and all around it.
    centres[0, :, :16] *= 0.3
    # A second peak inside the second box, with the same box, cells away from the first.
    centres[0, 25, 40], middle = 0.8, np.array([40 * 4 + 1.5, 25 * 4 + 1.5])
    for first, box in ((0, BOXES[1]), (4, JOINTS[1])):
        edges[first : first + 4, 25, 40] = np.concatenate([middle - box[:2], box[2:] - middle])
    found = CODEC.decode(centres, edges, threshold=0.5)
    faint = np.flatnonzero(found.verdict == Verdict.FAINT)
    double = np.flatnonzero(found.verdict == Verdict.OVERLAPS)
    assert found.score[faint].tolist() == pytest.approx([0.3])
    assert found.score[double].tolist() == pytest.approx([0.8])
    assert found.overlap[double[0]] == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_allclose(found.boxes[found.rival[double[0]]], BOXES[1], atol=1e-3)
    assert found.rival[found.taken].tolist() == [-1, -1]


def test_two_people_close_together_are_two() -> None:
    boxes = np.array([[40.0, 20.0, 80.0, 170.0], [58.0, 24.0, 100.0, 168.0]])
    centres, edges, _ = CODEC.encode(boxes, boxes, size=SIZE)
    found = CODEC.decode(centres, edges, threshold=0.5)
    assert found.taken.sum() == 2


def test_no_more_candidates_than_wanted() -> None:
    few = DetectionCodec(most=2)
    centres, edges, _ = few.encode(BOXES, JOINTS, size=SIZE)
    assert len(few.decode(centres, edges, threshold=0.5).score) == 2


def test_overlaps_of_boxes() -> None:
    a = np.array([[0.0, 0.0, 2.0, 2.0], [10.0, 10.0, 11.0, 11.0]])
    b = np.array([[1.0, 0.0, 3.0, 2.0]])
    np.testing.assert_allclose(overlaps(a, b), [[1 / 3], [0.0]])
