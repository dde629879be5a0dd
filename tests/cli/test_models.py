from __future__ import annotations

import argparse
import json

import pytest

from poseviewer.cli import models
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.stage import grouped
from poseviewer.models.registry import cards


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    models.add_parser(parser.add_subparsers())
    args = parser.parse_args(["models", *arguments])
    return args.run(args)


def test_the_list_has_a_line_for_each_network(capsys):
    assert run() == 0
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.startswith("NAME")
    assert [line.split()[0] for line in lines] == [card.name for card in cards()]


def test_json_tells_programs_the_same(capsys):
    assert run("list", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    for entry, card in zip(told, cards(), strict=True):
        assert entry["name"] == card.name
        assert entry["trained"] == card.trained
        assert [stage["name"] for stage in entry["stages"]] == [spec.name for spec in card.stages]
        numbers = [stage["number"] for stage in entry["stages"]]
        assert sorted(set(numbers)) == [*range(1, len(grouped(card.stages)) + 1)]
        if card.name == "openpose-coco":
            assert numbers == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]


@pytest.mark.parametrize("card", cards(), ids=lambda card: card.name)
def test_one_network_is_shown_in_full(card, capsys):
    assert run("show", card.name) == 0
    text = capsys.readouterr().out
    for part in (card.title, card.licence, card.source, *(spec.name for spec in card.stages)):
        assert part in text


def test_an_unknown_network_is_told_with_near_names():
    with pytest.raises(PoseViewerError, match="hourglass-lite"):
        run("show", "hourglas-lite")


@pytest.mark.parametrize("arguments", [("show",), ("list", "hourglass-lite")])
def test_show_needs_a_name_and_list_takes_none(arguments):
    with pytest.raises(SystemExit) as leaving:
        run(*arguments)
    assert leaving.value.code == 2


def test_fields_and_beliefs_count_as_one_stage() -> None:
    rows = {line.split()[0]: line.split()[1] for line in models.table(cards())}
    assert rows["openpose-lite"] == "3"
    assert rows["openpose-coco"] == rows["openpose-body25"] == "6"
    assert rows["cpm-lite"] == "5"


def test_the_person_detector_is_shown_but_not_listed(capsys):
    assert run("show", "finder-lite") == 0
    shown = capsys.readouterr().out
    assert "person detector" in shown
    assert "average precision" in shown
    assert run("show", "finder-lite", "--json") == 0
    assert json.loads(capsys.readouterr().out)["model"] == "finder-lite"
    assert run("list") == 0
    assert "finder-lite" not in capsys.readouterr().out
