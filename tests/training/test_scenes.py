"""Views of whole pictures: targets lie where people are, and what is not known does not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.registry import card
from poseviewer.training.readers.pack import read_pack
from poseviewer.training.scenes import UNSURE, Scene, SceneBatches, random_view, scenes_of

if TYPE_CHECKING:
    from pathlib import Path

CARD = card("openpose-lite")
CODEC = CARD.fields
SKELETON = CODEC.skeleton
WRISTS = (SKELETON.index("right_wrist"), SKELETON.index("left_wrist"))


def scene(*, told: bool = True) -> Scene:
    """One person whose right wrist is white, in a grey picture."""
    pixels = np.full((300, 400, 3), 90, np.uint8)
    joints = np.zeros((1, 18, 2))
    joints[0] = np.stack([150 + 6.0 * np.arange(18), 80 + 7.0 * np.arange(18)], axis=1)
    joints[0, WRISTS[0]] = (220, 150)
    pixels[140:161, 210:231] = 255
    seen = np.ones((1, 18), bool)
    seen[0, WRISTS[1]] = False
    known = np.ones(18, bool) if told else seen[0]
    return Scene(lambda: pixels, joints, seen, known, "coco")


def test_a_peak_lies_on_what_it_is_about_however_it_is_turned() -> None:
    rng = np.random.default_rng(3)
    away, channels = [], set()
    for _ in range(60):
        image, _, beliefs, _, _ = random_view(scene(), size=128, codec=CODEC, rng=rng)
        (channel,) = [w for w in WRISTS if beliefs[w].max() > 0.1] or [None]
        if channel is None:
            continue
        channels.add(channel)
        y, x = np.unravel_index(beliefs[channel].argmax(), beliefs.shape[1:])
        light = image.astype(float).mean(axis=2)
        bright = np.argwhere(light > np.median(light) + 0.6 * (light.max() - np.median(light)))
        place = CODEC.beliefs.to_pixels(np.array([x, y], float))
        away.append(np.linalg.norm(np.median(bright, axis=0)[::-1] - place))
    # Half of the views are mirrored, and there it is the left wrist. Cutouts hide a few.
    assert channels == set(WRISTS)
    assert np.median(away) < 6
    assert len(away) > 20


def test_cells_count_by_what_is_known_of_them() -> None:
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(20):
        _, fields, beliefs, of_fields, of_beliefs = random_view(
            scene(), size=128, codec=CODEC, rng=rng
        )
        assert fields.shape == of_fields.shape == (38, 16, 16)
        assert beliefs.shape == of_beliefs.shape == (19, 16, 16)
        seen |= set(np.unique(of_fields[np.abs(fields) < UNSURE]).tolist())
        # Everything that is drawn lies where it counts.
        assert (of_fields[np.abs(fields) > 0.5] > 0.5).all()
        assert (of_beliefs[:18][beliefs[:18] > 0.5] > 0.5).all()
    assert sorted(seen) == pytest.approx([UNSURE, 1.0])


def test_joints_that_are_not_told_of_do_not_count() -> None:
    rng = np.random.default_rng(0)
    _, _, _, of_fields, of_beliefs = random_view(scene(told=False), size=64, codec=CODEC, rng=rng)
    blank = np.flatnonzero(~of_beliefs.any(axis=(1, 2)))
    # The wrist of one side by flip, and the background, which needs all of them.
    assert set(blank.tolist()) in ({w, 18} for w in WRISTS)
    silent = np.flatnonzero(~of_fields.any(axis=(1, 2)))
    arm = [limb.channel for limb in SKELETON.limbs if limb.end == min(blank)]
    assert silent.tolist() == [arm[0], arm[0] + 1]


def test_pictures_of_the_pack_become_scenes(pack: Path) -> None:
    crops, photos = (scenes_of(one, SKELETON) for one in read_pack(pack, split="train"))
    assert [s.source for s in crops] == ["lspet", "lspet"]
    (photo,) = photos
    assert photo.source == "coco"
    assert photo.told.all()
    coco = load_skeleton("coco-17")
    for joint in ("right_ankle", "nose", "left_ear"):
        xy = photo.joints[0, SKELETON.index(joint)]
        np.testing.assert_allclose(
            xy, (20 + coco.index(joint) - 0.5, 30 + 3 * coco.index(joint) - 0.5)
        )
    left, right = (SKELETON.index(f"{side}_shoulder") for side in ("left", "right"))
    neck = SKELETON.index("neck")
    np.testing.assert_allclose(
        photo.joints[0, neck], (photo.joints[0, left] + photo.joints[0, right]) / 2
    )
    # LSPET labels no faces, and one of its wrists is hidden.
    face = [SKELETON.index(j) for j in ("nose", "left_eye", "right_eye", "left_ear", "right_ear")]
    assert not crops[0].told[face].any()
    assert crops[0].told[neck]
    assert not crops[0].seen[0, SKELETON.index("right_wrist")]
    assert crops[1].seen[0, SKELETON.index("right_wrist")]
    assert crops[0].pixels().shape == (256, 256, 3)


def test_batches_are_stacked_and_can_be_repeated() -> None:
    scenes = [scene()] * 5
    with SceneBatches(scenes, card=CARD, size=2, seed=4, side=64) as batches:
        first = batches.take()
        batches.take()
    assert first.images.shape == (2, 64, 64, 3)
    assert first.fields.shape == first.field_weight.shape == (2, 38, 8, 8)
    assert first.beliefs.shape == first.belief_weight.shape == (2, 19, 8, 8)
    with SceneBatches(scenes, card=CARD, size=2, seed=4, side=64) as batches:
        again = batches.take()
    np.testing.assert_array_equal(first.images, again.images)
    np.testing.assert_array_equal(first.fields, again.fields)
