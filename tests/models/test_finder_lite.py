"""The finder: its answers and its size."""

from __future__ import annotations

import torch
from torch import nn

from poseviewer.codec.detection import STRIDES, DetectionCodec
from poseviewer.models.finder_lite import FinderLite


def test_every_cell_of_the_codec_has_an_answer() -> None:
    finder = FinderLite().eval()
    assert finder.trunk.strides == STRIDES
    for height, width in ((192, 256), (256, 320), (32, 320)):
        cells = len(DetectionCodec().cells((width, height))[0])
        with torch.inference_mode():
            score, edges = finder(torch.rand(1, 3, height, width))
        assert score.shape == (1, 1, cells)
        assert edges.shape == (1, 8, cells)
        assert score.min() > 0
        assert score.max() < 0.1


def test_joints_lie_inside_the_person() -> None:
    torch.manual_seed(0)
    finder = FinderLite().eval()
    for head in finder.heads:
        nn.init.normal_(head.edges.weight, std=0.5)
        nn.init.normal_(head.inset.weight, std=0.5)
    with torch.inference_mode():
        _, edges = finder(torch.rand(1, 3, 64, 96) * 2 - 1)
    body, joints = edges[:, :4], edges[:, 4:]
    assert (body >= 0).all()
    assert (joints <= body).all()
    assert edges.std() > 1


def test_an_edge_is_at_most_seven_cells_away() -> None:
    finder = FinderLite().eval()
    with torch.no_grad():
        for head in finder.heads:
            head.edges.bias.view(4, 8)[:, -1] = 50.0
        _, edges = finder(torch.zeros(1, 3, 128, 128))
    _, strides = DetectionCodec().cells((128, 128))
    torch.testing.assert_close(edges[0, 0], torch.tensor(7 * strides, dtype=torch.float32))


def test_is_small() -> None:
    with torch.device("meta"):
        finder = FinderLite()
    assert sum(p.numel() for p in finder.parameters()) == 1_157_246
