"""Gets a published network: fetches its files and makes a model of the user's own of it."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.core.assets import fetched_folder
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import write_errors
from poseviewer.models.download import PATIENCE, fetch_files, matches
from poseviewer.models.engine import require_torch
from poseviewer.models.graph_files.tarballs import pack
from poseviewer.models.registry import shipped

if TYPE_CHECKING:
    from collections.abc import Generator

    from poseviewer.models.catalogue import Entry

MIRROR = "POSEVIEWER_MIRROR"
"""Environment variable that names a mirror; it counts more than what is chosen in the window."""


def source(entry: Entry, *, mirror: str = "") -> str:
    """The address that `get` fetches a network from."""
    return entry.location(os.environ.get(MIRROR) or mirror)


def get(
    entry: Entry, *, mirror: str = "", patience: float = PATIENCE
) -> Generator[tuple[int, int], None, None]:
    """Make a network of the catalogue ready to run; yields bytes done and bytes in all.

    Args:
        entry: Which.
        mirror: Where from, unless POSEVIEWER_MIRROR says it; see `Entry.location`.
        patience: Seconds that the server may send nothing.

    Raises:
        PoseViewerError: It is here already, cannot be fetched, or cannot be read.
    """
    if entry.here:
        msg = f"{entry.name} is here already; `poseviewer models show {entry.name}` describes it."
        raise PoseViewerError(msg)
    if not (entry.ours or entry.graph):
        # Files of others are read and checked by torch.
        require_torch()
    mirror = os.environ.get(MIRROR) or mirror
    stored = None if mirror else _in_hub_cache(entry)
    path = stored or (yield from fetch_files(entry, mirror=mirror, patience=patience))
    try:
        if entry.ours:
            _place(path, fetched_folder() / entry.filename)
        elif entry.graph:
            from poseviewer.models.graph_files.cards import examined
            from poseviewer.models.graph_files.cards import store as store_graph

            if entry.files and entry.member:
                path = _packed(entry, path.parent)
            with examined(path, member=entry.member or None) as candidate:
                store_graph(candidate, name=entry.name, shipped=shipped())
        else:
            from poseviewer.models.importers.checkpoint import examine, store

            store(examine(path, shipped=shipped(), name=entry.name), shipped=shipped())
    finally:
        if path != stored:
            shutil.rmtree(path.parent, ignore_errors=True)


def _packed(entry: Entry, folder: Path) -> Path:
    """The files of a network as one archive, beside them."""
    path = folder / f"{entry.name}.tgz"
    with write_errors(path):
        pack(path, [folder / one.filename for one in entry.single])
    return path


def _place(part: Path, path: Path) -> None:
    """Give a complete file its name, on the disk before it has it."""
    with write_errors(path):
        path.parent.mkdir(exist_ok=True)
        with part.open("r+b") as file:
            os.fsync(file.fileno())
        os.replace(part, path)


def _in_hub_cache(entry: Entry) -> Path | None:
    """The file where huggingface_hub has fetched it before; None where it has not, or is not."""
    if not entry.hub or importlib.util.find_spec("huggingface_hub") is None:
        return None
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(entry.hub, entry.file, revision=entry.revision)
    path = Path(found) if isinstance(found, str) else None
    return path if path is not None and matches(entry, path) else None
