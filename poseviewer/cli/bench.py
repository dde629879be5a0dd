"""`poseviewer bench`: how long every hop takes, from camera to screen."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseviewer.cli.options import SOURCES, add_analysis_options, add_command, choices
from poseviewer.cli.view import has_display

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Scene
    from poseviewer.runtime.bench import Hop, Paint
    from poseviewer.runtime.state import Choices

LIVE = "mannequin:640x480@30"
"""What is looked at unless told: rendering it takes less time than a camera's picture."""

CLIP = "mannequin-clip:1280x720@30x60"
"""Written to a file, whose decoding is then measured."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A ratio of two figures of one run, and what it should be."""

    what: str
    ratio: float
    target: float
    at_least: bool
    """Whether the target is the least; else it is the most."""

    @property
    def met(self) -> bool:
        """Whether the ratio is on the right side of the target."""
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `bench` to `subparsers`."""
    parser = add_command(
        subparsers,
        "bench",
        summary="Time every hop from camera to screen",
        more="Prints the median and the 95th percentile of each, and the age of a picture when "
        "its result is on the screen.",
        example="poseviewer bench --seconds 10 --compare",
    )
    parser.add_argument(
        "input", nargs="?", metavar="IN", help=f"{SOURCES}; the figure and a clip of it unless told"
    )
    parser.add_argument(
        "--seconds", type=float, default=5.0, metavar="S", help="of live running (%(default)g)"
    )
    parser.add_argument(
        "--compare", action="store_true", help="compare engines, and the hops with the targets"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    add_analysis_options(parser)
    parser.set_defaults(run=_bench)


def _bench(args: argparse.Namespace) -> int:
    from poseviewer.runtime.bench import live

    wanted = choices(args)
    paint, painter = screen()
    hops = live(wanted, location=args.input or LIVE, seconds=args.seconds, paint=paint)
    decoded = _decoding(args.input)
    names = [hop.name for hop in hops]
    if decoded is not None:
        hops.insert(names.index("crop") if "crop" in names else 0, decoded)
    networks, compared = _compared(wanted, hops) if args.compare else ({}, [])
    if args.json:
        print(json.dumps(told(hops, networks, compared, painter=painter), indent=2))
        return 0
    print(f"Every hop over {args.seconds:g} s of {args.input or LIVE}; paint: {painter}")
    print("\n".join(table(hops)))
    if args.compare:
        print("\nOne picture through the network, all stages returned, measured in turn")
        print("\n".join(table(replace(hop, name=name) for name, hop in networks.items())))
        print("\nAgainst the targets")
        print("\n".join(verdict(one) for one in compared))
    return 0


def screen() -> tuple[Paint | None, str]:
    """What paints as the window does, and what it is; an array where Qt cannot be loaded."""
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
    try:
        from poseviewer.gui.app import application
        from poseviewer.gui.frame_view import FrameView
    except ImportError as error:
        return None, f"an array, for the window cannot be loaded ({error})"
    application()
    view = FrameView()
    view.resize(1280, 720)
    view.show()

    def paint(result: FrameResult, scene: Scene) -> None:
        view.show_frame(result.frame, scene)
        view.repaint()

    return paint, "the window's picture, 1280 x 720 points"


def _decoding(location: str | None) -> Hop | None:
    """How long a frame of the clip takes to read; of a clip of our own where None is named."""
    from poseviewer.runtime.bench import decoding
    from poseviewer.runtime.export import export_clip
    from poseviewer.runtime.state import Choices, ExportJob

    if location is None:
        with tempfile.TemporaryDirectory() as folder:
            clip = Path(folder) / "clip.mp4"
            export_clip(ExportJob(clip, overlay=False), Choices(), CLIP)
            return decoding(str(clip))
    return decoding(location) if Path(location).is_file() else None


def _compared(wanted: Choices, hops: list[Hop]) -> tuple[dict[str, Hop], list[Comparison]]:
    """Engines measured in turn, and what the figures of this run say of the targets."""
    from poseviewer.runtime.bench import networks

    plain = replace(wanted, device="cpu", engine="torch", precision="fp32")
    fast = replace(plain, engine="openvino")
    measured = networks([wanted, plain, fast, replace(fast, precision="bf16")])
    bare = next(iter(measured.values())).p50
    torch = _labelled(measured, "Torch fp32, CPU")
    compared = [
        Comparison(f"{title} against torch, times as fast", torch.p50 / hop.p50, target, True)
        for title, target in (("OpenVINO fp32", 2.5), ("OpenVINO bf16", 5.0))
        if torch and (hop := _labelled(measured, title))
    ]
    age = next((hop for hop in hops if hop.name == "age"), None)
    if age:
        compared += [
            Comparison("age p50 against the network alone", age.p50 / bare, 1.25, False),
            Comparison("age p95 against the network alone", age.p95 / bare, 1.6, False),
        ]
    return measured, compared


def _labelled(measured: dict[str, Hop], title: str) -> Hop | None:
    return next((hop for label, hop in measured.items() if title in label), None)


def table(hops: Iterable[Hop]) -> list[str]:
    """A line for each hop, milliseconds, under a heading."""
    rows = list(hops)
    width = max(len(hop.name) for hop in rows) if rows else 0
    lines = [f"{'':{width}}  {'p50 ms':>8}  {'p95 ms':>8}  {'frames':>6}"]
    lines += [
        f"{hop.name:{width}}  {hop.p50 * 1e3:8.2f}  {hop.p95 * 1e3:8.2f}  {hop.count:6d}"
        for hop in rows
    ]
    return lines


def verdict(one: Comparison) -> str:
    """A comparison in a line."""
    wanted = f"{'at least' if one.at_least else 'at most'} {one.target:g}"
    return f"{one.what}: {one.ratio:.2f} (wanted {wanted}: {'met' if one.met else 'missed'})"


def told(
    hops: list[Hop], networks: dict[str, Hop], compared: list[Comparison], *, painter: str
) -> dict[str, Any]:
    """Everything measured, as JSON can hold it; times in milliseconds."""
    return {
        "paint": painter,
        "hops": [_figures(hop, name=hop.name) for hop in hops],
        "networks": [_figures(hop, name=label) for label, hop in networks.items()],
        "compared": [
            {
                "what": one.what,
                "ratio": round(one.ratio, 3),
                "target": one.target,
                "at_least": one.at_least,
                "met": one.met,
            }
            for one in compared
        ],
    }


def _figures(hop: Hop, *, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "p50_ms": round(hop.p50 * 1e3, 3),
        "p95_ms": round(hop.p95 * 1e3, 3),
        "count": hop.count,
    }
