"""The stream of batches: complete, repeatable, and its thread ends."""

from __future__ import annotations

import multiprocessing
import os
import threading
from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.skeleton import load_skeleton
from poseviewer.training.batches import Batches, Workers
from tests.training.test_augment import person

MIRROR = load_skeleton("lsp-14").mirror


def test_batches_have_the_side_that_is_asked_for() -> None:
    with Batches([person(i) for i in range(5)], size=2, mirror=MIRROR, seed=0, side=64) as stream:
        first = stream.take()
        assert first.images.shape == (2, 64, 64, 3)
        assert first.joints.shape == (2, 14, 2)
        assert first.present.shape == first.weight.shape == (2, 14)
        stream.side = 96
        sides = {stream.take().images.shape[1] for _ in range(12)}
        assert 96 in sides
    assert "batches" not in {thread.name for thread in threading.enumerate()}


def test_the_same_seed_gives_the_same_batches() -> None:
    people = [person(i) for i in range(4)]
    seen = []
    for _ in range(2):
        with Batches(people, size=4, mirror=MIRROR, seed=3, side=64) as stream:
            seen.append(stream.take().images)
    assert np.array_equal(*seen)


def test_a_failure_reaches_whoever_takes() -> None:
    broken = replace(person(), image=np.zeros((0, 0, 3), np.uint8))
    with (
        Batches([broken] * 2, size=2, mirror=MIRROR, seed=0, side=64) as stream,
        pytest.raises(RuntimeError, match="augmentation failed"),
    ):
        stream.take()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_processes_make_different_batches_and_end() -> None:
    people = [person(i) for i in range(4)]

    def stream(seed: int) -> Batches:
        return Batches(people, size=2, mirror=MIRROR, seed=seed, side=64)

    with Workers(stream, seeds=[1, 2], side=64) as workers:
        made = [workers.take().images for _ in range(4)]
        assert len({images.tobytes() for images in made}) == 4
        workers.side = 96
        sides = [workers.take().images.shape[1] for _ in range(12)]
        assert sides[-1] == 96
    assert not multiprocessing.active_children()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_failure_in_a_process_is_told() -> None:
    broken = replace(person(), image=np.zeros((0, 0, 3), np.uint8))

    def stream(seed: int) -> Batches:
        return Batches([broken] * 2, size=2, mirror=MIRROR, seed=seed, side=64)

    with (
        Workers(stream, seeds=[1], side=64) as workers,
        pytest.raises(RuntimeError, match="augmentation failed"),
    ):
        workers.take()
