"""The finder: its maps, its size, and where it starts from."""

from __future__ import annotations

import torch
from torch import nn

from poseviewer.models.finder_lite import FinderLite
from poseviewer.training.movenet import MoveNet


def test_maps_have_stride_four() -> None:
    finder = FinderLite().eval()
    for height, width in ((192, 256), (256, 320)):
        with torch.inference_mode():
            centres, edges = finder(torch.rand(1, 3, height, width))
        assert centres.shape == (1, 1, height // FinderLite.stride, width // FinderLite.stride)
        assert edges.shape == (1, 8, height // FinderLite.stride, width // FinderLite.stride)
        assert centres.min() > 0
        assert centres.max() < 0.1


def test_joints_lie_inside_the_person() -> None:
    torch.manual_seed(0)
    finder = FinderLite().eval()
    nn.init.normal_(finder.edges.weight, std=0.5)
    with torch.inference_mode():
        _, edges = finder(torch.rand(1, 3, 64, 96) * 2 - 1)
    body, joints = edges[:, :4], edges[:, 4:]
    assert (body > 0).all()
    assert (joints <= body).all()
    assert edges.std() > 1


def test_is_small() -> None:
    with torch.device("meta"):
        finder = FinderLite()
    numbers = sum(p.numel() for p in finder.parameters())
    assert numbers == 2_305_273
    assert 2 * numbers < 16e6


def test_starts_with_the_centres_of_another_network() -> None:
    torch.manual_seed(0)
    other = MoveNet(width=1.0).eval()
    finder = FinderLite().eval()
    finder.trunk.load_state_dict(other.trunk.state_dict())
    hidden = [layer for layer in other.others[0].modules() if isinstance(layer, nn.Conv2d)]
    finder.start_at(hidden, other.centres)
    image = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        torch.testing.assert_close(finder(image)[0], other(image)[1])
