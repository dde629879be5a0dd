"""The window used at random for minutes: what memory and threads it takes, and what for."""

from __future__ import annotations

import ctypes
import gc
import random
import sys
import tempfile
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer

from poseviewer.bench.live import resident, slope
from poseviewer.draw.colour import COLORMAPS
from poseviewer.gui.app import application, make_window
from poseviewer.gui.settings import Settings
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.sections import NetworkState
from poseviewer.runtime.session import Session
from poseviewer.runtime.state import AppState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from poseviewer.gui.window.window import Window
    from poseviewer.runtime.state import AppState as State

CLIPS = tuple(
    f"mannequin-clip:{kind}" for kind in ("640x480@30x90", "1280x720@30x60", "320x240@15x120")
)
"""Written to files, which are then opened."""

FEED = "mannequin:640x480@30"

_LONGEST_REST = 60.0
"""Seconds after which what is still being loaded, written or ended is waited for no more."""

_LONGEST_SETTLING = 3.0
"""Seconds after which memory is read at rest even if it still changes."""

_OTHER = "cpm-lite"
"""A network that ships, which takes the place of the usual one for a moment."""

_FLAT = 1.0
"""MB a minute below which memory counts as flat."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the window is used."""

    pause: tuple[float, float] = (0.3, 1.6)
    """Seconds that follow an action, from least to most."""

    rest: float = 30.0
    """Seconds between two closings of what is open, after which memory is read at rest."""

    resting: float = 1.5
    """Seconds at rest before the memory is read: threads end, and frames are given back."""

    apart: float = 0.8
    """Seconds before and after an action that is repeated by itself."""

    turns: int = 5
    """How often an action is repeated by itself to see what it leaves."""


@dataclass(frozen=True, slots=True)
class Left:
    """What an action leaves each time, at rest: the median rise from one repetition to the next.

    A single reading that is high, or a cache that fills once, does not change a median.
    """

    used: float
    """MB that malloc has given out; NaN where the system does not report it."""

    blocks: float
    """Small objects of Python, which malloc does not count."""

    threads: float

    @property
    def leaks(self) -> bool:
        """Whether it is more than what comes and goes between two readings."""
        return self.used > 0.25 or self.blocks > 3000 or self.threads > 0.5


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory and threads at one moment."""

    seconds: float
    """Since the beginning."""

    action: str
    """What was done before."""

    resident: float
    """MB in RAM."""

    used: float
    """MB that malloc has given out; NaN where the system does not report it."""

    threads: int


@dataclass(frozen=True, slots=True)
class RandomUse:
    """What a long random use showed."""

    seed: int
    samples: tuple[Sample, ...]
    """After every action."""

    rests: tuple[Sample, ...]
    """With nothing open, after the warm-up."""

    left: Mapping[str, Left] = field(default_factory=dict)
    """What each action left, the most first; empty where memory and threads were constant."""

    @property
    def slope(self) -> float:
        """MB a minute that the memory in RAM rose, from rest to rest."""
        return slope([(one.seconds, one.resident) for one in self.rests])

    @property
    def used_slope(self) -> float:
        """MB a minute that the memory given out by malloc rose, from rest to rest."""
        return slope([(one.seconds, one.used) for one in self.rests])

    @property
    def threads(self) -> tuple[int, int]:
        """The least and the most threads at rest."""
        counts = [one.threads for one in self.rests]
        return min(counts, default=0), max(counts, default=0)

    @property
    def constant(self) -> bool:
        """Whether memory at rest rose by less than 1 MB a minute, and threads did not."""
        rests = self.rests
        return len(rests) > 2 and self.slope < _FLAT and rests[-1].threads <= rests[0].threads

    @property
    def leaking(self) -> tuple[str, ...]:
        """The actions that leave something each time, the most first."""
        return tuple(name for name, left in self.left.items() if left.leaks)


def random_use(
    *,
    seconds: float,
    seed: int = 0,
    report: Callable[[Sample], None] | None = None,
    pace: Pace | None = None,
    only: Collection[str] | None = None,
    more: Mapping[str, Callable[[], None]] | None = None,
    start: Callable[..., Session] = Session,
) -> RandomUse:
    """Use the window at random, the same way for the same seed.

    Every half minute what is open is closed, and memory is read at rest: what a clip, a ring of
    frames or a network needs while it is open is no leak. Where memory at rest rises by more
    than 1 MB a minute, or threads by any, each action is then repeated by itself to name the one
    responsible.

    Args:
        seconds: How long; the first third, at most three minutes, warms up.
        seed: Of the actions and the pauses between them.
        report: Called with every sample.
        pace: How fast.
        only: Names of the actions to choose from; all of them where None.
        more: Actions by their names, besides the window's own.
        start: Makes the session; a test may give its own.
    """
    with tempfile.TemporaryDirectory() as folder:
        user = _User(Path(folder), random.Random(seed), pace or Pace(), start)
        if only is not None:
            user.actions = {name: user.actions[name] for name in only}
        user.actions |= more or {}
        try:
            return user.use(seconds, seed=seed, report=report or (lambda _: None))
        finally:
            user.close()


class _User:
    """Does at random what a person can do at the window."""

    def __init__(
        self, folder: Path, chance: random.Random, pace: Pace, start: Callable[..., Session]
    ) -> None:
        application()
        self._folder, self._chance, self._pace = folder, chance, pace
        self._clips = []
        for number, location in enumerate(CLIPS):
            made = folder / f"clip{number}.mp4"
            export_clip(ExportJob(made, overlay=False), AppState(), location)
            self._clips.append(str(made))
        self._window: Window = make_window(
            Settings(folder / "window.ini"), changes={"automatic": False}, start=start
        )
        self._window.resize(1280, 800)
        waiting = QEventLoop()
        self._window.ready.connect(waiting.quit)
        self._window.show()
        waiting.exec()
        self._session = self._window.bridge.session
        self._loop, self._timer = QEventLoop(), QTimer(singleShot=True)
        self._timer.timeout.connect(self._loop.quit)
        self._began = perf_counter()
        self._written = 0
        self.actions: dict[str, Callable[[], None]] = {
            "open a clip": self._open_clip,
            "open a feed": lambda: self._window.open(FEED),
            "close": self._session.close_source,
            "seek": self._seek,
            "step": lambda: self._session.step(self._chance.choice((-3, -1, 1, 10))),
            "play": self._session.play,
            "freeze or pause": self._session.pause,
            "live or toggle": self._session.toggle,
            "change the network": self._change_network,
            "change a choice": self._change_choice,
            "analyse": self._session.analyse,
            "export": self._export,
            "pause an export": self._pause_export,
            "record": self._record,
            "snapshot": lambda: self._session.snapshot(self._free("png")),
            "show a dock": self._show_dock,
            "probe a layer": self._probe,
            "compare": self._compare,
            "receptive field": self._receptive_field,
            "theme": self._theme,
            "overlay": self._overlay,
            "size of the window": self._resize,
        }

    def use(self, seconds: float, *, seed: int, report: Callable[[Sample], None]) -> RandomUse:
        samples: list[Sample] = []
        rests: list[Sample] = []
        warm_up, rest = min(seconds / 3, 180.0), self._pace.rest
        names = list(self.actions)
        while (now := self._now()) < seconds:
            if now >= rest:
                self._rest()
                rest = self._now() + self._pace.rest
                samples.append(self._sample("rest"))
                if now >= warm_up:
                    rests.append(samples[-1])
            else:
                name = self._chance.choice(names)
                self.actions[name]()
                self._wait(self._chance.uniform(*self._pace.pause))
                samples.append(self._sample(name))
            report(samples[-1])
        found = RandomUse(seed, tuple(samples), tuple(rests))
        return found if found.constant else replace(found, left=self._each_by_itself())

    def close(self) -> None:
        self._window.leave()
        self._window.bridge.close()
        self._window.deleteLater()
        application().processEvents()

    def _each_by_itself(self) -> dict[str, Left]:
        """What each action leaves per repetition, the most first."""
        left = {}
        # What was there before is not looked through again by every collection.
        gc.collect()
        gc.freeze()
        for name, act in self.actions.items():
            found = []
            for _ in range(self._pace.turns):
                self._window.open(FEED if name in ("record", "freeze or pause") else self._clips[0])
                self._wait(self._pace.apart)
                act()
                self._wait(self._pace.apart)
                self._rest()
                found.append(self._settled())
            # The first one may fill caches.
            rises = np.median(np.diff(np.array(found[1:], np.float64), axis=0), axis=0)
            left[name] = Left(*map(float, rises))
        gc.unfreeze()
        return dict(sorted(left.items(), key=lambda each: (not each[1].leaks, -each[1].used)))

    def _settled(self) -> tuple[float, int, int]:
        """Memory, small objects and threads, once two readings in a row are alike."""
        before, late = (0.0, 0, 0), self._now() + _LONGEST_SETTLING
        while True:
            # What only cycles hold is no leak: the collector finds it some time.
            gc.collect()
            found = in_use(), sys.getallocatedblocks(), threads()
            alike = abs(found[0] - before[0]) < 0.1 and found[2] == before[2]
            if alike or found[0] != found[0] or self._now() > late:
                return found
            before = found
            self._wait(0.05)

    def _rest(self) -> None:
        """Put everything back to how it was, and wait until the threads have ended.

        The same network is loaded anew each time: others have other weights, and each shape of
        input that was met has threads and buffers of its own.
        """
        self._session.stop_recording()
        self._session.stop_analysis()
        for export in self._state.exports:
            self._session.exports.remove(export.number)
        if (docks := self._window.docks) is not None:
            docks.compare.hide()
            docks.probe.hide()
            docks.field.switch(False)
        self._session.close_source()
        for model in (_OTHER, NetworkState().model):
            self._session.change("network", model=model)
            late = self._now() + _LONGEST_REST
            self._wait(0.1)
            while self._now() < late and self._works(model):
                self._wait(0.1)
        self._wait(self._pace.resting)

    def _works(self, model: str) -> bool:
        """Whether something is still being written or ended, or `model` is not loaded yet."""
        ours = [one.name for one in threading.enumerate() if one.name.startswith("poseviewer-")]
        loaded = self._state.loaded
        # Without a thread nothing was opened yet, so that no network is needed.
        right = not ours or (loaded is not None and loaded.name == model)
        return bool(self._state.busy) or not right or len(ours) > 1

    def _sample(self, action: str) -> Sample:
        return Sample(self._now(), action, resident(), in_use(), threads())

    def _now(self) -> float:
        return perf_counter() - self._began

    def _wait(self, seconds: float) -> None:
        # One loop for all waits: the connection to one of their own would leave an object each.
        self._timer.start(int(seconds * 1000))
        self._loop.exec()

    @property
    def _state(self) -> State:
        return self._session.state

    def _open_clip(self) -> None:
        self._window.open(self._chance.choice(self._clips))

    def _seek(self) -> None:
        source, past = self._state.source, self._state.past
        if past is not None:
            self._session.seek(int(self._chance.choice(past.index)))
        elif source is not None and source.count:
            self._session.seek(self._chance.randrange(source.count))

    def _trained(self) -> list[str]:
        return [one.name for one in self._state.models if one.trained] or ["hourglass-lite"]

    def _change_network(self) -> None:
        self._session.change("network", model=self._chance.choice(self._trained()))

    def _change_choice(self) -> None:
        section, field, values = self._chance.choice(
            (
                ("reading", "flip", (False, True)),
                ("reading", "region", ("follow", "whole", "people")),
                ("reading", "gate", (0.1, 0.2, 0.4)),
                ("reading", "smooth", (False, True)),
                ("reading", "track_window", (0.0, 1.0)),
                ("angles", "facing", ("right", "left", "auto")),
                ("angles", "filter", ("none", "butterworth:6")),
                ("angles", "panes", ("auto", "one", "each", "pairs", "sides")),
            )
        )
        self._session.change(section, **{field: self._chance.choice(values)})

    def _export(self) -> None:
        source = self._state.source
        if self._state.past is None and source is not None and source.count:
            start = self._chance.randrange(source.count)
            end = min(start + 8, source.count - 1)
            data = ("csv", "json") if self._chance.random() < 0.5 else ()
            self._session.export(ExportJob(self._free("mp4"), start=start, end=end, data=data))

    def _pause_export(self) -> None:
        if any(export.status == "paused" for export in self._state.exports):
            self._session.exports.finish()
        else:
            self._session.exports.pause()

    def _record(self) -> None:
        if self._state.recording is not None:
            self._session.stop_recording()
        elif self._state.source is not None and self._state.source.live:
            self._session.record(self._free("mp4"))

    def _free(self, suffix: str) -> Path:
        # The few names are used again, so that files do not pile up.
        self._written = (self._written + 1) % 8
        return self._folder / f"written{self._written}.{suffix}"

    def _show_dock(self) -> None:
        if (docks := self._window.docks) is not None:
            dock = self._chance.choice(docks.all)
            dock.show()
            dock.raise_()

    def _probe(self) -> None:
        if (docks := self._window.docks) is not None:
            docks.probe.show()
            docks.probe.raise_()
            if docks.probe.tree.layers:
                docks.probe.tree.choose(self._chance.choice(docks.probe.tree.layers).path)

    def _compare(self) -> None:
        if (docks := self._window.docks) is not None:
            docks.compare.show()
            docks.compare.raise_()
            box = docks.compare.picker.models["B"]
            if box.count():
                box.setCurrentIndex(self._chance.randrange(box.count()))
                box.activated.emit(box.currentIndex())

    def _receptive_field(self) -> None:
        if (docks := self._window.docks) is not None:
            docks.field.switch(not docks.field.on)
            docks.field.point_at((100.0, 100.0))

    def _theme(self) -> None:
        self._window.appearance.choose_theme(self._chance.choice(("dark", "light")))

    def _overlay(self) -> None:
        model = self._state.model
        stage = self._chance.choice((None, *range(len(model.stages) if model else 0)))
        colormap = self._chance.choice(COLORMAPS)
        self._session.change("display", overlay_stage=stage, colormap=colormap)

    def _resize(self) -> None:
        self._window.resize(self._chance.randrange(900, 1500), self._chance.randrange(600, 900))


class _MallocFacts(ctypes.Structure):
    """`struct mallinfo2` of glibc 2.33."""

    _fields_ = [
        ("arena", ctypes.c_size_t),
        ("others", ctypes.c_size_t * 3),
        ("mapped", ctypes.c_size_t),
        ("unused", ctypes.c_size_t * 2),
        ("used", ctypes.c_size_t),
        ("free", ctypes.c_size_t * 2),
    ]


def in_use() -> float:
    """Memory that malloc has given out and not been given back, MB; NaN without glibc 2.33."""
    try:
        ask = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError):
        return float("nan")
    ask.restype = _MallocFacts
    facts = ask()
    return float(facts.used + facts.mapped) / 2**20


def threads() -> int:
    """Threads of this process, those of libraries too; 0 where the system does not report them."""
    try:
        return len(list(Path("/proc/self/task").iterdir()))
    except OSError:
        return 0


def table(found: RandomUse) -> list[str]:
    """What a long random use showed, as lines."""
    rests: Sequence[Sample] = found.rests
    if len(rests) < 2:
        lines = ["Too short: memory at rest was read fewer than two times after the warm-up."]
    else:
        first, last = rests[0], rests[-1]
        lines = [
            f"at rest  {first.resident:.0f} MB in RAM at first, {last.resident:.0f} MB at last, "
            f"{found.slope:+.2f} MB a minute",
            f"in use   {first.used:.0f} MB at first, {last.used:.0f} MB at last, "
            f"{found.used_slope:+.2f} MB a minute",
            f"highest  {max(one.resident for one in found.samples):.0f} MB in RAM",
            f"threads  {found.threads[0]} to {found.threads[1]} at rest",
        ]
    for name in found.leaking:
        left = found.left[name]
        lines.append(
            f"leaks    {name}: {left.used:+.2f} MB, {left.blocks:+.0f} small objects, "
            f"{left.threads:+.1f} threads each time"
        )
    if found.left and not found.leaking:
        lines.append("leaks    no action by itself")
    return lines
