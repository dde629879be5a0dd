"""Saves one tile of the Stages dock: as an image, or as numbers with their place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.files import OutputSet, save_file, write_errors
from poseviewer.video.inputs import spare_inputs

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageOutput


def facts_of(result: FrameResult, output: StageOutput, channel: int | None) -> dict[str, Any]:
    """The facts needed to use the numbers of a tile, as JSON values.

    `to_frame` is the 2x3 affine from cell centres (x, y) to frame pixels, both 0-based and
    pixel-centred.
    """
    values, names = output.spec.meaning.select(output, channel)
    return {
        "stage": output.spec.name,
        "kind": output.spec.kind,
        "meaning": output.spec.meaning.title,
        "trained_to_be_read": not output.spec.warning,
        "channels": list(names),
        "shape": list(values.shape),
        "to_frame": output.to_frame.tolist(),
        "frame": result.frame.index,
        "seconds": result.frame.time.seconds,
        "frame_size": list(result.frame.size),
        "skeleton": result.poses.skeleton.name,
    }


def save_numbers(
    path: Path, result: FrameResult, output: StageOutput, channel: int | None, *, source: str
) -> Path:
    """Write the tensor of a tile as .npy (float32), and what it means beside it as .json.

    Args:
        path: Of the .npy.
        result: What the tile is of.
        output: The stage's.
        channel: Of the tile; None for all.
        source: Location of what is open.

    Returns:
        The .json.

    Raises:
        PoseViewerError: A file cannot be written, or is the source; nothing is left of it.
    """
    values, _ = output.spec.meaning.select(output, channel)
    facts = json.dumps(facts_of(result, output, channel), indent=2) + "\n"
    beside = path.with_suffix(".json")
    spare_inputs([path, beside], source=source)
    with write_errors(path), OutputSet() as outputs:
        with outputs.file(path).open("wb") as file:
            np.save(file, np.ascontiguousarray(values, np.float32))
        outputs.file(beside).write_text(facts, encoding="utf-8")
    return beside


def save_picture(path: Path, content: bytes, *, source: str) -> None:
    """Write a picture that was made while `source` was open.

    Raises:
        PoseViewerError: It cannot be written, or is the source.
    """
    spare_inputs([path], source=source)
    save_file(path, content)
