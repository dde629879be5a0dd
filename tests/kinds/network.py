"""A network with a stage of every kind, two of which lie beside this file only."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

import poseviewer.codec
import poseviewer.draw.kinds
from poseviewer.core.affine import Box
from poseviewer.core.stage import KINDS, Request, StageSpec
from poseviewer.draw.kinds import PAINTERS
from poseviewer.pipeline.estimators import estimator_of
from tests.dots import CARD, SKELETON, Dots, DotsClip

HERE = Path(__file__).parent
NEW = ("embedding", "shifts")
JOINTS = SKELETON.joints
AXES = tuple(f"{joint} {axis}" for joint in JOINTS for axis in "xy")
HEADS = ("head 1", "head 2")
STAGES = (
    StageSpec("stage 1", "heatmap", 4, (*JOINTS, "background")),
    StageSpec("look 1", "attention", 4, HEADS),
    StageSpec("look 2", "attention", 4, HEADS),
    StageSpec("inside", "embedding", 4, ("0", "1", "2", "3")),
    StageSpec("deep", "features", 8, ("0", "1")),
    StageSpec("stage 2", "shifts", 4, AXES),
)
NETWORK = replace(CARD, name="every-kind", stages=STAGES)
ATTENTION, INSIDE, DEEP, OFFSETS = 1, 3, 4, 5
REGION = Box(60.0, 20.0, 200.0, 200.0)
KNEE = JOINTS.index("right_knee")


class Engine(Dots):
    """Finds the dots, and answers with a tensor of every kind."""

    def run(self, batch, wanted=None):
        beliefs = super().run(batch, [2])[0]
        n, _, h, w = beliefs.shape
        y, x = np.indices((h, w), np.float32)
        peaks = beliefs[:, : len(JOINTS)].reshape(n, len(JOINTS), -1).argmax(-1)
        away = np.stack(
            [(peaks % w)[..., None, None] - x, (peaks // w)[..., None, None] - y], axis=2
        )
        looks = np.exp(-beliefs[:, :2] * 3)
        looks /= looks.sum((2, 3), keepdims=True)
        every = [
            beliefs,
            looks,
            looks[:, ::-1] * 0.5,
            np.stack([x, y, x * y, x - y], 0)[None].repeat(n, 0) / 100,
            beliefs[:, :2, ::2, ::2] - 0.5,
            away.reshape(n, -1, h, w),
        ]
        chosen = range(len(every)) if wanted is None else sorted(wanted)
        return [np.ascontiguousarray(every[i], np.float32) for i in chosen]


@contextmanager
def installed_kinds():
    """Put the files of the three kinds into their packages, and take them out at the end."""
    places = ((poseviewer.codec, "codec", KINDS), (poseviewer.draw.kinds, "draw", PAINTERS))
    for package, folder, table in places:
        package.__path__.append(str(HERE / folder))
        table.refresh()
    yield
    for package, folder, table in places:
        package.__path__.remove(str(HERE / folder))
        for name in NEW:
            del sys.modules[f"{package.__name__}.{name}"]
            delattr(package, name)
        table.refresh()


def analyse(*, flip=False):
    """What the network answers to a frame of dots."""
    estimator = estimator_of(NETWORK, Engine(), flip=flip)
    return estimator.estimate(DotsClip().read(4), REGION, Request())
