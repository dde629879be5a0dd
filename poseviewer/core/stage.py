"""What one stage of a network says, and where it lies on the frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

StageKind = Literal["heatmap", "paf", "coords", "crop"]


@dataclass(frozen=True, slots=True)
class StageSpec:
    """What a stage promises to return; the contract between a network and its decoder."""

    name: str
    """As the paper calls it, such as `stage 2` or `stack 1`."""

    kind: StageKind
    """Belief maps, part affinity fields, coordinates or image crops."""

    stride: int
    """Input pixels per cell."""

    channels: tuple[str, ...]
    """Name of every channel: the joints in skeleton order, then `background` where there is one;
    of fields the components such as `neck-nose x`."""

    partner: int | None = None
    """0-based stage that is decoded together with this one: the fields between the joints of
    these beliefs, or the beliefs at the ends of these fields."""


@dataclass(frozen=True, slots=True, eq=False)
class StageOutput:
    """The real tensor of one stage for one region of the frame."""

    spec: StageSpec

    values: NDArray[np.float32]
    """(channels, h, w), as the network returned it; read-only. Of `coords` (channels, 1, 2 or 3):
    x and y in sides of the box that was looked at, and a logit of confidence. Of a `crop` the
    picture that the network was given, as it was given."""

    to_frame: NDArray[np.float64]
    """2x3 affine from cell centres (x, y) to frame pixels. Of `coords` from (x, y) to the frame in
    the first stage, to displacements in frame pixels in the later ones."""

    number: int
    """0-based position of the stage in its network."""

    def __post_init__(self) -> None:
        """Check the shapes and make the arrays read-only.

        Raises:
            ValueError: `values` is not (channels, h, w) or `to_frame` not 2x3.
        """
        if self.values.ndim != 3 or len(self.values) != len(self.spec.channels):
            msg = f"values must be ({len(self.spec.channels)}, h, w), got {self.values.shape}"
            raise ValueError(msg)
        if self.to_frame.shape != (2, 3):
            msg = f"to_frame must be (2, 3), got {self.to_frame.shape}"
            raise ValueError(msg)
        self.values.flags.writeable = False
        self.to_frame.flags.writeable = False


@dataclass(frozen=True, slots=True)
class Request:
    """What the viewer wants to see of a frame."""

    generation: int = 0
    """Counts the choices that change a result; an answer of an older generation is dropped."""

    stages: frozenset[int] | None = None
    """0-based stages whose maps are wanted; None means all, empty means poses only."""

    def wants(self, stage: int) -> bool:
        """Whether this stage's maps are to leave the device."""
        return self.stages is None or stage in self.stages


@dataclass(frozen=True, slots=True)
class StageGroup:
    """What a paper calls one stage: one output, or fields and beliefs that come together."""

    title: str

    parts: tuple[tuple[StageKind, int], ...]
    """Kind and 0-based number of each output."""

    def number(self, kind: StageKind) -> int | None:
        """The number of the output of a kind; None where the stage has none."""
        return dict(self.parts).get(kind)

    @property
    def last(self) -> int:
        """The number of the last output: the beliefs, where there are fields too."""
        return self.parts[-1][1]


def grouped(stages: Sequence[StageSpec]) -> tuple[StageGroup, ...]:
    """The stages as a paper counts them: `stage 1 fields` and `stage 1 beliefs` are one.

    Partners that are not of one stage, as where all fields come before all beliefs, stay apart.
    """
    groups: list[StageGroup] = []
    for number, spec in enumerate(stages):
        stem = _stem(spec)
        before = spec.partner
        if before is not None and before < number and _stem(stages[before]) == stem:
            at = next(i for i, group in enumerate(groups) if group.parts[0][1] == before)
            groups[at] = StageGroup(stem, (*groups[at].parts, (spec.kind, number)))
        else:
            groups.append(StageGroup(spec.name, ((spec.kind, number),)))
    return tuple(groups)


def group_of(stages: Sequence[StageSpec], number: int) -> int:
    """The 0-based place in `grouped` of the output `number`."""
    groups = grouped(stages)
    return next(i for i, group in enumerate(groups) if number in (part for _, part in group.parts))


def stage_count(stages: Sequence[StageSpec]) -> str:
    """How many stages there are, in words."""
    count = len(grouped(stages))
    return "1 stage" if count == 1 else f"{count} stages"


def _stem(spec: StageSpec) -> str:
    """The name without its last word, such as `stage 1` of `stage 1 fields`."""
    return spec.name.rpartition(" ")[0] if spec.partner is not None else spec.name
