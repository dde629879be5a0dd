"""Embedding: principal components as red, green and blue."""

import cv2
import numpy as np

from poseviewer.draw.kinds import StagePainter
from poseviewer.draw.primitives import MapLayer


class EmbeddingPainter(StagePainter):
    """Draws embeddings."""

    name = "embedding"

    def picture(self, tile, *, size, high, colormap):
        """Red, green and blue; a single channel as any map."""
        if tile.row.channel is not None:
            return None
        levels = np.rint(127.5 + 127.5 * tile.values / high).clip(0, 255).astype(np.uint8)
        return cv2.resize(levels.transpose(1, 2, 0), size, interpolation=cv2.INTER_NEAREST)

    def overlay(self, result, output, look, *, scale):
        """The first principal component, or the channel."""
        values = np.abs(np.atleast_3d(self.kind.shown(output, look.overlay_channel).T).T[0])
        high = float(values.max())
        return [MapLayer(values, output.to_frame, look.colormap, 0.0, high, look.opacity)], []


PAINTER = EmbeddingPainter()
