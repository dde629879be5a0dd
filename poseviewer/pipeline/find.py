"""People in a whole frame, found by a detector in one run: where a network for one person looks.

What it finds the pose network confirms: a place in which that sees no person is none.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from poseviewer.codec.detection import DetectionCodec
from poseviewer.core.affine import Box
from poseviewer.core.detection import Sighting, Verdict, overlaps
from poseviewer.models.card import Normalisation
from poseviewer.models.finder import FinderCard
from poseviewer.pipeline.crop import Cropper
from poseviewer.pipeline.evidence import CERTAIN, PERSON, evidence
from poseviewer.pipeline.follow_person import LOST, presence
from poseviewer.pipeline.track import SAME, likeness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from poseviewer.core.detection import Detections
    from poseviewer.core.frame import Frame
    from poseviewer.pipeline.estimate import Estimator, Network

THRESHOLD = 0.13
"""Score from which on the pose network is asked about a candidate."""

_MARGIN = 1.35
"""As `ModelCard.region_margin`, of what is compared with regions that were not made here."""

_NEAR = 0.3
"""Overlap of two regions from which on they may show the same person."""

_UNIT = Normalisation(mean=(127.5, 127.5, 127.5), scale=(127.5, 127.5, 127.5))


@runtime_checkable
class BesideNetwork(Protocol):
    """A network that can run beside the thread that asks it."""

    def begin(self, batch: NDArray[np.float32]) -> Callable[[], list[NDArray[np.float32]]]:
        """Start to answer a batch; what is returned waits for the maps of all stages."""


class Finder:
    """A detector with its decoder. Its buffers are its own, so one thread uses it at a time.

    Args:
        engine: Returns the maps of `FinderLite`.
        threshold: Least score of a person.
    """

    def __init__(self, engine: Network, *, threshold: float = THRESHOLD) -> None:
        self._engine = engine
        self._threshold = threshold
        self._card = FinderCard()
        self._codec = DetectionCodec()
        self._croppers: dict[tuple[int, int], Cropper] = {}
        self._begun: Callable[[], Detections] | None = None
        """The last answer, which may still be waited for."""

    def find(self, frame: Frame) -> Detections:
        """Everybody in a frame and every candidate that was refused; boxes in frame pixels."""
        return self.begin(frame)()

    def begin(self, frame: Frame) -> Callable[[], Detections]:
        """`find` beside what this thread does next, where the engine can do that.

        Returns:
            Waits for the answer.
        """
        if self._begun is not None:
            # It lies in the memory that the next one is written into.
            self._begun()
        size = self._card.input_for(frame.size)
        cropper = self._croppers.setdefault(size, Cropper(size, normalisation=_UNIT))
        batch, (to_frame,) = cropper.cut(frame.pixels, [Box.whole(frame.size)])
        engine = self._engine
        answer: Callable[[], list[NDArray[np.float32]]] = partial(engine.run, batch)
        if isinstance(engine, BesideNetwork):
            answer = engine.begin(batch)

        @cache
        def found() -> Detections:
            score, edges = answer()
            seen = self._codec.decode(score[0], edges[0], size=size, threshold=self._threshold)
            scale, shift = np.tile(to_frame.diagonal(), 2), np.tile(to_frame[:, 2], 2)
            return replace(
                seen, boxes=seen.boxes * scale + shift, joints=seen.joints * scale + shift
            )

        self._begun = found
        return found

    def support(self, found: Detections, boxes: Sequence[Box]) -> list[float]:
        """How surely the detector sees a person in each of some regions, 0 to 1.

        Args:
            found: What it saw in their frame.
            boxes: Regions, as those of `people`.
        """
        regions = [region_around(joints, margin=_MARGIN) for joints in found.joints]
        return [
            max(
                [
                    float(score)
                    for score, region in zip(found.score, regions, strict=True)
                    if region.overlap(box) >= _NEAR
                ],
                default=self._codec.floor,
            )
            for box in boxes
        ]

    def people(
        self, frame: Frame, estimator: Estimator, *, most: int = 1, near: Box | None = None
    ) -> Sighting:
        """Those whom the pose network confirms, the largest and surest first.

        Where it sees the same pose in the regions of two candidates, the second gives way.

        Args:
            frame: The picture.
            estimator: Confirms candidates.
            most: How many to look for; further candidates are not looked at.
            near: Where the person was; the one that overlaps it most comes first.
        """
        found = self.find(frame)
        extent = (found.joints[:, 2:] - found.joints[:, :2]).clip(min=1)
        sides, longer = np.sqrt(extent.prod(1)), extent.max(1)
        margin = estimator.card.region_margin
        regions = [region_around(box, margin=margin) for box in found.joints]
        close = [near.overlap(region) if near else 0.0 for region in regions]
        verdict, rival, shared = found.verdict.copy(), found.rival.copy(), found.overlap.copy()
        there: list[tuple[int, NDArray[np.float32]]] = []
        for row in np.lexsort((-found.score * sides, -np.array(close))):
            if len(there) == most:
                break
            if not found.taken[row]:
                continue
            (xy,), (score,) = estimator.quick_estimate(frame, [regions[row]])
            candidate, share = float(found.score[row]), longer[row] / max(frame.size)
            sure = candidate >= CERTAIN or evidence(candidate, score, share=share) >= PERSON
            if not sure or presence(score) < LOST:
                verdict[row] = Verdict.UNCONFIRMED
                continue
            known = np.array([pose for _, pose in there]).reshape(-1, *xy.shape)
            alike = likeness(xy[None], known, skeleton=estimator.body)[0]
            if alike.max(initial=0.0) >= SAME:
                better = there[int(alike.argmax())][0]
                verdict[row], rival[row] = Verdict.OVERLAPS, better
                shared[row] = overlaps(found.boxes[[row]], found.boxes[[better]]).item()
            else:
                there.append((int(row), xy))
        return Sighting(
            replace(found, verdict=verdict, rival=rival, overlap=shared),
            tuple(regions[row] for row, _ in there),
            tuple(xy for _, xy in there),
        )


def region_around(box: NDArray[np.floating], *, margin: float) -> Box:
    """The square about the middle of a box (left, top, right, bottom).

    Args:
        box: Of the joints of one person, frame pixels.
        margin: Side of the square over the longer side of the box.
    """
    left, top, right, bottom = (float(edge) for edge in box)
    side = max(right - left, bottom - top, 1.0) * margin
    return Box.centred((left + right) / 2, (top + bottom) / 2, side, side)
