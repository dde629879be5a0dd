"""Colours, sizes and keys of the window: what a person chooses of how it looks and is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.gui import theme
from poseviewer.gui.actions.menus import keys_of, set_keys, setting_icons
from poseviewer.gui.actions.table import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from poseviewer.gui.actions.context import Context
    from poseviewer.gui.actions.menus import LiveMenus
    from poseviewer.gui.design import Distance, ThemeChoice
    from poseviewer.gui.window.welcome import Welcome
    from poseviewer.gui.workspaces.tabs import WorkspaceTabs


class Appearance:
    """Applies the theme, the viewing distance and the keys, and saves them.

    Args:
        context: Of the window.
        menus: Have icons.
        welcome: Has icons.
        tabs: Have icons.
        redraw: Draws the window again.
    """

    def __init__(
        self,
        context: Context,
        *,
        menus: LiveMenus,
        welcome: Welcome,
        tabs: WorkspaceTabs,
        redraw: Callable[[], object],
    ) -> None:
        self._context, self._settings = context, context.settings
        self._menus, self._welcome, self._tabs, self._redraw = menus, welcome, tabs, redraw

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Apply a theme and save it."""
        self._settings.theme = choice
        theme.apply(choice, distance=self._settings.distance)
        actions = self._context.actions()
        for _ in setting_icons(actions):
            pass
        self._menus.icons_changed()
        self._welcome.dress(actions)
        self._tabs.dress()
        self.show_choices()

    def choose_distance(self, choice: Distance) -> None:
        """Apply the sizes for a viewing distance and save it."""
        self._settings.distance = choice
        self.choose_theme(self._settings.theme)
        self._redraw()

    def apply_keys(self, changed: Mapping[str, Sequence[str]]) -> None:
        """Give the actions their keys, with the person's changes."""
        actions = self._context.actions()
        for spec in ACTIONS:
            set_keys(actions[spec.name], keys_of(spec, changed))
        self._menus.icons_changed()
        self._redraw()

    def show_choices(self) -> None:
        """Tick the theme and the viewing distance."""
        actions = self._context.actions()
        chosen = f"theme_{self._settings.theme}", f"distance_{self._settings.distance}"
        for spec in ACTIONS:
            if spec.group in ("theme", "distance"):
                actions[spec.name].setChecked(spec.name in chosen)
