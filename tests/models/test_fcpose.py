"""FCPose of the paper and ours: the counts of each part, and what their modules answer."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from poseviewer.codec.dynamic import coordinates, keypoint_maps, softmax
from poseviewer.core.heads import Heads
from poseviewer.models.fcpose import LEVELS, REACHES, FCPose
from poseviewer.models.fcpose_lite import FCPoseLite
from poseviewer.models.registry import card


def counted(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_parts_are_as_large_as_in_the_release() -> None:
    with torch.device("meta"):
        net = FCPose()
    assert net.head.numbers == 2737
    assert counted(net.refine) == 885_504
    assert counted(net.tower) == 599_362
    assert counted(net.controller) == 6_308_785
    assert net.tower[-1].out_channels == 32 + 34
    assert (len(LEVELS), REACHES[-1]) == (5, 1333)


def test_boxes_are_pixels_outwards() -> None:
    torch.manual_seed(0)
    net = FCPose(people=1).eval()
    features = torch.rand(1, 256, 4, 4)
    with torch.inference_mode():
        net.box.bias.fill_(1.5)
        net.box.weight.zero_()
        net.scales[2] = 2.0
        assert net.boxes(features, 2).unique().tolist() == [1.5 * 2 * 32]


@pytest.mark.parametrize(
    ("net", "size"),
    [(FCPose(bases=3, hidden=4, people=5), (128, 192)), (FCPoseLite(people=5), (64, 96))],
    ids=["paper", "lite"],
)
def test_the_maps_are_those_of_the_surest_head(net: torch.nn.Module, size: tuple[int, int]) -> None:
    torch.manual_seed(1)
    image = torch.rand(2, 3, *size) * 2 - 1
    with torch.inference_mode():
        _, planes, cells, bases, one, two, ways, maps = (x.numpy() for x in net.eval()(image))
    assert ways.shape[1] == 34
    for picture in range(2):
        heads = Heads.of(planes[picture])
        assert heads.shape == net.head
        assert len(heads.score) == 5
        assert (np.diff(heads.score) <= 0).all()
        away = coordinates(heads.place, heads.reach, shape=bases.shape[2:], stride=8)[:1]
        np.testing.assert_allclose(cells[picture], away[0], atol=1e-5)
        made = keypoint_maps(heads.shape, heads.numbers[:1], bases[picture], away)
        np.testing.assert_allclose(one[picture], made[0][0], atol=1e-4)
        np.testing.assert_allclose(two[picture], made[1][0], atol=1e-4)
        np.testing.assert_allclose(maps[picture], softmax(made[2][0]), atol=1e-4)


def test_a_head_is_made_of_the_nine_cells_about_the_person() -> None:
    torch.manual_seed(2)
    net = FCPoseLite(people=2).eval()
    at = torch.tensor([[0, 6, 9]])
    with torch.inference_mode():
        _, _, features, _, ends = net.look(torch.rand(1, 3, 64, 96))
        before, place, reach = net.speak(features, ends, at)
        assert place.tolist() == [[9 * 4 + 1.5, 6 * 4 + 1.5]]
        assert reach.shape == (1,)
        changed = features.clone()
        changed[:, :, 5:8, 8:11] += 1 - torch.rand(1, 192, 3, 3)
        far = features.clone()
        far[:, :, 8:] += 1
        far[:, :, :, :8] += 1
        np.testing.assert_array_equal(net.speak(far, ends, at)[0].numpy(), before.numpy())
        assert (net.speak(changed, ends, at)[0] - before).abs().max() > 1e-4


def test_only_the_highest_of_nine_cells_is_a_person() -> None:
    net = FCPoseLite(people=2)
    centres = torch.zeros(1, 1, 6, 8)
    centres[0, 0, 2, 2], centres[0, 0, 2, 3], centres[0, 0, 5, 7] = 0.9, 0.8, 0.4
    at, score = net.found(centres)
    assert at.tolist() == [[0, 2, 2], [0, 5, 7]]
    assert score.tolist() == pytest.approx([0.9, 0.4])


def test_the_two_cards_are_read_alike() -> None:
    kinds = [[spec.kind for spec in card(name).stages] for name in ("fcpose", "fcpose-lite")]
    assert kinds[0] == kinds[1]
    assert card("fcpose-lite").everybody
    assert not card("fcpose").published
