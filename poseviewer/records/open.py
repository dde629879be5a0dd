"""Which data files an export can write, and opening them together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.filters import RAW, Filter
from poseviewer.plugins import PluginTable
from poseviewer.records.kinds import RecordKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from poseviewer.core.files import OutputSet
    from poseviewer.records.tables import Record

WRITERS = PluginTable(
    "poseviewer.writers",
    {kind: f"poseviewer.records.kinds:{kind.upper()}" for kind in ("csv", "json", "mot", "trc")},
)
"""Every `RecordKind` by name."""


def record_kind(name: str) -> RecordKind:
    """The kind of record called `name`.

    Raises:
        PoseViewerError: There is none, or its plug-in does not work.
    """
    if name not in WRITERS:
        msg = f"Results cannot be written as {name!r}; choose from {', '.join(WRITERS.names)}."
        raise PoseViewerError(msg)
    kind = WRITERS.load(name)
    with WRITERS.guarded(name):
        if not isinstance(kind, RecordKind):
            msg = f"it gives a {type(kind).__name__} where a RecordKind is wanted"
            raise TypeError(msg)
    return kind


def places(kinds: Iterable[str], *, beside: Path) -> list[Path]:
    """Every file or folder that `open_records` would write.

    Raises:
        PoseViewerError: As `record_kind` does.
    """
    return [path for kind in kinds for path in record_kind(kind).paths(beside)]


def open_records(
    kinds: Iterable[str], *, beside: Path, outputs: OutputSet, by: Filter = RAW
) -> list[Record]:
    """Open files of the wanted kinds beside (and named after) the output of an export.

    Args:
        kinds: Names in `WRITERS`.
        beside: The output.
        outputs: The outputs of the export, which the files become part of.
        by: What is done to curves that are written; raw angles are written beside it.

    Raises:
        PoseViewerError: There is no such kind, or the folder cannot be written.
    """
    records: list[Record] = []
    try:
        for name in kinds:
            kind = record_kind(name)
            with WRITERS.guarded(name):
                records.extend(kind.open(kind.paths(beside), outputs, by))
    except (OSError, PoseViewerError) as error:
        for record in records:
            record.abort()
        if isinstance(error, OSError):
            msg = f"Cannot write beside {beside}: {error.strerror}; choose another folder."
            raise PoseViewerError(msg) from error
        raise
    return records


def guard(paths: Iterable[Path], *, source: str, force: bool) -> None:
    """See that writing `paths` destroys nothing.

    Args:
        paths: Files and folders that are about to be written.
        source: What is read.
        force: Whether what exists may be replaced; the source never may.

    Raises:
        PoseViewerError: A path is the source, exists without `force`, or has no folder.
    """
    for path in paths:
        if not path.parent.is_dir():
            msg = f"There is no folder {path.parent} to write {path.name} into: make it first."
            raise PoseViewerError(msg)
        if not path.exists():
            continue
        if Path(source).exists() and path.samefile(source):
            msg = f"{path} is the source itself: give the output another name."
            raise PoseViewerError(msg)
        if not force:
            msg = f"{path} exists already: say --force to replace it, or give another name."
            raise PoseViewerError(msg)
