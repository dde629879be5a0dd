"""One sequential analysis in the file of its clip: written as it goes, read where it is seen."""

from __future__ import annotations

import json
import zlib
from bisect import bisect_right
from collections import OrderedDict
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from threading import RLock
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import mapping, number, whole, word
from poseviewer.runtime.factories import model_info
from poseviewer.runtime.saved.coding import (
    CHUNK,
    Chunk,
    encoded,
    encoded_measures,
    read_curves,
    read_measures,
)
from poseviewer.runtime.saved.columns import Frames, unfold
from poseviewer.runtime.saved.file import ClipFacts
from poseviewer.runtime.saved.identity import MadeWith, made_with
from poseviewer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.history import Curves
    from poseviewer.runtime.saved.coding import Measures
    from poseviewer.runtime.saved.file import SavedFile
    from poseviewer.runtime.state import ModelInfo, ResultKey

PERIOD = 0.3
"""Seconds between two transactions of an analysis: what a killed process loses, at most."""

_CACHED = 8
"""Rows of the file that are held decoded."""

_MOST_FRAMES = 1 << 32


@dataclass(frozen=True, slots=True)
class _Row:
    """Where some frames lie in the file."""

    first: int
    count: int
    begin: int
    """The first frame that no row before has."""
    measured_by: str


class SavedAnalysis:
    """What the file of a clip holds under one set of choices; called from any thread.

    Args:
        file: Of the clip.
        key: The choices.
    """

    def __init__(self, file: SavedFile, key: ResultKey) -> None:
        self._file, self._key = file, key
        self._lock = RLock()
        self._made: MadeWith | None = None
        self._row: int | None = None
        """Of the analysis that is gone on with."""
        self._begin = -1
        self._full: list[list[FrameResult]] = []
        self._open: list[FrameResult] = []
        """Frames of the last row, which is replaced until it is full."""
        self._settings: dict[int, str] = {}
        """By frame, what those frames were measured by."""
        self._due = 0.0
        self._written = -1
        """The frame after the last one that is in the file."""

    # Reading --------------------------------------------------------------------------------

    def load(
        self, start: int | None = None, *, beyond: int = -1, begun: bool = False
    ) -> Archive | None:
        """What there is of an analysis; None where there is none, or it cannot be read.

        Args:
            start: A frame that it must have or come to next; None for the longest one.
            beyond: It must come further than to this frame.
            begun: Whether `start` must be its first frame.
        """
        try:
            made = self._found()
            with self._file.reading() as connection:
                if connection is None:
                    return None
                rows = connection.execute(
                    "SELECT id, begin, next, engine, state FROM analyses WHERE key = ? "
                    "ORDER BY next - begin DESC LIMIT 1000",
                    (made.key,),
                ).fetchall()
                for row in rows:
                    begin, next_ = _span(row, frames=self._file.clip.frames)
                    there = start is None or begin <= start <= next_
                    if next_ > beyond and there and not (begun and begin != start):
                        return Archive(self._file, row, made.model)
        except (PoseViewerError, OSError):
            # A network whose weights are gone has its sentence elsewhere, as the file has.
            pass
        return None

    def _found(self) -> MadeWith:
        if self._made is None:
            self._made = made_with(self._key)
        return self._made

    # Writing --------------------------------------------------------------------------------

    def go_on(self, archive: Archive) -> None:
        """Write what comes next behind what was saved."""
        with self._lock:
            self._begin, self._row, self._written = archive.begin, archive.number, archive.next
            self._full, self._open = [], []

    def restart(self) -> None:
        """Drop what is not written yet: another analysis begins."""
        with self._lock:
            self._begin, self._row, self._written = -1, None, -1
            self._full, self._open = [], []

    def add(self, result: FrameResult, *, begin: int, measured_by: str) -> None:
        """Take the next result of an analysis, to be written with others.

        Args:
            result: Measured, without maps and pixels.
            begin: First frame of the analysis.
            measured_by: What it was measured by.
        """
        if self._file.refused:
            return
        with self._lock:
            self._begin = begin
            self._open.append(result)
            self._settings[result.frame.index] = measured_by
            if len(self._open) == CHUNK:
                self._full.append(self._open)
                self._open = []

    @property
    def due(self) -> bool:
        """Whether what was taken should be written now."""
        return monotonic() >= self._due

    def write(self, state: dict[str, Any], *, next_: int, engine: str) -> None:
        """Write what was taken in one transaction; where that fails, a sentence was said.

        Args:
            state: What an analysis that goes on needs, after the last result.
            next_: The frame after that.
            engine: What ran the network.
        """
        with self._lock:
            if self._file.refused or next_ == self._written or not (self._full or self._open):
                return
            begin, chunks = self._begin, [*self._full, *([self._open] if self._open else [])]
        packed = zlib.compress(json.dumps(state).encode(), 1)
        rows = [(chunk[0].frame.index, len(chunk), self._by(chunk), encoded(chunk))
                for chunk in chunks]  # fmt: skip
        # A window that writes at the moment is done by the next time.
        with suppress(PoseViewerError, OSError):
            made = self._found()
            with self._file.writing() as connection:
                where = made.key, begin
                connection.execute(
                    "DELETE FROM analyses WHERE key = ? AND begin = ? AND engine <> ?",
                    (*where, engine),
                )
                connection.execute(
                    "INSERT INTO analyses (key, begin, next, choices, engine, program, state, "
                    "changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key, begin) DO UPDATE "
                    "SET next = excluded.next, state = excluded.state, changed = excluded.changed, "
                    "program = excluded.program WHERE excluded.next > analyses.next",
                    (*where, next_, made.choices, engine, __version__, packed, time()),
                )
                (row,) = connection.execute(
                    "SELECT id FROM analyses WHERE key = ? AND begin = ?", where
                ).fetchone()
                if self._row not in (None, row):
                    msg = "The saved results were removed meanwhile; the rest is not saved."
                    raise PoseViewerError(msg)
                connection.executemany(
                    "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                    "count = excluded.count, measured_by = excluded.measured_by, "
                    "curves = excluded.curves, measures = excluded.measures, "
                    "poses = excluded.poses, detail = excluded.detail "
                    "WHERE excluded.count > chunks.count",
                    [(row, first, count, by, b.curves, b.measures, b.poses, b.detail)
                     for first, count, by, b in rows],
                )  # fmt: skip
            with self._lock:
                self._row, self._written = row, next_
                written = {chunk[0].frame.index for chunk in chunks}
                for chunk in self._full:
                    if chunk[0].frame.index in written:
                        for result in chunk:
                            del self._settings[result.frame.index]
                self._full = [c for c in self._full if c[0].frame.index not in written]
        self._due = monotonic() + PERIOD

    def _by(self, chunk: Sequence[FrameResult]) -> str:
        """What all frames of a row were measured by; empty where they differ."""
        found = {self._settings[result.frame.index] for result in chunk}
        return found.pop() if len(found) == 1 else ""

    def measured_again(
        self, results: Iterator[FrameResult], archive: Archive, *, by: str
    ) -> Curves:
        """Replace what was measured of saved frames; where that fails, it is measured again later.

        Args:
            results: Of all frames of `archive`, measured, in order.
            archive: Theirs.
            by: What they were measured by.

        Returns:
            What is plotted and listed of them.

        Raises:
            PoseViewerError: They cannot be read.
        """
        chunks, updates, angles = [], [], 0
        for row in archive.rows:
            frames = min(row.first + row.count, archive.next) - row.begin
            chunk = list(islice(results, frames))
            curves, measures = encoded_measures(chunk)
            chunks.append((row.begin, frames, curves, slice(0, frames)))
            # Rows that overlap were written by two windows at the same time.
            if row.begin == row.first:
                updates.append((by, curves, measures, archive.number, row.first, frames))
            angles = len(chunk[0].angles.specs)
        if not self._file.refused:
            with suppress(PoseViewerError), self._file.writing() as connection:
                connection.executemany(
                    "UPDATE chunks SET measured_by = ?, curves = ?, measures = ? "
                    "WHERE analysis = ? AND first = ? AND count = ?",
                    updates,
                )
        return read_curves(chunks, angles=angles)


def _span(row: Sequence[Any], *, frames: int) -> tuple[int, int]:
    """First frame of an analysis, and the one after its last; raise ValueError if it has none."""
    begin = whole(row[1], "a frame", low=0, high=_MOST_FRAMES)
    return begin, whole(row[2], "a frame", low=begin + 1, high=frames)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file says of one analysis."""

    number: int
    begin: int
    next: int
    """The frame after the last one."""
    choices: dict[str, Any]
    """Network, hashes of its weights, engine and all else that it was made with."""
    engine: str
    """What ran the network."""
    program: str
    """The version of the program that wrote it last."""
    changed: float
    """When, seconds since 1970."""

    @property
    def network(self) -> str:
        """Name of the network."""
        return str(self.choices["network"])


def entries(file: SavedFile) -> tuple[ClipFacts, tuple[Entry, ...]]:
    """What a file says of its clip and of all its analyses, the longest first.

    Raises:
        PoseViewerError: It cannot be read; a damaged one is set aside.
    """
    with file.reading() as connection:
        if connection is None:
            msg = f"There are no saved results in {file.path}."
            raise PoseViewerError(msg)
        row = connection.execute(
            "SELECT identity, name, location, width, height, rate, frames, seconds FROM clip"
        ).fetchone()
        identity, name, location = (word(value, "the clip") for value in row[:3])
        width, height = (whole(value, "a size", low=1, high=1 << 20) for value in row[3:5])
        clip = ClipFacts(
            identity,
            name,
            location,
            (width, height),
            number(row[5], "a rate", low=0, high=1e6),
            whole(row[6], "a count", low=1, high=_MOST_FRAMES),
            number(row[7], "a duration", low=0, high=1e12),
        )
        found = []
        for row in connection.execute(
            "SELECT id, begin, next, choices, engine, program, changed FROM analyses "
            "ORDER BY next - begin DESC LIMIT 1000"
        ):
            begin, end = _span(row, frames=clip.frames)
            choices = mapping(json.loads(word(row[3], "the choices", longest=1 << 16)), "choices")
            word(choices["network"], "a network")
            changed = number(row[6], "a date", low=0, high=1e11)
            engine, program = word(row[4], "an engine"), word(row[5], "a version")
            found.append(Entry(row[0], begin, end, choices, engine, program, changed))
        return clip, tuple(found)


def archive_of(file: SavedFile, entry: Entry) -> Archive:
    """The frames of an analysis; the network is not needed, but its card is.

    Raises:
        PoseViewerError: There is no such network any more, or the file cannot be read.
    """
    from poseviewer.models import registry

    model = model_info(registry.card(entry.network))
    with file.reading() as connection:
        assert connection is not None
        row = connection.execute(
            "SELECT id, begin, next, engine, state FROM analyses WHERE id = ?", (entry.number,)
        ).fetchone()
        if row is None:
            msg = f"The results of {entry.network} were removed meanwhile."
            raise PoseViewerError(msg)
        return Archive(file, row, model)


class Archive:
    """The frames of an analysis that was saved; a frame is decoded when it is looked at.

    Args:
        file: Of the clip.
        row: id, begin, next, engine and state of the analysis.
        model: The network.

    Raises:
        ValueError: A value is not what it should be.
    """

    def __init__(self, file: SavedFile, row: Sequence[Any], model: ModelInfo) -> None:
        self.number: int = row[0]
        self.begin: int = row[1]
        self.next: int = row[2]
        """The frame after its last one."""
        self.engine = word(row[3], "an engine")
        self.model = model
        self.state = mapping(json.loads(unfold(row[4])), "the state")
        self._file = file
        self._decoded: OrderedDict[int, _Decoded] = OrderedDict()
        with file.reading() as connection:
            assert connection is not None
            found = connection.execute(
                "SELECT first, count, measured_by FROM chunks WHERE analysis = ? ORDER BY first",
                (self.number,),
            ).fetchall()
        self.rows = tuple(self._covering(found))
        self._begins = [row.begin for row in self.rows]
        self.measured_by = self.rows[0].measured_by
        """What its frames were measured by; empty where they differ."""
        if any(row.measured_by != self.measured_by for row in self.rows):
            self.measured_by = ""

    def __len__(self) -> int:
        """Return the number of frames."""
        return self.next - self.begin

    def _covering(self, found: Sequence[tuple[int, int, str]]) -> Iterator[_Row]:
        """The rows that together have every frame once."""
        at = self.begin
        for first, count, by in found:
            whole(first, "a frame", low=self.begin, high=_MOST_FRAMES)
            whole(count, "a count", low=1, high=CHUNK)
            if first > at:
                break
            end = min(first + count, self.next)
            if end > at:
                yield _Row(first, count, at, by)
                at = first + count
        if at < self.next:
            msg = "some frames are missing"
            raise ValueError(msg)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Within it, a value that is not what it should be sets the file aside.

        Raises:
            PoseViewerError: There was one.
        """
        with self._file.reading():
            yield

    def curves(self, *, angles: int) -> Curves:
        """What is plotted and listed of all frames.

        Args:
            angles: How many are measured.

        Raises:
            PoseViewerError: It cannot be read.
        """
        with self._file.reading() as connection:
            assert connection is not None
            query = "SELECT first, count, curves FROM chunks WHERE analysis = ?"
            found = {first: rest for first, *rest in connection.execute(query, (self.number,))}
            chunks = []
            for row in self.rows:
                # Another window may have added frames to the row.
                count, block = found[row.first]
                whole(count, "a count", low=row.count, high=CHUNK)
                wanted = slice(row.begin - row.first, min(row.count, self.next - row.first))
                chunks.append((row.first, count, block, wanted))
            return read_curves(chunks, angles=angles)

    def at(self, index: int) -> FrameResult | None:
        """The raw result of a frame; None where the analysis has not got it.

        Raises:
            PoseViewerError: It cannot be read.
        """
        if not self.begin <= index < self.next:
            return None
        with self._file.reading():
            return self._row(index).whole(index)

    def measures(self, index: int, *, specs: tuple[AngleSpec, ...]) -> Measures:
        """What was measured of a frame.

        Args:
            index: Of the frame.
            specs: The angles that were measured.

        Raises:
            PoseViewerError: It cannot be read.
        """
        with self._file.reading():
            return self._row(index).measures(index, specs)

    def raw(self) -> Iterator[FrameResult]:
        """The results of all frames in order, as far as angles are measured of them.

        Raises:
            PoseViewerError: They cannot be read.
        """
        for index in range(self.begin, self.next):
            with self._file.reading():
                result = self._row(index).chunk.raw(index)
            yield result

    def _row(self, index: int) -> _Decoded:
        row = self.rows[bisect_right(self._begins, index) - 1]
        decoded = self._decoded.pop(row.first, None)
        if decoded is None:
            decoded = self._read(row)
        self._decoded[row.first] = decoded
        while len(self._decoded) > _CACHED:
            self._decoded.popitem(last=False)
        return decoded

    def _read(self, row: _Row) -> _Decoded:
        with self._file.reading() as connection:
            found = None if connection is None else connection.execute(
                "SELECT count, curves, measures, poses, detail FROM chunks "
                "WHERE analysis = ? AND first = ?",
                (self.number, row.first),
            ).fetchone()  # fmt: skip
            if found is None:
                msg = f"The saved results of {self._file.clip.name} were removed meanwhile."
                raise PoseViewerError(msg)
            # Another window may have added frames to the row.
            count, curves, measures, poses, detail = found
            whole(count, "a count", low=row.count, high=CHUNK)
            skeleton = self.model.skeleton
            return _Decoded(
                Chunk(row.first, count, skeleton=skeleton, poses=poses),
                row.first, count, Frames(detail, frames=count), curves,
                Frames(measures, frames=count),
            )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Decoded:
    """One row of the file."""

    chunk: Chunk
    first: int
    count: int
    detail: Frames
    curves: bytes
    measured: Frames

    def whole(self, index: int) -> FrameResult:
        """The raw result of a frame."""
        return self.chunk.whole(index, self.detail)

    def measures(self, index: int, specs: tuple[AngleSpec, ...]) -> Measures:
        """What was measured of a frame."""
        at = index - self.first
        poses = self.chunk.raw(index).poses
        return read_measures(
            self.curves, self.measured, at, frames=self.count, specs=specs, poses=poses
        )
