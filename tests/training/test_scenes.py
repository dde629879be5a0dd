"""Views of whole pictures: targets lie where people are, and what is not known does not count."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.registry import card
from poseviewer.training.gpu_pack import ABSENT, PACKED, SOURCES, UNKNOWN
from poseviewer.training.scene_batches import UNSURE, SceneBatches, random_view
from poseviewer.training.scenes import TrainingScene, collage, packed_scenes, scenes_of
from poseviewer.truth.readers import read_pack
from tests.training.test_gpu_views import crowd, written

if TYPE_CHECKING:
    from pathlib import Path

CARD = card("openpose-lite")
CODEC = CARD.fields
SKELETON = CODEC.skeleton
WRISTS = (SKELETON.index("right_wrist"), SKELETON.index("left_wrist"))


def scene(*, certain: bool = True) -> TrainingScene:
    """One person whose right wrist is white, in a grey picture."""
    pixels = np.full((300, 400, 3), 90, np.uint8)
    joints = np.zeros((1, 18, 2))
    joints[0] = np.stack([150 + 6.0 * np.arange(18), 80 + 7.0 * np.arange(18)], axis=1)
    joints[0, WRISTS[0]] = (220, 150)
    pixels[140:161, 210:231] = 255
    seen = np.ones((1, 18), bool)
    seen[0, WRISTS[1]] = False
    known = np.ones((1, 18), bool) if certain else seen
    return TrainingScene(lambda: pixels, joints, seen, known, np.ones(18, bool), "coco")


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


def test_a_joint_without_a_label_does_not_count_where_it_may_be() -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        _, fields, _, of_fields, of_beliefs = random_view(
            scene(certain=False), size=128, codec=CODEC, rng=rng
        )
        # By flip it is the wrist of one side or of the other.
        wrist = WRISTS[int((of_beliefs[WRISTS[1]] == 0).any())]
        body = of_beliefs[1] == 1
        unknown = of_beliefs[wrist] == 0
        assert unknown.any()
        assert (of_beliefs[18][unknown] == 0).all()
        (channel,) = [limb.channel for limb in SKELETON.limbs if limb.end == wrist]
        assert (of_fields[channel][unknown] == 0).all()
        assert not fields[channel].any()
        assert body[unknown].all()


def test_joints_that_a_set_never_labels_do_not_count(pack: Path) -> None:
    crops, _ = (scenes_of(one, SKELETON) for one in read_pack(pack, split="train"))
    _, _, _, of_fields, of_beliefs = random_view(
        crops[1], size=128, codec=CODEC, rng=np.random.default_rng(0)
    )
    face = [0, 14, 15, 16, 17]
    silent = {limb.channel for limb in SKELETON.limbs if {limb.start, limb.end} & set(face)}
    assert np.flatnonzero(~of_beliefs.any(axis=(1, 2))).tolist() == [*face, 18]
    assert set(np.flatnonzero(~of_fields.any(axis=(1, 2))).tolist()) == silent | {
        channel + 1 for channel in silent
    }


def test_people_who_were_alone_meet_in_a_collage() -> None:
    rng = np.random.default_rng(1)
    alone = replace(scene(), source="lspet")
    together = collage([alone] * 4, rng)
    pixels = together.pixels()
    assert pixels.shape == (512, 512, 3)
    assert together.joints.shape == (4, 18, 2)
    # In every tile the white square is still under the wrist.
    for number, person in enumerate(together.joints):
        row, column = divmod(number, 2)
        x, y = np.rint(person[WRISTS[0]]).astype(int)
        assert 256 * column <= x < 256 * (column + 1)
        assert 256 * row <= y < 256 * (row + 1)
        assert (pixels[y - 2 : y + 3, x - 2 : x + 3] == 255).all()
    with SceneBatches([alone] * 6, card=CARD, size=4, seed=1, side=128) as batches:
        made = batches.take()
    # More wrists than pictures.
    assert (made.beliefs[:, list(WRISTS)] > 0.7).sum() > 4


def test_pictures_of_the_pack_become_scenes(pack: Path) -> None:
    crops, photos = (scenes_of(one, SKELETON) for one in read_pack(pack, split="train"))
    assert [s.source for s in crops] == ["lspet", "lspet"]
    (photo,) = photos
    assert photo.source == "coco"
    assert photo.certain.all()
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
    assert not crops[0].labelled[face].any()
    assert crops[0].certain[0, neck]
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


def test_pictures_of_a_pack_for_the_gpu_keep_what_is_known(tmp_path: Path) -> None:
    people = crowd(3)
    packed = load_skeleton(PACKED)
    nose, ear, wrist = (packed.index(name) for name in ("nose", "left_ear", "left_wrist"))
    people.state[0, nose], people.state[0, ear] = UNKNOWN, ABSENT
    people.source[2] = SOURCES.index("coco")
    written(tmp_path, people)
    (only,) = packed_scenes(tmp_path, SKELETON)  # One is for validation, one of COCO.
    assert only.source == "lspet"
    assert only.pixels().shape == (210, 160, 3)
    here = {name: SKELETON.index(name) for name in ("nose", "left_ear", "left_wrist")}
    assert not only.seen[0, [here["nose"], here["left_ear"]]].any()
    assert list(only.certain[0, [here["nose"], here["left_ear"]]]) == [False, True]
    assert np.allclose(only.joints[0, here["left_wrist"]], people.joints[0, wrist])
    assert only.labelled.all()
