"""Poses of every kind that is read, written as every kind that is written, and read again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.angle import measure, offered_angles
from poseviewer.core.files import OutputSet
from poseviewer.core.pose import Poses, Visibility
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import common_names, load_skeleton
from poseviewer.records.about import About
from poseviewer.records.open import open_records, record_kind
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from poseviewer.truth.frames import truth_of
from tests.dots import SIZE, DotsClip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from poseviewer.core.skeleton import Skeleton

FRAMES = 5
HEIGHT = 1.8


@dataclass(frozen=True)
class Kind:
    """What a kind of data can hold."""

    ending: str
    """Of what is read."""
    order: str = ""
    """The skeleton whose joints it has; any where empty."""
    within: float = 1e-3
    """Pixels."""
    scores: bool = True
    visibility: bool = False
    empty: bool = True
    """Whether it knows of frames without a person."""


KINDS = {
    "json": Kind("_json", "body-25"),
    "json-18": Kind("_json18", "openpose-coco-18"),
    "coco": Kind("_coco/{stem}_annotations.json"),
    "coco-results": Kind("_coco_results.json", "coco-17", empty=False),
    "poses": Kind("_poses.json", visibility=True),
    "csv": Kind(".csv", visibility=True),
    "csv-wide": Kind("_wide.csv"),
    "csv-sleap": Kind("_sleap.csv", empty=False),
    "csv-dlc": Kind("_dlc.csv"),
    "h5-dlc": Kind("_dlc.h5"),
    "trc": Kind("_trc", scores=False),
    "trc-m": Kind("_trc_m", scores=False),
    "npz": Kind(".npz"),
}
"""Every kind that is read again. MOT has no joints (`tests/truth/test_motion.py`); C3D, Parquet and
NWB are for other programs."""


def people(skeleton: Skeleton) -> list[Poses]:
    """Two people who walk; a joint is missing, one goes away, and a frame has nobody."""
    chance = np.random.default_rng(5)
    base = chance.uniform((40, 30), (120, 200), (len(skeleton.joints), 2))
    every = []
    for frame, tracks in enumerate(([3, 8], [8, 3], [3], [], [3, 8])):
        shifts = [(60.0 if track == 8 else 0.0, 0.0) for track in tracks]
        xy = np.array([base + shift + 2 * frame for shift in shifts], np.float32)
        xy = xy.reshape(len(tracks), len(base), 2)
        score = chance.uniform(0.4, 1, xy.shape[:2]).round(4).astype(np.float32)
        states = np.full(score.shape, Visibility.VISIBLE, np.int8)
        states[:, 2] = Visibility.OCCLUDED
        if frame == 1:
            xy[0, 1], score[0, 1], states[0, 1] = np.nan, 0, Visibility.OUTSIDE
        low = np.nanmin(xy, axis=1, initial=np.inf)
        box = np.concatenate([low, np.nanmax(xy, axis=1, initial=0) - low], axis=1)
        numbers = np.array(tracks, np.int64)
        every.append(Poses(xy, score, box.astype(np.float32), numbers, skeleton, states))
    return every


def written(folder: Path, kind: str, poses: list[Poses]) -> Path:
    """A file of the kind, from a network that says `poses`."""
    about = About("dots", SIZE, 30.0, "made-up", height=HEIGHT)
    clip, beside = DotsClip(FRAMES), folder / "in.mkv"
    with OutputSet() as outputs:
        for record in open_records([kind], beside=beside, outputs=outputs, about=about):
            for index, one in enumerate(poses):
                specs = offered_angles(one.skeleton)
                result = FrameResult.bare(clip.read(index), one)
                record.add(replace(result, angles=measure(one, specs=specs)))
            record.finish()
    return path_of(beside, kind)


def path_of(beside: Path, kind: str) -> Path:
    return beside.parent / (beside.stem + KINDS[kind].ending.format(stem=beside.stem))


def read(path: Path) -> list[Poses | None]:
    truth = truth_of(DotsClip(FRAMES), path)
    assert truth is not None
    return [truth.at(index) for index in range(FRAMES)]


@pytest.fixture(
    scope="module", params=["poseviewer-23", pytest.param("body-25", marks=pytest.mark.slow)]
)
def imported(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[list[Poses | None], Path]]:
    """What is read of a kind, and our export of that with every kind beside it; made once each."""
    made: dict[str, tuple[list[Poses | None], Path]] = {}

    def of(kind: str) -> tuple[list[Poses | None], Path]:
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            path = written(folder, kind, people(load_skeleton(request.param)))
            there = tuple(name for name in KINDS if not record_kind(name).missing)
            job = ExportJob(
                folder / "out.mkv", overlay=False, data=there, poses=path, height=HEIGHT
            )
            export_clip(job, AppState(), "dots", opener=lambda _: DotsClip(FRAMES))
            made[kind] = read(path), folder / "out.mkv"
        return made[kind]

    return of


@pytest.mark.parametrize("out", KINDS)
@pytest.mark.parametrize("source", KINDS)
def test_nothing_is_lost_that_the_kind_can_hold(
    imported: Callable[[str], tuple[list[Poses | None], Path]], source: str, out: str
) -> None:
    for name in (source, out):
        if missing := record_kind(name).missing:
            pytest.skip(f"{name} needs {missing}")
    before, beside = imported(source)
    again = read(path_of(beside, out))
    kind = KINDS[out]
    compared = 0
    for ours, theirs in zip(before, again, strict=True):
        if ours is None or not len(ours):
            assert theirs is None or not len(theirs)
            assert (theirs is None) == (not kind.empty), "a frame without a person is lost"
            continue
        assert theirs is not None
        rows = [ours.track.tolist().index(track) for track in theirs.track.tolist()]
        assert len(rows) == len(ours)
        names = common_names(ours.skeleton.joints)
        for at, name in enumerate(common_names(theirs.skeleton.joints)):
            if name not in names:
                continue
            joint = names.index(name)
            wanted, found = ours.xy[rows, joint], theirs.xy[:, at]
            np.testing.assert_allclose(found, wanted, atol=kind.within, err_msg=name)
            if kind.scores:
                wanted = ours.score[rows, joint]
                np.testing.assert_allclose(theirs.score[:, at], wanted, atol=1e-4, err_msg=name)
            if kind.visibility and ours.visibility is not None:
                assert theirs.visibility is not None
                assert (theirs.visibility[:, at] == ours.visibility[rows, joint]).all()
            compared += np.isfinite(found).sum()
        lacking = {
            name
            for at, name in enumerate(names)
            if np.isfinite(ours.xy[:, at]).any()
            and name not in common_names(theirs.skeleton.joints)
        }
        order = common_names(load_skeleton(kind.order).joints) if kind.order else names
        assert not lacking & set(order)
    assert compared > 200


def test_every_kind_that_is_read_says_the_same_of_a_network(tmp_path: Path) -> None:
    """Against what was written, not against what was read first."""
    true = people(load_skeleton("poseviewer-23"))
    for kind, can in KINDS.items():
        if record_kind(kind).missing:
            continue
        (tmp_path / kind).mkdir()
        for ours, theirs in zip(true, read(written(tmp_path / kind, kind, true)), strict=True):
            if not len(ours):
                continue
            assert theirs is not None
            assert sorted(theirs.track.tolist()) == sorted(ours.track.tolist()), kind
            rows = [ours.track.tolist().index(track) for track in theirs.track.tolist()]
            for joint in ("right_knee", "left_wrist", "nose"):
                wanted = ours.xy[rows, ours.skeleton.index(joint)]
                found = theirs.xy[:, theirs.skeleton.index(joint)]
                np.testing.assert_allclose(found, wanted, atol=can.within, err_msg=kind)
