"""Views drawn a batch at a time: joints stay on their pixels, and what a view lacks is absent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.registry import card
from poseviewer.training import gpu_views
from poseviewer.training.gpu_heatmaps import judged, targets
from poseviewer.training.gpu_pack import (
    ABSENT,
    CANVAS,
    OCCLUDED,
    SOURCES,
    UNKNOWN,
    VISIBLE,
    Crowd,
    load_crowd,
)
from poseviewer.training.gpu_views import Camera, nominal

if TYPE_CHECKING:
    from pathlib import Path

SKELETON = load_skeleton("poseviewer-23")
FIGURE = {
    "ankle": (16, 180), "knee": (16, 140), "hip": (14, 100), "wrist": (46, 100),
    "elbow": (40, 74), "shoulder": (24, 44), "neck": (0, 38), "head_top": (0, 10),
    "nose": (0, 24), "eye": (5, 20), "ear": (9, 23), "heel": (14, 188), "big_toe": (22, 190),
}  # fmt: skip
"""Halves of the width and heights of a person who faces us."""


def figure() -> np.ndarray:
    """Joints (23, 2) of somebody in a picture of 160 x 210 pixels; their left is on our right."""
    joints = []
    for name in SKELETON.joints:
        side, plain = SKELETON.side(SKELETON.index(name)), name.split("_", 1)[-1]
        x, y = FIGURE[name if side == "middle" else plain]
        joints.append((80 + (x if side == "left" else -x), y + 5))
    return np.array(joints, np.float32)


def crowd(count: int = 4) -> Crowd:
    """Pictures of dots: green at joints, on grey."""
    joints = figure()
    image = np.full((210, 160, 3), 60, np.uint8)
    for x, y in joints:
        cv2.circle(image, (int(x), int(y)), 4, (60, 255, 60), -1)
    planes = torch.zeros(count, 3, CANVAS, CANVAS, dtype=torch.uint8)
    planes[:, :, :210, :160] = torch.from_numpy(image.transpose(2, 0, 1).copy())
    box = [*joints.min(0), *joints.max(0)]
    return Crowd(
        planes,
        torch.from_numpy(joints).repeat(count, 1, 1),
        torch.full((count, 23), VISIBLE),
        torch.ones(count, 23),
        torch.tensor([box] * count),
        torch.tensor([[80.0, 102.0, 240.0]] * count),
        torch.tensor([[160.0, 210.0]] * count),
        torch.full((count,), SOURCES.index("lspet")),
    )


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Camera:
    """A camera that leaves colours alone and hides nothing."""
    torch.manual_seed(3)
    monkeypatch.setattr(gpu_views, "_coloured", lambda images: images)
    monkeypatch.setattr(gpu_views, "_erased", lambda views: views)
    monkeypatch.setattr(Camera, "_crowded", lambda self, views: views)
    return Camera(crowd(), shares=torch.ones(4), skeleton=SKELETON)


def test_joints_stay_on_their_pixels(plain: Camera) -> None:
    views = plain.draw(64, side=192)
    here = views.state == VISIBLE
    at = views.joints.round().long().clamp(0, 191)
    green = views.images[torch.arange(64)[:, None], 1, at[..., 1], at[..., 0]]
    assert green[here].mean() > 230
    assert (green[here] > 150).float().mean() > 0.98


def test_left_stays_left(plain: Camera) -> None:
    views = plain.draw(64, side=192)
    left, right, neck, hip = (
        views.joints[:, SKELETON.index(name)]
        for name in ("left_shoulder", "right_shoulder", "neck", "left_hip")
    )
    across, along = left - right, hip - neck
    assert (across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0] > 0).all()


def test_joints_beyond_the_view_are_absent(plain: Camera) -> None:
    views = plain.draw(200, side=192)
    inside = ((views.joints > -0.5) & (views.joints < 191.5)).all(-1)
    assert (views.state[~inside] == ABSENT).all()
    assert (views.weight[~inside] > 0).all()
    missing = (views.state == ABSENT).float().mean(0)
    # Feet are cut off more often than shoulders are, and every joint is shown now and then.
    assert missing[SKELETON.index("left_heel")] > missing[SKELETON.index("neck")]
    assert (missing > 0.02).all()
    assert (missing < 0.6).all()


def test_what_covers_a_joint_hides_it_and_nothing_else() -> None:
    torch.manual_seed(0)
    views = Camera(crowd(), shares=torch.ones(4), skeleton=SKELETON).draw(200, side=192)
    hidden = views.state == OCCLUDED
    assert 0.01 < hidden.float().mean() < 0.3
    assert views.images.min() >= 0
    assert views.images.max() <= 255
    assert not (views.state == UNKNOWN).any()


@pytest.mark.parametrize("name", ["hourglass-lite", "cpm-lite"])
def test_targets_are_those_of_the_codec(name: str) -> None:
    people = crowd(2)
    people.state[0, 3], people.state[1, 5], people.state[1, 6] = ABSENT, UNKNOWN, OCCLUDED
    views = nominal(people, side=192)
    maps, weight = targets(card(name), views)
    present = ((views.state == VISIBLE) | (views.state == OCCLUDED)).numpy()
    wanted = card(name).heatmaps.encode(views.joints.numpy(), size=(192, 192), present=present)
    np.testing.assert_allclose(maps.numpy(), wanted, atol=1e-5)
    assert maps[0, 3].max() == 0
    assert weight[1, 5] == 0
    assert weight[1, 6] == 1
    assert weight[0, 3] > 1


@pytest.mark.parametrize(("shift", "share"), [(0.0, 1.0), (30.0, 0.0)])
def test_judging_finds_what_is_right(shift: float, share: float) -> None:
    people, network = crowd(3), card("hourglass-lite")
    people.state[0, 0] = ABSENT
    views = nominal(people, side=192, zoom=1.1)
    maps, _ = targets(network, replace(views, joints=views.joints + shift))
    module = torch.nn.Module()
    module.forward = lambda image: (maps, maps)  # type: ignore[method-assign]
    table = judged(module, people, card=network, zoom=1.1, prepare=lambda images: images)
    assert table["pck@0.2"] == [share, share]
    assert table["pck@0.1"] == [share, share]
    assert table["apart from absent"] == 1.0


def written(folder: Path, people: Crowd) -> None:
    """A pack of three pictures, the second of them for validation."""
    pixels = people.images[0, :, :210, :160].numpy().transpose(1, 2, 0)[..., ::-1]
    _, coded = cv2.imencode(".png", np.ascontiguousarray(pixels))
    fields = ("joints", "state", "weight", "box", "nominal", "extent", "source")
    np.savez(
        folder / "people.npz",
        end=np.arange(1, 4) * len(coded),
        split=np.array(["train", "val", "train"]),
        **{name: getattr(people, name).numpy() for name in fields},
    )
    (folder / "images.bin").write_bytes(coded.tobytes() * 3)


def test_a_pack_comes_back(tmp_path: Path) -> None:
    people = crowd(3)
    written(tmp_path, people)
    read = load_crowd(tmp_path, split="train", device=torch.device("cpu"))
    assert len(read) == 2
    assert torch.equal(read.images, people.images[:2])
    assert torch.equal(read.joints, people.joints[:2])
    assert len(read.of("coco")) == 0


def test_a_folder_without_a_pack_is_named(tmp_path: Path) -> None:
    with pytest.raises(PoseViewerError, match="holds no people"):
        load_crowd(tmp_path, split="train", device=torch.device("cpu"))
