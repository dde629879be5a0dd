"""Fetches files from the web: of known size, gone on with where it was cut off, and checked.

Nothing here runs unless a person asks for a network. What has come lies under a name of its own in
the user's folder, from which a later attempt goes on.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import ssl
from contextlib import closing, contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast
from urllib.error import HTTPError, URLError
from urllib.request import FTPHandler, HTTPSHandler, Request, build_opener

from poseviewer.core.address import redacted
from poseviewer.core.assets import user_folder
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import write_failure
from poseviewer.core.locks import try_lock
from poseviewer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from http.client import HTTPResponse
    from io import FileIO

    from poseviewer.models.catalogue import Entry

PATIENCE = 30.0
"""Seconds that a server may send nothing."""

_PIECE = 1 << 16
_MARGIN = 1 << 20
"""Bytes that may be more than twice what the catalogue says; and that a disk must keep free."""

_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where systems have the certificates that they trust; a bundle looks where it was built."""

_REASONS = {
    401: "it is only given to those who have an account there",
    403: "it is not given to everybody",
    404: "it is not there any more",
    410: "it is not there any more",
    429: "the server has too much to do; try again later",
}


class _CutError(Exception):
    """The connection ended, or nothing came, before the file was complete."""


class _OtherRangeError(Exception):
    """The server has not the rest of the file that was begun."""


def fetch_files(
    entry: Entry, *, mirror: str = "", patience: float = PATIENCE
) -> Generator[tuple[int, int], None, Path]:
    """Fetch the files of a network, one after the other, into one folder of the user's.

    Args:
        entry: What to fetch.
        mirror: Where from; see `Entry.location`.
        patience: Seconds that the server may send nothing.

    Returns:
        The first file; yields bytes done and bytes in all, of all files together.

    Raises:
        PoseViewerError: See `fetch_file`.
    """
    before = 0
    for one in entry.single:
        with closing(fetch_file(one, mirror=mirror, patience=patience)) as steps:
            for done, total in steps:
                yield before + done, total + entry.bytes - one.bytes
        before += one.bytes
    return _place(entry.single[0])


def fetch_file(
    entry: Entry, *, mirror: str = "", patience: float = PATIENCE
) -> Generator[tuple[int, int], None, Path]:
    """Fetch the one file of an entry into the user's folder; yields bytes done and bytes in all.

    Closed early, it leaves what has come. The caller moves or removes the file that it returns.

    Args:
        entry: What to fetch.
        mirror: Where from; see `Entry.location`.
        patience: Seconds that the server may send nothing.

    Raises:
        PoseViewerError: It cannot be had, does not fit on the disk, or is another file.
    """
    address = entry.location(mirror)
    path = _place(entry)
    with _writing(entry, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab", buffering=0) as file:
            _reserve(entry, file)
            if not (_size(file) == entry.bytes and matches(entry, path)):
                yield from _fetched(entry, address, file, patience=patience)
    if not matches(entry, path):
        path.unlink()
        msg = (
            f"{redacted(address)} is not the file it should be (its hash is another), so it was "
            "removed; get it again, or from elsewhere."
        )
        raise PoseViewerError(msg)
    return path


def _place(entry: Entry) -> Path:
    return user_folder("data") / "downloads" / entry.name / entry.filename


def _fetched(
    entry: Entry, address: str, file: FileIO, *, patience: float
) -> Iterator[tuple[int, int]]:
    """Append what a file lacks, asking again as long as each answer brings some of it."""
    while True:
        before = _size(file)
        try:
            yield from _pieces(entry, address, file, patience=patience)
        except _OtherRangeError:
            file.truncate(0)
        except _CutError as cut:
            if _size(file) <= before:
                msg = f"{redacted(address)} cannot be fetched: {cut}."
                raise PoseViewerError(msg) from cut
        else:
            return


def _pieces(
    entry: Entry, address: str, file: FileIO, *, patience: float
) -> Iterator[tuple[int, int]]:
    """Append what one answer of the server has of what a file lacks."""
    done = _size(file)
    asked = {"User-Agent": f"PoseViewer/{__version__}", "Accept-Encoding": "identity"}
    if done:
        asked["Range"] = f"bytes={done}-"
    with _answer(address, asked, patience=patience) as answer:
        if done and answer.status == 200:
            # The server knows no ranges: from the beginning.
            file.truncate(0)
            done = 0
        elif done and not answer.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
            raise _OtherRangeError
        length = answer.length
        total = entry.bytes if length is None else done + length
        _check_size(entry, total, address)
        _check_room(entry, total - done + (0 if entry.ours else total), Path(file.name).parent)
        yield done, total
        while piece := _received(answer):
            done += len(piece)
            _check_size(entry, done, address)
            _append(file, piece)
            yield done, max(done, total)
    if length is not None and done < total:
        msg = f"the connection was cut off after {megabytes(done)}; what has come stays"
        raise _CutError(msg)


class _NoFTP(FTPHandler):
    """Refuses a server that sends on to FTP, which urllib would follow."""

    def ftp_open(self, req: Request) -> NoReturn:  # noqa: ARG002
        """Raise URLError."""
        msg = "the server sends on to another kind of address"
        raise URLError(msg)


@contextmanager
def _answer(address: str, headers: dict[str, str], *, patience: float) -> Iterator[HTTPResponse]:
    """The answer of a server that has the file, or the rest of it."""
    opener = build_opener(HTTPSHandler(context=_context()), _NoFTP())
    try:
        answer = opener.open(Request(address, headers=headers), timeout=patience)
    except HTTPError as error:
        with error:
            if error.code == 416 and "Range" in headers:
                raise _OtherRangeError from error
            reason = _REASONS.get(error.code, "the server does not give it")
            msg = f"{redacted(address)} cannot be fetched: {reason} ({error.code})."
            raise PoseViewerError(msg) from error
    except (OSError, HTTPException, ValueError) as error:
        raise _CutError(_reason(error)) from error
    with cast("HTTPResponse", answer) as response:
        yield response


def _received(answer: HTTPResponse) -> bytes:
    try:
        return answer.read1(_PIECE)
    except (OSError, HTTPException) as error:
        raise _CutError(_reason(error)) from error


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, ValueError):
        return "it, or the address that the server sends on to, is no address of the web"
    if isinstance(cause, TimeoutError):
        return "the server sends nothing; what has come stays, try again later"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "the server does not prove who it is (its certificate is not trusted here)"
    reason = getattr(cause, "strerror", None) or str(cause) or "the connection was cut off"
    return f"{reason}; what has come stays, see whether this machine is on the network"


def _context() -> ssl.SSLContext:
    """How to check who a server is."""
    context = ssl.create_default_context()
    there = next((path for path in _CERTIFICATES if Path(path).is_file()), None)
    if not context.get_ca_certs() and there is not None:
        context.load_verify_locations(there)
    return context


def _reserve(entry: Entry, file: FileIO) -> None:
    """Keep other processes from writing the same file."""
    if not try_lock(file.fileno()):
        msg = f"{entry.name} is being fetched already, by another PoseViewer."
        raise PoseViewerError(msg)


def _check_size(entry: Entry, size: int, address: str) -> None:
    if size > 2 * entry.bytes + _MARGIN:
        msg = (
            f"{redacted(address)} has {megabytes(size)} or more where {entry.name} has about "
            f"{megabytes(entry.bytes)}, so it is another file and was not fetched."
        )
        raise PoseViewerError(msg)


def _check_room(entry: Entry, needed: int, folder: Path) -> None:
    """See that what is still to come fits, and what is made of it."""
    free = shutil.disk_usage(folder).free
    if free < needed + _MARGIN:
        why = f"{megabytes(needed)} are needed and {megabytes(free)} are free"
        raise PoseViewerError(_full(entry, folder, why))


def _full(entry: Entry, folder: Path, why: str) -> str:
    return (
        f"{entry.name} does not fit on the disk ({why}): make room in {folder}, or set "
        "POSEVIEWER_HOME to another folder, and get it again."
    )


@contextmanager
def _writing(entry: Entry, path: Path) -> Iterator[None]:
    """Turn an `OSError` of the block into a sentence about the file that is written."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise PoseViewerError(_full(entry, path.parent, "it is full")) from error
        raise PoseViewerError(write_failure(path, error, fate="was not fetched")) from error


def matches(entry: Entry, path: Path) -> bool:
    """Whether a file has the hash that is known; true where none is."""
    kind, known = ("sha256", entry.sha256) if entry.sha256 else ("md5", entry.md5)
    with path.open("rb") as file:
        return not known or hashlib.file_digest(file, kind).hexdigest().startswith(known)


def _append(file: FileIO, piece: bytes) -> None:
    # A disk that fills up takes a part before it refuses.
    rest = memoryview(piece)
    while rest:
        rest = rest[file.write(rest) :]


def _size(file: FileIO) -> int:
    return os.fstat(file.fileno()).st_size


def megabytes(size: int) -> str:
    """A number of bytes, for people."""
    return f"{size / 1e6:.1f} MB"
