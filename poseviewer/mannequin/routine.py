"""What the mannequin does: the joint angles of its routine as a function of time alone."""

from __future__ import annotations

import itertools
import math
from dataclasses import fields, replace

from poseviewer.mannequin.motion import Stance, ease

_FIELDS = tuple(field.name for field in fields(Stance))


def both_sides(**angles: float) -> dict[str, float]:
    """Return the same joint angles for the left and the right side."""
    return {f"{side}_{name}": value for name, value in angles.items() for side in ("left", "right")}


def _wave(t: float) -> Stance:
    swing = math.sin(2 * math.pi * 1.25 * t)
    return Stance(
        side=-3.0, tilt=-5.0, look=4.0, nod=-2.0, left_shoulder_out=11.0, left_elbow=18.0,
        right_shoulder_out=72.0, right_shoulder_turn=84.0, right_elbow=112.0 + 20.0 * swing,
        **both_sides(hip_out=3.0, hip_turn=6.0),
    )  # fmt: skip


def _raises(t: float) -> Stance:
    u = (1 - math.cos(math.pi * t)) / 2
    return Stance(
        nod=-4.0 * u,
        **both_sides(
            shoulder_out=9 + 159 * u, shoulder_turn=70 * u, elbow=8.0 + 6 * u, hip_out=3.0,
            hip_turn=6.0,
        ),
    )  # fmt: skip


def _jacks(t: float) -> Stance:
    phase = 2 * math.pi * 1.0 * t
    u = (1 - math.cos(phase)) / 2
    dip = 1 - abs(math.sin(phase))
    return Stance(
        lift=0.07 * math.sin(phase) ** 2,
        **both_sides(
            shoulder_out=10 + 146 * u, shoulder_turn=60 * u, elbow=14.0, hip_out=2 + 21 * u,
            hip=12 * dip, knee=22 * dip, ankle=11 * dip - 20 * (1 - dip),
        ),
    )  # fmt: skip


def _bends(t: float) -> Stance:
    swing = math.sin(math.pi * t)
    left, right = max(swing, 0.0), max(-swing, 0.0)
    return Stance(
        side=32 * swing, roll=-4 * swing, tilt=8 * swing,
        left_shoulder_out=10 + 150 * right + 30 * left,
        right_shoulder_out=10 + 150 * left + 30 * right,
        left_shoulder_turn=60 * right, right_shoulder_turn=60 * left,
        left_elbow=10 + 26 * right, right_elbow=10 + 26 * left,
        left_hip_out=6.0 + 4 * swing, right_hip_out=6.0 - 4 * swing,
    )  # fmt: skip


def _squats(t: float) -> Stance:
    u = (1 - math.cos(math.pi * t)) / 2
    return Stance(
        lean=36 * u, nod=-24 * u,
        **both_sides(
            hip=104 * u, knee=108 * u, ankle=40 * u, shoulder=122 * u, shoulder_out=0.0,
            elbow=10.0 - 4 * u,
        ),
    )  # fmt: skip


def _curls(t: float) -> Stance:
    u = (1 - math.cos(2 * math.pi * 0.75 * t)) / 2
    return Stance(**both_sides(shoulder=-4 + 10 * u, shoulder_out=4.0, elbow=10 + 125 * u))


def _walk(t: float) -> Stance:
    phase = 2 * math.pi * 0.85 * t
    angles: dict[str, float] = {}
    for side, shift in (("left", 0.0), ("right", math.pi)):
        stride, swing = math.sin(phase + shift), math.cos(phase + shift + 0.35)
        hip = 5 + 19 * stride
        knee = 7 + 44 * max(swing, 0.0) ** 1.6
        flat = knee - hip
        angles |= {
            f"{side}_hip": hip,
            f"{side}_knee": knee,
            f"{side}_ankle": flat * (0.85 if swing < 0 else 0.35) if flat < 0 else 0.45 * flat,
            f"{side}_shoulder": 2 - 20 * stride,
            f"{side}_shoulder_out": 6.0,
            f"{side}_elbow": 20 - 9 * stride,
        }
    return Stance(lean=2.0, twist=-7 * math.sin(phase), **angles)


def _stand(t: float) -> Stance:
    breath = math.sin(2 * math.pi * 0.3 * t)
    return Stance(
        nod=breath,
        **both_sides(shoulder_out=14 + 3 * breath, elbow=16.0, hip_out=3.0, hip_turn=8.0),
    )


_ROUTINE = (
    (_wave, 4.0), (_raises, 4.0), (_jacks, 4.0), (_bends, 4.0), (_squats, 7.0), (_curls, 4.0),
    (_walk, 9.0), (_stand, 5.0),
)  # fmt: skip
ROUTINE_SECONDS = sum(length for _, length in _ROUTINE)
SQUAT_SECONDS = (17.0, 22.5)
"""From and until when the squats are seen exactly from the side."""

_FADE = 0.45
_TURN_KEYS = (
    (0.0, 8.0), (3.6, 8.0), (4.4, 0.0), (15.6, 0.0), (16.8, 90.0), (22.8, 90.0), (23.6, 62.0),
    (26.4, 62.0), (27.0, 90.0), (29.0, 90.0), (29.8, -90.0), (33.2, -90.0), (34.0, 90.0),
    (36.0, 90.0), (37.0, 132.0), (40.4, 368.0), (41.0, 368.0),
)  # fmt: skip
_PATH_KEYS = (
    (0.0, 0.0), (26.8, 0.0), (29.4, 1.0), (33.6, -1.0), (36.2, 0.0), (41.0, 0.0),
)  # fmt: skip


def _along(keys: tuple[tuple[float, float], ...], seconds: float, *, soft: float) -> float:
    for (t0, v0), (t1, v1) in itertools.pairwise(keys):
        if seconds <= t1:
            part = (seconds - t0) / (t1 - t0)
            return v0 + (v1 - v0) * (soft * ease(part) + (1 - soft) * part)
    return keys[-1][1]


def routine(seconds: float, *, reach: float) -> Stance:
    """Return the stance of the routine at a moment.

    Args:
        seconds: Time since the first frame; the routine starts again after ROUTINE_SECONDS.
        reach: How far the walk goes from the middle, metres.
    """
    t = seconds % ROUTINE_SECONDS
    start = 0.0
    stance = Stance()
    for number, (phase, length) in enumerate(_ROUTINE):
        if t < start + length:
            stance = phase(t - start)
            if t < start + _FADE:
                before, took = _ROUTINE[number - 1]
                part = 0.5 + 0.5 * _ease_half((t - start) / _FADE)
                stance = _mix(before(took + t - start), stance, part)
            elif t > start + length - _FADE:
                after = _ROUTINE[(number + 1) % len(_ROUTINE)][0]
                left = (start + length - t) / _FADE
                stance = _mix(stance, after(-left * _FADE), 0.5 - 0.5 * _ease_half(left))
            break
        start += length
    turn = _along(_TURN_KEYS, t, soft=1.0)
    return replace(stance, turn=turn, x=reach * _along(_PATH_KEYS, t, soft=0.6))


def _ease_half(part: float) -> float:
    # The upper half of an S curve, so that both halves of a cross-fade join smoothly.
    return 2 * ease(0.5 + part / 2) - 1


def _mix(a: Stance, b: Stance, part: float) -> Stance:
    return Stance(*(getattr(a, name) * (1 - part) + getattr(b, name) * part for name in _FIELDS))
