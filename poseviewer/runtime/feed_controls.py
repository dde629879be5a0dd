"""What can be asked of a live source only: freeze it, go back, run on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.runtime.capture import FeedCapture
from poseviewer.runtime.state import Keep

if TYPE_CHECKING:
    from poseviewer.runtime.hub import Hub
    from poseviewer.video.kept import KeptClip


class FeedControls:
    """The session's commands to a feed; none of them waits, and a clip heeds none."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.kept = Keep()
        """How much is kept to go back to; change it with `keep`."""

    def freeze(self) -> None:
        """Stand still at the picture that is seen, with the last seconds to go back to."""
        if (capture := self._capture) is not None:
            view = self._hub.board.view
            # While frames run, the newest analysed one is seen.
            seen = None if view.result is None or view.busy else view.result.frame.index
            capture.pause(at=seen)

    def live(self) -> None:
        """Show what comes, from now on."""
        if (capture := self._capture) is not None:
            capture.live()

    def replay(self) -> None:
        """Play what is kept or stop doing so; of a feed that runs, the whole of it once more."""
        view = self._hub.board.view
        if (capture := self._capture) is None:
            return
        if view.past is not None and view.transport.playing:
            capture.pause()
            return
        if view.past is None:
            capture.pause()
        capture.play()

    def keep(self, keep: Keep) -> None:
        """Keep so much, of what is open and of what will be."""
        self.kept = keep
        if (capture := self._capture) is not None:
            capture.keep(keep)

    def past_clip(self) -> KeptClip | None:
        """What can be gone back to, as a clip for an export; None while no feed is frozen."""
        capture = self._capture
        rewind = capture.rewind if capture is not None else None
        return rewind.clip if rewind is not None else None

    @property
    def _capture(self) -> FeedCapture | None:
        controls = self._hub.source.controls if self._hub.source is not None else None
        return controls if isinstance(controls, FeedCapture) else None
