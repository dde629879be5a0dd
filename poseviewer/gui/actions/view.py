"""Actions on the view of the frame, the theme and the whole window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from poseviewer.gui.actions.context import (
    Action,
    Context,
    in_menu,
    network_loaded,
    on_off,
    something_open,
    true_places_known,
)
from poseviewer.gui.design import DISTANCE_NAMES, DISTANCES

if TYPE_CHECKING:
    from poseviewer.gui.design import Distance, ThemeChoice


def heatmap(context: Context, on: bool) -> None:
    """Show a map on the frame, or hide it."""
    if not on:
        context.change("display", overlay_stage=None)
    elif (model := context.state.model) is not None and model.stages:
        last = context.last_stage
        known = 0 <= last < len(model.stages)
        context.change("display", overlay_stage=last if known else len(model.stages) - 1)


def receptive_field(context: Context, on: bool) -> None:
    """Show or hide the receptive field of the joint under the pointer."""
    if (docks := context.docks()) is not None:
        docks.field.switch(on)


def next_dock(context: Context, way: int) -> None:
    """Bring the next dock to the front and give it the keys; the frame is one of the round."""
    if (docks := context.docks()) is None:
        return
    # One behind another's tab is not hidden: it is brought to the front.
    stops: list[QWidget] = [dock for dock in docks.all if not dock.isHidden()]
    middle = context.frame if context.frame.isVisible() else context.window.centralWidget()
    if middle is not None:
        stops.insert(0, middle)
    if not stops:
        return
    now = QApplication.focusWidget()
    here = next((n for n, w in enumerate(stops) if now and (w is now or w.isAncestorOf(now))), 0)
    chosen = stops[(here + way) % len(stops)]
    chosen.raise_()
    inner = [w for w in chosen.findChildren(QWidget) if w.isVisible() and w.isEnabled()]
    takes = (w for w in inner if w.focusPolicy() & Qt.FocusPolicy.TabFocus)
    target = next(takes, chosen)
    if target is chosen:
        chosen.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    target.setFocus(Qt.FocusReason.ShortcutFocusReason)


def stop_work(context: Context) -> bool:
    """Cancel the work in progress; return whether there was any."""
    state = context.session.state
    if state.export is not None and not state.export.finished:
        context.session.cancel_export()
    elif state.analysis is not None and not state.analysis.finished:
        context.session.stop_analysis()
    else:
        return False
    return True


def leave(context: Context) -> None:
    """Cancel a drag, else the work in progress, else leave full screen."""
    if context.frame.disarm() or stop_work(context):
        return
    context.shuttle.halt()
    context.full_screen(False)


def _theme(choice: ThemeChoice, text: str) -> Action:
    return Action(
        f"theme_{choice}", text, lambda context, _on: context.choose_theme(choice),
        checkable=True, group="theme",
    )  # fmt: skip


def _distance(choice: Distance) -> Action:
    return Action(
        f"distance_{choice}", DISTANCE_NAMES[choice].partition(":")[0],
        lambda context, _on: context.choose_distance(choice),
        tip=DISTANCE_NAMES[choice], checkable=True, group="distance",
    )  # fmt: skip


VIEW = (
    *in_menu(
        "View",
        Action(
            "fit", "Fit to window", lambda context: context.frame.fit(), "Ctrl+0", icon="fit",
            needs=something_open,
        ),
        Action(
            "actual_size", "Actual size", lambda context: context.frame.actual_size(), "Ctrl+1",
            needs=something_open,
        ),
        Action(
            "zoom_in", "Zoom in", lambda context: context.frame.zoom(1.25), "Ctrl++ Ctrl+=",
            needs=something_open,
        ),
        Action(
            "zoom_out", "Zoom out", lambda context: context.frame.zoom(0.8), "Ctrl+-",
            needs=something_open,
        ),
        on_off(
            "skeleton", "Skeleton", "display", "skeleton", "S",
            "Draw joints and bones over the frame", icon="skeleton", rule=True,
        ),
        on_off(
            "truth", "Ground truth", "display", "truth", "T",
            "Draw the true skeleton, dashed, and how far from it each joint was found",
            needs=true_places_known,
        ),
        Action(
            "heatmap", "Heatmap", heatmap, "H", "Draw the chosen map over the frame",
            icon="heatmap",
            checked=lambda state: state.display.overlay_stage is not None,
        ),
        on_off(
            "region_outline", "Region outline", "display", "region_outline", "U",
            "Outline the region the network is shown, and the people the detector found",
        ),
        on_off(
            "uncertainty", "Uncertainty of joints", "display", "uncertainty",
            tip="Ellipses that hold 68 and 95 % of the network's belief around each joint; "
            "a belief with two peaks is wide",
        ),
        Action(
            "receptive_field", "Receptive field", receptive_field, "Q",
            "Show what part of the frame the joint under the pointer can depend on",
            checkable=True, needs=network_loaded,
        ),
        on_off(
            "hud", "Frame number and speed", "display", "hud", "V",
            "Show frame number, time and speed in the corners of the frame",
        ),
        Action(
            "full_screen", "Full screen", lambda context, on: context.full_screen(on), "F",
            checkable=True, rule=True,
        ),
        Action(
            "next_dock", "Next dock", lambda context: next_dock(context, 1), "Ctrl+F6",
            "Bring the next dock to the front, and give it the keys", rule=True,
        ),
        Action(
            "previous_dock", "Previous dock", lambda context: next_dock(context, -1),
            "Ctrl+Shift+F6",
        ),
        Action("leave", "Cancel, or leave full screen", leave, "Esc"),
    ),
    *in_menu(
        "View/Theme",
        _theme("system", "Same as the system"),
        _theme("dark", "Dark"),
        _theme("light", "Light"),
        _theme("contrast", "High contrast"),
    ),
    *in_menu("View/Viewing distance", *(_distance(choice) for choice in DISTANCES)),
)  # fmt: skip
