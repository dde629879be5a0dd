"""People as a decoder has put them together so far, and its present step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.draw.colour import CASING, MIDDLE, mixed, person_colour
from poseviewer.draw.fields import arrow_lines
from poseviewer.draw.primitives import Dot, Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.growth import Step
    from poseviewer.draw.colour import Colour
    from poseviewer.draw.primitives import Item

_LOST: Colour = mixed(MIDDLE, CASING, 0.25)
"""Of what is no person's."""

_WAY: Colour = (255, 255, 255)
"""Of the way of the joint that comes."""

_HEAD = 7.0
"""Length of an arrow's head, design points."""


def growth_items(
    steps: Sequence[Step], at: int, *, numbers: Sequence[int], scale: float
) -> list[Item]:
    """Limbs and seeds up to a step, and that step itself in full.

    Args:
        steps: As `core.growth.steps_of` gives them, in frame pixels.
        at: Position of the present one.
        numbers: Of the people, whose colours they have (`FrameResult.numbers`).
        scale: Frame pixels per design point.
    """
    lines: list[Item] = []
    dots: list[Item] = []
    for step in steps[: at + 1]:
        colour = _LOST if step.person < 0 else person_colour(numbers[step.person])
        end = step.places[-1]
        if step.event == "joined":
            start = step.places[0]
            lines += [Line(start, end, CASING, 5.0), Line(start, end, colour, 3.0)]
        if step.event == "refused":
            dots.append(Dot(end, 2.2, None, _LOST, 1.2, 0.7))
        else:
            dots.append(Dot(end, 3.4 if step.event == "seed" else 2.6, colour, CASING, 1.2))
    return [*lines, *dots, *(_present(steps[at], scale) if 0 <= at < len(steps) else ())]


def _present(step: Step, scale: float) -> list[Item]:
    """The way of the joint that comes, from place to place, and a ring about it."""
    items: list[Item] = []
    for start, end in zip(step.places, step.places[1:], strict=False):
        for one in arrow_lines(start, end, head=_HEAD * scale):
            items += [Line(*one, CASING, 3.6, 0.9), Line(*one, _WAY, 1.6)]
    return [
        *items,
        Dot(step.places[-1], 8.0, None, CASING, 4.0),
        Dot(step.places[-1], 8.0, None, _WAY, 2.0),
    ]
