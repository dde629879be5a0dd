"""`poseviewer view`: the window."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.display import has_display

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

DEMO = "mannequin:"

DEMO_CLIP = "mannequin-clip:640x480@30x360"
"""The demo where it must end: waving, arms raised, jumping jacks."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `view` to `subparsers`."""
    # Here, not at the top, as below: the window is painted before all that options name is there.
    from poseviewer.cli.options import (
        SOURCES,
        add_analysis_options,
        add_command,
        add_filter_option,
        add_store_option,
        add_video_options,
    )

    parser = add_command(
        subparsers,
        "view",
        summary="Open the window",
        example="poseviewer view clip.mp4",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("location", nargs="?", help=f"{SOURCES}; by default the demo")
    what.add_argument("--camera", type=int, metavar="N", help="open camera N")
    what.add_argument("--demo", action="store_true", help="open the built-in demo")
    parser.add_argument(
        "--screenshot",
        type=Path,
        metavar="FILE.png",
        help="write a picture of the window once it shows a result, and leave; needs no display",
    )
    parser.add_argument(
        "--without-display",
        type=Path,
        metavar="FOLDER",
        help="where there is no display, write the annotated clip, its data and a picture of the "
        "window to FOLDER instead",
    )
    add_store_option(parser)
    add_video_options(parser)
    add_analysis_options(parser)
    add_filter_option(parser)
    parser.set_defaults(run=_view)


def _view(args: argparse.Namespace) -> int:
    location = chosen_location(args)
    if args.screenshot:
        from poseviewer.records.open import guard

        others = (getattr(args, "angles_path", None),)
        guard([args.screenshot], source=location, force=True, others=others)
        return _open(location, args, screenshot=args.screenshot)
    if has_display() or not args.without_display:
        return _open(location, args)
    return _show_without_display(location, args)


def chosen_location(args: argparse.Namespace) -> str:
    """What to open: the place named, the camera, or the demo."""
    if args.camera is not None:
        return f"camera:{args.camera}"
    return args.location or DEMO


def show(location: str | None = None, *, prepare: Callable[[], object]) -> int:
    """Open the window as `poseviewer view` does where no option is given.

    Args:
        location: What to open; the demo, after the tour at the first start, where None.
        prepare: Called after the first paint, before anything is opened.
    """
    return _open(location, None, prepare=prepare)


def _open(
    location: str | None,
    args: argparse.Namespace | None,
    *,
    screenshot: Path | None = None,
    prepare: Callable[[], object] = lambda: None,
) -> int:
    chosen: dict[str, Any] = {}
    if args is not None:
        from poseviewer.cli.options import chosen_video, given

        chosen = {
            "choice": chosen_video(args),
            "changes": given(args),
            "store": not args.no_store,
        }
    if screenshot is None and not has_display():
        msg = (
            "There is no display here, so the window cannot open; `poseviewer export CLIP -o "
            "OUT.mp4` writes what it would show, and `poseviewer view --screenshot FILE.png` "
            "pictures it."
        )
        raise PoseViewerError(msg)
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        # The offscreen platform warns of everything that needs a screen.
        os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
    if screenshot is None:
        # What is made until the window is complete stays: looking for garbage in it takes time from
        # the first paint. `launch` looks for it again afterwards.
        gc.disable()
    try:
        from poseviewer.gui.app import launch

        return launch(location, screenshot=screenshot, prepare=prepare, **chosen)
    finally:
        gc.enable()


def _show_without_display(location: str, args: argparse.Namespace) -> int:
    """Do in files what the window would do on a screen."""
    from poseviewer.cli.export import write
    from poseviewer.cli.options import analysis_of, chosen_state, opened
    from poseviewer.records.open import guard, places
    from poseviewer.runtime.jobs import ExportJob
    from poseviewer.video.source import Clip

    folder: Path = args.without_display
    folder.mkdir(parents=True, exist_ok=True)
    clip = DEMO_CLIP if location == DEMO else location
    stem = "demo" if clip.startswith("mannequin-clip:") else Path(clip).stem
    print(f"There is no display here, so files take the place of the window: see {folder}/")
    with opened(clip, args) as source:
        if not isinstance(source, Clip):
            msg = (
                f"{source.name} is live and there is no display to show it on; "
                f"`poseviewer run {location} --frames 300` prints what the network says of it."
            )
            raise PoseViewerError(msg)
        output, window = folder / f"{stem}-annotated.mp4", folder / "window.png"
        job = ExportJob(output, data=("csv", "json"))
        others = (getattr(args, "angles_path", None),)
        paths = [output, window, *places(job.data, beside=output)]
        guard(paths, source=clip, force=True, others=others)
        state = chosen_state(args)
        with analysis_of(source, state, args) as analyst:
            write(job, state, clip, source, analyst)
    status = _open(clip, args, screenshot=window)
    print(f"Wrote {window}", file=sys.stderr)
    return status
