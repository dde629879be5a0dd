"""What the start page says of its questions is true of the shipped networks."""

import numpy as np
import pytest

import poseviewer
from poseviewer.core.pose import Visibility
from poseviewer.gui.window.questions import QUESTIONS, QUESTIONS_CLIP
from poseviewer.runtime.pick import ACCURATE, FAST

JUMP, STAGE, HIDDEN = QUESTIONS


@pytest.fixture(scope="module", params=[FAST, ACCURATE])
def name_of_network(request):
    return request.param


@pytest.fixture(scope="module")
def asked(name_of_network):
    """Ask a shipped network about a frame, as the window does at a jump; with its truth."""
    network = poseviewer.load_network(name_of_network)
    clip = poseviewer.open_clip(QUESTIONS_CLIP)

    def ask(index):
        true = clip.truth(index)
        places = dict(zip(true.skeleton.joints, true.xy[0], strict=True))
        torso = np.linalg.norm(places["left_shoulder"] - places["right_hip"])
        return network(clip.read(index)), places, float(torso)

    yield ask
    clip.close()


def joint_of(poses, name):
    return poses.xy[0, poses.skeleton.joints.index(name)]


def far(a, b, torso):
    return float(np.linalg.norm(np.asarray(a) - np.asarray(b))) / torso


def test_the_wrist_jumps_though_it_stands_still(asked, name_of_network):
    (before, true_before, _), (after, true_after, torso) = asked(JUMP.frame - 1), asked(JUMP.frame)
    name = JUMP.joint
    leap = far(joint_of(before.poses, name), joint_of(after.poses, name), torso)
    if name_of_network != JUMP.network:
        # As the answer says.
        assert leap < 0.1
        return
    assert leap > 0.8
    assert far(true_before[name], true_after[name], torso) < 0.05
    # Left is taken for right: it goes to where the other wrist is.
    assert far(joint_of(before.poses, name), true_before[name], torso) < 0.1
    assert far(joint_of(after.poses, name), true_after["left_wrist"], torso) < 0.15


def test_only_the_last_stage_finds_the_wrist(asked):
    result, places, torso = asked(STAGE.frame)
    errors = [
        far(joint_of(poses, STAGE.joint), places[STAGE.joint], torso)
        for poses in result.stage_poses
    ]
    assert errors[-1] < 0.15
    assert min(errors[:-1]) > 1


def test_the_hidden_arm_is_known_to_be_hidden_and_found_all_the_same(asked):
    result, places, torso = asked(HIDDEN.frame)
    poses = result.poses
    for name in (HIDDEN.joint, "left_elbow"):
        at = poses.skeleton.joints.index(name)
        assert poses.visibility[0, at] == Visibility.OCCLUDED
        assert far(poses.xy[0, at], places[name], torso) < 0.15
