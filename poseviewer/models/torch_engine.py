"""The reference engine: a module of torch, on a CPU, with CUDA, or on an Apple GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor, nn

from poseviewer.models.card import DEVICE_TITLES

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from poseviewer.models.card import Precision
    from poseviewer.models.deeppose import Cascade


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
        return f"Torch {self.precision}, {DEVICE_TITLES.get(self.device, self.device)}"

    def run(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        """The maps of some stages; see `Engine.run`."""
        with torch.inference_mode():
            image = torch.from_numpy(np.ascontiguousarray(batch)).to(self.device, self._kind)
            stages = self._module(image.contiguous(memory_format=torch.channels_last))
            chosen = range(len(stages)) if wanted is None else sorted(wanted)
            return [stages[i].float().contiguous().cpu().numpy() for i in chosen]


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
