"""`poseviewer devices`: cameras, processors and engines that can be used here."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING, Any

from poseviewer.cli.options import add_command
from poseviewer.runtime.doctor import processors, versions

if TYPE_CHECKING:
    import argparse


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
