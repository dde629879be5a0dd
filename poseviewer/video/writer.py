"""A video file being written, H.264 or VP9: true times, sound copied, whole or not at all.

Choices that last:
- libx264 veryfast, CRF 18, yuv420p, BT.709 converted and tagged: opens everywhere.
- 4:2:0 needs even sides, so an odd picture gains one column or row that repeats its edge;
  every pixel of it is kept. (4:4:4 would need no padding, but browsers and QuickTime refuse it.)
- Times are written in the source's own units, relative to the first frame. MP4 and MOV keep
  them exactly; Matroska rounds to a millisecond.
"""

from __future__ import annotations

import contextlib
import errno
import os
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import av
import cv2
import numpy as np
from av.codec.codec import UnknownCodecError
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import OutputSet, write_failure
from poseviewer.video.container import file_container
from poseviewer.video.encoders import software
from poseviewer.video.sound import open_sound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av.packet import Packet
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

    from poseviewer.core.frame import Timestamp
    from poseviewer.core.timeline import Piece
    from poseviewer.video.encoders import Encoder
    from poseviewer.video.sound import Sound
    from poseviewer.video.sound_encoder import EncodedSound

FORMATS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}

QUALITIES = {"high": 18, "medium": 23, "small": 28}
"""x264's CRF by what a person calls it."""

_LASTING = {
    # Pieces while it is written, an ordinary file when it is finished.
    "mp4": {"movflags": "hybrid_fragmented", "frag_duration": "500000", "flush_packets": "1"},
    "matroska": {"cluster_time_limit": "500", "flush_packets": "1"},
}
_LASTING |= {"mov": _LASTING["mp4"], "webm": _LASTING["matroska"]}
"""What makes a file that can be played, but for its last half second, whenever its writer dies."""

_BT709 = 1
_LIMITED = 1
_CHROMA = Interpolation.AREA | Interpolation.FULL_CHR_H_INP
"""The colour of four pixels is their mean: half the work of FFmpeg's usual way, and nearer."""

_KEY_SECONDS = 2
"""Key frames at least this often, so that what is exported can be scrubbed."""


class ClipWriter:
    """A video file being written under a temporary name; `finish` gives it its own.

    As a context manager it finishes on leaving, or aborts when an exception passes. Where it is
    one of several outputs of a job, `outputs` gives it its name, together with them.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        size: tuple[int, int],
        time_base: Fraction,
        rate: float = 0.0,
        source: str | None = None,
        sound_end: Fraction | None = None,
        sound_shifts: Sequence[Fraction] = (),
        sound_pieces: Sequence[Piece] = (),
        crf: int = 18,
        preset: str = "veryfast",
        threads: int | None = None,
        lasting: bool = False,
        comment: str = "",
        encoder: Encoder | None = None,
        outputs: OutputSet | None = None,
    ) -> None:
        """Begin a file.

        Args:
            path: What it will be called: .mp4, .mov, .mkv, or .webm, which has VP9.
            size: Width and height of every frame.
            time_base: Seconds per unit of the frames' times.
            rate: Average frames per second, for the encoder's budget only; 0 if unknown.
            source: File whose sound goes along from the first frame written: copied packet for
                packet where the file can hold it, else encoded anew.
            sound_end: When on the source's clock the sound stops; None for its own end.
            sound_shifts: Seconds to add to the times of the sound in each part of the source.
            sound_pieces: When what is heard, in seconds of the file, where that differs from the
                source's own times.
            crf: Quality as x264 counts it, 0 (lossless) to 51.
            preset: x264's preset.
            threads: Of the encoder and of what converts for it; as many as they like where None.
            lasting: Keep what was written when the disk is full or fails: written in pieces
                that can be played without the rest, for what cannot be made again.
            comment: What the file says about how it was made, besides by which encoder.
            encoder: What encodes the pictures; software where None. Hardware that fails at the
                start gives way to software, and `notice` says so.
            outputs: The outputs that it is one of; on its own where None.

        Raises:
            PoseViewerError: The ending is unknown, or the folder cannot be written to.
        """
        self.path = Path(path)
        self._size, self._time_base = size, time_base
        self._origin: int | None = None
        self._last, self._written = -1, 0
        self._done = self._broken = False
        self._lasting = lasting
        self._reformatter = VideoReformatter()
        form = FORMATS.get(self.path.suffix.lower())
        if form is None:
            msg = f"{self.path.name} cannot be written: name it .mp4, .mov, .mkv or .webm."
            raise PoseViewerError(msg)
        folder = self.path.parent
        # FFmpeg would notice only when the first frame is written.
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise self._failure(OSError(errno.EACCES, "no access"))
        self._outputs = outputs or OutputSet(kind="recording" if lasting else "export")
        self._alone = outputs is None
        self._sound: Sound | EncodedSound | None = None
        self._form, self._encoder = form, encoder or software(form)
        self._given_up = ""
        self._held: list[tuple[av.VideoFrame, Timestamp]] | None = None
        """Frames that hardware has taken without giving anything back; None where it has."""
        self._fps = Fraction(rate).limit_denominator(1001) if rate > 0 else Fraction(30)
        self._crf, self._preset, self._threads = crf, preset, threads
        self._comment = comment

        self._source = None
        if source is not None:
            self._source = partial(
                open_sound, source, end=sound_end, shifts=sound_shifts, pieces=sound_pieces
            )
        try:
            self._partial = self._outputs.file(self.path)
            self._open_container()
        except (av.FFmpegError, OSError) as error:
            if self._alone:
                self._outputs.discard()
            raise self._failure(error) from error
        try:
            self._open_streams()
        except BaseException:
            self.abort()
            raise

    def _open_container(self) -> None:
        # A finer clock than milliseconds for where the sound begins.
        options = {"movie_timescale": "90000"} if self._form in ("mp4", "mov") else {}
        if self._lasting:
            options |= _LASTING[self._form]
        path = os.path.abspath(self._partial)
        self._out = av.open(path, "w", format=self._form, options=options)

    def _open_streams(self) -> None:
        """Add picture and sound; the encoder gives way to software if there is no such one."""
        encoder = f"encoder: {self._encoder.words}"
        self._out.metadata["comment"] = "; ".join(filter(None, (self._comment, encoder)))
        try:
            self._add_picture()
        except (av.FFmpegError, UnknownCodecError):
            if not self._encoder.hardware:
                raise
            self._fall_back()
            return
        self._sound = self._source(out=self._out) if self._source else None
        self._held = [] if self._encoder.hardware else None

    def _fall_back(self) -> None:
        """Begin anew in software, with the frames that hardware has swallowed."""
        failed, self._encoder = self._encoder, software(self._form)
        self._broken = False
        self._given_up = f"{failed.title} failed, so {self.path.name} was encoded in software."
        held, self._held = self._held or [], None
        if self._sound:
            self._sound.close()
        with contextlib.suppress(av.FFmpegError, OSError):
            self._out.close()
        self._open_container()
        self._open_streams()
        self._origin, self._last, self._written = None, -1, 0
        for frame, time in held:
            self.write_converted(frame, time=time)

    @property
    def frames(self) -> int:
        """How many frames were written."""
        return self._written

    @property
    def notice(self) -> str | None:
        """Why the sound is missing or the encoder another one; None where all is as asked."""
        sound = self._sound.notice if self._sound else None
        return " ".join(filter(None, (self._given_up, sound))) or None

    def __enter__(self) -> Self:
        """Return the writer itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        """Finish, or abort when an exception passes."""
        if kind is None:
            self.finish()
        else:
            self.abort()

    def write(self, pixels: NDArray[np.uint8], *, time: Timestamp) -> None:
        """Write one frame.

        Args:
            pixels: H x W x 3 RGB of the size promised.
            time: When it is shown on the source's clock; later than the frame before.

        Raises:
            ValueError: The size or the time is wrong.
            PoseViewerError: The disk is full or failed; the half file is gone.
        """
        self.write_converted(self.converted(pixels), time=time)

    def converted(self, pixels: NDArray[np.uint8]) -> av.VideoFrame:
        """A frame as the encoder takes it; may be called by one other thread than writes.

        Args:
            pixels: H x W x 3 RGB of the size promised; they are free for others afterwards.

        Raises:
            ValueError: The size is wrong.
        """
        if pixels.shape != (self._size[1], self._size[0], 3):
            msg = f"expected {self._size[1]} x {self._size[0]} x 3 pixels, got {pixels.shape}"
            raise ValueError(msg)
        height, width = pixels.shape[:2]
        if width % 2 or height % 2:
            padded = cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
            pixels = np.asarray(padded, np.uint8)
        # Not copied: the conversion reads it and is done.
        frame = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(pixels), format="rgb24")
        converted = self._reformatter.reformat(
            frame,
            format=self._encoder.pixel_format,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=_CHROMA,
            threads=self._threads or 0,
        )
        converted.colorspace = converted.color_primaries = converted.color_trc = _BT709
        converted.color_range = _LIMITED
        return converted

    def write_converted(self, frame: av.VideoFrame, *, time: Timestamp) -> None:
        """Write one frame that `converted` gave.

        Raises:
            ValueError: The time is wrong.
            PoseViewerError: The disk is full or failed; the half file is gone.
        """
        pts = self._units(time)
        if self._origin is None:
            self._origin = pts
            if self._sound:
                self._sound.begin(pts * self._time_base)
        pts -= self._origin
        if pts <= self._last:
            msg = f"frame times must rise: {pts} follows {self._last}"
            raise ValueError(msg)
        self._last = pts
        if frame.format.name != self._encoder.pixel_format:
            # It was converted for hardware that has given way to software.
            frame = frame.reformat(format=self._encoder.pixel_format)
        frame.pts, frame.time_base = pts, self._time_base
        if self._held is not None:
            self._held.append((frame, time))
        try:
            packets = self._encoded(frame)
            if packets is None:
                return
            self._out.mux(packets)
            if self._sound:
                self._sound.copy_until(pts * self._time_base)
        except (av.FFmpegError, OSError) as error:
            self._give_up()
            raise self._failure(error) from error
        self._written += 1

    def _encoded(self, frame: av.VideoFrame | None) -> list[Packet[VideoStream]] | None:
        """Encode a frame, or what is held back; None where all frames were written in software."""
        try:
            packets = self._stream.encode(frame)
        except av.FFmpegError:
            self._broken = self._encoder.hardware
            if self._held is None:
                raise
            self._fall_back()
            return None
        if packets:
            self._held = None
        return packets

    def finish(self) -> None:
        """Complete the file and, where it is the only output, give it its name.

        Raises:
            PoseViewerError: No frame was written, or the disk is full or failed; nothing is left.
        """
        if self._done:
            return
        if not self._written:
            self.abort()
            msg = f"{self.path.name} was not written: there was no frame to write."
            raise PoseViewerError(msg)
        try:
            packets = self._encoded(None)
            if packets is None:
                packets = self._stream.encode(None)
            self._out.mux(packets)
            if self._sound:
                self._sound.copy_rest()
                self._sound.close()
            self._out.close()
            if self._alone:
                (self.path,) = self._outputs.commit()
        except (av.FFmpegError, OSError) as error:
            self._give_up()
            raise self._failure(error) from error
        self._done = True

    def abort(self) -> None:
        """Stop and remove what was written; safe to call at any time."""
        if self._done:
            return
        self._done = True
        if self._sound:
            self._sound.close()
        with contextlib.suppress(av.FFmpegError, OSError):
            self._out.close()
        if self._alone:
            self._outputs.discard()

    def _give_up(self) -> None:
        """Keep what is there after a failure if it is to last, else remove it."""
        if self._lasting and self._written and not self._done:
            self._done = True
            with contextlib.suppress(av.FFmpegError, OSError):
                self._out.close()
            with contextlib.suppress(OSError):
                if self._alone:
                    (self.path,) = self._outputs.commit()
        else:
            self.abort()

    def _add_picture(self) -> None:
        width, height = (side + side % 2 for side in self._size)
        self._stream = self._encoder.add_to(
            self._out, size=(width, height), fps=self._fps, crf=self._crf, preset=self._preset
        )
        coder = self._stream.codec_context
        coder.time_base = self._time_base
        if not self._encoder.hardware:
            coder.thread_count = self._threads or 0
        coder.gop_size = max(1, round(float(self._fps) * _KEY_SECONDS))
        if self._lasting:
            # Frames in order: else a piece would need the next one to begin at its true time.
            coder.max_b_frames = 0
        coder.colorspace = coder.color_primaries = coder.color_trc = _BT709
        coder.color_range = _LIMITED

    def _units(self, time: Timestamp) -> int:
        if time.time_base == self._time_base:
            return time.pts
        return round(time.exact / self._time_base)

    def _failure(self, error: Exception) -> PoseViewerError:
        """Return the error as a sentence for the person."""
        if self._broken:
            return PoseViewerError(
                f"{self.path.name} was not written: {self._encoder.title} failed after "
                f"{self._written} frames; choose the encoder software."
            )
        fate = "ends early" if self._lasting and self._written else "was not written"
        return PoseViewerError(write_failure(self.path, error, fate=fate))


def holds_picture(path: Path) -> bool:
    """Whether a video, whole or cut off, holds a picture that can be decoded."""
    try:
        with file_container(path) as container:
            return next(container.decode(video=0), None) is not None
    except (av.FFmpegError, OSError, IndexError):
        return False
