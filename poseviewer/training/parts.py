"""Sub-images to learn from: a joint's box, displaced as the stage before displaces it.

DeepPose (Toshev & Szegedy, CVPR 2014), section 3.2: a later stage learns from boxes about
y + delta, where delta is drawn from a normal distribution with the mean and covariance of the
errors that the stage before makes on the people trained on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box, apply
from poseviewer.core.torso import torsos
from poseviewer.training.augment import Strength, coloured, turned, warped
from poseviewer.training.batches import Batch, Batches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.models.card import ModelCard
    from poseviewer.pipeline.estimate_cascade import Refiner
    from poseviewer.training.dataset import LabelledPerson

PER_PERSON = 4
"""Sub-images of a person in a batch."""

_VIEWS = 1500
_UNSURE = 0.15
"""Standard deviation, as a logarithm, of the measured diameter from the true one: the pose it is
measured on is itself an estimate."""
_EMPTY = 0.2
"""Diameter, in sides of the window, without a person."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How far a stage leaves the joints from where they are, in true torso diameters."""

    mean: NDArray[np.float64]
    """(k, 2)."""

    covariance: NDArray[np.float64]
    """(k, 2, 2)."""

    def draw(self, joint: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """A displacement (2,) as the stage might make it."""
        drawn: NDArray[np.float64] = rng.multivariate_normal(
            self.mean[joint], self.covariance[joint], method="eigh"
        )
        return drawn


def diameters(people: Sequence[LabelledPerson], *, card: ModelCard) -> NDArray[np.float64]:
    """The torso diameter of each person (n,), source pixels; NaN where it is not labelled."""
    return torsos(
        np.stack([person.joints for person in people]),
        seen=np.stack([person.seen for person in people]),
        names=card.stages[0].channels,
        either=True,
    )


def spread(
    refiner: Refiner,
    people: Sequence[LabelledPerson],
    *,
    card: ModelCard,
    mirror: Sequence[int],
    stages: int,
    rng: np.random.Generator,
    strength: Strength | None = None,
) -> Spread:
    """Measure the errors that the first stages of a cascade leave on people.

    Each is seen once, with a random zoom and shift, as in training. The errors of
    a mirrored picture are those of the mirror's joints, so they count for both.

    Args:
        refiner: Runs the cascade.
        people: Those trained on.
        card: Of the cascade.
        mirror: For each joint the one that a flip turns it into.
        stages: How many stages have learnt.
        rng: Source of randomness.
        strength: How far the views go.
    """
    s = strength or Strength()
    lengths = diameters(people, card=card)
    known = np.flatnonzero(lengths > 1)
    errors, seen = [], []
    for i in rng.permutation(known)[:_VIEWS].tolist():
        person = people[i]
        x, y = person.centre + rng.normal(0, s.shift, 2) * person.side
        side = person.side / rng.uniform(*s.zoom)
        steps = refiner.run(person.image, Box.centred(x, y, side, side), stages=stages)
        errors.append((steps[-1].xy - person.joints) / lengths[i])
        seen.append(person.seen)
    every, there = np.stack(errors), np.stack(seen)
    every = np.concatenate([every, every[:, list(mirror)] * [-1, 1]])
    there = np.concatenate([there, there[:, list(mirror)]])
    mean, covariance = np.zeros((there.shape[1], 2)), np.zeros((there.shape[1], 2, 2))
    for joint in np.flatnonzero(there.sum(0) > 1):
        of_joint = every[there[:, joint], joint]
        mean[joint], covariance[joint] = of_joint.mean(0), np.cov(of_joint, rowvar=False)
    return Spread(mean, covariance)


class PartBatches(Batches):
    """Endless batches of sub-images: some joints of some people, each with its own target.

    Args:
        people: All; those without a known diameter are left out, empty windows stay
            in.
        size: Sub-images in a batch; divides by `PER_PERSON`.
        card: Of the cascade.
        mirror: For each joint the one that a flip turns it into.
        seed: Of the random numbers.
        spread: The errors of the stage before.
    """

    def __init__(
        self,
        people: Sequence[LabelledPerson],
        *,
        size: int,
        card: ModelCard,
        mirror: Sequence[int],
        seed: int,
        spread: Spread,
    ) -> None:
        lengths = diameters(people, card=card)
        empty = np.array([person.source == "empty" for person in people])
        lengths[empty] = [p.side * _EMPTY for p in people if p.source == "empty"]
        usable = np.flatnonzero(lengths > 1)
        super().__init__(
            [people[i] for i in usable.tolist()],
            size=size // PER_PERSON,
            mirror=mirror,
            seed=seed,
            side=card.coords.side,
        )
        self._lengths = lengths[usable]
        self._sigma = card.coords.sigma
        self._spread = spread

    @property
    def epoch(self) -> int:
        """Sub-images of an epoch."""
        return len(self._lengths) * PER_PERSON

    def _make(self, chosen: NDArray[np.intp]) -> Batch:
        parts = [
            part
            for i in chosen.tolist()
            for part in self._parts(self._people[i], float(self._lengths[i]))
        ]
        images, joints, seen, weights = zip(*parts, strict=True)
        return Batch(np.stack(images), np.stack(joints), np.stack(seen), np.stack(weights))

    def _parts(
        self, person: LabelledPerson, diameter: float
    ) -> list[
        tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32]]
    ]:
        """Image, joints, which is present and what it counts, of some joints of a person."""
        rng = self._rng
        candidates = np.flatnonzero(person.seen if person.seen.any() else person.weight > 0)
        found = []
        for source in rng.choice(candidates, PER_PERSON):
            flip = bool(rng.random() < 0.5)
            # The joint by the name it has in the mirrored picture.
            joint = int(self._mirror[source]) if flip else int(source)
            place = person.joints[source].astype(np.float64)
            if person.source == "empty":
                place = person.centre + rng.uniform(-0.4, 0.4, 2) * person.side
            affine = self._view(place, joint, diameter, flip=flip)
            pixels = warped(person, affine, size=self.side, rng=rng)
            joints = np.zeros(person.joints.shape, np.float32)
            joints[joint] = apply(affine, place)
            only = np.arange(len(joints)) == joint
            weight = np.where(only, person.weight[source], 0).astype(np.float32)
            image = coloured(pixels, rng, self._strength)
            found.append((image, joints, only & person.seen[source], weight))
        return found

    def _view(
        self, place: NDArray[np.float64], joint: int, diameter: float, *, flip: bool
    ) -> NDArray[np.float64]:
        """The 2x3 affine from source pixels to those of the box about a displaced joint."""
        rng = self._rng
        turn = np.deg2rad(turned(rng, self._strength))
        linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        if flip:
            linear[0] *= -1
        box = self._sigma * diameter * np.exp(rng.normal(0, _UNSURE))
        centre = linear @ place + diameter * self._spread.draw(joint, rng)
        scale = self.side / box
        return np.column_stack([scale * linear, (self.side - 1) / 2 - scale * centre])
