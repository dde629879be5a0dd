"""The detector's answers: boxes through its cells and back, and why candidates are refused."""

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


def test_boxes_come_back() -> None:
    score, edges = CODEC.encode(BOXES, JOINTS, size=SIZE)
    found = CODEC.decode(score, edges, size=SIZE, threshold=0.5)
    order = np.argsort(found.boxes[:, 0])
    expected = np.argsort(BOXES[:, 0])
    np.testing.assert_allclose(found.boxes[order], BOXES[expected], atol=1e-3)
    np.testing.assert_allclose(found.joints[order], JOINTS[expected], atol=1e-3)
    assert found.taken.all()
    np.testing.assert_allclose(found.score, 1.0)


def test_a_person_is_at_the_cell_nearest_to_the_middle_of_a_map_that_fits_the_size() -> None:
    points, strides = CODEC.cells(SIZE)
    for box, expected in zip(BOXES, (16, 32, 8), strict=True):
        score, _ = CODEC.encode(box[None], box[None], size=SIZE)
        cell = int(score[0].argmax())
        assert strides[cell] == expected
        assert (abs(points[cell] - (box[:2] + box[2:]) / 2) <= expected / 2).all()


def test_maps_cover_an_input_that_the_coarsest_stride_does_not_divide() -> None:
    points, strides = CODEC.cells((320, 192))
    counts = [int((strides == stride).sum()) for stride in CODEC.strides]
    assert counts == [40 * 24, 20 * 12, 10 * 6, 5 * 3]
    points, strides = CODEC.cells((352, 160))
    assert int((strides == 64).sum()) == 6 * 3
    assert points[-1].tolist() == [5 * 64 - 0.5, 2 * 64 - 0.5]


def test_empty_frame_has_no_candidates() -> None:
    score, edges = CODEC.encode(np.zeros((0, 4)), np.zeros((0, 4)), size=SIZE)
    cells = len(CODEC.cells(SIZE)[0])
    assert score.shape == (1, cells)
    assert edges.shape == (8, cells)
    assert len(CODEC.decode(score, edges, size=SIZE, threshold=0.1).score) == 0


def _seen(*people: tuple[list[float], float]) -> tuple[np.ndarray, np.ndarray]:
    """What a network answers that sees each box with its score, through cells of their own."""
    points, _ = CODEC.cells(SIZE)
    score, edges = np.zeros((1, len(points))), np.zeros((8, len(points)))
    for i, (box, likely) in enumerate(people):
        score[0, i] = likely
        away = (np.array(box) - np.tile(points[i], 2)) * (-1, -1, 1, 1)
        edges[:, i] = np.tile(away, 2)
    return score, edges


def test_refused_candidates_tell_why() -> None:
    other = [120.0, 68.0, 250.0, 187.0]
    score, edges = _seen((BOXES[0].tolist(), 0.3), (BOXES[1].tolist(), 0.9), (other, 0.8))
    found = CODEC.decode(score, edges, size=SIZE, threshold=0.5, overlap=0.6)
    assert found.verdict.tolist() == [Verdict.TAKEN, Verdict.OVERLAPS, Verdict.FAINT]
    assert found.score.tolist() == pytest.approx([0.9, 0.8, 0.3])
    assert found.overlap[1] == pytest.approx(0.67, abs=0.02)
    assert found.rival.tolist() == [-1, 0, -1]


def test_cells_that_see_the_same_are_one_candidate() -> None:
    same = (BOXES[1] + (1, -1, 1, 2)).tolist()
    score, edges = _seen((BOXES[1].tolist(), 0.9), (same, 0.85))
    assert len(CODEC.decode(score, edges, size=SIZE, threshold=0.5).score) == 1


def test_a_faint_part_of_someone_is_no_candidate_but_a_likely_one_is() -> None:
    part = [130.0, 20.0, 200.0, 80.0]
    for likely, count in ((0.3, 1), (0.6, 2)):
        score, edges = _seen((BOXES[1].tolist(), 0.9), (part, likely))
        assert len(CODEC.decode(score, edges, size=SIZE, threshold=0.5).score) == count


def test_boxes_end_where_the_input_ends() -> None:
    score, edges = _seen(([-30.0, -8.0, 300.0, 250.0], 0.9))
    found = CODEC.decode(score, edges, size=SIZE, threshold=0.5)
    assert found.boxes.tolist() == [[-0.5, -0.5, 255.5, 191.5]]


def test_two_people_close_together_are_two() -> None:
    boxes = np.array([[40.0, 20.0, 80.0, 170.0], [58.0, 24.0, 100.0, 168.0]])
    score, edges = CODEC.encode(boxes, boxes, size=SIZE)
    found = CODEC.decode(score, edges, size=SIZE, threshold=0.5)
    assert found.taken.sum() == 2


def test_no_more_candidates_than_wanted() -> None:
    few = DetectionCodec(most=2)
    score, edges = few.encode(BOXES, JOINTS, size=SIZE)
    assert len(few.decode(score, edges, size=SIZE, threshold=0.5).score) == 2


def test_overlaps_of_boxes() -> None:
    a = np.array([[0.0, 0.0, 2.0, 2.0], [10.0, 10.0, 11.0, 11.0]])
    b = np.array([[1.0, 0.0, 3.0, 2.0]])
    np.testing.assert_allclose(overlaps(a, b), [[1 / 3], [0.0]])
