"""One picture of a frame, the stages of some joints, and angles up to now.

The frame is drawn as everywhere (`draw.scene`), the tiles are those of the window
(`draw.stage_mosaic`), and the curves have the window's strokes and colours (`draw.angle_plot`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, isnan
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.stage import grouped, main_stage
from poseviewer.draw.angle_plot import AnglePlot
from poseviewer.draw.colour import CASING, MIDDLE, side_colour
from poseviewer.draw.kinds import painter_of
from poseviewer.draw.panel import CANVAS, INK, MUTED, Panel
from poseviewer.draw.primitives import LABEL_ADVANCE, Dot, Label, Scene
from poseviewer.draw.raster import paint
from poseviewer.draw.stage_mosaic import stage_mosaic
from poseviewer.draw.tiles import shape_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.composite import Composite
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec
    from poseviewer.draw.colour import Colour
    from poseviewer.draw.primitives import Item
    from poseviewer.draw.stage_mosaic import StageMosaic
    from poseviewer.draw.tile import Row

_AVERAGED = 0.7
"""Scale below which the pixels of a frame are averaged."""

_ROOM = 0.02
"""Of the shorter side: what is left free around and between the panels."""


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
        span: First and last second that are shown: the width of the plot.
        origin: Second of the clip's first frame.
    """

    composite: Composite
    frame_size: tuple[int, int]
    stages: Sequence[StageSpec]
    gate: float
    colormap: str
    span: tuple[float, float]
    origin: float = 0.0

    def __post_init__(self) -> None:
        """Lay out the picture."""
        self.panels = panels(self.composite, aspect=self.frame_size[0] / self.frame_size[1])
        """Where everything lies."""
        self._groups = grouped(self.stages)
        self._rows = rows_of(self.stages, self.composite.joints)
        width, height = self.composite.size
        self._scale = max(0.6, float(np.sqrt(width * height)) / 960)
        self._base = np.full((height, width, 3), CANVAS, np.uint8)
        """What stays from picture to picture: the ground, and the curves up to now."""
        self._picture = np.empty_like(self._base)
        self._plot: AnglePlot | None = None
        if (panel := self.panels.plot) is not None:
            names = self.composite.angles
            self._plot = AnglePlot(
                panel, names, size=(width, height), span=self.span, scale=self._scale,
                origin=self.origin,
            )  # fmt: skip

    def compose(
        self, pixels: NDArray[np.uint8], result: FrameResult | None, *, seconds: float
    ) -> NDArray[np.uint8]:
        """Compose one picture.

        Args:
            pixels: The frame as it is drawn, H x W x 3 RGB.
            result: What was found, with the maps of every stage; None where nothing was.
            seconds: When the frame is shown.

        Returns:
            An array (height, width, 3) of the composite's size; valid until the next.
        """
        if self._plot is not None:
            self._plot.add(result, seconds=seconds, base=self._base)
        picture = self._picture
        np.copyto(picture, self._base)
        _fit(pixels, picture, self.panels.frame)
        if result is not None and self._rows:
            self._paint(picture, self._stages(picture, result))
        if self._plot is not None:
            self._plot.draw(picture)
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
        words = made.pixels.view(np.uint8).reshape(high, wide, 4)
        colours = cv2.cvtColor(words, cv2.COLOR_BGRA2RGB)
        there = picture[y : y + high, x : x + wide]
        there[:] = colours[: there.shape[0], : there.shape[1]]
        items: list[Item] = []
        for column, group in enumerate(self._groups):
            middle = x + column * (tile[0] + gap) + tile[0] / 2
            text = _fitting(group.title, tile[0] / letters)
            items.append(Label((middle, y - head / 2), text, 9.0, INK, "centre", 0.0))
        for number, row in enumerate(self._rows):
            at = y + number * (tile[1] + gap) + tile[1] / 2
            colour = INK if row.side == "middle" else side_colour(row.side)
            items.append(Label((float(x - gap), at), row.label, 9.0, colour, "right", 0.0))
        return items + _marks(made, origin=(x, y), tile=tile, gap=gap, scale=scale)

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
    spec = stages[main_stage(stages)]
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
    # Averaging over areas takes ten times as long, and shows only where much is left out.
    mode = cv2.INTER_AREA if width < _AVERAGED * pixels.shape[1] else cv2.INTER_LINEAR
    there = picture[y : y + height, x : x + width]
    cv2.resize(pixels, (width, height), dst=there, interpolation=mode)


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
                ink = MIDDLE if strong else MUTED
                items.append(Dot(at, 5.0, None, CASING, 2.8, 0.6))
                items.append(Dot(at, 5.0, None, ink, 1.3))
            if roomy and not isnan(value):
                corner = x + tile[0] - 3.0 * scale, y + tile[1] - 8.5 * scale
                ink = INK if strong else MUTED
                items.append(Label(corner, f"{value:.2f}", 7.0, ink, "right"))
    return items


def _fitting(title: str, letters: float) -> str:
    """A stage's title, or its last word where the rest finds no room."""
    return title if (len(title) + 1) * LABEL_ADVANCE <= letters else title.rpartition(" ")[2]


def _word(colour: Colour) -> int:
    r, g, b = colour
    return 0xFF000000 | r << 16 | g << 8 | b
