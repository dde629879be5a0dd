"""Kinds of stages that only tests define, in the docks; see `tests.kinds`."""

from dataclasses import replace

import numpy as np
import pytest

from poseviewer.gui.compare.dock import CompareDock
from poseviewer.gui.convergence.dock import ConvergenceDock
from poseviewer.gui.stages.dock import StagesDock
from poseviewer.runtime.state import Answer
from tests.dots import SKELETON
from tests.gui.fake_session import model
from tests.kinds.network import INSIDE, KNEE, OFFSETS, STAGES, analyse, installed_kinds

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def result():
    with installed_kinds():
        yield analyse()


@pytest.fixture
def analysed(session, result):
    """A session that shows the result."""
    session.open("clip.mp4")
    network = replace(model(), stages=STAGES, skeleton=SKELETON)
    answer = Answer(result, network, "test", session.state.key, sequential=False)
    session.answers = False
    session.publish(loaded=network, frame=result.frame, answer=answer)
    return session


def test_stages_offers_what_there_is(qtbot, bridge, analysed):
    dock = StagesDock(bridge)
    qtbot.addWidget(dock)
    dock.show()
    qtbot.waitExposed(dock)
    dock.refresh(analysed.state)
    assert not dock.wheel.isHidden()
    shows = [dock.controls.show_box.itemData(at) for at in range(3)]
    assert shows == ["all", "joints", "channels"]


def test_convergence_lists_what_answers(qtbot, bridge, analysed):
    dock = ConvergenceDock(bridge)
    qtbot.addWidget(dock)
    dock.show()
    qtbot.waitExposed(dock)
    dock.refresh(analysed.state)
    assert dock.table.model().columnCount() == 2 + 2
    dock.table.map_wanted.emit(1, KNEE)
    display = analysed.state.display
    assert (display.overlay_stage, display.overlay_channel) == (OFFSETS, 2 * KNEE)


def test_stages_are_compared_as_their_kinds_are(qtbot, bridge, analysed, result):
    dock = CompareDock(bridge)
    qtbot.addWidget(dock)
    dock.show()
    qtbot.waitExposed(dock)

    def summary(first, second):
        for side, number in zip("AB", (first, second), strict=True):
            dock.picker.stages[side].setCurrentIndex(number)
        dock.show_state(analysed.state)
        return dock.summary.text()

    assert "px on average" in summary(0, OFFSETS)
    apart = np.abs(result.stage(1).values - result.stage(2).values)
    assert summary(1, 2) == (
        f"The attention weights differ by {apart.mean():.3g} on average, "
        f"by {apart.max():.3g} at most."
    )
    # Their maps are needed, though none lies over the picture.
    assert dock.visible_stages() == {1, 2}
    assert summary(1, INSIDE) == (
        "Nothing to compare: attention weights and embeddings mean different things."
    )
