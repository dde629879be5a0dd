"""The project of the window: opens and saves it, and puts back what belongs to each clip."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from poseviewer.core.annotation import NO_ANNOTATIONS
from poseviewer.core.correction import NONE
from poseviewer.core.errors import PoseViewerError
from poseviewer.gui.project.dialogs import (
    ConflictDialog,
    MissingDialog,
    OverwriteDialog,
    SaveDialog,
)
from poseviewer.gui.project.shown import ShownProject
from poseviewer.gui.workspaces.workspace import as_json, from_json
from poseviewer.runtime.project import ENDING
from poseviewer.runtime.project.autosave import UNTITLED, Autosave
from poseviewer.runtime.project.clips import clip_of, find_clips
from poseviewer.runtime.project.file import read_project, write_project
from poseviewer.runtime.project.value import Project, as_seen, new_key
from poseviewer.runtime.saved.identity import content_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from poseviewer.core.annotation import Annotations
    from poseviewer.core.correction import Corrections
    from poseviewer.core.video_choice import VideoChoice
    from poseviewer.gui.actions.context import Context
    from poseviewer.runtime.project.autosave import Unsaved
    from poseviewer.runtime.project.value import ProjectClip
    from poseviewer.runtime.state import AppState, SourceInfo

MINUTE = 60_000
"""Milliseconds between two copies that outlive a crash."""

_PACE = 200
"""Milliseconds between two comparisons with what is saved."""

KINDS = f"Projects (*{ENDING})"


class ProjectKeeper(QObject):
    """Owner of the project of a window.

    Until a person opens or saves one, or adds a clip, there is none: what is shown replaces what
    was shown before, and nobody is asked to save anything. Even then a copy is made of what no
    other file holds, such as marks and names.

    Args:
        context: Of the window.
    """

    changed = Signal()
    """Read `shown`."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context = context
        self.path: Path | None = None
        """Of the project's file; None where it has none yet."""
        self.is_open = False
        """Whether there is a project, with a file or without."""
        self.place: int | None = None
        """Which of its clips is on screen."""
        self.missing: frozenset[int] = frozenset()
        """Which of its clips were not found."""
        self._project, self._saved = Project(), Project().substance
        self._stamp: tuple[int, ...] = ()
        """What the file was recognised by when it was read or written last."""
        self._source: SourceInfo | None = None
        self._seen: tuple[int | None, Corrections, Annotations] = (None, NONE, NO_ANNOTATIONS)
        self._made = (NONE, NO_ANNOTATIONS)
        """What a person has made of the clip on screen, as the project holds it."""
        self._asking = False
        """Whether a person is asked whose corrections count; nothing is noted meanwhile."""
        self._layout: Mapping[str, Any] | None = None
        """To be used once a clip of the project is shown."""
        self.shown = ShownProject()
        """What is shown of it."""
        self._autosave, self._copied = Autosave(), Project()
        self._copying: Thread | None = None
        self._trouble = ""
        """Why the last copy could not be written."""
        self._soon = QTimer(self, singleShot=True, interval=_PACE)
        self._soon.timeout.connect(self._announce)
        self.timer = QTimer(self, interval=MINUTE)
        """Writes the copy that outlives a crash."""
        self.timer.timeout.connect(self._copy)
        self.timer.start()

    # -- what there is ------------------------------------------------------------------------

    @property
    def clips(self) -> tuple[ProjectClip, ...]:
        """The clips, as they were noted last."""
        return self._project.clips

    @property
    def notes(self) -> str:
        """The notes of the project."""
        return self._project.notes

    @property
    def title(self) -> str:
        """The name of the project; empty where there is none."""
        if not self.is_open:
            return ""
        return UNTITLED if self.path is None else self.path.stem

    @property
    def unsaved(self) -> bool:
        """Whether closing it would lose something of it."""
        return self.is_open and self._present(layout=False).substance != self._saved

    # -- what a person does ---------------------------------------------------------------------

    def open_file(self, path: Path) -> None:
        """Open a project, once the one that is open is saved or given up."""
        self.settle(lambda: self._read(path))

    def recover(self, unsaved: Unsaved) -> None:
        """Open what a window that ended had not saved; its copy stays until it is copied again."""
        try:
            project, words = unsaved.read()
        except PoseViewerError as error:
            unsaved.found.release()
            self._say("error", str(error))
            return
        path = unsaved.path

        def begin(found: Project, missing: Sequence[int]) -> None:
            self._begin(found, path, missing=missing, saved=self._on_disk(path))
            self._copy(wait=True)
            unsaved.found.remove()
            if words:
                self._say("warning", words)

        self._find(project, path, begin)

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save the project, under the name that it has.

        Args:
            then: Called once it is saved.
        """
        self.finish_typing()
        path = self.path
        if path is None:
            self.save_as(then)
        elif self._stamp != _stamp(path) and path.exists():
            dialog = OverwriteDialog(path, self._context.window)
            dialog.on_answer(
                replace=lambda: self._write(path, then), elsewhere=lambda: self.save_as(then)
            )
            self._context.ask(dialog)
        else:
            self._write(path, then)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Ask for a name, and save the project under it."""
        self.finish_typing()
        stem = self.path.stem if self.path is not None else self._context.stem or UNTITLED
        self._context.ask_where(
            "Save project", stem + ENDING, KINDS, lambda path: self._write(path, then)
        )

    def close_project(self) -> None:
        """Close the project and what is shown, once it is saved or given up."""
        if not self.is_open:
            self._say("info", "No project is open.")
            return

        def close() -> None:
            self._forget()
            self._context.shuttle.halt()
            self._context.session.close_source()
            self._context.session.angles.load()

        self.settle(close)

    def settle(self, then: Callable[[], object]) -> None:
        """Call `then` once nothing of the project would be lost, after asking where needed."""
        self.finish_typing()
        self._note()
        if not self.unsaved:
            then()
            return
        dialog = SaveDialog(self.title, self._context.window)
        dialog.on_answer(save=lambda: self.save(then), discard=then)
        self._context.ask(dialog)

    def show_clip(self, place: int) -> None:
        """Show a clip of the project."""
        if place == self.place or not 0 <= place < len(self.clips):
            return
        if place in self.missing:
            self._find(self._project, self.path, self._found)
            return
        self._note()
        clip = self.clips[place]
        self._context.shuttle.halt()
        self._context.bridge.open(clip.location, choice=clip.choice)

    def step(self, way: int) -> None:
        """Show the next clip, or the one before; the first follows on the last."""
        there = [place for place in range(len(self.clips)) if place not in self.missing]
        if not self.is_open:
            self._say("info", "No project is open.")
        elif there:
            now = there.index(self.place) if self.place in there else -max(way, 0)
            self.show_clip(there[(now + way) % len(there)])

    def add(self, locations: Sequence[str]) -> None:
        """Add clips to the project; each is there once."""
        self._note()
        known = {clip.content or clip.location for clip in self.clips}
        made = [clip_of(location) for location in locations]
        new = [clip for clip in made if (clip.content or clip.location) not in known]
        if not new:
            self._say("info", "That clip is in the project already.")
            return
        self._open_here()
        self._project = replace(self._project, clips=(*self.clips, *new))
        self._announce()
        if self.place is None and self._source is None:
            self.show_clip(len(self.clips) - len(new))

    def remove(self, place: int) -> None:
        """Take a clip out of the project; its file stays, and so do its corrections."""
        self._note()
        clips = self.clips[:place] + self.clips[place + 1 :]
        self._project = replace(self._project, clips=clips)
        self.missing = frozenset(n - (n > place) for n in self.missing if n != place)
        if self.place == place:
            self.place = None
            self._context.shuttle.halt()
            self._context.session.close_source()
        elif self.place is not None:
            self.place -= self.place > place
        self._announce()

    def write_notes(self, text: str) -> None:
        """Replace the notes of the project."""
        if text != self.notes:
            self._open_here()
            self._project = replace(self._project, notes=text)
            self._announce()

    def finish_typing(self) -> None:
        """Take over notes that were typed a moment ago."""
        if (docks := self._context.docks()) is not None:
            docks.project.take_notes()

    def close(self, *, keep: bool) -> None:
        """End: the window closes.

        Args:
            keep: Whether what is not saved is offered at the next start.
        """
        self.timer.stop()
        self._soon.stop()
        if keep and self.unsaved:
            self._copy(wait=True)
            self._autosave.leave()
        else:
            self._wait()
            self._autosave.remove()

    # -- what the window says -------------------------------------------------------------------

    def refresh(self, state: AppState) -> None:
        """Follow the state: note what belongs to the clip on screen."""
        if state.source is not self._source:
            self._arrive(state.source)
            self._announce()
        else:
            self._note()
            if not self._soon.isActive():
                self._soon.start()

    def holds(self, source: SourceInfo | None) -> bool:
        """Whether what is open is a clip of a project that is open."""
        return self.is_open and source is not None and self._place_of(source.location) is not None

    # -- clips ----------------------------------------------------------------------------------

    def _arrive(self, source: SourceInfo | None) -> None:
        """Take up another source: a clip of the project, or a new one for it."""
        self._source, self.place = source, None
        if source is None or source.live:
            return
        choice = None if source.video is None else source.video.choice
        place = self._place_of(source.location) if self.is_open else None
        if place is None:
            clip = clip_of(source.location)
            before = self.clips if self.is_open else ()
            if not self.is_open:
                self._project = Project()
            self._project = replace(self._project, clips=(*before, clip))
            self.place = len(before)
            self._choose(choice)
            return
        self.place = place
        self.missing -= {place}
        same = choice in (None, self.clips[place].choice)
        self._resume(self.clips[place], place=same)
        self._choose(choice)
        self._lay_out()

    def _choose(self, choice: VideoChoice | None) -> None:
        if self.place is not None and choice is not None:
            clip = replace(self.clips[self.place], choice=choice)
            self._project = self._project.with_clip(self.place, clip)

    def _resume(self, clip: ProjectClip, *, place: bool) -> None:
        """Put back what belongs to a clip.

        Args:
            clip: As the project has it.
            place: Whether its frames are those that numbers in the project mean.
        """
        session, key = self._context.session, self._project.key
        which = session.work.counts(clip, key=key)
        if which == "project":
            session.work.put(clip)
        if which in ("same", "project"):
            session.work.agree(key)
        if place:
            session.work.resume(clip)
        if which == "ask":
            self._ask_whose(clip)

    def _ask_whose(self, clip: ProjectClip) -> None:
        session = self._context.session
        dialog = ConflictDialog(
            clip, session.state.corrections, session.state.annotations, self._context.window
        )
        self._asking = True

        def take() -> None:
            session.correct("corrections of the project", clip.corrections)
            session.annotate("annotations of the project", clip.annotations)

        def decided() -> None:
            self._asking = False
            self._note()

        dialog.on_answer(project=take)
        dialog.finished.connect(decided)
        self._context.ask(dialog)

    def _place_of(self, location: str) -> int | None:
        path = os.path.abspath(location)
        places = [n for n, clip in enumerate(self.clips) if clip.location in (location, path)]
        return places[0] if places else None

    def _note(self) -> None:
        """Note what the state says of the clip on screen."""
        state = self._context.state
        if self.place is None or self._asking or state.source is not self._source:
            return
        before = self.clips[self.place]
        seen = (self.place, state.corrections, state.annotations)
        if any(one is not other for one, other in zip(seen, self._seen, strict=True)):
            # What is equal stays the same object, so that thousands are compared only once.
            self._seen = seen
            self._made = (
                before.corrections if before.corrections == state.corrections else seen[1],
                before.annotations if before.annotations == state.annotations else seen[2],
            )
        corrections, annotations = self._made
        clip = replace(as_seen(before, state), corrections=corrections, annotations=annotations)
        if clip != before:
            self._project = self._project.with_clip(self.place, clip)

    def _open_here(self) -> None:
        """Have a project, of what is shown, where there is none."""
        if not self.is_open:
            self.is_open = True
            if self.place is None:
                self._project = Project()
            self._saved = Project().substance
            self._note()

    # -- files ----------------------------------------------------------------------------------

    def _read(self, path: Path) -> None:
        path = Path(os.path.abspath(path))
        stamp = _stamp(path)
        try:
            project, words = read_project(path)
        except PoseViewerError as error:
            self._say("error", str(error))
            return

        def begin(found: Project, missing: Sequence[int]) -> None:
            # A clip that was left out is a change; one that was moved is none.
            second = found.angles.second or project.angles.second
            saved = replace(project, angles=replace(project.angles, second=second))
            self._begin(found, path, missing=missing, saved=saved)
            self._stamp = stamp
            if words:
                self._say("warning", words)

        self._find(project, path, begin)

    def _find(
        self,
        project: Project,
        path: Path | None,
        then: Callable[[Project, Sequence[int]], object],
    ) -> None:
        """Find the clips of a project; ask about those that are missing."""
        folder = Path.home() if path is None else path.parent
        found, missing = find_clips(project, folder)
        if not missing:
            then(found, ())
            return
        dialog = MissingDialog(found, missing, folder=folder, parent=self._context.window)
        dialog.decided.connect(then)
        self._context.ask(dialog)

    def _found(self, project: Project, missing: Sequence[int]) -> None:
        """Take over where the clips lie, of the project that is open."""
        self._project, self.missing = project, frozenset(missing)
        self.place = None if self._source is None else self._place_of(self._source.location)
        self._announce()

    def _begin(
        self, project: Project, path: Path | None, *, missing: Sequence[int], saved: Project | None
    ) -> None:
        """Open a project whose clips were looked for."""
        session = self._context.session
        self._forget()
        self._project, self.path, self.is_open = project, path, True
        self._saved = Project().substance if saved is None else saved.substance
        self._stamp = () if path is None else _stamp(path)
        self.missing, self._layout = frozenset(missing), project.layout
        self._context.shuttle.halt()
        session.angles.use(project.angles.custom)
        session.work.choose(project)
        if path is not None:
            self._recall(path)
        there = [n for n in range(len(project.clips)) if n not in self.missing]
        if there:
            # What is on screen is none of its clips, until one has been opened.
            self._source = self._context.state.source
            self.show_clip(project.current if project.current in there else there[0])
        else:
            session.close_source()
            self._lay_out()
        if project.second is not None and not project.angles.second:
            # Last, for opening a clip clears notices.
            text = f"The second clip, {project.second.title}, was not found."
            session.notice("warning", text, topic="second clip")
        self._announce()

    def _forget(self) -> None:
        """Have no project; what is shown stays."""
        self._wait()
        self._autosave.remove()
        self._project, self._saved, self.path = Project(), Project().substance, None
        self.is_open, self.place, self.missing = False, None, frozenset()
        self._stamp, self._layout = (), None
        self._announce()

    def _write(self, path: Path, then: Callable[[], object] | None) -> None:
        self._open_here()
        project = self._present(layout=True)
        if self.path is not None and path != self.path:
            # Another project from here on, which goes its own way.
            project = replace(project, key=new_key())
        try:
            write_project(path, project)
        except PoseViewerError as error:
            self._say("error", str(error))
            return
        self._project, self._saved, self.path = project, project.substance, path
        self._stamp = _stamp(path)
        if self.place is not None:
            self._context.session.work.agree(project.key)
        self._wait()
        self._autosave.remove()
        self._context.settings.folder = str(path.parent)
        self._recall(path)
        self._announce()
        if then is not None:
            then()

    def _recall(self, path: Path) -> None:
        """List it among those that were open."""
        self._context.settings.add_recent_project(str(path))
        self._context.list_recent()

    def _on_disk(self, path: Path | None) -> Project | None:
        """What the file of a project says; None where it cannot be read."""
        try:
            return None if path is None else read_project(path)[0]
        except PoseViewerError:
            return None

    def _present(self, *, layout: bool) -> Project:
        """The project as it is now.

        Args:
            layout: Whether with the layout, which takes a moment, and what files are known by.
        """
        self._note()
        made = self._project.with_choices(self._context.state)
        if self.place is not None:
            made = replace(made, current=self.place)
        if not layout:
            return made
        there = made.angles.second
        made = replace(made, second=clip_of(there) if there else None)
        for place, clip in enumerate(made.clips):
            if not clip.content:
                # It could not be read before.
                content = content_identity(Path(clip.location))
                made = made.with_clip(place, replace(clip, content=content))
        return replace(made, layout=as_json(self._context.workspaces().current))

    def _lay_out(self) -> None:
        layout, self._layout = self._layout, None
        if layout is not None:
            try:
                self._context.workspaces().take(from_json(layout))
            except ValueError as error:
                self._say("warning", f"The layout of {self.title} cannot be used: {error}.")

    # -- the copy that outlives a crash ---------------------------------------------------------

    def _copy(self, *, wait: bool = False) -> None:
        """Write the copy, where there is something that no other file holds."""
        if self._asking:
            return
        worth = self.unsaved or (not self.is_open and self._project.marked)
        if not worth:
            self._wait()
            self._autosave.remove()
            return
        project = self._present(layout=True)
        if self._copying is not None and self._copying.is_alive() and not wait:
            return
        self._wait()
        self._copying = Thread(
            target=self._write_copy, args=(project, self.path), name="poseviewer-copy", daemon=True
        )
        self._copying.start()
        if wait:
            self._wait()

    def _write_copy(self, project: Project, path: Path | None) -> None:
        try:
            self._autosave.write(project, path)
        except PoseViewerError as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._say("warning", self._trouble)

    def _wait(self) -> None:
        if self._copying is not None:
            self._copying.join()
            self._copying = None

    def _announce(self) -> None:
        clips = tuple(
            replace(clip.substance, location=clip.location) for clip in self._project.clips
        )
        shown = ShownProject()
        if self.is_open:
            shown = ShownProject(
                self.title, self.path, self.unsaved, clips, self.place, self.missing, self.notes
            )
        if shown != self.shown:
            self.shown = shown
            self.changed.emit()

    def _say(self, level: str, text: str) -> None:
        self._context.session.notice(level, text, topic="project")  # type: ignore[arg-type]


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes when a file is written."""
    try:
        state = path.stat()
    except OSError:
        return ()
    return state.st_ino, state.st_size, state.st_mtime_ns
