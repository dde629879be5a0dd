"""What is measured: plain numbers in, plain numbers out, each with what it was counted over.

Joints are the twelve that every network and every data set here has: (n, 12, 2) pixels in the order
of `BODY`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

BODY = tuple(
    f"{side}_{joint}"
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
)

PRESENT, UNKNOWN, ABSENT = 1, 0, -1
"""Of a joint in a picture: it is to be seen, nothing is said about it, it is not to be seen."""

ANGLES = tuple(
    tuple(BODY.index(f"{side}_{joint}") for joint in joints)
    for joints in (
        ("shoulder", "elbow", "wrist"),
        ("elbow", "shoulder", "hip"),
        ("shoulder", "hip", "knee"),
        ("hip", "knee", "ankle"),
    )
    for side in ("left", "right")
)
"""Elbows, shoulders, hips and knees as triples, the joint in the middle."""

JUMP = 30.0
"""Degrees between neighbouring frames from which on an angle jumps."""

STILL = 0.02
"""Share of the torso within which a joint stays while its person is still."""

AROUND = 7
"""Frames before and after that it stays so."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What one network says about n pictures, one person each."""

    xy: np.ndarray
    """(n, 12, 2), NaN where nobody was found."""

    drawn: np.ndarray
    """(n, 12) whether the joint is drawn at full strength."""

    seconds: np.ndarray
    """(n,) CPU time of each."""

    @property
    def person(self):
        """(n,) whether anybody is drawn."""
        return self.drawn.any(axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is known of n pictures."""

    xy: np.ndarray
    """(n, 12, 2), NaN where not labelled."""

    state: np.ndarray
    """(n, 12) `PRESENT`, `UNKNOWN` or `ABSENT`."""

    torso: np.ndarray
    """(n,) pixels, NaN where not known."""


def chosen(known, rows):
    """Some of the pictures of `Answers` or of a `Truth`."""
    return type(known)(*(getattr(known, field.name)[rows] for field in fields(known)))


def share(right, counted):
    """A share and what it was counted over."""
    counted = int(counted)
    return {"value": float(right) / counted if counted else None, "count": counted}


def pck(answers, truth, *, threshold):
    """The share of labelled joints that lie within `threshold` torsos, whether drawn or not."""
    errors = np.linalg.norm(answers.xy - truth.xy, axis=2)
    labelled = np.isfinite(truth.xy).all(axis=2) & np.isfinite(truth.torso)[:, None]
    near = errors <= threshold * truth.torso[:, None]
    return share((near & labelled).sum(), labelled.sum())


def drawn(answers, truth, *, threshold=0.2):
    """Precision, recall and F1 of what is drawn.

    A joint that is drawn is right where it is to be seen and lies within `threshold` torsos; it is
    wrong where it lies elsewhere or is not to be seen at all. Joints of which nothing is said count
    neither way.
    """
    known = np.isfinite(truth.torso)[:, None] & (truth.state != UNKNOWN)
    present = known & (truth.state == PRESENT)
    errors = np.linalg.norm(answers.xy - truth.xy, axis=2)
    bold = answers.drawn & known
    right = bold & present & (errors <= threshold * truth.torso[:, None])
    precision = share(right.sum(), bold.sum())
    recall = share(right.sum(), present.sum())
    both = bold.sum() + present.sum()
    absent = known & (truth.state == ABSENT)
    return {
        "precision": precision,
        "recall": recall,
        "f1": {"value": 2 * float(right.sum()) / both if both else None, "count": int(known.sum())},
        "absent_drawn": share((bold & absent).sum(), absent.sum()),
    }


def people(answers):
    """The share of pictures in which anybody is drawn."""
    return share(answers.person.sum(), len(answers.xy))


def angles(xy):
    """Angles (n, 8) between the segments at the middle joints, 0 to 180 degrees."""
    a, b, c = (xy[:, [triple[at] for triple in ANGLES]] for at in range(3))
    one, other = a - b, c - b
    cross = one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
    return np.degrees(np.abs(np.arctan2(cross, (one * other).sum(axis=2))))


def measurable(answers):
    """(n, 8) whether all three joints of an angle are drawn."""
    return answers.drawn[:, np.array(ANGLES)].all(axis=2)


def apart(answers, reference):
    """Median difference of angles from those of a reference, degrees."""
    both = measurable(answers) & measurable(reference)
    gap = np.abs(angles(answers.xy) - angles(reference.xy))[both]
    return {"value": float(np.median(gap)) if len(gap) else None, "count": len(gap)}


def jumps(answers):
    """Jumps for a thousand pairs of neighbouring frames and angles."""
    there = measurable(answers)
    pairs = there[1:] & there[:-1]
    change = np.abs(np.diff(angles(answers.xy), axis=0))
    found = share((pairs & (change > JUMP)).sum(), pairs.sum())
    return {**found, "value": None if found["value"] is None else 1000 * found["value"]}


def still(reference):
    """(n, 12) where a joint stays where it is, by a steady reference."""
    xy, length = reference.xy, torso(reference)
    n = len(xy)
    at_rest = np.zeros(xy.shape[:2], bool)
    for frame in range(AROUND, n - AROUND):
        window = xy[frame - AROUND : frame + AROUND + 1]
        spread = np.linalg.norm(window.max(axis=0) - window.min(axis=0), axis=1)
        at_rest[frame] = spread <= STILL * length
    return at_rest & reference.drawn


def torso(reference):
    """The usual length of a torso, left shoulder to right hip, pixels."""
    a, b = BODY.index("left_shoulder"), BODY.index("right_hip")
    return float(np.nanmedian(np.linalg.norm(reference.xy[:, a] - reference.xy[:, b], axis=1)))


def jitter(answers, reference):
    """Median second difference of joints that are still, in percent of the torso."""
    second = np.linalg.norm(np.diff(answers.xy, n=2, axis=0), axis=2)
    bold = answers.drawn[2:] & answers.drawn[1:-1] & answers.drawn[:-2]
    chosen = still(reference)[1:-1] & bold & np.isfinite(second)
    values = 100 * second[chosen] / torso(reference)
    return {"value": float(np.median(values)) if len(values) else None, "count": len(values)}


def lost(answers):
    """The share of frames in which nobody is drawn."""
    return share((~answers.person).sum(), len(answers.xy))


def milliseconds(answers):
    """Median CPU time, milliseconds."""
    known = answers.seconds[np.isfinite(answers.seconds)]
    return {"value": 1000 * float(np.median(known)) if len(known) else None, "count": len(known)}
