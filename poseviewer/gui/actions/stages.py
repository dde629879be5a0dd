"""Actions about stages: maps on the frame, ghosts, and saving tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.stage import BACKGROUND, ghosts, group_of, grouped, main_stage
from poseviewer.gui.actions.context import (
    Action,
    Context,
    clip_open,
    in_menu,
    needed,
    network_loaded,
    on_off,
    option,
    something_open,
)

if TYPE_CHECKING:
    from poseviewer.core.stage import StageGroup
    from poseviewer.runtime.state import AppState, ModelInfo


def correct(context: Context, on: bool) -> None:
    """Begin to correct joints on the frame, or end."""
    if context.frame.tool is not None:
        context.frame.tool.switch(on)


def review(context: Context, way: int) -> None:
    """Go to another finding of the Review dock, which is shown first."""
    if (docks := context.docks()) is not None:
        if docks.review.isHidden():
            docks.review.show()
            docks.review.raise_()
        else:
            docks.review.go(way)


def show_stage(context: Context, stage: int, *, every_joint: bool = False) -> None:
    """Show a stage's map on the frame; -1 is the last stage.

    Where a stage has part affinity fields and belief maps, the kind that is shown stays.
    """
    model = context.state.model
    if model is None:
        return
    groups = grouped(model.stages)
    if not -len(groups) <= stage < len(groups):
        return
    if every_joint:
        context.change("display", overlay_stage=groups[stage].last, overlay_channel=None)
    else:
        _lay(context, model, groups[stage], fields=shows_fields(context.state))


def show_fields(context: Context, on: bool) -> None:
    """Show the part affinity fields of the stage shown, or its belief maps again."""
    if (model := context.state.model) is not None:
        _lay(context, model, grouped(model.stages)[_group(context, model)], fields=on)


def next_joint(context: Context) -> None:
    """Show the next joint's or limb's map on the frame; after the last come all of them."""
    model, display = context.state.model, context.state.display
    if model is None or not model.stages:
        return
    stage = display.overlay_stage
    if stage is None or stage >= len(model.stages):
        stage = grouped(model.stages)[_group(context, model)].last
    spec = model.stages[stage]
    numbers = [number for number, name in spec.meaning.channels(spec) if name != BACKGROUND]
    shown = -1 if display.overlay_channel is None else display.overlay_channel
    channel = next((number for number in numbers if number > shown), None)
    context.change("display", overlay_stage=stage, overlay_channel=channel)


def next_stage(context: Context) -> None:
    """Show the map of the next stage on the frame; after the last comes the first."""
    model = context.state.model
    if model is None or not model.stages:
        return
    shown = context.state.display.overlay_stage
    at = -1 if shown is None else _group(context, model)
    show_stage(context, (at + 1) % len(grouped(model.stages)))


def next_ghost(context: Context) -> None:
    """Draw the skeleton of the next stage as a ghost; after the one before the last none."""
    if (model := context.state.model) is None:
        return
    numbers = [None, *ghosts(model.stages)]
    ghost = context.state.display.ghost
    at = numbers.index(ghost) if ghost in numbers else 0
    context.change("display", ghost=numbers[(at + 1) % len(numbers)])


def copy_tile(context: Context) -> None:
    """Copy the tile under the pointer, or the chosen one."""
    if (docks := context.docks()) is not None:
        docks.stages.saver.copy(*(docks.stages.grid.pointed or (-1, None)))


def save_tile(context: Context) -> None:
    """Ask where to save that tile."""
    if (docks := context.docks()) is not None:
        docks.stages.saver.ask(*(docks.stages.grid.pointed or (-1, None)))


def shows_fields(state: AppState) -> bool:
    """Whether part affinity fields are shown on the frame."""
    stages = () if state.model is None else state.model.stages
    stage = state.display.overlay_stage
    return stage is not None and stage < len(stages) and stages[stage].meaning.subject == "limb"


@needed("only for a network with part affinity fields")
def has_fields(state: AppState) -> bool:
    """Whether the network has part affinity fields."""
    stages = () if state.model is None else state.model.stages
    return any(spec.meaning.subject == "limb" for spec in stages)


def _lay(context: Context, model: ModelInfo, group: StageGroup, *, fields: bool) -> None:
    stage = group.about("limb") if fields else None
    if stage is None:
        stage = group.last
    before = context.state.display.overlay_stage
    kinds = [spec.kind for spec in model.stages]
    # A joint's number means another thing among limbs.
    if before is None or (before < len(kinds) and kinds[before] == kinds[stage]):
        context.change("display", overlay_stage=stage)
    else:
        context.change("display", overlay_stage=stage, overlay_channel=None)


def _group(context: Context, model: ModelInfo) -> int:
    """The stage that is shown, or was shown last; else the final one."""
    stage = context.state.display.overlay_stage
    if stage is None:
        stage = context.last_stage
    if not 0 <= stage < len(model.stages):
        stage = main_stage(model.stages)
    return group_of(model.stages, stage)


@needed("nothing has been changed yet")
def _can_undo(state: AppState) -> bool:
    return bool(state.undo)


@needed("nothing has been undone")
def _can_redo(state: AppState) -> bool:
    return bool(state.redo)


def _stage(number: int) -> Action:
    @needed("the network has fewer stages")
    def has_stage(state: AppState) -> bool:
        model = state.model if network_loaded(state) else None
        return model is not None and number <= len(grouped(model.stages))

    return Action(
        f"stage_{number}", f"Stage {number}", lambda context: show_stage(context, number - 1),
        str(number), f"Show the map of stage {number} on the frame",
        rule=number == 1, needs=has_stage,
    )  # fmt: skip


STAGES = in_menu(
    "Stages",
    Action(
        "next_joint", "Next joint", next_joint, "Tab",
        "Show the map of the next joint on the frame (after a click on the frame)",
        needs=network_loaded,
    ),
    Action(
        "next_stage", "Next stage", next_stage, "D",
        "Show the map of the next stage on the frame; after the last comes the first",
        needs=network_loaded,
    ),
    *(_stage(number) for number in range(1, 10)),
    Action(
        "stage_all", "All joints, last stage",
        lambda context: show_stage(context, -1, every_joint=True), "0",
        "Show the highest belief of all joints on the frame", needs=network_loaded,
    ),
    Action(
        "fields", "Part affinity fields", show_fields, "W",
        "Show the stage's part affinity fields on the frame instead of its belief maps",
        checked=shows_fields, rule=True, needs=has_fields,
    ),
    on_off(
        "arrows", "Arrows on part affinity fields", "display", "arrows", "Shift+W",
        needs=has_fields,
    ),
    Action(
        "next_ghost", "Next ghost", next_ghost, "Y",
        "Also draw the skeleton that an earlier stage found", rule=True, needs=network_loaded,
    ),
    Action(
        "save_tile", "Save tile…", save_tile, "Alt+S",
        "Save the tile under the pointer, or the chosen one, as PNG or NPY",
        rule=True, needs=network_loaded,
    ),
)  # fmt: skip

EDIT = in_menu(
    "Edit",
    Action(
        "undo", "Undo", lambda context: context.session.undo(), "Ctrl+Z",
        "Undo the last change of marks, choices, corrections or drawings, or a deletion",
        needs=_can_undo,
    ),
    Action(
        "redo", "Redo", lambda context: context.session.redo(), "Ctrl+Shift+Z",
        "Make the change again that was undone last", needs=_can_redo,
    ),
    Action(
        "correct", "Correct joints", correct, "Shift+C",
        "Drag joints to where they are; a right click says what is wrong with a joint or a person",
        checkable=True, rule=True, needs=something_open,
    ),
    Action(
        "next_finding", "Next doubtful frame", lambda context: review(context, 1), "Alt+Down",
        "Go to the next row of the Review dock", rule=True, needs=clip_open,
    ),
    Action(
        "previous_finding", "Previous doubtful frame", lambda context: review(context, -1),
        "Alt+Up", "Go to the row before in the Review dock", needs=clip_open,
    ),
    *(
        option(
            f"said_{value}", text, ("display", "said", value), tip=tip, needs=something_open,
            rule=value == "corrected",
        )
        for value, text, tip in (
            ("corrected", "Show as corrected", "Skeleton, angles and figures with all corrections"),
            ("network", "Show as the network said", "Skeleton, angles and figures without any"),
            ("both", "Show both", "As corrected, with the network's skeleton thin beneath"),
        )
    ),
    on_off(
        "mark_corrections", "Mark corrected joints", "display", "corrections",
        tip="Ring the joints that you have corrected, here and in exported clips",
        needs=something_open,
    ),
    Action(
        "copy_tile", "Copy tile", copy_tile, "Ctrl+C",
        "Copy the tile under the pointer, or the chosen one", rule=True, needs=network_loaded,
    ),
)  # fmt: skip
