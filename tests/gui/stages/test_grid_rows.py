"""Which belief maps have a row."""

from poseviewer.core.stage import StageSpec
from poseviewer.gui.stages.rows import rows_for

CHANNELS = ("right_hip", "left_wrist", "head_top", "pelvis", "left_ankle", "background")
BELIEFS = (StageSpec("stage 1", "heatmap", 8, CHANNELS),)


def test_all_is_the_sum_and_every_joint_but_no_background():
    rows = rows_for(BELIEFS, show="all")
    assert [row.channel for row in rows] == [None, 0, 1, 2, 3, 4]
    assert [row.label for row in rows][:3] == ["all joints", "r hip", "l wrist"]
    assert rows[1].side == "right"
    assert rows[3].side == "middle"
    assert rows[3].title == "head top"


def test_parts():
    assert [row.label for row in rows_for(BELIEFS, show="arms")] == ["l wrist"]
    assert [row.label for row in rows_for(BELIEFS, show="legs")] == ["r hip", "l ankle"]
    assert [row.label for row in rows_for(BELIEFS, show="trunk")] == ["r hip", "head top", "pelvis"]
    assert [row.label for row in rows_for(BELIEFS, show="left")] == ["l wrist", "l ankle"]


def test_one():
    assert [row.channel for row in rows_for(BELIEFS, show="sum")] == [None]
    assert [row.channel for row in rows_for(BELIEFS, show="background")] == [5]
    assert [row.channel for row in rows_for(BELIEFS, show="head_top")] == [2]


def test_a_joint_the_network_lacks_shows_everything():
    assert len(rows_for(BELIEFS, show="right_big_toe")) == 6


FIELDS = (
    "neck-right_shoulder x", "neck-right_shoulder y", "right_elbow-right_wrist x",
    "right_elbow-right_wrist y", "left_hip-left_knee x", "left_hip-left_knee y",
)  # fmt: skip
BOTH = (StageSpec("stage 1 fields", "paf", 8, FIELDS), *BELIEFS)


def test_limbs_follow_the_joints():
    rows = rows_for(BOTH, show="all")
    assert [row.label for row in rows if row.kind == "paf"] == [
        "all limbs", "r neck-shoulder", "r forearm", "l thigh",
    ]  # fmt: skip
    assert [row.channel for row in rows if row.kind == "paf"] == [None, 0, 2, 4]
    assert [row.label for row in rows_for(BOTH, show="sum")] == [
        "all joints", "all limbs",
    ]  # fmt: skip


def test_parts_have_their_limbs():
    for part, wanted in {
        "arms": ["l wrist", "r forearm"],
        "right": ["r hip", "r neck-shoulder", "r forearm"],
        "trunk": ["r hip", "head top", "pelvis", "r neck-shoulder"],
        "limbs": ["all limbs", "r neck-shoulder", "r forearm", "l thigh"],
        "left_hip-left_knee": ["l thigh"],
    }.items():
        assert [row.label for row in rows_for(BOTH, show=part)] == wanted
