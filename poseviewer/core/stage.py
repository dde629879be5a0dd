"""What one stage of a network returns, what it means, and where it lies on the frame."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees, hypot, inf, isnan
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.table import ModuleTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses

Subject = Literal["joint", "limb", "channel"]
"""What a row of tiles is about."""

ReadWith = Literal["own", "filters", "head"]
"""With whose filters the maps of the person in focus are made: the person's own, those of the next
person from the same place, or those of the next person from where that one is."""

BACKGROUND = "background"
"""The channel of a stage of belief maps that belongs to no joint."""


class StageKind:
    """What the tensor of a stage means; this class is maps of numbers that nothing is read from.

    A kind is an instance of a subclass, held as `KIND` by a module of `poseviewer.codec`, where
    `kind_of` finds it, and is drawn by the `PAINTER` of the same name in `poseviewer.draw.kinds`.
    """

    name: str
    """What `StageSpec.kind` calls it."""

    title: str
    """What its tensors are called, such as `belief maps`."""

    quantity = "value"
    """What one number is called."""

    unit = ""
    """Written after a number."""

    limits: tuple[float, float] = (-inf, inf)
    """Between which a number lies."""

    subject: Subject = "channel"
    """What a channel, or `step` of them, is about."""

    step = 1
    """Channels in succession that belong to one subject, such as the x and y of a vector."""

    together = "all channels"
    """What the strongest of all subjects in each cell is called."""

    answers = False
    """Whether joints are read from such a stage by itself."""

    mapped = True
    """Whether its values are maps, whose cells lie on the frame."""

    trained = True
    """Whether the network was trained so that its values can be read."""

    @property
    def signed(self) -> bool:
        """Whether values below zero mean something."""
        return self.limits[0] < 0

    def channel_of(self, joint: int | None) -> int | None:
        """Return the first channel about a joint; None for all, or where there is none."""
        return None if joint is None or self.subject != "joint" else joint * self.step

    def channels(self, spec: StageSpec) -> tuple[tuple[int, str], ...]:
        """Return first channel and name of every subject; a vector's name is without its axis."""
        starts = range(0, len(spec.channels), self.step)
        names = spec.channels[:: self.step]
        if self.step > 1:
            names = tuple(name.removesuffix(" x") for name in names)
        return tuple(zip(starts, names, strict=True))

    def select(
        self, output: StageOutput, channel: int | None
    ) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Return a subject's tensor, as the network returned it, and the names of its first axis.

        Args:
            output: A stage of this kind.
            channel: Any of the subject's; None for everything.

        Returns:
            (h, w), or (step, h, w) of a subject with several channels, or the whole tensor.
        """
        names = output.spec.channels
        if channel is None:
            return output.values, names
        if self.step == 1:
            return output.values[channel], (names[channel],)
        start = channel // self.step * self.step
        part = slice(start, start + self.step)
        return output.values[part], names[part]

    def shown(self, output: StageOutput, channel: int | None) -> NDArray[np.float32]:
        """Return what a tile or an overlay shows: numbers (h, w), or vectors (step, h, w).

        Args:
            output: A stage of this kind.
            channel: Any of the subject's; None, or one that there is not, for the subject that
                is strongest in each cell.
        """
        if channel is not None and 0 <= channel < len(output.values):
            return self.select(output, channel)[0]
        subjects = output.values.reshape(-1, self.step, *output.values.shape[1:])
        strength = np.nan_to_num((subjects * subjects).sum(axis=1))
        strongest = strength.argmax(axis=0)[None, None]
        found = np.take_along_axis(subjects, strongest, axis=0)[0]
        return np.asarray(found[0] if self.step == 1 else found, np.float32)

    def vectors(
        self, output: StageOutput, channel: int | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return vectors (2, h, w) as they were answered, and how much each counts (h, w).

        Args:
            output: A stage of a kind whose subjects have two channels.
            channel: As `shown` takes it; of all subjects it is the one that counts most.
        """
        answered = output.values.reshape(-1, 2, *output.values.shape[1:])
        weight = output.weight
        if weight is None:
            weight = np.ones((len(answered), *answered.shape[2:]), np.float32)
        if channel is not None and 0 <= channel < len(output.values):
            subject = channel // 2
            return answered[subject], weight[subject]
        most = weight.argmax(axis=0)[None]
        found = np.take_along_axis(answered, most[:, None], axis=0)[0]
        return found, np.take_along_axis(weight, most, axis=0)[0]

    def top(self, values: NDArray[np.floating]) -> float:
        """Return the greatest size in what `shown` returned; NaN where nothing is known."""
        sizes = np.linalg.norm(values, axis=0) if values.ndim == 3 else values
        if self.signed:
            sizes = np.abs(sizes)
        top = float(sizes.max())
        # fmax, because a broken value must not hide the others; it takes five times as long.
        return float(np.fmax.reduce(sizes, axis=None)) if isnan(top) else top

    def read(
        self,
        stage_poses: Sequence[Poses],  # noqa: ARG002 - for kinds whose values alone do not tell
        output: StageOutput,
        *,
        channel: int | None,
        cell: tuple[int, int],
    ) -> tuple[float, str]:
        """Return the value under the pointer, of a vector its length, and the same in words.

        Args:
            stage_poses: The answer of every stage, first stage first.
            output: A stage of this kind.
            channel: As `shown` takes it.
            cell: x, y of a map.
        """
        x, y = cell
        here = self.shown(output, channel)[..., y, x].ravel().tolist()
        way = ""
        if len(here) == 2:
            # Counted as in the picture of a protractor: to the right is 0, upwards 90.
            way = f" towards {degrees(atan2(-here[1], here[0])) % 360:.0f}°"
        value = here[0] if len(here) == 1 else hypot(*here)
        shown = f"{value:.3f}" if np.isfinite(self.limits).all() else f"{value:.4g}"
        note = f"{self.quantity} {shown}{self.unit}{way}   cell {x}, {y}"
        warning = output.spec.warning
        return value, f"{note}   {warning}" if warning else note

    def decode(
        self, maps: NDArray[np.float32], *, codec: Any, method: str
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]] | None:
        """Return where a stage has the joints.

        Args:
            maps: (n, channels, h, w) of n people.
            codec: Of the network's card.
            method: How peaks are refined, as `HeatmapCodec.decode` takes it.

        Returns:
            Cells (n, k, 2) and confidences (n, k), 0 or less where a joint was not found; None
            where such a stage answers no joints by itself, or not by maps.
        """

    def mirrored(
        self, maps: NDArray[np.float32], *, codec: Any, mirror: Sequence[int]
    ) -> NDArray[np.float32] | None:
        """Return what maps (n, channels, h, w) of the mirrored picture say of the picture itself.

        Args:
            maps: Of the mirrored picture.
            codec: Of the network's card.
            mirror: Of each joint the one on the other side.

        Returns:
            The same shape; None where the channels have no counterparts.
        """

    def spread(
        self, output: StageOutput, joints: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
        """Return the entropy and number of summits of the maps of the first `joints`, (k,) each.

        None where maps are no distributions of places.
        """

    def compared(self, first: StageOutput, second: StageOutput) -> str:
        """Say in a sentence how far two stages of this kind differ, where they answer no joints."""
        if first.values.shape != second.values.shape:
            return f"The two have {self.title} of different shapes, which are not compared."
        apart = np.abs(first.values - second.values)
        return (
            f"The {self.title} differ by {float(np.nanmean(apart)):.3g}{self.unit} on average, "
            f"by {float(np.nanmax(apart)):.3g}{self.unit} at most."
        )


KINDS: ModuleTable[StageKind] = ModuleTable("poseviewer.codec", "KIND")
"""Every kind of stage, by name."""


def kinds() -> tuple[StageKind, ...]:
    """Every kind of stage, by name."""
    return tuple(KINDS[name] for name in KINDS.names())


def kind_of(name: str) -> StageKind:
    """Return the kind that a stage names.

    Raises:
        PoseViewerError: There is none.
    """
    return KINDS[name]


@dataclass(frozen=True, slots=True)
class StageSpec:
    """What a stage promises to return; the contract between a network and its decoder."""

    name: str
    """As the paper calls it, such as `stage 2` or `stack 1`."""

    kind: str
    """Name of a `StageKind`, such as `heatmap`, `paf` or `coords`."""

    stride: int
    """Input pixels per cell."""

    channels: tuple[str, ...]
    """Name of every channel: the joints in skeleton order, then `background` where there is one;
    of fields the components such as `neck-nose x`."""

    partner: int | None = None
    """0-based stage that is decoded together with this one: the fields between the joints of
    these beliefs, or the beliefs at the ends of these fields; the crop that a zoom was found in."""

    supervised: bool = True
    """Whether the network was trained to answer here; else the stage is a lens: the last head,
    put where nothing was ever asked."""

    @property
    def warning(self) -> str:
        """The label of values that nothing was trained to make right; else empty."""
        if not self.meaning.trained:
            return "not trained to be read"
        return "" if self.supervised else "not trained to be read here"

    @property
    def meaning(self) -> StageKind:
        """What its tensor means."""
        return kind_of(self.kind)

    @property
    def answers(self) -> bool:
        """Whether joints are read from it, by itself or together with its partner."""
        return self.meaning.answers or self.partner is not None

    def channel(self, name: str) -> int | None:
        """The number of the channel called `name`, such as `left_wrist` or `Left wrist`.

        Returns:
            Its 0-based number; None for `all`.

        Raises:
            PoseViewerError: The stage has no such channel.
        """
        plain = name.strip().lower().replace(" ", "_").replace("-", "_")
        if plain == "all":
            return None
        if plain in self.channels:
            return self.channels.index(plain)
        msg = f"There is no joint called {name!r}; there are {', '.join(self.channels)} and all."
        raise PoseViewerError(msg)


@dataclass(frozen=True, slots=True, eq=False)
class StageOutput:
    """The real tensor of one stage for one region of the frame."""

    spec: StageSpec

    values: NDArray[np.float32]
    """(channels, h, w), as the network returned it; read-only. Of `coords` (channels, 1, 2 or 3):
    x and y in sides of the box that was analysed, and a logit of confidence."""

    to_frame: NDArray[np.float64]
    """2x3 affine from cell centres (x, y) to frame pixels. Of `coords` from (x, y) to the frame in
    the first stage, to displacements in frame pixels in the later ones."""

    number: int
    """0-based position of the stage in its network."""

    points: NDArray[np.float32] | None = None
    """(n, 2 or 3) places in cells that the network answered with the map: of a zoom all points of
    its own, such as the 468 of a face, with a depth in cells; None where it answered none."""

    presence: float | None = None
    """How sure the network is that what it looks for is there, 0 to 1; None where it does not
    say."""

    weight: NDArray[np.float32] | None = None
    """(subjects, h, w) how much the numbers of each subject count in each cell, 0 to 1, where the
    network was not trained to give them everywhere; None where all count."""

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
        if self.weight is not None:
            self.weight.flags.writeable = False
        self.values.flags.writeable = False
        self.to_frame.flags.writeable = False


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of a frame."""

    generation: int = 0
    """Counts the choices that change a result; an answer of an older generation is dropped."""

    stages: frozenset[int] | None = None
    """0-based stages whose maps are wanted; None means all, empty means poses only."""

    def wants(self, stage: int) -> bool:
        """Return whether this stage's maps are to leave the device."""
        return self.stages is None or stage in self.stages


@dataclass(frozen=True, slots=True)
class StageGroup:
    """What a paper calls one stage: one output, or fields and beliefs that come together."""

    title: str

    parts: tuple[tuple[str, int], ...]
    """Kind and 0-based number of each output."""

    def number(self, kind: str) -> int | None:
        """Return the number of the output of a kind; None where the stage has none."""
        for name, number in self.parts:
            if name == kind:
                return number
        return None

    def about(self, subject: Subject) -> int | None:
        """Return the number of the output about joints or limbs; None where the stage has none."""
        return next((n for kind, n in self.parts if kind_of(kind).subject == subject), None)

    @property
    def last(self) -> int:
        """The number of the last output: the beliefs, where there are fields too."""
        return self.parts[-1][1]


def grouped(stages: Sequence[StageSpec]) -> tuple[StageGroup, ...]:
    """Return the stages as a paper counts them: `stage 1 fields` and `stage 1 beliefs` are one.

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


def ghosts(stages: Sequence[StageSpec]) -> tuple[int, ...]:
    """Return the stages whose skeleton can be drawn as a ghost: that of the last is the answer."""
    return tuple(group.last for group in grouped(stages)[:-1] if stages[group.last].answers)


def group_of(stages: Sequence[StageSpec], number: int) -> int:
    """Return the 0-based place in `grouped` of the output `number`."""
    groups = grouped(stages)
    return next(i for i, group in enumerate(groups) if number in (part for _, part in group.parts))


def last_heatmap(stages: Sequence[StageSpec]) -> int | None:
    """Return the last stage with belief maps; None where a network has none."""
    mapped = [group.last for group in grouped(stages) if stages[group.last].kind == "heatmap"]
    return mapped[-1] if mapped else None


def main_stage(stages: Sequence[StageSpec]) -> int:
    """Return the stage that is meant where none is chosen: the last one about joints or limbs.

    The last of all where a network has none such.
    """
    last = [group.last for group in grouped(stages)]
    of_joints = [n for n in last if stages[n].meaning.subject != "channel"]
    return (of_joints or last)[-1]


def stage_count(stages: Sequence[StageSpec]) -> str:
    """Return how many stages there are, in words."""
    count = len(grouped(stages))
    return "1 stage" if count == 1 else f"{count} stages"


def _stem(spec: StageSpec) -> str:
    """Return the name without its last word, such as `stage 1` of `stage 1 fields`."""
    return spec.name.rpartition(" ")[0] if spec.partner is not None else spec.name
