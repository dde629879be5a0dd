"""What the figures of one run say of the performance that is wanted: ratios, met or missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poseviewer.runtime.bench import Hop

ALONE = ("decode", "analyse", "paint", "encode")
"""The hops of an export."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A ratio of two figures of one run, or a figure, and what it should be."""

    what: str
    ratio: float
    target: float
    at_least: bool
    """Whether the target is the least; else it is the most."""

    @property
    def met(self) -> bool:
        """Whether the ratio is on the right side of the target."""
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target


def of_networks(networks: Mapping[str, Hop]) -> list[Comparison]:
    """How much faster than torch the other engines are, all measured in turn."""
    torch = labelled(networks, "Torch fp32, CPU")
    return [
        Comparison(f"{title} against torch, times as fast", torch.p50 / hop.p50, target, True)
        for title, target in (("OpenVINO fp32", 2.5), ("OpenVINO bf16", 5.0))
        if torch and (hop := labelled(networks, title))
    ]


def of_live(hops: Sequence[Hop], *, alone: Hop) -> list[Comparison]:
    """The age of what is painted, against the network while it runs live and by itself."""
    named = {hop.name: hop for hop in hops}
    if "age" not in named or "network" not in named:
        return []
    age, live = named["age"], named["network"]
    return [
        Comparison(f"age {rank} against the network {where}", value / bare, most, False)
        for where, bare in (("of the same live run", live.p50), ("alone", alone.p50))
        for rank, value, most in (("p50", age.p50, 1.25), ("p95", age.p95, 1.6))
    ]


def of_files(
    passes: Mapping[str, Hop], steps: Mapping[str, Hop], exports: Mapping[str, Hop]
) -> list[Comparison]:
    """Reading, stepping and exporting, against how it is usually done."""
    export, slowest = exports["export"].p50, max(exports[hop].p50 for hop in ALONE)
    seek = steps["opencv"].p50
    return [
        Comparison("step +1 against OpenCV's seek", seek / steps["forward"].p50, 30, True),
        Comparison("step -1 against OpenCV's seek", seek / steps["back"].p50, 30, True),
        Comparison("step -1 from the cache, ms", steps["back"].p50 * 1e3, 1.0, False),
        Comparison(
            "reading on against OpenCV", passes["opencv"].p50 / passes["ours"].p50, 0.95, True
        ),
        Comparison("export against one loop", exports["serial"].p50 / export, 1.4, True),
        Comparison("export against its slowest hop alone", slowest / export, 0.9, True),
    ]


def of_window(
    painting: Mapping[str, Hop], running: Mapping[str, float], starts: Mapping[str, Hop]
) -> list[Comparison]:
    """What the window costs, against other widgets and another order of imports."""
    ours, first = painting["ours"].p50, starts["ours"].p50
    return [
        Comparison("heartbeat of the window late, ms p95", running["late"] * 1e3, 5.0, False),
        Comparison("whole window, ms a frame", running["frame"] * 1e3, 4.0, False),
        Comparison("frame paint against QLabel", painting["label"].p50 / ours, 3, True),
        Comparison("frame paint against ImageItem", painting["item"].p50 / ours, 10, True),
        Comparison("first paint, s", first, 1.0, False),
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
    wanted = f"{'at least' if one.at_least else 'at most'} {one.target:g}"
    return f"{one.what}: {one.ratio:.2f} (wanted {wanted}: {'met' if one.met else 'missed'})"
