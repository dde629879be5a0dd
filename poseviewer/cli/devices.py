"""`poseviewer devices`: cameras, processors and engines that can be used here."""

from __future__ import annotations

import json
import os
import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any

from poseviewer.cli.options import add_command

if TYPE_CHECKING:
    import argparse

_PACKAGES = {
    "PyTorch": "torch",
    "OpenVINO": "openvino",
    "OpenCV": "opencv-python-headless",
    "PyAV": "av",
    "Qt (PySide6)": "PySide6-Essentials",
    "numpy": "numpy",
}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `devices` to `subparsers`."""
    parser = add_command(
        subparsers,
        "devices",
        summary="List cameras, processors, engines and their versions",
        example="poseviewer devices --json",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.set_defaults(run=_devices)


def _devices(args: argparse.Namespace) -> int:
    found = survey()
    if args.json:
        print(json.dumps(found, indent=2))
        return 0
    for heading, entries in found.items():
        print(heading)
        for name, text in entries.items():
            print(f"  {name:<14}{text}")
        if not entries:
            print("  none")
    return 0


def survey() -> dict[str, dict[str, Any]]:
    """What is here, by heading: cameras, processors, software."""
    return {
        "cameras": cameras(),
        "processors": processors(),
        "software": {"Python": platform.python_version(), **versions()},
    }


def cameras() -> dict[str, str]:
    """The location of each camera, as commands take it, and what it is called."""
    from poseviewer.video.camera import list_cameras

    return {camera.location: camera.title for camera in list_cameras()}


def processors() -> dict[str, str]:
    """What can run a network, by the name that `--device` takes."""
    import torch

    found = {"cpu": f"{platform.machine()}, {os.cpu_count()} cores"}
    if torch.cuda.is_available():
        found["cuda"] = torch.cuda.get_device_name(0)
    if torch.backends.mps.is_available():
        found["mps"] = "Apple GPU"
    return found


def versions() -> dict[str, str]:
    """The version of each package that matters here; missing ones say so."""
    found = {}
    for title, package in _PACKAGES.items():
        try:
            found[title] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[title] = "not installed"
    return found
