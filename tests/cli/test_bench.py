from __future__ import annotations

import json

import pytest

from poseviewer.cli.bench import Comparison, table, told, verdict
from poseviewer.cli.main import main
from poseviewer.runtime.bench import Hop

HOPS = [Hop("network", 0.0117, 0.0139, 60), Hop("age", 0.0129, 0.02, 60)]
FASTER = Comparison("fast against slow", 2.4, 2.5, at_least=True)
OLDER = Comparison("age against network", 1.1, 1.25, at_least=False)


def test_a_table_has_a_heading_and_a_line_for_each_hop():
    heading, network, age = table(HOPS)
    assert heading.split() == ["p50", "ms", "p95", "ms", "frames"]
    assert network.split() == ["network", "11.70", "13.90", "60"]
    assert age.split() == ["age", "12.90", "20.00", "60"]


def test_a_target_is_a_least_or_a_most():
    assert not FASTER.met
    assert OLDER.met
    assert verdict(FASTER) == "fast against slow: 2.40 (wanted at least 2.5: missed)"
    assert verdict(OLDER) == "age against network: 1.10 (wanted at most 1.25: met)"


def test_programs_are_told_milliseconds():
    whole = told(HOPS, {"a": HOPS[0]}, [FASTER], painter="an array")
    assert json.loads(json.dumps(whole)) == whole
    assert whole["hops"][0] == {"name": "network", "p50_ms": 11.7, "p95_ms": 13.9, "count": 60}
    assert whole["networks"][0]["name"] == "a"
    assert whole["compared"][0]["met"] is False


@pytest.mark.slow
@pytest.mark.gui
def test_a_short_run_measures_every_hop(capsys, qapp):
    arguments = ["bench", "mannequin:160x120@30", "--engine", "torch", "--seconds", "0.5", "--json"]
    assert main(arguments) == 0
    hops = json.loads(capsys.readouterr().out)["hops"]
    names = [hop["name"] for hop in hops]
    assert names == ["capture", "crop", "network", "codec", "angles", "scene", "paint", "age"]
    assert all(hop["count"] > 0 and 0 < hop["p50_ms"] <= hop["p95_ms"] for hop in hops)
