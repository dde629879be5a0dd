"""Which way of choosing regions is best: `python -m tests.benchmarks.compare_regions --help`.

Single-frame answers of a network for one person as the program gives them, with regions from
gliding windows and from the person detector, on the pictures of `rivals` and on clips. What it
found is in weights/README.md.

Times are of the process's CPU, on one thread, so that other work on the machine counts little.
"""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path
from time import process_time

import cv2
import numpy as np

from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.torso import torsos
from poseviewer.models.engine import choose_engine
from poseviewer.models.finder import finder_engine
from poseviewer.models.registry import card
from poseviewer.pipeline.estimators import estimator_of
from poseviewer.pipeline.find import Finder
from poseviewer.pipeline.follow import single_frame
from poseviewer.pipeline.follow_people import PeopleFollower
from poseviewer.pipeline.follow_person import RegionFollower
from poseviewer.pipeline.run import POSES_ONLY, run
from poseviewer.video.open import open_file
from tests.benchmarks.rivals.__main__ import OUT, SHARED
from tests.benchmarks.rivals.environment import packages_of
from tests.benchmarks.rivals.material import coco, exercise, nobody
from tests.benchmarks.rivals.measure import BODY

EMPTY = ("intel_one_by_one.mp4", (0, 29, 58, 203, 464, 493, 725, 899, 1218))
"""A clip of people one after another, and frames without anybody; looked through by eye."""

ALONE = {"squat.mp4": 22, "pose2sim_single_cam03.mp4": 6}
"""Clips of one person who is there all the time, and every so manieth frame that is asked about."""

SURE = 0.3
"""Confidence from which on a joint of the sequential answer counts."""


class Asked:
    """A network with one of the two ways of choosing regions."""

    def __init__(self, model, *, detector):
        chosen = card(model)
        engine, _ = choose_engine(chosen, device="cpu", threads=1)
        self.estimator = estimator_of(chosen, engine)
        self.estimator.finder = Finder(finder_engine(threads=1)) if detector else None
        joints = load_skeleton(chosen.skeleton).joints
        self.columns = [joints.index(joint) for joint in BODY]

    def poses(self, frame, *, everybody=False):
        """What one frame alone gives: the joints of `BODY` (n, 12, 2), and CPU seconds."""
        follower = PeopleFollower() if everybody else RegionFollower("follow")
        start = process_time()
        found = single_frame(frame, self.estimator, follower, POSES_ONLY).poses
        return found.xy[:, self.columns], process_time() - start


def frame_of(pixels):
    """A frame of its own."""
    return Frame(np.ascontiguousarray(pixels), 0, Timestamp(0, Fraction(1)))


def errors(found, person):
    """(12,) torsos between joints and their labels; NaN where there is none."""
    return np.linalg.norm(found - person.xy, axis=1) / person.torso


def photos(asked, pictures):
    """Seconds for one person, PCK of the one answered for, and PCK over everybody."""
    seconds, one, everybody = [], [], []
    for people in pictures:
        frame = frame_of(people[0].pixels)
        # The detector is compiled for each new shape of frame.
        asked.poses(frame)
        found, spent = asked.poses(frame)
        seconds.append(spent)
        if len(people) == 1:
            one.append(errors(found[0], people[0]) if len(found) else _missed(people[0]))
            continue
        found, _ = asked.poses(frame, everybody=True)
        for person in people:
            each = [errors(xy, person) for xy in found]
            everybody.append(max(each, key=lambda e: (e <= 0.2).sum(), default=_missed(person)))
    return seconds, np.array(one), np.array(everybody)


def _missed(person):
    return np.where(np.isfinite(person.xy).all(axis=1), np.inf, np.nan)


def pck(found):
    """The share of labelled joints within 0.2 and 0.1 torsos, as a text."""
    known = found[~np.isnan(found)]
    return ", ".join(f"{(known <= share).mean():.3f}" for share in (0.2, 0.1))


def agreement(asked, path, *, step):
    """How many joints of the sequential answer lie where single frames have them, and frames."""
    follower, right, near = RegionFollower("follow"), {}, []
    with open_file(str(path)) as clip:
        for frame, result in run(clip, asked.estimator, follower, start=0, end=None):
            if frame.index % step == 0 and len(result.poses):
                right[frame.index] = result.poses
        for frame in clip.frames(0, None):
            if frame.index in right:
                poses = right[frame.index]
                xy, sure = poses.xy[0, asked.columns], poses.score[0, asked.columns] >= SURE
                torso = torsos(xy[None], seen=np.ones((1, 12), bool), names=BODY, either=True)[0]
                found, _ = asked.poses(frame)
                gap = np.linalg.norm(found[0] - xy, axis=1) if len(found) else np.full(12, np.inf)
                near.append((gap <= 0.2 * torso)[sure])
    return np.concatenate(near).mean(), len(right)


def main():
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED / "data", help="the data pack")
    parser.add_argument("--clips", type=Path, default=SHARED / "videos", help="a folder")
    parser.add_argument("--environment", type=Path, default=OUT / "mediapipe", help="of rivals")
    parser.add_argument("--model", default="hourglass-lite")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    people = [one for one in coco(args.data) if np.isfinite(one.torso)]
    names = sorted({one.name for one in people})
    pictures = [[one for one in people if one.name == name] for name in names]
    empty = nobody(packages_of(args.environment), exercise(args.data), 5).pictures
    passage, frames = EMPTY
    columns = []
    for detector in (False, True):
        asked = Asked(args.model, detector=detector)
        asked.poses(frame_of(pictures[0][0].pixels), everybody=True)
        drawn = sum(len(asked.poses(frame_of(one))[0]) > 0 for one in empty)
        with open_file(str(args.clips / passage)) as clip:
            there = sum(len(asked.poses(clip.read(at))[0]) > 0 for at in frames)
        seconds, one, everybody = photos(asked, pictures)
        spent = (1000 * np.quantile(seconds, share) for share in (0.5, 0.9))
        cells = {
            f"pictures of nobody with a person ({len(empty)})": str(drawn),
            f"frames of {passage} without a person ({len(frames)})": str(there),
            f"time, median and worst tenth, ms ({len(seconds)})": "{:.0f}, {:.0f}".format(*spent),
            f"one person: PCK@0.2, @0.1 ({len(one)})": pck(one),
            f"everybody: PCK@0.2, @0.1 ({len(everybody)})": pck(everybody),
        }
        for name, step in ALONE.items():
            share, count = agreement(asked, args.clips / name, step=step)
            cells[f"{name}: joints within 0.2 torso of the sequence ({count})"] = f"{share:.3f}"
        columns.append(cells)
    print("| | gliding windows | finder-lite |\n|---|---|---|")
    for name, before in columns[0].items():
        print(f"| {name} | {before} | {columns[1][name]} |")


if __name__ == "__main__":
    main()
