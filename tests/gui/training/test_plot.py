"""Plots of the training window."""

import numpy as np
import pytest
from PySide6.QtGui import QImage

from poseviewer.gui import theme
from poseviewer.gui.training.plot import Curve, CurvePlot

pytestmark = pytest.mark.gui


def painted(plot):
    image = plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def test_the_names_of_the_bands_stand_above_all_lines(qtbot):
    plot = CurvePlot("Size of the gradient", across="layer", logarithmic=True)
    qtbot.addWidget(plot)
    plot.resize(590, 220)
    layers = np.arange(1, 41, dtype=float)
    curve = Curve(layers, 10 ** np.linspace(-14.5, -0.2, 40), (80, 160, 255), "")
    ends = ((1, 14, "first"), (14, 27, "second"), (27, 40.5, "third"))
    plot.show_curves((curve,), bands=[(start, end, "") for start, end, _ in ends])
    nameless = painted(plot)
    plot.show_curves((curve,), bands=ends)
    named = (painted(plot) != nameless).any(axis=2)
    line = np.array(theme.current().colour("line").getRgb()[:3])
    lines = np.flatnonzero((np.abs(nameless - line).max(axis=2) < 3).mean(axis=1) > 0.4)
    blue = (nameless[..., 2] - nameless[..., 0] > 60).any(axis=1)
    assert len(lines) >= 5
    assert named.any()
    assert np.flatnonzero(named.any(axis=1)).max() < min(lines[0], np.flatnonzero(blue)[0])
