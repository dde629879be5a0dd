from __future__ import annotations

import json

import pytest

from poseviewer.cli.main import main
from poseviewer.runtime import doctor
from poseviewer.runtime.doctor import Finding


@pytest.fixture
def only(monkeypatch):
    """Let the doctor find one thing."""

    def set_to(finding):
        def _things():
            yield finding

        monkeypatch.setattr(doctor, "_SECTIONS", (_things,))

    return set_to


def test_people_get_headings_marks_and_advice(only, capsys):
    only(Finding("window", "no display", "note", "Plug a screen in."))
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.split("\n")[:3] == [
        "things",
        "- window          no display",
        "                  Plug a screen in.",
    ]


def test_programs_get_json_and_an_exit_code(only, capsys):
    only(Finding("config", "cannot be written to", "trouble", "Allow it."))
    assert main(["doctor", "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found == {
        "section": "things",
        "name": "config",
        "value": "cannot be written to",
        "level": "trouble",
        "advice": "Allow it.",
    }
