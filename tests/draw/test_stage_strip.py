"""The strip of one joint's maps against the tensors that it shows."""

from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.affine import Box, apply, compose, invert
from poseviewer.core.stage import Request, StageOutput, grouped
from poseviewer.draw.kinds import painter_of
from poseviewer.draw.stage_strip import Shown, change_of, grey_region, strip_of
from poseviewer.draw.tiles import tile_of
from poseviewer.pipeline.estimate import Estimator
from tests.dots import CARD, STAGES, Dots, DotsClip, joints

REGION = Box(60.3, 10.7, 215.0, 215.0)
SIZE = 260, 260
GROUPS = grouped(STAGES)
JOINT = 6
ROW = painter_of("heatmap").row(JOINT, STAGES[0].channels[JOINT])


@pytest.fixture(scope="module")
def result():
    return Estimator(CARD, Dots()).estimate(DotsClip().read(4), REGION, Request())


def stages(result, **fields):
    return [Shown(result, group, group.title, **fields) for group in GROUPS]


def strip(shown, *, mode="maps", own_range=False):
    return strip_of(
        shown, row=ROW, size=SIZE, mode=mode, colormap="inferno", own_range=own_range, gate=0.2,
        background=0xFF000000,
    )  # fmt: skip


def colours(pixels, number):
    part = pixels[:, number * SIZE[0] : (number + 1) * SIZE[0]]
    return np.stack([(part >> shift) & 255 for shift in (16, 8, 0)], axis=-1).astype(float)


def glow(made, number):
    """Where a tile is most coloured, frame pixels: the backdrop is grey."""
    rgb = colours(made.pixels, number)
    weight = rgb.max(axis=2) - rgb.min(axis=2)
    y, x = np.nonzero(weight > 0.5 * weight.max())
    place = (
        np.average((x + 0.5) / SIZE[0], weights=weight[y, x]),
        np.average((y + 0.5) / SIZE[1], weights=weight[y, x]),
    )
    return np.array(made.pictures[number].tile.at(*place))


@pytest.mark.parametrize("stage", range(3))
def test_the_glow_lies_on_the_joint(result, stage):
    made = strip(stages(result), own_range=True)
    cell = REGION.width / result.stage(0).values.shape[2]
    assert np.hypot(*(glow(made, stage) - joints(4)[JOINT])) < 0.35 * cell


def test_looked_at_closer_the_glow_lies_where_it_did(result):
    x, y = joints(4)[JOINT]
    window = Box.centred(float(x) + 7, float(y) - 5, 80.0, 80.0)
    whole, near = strip(stages(result)), strip(stages(result, window=window))
    tile = near.pictures[2].tile
    assert tile.values.shape[1] < whole.pictures[2].tile.values.shape[1] / 2
    cell = REGION.width / result.stage(0).values.shape[2]
    # No more than the resampling of either picture.
    assert np.hypot(*(glow(near, 2) - glow(whole, 2))) < 0.2 * cell
    rest = result.stage(2).values[JOINT]
    assert tile.values.max() == rest.max()


def test_the_picture_beneath_is_the_same_from_the_frame_and_from_what_is_stored(result):
    stored = grey_region(result, longest=SIZE[0])
    fresh = strip(stages(result)).pixels
    later = strip(stages(result, beneath=stored)).pixels
    assert np.abs(colours(fresh, 0) - colours(later, 0)).max() <= 4


def test_a_difference_is_the_second_map_less_the_first(result):
    made = strip(stages(result), mode="change")
    assert made.pictures[0].difference is None
    for number in (1, 2):
        first, second = (result.stage(n).values[JOINT] for n in (number - 1, number))
        found = made.pictures[number].difference
        assert np.array_equal(found, second - first)
        assert found.sum() == pytest.approx(second.sum() - first.sum(), rel=1e-4)
        assert made.pictures[number].change == (min(found.min(), 0), max(found.max(), 0))
    tops = [np.abs(made.pictures[n].difference).max() for n in (1, 2)]
    assert [made.pictures[n].high for n in (1, 2)] == pytest.approx([max(tops)] * 2)


def test_no_change_is_the_grey_picture_alone(result):
    twice = replace(
        result,
        stages=tuple(
            StageOutput(STAGES[n], result.stage(1).values.copy(), result.stage(1).to_frame, n)
            for n in range(3)
        ),
    )
    made = strip(stages(twice), mode="change")
    assert (np.ptp(colours(made.pixels, 1), axis=2) <= 8).all()
    assert made.pictures[1].change == (0, 0)


def test_what_was_added_is_orange_and_what_was_taken_is_blue(result):
    output = result.stage(0)
    more, less = output.values.copy(), output.values.copy()
    more[JOINT], less[JOINT] = 0.0, 0.0
    more[JOINT, 4:8, 4:8], less[JOINT, 20:24, 20:24] = 0.8, 0.8
    made = strip(
        stages(
            replace(
                result,
                stages=(
                    StageOutput(STAGES[0], less, output.to_frame, 0),
                    StageOutput(STAGES[1], more, output.to_frame, 1),
                    StageOutput(STAGES[2], more.copy(), output.to_frame, 2),
                ),
            )
        ),
        mode="change",
    )
    rgb = colours(made.pixels, 1)
    cells = np.array(made.pictures[1].tile.cells)

    def at(cell):
        x, y = (np.array([cell, cell]) * SIZE / cells).astype(int)
        return rgb[y, x]

    added, taken = at(6), at(22)
    assert added[0] > added[2] + 40
    assert taken[2] > taken[0] + 40
    # Equal sizes are equally light (CIE Y, near enough).
    light = [np.dot(colour / 255, (0.2126, 0.7152, 0.0722)) for colour in (added, taken)]
    assert light[0] == pytest.approx(light[1], abs=0.12)


def test_maps_of_other_cells_are_compared_where_they_lie(result):
    output = result.stage(1)
    half = np.ascontiguousarray(output.values[:, ::2, ::2])
    coarse = StageOutput(
        STAGES[0], half, compose(output.to_frame, np.array([[2.0, 0, 0], [0, 2.0, 0]])), 0
    )
    both = replace(result, stages=(coarse, output))
    before, after = (tile_of(both, row=ROW, group=group) for group in GROUPS[:2])
    found = change_of(before, after)
    assert found.shape == output.values.shape[1:]
    # In the cells that both have, nothing was changed.
    assert np.abs(found[::2, ::2]).max() < 1e-5


def test_stages_share_a_range_unless_each_has_its_own(result):
    shared, own = strip(stages(result)), strip(stages(result), own_range=True)
    tops = [float(result.stage(n).values[JOINT].max()) for n in range(3)]
    assert [one.high for one in shared.pictures] == pytest.approx([max(tops)] * 3)
    assert [one.high for one in own.pictures] == pytest.approx(tops)


def test_a_place_is_read_from_what_is_drawn(result):
    made = strip(stages(result), mode="change")
    place = apply(invert(result.stage(1).to_frame), joints(4)[JOINT])
    u, v = (place + 0.5) / np.array(made.pictures[1].tile.cells)
    x, y = (int(side) for side in place + 0.5)
    assert made.pictures[1].value(u, v) == made.pictures[1].difference[y, x]
    assert made.pictures[0].value(u, v) == result.stage(0).values[JOINT, y, x]
    assert made.pictures[0].value(1.2, 0.5) is None


def test_a_stage_that_was_not_asked_for_is_empty(result):
    made = strip(stages(replace(result, stages=result.stages[:1])))
    assert made.pictures[1].tile is None
    assert made.pictures[1].value(0.5, 0.5) is None
