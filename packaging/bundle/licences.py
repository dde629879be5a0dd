"""Collects the licences of everything in a bundle, and says under which one the whole is."""

from __future__ import annotations

import re
import shutil
from importlib import metadata
from pathlib import Path

_TEXT = re.compile(r"(licen[cs]e|copying|notice|copyright|third.party|authors)", re.IGNORECASE)

_GPL = (Path("/usr/share/common-licenses/GPL-3"),)

BUNDLED = (
    "av",
    "h5py",
    "numpy",
    "opencv-python-headless",
    "openvino",
    "platformdirs",
    "PySide6-Essentials",
    "pyqtgraph",
    "safetensors",
    "scipy",
    "shiboken6",
)
"""Packages that a bundle has parts of."""

ABOUT = """\
PoseViewer {version}: the bundle and its licences
{line}

PoseViewer itself is under the Apache License 2.0 (licences/poseviewer).

This bundle carries FFmpeg as PyAV's wheels have it, with x264 and x265, which are under the GNU
General Public License, version 2 or later. The Apache License 2.0 goes together with version 3 of
it. So the bundle as a whole is under the GNU General Public License, version 3
(https://www.gnu.org/licenses/gpl-3.0.html): those who pass it on must offer the sources of all of
it. Each part alone stays under its own licence. The sources of FFmpeg, x264 and x265 are those that
https://github.com/PyAV-Org/pyav-ffmpeg names for PyAV {av}; the sources of PoseViewer are at
https://github.com/poseviewer/poseviewer.

Qt and PySide6 are under the GNU Lesser General Public License, version 3: their libraries lie as
files of their own in this folder and can be replaced by others.

| part | version | licence |
|---|---|---|
{table}

The texts lie in licences/, in a folder for each part.
"""


def collect(folder: Path, *, version: str, own: Path) -> str:
    """Copy the texts of licences into a folder for each package.

    Args:
        folder: Made anew.
        version: Of PoseViewer.
        own: PoseViewer's own licence.

    Returns:
        What the bundle says about its licences, with a row for each package.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "poseviewer").mkdir(parents=True)
    shutil.copy2(own, folder / "poseviewer")
    for text in _GPL:
        if text.is_file():
            shutil.copy2(text, folder / f"{text.name}.txt")
    rows = []
    for name in BUNDLED:
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        _copy(package, folder / name)
        rows.append(f"| {name} | {package.version} | {licence_of(package)} |")
    title = f"PoseViewer {version}: the bundle and its licences"
    return ABOUT.format(
        version=version,
        line="=" * len(title),
        av=metadata.version("av"),
        table="\n".join(rows),
    )


def licence_of(package: metadata.Distribution) -> str:
    """What a package says of its licence, in one line."""
    found = package.metadata.json
    said = str(found.get("license_expression") or found.get("license") or "").strip()
    # Some give the whole text there.
    if said and "\n" not in said:
        return said
    classes = package.metadata.get_all("Classifier") or []
    named = [one.rsplit("::", 1)[-1].strip() for one in classes if one.startswith("License ::")]
    return ", ".join(named) or "see the texts"


def _copy(package: metadata.Distribution, folder: Path) -> None:
    """Copy the texts of a package; its METADATA, which names the licence, where it has none."""
    folder.mkdir()
    found = [one for one in package.files or () if _of_licence(str(one))]
    for one in found or [one for one in package.files or () if one.name == "METADATA"]:
        source = Path(str(package.locate_file(one)))
        if source.is_file():
            # Several have the same name, in folders of their own.
            name = "-".join(one.parts[1:]) if len(one.parts) > 1 else one.name
            shutil.copy2(source, folder / name)


def _of_licence(path: str) -> bool:
    parts = Path(path).parts
    in_metadata = len(parts) > 1 and parts[0].endswith(".dist-info")
    return in_metadata and not path.endswith(".pyc") and bool(_TEXT.search("/".join(parts[1:])))
