"""A cache of the scene over the frame."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from poseviewer.core.annotation import NOTHING_SHOWN
from poseviewer.gui import theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.frame import Frame
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item, Scene


class SceneCache:
    """Builds a scene only when the result, the look or the zoom has changed."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._scene: Scene | None = None
        self._zoom = 1.0
        self._made: tuple[tuple[object, ...], Scene] | None = None
        """What was built on another thread, and of what, until it is asked for."""
        self.built = 0
        """How many scenes have been built."""

    def scene(
        self,
        result: FrameResult | None,
        *,
        look: Look,
        zoom: float,
        frame: Frame | None = None,
        more: Callable[[FrameResult], tuple[Item, ...]] | None = None,
    ) -> Scene | None:
        """The scene of `result` for a frame shown at `zoom` points a pixel.

        Args:
            result: What is shown.
            look: How.
            zoom: Points a pixel.
            frame: What is shown where there is no result: what a person has drawn is seen even so.
            more: What else to draw on top; see `forget`.
        """
        if result is None and (frame is None or look.drawn is NOTHING_SHOWN):
            self._key, self._scene = (), None
            return None
        key = (result, frame if result is None else None, look, zoom, theme.scale())
        if key != self._key:
            made, self._made = self._made, None
            if result is None:
                # Imported late: it brings OpenCV, which the first paint must not wait for.
                from poseviewer.draw.scene import drawn_scene

                assert frame is not None
                scene = drawn_scene(frame, look, scale=theme.scale() / max(zoom, 1e-6))
            else:
                fits = made is not None and made[0] == key
                scene = made[1] if made is not None and fits else _built(result, look, zoom)
                if more is not None and (items := more(result)):
                    scene = replace(scene, items=scene.items + items)
            self._scene = scene
            self._key, self._zoom = key, zoom
            self.built += 1
        return self._scene

    def draw_ahead(self, result: FrameResult, look: Look) -> Scene | None:
        """Build the scene of a result at the zoom of the last one; called on another thread.

        Returns:
            None where it is built already.
        """
        zoom, made = self._zoom, self._made
        key = (result, None, look, zoom, theme.scale())
        if key == self._key or (made is not None and key == made[0]):
            return None
        scene = _built(result, look, zoom)
        self._made = key, scene
        return scene

    def forget(self) -> None:
        """Build the next scene again: what else is drawn over the same result has changed."""
        self._key = ()


def _built(result: FrameResult, look: Look, zoom: float) -> Scene:
    # Imported late: it brings OpenCV, which the first paint must not wait for.
    from poseviewer.draw.scene import build_scene

    scale = theme.scale() / max(zoom, 1e-6)
    return build_scene(result, look, poses=result.shown, scale=scale)
