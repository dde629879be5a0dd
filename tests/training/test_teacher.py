"""What a teacher adds to labels, and how it finds people in its maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from poseviewer.core.skeleton import load_skeleton
from poseviewer.training.movenet import JOINTS
from poseviewer.training.scenes import TrainingScene
from poseviewer.training.teacher import Seen, people_in, taught

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SKELETON = load_skeleton("openpose-coco-18")
FACE = [SKELETON.index(joint) for joint in ("nose", "left_eye", "right_eye", "left_ear")]


def figure(x: float, y: float) -> NDArray[np.float64]:
    """Seventeen places of somebody about a point, picture pixels."""
    rng = np.random.default_rng(1)
    return np.array([x, y]) + rng.uniform(-40, 40, (17, 2))


class Told:
    """A teacher that sees what it is certain to see."""

    def __init__(self, *people: Seen) -> None:
        self.people, self.looks = list(people), 0

    def look(self, pixels: NDArray[np.uint8], *, side: int) -> list[Seen]:
        del pixels, side
        self.looks += 1
        return self.people


def labelled(xy: NDArray[np.float64]) -> TrainingScene:
    """A picture of one person, whose face nobody labelled."""
    names = list(SKELETON.joints)
    joints = np.stack([xy[JOINTS.index(n)] if n in JOINTS else xy[0] for n in names])[None]
    seen = np.ones((1, len(names)), bool)
    seen[0, FACE] = False
    empty = np.zeros((256, 256, 3), np.uint8)
    return TrainingScene(lambda: empty, joints, seen, seen, seen[0], "lspet")


def test_the_teacher_adds_faces_and_leaves_labels_as_they_are(tmp_path: Path) -> None:
    scene = labelled(figure(100, 100))
    nearly = Seen(figure(103, 98), np.full(17, 0.8))
    (result,) = taught([scene], Told(nearly), SKELETON, stored=tmp_path / "t.npz")
    assert len(result.joints) == 1
    assert result.seen.all()
    assert result.certain.all()
    assert result.labelled.all()
    known = scene.seen[0]
    assert np.array_equal(result.joints[0, known], scene.joints[0, known])
    nose = SKELETON.index("nose")
    assert result.joints[0, nose] == pytest.approx(nearly.joints[JOINTS.index("nose")])


def test_what_the_teacher_doubts_stays_unknown(tmp_path: Path) -> None:
    score = np.full(17, 0.8)
    score[JOINTS.index("nose")] = 0.1
    scene = labelled(figure(100, 100))
    found = Told(Seen(figure(100, 100), score))
    (result,) = taught([scene], found, SKELETON, stored=tmp_path / "t.npz")
    nose = SKELETON.index("nose")
    assert not result.seen[0, nose]
    assert not result.certain[0, nose]


def test_somebody_else_becomes_another_person(tmp_path: Path) -> None:
    scene = labelled(figure(60, 100))
    other = Seen(figure(180, 100), np.full(17, 0.8))
    (result,) = taught([scene], Told(other), SKELETON, stored=tmp_path / "t.npz")
    assert len(result.joints) == 2
    assert result.seen[1].all()
    assert np.array_equal(result.seen[0], scene.seen[0])
    shoulders = [JOINTS.index(f"{side}_shoulder") for side in ("left", "right")]
    neck = result.joints[1, SKELETON.index("neck")]
    assert neck == pytest.approx(other.joints[shoulders].mean(0))


def test_what_it_saw_is_kept(tmp_path: Path) -> None:
    scenes = [labelled(figure(60, 100)), labelled(figure(100, 100))]
    teacher = Told(Seen(figure(180, 100), np.full(17, 0.8)))
    first = taught(scenes, teacher, SKELETON, stored=tmp_path / "t.npz")
    again = taught(scenes, teacher, SKELETON, stored=tmp_path / "t.npz")
    assert teacher.looks == len(scenes)
    for a, b in zip(first, again, strict=True):
        assert np.allclose(a.joints, b.joints)
        assert np.array_equal(a.seen, b.seen)


def test_a_teacher_who_sees_nobody_changes_no_label(tmp_path: Path) -> None:
    scene = labelled(figure(100, 100))
    (result,) = taught([scene], Told(), SKELETON, stored=tmp_path / "t.npz")
    assert np.array_equal(result.joints, scene.joints)
    assert np.array_equal(result.seen, scene.seen)


def test_people_are_found_where_the_maps_say() -> None:
    rng = np.random.default_rng(0)
    height, width = 40, 60
    truth = [np.array(c) + rng.uniform(-8, 8, (17, 2)) for c in ((20.0, 14.0), (20.0, 44.0))]
    rows, columns = np.mgrid[:height, :width]
    heat = np.zeros((17, height, width))
    centre, offset = np.zeros((1, height, width)), np.zeros((17, 2, height, width))
    way = np.zeros((17, 2, height, width))
    for number, joints in enumerate(truth):
        middle = joints.mean(0).round().astype(int)
        centre[0, middle[0], middle[1]] = 0.9 - 0.1 * number
        way[:, :, middle[0], middle[1]] = joints - middle + rng.normal(0, 1, (17, 2))
        for joint, (y, x) in enumerate(joints):
            bell = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 2)
            heat[joint] = np.maximum(heat[joint], 0.9 * bell)
            near = bell > 0.1
            offset[joint, 0, near], offset[joint, 1, near] = (y - rows)[near], (x - columns)[near]
    maps = (torch.from_numpy(part).float() for part in (heat, centre, way, offset))
    found = people_in(*maps)
    assert len(found) == len(truth)
    for joints in truth:
        nearest = min(found, key=lambda one: abs(one.joints[:, 0].mean() - joints[:, 1].mean()))
        assert np.abs(nearest.joints[:, ::-1] - joints).max() < 0.01
        assert nearest.score.mean() > 0.6
