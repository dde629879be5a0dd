"""The steps in which a greedy decoder put people together, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.parsing import Parsing
    from poseviewer.core.skeleton import Skeleton

Event = Literal["seed", "refused", "joined"]
"""A joint starts a person, one is left aside because that person is there already, a limb joins
two joints."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a decoder."""

    event: Event

    person: int
    """Position among the people of the parsing; -1 of what is no person's in the end."""

    joint: int
    """The joint that comes to the person, or that is left aside."""

    score: float
    """Belief in the joint; of limbs of part affinity fields that of the limb."""

    places: tuple[tuple[float, float], ...]
    """Where the joint is; of one that joined the place that it came from, where the displacement
    pointed, and where each refinement moved it. In the unit of the parsing."""

    source: int = -1
    """The joint that it came from; -1 of seeds."""


def steps_of(parsing: Parsing, skeleton: Skeleton) -> tuple[Step, ...]:
    """The steps of a parsing in their order.

    Args:
        parsing: Of people who grew along displacements, or of limbs of part affinity fields.
        skeleton: Its limbs are those of the parsing.
    """
    owner = np.full(len(parsing.candidates), -1, np.intp)
    for person, parts in enumerate(parsing.people):
        owner[parts[parts >= 0]] = person
    joined = _joined(parsing, skeleton, owner)
    return joined if parsing.trail is None else _with_seeds(parsing, joined, owner)


def _joined(
    parsing: Parsing, skeleton: Skeleton, owner: np.ndarray[tuple[int], np.dtype[np.intp]]
) -> tuple[Step, ...]:
    """A step for every limb that was taken."""
    xy = [(x, y) for x, y in parsing.candidates.xy.tolist()]
    limbs, found = parsing.limbs, []
    for number, taken in enumerate(parsing.taken.tolist()):
        limb = skeleton.limbs[int(limbs.limb[taken])]
        start, end = int(limbs.start[taken]), int(limbs.end[taken])
        source, joint, score = limb.start, limb.end, float(limbs.score[taken])
        places: tuple[tuple[float, float], ...] = (xy[start], xy[end])
        if parsing.trail is not None:
            trail = [(x, y) for x, y in parsing.trail[number].tolist()]
            # The trail ends in the joint that came, at whichever end of the limb that is.
            if trail[-1] != xy[end]:
                start, end, source, joint = end, start, limb.end, limb.start
            places = (xy[start], *trail)
            score = float(parsing.candidates.score[end])
        found.append(Step("joined", int(owner[start]), joint, score, places, source))
    return tuple(found)


def _with_seeds(
    parsing: Parsing,
    joined: tuple[Step, ...],
    owner: np.ndarray[tuple[int], np.dtype[np.intp]],
) -> tuple[Step, ...]:
    """The steps of growth, each person's after its seed, refused seeds where their turn was."""
    found = parsing.candidates
    aside = np.flatnonzero(owner < 0)
    aside = aside[np.argsort(-found.score[aside], kind="stable")].tolist()

    def step(event: Event, person: int, at: int) -> Step:
        x, y = found.xy[at].tolist()
        return Step(event, person, int(found.joint[at]), float(found.score[at]), ((x, y),))

    order: list[Step] = []
    grown: set[int] = set()
    for one in joined:
        if one.person not in grown:
            grown.add(one.person)
            seed = int(parsing.people[one.person, one.source])
            # Seeds come the surest first, and none was refused before the first person was there.
            while len(grown) > 1 and aside and found.score[aside[0]] >= found.score[seed]:
                order.append(step("refused", -1, aside.pop(0)))
            order.append(step("seed", one.person, seed))
        order.append(one)
    return (*order, *(step("refused", -1, at) for at in aside))


def sentence_of(step: Step, skeleton: Skeleton, people: Sequence[str]) -> str:
    """Say a step in words, such as `Person 1 starts at the right hip, belief 0.98`.

    Args:
        step: What happened.
        skeleton: Of the parsing.
        people: What each of its people is called within a sentence, such as `person 1`.
    """
    joint = skeleton.joints[step.joint].replace("_", " ")
    if step.event == "seed":
        who = people[step.person]
        return f"{who[:1].upper()}{who[1:]} starts at the {joint}, belief {step.score:.2f}"
    if step.event == "refused":
        return f"A {joint} of belief {step.score:.2f} is a person's already"
    whose = people[step.person] if step.person >= 0 else "nobody in the end"
    source = skeleton.joints[step.source].replace("_", " ")
    if len(step.places) == 2:
        return f"{source.capitalize()} to {joint} of {whose}, score {step.score:.2f}"
    moved = float(np.hypot(*np.subtract(step.places[-1], step.places[1])))
    refined = f", refined by {moved:.1f} px" if len(step.places) > 2 else ""
    return f"{source.capitalize()} to {joint} of {whose}{refined}, belief {step.score:.2f}"
