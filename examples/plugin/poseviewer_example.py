"""A PoseViewer plug-in: a network that guesses, clips out of NumPy files, and a table of people."""

from fractions import Fraction

import numpy as np

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageSpec
from poseviewer.models.card import ModelCard, Normalisation
from poseviewer.records.kinds import RecordKind
from poseviewer.records.tables import CsvTable
from poseviewer.video.source import Clip

CODEC = HeatmapCodec(stride=8, sigma=2.0)
JOINTS = load_skeleton("lsp-14").joints
# Where the joints of a person who stands in the middle are, in shares of the width and the height.
X = (0.44, 0.44, 0.44, 0.56, 0.56, 0.56, 0.36, 0.37, 0.42, 0.58, 0.63, 0.64, 0.50, 0.50)
Y = (0.90, 0.70, 0.50, 0.50, 0.70, 0.90, 0.52, 0.37, 0.23, 0.23, 0.37, 0.52, 0.20, 0.06)


def build():
    """Stage 1 expects a person who stands in the middle, stage 2 believes it where edges are."""
    # Imported here, because lists of networks must not wait for torch.
    import torch
    from torch.nn.functional import avg_pool2d

    class Standing(torch.nn.Module):
        def __init__(self):
            super().__init__()
            places = np.column_stack([X, Y]) * CARD.input_size
            maps = CODEC.encode(places, size=CARD.input_size)
            self.register_buffer("guess", torch.tensor(maps))

        def forward(self, image):
            guess = self.guess.expand(len(image), -1, -1, -1)
            detail = (image - avg_pool2d(image, 9, 1, 4)).abs().mean(1, keepdim=True)
            edges = avg_pool2d(detail, CODEC.stride)
            return guess, guess * (1 + edges / (edges.amax((2, 3), keepdim=True) + 1e-6)) / 2

    return Standing()


CARD = ModelCard(
    name="standing",
    title="A guess: a person stands in the middle, where the picture has edges",
    family="example",
    skeleton="lsp-14",
    input_size=(192, 192),
    normalisation=Normalisation(),
    codec=CODEC,
    stages=tuple(StageSpec(f"stage {i}", "heatmap", CODEC.stride, JOINTS) for i in (1, 2)),
    weights=None,
    licence="Apache-2.0",
    source="PoseViewer's examples; trained on nothing",
    parameters=0,
    build=build,
    complete=True,
)


class NpyClip(Clip):
    """`npy:FILE` with the frames (n, height, width, 3), RGB, uint8, as numpy.save writes them."""

    def __init__(self, location, *, rate=None, size=None):
        self._frames = np.load(location.removeprefix("npy:"), mmap_mode="r", allow_pickle=False)
        self.name = self.location = location
        self.size, self.rate = self._frames.shape[2:0:-1], rate or 30.0

    def __len__(self):
        return len(self._frames)

    def time(self, index):
        return Timestamp(range(len(self))[index], 1 / Fraction(self.rate))

    def read(self, index):
        return Frame(np.array(self._frames[index]), index, self.time(index))

    def close(self):
        pass


class PeopleTable(CsvTable):
    """How many people are in each frame."""

    def header(self, result):
        return ["frame", "time_s", "people"]

    def rows(self, result):
        return [[result.frame.index, result.frame.time.seconds, len(result.poses)]]


def open_people(paths, outputs, by):
    return [PeopleTable(paths[0], outputs=outputs)]


PEOPLE = RecordKind(("_people.csv",), open_people)
