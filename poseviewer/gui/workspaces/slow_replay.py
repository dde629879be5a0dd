"""The last seconds once more, slowly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from poseviewer.gui.transport.reach import reach

if TYPE_CHECKING:
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import SourceInfo

SECONDS = 3.0
"""How much is replayed."""

SPEED = 0.25

_EXACT = 1e-6
"""Seconds by which times may be wrong."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """A replay that is under way, and how things were before."""

    source: SourceInfo | None
    target: int
    """The frame at which it ends."""
    live: bool
    """Whether a feed ran, and no past was shown."""
    playing: bool
    speed: float


class SlowReplay(QObject):
    """Goes back three seconds, plays them at a quarter of the speed, and goes on as before.

    A feed that runs is frozen for it and shown live again at its end. What a person does meanwhile
    wins: a pause stays where it is.
    """

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._begun: _Begun | None = None
        self._seen_playing = False
        bridge.changed.connect(self._watch)

    @property
    def active(self) -> bool:
        """Whether a replay is under way."""
        return self._begun is not None

    def toggle(self) -> None:
        """Begin, or end the one that is under way and go on as before."""
        if self._begun is not None:
            self._end()
            return
        session, state = self._bridge.session, self._bridge.session.state
        before = state.playback
        if live := state.live:
            session.pause()
            state = session.state
        there = reach(state)
        if there is None or not len(there.times):
            return
        at = there.position(before.index)
        begin = int(np.searchsorted(there.times, there.times[at] - SECONDS - _EXACT))
        if before.start is not None:
            begin = max(begin, min(there.position(before.start), at))
        target = there.number(at)
        self._begun = _Begun(state.source, target, live, before.playing, before.speed)
        self._seen_playing = False
        session.set_speed(SPEED)
        session.seek(there.number(begin))
        session.play()

    def _watch(self) -> None:
        begun, state = self._begun, self._bridge.session.state
        if begun is None:
            return
        playback = state.playback
        if state.source is not begun.source or (begun.live and state.past is None):
            self._begun = None
        elif playback.index >= begun.target:
            self._end()
        elif playback.playing:
            self._seen_playing = True
        elif self._seen_playing:
            # A person has paused.
            self._begun = None
            self._bridge.session.set_speed(begun.speed)

    def _end(self) -> None:
        begun, self._begun = self._begun, None
        if begun is None:
            return
        session = self._bridge.session
        session.set_speed(begun.speed)
        if begun.live:
            session.toggle()
            return
        if not begun.playing:
            session.pause()
        if session.state.playback.index != begun.target:
            session.seek(begun.target)
