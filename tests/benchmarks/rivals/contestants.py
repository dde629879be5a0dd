"""The networks that are compared: ours through `import poseviewer`, MediaPipe by its worker."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
from pathlib import Path
from time import process_time

import numpy as np

import poseviewer
from poseviewer.core.skeleton import load_skeleton
from poseviewer.runtime.sections import ReadingState
from tests.benchmarks.rivals.environment import COMPLEXITY, MEDIAPIPE, MODELS, python_of
from tests.benchmarks.rivals.measure import BODY, Answers

WORKER = Path(__file__).with_name("mediapipe_worker.py")

GATE = ReadingState().gate
"""Confidence from which on the window draws a joint at full strength, as it comes."""

HIDDEN = 1
"""What `visibility` says of a joint that is drawn dashed, where a network tells."""

VISIBLE = 0.5
"""Visibility and presence from which on MediaPipe's own `drawing_utils` draws a landmark."""

LANDMARKS = (11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
"""MediaPipe's numbers of the joints of `BODY`."""


class Ours:
    """A network of PoseViewer, with everything as it comes.

    Args:
        name: Of the network.
    """

    def __init__(self, name):
        self.name = name
        self._network = None

    def photos(self, material):
        """The answers for pictures, each from itself alone."""
        pictures = material.pictures
        if self._network is None:
            self._network = poseviewer.load_network(self.name)
            self._network(pictures[0])
        columns = _columns(load_skeleton(self._network.card.skeleton).joints)
        xy, bold, seconds = _blank(len(pictures))
        for at, pixels in enumerate(pictures):
            start = process_time()
            poses = self._network(pixels).poses
            seconds[at] = process_time() - start
            if len(poses):
                xy[at], bold[at] = poses.xy[0, columns], _bold(poses)[0, columns]
        return Answers(xy, bold, seconds)

    def clip(self, clip, *, end, still):
        """The answers for an open clip to a frame: as they come, and raw."""
        began = process_time()
        for _ in clip.frames(0, end):
            pass
        reading = process_time() - began
        marks = []
        table = poseviewer.analyse(
            clip, model=self.name, end=end, progress=lambda *_: marks.append(process_time())
        )
        xy, bold, seconds = _blank(end + 1)
        columns = _columns(table.skeleton.joints)
        # The first frame pays for compiling.
        seconds[1:] = np.diff(marks) - reading / len(xy)
        rows = np.flatnonzero(np.diff(table.frame, prepend=-1) > 0)
        at = table.frame[rows]
        bold[at] = _bold(table)[rows][:, columns]
        raw = xy.copy()
        xy[at], raw[at] = table.smoothed[rows][:, columns], table.xy[rows][:, columns]
        return Answers(xy, bold, seconds), Answers(raw, bold, seconds)


class MediaPipe:
    """MediaPipe Pose with one of its three models; what it said is stored.

    Args:
        model: Which.
        folder: Its environment.
        said: Where its answers are stored.
    """

    def __init__(self, model, folder, said):
        self.model, self._folder, self._said = model, folder, said
        self.name = f"MediaPipe {model}"

    def photos(self, material):
        """The answers for pictures, each from itself alone."""
        pictures = material.pictures
        return self._stored(
            material.digest, lambda: self._ask(pictures, len(pictures), "static", "smooth")
        )

    def clip(self, clip, *, end, still):
        """The answers for an open clip to a frame: as they come, and raw where one is still."""

        def ask(how):
            frames = (frame.pixels for frame in clip.frames(0, end))
            return self._ask(frames, end + 1, "track", how)

        key = f"{clip.name} {clip.size} {len(clip)} {end}"
        return tuple(
            self._stored(f"{key} {how}", lambda how=how: ask(how))
            if how == "smooth" or still
            else None
            for how in ("smooth", "raw")
        )

    def _stored(self, key, ask):
        text = f"{MEDIAPIPE} {MODELS[self.model]} {key}"
        path = self._said / f"{hashlib.sha256(text.encode()).hexdigest()[:20]}.npz"
        if path.is_file():
            with np.load(path) as said:
                return Answers(said["xy"], said["drawn"], said["seconds"])
        said = ask()
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, xy=said.xy, drawn=said.drawn, seconds=said.seconds)
        return said

    def _ask(self, pictures, count, mode, how):
        command = [python_of(self._folder), WORKER, str(COMPLEXITY[self.model]), mode, how]
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
                # The first one pays for loading.
                seconds[at] = row[0] if at else np.nan
                xy[at], bold[at] = _landmarks(row[1:].reshape(33, 4), pixels.shape[1::-1])
            worker.stdin.write(struct.pack("<II", 0, 0))
            worker.stdin.close()
        return Answers(xy, bold, seconds)


def _landmarks(found, size):
    """Joints of `BODY`, and which of them MediaPipe draws: sure ones inside the picture."""
    chosen = found[list(LANDMARKS)]
    inside = ((chosen[:, :2] >= -0.5) & (chosen[:, :2] <= np.array(size) - 0.5)).all(axis=1)
    sure = (chosen[:, 2:] >= VISIBLE).all(axis=1)
    return chosen[:, :2], inside & sure


def _bold(poses):
    """(n, k) which joints of poses, or of a table, are drawn at full strength."""
    sure = np.isfinite(poses.xy).all(axis=2) & (poses.score >= GATE)
    visibility = getattr(poses, "visibility", None)
    return sure if visibility is None else sure & (visibility != HIDDEN)


def _columns(joints):
    return [joints.index(joint) for joint in BODY]


def _blank(count):
    joints = len(BODY)
    return (
        np.full((count, joints, 2), np.nan),
        np.zeros((count, joints), bool),
        np.full(count, np.nan),
    )
