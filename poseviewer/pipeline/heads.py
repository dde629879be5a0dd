"""Reading the shared maps with the filters of a person: whose maps are shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.codec.dynamic import coordinates, keypoint_maps, softmax
from poseviewer.core.affine import apply
from poseviewer.core.heads import Heads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import ReadWith, StageSpec

MADE = 7
"""Stages from the filters on that belong together: filters, coordinates, bases, two layers,
directions, and the maps after the softmax."""


def filters_stage(stages: Sequence[StageSpec]) -> int | None:
    """The number of the stage with people's filters; None where a network makes none."""
    return next((n for n, spec in enumerate(stages) if spec.kind == "filters"), None)


def personal(result: FrameResult, *, read_with: ReadWith = "own") -> FrameResult:
    """`result` with the maps of its first person; unchanged where no filters are in it.

    Args:
        result: Of a network that generates a head for each person.
        read_with: Whose filters make them. Where there is no next person, the person's own.
    """
    first = next((one for one in result.stages if one.spec.kind == "filters"), None)
    if first is None or not len(result.poses):
        return result
    known = {one.number: one for one in result.stages}
    chain = [known.get(first.number + step) for step in range(MADE)]
    filters, cells, bases, one, two, _, last = chain
    if (
        filters is None
        or cells is None
        or bases is None
        or one is None
        or two is None
        or last is None
    ):
        return result
    heads = Heads.of(filters.values)
    rows = rows_of(heads, filters.to_frame, result.poses.box[:2])
    own, other = rows[0], rows[-1]
    spoken = own if read_with == "own" else other
    seen = other if read_with == "head" else own
    shape, stride = bases.values.shape[1:], bases.spec.stride
    away = coordinates(heads.place[[seen]], heads.reach[[seen]], shape=shape, stride=stride)
    made = keypoint_maps(heads.shape, heads.numbers[[spoken]], bases.values, away)
    values = {
        filters.number: _first(filters.values, spoken, heads.shape.rows),
        cells.number: away[0],
        one.number: made[0][0],
        two.number: made[1][0],
        last.number: softmax(made[2][0]),
    }
    stages = tuple(
        replace(stage, values=values[stage.number]) if stage.number in values else stage
        for stage in result.stages
    )
    return replace(result, stages=stages)


def rows_of(heads: Heads, to_frame: NDArray[np.floating], boxes: NDArray[np.floating]) -> list[int]:
    """Which head each person has.

    Args:
        heads: Of a frame.
        to_frame: 2x3 affine from input pixels to frame pixels.
        boxes: (people, 4) `Poses.box`, in whose middle the head was made.
    """
    middles = boxes[:, None, :2] + boxes[:, None, 2:] / 2
    apart = np.abs(middles - apply(to_frame, heads.place)).sum(axis=2)
    return [int(row) for row in apart.argmin(axis=1)]


def _first(planes: NDArray[np.float32], row: int, height: int) -> NDArray[np.float32]:
    """The planes with the person in `row` at the top; the others keep their order."""
    blocks = planes.reshape(len(planes), -1, height, planes.shape[2])
    order = [row, *(i for i in range(blocks.shape[1]) if i != row)]
    return blocks[:, order].reshape(planes.shape)
