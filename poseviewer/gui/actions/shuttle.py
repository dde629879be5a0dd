"""J, K and L: playing forwards faster and faster, or backwards frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from poseviewer.gui.transport.reach import reach

if TYPE_CHECKING:
    from poseviewer.gui.bridge import Bridge

FASTEST = 4.0


class Shuttle(QObject):
    """Plays forwards at rising speed, or backwards in steps at the clip's own rate."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._back = 0.0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._step)

    @property
    def backwards(self) -> float:
        """Speed backwards; 0 when not going backwards."""
        return self._back

    def forward(self) -> None:
        """Play; if playing already, twice as fast."""
        session = self._bridge.session
        transport = session.state.playback
        if self._back or not transport.playing:
            self.halt()
            session.set_speed(1.0)
            session.play()
        else:
            session.set_speed(min(transport.speed * 2, FASTEST))

    def back(self) -> None:
        """Go backwards; if going already, twice as fast."""
        state = self._bridge.session.state
        if state.source is None:
            return
        # A feed that runs is frozen first.
        if state.playback.playing:
            self._bridge.session.pause()
        self._back = min(self._back * 2, FASTEST) if self._back else 1.0
        rate = state.source.rate or 25.0
        self._timer.start(max(round(1000 / (rate * self._back)), 4))

    def stop(self) -> None:
        """Stop."""
        self.halt()
        self._bridge.session.pause()

    def halt(self) -> None:
        """Stop going backwards; forward playback goes on."""
        self._back = 0.0
        self._timer.stop()

    def _step(self) -> None:
        state = self._bridge.session.state
        there = reach(state)
        if there is None or state.playback.playing or state.playback.index <= there.number(0):
            self.halt()
        elif state.frame is None or state.frame.index == state.playback.index:
            # The last step has arrived: a slow file is not asked for more than it can give.
            self._bridge.session.step(-1)
