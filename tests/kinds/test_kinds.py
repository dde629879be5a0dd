"""A kind of stage is one file of `codec` and one of `draw.kinds`; nothing else knows of it.

The files of shifts and embeddings lie beside this test, and are put into the two
packages for its time. A network with a stage of each then goes through all that shows stages.
"""

import json

import numpy as np
import pytest
from PySide6.QtGui import QImage

from poseviewer.core.affine import apply
from poseviewer.core.convergence import converge
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.look import Look
from poseviewer.core.stage import grouped, kind_of, kinds
from poseviewer.draw.colour import CYCLIC, lut
from poseviewer.draw.kinds import PAINTERS, painter_of
from poseviewer.draw.primitives import FieldLayer, MapLayer
from poseviewer.draw.scene import build_scene
from poseviewer.gui.stages.grid import StageGrid
from poseviewer.gui.stages.rows import rows_for, subjects_of
from poseviewer.gui.stages.save import TileSaver
from tests.dots import joints as dots
from tests.kinds.network import (
    ATTENTION,
    DEEP,
    INSIDE,
    KNEE,
    NEW,
    OFFSETS,
    REGION,
    STAGES,
    analyse,
    installed_kinds,
)

pytestmark = pytest.mark.gui

OLD = {
    "heatmap", "paf", "coords", "features", "points", "vectors", "bins", "map", "look", "zoom",
    "offsets", "displacements", "attention", "filters", "coordinates", "directions",
}  # fmt: skip


@pytest.fixture(scope="module")
def known():
    with installed_kinds():
        yield
    with pytest.raises(PoseViewerError, match="no kind of stage 'shifts'; known: attention, bins"):
        kind_of("shifts")


@pytest.fixture(scope="module")
def result(known):
    return analyse()


@pytest.fixture
def grid(qtbot, result):
    made = StageGrid()
    qtbot.addWidget(made)
    made.resize(1500, 2600)
    made.show_stages(grouped(STAGES), rows_for(STAGES, show="all"))
    made.show_result(result)
    made.show()
    qtbot.waitExposed(made)
    made.grab()
    return made


def test_the_tables_find_them_by_their_files(known):
    assert {kind.name for kind in kinds()} == {*NEW, *OLD}
    assert set(PAINTERS.names()) == {kind.name for kind in kinds()}


def test_a_kind_says_how_it_is_decoded_and_the_last_one_that_answers_counts(result):
    assert [len(poses) for poses in result.stage_poses] == [1, 0, 0, 0, 0, 1]
    cell = REGION.width / 32
    assert np.abs(result.poses.xy[0] - dots(4)).max() < cell
    assert np.array_equal(result.poses.xy, result.stage_poses[OFFSETS].xy)


def test_what_has_no_mirror_image_is_not_averaged_with_one(result):
    both = analyse(flip=True)
    assert np.array_equal(both.stage(ATTENTION).values, result.stage(ATTENTION).values)
    assert not np.array_equal(both.stage(0).values, result.stage(0).values)


def test_every_kind_has_rows_tiles_and_a_name_for_them(grid):
    labels = [row.label for row in grid._rows]
    assert {"r knee", "r knee shift", "head 1", "strongest head", "principal components"} <= {
        *labels
    }
    assert grid.seen_stages == set(range(6))
    titles = [row.title for row in grid._rows]
    assert "channel head 1 (not trained to be read)" in titles
    assert subjects_of(STAGES) == ("joint", "channel")


def pixel(grid, stage, channel, u, v):
    """The colour of the mosaic at a place in a tile, 0 to 1."""
    made = grid
    row, column = made._tile_of(stage, channel)
    layout = made.tiles
    place = np.array([column, list(made.seen[0]).index(row)]) * layout.pitch
    x, y = (place + np.array([u, v]) * layout.tile).astype(int)
    word = int(made._painter._shown.pixels[y, x])
    return np.array([(word >> shift) & 255 for shift in (16, 8, 0)], float)


def test_each_tile_has_the_colours_of_its_kind(grid, result):
    tile = grid.tile(OFFSETS, 2 * KNEE)
    assert np.array_equal(tile.values, result.stage(OFFSETS).values[2 * KNEE : 2 * KNEE + 2])
    # In the last row of cells, where vectors are long.
    way = np.arctan2(*tile.values[::-1, -1, 8])
    hue = lut(CYCLIC)[round(way / (2 * np.pi) * 256) % 256].astype(float)
    seen = pixel(grid, OFFSETS, 2 * KNEE, 8.5 / 32, 31.5 / 32)
    assert (seen * hue).sum() / np.linalg.norm(seen) / np.linalg.norm(hue) > 0.98
    # Principal components are coloured, and differ from corner to corner.
    corners = [pixel(grid, INSIDE, None, u, v) for u in (0.02, 0.98) for v in (0.02, 0.98)]
    assert len({tuple(corner) for corner in corners}) == 4
    # A feature below zero is blue.
    red, _, blue = pixel(grid, DEEP, 0, 0.02, 0.02)
    assert blue > red
    # A weight of a thousandth is still the strongest of its tile.
    y, x = np.unravel_index(result.stage(1).values[0].argmax(), (32, 32))
    assert pixel(grid, ATTENTION, 0, (x + 0.5) / 32, (y + 0.5) / 32).sum() > 400


@pytest.mark.parametrize(
    ("stage", "channel", "words"),
    [
        (OFFSETS, 2 * KNEE, ("shift ", " cells towards ", "cell 3, 7")),
        (ATTENTION, 1, ("weight ", "not trained to be read")),
        (DEEP, 0, ("activation ", "not trained to be read")),
        (INSIDE, 2, ("value ", "not trained to be read")),
    ],
)
def test_the_value_under_the_pointer(grid, result, stage, channel, words):
    rect = grid.tile_rect(stage, channel)
    width, height = grid.tile(stage, channel).cells
    place = rect.topLeft()
    place.setX(place.x() + 3.5 / width * rect.width())
    place.setY(place.y() + 7.5 / height * rect.height())
    reading = grid.reading_at(place)
    values, _ = kind_of(STAGES[stage].kind).select(result.stage(stage), channel)
    wanted = np.hypot(*values[:, 7, 3]) if values.ndim == 3 else values[7, 3]
    assert reading.value == pytest.approx(float(wanted))
    assert all(word in reading.note for word in words)
    assert reading.frame == pytest.approx(
        apply(result.stage(stage).to_frame, np.array([3.0, 7.0])).tolist(), abs=1e-6
    )


def test_the_decoded_joint_is_ringed_in_its_tile(grid, result):
    marks = grid._painter.marks
    row = [(row.kind, row.name) for row in marks.rows].index(("shifts", "right_knee"))
    column = marks.columns.index(len(grouped(STAGES)) - 1)
    tile = grid.tile(OFFSETS, 2 * KNEE)
    assert tile.at(*marks.peaks[row, column]) == pytest.approx(
        result.poses.xy[0, KNEE].tolist(), abs=1e-3
    )


@pytest.mark.parametrize(
    ("stage", "channel", "layer", "line"),
    [
        (OFFSETS, 2 * KNEE, FieldLayer, "r knee shift, stage 2"),
        (ATTENTION, None, MapLayer, "strongest head, look 1 (not trained to be read)"),
        (DEEP, 1, MapLayer, "channel 1 (not trained to be read), deep"),
        (INSIDE, None, MapLayer, "principal components, inside (not trained to be read)"),
    ],
)
def test_over_the_frame(result, stage, channel, layer, line):
    look = Look(skeleton=False, overlay_stage=stage, overlay_channel=channel)
    items = build_scene(result, look).items
    first = next(item for item in items if isinstance(item, layer))
    assert first.to_frame is result.stage(stage).to_frame
    output = result.stage(stage)
    assert painter_of(output.spec.kind).caption(output.spec, channel) == line


def test_tiles_are_saved_as_numbers_and_as_pictures(grid, result, tmp_path):
    TileSaver(grid).save(tmp_path / "knee.npy", OFFSETS, 2 * KNEE)
    saved = np.load(tmp_path / "knee.npy")
    assert np.array_equal(saved, result.stage(OFFSETS).values[2 * KNEE : 2 * KNEE + 2])
    facts = json.loads((tmp_path / "knee.json").read_text())
    assert facts["channels"] == ["right_knee x", "right_knee y"]
    assert (facts["kind"], facts["trained_to_be_read"]) == ("shifts", True)
    TileSaver(grid).save(tmp_path / "inside.png", INSIDE, None)
    picture = QImage(str(tmp_path / "inside.png"))
    assert picture.width() >= 320
    assert picture.pixelColor(2, 2) != picture.pixelColor(picture.width() - 3, 2)


def test_convergence_follows_what_answers(result):
    found = converge(result, specs=STAGES)
    assert found.stages == (0, OFFSETS)
    assert found.xy[1] == pytest.approx(result.poses.xy[0])
    assert np.isfinite(found.entropy[0]).all()
    assert np.isnan(found.entropy[1]).all()


def test_painters_speak_of_one_channel_or_all(known):
    painter = painter_of("shifts")
    assert painter.caption(STAGES[OFFSETS], 2 * KNEE + 1) == "r knee shift, stage 2"
    assert painter.caption(STAGES[OFFSETS], 999) == "all joints shift, stage 2"
