"""The receptive field of the joint under the pointer, drawn over the frame."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from poseviewer.core.layer import Spot
from poseviewer.core.look import Look
from poseviewer.gui.frame.hud import joint_title
from poseviewer.gui.frame.scene import shown_pair
from poseviewer.runtime.probe import Tracing

if TYPE_CHECKING:
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.stages.tiles import Reading
    from poseviewer.runtime.state import ModelInfo, View

_NEAR = 0.06
"""How near the pointer must come to a joint, in sides of the region."""

_SPOKEN = ("heatmap", "coords")
"""Kinds of stage that answer joints."""


class FieldWatch(QObject):
    """Shows what the answer about a joint at a stage can have seen, while switched on.

    The joint is the one last pointed at, on the frame (at the stage whose map lies there, else
    the last one) or as a tile of the Stages dock. It is asked about while the picture stands
    still.
    """

    items_changed = Signal()
    """`items` gives another answer than before for the same result."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._look = Look()
        self._on = False
        self._spot: Spot | None = None
        self._model: ModelInfo | None = None
        self._asked: tuple[object, ...] | None = None
        self._said: tuple[object, ...] = ()

    @property
    def on(self) -> bool:
        """Whether fields are shown."""
        return self._on

    @property
    def spot(self) -> Spot | None:
        """The joint and stage that is looked at."""
        return self._spot

    def switch(self, on: bool) -> None:
        """Show fields, or not."""
        if on == self._on:
            return
        self._on = on
        if on:
            self.refresh(self._bridge.session.view())
        else:
            self._asked, self._said = None, ()
            self._bridge.session.probe.trace(None)
            self.items_changed.emit()

    def show_look(self, look: Look) -> None:
        """Follow the stage and joint whose map lies over the frame, and the colours."""
        before, self._look = self._look, look
        chosen = (look.overlay_stage, look.overlay_channel)
        if chosen != (before.overlay_stage, before.overlay_channel) and look.overlay_channel:
            stage = self._stage()
            if stage is not None:
                self._point(Spot(stage, look.overlay_channel))

    def point_at_tile(self, reading: Reading | None) -> None:
        """Look at the joint and stage of a tile."""
        if self._on and reading is not None and reading.row.channel is not None:
            model = self._model
            kinds = [spec.kind for spec in model.stages] if model is not None else []
            if reading.stage < len(kinds):
                self._point(Spot(reading.stage, reading.row.channel))

    def point_at(self, place: tuple[float, float] | None) -> None:
        """Look at the joint nearest to a frame pixel, if one is near."""
        if not self._on or place is None:
            return
        _, result = shown_pair(self._bridge.session.view())
        stage = self._stage()
        if result is None or stage is None or stage >= len(result.stage_poses):
            return
        joints = result.stage_poses[stage].xy
        if not result.parsings:
            # Of people looked at one by one, only the first one's crop is traced.
            joints = joints[:1]
        away = np.linalg.norm(joints - np.array(place, np.float32), axis=-1)
        if not np.isfinite(away).any():
            return
        person, joint = np.unravel_index(int(np.nanargmin(away)), away.shape)
        if away[person, joint] <= _NEAR * max(result.region.width, result.region.height):
            x, y = joints[person, joint].tolist()
            self._point(Spot(stage, int(joint), (x, y) if result.parsings else None))

    def refresh(self, view: View) -> None:
        """Ask about the frame shown, and show the newest answer."""
        if not self._on:
            return
        if view.model is not self._model:
            self._model, self._spot = view.model, None
        if self._spot is None:
            self._spot = self._first()
        _, result = shown_pair(view)
        probe = self._bridge.session.probe
        if result is not None and self._spot is not None and not view.transport.playing:
            asked = (result.frame.index, result.region, view.choices, self._spot)
            if asked != self._asked:
                self._asked = asked
                probe.trace(Tracing(result, view.choices, self._spot))
        said = probe.field, probe.state, self._asked
        if said != self._said:
            self._said = said
            self.items_changed.emit()

    def items(self, result: FrameResult) -> tuple[Item, ...]:
        """The field over the frame it was found for, never over another one."""
        field, model, spot = self._bridge.session.probe.field, self._model, self._spot
        if not self._on or model is None or spot is None or not self._is_about(result):
            return ()
        spec = model.stages[spot.stage]
        title = f"{joint_title(spec.channels[spot.channel])}, {spec.name}"
        if (
            field is None
            or field.spot != spot
            or field.frame.index != result.frame.index
            or field.region != result.region
        ):
            return self._waiting(result, spot, title)
        # Here, not at the top: it brings OpenCV, which the first paint must not wait for.
        from poseviewer.draw.receptive import field_items

        look = self._look
        return tuple(
            field_items(field, title=f"{title},", colormap=look.colormap, opacity=look.opacity)
        )

    def _is_about(self, result: FrameResult) -> bool:
        """Whether the last question was about this frame."""
        return self._asked is not None and self._asked[:2] == (
            result.frame.index,
            result.region,
        )

    def _waiting(self, result: FrameResult, spot: Spot, title: str) -> tuple[Item, ...]:
        """A word at the joint until there is an answer."""
        from poseviewer.draw.colour import GHOST
        from poseviewer.draw.primitives import Label

        x, y = spot.near or result.region.centre
        poses = result.stage_poses[spot.stage]
        if spot.near is None and len(poses) and spot.channel < poses.xy.shape[1]:
            x, y = poses.xy[0, spot.channel].tolist()
        if not (isfinite(x) and isfinite(y)):
            x, y = result.region.centre
        text = self._bridge.session.probe.state or f"Looking at what {title} can see"
        return (Label((x, y), text, 7.5, GHOST, "centre"),)

    def _point(self, spot: Spot) -> None:
        if spot != self._spot:
            self._spot = spot
            if self._on:
                self.refresh(self._bridge.session.view())

    def _stage(self) -> int | None:
        """The stage whose map lies over the frame, else the last that speaks of joints."""
        model = self._model or self._bridge.session.view().model
        if model is None:
            return None
        spoken = [n for n, spec in enumerate(model.stages) if spec.kind in _SPOKEN]
        chosen = self._look.overlay_stage
        return chosen if chosen in spoken else spoken[-1]

    def _first(self) -> Spot | None:
        """The joint whose map lies over the frame, else the right knee or the first one."""
        stage, model = self._stage(), self._model
        if stage is None or model is None:
            return None
        channel = self._look.overlay_channel
        if channel is None or channel >= len(model.stages[stage].channels):
            joints = model.skeleton.joints
            channel = joints.index("right_knee") if "right_knee" in joints else 0
        return Spot(stage, channel)
