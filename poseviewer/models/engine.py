"""Engines that run a network: torch everywhere, OpenVINO on a CPU."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import platform
import sys
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Protocol, cast, get_args

import numpy as np

from poseviewer.codec.coords import CoordsCodec
from poseviewer.core.errors import DeviceMemoryError, PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.card import DEVICE_TITLES, Precision
from poseviewer.models.facts import weights_hash
from poseviewer.models.graphs import ModuleGraph, ShippedGraph
from poseviewer.models.int8 import stored_ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from numpy.typing import NDArray
    from torch import nn

    from poseviewer.models.card import ModelCard
    from poseviewer.models.graphs import Graph


NEEDS_TORCH = (
    "This needs PyTorch, which is not installed here; networks that ship run without it, by the "
    "engine openvino."
)


class Engine(Protocol):
    """A compiled network. One thread uses it at a time."""

    @property
    def name(self) -> str:
        """`torch` or `openvino`."""

    @property
    def device(self) -> str:
        """`cpu`, `cuda` or `mps`."""

    @property
    def precision(self) -> Precision:
        """What it calculates in."""

    @property
    def label(self) -> str:
        """A label for people, such as `OpenVINO fp32, CPU`."""

    def run(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        """The maps of some stages.

        Args:
            batch: (n, 3, h, w), normalised as the card says.
            wanted: 0-based stages that leave the device; None means all.

        Returns:
            float32 (n, channels, h / stride, w / stride) of each wanted stage, in their
            order; valid until the next call.
        """


class CascadeEngine:
    """The engines of a cascade's networks, one of which runs at a time.

    Args:
        engines: One a stage.
    """

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = tuple(engines)
        first = self._engines[0]
        self.name, self.device, self.label = first.name, first.device, first.label
        self.precision: Precision = first.precision

    def run(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        """The answer of one stage's network (n, joints, 1, numbers).

        Args:
            batch: (n, 3, h, w) of that stage's size, normalised as the card says.
            wanted: The one 0-based stage; None means the first.
        """
        (stage,) = (0,) if wanted is None else wanted
        return self._engines[stage].run(batch)


def stage_cards(card: ModelCard) -> tuple[ModelCard, ...]:
    """Each stage of a cascade as a card of its own."""
    side = card.coords.side
    return tuple(
        replace(
            card,
            name=f"{card.name}-{number + 1}",
            input_size=(side, side) if number else card.input_size,
            stages=(stage,),
        )
        for number, stage in enumerate(card.stages)
    )


def devices() -> tuple[str, ...]:
    """Processors that can run a network here, the fastest kind first.

    Torch takes seconds to import, so it is asked only where there may be a GPU.
    """
    if "torch" not in engines() or not _gpu_driver():
        return ("cpu",)
    from poseviewer.models.torch_engine import torch_devices

    return (*torch_devices(), "cpu")


def _gpu_driver() -> bool:
    """Whether the system has a driver of a GPU that torch may be able to use."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    if sys.platform == "win32":
        return ctypes.util.find_library("nvcuda") is not None
    # NVIDIA's, Windows's under WSL, and AMD's.
    return any(map(os.path.exists, ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")))


def engines() -> tuple[str, ...]:
    """Engines that are installed."""
    return tuple(name for name in ("openvino", "torch") if importlib.util.find_spec(name))


def first_choice(*, device: str, engine: str) -> tuple[str, str]:
    """Engine and device that `choose_engine` tries first, such as `openvino` and `cpu`."""
    place, _ = _place(device, engine)
    fast = place == "cpu" and engine != "torch" and "openvino" in engines()
    return "openvino" if fast else "torch", place


def choose_engine(
    card: ModelCard,
    *,
    device: str = "auto",
    precision: str = "fp32",
    engine: str = "auto",
    threads: int | None = None,
    module: nn.Module | None = None,
    batch: int = 1,
) -> tuple[Engine, str | None]:
    """The best engine for a card, and one sentence where it is not the one asked for.

    Args:
        card: Which network.
        device: `auto`, or one of `devices()`.
        precision: `fp32`, `bf16` or `int8`.
        engine: `auto`, `openvino` (CPU only) or `torch`.
        threads: CPU threads of OpenVINO; half the cores where None.
        module: Runs instead of the trained network, to measure one that has no weights.
        batch: Pictures at once that it is mostly asked for.

    Raises:
        PoseViewerError: The card has no weights or they are damaged, or a choice is unknown.
    """
    _check(engine, among=("auto", "openvino", "torch"), what="engine")
    _check(device, among=("auto", "cpu", "cuda", "mps"), what="device")
    _check(precision, among=get_args(Precision), what="precision")
    exact = cast("Precision", precision)
    if card.graph is not None:
        return _graph_engine(card, _Choice(device, exact, engine, threads))
    make = _maker(card, module)
    choice = _Choice(device, exact, engine, threads)
    if not isinstance(card.codec, CoordsCodec):
        return _engine(card, make, choice, known=module is None, batch=batch)
    # The first stage is shown the person, later ones every joint's crop at once.
    joints = len(load_skeleton(card.skeleton).joints)
    parts = [
        _engine(
            part,
            partial(_stage, make, number),
            choice,
            known=module is None,
            batch=joints if number else 1,
        )
        for number, part in enumerate(stage_cards(card))
    ]
    return CascadeEngine([one for one, _ in parts]), parts[0][1]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What shall run a network, as `choose_engine` is asked."""

    device: str
    precision: Precision
    engine: str
    threads: int | None


def _maker(card: ModelCard, module: nn.Module | None) -> Callable[[], nn.Module]:
    """Makes the module of torch when it is first needed."""

    @cache
    def make() -> nn.Module:
        if module is not None:
            return module
        require_torch()
        from poseviewer.models.weights import trained_module

        return trained_module(card)

    return make


def _stage(make: Callable[[], nn.Module], number: int) -> nn.Module:
    cascade = make()
    from poseviewer.models.torch_engine import stage_module

    return stage_module(cascade, number)


def _engine(
    card: ModelCard, make: Callable[[], nn.Module], choice: _Choice, *, known: bool, batch: int
) -> tuple[Engine, str | None]:
    """The best engine for a network that is no cascade, and what `choose_engine` says of it.

    Args:
        card: Which.
        make: Makes its module.
        choice: What is asked for.
        known: Whether the module is the one of the card's weights.
        batch: Pictures at once that it is mostly asked for.
    """
    place, notice = _place(choice.device, choice.engine)
    if place == "cpu" and choice.engine != "torch":
        from poseviewer.models.openvino_engine import OpenVinoEngine, OpenVinoError

        graph = _graph(card, make, known=known)
        eight = choice.precision == "int8" and known
        try:
            fast = OpenVinoEngine(
                graph,
                card=card,
                precision=choice.precision,
                threads=choice.threads,
                batch=batch,
                ranges=stored_ranges(card) if eight else None,
            )
        except OpenVinoError as error:
            notice = f"Torch runs {card.name} more slowly, because {error}."
        else:
            return fast, notice or fast.notice
    module = make()
    from poseviewer.models.torch_engine import TorchEngine

    precision = choice.precision
    if precision == "int8":
        precision = "fp32"
        notice = notice or f"Torch runs {card.name} in fp32, because only OpenVINO has int8."
    try:
        slow = TorchEngine(module, device=place, precision=precision)
        if place != "cpu":
            # A first run finds out whether there is memory for it, and compiles kernels.
            width, height = card.input_size
            slow.run(np.zeros((batch, 3, height, width), np.float32))
    except DeviceMemoryError:
        title = DEVICE_TITLES[place]
        notice = f"The {title} device has too little memory left for {card.name}: the CPU runs it."
        on_cpu = replace(choice, device="cpu", engine="auto")
        return _engine(card, make, on_cpu, known=known, batch=batch)[0], notice
    return slow, notice


def _graph_engine(card: ModelCard, choice: _Choice) -> tuple[Engine, str | None]:
    """The engine of a network that was imported as a graph, and what `choose_engine` says of it.

    Raises:
        PoseViewerError: OpenVINO is not installed, or does not run it.
    """
    from poseviewer.models.graph_files.zooms import graph_engine
    from poseviewer.models.openvino_engine import OpenVinoError

    try:
        made = graph_engine(card, precision=choice.precision, threads=choice.threads)
    except OpenVinoError as error:
        msg = f"{card.name} was imported as a graph and cannot run, because {error}."
        raise PoseViewerError(msg) from error
    other = choice.engine == "torch" or choice.device in ("cuda", "mps")
    notice = f"{card.name} was imported as a graph, which OpenVINO runs on the CPU."
    return made, notice if other else made.notice


def _graph(card: ModelCard, make: Callable[[], nn.Module], *, known: bool) -> Graph:
    if known and isinstance(card.weights, str):
        sha256 = weights_hash(card)
        return ShippedGraph(card.name, sha256=sha256, module=make, size=card.input_size)
    return ModuleGraph(card.name, make())


def require_torch() -> None:
    """Say in one sentence that PyTorch is missing, where it is.

    Raises:
        PoseViewerError: It is not installed.
    """
    if "torch" not in engines():
        raise PoseViewerError(NEEDS_TORCH)


def _check(value: str, *, among: tuple[str, ...], what: str) -> None:
    if value not in among:
        msg = f"There is no {what} called {value!r}; choose {', '.join(among)}."
        raise PoseViewerError(msg)


def _place(device: str, engine: str) -> tuple[str, str | None]:
    """The device to use and a sentence where it is not the one that was named."""
    here = devices()
    if device == "auto":
        return ("cpu" if engine == "openvino" else here[0]), None
    if device not in here:
        title = DEVICE_TITLES[device]
        return "cpu", f"This machine has no {title} device that torch can use; the CPU runs."
    if engine == "openvino" and device != "cpu":
        return device, f"OpenVINO runs on the CPU only, so torch runs on {DEVICE_TITLES[device]}."
    return device, None
