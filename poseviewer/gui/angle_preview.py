"""A small picture of an angle: the person's skeleton with the arc over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from poseviewer.core.affine import Box
from poseviewer.core.angle import measure
from poseviewer.gui import theme
from poseviewer.gui.scene_painter import ScenePainter
from poseviewer.gui.viewport import Viewport

if TYPE_CHECKING:
    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Scene


class AnglePreview(QWidget):
    """Shows an angle on the person that is on the frame, and nothing else of the frame."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Picture of the angle")
        self.setMinimumSize(220, 260)
        self._painter = ScenePainter()
        self._scene: Scene | None = None
        self._box = Box(0.0, 0.0, 1.0, 1.0)
        self._why = ""
        self.value: float = float("nan")
        """Degrees of the first person; NaN where there is none."""

    def sizeHint(self) -> QSize:
        """Room for a person who stands."""
        return QSize(260, 320)

    def show_angle(self, result: FrameResult | None, spec: AngleSpec, *, gate: float) -> None:
        """Draw `spec` on the first person of `result`; `why` says what is missing.

        Args:
            result: What is on the frame.
            spec: An angle that can be measured.
            gate: Joints below this confidence are left out.
        """
        self._scene, self.value, self._why = None, float("nan"), ""
        if result is None or not len(result.poses):
            self._why = "The angle appears here\nonce a person is in view."
        elif not spec.offered(result.poses.skeleton):
            self._why = "This network does not find\nall of these joints."
        else:
            self._build(result, spec, gate)
        self.update()

    def show_nothing(self, why: str) -> None:
        """Say why there is no picture."""
        self._scene, self.value, self._why = None, float("nan"), why
        self.update()

    def _build(self, result: FrameResult, spec: AngleSpec, gate: float) -> None:
        # Imported late: it brings OpenCV, which the first paint must not wait for.
        from poseviewer.draw.arcs import angle_items
        from poseviewer.draw.primitives import Label, Scene
        from poseviewer.draw.scene import skeleton_items

        first = np.arange(len(result.poses)) == 0
        poses = result.shown.only(first)
        way = result.angles.facing[0] if result.angles.facing else "right"
        raw = measure(result.poses.only(first), specs=(spec,), gate=gate, facing=way)
        self.value = float(raw.degrees[0, 0])
        seen = poses.xy[0][np.isfinite(poses.xy[0]).all(axis=1)]
        self._box = Box.around(seen, margin=1.3) if len(seen) > 1 else self._box
        scale = max(self._box.width / self.width(), self._box.height / self.height())
        size = result.frame.size
        arc = angle_items(poses, angles=raw, names=(spec.name,), size=size, scale=scale)
        # The value stands below the picture, and a label keeps to the frame, not to the picture.
        drawn = [item for item in arc if not isinstance(item, Label)]
        items = [*drawn, *skeleton_items(poses, gate=gate)]
        self._scene = Scene(size, tuple(items), scale)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint the person, or why there is none."""
        painter = QPainter(self)
        # Dark in both themes, as most pictures are: white arcs must be seen.
        painter.fillRect(self.rect(), theme.DARK.colour("raised"))
        if self._scene is None:
            painter.setPen(theme.DARK.colour("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._why)
        else:
            self._painter.paint(painter, scene=self._scene, viewport=self._viewport())
        painter.end()

    def _viewport(self) -> Viewport:
        scale = min(self.width() / self._box.width, self.height() / self._box.height)
        x, y = self._box.centre
        return Viewport(
            scale, self.width() / 2 - (x + 0.5) * scale, self.height() / 2 - (y + 0.5) * scale
        )
