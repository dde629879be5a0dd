"""Skeletons: every file keeps the rules, and a broken one says what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core import skeleton as module
from poseviewer.core.assets import resource
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton

if TYPE_CHECKING:
    from pathlib import Path

NAMES = sorted(path.stem for path in resource("skeletons").glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_shipped_skeletons_keep_the_rules(name: str) -> None:
    skeleton = load_skeleton(name)
    k = len(skeleton.joints)
    assert skeleton.name == name
    assert len(set(skeleton.joints)) == k
    # Flipping twice changes nothing, and swaps left with right.
    assert [skeleton.mirror[m] for m in skeleton.mirror] == list(range(k))
    swapped = {"left": "right", "right": "left", "middle": "middle"}
    assert all(skeleton.side(m) == swapped[skeleton.side(j)] for j, m in enumerate(skeleton.mirror))
    flipped = {frozenset((skeleton.mirror[a], skeleton.mirror[b])) for a, b in skeleton.bones}
    assert flipped == set(map(frozenset, skeleton.bones))
    # The bones of body and hands are trees; contours are open lines and rings.
    parts = [
        (0, len(skeleton.body.joints)),
        *((d.start, d.stop) for d in skeleton.details if d.dots),
    ]
    for start, stop in parts if name != "face-contours-128" else []:
        bones = [bone for bone in skeleton.bones if start <= bone[0] < stop]
        assert len(bones) == stop - start - 1
        reached = {bones[0][0]}
        for _ in range(start, stop):
            reached |= {b for a, b in bones if a in reached}
        assert reached == set(range(start, stop))
    assert skeleton.sigmas.shape == (k,)
    assert np.all((skeleton.sigmas > 0) & (skeleton.sigmas < 0.2))


@pytest.mark.parametrize(
    ("name", "fields", "spare"),
    [("openpose-coco-18", 38, 2), ("body-25", 52, 2), ("openpose-mpi-15", 28, 0)],
)
def test_limbs_fill_the_fields_and_mirror_into_themselves(
    name: str, fields: int, spare: int
) -> None:
    skeleton = load_skeleton(name)
    assert sorted(limb.channel for limb in skeleton.limbs) == list(range(0, fields, 2))
    pairs = [(limb.start, limb.end) for limb in skeleton.limbs]
    assert {(skeleton.mirror[a], skeleton.mirror[b]) for a, b in pairs} == set(pairs)
    assert sum(limb.spare for limb in skeleton.limbs) == spare
    # Without the spare ones they are the bones, in the order of assembly.
    assert [p for p, limb in zip(pairs, skeleton.limbs, strict=True) if not limb.spare] == list(
        skeleton.bones
    )


def test_looking_up_joints() -> None:
    skeleton = load_skeleton("lsp-14")
    assert skeleton.index("right_knee") == 1
    assert skeleton.has("right_knee", "neck")
    assert not skeleton.has("right_knee", "nose")
    assert [skeleton.side(skeleton.index(j)) for j in ("left_hip", "right_hip", "neck")] == [
        "left",
        "right",
        "middle",
    ]
    with pytest.raises(KeyError, match="lsp-14 has no joint 'nose'"):
        skeleton.index("nose")


def test_an_unknown_skeleton_is_named() -> None:
    with pytest.raises(PoseViewerError, match="no skeleton called 'octopus-8'"):
        load_skeleton("octopus-8")


def test_a_bone_without_its_joint_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken-1.toml").write_text(
        'joints = ["neck"]\nbones = [["neck", "tail"]]\n[sigmas]\nneck = 0.08\n'
    )
    monkeypatch.setattr(module, "resource", lambda name: tmp_path / name.split("/")[1])
    with pytest.raises(PoseViewerError, match=r"broken-1\.toml names a joint 'tail'"):
        load_skeleton("broken-1")
