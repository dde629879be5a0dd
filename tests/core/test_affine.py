"""Boxes by their edges, and affines between pixel-centred grids."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseviewer.core.affine import Box, apply, box_to_frame, compose, invert, stage_to_input

places = st.floats(-1e3, 1e3)
lengths = st.floats(1, 1e3)
boxes = st.builds(Box, places, places, lengths, lengths)
sizes = st.tuples(st.integers(1, 512), st.integers(1, 512))


def test_the_whole_frame_reaches_to_the_edges_of_its_pixels() -> None:
    box = Box.whole((640, 480))
    assert (box.x, box.y, box.x + box.width, box.y + box.height) == (-0.5, -0.5, 639.5, 479.5)
    assert box.centre == (319.5, 239.5)


@given(sizes)
def test_the_whole_frame_at_its_own_size_is_the_identity(size: tuple[int, int]) -> None:
    affine = box_to_frame(Box.whole(size), size=size)
    assert affine == pytest.approx(np.eye(2, 3), abs=1e-9)


@given(boxes, sizes)
def test_the_edges_of_a_crop_lie_on_the_edges_of_its_box(box: Box, size: tuple[int, int]) -> None:
    corners = np.array([[-0.5, -0.5], [size[0] - 0.5, size[1] - 0.5]])
    expected = [[box.x, box.y], [box.x + box.width, box.y + box.height]]
    assert apply(box_to_frame(box, size=size), corners) == pytest.approx(
        np.array(expected), abs=1e-6
    )


@given(boxes, sizes)
def test_inverse_and_composition_cancel(box: Box, size: tuple[int, int]) -> None:
    affine = box_to_frame(box, size=size)
    assert compose(invert(affine), affine) == pytest.approx(np.eye(2, 3), abs=1e-6)


def test_composition_applies_the_inner_one_first() -> None:
    crop = box_to_frame(Box(10, 20, 64, 128), size=(32, 64))
    stage = stage_to_input(4)
    points = np.array([[0.0, 0.0], [3.0, 5.0]])
    both = apply(compose(crop, stage), points)
    assert both == pytest.approx(apply(crop, apply(stage, points)))


def test_a_cell_lies_at_the_middle_of_the_pixels_it_covers() -> None:
    # Stride 4: cell 0 covers pixels 0 to 3, cell 2 covers 8 to 11.
    cells = apply(stage_to_input(4), np.array([[0.0, 2.0]]))
    assert cells == pytest.approx(np.array([[1.5, 9.5]]))


def test_a_crop_by_opencv_lies_where_the_affine_says() -> None:
    frame = np.zeros((60, 80), np.float32)
    frame[31, 47] = 1
    box = Box.centred(47, 31, 20, 20)
    affine = box_to_frame(box, size=(40, 40))
    crop = cv2.warpAffine(frame, affine, (40, 40), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    ys, xs = np.mgrid[:40, :40]
    centre = np.array([[(xs * crop).sum(), (ys * crop).sum()]]) / crop.sum()
    assert apply(affine, centre) == pytest.approx(np.array([[47, 31]]), abs=0.05)


def test_around_holds_its_points() -> None:
    points = np.array([[10.0, 20.0], [30.0, 60.0]])
    box = Box.around(points, margin=1.5)
    assert box == Box.centred(20, 40, 30, 60)
    assert Box.around(points[:1], margin=2) == Box.centred(10, 20, 2, 2)


@given(boxes, st.floats(0.1, 10))
def test_fitting_holds_the_box_at_the_wanted_shape(box: Box, aspect: float) -> None:
    fitted = box.fitted(aspect)
    assert fitted.width / fitted.height == pytest.approx(aspect)
    assert fitted.width >= box.width * (1 - 1e-9)
    assert fitted.height >= box.height * (1 - 1e-9)
    assert fitted.centre == pytest.approx(box.centre)


def test_scaling_is_about_the_centre() -> None:
    assert Box(0, 0, 10, 20).scaled(2) == Box(-5, -10, 20, 40)


def test_overlap() -> None:
    box = Box(0, 0, 10, 10)
    assert box.overlap(box) == 1
    assert box.overlap(Box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert box.overlap(Box(10, 0, 10, 10)) == 0
    assert box.overlap(Box(50, 50, 1, 1)) == 0


@given(boxes, boxes)
def test_overlap_is_symmetric_and_a_fraction(a: Box, b: Box) -> None:
    assert a.overlap(b) == pytest.approx(b.overlap(a))
    assert 0 <= a.overlap(b) <= 1 + 1e-9


def test_a_flat_affine_has_no_inverse() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        invert(np.zeros((2, 3)))
