"""Network addresses without their secrets: the only form that is shown, written or stored."""

from __future__ import annotations

import re

_SCHEME = r"[a-zA-Z][a-zA-Z0-9+.-]+"
_ADDRESS = re.compile(rf"({_SCHEME})://(.*)", re.DOTALL)
# A slip of the pen, such as rtsp:/name:password@host, is no reason to show the password.
_SLIP = re.compile(rf"({_SCHEME}):/?([^/\s:@]*:[^/\s]*@.*)", re.DOTALL)
# Up to the last @ of what may be name and password, which may hold spaces; then up to a space.
_IN_TEXT = re.compile(rf"{_SCHEME}://(?:[^/?#\n]*@)?[^\s\"'<>]*")
_STOP = ".,:;!?)"

# Parameters of cameras and of FFmpeg's protocols that choose a picture or a way of sending.
_HARMLESS = re.compile(
    r"(buffer_size|ch|channel|codec|compression|fifo_size|fps|height|latency|localaddr|listen|mode"
    r"|pkt_size|profile|quality|rate|reuse|resolution|size|stream|streamtype|subtype|timeout"
    r"|transport|ttl|videocodec|width)(=[\w.-]{0,16})?",
    re.IGNORECASE,
)


def redacted(location: str) -> str:
    """Return a location without user name, password and what else may be secret.

    Of an address go the part before `@`, every parameter that is not known to be harmless, and
    the fragment; a path, `camera:0` or another location stays as it is. A secret within the path
    cannot be distinguished from a name and stays.

    Args:
        location: As `poseviewer.video.open.open_source` takes it.
    """
    found = _ADDRESS.fullmatch(location) or _SLIP.fullmatch(location)
    if found is None:
        return location
    scheme, rest = found[1], found[2]
    between = location[len(scheme) : found.start(2)]
    end = min((at for sign in "/?#" if (at := rest.find(sign)) >= 0), default=len(rest))
    host = rest[:end]
    if "@" in host:
        rest = rest[host.rfind("@") + 1 :]
    elif "@" in rest and not _is_host(host):
        # The password itself holds one of the signs that would end it.
        rest = rest[rest.rfind("@") + 1 :]
    path, mark, query = rest.partition("#")[0].partition("?")
    harmless = "&".join(part for part in query.split("&") if _HARMLESS.fullmatch(part))
    return f"{scheme}{between}{path}{mark if harmless else ''}{harmless}"


def redacted_text(text: str) -> str:
    """Return a text with every address in it redacted."""
    if ":" not in text:
        return text
    return _IN_TEXT.sub(_redact_match, text)


def _redact_match(found: re.Match[str]) -> str:
    address = found[0].rstrip(_STOP)
    return redacted(address) + found[0][len(address) :]


def _is_host(text: str) -> bool:
    """Return whether this is a host with or without a port, rather than a name with a password."""
    host, _, port = text.rpartition(":")
    return not host or port.isdigit() or text.endswith("]") or not port
