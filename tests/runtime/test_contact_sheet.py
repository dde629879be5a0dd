"""Contact sheets as files: read back by other readers than the ones here."""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from poseviewer.core.annotation import Annotations, Drawing, KeyFrame, shown_drawings
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.look import Look
from poseviewer.draw.colour import DRAWING
from poseviewer.draw.sheet import PAGE
from poseviewer.runtime.contact_sheet import Sheet, contact_sheet_steps
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from tests.dots import Dots, DotsClip, loader

if TYPE_CHECKING:
    from pathlib import Path

LINE = Drawing("line", ((20, 30), (280, 200)), 0, 99)
MARKED = Annotations(
    drawings=(LINE,), key_frames=tuple(KeyFrame(n, f"Füße (at {n})") for n in range(0, 90, 10))
)


def write(path: Path, annotations: Annotations = MARKED) -> Path:
    look = Look(drawn=shown_drawings(annotations, np.arange(100) / 25))
    sheet = Sheet(annotations, look, ("left knee",), lambda _: None)
    steps = list(contact_sheet_steps(path, sheet, "dots", opener=lambda _: DotsClip(100)))
    assert steps[-1].finished
    assert len(steps) == len(annotations.key_frames) + 2
    return path


def test_a_png_holds_every_frame_with_what_is_drawn(tmp_path: Path) -> None:
    picture = cv2.imread(str(write(tmp_path / "sheet.png")))
    assert picture is not None
    assert picture.shape[1] == PAGE[0]
    strokes = (np.abs(picture[..., ::-1].astype(int) - DRAWING).max(axis=2) < 12).astype(np.uint8)
    # A stroke in each of nine cells, with its label; letters and dots are smaller.
    _, _, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(strokes, np.ones((5, 5))))
    assert (stats[1:, cv2.CC_STAT_WIDTH] > 250).sum() == 9


def test_the_objects_of_a_pdf_lie_where_it_says(tmp_path: Path) -> None:
    data = write(tmp_path / "sheet.pdf").read_bytes()
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF", data)[1])
    assert data[start:].startswith(b"xref\n0 ")
    entries = re.findall(rb"^(\d{10}) 00000 n $", data[start:], re.MULTILINE)
    for number, place in enumerate(entries, 1):
        assert data[int(place) :].startswith(b"%d 0 obj\n" % number)
    for found in re.finditer(rb"/Length (\d+) .*>>\nstream\n", data):
        end = found.end() + int(found[1])
        assert data[end:].startswith(b"\nendstream")
    pages = data.count(b"/Type /Page ")
    assert b"/Count %d " % pages in data
    assert pages == 2
    # The texts stand above the picture, invisible, as a reader finds them.
    texts = [
        bytes.fromhex(one.decode()).decode("cp1252")
        for one in re.findall(rb"<([0-9a-f]+)> Tj", data)
    ]
    assert texts[0] == "dots"
    assert "Füße (at 80)" in texts
    assert zlib.crc32(data) == zlib.crc32(write(tmp_path / "again.pdf").read_bytes())


@pytest.mark.skipif(shutil.which("gs") is None, reason="needs Ghostscript")
def test_another_program_reads_the_pdf(tmp_path: Path) -> None:
    path = write(tmp_path / "sheet.pdf")
    gs = ["gs", "-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", "-dPDFSTOPONERROR"]
    subprocess.run(
        [*gs, "-sDEVICE=png16m", "-r100", f"-sOutputFile={tmp_path}/page%d.png", path],
        check=True, timeout=120, capture_output=True,
    )  # fmt: skip
    pages = sorted(tmp_path.glob("page*.png"))
    assert len(pages) == 2
    picture = cv2.imread(str(pages[0]))
    assert picture is not None
    # A4 at a hundred pixels an inch.
    assert np.abs(np.array(picture.shape[:2]) - (1169, 827)).max() <= 1
    known = cv2.imread(str(write(tmp_path / "sheet.png")))
    assert known is not None
    # The same picture, but for its end, where the page is turned.
    half = cv2.resize(known, (827, round(len(known) / 2)), interpolation=cv2.INTER_AREA)[:800]
    assert np.abs(half.astype(int) - picture[:800]).mean() < 4
    text = subprocess.run(
        [*gs, "-sDEVICE=txtwrite", "-sOutputFile=-", path],
        check=True, timeout=120, capture_output=True,
    ).stdout.decode()  # fmt: skip
    assert text.count("not analysed") == 9
    assert all(f"Füße (at {n})" in text for n in range(0, 90, 10))


def test_letters_that_its_font_lacks_are_still_painted(tmp_path: Path) -> None:
    one = replace(MARKED, key_frames=(KeyFrame(3, "колено ◆ 膝"),))
    data = write(tmp_path / "sheet.pdf", one).read_bytes()
    assert b"<3f3f3f3f3f3f203f203f> Tj" in data


@pytest.mark.parametrize(
    ("name", "annotations", "words"),
    [
        ("sheet.jpg", MARKED, "written as .pdf or .png"),
        ("sheet.pdf", Annotations(drawings=(LINE,)), "no key frames"),
        ("sheet.png", Annotations(key_frames=tuple(map(KeyFrame, range(201)))), "write a .pdf"),
        ("sheet.pdf", Annotations(key_frames=(KeyFrame(100),)), "ends with frame 99"),
    ],
)
def test_what_cannot_be_written(
    tmp_path: Path, name: str, annotations: Annotations, words: str
) -> None:
    with pytest.raises(PoseViewerError, match=words):
        write(tmp_path / name, annotations)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("drawings", "frame"), [(True, 3), (False, 3), (True, 60)])
def test_an_export_has_what_is_drawn_where_it_was_drawn(
    tmp_path: Path, drawings: bool, frame: int
) -> None:
    line = replace(LINE, points=((20, 30), (290, 30)), last=50)
    state = replace(AppState(), annotations=Annotations(drawings=(line,)))
    job = ExportJob(tmp_path / "out.png", frame, frame, Look(drawings=drawings, skeleton=False))
    export_clip(job, state, "dots", opener=lambda _: DotsClip(100), loader=loader(Dots()))
    picture = cv2.imread(str(job.output))
    assert picture is not None
    yellow = np.abs(picture[..., ::-1].astype(int) - DRAWING).max(axis=2) < 40
    rows, columns = np.nonzero(yellow)
    if not drawings or frame > 50:
        assert len(rows) == 0
        return
    stroke = yellow.sum(axis=1).argmax()
    assert stroke == 30
    assert abs(columns.min() - 20) <= 3
    assert abs(columns.max() - 290) <= 3
