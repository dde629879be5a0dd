"""Actions about angles: their definitions, their filters, and saving what the plot shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import save_file
from poseviewer.gui.actions.context import Action, Context, in_menu, network_loaded, on_off, option
from poseviewer.gui.widgets import png_of
from poseviewer.runtime.series_file import Series
from poseviewer.runtime.tile_file import save_picture

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QDialog

_CURVES = "Table (*.csv);;OpenSim motion (*.mot)"


def define(context: Context) -> None:
    """Define custom angles."""
    from poseviewer.gui.angles.define_dialog import AngleDialog

    _show(AngleDialog(context.bridge, context.window))


def filters(context: Context) -> None:
    """Choose the filters of the curves and of the joints that are shown."""
    from poseviewer.gui.angles.filter_dialog import FilterDialog

    _show(FilterDialog(context.bridge, context.window))


def save_curves(context: Context) -> None:
    """Ask where to save the values of the visible range, and save them."""
    from poseviewer.gui.angles.filter_dialog import filter_in_force

    docks = context.docks()
    if docks is None or not len(docks.angles.history().index):
        return
    dock = docks.angles
    # What is asked for is what is visible now, here and below: a feed moves on meanwhile.
    history = dock.history()
    low, high = dock.shown_range()
    by, _ = filter_in_force(context.state.angles, history.seconds)
    series = Series(history, context.state.angles.plotted, low, high, by, dock.radians, dock.travel)

    def write(path: Path) -> None:
        context.session.write_curves(path, series)

    context.ask_where("Save curves", f"{context.stem or 'pose'}_angles.csv", _CURVES, write)


def save_plot(context: Context) -> None:
    """Ask where to save a picture of the plot, and save it."""
    from poseviewer.gui.angles.picture import plot_picture

    docks = context.docks()
    if docks is None or docks.angles.why_empty(context.state):
        return
    dock, source = docks.angles, context.state.source
    plot = dock.large_plot()
    title = source.name if source is not None else ""
    image = plot_picture(plot, title=title, names=dock.chosen, caption=dock.caption.text())
    plot.deleteLater()

    def write(path: Path) -> None:
        try:
            save_picture(path, png_of(image), source=source.location if source is not None else "")
        except PoseViewerError as error:
            context.session.notice("error", str(error), topic="plot")
        else:
            context.session.notice("info", f"Wrote {path}.", topic="plot")

    name = f"{context.stem or 'pose'}_angles.png"
    context.ask_where("Save picture of the plot", name, "PNG image (*.png)", write)


def save_figures(context: Context) -> None:
    """Ask where to save the table of figures, and save it."""
    from poseviewer.runtime.angle_figures import figures_text

    docks = context.docks()
    if docks is None or docks.angles.why_empty(context.state):
        return
    dock = docks.angles
    rows, span, by = dock.measured()
    text = figures_text(rows, span=span, by=by, radians=dock.radians)

    def write(path: Path) -> None:
        _save(context, path, text, topic="figures")

    name = f"{context.stem or 'pose'}_figures.csv"
    context.ask_where("Save the table of figures", name, "Table (*.csv)", write)


def save_repetitions(context: Context) -> None:
    """Ask where to save the repetitions of the chosen angles, and save them."""
    from poseviewer.core.repetition_figures import repetitions_text

    docks = context.docks()
    if docks is None or docks.angles.why_empty(context.state):
        return
    dock = docks.angles
    found, _, by = dock.repetitions()
    choice = context.state.angles.repetition
    text = repetitions_text(found, choice=choice, by=by, radians=dock.radians)

    def write(path: Path) -> None:
        _save(context, path, text, topic="repetitions")

    name = f"{context.stem or 'pose'}_repetitions.csv"
    context.ask_where("Save the repetitions", name, "Table (*.csv)", write)


def large(context: Context) -> None:
    """Let the plot take the whole window, or go back to its place."""
    docks = context.docks()
    if docks is None:
        return
    dock = docks.angles
    if dock.isFloating():
        dock.setFloating(False)
        return
    dock.show()
    dock.setFloating(True)
    dock.setGeometry(context.window.geometry())
    dock.raise_()
    dock.activateWindow()


def _save(context: Context, path: Path, text: str, *, topic: str) -> None:
    """Save a text, and say so."""
    try:
        save_file(path, text)
    except PoseViewerError as error:
        context.session.notice("error", str(error), topic=topic)
    else:
        context.session.notice("info", f"Wrote {path}.", topic=topic)


def _show(dialog: QDialog) -> None:
    """Open a dialog that does not block the window: its changes show at once."""
    dialog.finished.connect(dialog.deleteLater)
    dialog.show()


ANGLES = in_menu(
    "Angles",
    option("facing_right", "Facing right", ("angles", "facing", "right")),
    option("facing_left", "Facing left", ("angles", "facing", "left")),
    option(
        "facing_auto", "Detect facing", ("angles", "facing", "auto"),
        tip="Detect from feet, knees, elbows and nose which way the person faces",
    ),
    Action(
        "define_angle", "Define angles…", define, "Ctrl+Shift+A",
        "Define, change or remove custom angles", rule=True,
    ),
    Action(
        "filters", "Filters…", filters, "Ctrl+Shift+F",
        "Smooth the curves and the skeleton, fill gaps; raw values are always stored",
    ),
    Action(
        "large_plot", "Plot over the whole window", large, "Ctrl+Shift+L",
        "Let the plot take the whole window, and put it back",
    ),
    on_off(
        "repetitions", "Find repetitions", "angles", "repetitions",
        tip="Mark squats, strides and the like in the plot, and list them with their figures",
    ),
    on_off(
        "velocity", "Plot angular velocities", "angles", "velocity",
        tip="Plot how fast angles change instead of the angles",
    ),
    Action(
        "save_curves", "Save the curves…", save_curves,
        tip="Save the visible range as CSV or MOT", rule=True, needs=network_loaded,
    ),
    Action(
        "save_figures", "Save the table of figures…", save_figures,
        tip="Save extremes, mean, spread and symmetry of the chosen angles as CSV",
        needs=network_loaded,
    ),
    Action(
        "save_repetitions", "Save the repetitions…", save_repetitions,
        tip="Save every repetition of the chosen angles, with mean and spread, as CSV",
        needs=network_loaded,
    ),
    Action("save_plot", "Save a picture of the plot…", save_plot, needs=network_loaded),
    Action(
        "no_arcs", "Hide all angles on the frame",
        lambda context: context.change("display", arcs=()),
        rule=True,
    ),
)  # fmt: skip
