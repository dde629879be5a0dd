"""Locks of open files keep others out until the file is closed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from poseviewer.core.locks import open_for_lock, try_lock

if TYPE_CHECKING:
    from pathlib import Path

TRY = """
import os, sys
from poseviewer.core.locks import try_lock
file = os.open(sys.argv[1], os.O_RDWR)
print(try_lock(file))
"""


def elsewhere(path: Path) -> str:
    """Whether another process can lock a file."""
    return subprocess.run(
        [sys.executable, "-c", TRY, str(path)], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_one_has_it_until_the_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    first, second = os.open(path, os.O_RDWR), os.open(path, os.O_RDWR)
    assert try_lock(first)
    assert not try_lock(second)
    assert elsewhere(path) == "False"
    os.close(first)
    assert try_lock(second)
    os.close(second)
    assert elsewhere(path) == "True"
    assert path.read_bytes() == b"content"


def test_a_lock_leaves_the_file_where_it_stands(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+b", buffering=0) as file:
        file.write(b"begun")
        assert try_lock(file.fileno())
        file.write(b", gone on")
        file.seek(0)
        assert file.read() == b"begun, gone on"


def test_a_folder_is_locked_by_whatever_name(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to("a")
    first, second = open_for_lock(tmp_path / "a"), open_for_lock(tmp_path / "link")
    other = open_for_lock(tmp_path)
    assert try_lock(first)
    assert not try_lock(second)
    assert try_lock(other)
    for file in (first, second, other):
        os.close(file)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "link"]
