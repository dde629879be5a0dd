"""The verbs of the Stages menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.stage import group_of, grouped

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.stage import StageGroup
    from poseviewer.gui.window.window import Window
    from poseviewer.runtime.state import ModelInfo


class StageCommands:
    """What lies over the picture, and what is kept of it."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def table(self) -> dict[str, Callable[..., object]]:
        """Name of every action -> what to call."""
        table: dict[str, Callable[..., object]] = {
            "heatmap": self.heatmap,
            "next_joint": self.next_joint,
            "stage_all": lambda: self.show_stage(-1, every_joint=True),
            "fields": self.show_fields,
            "arrows": lambda on: self._window.set_look(arrows=on),
            "next_ghost": self.next_ghost,
            "copy_tile": self.copy_tile,
            "save_tile": self.save_tile,
        }
        for number in range(1, 10):
            table[f"stage_{number}"] = lambda at=number - 1: self.show_stage(at)
        return table

    @property
    def _model(self) -> ModelInfo | None:
        return self._window.bridge.session.view().model

    def heatmap(self, on: bool) -> None:
        """Lay a belief map over the picture, or take it away."""
        if not on:
            self._window.set_look(overlay_stage=None)
        elif (model := self._model) is not None and model.stages:
            last = self._window.last_stage
            known = 0 <= last < len(model.stages)
            self._window.set_look(overlay_stage=last if known else len(model.stages) - 1)

    def show_stage(self, stage: int, *, every_joint: bool = False) -> None:
        """Lay a stage's map over the picture; -1 is the last stage.

        Where a stage has fields and beliefs, those that are seen stay: fields follow fields.
        """
        model = self._model
        if model is None:
            return
        groups = grouped(model.stages)
        if not -len(groups) <= stage < len(groups):
            return
        if every_joint:
            self._window.set_look(overlay_stage=groups[stage].last, overlay_channel=None)
        else:
            self._lay(model, groups[stage], fields=self._sees_fields(model))

    def show_fields(self, on: bool) -> None:
        """Lay the fields of the stage that is seen over the picture, or its beliefs again."""
        model = self._model
        if model is None:
            return
        groups = grouped(model.stages)
        self._lay(model, groups[self._group(model)], fields=on)

    def next_joint(self) -> None:
        """Lay the next joint's or limb's map over the picture; after the last come all of them."""
        model = self._model
        if model is None or not model.stages:
            return
        look = self._window.look
        stage = look.overlay_stage
        if stage is None or stage >= len(model.stages):
            stage = grouped(model.stages)[self._group(model)].last
        step = 2 if model.stages[stage].kind == "paf" else 1
        count = len(model.stages[stage].channels) if step == 2 else len(model.skeleton.joints)
        following = 0 if look.overlay_channel is None else look.overlay_channel + step
        self._window.set_look(
            overlay_stage=stage, overlay_channel=following if following < count else None
        )

    def next_ghost(self) -> None:
        """Draw the skeleton of the next stage as a ghost; after the last none."""
        if (model := self._model) is None:
            return
        numbers = [None, *(group.last for group in grouped(model.stages))]
        ghost = self._window.look.ghost
        at = numbers.index(ghost) if ghost in numbers else 0
        self._window.set_look(ghost=numbers[(at + 1) % len(numbers)])

    def copy_tile(self) -> None:
        """Copy the tile under the pointer, or the chosen one."""
        if (docks := self._window.docks) is not None:
            docks.stages.keeper.copy(*(docks.stages.grid.pointed or (-1, None)))

    def save_tile(self) -> None:
        """Ask where to save that tile."""
        if (docks := self._window.docks) is not None:
            docks.stages.keeper.ask(*(docks.stages.grid.pointed or (-1, None)))

    def _lay(self, model: ModelInfo, group: StageGroup, *, fields: bool) -> None:
        stage = group.number("paf") if fields else None
        if stage is None:
            stage = group.last
        before = self._window.look.overlay_stage
        same = (
            before is not None
            and before < len(model.stages)
            and model.stages[before].kind == model.stages[stage].kind
        )
        # A joint's number means another thing among limbs.
        if before is None or same:
            self._window.set_look(overlay_stage=stage)
        else:
            self._window.set_look(overlay_stage=stage, overlay_channel=None)

    def _sees_fields(self, model: ModelInfo) -> bool:
        stage = self._window.look.overlay_stage
        return stage is not None and stage < len(model.stages) and model.stages[stage].kind == "paf"

    def _group(self, model: ModelInfo) -> int:
        """The stage that is seen, or was last; else the final one."""
        stage = self._window.look.overlay_stage
        if stage is None:
            stage = self._window.last_stage
        if not 0 <= stage < len(model.stages):
            stage = len(model.stages) - 1
        return group_of(model.stages, stage)


class InspectCommands:
    """What an answer came of."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def table(self) -> dict[str, Callable[..., object]]:
        """Name of every action -> what to call."""
        return {"receptive_field": self.receptive_field}

    def receptive_field(self, on: bool) -> None:
        """Show what the answer about a joint can have seen, or not."""
        if self._window.docks is not None:
            self._window.docks.field.switch(on)
