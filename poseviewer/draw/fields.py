"""Overlays of part affinity fields: vectors, arrows, and how people were assembled."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, cos, hypot, radians, sin
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import apply
from poseviewer.core.parsing import LimbVerdict
from poseviewer.draw.colour import CASING, MIDDLE, mixed, person_colour
from poseviewer.draw.primitives import Dot, FieldLayer, Label, Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from poseviewer.core.look import Look
    from poseviewer.core.parsing import Parsing
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.core.stage import StageOutput
    from poseviewer.draw.colour import Colour
    from poseviewer.draw.primitives import Item

ARROW_FROM = 0.3
"""Share of the strongest vector from which a cell has an arrow."""

REASONS = {
    LimbVerdict.RIVAL: "a better one has its joint",
    LimbVerdict.LONG: "too long for the person",
    LimbVerdict.NOBODY: "too little for a person",
    LimbVerdict.UNSEEN: "no person detected there",
}
"""Why a connection that was weighed is no limb of a person."""

_SPACING = 13.0
"""Least design points from arrow to arrow."""
_HEAD = 26.0
"""Degrees between an arrow and either side of its head."""

_WHEEL, _WHEEL_MARGIN, _WHEEL_CELLS = 17.0, 30.0, 15
"""Radius of the legend and how far its middle is from the edges, design points; its cells."""

_MOST_LINES = 150
"""Weighed connections drawn, the best ones: more would hide the frame."""
_MOST_SCORES = 8
"""Up to so many scores are written beside what they are of."""
_LOST: Colour = mixed(MIDDLE, CASING, 0.25)
"""Of candidates and connections that belong to no person."""


def vector_items(
    vectors: NDArray[np.float32],
    to_frame: NDArray[np.float64],
    high: float,
    look: Look,
    *,
    ends: Callable[..., tuple[NDArray[np.float64], NDArray[np.float64]]],
    size: tuple[int, int],
    scale: float,
) -> list[Item]:
    """Vectors laid over the frame, arrows where wanted, and the wheel of colours.

    Args:
        vectors: (2, h, w).
        to_frame: 2x3 affine from cell centres (x, y) to frame pixels.
        high: The length drawn as the strongest.
        look: With opacity and arrows.
        ends: Tails and tips (n, 2) in cells of arrows that are `step` cells apart.
        size: Width and height of the frame, pixels.
        scale: Frame pixels per design point.
    """
    items: list[Item] = [FieldLayer(vectors, to_frame, high, look.opacity)]
    if look.arrows:
        items += arrow_items(ends, to_frame, scale=scale)
    return items + wheel_items(size, scale=scale)


def arrows(
    vectors: NDArray[np.float32], *, high: float, step: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tails and tips (n, 2) in cells of the arrows through the cells where a field is strong.

    Args:
        vectors: (2, h, w).
        high: The strength whose arrow is `step` cells long.
        step: Cells from arrow to arrow.
    """
    part = vectors[:, step // 2 :: step, step // 2 :: step]
    y, x = np.nonzero(np.hypot(part[0], part[1]) >= ARROW_FROM * high)
    middle = np.stack([x, y], axis=1) * float(step) + step // 2
    reach = part[:, y, x].T / high
    reach *= (0.45 * step / np.maximum(np.linalg.norm(reach, axis=1), 1))[:, None]
    return middle - reach, middle + reach


def arrow_items(
    ends: Callable[..., tuple[NDArray[np.float64], NDArray[np.float64]]],
    to_frame: NDArray[np.float64],
    *,
    scale: float,
) -> list[Item]:
    """Arrows of vectors, no denser than can be distinguished."""
    step = max(1, ceil(_SPACING * scale / max(float(to_frame[0, 0]), 1e-6)))
    tails, tips = (apply(to_frame, one).tolist() for one in ends(step=step))
    casings: list[Item] = []
    strokes: list[Item] = []
    for (ax, ay), (bx, by) in zip(tails, tips, strict=True):
        for start, end in arrow_lines((ax, ay), (bx, by)):
            casings.append(Line(start, end, CASING, 2.6, 0.8))
            strokes.append(Line(start, end, MIDDLE, 1.2))
    return casings + strokes


def arrow_lines(
    start: tuple[float, float], end: tuple[float, float], *, head: float | None = None
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The shaft of an arrow and the two sides of its head, `head` long, else a third of it."""
    ax, ay = end[0] - start[0], end[1] - start[1]
    length = hypot(ax, ay)
    if length < 1e-9:
        return []
    share = 0.38 if head is None else min(head / length, 0.6)
    lines = [(start, end)]
    for turn in (radians(_HEAD), -radians(_HEAD)):
        x = ax * cos(turn) - ay * sin(turn)
        y = ax * sin(turn) + ay * cos(turn)
        lines.append((end, (end[0] - share * x, end[1] - share * y)))
    return lines


def wheel_items(size: tuple[int, int], *, scale: float) -> list[Item]:
    """A disc in the top right corner that shows the colour of each direction."""
    cells = _WHEEL_CELLS
    middle = (cells - 1) / 2
    y, x = (np.indices((cells, cells), np.float32) - middle) / np.float32(middle - 2)
    inside = np.hypot(x, y) <= 1.05
    vectors = np.stack([x * inside, y * inside]).astype(np.float32)
    step = _WHEEL * scale / (middle - 2)
    at = (size[0] - 1 - _WHEEL_MARGIN * scale, _WHEEL_MARGIN * scale)
    corner = np.array([at[0], at[1]]) - middle * step
    to_frame = np.array([[step, 0.0, corner[0]], [0.0, step, corner[1]]])
    return [
        Dot(at, _WHEEL + 5, CASING, None, opacity=0.72),
        FieldLayer(vectors, to_frame, 1.0, 1.0),
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Assembly:
    """The candidates and connections of a parsing that are drawn, and their people."""

    candidates: NDArray[np.intp]
    limbs: NDArray[np.intp]
    """Weighed ones with a score, best first."""
    taken: frozenset[int]
    owner: NDArray[np.intp]
    """Person of every candidate of the parsing, -1 for none."""


def assembly_of(
    parsing: Parsing, output: StageOutput, *, skeleton: Skeleton, channel: int | None
) -> Assembly:
    """The part of a parsing that belongs to a joint, a limb, or everything.

    Args:
        parsing: Of that stage.
        output: A stage of fields or beliefs.
        skeleton: Its limbs have the part affinity fields.
        channel: Of the stage; None for all. The background concerns nothing.
    """
    found, weighed = parsing.candidates, parsing.limbs
    joints = np.ones(len(found), bool)
    limbs = weighed.score > 0
    if channel is not None and output.spec.meaning.subject == "limb":
        chosen = next(
            (i for i, limb in enumerate(skeleton.limbs) if limb.channel == channel // 2 * 2), -1
        )
        limbs &= weighed.limb == chosen
        ends = skeleton.limbs[chosen]
        joints = np.isin(found.joint, (ends.start, ends.end))
    elif channel is not None:
        joints = found.joint == channel // output.spec.meaning.step
        limbs &= joints[weighed.start] | joints[weighed.end]
    owner = np.full(len(found), -1, np.intp)
    for person, parts in enumerate(parsing.people):
        owner[parts[parts >= 0]] = person
    order = np.flatnonzero(limbs)
    order = order[np.argsort(-weighed.score[order], kind="stable")]
    return Assembly(np.flatnonzero(joints), order, frozenset(parsing.taken.tolist()), owner)


def assembly_items(
    result: FrameResult, output: StageOutput, *, channel: int | None, scale: float
) -> tuple[list[Item], list[Item]]:
    """How the people of a stage were assembled: connections, and candidates with scores.

    A connection that was weighed is as wide and as clear as its score; one that was taken is
    solid, in the colour of the person it belongs to. Empty for a network that does not weigh.

    Returns:
        What lies beneath the skeleton, and what lies above it.
    """
    if output.number >= len(result.parsings):
        return [], []
    parsing = result.parsings[output.number]
    shown = assembly_of(parsing, output, skeleton=result.poses.skeleton, channel=channel)
    weighed, weighed_as = parsing.limbs, parsing.verdict.tolist()
    # The last one is of what belongs to nobody, whose owner is -1.
    colours = [*map(person_colour, result.numbers(output.number).tolist()), _LOST]
    xy: list[tuple[float, float]] = [(x, y) for x, y in parsing.candidates.xy.tolist()]
    faint: list[Item] = []
    solid: list[Item] = []
    labels: list[Item] = []
    for limb in shown.limbs[:_MOST_LINES].tolist():
        a, b = int(weighed.start[limb]), int(weighed.end[limb])
        score = float(min(weighed.score[limb], 1.0))
        if limb in shown.taken:
            colour = colours[int(shown.owner[a])]
            solid += [
                Line(xy[a], xy[b], CASING, 3.4 + 2.4 * score),
                Line(xy[a], xy[b], colour, 1.6 + 2.4 * score),
            ]
        else:
            faint.append(Line(xy[a], xy[b], MIDDLE, 0.8 + 2.0 * score, 0.15 + 0.55 * score))
        few_limbs = channel is not None and len(shown.limbs) <= _MOST_SCORES
        if few_limbs and output.spec.meaning.subject == "limb":
            middle = ((xy[a][0] + xy[b][0]) / 2, (xy[a][1] + xy[b][1]) / 2)
            reason = REASONS.get(LimbVerdict(weighed_as[limb]), "")
            labels.append(Label(middle, f"{score:.2f} {reason}".strip(), 7.5, anchor="centre"))
    dots: list[Item] = []
    scores = parsing.candidates.score
    few = channel is not None and len(shown.candidates) <= _MOST_SCORES
    for number in shown.candidates.tolist():
        score = float(min(scores[number], 1.0))
        owner = int(shown.owner[number])
        if owner < 0:
            dots.append(Dot(xy[number], 3.2, None, _LOST, 1.5, 0.45 + 0.55 * score))
        else:
            dots.append(Dot(xy[number], 2.6, colours[owner], CASING, 1.2, 0.45 + 0.55 * score))
        if few:
            at = (xy[number][0] + 9 * scale, xy[number][1] - 9 * scale)
            labels.append(Label(at, f"{score:.2f}", 7.5, colours[owner]))
    return faint + solid, dots + labels
