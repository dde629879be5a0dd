"""A session without threads or networks: a figure of known joints, every answer at once."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.affine import Box, box_to_frame, compose, invert, stage_to_input
from poseviewer.core.affine import apply as carry
from poseviewer.core.angle import measure, offered_angles
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.layer import Activations, FieldOfView, Layer, LayerOutput
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageOutput, StageSpec
from poseviewer.runtime.comparison import Compared
from poseviewer.runtime.custom_angles import AngleBook
from poseviewer.runtime.people import People
from poseviewer.runtime.state import (
    Choices,
    ExportJob,
    History,
    Keep,
    ModelInfo,
    Notice,
    Past,
    Progress,
    Recording,
    RecordJob,
    SourceInfo,
    Stats,
    Transport,
    TruthInfo,
    View,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.look import Look
    from poseviewer.runtime.probe import Look as LayerLook
    from poseviewer.runtime.probe import Tracing

RATE = 30
KEPT = 90
"""Frames of a feed that can be gone back to."""

INPUT = 256
STRIDE = 4


def joints_at(index: int, size: tuple[int, int]) -> np.ndarray:
    """The (16, 2) joints, MPII order, of a figure that squats once in 90 frames."""
    width, height = size
    unit = height / 2.6
    phase = 2 * np.pi * index / 90
    sink = 0.5 - 0.5 * np.cos(phase)
    sway = 0.08 * np.sin(phase / 2)
    hip_y, knee_y, ankle_y = 0.02 + 0.38 * sink, 0.50 + 0.14 * sink, 1.0
    arm = np.pi / 2 - 1.35 * sink + 0.12 * np.sin(phase * 2)
    points = np.zeros((16, 2))
    for side, (ankle, knee, hip, wrist, elbow, shoulder) in (
        (-1, (0, 1, 2, 10, 11, 12)),
        (1, (5, 4, 3, 15, 14, 13)),
    ):
        points[ankle] = side * 0.17, ankle_y
        points[knee] = side * (0.18 + 0.12 * sink), knee_y
        points[hip] = side * 0.12, hip_y
        points[shoulder] = side * 0.21, hip_y - 0.56
        points[elbow] = points[shoulder] + 0.3 * np.array([side * np.cos(arm), np.sin(arm)])
        bent = arm - 0.5 - 0.4 * sink
        points[wrist] = points[elbow] + 0.28 * np.array([side * np.cos(bent), np.sin(bent)])
    points[6] = (points[2] + points[3]) / 2
    points[7] = 0.01, hip_y - 0.52
    points[8] = 0.01, hip_y - 0.66
    points[9] = 0.02, hip_y - 0.94
    points[:, 0] += sway
    return points * unit + (width / 2, height * 0.52)


def picture(index: int, size: tuple[int, int]) -> np.ndarray:
    """The RGB frame of `joints_at`."""
    width, height = size
    down = np.linspace(0, 1, height)[:, None]
    wall = np.array([196, 164, 122]) * (1 - 0.35 * down) + np.array([0, 0, 12])
    floor = np.array([74, 76, 82]) * (1.25 - 0.4 * down)
    rows = np.where(down < 0.72, wall, floor).astype(np.uint8)
    image = np.repeat(rows[:, None], width, axis=1)
    for at in range(0, width, max(width // 9, 1)):
        cv2.line(image, (at, 0), (at, int(height * 0.72)), (150, 122, 88), 1, cv2.LINE_AA)
    joints = joints_at(index, size)
    thick = height // 15
    shade = {"left": (58, 92, 122), "right": (122, 82, 58), "middle": (46, 50, 60)}
    skeleton = load_skeleton("mpii-16")
    cv2.ellipse(
        image,
        (width // 2, int(height * 0.92)),
        (height // 5, height // 36),
        0,
        0,
        360,
        (40, 41, 46),
        -1,
        cv2.LINE_AA,
    )
    for bone, joint in skeleton.bones:
        a, b = (tuple(int(v) for v in joints[at]) for at in (bone, joint))
        wide = thick * 2 if {bone, joint} == {6, 7} else thick
        cv2.line(image, a, b, shade[skeleton.side(joint)], wide, cv2.LINE_AA)
    head = (joints[8] + joints[9]) / 2
    cv2.circle(
        image, tuple(int(v) for v in head), int(thick * 1.1), (214, 176, 146), -1, cv2.LINE_AA
    )
    return image


def model(name: str = "hourglass-lite", stages: int = 4) -> ModelInfo:
    """A made-up network of `stages` stages."""
    skeleton = load_skeleton("mpii-16")
    specs = tuple(
        StageSpec(f"stack {n + 1}", "heatmap", STRIDE, skeleton.joints) for n in range(stages)
    )
    return ModelInfo(
        name,
        name.replace("-", " ").capitalize(),
        "Stacked Hourglass",
        skeleton,
        specs,
        (INPUT, INPUT),
        1_900_000,
        "Apache-2.0",
        "made up for tests",
        True,
    )


class FakeComparison:
    """A second network that answers at once, some pixels beside the first."""

    def __init__(self, session: FakeSession) -> None:
        self.session = session
        self.looks: list[tuple[FrameResult, Choices, frozenset[int]]] = []
        self.stops = 0
        self.answer: Compared | None = None
        self.state = ""

    def look(
        self, result: FrameResult, choices: Choices, *, stages: frozenset[int] = frozenset()
    ) -> None:
        self.looks.append((result, choices, stages))
        model = next(m for m in self.session.view().models if m.name == choices.model)
        second = shifted(result, stages=len(model.stages))
        self.answer = Compared(result, second, model, "Torch fp32, CPU")

    def stop(self) -> None:
        self.stops += 1
        self.answer = None


class FakeProbe:
    """A look into a network of two layers, which answers when a test says so."""

    LAYERS = (
        Layer("", "Net", 30, (LayerOutput(0, 0, (16, 64, 64)),), leaf=False),
        Layer("conv", "Conv2d", 20, (LayerOutput(0, 0, (20, 32, 32)),), leaf=True),
        Layer(
            "relu",
            "ReLU",
            0,
            (LayerOutput(0, 0, (20, 32, 32)), LayerOutput(1, 0, (20, 16, 16))),
            leaf=True,
        ),
        Layer("idle", "Conv2d", 10, (), leaf=True),
    )

    def __init__(self, session: FakeSession) -> None:
        self.session = session
        self.looks: list[LayerLook | None] = []
        self.traces: list[Tracing | None] = []
        self.layers: tuple[str, tuple[Layer, ...]] = ("", ())
        self.activations: Activations | None = None
        self.field: FieldOfView | None = None
        self.state = ""

    def look(self, look: LayerLook | None) -> None:
        self.looks.append(look)
        if look is None:
            self.activations = None
            return
        self.layers = look.choices.model, self.LAYERS

    def trace(self, tracing: Tracing | None) -> None:
        self.traces.append(tracing)
        if tracing is None:
            self.field = None

    def answer(self) -> Activations:
        """Answer the newest look, and tell."""
        look = self.looks[-1]
        assert look is not None
        assert look.choice is not None
        layer = next(one for one in self.LAYERS if one.path == look.choice.path)
        shape = layer.outputs[look.choice.output].shape
        every = np.random.default_rng(2).normal(0, 1, shape).astype(np.float32)
        every *= np.arange(1, shape[0] + 1, dtype=np.float32)[:, None, None]
        strength = np.abs(every).mean(axis=(1, 2))
        best = np.argsort(-strength)[: look.choice.most]
        channels = np.array(look.choice.channels or best, np.int64)
        region = look.result.region
        self.activations = Activations(
            look.result.frame,
            region,
            look.choice,
            shape,
            channels,
            every[channels],
            strength[channels],
            box_to_frame(region, size=(shape[2], shape[1])),
            "Torch fp32, CPU",
            2e-6,
        )
        self.session.on_ready()
        return self.activations

    def answer_field(self) -> FieldOfView:
        """Answer the newest trace, and tell."""
        tracing = self.traces[-1]
        assert tracing is not None
        result, spot = tracing.result, tracing.spot
        region = result.region
        place = result.stage_poses[spot.stage].xy[0, spot.channel].tolist()
        heat = np.zeros((64, 64), np.float32)
        heat[20:30, 30:36] = 1
        self.field = FieldOfView(
            result.frame,
            region,
            spot,
            (place[0], place[1]),
            region.scaled(0.5),
            False,
            heat,
            box_to_frame(region, size=(64, 64)),
            12.0,
        )
        self.session.on_ready()
        return self.field


def shifted(result: FrameResult, *, stages: int) -> FrameResult:
    """Another network's answer: every joint 3 px further right and 4 px further down."""
    poses = result.poses
    moved = Poses(poses.xy + np.float32([3, 4]), poses.score * 0.5, poses.box.copy(),
                  poses.track.copy(), poses.skeleton)  # fmt: skip
    return replace(result, poses=moved, stage_poses=(moved,) * stages, stages=())


class FakeFeed:
    """The commands that only a feed takes."""

    def __init__(self, session: FakeSession) -> None:
        self._session = session
        self.kept = Keep()

    def live(self) -> None:
        self._session.calls.append(("live",))
        self._session.publish(past=None, transport=Transport(playing=True))

    def replay(self) -> None:
        self._session.calls.append(("replay",))
        if self._session.view().past is None:
            self._session.pause()
        self._session._move(playing=True)

    def keep(self, keep: Keep) -> None:
        self._session.calls.append(("keep", keep))
        self.kept = keep


class FakeTruth:
    """Knows the joints of `joints_at` once a file was named."""

    def __init__(self, session: FakeSession) -> None:
        self._session = session
        self.wanted = False

    def open(self, path: object) -> None:
        self._session.calls.append(("truth.open", str(path)))
        self._session.publish(truth=TruthInfo(Path(str(path)).name, 0, from_file=True))
        self._session.show_again()

    def close(self) -> None:
        self._session.calls.append(("truth.close",))
        self._session.publish(truth=None)
        self._session.show_again()

    def want(self, wanted: bool) -> None:
        if wanted != self.wanted:
            self.wanted = wanted
            self._session.show_again()


class FakeSession:
    """Answers every call on the caller's thread and records it in `calls`."""

    def __init__(
        self,
        on_ready: Callable[[], None],
        *,
        count: int = 300,
        size: tuple[int, int] = (960, 540),
        models: tuple[ModelInfo, ...] | None = None,
        choices: Choices | None = None,
    ) -> None:
        self.on_ready = on_ready
        self.feed = FakeFeed(self)
        self.count = count
        self.size = size
        self.calls: list[tuple[object, ...]] = []
        self.closed = False
        self.wanted: frozenset[int] | None = None
        self.comparison = FakeComparison(self)
        self.probe = FakeProbe(self)
        listed = models or (model(), model("cpm-lite", 6))
        self._view = View(
            models=listed,
            model=listed[0],
            choices=choices or Choices(model=listed[0].name),
            engine="OpenVINO fp32, CPU",
            engines=("openvino", "torch"),
            devices=("cpu",),
        )
        self._seen: dict[int, tuple[np.ndarray, float]] = {}
        self._history: History | None = None
        self.people = People()
        self.truth = FakeTruth(self)
        self.angles = AngleBook(
            choices=lambda: self._view.choices,
            choose=self.choose,
            tell=self.tell,
            start=lambda thread: thread.run(),
        )

    # -- what the window calls ------------------------------------------------------------

    def open(self, location: str, *, after: object = None) -> None:
        self.calls.append(("open", location))
        live = location.startswith(("camera:", "rtsp:", "udp:")) or location == "mannequin:"
        times = np.empty(0) if live else np.arange(self.count) / RATE
        source = SourceInfo(
            Path(location).name or location, location, self.size, float(RATE), live, times
        )
        self._seen.clear()
        self._view = replace(self._view, source=source, transport=Transport(playing=live))
        self._show(0)

    def close(self) -> None:
        self.calls.append(("close",))
        self.closed = True

    def play(self) -> None:
        self.calls.append(("play",))
        self._move(playing=True)

    def pause(self) -> None:
        self.calls.append(("pause",))
        source, index = self._view.source, self._view.transport.index
        if source is not None and source.live and self._view.past is None:
            numbers = np.arange(max(index - KEPT + 1, 0), index + 1)
            past = Past(numbers, numbers / RATE, len(numbers) * 1000)
            self.publish(past=past, transport=Transport(index=index))
        self._move(playing=False)

    def toggle(self) -> None:
        self.calls.append(("toggle",))
        if self._view.past is not None:
            self.feed.live()
            return
        if self._view.source is not None and self._view.source.live:
            self.pause()
            return
        self._move(playing=not self._view.transport.playing)

    def step(self, n: int) -> None:
        self.calls.append(("step", n))
        self._move(playing=False)
        self._show(self._view.transport.index + n)

    def seek(self, index: int) -> None:
        self.calls.append(("seek", index))
        self._show(index)

    def seek_time(self, seconds: float) -> None:
        self.calls.append(("seek_time", seconds))
        self._show(int(seconds * RATE + 1e-6))

    def set_speed(self, x: float) -> None:
        self.calls.append(("set_speed", x))
        self._move(speed=x)

    def set_loop(self, b: bool) -> None:
        self.calls.append(("set_loop", b))
        self._move(loop=b)

    def mark(self, start: int | None, end: int | None) -> None:
        self.calls.append(("mark", start, end))
        self._move(start=start, end=end)

    def choose(self, **changes: object) -> None:
        self.calls.append(("choose", changes))
        choices = replace(self._view.choices, **changes)  # type: ignore[arg-type]
        chosen = next((m for m in self._view.models if m.name == choices.model), None)
        self._view = replace(self._view, choices=choices, model=chosen)
        if self._view.source:
            self._show(self._view.transport.index)
        else:
            self.on_ready()

    def want(self, stages: frozenset[int] | None) -> None:
        self.calls.append(("want", stages))
        self.wanted = stages
        if self._view.source:
            self._show(self._view.transport.index)

    def export(self, job: ExportJob) -> None:
        self.calls.append(("export", job))
        self._view = replace(self._view, export=Progress(0, self.count))
        self.on_ready()

    def cancel_export(self) -> None:
        self.calls.append(("cancel_export",))
        progress = Progress(3, self.count, finished=True, error="The export was cancelled.")
        self._view = replace(self._view, export=progress)
        self.on_ready()

    def analyse(self) -> None:
        self.calls.append(("analyse",))
        for index in range(self.count):
            self._note(self.result(index))
        self.on_ready()

    def record(self, where: Path, job: RecordJob | None = None) -> None:
        self.calls.append(("record", where))
        self.record_job = job
        self.publish(recording=Recording(str(where / "live.mp4"), 12.4, 372))

    def stop_recording(self) -> None:
        self.calls.append(("stop_recording",))
        self.publish(recording=None)

    def close_source(self) -> None:
        self.calls.append(("close_source",))
        self._seen.clear()
        self._history = None
        self.publish(source=None, frame=None, result=None, transport=Transport())

    def snapshot(self, path: Path, look: Look) -> None:
        self.calls.append(("snapshot", path, look))

    def view(self) -> View:
        return self._view

    def history(self) -> History:
        if self._history is None:
            assert self._view.model is not None
            specs = offered_angles(self._view.model.skeleton)
            index = np.array(sorted(self._seen), np.int64)
            degrees = np.array([self._seen[i][0] for i in index], np.float32)
            confidence = np.array([self._seen[i][1] for i in index], np.float32)
            self._history = History(
                specs, index, index / RATE, degrees.reshape(len(index), len(specs)), confidence
            )
        return self._history

    def show_again(self) -> None:
        if self._view.source:
            self._show(self._view.transport.index)

    # -- what tests call ------------------------------------------------------------------

    def advance(self) -> None:
        """Play one frame further."""
        self._show(self._view.transport.index + 1)

    def publish(self, **changes: object) -> None:
        """Change fields of the view."""
        self._view = replace(self._view, **changes)  # type: ignore[arg-type]
        self.on_ready()

    def tell(self, level: str, text: str) -> None:
        """Publish a notice."""
        notices = self._view.notices
        number = notices[-1].number + 1 if notices else 1
        self.publish(notices=(*notices, Notice(number, level, text))[-5:])  # type: ignore[arg-type]

    def result(self, index: int) -> FrameResult:
        """The analysis of frame `index`, with maps that sharpen from stage to stage."""
        assert self._view.model is not None
        network = self._view.model
        skeleton = network.skeleton
        frame = Frame(picture(index, self.size), index, Timestamp(index, Fraction(1, RATE)))
        true = joints_at(index, self.size)
        region = Box.around(true, margin=1.3).fitted(1.0)
        to_input = box_to_frame(region, size=(INPUT, INPUT))
        to_frame = compose(to_input, stage_to_input(STRIDE))
        total = len(network.stages)
        noise = np.random.default_rng(index)
        stages, answers = [], []
        grid = np.arange(INPUT // STRIDE)
        for number, spec in enumerate(network.stages):
            doubt = (total - 1 - number) / max(total - 1, 1)
            at = true + noise.normal(0, 1 + 14 * doubt, true.shape)
            cells = carry(invert(to_frame), at)
            sigma = 1.6 + 2.6 * doubt
            peak = np.clip(0.92 - 0.45 * doubt - 0.05 * noise.random(len(true)), 0, 1)
            peak[10] *= 0.2  # a weak wrist
            x = np.exp(-((grid - cells[:, :1]) ** 2) / (2 * sigma**2))
            y = np.exp(-((grid - cells[:, 1:]) ** 2) / (2 * sigma**2))
            values = (peak[:, None, None] * y[:, :, None] * x[:, None, :]).astype(np.float32)
            if self.wanted is None or number in self.wanted:
                stages.append(StageOutput(spec, values, to_frame.copy(), number))
            box = (region.x, region.y, region.width, region.height)
            answers.append(Poses.single(at, score=peak, skeleton=skeleton, box=box))
        angles = measure(answers[-1], specs=offered_angles(skeleton), gate=self._view.choices.gate)
        truth = None
        if self._view.truth is not None and self.truth.wanted:
            every = np.ones(len(true))
            truth = Poses.single(true, score=every, skeleton=skeleton, box=(0, 0, 1, 1))
        timings = {"crop": 0.0004, "network": 0.0064, "codec": 0.0006, "angles": 0.0001}
        return FrameResult(
            frame,
            answers[-1],
            tuple(answers),
            angles,
            tuple(stages),
            region,
            timings,
            truth=truth,
        )

    def _note(self, result: FrameResult) -> None:
        confidence = float(result.poses.score.mean())
        self._seen[result.frame.index] = (result.angles.degrees[0], confidence)
        self._history = None

    def _show(self, index: int) -> None:
        source = self._view.source
        if source and not source.live:
            index = int(np.clip(index, 0, self.count - 1))
        if self._view.past is not None:
            index = int(np.clip(index, *self._view.past.index[[0, -1]]))
        result = self.result(index)
        self._note(result)
        stats = Stats(float(RATE), 29.8, 0.011, 0.0064, 0)
        transport = replace(self._view.transport, index=index)
        self._view = replace(
            self._view, frame=result.frame, result=result, transport=transport, stats=stats
        )
        self.on_ready()

    def _move(self, **changes: object) -> None:
        transport = replace(self._view.transport, **changes)  # type: ignore[arg-type]
        self._view = replace(self._view, transport=transport)
        self.on_ready()
