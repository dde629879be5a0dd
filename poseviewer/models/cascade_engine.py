"""What runs a cascade: an engine a stage, each for pictures of its own size."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.models.card import ModelCard
    from poseviewer.models.deeppose import Cascade
    from poseviewer.models.engine import Engine, Precision


class CascadeEngine:
    """The networks of a cascade, one of which runs at a time.

    Args:
        engines: One a stage.
    """

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = tuple(engines)

    @property
    def name(self) -> str:
        """`torch` or `openvino`."""
        return self._engines[0].name

    @property
    def device(self) -> str:
        """`cpu`, `cuda` or `mps`."""
        return self._engines[0].device

    @property
    def precision(self) -> Precision:
        """What it calculates in."""
        return self._engines[0].precision

    @property
    def label(self) -> str:
        """For people."""
        return self._engines[0].label

    def run(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        """What the network of one stage answers (n, joints, 1, numbers).

        Args:
            batch: (n, 3, h, w) of that stage's size, normalised as the card says.
            wanted: The one 0-based stage; None means the first.
        """
        (stage,) = (0,) if wanted is None else wanted
        return self._engines[stage].run(batch)


class _Alone(nn.Module):
    """The network of one stage as a module of one stage."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Images (n, 3, h, w) to a tuple of one answer."""
        return (self.network(image),)


def choose_engines(
    card: ModelCard,
    module: Cascade,
    choose: Callable[[ModelCard, nn.Module], tuple[Engine, str | None]],
) -> tuple[CascadeEngine, str | None]:
    """An engine for each stage of a cascade, and one sentence where it is not the one asked for.

    Args:
        card: Of the cascade.
        module: The cascade, with its weights.
        choose: Makes the engine of a network that has one stage.
    """
    engines, notices = [], []
    for number, (network, side) in enumerate(zip(module.networks, module.sides, strict=True)):
        part = replace(
            card,
            name=f"{card.name}-{number + 1}",
            input_size=(side, side),
            stages=card.stages[number : number + 1],
        )
        engine, notice = choose(part, _Alone(network))
        engines.append(engine)
        notices.append(notice)
    return CascadeEngine(engines), notices[0]
