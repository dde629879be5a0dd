"""Packages as npm has them, with small networks in them."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

import numpy as np

from tests.models.graph_files import graphs

if TYPE_CHECKING:
    from pathlib import Path


def whole_body(folder: Path) -> dict[str, bytes]:
    """The five networks of a whole body, by the names of their files."""
    points = np.zeros((39, 5))
    points[33, :2], points[34, :2] = (128, 128), (128, 25.6)
    paths = {"pose_landmark_full": graphs.blazepose(folder / "pose_landmark_full.onnx", points)}
    paths |= graphs.holistic(folder)
    return {f"{name}.onnx": path.read_bytes() for name, path in paths.items()}


def package(path: Path, files: dict[str, bytes]) -> Path:
    """An archive as npm's."""
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def npm(path: Path, networks: dict[str, bytes], **changes: object) -> Path:
    """MediaPipe's package: the body as a file, the others end to end in one.

    Args:
        path: Of the package.
        networks: By the names of their files.
        changes: Of what the loader says of each file.
    """
    files, data = [], b""
    for name, network in networks.items():
        if not name.startswith("pose"):
            start, data = len(data), data + network
            about = {"filename": f"/mediapipe/{name}", "start": start, "end": len(data)}
            files.append(about | changes)
    loader = f'var a = 1; loadPackage({{"files": {json.dumps(files)}, "size": 3}});'
    return package(
        path,
        {
            "holistic_packed_assets.data": data,
            "holistic_packed_assets_loader.js": loader.encode(),
            "pose_landmark_full.onnx": networks["pose_landmark_full.onnx"],
        },
    )
