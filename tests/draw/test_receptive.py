"""What is drawn of a receptive field."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from poseviewer.core.affine import Box, box_to_frame
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.layer import ReceptiveField, Spot
from poseviewer.draw.primitives import Dot, Label, Line, MapLayer, Outline
from poseviewer.draw.receptive import field_items


@pytest.fixture
def field() -> ReceptiveField:
    heat = np.zeros((40, 40), np.float32)
    heat[10, 30] = 1
    region = Box(20.0, 30.0, 120.0, 120.0)
    frame = Frame(np.zeros((200, 300, 3), np.uint8), 4, Timestamp(4, Fraction(1, 30)))
    box = Box(80.0, 40.0, 50.0, 44.0)
    to_frame = box_to_frame(region, size=(40, 40))
    return ReceptiveField(frame, region, Spot(1, 2), (111.0, 61.0), box, False, heat, to_frame, 9.0)


def test_box_peak_and_radius_are_drawn_where_they_are(field: ReceptiveField) -> None:
    items = field_items(field, title="r knee, stage 2,", colormap="viridis", opacity=0.5)
    (layer,) = [item for item in items if isinstance(item, MapLayer)]
    assert np.unravel_index(layer.values.argmax(), layer.values.shape) == (10, 30)
    assert layer.to_frame is field.to_frame
    assert {item.box for item in items if isinstance(item, Outline)} == {field.box}
    (dot,) = [item for item in items if isinstance(item, Dot)]
    assert dot.centre == field.place
    ends = np.array([item.start for item in items if isinstance(item, Line)])
    assert np.hypot(*(ends - field.place).T) == pytest.approx(np.full(len(ends), 9.0))
    words = " ".join(item.text for item in items if isinstance(item, Label))
    assert "r knee, stage 2, can see 50 by 44 px" in words
    assert "within 9 px" in words
