"""One tile of the Stages dock in a file: its picture, or the real numbers with their place."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageOutput


def numbers_of(output: StageOutput, channel: int | None) -> tuple[np.ndarray, tuple[str, ...]]:
    """The tensor behind a tile, as the network returned it, and the names of its first axis.

    Args:
        output: A stage.
        channel: Of beliefs or coordinates one, (h, w); of fields both components of the limb,
            (2, h, w); None for every channel.
    """
    names = output.spec.channels
    if channel is None:
        return output.values, names
    if output.spec.kind == "paf":
        pair = slice(channel // 2 * 2, channel // 2 * 2 + 2)
        return output.values[pair], names[pair]
    return output.values[channel], (names[channel],)


def facts_of(result: FrameResult, output: StageOutput, channel: int | None) -> dict[str, Any]:
    """What has to be known to use the numbers of a tile, as JSON can hold it.

    `to_frame` is the 2x3 affine from cell centres (x, y) to frame pixels, both 0-based and
    pixel-centred.
    """
    values, names = numbers_of(output, channel)
    return {
        "stage": output.spec.name,
        "kind": output.spec.kind,
        "channels": list(names),
        "shape": list(values.shape),
        "to_frame": output.to_frame.tolist(),
        "frame": result.frame.index,
        "seconds": result.frame.time.seconds,
        "frame_size": list(result.frame.size),
        "skeleton": result.poses.skeleton.name,
    }


def save_numbers(path: Path, result: FrameResult, output: StageOutput, channel: int | None) -> Path:
    """Write the tensor of a tile as .npy (float32), and what it means beside it as .json.

    Returns:
        The .json.

    Raises:
        PoseViewerError: A file cannot be written; nothing is left of it.
    """
    values, _ = numbers_of(output, channel)
    kept = io.BytesIO()
    np.save(kept, np.ascontiguousarray(values, np.float32))
    save_bytes(path, kept.getvalue())
    beside = path.with_suffix(".json")
    try:
        save_bytes(beside, _text(facts_of(result, output, channel)))
    except PoseViewerError:
        path.unlink(missing_ok=True)
        raise
    return beside


def save_bytes(path: Path, content: bytes) -> None:
    """Write a small file whole or not at all.

    Raises:
        PoseViewerError: It cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        msg = f"Cannot write {path}: {error.strerror or error}; choose another folder."
        raise PoseViewerError(msg) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _text(facts: Mapping[str, Any]) -> bytes:
    return (json.dumps(facts, indent=2) + "\n").encode()
