"""Actions about the network, its region and the people it finds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from poseviewer.gui.actions.context import (
    Action,
    Context,
    feed_open,
    in_menu,
    needed,
    network_loaded,
    on_off,
    option,
    several_frames,
    something_open,
)

if TYPE_CHECKING:
    from poseviewer.runtime.state import AppState


def next_person(context: Context) -> None:
    """Show the next person in the frame, by number."""
    state = context.state
    here = [] if state.result is None else state.result.poses.track.tolist()
    numbers = sorted(number for number in here if number >= 0)
    if not numbers:
        if len(here) > 1:
            text = "Analyse the clip first (A): in a single frame people have no numbers."
            context.session.notice("info", text, topic="people")
        return
    # Where no person is chosen, the one in focus comes first.
    now = here[0] if state.people.focus is None else state.people.focus
    later = [number for number in numbers if number > now]
    context.change("people", focus=(later or numbers)[0])


def get_networks(context: Context) -> None:
    """Show which networks can be fetched."""
    from poseviewer.gui.dialogs.get_networks import GetNetworks

    context.ask(GetNetworks(context))


def import_network(context: Context) -> None:
    """Ask for a file that holds a network, and for what it means."""
    from poseviewer.gui.dialogs.import_network import FILES, ImportNetwork

    picker = QFileDialog(context.window, "Import network", context.settings.folder, FILES)
    picker.setFileMode(QFileDialog.FileMode.ExistingFile)
    picker.fileSelected.connect(lambda path: context.ask(ImportNetwork(context, Path(path))))
    context.ask(picker)


@needed("choose a network that was imported first; those that ship stay")
def imported_chosen(state: AppState) -> bool:
    """The network that is chosen was imported."""
    name = state.network.model
    return any(model.imported for model in state.models if model.name == name)


def remove_network(context: Context) -> None:
    """Ask whether the network that is chosen shall be deleted, and do it."""
    from poseviewer.gui.dialogs.remove_network import RemoveNetwork

    name = context.state.network.model
    box = RemoveNetwork(name, context.window)

    def done() -> None:
        if box.clickedButton() is box.remove:
            # What runs is no file's any more before that is deleted.
            context.change("network", automatic=True)
            context.session.importer.remove(name)

    box.finished.connect(done)
    context.ask(box)


def training_runs(context: Context) -> None:
    """Show the training runs that come with the program."""
    from poseviewer.gui.training.window import TrainingWindow

    window = TrainingWindow(parent=context.window)
    window.setWindowFlag(Qt.WindowType.Window)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.show()


def next_network(context: Context) -> None:
    """Take the next network of the list that can run; after the last comes the first."""
    names = [model.name for model in context.state.models if model.trained]
    now = context.state.network.model
    if names:
        at = names.index(now) if now in names else -1
        context.change("network", model=names[(at + 1) % len(names)])


MODEL = in_menu(
    "Model",
    on_off(
        "automatic", "Choose the network by speed", "network", "automatic",
        tip="Take the accurate network where it is fast enough for what is open, else the fast one",
    ),
    Action(
        "next_network", "Next network", next_network, "F9",
        "Take the next network of the list; after the last comes the first",
    ),
    Action(
        "get_networks", "Get networks…", get_networks,
        tip="Published networks, and those that are not in this installation: list, fetch, use",
    ),
    Action(
        "import_network", "Import network…", import_network,
        tip="A network from a file: ONNX, TensorFlow Lite, a .task bundle or TensorFlow.js",
    ),
    Action(
        "remove_network", "Remove network…", remove_network,
        tip="Delete the imported network that is chosen", needs=imported_chosen,
    ),
    Action(
        "training_runs", "Training runs…", training_runs,
        tip="How a network learns: gradients by layer, losses and maps, step by step",
    ),
    option("region_whole", "Whole frame", ("reading", "region", "whole"), rule=True),
    option(
        "region_follow", "One person", ("reading", "region", "follow"),
        tip="Find one person and show the network the region around them",
    ),
    option(
        "region_people", "Everybody", ("reading", "region", "people"), "P",
        "Find everybody and show the network a region around each person",
    ),
    Action(
        "region_box", "Drag a box…", lambda context: context.frame.arm_box(), "B",
        "Choose the region to analyse (or drag with Shift)", "box", needs=something_open,
    ),
    Action(
        "next_person", "Next person", next_person, "N",
        "Show the maps and angles of the next person", rule=True, needs=network_loaded,
    ),
    Action(
        "anybody", "Most confident person",
        lambda context: context.change("people", focus=None, locked=False), "Shift+N",
        needs=network_loaded,
    ),
    on_off("flip", "Average with mirror image", "reading", "flip", rule=True),
    on_off(
        "smooth", "Smooth the joints shown", "reading", "smooth", "Shift+S",
        "Steady the joints of live sources and analysed clips; off shows them raw",
    ),
    on_off("mirror", "Mirror the camera", "display", "mirror", "M", needs=feed_open),
    Action(
        "analyse", "Analyse clip", lambda context: context.session.analyse(), "A",
        "Analyse every frame in order, in the background; press again to stop", "analyse",
        rule=True, needs=several_frames,
    ),
)  # fmt: skip
