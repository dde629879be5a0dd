"""How far the glow around a joint reaches."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from poseviewer.draw.glow import extent
from tests.draw.conftest import gaussian


@pytest.mark.parametrize("sigma", [3.0, 6.0, 12.0])
def test_a_gaussian_has_the_radius_of_half_its_height(sigma: float) -> None:
    centre = np.array([[40.0, 40.0]])
    belief = gaussian(centre, size=(81, 81), sigma=sigma)[0]
    radius = sqrt(extent(belief, centre[0]) / np.pi)
    assert radius == pytest.approx(sqrt(2 * log(2)) * sigma, rel=0.04)


def test_a_rival_elsewhere_does_not_count() -> None:
    cells = np.array([[20.0, 40.0], [60.0, 40.0]])
    both = gaussian(cells, size=(81, 81), sigma=4.0)
    assert extent(both.max(axis=0), cells[0]) == extent(both[0], cells[0])


@pytest.mark.parametrize("cell", [(np.nan, 3.0), (-2.0, 3.0), (3.0, 90.0)])
def test_outside_of_a_map_there_is_nothing(cell: tuple[float, float]) -> None:
    assert extent(np.ones((10, 10), np.float32), np.array(cell)) == 0
