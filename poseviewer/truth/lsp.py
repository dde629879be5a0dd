"""Reader of the MATLAB files of LSP, LSPET and PARSE."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.truth.labelled import Labelled, TruthSet, square_around
from poseviewer.truth.pictures import Folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MARGIN = 1.5
POLICY = f"square of {MARGIN:g} x the longer side of the labelled joints' box, about its centre"

_JOINTS = 14
# Images of each set, and how many of them come first and are for training.
_SETS = {2000: ("lsp", 1000), 10000: ("lspet", 10000), 305: ("parse", 100)}


def read_lsp(path: Path, *, split: str, images: Sequence[Path]) -> TruthSet:
    """The people of a `joints` array: LSP (3, 14, n), LSPET (14, 3, n) or PARSE (2, 14, n).

    LSP's third row says occluded, and occluded joints are labelled all the same; LSPET's third
    column says visible, and coordinates of the others mean nothing. MATLAB counts from 1.

    Args:
        path: The .mat file.
        split: `train`, `test` or `all`; LSP's first 1,000 images are for training, PARSE's
            first 100 and all of LSPET.
        images: Folders where `im0001.jpg` and the others may lie.

    Raises:
        PoseViewerError: It is no such file, the split is unknown, or scipy is not installed.
    """
    array = mat_array(path, "joints")
    shape = array.shape
    if array.ndim != 3 or _JOINTS not in shape[:2] or min(shape[:2]) not in (2, 3):
        msg = f"{path.name} holds joints of the shape {shape}, which is neither LSP's nor LSPET's."
        raise PoseViewerError(msg)
    visible = shape[0] == _JOINTS
    turned = np.moveaxis(array, -1, 0) if visible else np.moveaxis(array, (2, 1), (0, 1))
    points: NDArray[np.float64] = turned.astype(np.float64)
    seen = points[..., 2] > 0 if visible else np.isfinite(points[..., 0])
    name, first = _SETS.get(len(points), (path.stem, len(points)))
    numbers = _numbers(split, first=first, count=len(points), path=path)
    digits = 5 if len(points) >= 10000 else 4
    people = [
        Labelled(
            f"im{i + 1:0{digits}d}.jpg",
            np.subtract(points[i, :, :2], 1),
            seen[i],
            square_around(points[i, seen[i], :2] - 1, margin=MARGIN),
        )
        for i in numbers
        if seen[i].any()
    ]
    joints = load_skeleton("lsp-14").joints
    return TruthSet(f"{name} {split}", joints, tuple(people), POLICY, Folder(images))


def _numbers(split: str, *, first: int, count: int, path: Path) -> range:
    known = {"train": range(first), "test": range(first, count), "all": range(count)}
    if split not in known or not known[split]:
        there = [name for name, numbers in known.items() if numbers]
        msg = f"{path.name} has the splits {', '.join(there)}, not {split!r}; give one by --split."
        raise PoseViewerError(msg)
    return known[split]


def mat_array(path: Path, name: str) -> NDArray[np.floating]:
    """The array `name` of a MATLAB file.

    Raises:
        PoseViewerError: It cannot be read, lacks the array, or scipy is not installed.
    """
    try:
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError
    except ImportError:
        msg = f"{path.name} needs scipy to be read; install it with: pip install poseviewer[eval]"
        raise PoseViewerError(msg) from None
    try:
        found: NDArray[np.floating] = np.asarray(loadmat(path)[name])
    except KeyError:
        msg = f"{path.name} holds no array called {name}."
        raise PoseViewerError(msg) from None
    # Newer MATLAB files are HDF5, which scipy does not read.
    except (OSError, ValueError, NotImplementedError, MatReadError) as error:
        msg = f"{path.name} cannot be read as a MATLAB file: {error}."
        raise PoseViewerError(msg) from error
    return found
