"""Projects of SLEAP as sleap-io writes them; it is no part of the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.skeleton import load_skeleton
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from poseviewer.truth.results import poses_by_frame, read_results
from tests.dots import DotsClip

if TYPE_CHECKING:
    from pathlib import Path

sleap_io = pytest.importorskip("sleap_io", reason="sleap-io is not installed; it is in interop's")

JOINTS = load_skeleton("coco-17").joints
FRAMES = 4


def written(folder: Path, *, names: tuple[str, str] = ("left runner", "right runner")) -> Path:
    """Two people on tracks in three of four frames; a joint is hidden, one is not labelled."""
    skeleton = sleap_io.Skeleton(nodes=list(JOINTS), edges=[("nose", "left_eye")])
    video = sleap_io.Video(filename="clip.mp4")
    tracks = [sleap_io.Track(name) for name in names]
    frames = []
    for index in (0, 1, 3):
        people = []
        for number, track in enumerate(tracks):
            scores = np.full(17, 0.75)
            person = sleap_io.PredictedInstance.from_numpy(
                places(index, number),
                skeleton=skeleton,
                point_scores=scores,
                score=0.5,
                track=track,
            )
            person.points["visible"][3] = False
            people.append(person)
        frames.append(sleap_io.LabeledFrame(video=video, frame_idx=index, instances=people))
    path = folder / "clip.slp"
    sleap_io.Labels(frames).save(str(path), verbose=False)
    return path


def places(frame: int, person: int) -> np.ndarray:
    xy = np.random.default_rng(10 * frame + person).uniform(5, 200, (17, 2))
    xy[7] = np.nan
    return xy


def test_places_tracks_and_what_is_hidden_come_back(tmp_path: Path) -> None:
    frames = poses_by_frame(read_results(written(tmp_path)))
    assert sorted(frames) == [0, 1, 3]
    for index, poses in frames.items():
        assert poses.track.tolist() == [0, 1]
        for person in range(2):
            wanted = places(index, person)
            wanted[3] = np.nan
            found = poses.xy[person, [poses.skeleton.index(joint) for joint in JOINTS]]
            np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_it_is_exported_and_read_by_sleap_io_again(tmp_path: Path) -> None:
    job = ExportJob(
        tmp_path / "out.mkv", overlay=False, data=("csv-sleap",), poses=written(tmp_path)
    )
    export_clip(job, AppState(), "dots", opener=lambda _: DotsClip(FRAMES))
    labels = sleap_io.load_csv(str(tmp_path / "out_sleap.csv"), format="sleap")
    assert [frame.frame_idx for frame in labels.labeled_frames] == [0, 1, 3]
    nodes = [node.name for node in labels.skeletons[0].nodes]
    for frame in labels.labeled_frames:
        assert [one.track.name for one in frame.instances] == ["person00", "person01"]
        for person, one in enumerate(frame.instances):
            wanted = places(frame.frame_idx, person)
            wanted[3] = np.nan
            found = one.numpy()[[nodes.index(joint) for joint in JOINTS]]
            np.testing.assert_allclose(found, wanted, atol=1e-3)
