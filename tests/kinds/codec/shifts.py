"""Shifts: a short vector from every cell to the joint, in cells (as in PersonLab)."""

import numpy as np

from poseviewer.core.stage import StageKind


class ShiftKind(StageKind):
    """Two maps a joint, x and y."""

    name = "shifts"
    title = "shifts"
    quantity = "shift"
    unit = " cells"
    subject = "joint"
    step = 2
    together = "all joints"
    answers = True

    def decode(self, maps, *, codec, method):
        """The joint is where the shortest vector points."""
        pairs = maps.reshape(len(maps), -1, 2, *maps.shape[2:])
        length = np.hypot(pairs[:, :, 0], pairs[:, :, 1])
        flat = length.reshape(*length.shape[:2], -1)
        nearest = flat.argmin(-1)
        y, x = np.divmod(nearest, maps.shape[-1])
        vectors = pairs.reshape(*pairs.shape[:3], -1)
        vectors = np.take_along_axis(vectors, nearest[..., None, None], -1)[..., 0]
        return np.stack([x, y], -1) + vectors.astype(float), np.ones(nearest.shape, np.float32)


KIND = ShiftKind()
