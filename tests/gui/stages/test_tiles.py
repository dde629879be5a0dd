"""Tiles of fields, of people put together and of cascades, on results of the real estimators."""

import json

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QGuiApplication, QImage

from poseviewer.core.affine import Box
from poseviewer.core.stage import Request, grouped
from poseviewer.draw.colour import CYCLIC, lut
from poseviewer.gui.stages.grid import StageGrid
from poseviewer.gui.stages.rows import columns_of, rows_for
from poseviewer.gui.stages.save import TileSaver
from poseviewer.pipeline.estimate_cascade import CascadeEstimator
from poseviewer.pipeline.estimate_people import CrowdEstimator
from tests.dots import DotsClip
from tests.dots import joints as dots
from tests.pipeline import test_cascade as cascade
from tests.pipeline import test_crowd as crowd

pytestmark = pytest.mark.gui

LIMBS = crowd.CARD.fields.skeleton.limbs


@pytest.fixture(scope="module")
def people():
    estimator = CrowdEstimator(crowd.CARD, crowd.Fields())
    return estimator.estimate(crowd.frame(), Box.whole(crowd.SIZE), Request())


@pytest.fixture(scope="module")
def walker():
    estimator = CascadeEstimator(cascade.CARD, cascade.Finder())
    return estimator.estimate(DotsClip().read(4), cascade.REGION, Request())


def shown(qtbot, result, stages, *, show="all", size=(1500, 2600)):
    made = StageGrid()
    qtbot.addWidget(made)
    made.resize(*size)
    rows = rows_for(stages, show=show)
    made.show_stages(columns_of(grouped(stages), {row.kind for row in rows}), rows)
    made.show_result(result)
    made.show()
    qtbot.waitExposed(made)
    made.grab()
    return made


@pytest.fixture
def fields(qtbot, people):
    return shown(qtbot, people, crowd.CARD.stages)


@pytest.fixture
def crops(qtbot, walker):
    return shown(qtbot, walker, cascade.CARD.stages)


def at(grid, tile, place):
    """The point of the viewport where a tile shows a frame pixel."""
    rect = grid.tile_rect(tile.output.number, tile.row.channel)
    u, v = tile.place(np.asarray(place, float)).tolist()
    return QPointF(rect.left() + u * rect.width(), rect.top() + v * rect.height())


# -- fields -----------------------------------------------------------------------------------


def test_columns_are_stages_and_rows_joints_and_limbs(fields):
    assert len(fields.rows) == 2 + 18 + 19
    labels = [row.label for row in fields.rows]
    assert "r forearm" in labels
    assert "neck-nose" in labels
    forearm = next(row for row in fields.rows if row.label == "r forearm")
    assert forearm.title == "right elbow to right wrist"
    assert forearm.channel == 16


@pytest.mark.parametrize("limb", [2, 9, 12])
def test_a_limb_has_the_colour_of_its_direction(fields, limb):
    """In the middle of a known person's limb, as painted, against the wheel."""
    tile = fields.tile(4, LIMBS[limb].channel)
    picture = fields.grab().toImage()
    checked = 0
    for person in crowd.JOINTS:
        start, end = person[LIMBS[limb].start], person[LIMBS[limb].end]
        if np.linalg.norm(end - start) < 40:
            continue
        way = np.arctan2(*(end - start)[::-1])
        # A fifth of the way along, away from the line that marks the taken limb's middle.
        place = at(fields, tile, start + 0.5 * (end - start))
        reading = fields.reading_at(place)
        if reading.value < 0.95:
            continue  # two people cross here
        told = float(reading.note.split("towards ")[1].split("°")[0])
        assert abs((told + np.degrees(way) + 180) % 360 - 180) < 12
        hue = lut(CYCLIC)[round(way / (2 * np.pi) * 256) % 256].astype(float)
        pixels = np.array(
            [
                QColor(picture.pixelColor(place.toPoint() + QPoint(dx, dy))).getRgb()[:3]
                for dx in range(-4, 5)
                for dy in range(-4, 5)
            ],
            float,
        )
        # The nearest of the pixels around, since a line may lie over the very middle.
        assert np.linalg.norm(pixels - hue, axis=1).min() < 40
        checked += 1
    assert checked


def test_only_what_is_in_sight_is_wanted_of_each_kind(qtbot, people):
    grid = shown(qtbot, people, crowd.CARD.stages, show="joints")
    assert grid.seen_stages == {1, 3, 5}
    rows = rows_for(crowd.CARD.stages, show="limbs")
    grid.show_stages(columns_of(grouped(crowd.CARD.stages), {"paf"}), rows)
    assert grid.seen_stages == {0, 2, 4}
    grid.show_stages(grouped(crowd.CARD.stages), rows_for(crowd.CARD.stages, show="all"))
    assert grid.seen_stages == set(range(6))
    # One row of joints left in sight, and one column.
    grid.resize(260, 150)
    grid.set_tile_width(300)
    assert grid.seen_stages == {1}


def test_everybody_is_marked_in_a_tile(fields, people):
    marks = fields.marks
    row = next(n for n, row in enumerate(marks.rows) if row.title == "right wrist")
    places = [marks.peaks[row, 2], *(ring.place for ring in marks.rings if ring.row == row
                                     and ring.column == 2 and ring.strong)]  # fmt: skip
    tile = fields.tile(5, 4)
    found = np.array([tile.at(*place) for place in places])
    assert len(found) == 3
    away = np.linalg.norm(found[:, None] - crowd.JOINTS[:, 4], axis=2)
    assert away.min(axis=1).max() < 4
    assert sorted(away.argmin(axis=1).tolist()) == [0, 1, 2]


def test_taken_limbs_join_the_known_joints(fields):
    marks = fields.marks
    row = next(n for n, row in enumerate(marks.rows) if row.label == "r forearm")
    taken = [s for s in marks.strokes if s.row == row and s.column == 2 and s.strong]
    tile = fields.tile(4, 16)
    ends = np.array([[tile.at(*stroke.start), tile.at(*stroke.end)] for stroke in taken])
    known = crowd.JOINTS[:, [3, 4]]
    away = np.linalg.norm(ends[:, None] - known[None], axis=3).max(axis=2)
    assert sorted(away.argmin(axis=1).tolist()) == [0, 1, 2]
    assert away.min(axis=1).max() < 4


def test_limbs_of_nobody_are_faint(qtbot):
    estimator = CrowdEstimator(crowd.CARD, crowd.Fields())
    estimator.finder = crowd.Seer([0.7, 0.5, 0.0])
    result = estimator.estimate(crowd.frame(), Box.whole(crowd.SIZE), Request())
    marks = shown(qtbot, result, crowd.CARD.stages).marks
    row = next(n for n, row in enumerate(marks.rows) if row.label == "r forearm")
    strong = [sum(s.strong for s in marks.strokes if (s.row, s.column) == (row, c)) for c in (0, 2)]
    assert strong == [2, 3]


def test_choosing_goes_between_joints_and_limbs(qtbot, fields):
    with qtbot.waitSignal(fields.chosen) as chosen:
        place = fields.tile_rect(4, 16).center().toPoint()
        qtbot.mouseClick(fields.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [4, 16]
    assert fields.accessibleDescription().startswith("right elbow to right wrist, stage 3")


# -- cascades ---------------------------------------------------------------------------------


def test_a_crop_is_what_the_stage_looked_at(crops, walker):
    """Every tile of a later stage is the box about the answer before, to the pixel."""
    for stage in (1, 2):
        side = walker.stage(stage).to_frame[0, 0]
        for joint in range(14):
            tile = crops.tile(stage, joint)
            centre = walker.stage_poses[stage - 1].xy[0, joint]
            assert tile.at(0.5, 0.5) == pytest.approx(tuple(centre), abs=1e-3)
            assert tile.box.width == pytest.approx(side)
    first = crops.tile(0, 3).box
    assert (first.x, first.y) == (walker.region.x, walker.region.y)


def test_a_crop_shows_the_frame_where_it_says(crops):
    """The coloured dot of a joint is painted at the joint's own place in its tile."""
    picture = crops.grab().toImage()
    for joint in range(14):
        spot = at(crops, crops.tile(2, joint), dots(4)[joint]).toPoint()
        near = [
            QColor(picture.pixelColor(spot + QPoint(dx, dy))).getRgb()[:3]
            for dx in range(-3, 4)
            for dy in range(-3, 4)
        ]
        # The nearest of the pixels around, since the joint's ring lies over the very middle.
        away = np.linalg.norm(np.array(near, float) - cascade.COLOURS[joint], axis=1)
        assert away.min() < 25


def test_arrows_lead_from_the_answer_before_to_the_new_one(crops, walker):
    marks = crops.marks
    for joint in (2, 7):
        row = next(n for n, row in enumerate(marks.rows) if row.channel == joint)
        (arrow,) = [s for s in marks.strokes if s.row == row and s.column == 1]
        assert arrow.arrow
        tile = crops.tile(1, joint)
        assert tile.at(*arrow.start) == pytest.approx(walker.stage_poses[0].xy[0, joint], abs=1e-3)
        assert tile.at(*arrow.end) == pytest.approx(walker.stage_poses[1].xy[0, joint], abs=1e-3)
        assert tile.at(*marks.peaks[row, 1]) == pytest.approx(tile.at(*arrow.end), abs=1e-3)
        moved = np.linalg.norm(np.subtract(tile.at(*arrow.end), tile.at(*arrow.start)))
        reading = crops.reading_at(crops.tile_rect(1, joint).center())
        assert f"moved {moved:.1f} px" in reading.note


def test_the_first_stage_shows_where_the_second_looks(crops, walker):
    marks = crops.marks
    row = next(n for n, row in enumerate(marks.rows) if row.channel == 4)
    (box,) = [frame for frame in marks.frames if frame.row == row and frame.column == 0]
    tile = crops.tile(0, 4)
    second = crops.tile(1, 4).box
    assert tile.at(*box.corner) == pytest.approx((second.x, second.y), abs=1e-3)
    assert box.size[0] * walker.region.width == pytest.approx(second.width)


def test_a_cascade_wants_only_the_stages_in_sight(qtbot, walker):
    grid = shown(qtbot, walker, cascade.CARD.stages, size=(500, 700))
    assert grid.seen_stages == {0, 1, 2}
    grid.set_tile_width(300)
    assert grid.seen_stages == {0, 1}


def test_a_stage_that_was_not_asked_for_is_empty(qtbot):
    estimator = CascadeEstimator(cascade.CARD, cascade.Finder())
    request = Request(stages=frozenset({1}))
    result = estimator.estimate(DotsClip().read(4), cascade.REGION, request)
    grid = shown(qtbot, result, cascade.CARD.stages)
    assert grid.tile(0, 3) is None
    assert grid.tile(1, 3) is not None
    assert np.isnan(grid.marks.values[:, 2]).all()


def pixels_of(image):
    """The RGB of an image."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), -1, 3).copy()


# -- copies and files -------------------------------------------------------------------------


@pytest.fixture
def saver(fields):
    return TileSaver(fields)


def test_a_picture_is_whole_pixels_a_cell_and_shows_the_peak(saver, fields):
    tile = fields.tile(5, 4)
    picture = saver.picture(5, 4)
    width, height = tile.cells
    zoom = picture.width() // width
    assert (picture.width(), picture.height()) == (width * zoom, height * zoom)
    assert max(picture.width(), picture.height()) >= 320
    y, x = np.unravel_index(tile.values.argmax(), tile.values.shape)
    peak = picture.pixelColor(round((x + 0.5) * zoom), round((y + 0.5) * zoom))
    assert peak.lightness() > picture.pixelColor(2, picture.height() - 3).lightness() + 60


def test_a_copy_is_on_the_clipboard(qtbot, saver):
    with qtbot.waitSignal(saver.notified) as notified:
        saver.copy(5, 4)
    assert notified.args == ["info", "Copied right wrist, stage 3 beliefs."]
    copied = pixels_of(QGuiApplication.clipboard().image())
    assert np.array_equal(copied, pixels_of(saver.picture(5, 4)))
    assert copied.std() > 10
    QGuiApplication.clipboard().clear()


def test_numbers_are_the_tensor_and_lead_back_to_the_frame(saver, people, tmp_path):
    path = tmp_path / "wrist.npy"
    saver.save(path, 5, 4)
    values = np.load(path)
    assert values.dtype == np.float32
    assert np.array_equal(values, people.stage(5).values[4])
    facts = json.loads(path.with_suffix(".json").read_text())
    y, x = np.unravel_index(values.argmax(), values.shape)
    place = np.array(facts["to_frame"]) @ (x, y, 1)
    # A cell is 14 pixels.
    assert np.linalg.norm(crowd.JOINTS[:, 4] - place, axis=1).min() < 12
    assert facts["channels"] == ["right_wrist"]
    assert facts["frame_size"] == list(crowd.SIZE)


def test_numbers_of_a_field_are_both_components(saver, people, tmp_path):
    path = tmp_path / "forearm.npy"
    saver.save(path, 4, 16)
    assert np.array_equal(np.load(path), people.stage(4).values[16:18])
    facts = json.loads(path.with_suffix(".json").read_text())
    assert facts["channels"] == ["right_elbow-right_wrist x", "right_elbow-right_wrist y"]


def test_a_picture_is_saved(saver, tmp_path):
    saver.save(tmp_path / "tile.png", 4, None)
    saved = cv2.imread(str(tmp_path / "tile.png"))[..., ::-1]
    assert np.array_equal(saved, pixels_of(saver.picture(4, None)))
    assert saved.std() > 10


@pytest.mark.parametrize("name", ["tile.png", "tile.npy"])
def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(qtbot, saver, tmp_path, name):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with qtbot.waitSignal(saver.notified) as notified:
        saver.save(blocked / name, 5, 4)
    level, text = notified.args
    assert level == "error"
    assert text.startswith(f"{name} was not written because the folder {blocked} ")
    assert text.count(".") == 2  # that of the name, and the full stop
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_leaves_nothing(saver, tmp_path, monkeypatch):
    def full(self, content, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    said = []
    saver.notified.connect(lambda level, text: said.append((level, text)))
    saver.save(tmp_path / "tile.npy", 5, 4)
    assert said == [
        ("error", "The disk is full, so tile.npy was not written: make room or choose another "
         "folder.")
    ]  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_without_a_tile_it_says_what_to_do(qtbot, saver):
    with qtbot.waitSignal(saver.notified) as notified:
        saver.copy(-1, None)
    assert notified.args[0] == "warning"


def test_a_menu_is_asked_for_with_its_tile(qtbot, fields):
    place = fields.tile_rect(4, 16).center().toPoint()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, QPoint(5, 6))
    with qtbot.waitSignal(fields.asked) as asked:
        fields.contextMenuEvent(event)
    assert asked.args == [4, 16, QPoint(5, 6)]
    assert fields.pointed is None


def test_arrows_on_tiles_point_along_the_limb(qtbot, people):
    grid = shown(qtbot, people, crowd.CARD.stages, show="right_elbow-right_wrist")
    assert not grid.marks.arrows
    grid.show_look(colormap="inferno", span="row", gate=0.2, arrows=True)
    grid.grab()
    tile = grid.tile(4, 16)
    drawn = [arrow for arrow in grid.marks.arrows if arrow.column == 2]
    assert len(drawn) > 5
    known = crowd.JOINTS[:, 4] - crowd.JOINTS[:, 3]
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    for arrow in drawn:
        way = np.subtract(tile.at(*arrow.end), tile.at(*arrow.start))
        assert (known @ (way / np.linalg.norm(way))).max() > 0.97
