"""Where the frame lies in its view."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseviewer.gui.frame.viewport import CLOSEST, FARTHEST, Viewport

places = st.floats(-2000, 2000)
scales = st.floats(0.05, 40)


def test_a_fitted_frame_is_whole_and_centred():
    fitted = Viewport.fitted((640, 480), view=(1000, 500))
    left, top = fitted.to_view(-0.5, -0.5)
    right, bottom = fitted.to_view(639.5, 479.5)
    assert left > 0
    assert top > 0
    assert right < 1000
    assert bottom < 500
    assert abs(left - (1000 - right)) <= 1
    assert abs(top - (500 - bottom)) <= 1


def test_the_centre_of_the_first_pixel_is_zero():
    assert Viewport(4, 10, 20).to_frame(12, 22) == (0, 0)


def test_a_mirror_swaps_the_sides_of_the_same_place():
    plain, mirrored = Viewport(4, 10, 20), Viewport(4, 10, 20, 640)
    assert mirrored.to_view(0, 7) == plain.to_view(639, 7)
    assert mirrored.to_frame(*plain.to_view(100, 7)) == (539, 7)


@given(scales, places, places, places, places, st.sampled_from([0, 640]))
def test_there_and_back(scale, x, y, px, py, mirrored):
    viewport = Viewport(scale, x, y, mirrored)
    assert viewport.to_frame(*viewport.to_view(px, py)) == pytest.approx((px, py), abs=1e-6)


@given(
    scales, places, places, st.floats(0, 900), st.floats(0, 600), st.floats(0.01, 100),
    st.sampled_from([0, 640]),
)  # fmt: skip
def test_zoom_keeps_the_pixel_under_the_pointer(scale, x, y, px, py, factor, mirrored):
    before = Viewport(scale, x, y, mirrored)
    after = before.zoomed(factor, at=(px, py))
    assert FARTHEST <= after.scale <= CLOSEST
    was, now = before.to_frame(px, py), after.to_frame(px, py)
    assert now == pytest.approx(was, abs=1e-4)


@given(scales, st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_the_frame_cannot_be_lost(scale, x, y):
    kept = Viewport(scale, x, y).clamped((640, 480), view=(800, 600))
    left, top = kept.to_view(-0.5, -0.5)
    right, bottom = kept.to_view(639.5, 479.5)
    assert left < 800
    assert right > 0
    assert top < 600
    assert bottom > 0
