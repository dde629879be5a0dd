"""What a clip and an analysis are found again by, whatever they are called."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseviewer.core.video_choice import DEFAULT_CHOICE
from poseviewer.runtime.factories import measure_settings, model_info

if TYPE_CHECKING:
    from poseviewer.runtime.sections import AngleState, ReadingState
    from poseviewer.runtime.state import ModelInfo, ResultKey, SourceInfo

REVISION = 2
"""Raise it when the same network, weights and choices give other numbers than before: what was
saved is then made anew."""

_ENDS = 1 << 20
"""Bytes at either end of a file that its identity counts."""


def clip_identity(source: SourceInfo) -> str:
    """What the content of a clip is recognised by; empty where nothing of it can be saved.

    It counts the length of the file, its first and last megabyte, frames and duration, and which
    of its streams is shown how. Only files of moving pictures and folders of pictures have one.
    """
    if source.live or source.count < 2:
        return ""
    path = Path(source.location)
    key = hashlib.sha256()
    try:
        if path.is_dir():
            for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
                state = entry.stat()
                key.update(f"{entry.name} {state.st_size} {state.st_mtime_ns}\n".encode())
        elif stat.S_ISREG(path.stat().st_mode):
            _count(path, key)
        else:
            return ""
    except (OSError, ValueError):
        return ""
    choice = source.video.choice if source.video is not None else DEFAULT_CHOICE
    about = [source.count, float(source.times[-1]), source.size, asdict(choice)]
    key.update(json.dumps(about).encode())
    return key.hexdigest()


def content_identity(path: Path) -> str:
    """What a file, or a folder of pictures, is recognised by without being opened as a clip.

    It counts the length of a file, its first and its last megabyte; of a folder names and sizes.
    Unlike `clip_identity` it is the same on every computer, whatever was done to dates. Empty for
    what cannot be read, and for what is neither.
    """
    key = hashlib.sha256()
    try:
        if path.is_dir():
            for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
                key.update(os.fsencode(entry.name) + f" {entry.stat().st_size}\n".encode())
        elif stat.S_ISREG(path.stat().st_mode):
            _count(path, key)
        else:
            return ""
    except (OSError, ValueError):
        return ""
    return key.hexdigest()


def _count(path: Path, key: hashlib._Hash) -> None:
    """Count the length of a file, its first and its last megabyte."""
    with path.open("rb") as file:
        length = os.fstat(file.fileno()).st_size
        key.update(f"{length}\n".encode())
        key.update(file.read(_ENDS))
        file.seek(max(length - _ENDS, 0))
        key.update(file.read(_ENDS))


@dataclass(frozen=True, slots=True)
class MadeWith:
    """The network and the choices that an analysis is made with."""

    key: str
    """What it is found by."""

    choices: str
    """All of it as JSON, for people and other programs."""

    model: ModelInfo


def made_with(key: ResultKey) -> MadeWith:
    """What an analysis under these choices is found by; reads the weights, but no engine.

    Raises:
        PoseViewerError: There is no such network.
        OSError: Its weights cannot be read.
    """
    from poseviewer.models import registry
    from poseviewer.models.finder import FinderCard
    from poseviewer.models.int8 import stored_ranges
    from poseviewer.pipeline.joint_states import reader_path

    card = registry.card(key.network.model)
    choices: dict[str, Any] = {
        "network": key.network.model,
        "weights": _digest(card.weights_path),
        "joints": _digest(reader_path(card)),
        "detector": _digest(FinderCard().weights_path),
        "engine": key.network.engine,
        "device": key.network.device,
        "precision": key.network.precision,
        "decoding": key.decoding,
        "flip": key.flip,
        "region": key.region,
        "box": None if key.box is None else asdict(key.box),
        "revision": REVISION,
    }
    if key.track_window:
        choices["track_window"] = key.track_window
    if key.network.precision == "int8":
        choices["ranges"] = stored_ranges(card)
    text = json.dumps(choices, sort_keys=True)
    return MadeWith(hashlib.sha256(text.encode()).hexdigest(), text, model_info(card))


def measured_by(reading: ReadingState, angles: AngleState) -> str:
    """What the settings of angles and smoothed joints are recognised by."""
    settings = repr((REVISION, measure_settings(reading, angles)))
    return hashlib.sha256(settings.encode()).hexdigest()


def _digest(path: Path | None) -> str:
    """SHA-256 of a file; empty where there is none."""
    if path is None or not path.is_file():
        return ""
    state = path.stat()
    return _read(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=64)
def _read(path: Path, size: int, changed: int) -> str:  # noqa: ARG001 - of another file, another
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
