"""The Stages grid on results of the real estimator, of a person whose joints are known."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from poseviewer.core.affine import Box
from poseviewer.core.stage import Request, grouped
from poseviewer.gui.stages.grid import StageGrid
from poseviewer.gui.stages.rows import rows_for
from poseviewer.pipeline.estimate import Estimator
from tests.dots import CARD, INPUT, STAGES, Dots, DotsClip, joints

pytestmark = pytest.mark.gui

REGION = Box(60.3, 10.7, 215.0, 215.0)
CELL = 4 * REGION.width / INPUT[0]


@pytest.fixture(scope="module")
def result():
    return Estimator(CARD, Dots()).estimate(DotsClip().read(4), REGION, Request())


@pytest.fixture
def grid(qtbot, result):
    made = StageGrid()
    qtbot.addWidget(made)
    made.resize(500, 1600)
    made.show_stages(grouped(STAGES), rows_for(STAGES, show="all"))
    made.show_result(result)
    made.show()
    qtbot.waitExposed(made)
    made.grab()
    return made


@pytest.mark.parametrize("stage", range(3))
def test_every_ring_lies_on_its_joint(grid, result, stage):
    marks = grid.marks
    truth = joints(4)
    for at, row in enumerate(marks.rows):
        if row.channel is None:
            continue
        tile = grid.tile_rect(stage, row.channel)
        u, v = marks.peaks[at, stage]
        ring = QPointF(tile.left() + u * tile.width(), tile.top() + v * tile.height())
        reading = grid.reading_at(ring)
        assert reading.row.channel == row.channel
        assert np.hypot(*np.subtract(reading.frame, truth[row.channel])) < 0.35 * CELL
        # The decoder may refine into the neighbouring cell, never further from the peak.
        assert reading.value >= 0.5 * marks.values[at, stage]


def test_belief_grows_from_stage_to_stage(grid):
    values = grid.marks.values
    assert (np.diff(values, axis=1) > 0).all()


def test_the_background_has_a_map_but_no_joint(grid, result):
    grid.show_stages(grouped(STAGES), rows_for(STAGES, show="background"))
    grid.grab()
    marks = grid.marks
    assert np.isnan(marks.peaks).all()
    assert marks.values[0, 2] == result.stage(2).values[-1].max()


def test_nobody_has_maps_but_no_rings(grid):
    clip = DotsClip(nobody=range(30))
    result = Estimator(CARD, Dots()).estimate(clip.read(4), REGION, Request())
    grid.show_result(result)
    grid.grab()
    assert not grid.marks.strong[1:].any() or np.isnan(grid.marks.peaks).all()
    assert np.isfinite(grid.marks.values).all()
