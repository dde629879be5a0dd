"""A video file whose frame N is the same pixels however it is reached.

Stepping forward decodes on; stepping back is served from a cache of decoded pictures, which
a second decoder fills ahead of need; jumping seeks to the key frame that the index names
and decodes up to the exact presentation time. A frame that is damaged beyond decoding
shows the picture before it, as a player would.
"""

from __future__ import annotations

import os
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.reading import reading
from poseviewer.core.video_choice import DEFAULT_CHOICE, VideoFacts
from poseviewer.video.colour import RgbConverter
from poseviewer.video.cursor import Cursor, DamageError
from poseviewer.video.deinterlace import Deinterlacer
from poseviewer.video.details import details
from poseviewer.video.picture_cache import PictureCache
from poseviewer.video.picture_header import check_picture_file
from poseviewer.video.source import Clip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.video.frame import VideoFrame

    from poseviewer.core.video_choice import VideoChoice
    from poseviewer.video.pts_index import PtsIndex

DEFAULT_CACHE = 128 * 2**20
"""Bytes of decoded pictures to hold: about 40 frames of full HD."""

_PICTURE_BYTES = 6
"""Of a pixel as it is decoded and as it is shown."""
_LARGEST_CHUNK = 120
_LOOKED_AT = 8
"""Pictures decoded at once on opening: what they are, the first alone may not show."""
_BACK_STEP = 16
"""A miss this little behind the last frame read is a step back, not a jump."""
_FOLLOWING = 2
"""Pictures after the last one decoded that count as at hand."""
_PLAYED = 16
"""Pictures held of a clip that plays on. The decoder uses the memory of forgotten ones again,
while a new one costs some 340 page faults at 720p, a fifth of the whole time; `prefetch` brings
back more once the clip is paused."""
_PREFETCH_PICTURES = 6
"""Pictures decoded by one call of `prefetch`: a few milliseconds."""


class FileClip(Clip):
    """A video file."""

    def __init__(
        self,
        location: str,
        *,
        choice: VideoChoice = DEFAULT_CHOICE,
        cache_bytes: int = DEFAULT_CACHE,
    ) -> None:
        """Open and index a file.

        Args:
            location: Path of the file.
            choice: Which of its streams, and what is done to interlaced frames.
            cache_bytes: Decoded pictures to hold, bytes.

        Raises:
            PoseViewerError: It cannot be opened, is no video, has no such stream, or no frame of
                it can be decoded.
        """
        self.location = os.fspath(location)
        self.name = os.path.basename(self.location)
        with reading(self.name, kind="a video"):
            check_picture_file(Path(self.location))
        self._choice = choice
        self._forward = Cursor(self.location, track=choice.track)
        width, height = self._forward.coded_size
        MemoryBudget(self.name).take(_PICTURE_BYTES * width * height)
        self._back: Cursor | None = None
        self._cache = PictureCache(cache_bytes)
        self._job: tuple[int, int, Iterator[None]] | None = None
        self._fields: Deinterlacer | None = None
        self._whole: tuple[int, list[VideoFrame]] = (-1, [])
        self._last_read = self._last_index = 0
        self._played = 0
        first, interlaced = self._look_ahead()
        self._shape = self._forward.pixel_shape
        # FFmpeg hands out the fields of HEVC one by one, as pictures of half the height.
        apart = interlaced and self.codec == "hevc"
        if apart:
            self._shape, interlaced = (self._shape or 1) * Fraction(1, 2), False
        with reading(self.name, kind="a video"):
            self._converter = RgbConverter(first, shape=self._shape)
        room = self._cache.room_for(first)
        self._chunk = max(1, min(_LARGEST_CHUNK, room // 3))
        both = interlaced and choice.deinterlace == "field"
        self._per_picture = 2 if both else 1
        if choice.deinterlace != "off" and not apart:
            self._fields = Deinterlacer(order=self._forward.field_order, both=both)
        self.size, self.rate = self._converter.size, self.index.rate * self._per_picture
        if self.index.cut_short:
            seconds = float(self.end(len(self) - 1) - self.time(0).exact)
            self.notice = (
                f"{self.name} breaks off: the {len(self)} frames ({seconds:.1f} s) that can be "
                "read are shown."
            )
        self.video = VideoFacts(
            choice,
            self._forward.track,
            tuple((one.number, str(one)) for one in self._forward.tracks),
            interlaced,
        )
        self.details = details(
            self.index,
            self.video,
            first,
            shape=self._shape,
            apart=apart,
            asked=choice.track is not None,
        )

    def _look_ahead(self) -> tuple[VideoFrame, bool]:
        """Decode the first pictures; return the first one, and whether any is interlaced.

        Packets that turn out not to be frames one for one are indexed anew.
        """
        found = self._first_pictures()
        numbers = [number for number, _ in found]
        holes = numbers != list(range(numbers[0], numbers[0] + len(numbers)))
        interlaced = self._forward.field_order > 1 or any(one.interlaced_frame for _, one in found)
        # Damage makes holes too, but those of fields in packets of their own are in any file.
        if holes and (interlaced or not self._forward.careful):
            self._forward.close()
            self._forward = Cursor(
                self.location,
                track=self._choice.track,
                careful=self._forward.careful,
                distrust=True,
            )
            found = self._first_pictures()
        start = found[0][0]
        self._drop_undecodable(start)
        key = self.index.key
        for number, picture in found:
            # With care a frame has one start only.
            if not self._forward.careful or key[number - start] == key[0]:
                self._cache.put(number - start, picture)
        return found[0][1], interlaced

    def _first_pictures(self) -> list[tuple[int, VideoFrame]]:
        """Decode the first pictures.

        Raises:
            PoseViewerError: There is none.
        """
        try:
            found = self._advance(_LOOKED_AT)
        except DamageError:
            self._become_careful()
            found = self._advance(_LOOKED_AT)
        if not found:
            self._forward.close()
            msg = f"{self.name} holds no picture that can be decoded: the file is damaged."
            raise PoseViewerError(msg)
        return found

    def _advance(self, count: int) -> list[tuple[int, VideoFrame]]:
        return list(islice(iter(self._forward.advance, None), count))

    def _drop_undecodable(self, first: int) -> None:
        """Leave out frames before the first picture: a cut left them without a key frame."""
        if first > 0:
            self._forward.index = self._forward.index.starting_at(first)
            self._forward.next -= first

    @property
    def index(self) -> PtsIndex:
        """When every frame is shown."""
        return self._forward.index

    @property
    def shifts(self) -> tuple[Fraction, ...]:
        """Seconds added to the container's times in each part; empty where its clock goes on."""
        return self.index.shifts

    @property
    def codec(self) -> str:
        """The codec's name, such as `h264`."""
        return self._forward.codec

    def __len__(self) -> int:
        """Return the number of frames that can be read."""
        return len(self.index) * self._per_picture

    def time(self, index: int) -> Timestamp:
        """Return the container's time of frame `index`."""
        self._check(index)
        if self._per_picture == 1:
            return Timestamp(int(self.index.pts[index]), self.index.time_base)
        picture, second = divmod(index, 2)
        ticks = 2 * int(self.index.pts[picture])
        if second:
            ticks = int(self.index.pts[picture]) + self._ends(picture)
        return Timestamp(ticks, self.index.time_base / 2)

    def end(self, index: int) -> Fraction:
        """Return when frame `index` leaves the screen, in seconds of the container's clock."""
        self._check(index)
        if index < len(self) - 1:
            return self.time(index + 1).exact
        return self.index.end * self.index.time_base

    def _ends(self, picture: int) -> int:
        last = picture == len(self.index) - 1
        return int(self.index.end if last else self.index.pts[picture + 1])

    def read(self, index: int) -> Frame:
        """Return frame `index`, exactly."""
        self._check(index)
        number, second = divmod(index, self._per_picture)
        self._played = self._played + 1 if index == self._last_index + 1 else 0
        picture = self._picture(number)
        shape = self.index.shape(number)
        shape = self._shape if shape is None else shape
        if self._fields is not None and self._fields.needed(picture):
            whole = self._made_whole(number)
            picture = whole[min(second, len(whole) - 1)]
        self._last_read, self._last_index = number, index
        with reading(self.name, kind="a video"):
            pixels = self._converter.convert(picture, shape=shape)
        return Frame(pixels, index, self.time(index))

    def _picture(self, number: int) -> VideoFrame:
        """Return a picture as the decoder gave it."""
        picture = self._cache.get(number)
        if picture is None:
            picture = self._fetch(number)
            if self._played > _PLAYED:
                self._cache.trim(_PLAYED)
        return picture

    def _made_whole(self, number: int) -> list[VideoFrame]:
        """Return the whole frames of an interlaced picture."""
        assert self._fields is not None
        if self._whole[0] != number:
            while True:
                careful = self._forward.careful
                # In this order, so that playing decodes on.
                around = [
                    self._picture(at) if 0 <= at < len(self.index) else None
                    for at in (number - 1, number, number + 1)
                ]
                # Damage met on the way changes how all of them are decoded.
                if careful == self._forward.careful:
                    break
            before, picture, after = around
            assert picture is not None
            made = self._fields.frames(number, picture, before=before, after=after)
            self._whole = number, made
        return self._whole[1]

    def at_hand(self, index: int) -> bool:
        """Return whether frame `index` is decoded, or the decoder is right before it."""
        number = index // self._per_picture
        near = self._forward.last is not None and 0 <= number - self._forward.next < _FOLLOWING
        return number in self._cache or near

    def prefetch(self, index: int) -> bool:
        """Decode a few pictures before `index` into the cache; whether more is left to do."""
        self._played = 0
        low = index = -(-index // self._per_picture)
        while low > 0 and low - 1 in self._cache:
            low -= 1
            if index - low >= self._chunk:
                return False
        if low == 0:
            return False
        if self._job is None or self._job[1] != low - 1:
            self._job = self._start_job(low - 1)
        try:
            for _ in range(_PREFETCH_PICTURES):
                if next(self._job[2], self) is self:
                    self._job = None
                    break
        except DamageError:
            self._become_careful()
        return True

    def close(self) -> None:
        """Give the file back; safe to call twice."""
        self._job = None
        self._whole = -1, []
        if self._fields is not None:
            self._fields.forget()
        self._forward.close()
        if self._back is not None:
            self._back.close()
        self._cache.clear()

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self):
            msg = f"{self.name} has frames 0 to {len(self) - 1}, not {index}"
            raise IndexError(msg)

    def _fetch(self, index: int) -> VideoFrame:
        """Decode up to frame `index`, keeping what comes shortly before it."""
        try:
            self._decode(index)
        except DamageError:
            self._become_careful()
            self._decode(index)
        picture = self._cache.get(index)
        if picture is None:
            msg = f"{self.name} cannot be read at frame {index}: the file is damaged there."
            raise PoseViewerError(msg)
        return picture

    def _become_careful(self) -> None:
        """Decode in the way that treats damage alike every time, from now on."""
        index = self._forward.index
        self.close()
        self._back = None
        track = self._choice.track
        self._forward = Cursor(self.location, track=track, index=index, careful=True)

    def _decode(self, index: int) -> None:
        """Bring frame `index` into the cache, by the decoder that is nearer to it."""
        if self._last_read - _BACK_STEP <= index < self._last_read:
            if self._job is not None and self._job[0] <= index <= self._job[1]:
                _exhaust(self._job[2])
            self._job = None
            if index not in self._cache:
                _exhaust(self._start_job(index)[2])
        else:
            low = self._segment(index - self._chunk + 1, index)
            _exhaust(self._run(self._forward, low, index, first=index))

    def _start_job(self, high: int) -> tuple[int, int, Iterator[None]]:
        """Return a run of the second decoder over the chunk of frames that ends at `high`."""
        careful = self._forward.careful
        if self._back is None:
            self._back = Cursor(
                self.location, track=self._choice.track, index=self.index, careful=careful
            )
        low = max(0, high - self._chunk + 1)
        if careful:
            low = self._segment(low, high)
        return low, high, self._run(self._back, low, high, first=low)

    def _segment(self, low: int, high: int) -> int:
        """Return the first frame, no earlier than `low`, with the same start of decoding as `high`.

        Concealment may depend on the start, so with care each frame has one start only.
        """
        index = self._forward.index
        return max(0, low, int(np.searchsorted(index.key, index.key[high])))

    def _run(self, cursor: Cursor, low: int, high: int, *, first: int) -> Iterator[None]:
        """Decode until frame `high` is held, keeping frames from `low` on; pauses at each picture.

        What lies before `first` is kept only where it lies on the way.
        A missing frame is given the nearest picture before it. Where decoding cannot begin
        at a key frame, it begins at earlier and earlier ones, so that the answer does not
        depend on where the cursor came from.
        """
        index = cursor.index
        self._approach(cursor, first, high)
        wanted = key = cursor.key
        step = 1
        while True:
            before, held_to = cursor.last, cursor.next
            found = cursor.advance()
            number = len(index) if found is None else found[0]
            missed = before is None and (number > high or cursor.missed(found and found[0]))
            if missed and key > 0:
                key, step = max(0, key - step), step * 2
                cursor.seek(key)
                # The frames that follow in this group are reached from here as well.
                cursor.key = wanted
                continue
            if found is not None and number >= low:
                self._cache.put(number, found[1])
            stand_in = before or (found[1] if found and key == 0 else None)
            if stand_in is not None:
                for missing in range(max(low, held_to), min(number, high + 1)):
                    self._cache.put(missing, stand_in)
            if number >= high:
                return
            yield

    @staticmethod
    def _approach(cursor: Cursor, first: int, high: int) -> None:
        """Bring the cursor to where frames `first` to `high` can be decoded, by the shorter way."""
        key = int(cursor.index.key[high])
        near = cursor.key == key if cursor.careful else cursor.index.first_of(key) <= cursor.next
        if cursor.last is None or cursor.next > first or not near:
            cursor.seek(int(cursor.index.key[first]))


def _exhaust(run: Iterator[None]) -> None:
    for _ in run:
        pass
