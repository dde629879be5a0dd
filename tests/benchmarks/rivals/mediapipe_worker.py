"""MediaPipe Pose behind a pipe: pictures come in on stdin, landmarks go out on stdout.

Runs in an environment of its own (see `environment.py`) and imports nothing of PoseViewer.

In: height and width (little-endian uint32), then height x width x 3 bytes of RGB. Out: 133
float32, the CPU seconds that the answer took, then x, y (pixels, pixel-centred), visibility and
presence of 33 landmarks, NaN where nobody was found. A height of 0 ends it.
"""

from __future__ import annotations

import os
import struct
import sys
from time import process_time

# Whatever the libraries print must not get between the answers.
OUT = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)

import mediapipe as mp  # noqa: E402
import numpy as np  # noqa: E402

LANDMARKS = 33


def presence(landmark):
    """Presence as the solution's own drawing takes it: what is not said leaves nothing out."""
    return landmark.presence if landmark.HasField("presence") else 1.0


def answer(pose, pixels):
    """One row: seconds, then the landmarks."""
    row = np.full(1 + LANDMARKS * 4, np.nan, np.float32)
    start = process_time()
    found = pose.process(pixels).pose_landmarks
    row[0] = process_time() - start
    if found is not None:
        height, width = pixels.shape[:2]
        row[1:] = np.ravel(
            [
                (one.x * width - 0.5, one.y * height - 0.5, one.visibility, presence(one))
                for one in found.landmark
            ]
        )
    return row


def main():
    """Answer until the end; arguments: complexity, `static` or `track`, `smooth` or `raw`."""
    complexity, mode, smooth = sys.argv[1:]
    pose = mp.solutions.pose.Pose(
        static_image_mode=mode == "static",
        model_complexity=int(complexity),
        smooth_landmarks=smooth == "smooth",
    )
    with pose:
        while True:
            height, width = struct.unpack("<II", sys.stdin.buffer.read(8))
            if not height:
                return
            data = sys.stdin.buffer.read(height * width * 3)
            pixels = np.frombuffer(data, np.uint8).reshape(height, width, 3)
            OUT.write(answer(pose, pixels).tobytes())
            OUT.flush()


if __name__ == "__main__":
    main()
