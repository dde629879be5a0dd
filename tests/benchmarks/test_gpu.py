"""The script that measures a GPU still runs, as a rehearsal on the CPU."""

from __future__ import annotations

import json

import pytest
import torch

from tests.benchmarks.gpu import main

pytestmark = pytest.mark.slow


def test_the_rehearsal_fills_its_tables(tmp_path, capsys):
    threads = torch.get_num_threads()
    arguments = ["--device", "cpu", "--networks", "hourglass-lite", "--json"]
    try:
        assert (
            main([*arguments, str(tmp_path / "all.json"), "--sections", "networks", "copies"]) == 0
        )
    finally:
        torch.set_num_threads(threads)
    found = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert "rehearsal" in found["machine"]
    rows = found["Networks, all stages"]
    assert {row["mode"] for row in rows} == {
        "eager fp32", "channels_last bf16", "bf16, no graph here", "torch.compile bf16",
    }  # fmt: skip
    # As far as 8 bits of a number's digits go, the maps are those of fp32.
    assert all(row["maps differ"] < 0.3 for row in rows)
    assert {row["copied"] for row in found["A run with its maps on the host"]} == {
        "all stages", "the last",
    }  # fmt: skip
    printed = capsys.readouterr().out
    assert "| hourglass-lite | 128 | 1 | eager fp32 |" in printed


def test_what_there_is_no_time_for_is_said(tmp_path, capsys):
    threads = torch.get_num_threads()
    try:
        assert main(["--device", "cpu", "--minutes", "0.3", "--sections", "networks", "live"]) == 0
    finally:
        torch.set_num_threads(threads)
    printed = capsys.readouterr().out
    assert "networks, hourglass-8: not measured" in printed
    assert "live: not measured" in printed
