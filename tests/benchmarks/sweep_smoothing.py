"""How the filter on joints should be set: `python -m tests.benchmarks.sweep_smoothing --help`.

What it costs is measured on the mannequin, whose true joints are known: the delay of wrists and
elbows while they move fast. What it brings is measured on clips: the jitter of joints that are
still. What it found is in docs/facts/smoothing.md.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

import numpy as np

import poseviewer
from poseviewer.core.pose import Poses
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.torso import torso_of
from poseviewer.pipeline.smooth import OneEuro, PoseFilter, body_size

MANNEQUIN = "mannequin-clip:640x480@30x480"
"""Waves, raises both arms, jumping jacks, bends: the first 16 seconds of its routine."""

ARM = ("left_elbow", "right_elbow", "left_wrist", "right_wrist")
FAST = 1.5
"""Body sizes a second from which on an arm moves fast."""
STILL, AROUND = 0.02, 7
"""Share of the torso within which a joint stays for so many frames to both sides."""
GATE = 0.2


def trajectories(location, model):
    """The raw poses of the person seen most, with times."""
    table = poseviewer.analyse(location, model=model, smooth=False)
    one = table.of(table.people[0])
    return one.time, one.frame, one.xy.astype(np.float64), one.score, one.skeleton


def smoothed(times, xy, skeleton, settings):
    """The poses after a filter."""
    made, score = PoseFilter(settings), np.ones(len(skeleton.joints))
    return np.array(
        [
            made.apply(
                Poses.single(pose, score=score, skeleton=skeleton, box=(0, 0, 1, 1)),
                seconds=float(seconds),
            ).xy[0]
            for seconds, pose in zip(times, xy, strict=True)
        ]
    )


def at_rest(xy, score, torso):
    """(n, k) where a joint is sure and stays, by its running median."""
    n = len(xy)
    steady = np.array([np.median(xy[max(at - 3, 0) : at + 4], axis=0) for at in range(n)])
    found = np.zeros(score.shape, bool)
    for at in range(AROUND, n - AROUND):
        window = steady[at - AROUND : at + AROUND + 1]
        spread = np.linalg.norm(window.max(axis=0) - window.min(axis=0), axis=1)
        found[at] = spread <= STILL * torso
    return found & (score >= GATE)


def jitter(xy, still, torso):
    """Median second difference of still joints, percent of the torso, and how many there are."""
    second = np.linalg.norm(np.diff(xy, n=2, axis=0), axis=2)
    chosen = second[still[2:] & still[1:-1] & still[:-2]]
    return 100 * float(np.median(chosen)) / torso, len(chosen)


def delay(xy, truth, times, joints):
    """Milliseconds by which fast arms are late: their error along the true movement."""
    velocity = np.gradient(truth, times, axis=0)
    size = np.median([body_size(pose) for pose in truth])
    late = weight = count = 0.0
    for joint in joints:
        speed = np.linalg.norm(velocity[:, joint], axis=1)
        fast = speed > FAST * size
        late -= ((xy - truth)[fast, joint] * velocity[fast, joint]).sum()
        weight += (speed[fast] ** 2).sum()
        count += fast.sum()
    return 1000 * late / weight, int(count)


def main():
    """Try every combination and print those by jitter."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("clips", nargs="*", type=Path, help="clips of one person")
    parser.add_argument("--model", default="hourglass-lite")
    parser.add_argument("--rest", type=float, nargs="+", default=[0.3, 0.5, 0.7, 1.0, 1.5])
    parser.add_argument("--beta", type=float, nargs="+", default=[0.5, 1.0, 2.0, 3.0, 5.0])
    parser.add_argument("--speed", type=float, nargs="+", default=[0.7, 1.0, 2.0, 3.0])
    args = parser.parse_args()
    times, frames, xy, _, skeleton = trajectories(MANNEQUIN, args.model)
    with poseviewer.open_clip(MANNEQUIN) as clip:
        known = load_skeleton(clip.truth(0).skeleton.name).joints
        truth = np.array([clip.truth(int(at)).xy[0] for at in frames], np.float64)
    columns = [skeleton.joints.index(joint) for joint in ARM]
    truth = truth[:, [known.index(joint) for joint in ARM]]
    arms = range(len(ARM))
    own, count = delay(xy[:, columns], truth, times, arms)
    print(f"raw arms are {own:.1f} ms late by themselves ({count} fast joints)")
    clips = []
    for path in args.clips:
        when, _, places, sure, bones = trajectories(path, args.model)
        torso = float(np.nanmedian([torso_of(pose, bones.joints) for pose in places]))
        still = at_rest(places, sure, torso)
        clips.append((path.name, when, places, bones, still, torso))
        print(f"{path.name}: raw jitter {jitter(places, still, torso)[0]:.3f} % of the torso")
    print("rest Hz, beta, speed Hz: delay ms, " + ", ".join(name for name, *_ in clips))
    for rest, beta, speed in product(args.rest, args.beta, args.speed):
        settings = OneEuro(rest, beta, speed)
        late, _ = delay(smoothed(times, xy, skeleton, settings)[:, columns], truth, times, arms)
        shakes = [
            f"{jitter(smoothed(when, places, bones, settings), still, torso)[0]:.3f} %"
            for _, when, places, bones, still, torso in clips
        ]
        print(f"{rest:g}, {beta:g}, {speed:g}: {late - own:.1f}, {', '.join(shakes)}", flush=True)


if __name__ == "__main__":
    main()
