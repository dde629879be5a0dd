"""A zoom: a hand or the face as its own network was shown it, with the points found there."""

from __future__ import annotations

from poseviewer.codec.look import LookKind


class ZoomKind(LookKind):
    """A crop of the frame in its own resolution, whose points join the pose."""

    name = "zoom"
    title = "zooms"
    together = "zoom"
    answers = True


KIND = ZoomKind()
