"""What each stage says of one joint, and what it changed, in numbers and words; no Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import atan2, hypot, isfinite, isnan, log2, nan, pi
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box, apply, invert
from poseviewer.core.belief import entropy, peaks
from poseviewer.core.convergence import nearest_person
from poseviewer.core.percent import percent
from poseviewer.core.stage import kind_of
from poseviewer.core.torso import joint_distances, torso_of
from poseviewer.core.truth import true_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageGroup, StageOutput
    from poseviewer.draw.tile import Row

MOST_RIVALS = 3
"""Peaks beside a joint's own that are marked on a tile, the highest ones."""

_STILL = 0.01
"""Share of the torso below which a joint counts as not moved; so does less than a pixel."""
_THERE = 0.15
"""Share of the torso within which a place is taken for that of a joint."""
_SHARPER = 0.5
"""Bits of entropy from which a map counts as sharper, or wider, than the one before."""
_HIGHER = 0.1
"""Difference of two peaks from which one counts as higher."""

_CLOSEST = 0.4
"""Share of a region's width that is shown at least where it is looked at closer."""

_WAYS = (
    "to the right", "down and to the right", "down", "down and to the left",
    "to the left", "up and to the left", "up", "up and to the right",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Peak:
    """A peak of a map."""

    place: tuple[float, float]
    """Frame pixels."""
    value: float


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What one stage says of a joint, or shows of a limb or channel."""

    place: tuple[float, float] | None
    """Where the stage has the joint, frame pixels; None where it found none."""

    sure: bool
    """Whether it passes the confidence gate."""

    value: float
    """Belief at the joint, or what a stage of coordinates is confident of; of limbs and channels,
    and where no joint was found, the greatest value of the map."""

    rivals: tuple[Peak, ...] = ()
    """The other peaks of at least `core.belief.RIVAL` of the highest, `MOST_RIVALS` at most."""

    peaks: int = 0
    """How many there are, the joint's own included; 0 where there is no map of a joint."""

    entropy: float = nan
    """Of the whole map, bits; NaN where there is none."""

    cells: int = 1
    """Of the map."""

    moved: float = nan
    """Frame pixels from where it was before; NaN where that is not known."""

    torso: float = nan
    """Frame pixels, of the final answer; NaN where not known."""

    truth: tuple[float, float] | None = None
    """Where the joint truly is, frame pixels; None where that is not known or not wanted."""

    words: str = ""
    """What changed since the stage, or the frame, before."""

    @property
    def error(self) -> float:
        """Frame pixels from the true place; NaN where either is not known."""
        if self.place is None or self.truth is None:
            return nan
        return hypot(*np.subtract(self.place, self.truth))

    @property
    def share(self) -> float:
        """Per cent of the torso that it moved."""
        return 100 * self.moved / self.torso if self.torso > 0 else nan


def facts_of(
    result: FrameResult, *, row: Row, group: StageGroup, gate: float, truth: bool = False
) -> tuple[StageFacts, int | None]:
    """Measure one stage, without what changed.

    Args:
        result: With the maps of the stage.
        row: The joint, limb or channel.
        group: The stage.
        gate: Confidence from which a joint is sure.
        truth: Whether the true place is wanted, where it is known.

    Returns:
        The facts, and the number of the joint in the skeleton; None of what is no joint.
    """
    kind, number = kind_of(row.kind), group.number(row.kind)
    output = None if number is None else result.stage(number)
    joints = result.poses.skeleton.joints
    joint = None if row.channel is None else row.channel // kind.step
    if kind.subject != "joint" or joint is None or joint >= len(joints):
        joint = None
    torso = nan
    place, score = None, nan
    if joint is not None and number is not None and len(result.poses):
        torso = torso_of(result.poses.xy[0], joints)
        place, score = _found(result, number, joint, torso=torso)
    facts = StageFacts(place, isnan(score) or score >= gate, score, torso=torso)
    if truth and joint is not None:
        facts = replace(facts, truth=_truth(result, joint))
    if output is None or not kind.mapped:
        return facts, joint
    shown = kind.shown(output, row.channel)
    if joint is None or shown.ndim != 2:
        return replace(facts, value=kind.top(shown)), joint
    return _with_map(facts, output, joint * kind.step), joint


def _found(
    result: FrameResult, number: int, joint: int, *, torso: float
) -> tuple[tuple[float, float] | None, float]:
    """Where a stage has a joint of the first person, and how sure it is."""
    poses = result.stage_poses[number]
    at = nearest_person(poses, result.poses.xy[0], limit=torso)
    if at is None or not np.isfinite(poses.xy[at, joint]).all():
        return None, nan
    x, y = poses.xy[at, joint].tolist()
    return (x, y), float(poses.score[at, joint])


def _truth(result: FrameResult, joint: int) -> tuple[float, float] | None:
    """Where a joint of the first person truly is."""
    places = true_place(result.truth, result.poses, person=0)
    if places is None or not np.isfinite(places[joint]).all():
        return None
    x, y = places[joint].tolist()
    return x, y


def _with_map(facts: StageFacts, output: StageOutput, channel: int) -> StageFacts:
    """The same with what a belief map says."""
    belief = output.values[channel]
    found = peaks(belief)
    value, own = float(np.fmax.reduce(belief, axis=None)), None
    if facts.place is not None:
        cell = apply(invert(output.to_frame), np.array(facts.place))
        column, row = (round(float(side)) for side in cell)
        # The decoder refines a peak by less than a cell in each axis, which may round to the next.
        near = belief[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        value = float(near.max()) if near.size else value
        reach = [max(abs(x - cell[0]), abs(y - cell[1])) for x, y, _ in found]
        own = int(np.argmin(reach)) if reach and min(reach) < 2 else None
    places = apply(output.to_frame, np.array([(x, y) for x, y, _ in found]).reshape(-1, 2))
    rivals = tuple(
        Peak((x, y), peak)
        for at, ((x, y), (_, _, peak)) in enumerate(zip(places.tolist(), found, strict=True))
        if at != own
    )
    return replace(
        facts,
        value=value,
        rivals=rivals[:MOST_RIVALS],
        peaks=len(found),
        entropy=float(entropy(belief[None])[0]),
        cells=belief.size,
    )


def compared(
    facts: Sequence[StageFacts], *, joint: int | None, result: FrameResult, owners: bool = True
) -> tuple[StageFacts, ...]:
    """The same facts with what each changed.

    Args:
        facts: One after another: of the stages of a frame, or of frames.
        joint: Number of the joint in the skeleton; None of what is no joint.
        result: Of the frame whose final answer says where the joints are.
        owners: Whether to say onto which joint's place one was moved.
    """
    found: list[StageFacts] = []
    for at, one in enumerate(facts):
        if not at:
            words = _begin(one, facts[-1]) if owners and len(facts) > 1 else ""
            found.append(replace(one, words=_sentence([words])))
            continue
        before, moved = facts[at - 1], nan
        if one.place is not None and before.place is not None:
            moved = hypot(*np.subtract(one.place, before.place))
        parts = [_move(before, one, moved)] if joint is not None else []
        if joint is not None and owners:
            parts[0] += _onto(before, one, joint, result)
        parts += _shape(before, one)
        found.append(replace(one, moved=moved, words=_sentence(parts)))
    return tuple(found)


def around(facts: Sequence[StageFacts], region: Box) -> Box | None:
    """The part of a region that holds all places and rivals of a joint; None without any place.

    It has the shape of the region, and at least `_CLOSEST` of its width.
    """
    places = [one.place for one in facts if one.place is not None]
    if not places:
        return None
    places += [rival.place for one in facts for rival in one.rivals]
    aspect = region.width / region.height
    tight = Box.around(np.array(places), margin=1.3).fitted(aspect)
    width = min(max(tight.width, _CLOSEST * region.width), region.width)
    height = width / aspect
    x, y = tight.centre[0] - width / 2, tight.centre[1] - height / 2
    return Box(
        min(max(x, region.x), region.x + region.width - width),
        min(max(y, region.y), region.y + region.height - height),
        width,
        height,
    )


def length(pixels: float, torso: float) -> str:
    """A distance as `14 px (6 % of the torso)`."""
    text = f"{pixels:.1f} px" if pixels < 10 else f"{pixels:.0f} px"
    return f"{text} ({percent(pixels / torso)} % of the torso)" if torso > 0 else text


def _begin(one: StageFacts, last: StageFacts) -> str:
    """How far the first stage is from the last."""
    if one.place is None:
        return "" if last.place is None else "no joint found yet"
    if last.place is None:
        return "found here, and not by the last stage"
    away = hypot(*np.subtract(one.place, last.place))
    if away < _least(one):
        return "already where the last stage has it"
    return f"{length(away, one.torso)} from where the last stage has it"


def _move(before: StageFacts, one: StageFacts, moved: float) -> str:
    if one.place is None:
        return "no joint found" if before.place is None else "lost here"
    if before.place is None:
        return "found here"
    if moved < _least(one):
        return "in the same place"
    dx, dy = np.subtract(one.place, before.place)
    way = _WAYS[round(atan2(dy, dx) / (pi / 4)) % 8]
    return f"moved {moved:.0f} px {way}" if moved >= 9.5 else f"moved {moved:.1f} px {way}"


def _least(one: StageFacts) -> float:
    """Pixels below which a joint counts as not moved."""
    return max(_STILL * one.torso, 1.0) if isfinite(one.torso) else 1.0


def _onto(before: StageFacts, one: StageFacts, joint: int, result: FrameResult) -> str:
    """Onto the place of which other joint it was moved, or off which."""
    if one.place is None or before.place is None:
        return ""
    here, there = (_owner(result, facts, joint) for facts in (one, before))
    if here == there:
        return ""
    names = result.poses.skeleton.joints
    if here is not None and here != joint:
        return f", onto the place of the {names[here].replace('_', ' ')}"
    if there is not None and there != joint:
        return f", off the place of the {names[there].replace('_', ' ')}"
    return ""


def _owner(result: FrameResult, facts: StageFacts, joint: int) -> int | None:
    """The joint whose final place is where a stage has this one; None where no joint's is.

    Another joint counts only where it is twice as near as this one's own final place.
    """
    if facts.place is None or not facts.torso > 0:
        return None
    away = joint_distances(result.poses.xy[0], np.array(facts.place))
    away = np.where(np.isfinite(away), away, np.inf)
    nearest = int(away.argmin())
    if away[nearest] > _THERE * facts.torso:
        return None
    return nearest if nearest == joint or 2 * away[nearest] <= away[joint] else joint


def _shape(before: StageFacts, one: StageFacts) -> list[str]:
    """What changed of the map itself."""
    parts = []
    if one.peaks and before.peaks and one.peaks != before.peaks:
        parts.append(_count(before.peaks, one.peaks))
    # The finer of two maps has more bits for the same width.
    spread = one.entropy - before.entropy - log2(one.cells / before.cells)
    if abs(spread) >= _SHARPER:
        parts.append("sharper" if spread < 0 else "wider")
    rise = one.value - before.value
    if abs(rise) >= _HIGHER:
        what = "peak " if one.peaks else ""
        parts.append(f"{what}{'higher' if rise > 0 else 'lower'} by {abs(rise):.2f}")
    return parts


def _count(before: int, now: int) -> str:
    if now == 1:
        return "second peak gone" if before == 2 else "other peaks gone"
    if before == 1:
        return "a second peak" if now == 2 else f"{now} peaks now"
    return f"{now} peaks instead of {before}"


def _sentence(parts: Sequence[str]) -> str:
    text = ", ".join(part for part in parts if part)
    return text[:1].upper() + text[1:]
