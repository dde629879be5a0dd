"""Measures networks, copies, exports and the live age on a GPU: `python tests/benchmarks/gpu.py`.

It takes less than `--minutes` (8), prints every table as soon as it is measured, and writes all
figures with `--json FILE`. Without a GPU it runs all the same, on the CPU with smaller inputs: a
rehearsal, whose figures say nothing of a GPU.

Modes of a network: eager fp32, which is the reference; channels_last fp16; bf16 as a CUDA graph
that is replayed; and bf16 through `torch.compile`. Networks without weights have random ones: time
and memory are the same, and how far maps differ from fp32 is about the same.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import torch

from poseviewer.bench.ages import ages
from poseviewer.bench.exporting import exporting
from poseviewer.bench.files import open_clip
from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.look import Look
from poseviewer.models.engine import choose_engine, devices
from poseviewer.models.registry import card
from poseviewer.models.weights import trained_module
from poseviewer.pipeline.crop import Cropper
from poseviewer.runtime.ahead import ahead
from poseviewer.runtime.beside import WriterBeside
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from poseviewer.version import __version__
from poseviewer.video.writer import ClipWriter

NETWORKS = ("hourglass-8", "cpm-6", "hourglass-lite", "hourglass-accurate", "cpm-lite")
SECTIONS = ("networks", "copies", "export", "batched", "live", "memory")
BATCHES = {"gpu": (1, 16, 64), "rehearsal": (1, 2)}
SMALL = {"cpm-6": 184, "hourglass-8": 128}
"""Side of the input in a rehearsal; a network that is not named here gets `_SMALL`."""
_SMALL = 128
COMPILED = ("hourglass-8", "hourglass-lite")
"""Networks that are compiled; it takes a minute each."""
CLIP = {"gpu": "mannequin-clip:1920x1080@60x480", "rehearsal": "mannequin-clip:320x240@30x24"}
GOAL_GRAPH, GOAL_EXPORT = 5.0, 0.8
"""Of hourglass-8 at batch 1 against eager fp32, and of frames exported against frames decoded."""


@dataclass(frozen=True)
class Place:
    """Where it is measured."""

    device: str

    @property
    def real(self):
        """Whether it is a GPU."""
        return self.device != "cpu"

    @property
    def kind(self):
        return "gpu" if self.real else "rehearsal"

    @property
    def title(self):
        if self.device == "cuda":
            about = torch.cuda.get_device_properties(0)
            return f"{about.name}, {about.total_memory >> 30} GiB, CUDA {torch.version.cuda}"
        return (
            "Apple GPU" if self.real else "rehearsal on the CPU: no figure says anything of a GPU"
        )

    def settle(self):
        """Wait for what was started."""
        if self.device == "cuda":
            torch.cuda.synchronize()
        elif self.device == "mps":
            torch.mps.synchronize()

    def peak(self):
        """Megabytes of memory held at most since the last call; None where that is not known."""
        if self.device != "cuda":
            return None
        most = torch.cuda.max_memory_allocated() / 2**20
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        return round(most)


class Run:
    """One run of the script: its place, its deadline, and what it found."""

    def __init__(self, place, minutes):
        self.place = place
        self.found = {"machine": place.title, "torch": torch.__version__, "version": __version__}
        self._ends = time.monotonic() + 60 * minutes

    @property
    def left(self):
        """Seconds until the deadline."""
        return self._ends - time.monotonic()

    def late(self, what, *, needs):
        """Whether there is too little time left for something that takes `needs` seconds."""
        if self.left > needs:
            return False
        print(f"\n{what}: not measured, for the time is over.", flush=True)
        return True

    def table(self, title, rows):
        """Print rows of equal keys as Markdown, and keep them."""
        self.found[title] = rows
        if rows:
            print(f"\n{title}\n\n| {' | '.join(rows[0])} |\n|{'---|' * len(rows[0])}")
            for row in rows:
                print(f"| {' | '.join(map(shown, row.values()))} |")
        sys.stdout.flush()


def shown(value):
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def median(way, place, *, seconds=1.0, fewest=3):
    """Seconds that `way` takes: the median of as many runs as fit, after two that do not count.

    In a rehearsal it is one run.
    """
    if place.real:
        way()
        way()
    else:
        fewest = 1
    place.settle()
    taken, until = [], time.perf_counter() + (seconds if place.real else 0.0)
    while len(taken) < fewest or time.perf_counter() < until:
        start = time.perf_counter()
        way()
        place.settle()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def network_of(name, place):
    """A network, eval and without gradients, and the side of its square input."""
    chosen = card(name)
    torch.manual_seed(0)
    module = trained_module(chosen) if chosen.trained else chosen.build()
    width = chosen.input_size[0] if place.real else SMALL.get(name, _SMALL)
    return module.eval().requires_grad_(requires_grad=False), width


def graphed(module, image, place):
    """`module` captured once for `image` and replayed; as it is where there is no CUDA."""
    if place.device != "cuda":
        return lambda: module(image)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            module(image)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        maps = module(image)

    def replayed():
        graph.replay()
        return maps

    return replayed


def modes(name, module, image, place):
    """How a network can run: a name, and what makes the call that is measured."""
    half = torch.float16 if place.real else torch.bfloat16
    tall = torch.channels_last

    def cast(kind):
        # A module is cast in place, so each mode has a copy.
        made = copy.deepcopy(module).to(dtype=kind).to(memory_format=tall)
        return made, image.to(kind).contiguous(memory_format=tall)

    def compiled():
        made, shown_to = cast(torch.bfloat16)
        # What is generated for a CPU needs a compiler of C++, which says nothing of a GPU.
        ready = torch.compile(made, backend="inductor" if place.real else "aot_eager")
        return lambda: ready(shown_to)

    def simple(kind):
        made, shown_to = cast(kind)
        return lambda: made(shown_to)

    found = {
        "eager fp32": lambda: lambda: module(image),
        "channels_last fp16" if place.real else "channels_last bf16": lambda: simple(half),
        "CUDA graph bf16" if place.device == "cuda" else "bf16, no graph here": lambda: graphed(
            *cast(torch.bfloat16), place
        ),
    }
    if name in COMPILED:
        found["torch.compile bf16"] = compiled
    return found


def networks(run, names):
    """Every mode of every network, by size of batch, with all stages returned."""
    place, rows = run.place, []
    for name in names:
        if run.late(f"networks, {name}", needs=45):
            continue
        module, side = network_of(name, place)
        module = module.to(place.device)
        for batch in BATCHES[place.kind]:
            image = torch.rand(batch, 3, side, side).to(place.device) * 2 - 1
            reference = None
            for mode, make in modes(name, module, image, place).items():
                if "compile" in mode and (batch == BATCHES[place.kind][-1] or run.left < 120):
                    continue
                row = {"network": name, "input": side, "batch": batch, "mode": mode}
                try:
                    place.peak()
                    way = make()
                    maps = [stage.float().clone() for stage in way()]
                    seconds = median(way, place)
                except torch.OutOfMemoryError:
                    rows.append({**row, "ms": None, "a picture": None, "times": None})
                    rows[-1] |= {"MiB": None, "maps differ": None}
                    continue
                if reference is None:
                    reference, eager = maps, seconds
                rows.append(
                    {
                        **row,
                        "ms": seconds * 1e3,
                        "a picture": seconds * 1e3 / batch,
                        "times": eager / seconds,
                        "MiB": place.peak(),
                        "maps differ": difference(maps, reference),
                    }
                )
                del way, maps
    run.table("Networks, all stages", rows)
    graph = [
        row
        for row in rows
        if row["network"] == "hourglass-8" and row["batch"] == 1 and "graph" in row["mode"]
    ]
    if graph and place.real:
        print(f"\nhourglass-8, batch 1: {graph[0]['times']:.1f} times; goal {GOAL_GRAPH:g}.")


def difference(maps, reference):
    """Largest difference of all stages, as a share of the stage's largest value."""
    shares = (
        float((one - other).abs().max() / other.abs().max().clamp(min=1e-9))
        for one, other in zip(maps, reference, strict=True)
    )
    return max(shares)


def copies(run, names, lite):
    """What it takes to get maps to the host: all of them at once, or those that are wanted."""
    place, rows = run.place, []
    # The largest, and the one that is in use.
    for name in dict.fromkeys((names[0], lite)):
        if run.late(f"copies, {name}", needs=20):
            continue
        module, side = network_of(name, place)
        module = module.to(place.device)
        for batch in BATCHES[place.kind][:2]:
            image = torch.rand(batch, 3, side, side).to(place.device)
            count = len(module(image))
            plain = median(partial(module, image), place)
            for what, wanted in (("all stages", range(count)), ("the last", (count - 1,))):
                simple = median(partial(copied, module, image, wanted), place)
                beside = median(pinned(module, image, wanted, place), place) / 2
                rows.append(
                    {
                        "network": name, "batch": batch, "copied": what, "ms without": plain * 1e3,
                        "ms, .cpu()": simple * 1e3, "ms, pinned, own stream": beside * 1e3,
                    }
                )  # fmt: skip
    run.table("A run with its maps on the host", rows)


def copied(module, image, wanted):
    """One run, after which the maps that are wanted are on the host."""
    maps = module(image)
    return [maps[number].float().cpu() for number in wanted]


def pinned(module, image, wanted, place):
    """Two runs, of which the maps of one are copied while the other one runs."""
    real = place.device == "cuda"
    buffers = [
        [torch.empty(stage.shape, pin_memory=real) for stage in module(image)] for _ in range(2)
    ]
    stream = torch.cuda.Stream() if real else None

    def both():
        for at in range(2):
            maps = [stage.float() for stage in module(image)]
            if stream is None:
                for number in wanted:
                    buffers[at][number].copy_(maps[number])
                continue
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for number in wanted:
                    buffers[at][number].copy_(maps[number], non_blocking=True)
                    maps[number].record_stream(stream)

    return both


def export(run, clip, model):
    """The program's own export, with its hops alone."""
    if run.late("export", needs=60):
        return
    state = AppState().choosing(model=model, device=run.place.device, engine="torch")
    count = 240 if run.place.real else 8
    hops = exporting(clip, state, Look(), kind="plain", frames=count, turns=1)
    rows = [
        {"hop": name, "ms": hop.p50 * 1e3, "frames a second": 1 / hop.p50}
        for name, hop in hops.items()
    ]
    run.table(f"Export, a frame ({model})", rows)


def batched(run, clip, model):
    """Decoding, a network in batches and encoding, each on a thread, against decoding alone."""
    if run.late("batched", needs=40):
        return
    place = run.place
    module, side = network_of(model, place)
    kind = torch.bfloat16 if place.real else torch.float32
    module = module.to(place.device, kind).to(memory_format=torch.channels_last)
    size = 32 if place.real else 4
    cropper = Cropper((side, side), normalisation=card(model).normalisation)

    def decode():
        with closing(open_clip(clip)) as source:
            return sum(1 for _ in source.frames())

    def answered(frames, writer):
        cuts = np.concatenate(
            [cropper.cut(one.pixels, [Box.whole(one.size)])[0].copy() for one in frames]
        )
        image = torch.from_numpy(cuts).to(place.device, kind)
        module(image.contiguous(memory_format=torch.channels_last))[-1].float().cpu()
        for frame in frames:
            writer.write(frame.pixels, time=frame.time)

    def whole():
        with closing(open_clip(clip)) as source, tempfile.TemporaryDirectory() as folder:
            writer = WriterBeside(
                ClipWriter(
                    Path(folder) / "out.mp4",
                    size=source.size,
                    time_base=Fraction(source.time(0).time_base),
                    rate=source.rate,
                )
            )
            waiting = []
            with closing(ahead(source.frames(), count=size)) as frames:
                for frame in frames:
                    waiting.append(frame)
                    if len(waiting) == size:
                        answered(waiting, writer)
                        waiting = []
            if waiting:
                answered(waiting, writer)
            writer.finish()

    count = decode()
    alone, all_of_it = (median(way, place, fewest=1) / count for way in (decode, whole))
    share = alone / all_of_it
    rows = [
        {"what": "decoding alone", "frames a second": 1 / alone, "share": 1.0},
        {
            "what": f"with {model} x {size}, encoded",
            "frames a second": 1 / all_of_it,
            "share": share,
        },
    ]
    run.table("Decoding, network and encoding at once", rows)
    if place.real:
        print(f"\n{share:.2f} of the rate of decoding; goal {GOAL_EXPORT:g}.")


def age(run, model):
    """The age of what is painted, at a source of 60 frames a second."""
    if run.late("live", needs=20):
        return
    state = AppState().choosing(model=model, device=run.place.device, engine="torch")
    hops = ages(state, {"60 Hz": 60.0}, seconds=8.0 if run.place.real else 2.0)["60 Hz"]
    rows = [{"hop": n, "p50 ms": h.p50 * 1e3, "p95 ms": h.p95 * 1e3} for n, h in hops.items()]
    run.table(f"Live at 60 Hz ({model})", rows)


def memory(run):
    """What is said where the memory is too little; tests have a made-up device for it."""
    if run.place.device != "cuda":
        print("\nToo little memory: tried in tests/models/test_engine.py alone, without a GPU.")
        return
    chosen = card("hourglass-8")
    torch.cuda.empty_cache()
    whole = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction((64 << 20) / whole)
    engine, notice = choose_engine(chosen, device="cuda", engine="torch", module=chosen.build())
    torch.cuda.set_per_process_memory_fraction(1.0)
    run.found["too little memory"] = notice
    print(f"\nWith 64 MiB: {notice} ({engine.label})")


def main(arguments=None):
    """Measure what is asked for; 0 where it went well."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--device", choices=("cuda", "mps", "cpu"), default=devices()[0])
    parser.add_argument("--minutes", type=float, default=8.0, help="it ends before (%(default)g)")
    parser.add_argument("--networks", nargs="+", default=NETWORKS, metavar="NAME")
    parser.add_argument("--sections", nargs="+", default=SECTIONS, choices=SECTIONS)
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(arguments)
    place = Place(args.device)
    run = Run(place, args.minutes - 0.25)
    names, wanted = list(args.networks), args.sections
    lite = next((name for name in names if card(name).trained), "hourglass-lite")
    # Beside other work two threads of torch wait for each other.
    torch.set_num_threads(1)
    print(f"{place.title}; torch {torch.__version__}")
    with torch.inference_mode(), tempfile.TemporaryDirectory() as folder:
        if "networks" in wanted:
            networks(run, names)
        if "copies" in wanted:
            copies(run, names, lite)
        if {"export", "batched"} & set(wanted):
            clip = Path(folder) / "clip.mp4"
            export_clip(ExportJob(clip, overlay=False), AppState(), CLIP[place.kind])
            if "export" in wanted:
                export(run, str(clip), lite)
            if "batched" in wanted:
                batched(run, str(clip), lite)
        if "live" in wanted:
            age(run, lite)
        if "memory" in wanted:
            memory(run)
    run.found["seconds left"] = round(run.left)
    if args.json is not None:
        args.json.write_text(json.dumps(run.found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PoseViewerError as error:
        sys.exit(str(error))
