"""Belief lies on the picture, from the mannequin's known joints to what both painters paint.

A perfect network's maps of known joints go the whole way: crop, estimator, decoder, scene,
painters, tiles, cursors. Every error is in pixels of the frame, or of the screen where it says so.
"""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.core.affine import Box, apply, box_to_frame, invert
from poseviewer.core.frame import Frame
from poseviewer.core.look import Look
from poseviewer.core.stage import Request, StageSpec, grouped
from poseviewer.draw.raster import paint
from poseviewer.draw.scene import build_scene
from poseviewer.gui.frame.painter import ScenePainter
from poseviewer.gui.frame.view import FrameView
from poseviewer.gui.frame.viewport import Viewport
from poseviewer.gui.stages.grid import StageGrid
from poseviewer.gui.stages.rows import rows_for
from poseviewer.mannequin.source import Mannequin, Setting
from poseviewer.pipeline.estimate import Estimator
from tests.dots import CARD

pytestmark = pytest.mark.gui

SIZE = (641, 479)
"""Odd on purpose."""
INPUT = (192, 192)
STRIDES = (4, 8)
SIGMA = 1.2
STAGES = tuple(
    StageSpec(f"stage {n + 1}", "heatmap", stride, CARD.stages[0].channels)
    for n, stride in enumerate(STRIDES)
)
CROPS = {
    "whole": Box.whole(SIZE),
    "odd": Box(131.0, 3.0, 377.0, 471.0),
    "between pixels": Box(143.37, -7.81, 371.13, 480.29),
    "beyond the frame": Box(-120.4, -60.7, 702.9, 611.3),
}
VIEW = (420, 320)


class Known:
    """An engine that has the perfect answer for one crop."""

    def __init__(self, joints, region):
        fitted = region.fitted(INPUT[0] / INPUT[1])
        there = apply(invert(box_to_frame(fitted, size=INPUT)), joints)
        codecs = [HeatmapCodec(stride=s, sigma=SIGMA, background=True) for s in STRIDES]
        self.maps = [codec.encode(there, size=INPUT)[None] for codec in codecs]

    def run(self, batch, wanted=None):
        return [one.copy() for n, one in enumerate(self.maps) if wanted is None or n in wanted]


@pytest.fixture(scope="module")
def scene_of_truth():
    mannequin = Mannequin(replace(Setting(), size=SIZE))
    truth = mannequin.truth(45)
    return truth.xy[0].astype(np.float64), mannequin.frame(45)


@pytest.fixture(scope="module", params=CROPS)
def case(request, scene_of_truth):
    joints, frame = scene_of_truth
    region = CROPS[request.param]
    codec = HeatmapCodec(stride=4, sigma=SIGMA, background=True)
    card = replace(CARD, stages=STAGES, codec=codec, input_size=INPUT)
    # A black picture: what is painted is the belief alone.
    black = Frame(np.zeros_like(frame.pixels), frame.index, frame.time)
    result = Estimator(card, Known(joints, region)).estimate(black, region, Request())
    # Whose peak is wholly in the picture and in the crop: four deviations of the coarser map.
    reach = 4 * SIGMA * result.stages[1].to_frame[0, 0]
    low = np.maximum((0, 0), (result.region.x, result.region.y)) + reach
    high = np.minimum(
        SIZE, (result.region.x + result.region.width, result.region.y + result.region.height)
    )
    inside = ((joints > low) & (joints < high - reach)).all(axis=1)
    chosen = np.flatnonzero(inside)
    assert len(chosen) >= 4
    return result, joints, chosen


def centre(weight):
    y, x = np.indices(weight.shape)
    return np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()


@pytest.mark.parametrize(("stage", "limit"), [(0, 0.05), (1, 0.1)])
def test_what_is_decoded_is_the_joint(case, stage, limit):
    """Within a twentieth of a pixel at stride 4, a tenth at stride 8, through any crop."""
    result, joints, chosen = case
    found = result.stage_poses[stage].xy[0]
    assert np.linalg.norm(found - joints, axis=1)[chosen].max() < limit


@pytest.mark.parametrize("stage", [0, 1])
def test_the_file_paints_the_peak_on_the_joint(case, stage):
    """Within a quarter of a pixel."""
    result, joints, chosen = case
    for joint in chosen[::3]:
        look = Look(skeleton=False, overlay_stage=stage, overlay_channel=int(joint), opacity=1.0)
        pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        paint(build_scene(result, look), pixels)
        assert np.linalg.norm(centre(pixels.sum(axis=2)) - joints[joint]) < 0.25


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("zoom", [0.5, 1.0, 3.7])
def test_the_screen_paints_the_peak_on_the_joint(qapp, case, zoom, ratio):
    """Within half a pixel of the screen, whatever the zoom and the pixel ratio."""
    result, joints, chosen = case
    joint = int(chosen[len(chosen) // 2])
    look = Look(skeleton=False, overlay_stage=0, overlay_channel=joint, opacity=1.0)
    scene = build_scene(result, look, scale=1 / zoom)
    # The joint somewhere near the middle of the view, and not on a whole point.
    corner = np.array(VIEW) / 2 + (7.3, -4.6) - joints[joint] * zoom
    viewport = Viewport(zoom, *corner)
    image = QImage(round(VIEW[0] * ratio), round(VIEW[1] * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(0)
    painter = QPainter(image)
    ScenePainter().paint(painter, scene=scene, viewport=viewport)
    painter.end()
    bits = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    # Pixel i of the screen covers points i / ratio to (i + 1) / ratio.
    points = (centre(bits[..., :3].sum(axis=2, dtype=float)) + 0.5) / ratio
    wanted = np.array(viewport.to_view(*joints[joint]))
    assert np.linalg.norm((points - wanted) * ratio) < 0.5
    assert np.linalg.norm(np.array(viewport.to_frame(*points)) - joints[joint]) < 0.5 / zoom / ratio


class Dense(StageGrid):
    """A grid on a screen of another pixel ratio."""

    ratio = 1.0

    def devicePixelRatioF(self):
        return self.ratio


@pytest.fixture(params=[1.0, 1.5, 2.0])
def grid(request, qtbot, case):
    made = Dense()
    made.ratio = request.param
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show_stages(grouped(STAGES), rows_for(STAGES, show="all"))
    made.show_result(case[0])
    made.show()
    qtbot.waitExposed(made)
    made.grab()
    return made


def test_tiles_paint_the_peak_on_the_joint(grid, case):
    """Within half a pixel of the screen."""
    _, joints, chosen = case
    pixels, tiles = grid._painter._shown.pixels, grid.tiles
    rows, _ = grid.seen
    for joint in chosen:
        for stage in (0, 1):
            row = next(n for n, one in enumerate(grid.rows) if one.channel == joint)
            column = stage
            if row not in rows:
                continue
            left, top = column * tiles.pitch[0], list(rows).index(row) * tiles.pitch[1]
            part = pixels[top : top + tiles.tile[1], left : left + tiles.tile[0]]
            weight = np.maximum(((part >> 16) & 255).astype(float) - 16, 0)
            place = (centre(weight) + 0.5) / tiles.tile
            wanted = grid.tile(stage, int(joint)).place(joints[joint])
            assert np.linalg.norm((place - wanted) * tiles.tile) < 0.5


def test_cursors_go_from_tile_to_frame_and_back(grid, case):
    """To the last thousandth of a pixel, in every tile that can be seen."""
    _, joints, chosen = case
    ratio, tiles = grid.ratio, grid.tiles
    for place in joints[chosen]:
        grid.set_cursor((float(place[0]), float(place[1])))
        crosses = grid.crosshairs()
        assert {(row, column) for row, column, _, _ in crosses} == {
            (row, column) for row in grid.seen[0] for column in (0, 1)
        }
        for row, column, u, v in crosses:
            rect = grid.rect_of(row, column)
            at = QPointF(
                rect.left() + u * tiles.tile[0] / ratio, rect.top() + v * tiles.tile[1] / ratio
            )
            reading = grid.reading_at(at)
            assert (reading.stage, reading.row) == (column, grid.rows[row])
            assert np.linalg.norm(np.subtract(reading.frame, place)) < 1e-3


@pytest.mark.parametrize("zoom", [0.5, 1.0, 3.7])
def test_the_pixel_pointed_at_is_the_one_marked(qtbot, scene_of_truth, zoom):
    """A place read in a tile and shown on the picture is read back there as the same pixel."""
    joints, frame = scene_of_truth
    view = FrameView()
    qtbot.addWidget(view)
    view.resize(*VIEW)
    view.show_frame(frame, None)
    view.zoom(zoom / view.viewport.scale)
    for place in joints:
        at = QPointF(*view.viewport.to_view(*place))
        assert view.pixel_at(at) == tuple(round(v) for v in place)
