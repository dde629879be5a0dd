"""The lifter with weights that are drawn: what holds whatever it has learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.pose import Poses
from poseviewer.core.skeleton import load_skeleton
from poseviewer.pipeline.lifter import FEWEST, SKELETON, load_lifter
from tests.lifters import drawn, save

if TYPE_CHECKING:
    from pathlib import Path

K = len(SKELETON.joints)
MIRROR = list(SKELETON.mirror)


def people(count: int = 2) -> np.ndarray:
    return np.random.default_rng(1).uniform(20, 400, (count, K, 2)).astype(np.float32)


def poses(name: str = "poseviewer-23", *, score: float = 0.9) -> Poses:
    skeleton = load_skeleton(name)
    k = len(skeleton.joints)
    xy = np.random.default_rng(2).uniform(20, 400, (k, 2))
    return Poses.single(xy, score=np.full(k, score), skeleton=skeleton, box=(0, 0, 400, 400))


def test_a_mirrored_person_is_lifted_to_the_mirrored_body() -> None:
    xy, there = people(), np.ones((2, K), np.bool_)
    there[:, 4] = False
    one = drawn().lift(xy, there)
    turned = (xy * (-1, 1) + (640, 0))[:, MIRROR]
    other = drawn().lift(turned, there[:, MIRROR])
    assert other == pytest.approx(one[:, MIRROR] * (-1, 1, 1), abs=1e-4)


def test_where_and_how_large_a_person_is_changes_nothing() -> None:
    xy, there = people(), np.ones((2, K), np.bool_)
    assert drawn().lift(3 * xy + 50, there) == pytest.approx(drawn().lift(xy, there), abs=1e-4)


def test_the_middle_of_the_hips_is_the_root() -> None:
    found = drawn().lift(people(), np.ones((2, K), np.bool_))
    hips = [SKELETON.index("left_hip"), SKELETON.index("right_hip")]
    assert found[:, hips].mean(axis=1) == pytest.approx(0, abs=1e-6)


def test_only_joints_that_pass_the_gate_are_placed() -> None:
    raw = poses()
    score = raw.score.copy()
    score[0, 3] = 0.1
    found = drawn().lifted(Poses(raw.xy, score, raw.box, raw.track, raw.skeleton), gate=0.3).world
    assert found is not None
    assert found.dtype == np.float32
    assert np.isnan(found[0, 3]).all()
    assert np.isfinite(found).all(axis=2).sum() == K - 1
    few = np.zeros_like(score)
    few[0, : FEWEST - 1] = 1
    none = drawn().lifted(Poses(raw.xy, few, raw.box, raw.track, raw.skeleton), gate=0.3).world
    assert none is not None
    assert np.isnan(none).all()


def test_joints_of_another_skeleton_are_read_by_name() -> None:
    coco = poses("coco-17")
    found = drawn().lifted(coco, gate=0.3).world
    assert found is not None
    assert np.isfinite(found).all()
    xy, there = np.zeros((1, K, 2), np.float32), np.zeros((1, K), np.bool_)
    for joint in coco.skeleton.joints:
        at = SKELETON.index(joint)
        xy[0, at], there[0, at] = coco.xy[0, coco.skeleton.index(joint)], True
    knee = "left_knee"
    wanted = drawn().lift(xy, there)[0, SKELETON.index(knee)]
    assert found[0, coco.skeleton.index(knee)] == pytest.approx(wanted, abs=1e-5)
    # OpenPose's neck lies elsewhere, and is no joint of the 23.
    eighteen = poses("openpose-coco-18")
    other = drawn().lifted(eighteen, gate=0.3).world
    assert other is not None
    assert np.isnan(other[0, eighteen.skeleton.index("neck")]).all()


def test_nobody_is_nobody() -> None:
    found = drawn().lifted(Poses.nobody(SKELETON), gate=0.3).world
    assert found is not None
    assert found.shape == (0, K, 3)


def test_weights_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "lifter.safetensors"
    assert load_lifter(path) is None
    made = drawn()
    save(path)
    read = load_lifter(path)
    assert read is not None
    xy, there = people(), np.ones((2, K), np.bool_)
    assert read.lift(xy, there) == pytest.approx(made.lift(xy, there), abs=0.05)


@pytest.mark.parametrize("damage", ["cut", "wide", "missing", "nan", "none"])
def test_damaged_weights_are_refused_in_a_sentence(damage: str, tmp_path: Path) -> None:
    path = save(tmp_path / "lifter.safetensors")
    tensors = load_file(path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        first = tensors["0.weight"]
        changed: dict[str, object] = {
            "wide": {**tensors, "0.weight": np.zeros((len(first) + 1, first.shape[1]), np.float32)},
            "missing": {name: one for name, one in tensors.items() if name[0] != "1"},
            "nan": {**tensors, "0.bias": np.full_like(tensors["0.bias"], np.nan)},
            "none": {},
        }
        save_file(changed[damage], path)  # type: ignore[arg-type]
    with pytest.raises(PoseViewerError, match="is not the lifter that can be read"):
        load_lifter(path)
