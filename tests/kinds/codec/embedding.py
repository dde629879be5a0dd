"""Embedding: a vector a cell; all channels at once are its three principal components."""

import numpy as np

from poseviewer.core.stage import StageKind


class EmbeddingKind(StageKind):
    """Channels without an order."""

    name = "embedding"
    title = "embeddings"
    together = "principal components"
    trained = False

    def shown(self, output, channel):
        """One channel, or the three principal components of all."""
        if channel is not None:
            return super().shown(output, channel)
        vectors = output.values.reshape(len(output.values), -1)
        vectors = vectors - vectors.mean(axis=1, keepdims=True)
        axes = np.linalg.svd(vectors, full_matrices=False)[0][:, :3]
        return (axes.T @ vectors).reshape(3, *output.values.shape[1:]).astype(np.float32)


KIND = EmbeddingKind()
