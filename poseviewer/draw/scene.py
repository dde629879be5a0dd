"""Everything that lies over a frame: a result and a look become a scene."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.draw.arcs import angle_items
from poseviewer.draw.colour import CASING, GHOST, MIDDLE, mixed, person_colour, side_colour
from poseviewer.draw.fields import assembly_items, field_items
from poseviewer.draw.maps import belief, peak
from poseviewer.draw.primitives import Dot, Label, Line, MapLayer, Outline, Scene, design_scale
from poseviewer.draw.truth import truth_items

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from poseviewer.core.angle import Angles
    from poseviewer.core.look import Look
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.core.stage import StageOutput
    from poseviewer.draw.colour import Colour
    from poseviewer.draw.primitives import Item

_BONE, _WEAK_BONE, _GHOST_BONE = 3.2, 1.4, 1.6
_JOINT, _WEAK_JOINT, _GHOST_JOINT = 4.4, 3.2, 2.6
_CASING = 1.6
"""How far the dark casing reaches beyond a bone, both sides together."""
_WEAK = 0.5
"""Opacity of what lies below the gate."""
_GHOST = 0.75
_WAY = 2.2
"""Width of the way that a stage of coordinates has moved a joint."""


def build_scene(
    result: FrameResult,
    look: Look,
    *,
    poses: Poses | None = None,
    angles: Angles | None = None,
    scale: float | None = None,
) -> Scene:
    """What `look` wants to see of `result`, bottom first.

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
    items += overlay_items(result, look, scale=chosen)
    beneath, above = _assembly(result, look, scale=chosen)
    items += beneath
    if look.region:
        items += region_items(result)
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
    if look.skeleton:
        items += skeleton_items(people, gate=look.gate, apart=several)
        if several or look.names:
            names = dict(look.names)
            items += number_items(people, gate=look.gate, scale=chosen, names=names, every=several)
    items += above
    if look.truth and result.truth is not None:
        items += truth_items(result.truth, people, scale=chosen)
    items += [item for item in measured if isinstance(item, Label)]
    return Scene(result.frame.size, tuple(items), chosen)


def bone_colour(skeleton: Skeleton, bone: tuple[int, int]) -> Colour:
    """The colour of the side a bone lies on; one from left to right is the middle's."""
    sides = {skeleton.side(joint) for joint in bone} - {"middle"}
    return side_colour(sides.pop()) if len(sides) == 1 else MIDDLE


def skeleton_items(poses: Poses, *, gate: float, apart: bool = False) -> list[Item]:
    """Bones and joints of everyone; what scores below `gate` thin, hollow and faded.

    Args:
        poses: People.
        gate: Confidence.
        apart: Whether the middle of the body has the colour of the person.
    """
    weak: list[Item] = []
    casings: list[Item] = []
    bones: list[Item] = []
    dots: list[Item] = []
    skeleton = poses.skeleton
    for xy, score, track in zip(poses.xy, poses.score, poses.track.tolist(), strict=True):
        middle = person_colour(track) if apart and track >= 0 else MIDDLE
        place, found = _places(xy), _found(xy)
        sure = found & (score >= gate)
        for bone in skeleton.bones:
            a, b = bone
            if not (found[a] and found[b]):
                continue
            colour = bone_colour(skeleton, bone)
            colour = middle if colour == MIDDLE else colour
            if sure[a] and sure[b]:
                casings.append(Line(place[a], place[b], CASING, _BONE + _CASING, 1.0))
                bones.append(Line(place[a], place[b], colour, _BONE))
            else:
                weak.append(Line(place[a], place[b], colour, _WEAK_BONE, _WEAK))
        for joint in np.flatnonzero(found).tolist():
            side = skeleton.side(joint)
            colour = middle if side == "middle" else side_colour(side)
            if sure[joint]:
                dots.append(Dot(place[joint], _JOINT, colour, CASING, 1.4))
            else:
                dots.append(Dot(place[joint], _WEAK_JOINT, None, colour, 1.4, _WEAK))
    return weak + casings + bones + dots


def ghost_items(poses: Poses, *, gate: float) -> list[Item]:
    """The skeleton of an earlier stage, thin and of one colour; only what it was sure of."""
    items: list[Item] = []
    for xy, score in zip(poses.xy, poses.score, strict=True):
        place, sure = _places(xy), _found(xy) & (score >= gate)
        items += [
            Line(place[a], place[b], GHOST, _GHOST_BONE, _GHOST)
            for a, b in poses.skeleton.bones
            if sure[a] and sure[b]
        ]
        items += [
            Dot(place[joint], _GHOST_JOINT, None, GHOST, 1.2, _GHOST)
            for joint in np.flatnonzero(sure)
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
        poses: People; where nobody has a number, their positions stand for numbers.
        gate: Confidence of the joints that say where the head is.
        scale: Frame pixels per design point.
        names: Of people, by number.
        every: Whether those without a name show their number.
    """
    items: list[Item] = []
    names = names or {}
    anonymous = bool((poses.track < 0).all())
    for position in range(len(poses)):
        sure = _found(poses.xy[position]) & (poses.score[position] >= gate)
        if not sure.any():
            continue
        seen = poses.xy[position][sure]
        top = seen[seen[:, 1].argmin()]
        number = position if anonymous else int(poses.track[position])
        if number < 0 or not (every or number in names):
            continue
        at = (float(top[0]), float(top[1]) - 20 * scale)
        text = names.get(number, str(number))
        items.append(Label(at, text, 8.5, person_colour(number), "centre"))
    return items


def region_items(result: FrameResult) -> list[Item]:
    """The outline of what the network was shown."""
    return [
        Outline(result.region, CASING, 2.6, 0.45),
        Outline(result.region, mixed(MIDDLE, CASING, 0.1), 1.2, 0.8),
    ]


def overlay_items(result: FrameResult, look: Look, *, scale: float = 1.0) -> list[Item]:
    """The chosen belief map or field, or where a stage of coordinates looked and what it moved.

    Nothing where that stage was not asked for.
    """
    if look.overlay_stage is None:
        return []
    output = result.stage(look.overlay_stage)
    if output is not None and output.spec.kind == "coords":
        return displacement_items(result, output, look)
    if output is None or output.spec.kind not in ("heatmap", "paf"):
        return []
    if output.spec.kind == "paf":
        return field_items(output, look, size=result.frame.size, scale=scale)
    values = belief(output, channel=look.overlay_channel)
    return [
        MapLayer(values, output.to_frame, look.colormap, 0.0, peak(output), look.opacity),
    ]


def _assembly(result: FrameResult, look: Look, *, scale: float) -> tuple[list[Item], list[Item]]:
    output = None if look.overlay_stage is None else result.stage(look.overlay_stage)
    if output is None:
        return [], []
    return assembly_items(result, output, channel=look.overlay_channel, scale=scale)


def displacement_items(result: FrameResult, output: StageOutput, look: Look) -> list[Item]:
    """The box in which a stage looked for each joint, and the way from its middle to the joint.

    The first stage has one box for all joints.
    """
    if output.number == 0:
        return [item for item in region_items(result) if isinstance(item, Outline)]
    before = result.stage_poses[output.number - 1].xy[0]
    after = result.stage_poses[output.number].xy[0]
    side = float(output.to_frame[0, 0])
    skeleton = result.poses.skeleton
    chosen = look.overlay_channel
    joints = range(len(before)) if chosen is None else [chosen] * (chosen < len(before))
    boxes: list[Item] = []
    ways: list[Item] = []
    for joint in joints:
        (x, y), end = before[joint].tolist(), after[joint].tolist()
        colour = side_colour(skeleton.side(joint))
        box = Box.centred(x, y, side, side)
        # Fourteen boxes overlap: faint ones leave the picture to be seen.
        shown = look.opacity * (0.4 if chosen is None else 1.0)
        boxes += [Outline(box, CASING, 2.6, shown * 0.7), Outline(box, colour, 1.2, shown)]
        ways += [
            Line((x, y), (end[0], end[1]), CASING, _WAY + _CASING),
            Line((x, y), (end[0], end[1]), GHOST, _WAY),
            Dot((x, y), _GHOST_JOINT, None, GHOST, 1.2),
        ]
    return boxes + ways


def _found(xy: NDArray[np.float32]) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(xy).all(axis=1), np.bool_)


def _places(xy: NDArray[np.float32]) -> list[tuple[float, float]]:
    return [(x, y) for x, y in xy.tolist()]
