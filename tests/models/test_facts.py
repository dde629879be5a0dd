"""Cards beside weights and cards of imported models hold what they should, or are left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from poseviewer.core.assets import weights
from poseviewer.core.errors import PoseViewerError
from poseviewer.models.facts import read_facts
from poseviewer.models.importers.folder import model_folder
from poseviewer.models.importers.stored import complaints, stored_card, stored_cards
from poseviewer.models.registry import shipped
from poseviewer.models.weights import trained_module

if TYPE_CHECKING:
    from pathlib import Path

GOOD: dict[str, Any] = {
    "version": 1,
    "layout": "hourglass-bearpaw",
    "settings": {"stacks": 2, "joints": 16, "modules": 1, "stem": "paper"},
    "title": "Good",
    "licence": "unknown",
    "source": "here",
    "parameters": 3,
}


def known() -> dict[str, Any]:
    return {card.name: card for card in shipped()}


@pytest.mark.parametrize("name", ["hourglass-lite", "openpose-lite", "finder-lite"])
def test_the_cards_that_ship_are_read(name: str) -> None:
    assert len(read_facts(weights(f"{name}.json"))["sha256"]) == 64


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "[" * 5000,
        '{"sha256": 3}',
        '{"sha256": "abc"}',
        '{"minutes": NaN}',
        '{"minutes": 1e999}',
        '{"validation": []}',
        '{"validation": {"coco": {"pck@0.2": 3}}}',
        '{"validation": {"coco": {"pck@0.2": ["high"]}}}',
        '{"file": {"name": "a"}}',
        '{"minutes": ' + "9" * 5000 + "}",
        "\x00",
    ],
)
def test_a_damaged_card_of_weights_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "w.json"
    path.write_text(text)
    with pytest.raises(PoseViewerError, match=r"^w\.json is not the card of a network's weights"):
        read_facts(path)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": None},
        {"layout": []},
        {"layout": "none"},
        {"settings": []},
        {"settings": {}},
        {"settings": {**GOOD["settings"], "stacks": 10**9}},
        {"settings": {**GOOD["settings"], "modules": 10**9}},
        {"settings": {**GOOD["settings"], "joints": 10**9}},
        {"title": 3},
        {"title": "x" * 10_000},
        {"licence": None},
        {"source": True},
        {"parameters": float("inf")},
        {"parameters": -1},
    ],
)
def test_a_damaged_card_of_a_model_hides_no_other(change: dict[str, Any]) -> None:
    (model_folder() / "bad.json").write_text(json.dumps({**GOOD, **change}))
    (model_folder() / "good.json").write_text(json.dumps(GOOD))
    assert [card.name for card in stored_cards(shipped())] == ["good"]
    (sentence,) = complaints(shipped())
    assert "bad.json" in sentence
    assert len(sentence) <= 300


def test_names_and_titles_can_be_printed() -> None:
    (model_folder() / "Bad name.json").write_text(json.dumps(GOOD))
    assert stored_cards(shipped()) == ()
    path = model_folder() / "good.json"
    path.write_text(json.dumps({**GOOD, "title": "a\x1b[31mb\nc"}))
    assert stored_card(path, known()).title == "a\ufffd[31mb c"


def test_a_network_that_a_card_makes_too_large_is_never_made() -> None:
    path = model_folder() / "wide.json"
    settings = {
        "outputs": ["y"],
        "steps": [{"name": "y", "kind": "bias", "inputs": ["image"], "constants": ["b"]}],
        "shapes": {"b": [1 << 40]},
    }
    about = {**GOOD, "layout": "openpose-mobile", "settings": settings}
    path.write_text(json.dumps(about))
    path.with_suffix(".safetensors").write_bytes(b"")
    with pytest.raises(PoseViewerError, match="more than 1024 MB"):
        trained_module(stored_card(path, known()))
    path.write_text(json.dumps({**about, "settings": {**settings, "steps": [3]}}))
    with pytest.raises(PoseViewerError, match=r"wide\.json is not a card of a model"):
        trained_module(stored_card(path, known()))
