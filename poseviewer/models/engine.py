"""Engines that run a network: torch everywhere, OpenVINO on a CPU."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from itertools import chain, repeat
from typing import TYPE_CHECKING, Protocol, get_args

import numpy as np
import torch
from torch import Tensor, nn

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.card import Precision
from poseviewer.models.deeppose import Cascade
from poseviewer.models.weights import trained_module

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from poseviewer.models.card import ModelCard


_DEVICE_TITLES = {"cpu": "CPU", "cuda": "CUDA", "mps": "Apple GPU"}


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


class TorchEngine:
    """The reference engine: the module itself.

    Args:
        module: Float32, any mode; it is taken over.
        device: `cpu`, `cuda` or `mps`.
        precision: bf16 converts weights and activations.
    """

    name = "torch"

    def __init__(
        self, module: nn.Module, *, device: str = "cpu", precision: Precision = "fp32"
    ) -> None:
        self.device = device
        self.precision: Precision = precision
        self._kind = torch.bfloat16 if precision == "bf16" else torch.float32
        ready = module.eval().requires_grad_(requires_grad=False)
        # NHWC is how both oneDNN and cuDNN compute; a third faster on a CPU.
        self._module = ready.to(device=device, dtype=self._kind).to(
            memory_format=torch.channels_last  # type: ignore[call-overload]
        )

    @property
    def label(self) -> str:
        """A label for people."""
        return f"Torch {self.precision}, {_DEVICE_TITLES.get(self.device, self.device)}"

    def run(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        """The maps of some stages; see `Engine.run`."""
        with torch.inference_mode():
            image = torch.from_numpy(np.ascontiguousarray(batch)).to(self.device, self._kind)
            stages = self._module(image.contiguous(memory_format=torch.channels_last))
            chosen = range(len(stages)) if wanted is None else sorted(wanted)
            return [stages[i].float().contiguous().cpu().numpy() for i in chosen]


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


class _OneStage(nn.Module):
    """The network of one stage of a cascade as a module that returns one stage."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Images (n, 3, h, w) to a tuple of one answer."""
        return (self.network(image),)


def stage_networks(card: ModelCard, cascade: Cascade) -> Iterator[tuple[ModelCard, nn.Module]]:
    """Each stage of a cascade as a card and a network of their own."""
    for number, (network, side) in enumerate(zip(cascade.networks, cascade.sides, strict=True)):
        part = replace(
            card,
            name=f"{card.name}-{number + 1}",
            input_size=(side, side),
            stages=card.stages[number : number + 1],
        )
        yield part, _OneStage(network)


def devices() -> tuple[str, ...]:
    """Processors that can run a network here, the fastest kind first."""
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def engines() -> tuple[str, ...]:
    """Engines that are installed."""
    return ("openvino", "torch") if importlib.util.find_spec("openvino") else ("torch",)


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
        precision: `fp32` or `bf16`.
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
    exact: Precision = "bf16" if precision == "bf16" else "fp32"
    ready = trained_module(card) if module is None else module
    if isinstance(ready, Cascade):
        wanted = {"device": device, "precision": precision, "engine": engine}
        # The first stage is shown the person, later ones every joint's crop at once.
        joints = len(load_skeleton(card.skeleton).joints)
        parts = [
            choose_engine(part, threads=threads, module=network, batch=size, **wanted)
            for size, (part, network) in zip(
                chain([1], repeat(joints)), stage_networks(card, ready), strict=False
            )
        ]
        return CascadeEngine([one for one, _ in parts]), parts[0][1]
    place, notice = _place(device, engine)
    if place == "cpu" and engine != "torch":
        from poseviewer.models.openvino_engine import OpenVinoEngine, OpenVinoError

        try:
            fast = OpenVinoEngine(ready, card=card, precision=exact, threads=threads, batch=batch)
        except OpenVinoError as error:
            notice = f"Torch runs {card.name} more slowly, because {error}."
        else:
            return fast, notice or fast.notice
    return TorchEngine(ready, device=place, precision=exact), notice


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
        title = _DEVICE_TITLES[device]
        return "cpu", f"This machine has no {title} device that torch can use; the CPU runs."
    if engine == "openvino" and device != "cpu":
        return device, f"OpenVINO runs on the CPU only, so torch runs on {_DEVICE_TITLES[device]}."
    return device, None
