"""A file is fetched whole and checked, or a sentence says why not, whatever the server does."""

from __future__ import annotations

import errno
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.assets import user_folder
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.locks import try_lock
from poseviewer.models import download
from poseviewer.models.catalogue import Entry, Part
from poseviewer.models.download import PATIENCE, fetch_file, fetch_files
from tests.files_server import FilesServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = bytes(range(256)) * 2048
ENTRY = Entry(
    "one",
    "One",
    "ours",
    "free",
    len(CONTENT),
    address="http://127.0.0.1:9/files/one.bin",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)


@pytest.fixture
def server() -> Iterator[FilesServer]:
    made = FilesServer({"/files/one/one.bin": CONTENT})
    yield made
    made.close()


def fetch(server: FilesServer, entry: Entry = ENTRY, *, patience: float = PATIENCE) -> Path:
    """Fetch it to the end; what has come is never less than before, nor more than all."""
    steps = fetch_file(entry, mirror=f"{server.address}/files", patience=patience)
    done = 0
    while True:
        try:
            now, total = next(steps)
        except StopIteration as end:
            return end.value
        assert 0 <= now <= total
        done = now
    return done


def part() -> Path:
    return user_folder("data") / "downloads" / "one" / "one.bin"


def begin(content: bytes) -> None:
    """Lay down what an earlier attempt would have left."""
    part().parent.mkdir(parents=True)
    part().write_bytes(content)


def test_a_file_is_fetched_whole(server):
    assert fetch(server).read_bytes() == CONTENT
    assert server.ranges == [None]


def test_the_size_is_told_before_anything_comes(server):
    steps = fetch_file(ENTRY, mirror=f"{server.address}/files")
    assert next(steps) == (0, len(CONTENT))
    steps.close()


def test_a_file_that_is_cut_off_is_gone_on_with_at_once(server):
    server.faults = ["cut", "cut"]
    assert fetch(server).read_bytes() == CONTENT
    half, three_quarters = len(CONTENT) // 2, len(CONTENT) * 3 // 4
    assert server.ranges == [None, f"bytes={half}-", f"bytes={three_quarters}-"]


def test_a_server_that_stalls_ends_in_a_sentence_and_what_came_stays(server):
    # The first answer brings half, so it is asked again; the second one brings nothing.
    server.faults = ["stall", "dead"]
    with pytest.raises(PoseViewerError, match="sends nothing; what has come stays"):
        fetch(server, patience=0.2)
    server.faults = []
    assert fetch(server).read_bytes() == CONTENT


def test_closed_early_it_goes_on_later(server):
    steps = fetch_file(ENTRY, mirror=f"{server.address}/files")
    for done, _ in steps:
        if done:
            break
    steps.close()
    assert fetch(server).read_bytes() == CONTENT
    assert server.ranges[1] == f"bytes={done}-"


def test_a_complete_file_is_not_fetched_again(server):
    begin(CONTENT)
    assert fetch(server) == part()
    assert server.ranges == []


def test_a_server_that_knows_no_ranges_begins_anew(server):
    begin(b"x" * 1000)
    server.faults = ["no ranges"]
    assert fetch(server).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-"]


@pytest.mark.parametrize("left", [len(CONTENT), len(CONTENT) + 5])
def test_a_file_that_is_longer_than_it_should_be_begins_anew(left, server):
    begin(b"x" * left)
    assert fetch(server).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={left}-", None]


def test_another_range_than_the_one_asked_for_begins_anew(server):
    begin(CONTENT[:1000])
    server.faults = ["other range"]
    assert fetch(server).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-", None]


def test_a_server_that_tells_no_length_is_read_to_its_end(server):
    server.faults = ["bare"]
    assert fetch(server).read_bytes() == CONTENT


@pytest.mark.parametrize("known", [{"sha256": "0" * 64}, {"sha256": "", "md5": "0" * 32}])
def test_another_file_is_removed(known, server):
    with pytest.raises(PoseViewerError, match=r"not the file it should be .* removed"):
        fetch(server, replace(ENTRY, **known))
    assert not part().exists()


@pytest.mark.parametrize(
    "known",
    [
        {"sha256": ENTRY.sha256[:8]},
        {"sha256": "", "md5": hashlib.md5(CONTENT).hexdigest()},
        {"sha256": ""},
    ],
)
def test_the_first_digits_or_an_md5_or_nothing_may_be_known(known, server):
    assert fetch(server, replace(ENTRY, **known)).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (404, "not there any more .404."),
        (403, "not given to everybody .403."),
        (429, "try again later"),
        (500, "does not give it .500."),
    ],
)
def test_a_refusal_is_one_sentence(status, sentence, server):
    server.faults = [status]
    with pytest.raises(PoseViewerError, match=sentence):
        fetch(server)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("http://[::1/x", "no address of the web"),
        ("ftp://127.0.0.1:9/x", "another kind of address"),
        ("file:///etc/passwd", "does not give it .302."),
    ],
)
def test_a_server_that_sends_on_to_elsewhere_is_refused(place, sentence, server):
    server.sent_on = place
    with pytest.raises(PoseViewerError, match=sentence):
        fetch(server)


@pytest.mark.parametrize("mirror", ["http://[::1/x", "http://127.0.0.1:9/\xe4", "http://a..b"])
def test_a_mirror_that_cannot_be_an_address_is_one_sentence(mirror):
    with pytest.raises(PoseViewerError, match="no address of the web"):
        list(fetch_file(ENTRY, mirror=mirror))


def test_a_length_that_is_no_number_counts_as_none(server):
    server.faults = ["odd length"]
    assert fetch(server).read_bytes() == CONTENT


def test_a_server_that_is_not_there_is_one_sentence():
    with pytest.raises(PoseViewerError, match="refused; what has come stays, see whether"):
        list(fetch_file(ENTRY))


@pytest.mark.parametrize("faults", [[], ["bare"]])
def test_a_file_that_is_far_too_long_is_not_fetched(faults, server, monkeypatch):
    monkeypatch.setattr(download, "_MARGIN", 1000)
    server.faults = faults
    with pytest.raises(PoseViewerError, match="another file and was not fetched"):
        fetch(server, replace(ENTRY, bytes=1000))


def test_a_disk_that_is_too_small_is_said_before(server, monkeypatch):
    usage = download.shutil.disk_usage("/")
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
    with pytest.raises(PoseViewerError, match=r"0\.5 MB are needed and 1\.0 MB are free"):
        fetch(server)
    assert part().read_bytes() == b""


def test_a_disk_that_fills_up_is_one_sentence_and_what_came_stays(server, monkeypatch):
    append = download._append

    def full(file, piece):
        append(file, piece[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download, "_append", full)
    with pytest.raises(PoseViewerError, match=r"does not fit on the disk \(it is full\)"):
        fetch(server)
    monkeypatch.setattr(download, "_append", append)
    assert part().stat().st_size == 100
    assert fetch(server).read_bytes() == CONTENT


def test_several_files_are_gone_on_with_where_they_were_cut_off(server):
    parts = tuple(
        Part(name, len(data), hashlib.sha256(data).hexdigest())
        for name, data in (("a.json", b"graph"), ("one.bin", CONTENT))
    )
    server.files["/files/one/a.json"] = b"graph"
    both = replace(ENTRY, bytes=5 + len(CONTENT), files=parts, sha256="")
    server.faults = ["", "dead"]
    with pytest.raises(PoseViewerError, match="sends nothing; what has come stays"):
        list(fetch_files(both, mirror=f"{server.address}/files", patience=0.2))
    assert (part().with_name("a.json")).read_bytes() == b"graph"
    server.faults = ["cut"]
    told = list(fetch_files(both, mirror=f"{server.address}/files"))
    assert told[0] == (5, both.bytes)
    assert told == sorted(told)
    assert told[-1] == (both.bytes, both.bytes)
    half = len(CONTENT) // 2
    assert server.ranges == [None, None, None, f"bytes={half}-"]
    assert part().read_bytes() == CONTENT


def test_two_do_not_fetch_the_same_file(server):
    begin(b"")
    with part().open("ab") as other:
        assert try_lock(other.fileno())
        with pytest.raises(PoseViewerError, match="being fetched already"):
            fetch(server)


def test_a_folder_that_cannot_be_written_is_one_sentence(server):
    (user_folder("data") / "downloads").write_text("a file")
    with pytest.raises(PoseViewerError, match="was not fetched"):
        fetch(server)
