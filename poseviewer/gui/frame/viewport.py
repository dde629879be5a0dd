"""The zoom and position of a frame in its view, without a widget."""

from __future__ import annotations

from dataclasses import dataclass, replace

CLOSEST = 64.0
"""Most screen points per frame pixel."""

FARTHEST = 0.02

MARGIN = 10.0
"""Points left free around a fitted frame."""


@dataclass(frozen=True, slots=True)
class Viewport:
    """The map from frame pixels to points of the view."""

    scale: float = 1.0
    """Points per frame pixel."""

    x: float = 0.0
    """Where the left edge of the frame lies, in points."""

    y: float = 0.0
    """Where its top edge lies."""

    mirrored: int = 0
    """Width of the frame, pixels, where it is shown as in a mirror; else 0."""

    @property
    def across(self) -> tuple[float, float]:
        """Points to the right per frame pixel, and where the frame's first column begins."""
        if self.mirrored:
            return -self.scale, self.x + self.mirrored * self.scale
        return self.scale, self.x

    @classmethod
    def fitted(cls, frame: tuple[int, int], *, view: tuple[float, float]) -> Viewport:
        """The frame as large as it can be seen whole, centred."""
        room = (max(view[0] - 2 * MARGIN, 1.0), max(view[1] - 2 * MARGIN, 1.0))
        scale = min(room[0] / frame[0], room[1] / frame[1])
        return cls(scale).centred(frame, view=view)

    def centred(self, frame: tuple[int, int], *, view: tuple[float, float]) -> Viewport:
        """The same zoom with the frame in the middle."""
        # Whole points, so that a 1:1 picture is not resampled.
        x = round((view[0] - frame[0] * self.scale) / 2)
        y = round((view[1] - frame[1] * self.scale) / 2)
        return replace(self, x=x, y=y)

    def zoomed(self, factor: float, *, at: tuple[float, float]) -> Viewport:
        """Closer by `factor`; what lies under the point `at` stays there."""
        scale = min(max(self.scale * factor, FARTHEST), CLOSEST)
        ratio = scale / self.scale
        x, y = at[0] - (at[0] - self.x) * ratio, at[1] - (at[1] - self.y) * ratio
        return replace(self, scale=scale, x=x, y=y)

    def shifted(self, dx: float, dy: float) -> Viewport:
        """Moved by some points."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def clamped(self, frame: tuple[int, int], *, view: tuple[float, float]) -> Viewport:
        """Shifted back so that the frame stays in sight."""
        grip = 48.0
        x = min(max(self.x, grip - frame[0] * self.scale), view[0] - grip)
        y = min(max(self.y, grip - frame[1] * self.scale), view[1] - grip)
        return replace(self, x=x, y=y)

    def to_frame(self, x: float, y: float) -> tuple[float, float]:
        """The pixel-centred frame place under a point of the view."""
        step, first = self.across
        return (x - first) / step - 0.5, (y - self.y) / self.scale - 0.5

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """The point of the view over a pixel-centred frame place."""
        step, first = self.across
        return (x + 0.5) * step + first, (y + 0.5) * self.scale + self.y
