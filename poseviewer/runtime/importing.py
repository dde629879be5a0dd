"""Importing a network for the window: read on a thread, tried on the frame on screen, stored.

A graph is described by a person where it is not known, and tried; a checkpoint holds the weights of
a network that is built here, and either fits or not.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import known_skeletons
from poseviewer.runtime.job import Job
from poseviewer.runtime.jobs import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path
    from threading import Thread

    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.core.frame import Frame
    from poseviewer.models.card import ModelCard
    from poseviewer.models.graph_files.cards import Candidate
    from poseviewer.models.graph_files.description import Description
    from poseviewer.models.graph_files.signature import Port, Tensor
    from poseviewer.models.importers.checkpoint import Candidate as Checkpoint
    from poseviewer.runtime.store import Store

_TIMES = " \N{MULTIPLICATION SIGN} "
_CANCELLED = "Cancelled; nothing was imported."

VALUES = {
    "0 to 255": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "0 to 1": ((0.0, 0.0, 0.0), (255.0, 255.0, 255.0)),
    "\N{MINUS SIGN}1 to 1": ((127.5, 127.5, 127.5), (127.5, 127.5, 127.5)),
    "ImageNet": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
}
"""Mean and scale of how pixels become numbers, by what a person reads."""

ANSWERS = {
    "heatmaps": "heatmaps",
    "offsets": "heatmaps with offsets",
    "simcc": "bins across and down (SimCC)",
    "points": "coordinates of one person",
    "people": "rows of candidates",
}
"""What joints are read from, in words."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a person can say of a graph; the rest stays as it was guessed."""

    size: tuple[int, int]
    layout: str
    order: str
    values: str
    """Key of `VALUES`; empty for others, which stay."""

    kind: str
    """Key of `ANSWERS`."""

    outputs: tuple[str, ...]
    maps: str
    """Layout of the maps of the answer."""

    numbers: str
    grid: str
    skeleton: str
    """Name of a skeleton; empty for joints of its own."""

    joints: int
    """How many there are."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A tensor inside a graph that can be a stage."""

    source: str
    text: str
    likely: str


@dataclass(frozen=True, slots=True)
class Read:
    """A network that was read, for the window."""

    name: str
    """Of the file."""

    model: str
    """What the model might be called."""

    what: str
    """Of what network it is, in a sentence."""

    certain: bool
    licence: str
    inputs: tuple[str, ...]
    """Names and shapes."""

    outputs: tuple[tuple[str, str], ...]
    """Names, and names with shapes."""

    inside: tuple[Inside, ...]

    form: Form | None
    """None of a checkpoint, of which there is nothing to say."""


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """What a graph made of the frame on screen."""

    picture: NDArray[np.uint8]
    """RGB, with the skeleton and the belief maps of all joints."""

    note: str


Answer = Read | Tried | str
"""What a listener gets: what was read, what was tried, or the name of the model imported."""


class NetworkImporter:
    """Reads a graph or a checkpoint, tries a graph, and stores it; every method returns at once.

    Args:
        store: Shows at the end what became of it.
        start: Runs the thread.
        listed: Called when there is one network more or less, from any thread.
    """

    def __init__(
        self, store: Store, *, start: Callable[[Thread], object], listed: Callable[[], object]
    ) -> None:
        self._store, self._start, self._listed = store, start, listed
        self._job: Job | None = None
        self._listener: Callable[[Answer | PoseViewerError], object] | None = None
        self._open: ExitStack | None = None
        self._candidate: Candidate | None = None
        self._checkpoint: Checkpoint | None = None

    @property
    def running(self) -> bool:
        """Whether something is being read, tried or stored."""
        return self._job is not None and self._job.running

    def watch(self, listener: Callable[[Answer | PoseViewerError], object] | None) -> None:
        """Set what is called, from another thread, with each answer or with why there is none."""
        self._listener = listener

    def read(self, path: Path) -> None:
        """Read a graph or a checkpoint."""
        self._run("reading a network", lambda: self._read(path))

    def try_out(self, form: Form, stages: Iterable[str], frame: Frame) -> None:
        """Show a frame to the graph, as a person describes it."""
        chosen = tuple(stages)
        self._run("trying a network", lambda: self._tried(form, chosen, frame))

    def import_(self, form: Form | None, stages: Iterable[str], *, name: str) -> None:
        """Store what was read: a graph as a person describes it, a checkpoint as it is."""
        chosen = tuple(stages)
        self._run("importing a network", lambda: self._imported(form, chosen, name))

    def remove(self, name: str) -> None:
        """Delete an imported network, and say so; the file that it was imported from stays."""
        from poseviewer.models.importers.stored import remove

        try:
            remove(name)
        except PoseViewerError as error:
            self._store.notice("error", str(error), topic="importing")
        else:
            self._store.notice("info", f"Removed the network {name}.", topic="importing")
        self._listed()

    def close(self) -> None:
        """Forget the graph; its files are removed when the work at hand has ended."""
        self._listener = None
        if not self.running:
            self._forget()

    # -- on the thread --------------------------------------------------------------------

    def _run(self, what: str, work: Callable[[], Answer]) -> None:
        if self.running:
            return
        answers: list[Answer] = []

        def steps() -> Generator[Progress, None, None]:
            answers.append(work())
            yield Progress(1, 1, finished=True)

        def report(progress: Progress) -> None:
            listener = self._listener
            if listener is None:
                self._forget()
            else:
                error = PoseViewerError(progress.error or "")
                listener(answers[0] if answers else error)

        self._job = Job(what, steps(), report=report, cancelled=_CANCELLED, brief=True)
        self._start(self._job)

    def _forget(self) -> None:
        opened, self._open, self._candidate = self._open, None, None
        self._checkpoint = None
        if opened is not None:
            opened.close()

    def _read(self, path: Path) -> Read:
        from poseviewer.models.graph_files.cards import called, examined, unknown
        from poseviewer.models.graph_files.opened import format_of
        from poseviewer.models.importers.built import built_here

        self._forget()
        if format_of(path) is None or built_here(path):
            return self._read_checkpoint(path)
        with ExitStack() as stack:
            candidate = stack.enter_context(examined(path))
            if candidate.description is None:
                candidate = replace(candidate, description=_first_guess(candidate))
            self._candidate, self._open = candidate, stack.pop_all()
        return _shown(candidate, model=called(candidate, None), unknown=unknown(candidate))

    def _read_checkpoint(self, path: Path) -> Read:
        from poseviewer.models.engine import require_torch

        require_torch()
        from poseviewer.models.importers.checkpoint import examine, misfit
        from poseviewer.models.registry import shipped

        candidate = examine(path, shipped=shipped())
        if not candidate.match.complete:
            raise PoseViewerError(misfit(candidate))
        self._checkpoint = candidate
        fit = f"{len(candidate.match.places)} tensors fit"
        what = f"{candidate.title}; {fit}, {candidate.parameters:,} parameters"
        return Read(
            path.name, candidate.name, what, certain=True, licence=candidate.licence, inputs=(),
            outputs=(), inside=(), form=None,
        )  # fmt: skip

    def _store_checkpoint(self, checkpoint: Checkpoint, name: str) -> ModelCard:
        from poseviewer.models.importers.checkpoint import examine, store
        from poseviewer.models.registry import shipped

        known = shipped()
        if name != checkpoint.name:
            checkpoint = examine(checkpoint.path, shipped=known, name=name)
        return store(checkpoint, shipped=known)

    def _described(self, form: Form, stages: tuple[str, ...]) -> Candidate:
        from poseviewer.models.graph_files.cards import with_stages

        if self._candidate is None:
            msg = "The network was closed meanwhile; choose its file again."
            raise PoseViewerError(msg)
        said = self._candidate.described(_with_form(self._candidate.known, form))
        return said.described(with_stages(said, stages))

    def _tried(self, form: Form, stages: tuple[str, ...], frame: Frame) -> Tried:
        candidate = self._described(form, stages)
        from poseviewer.models.graph_files.cards import trial_card

        return _try(trial_card(candidate), frame)

    def _imported(self, form: Form | None, stages: tuple[str, ...], name: str) -> str:
        if form is None and self._checkpoint is not None:
            card = self._store_checkpoint(self._checkpoint, name)
        else:
            card = self._store_graph(form, stages, name)
        self._listed()
        self._store.notice("info", f"Imported the network {card.name}.", topic="importing")
        return card.name

    def _store_graph(self, form: Form | None, stages: tuple[str, ...], name: str) -> ModelCard:
        from poseviewer.models.graph_files.cards import called, store
        from poseviewer.models.registry import shipped

        if form is None:
            msg = "The network was closed meanwhile; choose its file again."
            raise PoseViewerError(msg)
        candidate = self._described(form, stages)
        return store(candidate, name=called(candidate, name), shipped=shipped())


def _first_guess(candidate: Candidate) -> Description:
    """What a graph is described as of which nothing is known, for a person to put right.

    Raises:
        PoseViewerError: It is shown no picture.
    """
    from poseviewer.models.graph_files.cards import unknown
    from poseviewer.models.graph_files.known import plain

    found = plain(candidate.about)
    if found is None:
        msg = f"{unknown(candidate).removesuffix('.')}, and takes no picture; choose another file."
        raise PoseViewerError(msg)
    return found


def _shown(candidate: Candidate, *, model: str, unknown: str) -> Read:
    described, about = candidate.known, candidate.about
    joints = len(described.joints)
    if not joints:
        joints = next(len(s.joints) for s in known_skeletons() if s.name == described.skeleton)
    normal = (described.mean, described.scale)
    form = Form(
        size=described.size,
        layout=described.layout,
        order=described.order,
        values=next((name for name, pair in VALUES.items() if pair == normal), ""),
        kind=described.answer.kind,
        outputs=described.answer.outputs,
        maps=described.answer.layout,
        numbers=described.answer.numbers,
        grid=described.answer.grid,
        skeleton=described.skeleton,
        joints=joints,
    )
    return Read(
        name=candidate.opened.name,
        model=model,
        what=described.title if candidate.certain else unknown,
        certain=candidate.certain,
        licence=described.licence,
        inputs=_told(about.inputs),
        outputs=tuple(zip((p.name for p in about.outputs), _told(about.outputs), strict=True)),
        inside=tuple(
            Inside(
                one.source,
                _told_tensor(one),
                one.likely,
            )
            for one in candidate.tensors
        ),
        form=form,
    )


def _told(ports: Iterable[Port]) -> tuple[str, ...]:
    shapes = ((one.name, ("?" if side < 0 else str(side) for side in one.shape)) for one in ports)
    return tuple(f"{name}: {_TIMES.join(shape)}" for name, shape in shapes)


def _told_tensor(one: Tensor) -> str:
    sides = map(str, (one.channels, *one.cells))
    return f"{one.source}   {one.operation}, {_TIMES.join(sides)}"


def _with_form(described: Description, form: Form) -> Description:
    """The description as a person has changed it.

    Raises:
        PoseViewerError: What was typed is no description.
    """
    from poseviewer.core.reading import reading
    from poseviewer.models.graph_files.description import as_json, from_json

    plain: dict[str, Any] = as_json(described)
    plain |= {"size": list(form.size), "layout": form.layout, "order": form.order}
    if form.values:
        plain["mean"], plain["scale"] = (list(three) for three in VALUES[form.values])
    plain["answer"] |= {
        "kind": form.kind,
        "outputs": list(form.outputs),
        "layout": form.maps,
        "numbers": form.numbers,
        "grid": form.grid,
    }
    plain["skeleton"] = form.skeleton
    if form.skeleton:
        plain.pop("joints", None)
        plain.pop("bones", None)
    elif len(described.joints) != form.joints:
        plain["joints"] = [f"joint_{i + 1}" for i in range(form.joints)]
        plain.pop("bones", None)
    with reading("What is said", kind="a description of a network", advice="change it"):
        return from_json(plain)


def _try(card: ModelCard, frame: Frame) -> Tried:
    """Run a network on a whole frame, or on the person in it, and draw what comes out."""
    from poseviewer.core.look import Look
    from poseviewer.core.stage import Request, last_heatmap
    from poseviewer.draw.raster import paint
    from poseviewer.draw.scene import build_scene
    from poseviewer.models.engine import choose_engine
    from poseviewer.models.finder import finder_engine
    from poseviewer.pipeline.estimators import estimator_of
    from poseviewer.pipeline.find import Finder
    from poseviewer.pipeline.follow_person import RegionFollower

    engine, _ = choose_engine(card)
    estimator = estimator_of(card, engine)
    if not card.everybody:
        estimator.finder = Finder(finder_engine())
    follower = RegionFollower("follow")
    region = follower.region(frame, estimator)
    result = estimator.estimate(frame, region, Request())
    picture = frame.pixels.copy()
    look = Look(overlay_stage=last_heatmap(card.stages), overlay_channel=None, region_outline=True)
    paint(build_scene(result, look), picture)
    sure = int((result.poses.score >= look.gate).sum())
    people = len(result.poses)
    if not people:
        return Tried(picture, "Nobody was found: fewer than three joints are sure.")
    who = "1 person" if people == 1 else f"{people} people"
    return Tried(picture, f"{who}, {sure} sure joints; does the skeleton lie on the body?")
