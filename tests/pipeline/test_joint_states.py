"""What is read from maps beside the place of a peak, and what a reader makes of it."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.affine import Box, box_to_frame
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Visibility
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import Request
from poseviewer.models.registry import card, shipped
from poseviewer.pipeline.crop import Cropper
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.joint_states import (
    JointReader,
    edges_of,
    evidence,
    reader_of,
    reader_path,
)
from tests.dots import CARD, Dots, DotsClip

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

HOURGLASS = card("hourglass-lite")
MIRROR = load_skeleton(HOURGLASS.skeleton).mirror
K = len(MIRROR)
EDGES = np.array([[-0.5, -0.5, 191.5, 191.5]])


def maps(cells: np.ndarray, *, height: float = 0.8) -> np.ndarray:
    """Belief maps (1, k, 48, 48) with a peak at each of k cells."""
    pixels = HOURGLASS.heatmaps.to_pixels(cells)[None]
    return height * HOURGLASS.heatmaps.encode(pixels, size=(192, 192))


@pytest.fixture
def cells() -> np.ndarray:
    return np.random.default_rng(2).integers(3, 45, (K, 2)).astype(float)


def of(*stages: np.ndarray, edges: np.ndarray = EDGES) -> np.ndarray:
    """Evidence (k, 4 + 3 * stages) of one person, without the edges of the frame."""
    found = evidence(stages, codec=HOURGLASS.heatmaps, mirror=MIRROR, edges=edges)
    return found[0, :-4].reshape(K, -1)


def test_evidence_says_place_height_and_agreement(cells: np.ndarray) -> None:
    moved = cells + np.array([4, 0])
    found = of(maps(moved.clip(max=47), height=0.5), maps(cells))
    np.testing.assert_allclose(found[:, :2], cells / 47 - 0.5, atol=1e-6)
    np.testing.assert_allclose(found[:, 2], 0.8, atol=1e-6)
    height, apart = found[:, 7], found[:, 8]
    np.testing.assert_allclose(height, 0.5, atol=1e-6)
    inside = moved[:, 0] < 47
    np.testing.assert_allclose(apart[inside], 4 / 47, atol=1e-6)


def test_a_second_peak_and_the_other_side_are_seen(cells: np.ndarray) -> None:
    alone = maps(cells)
    left, right = 3, MIRROR[3]
    twice = alone.copy()
    twice[0, left] = np.maximum(alone[0, left], 0.6 * alone[0, right])
    far = np.abs(cells[left] - cells[right]).max() > 8
    assert far
    before, after = of(alone)[left], of(twice)[left]
    assert before[4] < 0.01
    assert after[4] == pytest.approx(0.6, abs=0.01)
    assert after[3] > before[3], "more is believed elsewhere"
    # Where the other side believes the same place, that is seen too.
    twice[0, right] = alone[0, left]
    assert of(twice)[left][5] == pytest.approx(0.8, abs=1e-5)


def test_edges_of_a_frame_in_a_crop() -> None:
    region = Box(-20.5, 10, 96, 96)
    edges = edges_of(box_to_frame(region, size=(192, 192)), (60, 50))
    # Two pixels of the input to one of the frame.
    np.testing.assert_allclose(edges, [39.5, -21.5, 159.5, 78.5])
    low = of(maps(np.full((K, 2), 40.0)), edges=edges[None])
    assert (low[:, 6] < 0).all(), "the joints lie below the frame"


def test_evidence_of_several_people_is_that_of_each(cells: np.ndarray) -> None:
    first, second = maps(cells), maps(cells[::-1])
    both = evidence(
        [np.concatenate([first, second])],
        codec=HOURGLASS.heatmaps,
        mirror=MIRROR,
        edges=np.concatenate([EDGES, EDGES]),
    )
    np.testing.assert_allclose(both[1, :-4].reshape(K, -1), of(second), atol=1e-6)


def test_a_reader_tells_the_chance_and_the_likeliest_state() -> None:
    second = np.array([[0, 0, 0, 0, 2, -1, 5, 1], [np.log(3), 0, 1, 0, 0, 0, 0, 0]], np.float32)
    reader = JointReader(
        np.zeros(1, np.float32),
        np.ones(1, np.float32),
        np.array([[1], [0]], np.float32),
        second,
        np.array([1, 0], np.float32),
    )
    confidence, states = reader.read(np.array([[1.0], [-1.0]], np.float32))
    np.testing.assert_allclose(confidence[:, 0], 0.75, atol=1e-6)
    assert states[0].tolist() == [Visibility.OCCLUDED, Visibility.OCCLUDED]
    assert states[1].tolist() == [Visibility.OCCLUDED, Visibility.OUTSIDE]
    doubting = replace(reader, calibration=np.array([0.5, -1], np.float32))
    lower, same = doubting.read(np.array([[1.0]], np.float32))
    assert lower[0, 0] == pytest.approx(1 / (1 + np.exp(1 - np.log(3) / 2)))
    assert (same == states[:1]).all()


@pytest.mark.parametrize("name", ["hourglass-lite", "cpm-lite"])
def test_the_readers_that_ship_belong_to_their_weights(name: str) -> None:
    network = card(name)
    reader = reader_of(network)
    assert reader is not None
    rng = np.random.default_rng(0)
    stages = [0.05 * rng.random((1, K + 1, 24, 24), np.float32) for _ in network.stages]
    found = evidence(stages, codec=network.heatmaps, mirror=MIRROR, edges=EDGES)
    confidence, states = reader.read(found)
    assert confidence.shape == states.shape == (1, K)
    assert confidence.max() < 0.2, "noise is no joint"
    path = reader_path(network)
    assert path is not None
    assert path.stat().st_size < 64 * 1024


def test_networks_without_a_reader_have_none() -> None:
    without = {one.name for one in shipped() if one.trained and reader_of(one) is None}
    assert without == {
        "deeppose-lite", "fcpose-lite", "hrnet-lite", "openpose-lite", "vitpose-lite"
    }  # fmt: skip


def test_a_reader_of_other_weights_is_not_used(tmp_path: Path) -> None:
    path, weights = reader_path(HOURGLASS), HOURGLASS.weights_path
    assert path is not None
    assert weights is not None
    (tmp_path / path.name).write_bytes(path.read_bytes())
    moved = replace(HOURGLASS, weights=tmp_path / weights.name)
    assert reader_of(moved) is None, "there is no card"
    table = weights.with_suffix(".json").read_text(encoding="utf-8")
    (tmp_path / f"{weights.stem}.json").write_text(table, encoding="utf-8")
    assert reader_of(moved) is not None
    other = re.sub(
        r'("sha256": ")(.)', lambda found: found[1] + ("1" if found[2] == "0" else "0"), table
    )
    (tmp_path / f"{weights.stem}.json").write_text(other, encoding="utf-8")
    assert reader_of(moved) is None


class Same:
    """A network that answers to every picture what it answers to one."""

    def __init__(self, frame: Frame) -> None:
        cropper = Cropper(CARD.input_size, normalisation=CARD.normalisation)
        batch, _ = cropper.cut(frame.pixels, [Box.whole(frame.size)])
        self._maps = [stage.copy() for stage in Dots().run(batch)]

    def run(self, batch: np.ndarray, wanted: Collection[int] | None = None) -> list[np.ndarray]:
        return self._maps


def test_what_lies_beyond_the_frame_is_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The crop goes on beyond the frame, and peaks there are no joints."""
    k = len(load_skeleton(CARD.skeleton).joints)
    inputs = k * (4 + 3 * len(CARD.stages)) + 4
    visible = np.zeros((2, k * 4), np.float32)
    visible[1, 0::4], visible[1, 3::4] = 2, 5
    reader = JointReader(
        np.zeros(inputs, np.float32),
        np.ones(inputs, np.float32),
        np.zeros((inputs + 1, 1), np.float32),
        visible,
        np.array([1, 0], np.float32),
    )
    monkeypatch.setattr("poseviewer.pipeline.estimate.reader_of", lambda _: reader)
    whole = DotsClip(1).read(0)
    # The lower half of the person is cut off.
    part = Frame(whole.pixels[: whole.size[1] // 2].copy(), 0, Timestamp(0, Fraction(1)))
    result = Estimator(CARD, Same(whole)).estimate(part, Box.whole(whole.size), Request())
    raw, poses = result.stage_poses[-1], result.poses
    assert poses.calibrated
    below = raw.xy[..., 1] > part.size[1] - 0.5
    assert below.any()
    assert (poses.are(Visibility.OUTSIDE) == below).all()
    assert (np.isnan(poses.xy[..., 0]) == below).all()
    np.testing.assert_allclose(poses.score, np.where(below, 0, 1 / (1 + np.exp(-2))), atol=1e-6)
    assert not raw.calibrated, "stages keep their peaks and places"
