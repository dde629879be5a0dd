"""The table of all actions: menus, keys and the list of shortcuts are made from it."""

from __future__ import annotations

from poseviewer.gui.actions.angles import ANGLES
from poseviewer.gui.actions.context import Action, Context, in_menu
from poseviewer.gui.actions.draw import DRAW, KEY_FRAMES
from poseviewer.gui.actions.files import EXPORT, FILE, INTERLACED
from poseviewer.gui.actions.help import HELP
from poseviewer.gui.actions.model import MODEL
from poseviewer.gui.actions.playback import PLAYBACK
from poseviewer.gui.actions.stages import EDIT, STAGES
from poseviewer.gui.actions.titles import MENUS
from poseviewer.gui.actions.view import VIEW
from poseviewer.gui.actions.workspaces import PRESENTING, WORKSPACES


def shortcuts(context: Context) -> None:
    """List every action with its keys."""
    from poseviewer.gui.dialogs.shortcuts import ShortcutsDialog

    dialog = ShortcutsDialog(context.window, specs=ACTIONS, menus=MENUS, settings=context.settings)
    dialog.editor.changed.connect(context.apply_keys)
    context.ask(dialog)


def preferences(context: Context) -> None:
    """Show the settings of the program in one place."""
    from poseviewer.gui.dialogs.preferences import Preferences

    context.ask(Preferences(context, specs=ACTIONS, menus=MENUS))


def palette(context: Context) -> None:
    """Find an action by its words and do it."""
    settings = context.settings
    specs = {spec.name: spec for spec in ACTIONS}
    from poseviewer.gui.dialogs.palette import Palette, entries_of

    found = entries_of(context.window.menuBar(), specs)
    dialog = Palette(
        [one for one in found if one[0].name != "palette"],
        context.window,
        recent=settings.used,
        used=settings.add_used,
    )
    context.ask(dialog)


_PALETTE = Action(
    "palette", "Find an action…", palette, "Ctrl+Shift+P",
    "Everything in the menus, found by its words",
)  # fmt: skip
_SHORTCUTS = Action(
    "shortcuts", "Keyboard shortcuts…", shortcuts, "Shift+F1", "Every action with its keys, "
    "which can be changed here",
)  # fmt: skip
_PREFERENCES = Action(
    "preferences", "Preferences…", preferences, "Ctrl+,",
    "Theme, viewing distance, network, rewind, files and keys", rule=True,
)  # fmt: skip

ACTIONS: tuple[Action, ...] = (
    *(
        *FILE,
        *INTERLACED,
        *EDIT,
        *DRAW,
        *KEY_FRAMES,
        *in_menu("Edit", _PREFERENCES),
        *VIEW,
        *PRESENTING,
        *WORKSPACES,
        *PLAYBACK,
        *MODEL,
        *STAGES,
        *ANGLES,
        *EXPORT,
    ),
    *(HELP[0], *in_menu("Help", _PALETTE, _SHORTCUTS), *HELP[1:]),
)
