"""The receptive field of the joint under the pointer, drawn over the frame."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from poseviewer.core.convergence import answering
from poseviewer.core.layer import Spot
from poseviewer.core.look import Look
from poseviewer.gui.frame.hud import joint_title
from poseviewer.runtime.probe import FieldRequest

if TYPE_CHECKING:
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.stages.tiles import Reading
    from poseviewer.runtime.state import AppState, ModelInfo

_NEAR = 0.06
"""How near the pointer must come to a joint, in sides of the region."""


class FieldWatch(QObject):
    """Shows the receptive field of a joint at a stage, while switched on.

    The joint is the one last pointed at, on the frame (at the stage whose map is shown, else
    the last one) or as a tile of the Stages dock. It is requested while the frame stands
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
        """The joint and stage whose receptive field is shown."""
        return self._spot

    def switch(self, on: bool) -> None:
        """Switch receptive fields on or off."""
        if on == self._on:
            return
        self._on = on
        if on:
            self.refresh(self._bridge.session.state)
        else:
            self._asked, self._said = None, ()
            self._bridge.session.probe.trace(None)
            self.items_changed.emit()

    def show_look(self, look: Look) -> None:
        """Follow the stage and joint whose map is on the frame, and the colours."""
        before, self._look = self._look, look
        chosen = (look.overlay_stage, look.overlay_channel)
        if chosen != (before.overlay_stage, before.overlay_channel) and look.overlay_channel:
            stage = self._stage()
            if stage is not None:
                self._point(Spot(stage, look.overlay_channel))

    def point_at_tile(self, reading: Reading | None) -> None:
        """Choose the joint and stage of a tile."""
        if not self._on or reading is None or reading.row.channel is None:
            return
        if self._model is not None and reading.stage < len(self._model.stages):
            self._point(Spot(reading.stage, reading.row.channel))

    def point_at(self, place: tuple[float, float] | None) -> None:
        """Choose the joint nearest to a frame pixel, if one is near."""
        if not self._on or place is None:
            return
        _, result = self._bridge.session.state.shown
        stage = self._stage()
        if result is None or stage is None or stage >= len(result.stage_poses):
            return
        joints = result.stage_poses[stage].xy
        if not result.parsings:
            # Of people read one by one, only the first one's crop is traced.
            joints = joints[:1]
        away = np.linalg.norm(joints - np.array(place, np.float32), axis=-1)
        if not np.isfinite(away).any():
            return
        person, joint = np.unravel_index(int(np.nanargmin(away)), away.shape)
        if away[person, joint] <= _NEAR * max(result.region.width, result.region.height):
            x, y = joints[person, joint].tolist()
            near = (x, y) if result.parsings else None
            self._point(Spot(stage, self._channel(stage, int(joint)), near))

    def refresh(self, state: AppState) -> None:
        """Request the answer for the frame on screen, and show the newest one."""
        if state.look != self._look:
            self.show_look(state.look)
        if not self._on:
            return
        if state.model is not self._model:
            self._model, self._spot = state.model, None
        if self._spot is None:
            self._spot = self._first()
        _, result = state.shown
        probe = self._bridge.session.probe
        if result is not None and self._spot is not None and not state.playback.playing:
            assert state.answer is not None
            asked = (result.frame.index, result.region, state.answer.key, self._spot)
            if asked != self._asked:
                self._asked = asked
                probe.trace(FieldRequest(state.answer, self._spot))
        said = probe.field, probe.state, self._asked
        if said != self._said:
            self._said = said
            self.items_changed.emit()

    def items(self, result: FrameResult) -> tuple[Item, ...]:
        """The receptive field as an overlay of its own frame only."""
        field, model, spot = self._bridge.session.probe.field, self._model, self._spot
        if not self._on or model is None or spot is None or not self._is_about(result):
            return ()
        if len(result.stage_poses) != len(model.stages):
            # Of the network before, until the new one answers.
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

    @property
    def overlay_name(self) -> str:
        """The joint and stage whose receptive field is drawn."""
        if self._model is None or self._spot is None:
            return ""
        spec = self._model.stages[self._spot.stage]
        return f"receptive field of {joint_title(spec.channels[self._spot.channel])}, {spec.name}"

    def _is_about(self, result: FrameResult) -> bool:
        """Whether the last request was for this frame."""
        return self._asked is not None and self._asked[:2] == (
            result.frame.index,
            result.region,
        )

    def _waiting(self, result: FrameResult, spot: Spot, title: str) -> tuple[Item, ...]:
        """A text at the joint until there is an answer."""
        from poseviewer.draw.colour import GHOST
        from poseviewer.draw.primitives import Label

        x, y = spot.near or result.region.centre
        poses = result.stage_poses[spot.stage]
        assert self._model is not None
        joint = spot.channel // self._model.stages[spot.stage].meaning.step
        if spot.near is None and len(poses) and joint < poses.xy.shape[1]:
            x, y = poses.xy[0, joint].tolist()
        if not (isfinite(x) and isfinite(y)):
            x, y = result.region.centre
        text = self._bridge.session.probe.state or f"Computing the receptive field of {title}"
        return (Label((x, y), text, 7.5, GHOST, "centre"),)

    def _point(self, spot: Spot) -> None:
        if spot != self._spot:
            self._spot = spot
            if self._on:
                self.refresh(self._bridge.session.state)

    def _stage(self) -> int | None:
        """The stage whose map is on the frame, else the last one of joints."""
        model = self._model or self._bridge.session.state.model
        if model is None:
            return None
        spoken = answering(model.stages)
        chosen = self._look.overlay_stage
        return chosen if chosen in spoken else spoken[-1]

    def _channel(self, stage: int, joint: int) -> int:
        """The channel of a stage that is about a joint."""
        model = self._model or self._bridge.session.state.model
        assert model is not None
        return model.stages[stage].meaning.channel_of(joint) or 0

    def _first(self) -> Spot | None:
        """The joint whose map is on the frame, else the right knee or the first one."""
        stage, model = self._stage(), self._model
        if stage is None or model is None:
            return None
        channel = self._look.overlay_channel
        if channel is None or channel >= len(model.stages[stage].channels):
            joints = model.skeleton.joints
            joint = joints.index("right_knee") if "right_knee" in joints else 0
            channel = self._channel(stage, joint)
        return Spot(stage, channel)
