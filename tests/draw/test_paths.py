"""The way of a joint over the stages."""

import numpy as np

from poseviewer.draw.paths import stage_colour, way_items
from poseviewer.draw.primitives import Dot, Label, Line

WAY = np.array([[10.0, 10.0], [110.0, 10.0], [110.0, 90.0]])


def kinds(items, kind):
    return [item for item in items if isinstance(item, kind)]


def test_a_dot_a_stage_joined_in_order():
    items = way_items(WAY)
    assert [dot.centre for dot in kinds(items, Dot)] == [(10, 10), (110, 10), (110, 90)]
    strokes = kinds(items, Line)[2:]
    assert [(line.start, line.end) for line in strokes] == [
        ((10, 10), (110, 10)),
        ((110, 10), (110, 90)),
    ]
    assert not kinds(items, Label)


def test_a_stage_that_did_not_find_the_joint_is_passed_over():
    way = WAY.copy()
    way[1] = np.nan
    items = way_items(way, numbers=(1, 2, 3))
    assert [dot.fill for dot in kinds(items, Dot)] == [stage_colour(0, 3), stage_colour(2, 3)]
    assert len(kinds(items, Line)) == 2
    assert [label.text for label in kinds(items, Label)] == ["3", "1"]


def test_of_numbers_on_one_spot_the_last_is_written():
    way = np.array([[0.0, 0.0], [99.0, 0.0], [100.0, 1.0]])
    labels = kinds(way_items(way, numbers=(1, 2, 3)), Label)
    assert [label.text for label in labels] == ["3", "1"]


def test_colours_grow_lighter_from_stage_to_stage():
    light = [np.dot((0.2126, 0.7152, 0.0722), stage_colour(n, 6)) for n in range(6)]
    assert (np.diff(light) > 0).all()
    assert stage_colour(0, 1) == stage_colour(0, 6)
