"""What can be seen inside a network: its modules, their activations, and what a cell has seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poseviewer.core.stage import StageOutput, StageSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.frame import Frame


@dataclass(frozen=True, slots=True)
class LayerOutput:
    """One tensor that a module returns for one picture."""

    call: int
    """0-based: which of the module's calls it is of, where the network uses it several times."""

    part: int
    """0-based position among the tensors of that call."""

    shape: tuple[int, ...]
    """Without the batch, such as (channels, h, w) or (units,)."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A module of a network."""

    path: str
    """Names from the outermost module inwards, joined by dots; empty for the network itself."""

    kind: str
    """Name of its class."""

    parameters: int
    """Of the module with everything inside."""

    outputs: tuple[LayerOutput, ...]
    """In the order of the calls; empty where the network does not call it."""

    leaf: bool
    """Whether it holds no other module."""


@dataclass(frozen=True, slots=True)
class LayerChoice:
    """Which activations are looked at."""

    path: str

    output: int = 0
    """Position in `Layer.outputs`."""

    channels: tuple[int, ...] = ()
    """Those wanted, in this order; empty for the strongest."""

    most: int = 64
    """How many of the strongest."""

    joint: int = 0
    """Whose crop is looked at, in the later networks of a cascade."""


@dataclass(frozen=True, slots=True, eq=False)
class Activations:
    """What some channels of a layer answer to a frame."""

    frame: Frame
    region: Box
    """What the network was shown, frame pixels."""

    choice: LayerChoice

    shape: tuple[int, ...]
    """Of the whole output, without the batch."""

    channels: NDArray[np.int64]
    """(n,) numbers of the channels."""

    values: NDArray[np.float32]
    """(n, h, w); read-only. Units without a place are 1 x 1."""

    strength: NDArray[np.float32]
    """(n,) mean absolute activation of these channels: what strongest means."""

    to_frame: NDArray[np.float64] | None
    """2x3 affine from cell centres (x, y) to frame pixels; None where cells have no place."""

    engine: str
    """What ran it, such as `Torch fp32, CPU`."""

    gap: float | None = None
    """Greatest difference of the final maps from those shown; None where none were at hand."""

    stride: int = 1
    """Input pixels per cell, rounded; 1 where cells have no place."""

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.channels, self.values, self.strength):
            array.flags.writeable = False

    @property
    def output(self) -> StageOutput | None:
        """The channels as a stage of features; None where cells have no place."""
        if self.to_frame is None:
            return None
        names = tuple(str(channel) for channel in self.channels.tolist())
        spec = StageSpec(self.choice.path, "features", self.stride, names)
        return StageOutput(spec, self.values, self.to_frame, 0)


@dataclass(frozen=True, slots=True)
class Spot:
    """A joint at a stage."""

    stage: int
    """0-based."""

    channel: int
    """0-based, of the stage's maps."""

    near: tuple[float, float] | None = None
    """x, y in frame pixels of the person's joint where there are several; None for the highest
    belief of all."""


@dataclass(frozen=True, slots=True, eq=False)
class ReceptiveField:
    """What the answer of a stage about a joint can have seen, and what counted for it."""

    frame: Frame
    region: Box
    spot: Spot

    place: tuple[float, float]
    """x, y of the answer, frame pixels."""

    box: Box
    """All that can have had an influence, frame pixels: the theoretical receptive field."""

    whole: bool
    """Whether that is everything the network was shown."""

    heat: NDArray[np.float32]
    """(h, w) of the network's input: how much the answer changes with each pixel, summed over
    the colours; the effective receptive field of Luo et al. (NeurIPS 2016)."""

    to_frame: NDArray[np.float64]
    """2x3 affine from pixels of `heat` to frame pixels."""

    half: float
    """Radius about `place` that holds half of `heat`, frame pixels."""

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        self.heat.flags.writeable = False
