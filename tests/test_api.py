"""`import poseviewer`: light, complete, and with the numbers that the commands give."""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from fractions import Fraction
from inspect import signature
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

import poseviewer
from poseviewer import Freeze, Slow, api
from poseviewer.cli.export import add_parser
from poseviewer.cli.main import main
from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from tests.video.variants import interlaced, several_streams

if TYPE_CHECKING:
    from pathlib import Path

CLIP = "mannequin-clip:160x120@25x4"


@pytest.fixture(scope="module")
def table() -> poseviewer.Table:
    return poseviewer.analyse(CLIP, model="hourglass-lite", start=1)


def test_importing_it_loads_nothing_heavy() -> None:
    check = (
        "import sys, poseviewer; dir(poseviewer);"
        "heavy = {'numpy', 'torch', 'PySide6', 'cv2', 'av', 'openvino'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_name_is_offered_and_documented() -> None:
    assert poseviewer.__all__ == api.__all__
    for name in poseviewer.__all__:
        assert getattr(poseviewer, name).__doc__
        assert name in dir(poseviewer)
    with pytest.raises(AttributeError, match="analyze"):
        _ = poseviewer.analyze


def test_a_table_has_people_joints_angles_and_true_times(table: poseviewer.Table) -> None:
    assert table.frames.tolist() == [1, 2, 3]
    assert table.times.tolist() == [1 / 25, 2 / 25, 3 / 25]
    assert table.frame.tolist() == [1, 2, 3]
    assert table.people == (0,)
    assert table.joints["left_wrist"].shape == (3, 3)
    assert np.array_equal(table.joints["left_wrist"][:, :2], table.xy[:, 11])
    assert np.array_equal(table.angles["left knee"], table.curve("left knee").astype(np.float32))
    assert len(table.of(0)) == 3
    assert len(table.of(7)) == 0
    assert np.isnan(table.curve("left knee", person=7)).all()


def test_it_is_what_the_export_writes(table: poseviewer.Table, tmp_path: Path) -> None:
    told = []
    output = poseviewer.export(
        CLIP,
        tmp_path / "out.mp4",
        start=1,
        stage=0,
        heatmap="left wrist",
        data=["csv"],
        progress=lambda done, total: told.append((done, total)),
    )
    with poseviewer.open_clip(output) as written, poseviewer.open_clip(CLIP) as clip:
        assert (len(written), written.size) == (3, clip.size)
        away = [np.abs(written.read(1).pixels.astype(int) - clip.read(n).pixels) for n in (1, 2)]
        # The map covers little; the second picture is of frame 2 and no other.
        assert away[1].mean() < away[0].mean()
    assert told[-1] == (3, 3)
    with (tmp_path / "out.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["joint"] == "left_wrist"]
    written = [[float(row["x_px"]), float(row["y_px"])] for row in rows]
    np.testing.assert_allclose(table.joints["left_wrist"][:, :2], written, atol=1e-4)
    with pytest.raises(PoseViewerError, match="exists already"):
        poseviewer.export(CLIP, output)


SAME = {
    "composite": (
        "--layout side --size 640x360 --joints left_knee --plot", ["left knee"],
        {"layout": "side", "size": (640, 360), "joints": ["left_knee"], "plot": ["left knee"]},
    ),
    "times": (
        "--start 1 --speed 0.5@2-3 --interpolate --freeze", ["1=0.1,stages:A title"],
        {
            "start": 1, "slow": [Slow(2, 3, Fraction(1, 2))], "interpolate": True,
            "freeze": [Freeze(1, Fraction(1, 10), "A title", stages=True)],
        },
    ),
    "form": (
        "--rate 10 --speed 0.5 --size 96x96 --quality small --encoder software --no-audio", [],
        {
            "rate": 10, "speed": 0.5, "size": (96, 96), "quality": "small",
            "encoder": "software", "audio": False,
        },
    ),
    "drawn": (
        "--stage 1 --heatmap left_wrist --ghost 2 --line-width 2 --text-size 0.5 "
        "--draw skeleton,boxes,uncertainty,figures,time,legend --truth auto --arcs", ["left knee"],
        {
            "stage": 0, "heatmap": "left_wrist", "ghost": 1, "line_width": 2, "text_size": 0.5,
            "draw": ["skeleton", "boxes", "uncertainty", "figures", "time", "legend"],
            "truth": "auto", "arcs": ["left knee"],
        },
    ),
    "field": (
        "--model openpose-lite --start 1 --end 1 --field all --stage 1 --data csv --scale 0.01", [],
        {
            "model": "openpose-lite", "start": 1, "end": 1, "field": "all", "stage": 1,
            "data": ["csv"], "scale": 0.01,
        },
    ),
    "beside": ("--end 1 --beside cpm-lite", [], {"end": 1, "beside": "cpm-lite"}),
    "other clip": (
        "--end 1 --beside-offset 0.04 --beside-clip", [CLIP],
        {"end": 1, "beside_clip": CLIP, "beside_offset": 0.04},
    ),
    "forming": ("--start 2 --forming 0.1", [], {"start": 2, "forming": 0.1}),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_python_and_the_command_write_the_same_file(name: str, tmp_path: Path) -> None:
    line, more, options = SAME[name]
    for folder in ("command", "python"):
        (tmp_path / folder).mkdir()
    output = tmp_path / "command" / "o.mp4"
    assert main(["export", CLIP, "-o", str(output), *line.split(), *more]) == 0
    poseviewer.export(CLIP, tmp_path / "python" / "o.mp4", **options)
    written = sorted(path.name for path in output.parent.iterdir())
    assert "o.mp4" in written
    for each in written:
        one, other = (tmp_path / folder / each for folder in ("command", "python"))
        assert one.read_bytes() == other.read_bytes(), each
    plain = tmp_path / "plain.mp4"
    poseviewer.export(CLIP, plain, start=options.get("start", 0), end=options.get("end"))
    assert plain.read_bytes() != output.read_bytes()


def test_every_option_of_the_command_is_one_of_python() -> None:
    commands = argparse.ArgumentParser().add_subparsers()
    add_parser(commands)
    words = {action.dest for action in commands.choices["export"]._actions}
    named = {"input": "clip", "force": "overwrite", "no_audio": "audio", "no_overlay": "overlay"}
    named |= {"custom": "angles", "no_picture": "picture", "no_store": "store"}
    named |= {"uncorrected": "corrected"}
    python = {*signature(poseviewer.export).parameters, *api.ExportOptions.__annotations__}
    python |= api.Options.__annotations__.keys()
    assert {named.get(word, word) for word in words} - {"help"} <= python


def test_frames_without_people_stay_as_gaps(tmp_path: Path) -> None:
    for name in ("0.png", "1.png"):
        cv2.imwrite(str(tmp_path / name), np.full((96, 128, 3), 90, np.uint8))
    empty = poseviewer.analyse(tmp_path)
    assert len(empty) == 0
    assert empty.people == ()
    assert empty.frames.tolist() == [0, 1]
    assert np.isnan(empty.curve("left knee")).all()
    assert empty.joints["left_wrist"].shape == (0, 3)


def test_a_curve_can_be_filtered_and_knows_its_name(table: poseviewer.Table) -> None:
    raw, smooth = (table.curve("left knee", filter=f) for f in ("none", "median,window=3"))
    assert smooth[1] == pytest.approx(np.median(raw))
    with pytest.raises(PoseViewerError, match="left knee"):
        table.curve("left tail")
    with pytest.raises(PoseViewerError, match="cutoff of 60 Hz"):
        table.curve("left knee", filter="butterworth,order=4,cutoff=60")


def test_a_data_frame_has_a_row_for_each_person_and_frame(table: poseviewer.Table) -> None:
    pytest.importorskip("pandas")
    frame = table.to_frame()
    assert frame["frame"].tolist() == [1, 2, 3]
    assert frame["left_wrist_y_px"].tolist() == table.xy[:, 11, 1].tolist()
    assert frame["left_knee_deg"].tolist() == table.angles["left knee"].tolist()


def test_without_pandas_one_sentence_says_how_to_get_it(
    table: poseviewer.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(PoseViewerError, match="pip install pandas"):
        table.to_frame()


def test_a_network_gives_every_stage_of_an_image() -> None:
    net = poseviewer.load_network("hourglass-lite", engine="torch")
    assert net.engine == "Torch fp32, CPU"
    with poseviewer.open_clip(CLIP) as clip:
        frame = clip.read(2)
    image = np.array(frame.pixels)
    answer = net(image)
    assert image.flags.writeable
    assert [stage.values.shape for stage in answer.stages] == [(23, 48, 48)] * 3
    assert answer.angles.degrees.shape[0] == len(answer.poses) == 1
    # Another image in between changes nothing.
    net(np.zeros((50, 80, 3), np.uint8))
    assert np.array_equal(net(frame).poses.xy, answer.poses.xy)
    with pytest.raises(ValueError, match="uint8"):
        net(np.zeros((50, 80), np.uint8))


def test_a_box_is_what_the_network_is_shown() -> None:
    net = poseviewer.load_network("hourglass-lite", region=Box(10, 0, 100, 100), engine="torch")
    with poseviewer.open_clip(CLIP) as clip:
        assert net(clip.read(0)).region == Box(10, 0, 100, 100)


def test_an_open_clip_stays_open() -> None:
    with poseviewer.open_clip(CLIP) as clip:
        assert poseviewer.analyse(clip, end=0).frames.tolist() == [0]
        assert clip.read(3).index == 3


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: poseviewer.open_clip("mannequin:"), "is live"),
        (lambda: poseviewer.analyse(CLIP, model="hourglas-lite"), "hourglass-lite"),
        (lambda: poseviewer.analyse(CLIP, region="everywhere"), "whole, follow, people"),
        (lambda: poseviewer.analyse(CLIP, decoding="fine"), "argmax"),
        (lambda: poseviewer.load_network("cpm-6"), "no weights"),
        (lambda: poseviewer.export(CLIP, "out.mp4", stage=3), "stages 0 to 2"),
        (lambda: poseviewer.export(CLIP, "out.mp4", heatmap="tail"), "no joint called 'tail'"),
        (lambda: poseviewer.export(CLIP, "out.mp4", data=["xml"]), "csv, csv-wide, .*, nwb"),
        (lambda: poseviewer.export(CLIP, "out.mp4", layout="row"), "side, presenter, portrait"),
        (lambda: poseviewer.export(CLIP, "out.mp4", draw=["hat"]), "choose from skeleton"),
        (lambda: poseviewer.export(CLIP, "out.mp4", ghost=3), "stages 0 to 2"),
        (lambda: poseviewer.export(CLIP, "out.mp4", field="all"), "no part affinity fields"),
        (lambda: poseviewer.export(CLIP, "out.mp4", interpolate=True), "of slow motion"),
        (lambda: poseviewer.export(CLIP, "out.mp4", speed=0), "speed is a number above 0"),
        (lambda: poseviewer.export(CLIP, "out.mp4", line_width=11), "up to 10, not 11"),
        (lambda: poseviewer.export(CLIP, "out.mp4", size=(8, 8)), "sides of 16 to 8192"),
        (lambda: poseviewer.export(CLIP, "out.mp4", beside_offset=1), "is of beside_clip"),
        (lambda: poseviewer.export(CLIP, "out.mp4", encoder="fast"), "no encoder 'fast'"),
        (lambda: poseviewer.export(CLIP, "out.mp4", heatmap="all", field="all"), "choose one"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(act, words: str) -> None:
    with pytest.raises(PoseViewerError, match=words):
        act()


def test_the_networks_are_those_of_the_command() -> None:
    assert "hourglass-lite" in [card.name for card in poseviewer.networks()]


def test_the_video_stream_and_the_fields_of_a_clip_are_chosen(tmp_path: Path) -> None:
    several_streams([(96, 64), (192, 108)])(tmp_path / "two.mkv")
    with poseviewer.open_clip(tmp_path / "two.mkv", video_stream=1) as clip:
        assert clip.size == (96, 64)
    interlaced(top_first=True)(tmp_path / "fields.mp4")
    with poseviewer.open_clip(tmp_path / "fields.mp4", deinterlace="field") as clip:
        assert (len(clip), clip.rate) == (48, 30)
    with pytest.raises(poseviewer.PoseViewerError, match="no video stream 3"):
        poseviewer.open_clip(tmp_path / "two.mkv", video_stream=3)
