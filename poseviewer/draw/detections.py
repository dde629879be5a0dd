"""What the person detector saw: people in solid boxes, those it refused in dashed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.affine import Box
from poseviewer.core.detection import Verdict, overlaps
from poseviewer.draw.colour import CASING, MIDDLE, mixed
from poseviewer.draw.primitives import Label, Line, Outline, dashed

if TYPE_CHECKING:
    from poseviewer.core.detection import Detections
    from poseviewer.draw.primitives import Item

REASONS = {
    Verdict.FAINT: "too weak",
    Verdict.OVERLAPS: "same as another",
    Verdict.UNCONFIRMED: "no joints there",
}
"""Why a candidate is no person."""

_TAKEN, _REFUSED = 1.6, 1.2
_FADED = 0.75
_CAPITAL = 7.0
_LEAST = 0.1
"""Score from which on a candidate that was refused is drawn: there are dozens of weaker ones."""


_APART = 0.3
"""Intersection over union with a better one that is drawn below which another one that was refused
is: several cells of a detector see the same thing."""


def _drawn(detections: Detections) -> list[int]:
    """Rows of those who are taken, and of what was refused one at each place, the best first."""
    rows: list[int] = []
    refused: list[int] = []
    alike = overlaps(detections.boxes, detections.boxes)
    for row, (taken, score) in enumerate(
        zip(detections.taken.tolist(), detections.score.tolist(), strict=True)
    ):
        if not taken:
            if score < _LEAST or (alike[row, refused] >= _APART).any():
                continue
            refused.append(row)
        rows.append(row)
    return rows


def detection_items(detections: Detections, *, scale: float) -> list[Item]:
    """Candidates with their scores, the best last so that it lies on top.

    Of what was refused about the same place the best is drawn.

    Args:
        detections: Of the frame.
        scale: Frame pixels per design point.
    """
    items: list[Item] = []
    grey = mixed(MIDDLE, CASING, 0.3)
    for row in reversed(_drawn(detections)):
        left, top, right, bottom = detections.boxes[row].tolist()
        score = float(detections.score[row])
        reason = REASONS.get(Verdict(detections.verdict[row]))
        if reason is None:
            box = Box(left, top, right - left, bottom - top)
            items += [Outline(box, CASING, _TAKEN + 1.4, 0.6), Outline(box, MIDDLE, _TAKEN)]
            items.append(Label((left, top), f"{score:.2f}", _CAPITAL))
            continue
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
            for a, b in dashed(start, end, scale=scale):
                items.append(Line(a, b, CASING, _REFUSED + 1.4, _FADED * 0.6))
                items.append(Line(a, b, grey, _REFUSED, _FADED))
        items.append(Label((left, top), f"{score:.2f} {reason}", _CAPITAL, grey))
    return items
