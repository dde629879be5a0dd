"""The command `train`: what it refuses before it costs anything."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest

from poseviewer.cli import train
from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_teacher_of_crowds_is_refused_where_one_person_is_looked_for(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    train.add_parser(parser.add_subparsers())
    words = ["train", "cpm-lite", "--data", str(tmp_path), "--out", str(tmp_path), "--epochs", "1"]
    args = parser.parse_args([*words, "--teacher", "movenet-multipose.json"])
    with pytest.raises(PoseViewerError, match="find everybody, which cpm-lite does not"):
        args.run(args)
