"""COCO-WholeBody's AP: the figures of the authors' own sample, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from poseviewer.cli.main import main
from poseviewer.core.errors import PoseViewerError
from poseviewer.evaluation.whole_body import read_answers, read_whole_body, whole_body_precision

if TYPE_CHECKING:
    from pathlib import Path

SHOWN = ("AP", "AP50", "AP75", "APM", "APL", "AR")

EXPECTED = {
    "body": (0.854, 1.000, 0.935, 0.777, 0.923, 0.896),
    "foot": (0.970, 1.000, 1.000, 0.957, 0.979, 0.975),
    "face": (0.733, 1.000, 0.842, 0.528, 0.750, 0.746),
    "left hand": (0.563, 0.816, 0.584, 0.764, 0.497, 0.575),
    "right hand": (0.535, 0.662, 0.568, 0.827, 0.418, 0.562),
    "whole": (0.642, 1.000, 0.841, 0.676, 0.630, 0.704),
}
"""What the authors' scripts say of their example (jin-s13/COCO-WholeBody, 76f3b633)."""


def person(**changes: object) -> dict[str, object]:
    """A person in one picture, all joints labelled at places of their own."""
    lists = {"keypoints": 17, "foot_kpts": 6, "face_kpts": 68}
    lists |= {"lefthand_kpts": 21, "righthand_kpts": 21}
    made: dict[str, object] = {
        name: [value for i in range(count) for value in (10 * i, 5 * i + 3, 2)]
        for name, count in lists.items()
    }
    made |= {"image_id": 1, "category_id": 1, "score": 0.9, "id": 1, "iscrowd": 0}
    return made | {"area": 20_000.0, "bbox": [0, 0, 200, 100]} | changes


def written(folder: Path, people: list[dict[str, object]]) -> tuple[Path, Path]:
    truth, answers = folder / "truth.json", folder / "answers.json"
    table = {"images": [{"id": 1}], "categories": [{"id": 1, "name": "person"}]}
    truth.write_text(json.dumps(table | {"annotations": [person()]}))
    answers.write_text(json.dumps(people))
    return truth, answers


def test_the_example_has_the_authors_figures(shared: Path) -> None:
    folder = shared / "oracles" / "wholebody"
    known = whole_body_precision(
        read_whole_body(folder / "example_gt.json"), read_answers(folder / "example_pred.json")
    )
    found = {part: tuple(known[part][name].value for name in SHOWN) for part in known}
    assert set(found) == set(EXPECTED)
    for part, values in EXPECTED.items():
        assert found[part] == pytest.approx(values, abs=5e-4), part


def test_a_hand_that_is_not_answered_counts_as_none(tmp_path: Path) -> None:
    answers = [person(lefthand_kpts=[0] * 63)]
    truth, found = written(tmp_path, answers)
    known = whole_body_precision(read_whole_body(truth), read_answers(found))
    assert known["body"]["AP"].value == known["right hand"]["AP"].value == pytest.approx(1)
    assert known["left hand"]["AR"].value == 0
    assert known["whole"]["AP"].value < 1


def test_answers_are_judged_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth, found = written(tmp_path, [person()])
    assert main(["eval", "--data", str(truth), "--answers", str(found)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["part", *SHOWN]
    assert lines[-1].split()[:2] == ["whole", "1.000"]
    assert main(["eval", "--data", str(truth), "--answers", str(found), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["left hand"]["AP"]["value"] == pytest.approx(1)


@pytest.mark.parametrize(
    "people", [[{}], [person(foot_kpts=[1, 2, 3])], [person(score="much")], {"a": 1}]
)
def test_what_is_no_answer_is_told(tmp_path: Path, people: list[dict[str, object]]) -> None:
    _, found = written(tmp_path, people)
    with pytest.raises(PoseViewerError, match=r"answers\.json"):
        read_answers(found)
    with pytest.raises(PoseViewerError, match=r"answers\.json"):
        read_whole_body(found)
