"""One picture of a frame, the stages of some joints, and angles up to now.

The frame is drawn as everywhere (`draw.scene`), the tiles are those of the window
(`draw.stage_mosaic`), and the curves have the window's strokes and colours (`draw.curve`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor, isnan
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.series import unwrapped
from poseviewer.core.stage import grouped
from poseviewer.draw.colour import CASING, MIDDLE, angle_rgb, mixed, side_colour
from poseviewer.draw.curve import degree_range, thin, trace
from poseviewer.draw.kinds import painter_of
from poseviewer.draw.primitives import LABEL_ADVANCE, Dot, Label, Line, Scene
from poseviewer.draw.raster import paint
from poseviewer.draw.stage_mosaic import stage_mosaic
from poseviewer.draw.tiles import shape_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.composite import Composite
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec
    from poseviewer.draw.colour import Colour
    from poseviewer.draw.curve import Curve
    from poseviewer.draw.primitives import Item
    from poseviewer.draw.stage_mosaic import StageMosaic
    from poseviewer.draw.tile import Row

CANVAS: Colour = (20, 22, 26)
_PANEL: Colour = (27, 30, 36)
_INK: Colour = (232, 235, 240)
_MUTED: Colour = (140, 148, 160)

_ROOM = 0.02
"""Of the shorter side: what is left free around and between the panels."""

_GAP = 2.5
"""Steps longer than this many usual ones are gaps of a curve."""

_DASH = 7.0
"""Pixels of a dash, and of the gap after it."""

_LEAST = 20
"""Pixels of a side of a plot below which it is left out."""

# Sub-pixel bits of OpenCV's drawing functions.
_SHIFT = 4
_ONE = 1 << _SHIFT


@dataclass(frozen=True, slots=True)
class Panel:
    """An upright part of the picture, whole pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of an array of the picture."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)


@dataclass(frozen=True, slots=True)
class Panels:
    """Where everything lies."""

    frame: Panel
    stages: Panel
    plot: Panel | None
    """None where no angle is shown."""


def panels(composite: Composite, *, aspect: float) -> Panels:
    """Divide the picture of a layout.

    Args:
        composite: The layout and the size.
        aspect: Width over height of the frame, which takes no more room than it fills.
    """
    width, height = composite.size
    room = max(4, round(_ROOM * min(width, height)))
    whole = Panel(room, room, width - 2 * room, height - 2 * room)
    plot = bool(composite.angles)
    if composite.layout == "side":
        share = min(max(aspect * whole.height / whole.width, 0.3), 0.62)
        left, right = _split(whole, share, room=room, upright=False)
        stages, curves = _split(right, 0.64, room=room) if plot else (right, None)
        return Panels(left, stages, curves)
    if composite.layout == "presenter":
        top, below = _split(whole, 0.66, room=room)
        stages, curves = _split(below, 0.6, room=room, upright=False) if plot else (below, None)
        return Panels(top, stages, curves)
    share = min(max(whole.width / aspect / whole.height, 0.3), 0.55 if plot else 0.65)
    top, below = _split(whole, share, room=room)
    stages, curves = _split(below, 0.6, room=room) if plot else (below, None)
    return Panels(top, stages, curves)


def _split(panel: Panel, share: float, *, room: int, upright: bool = True) -> tuple[Panel, Panel]:
    """Divide a panel in two, one above the other (or beside it), with room between them."""
    if upright:
        first = round(share * (panel.height - room))
        rest = panel.height - first - room
        return (
            Panel(panel.x, panel.y, panel.width, first),
            Panel(panel.x, panel.y + first + room, panel.width, rest),
        )
    first = round(share * (panel.width - room))
    rest = panel.width - first - room
    return (
        Panel(panel.x, panel.y, first, panel.height),
        Panel(panel.x + first + room, panel.y, rest, panel.height),
    )


@dataclass(eq=False)
class Composer:
    """Composes the pictures of a clip, frame after frame.

    Args:
        composite: What is shown.
        frame_size: Width and height of the clip's frames.
        stages: Of the network.
        gate: Joints below this confidence are weak.
        colormap: Of beliefs.
        span: First and last second of the clip: the width of the plot.
    """

    composite: Composite
    frame_size: tuple[int, int]
    stages: Sequence[StageSpec]
    gate: float
    colormap: str
    span: tuple[float, float]
    _seconds: list[float] = field(default_factory=list)
    _degrees: list[list[float]] = field(default_factory=list)
    _specs: tuple[AngleSpec, ...] = ()
    _limits: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        """Lay out the picture."""
        self.panels = panels(self.composite, aspect=self.frame_size[0] / self.frame_size[1])
        """Where everything lies."""
        self._groups = grouped(self.stages)
        self._rows = rows_of(self.stages, self.composite.joints)
        width, height = self.composite.size
        self._scale = max(0.6, float(np.sqrt(width * height)) / 960)

    def compose(
        self, pixels: NDArray[np.uint8], result: FrameResult | None, *, seconds: float
    ) -> NDArray[np.uint8]:
        """Compose one picture.

        Args:
            pixels: The frame as it is drawn, H x W x 3 RGB.
            result: What was found, with the maps of every stage; None where nothing was.
            seconds: When the frame is shown.

        Returns:
            A new array (height, width, 3) of the composite's size.
        """
        width, height = self.composite.size
        picture = np.empty((height, width, 3), np.uint8)
        picture[:] = CANVAS
        _fit(pixels, picture, self.panels.frame)
        if result is not None and self._rows:
            self._paint(picture, self._stages(picture, result))
        if self.panels.plot is not None:
            self._note(result, seconds)
            self._plot(picture, self.panels.plot, seconds)
        return picture

    @property
    def frame_area(self) -> tuple[int, int, int, int]:
        """Where the frame lies: left, top, width and height, pixels of the picture."""
        return _inside(self.panels.frame, self.frame_size)

    def with_frame(
        self, picture: NDArray[np.uint8], pixels: NDArray[np.uint8]
    ) -> NDArray[np.uint8]:
        """A composed picture with another frame in place of its own, as a new array."""
        made = picture.copy()
        _fit(pixels, made, self.panels.frame)
        return made

    # -- stages -----------------------------------------------------------------------------

    def _stages(self, picture: NDArray[np.uint8], result: FrameResult) -> list[Item]:
        panel, scale = self.panels.stages, self._scale
        shape = shape_of(result)
        if shape is None:
            return []
        letters = 9.0 * scale
        head = round(2.6 * letters)
        side = round(
            max(len(row.label) for row in self._rows) * LABEL_ADVANCE * letters + 1.6 * letters
        )
        gap = max(2, round(3 * scale))
        columns, rows = len(self._groups), len(self._rows)
        width = min(
            (panel.width - side - (columns - 1) * gap) / columns,
            (panel.height - head - (rows - 1) * gap) / rows / shape,
        )
        tile = max(8, floor(width)), max(8, floor(width * shape))
        made = stage_mosaic(
            result,
            rows=self._rows,
            groups=self._groups,
            columns=range(columns),
            tile=tile,
            gap=gap,
            colormap=self.colormap,
            span="row",
            gate=self.gate,
            background=_word(CANVAS),
        )
        high, wide = made.pixels.shape
        x = panel.x + side + max(0, (panel.width - side - wide) // 2)
        y = panel.y + head + max(0, (panel.height - head - high) // 2)
        colours = made.pixels.view(np.uint8).reshape(high, wide, 4)[..., 2::-1]
        there = picture[y : y + high, x : x + wide]
        there[:] = colours[: there.shape[0], : there.shape[1]]
        items: list[Item] = []
        for column, group in enumerate(self._groups):
            middle = x + column * (tile[0] + gap) + tile[0] / 2
            text = _fitting(group.title, tile[0] / letters)
            items.append(Label((middle, y - head / 2), text, 9.0, _INK, "centre", 0.0))
        for number, row in enumerate(self._rows):
            at = y + number * (tile[1] + gap) + tile[1] / 2
            colour = _INK if row.side == "middle" else side_colour(row.side)
            items.append(Label((float(x - gap), at), row.label, 9.0, colour, "right", 0.0))
        return items + _marks(made, origin=(x, y), tile=tile, gap=gap, scale=scale)

    # -- angles -----------------------------------------------------------------------------

    def _note(self, result: FrameResult | None, seconds: float) -> None:
        """Add the values of one frame to the curves; gaps where there is nobody."""
        wanted = self.composite.angles
        if result is not None and not self._specs:
            self._specs = tuple(s for s in result.angles.specs if s.name in wanted)
        values = [np.nan] * len(wanted)
        if result is not None and len(result.angles.degrees):
            names = [spec.name for spec in result.angles.specs]
            for place, name in enumerate(wanted):
                if name in names:
                    values[place] = float(result.angles.degrees[0, names.index(name)])
        self._seconds.append(seconds)
        self._degrees.append(values)

    def _plot(self, picture: NDArray[np.uint8], panel: Panel, now: float) -> None:
        scale = self._scale
        letters = 8.0 * scale
        picture[panel.slices] = _PANEL
        inner = Panel(
            panel.x + round(4.2 * letters),
            panel.y + round(3.2 * letters),
            panel.width - round(5.4 * letters),
            panel.height - round(6.4 * letters),
        )
        if inner.width < _LEAST or inner.height < _LEAST:
            return
        names = self.composite.angles
        table = np.array(self._degrees, np.float64).reshape(-1, len(names))
        curves = self._curves(np.array(self._seconds), table, columns=inner.width)
        low, high = degree_range(curves)
        if any(len(curve.degrees) for curve in curves):
            # Limits only widen, so that curves never jump.
            before = self._limits or (low, high)
            self._limits = min(low, before[0]), max(high, before[1])
        axes = _Axes(inner, self._limits or (low, high), self.span)
        self._paint(picture, _grid_items(axes, letters=letters))
        for curve, name in zip(curves, names, strict=True):
            _draw_curve(picture, curve, name, axes=axes)
        values = table[-1].tolist()
        self._paint(picture, _now_items(axes, names, values, now=now, letters=letters))

    def _curves(
        self, seconds: NDArray[np.float64], table: NDArray[np.float64], *, columns: int
    ) -> list[Curve]:
        """The strokes of every angle up to now, unwrapped."""
        specs = {spec.name: spec for spec in self._specs}
        limit = _GAP * float(np.median(np.diff(seconds))) if len(seconds) > 1 else 1.0
        curves = []
        for place, name in enumerate(self.composite.angles):
            degrees, period = table[:, place], 360
            if (spec := specs.get(name)) is not None:
                period = spec.period
                degrees = unwrapped(seconds, degrees, period=period, limit=limit, reach=spec.reach)
            curve = trace(seconds, degrees, limit=limit, period=period)
            curves.append(thin(curve, columns=columns))
        return curves

    def _paint(self, picture: NDArray[np.uint8], items: list[Item]) -> None:
        paint(Scene(self.composite.size, tuple(items), self._scale), picture)


def rows_of(stages: Sequence[StageSpec], joints: Sequence[str]) -> tuple[Row, ...]:
    """The rows of tiles: those of the joints, or the one of all of them.

    Args:
        stages: Of the network.
        joints: Names of joints; those that the network lacks are left out.
    """
    if not stages:
        return ()
    spec = stages[grouped(stages)[-1].last]
    together, *each = painter_of(spec.kind).rows(spec)
    chosen = [row for joint in joints for row in each if row.name == joint]
    return tuple(chosen) or (together,)


def _inside(panel: Panel, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where a frame of `size` lies in the middle of a panel, as large as it fits."""
    scale = min(panel.width / size[0], panel.height / size[1])
    width, height = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    x = panel.x + (panel.width - width) // 2
    return x, panel.y + (panel.height - height) // 2, width, height


def _fit(pixels: NDArray[np.uint8], picture: NDArray[np.uint8], panel: Panel) -> None:
    """Put a frame into the middle of a panel, as large as it fits."""
    x, y, width, height = _inside(panel, (pixels.shape[1], pixels.shape[0]))
    mode = cv2.INTER_AREA if width < pixels.shape[1] else cv2.INTER_LINEAR
    sized = cv2.resize(pixels, (width, height), interpolation=mode)
    picture[y : y + height, x : x + width] = sized


def _marks(
    made: StageMosaic,
    *,
    origin: tuple[int, int],
    tile: tuple[int, int],
    gap: int,
    scale: float,
) -> list[Item]:
    """A ring at each peak, and the value of each tile."""
    items: list[Item] = []
    marks = made.marks
    roomy = tile[0] >= 64 * scale
    for row, line in enumerate(marks.values.tolist()):
        for column, value in enumerate(line):
            x = origin[0] + column * (tile[0] + gap)
            y = origin[1] + row * (tile[1] + gap)
            u, v = marks.peaks[row, column].tolist()
            strong = bool(marks.strong[row, column])
            if 0 <= u <= 1 and 0 <= v <= 1:
                # Pixel-centred: the left edge of the first pixel of a tile lies at -0.5.
                at = x + u * tile[0] - 0.5, y + v * tile[1] - 0.5
                ink = MIDDLE if strong else _MUTED
                items.append(Dot(at, 5.0, None, CASING, 2.8, 0.6))
                items.append(Dot(at, 5.0, None, ink, 1.3))
            if roomy and not isnan(value):
                corner = x + tile[0] - 3.0 * scale, y + tile[1] - 8.5 * scale
                ink = _INK if strong else _MUTED
                items.append(Label(corner, f"{value:.2f}", 7.0, ink, "right", 0.5))
    return items


@dataclass(frozen=True, slots=True)
class _Axes:
    """Where seconds and degrees lie in the picture."""

    inner: Panel
    limits: tuple[float, float]
    span: tuple[float, float]

    def x(self, seconds: NDArray[np.floating] | float) -> NDArray[np.float64]:
        start, end = self.span if self.span[1] > self.span[0] else (self.span[0], self.span[0] + 1)
        across = (np.asarray(seconds, np.float64) - start) / (end - start)
        return np.asarray(self.inner.x + np.clip(across, 0, 1) * self.inner.width)

    def y(self, degrees: NDArray[np.floating] | float) -> NDArray[np.float64]:
        low, high = self.limits
        up = (np.asarray(degrees, np.float64) - low) / (high - low)
        return np.asarray(self.inner.y + (1 - up) * self.inner.height)


def _grid_items(axes: _Axes, *, letters: float) -> list[Item]:
    """The lines of the degrees, and their figures."""
    inner, (low, high) = axes.inner, axes.limits
    faint = mixed(_PANEL, _INK, 0.14)
    step = 30 if high - low <= 180 else 90
    items: list[Item] = []
    for mark in range(int(np.ceil(low / step)) * step, int(high) + 1, step):
        y = float(axes.y(mark))
        items.append(Line((inner.x, y), (inner.x + inner.width, y), faint, 0.8))
        items.append(Label((inner.x - 0.4 * letters, y), f"{mark}°", 6.5, _MUTED, "right", 0.0))
    return items


def _now_items(
    axes: _Axes, names: Sequence[str], values: Sequence[float], *, now: float, letters: float
) -> list[Item]:
    """The cursor with its time, and the value of every angle at it."""
    inner = axes.inner
    bottom, x = inner.y + inner.height, float(axes.x(now))
    text = f"{now - axes.span[0]:.2f} s"
    half = len(text) / 2 * LABEL_ADVANCE * letters
    at = min(max(x, inner.x + half), inner.x + inner.width - half), bottom + 1.6 * letters
    items: list[Item] = [
        Line((x, inner.y), (x, bottom), mixed(_PANEL, _INK, 0.7), 1.2),
        Label(at, text, 6.5, _INK, "centre", 0.0),
    ]
    left = float(inner.x)
    for name, value in zip(names, values, strict=True):
        words = f"{name} {value:.0f}°" if np.isfinite(value) else f"{name} -"
        at = left, inner.y - 1.6 * letters
        items.append(Label(at, words, 7.0, angle_rgb(name), "left", 0.0))
        left += (len(words) + 2.5) * LABEL_ADVANCE * letters
    return items


def _draw_curve(picture: NDArray[np.uint8], curve: Curve, name: str, *, axes: _Axes) -> None:
    """Draw the strokes of an angle; those of a left side are dashed, as in the window."""
    places = np.column_stack([axes.x(curve.seconds), axes.y(curve.degrees)])
    ends = np.flatnonzero(curve.joined == 0) + 1
    pieces = [run for run in np.split(places, ends) if len(run) > 1]
    if name.startswith("left "):
        pieces = [dash for run in pieces for dash in _dashes(run)]
    fixed = [np.rint(piece * _ONE).astype(np.int32) for piece in pieces]
    thick = max(1, round(np.sqrt(axes.inner.width * axes.inner.height) / 260))
    cv2.polylines(picture, fixed, False, angle_rgb(name), thick, cv2.LINE_AA, _SHIFT)


def _dashes(run: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Cut a run of points (n, 2) into dashes of even length, by the length along it."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(run, axis=0).T))])
    pieces = []
    for start in np.arange(0.0, along[-1], 2 * _DASH):
        cuts = np.clip([start, start + _DASH], 0, along[-1])
        ends = [[float(np.interp(at, along, axis)) for axis in run.T] for at in cuts]
        between = run[(along > cuts[0]) & (along < cuts[1])]
        pieces.append(np.vstack([ends[0], *between, ends[1]]))
    return pieces


def _fitting(title: str, letters: float) -> str:
    """A stage's title, or its last word where the rest finds no room."""
    return title if len(title) * LABEL_ADVANCE <= letters else title.rpartition(" ")[2]


def _word(colour: Colour) -> int:
    r, g, b = colour
    return 0xFF000000 | r << 16 | g << 8 | b
