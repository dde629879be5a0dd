"""The measuring part of the comparison with MediaPipe, on made data whose figures are known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.rivals import measure
from tests.benchmarks.rivals.__main__ import of_both
from tests.benchmarks.rivals.material import Person, beside, webcam
from tests.benchmarks.rivals.measure import ABSENT, BODY, PRESENT, UNKNOWN, Answers, Truth
from tests.benchmarks.rivals.report import markdown

POSE = np.array(
    [
        (60, 40), (40, 40), (70, 70), (30, 70), (75, 95), (25, 95),
        (57, 100), (43, 100), (58, 140), (42, 140), (58, 180), (42, 180),
    ],
    float,
)  # fmt: skip
"""A person who stands, in the order of `BODY`; the torso is about 62 pixels."""

TORSO = float(np.hypot(60 - 43, 40 - 100))


def answers(xy, drawn=None):
    xy = np.asarray(xy, float)
    drawn = np.isfinite(xy).all(axis=2) if drawn is None else np.asarray(drawn)
    return Answers(xy, drawn, np.full(len(xy), 0.02))


def truth(xy, state=None):
    xy = np.asarray(xy, float)
    state = np.full(xy.shape[:2], PRESENT) if state is None else np.asarray(state)
    return Truth(xy, state, np.full(len(xy), TORSO))


def test_pck_counts_labelled_joints_within_a_share_of_the_torso():
    found = POSE.copy()
    found[0] += (0.15 * TORSO, 0)
    found[1] += (0.25 * TORSO, 0)
    known = POSE.copy()
    known[2] = np.nan
    said = answers([found, np.full_like(POSE, np.nan)])
    for threshold, right in ((0.2, 10), (0.1, 9)):
        # Eleven joints of the first picture and twelve of the second, where nobody was found.
        pck = measure.pck(said, truth([known, POSE]), threshold=threshold)
        assert pck == {"value": right / 23, "count": 23}


def test_what_is_drawn_is_right_only_where_it_is_to_be_seen_and_near():
    state = np.full(12, PRESENT)
    state[8:10], state[10:] = ABSENT, UNKNOWN
    found = POSE.copy()
    found[0] += TORSO
    bold = np.ones(12, bool)
    bold[[1, 9]] = False
    told = measure.drawn(answers([found], [bold]), truth([POSE], [state]))
    # Eight are drawn of those that are known, six of them rightly; eight are to be seen.
    assert told["precision"] == {"value": 6 / 8, "count": 8}
    assert told["recall"] == {"value": 6 / 8, "count": 8}
    assert told["f1"]["value"] == pytest.approx(6 / 8)
    assert told["absent_drawn"] == {"value": 0.5, "count": 2}


def test_people_are_those_of_whom_a_joint_is_drawn():
    faint = np.zeros(12, bool)
    said = answers([POSE, POSE], [np.ones(12, bool), faint])
    assert measure.people(said) == {"value": 0.5, "count": 2}
    assert measure.lost(said) == {"value": 0.5, "count": 2}


def test_what_is_drawn_is_also_measured_where_the_reference_finds_somebody():
    nobody = np.full_like(POSE, np.nan)
    said, reference = answers([POSE, POSE, nobody]), answers([POSE, nobody, POSE])
    known = truth([POSE, POSE + TORSO, POSE])
    assert measure.drawn(said, known)["f1"] == {"value": 12 * 2 / (24 + 36), "count": 36}
    assert of_both(said, reference, known) == {"value": 1.0, "count": 12}


def test_angles_are_between_the_segments():
    straight = measure.angles(POSE[None])[0]
    knee = [BODY[triple[1]] for triple in measure.ANGLES].index("left_knee")
    assert straight[knee] == pytest.approx(180 - np.degrees(np.arctan2(1, 40)))
    bent = POSE.copy()
    bent[BODY.index("left_ankle")] = (98, 140)
    apart = measure.apart(answers([bent]), answers([POSE]))
    assert apart["count"] == 8
    assert apart["value"] == 0
    assert measure.angles(bent[None])[0, knee] == pytest.approx(90 + np.degrees(np.arctan2(1, 40)))


def test_a_jump_is_between_neighbouring_frames_that_both_have_the_angle():
    bent = POSE.copy()
    bent[BODY.index("left_ankle")] = (98, 140)
    assert measure.jumps(answers([POSE, bent, bent]))["value"] == pytest.approx(1000 / 16)
    hidden = np.ones((3, 12), bool)
    hidden[1, BODY.index("left_ankle")] = False
    assert measure.jumps(answers([POSE, bent, bent], hidden))["value"] == 0


def test_jitter_is_of_joints_that_stay_and_in_percent_of_the_torso():
    rng = np.random.default_rng(0)
    count = 60
    steady = np.repeat(POSE[None], count, axis=0)
    steady[:, BODY.index("left_wrist"), 0] += np.arange(count) * 2
    shaking = steady + rng.normal(0, 0.01 * TORSO, steady.shape)
    told = measure.jitter(answers(shaking), answers(steady))
    # A second difference of independent places spreads by the root of six in each direction.
    assert told["value"] == pytest.approx(np.sqrt(6) * np.sqrt(2 * np.log(2)), rel=0.1)
    assert told["count"] == (count - 2 * measure.AROUND) * 11
    assert measure.jitter(answers(steady), answers(steady))["value"] == 0


def test_a_view_of_a_webcam_knows_what_it_cuts_off():
    pixels = np.zeros((200, 300, 3), np.uint8)
    places = POSE + np.array([100, 0])
    person = Person("a.jpg", pixels, places, np.full(12, PRESENT), np.array([150.0, 20]))
    (waist, waist_torso), (head, _) = webcam([person, person])
    assert waist.pixels.shape[0] == head.pixels.shape[0] == 360
    assert (waist.state[:4] == PRESENT).all()
    assert (waist.state[8:] == ABSENT).all()
    assert (head.state[6:] == ABSENT).all()
    shoulders = waist.xy[0] - waist.xy[BODY.index("right_shoulder")]
    assert waist_torso / np.linalg.norm(shoulders) == pytest.approx(TORSO / 20)


def test_beside_a_person_there_is_nobody():
    pixels = np.zeros((200, 300, 3), np.uint8)
    pixels[:, :110] = 255
    person = Person("a.jpg", pixels, POSE, np.full(12, PRESENT), np.array([50.0, 20]))
    (part,) = beside([person])
    assert part.shape[0] == 200
    assert not part[:, 20:].any()


def test_the_table_says_what_each_figure_was_counted_over():
    told = {"value": 0.5, "count": 1234}
    table = {
        "conditions": {"date": "d", "poseviewer": "p", "mediapipe": "m", "quick": False},
        "pictures": [
            {"set": "s", "who": "w", "pictures": 7, "pck_0.2": told, "milliseconds": told}
        ],
        "clips": [{"set": "c", "who": "w", "frames": 9, "jumps": told}],
    }
    text = markdown(table)
    assert "| w | 50.0 (1,234) |" in text
    assert "**s** (7 pictures)" in text
    assert "| w | 0.50 (1,234) | - |" in text
