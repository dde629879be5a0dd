"""What an action is, and what its function is given."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtWidgets import QFileDialog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QDialog, QMainWindow

    from poseviewer.gui.actions.shuttle import Shuttle
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.design import Distance, ThemeChoice
    from poseviewer.gui.frame.view import FrameView
    from poseviewer.gui.session import SessionProtocol
    from poseviewer.gui.settings import Settings
    from poseviewer.gui.window.docks import Docks
    from poseviewer.gui.workspaces.slow_replay import SlowReplay
    from poseviewer.gui.workspaces.workspaces import Workspaces
    from poseviewer.runtime.state import AppState

DEMO = "mannequin:"
"""The location of the built-in demo."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person can do: its words, its keys, and the function that does it."""

    name: str
    text: str
    run: Callable[[Context], object] | Callable[[Context, bool], object]
    """Does it; of a checkable action also given whether it is now checked."""

    shortcuts: str = ""
    """Its keys as Qt writes them, such as `Ctrl+C`, separated by spaces."""

    tip: str = ""
    icon: str = ""

    _: KW_ONLY

    menu: str = ""
    """Title of the menu; `Menu/Submenu` for one inside. Set by `in_menu`."""

    checked: Callable[[AppState], bool] | None = None
    """Whether it has a tick; None for an action that never has one."""

    checkable: bool = False
    """It has a tick that the window sets, and not the state."""

    group: str = ""
    """Actions of one group exclude each other."""

    rule: bool = False
    """Draw a separator above it."""

    needs: Callable[[AppState], bool] | None = None
    """Whether the action can be done now; always where None."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The shortcuts, one by one."""
        return tuple(self.shortcuts.split())

    @property
    def ticks(self) -> bool:
        """Whether it has a tick."""
        return self.checkable or self.checked is not None


def in_menu(menu: str, *actions: Action) -> tuple[Action, ...]:
    """The actions as entries of `menu`."""
    return tuple(replace(action, menu=menu) for action in actions)


def on_off(
    name: str, text: str, section: str, field: str, shortcuts: str = "", tip: str = "", **rest: Any
) -> Action:
    """An action that switches the choice `field` on and off."""

    def run(context: Context, on: bool) -> None:
        context.change(section, **{field: on})

    def checked(state: AppState) -> bool:
        return bool(getattr(getattr(state, section), field))

    return Action(name, text, run, shortcuts, tip, checked=checked, **rest)


def option(
    name: str,
    text: str,
    choice: tuple[str, str, str],
    shortcuts: str = "",
    tip: str = "",
    **rest: Any,
) -> Action:
    """An action that chooses one value; `choice` is its section, field and value."""
    section, field, value = choice

    def run(context: Context, _on: bool) -> None:
        context.change(section, **{field: value})

    def checked(state: AppState) -> bool:
        return bool(getattr(getattr(state, section), field) == value)

    return Action(name, text, run, shortcuts, tip, checked=checked, group=field, **rest)


class ProjectProtocol(Protocol):
    """The project of the window, see `gui.project.keeper.ProjectKeeper`."""

    def open_file(self, path: Path) -> None:
        """Open a project, once the one that is open is saved or given up."""

    def save(self) -> None:
        """Save it under its name, or ask for one."""

    def save_as(self) -> None:
        """Ask for a name, and save it under that."""

    def add(self, locations: Sequence[str]) -> None:
        """Add clips."""

    def step(self, way: int) -> None:
        """Show the next clip, or the one before."""

    def close_project(self) -> None:
        """Close it, once it is saved or given up."""


@dataclass(slots=True, eq=False)
class Context:
    """What the functions of actions work on: the session, and the few parts of a window."""

    bridge: Bridge
    settings: Settings
    window: QMainWindow
    """Parent of dialogs."""
    frame: FrameView
    shuttle: Shuttle
    slow_replay: SlowReplay
    show_tour: Callable[[bool], None]
    """Begins the tour through the joints, or ends it."""
    show_output: Callable[[bool], None]
    """Shows the second screen, or no longer."""
    docks: Callable[[], Docks | None]
    """The docks, once they are made."""
    workspaces: Callable[[], Workspaces]
    project: Callable[[], ProjectProtocol]
    """The project that is open, or none."""
    actions: Callable[[], Mapping[str, QAction]]
    open: Callable[[str], None]
    full_screen: Callable[[bool], None]
    choose_theme: Callable[[ThemeChoice], None]
    choose_distance: Callable[[Distance], None]
    apply_keys: Callable[[Mapping[str, Sequence[str]]], None]
    """Gives the actions the keys that a person has changed, by action."""
    list_recent: Callable[[], None]
    """Shows the locations opened recently, after the list has changed."""
    last_stage: int = -1
    """The stage whose map was shown on the frame last; -1 is the final one."""

    @property
    def session(self) -> SessionProtocol:
        """The session under the window."""
        return self.bridge.session

    @property
    def state(self) -> AppState:
        """The present state."""
        return self.bridge.state

    def change(self, section: str, **fields: Any) -> None:
        """Change some choices, as `Session.change`."""
        self.bridge.session.change(section, **fields)

    def ask(self, dialog: QDialog) -> None:
        """Open a dialog that does not block the window; it is deleted when it is closed."""
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask_where(self, title: str, name: str, kinds: str, then: Callable[[Path], object]) -> None:
        """Ask for the file to save something under.

        Args:
            title: Of the dialog.
            name: What is offered.
            kinds: As Qt writes them: `PNG image (*.png);;Table (*.csv)`.
            then: Called with the chosen path, unless that is a file that is read.
        """
        folder = Path(self.settings.folder or Path.home())
        picker = QFileDialog(self.window, title, str(folder), kinds)
        picker.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        picker.setDefaultSuffix(Path(name).suffix[1:])
        picker.filterSelected.connect(
            lambda kind: picker.setDefaultSuffix(kind.rsplit("*.", 1)[-1].rstrip(")"))
        )
        picker.selectFile(str(folder / name))
        picker.fileSelected.connect(
            lambda path: self.session.spares(Path(path)) and then(Path(path))
        )
        self.ask(picker)

    @property
    def stem(self) -> str:
        """The name of what is open, fit for a file name."""
        source = self.state.source
        return "" if source is None else Path(source.name).stem.replace(":", "_")


_NEEDED: dict[Callable[[AppState], bool], str] = {}


def needed(
    why_not: str,
) -> Callable[[Callable[[AppState], bool]], Callable[[AppState], bool]]:
    """Return what notes why an action cannot be done where the function it decorates says so.

    Args:
        why_not: A clause that is read after `Not now:`.
    """

    def note(holds: Callable[[AppState], bool]) -> Callable[[AppState], bool]:
        _NEEDED[holds] = why_not
        return holds

    return note


@needed("open a clip or a camera first")
def something_open(state: AppState) -> bool:
    """A source is open."""
    return state.source is not None


@needed("only for a clip")
def clip_open(state: AppState) -> bool:
    """A clip is open."""
    return state.source is not None and not state.source.live


@needed("only for a camera, stream or screen")
def feed_open(state: AppState) -> bool:
    """A feed is open."""
    return state.source is not None and state.source.live


@needed("only for a clip, or a feed that is frozen")
def can_move(state: AppState) -> bool:
    """A clip, or a frozen feed, has frames to go to."""
    moves = clip_open(state) or state.past is not None
    return moves and not (state.source is not None and state.source.count == 1)


@needed("only for a clip of several frames")
def several_frames(state: AppState) -> bool:
    """A clip with more than one frame is open."""
    return state.source is not None and state.source.count > 1


@needed("there is nothing to play")
def can_play(state: AppState) -> bool:
    """There is more than one frame to show."""
    return feed_open(state) or can_move(state)


@needed("only for a clip, or a feed that is frozen")
def can_export(state: AppState) -> bool:
    """A clip, or the last seconds of a frozen feed, can be written."""
    return clip_open(state) or state.past is not None


@needed("only while something is open and a network runs")
def network_loaded(state: AppState) -> bool:
    """A source is open and a network runs."""
    return state.model is not None and state.source is not None


@needed("no ground truth is known")
def truth_known(state: AppState) -> bool:
    """Ground truth is known."""
    return state.truth is not None


@needed("no ground truth with places is known")
def true_places_known(state: AppState) -> bool:
    """Ground truth is known that has places."""
    return state.truth is not None and state.truth.places


def reason_against(spec: Action | None) -> str:
    """Why an action cannot be done now, as a clause; empty of one that always can."""
    return "" if spec is None or spec.needs is None else _NEEDED[spec.needs]
