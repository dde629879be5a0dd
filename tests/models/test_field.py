"""The rectangle that a cell can have seen has the sides of the released nets' layer tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch

from poseviewer.models.measure import spans
from poseviewer.models.registry import card

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 1024


@pytest.mark.parametrize(
    ("name", "table", "outputs"),
    [
        (
            "cpm-6",
            "cpm__trained_LEEDS_PC-pose_deploy_centerMap",
            ["conv7_stage1", *(f"Mconv5_stage{i}" for i in range(2, 7))],
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
def test_rectangles_have_the_oracles_sides(
    name: str, table: str, outputs: list[str], shared: Path
) -> None:
    told = json.loads((shared / "oracles" / "layer_tables" / f"{table}.json").read_text())
    field = {layer["name"]: layer["rf"] for layer in told["layers"]}
    # Without numbers, so that a picture much larger than the card's costs nothing.
    with torch.device("meta"):
        found = spans(card(name).build().eval(), torch.zeros(1, 3, SIDE, SIDE))
    for both, output in zip(found, outputs, strict=True):
        assert both is not None
        for axis in both:
            low, high = axis.at(len(axis.low) // 2)
            assert high - low + 1 == min(field[output], SIDE)
