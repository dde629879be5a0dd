"""On the mannequin every angle is right within the error that its joints explain.

A segment of true length L whose ends are off by e1 and e2 pixels has turned by at most
asin((e1 + e2) / L): its far end lies in a disc of radius e1 + e2 about where it should be, as
seen from its near end, and the tangent from there to the disc is the worst direction. An angle
between two segments is off by at most the sum of both. A midpoint of two joints is off by at
most the mean of their errors. Where e1 + e2 >= L nothing is promised: 180 degrees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.angle import measure, offered_angles, point
from poseviewer.core.pose import Poses
from poseviewer.mannequin.source import Mannequin, MannequinClip, parse_location
from poseviewer.runtime.factories import follower, load_network
from poseviewer.runtime.sections import NetworkState, ReadingState

if TYPE_CHECKING:
    from poseviewer.core.angle import AngleSpec

RATE = 10
SQUAT = range(17 * RATE, 22 * RATE)
"""Seen exactly from the side, where the angles of the picture are those of the joints."""


def moved(truth: Poses, xy: np.ndarray) -> Poses:
    return Poses(
        np.asarray(xy, np.float32), truth.score.copy(), truth.box.copy(), truth.track.copy(),
        truth.skeleton,
    )  # fmt: skip


def errors_of(names: tuple[str, ...], truth: Poses, found: Poses) -> list[float]:
    """How far each point lies from the truth, a midpoint by the mean of its two joints."""
    off = {
        name: float(np.linalg.norm(found.xy[0, at].astype(float) - truth.xy[0, at]))
        for at, name in enumerate(truth.skeleton.joints)
    }
    halves = {"mid_hip": ("left_hip", "right_hip"), "neck": ("left_shoulder", "right_shoulder")}
    return [
        off[name] if name in off else sum(off[half] for half in halves[name]) / 2 for name in names
    ]


def bound(spec: AngleSpec, truth: Poses, found: Poses) -> float:
    """The most by which the angle of `found` may differ from that of `truth`, degrees."""
    places = [point(truth, name)[0][0].astype(float) for name in spec.points]
    errors = errors_of(spec.points, truth, found)
    segments = {2: ((0, 1),), 3: ((0, 1), (2, 1)), 4: ((0, 1), (2, 3))}[len(places)]
    total = 0.0
    for a, b in segments:
        length = float(np.linalg.norm(places[a] - places[b]))
        share = (errors[a] + errors[b]) / length
        total += 180.0 if share >= 1 else float(np.degrees(np.arcsin(share)))
    return min(total, 180.0)


def check(truth: Poses, found: Poses) -> tuple[np.ndarray, np.ndarray]:
    """Errors and bounds of every angle, degrees."""
    specs = offered_angles(truth.skeleton)
    period = np.array([spec.period for spec in specs])
    away = measure(found, specs=specs).degrees[0] - measure(truth, specs=specs).degrees[0]
    away = np.abs((away + period / 2) % period - period / 2)
    return away, np.array([bound(spec, truth, found) for spec in specs])


@pytest.mark.parametrize("noise", [0.5, 2.0, 6.0])
def test_noise_of_known_size_moves_no_angle_beyond_its_bound(noise: float) -> None:
    figure = Mannequin(parse_location(f"mannequin:640x480@{RATE}"))
    rng = np.random.default_rng(int(noise * 10))
    shares = []
    for index in SQUAT:
        truth = figure.truth(index)
        found = moved(truth, truth.xy + rng.normal(0, noise, truth.xy.shape))
        away, most = check(truth, found)
        assert (away <= most + 1e-3).all()
        shares += (away / most).tolist()
    # The bound is one that can be reached, not one that holds for anything.
    assert max(shares) > 0.8
    assert np.median(shares) > 0.1


def test_the_worst_error_reaches_the_bound() -> None:
    """A thigh whose knee is pushed along the tangent turns by exactly the bound."""
    truth = Mannequin(parse_location("mannequin:640x480@10")).truth(190)
    skeleton = truth.skeleton
    hip, knee = (truth.xy[0, skeleton.index(f"right_{j}")].astype(float) for j in ("hip", "knee"))
    length, e = np.linalg.norm(knee - hip), 10.0
    turn = np.arcsin(e / length)
    c, s = np.cos(turn), np.sin(turn)
    xy = truth.xy.astype(float).copy()
    xy[0, skeleton.index("right_knee")] = hip + np.array([[c, -s], [s, c]]) @ (knee - hip) * c
    found = moved(truth, xy)
    away, most = check(truth, found)
    thigh = [spec.name for spec in offered_angles(skeleton)].index("right thigh")
    assert away[thigh] == pytest.approx(np.degrees(turn), abs=0.01)
    assert most[thigh] == pytest.approx(np.degrees(turn), abs=0.01)


def test_what_a_network_says_is_off_no_more_than_its_joints() -> None:
    """hourglass-lite on frames of the squat: the angles add no error to that of the joints."""
    from poseviewer.core.stage import Request

    network, reading = NetworkState(model="hourglass-lite", engine="torch"), ReadingState(gate=0.0)
    estimator = load_network(network).estimator(reading)
    clip = MannequinClip(parse_location(f"mannequin-clip:320x240@{RATE}x260"))
    looks = follower(reading)
    seen = 0
    for index in (180, 195, 210):
        frame, truth = clip.read(index), clip.truth(index)
        looks.reset()
        result = estimator.estimate(frame, looks.region(frame, estimator), Request(0, frozenset()))
        assert len(result.poses) == 1
        away, most = check(truth, result.poses)
        # Angles of joints that lie outside the frame are not measured.
        measured = np.isfinite(away)
        assert measured.mean() > 0.5
        assert (away[measured] <= most[measured] + 1e-3).all()
        knee = [spec.name for spec in offered_angles(truth.skeleton)].index("right knee")
        seen += bool(most[knee] < 60)
    assert seen, "the network never came near a knee, so the bound said nothing"
