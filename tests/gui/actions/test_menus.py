"""Menus that are filled anew while the window is open."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from poseviewer.gui.window.window import Window

pytestmark = pytest.mark.gui


def test_menus_that_are_filled_again_keep_nothing(window: Window) -> None:
    """Each change of network fills two of them."""
    state, menus = window.bridge.session.state, window.menus
    assert state.model is not None

    def fill() -> int:
        # Another object that says the same is another network.
        fresh = replace(state, loaded=replace(state.model), answer=None, models=state.models[1:])
        menus.icons_changed()
        assert menus.sync(fresh)
        return len(menus._ghosts.children()) + len(menus._models.children())

    assert len({fill() for _ in range(4)}) == 1
