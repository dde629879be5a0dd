"""A joint's path and speed: found in results, measured, and written; against pandas."""

import io
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.angle import measure, standard_angles
from poseviewer.core.annotation import Annotations, Calibration
from poseviewer.core.filters import RAW, Filter
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import load_skeleton
from poseviewer.runtime.angle_figures import Span, figures_text
from poseviewer.runtime.joint_travel import TravelRequest, travel_of
from poseviewer.runtime.series_file import Series, series_text
from poseviewer.runtime.state import History
from poseviewer.runtime.travel_figures import TravelTable

SKELETON = load_skeleton("mpii-16")
WRIST = SKELETON.index("left_wrist")
RATE, COUNT = 25, 150
REQUEST = TravelRequest(dict, None, "left_wrist", None, False, 0.3, None, 0.0)


def place(index, person=0):
    return 200 + 80 * np.sin(index / 9) + 300 * person, 150 + 50 * np.cos(index / 13)


def results(*, unsure=(), away=()):
    """Two people, of whom the second one comes first in every other frame."""
    found = {}
    for index in range(COUNT):
        xy = np.full((2, 16, 2), 10.0, np.float32)
        order = [0, 1] if index % 2 else [1, 0]
        for row, person in enumerate(order):
            xy[row, WRIST] = place(index, person)
        score = np.ones((2, 16), np.float32)
        score[:, WRIST] = 0.1 if index in unsure else 0.9
        boxes = np.ones((2, 4), np.float32)
        poses = Poses(xy, score, boxes, np.array(order), SKELETON)
        if index in away:
            poses = poses.only(poses.track == 1)
        frame = Frame(np.zeros((1, 1, 3), np.uint8), index, Timestamp(index, Fraction(1, RATE)))
        angles = measure(poses, specs=())
        found[index] = FrameResult(frame, poses, (poses,), angles, (), Box(0, 0, 1, 1), {})
    return found


def test_the_person_in_focus_is_followed():
    request = replace(
        REQUEST, results=lambda: results(unsure=(5,), away=(7, 8)), focus=0, locked=True
    )
    found = travel_of(request)
    assert found.index.tolist() == list(range(COUNT))
    assert found.seconds == pytest.approx(np.arange(COUNT) / RATE)
    gone = np.isin(found.index, (5, 7, 8))
    assert np.isnan(found.xy[gone]).all()
    expected = np.array([place(index) for index in range(COUNT)])
    assert found.xy[~gone] == pytest.approx(expected[~gone], abs=1e-3)
    assert (found.scale, found.unit, found.title) == (None, "px", "left wrist")
    stands_in = travel_of(replace(request, locked=False))
    assert stands_in.xy[7] == pytest.approx(place(7, 1), abs=1e-3)
    first = travel_of(replace(request, focus=None))
    assert first.xy[4] == pytest.approx(place(4, 1), abs=1e-3)
    assert np.isnan(travel_of(replace(request, joint="left_heel")).xy).all()
    assert not len(travel_of(replace(REQUEST, joint="left_wrist")).index)


@pytest.mark.parametrize("by", [RAW, Filter("butterworth", cutoff=3.0)])
@pytest.mark.parametrize("scale", [None, 0.004])
def test_figures_are_those_of_pandas_on_the_exported_places(by, scale):
    found = travel_of(replace(REQUEST, results=results, focus=0, scale=scale))
    span = Span(20, 119, 100, 100, "in to out")
    row = TravelTable(found, by=by, span=span).row(60)
    figures = pd.read_csv(io.StringIO(figures_text([row], span=span, by=by))).iloc[0]
    specs = standard_angles()[:1]
    degrees = np.zeros((COUNT, 1), np.float32)
    history = History(specs, found.index, found.seconds, degrees, np.ones(COUNT, np.float32))
    series = Series(history, (specs[0].name,), 0.0, 99.0, by, travel=found)
    table = pd.read_csv(io.StringIO(series_text(series, kind=".csv")), index_col="frame")
    unit = "px" if scale is None else "m"
    ending = "" if by.idle else f" ({by.title})"
    x, y, speed = (
        table[f"left_wrist_{name}{ending}"]
        for name in (f"x_{unit}", f"y_{unit}", f"speed_{unit}_s")
    )
    seconds = table["time_s"]
    ours = np.hypot(np.gradient(x, seconds), np.gradient(y, seconds))
    # Of places that are rounded to four digits.
    np.testing.assert_allclose(speed, ours, atol=5e-3)
    inside = speed.loc[20:119]
    assert figures["angle"] == "left wrist speed"
    for name, value in (
        ("minimum", inside.min()),
        ("maximum", inside.max()),
        ("mean", inside.mean()),
        ("sd", inside.std()),
        ("at_cursor", speed[60]),
        ("first", inside.iloc[0]),
        ("last", inside.iloc[-1]),
    ):
        assert figures[f"{name}_{unit}_s"] == pytest.approx(value, abs=2e-4)
    path = np.hypot(x.loc[20:119].diff(), y.loc[20:119].diff()).sum()
    assert figures[f"path_{unit}"] == pytest.approx(path, abs=2e-2)


def test_of_frames_that_are_missing_in_it_nothing_is_written():
    found = travel_of(replace(REQUEST, results=results, focus=0))
    cut = replace(found, index=found.index[:50], seconds=found.seconds[:50], xy=found.xy[:50])
    specs = standard_angles()[:1]
    ones = np.ones((COUNT, 1), np.float32)
    history = History(specs, found.index, found.seconds, ones, ones[:, 0])
    series = Series(history, (specs[0].name,), 0.0, 99.0, RAW, travel=cut)
    table = pd.read_csv(io.StringIO(series_text(series, kind=".csv")))
    assert table["left_wrist_x_px"].count() == 50
    assert len(table) == COUNT


def test_a_session_finds_it_beside_everything_else(desk):
    session = desk.session
    session.open("dots")
    desk.until(lambda s: s.source is not None and s.result is not None)
    session.analyse()
    desk.until(lambda s: s.analysis is not None and s.analysis.finished)
    assert session.joint_travel() is None
    joint, other = session.state.model.skeleton.joints[:2]
    session.change("angles", joint=joint)

    def whole(_state):
        found = session.joint_travel()
        return found is not None and len(found.index) == session.state.source.count

    desk.until(whole)
    found = session.joint_travel()
    result = session._coordinator.found.get(7).result
    assert found.xy[7] == pytest.approx(result.poses.xy[0, 0], abs=1e-4)
    assert found.seconds == pytest.approx(session.state.source.times)
    session.change("angles", joint=other)
    desk.until(lambda _: (new := session.joint_travel()) is not None and new.joint == other)
    session.annotate("known", Annotations(calibration=Calibration((0, 0), (50, 0), 1.0)))
    desk.until(lambda _: (new := session.joint_travel()) is not None and new.scale == 0.02)
    session.change("angles", joint="")
    assert session.joint_travel() is None
