from __future__ import annotations

import json
import platform

from poseviewer.cli.main import main
from poseviewer.runtime.doctor import versions


def test_processors_and_versions_are_listed(capsys):
    assert main(["devices", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "cpu" in found["processors"]
    assert found["software"]["Python"] == platform.python_version()
    assert set(found) == {"cameras", "processors", "software"}


def test_people_get_headings(capsys):
    assert main(["devices"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        "cameras",
        "processors",
        "software",
    ]


def test_the_pinned_torch_is_named():
    assert versions()["PyTorch"].split("+")[0] == "2.13.0"
