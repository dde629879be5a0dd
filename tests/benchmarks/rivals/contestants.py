"""The networks that are compared: ours through `import poseviewer`, MediaPipe through its worker."""

from __future__ import annotations

import os
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np

import poseviewer
from tests.benchmarks.rivals.environment import COMPLEXITY, python_of
from tests.benchmarks.rivals.measure import BODY, Answers

WORKER = Path(__file__).with_name("mediapipe_worker.py")

GATE = 0.2
"""Confidence from which on the window draws a joint at full strength, unless a person chose otherwise."""

VISIBLE = 0.5
"""Visibility and presence from which on MediaPipe's own drawing (`drawing_utils`) draws a landmark."""

LANDMARKS = (11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
"""MediaPipe's numbers of the joints of `BODY`."""


@dataclass(frozen=True, slots=True)
class Ours:
    """A network of PoseViewer, with everything as it comes."""

    name: str

    @property
    def version(self):
        """What the answers depend on."""
        return f"poseviewer {poseviewer.__version__}, one person, gate {GATE}"

    def photos(self, pictures):
        """The answers for pictures, each from itself alone."""
        network = poseviewer.load_network(self.name)
        columns = _columns(network.card.skeleton)
        xy, bold, seconds = _blank(len(pictures))
        network(pictures[0])
        for at, pixels in enumerate(pictures):
            start = process_time()
            poses = network(pixels).poses
            seconds[at] = process_time() - start
            if len(poses):
                xy[at], bold[at] = poses.xy[0, columns], poses.score[0, columns] >= GATE
        return Answers(xy, bold, seconds)

    def clip(self, clip, *, start, end, smooth):
        """The answers for a stretch of an open clip, in order."""
        began = process_time()
        for _ in clip.frames(start, end):
            pass
        reading = process_time() - began
        marks = []
        table = poseviewer.analyse(
            clip,
            model=self.name,
            start=start,
            end=end,
            smooth=smooth,
            progress=lambda *_: marks.append(process_time()),
        )
        xy, bold, seconds = _blank(end - start + 1)
        names = table.skeleton.joints
        columns = [names.index(joint) for joint in BODY]
        # The first frame pays for compiling.
        seconds[1:] = np.diff(marks) - reading / len(xy)
        places = table.smoothed if smooth else table.xy
        rows = np.flatnonzero(np.diff(table.frame, prepend=-1) > 0)
        at = table.frame[rows] - start
        xy[at] = places[rows][:, columns]
        bold[at] = table.score[rows][:, columns] >= GATE
        return Answers(xy, bold, seconds)


@dataclass(frozen=True, slots=True)
class MediaPipe:
    """MediaPipe Pose with one of its three models."""

    model: str
    folder: Path
    """Its environment."""

    @property
    def name(self):
        """Such as `MediaPipe heavy`."""
        return f"MediaPipe {self.model}"

    def photos(self, pictures):
        """The answers for pictures, each from itself alone."""
        return self._ask(iter(pictures), len(pictures), "static", smooth=True)

    def clip(self, clip, *, start, end, smooth):
        """The answers for a stretch of an open clip, in order."""
        frames = (frame.pixels for frame in clip.frames(start, end))
        return self._ask(frames, end - start + 1, "track", smooth=smooth)

    def _ask(self, pictures, count, mode, *, smooth):
        command = [python_of(self.folder), WORKER, str(COMPLEXITY[self.model]), mode]
        command.append("smooth" if smooth else "raw")
        environment = {**os.environ, "GLOG_minloglevel": "3", "TF_CPP_MIN_LOG_LEVEL": "3"}
        xy, bold, seconds = _blank(count)
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        ) as worker:
            for at, pixels in enumerate(pictures):
                worker.stdin.write(struct.pack("<II", *pixels.shape[:2]) + pixels.tobytes())
                worker.stdin.flush()
                row = np.frombuffer(worker.stdout.read(133 * 4), np.float32)
                seconds[at] = row[0] if at else np.nan
                xy[at], bold[at] = _landmarks(row[1:].reshape(33, 4), pixels.shape[1::-1])
            worker.stdin.write(struct.pack("<II", 0, 0))
            worker.stdin.close()
        return Answers(xy, bold, seconds)


def _landmarks(found, size):
    """Joints of `BODY` and which are drawn: sure ones inside the picture, as MediaPipe draws them."""
    chosen = found[list(LANDMARKS)]
    inside = ((chosen[:, :2] >= -0.5) & (chosen[:, :2] <= np.array(size) - 0.5)).all(axis=1)
    sure = (chosen[:, 2:] >= VISIBLE).all(axis=1)
    return chosen[:, :2], inside & sure


def _columns(skeleton):
    names = poseviewer_joints(skeleton)
    return [names.index(joint) for joint in BODY]


def poseviewer_joints(skeleton):
    """Names of the joints of a skeleton, by its name."""
    from poseviewer.core.skeleton import load_skeleton

    return load_skeleton(skeleton).joints


def _blank(count):
    joints = len(BODY)
    return (
        np.full((count, joints, 2), np.nan),
        np.zeros((count, joints), bool),
        np.full(count, np.nan),
    )
