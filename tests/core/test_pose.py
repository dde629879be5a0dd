"""Poses: shapes are checked by name, and nobody can change what is published."""

from __future__ import annotations

import numpy as np
import pytest

from poseviewer.core.pose import Poses, Visibility
from poseviewer.core.skeleton import load_skeleton

SKELETON = load_skeleton("lsp-14")
K = len(SKELETON.joints)


def arrays(n: int) -> dict[str, np.ndarray]:
    return {
        "xy": np.zeros((n, K, 2), np.float32),
        "score": np.zeros((n, K), np.float32),
        "box": np.zeros((n, 4), np.float32),
        "track": np.zeros(n, np.int64),
    }


@pytest.mark.parametrize("n", [0, 1, 3])
def test_length_is_people(n: int) -> None:
    assert len(Poses(**arrays(n), skeleton=SKELETON)) == n


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("xy", (2, K, 3)),
        ("xy", (2, K - 1, 2)),
        ("score", (2, K + 1)),
        ("box", (2, 5)),
        ("track", (1,)),
        ("world", (2, K, 2)),
    ],
)
def test_a_wrong_shape_is_named(name: str, shape: tuple[int, ...]) -> None:
    broken = arrays(2) | {name: np.zeros(shape)}
    with pytest.raises(ValueError, match=rf"^{name} must be .*got \({shape[0]},"):
        Poses(**broken, skeleton=SKELETON)


def test_published_arrays_are_read_only() -> None:
    poses = Poses(**arrays(1), skeleton=SKELETON)
    for name in arrays(1):
        assert not getattr(poses, name).flags.writeable


def test_one_person() -> None:
    xy = np.arange(2.0 * K).reshape(K, 2)
    poses = Poses.single(xy, score=np.linspace(0, 1, K), skeleton=SKELETON, box=(1, 2, 3, 4))
    assert len(poses) == 1
    assert poses.xy.dtype == poses.score.dtype == np.float32
    assert poses.xy[0, 3].tolist() == [6, 7]
    assert poses.box.tolist() == [[1, 2, 3, 4]]
    assert poses.track.tolist() == [-1]


def test_nobody() -> None:
    poses = Poses.nobody(SKELETON)
    assert len(poses) == 0
    assert poses.xy.shape == (0, K, 2)


def test_visibility_follows_people_and_is_said_in_words() -> None:
    states = np.full((2, K), Visibility.VISIBLE, np.int8)
    states[1, :3] = Visibility.OUTSIDE, Visibility.OCCLUDED, Visibility.VISIBLE
    score = np.full((2, K), 0.615, np.float32)
    poses = Poses(**arrays(2) | {"score": score}, skeleton=SKELETON, visibility=states)
    assert poses.calibrated
    second = poses.only(np.array([1]))
    assert second.visibility is not None
    assert second.visibility[0, :3].tolist() == [0, 1, 2], "COCO's v flags"
    assert second.are(Visibility.OCCLUDED)[0].tolist() == [False, True] + [False] * (K - 2)
    assert second.sure(0.6).all()
    assert not second.sure(0.7).any()
    first, hidden, seen = (name.replace("_", " ") for name in SKELETON.joints[:3])
    assert second.in_words(0, 0) == f"{first} outside the frame"
    assert second.in_words(0, 1) == f"{hidden} hidden, 62 % sure"
    assert second.in_words(0, 2) == f"{seen} visible, 62 % sure"
    raw = Poses(**arrays(1) | {"score": score[:1]}, skeleton=SKELETON)
    assert not raw.calibrated
    assert raw.are(Visibility.UNKNOWN).all()
    assert raw.in_words(0, 0) == f"{first}, peak 0.62, not calibrated"
    with pytest.raises(ValueError, match=r"^visibility must be"):
        Poses(**arrays(1), skeleton=SKELETON, visibility=states)
