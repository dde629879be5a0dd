"""Filters of people in a session: maps follow the person in focus, and whose filters are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.runtime.factories import Loaded
from tests.dots import Dots, DotsClip
from tests.pipeline.test_dynamic import CARD, SOFTMAX, Heads3, light
from tests.runtime.conftest import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poseviewer.core.result import FrameResult


@pytest.fixture
def heads() -> Iterator[Desk]:
    made = Desk(Dots(), {"dots": lambda: DotsClip(12)})
    made.start(loader=lambda _: Loaded(CARD, Heads3(), "test"))
    made.session.want(frozenset({SOFTMAX}))
    made.session.open("dots")
    made.session.change("reading", region="whole")
    yield made
    made.session.close()


def nearest(result: FrameResult) -> int:
    """The row of the person whom the light is at."""
    middles = result.poses.box[:, :2] + result.poses.box[:, 2:] / 2
    return int(np.linalg.norm(middles - light(result), axis=1).argmin())


def lit(desk: Desk, row: int) -> FrameResult:
    """The result when the light of the maps is at the person in a row of the poses."""
    return desk.until(
        lambda s: (
            s.result is not None
            and len(s.result.poses) == 3
            and s.result.stage(SOFTMAX) is not None
            and nearest(s.result) == row
        )
    ).result


def test_the_light_moves_to_whose_filters_are_read_and_back(heads: Desk) -> None:
    session = heads.session
    first = lit(heads, 0)
    assert session.state.people.read_with == "own"
    for how in ("filters", "head"):
        session.change("people", read_with=how)
        swapped = lit(heads, 1)
        # Who is in front, and where the joints are, stays.
        assert (swapped.poses.xy == first.poses.xy).all()
        session.undo()
        lit(heads, 0)
    session.change("people", read_with="head")
    lit(heads, 1)
    session.seek(7)
    heads.shown(7)
    lit(heads, 1)


def test_maps_follow_the_person_in_focus(heads: Desk) -> None:
    session = heads.session
    lit(heads, 0)
    session.analyse()
    heads.until(lambda s: s.analysis is not None and s.analysis.finished)
    numbers = heads.until(lambda s: s.answer.sequential).result.poses.track.tolist()
    assert sorted(numbers) == [0, 1, 2]
    places = [light(lit(heads, 0))]
    for number in numbers[1:]:
        session.change("people", focus=number)
        heads.until(lambda s, number=number: s.result.poses.track[0] == number)
        places.append(light(lit(heads, 0)))
    assert min(np.linalg.norm(places[a] - places[b]) for a, b in ((0, 1), (0, 2), (1, 2))) > 40
