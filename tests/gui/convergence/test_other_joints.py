"""The table under another network: the chosen joint goes, and nothing is drawn in between."""

from __future__ import annotations

import numpy as np

from poseviewer.gui.convergence.figures import QUANTITIES
from poseviewer.gui.convergence.table import ConvergenceTable, Sheet


def sheet(joints: tuple[str, ...], stages: tuple[str, ...]) -> Sheet:
    values = np.zeros((len(stages), len(joints) + 1))
    sure = np.ones(len(joints) + 1, bool)
    return Sheet(joints, stages, values, values, None, sure, QUANTITIES[0])


def test_a_joint_that_another_network_lacks_is_no_longer_chosen(qtbot):
    table = ConvergenceTable()
    qtbot.addWidget(table)
    told = []
    table.joint_chosen.connect(told.append)
    table.show_sheet(sheet(("nose", "neck", "hip"), ("stage 1", "stage 2")))
    table.choose(2)
    assert told == [2]
    table.show_sheet(sheet(("knee", "hip"), ("stage 1",)))
    assert table.joint is None
    # The dock is in the middle of drawing: it asks for the joint itself when it has finished.
    assert told == [2]
    table.choose(1)
    assert told == [2, 1]
