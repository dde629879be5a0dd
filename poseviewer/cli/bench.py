"""`poseviewer bench`: how long every hop takes, from camera to screen."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseviewer.cli.options import SOURCES, add_analysis_options, add_command, chosen_state, given
from poseviewer.core.address import redacted
from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.display import has_display
from poseviewer.version import __version__

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from poseviewer.bench.exporting import ExportKind
    from poseviewer.bench.history import Change
    from poseviewer.bench.hops import Hop
    from poseviewer.bench.live import Paint, Soak
    from poseviewer.bench.machine import Machine
    from poseviewer.bench.random_use import Sample
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Scene
    from poseviewer.runtime.state import AppState


@dataclass(frozen=True, slots=True)
class Comparison:
    """A ratio of two figures of one run, or a figure, and what it should be."""

    what: str
    ratio: float
    target: float
    at_least: bool
    """Whether the target is the least; else it is the most."""

    needs: str = ""
    """What the target is for, such as `with bf16`; empty where it is for every machine."""

    judged: bool = True
    """Whether that is so here."""

    @property
    def met(self) -> bool:
        """Whether the ratio is on the right side of the target, where it is held to one."""
        if not self.judged:
            return True
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target


def of_networks(networks: Mapping[str, Hop], *, sets: Sequence[str] = ()) -> list[Comparison]:
    """How much faster than torch the other engines are, all measured in turn.

    Args:
        networks: By label.
        sets: The instruction sets of the machine; bf16 is held to its target only where there is
            one for it, and fp32 to less without 512 bits.
    """
    torch = labelled(networks, "Torch fp32, CPU")
    wide = any(name.startswith("avx512") for name in sets)
    half = any(name.endswith("bf16") for name in sets)
    dots = any(name.endswith("vnni") for name in sets)
    exact, eight = "with" if wide else "without", "with" if dots else "without"
    return [
        Comparison(
            f"{title} against torch, times as fast", torch.p50 / hop.p50, target, True, needs, here
        )
        for title, target, needs, here in (
            ("OpenVINO fp32", 2.5 if wide else 1.8, f"{exact} AVX-512", True),
            ("OpenVINO bf16", 5.0, "with bf16", half),
            ("OpenVINO int8", 4.0 if dots else 2.5, f"{eight} VNNI", True),
        )
        if torch and (hop := labelled(networks, title))
    ]


def of_ages(
    measured: Mapping[str, Mapping[str, Hop]], *, network: float, cores: int
) -> list[Comparison]:
    """The age of what is painted, against the network of the same run.

    Args:
        measured: Of `bench.ages`, by the names of `RATES`.
        network: Seconds that the network alone took.
        cores: How many there are: the window needs one beside the network's.
    """
    found = []
    room = "on two cores or more", cores > 1
    for name, most in (("slower", ((50, 1.25), (95, 1.6))), ("faster", ((50, 2.0),))):
        hops = measured.get(name, {})
        if "age" not in hops or "network" not in hops:
            continue
        age, share = hops["age"], RATES[name]
        values = {50: age.p50, 95: age.p95}
        found += [
            Comparison(
                f"age p{rank} against the network, source at {share:g} of its rate",
                values[rank] / hops["network"].p50,
                limit,
                False,
                *room,
            )
            for rank, limit in most
        ]
        if share > 1:
            # Less than the time between two frames: no newer one was there.
            waited = hops["capture"].p50 * share / network
            where = f"before analysis, source at {share:g} of the network's rate"
            found.append(Comparison(f"frames that came {where}", waited, 1.0, False, *room))
    return found


def of_files(passes: Mapping[str, Hop], steps: Mapping[str, Hop]) -> list[Comparison]:
    """Reading and stepping, against how it is usually done."""
    seek = steps["opencv"].p50
    held, back = "with a key held down", steps["back at once"].p50
    return [
        Comparison(f"step +1 {held}, against OpenCV's seek", seek / steps["forward"].p50, 40, True),
        Comparison(f"step -1 {held}, against OpenCV's seek", seek / steps["back"].p50, 80, True),
        Comparison("step -1 from the cache, ms", back * 1e3, 1.0, False),
        Comparison(
            "reading on against OpenCV", passes["opencv"].p50 / passes["ours"].p50, 1.0, True
        ),
    ]


def of_export(kind: str, hops: Mapping[str, Hop], *, cores: int) -> list[Comparison]:
    """An export against the same work in one loop, and against what it cannot be faster than.

    Args:
        kind: What was exported.
        hops: `export`, `serial` and each of its hops alone.
        cores: How many there are to share the hops.
    """
    export = hops["export"].p50
    parts = [hop for name, hop in hops.items() if name not in ("export", "serial")]
    alone = [hop.p50 for hop in parts]
    # A hop with several threads has used more of the processor than its time alone says.
    whole = sum(max(hop.p50, hop.spent) if hop.spent > 0 else hop.p50 for hop in parts) / cores
    slowest, limit = max(alone), "where that is the limit"
    return [
        Comparison(f"export ({kind}) against {what}", seconds / export, least, True, needs, here)
        for what, seconds, least, needs, here in (
            ("one loop", hops["serial"].p50, 1.0, "", True),
            ("its slowest hop alone", slowest, 0.9, limit, slowest >= whole),
            (f"all hops shared by {cores} cores", whole, 0.85, limit, slowest < whole),
        )
    ]


def of_window(
    painting: Mapping[str, Hop], running: Mapping[str, float], starts: Mapping[str, Hop]
) -> list[Comparison]:
    """What the window costs, against other widgets and another order of imports."""
    ours, first = painting["ours"].p50, starts["ours"].p50
    return [
        Comparison("heartbeat of the window late, ms p95", running["late"] * 1e3, 5.0, False),
        Comparison(
            "window's thread a result (Inspect) against a QLabel's full HD frame",
            running["frame"] / running["label"],
            2.0,
            False,
        ),
        Comparison(
            "window's thread a result (Measure) against a QLabel's full HD frame",
            running["measure"] / running["label"],
            2.0,
            False,
        ),
        Comparison("a clip that is paused, per cent of a core", running["rest"] * 100, 2.0, False),
        Comparison("frame paint against QLabel", painting["label"].p50 / ours, 3, True),
        Comparison("frame paint against ImageItem", painting["item"].p50 / ours, 10, True),
        Comparison(
            "first paint against a bare window of PySide6", first / starts["bare"].p50, 2.0, False
        ),
        Comparison(
            "first paint against importing everything", first / starts["everything"].p50, 0.1, False
        ),
    ]


def of_peak(*, network: float, peak: float) -> Comparison:
    """Multiplications a second of the paper's hourglass against those of a bare convolution."""
    return Comparison(
        "two-stack hourglass against the peak of a convolution", network / peak, 0.85, True
    )


def labelled(measured: Mapping[str, Hop], title: str) -> Hop | None:
    """The first hop whose label holds `title`."""
    return next((hop for label, hop in measured.items() if title in label), None)


def verdict(one: Comparison) -> str:
    """A comparison in a line."""
    wanted = f"{'at least' if one.at_least else 'at most'} {one.target:g} {one.needs}".rstrip()
    met = ("met" if one.met else "missed") if one.judged else "not so here"
    return f"{one.what}: {one.ratio:.2f} (wanted {wanted}: {met})"


RATES = {"slower": 0.8, "faster": 2.0}
"""Frames a second of a source whose age is measured, in answers of the network alone."""

KINDS: tuple[ExportKind, ...] = ("plain", "plain, analysed", "composed", "composed, analysed")
"""The exports that are measured: the frame alone, or composed with stages and curves; of a clip
that was analysed before, or not."""

LIVE = "mannequin:640x480@30"
"""The default source: rendering it takes less time than a camera's picture."""

CLIP = "mannequin-clip:1280x720@30x60"
"""Written to a file, whose decoding is then measured."""

LONG_CLIP = "mannequin-clip:1280x720@30x240"
"""The same, for passes and steps that are compared."""

_TITLES = {
    "networks": "One picture through the network, all stages returned, measured in turn",
    **{
        f"age, {name}": f"Hops at a source of {share:g} of the network's rate"
        for name, share in RATES.items()
    },
    "reading": "Reading a file on, a frame, measured in turn",
    "stepping": "One step in a file, from the key to the frame, and at once, measured in turn",
    **{
        f"exporting, {kind}": f"Exporting a file ({kind}), a frame: threads, one loop, and each "
        "hop alone, in turn"
        for kind in KINDS
    },
    "painting": "Showing a full HD frame at its own size, measured in turn",
    "starting": "From a new process to the first paint of the window, measured in turn",
}


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
        "input",
        nargs="?",
        metavar="IN",
        help=f"{SOURCES}; by default the built-in figure and a clip of it",
    )
    parser.add_argument(
        "--seconds", type=float, default=5.0, metavar="S", help="of live running (%(default)g)"
    )
    parser.add_argument(
        "--compare", action="store_true", help="compare engines, and the hops with the targets"
    )
    parser.add_argument(
        "--clip",
        metavar="FILE",
        help="file to read, step and export instead of ours",
    )
    parser.add_argument(
        "--paper",
        action="store_true",
        help="with --compare, hold the paper's hourglass to the speed of a convolution; slow",
    )
    parser.add_argument(
        "--soak",
        type=float,
        metavar="MINUTES",
        help="instead, run the source this long and watch memory, ages, drops and threads",
    )
    parser.add_argument(
        "--random",
        type=int,
        metavar="SEED",
        help="with --soak, use the window at random, and name what leaves memory or threads",
    )
    parser.add_argument(
        "--exports", action="store_true", help="instead, measure exports of the clip alone"
    )
    parser.add_argument("--history", metavar="FILE", help="add the figures to a file, as one line")
    parser.add_argument(
        "--against",
        metavar="FILE",
        help="compare with the last run in a file of --history, as shares of what a fixed piece of "
        "work took in each run",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    add_analysis_options(parser)
    parser.set_defaults(run=_bench)


def _bench(args: argparse.Namespace) -> int:
    from poseviewer.bench.files import decoding
    from poseviewer.bench.history import append, changes, last
    from poseviewer.bench.live import live
    from poseviewer.bench.machine import machine

    wanted = chosen_state(args)
    if args.random is not None:
        return _random_use(args)
    if args.exports:
        return _exports_alone(args, wanted)
    paint, painter = screen()
    live_at = args.input or LIVE
    if args.soak is not None:
        return _soak(args, wanted, location=live_at, paint=paint, painter=painter)
    known = machine()
    hops = live(wanted, location=live_at, seconds=args.seconds, paint=paint)
    tables: dict[str, dict[str, Hop]] = {}
    compared: list[Comparison] = []
    with _clip(args) as clip:
        if clip is not None:
            names = [hop.name for hop in hops]
            hops.insert(names.index("crop") if "crop" in names else 0, decoding(clip))
        if args.compare:
            compared = _compared(args, wanted, clip, tables, paint=paint, known=known)
    run = in_json(hops, tables, compared, painter=painter, known=known)
    found = None if args.against is None else changes(run, last(Path(args.against)))
    if args.history is not None:
        append(Path(args.history), run)
    if args.json:
        print(json.dumps(run, indent=2))
        return 0
    print(f"Every hop over {args.seconds:g} s of {live_at}; paint: {painter}")
    print(known.title)
    print("\n".join(table(hops)))
    _print(tables, compared)
    if found is not None:
        print(f"\nAgainst the last run of {args.against}, times as shares of each yardstick")
        print("\n".join(change_line(one) for one in found))
    return 0


def change_line(one: Change) -> str:
    """A figure now and then, in a line."""
    return f"{one.factor:6.2f} times   {one.what}: {one.now:.2f}, was {one.then:.2f}"


def _exports_alone(args: argparse.Namespace, wanted: AppState) -> int:
    tables: dict[str, dict[str, Hop]] = {}
    with _clip(args) as clip:
        if clip is None:
            msg = f"{redacted(args.clip or args.input)} is no file; exports are measured on a clip."
            raise PoseViewerError(msg)
        compared = _exports(wanted, clip, tables)
    if args.json:
        print(json.dumps(in_json([], tables, compared, painter=""), indent=2))
    else:
        _print(tables, compared)
    return 0


def _print(tables: Mapping[str, Mapping[str, Hop]], compared: Sequence[Comparison]) -> None:
    for title, measured in tables.items():
        print(f"\n{_TITLES[title]}")
        print("\n".join(table(replace(hop, name=name) for name, hop in measured.items())))
    if compared:
        print("\nAgainst the targets")
        print("\n".join(verdict(one) for one in compared))


def _soak(
    args: argparse.Namespace, wanted: AppState, *, location: str, paint: Paint | None, painter: str
) -> int:
    from poseviewer.bench.live import soak

    found = soak(wanted, location=location, seconds=args.soak * 60, paint=paint)
    if args.json:
        whole = dataclasses.asdict(found)
        whole |= {"hops": [_figures(hop, name=hop.name) for hop in found.hops], "paint": painter}
        print(json.dumps(whole, indent=2))
        return 0
    print(f"A run of {found.seconds / 60:.1f} minutes of {redacted(location)}; paint: {painter}")
    print("\n".join(table(found.hops)))
    print("\n".join(soak_lines(found)))
    return 0


def _random_use(args: argparse.Namespace) -> int:
    screen()
    from poseviewer.bench.random_use import random_use, table

    minutes = args.soak or 10.0

    def report(sample: Sample) -> None:
        if sample.action == "rest":
            print(
                f"{sample.seconds:4.0f} s  {sample.resident:.0f} MB in RAM, "
                f"{sample.used:.0f} in use, {sample.threads} threads",
                file=sys.stderr,
            )

    found = random_use(seconds=minutes * 60, seed=args.random, report=report)
    if args.json:
        whole = dataclasses.asdict(found)
        whole |= {"slope": found.slope, "used_slope": found.used_slope, "leaking": found.leaking}
        print(json.dumps(whole, indent=2))
        return 0
    print(f"{minutes:g} minutes of random use, seed {found.seed}")
    print("\n".join(table(found)))
    return 0


def soak_lines(found: Soak) -> list[str]:
    """What a long run showed besides its hops."""
    left = ", ".join(found.threads) or "none"
    return [
        f"frames   {found.numbered} counted by the source, {found.analysed} analysed, "
        f"{found.dropped} dropped",
        f"memory   {found.began:.0f} MB at first, {found.ended:.0f} MB at last, "
        f"{found.slope:+.2f} MB a minute",
        f"threads left behind   {left}",
    ]


def _compared(
    args: argparse.Namespace,
    wanted: AppState,
    clip: str | None,
    tables: dict[str, dict[str, Hop]],
    *,
    paint: Paint | None,
    known: Machine,
) -> list[Comparison]:
    """Every target that can be measured here; what was measured is put into `tables`."""
    from poseviewer.bench.ages import ages
    from poseviewer.bench.files import sequential, stepping
    from poseviewer.bench.hops import networks, peak

    plain = wanted.choosing(device="cpu", engine="torch", precision="fp32")
    fast = plain.choosing(engine="openvino")
    coarse = [fast.choosing(precision=precision) for precision in ("bf16", "int8")]
    measured = networks([wanted, plain, fast, *coarse])
    tables["networks"] = measured
    found = of_networks(measured, sets=known.instructions)
    if args.paper:
        rates = peak()
        found.append(of_peak(network=rates["hourglass-2"], peak=rates["convolution"]))
    alone = next(iter(measured.values())).p50
    rates = {name: share / alone for name, share in RATES.items()}
    aged = ages(wanted, rates, seconds=args.seconds, paint=paint)
    tables |= {f"age, {name}": hops for name, hops in aged.items()}
    found += of_ages(aged, network=alone, cores=known.cores)
    if clip is not None:
        tables["reading"] = passes = sequential(clip)
        tables["stepping"] = steps = stepping(clip)
        found += of_files(passes, steps)
        found += _exports(wanted, clip, tables)
    if paint is not None:
        from poseviewer.bench.window import painting, starting, window_cost

        tables["painting"] = painted = painting()
        tables["starting"] = starts = starting()
        running = window_cost(args.input or LIVE, seconds=args.seconds, changes=given(args))
        found += of_window(painted, running, starts)
    return found


def _exports(wanted: AppState, clip: str, tables: dict[str, dict[str, Hop]]) -> list[Comparison]:
    """Every kind of export against its hops; what was measured is put into `tables`."""
    from poseviewer.bench.exporting import cores, exporting

    found: list[Comparison] = []
    for kind in KINDS:
        # The quickest would be over in half a second, a sixth of it opening and ending.
        frames = 200 if kind == "plain, analysed" else 100
        tables[f"exporting, {kind}"] = hops = exporting(
            clip, wanted, wanted.look, kind=kind, frames=frames
        )
        found += of_export(kind, hops, cores=cores())
    return found


def screen() -> tuple[Paint | None, str]:
    """What paints as the window does, and what it is; an array where Qt cannot be loaded."""
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
    try:
        from poseviewer.gui.app import application
        from poseviewer.gui.frame.view import FrameView
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


@contextmanager
def _clip(args: argparse.Namespace) -> Iterator[str | None]:
    """The file to measure: the one named, or one of our own; None where a feed was named."""
    named = args.clip or args.input
    if named is not None:
        yield named if Path(named).is_file() else None
        return
    from poseviewer.runtime.export import export_clip
    from poseviewer.runtime.jobs import ExportJob
    from poseviewer.runtime.state import AppState

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "clip.mp4"
        origin = LONG_CLIP if args.compare or args.exports else CLIP
        export_clip(ExportJob(made, overlay=False), AppState(), origin)
        yield str(made)


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


def in_json(
    hops: list[Hop],
    tables: Mapping[str, Mapping[str, Hop]],
    compared: list[Comparison],
    *,
    painter: str,
    known: Machine | None = None,
) -> dict[str, Any]:
    """Everything measured, as JSON can hold it; times in milliseconds."""
    on = {} if known is None else {"machine": _machine_figures(known)}
    return {
        "version": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        **on,
        "paint": painter,
        "hops": [_figures(hop, name=hop.name) for hop in hops],
        **{
            title: [_figures(hop, name=label) for label, hop in measured.items()]
            for title, measured in tables.items()
        },
        "compared": [
            {
                "what": one.what,
                "ratio": round(one.ratio, 3),
                "target": one.target,
                "at_least": one.at_least,
                "needs": one.needs,
                "judged": one.judged,
                "met": one.met,
            }
            for one in compared
        ],
    }


def _machine_figures(known: Machine) -> dict[str, Any]:
    return {
        "processor": known.processor,
        "instructions": list(known.instructions),
        "cores": known.cores,
        "load": None if isnan(known.load) else round(known.load, 2),
        "yardstick_ms": round(known.yardstick * 1e3, 4),
    }


def _figures(hop: Hop, *, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "p50_ms": round(hop.p50 * 1e3, 3),
        "p95_ms": round(hop.p95 * 1e3, 3),
        "count": hop.count,
    }
