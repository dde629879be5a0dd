"""The background analysis: the whole clip, every frame, into the history and the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.factories import follower, goniometer
from poseviewer.runtime.job import Countdown

if TYPE_CHECKING:
    from collections.abc import Generator

    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.hub import Hub
    from poseviewer.runtime.inference import Order
    from poseviewer.runtime.source_thread import Opener
    from poseviewer.runtime.state import Progress


def analysis_steps(
    hub: Hub,
    *,
    order: Order,
    location: str,
    bounds: tuple[int | None, int | None],
    opener: Opener,
    loader: Loader,
) -> Generator[Progress, None, None]:
    """Analyse `location` frame by frame with a network of its own; a frame a step.

    Frames that were looked at before keep their result, so that coming back to one never
    changes it. It ends early when the source or the choices of `hub` have changed.

    Raises:
        PoseViewerError: The clip cannot be read or the network not loaded.
    """
    from poseviewer.pipeline.run import run
    from poseviewer.video.source import Clip

    with opener(location) as clip:
        if not isinstance(clip, Clip):
            msg = f"{location} has no end; only a clip can be analysed whole."
            raise PoseViewerError(msg)
        start = bounds[0] or 0
        end = len(clip) - 1 if bounds[1] is None else bounds[1]
        countdown = Countdown(end - start + 1)
        yield countdown.at(0)
        frames = run(
            clip,
            loader(order.choices).estimator(order.choices),
            follower(order.choices),
            start=start,
            end=end,
            known=lambda frame: hub.known(frame, order),
            goniometer=goniometer(order.choices),
            tracker=hub.people.tracker(leads=True),
        )
        for done, (_, result) in enumerate(frames, 1):
            if not hub.record(result, order):
                return
            yield countdown.at(done)
        # Who has gone through all frames in order knows best who is who on screen.
        hub.ask_again()
