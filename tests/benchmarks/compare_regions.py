"""Which way of choosing regions is best: `python tests/benchmarks/compare_regions.py --help`.

Single-frame answers of a network for one person, with regions from the search by gliding windows
and from the person detector. Everything is measured once per frame and written, one JSON object a
line: every candidate's pose, so that thresholds can be varied without running anything again. What
it found is in weights/README.md.

Times are of the process's CPU, on one thread, so that other work on the machine counts little.
"""

from __future__ import annotations

import argparse
import json
from fractions import Fraction
from pathlib import Path
from time import process_time

import cv2
import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.detection import Verdict
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.models.engine import choose_engine
from poseviewer.models.finder import finder_engine
from poseviewer.models.registry import card
from poseviewer.pipeline.estimators import estimator_of
from poseviewer.pipeline.find import Finder, region_around
from poseviewer.pipeline.follow_people import PeopleFollower
from poseviewer.pipeline.follow_person import RegionFollower, presence
from poseviewer.pipeline.run import POSES_ONLY, run
from poseviewer.video.open import open_file

MARGINS = (1.25, 1.5)
MOST = 6
"""Candidates of a frame that are looked at."""


def frame_of(pixels, number=0):
    """A frame of its own."""
    return Frame(np.ascontiguousarray(pixels), number, Timestamp(number, Fraction(1)))


class Comparison:
    """The network, the detector, and what both say about a frame."""

    def __init__(self, model):
        chosen = card(model)
        self.engine, _ = choose_engine(chosen, device="cpu", threads=1)
        self.estimator = estimator_of(chosen, self.engine)
        self.finder = Finder(finder_engine(threads=1), threshold=0.1)

    def search(self, frame, follower):
        """Everybody found by gliding windows: poses, scores and seconds."""
        start = process_time()
        follower.reset()
        region, *others = follower.regions(frame, self.estimator)
        found = self.estimator.estimate(frame, region, POSES_ONLY, others=others)
        spent = process_time() - start
        whole = region == Box.whole(frame.size)
        return {
            "seconds": spent,
            "xy": found.poses.xy.tolist(),
            "presence": [presence(score) for score in found.poses.score],
            "score": found.poses.score.tolist(),
            "whole": whole,
        }

    def detect(self, frame):
        """Every candidate of the detector with its pose at each margin, and seconds."""
        start = process_time()
        found = self.finder.find(frame)
        spent = process_time() - start
        rows = np.flatnonzero(found.verdict != Verdict.OVERLAPS)[:MOST]
        people = []
        for row in rows:
            one = {
                "score": float(found.score[row]),
                "box": found.boxes[row].tolist(),
                "joints": found.joints[row].tolist(),
            }
            for margin in MARGINS:
                region = region_around(found.joints[row], margin=margin)
                result = self.estimator.estimate(frame, region, POSES_ONLY)
                pose = result.stage_poses[-1]
                there = presence(pose.score[0])
                one[str(margin)] = {
                    "xy": pose.xy[0].tolist(),
                    "score": pose.score[0].tolist(),
                    "presence": there,
                    "kept": len(result.poses) > 0,
                }
            people.append(one)
        return {"seconds": spent, "people": people}


def clip_frames(comparison, path, *, step, start=0, end=None, reference):
    """Yield records of some frames of a clip, with the sequential answer where it is wanted."""
    right = {}
    if reference:
        with open_file(str(path)) as clip:
            follower = RegionFollower("follow")
            for frame, result in run(clip, comparison.estimator, follower, start=start, end=end):
                if frame.index % step == 0 and len(result.poses):
                    right[frame.index] = (
                        result.poses.xy[0].tolist(),
                        result.poses.score[0].tolist(),
                    )
    with open_file(str(path)) as clip:
        for frame in clip.frames(start, end):
            if frame.index % step:
                continue
            yield {
                "number": frame.index,
                "search": comparison.search(frame, RegionFollower("follow")),
                "finder": comparison.detect(frame),
                "right": right.get(frame.index),
            }


def photos(comparison, pictures, *, several):
    """Yield records of photos: pairs of name and RGB pixels."""
    for name, pixels in pictures:
        frame = frame_of(pixels)
        one = {
            "name": name,
            "search": comparison.search(frame, RegionFollower("follow")),
            "finder": comparison.detect(frame),
        }
        if several:
            one["people"] = comparison.search(frame, PeopleFollower())
        yield one


def main():
    """Measure one part and write its records."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", default="hourglass-lite")
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--step", type=int, default=10)
    parser.add_argument("--reference", action="store_true", help="one person all the time")
    parser.add_argument("--photos", type=Path, nargs="+", help="files")
    parser.add_argument("--several", action="store_true", help="search for everybody, too")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    comparison = Comparison(args.model)
    if args.clip:
        records = clip_frames(comparison, args.clip, step=args.step, reference=args.reference)
    else:
        pictures = ((p.name, cv2.imread(str(p))[..., ::-1]) for p in args.photos)
        records = photos(comparison, pictures, several=args.several)
    with args.out.open("w") as file:
        for one in records:
            print(json.dumps(one), file=file, flush=True)


if __name__ == "__main__":
    main()
