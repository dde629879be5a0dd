"""The sections of the state that a person chooses in."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from poseviewer.core.look import DisplayState
from poseviewer.core.repetitions import RepetitionChoice

if TYPE_CHECKING:
    from poseviewer.core.affine import Box
    from poseviewer.core.angle import AngleSpec, FacingChoice
    from poseviewer.core.stage import ReadWith

RegionMode = Literal["whole", "box", "follow", "people"]
Decoding = Literal["quarter", "dark", "argmax", "tree"]

LONGEST_WINDOW = 10.0
"""Seconds that the tracker looks back at most."""
Panes = Literal["auto", "one", "pairs", "each", "sides"]


@dataclass(frozen=True, slots=True)
class NetworkState:
    """Which network runs, and on what."""

    model: str = "hourglass-lite"
    """The network that answers, chosen by a person or picked."""

    automatic: bool = False
    """Whether the window picks the model, see `runtime.pick`. A model that is named ends it."""

    engine: str = "auto"
    """`auto`, `torch` or `openvino`."""

    device: str = "auto"
    """`auto`, `cpu`, `cuda`, `mps`."""

    precision: str = "fp32"
    """`fp32`, `bf16` or `int8`."""

    own_precision: bool = False
    """Whether a person named the precision, so that Automatic leaves it."""

    threads: int = 0
    """Of the CPU, where Automatic picks them; 0 for half the cores. They change no result."""


@dataclass(frozen=True, slots=True)
class ReadingState:
    """What the network is shown, and how its output is read."""

    decoding: Decoding = "dark"

    flip: bool = False
    """Average with the mirrored input: steadier, twice the work."""

    region: RegionMode = "follow"
    """The whole frame, the dragged `box`, one person (`follow`), or `people`: everybody, each in
    a region of their own, all in one batch. A network that finds everybody by itself is shown
    the whole frame or the box."""

    box: Box | None = None
    """The dragged region, frame pixels; used when `region` is `box`."""

    track_window: float = 0.0
    """Seconds over which two numbers that mean one person are found out, so that only the surer one
    is given (`pipeline.flows`); 0 leaves that out."""

    gate: float = 0.3
    """Joints below this confidence are drawn weak and left out of angles. Of what is drawn in full
    from 0.3 or 0.4 on, precision and recall are best balanced on val (`joints` in the cards)."""

    smooth: bool = True
    """One Euro filter on the joints of a sequential analysis or a feed; the raw result is always
    stored."""

    min_cutoff: float = 0.5
    """Of that filter: Hz at rest."""

    beta: float = 2.5
    """Of that filter: Hz gained at a speed of one body size a second."""

    d_cutoff: float = 8.0
    """Of that filter: Hz of the filter on the speed."""


@dataclass(frozen=True, slots=True)
class AngleState:
    """Which angles are measured, and how their curves are filtered."""

    facing: FacingChoice = "right"

    custom: tuple[AngleSpec, ...] = ()
    """Defined by the person, measured beside the standard ones."""

    filter: str = "none"
    """What is done to whole curves, as `core.filters.parse_filter` reads it."""

    plotted: tuple[str, ...] = ("left hip", "left knee", "right hip", "right knee")
    """Names of the angles whose curves are shown."""

    panes: Panes = "auto"
    """One pane for all curves, one for `each`, one for both sides of an angle (`pairs`), another
    below it for their difference (`sides`), or `pairs` where there is room and `one` elsewhere."""

    table: bool = True
    """Whether the table of figures is shown below the plot where there is room."""

    radians: bool = False
    """Whether curves and values are in radians instead of degrees."""

    velocity: bool = False
    """Whether the plot shows angular velocities instead of angles."""

    repetitions: bool = False
    """Whether repetitions are marked in the plot and listed in the table."""

    prominence: float = 0.0
    """Degrees that a repetition's peak stands out by; 0 for what suits each curve."""

    apart: float = 0.0
    """Seconds from one repetition's peak to the next; 0 for the usual ones."""

    lowest: bool = False
    """Whether the peaks of repetitions are the least values."""

    joint: str = ""
    """The joint of the person in focus whose speed and path are shown; empty for none."""

    path: bool = True
    """Whether that path is drawn on the frame."""

    second: str = ""
    """Location of another clip whose curves are shown with those of this one; empty for none."""

    second_offset: float = 0.0
    """Seconds into the other clip at which it stands when this one begins; see `core.beside`."""

    height: float = 0.0
    """Metres that the person in focus is tall, for the scale where nothing is calibrated; 0 where
    unknown."""

    @property
    def repetition(self) -> RepetitionChoice:
        """What counts as a repetition."""
        return RepetitionChoice(self.prominence, self.apart, self.lowest)


@dataclass(frozen=True, slots=True)
class PeopleState:
    """Whose maps and angles are shown, and how people are labelled."""

    focus: int | None = None
    """Number of the person whose maps and angles are shown; None for the most confident one."""

    locked: bool = False
    """Show no other person's angles while the person in focus is away."""

    hidden: tuple[int, ...] = ()
    """Numbers of people who are not drawn."""

    names: tuple[tuple[int, str], ...] = ()
    """What people are called, by their numbers."""

    read_with: ReadWith = "own"
    """Of a network that generates a head for each person: whose filters make the maps of the person
    in focus."""


SECTIONS: dict[str, type] = {
    "network": NetworkState,
    "reading": ReadingState,
    "angles": AngleState,
    "people": PeopleState,
    "display": DisplayState,
}
"""The sections of `AppState` that a person chooses in."""

SECTION_OF = {field.name: name for name, kind in SECTIONS.items() for field in fields(kind)}
"""Which section holds a choice, by its name."""
