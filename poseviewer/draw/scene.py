"""Makes the scene over a frame from a result and a look."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.pose import Visibility
from poseviewer.draw.arcs import angle_items
from poseviewer.draw.colour import CASING, CORRECTED, GHOST, MIDDLE, person_colour, side_colour
from poseviewer.draw.detections import detection_items
from poseviewer.draw.drawings import drawing_items
from poseviewer.draw.kinds import painter_of
from poseviewer.draw.primitives import (
    Dot,
    Label,
    Line,
    Scene,
    dashed,
    design_scale,
    region_items,
)
from poseviewer.draw.truth import truth_items
from poseviewer.draw.uncertainty import ellipse_items

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from poseviewer.core.angle import Angles
    from poseviewer.core.frame import Frame
    from poseviewer.core.look import Look
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.draw.colour import Colour
    from poseviewer.draw.primitives import Item

_USUAL_EXTENT = 330.0
"""Height in design points of a person for whom strokes have the widths given below."""
_THINNEST, _THICKEST = 0.4, 1.35
_BONE, _WEAK_BONE, _GHOST_BONE, _HIDDEN_BONE = 3.2, 1.4, 1.6, 2.4
_DASH, _GAP = 3.0, 6.0
"""Of a hidden bone: its round ends lengthen a dash and shorten a gap by the width."""
_JOINT, _WEAK_JOINT, _GHOST_JOINT = 4.4, 3.2, 2.6
_RING, _RING_PEN = 7.2, 1.8
"""Of the ring around a corrected joint."""
_FINE = 0.75
"""Strokes of a hand or a face, over those of a body that would be drawn as large."""
_CASING = 1.6
"""How far the dark casing reaches beyond a bone, both sides together."""
_WEAK = 0.5
"""Opacity of what lies below the gate."""
_GHOST = 0.75


def build_scene(
    result: FrameResult,
    look: Look,
    *,
    poses: Poses | None = None,
    angles: Angles | None = None,
    scale: float | None = None,
) -> Scene:
    """The scene of `result` as `look` says, bottom first.

    Args:
        result: One analysed frame.
        look: What is drawn.
        poses: People to draw in place of `result.shown`.
        angles: Their angles; those of `result` where None.
        scale: Frame pixels per design point; for a file where None, by the frame's size. A
            window gives 1 / zoom so that labels keep clear of limbs at the size it draws them.
    """
    chosen = design_scale(result.frame.size) if scale is None else scale
    people = result.shown if poses is None else poses
    measures = result.angles if angles is None else angles
    several = len(people) > 1
    if look.hidden and (gone := np.isin(people.track, look.hidden)).any():
        people = people.only(~gone)
        measures = replace(measures, degrees=measures.degrees[~gone], score=measures.score[~gone])
    items: list[Item] = []
    output = None if look.overlay_stage is None else result.stage(look.overlay_stage)
    above: list[Item] = []
    if output is not None:
        beneath, above = painter_of(output.spec.kind).overlay(result, output, look, scale=chosen)
        items += beneath
    if look.region_outline:
        items += region_items(result.region)
        if result.detections is not None:
            items += detection_items(result.detections, scale=chosen)
    if look.ghost is not None and 0 <= look.ghost < len(result.stage_poses):
        items += ghost_items(result.stage_poses[look.ghost], gate=look.gate)
    measured = angle_items(
        people,
        angles=measures,
        names=look.arcs,
        size=result.frame.size,
        scale=chosen,
    )
    items += [item for item in measured if not isinstance(item, Label)]
    if look.uncertainty:
        items += ellipse_items(people, gate=look.gate)
    if look.skeleton:
        if look.said == "both" and result.network is not None:
            items += ghost_items(_without(result.network, look.hidden), gate=look.gate)
        items += _people_items(people, look, several=several, scale=chosen)
    items += above
    if look.truth and result.truth is not None:
        items += truth_items(result.truth, people, scale=chosen)
    items += [item for item in measured if isinstance(item, Label)]
    items += drawn_scene(result.frame, look, scale=chosen).items
    return Scene(result.frame.size, tuple(items), chosen)


def drawn_scene(frame: Frame, look: Look, *, scale: float | None = None) -> Scene:
    """What a person has drawn on a frame, which needs no result.

    Args:
        frame: The frame.
        look: What is drawn.
        scale: Frame pixels per design point; by the frame's size where None.
    """
    chosen = design_scale(frame.size) if scale is None else scale
    items: list[Item] = []
    if look.drawings:
        items = drawing_items(look.drawn, frame=frame.index, size=frame.size, scale=chosen)
    return Scene(frame.size, tuple(items), chosen)


def _people_items(people: Poses, look: Look, *, several: bool, scale: float) -> list[Item]:
    """The skeletons, with what is written and marked on them."""
    items = skeleton_items(people, gate=look.gate, apart=several, scale=scale)
    if look.corrections:
        items += corrected_items(people, scale=scale)
    if look.numbers and (several or look.names):
        names = dict(look.names)
        items += number_items(people, gate=look.gate, scale=scale, names=names, every=several)
    return items


def _without(people: Poses, hidden: Sequence[int]) -> Poses:
    """People but those with these numbers."""
    return people.only(~np.isin(people.track, hidden)) if hidden else people


def bone_colour(skeleton: Skeleton, bone: tuple[int, int]) -> Colour:
    """The colour of the side a bone lies on; one from left to right is the middle's."""
    sides = {skeleton.side(joint) for joint in bone} - {"middle"}
    return side_colour(sides.pop()) if len(sides) == 1 else MIDDLE


def stroke_factor(xy: NDArray[np.float32], *, scale: float) -> float:
    """How thick the strokes of a person (k, 2) are, relative to one of usual size.

    Args:
        xy: The joints, frame pixels; NaN where not found.
        scale: Frame pixels per design point.
    """
    found = xy[np.isfinite(xy).all(axis=1)]
    if len(found) < 2:
        return 1.0
    extent = float(np.ptp(found, axis=0).max()) / max(scale, 1e-6)
    return float(np.clip(np.sqrt(extent / _USUAL_EXTENT), _THINNEST, _THICKEST))


def skeleton_items(
    poses: Poses, *, gate: float, apart: bool = False, scale: float = 1.0
) -> list[Item]:
    """Bones and joints of everyone.

    What scores below `gate` is thin, hollow and faded; what is hidden but sure is dashed, its
    joints hollow; what lies outside the frame is left out.

    Args:
        poses: People.
        gate: Confidence.
        apart: Whether the middle of the body has the colour of the person.
        scale: Frame pixels per design point; strokes follow the size of the person in points.
    """
    weak: list[Item] = []
    casings: list[Item] = []
    bones: list[Item] = []
    dots: list[Item] = []
    skeleton = poses.skeleton
    # Beyond it casings are finer too: they would cover a hand.
    count = len(skeleton.body.joints)
    people = zip(
        poses.xy, poses.track.tolist(), poses.found, poses.sure(gate),
        poses.are(Visibility.OCCLUDED), strict=True,
    )  # fmt: skip
    for xy, track, found, sure, hidden in people:
        middle = person_colour(track) if apart else MIDDLE
        place = _places(xy)
        found = found & ~_covered(found, skeleton)
        sizes = _sizes(xy, skeleton, scale=scale)
        for bone in skeleton.bones:
            a, b = bone
            thick = sizes[b]
            around = _CASING * (thick if b >= count else 1.0)
            if not (found[a] and found[b]):
                continue
            colour = bone_colour(skeleton, bone)
            colour = middle if colour == MIDDLE else colour
            if not (sure[a] and sure[b]):
                weak.append(Line(place[a], place[b], colour, thick * _WEAK_BONE, _WEAK))
            elif hidden[a] or hidden[b]:
                pieces = dashed(
                    place[a], place[b], scale=scale, dash=thick * _DASH, gap=thick * _GAP
                )
                casings += [Line(s, e, CASING, thick * _HIDDEN_BONE + around) for s, e in pieces]
                bones += [Line(s, e, colour, thick * _HIDDEN_BONE) for s, e in pieces]
            else:
                casings.append(Line(place[a], place[b], CASING, thick * _BONE + around, 1.0))
                bones.append(Line(place[a], place[b], colour, thick * _BONE))
        for joint in np.flatnonzero(found & _dotted(skeleton)).tolist():
            thick = sizes[joint]
            side = skeleton.side(joint)
            colour = middle if side == "middle" else side_colour(side)
            if sure[joint] and hidden[joint]:
                dots.append(Dot(place[joint], thick * _WEAK_JOINT, None, CASING, 1.6 + _CASING))
                dots.append(Dot(place[joint], thick * _WEAK_JOINT, None, colour, 1.6))
            elif sure[joint]:
                edge = 1.4 * (thick if joint >= count else 1.0)
                dots.append(Dot(place[joint], thick * _JOINT, colour, CASING, edge))
            else:
                dots.append(Dot(place[joint], thick * _WEAK_JOINT, None, colour, 1.4, _WEAK))
    return weak + casings + bones + dots


def _sizes(xy: NDArray[np.float32], skeleton: Skeleton, *, scale: float) -> list[float]:
    """How thick the strokes at each joint of a person (k, 2) are: hands and face are finer."""
    sizes = [stroke_factor(xy[: len(skeleton.body.joints)], scale=scale)] * len(xy)
    for part in skeleton.details:
        fine = _FINE * stroke_factor(xy[part.start : part.stop], scale=scale)
        sizes[part.start : part.stop] = [min(fine, sizes[0])] * (part.stop - part.start)
    return sizes


def _dotted(skeleton: Skeleton) -> NDArray[np.bool_]:
    """The joints (k,) that are drawn beside their bones."""
    dotted = np.ones(len(skeleton.joints), np.bool_)
    for part in skeleton.details:
        dotted[part.start : part.stop] = part.dots
    return dotted


def _covered(found: NDArray[np.bool_], skeleton: Skeleton) -> NDArray[np.bool_]:
    """The joints (k,) in whose place those of a hand or of the face are drawn."""
    covered = np.zeros(len(found), np.bool_)
    for part in skeleton.details:
        if found[part.start : part.stop].any():
            covered[list(part.covers)] = True
    return covered


def corrected_items(poses: Poses, *, scale: float) -> list[Item]:
    """A ring around every joint that a person has corrected.

    Args:
        poses: People.
        scale: Frame pixels per design point.
    """
    if poses.corrected is None:
        return []
    items: list[Item] = []
    for row, joint in np.argwhere((poses.corrected != 0) & poses.found).tolist():
        radius = stroke_factor(poses.xy[row], scale=scale) * _RING
        (place,) = _places(poses.xy[row, joint : joint + 1])
        items.append(Dot(place, radius, None, CASING, _RING_PEN + _CASING, _GHOST))
        items.append(Dot(place, radius, None, CORRECTED, _RING_PEN))
    return items


def ghost_items(poses: Poses, *, gate: float) -> list[Item]:
    """The skeleton of an earlier stage, thin and of one colour; only its sure joints."""
    items: list[Item] = []
    for xy, sure in zip(poses.xy, poses.sure(gate), strict=True):
        place = _places(xy)
        items += [
            Line(place[a], place[b], GHOST, _GHOST_BONE, _GHOST)
            for a, b in poses.skeleton.bones
            if sure[a] and sure[b]
        ]
        items += [
            Dot(place[joint], _GHOST_JOINT, None, GHOST, 1.2, _GHOST)
            for joint in np.flatnonzero(sure & _dotted(poses.skeleton))
        ]
    return items


def number_items(
    poses: Poses,
    *,
    gate: float,
    scale: float,
    names: Mapping[int, str] | None = None,
    every: bool = True,
) -> list[Item]:
    """Each person's name or number above the head.

    Args:
        poses: People; one without a number has no label.
        gate: Confidence of the joints that say where the head is.
        scale: Frame pixels per design point.
        names: Of people, by number.
        every: Whether those without a name show their number.
    """
    items: list[Item] = []
    names = names or {}
    sure = poses.sure(gate)
    for position in range(len(poses)):
        if not sure[position].any():
            continue
        seen = poses.xy[position][sure[position]]
        top = seen[seen[:, 1].argmin()]
        number = int(poses.track[position])
        if number < 0 or not (every or number in names):
            continue
        at = (float(top[0]), float(top[1]) - 20 * scale)
        text = names.get(number, str(number))
        items.append(Label(at, text, 8.5, person_colour(number), "centre"))
    return items


def _places(xy: NDArray[np.float32]) -> list[tuple[float, float]]:
    return [(x, y) for x, y in xy.tolist()]
