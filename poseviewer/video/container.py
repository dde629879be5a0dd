"""The one place where FFmpeg opens something to read, and what it may open from there.

A playlist, a session description or a concatenation script names further files and addresses,
which FFmpeg would open unasked: a stream could have a file of this machine read, and a file an
address called. Every opening therefore says which protocols it needs, and FFmpeg refuses all
others, however deep they are nested (FFmpeg's `protocol_whitelist`).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.format import formats_available

from poseviewer.core.errors import PoseViewerError
from poseviewer.video.picture_kinds import is_animated_png
from poseviewer.video.playlist import names_others

if TYPE_CHECKING:
    from collections.abc import Mapping

    from av.container import InputContainer

LOCAL = "file,crypto,data"
"""Protocols for a file: itself, files that it names, encrypted or written out in it."""

_WEB = "http,https,httpproxy,tcp,tls,crypto"
NETWORK = {
    "http": _WEB,
    "https": _WEB,
    "rtmp": "rtmp,tcp",
    "rtp": "rtp,udp",
    # Pictures come over the connection itself, see `StreamFeed`.
    "rtsp": "tcp",
    "rtsps": "tcp,tls",
    "srt": "srt",
    "tcp": "tcp",
    "udp": "udp",
}
"""Protocols that may follow from an address, by its scheme."""

_PLAYLISTS = {"applehttp", "concat", "dash", "hls", "imf", "sdp", "tty"}
"""Formats that a stream of bytes never has: they would call further addresses of its own kind."""

_PATIENCE = (5.0, 5.0)
"""Seconds for a playlist on the disk to open, and to give the next packet."""


def file_container(
    path: str | os.PathLike[str], *, options: Mapping[str, str] | None = None
) -> InputContainer:
    """Open a file; nothing that it names is looked for on the network.

    Args:
        path: The file.
        options: For FFmpeg's container.

    Raises:
        PoseViewerError: It only names other files or addresses, and none can be opened.
        av.FFmpegError: It cannot be opened.
        OSError: Likewise.
    """
    playlist = names_others(Path(path))
    try:
        return av.open(
            # A relative name with a colon would be taken for a protocol.
            os.path.abspath(path),
            "r",
            # FFmpeg takes one with a colour profile for a picture, and shows its first frame.
            format="apng" if is_animated_png(Path(path)) else None,
            container_options={**(options or {}), "protocol_whitelist": LOCAL},
            # One that names itself, or says that more will come, would be read forever.
            timeout=_PATIENCE if playlist else None,
        )
    except (av.FFmpegError, OSError) as error:
        if playlist:
            msg = (
                f"{os.path.basename(path)} cannot be opened: it names other files or addresses, "
                "and addresses on the network are not followed from a file; open one itself."
            )
            raise PoseViewerError(msg) from error
        raise


def address_container(
    address: str, *, options: Mapping[str, str], timeout: tuple[float, float]
) -> InputContainer:
    """Open an address of the network; no file of this machine is opened for it.

    Args:
        address: Its scheme is one of `NETWORK`.
        options: For FFmpeg's container and decoders.
        timeout: Seconds to wait for the connection, and for what comes then.

    Raises:
        KeyError: The scheme is unknown.
        av.FFmpegError: It cannot be opened.
        OSError: Likewise.
    """
    scheme, _, rest = address.partition(":")
    scheme = scheme.lower()
    allowed = NETWORK[scheme]
    limits = {"protocol_whitelist": allowed}
    if allowed != _WEB:
        limits["format_whitelist"] = ",".join(sorted(formats_available - _PLAYLISTS))
    return av.open(
        f"{scheme}:{rest}", "r", options=dict(options), container_options=limits, timeout=timeout
    )


def device_container(name: str, *, kind: str, options: Mapping[str, str]) -> InputContainer:
    """Open a device of this machine, such as a screen grabber; it may open nothing else.

    Args:
        name: As FFmpeg's device of this `kind` understands it.
        kind: FFmpeg's name of the device.
        options: For the device.

    Raises:
        ValueError: This build of FFmpeg has no such device.
        av.FFmpegError: It cannot be opened.
        OSError: Likewise.
    """
    limits = {"protocol_whitelist": "none"}
    return av.open(name, "r", format=kind, options=dict(options), container_options=limits)
