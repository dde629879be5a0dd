"""The contact sheet of a clip: its key frames as they are drawn, with comments and angles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import save_file
from poseviewer.runtime.export_picture import painted, png_bytes, resized
from poseviewer.runtime.job import Countdown
from poseviewer.video.inputs import spare_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.core.annotation import Annotations
    from poseviewer.core.frame import Frame
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.sheet import Cell
    from poseviewer.runtime.jobs import Progress
    from poseviewer.runtime.source_thread import Opener
    from poseviewer.video.source import Clip

ENDINGS = (".pdf", ".png")

_MOST = 200
"""Key frames that fit on one picture."""


_DESIGN = 1.3
"""Pixels of the sheet per design point: capitals of a drawing are 1.6 mm high."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What stands on a contact sheet."""

    annotations: Annotations
    """With its key frames, comments, notes, and what is drawn on the clip."""

    look: Look
    """How frames are drawn."""

    angles: tuple[str, ...]
    """Names of the angles below each frame, of the first person."""

    result: Callable[[int], FrameResult | None]
    """What was found in a frame; None where it was not analysed."""

    title: str = ""
    """Of the sheet; the name of the clip where empty."""


def contact_sheet_steps(
    path: Path, sheet: Sheet, location: str, *, opener: Opener
) -> Generator[Progress, None, None]:
    """Write the key frames of a clip as a .pdf or .png.

    Args:
        path: The file.
        sheet: What stands on it.
        location: The clip.
        opener: Opens it.

    Raises:
        PoseViewerError: There are no key frames, or too many for a picture, or the file cannot be
            written, or is the clip.
    """
    from poseviewer.draw.sheet import sheet_pages
    from poseviewer.runtime.pdf import pdf_bytes
    from poseviewer.video.source import Clip

    ending = path.suffix.lower()
    if ending not in ENDINGS:
        msg = f"A contact sheet is written as {' or '.join(ENDINGS)}, not as {path.name}."
        raise PoseViewerError(msg)
    count = len(sheet.annotations.key_frames)
    if not count:
        msg = "The clip has no key frames: mark some first (Shift+K in the window)."
        raise PoseViewerError(msg)
    if ending == ".png" and count > _MOST:
        msg = f"{count} key frames are too many for one picture: write a .pdf."
        raise PoseViewerError(msg)
    spare_inputs([path], source=location)
    countdown = Countdown(count + 1, output=str(path))
    yield countdown.at(0)
    with opener(location) as clip:
        if not isinstance(clip, Clip):
            msg = f"{clip.name} is no clip, and has no key frames."
            raise PoseViewerError(msg)
        cells: list[Cell] = []
        for cell in _cells(sheet, clip):
            cells.append(cell)
            yield countdown.at(len(cells))
        title = sheet.title or clip.name
    notes = sheet.annotations.notes
    if ending == ".pdf":
        save_file(path, pdf_bytes(sheet_pages(cells, title=title, notes=notes), title=title))
    else:
        (page,) = sheet_pages(cells, title=title, notes=notes, endless=True)
        save_file(path, png_bytes(page.pixels))
    yield countdown.at(count + 1)


def _cells(sheet: Sheet, clip: Clip) -> Iterator[Cell]:
    from poseviewer.draw.captions import clock
    from poseviewer.draw.sheet import Cell, cell_size

    origin, last = clip.time(0).seconds, len(clip) - 1
    for one in sheet.annotations.key_frames:
        if one.frame > last:
            msg = f"{clip.name} ends with frame {last}; key frame {one.frame} is of another clip."
            raise PoseViewerError(msg)
        frame = clip.read(one.frame)
        result = sheet.result(one.frame)
        if result is not None:
            # What is stored has no pixels.
            result = replace(result, frame=frame)
        yield Cell(
            _picture(frame, result, sheet.look, size=cell_size(clip.size)),
            f"Frame {one.frame} · {clock(frame.time.seconds - origin)}",
            _figures(result, sheet.angles),
            one.comment,
        )


def _picture(
    frame: Frame, result: FrameResult | None, look: Look, *, size: tuple[int, int]
) -> NDArray[np.uint8]:
    # Lines and letters suit the size on paper.
    scale = _DESIGN * frame.size[0] / size[0]
    grown = size if size[0] > frame.size[0] else None
    return resized(painted(frame, result, look, size=grown, scale=scale), size)


def _figures(result: FrameResult | None, names: tuple[str, ...]) -> str:
    """The chosen angles of the first person, such as `left knee 124°`."""
    from poseviewer.draw.arcs import degrees_text

    if result is None:
        return "not analysed"
    if not len(result.poses):
        return "nobody found"
    measured = zip(result.angles.specs, result.angles.degrees[0].tolist(), strict=True)
    return ", ".join(
        f"{spec.name} {degrees_text(value)}"
        for spec, value in measured
        if spec.name in names and isfinite(value)
    )
