"""The estimator of BlazePose, and of the hands and the face that a whole body is zoomed into.

The network of the body was trained on people who stand upright in their crop. It says itself how
the body lies, so that where the region shows it otherwise it is asked again. From its points follow
the first crops of hands and face; in these, other networks find the second ones, which are read.
All crops are cut from the frame itself (MediaPipe, `modules/pose_landmark` and
`modules/holistic_landmark`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot, pi
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np

from poseviewer.codec.face_anchors import LEAST as FACE
from poseviewer.codec.face_anchors import read_face
from poseviewer.core.affine import apply, compose, invert
from poseviewer.core.pose import Poses
from poseviewer.core.stage import StageOutput
from poseviewer.models.graph_files.zooms import PARTS
from poseviewer.pipeline.crop import Cropper
from poseviewer.pipeline.estimate_points import PointsEstimator
from poseviewer.pipeline.squares import (
    Square,
    body_square,
    face_square,
    hand_square,
    head_square,
    recropped,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import Request
    from poseviewer.models.card import ModelCard
    from poseviewer.models.graph_files.adapted import StoredGraph
    from poseviewer.models.graph_files.zooms import PartName
    from poseviewer.pipeline.estimate import EstimatorOptions, Network

HANDS = {"left hand": (15, 19, 17), "right hand": (16, 20, 18)}
"""Wrist, first knuckle of the forefinger and of the little finger, of BlazePose's joints."""

HEAD = 11
"""How many of BlazePose's joints are of the head: they come first."""

VISIBLE = 0.1
"""Confidence of the wrist, or of the nose, from which on there is a hand, or a face, to look at."""

THERE = 0.5
"""Presence from which on a hand or a face joins the pose."""

FACE_CONTOURS = (
    46, 53, 52, 65, 55, 70, 63, 105, 66, 107,
    276, 283, 282, 295, 285, 300, 293, 334, 296, 336,
    33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246,
    263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466,
    61, 146, 91, 181, 84, 185, 40, 39, 37, 291, 375, 321, 405, 314, 409, 270, 269, 267, 17, 0,
    78, 95, 88, 178, 87, 191, 80, 81, 82, 308, 324, 318, 402, 317, 415, 310, 311, 312, 14, 13,
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    109, 67, 103, 54, 21, 162, 127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148,
)  # fmt: skip
"""Points of the mesh of a face that the skeleton has, in its order: brows, lids, lips, outline."""

_TURNED, _GROWN, _MOVED = 0.15, 1.3, 0.15
"""Radians, factor of the side and share of it by which a crop may differ from what the body's own
points ask for; beyond it the body is looked at again."""

_AGAIN = 2
"""Times at most. Each turns the crop by a third of what is missing or more; a photo turned by 45
degrees then has its joints 4 to 14 pixels of 440 from where the upright one has them, and 33 in the
first look."""

_SMALLEST = 8.0
"""Side of a crop below which there is nothing to see, frame pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """What the network of the body answered to one crop."""

    maps: list[NDArray[np.float32]]
    """Of its stages, (1, channels, h, w) each."""

    square: Square
    """What it was shown."""

    to_frame: NDArray[np.float64]
    """2x3, from input pixels."""

    places: NDArray[np.float64]
    """(n, 3) x, y in frame pixels and depth on their scale, of all its points."""

    world: NDArray[np.float64] | None
    """(n, 3) metres along the frame's axes."""

    @property
    def there(self) -> bool:
        """Whether the network sees anybody."""
        return bool(self.maps[-1][0, :, 0, 2].any())


@dataclass(frozen=True, slots=True, eq=False)
class _Person:
    """Everything found of one person."""

    region: Square
    """What is asked about."""

    look: _Look
    """Its last look."""

    body: list[Poses]
    """The answer of each stage of the body, one row each."""
    zooms: list[_Zoom]


@dataclass(frozen=True, slots=True, eq=False)
class _Zoom:
    """One crop, and what was found in it."""

    picture: NDArray[np.float32]
    """(3, h, w), 0 to 1."""

    to_frame: NDArray[np.float64]
    points: NDArray[np.float32]
    presence: float
    start: int = 0
    """The first joint of the skeleton that it finds."""
    xy: NDArray[np.float64] | None = None
    """Frame pixels (n, 2) of the joints of the skeleton that it found."""


class ZoomEstimator(PointsEstimator):
    """BlazePose with its decoder, and the parts that its body is zoomed into where there are any.

    Arguments as of `Estimator`. Mirrored input is averaged for the stages of the body alone.
    """

    def __init__(
        self, card: ModelCard, engine: Network, **options: Unpack[EstimatorOptions]
    ) -> None:
        super().__init__(card, engine, **options)
        self._zooming = [n for n, spec in enumerate(card.stages) if spec.kind in ("look", "zoom")]
        self._count = len(card.stages) - len(self._zooming)
        """Stages of the body."""
        self._further = cast("StoredGraph", card.graph).further
        self._parts: Any = engine
        self._croppers = {
            part.name: Cropper(part.input_size, normalisation=part.normalisation) for part in PARTS
        }
        self._normal = {part.name: part.normalisation for part in PARTS}
        self._details = {part.name: part for part in self.skeleton.details}

    def estimate(
        self,
        frame: Frame,
        region: Box,
        request: Request,
        *,
        others: Sequence[Box] = (),
        captured: float = 0.0,
    ) -> FrameResult:
        """Estimate the people in `region` of `frame`; arguments as of `Estimator`.

        The crops of one person depend on each other, so people follow one another.
        """
        start = perf_counter()
        regions = [self._cropper.fitted(one) for one in (region, *others)]
        people = [self._person(frame.pixels, one) for one in regions]
        answered = perf_counter()
        stage_poses = tuple(
            _together([person[number] for person in map(self._steps, people)])
            for number in range(len(self.card.stages))
        )
        poses = self._in_metres(stage_poses[self._last], people)
        poses = self._surely(poses)
        stages = tuple(
            self._output(number, people[0])
            for number in range(len(self.card.stages))
            if request.wants(number)
        )
        seconds = {"network": answered - start, "codec": perf_counter() - answered}
        return self._result(frame, poses, stage_poses, stages, regions, seconds, request, captured)

    def quick_estimate(
        self, frame: Frame, regions: Sequence[Box]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The body in each of some regions.

        Returns:
            Frame pixels (n, k, 2) and scores (n, k) of the k joints of the body.
        """
        found = []
        for region in regions:
            fitted = self._cropper.fitted(region)
            look = self._body(frame.pixels, fitted)
            found.append(self._poses(look, fitted)[-1].body)
        return np.concatenate([p.xy for p in found]), np.concatenate([p.score for p in found])

    # -- the body -------------------------------------------------------------------------

    def _person(self, pixels: NDArray[np.uint8], region: Box) -> _Person:
        look = self._body(pixels, region)
        poses = self._poses(look, region)
        score = poses[-1].score[0]
        zooms: list[_Zoom] = []
        if self._zooming:
            places = look.places[:, :2]
            for side, joints in HANDS.items():
                if score[joints[0]] >= VISIBLE:
                    zooms += self._hand(pixels, places[list(joints)], side)
                else:
                    zooms += [self._nothing(look, "hand_look"), self._nothing(look, "hand")]
            if score[0] >= VISIBLE:
                zooms += self._face(pixels, places[:HEAD])
            else:
                zooms += [self._nothing(look, "face_look"), self._nothing(look, "face")]
        return _Person(Square(region.centre, region.width), look, poses, zooms)

    def _body(self, pixels: NDArray[np.uint8], region: Box) -> _Look:
        """What the network says of a region, or of the person in it upright."""
        look = self._look(pixels, Square(region.centre, region.width))
        best = look
        for _ in range(_AGAIN):
            wanted = body_square(*look.places[list(self._codec.axis), :2])
            if wanted.side < _SMALLEST or not _strayed(look.square, wanted):
                break
            look = self._look(pixels, wanted)
            # Of one who leans it may say at first that nobody is there, and still how to turn.
            if look.there or not best.there:
                best = look
        return best

    def _look(self, pixels: NDArray[np.uint8], square: Square) -> _Look:
        to_frame = square.to_frame(self.card.input_size[0])
        batch = self._cropper.warped(pixels, [to_frame])
        asked = range(self._count + self._further)
        maps = [one.copy() for one in self._engine.run(batch, asked)]
        stages, further = maps[: self._count], maps[self._count :]
        if self._flip:
            stages = self._beliefs(batch, range(self._count))
        numbers = further[0][0].astype(np.float64)
        x, y, depth = (numbers[:, self._codec.numbers.index(letter)] for letter in "xyz")
        step = hypot(to_frame[0, 0], to_frame[1, 0])
        xy = apply(to_frame, np.stack([x, y], axis=1) - 0.5)
        world = None
        if len(further) > 1:
            world = further[1][0].astype(np.float64)
            world[:, :2] = world[:, :2] @ (to_frame[:, :2] / step).T
        return _Look(stages, square, to_frame, np.column_stack([xy, depth * step]), world)

    def _poses(self, look: _Look, region: Box) -> list[Poses]:
        """The answer of every stage of the body."""
        return [self._stage(n, one, [look.to_frame], [region]) for n, one in enumerate(look.maps)]

    def _posed(
        self, xy: NDArray[np.float32], score: NDArray[np.float32], boxes: NDArray[np.float32]
    ) -> Poses:
        missing = len(self.skeleton.joints) - xy.shape[1]
        wide = np.pad(xy, ((0, 0), (0, missing), (0, 0)), constant_values=np.nan)
        return super()._posed(wide, np.pad(score, ((0, 0), (0, missing))), boxes)

    def _in_metres(self, poses: Poses, people: Sequence[_Person]) -> Poses:
        """The poses with the places that the network of the body has in metres."""
        world = np.full((*poses.xy.shape[:2], 3), np.nan, np.float32)
        for row, person in enumerate(people):
            if person.look.world is None:
                return poses
            count = len(self.body.joints)
            there = np.isfinite(poses.xy[row, :count, 0])
            world[row, :count][there] = person.look.world[:count][there]
        return replace(poses, world=world)

    # -- hands and face -------------------------------------------------------------------

    def _hand(
        self, pixels: NDArray[np.uint8], joints: NDArray[np.float64], side: str
    ) -> list[_Zoom]:
        """The first crop of a hand, and the second with its points.

        Args:
            pixels: Of the frame.
            joints: Of the body (3, 2): wrist and two knuckles, frame pixels.
            side: Such as `left hand`.
        """
        wide = hand_square(*joints)
        first, (numbers,) = self._shown(pixels, wide, "hand_look")
        points = numbers.reshape(2, 2).astype(np.float64) - 0.5
        close = recropped(*apply(first.to_frame, points))
        second, (numbers, presence) = self._shown(pixels, close, "hand")
        found = _found(second, numbers, float(presence[0]), start=self._details[side].start)
        return [_with(first, points, found.presence), found]

    def _face(self, pixels: NDArray[np.uint8], head: NDArray[np.float64]) -> list[_Zoom]:
        """The first crop of a face, and the second with its points.

        Args:
            pixels: Of the frame.
            head: Joints of the body (11, 2), frame pixels.
        """
        first, (offsets, logits) = self._shown(pixels, head_square(head), "face_look")
        points, sure = read_face(offsets, logits)
        if sure < FACE:
            first = _with(first, points, sure)
            return [first, _Zoom(first.picture, first.to_frame, np.empty((0, 3), np.float32), 0.0)]
        close = face_square(apply(first.to_frame, points))
        second, (numbers, logit) = self._shown(pixels, close, "face")
        presence = float(1 / (1 + np.exp(-np.clip(logit[0], -50, 50))))
        start = self._details["face"].start
        found = _found(second, numbers, presence, start=start, chosen=FACE_CONTOURS)
        return [_with(first, points, sure), found]

    def _shown(
        self, pixels: NDArray[np.uint8], square: Square, part: PartName
    ) -> tuple[_Zoom, list[NDArray[np.float32]]]:
        """A crop, and what the network of a part answers to it."""
        cropper, normal = self._croppers[part], self._normal[part]
        side = max(square.side, _SMALLEST)
        to_frame = Square(square.centre, side, square.turn).to_frame(cropper.size[0])
        crop = cropper.warped(pixels, [to_frame])
        answers = [one.copy() for one in self._parts.look(part, crop)]
        picture = (crop[0] * normal.scale[0] + normal.mean[0]) / np.float32(255)
        nothing = np.empty((0, 2), np.float32)
        return _Zoom(picture.clip(0, 1), to_frame, nothing, 0.0), answers

    def _nothing(self, look: _Look, part: PartName) -> _Zoom:
        """Where the body has no such part: a dark crop of the whole region."""
        side = self._croppers[part].size[0]
        scale = self.card.input_size[0] / side
        to_frame = look.to_frame.copy()
        to_frame[:, :2] *= scale
        return _Zoom(
            np.zeros((3, side, side), np.float32), to_frame, np.empty((0, 2), np.float32), 0.0
        )

    # -- the result -----------------------------------------------------------------------

    def _steps(self, person: _Person) -> list[Poses]:
        """The answer after each stage: the body's, then the body with each zoom."""
        steps = list(person.body)
        pose = steps[-1]
        for number, zoom in zip(self._zooming, person.zooms, strict=True):
            if self.card.stages[number].kind == "look":
                steps.append(Poses.nobody(self.skeleton))
                continue
            if zoom.xy is not None:
                xy, score = pose.xy.copy(), pose.score.copy()
                those = slice(zoom.start, zoom.start + len(zoom.xy))
                xy[0, those], score[0, those] = zoom.xy, zoom.presence
                pose = Poses(xy, score, pose.box, pose.track, self.skeleton)
            steps.append(pose)
        return steps

    def _output(self, number: int, person: _Person) -> StageOutput:
        spec = self.card.stages[number]
        if number >= self._count:
            zoom = person.zooms[number - self._count]
            return StageOutput(
                spec, zoom.picture, zoom.to_frame, number, zoom.points, zoom.presence
            )
        values = person.look.maps[number]
        to_frame = self._to_frame(number, values.shape, person.look.to_frame)
        if not spec.meaning.mapped or person.look.square == person.region:
            return StageOutput(spec, values[0].copy(), to_frame, number)
        upright = person.region.to_frame(self.card.input_size[0])
        shown = self._to_frame(number, values.shape, upright)
        back = compose(invert(to_frame), shown)
        return StageOutput(spec, _turned_back(values[0], back), shown, number)


def _turned_back(maps: NDArray[np.float32], back: NDArray[np.float64]) -> NDArray[np.float32]:
    """Maps of a turned crop as they lie on the region, which is upright; 0 beyond the crop.

    Args:
        maps: (channels, h, w).
        back: 2x3, from cells of the region to cells of the crop.
    """
    size = maps.shape[2], maps.shape[1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.stack([cv2.warpAffine(one, back, size, flags=flags) for one in maps])


def _strayed(shown: Square, wanted: Square) -> bool:
    """Whether a crop differs too much from the one that the body in it asks for."""
    gone = hypot(*(np.array(wanted.centre) - shown.centre).tolist())
    turn = (wanted.turn - shown.turn + pi) % (2 * pi) - pi
    return (
        abs(turn) > _TURNED
        or not 1 / _GROWN < wanted.side / shown.side < _GROWN
        or gone > _MOVED * shown.side
    )


def _found(
    crop: _Zoom,
    numbers: NDArray[np.float32],
    presence: float,
    *,
    start: int,
    chosen: Sequence[int] | None = None,
) -> _Zoom:
    """A crop with the points (n * 3,) that were read in it.

    Args:
        crop: What was shown.
        numbers: x, y and depth of each point, pixels of the crop from its edge.
        presence: 0 to 1.
        start: The first joint of the skeleton that they are.
        chosen: Which of the points are joints; all where None.
    """
    points = numbers.reshape(-1, 3).copy()
    points[:, :2] -= 0.5
    xy = None
    if presence >= THERE:
        joints = points if chosen is None else points[list(chosen)]
        xy = apply(crop.to_frame, joints[:, :2].astype(np.float64))
    return _Zoom(crop.picture, crop.to_frame, points, presence, start, xy)


def _with(crop: _Zoom, points: NDArray[np.float64], presence: float) -> _Zoom:
    return _Zoom(crop.picture, crop.to_frame, points.astype(np.float32), presence)


def _together(poses: Sequence[Poses]) -> Poses:
    """The people of one stage, one below the other."""
    arrays = ([getattr(one, name) for one in poses] for name in ("xy", "score", "box", "track"))
    xy, score, box, track = (np.concatenate(one) for one in arrays)
    return Poses(xy, score, box, track, poses[0].skeleton)
