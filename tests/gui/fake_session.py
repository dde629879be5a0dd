"""A session without threads or networks: people of known joints, every answer at once.

State, choices, notices, undo, angles and what is stored of a clip are the program's own.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from poseviewer.core.affine import Box, box_to_frame, compose, invert, stage_to_input
from poseviewer.core.affine import apply as carry
from poseviewer.core.angle import measure
from poseviewer.core.annotation import NO_ANNOTATIONS
from poseviewer.core.correction import NONE
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.layer import Activations, Layer, LayerOutput, ReceptiveField
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.spoil import Spoils
from poseviewer.core.stage import StageOutput, StageSpec
from poseviewer.core.video_choice import DEFAULT_CHOICE
from poseviewer.runtime.beside_look import BesideLook, SecondClip
from poseviewer.runtime.comparison import Compared
from poseviewer.runtime.correcting import Correcting
from poseviewer.runtime.custom_angles import CustomAngles
from poseviewer.runtime.export import snapshot_steps
from poseviewer.runtime.export_queue import ExportQueue
from poseviewer.runtime.factories import load_network
from poseviewer.runtime.getting import Offer
from poseviewer.runtime.history import NOTHING
from poseviewer.runtime.job import Job
from poseviewer.runtime.jobs import ExportJob, Progress, Recording, RecordJob
from poseviewer.runtime.joint_travel import JointTravel, TravelRequest, travel_of
from poseviewer.runtime.project.work import ClipWork
from poseviewer.runtime.result_store import ResultStore
from poseviewer.runtime.review import Finding, courses, findings
from poseviewer.runtime.sections import NetworkState, PeopleState, ReadingState
from poseviewer.runtime.series_file import Series, series_steps
from poseviewer.runtime.similar_poses import SimilarRequest, pose_map
from poseviewer.runtime.source_thread import open_location
from poseviewer.runtime.springs import tree_result
from poseviewer.runtime.state import (
    Answer,
    AppState,
    History,
    Keep,
    Level,
    ModelInfo,
    Past,
    Playback,
    SourceInfo,
    Stats,
    TruthInfo,
    WriterInfo,
)
from poseviewer.runtime.store import Store
from poseviewer.runtime.truth_comparison import Comparer, Request, TruthCompared
from poseviewer.runtime.undo import MARKS, UndoStack, gesture, title_of
from poseviewer.truth.frames import Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from threading import Thread

    from numpy.typing import NDArray

    from poseviewer.core.annotation import Annotations
    from poseviewer.core.correction import Corrections
    from poseviewer.core.inside import InsideView
    from poseviewer.core.video_choice import VideoChoice
    from poseviewer.runtime.clip_results import ClipResults
    from poseviewer.runtime.people import People
    from poseviewer.runtime.pose_crops import PoseCrop
    from poseviewer.runtime.probe import FieldRequest, InsideRequest, LayerRequest
    from poseviewer.runtime.saved.agreements import Agreements
    from poseviewer.runtime.saved.library import Saving
    from poseviewer.runtime.similar_poses import Match, PoseMap
    from poseviewer.runtime.source_thread import Preview

RATE = 30
KEPT = 90
"""Frames of a feed that can be gone back to."""
INPUT, STRIDE = 256, 4
ENGINE = "OpenVINO fp32, CPU"
WEAK = 10
"""The joint that is never found surely: the right wrist."""


def joints_at(index: int, size: tuple[int, int]) -> NDArray[np.float64]:
    """The (16, 2) joints, MPII order, of a person that squats once in 90 frames."""
    sink = 0.5 - 0.5 * np.cos(2 * np.pi * index / 90)
    hip, knee = 0.02 + 0.38 * sink, 0.50 + 0.14 * sink
    points = np.zeros((16, 2))
    for side, (ankle_, knee_, hip_, wrist, elbow, shoulder) in (
        (-1, (0, 1, 2, 10, 11, 12)),
        (1, (5, 4, 3, 15, 14, 13)),
    ):
        points[ankle_] = side * 0.17, 1.0
        points[knee_] = side * (0.18 + 0.12 * sink), knee
        points[hip_] = side * 0.12, hip
        points[shoulder] = side * 0.21, hip - 0.56
        points[elbow] = side * (0.26 + 0.2 * sink), hip - 0.3
        points[wrist] = side * (0.32 + 0.3 * sink), hip - 0.1 - 0.2 * sink
    for joint, height in ((6, hip), (7, hip - 0.52), (8, hip - 0.66), (9, hip - 0.94)):
        points[joint] = 0.01 * (joint - 6), height
    points[:, 0] += 0.08 * np.sin(np.pi * index / 90)
    return points * (size[1] / 2.6) + (size[0] / 2, size[1] * 0.52)


@lru_cache(maxsize=64)
def frame_at(index: int, size: tuple[int, int]) -> Frame:
    """The frame of `joints_at`."""
    width, height = size
    down = np.linspace(1, 0.6, height)[:, None, None]
    image = np.repeat((np.array([196, 164, 122]) * down).astype(np.uint8), width, axis=1)
    joints = joints_at(index, size).astype(int).tolist()
    for bone in load_skeleton("mpii-16").bones:
        start, end = (tuple(joints[at]) for at in bone)
        cv2.line(image, start, end, (58, 92, 122), height // 15, cv2.LINE_AA)
    return Frame(image, index, Timestamp(index, Fraction(1, RATE)))


def model(name: str = "hourglass-lite", stages: int = 4) -> ModelInfo:
    """A made-up network of `stages` stages."""
    skeleton = load_skeleton("mpii-16")
    specs = (StageSpec(f"stack {n + 1}", "heatmap", STRIDE, skeleton.joints) for n in range(stages))
    title, family = name.replace("-", " ").capitalize(), "Stacked Hourglass"
    about = 1_900_000, "Apache-2.0", "made up for tests", True
    return ModelInfo(name, title, family, skeleton, tuple(specs), (INPUT, INPUT), *about)


@lru_cache(maxsize=64)
def answer_of(
    network: ModelInfo, index: int, size: tuple[int, int], *, people: int = 1, maps: bool = True
) -> FrameResult:
    """What `network` says about a frame: its maps sharpen from stage to stage, without angles."""
    true = joints_at(index, size)
    region = Box.around(true, margin=1.3).fitted(1.0)
    to_frame = compose(box_to_frame(region, size=(INPUT, INPUT)), stage_to_input(STRIDE))
    box = np.array([region.x, region.y, region.width, region.height], np.float32)
    noise, grid = np.random.default_rng(index), np.arange(INPUT // STRIDE)
    stages, answers = [], []
    for number, spec in enumerate(network.stages):
        doubt = (len(network.stages) - 1 - number) / max(len(network.stages) - 1, 1)
        at = true + noise.normal(0, 1 + 14 * doubt, true.shape)
        cells, sigma = carry(invert(to_frame), at), 1.6 + 2.6 * doubt
        peak = 0.92 - 0.45 * doubt - 0.05 * noise.random(len(true))
        peak[WEAK] *= 0.2
        if maps:
            x, y = (np.exp(-((grid - cells[:, [axis]]) ** 2) / (2 * sigma**2)) for axis in (0, 1))
            values = (peak[:, None, None] * y[:, :, None] * x[:, None, :]).astype(np.float32)
            stages.append(StageOutput(spec, values, to_frame.copy(), number))
        beside = np.arange(people)[:, None, None] * np.array([size[0] / 5, 0])
        answers.append(
            Poses(
                (at + beside).astype(np.float32),
                np.tile(peak.astype(np.float32), (people, 1)),
                np.tile(box, (people, 1)),
                np.full(people, -1),
                network.skeleton,
            )
        )
    timings = {"crop": 0.0004, "network": 0.0064, "codec": 0.0006, "angles": 0.0001}
    angles = measure(answers[-1], specs=())
    frame = frame_at(index, size)
    return FrameResult(frame, answers[-1], tuple(answers), angles, tuple(stages), region, timings)


def numbered(poses: Poses) -> Poses:
    """The same people with numbers, as a sequential analysis gives them."""
    return replace(poses, track=np.arange(len(poses)))


class FakeFeed:
    """The commands that only a feed takes."""

    def __init__(self, session: FakeSession) -> None:
        self._session = session
        self.kept = Keep()

    def replay(self) -> None:
        self._session.calls.append(("replay",))
        if self._session.state.past is None:
            self._session.pause()
        self._session.move(playing=True)

    def keep(self, keep: Keep) -> None:
        self.kept = keep


class FakeTruth:
    """Knows the joints of `joints_at` once a file was named."""

    def __init__(self, session: FakeSession) -> None:
        self._session = session
        self.wanted = False

    def open(self, path: str | Path) -> None:
        self._session.calls.append(("truth.open", str(path)))
        self._session.publish(truth=TruthInfo(Path(path).name, 0, from_file=True))
        self._session.answer()

    def close(self) -> None:
        self._session.publish(truth=None)
        self._session.answer()

    def want(self, wanted: bool) -> None:
        if wanted != self.wanted:
            self.wanted = wanted
            self._session.answer()

    def at(self, index: int) -> Poses:
        true, skeleton = joints_at(index, self._session.size), load_skeleton("mpii-16")
        return Poses.single(true, score=np.ones(16), skeleton=skeleton, box=(0, 0, 1, 1))

    @property
    def known(self) -> Truth | None:
        info = self._session.state.truth
        if info is None:
            return None
        frames = range(self._session.count)
        return Truth(info.name, None, 0, self.at, load_skeleton("mpii-16"), frames)


class FakeGetter:
    """Offers two networks; `report` says how far the one is that was asked for."""

    def __init__(self) -> None:
        self.running = False
        self.here = {"cpm-lite"}
        self.asked: list[tuple[str, str]] = []
        self.cancelled = 0
        self._listener: Callable[[Progress], object] | None = None

    def offers(self) -> tuple[Offer, ...]:
        """One that is here and one that is not."""
        return tuple(
            Offer(
                name, f"{name} of the tests", "free", size, f"https://x/{name}", name in self.here
            )
            for name, size in (("cpm-lite", 13_500_000), ("cpm-mobile", 2_700_000))
        )

    def watch(self, listener: Callable[[Progress], object] | None) -> None:
        """Set what `report` calls."""
        self._listener = listener

    def get(self, name: str, *, mirror: str = "") -> None:
        """Note what was asked for."""
        self.asked.append((name, mirror))
        self.running = True

    def cancel(self) -> None:
        """Note it."""
        self.cancelled += 1

    def report(self, progress: Progress) -> None:
        """Say how far it is."""
        self.running = not progress.finished
        if progress.finished and progress.error is None:
            self.here.add(progress.output)
        if self._listener is not None:
            self._listener(progress)


class FakeImporter:
    """Notes what is asked for; `answer` gives an answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self._listener: Callable[[Any], object] | None = None

    def watch(self, listener: Callable[[Any], object] | None) -> None:
        """Set what `answer` calls."""
        self._listener = listener

    def read(self, path: Path) -> None:
        """Note it."""
        self.asked.append(("read", path))

    def try_out(self, form: Any, stages: Any, frame: Any) -> None:
        """Note it."""
        self.asked.append(("try", form, tuple(stages), frame))

    def import_(self, form: Any, stages: Any, *, name: str) -> None:
        """Note it."""
        self.asked.append(("import", form, tuple(stages), name))

    def remove(self, name: str) -> None:
        """Note it."""
        self.asked.append(("remove", name))

    def close(self) -> None:
        """Note it."""
        self._listener = None
        self.asked.append(("close",))

    def answer(self, answer: Any) -> None:
        """Give an answer."""
        if self._listener is not None:
            self._listener(answer)


NOTHING_SPOILT = Spoils()


class FakeSprings:
    """A tree of springs that is solved at once."""

    def __init__(self) -> None:
        self.answer: FrameResult | None = None
        self.first: FrameResult | None = None
        self.stage = 0
        self.state = ""
        self.stops = 0

    def look(self, result: FrameResult, *, stage: int) -> None:
        self.answer, self.first, self.stage = tree_result(result, stage), result, stage

    def stop(self) -> None:
        self.stops += 1
        self.answer = self.first = None


class FakeComparison:
    """A second network that answers at once: each joint 3 px to the right and 4 px down."""

    def __init__(self, session: FakeSession) -> None:
        self._session = session
        self.looks: list[tuple[FrameResult, NetworkState, frozenset[int]]] = []
        self.stops = 0
        self.answer: Compared | None = None
        self.state = ""

    def look(
        self,
        result: FrameResult,
        network: NetworkState,
        reading: ReadingState,
        *,
        stages: frozenset[int] = frozenset(),
        spoils: Spoils = NOTHING_SPOILT,
    ) -> None:
        self.looks.append((result, network, stages))
        self.spoils = spoils
        other = self._session.network(network.model)
        poses = replace(
            result.poses,
            xy=result.poses.xy + np.array([3, 4], np.float32),
            score=result.poses.score * 0.5,
        )
        answers = (poses,) * len(other.stages)
        second = replace(result, poses=poses, stage_poses=answers, stages=())
        self.answer = Compared(result, second, other, ENGINE)

    def stop(self) -> None:
        self.stops += 1
        self.answer = None


class FakeProbe:
    """A look into a network of two layers, which answers when a test says so."""

    OUTPUT, LATER = LayerOutput(0, 0, (20, 32, 32)), LayerOutput(1, 0, (20, 16, 16))
    LAYERS = (
        Layer("", "Net", 30, (LayerOutput(0, 0, (16, 64, 64)),), leaf=False),
        Layer("conv", "Conv2d", 20, (OUTPUT,), leaf=True),
        Layer("relu", "ReLU", 0, (OUTPUT, LATER), leaf=True),
        Layer("idle", "Conv2d", 10, (), leaf=True),
    )

    def __init__(self, session: FakeSession) -> None:
        self._session = session
        self.looks: list[LayerRequest | None] = []
        self.traces: list[FieldRequest | None] = []
        self.layers: tuple[str, tuple[Layer, ...]] = ("", ())
        self.activations: Activations | None = None
        self.field: ReceptiveField | None = None
        self.entered: list[InsideRequest | None] = []
        self.inside: InsideView | None = None
        self.state = ""

    def look(self, layer: LayerRequest | None) -> None:
        self.looks.append(layer)
        self.activations = None if layer is None else self.activations
        if layer is not None:
            self.layers = layer.answer.key.network.model, self.LAYERS

    def trace(self, field: FieldRequest | None) -> None:
        self.traces.append(field)
        self.field = None if field is None else self.field

    def enter(self, inside: InsideRequest | None) -> None:
        self.entered.append(inside)
        self.inside = None if inside is None else self.inside

    def answer(self) -> Activations:
        """Answer the newest look, and notify."""
        look = self.looks[-1]
        assert look is not None
        assert look.choice is not None
        result, choice = look.answer.result, look.choice
        layer = next(one for one in self.LAYERS if one.path == choice.path)
        shape = layer.outputs[choice.output].shape
        every = np.random.default_rng(2).normal(0, 1, shape).astype(np.float32)
        every *= np.arange(1, shape[0] + 1, dtype=np.float32)[:, None, None]
        strength = np.abs(every).mean(axis=(1, 2))
        channels = np.array(choice.channels or np.argsort(-strength)[: choice.most], np.int64)
        values, means = every[channels], strength[channels]
        there = box_to_frame(result.region, size=(shape[2], shape[1]))
        made = shape, channels, values, means, there, "Torch fp32, CPU", 2e-6
        self.activations = Activations(result.frame, result.region, choice, *made)
        self._session.publish()
        return self.activations

    def answer_field(self) -> ReceptiveField:
        """Answer the newest trace, and notify."""
        asked = self.traces[-1]
        assert asked is not None
        result, spot = asked.answer.result, asked.spot
        x, y = result.stage_poses[spot.stage].xy[0, spot.channel].tolist()
        heat = np.zeros((64, 64), np.float32)
        heat[20:30, 30:36] = 1
        there = box_to_frame(result.region, size=(64, 64))
        made = (x, y), result.region.scaled(0.5), False, heat, there, 12.0
        self.field = ReceptiveField(result.frame, result.region, spot, *made)
        self._session.publish()
        return self.field


class FakeSession:
    """Does every call on the caller's thread; those that no state shows are noted in `calls`.

    Args:
        on_ready: Called at every change of the state.
        state: To begin with.
        size: Of a frame, pixels.
    """

    def __init__(
        self,
        on_ready: Callable[[], None],
        *,
        state: AppState | None = None,
        size: tuple[int, int] = (960, 540),
    ) -> None:
        self._on_ready, self._usual = on_ready, (state or AppState(), size)
        self.reset()

    def reset(self) -> None:
        """Begin anew, with nothing open."""
        state, self.size = self._usual
        self.count, self.crowd = 300, 1
        """Frames of a clip, and people in every frame; tests change them."""
        listed, engines = (model(), model("cpm-lite", 6)), ("openvino", "torch")
        state = replace(state, models=listed, loaded=listed[0], engine=ENGINE, engines=engines)
        writers = tuple(WriterInfo(name, name) for name in ("csv", "json", "mot", "trc"))
        self.store = Store(self._on_ready, replace(state, devices=("cpu",), writers=writers))
        self.calls: list[tuple[object, ...]] = []
        self.wanted: frozenset[int] | None = None
        self.answers = True
        """Whether the network answers; off, it is busy."""
        self.recorded = RecordJob()
        """What the last recording was to write."""
        self.results, self._undo = ResultStore(), UndoStack()
        self._compared: tuple[object, TruthCompared | None] = None, None
        self.getter = FakeGetter()
        self.importer = FakeImporter()
        self.feed, self.truth = FakeFeed(self), FakeTruth(self)
        self.comparison, self.probe = FakeComparison(self), FakeProbe(self)
        self.what_if, self.springs = FakeComparison(self), FakeSprings()
        self.second = SecondClip()
        self.jobs: list[Thread] = []
        """Exports that would have begun; `progress` reports for the last one."""
        self.exports = ExportQueue(self.store, start=self.jobs.append, ended=self._ended)
        self.angles = CustomAngles(state=lambda: self.state, change=self.change, notify=self.notice)
        self.correcting = Correcting(
            state=lambda: self.state,
            found=lambda: self.found,
            correct=self.correct,
            notify=self.notice,
        )
        self.agreed: Agreements = ()
        self._similar: tuple[object, PoseMap | None] | None = None
        self.crops: dict[int, PoseCrop] = {}
        """Pictures of alike frames, by frame."""
        self.work = ClipWork(
            state=lambda: self.state,
            agreed=lambda: self.agreed,
            agree=self._agree,
            correct=self._correct,
            annotate=lambda annotations: self.publish(annotations=annotations),
            change=self.store.change_section,
            go=self._go,
        )

    # What the window calls ------------------------------------------------------------------

    @property
    def state(self) -> AppState:
        return self.store.state

    @property
    def people(self) -> People:
        return self.found.people

    def history(self) -> History:
        history = self.found.history
        return NOTHING if history is None else history.slice()

    def truth_compared(self) -> TruthCompared | None:
        truth, state = self.truth.known, self.state
        if truth is None or state.source is None or state.source.live:
            return None
        key = (truth.name, state.people, state.reading, state.angles, self.history())
        if key != self._compared[0]:
            request = Request(truth, self.found.plotted(), state)
            self._compared = key, Comparer(request).compare(request)
        return self._compared[1]

    def write_comparison(self, path: Path) -> None:
        self.calls.append(("write_comparison", path))

    def open(
        self,
        location: str,
        *,
        after: Preview | None = None,
        choice: VideoChoice = DEFAULT_CHOICE,
    ) -> None:
        """Show the first frame; a camera, stream or the demo is a feed."""
        self.calls.append(("open", location, *([choice] if choice != DEFAULT_CHOICE else [])))
        live = location.startswith(("camera:", "rtsp:", "udp:")) or location == "mannequin:"
        times = np.empty(0) if live else np.arange(self.count) / RATE
        name = Path(location).name or location
        self._take_up(SourceInfo(name, location, self.size, float(RATE), live, times))
        self.show(0)

    def save_results(self, saving: Saving | None) -> None:
        self.calls.append(("save_results", saving))

    def close_source(self) -> None:
        self.calls.append(("close_source",))
        self._take_up(None)

    def _take_up(self, source: SourceInfo | None) -> None:
        self.results = ResultStore(source)
        self._undo.clear()
        self.store.clear_notices()
        playing = source is not None and source.live
        self.publish(
            source=source,
            people=PeopleState(),
            frame=None,
            answer=None,
            playback=Playback(playing=playing),
            past=None,
            export=None,
            analysis=None,
            analysed=0,
            corrections=NONE,
            annotations=NO_ANNOTATIONS,
            steps=(),
            steps_done=0,
        )

    def close(self) -> None:
        self.calls.append(("close",))

    def play(self) -> None:
        self.move(playing=True)

    def pause(self) -> None:
        state = self.state
        if state.source is not None and state.source.live and state.past is None:
            index = state.playback.index
            numbers = np.arange(max(index - KEPT + 1, 0), index + 1)
            past = Past(numbers, numbers / RATE, len(numbers) * 1000)
            self.publish(past=past, playback=Playback(index=index))
        self.move(playing=False)

    def toggle(self) -> None:
        state = self.state
        if state.past is not None:
            self.publish(past=None, playback=Playback(playing=True))
        elif state.playback.playing:
            self.pause()
        else:
            self.play()

    def step(self, count: int) -> None:
        self.calls.append(("step", count))
        self.move(playing=False)
        self.show(self.state.playback.index + count)

    def seek(self, index: int) -> None:
        self.show(index)

    def set_speed(self, speed: float) -> None:
        self.move(speed=speed)

    def set_loop(self, loop: bool) -> None:
        self.move(loop=loop)

    def mark(self, start: int | None, end: int | None) -> None:
        was = self.state.playback
        self._remember(
            MARKS,
            lambda: self.move(start=was.start, end=was.end),
            lambda: self.move(start=start, end=end),
        )
        self.move(start=start, end=end)

    def change(self, section: str, **fields: Any) -> None:
        if "model" in fields:
            fields = {"automatic": False, **fields}
        if before := self.store.change_section(section, **fields):
            now = getattr(self.state, section)
            after = {name: getattr(now, name) for name in before}
            self._remember(
                title_of(before),
                lambda: self._put_back(section, before),
                lambda: self._put_back(section, after),
                key=gesture(section, before),
            )
            self.results.correct(self.state.shown_corrections)
            self.answer()

    def undo(self) -> None:
        self._travel(self._undo.undo)

    def redo(self) -> None:
        self._travel(self._undo.redo)

    def go_to_step(self, done: int) -> None:
        while self._undo.position != done:
            (self.undo if self._undo.position > done else self.redo)()

    def _travel(self, step: Callable[[], Callable[[], None] | None]) -> None:
        go = step()
        self._show_steps()
        if go is not None:
            go()

    def _show_steps(self) -> None:
        self.publish(steps=self._undo.titles, steps_done=self._undo.position)

    def review(self) -> tuple[Finding, ...] | None:
        if not self.found.analysed:
            return None
        return findings(courses(self.found.plotted().values()))

    def _agree(self, project: str, digest: str) -> None:
        self.agreed = (*self.agreed, (project, digest))

    def _go(self, start: int | None, end: int | None, frame: int) -> None:
        self.move(start=start, end=end)
        self.seek(frame)

    def similar_poses(self, *, others: bool) -> tuple[PoseMap | None, str]:
        source = self.state.source
        if source is None or not self.found.analysed:
            return None, ""
        request = SimilarRequest(
            source.name, source.location, source.count, self.found.plotted,
            self.state.people.focus, self.state.people.locked, None,
        )  # fmt: skip
        key = self.found.analysed, others
        if self._similar is None or self._similar[0] != key:
            self._similar = key, pose_map(request)
        return self._similar[1], ""

    def pose_crops(self, matches: Sequence[Match]) -> tuple[PoseCrop | None, ...]:
        return tuple(self.crops.get(match.frame) for match in matches)

    def frame_pictures(self, frames: Sequence[int]) -> tuple[PoseCrop | None, ...]:
        self.pictured = tuple(frames)
        return tuple(self.crops.get(frame) for frame in frames)

    def second_clip(self) -> SecondClip:
        return self.second if self.state.angles.second else SecondClip()

    def analysed_clips(self) -> tuple[tuple[str, str], ...]:
        return (("walk.mp4", "/clips/walk.mp4"), ("other.mp4", "/clips/other.mp4"))

    def joint_travel(self) -> JointTravel | None:
        angles, known = self.state.angles, self.state.annotations.calibration
        if not angles.joint:
            return None
        source = self.state.source
        return travel_of(
            TravelRequest(
                self.found.plotted,
                None if source is None or source.live else source.times,
                angles.joint,
                self.state.people.focus,
                self.state.people.locked,
                self.state.reading.gate,
                None if known is None else known.metres_per_pixel,
                angles.height,
            )
        )

    def correct(self, title: str, corrections: Corrections) -> None:
        before = self.state.corrections
        if corrections != before:
            self._correct(corrections)
            self._remember(title, lambda: self._correct(before), lambda: self._correct(corrections))

    def annotate(self, title: str, annotations: Annotations, *, key: Hashable = None) -> None:
        before = self.state.annotations
        if annotations != before:
            self.publish(annotations=annotations)
            self._remember(
                title,
                lambda: self.publish(annotations=before),
                lambda: self.publish(annotations=annotations),
                key=key,
            )

    def _correct(self, corrections: Corrections) -> None:
        self.store.change(corrections=corrections)
        self.results.correct(self.state.shown_corrections)
        self.answer()

    def _put_back(self, section: str, fields: dict[str, Any]) -> None:
        if "custom" in fields:
            self.angles.put_back(fields["custom"])
        self.store.change_section(section, **fields)
        self.results.correct(self.state.shown_corrections)
        self.answer()

    def _remember(
        self,
        title: str,
        back: Callable[[], None],
        again: Callable[[], None],
        *,
        key: Hashable = None,
    ) -> None:
        self._undo.push(title, back, again, key=key)
        self._show_steps()

    def want(self, stages: frozenset[int] | None) -> None:
        if stages != self.wanted:
            self.wanted = stages
            self.answer()

    def analyse(self) -> None:
        self.calls.append(("analyse",))
        self.found.interrupt()
        for index in range(self.count):
            self.note(index, sequential=True)
        self.answer()

    def stop_analysis(self) -> None:
        self.calls.append(("stop_analysis",))

    def export(self, task: ExportJob) -> None:
        self.calls.append(("export", task))
        source = self.state.source
        assert source is not None
        begun = len(self.jobs)
        nothing: tuple[Progress, ...] = ()
        steps = (step for step in nothing)
        self.exports.add(task, steps, location=source.location, name=source.name)
        if len(self.jobs) > begun:
            self.progress(Progress(0, self.count))

    def progress(self, progress: Progress) -> None:
        """Report how far the export is that began last."""
        job = self.jobs[-1]
        assert isinstance(job, Job)
        job._report(progress)

    def _ended(self, topic: str, progress: Progress) -> None:
        self.notice("error" if progress.error else "info", progress.error or "Wrote.", topic=topic)

    def beside(self, notify: Callable[[], None]) -> BesideLook:
        return BesideLook(load_network, open_location, lambda: self.state, notify)

    def cancel_export(self) -> None:
        self.calls.append(("cancel_export",))
        error = "The export was cancelled; nothing was written."
        ended = Progress(3, self.count, finished=True, error=error, cancelled=True)
        if self.jobs:
            self.progress(ended)
        else:
            self.publish(export=ended)
        self.notice("info", error, topic="export")

    def snapshot(
        self, path: Path, shown: tuple[Frame | None, FrameResult | None] | None = None
    ) -> None:
        frame, result = shown or self.state.shown
        if frame is not None and self.state.source is not None:
            source = self.state.source.location
            for _ in snapshot_steps(
                path, self.state.look, source=source, frame=frame, result=result
            ):
                pass

    def contact_sheet(self, path: Path) -> None:
        self.calls.append(("contact_sheet", path))

    def spares(self, path: Path) -> bool:
        return True

    def write_curves(self, path: Path, series: Series) -> None:
        for _ in series_steps(path, series):
            pass
        self.notice("info", f"Wrote {path}.", topic="curves")

    def record(self, where: Path, job: RecordJob | None = None) -> None:
        self.calls.append(("record", where))
        self.recorded = job or RecordJob()
        self.publish(recording=Recording(str(where / "live.mp4"), 12.4, 372))

    def stop_recording(self) -> None:
        self.publish(recording=None)

    def notice(self, level: Level, text: str, *, topic: str = "") -> None:
        self.store.notice(level, text, topic=topic)

    def dismiss(self, number: int) -> None:
        self.store.dismiss(number)

    # What tests call ------------------------------------------------------------------------

    @property
    def found(self) -> ClipResults:
        """What is stored under the present choices."""
        found = self.results.of(self.state.key)
        state = self.state
        found.measure_as(state.reading, state.angles)
        found.follow(state.people.focus, locked=state.people.locked)
        return found

    def publish(self, **fields: Any) -> None:
        """Change fields of the state, and notify."""
        self.store.change(**fields)

    def move(self, **fields: Any) -> None:
        """Change how playback moves."""
        self.publish(playback=replace(self.state.playback, **fields))

    def network(self, name: str) -> ModelInfo:
        return next(one for one in self.state.models if one.name == name)

    def advance(self) -> None:
        self.show(self.state.playback.index + 1)

    def show(self, index: int) -> None:
        """Put a frame on screen, and answer it."""
        state = self.state
        if state.past is not None:
            index = int(np.clip(index, *state.past.index[[0, -1]]))
        elif state.source is not None and state.source.count:
            index = int(np.clip(index, 0, state.source.count - 1))
        with self.store:
            self.publish(frame=frame_at(index, self.size))
            self.move(index=index)
            self.answer()

    def result(self, index: int, *, maps: bool = True) -> FrameResult:
        """The answer to a frame, with the maps that are wanted, not stored."""
        network = self.network(self.state.network.model)
        made = answer_of(network, index, self.size, people=self.crowd, maps=maps)
        wanted = self.wanted
        stages = tuple(s for s in made.stages if wanted is None or s.number in wanted)
        return replace(made, stages=stages)

    def note(self, index: int, *, sequential: bool) -> FrameResult:
        """Store the answer to a frame; in a sequence people have numbers."""
        raw, state = self.result(index, maps=not sequential), self.state
        if sequential:
            raw = replace(raw, poses=numbered(raw.poses))
        network = self.network(state.network.model)
        return self.found.put(raw, sequential=sequential, model=network, engine=ENGINE)

    def answer(self) -> None:
        """Answer the frame on screen as the choices are now, unless the network is busy."""
        state = self.state
        if state.source is None or state.frame is None or not self.answers:
            return
        index, found, focus = state.frame.index, self.found, state.people.focus
        if (known := found.get(index, focus=focus)) is None:
            self.note(index, sequential=state.source.live)
            known = found.get(index, focus=focus)
        assert known is not None
        truth = None
        if state.truth is not None and self.truth.wanted:
            truth = self.truth.at(index)
        stages = self.result(index).stages
        result = replace(known.result, frame=state.frame, stages=stages, truth=truth)
        self.publish(
            answer=Answer(result, known.model, ENGINE, state.key, known.sequential),
            loaded=known.model,
            analysed=found.analysed,
            stats=Stats(float(RATE), 29.8, 0.011, 0.0064, 0),
        )
