"""What a person changes, each a step that can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poseviewer.core.correction import merged
from poseviewer.runtime.undo import gesture, title_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.annotation import Annotations
    from poseviewer.core.correction import Corrections
    from poseviewer.runtime.coordinator import Coordinator


class Changes:
    """Makes changes of choices, corrections and annotations, and undoes them.

    Args:
        coordinator: Makes them.
        put_back_angles: Puts the file of the custom angles back too.
    """

    def __init__(
        self,
        coordinator: Coordinator,
        *,
        put_back_angles: Callable[[tuple[AngleSpec, ...]], object],
    ) -> None:
        self._coordinator, self._store = coordinator, coordinator.store
        self._stack, self._put_back_angles = coordinator.undo, put_back_angles

    def change(self, section: str, **fields: Any) -> None:
        """Change some choices, see `Session.change`."""
        with self._store:
            if section == "network":
                fields = self._coordinator.picker.completed(fields)
            before = self._coordinator.change(section, **fields)
            if before:
                display = self._carry(before["model"]) if "model" in before else {}
                now = getattr(self._store.state, section)
                after = {name: getattr(now, name) for name in before}
                carried = {name: getattr(self._store.state.display, name) for name in display}
                self.remember(
                    title_of(before),
                    lambda: self._put_back(section, before, display=display),
                    lambda: self._put_back(section, after, display=carried),
                    key=gesture(section, before),
                )

    def undo(self) -> None:
        """Undo the last change of marks, choices, corrections or drawings, or a deletion."""
        self._travel(self._stack.undo)

    def redo(self) -> None:
        """Make the change again that was undone last."""
        self._travel(self._stack.redo)

    def go_to(self, done: int) -> None:
        """Undo or redo until so many of `state.steps` are in force."""
        done = min(max(done, 0), len(self._stack.titles))
        while self._stack.position != done:
            if self._stack.position > done:
                self.undo()
            else:
                self.redo()

    def _travel(self, step: Callable[[], Callable[[], None] | None]) -> None:
        with self._store:
            go = step()
            self._show_steps()
        if go is not None:
            go()

    def _show_steps(self) -> None:
        self._store.change(steps=self._stack.titles, steps_done=self._stack.position)

    def correct(self, title: str, corrections: Corrections) -> None:
        """Put corrections in force in place of those there are, see `Session.correct`."""
        with self._store:
            before = self._store.state.corrections
            if corrections != before:
                self._coordinator.correct(corrections)
                self.remember(
                    title,
                    lambda: self._correct_from(corrections, before),
                    lambda: self._correct_from(before, corrections),
                )

    def _correct_from(self, base: Corrections, wanted: Corrections) -> None:
        """Make of the corrections in force what leads from `base` to `wanted`."""
        now = merged(base, wanted, self._store.state.corrections)
        self._coordinator.correct(now)

    def annotate(self, title: str, annotations: Annotations, *, key: Hashable = None) -> None:
        """Put annotations in force in place of those there are, see `Session.annotate`."""
        put = self._coordinator.annotate
        with self._store:
            before = self._store.state.annotations
            if annotations != before:
                put(annotations)
                self.remember(title, lambda: put(before), lambda: put(annotations), key=key)

    def _carry(self, model: str) -> Mapping[str, Any]:
        """Keep the meaning of map and ghost after a change of network; return the old fields."""
        state = self._store.state
        stages = {one.name: one.stages for one in state.models}
        old, new = stages.get(model), stages.get(state.network.model)
        if old is None or new is None:
            return {}
        return self._store.change_section("display", **state.display.carried(old, new))

    def _put_back(
        self, section: str, fields: Mapping[str, Any], *, display: Mapping[str, Any]
    ) -> None:
        if section == "angles" and "custom" in fields:
            # They have a file, which must say the same.
            self._put_back_angles(fields["custom"])
        with self._store:
            self._coordinator.change(section, **fields)
            self._coordinator.change("display", **display)

    def remember(
        self,
        title: str,
        back: Callable[[], None],
        again: Callable[[], None],
        *,
        key: Hashable = None,
    ) -> None:
        """Note a change that was made as a step to undo.

        Args:
            title: What was changed.
            back: Undoes it.
            again: Makes it again.
            key: Successive changes with the same one are one step.
        """
        with self._store:
            self._stack.push(title, back, again, key=key)
            self._show_steps()
