"""How each kind of stage is drawn: as a tile with its marks, over the frame, and in words."""

from __future__ import annotations

from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Literal

import numpy as np

from poseviewer.core.stage import kind_of
from poseviewer.core.table import ModuleTable
from poseviewer.draw.fields import arrows, assembly_items, vector_items
from poseviewer.draw.primitives import MapLayer
from poseviewer.draw.tile import Ring, Row, Tile, from_edges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageKind, StageOutput, StageSpec
    from poseviewer.draw.primitives import Item
    from poseviewer.draw.tile import Marks

Legend = Literal["values", "directions"]
"""What colours show: a value, or the direction of a vector."""


class StagePainter:
    """How a kind of stage is drawn; this class draws maps of numbers and of vectors.

    A painter is an instance of a subclass, held as `PAINTER` by a module of this package, where
    `painter_of` finds it; its name is that of the kind.
    """

    name: str

    legend: Legend = "values"

    noun = ""
    """Written after a joint's name where another kind has a row for the joint too."""

    smallest = 26
    """Logical pixels of a tile's shorter side from which it is worth seeing."""

    least_tile = 1e-9
    """The smallest value drawn as the end of a tile's colours, so that noise stays dark."""

    least_overlay = 1e-9
    """The same of what lies over the frame, where all subjects of a stage share one range."""

    @property
    def kind(self) -> StageKind:
        """What is drawn."""
        return kind_of(self.name)

    # -- words ----------------------------------------------------------------------------

    def rows(self, spec: StageSpec) -> tuple[Row, ...]:
        """Return the rows of such a stage: all subjects at once, then each of them."""
        kind = self.kind
        subjects = tuple(self.row(number, name) for number, name in kind.channels(spec))
        together = self._suffixed(kind.together)
        return (Row(None, together, together, "middle", self.name), *subjects)

    def row(self, channel: int, name: str) -> Row:
        """Return the row of one subject.

        Args:
            channel: Its first one.
            name: As `StageKind.channels` gives it.
        """
        if self.kind.subject == "channel":
            trained = "" if self.kind.trained else " (not trained to be read)"
            return Row(channel, f"channel {name}{trained}", name, "middle", self.name, name)
        side, plain = sided(name)
        label = self._suffixed(plain if side == "middle" else f"{side[0]} {plain}")
        return Row(channel, self._suffixed(name.replace("_", " ")), label, side, self.name, name)

    def caption(self, spec: StageSpec, channel: int | None) -> str:
        """Return what is seen of a stage, such as `r knee, stage 2`.

        Args:
            spec: Of the stage.
            channel: Any of the subject's; None, or one that there is not, for all at once.
        """
        together, *subjects = self.rows(spec)
        row = together
        if channel is not None and channel < len(spec.channels):
            row = subjects[channel // self.kind.step]
        words = row.label if self.kind.subject != "channel" or row is together else row.title
        said = row is not together and not self.kind.trained
        return f"{words}, {spec.name}{f' ({spec.warning})' if spec.warning and not said else ''}"

    def _suffixed(self, name: str) -> str:
        return f"{name} {self.noun}".rstrip()

    # -- tiles ----------------------------------------------------------------------------

    def tile(self, result: FrameResult, output: StageOutput, row: Row) -> Tile:  # noqa: ARG002
        """Return what a row shows of a stage."""
        return Tile(row, output, from_edges(output), self.drawn(output, row.channel))

    def shape(self, result: FrameResult, output: StageOutput) -> float:  # noqa: ARG002
        """Return the height over the width of its tiles."""
        height, width = output.values.shape[1:]
        return float(height / width)

    def picture(
        self, tile: Tile, *, size: tuple[int, int], high: float, colormap: str
    ) -> NDArray[np.uint8] | None:
        """Draw a tile in colours of its own.

        Args:
            tile: With values.
            size: Width and height, pixels.
            high: The value drawn as the end of the colours.
            colormap: Of `draw.colour`.

        Returns:
            (height, width, 3) RGB; None where the mosaic's colours will do, which draw numbers
            (h, w) in the colour map and vectors (2, h, w) by direction and length.
        """

    def mark(
        self, marks: Marks, at: tuple[int, int], tile: Tile, result: FrameResult, *, gate: float
    ) -> None:
        """Write what the decoder found onto a tile: the joint of everybody, the best in front.

        Args:
            marks: Is added to.
            at: Row and column of the tile.
            tile: What is shown there.
            result: What it is of.
            gate: Joints below this confidence are weak.
        """
        kind, number = self.kind, tile.output.number
        if tile.row.channel is None or kind.subject != "joint":
            return
        poses, joint = result.stage_poses[number], tile.row.channel // kind.step
        # The background is no joint: nothing was decoded.
        if joint >= len(poses.skeleton.joints):
            return
        if len(poses):
            (place, sure), *others = marks.placed(tile, poses, gate=gate)[joint]
            marks.peaks[at], marks.strong[at] = place, sure
            marks.rings.extend(
                Ring(*at, place, strong) for place, strong in others if isfinite(place[0])
            )
        if number >= len(result.parsings):
            return
        parsing = result.parsings[number]
        nobodys = parsing.candidates.joint == joint
        nobodys[parsing.people[parsing.people >= 0]] = False
        marks.rings.extend(
            Ring(*at, (u, v), strong=False)
            for u, v in tile.place(parsing.candidates.xy[nobodys]).tolist()
        )

    def arrow_ends(
        self,
        output: StageOutput,  # noqa: ARG002 - for kinds whose arrows end where vectors point
        channel: int | None,  # noqa: ARG002
        values: NDArray[np.float32],
        *,
        high: float,
        step: int,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return tails and tips (n, 2) in cells of the arrows of vectors.

        Args:
            output: The stage.
            channel: As `StageKind.shown` takes it.
            values: (2, h, w) of them, as they are drawn.
            high: The length drawn as the strongest.
            step: Cells from arrow to arrow.
        """
        return arrows(values, high=high, step=step)

    # -- over the frame -------------------------------------------------------------------

    def high(self, output: StageOutput, channel: int | None) -> float:  # noqa: ARG002
        """Return the value drawn as the strongest, of all subjects: a weak one looks weak."""
        return max(self.kind.top(self.drawn(output, None)), self.least_overlay)

    def drawn(self, output: StageOutput, channel: int | None) -> NDArray[np.float32]:
        """Return what is drawn of a subject: what the kind shows of it."""
        return self.kind.shown(output, channel)

    def overlay(
        self, result: FrameResult, output: StageOutput, look: Look, *, scale: float
    ) -> tuple[list[Item], list[Item]]:
        """Draw a stage over the frame.

        Args:
            result: What is shown.
            output: The stage that was chosen.
            look: `overlay_channel` chooses the subject; with colours, opacity and arrows.
            scale: Frame pixels per design point.

        Returns:
            What lies beneath the skeleton, and what lies above it.
        """
        values = self.drawn(output, look.overlay_channel)
        high = self.high(output, look.overlay_channel)
        items: list[Item] = []
        if values.ndim == 3:
            size = result.frame.size
            ends = partial(self.arrow_ends, output, look.overlay_channel, values, high=high)
            items += vector_items(
                values, output.to_frame, high, look, ends=ends, size=size, scale=scale
            )
        else:
            shown = np.abs(values) if self.kind.signed else values
            items.append(MapLayer(shown, output.to_frame, look.colormap, 0.0, high, look.opacity))
        if self.kind.subject == "channel":
            return items, []
        beneath, above = assembly_items(result, output, channel=look.overlay_channel, scale=scale)
        return items + beneath, above


def sided(name: str) -> tuple[str, str]:
    """Return the side of a joint, and the rest of its name in words."""
    side, _, rest = name.partition("_")
    if side in ("left", "right"):
        return side, rest.replace("_", " ")
    return "middle", name.replace("_", " ")


PAINTERS: ModuleTable[StagePainter] = ModuleTable("poseviewer.draw.kinds", "PAINTER")
"""Every painter, by the name of its kind."""


def painter_of(name: str) -> StagePainter:
    """Return the painter of a kind.

    Raises:
        PoseViewerError: There is none.
    """
    return PAINTERS[name]
