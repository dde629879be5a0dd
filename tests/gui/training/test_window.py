"""The training window: moments of a run, another run beside it, a run that grows."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from poseviewer.core.training_record import coded
from poseviewer.gui.training.plot import Curve, CurvePlot
from poseviewer.gui.training.window import TrainingWindow


def write(path, *, steps, supervised="every"):
    head = {
        "kind": "begin", "model": "cpm-6", "supervised": supervised, "stages": ["one", "two"],
        "layers": ["a", "b", "c"], "stage_of": [0, 0, 1],
        "pictures": coded(np.full((4, 16, 16, 3), 90, np.uint8)),
    }  # fmt: skip
    entries = [head]
    for step in range(1, steps + 1):
        beliefs = np.full((4, 2, 4, 4), min(20 * step, 255), np.uint8)
        entries += [
            {"kind": "step", "step": step, "losses": [2.0, 1.0], "gradients": [step, 0.5, 1e-4]},
            {"kind": "judged", "step": step, "pck": [0.1, 0.2]},
            {"kind": "maps", "step": step, "maps": coded(beliefs)},
        ]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "cpm-6.training.jsonl", steps=6)
    return tmp_path


@pytest.fixture
def window(qtbot, folder):
    made = TrainingWindow(folder)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_the_newest_moment_of_a_folder_is_shown_and_followed(window, folder):
    assert window.at.text() == "step 6"
    write(folder / "cpm-6.training.jsonl", steps=9)
    window.look()
    assert window.at.text() == "step 9"
    window.moment.setValue(2)
    write(folder / "cpm-6.training.jsonl", steps=12)
    window.look()
    # Who looks at an earlier moment is left there.
    assert window.at.text() == "step 3"
    assert window.gradients.curves[0].y.tolist() == [3, 0.5, 1e-4]


def test_the_place_on_a_plot_is_a_step(qtbot, window):
    window.losses.chosen.emit(2.2)
    assert window.at.text() == "step 2"


def test_steps_lie_under_each_other_however_seldom_accuracy_is_judged(window, folder):
    file = write(folder / "cpm-6.training.jsonl", steps=90)
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    kept = [one for one in rows if one["kind"] != "judged" or 3 <= one["step"] < 60]
    file.write_text("".join(json.dumps(one) + "\n" for one in kept))
    window.look()
    assert [n for n, _ in window.losses.ticks()] == [1, 2, 5, 10, 20, 50]
    assert window.losses.ticks() == window.pck.ticks()
    assert len(window.pck.curves[0].x) == 57


def test_a_run_stands_beside(window, tmp_path):
    (tmp_path / "other").mkdir()
    other = write(tmp_path / "other/x.training.jsonl", steps=4, supervised="last")
    window._add(str(other))
    window.runs.setCurrentIndex(0)
    window.beside.setCurrentIndex(window.beside.count() - 1)
    window.look()
    assert "Dashed: cpm-6, with a loss at the last stage alone." in window.said.text()
    assert window.gradients.curves[0].dashed
    assert window.gradients.curves[1].y[0] == 6


def test_playing_goes_to_the_end_and_stops(qtbot, window):
    window.play.setChecked(True)
    assert window.at.text() == "step 1"
    for _ in range(6):
        window._player.timeout.emit()
    assert window.at.text() == "step 6"
    assert not window.play.isChecked()


def test_a_run_that_has_not_begun_or_is_damaged_says_so(qtbot, tmp_path):
    made = TrainingWindow(tmp_path)
    qtbot.addWidget(made)
    assert "yet" in made.said.text()
    (tmp_path / "x.training.jsonl").write_text("[]\n")
    made.look()
    assert "x.training.jsonl" in made.said.text()
    assert made.record is None


def test_a_folder_that_vanishes_leaves_what_was_read(window, folder):
    (folder / "cpm-6.training.jsonl").unlink()
    window.look()
    assert window.said.text().startswith(f"{folder.name} is no longer there")
    assert window.at.text() == "step 6"
    assert window.record is not None
    write(folder / "cpm-6.training.jsonl", steps=2, supervised="last")
    window.look()
    assert window.at.text() == "step 2"
    assert "last stage alone" in window.said.text()


def test_another_run_of_the_same_length_is_read(window, folder):
    file = folder / "cpm-6.training.jsonl"
    before = file.stat()
    text = file.read_text().replace('"every"', '"evera"')
    file.write_text(text)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert file.stat().st_size == before.st_size
    window.look()
    assert window.record.supervised == "evera"


def test_nothing_is_drawn_again_while_nothing_is_new(window, monkeypatch):
    made = []
    monkeypatch.setattr(window, "_show_moment", lambda: made.append(1))
    window.look()
    assert not made


def test_a_folder_is_named_however_it_is_written(qtbot, folder, monkeypatch):
    monkeypatch.chdir(folder)
    made = TrainingWindow(Path())
    qtbot.addWidget(made)
    assert made.runs.currentText() == folder.name.replace("-", " ")


def test_a_number_that_is_none_leaves_a_gap(qtbot):
    x = np.arange(1.0, 8.0)
    whole = np.array([1, 1, 1, 1, 1, 1, 1.0])
    broken = np.array([1, 1, 1, np.nan, 1, 1, 1])
    inks = []
    for y in (whole, broken):
        plot = CurvePlot("Loss", across="step", logarithmic=True)
        qtbot.addWidget(plot)
        plot.resize(400, 200)
        plot.show_curves([Curve(x, y, (255, 0, 255), "")])
        image = plot.grab().toImage()
        columns = [
            column
            for column in range(image.width())
            if any(image.pixelColor(column, row).red() > 200 for row in range(30, 178))
        ]
        inks.append(columns)
    middle = (inks[0][0] + inks[0][-1]) // 2
    assert middle in inks[0]
    assert middle not in inks[1]
    assert (inks[1][0], inks[1][-1]) == (inks[0][0], inks[0][-1])


def test_names_without_room_are_left_out(qtbot):
    names = ("first", "last")
    row = np.ones(3)
    curves = [
        Curve(np.arange(3.0), row, colour, name)
        for colour, name in zip(((255, 0, 255), (0, 255, 255)), names, strict=True)
    ]
    plot = CurvePlot("A title that fills nearly all of the room there is", across="step")
    qtbot.addWidget(plot)
    plot.show_curves(curves)
    title = plot.fontMetrics().horizontalAdvance(plot.accessibleName())

    def inks(width):
        plot.resize(width, 160)
        image = plot.grab().toImage()
        above = [image.pixelColor(x, y) for x in range(image.width()) for y in range(20)]
        return tuple(
            any(
                abs(one.red() - r) + abs(one.green() - g) < 60 and one.blue() > 150 for one in above
            )
            for r, g in ((255, 0), (0, 255))
        )

    assert inks(2 * title + 200) == (True, True)
    assert inks(max(title, plot.minimumWidth())) == (False, False)


def test_numbers_beside_the_axis_have_room_where_nothing_is_right_yet(qtbot):
    plot = CurvePlot("PCK", across="step")
    qtbot.addWidget(plot)
    plot.show_curves([Curve(np.arange(3.0), np.zeros(3), (255, 0, 255), "")])
    plot.resize(400, 160)
    image = plot.grab().toImage()
    first = image.pixelColor(0, 0)
    assert all(image.pixelColor(0, y) == first for y in range(image.height()))
