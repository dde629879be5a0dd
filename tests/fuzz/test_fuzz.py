"""A few mutants of every kind at each run of the suite; `make fuzz` tries many more."""

from __future__ import annotations

import json

import pytest

from tests.fuzz.kinds import KINDS
from tests.fuzz.mutate import mutant
from tests.fuzz.run import lot

FEW = 40


def kinds(*starts: str) -> list[str]:
    return [title for title in KINDS if title.startswith(starts)]


# Together where they load the same libraries, so that these are loaded once.
LOTS = {
    "labels": kinds("COCO", "MPII", "LSP", "CSV", "poses", "tar", "crops", "angles", "skeleton"),
    "window": kinds(
        "window.ini",
        "keys",
        "workspace",
        "project",
        "saved",
        "entry points",
        "picture",
        "video",
        "playlist",
        "batch",
        "training run",
    ),
    "models": kinds("card of a model", "facts", "torch", "safetensors", "Caffe", "TensorFlow"),
    "graphs": kinds("card of a graph", "card of an imported", "ONNX", "bundle", "package"),
}


def test_every_kind_is_tried() -> None:
    assert sorted(title for lots in LOTS.values() for title in lots) == sorted(KINDS)


@pytest.mark.parametrize("titles", LOTS.values(), ids=LOTS.keys())
def test_damaged_files_are_told_in_one_sentence(titles: list[str]) -> None:
    pytest.importorskip("h5py")
    # Others than those that the table in README.md is of.
    jobs = [(title, 10**6, FEW) for title in titles]
    found = lot(jobs, patience=240)
    assert {title: one.broken for title, one in found.items() if one.broken} == {}


def test_the_same_number_is_the_same_mutant() -> None:
    seed = json.dumps({"a": [1, 2, 3], "b": {"c": "text"}}).encode()
    first = [mutant(seed, f"x:{n}", text=True) for n in range(50)]
    assert first == [mutant(seed, f"x:{n}", text=True) for n in range(50)]
    assert len(set(first)) > 30
    assert seed not in first[:1]
