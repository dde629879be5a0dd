"""High dynamic range and wide gamut, mapped to what an ordinary screen shows.

Signal to light by ITU-R BT.2100-2 (PQ: table 4; HLG: table 5, with the system gamma of a display of
1000 cd/m2) or BT.1886; brightness by the EETF of BT.2390-11 (section 5.4.1) to the 203 cd/m2 of
reference white in BT.2408-7; primaries from BT.2020 to BT.709 by BT.2087-0; light to signal by the
inverse of BT.1886. The whole mapping is one table of colours.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import av
import numpy as np
from av.filter import Graph

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

Transfer = Literal["PQ", "HLG", "wide gamut"]

_WHITE = 203.0
"""cd/m2 of white in ordinary range."""
_BRIGHTEST = 1000.0
"""cd/m2 of the display that a picture was made for, where it does not say."""
_PQ, _HLG = 16, 18
_PLAIN = frozenset({1, 6, 14, 15})
_BT2020 = 9
"""Numbers of ISO/IEC 23091-2: transfer characteristics, colour primaries."""
_LEVEL = 8
"""Of the table as a picture: 64 steps a channel, 512 x 512 pixels."""

# BT.2087-0, table 4.
_TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
)
_LUMA = np.array([0.2627, 0.6780, 0.0593])
_GAMMA = 2.4


def transfer_of(picture: VideoFrame) -> Transfer | None:
    """Return which mapping a picture needs; None for ordinary colours."""
    if picture.color_trc == _PQ:
        return "PQ"
    if picture.color_trc == _HLG:
        return "HLG"
    if picture.color_primaries == _BT2020 and picture.color_trc in _PLAIN:
        return "wide gamut"
    return None


class ToneMapper:
    """The table of one stream, applied by FFmpeg."""

    def __init__(self, transfer: Transfer) -> None:
        """Make nothing yet; the first picture says how large they are."""
        self._table = table(transfer)
        self._graph: Graph | None = None
        self._size = (0, 0)
        self._turn = 0

    @classmethod
    def of(cls, first: VideoFrame) -> ToneMapper | None:
        """Return the mapping that a stream with this first picture needs, or None."""
        transfer = transfer_of(first)
        return None if transfer is None else cls(transfer)

    def mapped(self, picture: VideoFrame) -> VideoFrame:
        """Map a picture of the format rgb48le."""
        size = picture.width, picture.height
        if self._graph is None or self._size != size:
            self._graph, self._size = self._build(size), size
        self._turn += 1
        picture.pts, picture.time_base = self._turn, Fraction(1)
        self._graph.vpush(picture, at=0)
        return self._graph.vpull()

    def _build(self, size: tuple[int, int]) -> Graph:
        graph = Graph()
        graph.threads = 1
        once = Fraction(1)
        sources = [
            graph.add_buffer(
                width=width, height=height, format=av.VideoFormat("rgb48le"), time_base=once
            )
            for width, height in (size, (512, 512))
        ]
        mapping, sink = graph.add("haldclut"), graph.add("buffersink")
        for pad, source in enumerate(sources):
            source.link_to(mapping, 0, pad)
        mapping.link_to(sink)
        graph.configure()
        colours = av.VideoFrame.from_ndarray(self._table, format="rgb48le")
        colours.pts, colours.time_base = 0, once
        graph.vpush(colours, at=1)
        graph.vpush(None, at=1)
        return graph


@lru_cache(maxsize=3)
def table(transfer: Transfer) -> NDArray[np.uint16]:
    """Return the colours of a mapping as a picture (512, 512, 3), red the fastest."""
    steps = np.linspace(0.0, 1.0, _LEVEL**2)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    shown = mapping(np.stack([red, green, blue], -1).reshape(-1, 3), transfer)
    side = _LEVEL**3
    return np.rint(shown * 65535).astype(np.uint16).reshape(side, side, 3)


def mapping(signal: NDArray[np.float64], transfer: Transfer) -> NDArray[np.float64]:
    """Map colours.

    Args:
        signal: (n, 3) red, green and blue as coded, 0 to 1, with the primaries of BT.2020.
        transfer: How light was coded.

    Returns:
        (n, 3) as an ordinary screen is given them, BT.709, 0 to 1.
    """
    if transfer == "wide gamut":
        light = signal**_GAMMA
    else:
        nits = 10_000 * pq_light(signal) if transfer == "PQ" else hlg_nits(signal)
        most = np.maximum(nits.max(-1, keepdims=True), 1e-6)
        # One factor for the three channels leaves the hue as it is.
        light = nits * (_less_bright(most) / most) / _WHITE
    return np.asarray(np.clip(light @ _TO_709.T, 0, 1) ** (1 / _GAMMA))


def pq_light(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return light as a part of 10,000 cd/m2 (BT.2100-2, table 4, EOTF)."""
    root = signal ** (1 / _M2)
    return (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1)


def pq_signal(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the signal of light, a part of 10,000 cd/m2 (BT.2100-2, table 4)."""
    root = light**_M1
    return ((_C1 + _C2 * root) / (1 + _C3 * root)) ** _M2


def hlg_nits(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return light in cd/m2 of a display of 1000 cd/m2 (BT.2100-2, table 5: inverse OETF, OOTF)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    luma = np.maximum(scene @ _LUMA, 1e-9)[..., None]
    return np.asarray(_BRIGHTEST * luma**0.2 * scene)


_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32


def _less_bright(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what 0 to 1000 cd/m2 become on a screen of 203 (BT.2390-11, section 5.4.1)."""
    source = float(pq_signal(np.array(_BRIGHTEST / 10_000)))
    goal = float(pq_signal(np.array(_WHITE / 10_000))) / source
    knee = 1.5 * goal - 0.5
    level = np.minimum(pq_signal(nits / 10_000) / source, 1)
    t = (level - knee) / (1 - knee)
    bent = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (-2 * t**3 + 3 * t**2) * goal
    )
    return 10_000 * pq_light(np.where(level < knee, level, bent) * source)
