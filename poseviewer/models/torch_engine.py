"""The reference engine: a module of torch, on a CPU, with CUDA, or on an Apple GPU."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor, nn

from poseviewer.core.errors import DeviceMemoryError
from poseviewer.models.card import DEVICE_TITLES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from poseviewer.models.card import Precision
    from poseviewer.models.deeppose import Cascade


class TorchEngine:
    """The reference engine: the module itself.

    Args:
        module: Float32, any mode; it is taken over.
        device: `cpu`, `cuda` or `mps`.
        precision: bf16 converts weights and activations.

    Raises:
        DeviceMemoryError: The device has too little memory for the weights.
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
        try:
            self._module = ready.to(device=device, dtype=self._kind).to(
                memory_format=torch.channels_last  # type: ignore[call-overload]
            )
        except RuntimeError as error:
            if out_of_memory(error):
                raise self._too_little() from error
            raise
        self._most = sys.maxsize
        """Pictures that are run at once; fewer once the memory was too little for more."""

    @property
    def label(self) -> str:
        """A label for people."""
        return f"Torch {self.precision}, {DEVICE_TITLES.get(self.device, self.device)}"

    def run(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        """The maps of some stages; see `Engine.run`.

        Where the device has too little memory for the batch, half of it is run at a time.

        Raises:
            DeviceMemoryError: It has too little for one picture.
        """
        while True:
            at_once = min(self._most, len(batch))
            try:
                parts = [
                    self._answer(batch[at : at + at_once], wanted)
                    for at in range(0, len(batch), at_once)
                ]
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                if at_once == 1:
                    raise self._too_little() from error
            else:
                return parts[0] if len(parts) == 1 else _joined(parts)
            # Outside of `except`, whose traceback holds what was made on the way.
            self._most = (at_once + 1) // 2
            free_memory(self.device)

    def _too_little(self) -> DeviceMemoryError:
        title = DEVICE_TITLES.get(self.device, self.device)
        msg = f"The {title} device has too little memory left for this network: choose the CPU."
        return DeviceMemoryError(msg)

    def _answer(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None
    ) -> list[NDArray[np.float32]]:
        with torch.inference_mode():
            image = torch.from_numpy(np.ascontiguousarray(batch)).to(self.device, self._kind)
            stages = self._module(image.contiguous(memory_format=torch.channels_last))
            chosen = range(len(stages)) if wanted is None else sorted(wanted)
            return [stages[i].float().contiguous().cpu().numpy() for i in chosen]


def _joined(parts: Sequence[list[NDArray[np.float32]]]) -> list[NDArray[np.float32]]:
    return [np.concatenate(stage) for stage in zip(*parts, strict=True)]


def out_of_memory(error: RuntimeError) -> bool:
    """Whether torch found too little memory on a device; MPS says so in words alone."""
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error)


def free_memory(device: str) -> None:
    """Give back what torch holds of a device's memory without using it."""
    if device == "cuda":
        torch.cuda.empty_cache()
    elif device == "mps":
        torch.mps.empty_cache()


class _OneStage(nn.Module):
    """The network of one stage of a cascade as a module that returns one stage."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Images (n, 3, h, w) to a tuple of one answer."""
        return (self.network(image),)


def stage_module(cascade: nn.Module, number: int) -> nn.Module:
    """The network of one stage, 0-based, of a `Cascade` as a module of its own."""
    return _OneStage(cast("Cascade", cascade).networks[number]).eval()


def torch_devices() -> tuple[str, ...]:
    """Processors other than the CPU that torch can use here."""
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return tuple(found)
