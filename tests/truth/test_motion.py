"""Angles over time without places, as OpenSim, Sports2D and exports write them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.angle import offered_angles
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.motion_names import column_name, joint_name, marker_name
from poseviewer.core.reading import listed
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import known_skeletons, load_skeleton
from poseviewer.pipeline.angles import Goniometer
from poseviewer.records.opensim import mot_text
from poseviewer.truth.frames import truth_of
from poseviewer.truth.motion import read_motion
from tests.dots import DotsClip

if TYPE_CHECKING:
    from pathlib import Path

SPECS = offered_angles(load_skeleton("poseviewer-23"))
NAMES = [spec.name for spec in SPECS]

OPENSIM = """Coordinates
version=1
nRows=3
nColumns=4
inDegrees={degrees}

Units are S.I. units (second, meters, Newtons, ...)
endheader
time\tpelvis_tx\tknee_angle_r\thip_flexion_r
0.0\t0.1\t{a}\t0.1
0.04\t0.1\t{b}\t0.1
0.08\t0.1\tnan\t0.1
"""


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize(("degrees", "factor"), [("yes", 1.0), ("no", np.pi / 180)])
def test_inverse_kinematics_of_opensim(tmp_path: Path, degrees: str, factor: float) -> None:
    text = OPENSIM.format(degrees=degrees, a=30 * factor, b=40 * factor)
    motion = read_motion(written(tmp_path / "walk_ik.mot", text))
    knee = NAMES.index("right knee")
    found = motion.degrees(SPECS)
    np.testing.assert_allclose(found[:, knee], [30, 40, np.nan])
    assert np.isnan(np.delete(found, knee, axis=1)).all()
    assert motion.unknown(SPECS) == ("pelvis_tx", "hip_flexion_r")
    assert motion.person == -1


@pytest.mark.parametrize("radians", [False, True])
def test_what_is_exported_comes_back(tmp_path: Path, radians: bool) -> None:
    values = np.random.default_rng(2).uniform(-170, 170, (5, len(SPECS)))
    values[3, 4] = np.nan
    factor = np.pi / 180 if radians else 1.0
    columns = dict(zip(NAMES, (values * factor).T, strict=True))
    text = mot_text(np.arange(5) / 30, columns, note="as it is", radians=radians)
    motion = read_motion(written(tmp_path / "out_person07.mot", text))
    assert motion.person == 7
    assert motion.unknown(SPECS) == ()
    np.testing.assert_allclose(motion.degrees(SPECS), values, atol=1e-4)


def test_sports2d_names_angles_with_blanks(tmp_path: Path) -> None:
    text = "inDegrees=yes\nendheader\ntime\tRight knee\tLeft elbow\n0\t1\t2\n"
    motion = read_motion(written(tmp_path / "a.mot", text))
    found = dict(zip(NAMES, motion.degrees(SPECS)[0], strict=True))
    assert (found["right knee"], found["left elbow"]) == (1, 2)


def test_a_moment_between_two_rows_is_between_their_values(tmp_path: Path) -> None:
    text = OPENSIM.format(degrees="yes", a=30, b=40)
    motion = read_motion(written(tmp_path / "a.mot", text))
    knee = NAMES.index("right knee")
    for seconds, wanted in ((0, 30), (0.01, 32.5), (0.04, 40), (0.06, np.nan), (-1, np.nan)):
        np.testing.assert_allclose(motion.at(seconds, SPECS)[knee], wanted, err_msg=str(seconds))
    values = np.arange(5.0)
    far = replace(motion, seconds=np.array([0, 1, 2, 3, 9.0]), columns={"knee_angle_r": values})
    assert far.at(2.5, SPECS)[knee] == 2.5
    assert np.isnan(far.at(5.0, SPECS)[knee])


def test_it_stands_beside_a_clip_with_curves_and_no_places(tmp_path: Path) -> None:
    clip = DotsClip(4)
    results = [measured(clip, index) for index in range(4)]
    own = results[0].angles.specs
    seconds = np.array([result.frame.time.seconds for result in results])
    columns = {
        spec.name: np.array([result.angles.degrees[0, at] - 5.0 for result in results])
        for at, spec in enumerate(own)
    }
    path = written(tmp_path / "dots.mot", mot_text(seconds, columns, note=""))
    truth = truth_of(clip, path)
    assert truth is not None
    assert (truth.count, truth.at(1), len(truth.nobody)) == (4, None, 0)
    for result in results:
        (pair,) = truth.apart(result, gate=0.3)
        np.testing.assert_allclose(pair.degrees, 5.0, atol=1e-3)
    numbered = truth_of(clip, path.rename(tmp_path / "dots_person03.mot"))
    assert numbered is not None
    assert len(numbered.apart(results[0], gate=0.3)) == 1
    poses = replace(results[0].poses, track=np.array([2]))
    assert numbered.apart(replace(results[0], poses=poses), gate=0.3) == ()


def measured(clip: DotsClip, index: int) -> FrameResult:
    poses = clip.truth(index)
    return Goniometer().measured(FrameResult.bare(clip.read(index), poses))


@pytest.mark.parametrize(("text", "words"), [
    ("time\tknee_angle_r\n0\t1\n", "not a motion file"),
    ("endheader\ntime\tknee_angle_r\n0\t1\n", "neither inDegrees=yes nor inDegrees=no"),
    ("inDegrees=yes\nendheader\nfoo\tknee_angle_r\n0\t1\n", "not a motion file"),
    ("inDegrees=yes\nendheader\ntime\tknee_angle_r\tknee_angle_r\n0\t1\t2\n", "different names"),
    ("inDegrees=yes\nendheader\ntime\tknee_angle_r\n0\t1\n0\t2\n", "do not rise"),
    ("inDegrees=yes\nendheader\ntime\tknee_angle_r\n0\t1\n1\n", "not a motion file"),
    ("inDegrees=yes\nendheader\ntime\tknee_angle_r\n0\t1e300\n", "beyond"),
    ("inDegrees=yes\nendheader\ntime\tforce_vx\tforce_vy\n0\t1\t2\n", "no angle .* force_vx"),
    ("inDegrees=yes\nendheader\ntime\tknee_angle_r\n900\t1\n901\t2\n", "belongs to another"),
    ("inDegrees=yes\nendheader\ntime\tknee_angle_r\n", "do not rise"),
])  # fmt: skip
def test_what_cannot_be_used_is_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path / "a.mot", text)
    with pytest.raises(PoseViewerError, match=words) as told:
        truth_of(DotsClip(4), path)
    assert len(str(told.value)) <= 300


def test_many_columns_are_not_all_named() -> None:
    assert listed("abcdefgh") == "a, b, c, d, e, f and 2 more"


def test_names_go_there_and_back() -> None:
    for skeleton in known_skeletons():
        for joint in skeleton.joints:
            # Both are one marker: a pelvis and a middle of the hips, a head and its top.
            wanted = {"pelvis": "mid_hip", "head": "head_top"}.get(joint, joint)
            assert joint_name(marker_name(joint)) == wanted
    assert len({column_name(name) for name in NAMES}) == len(NAMES)
