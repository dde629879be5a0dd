"""The commands for a feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.runtime.live import FeedCapture
from poseviewer.runtime.state import Keep

if TYPE_CHECKING:
    from poseviewer.runtime.coordinator import Coordinator
    from poseviewer.video.memory import MemoryClip


class FeedControls:
    """The commands for a feed; none waits, and none does anything to a clip.

    Args:
        coordinator: Has the feed.
    """

    def __init__(self, coordinator: Coordinator) -> None:
        self._coordinator = coordinator
        self.kept = Keep()
        """How much is stored to go back to; change it with `keep`."""

    def freeze(self) -> None:
        """Freeze the feed at the frame on screen, with the last seconds to go back to."""
        if (capture := self._capture) is not None:
            shown, result = self._coordinator.store.state.shown
            capture.pause(at=None if shown is None or result is None else shown.index)

    def live(self) -> None:
        """Show the feed live again."""
        if (capture := self._capture) is not None:
            capture.live()

    def replay(self) -> None:
        """Replay the stored frames, or stop; of a running feed replay all of them."""
        state = self._coordinator.store.state
        if (capture := self._capture) is None:
            return
        if state.past is not None and state.playback.playing:
            capture.pause()
            return
        if state.past is None:
            capture.pause()
        capture.play()

    def keep(self, keep: Keep) -> None:
        """Set how much is stored, of this feed and of later ones."""
        self.kept = keep
        if (capture := self._capture) is not None:
            capture.keep(keep)

    def past_clip(self) -> MemoryClip | None:
        """The stored frames as a clip for an export; None while no feed is frozen."""
        capture = self._capture
        rewind = capture.rewind if capture is not None else None
        return rewind.clip if rewind is not None else None

    @property
    def _capture(self) -> FeedCapture | None:
        source = self._coordinator.source
        controls = source.controls if source is not None else None
        return controls if isinstance(controls, FeedCapture) else None
