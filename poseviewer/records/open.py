"""Which data files an export can write, and opening them together."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import write_errors, write_failure
from poseviewer.core.numbered import beside as named_beside
from poseviewer.core.numbered import is_numbered, present
from poseviewer.plugins import PluginTable
from poseviewer.records.about import About, AboutFile
from poseviewer.records.kinds import RecordKind
from poseviewer.records.stage import AtStage
from poseviewer.video.inputs import spare_inputs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from poseviewer.core.files import OutputSet
    from poseviewer.records.record import Record

TITLES = {
    "csv": "CSV tables of joints and of angles",
    "csv-wide": "CSV, joints and angles in one sheet",
    "repetitions": "CSV, repetitions of every angle",
    "csv-sleap": "CSV as SLEAP writes it",
    "csv-dlc": "CSV as DeepLabCut writes it",
    "h5-dlc": "HDF5 as DeepLabCut writes it",
    "json": "OpenPose JSON, BODY_25",
    "json-18": "OpenPose JSON, COCO's 18 joints",
    "poses": "PoseViewer JSON, everything in one file",
    "coco": "COCO dataset with pictures",
    "coco-results": "COCO keypoint results",
    "mot": "MOT, angles for OpenSim",
    "trc": "TRC, joints in pixels, for Sports2D",
    "trc-m": "TRC, joints in metres, for OpenSim",
    "trc-depth": "TRC, joints in metres with guessed depth",
    "c3d": "C3D",
    "c3d-depth": "C3D, joints in metres with guessed depth",
    "npz": "NumPy arrays",
    "parquet": "Parquet tables of joints and of angles",
    "nwb": "NWB, Neurodata Without Borders",
}
"""What each kind of data that comes with the program is, by its name."""

WRITERS = PluginTable(
    "poseviewer.writers",
    {kind: f"poseviewer.records.kinds:{kind.upper().replace('-', '_')}" for kind in TITLES},
)
"""Every `RecordKind` by name."""

_ABOUT = "_about.json"

_WITHOUT_PICTURES = frozenset(TITLES) - {"coco"}


def record_kind(name: str) -> RecordKind:
    """The kind of record called `name`.

    Raises:
        PoseViewerError: There is none, its plug-in does not work, or it needs packages that are
            not installed.
    """
    if name not in WRITERS:
        msg = f"Results cannot be written as {name!r}; choose from {', '.join(WRITERS.names)}."
        raise PoseViewerError(msg)
    kind = WRITERS.load(name)
    with WRITERS.guarded(name):
        if not isinstance(kind, RecordKind):
            msg = f"it gives a {type(kind).__name__} where a RecordKind is wanted"
            raise TypeError(msg)
    if kind.missing:
        msg = (
            f"Results as {name!r} need {' and '.join(kind.missing)}; install with: "
            "pip install 'poseviewer[formats]'."
        )
        raise PoseViewerError(msg)
    return kind


def places(kinds: Iterable[str], *, beside: Path) -> list[Path]:
    """Every file or folder that `open_records` would write.

    Raises:
        PoseViewerError: As `record_kind` does.
    """
    paths = [path for kind in kinds for path in record_kind(kind).paths(beside)]
    return [*paths, named_beside(beside, _ABOUT)] if paths else []


def need_pictures(kinds: Iterable[str]) -> bool:
    """Whether one of these kinds may want the pixels of frames; a plug-in's may."""
    return not _WITHOUT_PICTURES.issuperset(kinds)


def open_records(
    kinds: Iterable[str],
    *,
    beside: Path,
    outputs: OutputSet,
    about: About | None = None,
    note: bool = True,
) -> list[Record]:
    """Open files of the wanted kinds beside (and named after) the output of an export.

    Args:
        kinds: Names in `WRITERS`.
        beside: The output.
        outputs: The outputs of the export, which the files become part of.
        about: How the results are made, and the filter of curves.
        note: Write `OUT_about.json` too, which says how they were made: not every format can.

    Raises:
        PoseViewerError: There is no such kind, it needs what is not there, or the folder cannot
            be written.
    """
    records: list[Record] = []
    about = about or About()
    try:
        for name in kinds:
            kind = record_kind(name)
            with WRITERS.guarded(name):
                records.extend(kind.open(kind.paths(beside), outputs, about))
        if records and note:
            path = named_beside(beside, _ABOUT)
            records.append(AboutFile(path, outputs=outputs, about=about))
    except (OSError, PoseViewerError) as error:
        for record in records:
            record.abort()
        if isinstance(error, OSError):
            raise PoseViewerError(write_failure(beside, error)) from error
        raise
    if about.stage is not None:
        return [AtStage(record, about.stage, gate=about.gate) for record in records]
    return records


def guard(
    paths: Iterable[Path], *, source: str, force: bool, others: Iterable[Path | None] = ()
) -> None:
    """See that writing `paths` destroys nothing.

    Args:
        paths: Files and folders that are about to be written.
        source: What is read.
        force: Whether what exists may be replaced; an input never may.
        others: Files that are read besides; None is passed over.

    Raises:
        PoseViewerError: A path is an input, exists without `force`, has no folder, or a name
            that is too long.
    """
    wanted = list(paths)
    for path in wanted:
        # That of numbered pictures is made.
        folder = path.parent.parent if is_numbered(path) else path.parent
        if not folder.is_dir():
            msg = f"There is no folder {folder} to write {path.name} into: make it first."
            raise PoseViewerError(msg)
        # Says whether the name is too long; that there is nothing yet is as it should be.
        with write_errors(path), suppress(FileNotFoundError):
            os.lstat(path)
    spare_inputs(wanted, source=source, others=others)
    for path in wanted:
        if present(path) and not force:
            msg = f"{path} exists already: say --force to replace it, or give another name."
            raise PoseViewerError(msg)
