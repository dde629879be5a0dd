"""Cost and receptive field are those of the released nets' layer tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.models.measure import measured
from poseviewer.models.registry import card

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "table", "outputs"),
    [
        (
            "cpm-6",
            "cpm__trained_LEEDS_PC-pose_deploy_centerMap",
            ["conv7_stage1", *(f"Mconv5_stage{i}" for i in range(2, 7))],
        ),
        (
            "openpose-coco",
            "op_pose-coco-pose_deploy_linevec",
            [
                *(f"conv5_5_CPM_{branch}" for branch in ("L1", "L2")),
                *(f"Mconv7_stage{i}_{b}" for i in range(2, 7) for b in ("L1", "L2")),
            ],
        ),
        (
            "openpose-body25",
            "op_pose-body_25-pose_deploy",
            [
                *(f"Mconv7_stage{i}_L2" for i in range(4)),
                *(f"Mconv7_stage{i}_L1" for i in range(2)),
            ],
        ),
    ],
)
def test_stages_cost_and_see_what_the_tables_say(
    name: str, table: str, outputs: list[str], shared: Path
) -> None:
    told = json.loads((shared / "oracles" / "layer_tables" / f"{table}.json").read_text())
    found = measured(card(name))
    field = {layer["name"]: layer["rf"] for layer in told["layers"]}
    assert [stage.receptive_field for stage in found] == [field[output] for output in outputs]
    width, height = card(name).input_size
    # The tables are of a square input; every layer's cost grows with the picture.
    share = width * height / told["input"] ** 2
    assert found[-1].multiplications / 1e9 == pytest.approx(told["gmac"] * share, rel=1e-4)


@pytest.mark.parametrize(("name", "gmac"), [("hourglass-2", 8.335), ("hourglass-8", 27.440)])
def test_a_hourglass_costs_what_is_known(name: str, gmac: float) -> None:
    found = measured(card(name))
    assert found[-1].multiplications / 1e9 == pytest.approx(gmac, abs=1e-3)
    costs = [stage.multiplications for stage in found]
    fields = [stage.receptive_field for stage in found]
    assert costs == sorted(costs)
    assert fields == sorted(set(fields))


def test_a_cascade_sees_the_whole_picture() -> None:
    found = measured(card("deeppose"))
    assert [stage.receptive_field for stage in found] == [None, None, None]
    # The later stages look once at the box of each of 14 joints.
    looks = np.cumsum([1, 14, 14])
    costs = [stage.multiplications / 1e9 for stage in found]
    assert costs == pytest.approx(1.1313 * looks, rel=1e-3)
