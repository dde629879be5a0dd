"""Stages: an output must keep the promise of its spec, and a request says what it wants."""

from __future__ import annotations

import numpy as np
import pytest

from poseviewer.core.stage import Request, StageOutput, StageSpec, group_of, grouped, stage_count

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


def test_fields_and_beliefs_of_a_stage_are_one_stage() -> None:
    names = [(f"stage {n} {what}", kind) for n in (1, 2, 3) for what, kind in PAIR]
    stages = tuple(
        StageSpec(name, kind, 8, ("a",), partner=number ^ 1)  # type: ignore[arg-type]
        for number, (name, kind) in enumerate(names)
    )
    groups = grouped(stages)
    assert [group.title for group in groups] == ["stage 1", "stage 2", "stage 3"]
    assert [group.parts for group in groups][1] == (("paf", 2), ("heatmap", 3))
    assert [group.last for group in groups] == [1, 3, 5]
    assert groups[2].number("paf") == 4
    assert groups[2].number("coords") is None
    assert [group_of(stages, number) for number in range(6)] == [0, 0, 1, 1, 2, 2]
    assert stage_count(stages) == "3 stages"


def test_partners_of_different_stages_stay_apart() -> None:
    """As in BODY_25: the last stage of each kind stands in for the other kind."""
    stages = (
        StageSpec("fields 1", "paf", 8, ("a",), partner=2),
        StageSpec("fields 2", "paf", 8, ("a",), partner=2),
        StageSpec("beliefs 1", "heatmap", 8, ("a",), partner=1),
    )
    assert [group.title for group in grouped(stages)] == ["fields 1", "fields 2", "beliefs 1"]
    assert stage_count(stages[2:]) == "1 stage"


PAIR = (("fields", "paf"), ("beliefs", "heatmap"))
