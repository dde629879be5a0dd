from __future__ import annotations

import json
from dataclasses import replace

import pytest

from poseviewer.bench.history import append, changes, last
from poseviewer.bench.hops import Hop
from poseviewer.bench.machine import Machine, machine
from poseviewer.cli.bench import (
    Comparison,
    change_line,
    in_json,
    of_ages,
    of_export,
    of_files,
    of_networks,
    of_window,
    table,
    verdict,
)
from poseviewer.cli.main import main
from poseviewer.core.errors import PoseViewerError

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
    whole = in_json(HOPS, {"networks": {"a": HOPS[0]}}, [FASTER], painter="an array")
    assert json.loads(json.dumps(whole)) == whole
    assert whole["hops"][0] == {"name": "network", "p50_ms": 11.7, "p95_ms": 13.9, "count": 60}
    assert whole["networks"][0]["name"] == "a"
    assert whole["compared"][0]["met"] is False


def test_the_age_is_held_to_the_network_of_its_run_at_sources_of_two_rates():
    slower = {hop.name: hop for hop in HOPS}
    faster = {**slower, "capture": Hop("capture", 0.003, 0.005, 60)}
    measured = {"slower": slower, "faster": faster}
    found = of_ages(measured, network=0.01, cores=2)
    assert [round(one.ratio * 0.0117, 4) for one in found[:3]] == [0.0129, 0.02, 0.0129]
    assert [one.target for one in found] == [1.25, 1.6, 2.0, 1.0]
    # 3 ms of the 5 between two frames at twice the rate of the network alone.
    assert found[3].ratio == pytest.approx(0.6)
    assert [one.met for one in found] == [True, False, True, True]
    # On one core the window takes its time from the network.
    alone = of_ages(measured, network=0.01, cores=1)
    assert not any(one.judged for one in alone)
    assert verdict(alone[1]).endswith("(wanted at most 1.6 on two cores or more: not so here)")
    assert of_ages({}, network=0.01, cores=2) == []


def test_files_are_compared_with_rivals():
    took = {"ours": 0.002, "opencv": 0.0019, "forward": 0.003, "back": 0.0005}
    took["back at once"] = 0.0007
    hops = {name: Hop(name, seconds, seconds, 1) for name, seconds in took.items()}
    steps = {**hops, "opencv": Hop("opencv", 0.15, 0.15, 1)}
    found = {one.what: (round(one.ratio, 3), one.met) for one in of_files(hops, steps)}
    assert found == {
        "step +1 with a key held down, against OpenCV's seek": (50, True),
        "step -1 with a key held down, against OpenCV's seek": (300, True),
        "step -1 from the cache, ms": (0.7, True),
        "reading on against OpenCV": (0.95, False),
    }


def test_an_export_is_compared_with_what_it_cannot_be_faster_than():
    took = {"decode": 0.001, "analyse": 0.009, "paint": 0.001, "encode": 0.006}
    took |= {"export": 0.0099, "serial": 0.018}
    hops = {name: Hop(name, seconds, seconds, 1) for name, seconds in took.items()}
    found = [(round(one.ratio, 3), one.judged) for one in of_export("plain", hops, cores=2)]
    # Shared by two cores all hops take less than the slowest of them alone.
    assert found == [(1.818, True), (0.909, True), (0.859, False)]
    hops["paint"] = Hop("paint", 0.005, 0.005, 1)
    loop, slowest, whole = of_export("plain", hops, cores=2)
    assert (slowest.judged, whole.judged) == (False, True)
    assert whole.ratio == pytest.approx(0.0105 / 0.0099)
    assert "2 cores" in whole.what
    assert loop.met
    # Encoded by two threads at once, it has used both cores.
    hops["encode"] = Hop("encode", 0.006, 0.006, 1, spent=0.012)
    assert of_export("plain", hops, cores=2)[2].ratio == pytest.approx(0.0135 / 0.0099)


def test_the_window_is_compared_with_widgets_and_a_slow_start():
    painting = {"ours": Hop("", 0.001, 0, 1), "label": Hop("", 0.004, 0, 1)}
    painting["item"] = Hop("", 0.009, 0, 1)
    starts = {"ours": 0.3, "everything": 2.0, "bare": 0.1}
    starts = {name: Hop("", seconds, 0, 1) for name, seconds in starts.items()}
    running = {"late": 0.001, "frame": 0.005, "measure": 0.003, "label": 0.002, "rest": 0.01}
    found = of_window(painting, running, starts)
    assert [round(one.ratio, 3) for one in found] == [1, 2.5, 1.5, 1, 4, 9, 3, 0.15]
    assert [one.met for one in found] == [True, False, True, True, True, False, False, False]


def test_what_a_processor_cannot_do_is_no_target():
    took = {"Torch fp32, CPU": 0.02, "OpenVINO fp32, CPU": 0.01, "OpenVINO bf16, CPU": 0.01}
    hops = {name: Hop(name, seconds, seconds, 1) for name, seconds in took.items()}
    plain = of_networks(hops, sets=("avx2",))
    assert [(one.judged, one.met) for one in plain] == [(True, True), (False, True)]
    assert verdict(plain[1]).endswith("(wanted at least 5 with bf16: not so here)")
    wide = of_networks(hops, sets=("avx512f", "avx512_bf16"))
    assert [(one.target, one.met) for one in wide] == [(2.5, False), (5.0, False)]
    assert wide[0].needs == "with AVX-512"


def test_runs_are_compared_as_shares_of_their_own_yardsticks(tmp_path):
    path = tmp_path / "runs.jsonl"
    slow = Machine("P", ("avx2",), 2, 0.5, 0.002)
    fast = Machine("P", ("avx2",), 2, float("nan"), 0.001)
    append(path, in_json([Hop("age", 1.0, 1.0, 1)], {}, [], painter="", known=slow))
    append(path, in_json(HOPS, {"networks": {"a": HOPS[0]}}, [FASTER], painter="", known=slow))
    then = last(path)
    assert then["machine"]["instructions"] == ["avx2"]
    quick = [Hop("network", 0.0117, 0.0139, 60), Hop("age", 0.00645, 0.02, 60)]
    now = in_json(quick, {}, [replace(FASTER, ratio=1.2)], painter="", known=fast)
    assert json.loads(json.dumps(now))["machine"]["load"] is None
    found = {one.what: one.factor for one in changes(now, then)}
    # As fast on a machine twice as fast is twice as slow; a ratio has its reference in its run.
    assert found == {
        "hops: network, ms": pytest.approx(2.0),
        "hops: age, ms": pytest.approx(1.0),
        "fast against slow": pytest.approx(0.5),
    }
    assert change_line(changes(now, then)[0]).split()[0] == "2.00"


@pytest.mark.parametrize("text", ["", "no JSON", "[1]", '{"hops": []}'])
def test_what_is_no_history_is_refused_in_a_sentence(text, tmp_path):
    path = tmp_path / "runs.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PoseViewerError, match=r"runs\.jsonl holds no run"):
        last(path)
    with pytest.raises(PoseViewerError, match="cannot be read"):
        last(tmp_path / "none")
    with pytest.raises(PoseViewerError, match="cannot be written"):
        append(tmp_path, {})


def test_the_machine_names_itself():
    known = machine()
    assert known.cores >= 1
    assert known.yardstick > 0
    assert known.processor in known.title
    assert f"{known.cores} cores" in known.title


@pytest.mark.slow
@pytest.mark.gui
def test_a_short_run_measures_every_hop(capsys, qapp):
    arguments = ["bench", "mannequin:160x120@30", "--engine", "torch", "--seconds", "0.5", "--json"]
    assert main(arguments) == 0
    hops = json.loads(capsys.readouterr().out)["hops"]
    names = [hop["name"] for hop in hops]
    assert names == ["capture", "crop", "network", "codec", "angles", "scene", "paint", "age"]
    assert all(hop["count"] > 0 and 0 < hop["p50_ms"] <= hop["p95_ms"] for hop in hops)
