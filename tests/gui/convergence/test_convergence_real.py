"""The Convergence dock on results of the real estimators: one person, everybody, a cascade."""

from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.stage import Request
from poseviewer.draw.primitives import Dot
from poseviewer.gui.convergence.dock import ConvergenceDock
from poseviewer.mannequin.source import open_mannequin
from poseviewer.models.registry import card
from poseviewer.pipeline.estimate_cascade import CascadeEstimator
from poseviewer.pipeline.estimate_people import CrowdEstimator
from poseviewer.runtime.factories import load_network, model_info
from poseviewer.runtime.sections import NetworkState, ReadingState
from poseviewer.runtime.state import Answer
from tests.dots import DotsClip
from tests.gui.find import words
from tests.pipeline.test_cascade import REGION, Finder
from tests.pipeline.test_crowd import CARD, SIZE, Fields, frame

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def lite():
    """The shipped network's answer to frame 500 of the mannequin, with its truth."""
    network = NetworkState(model="hourglass-lite", engine="torch", device="cpu")
    clip = open_mannequin("mannequin-clip:640x480@30x600")
    true = clip.truth(500)
    region = Box(*true.box[0].tolist())
    result = (
        load_network(network).estimator(ReadingState()).estimate(clip.read(500), region, Request())
    )
    return replace(result, truth=true)


@pytest.fixture
def dock(qtbot, bridge, session):
    made = ConvergenceDock(bridge)
    qtbot.addWidget(made)
    made.resize(700, 700)
    made.show()
    qtbot.waitExposed(made)
    session.open("walk.mp4")
    return made


def show(dock, session, result, name):
    about = model_info(card(name))
    session.publish(answer=Answer(result, about, "test", session.state.key, sequential=False))
    dock.show_state(session.state)
    return dock


def cells(dock, name):
    names = [dock.quantity_box.itemData(n).name for n in range(dock.quantity_box.count())]
    dock.quantity_box.setCurrentIndex(names.index(name))
    model = dock.table.model()
    stages = model.columnCount() - 2
    texts = [[dock.table.text(s, j) for j in range(model.rowCount() - 1)] for s in range(stages)]
    return np.array([[np.nan if t == "—" else float(t) for t in row] for row in texts])


def test_the_shipped_network_converges_on_the_mannequin(dock, session, lite):
    session.truth.open("mannequin")
    show(dock, session, lite, "hourglass-lite")
    distance = cells(dock, "pixels")
    assert distance.shape == (3, 23)
    assert (distance[-1] == 0).all()
    assert np.median(distance[1]) < np.median(distance[0])
    entropy = cells(dock, "entropy")
    assert 4 < entropy[-1].mean() < entropy[0].mean() < np.log2(40 * 40)
    assert (cells(dock, "modes") >= 1).all()
    dock.reference_box.setCurrentIndex(1)
    errors = cells(dock, "pixels")
    for stage in range(3):
        true = lite.truth.xy[0]
        wanted = np.linalg.norm(lite.stage_poses[stage].xy[0, : len(true)] - true, axis=1)
        assert errors[stage, : len(true)] == pytest.approx(wanted, abs=0.51)
        assert np.isnan(errors[stage, len(true) :]).all()
    assert dock.words.text().startswith("14 of 14 joints within 20 %")


def test_of_everybody_the_first_is_followed_through_the_stages_of_beliefs(dock, session):
    estimator = CrowdEstimator(CARD, Fields())
    result = estimator.estimate(frame(), Box.whole(SIZE), Request())
    show(dock, session, result, "openpose-lite")
    assert dock.visible_stages() == frozenset({1, 3, 5})
    distance, peak = cells(dock, "pixels"), cells(dock, "peak")
    assert distance.shape == (3, len(result.poses.skeleton.joints))
    assert distance.max() < 4
    assert dock.words.text().startswith("The surest person. ")
    assert (np.diff(peak, axis=0) > 0).all()
    assert cells(dock, "modes").max() >= len(result.poses)
    dock.table.choose(0)
    dots = [item for item in dock.items(result) if isinstance(item, Dot)]
    assert [dot.centre for dot in dots][-1] == tuple(result.poses.xy[0, 0].tolist())


def test_a_cascade_has_distances_and_confidence_but_no_maps(dock, session):
    estimator = CascadeEstimator(card("deeppose-lite"), Finder())
    result = estimator.estimate(DotsClip().read(4), REGION, Request())
    show(dock, session, result, "deeppose-lite")
    assert dock.visible_stages() == frozenset()
    distance = cells(dock, "pixels")
    assert (distance[0] > distance[1]).all()
    assert np.isfinite(cells(dock, "peak")).all()
    assert np.isnan(cells(dock, "entropy")).all()
    assert np.isnan(cells(dock, "modes")).all()


def test_nobody_is_told(dock, session, lite):
    nobody = replace(lite, poses=lite.poses.only(np.zeros(1, bool)))
    show(dock, session, nobody, "hourglass-lite")
    assert "No person was found" in words(dock)
    assert not dock.items(nobody)
