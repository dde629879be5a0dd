"""A project's copy of what was put right in a clip, against that in the clip's own file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Literal

from poseviewer.runtime.project.file import corrections_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.annotation import Annotations
    from poseviewer.core.correction import Corrections
    from poseviewer.runtime.project.value import Project, ProjectClip
    from poseviewer.runtime.saved.agreements import Agreements
    from poseviewer.runtime.state import AppState

Counts = Literal["same", "clip", "project", "ask"]
"""Which of the two counts: they are the same, that of the clip's file, that of the project, or
only a person can say."""


def digest(corrections: Corrections, annotations: Annotations) -> str:
    """What corrections and annotations are recognised by; empty where there are none."""
    if not corrections and not annotations:
        return ""
    # A file may give back 5 as 5.0.
    rows = [
        [float(value) if isinstance(value, int) else value for value in row]
        for part in corrections_json(corrections).values()
        for row in (*part, ())
    ]
    text = json.dumps([rows, annotations.to_json()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def counts(clip: str, project: str, *, key: str, agreed: Agreements) -> Counts:
    """Which of two digests counts (docs/decisions/0013-projects-carry-copies.md).

    Args:
        clip: Of what the file of the clip holds.
        project: Of what the project holds.
        key: Of the project.
        agreed: What the file of the clip has agreed with, the latest last.
    """
    if clip == project:
        return "same"
    if not project or not clip:
        return "project" if project else "clip"
    if agreed and agreed[-1][0] == key:
        # This project alone has had to do with the clip since they agreed.
        if (key, project) in agreed:
            return "clip"
        if agreed[-1][1] == clip:
            return "project"
    return "ask"


class ClipWork:
    """What belongs to the clip that is open, for a project to compare and to put back.

    Args:
        state: Gives the present state.
        agreed: Gives what the clip has agreed with.
        agree: Writes down that it agrees with a project now.
        correct: Puts corrections in force, without a step to undo.
        annotate: Puts annotations in force, without a step to undo.
        change: Changes choices, without a step to undo.
        go: Sets marks and the frame, without a step to undo.
    """

    def __init__(
        self,
        *,
        state: Callable[[], AppState],
        agreed: Callable[[], Agreements],
        agree: Callable[[str, str], None],
        correct: Callable[[Corrections], None],
        annotate: Callable[[Annotations], None],
        change: Callable[..., Any],
        go: Callable[[int | None, int | None, int], None],
    ) -> None:
        self._state, self._agreed, self._agree = state, agreed, agree
        self._correct, self._annotate = correct, annotate
        self._change, self._go = change, go

    def counts(self, clip: ProjectClip, *, key: str) -> Counts:
        """Which counts: what is saved of the clip, or what a project says of it."""
        return counts(
            self._digest(), digest(clip.corrections, clip.annotations), key=key,
            agreed=self._agreed(),
        )  # fmt: skip

    def put(self, clip: ProjectClip) -> None:
        """Put the corrections and annotations of a project in force, and save them."""
        self._correct(clip.corrections)
        self._annotate(clip.annotations)

    def agree(self, key: str) -> None:
        """Write down that a project says the same as the clip's file."""
        if made := self._digest():
            self._agree(key, made)

    def choose(self, project: Project) -> None:
        """Put the choices of a project in force; its angles are put in force elsewhere."""
        for name in ("network", "reading", "angles", "display"):
            section = getattr(project, name)
            chosen = {field.name: getattr(section, field.name) for field in fields(section)}
            chosen.pop("custom", None)
            self._change(name, **chosen)

    def resume(self, clip: ProjectClip) -> None:
        """Go where a person was in the clip: people, region, marks and frame."""
        people = clip.people
        self._change(
            "people", focus=people.focus, locked=people.locked, hidden=people.hidden,
            names=people.names,
        )  # fmt: skip
        if clip.box is not None:
            self._change("reading", region="box", box=clip.box)
        self._go(clip.start, clip.end, clip.frame)

    def _digest(self) -> str:
        state = self._state()
        return digest(state.corrections, state.annotations)
