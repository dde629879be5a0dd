"""Stages: an output must keep the promise of its spec, and a request says what it wants."""

from __future__ import annotations

import numpy as np
import pytest

from poseviewer.core.stage import Request, StageOutput, StageSpec

SPEC = StageSpec("stage 1", "heatmap", 8, ("neck", "head", "background"))


def test_an_output_is_read_only() -> None:
    output = StageOutput(SPEC, np.zeros((3, 4, 5), np.float32), np.eye(3)[:2], 0)
    assert not output.values.flags.writeable
    assert not output.to_frame.flags.writeable


@pytest.mark.parametrize("shape", [(2, 4, 5), (3, 20), (1, 3, 4, 5)])
def test_values_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"values must be \(3, h, w\)"):
        StageOutput(SPEC, np.zeros(shape, np.float32), np.eye(3)[:2], 0)


def test_an_affine_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"to_frame must be \(2, 3\), got \(3, 3\)"):
        StageOutput(SPEC, np.zeros((3, 4, 5), np.float32), np.eye(3), 0)


def test_what_a_request_wants() -> None:
    assert all(Request().wants(stage) for stage in range(8))
    assert not any(Request(stages=frozenset()).wants(stage) for stage in range(8))
    assert [Request(stages=frozenset({1})).wants(stage) for stage in range(3)] == [
        False,
        True,
        False,
    ]
