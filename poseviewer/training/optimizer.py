"""The optimizer: Muon for the matrices between features, AdamW for all other parameters.

Muon (Jordan et al. 2024) turns the step of a matrix into the nearest orthogonal one, so that rare
directions learn as fast as common ones; scaled as by Liu et al. ("Muon is scalable for LLM
training", 2025) it takes the rate of AdamW. From the same hourglass-lite, 0.6 epochs with the same
pictures ended 1.6 % lower in loss and 0.4 and 1.5 points of PCK@0.2 higher on the two validation
sets than AdamW alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import Tensor, nn

_SMALLEST = 24
"""Features on both sides of a matrix: below it is a head, one row per map."""

_MOMENTUM = 0.95


class Optimizer:
    """Both optimizers of a module, with one rate.

    Args:
        module: Its parameters that learn are taken; norms and biases do not decay.
        rate: To begin with.
        decay: Weight decay of the others.
        trunk_rate: Rate of what is called a trunk, relative to the others'.
    """

    def __init__(
        self, module: nn.Module, *, rate: float, decay: float, trunk_rate: float = 1.0
    ) -> None:
        named = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
        self._matrices: list[tuple[Tensor, Tensor]] = []
        adam, muon = [], []
        for share, inside in ((trunk_rate, True), (1.0, False)):
            chosen = [p for name, p in named if ("trunk." in f".{name}") is inside]
            matrices = [p for p in chosen if _is_matrix(p)]
            rest = [p for p in chosen if not _is_matrix(p)]
            # The same numbers in two dimensions: PyTorch's Muon knows no convolutions.
            flat = [p.detach().view(len(p), -1) for p in matrices]
            self._matrices += zip(flat, matrices, strict=True)
            kernels, scalars = ([p for p in rest if (p.ndim > 1) is deep] for deep in (True, False))
            adam.append({"params": kernels, "weight_decay": decay, "share": share})
            adam.append({"params": scalars, "weight_decay": 0, "share": share})
            muon.append({"params": flat, "share": share})
        self._parts: list[torch.optim.Optimizer] = [
            torch.optim.AdamW([g for g in adam if g["params"]], lr=rate, fused=True)
        ]
        if self._matrices:
            self._parts.append(
                torch.optim.Muon(
                    [g for g in muon if g["params"]],
                    lr=rate,
                    weight_decay=decay,
                    momentum=_MOMENTUM,
                    adjust_lr_fn="match_rms_adamw",
                )
            )

    def step(self, *, rate: float) -> None:
        """Move every parameter by its gradient, then forget the gradients."""
        for flat, matrix in self._matrices:
            flat.grad = None if matrix.grad is None else matrix.grad.reshape(flat.shape)
            matrix.grad = None
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = rate * group["share"]
            part.step()
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """The state that a checkpoint stores."""
        return {"parts": [part.state_dict() for part in self._parts]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the state of a checkpoint.

        Raises:
            KeyError: It is of another kind of optimizer.
            ValueError: It is of another network.
        """
        for part, saved in zip(self._parts, state["parts"], strict=True):
            part.load_state_dict(saved)


def _is_matrix(parameter: Tensor) -> bool:
    """Whether it mixes features of one cell: a linear layer or a 1x1 convolution."""
    inner = parameter.shape[:2]
    return parameter.ndim > 1 and parameter.numel() == inner.numel() and min(inner) >= _SMALLEST
