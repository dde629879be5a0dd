"""The follower on real clips, with the weights that ship."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.models.engine import choose_engine
from poseviewer.models.registry import card
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.follow_person import LOST, SURE, RegionFollower, presence
from poseviewer.pipeline.run import run
from poseviewer.video.open import open_source

if TYPE_CHECKING:
    from pathlib import Path

# Who stands where around that frame, drawn by eye.
PEOPLE = [
    ("sports2d_demo.mp4", 30, Box(490, 40, 300, 420)),
    ("squat.mp4", 100, Box(215, 310, 170, 600)),
    ("pose2sim_single_cam03.mp4", 30, Box(220, 400, 600, 850)),
]


@pytest.fixture(scope="module")
def estimator() -> Estimator:
    chosen = card("hourglass-lite")
    engine, _ = choose_engine(chosen)
    return Estimator(chosen, engine)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "start", "person"), PEOPLE, ids=[row[0] for row in PEOPLE])
def test_the_person_is_found_and_kept(
    shared: Path, estimator: Estimator, name: str, start: int, person: Box
) -> None:
    with open_source(str(shared / "videos" / name)) as clip:
        pairs = run(clip, estimator, RegionFollower(), start=start, end=start + 14)  # type: ignore[arg-type]
        results = [result for _, result in pairs]
    near = person.scaled(1.3)
    for result in results:
        pose = result.stage_poses[-1]
        middle = np.median(pose.xy[0][pose.score[0] >= SURE], axis=0)
        assert near.x < middle[0] < near.x + near.width
        assert near.y < middle[1] < near.y + near.height
        assert presence(pose.score[0]) > LOST
    assert results[-1].region.overlap(person.fitted(1.0)) > 0.2
