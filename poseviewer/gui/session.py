"""The methods of a session that the window uses, as protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from poseviewer.core.video_choice import DEFAULT_CHOICE

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from pathlib import Path

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.annotation import Annotations
    from poseviewer.core.correction import Corrections, Kind
    from poseviewer.core.errors import PoseViewerError
    from poseviewer.core.frame import Frame
    from poseviewer.core.inside import InsideView
    from poseviewer.core.layer import Activations, Layer, ReceptiveField
    from poseviewer.core.result import FrameResult
    from poseviewer.core.spoil import Spoils
    from poseviewer.core.video_choice import VideoChoice
    from poseviewer.runtime.beside_look import BesideLook, SecondClip
    from poseviewer.runtime.comparison import Compared
    from poseviewer.runtime.getting import Offer
    from poseviewer.runtime.importing import Answer, Form
    from poseviewer.runtime.jobs import ExportJob, Progress, RecordJob
    from poseviewer.runtime.joint_travel import JointTravel
    from poseviewer.runtime.people import SeenPerson
    from poseviewer.runtime.pose_crops import PoseCrop
    from poseviewer.runtime.probe import FieldRequest, InsideRequest, LayerRequest
    from poseviewer.runtime.project.value import Project, ProjectClip
    from poseviewer.runtime.project.work import Counts
    from poseviewer.runtime.review import Finding
    from poseviewer.runtime.saved.library import Saving
    from poseviewer.runtime.sections import NetworkState, ReadingState
    from poseviewer.runtime.series_file import Series
    from poseviewer.runtime.similar_poses import Match, PoseMap
    from poseviewer.runtime.source_thread import Preview
    from poseviewer.runtime.state import AppState, History, Keep, Level
    from poseviewer.runtime.truth_comparison import TruthCompared


class FeedProtocol(Protocol):
    """Commands for a live source."""

    def replay(self) -> None:
        """Replay what is stored of the feed, or stop."""

    def keep(self, keep: Keep) -> None:
        """Set how much is stored, of this feed and of later ones."""


class TruthProtocol(Protocol):
    """The ground truth of what is open."""

    def open(self, path: str | Path) -> None:
        """Read it from a file."""

    def close(self) -> None:
        """Stop using it."""

    def want(self, wanted: bool) -> None:
        """Set whether results are to have it."""


class GetterProtocol(Protocol):
    """Published networks, one of which is fetched at a time."""

    @property
    def running(self) -> bool:
        """Whether one is being fetched."""

    def offers(self) -> tuple[Offer, ...]:
        """Every network that can be fetched."""

    def watch(self, listener: Callable[[Progress], object] | None) -> None:
        """Set what is called, from another thread, with how far it is and how it ended."""

    def get(self, name: str, *, mirror: str = "") -> None:
        """Fetch one."""

    def cancel(self) -> None:
        """Stop; what has come stays."""


class ImporterProtocol(Protocol):
    """A network from a file, read, tried and stored."""

    def watch(self, listener: Callable[[Answer | PoseViewerError], object] | None) -> None:
        """Set what is called, from another thread, with each answer or with why there is none."""

    def read(self, path: Path) -> None:
        """Read a file."""

    def try_out(self, form: Form, stages: Iterable[str], frame: Frame) -> None:
        """Show a frame to the network, as a person describes it."""

    def import_(self, form: Form | None, stages: Iterable[str], *, name: str) -> None:
        """Store the network, as a person describes it."""

    def remove(self, name: str) -> None:
        """Delete a network that was imported."""

    def close(self) -> None:
        """Forget the file."""


class ComparisonProtocol(Protocol):
    """A second network on the frames of the first."""

    @property
    def answer(self) -> Compared | None:
        """The newest; None until there is one."""

    @property
    def state(self) -> str:
        """What is being loaded, or why there is no answer; empty when all is well."""

    def look(
        self,
        result: FrameResult,
        network: NetworkState,
        reading: ReadingState,
        *,
        stages: frozenset[int] = frozenset(),
        spoils: Spoils = ...,
    ) -> None:
        """Request the second network's answer for the frame of `result`, spoilt as asked."""

    def stop(self) -> None:
        """Release the second network."""


class SpringsProtocol(Protocol):
    """A pictorial structure on the maps of one stage."""

    @property
    def answer(self) -> FrameResult | None:
        """The newest: what passed along the tree, as stages of maps; None until there is one."""

    @property
    def stage(self) -> int:
        """The 0-based stage that `answer` is of."""

    @property
    def first(self) -> FrameResult | None:
        """The result that `answer` is of."""

    @property
    def state(self) -> str:
        """Why there is no answer; empty when all is well."""

    def look(self, result: FrameResult, *, stage: int) -> None:
        """Request what a tree makes of a stage of `result`."""

    def stop(self) -> None:
        """Forget the answer."""


class ProbeProtocol(Protocol):
    """Activations inside the network, and receptive fields."""

    @property
    def layers(self) -> tuple[str, tuple[Layer, ...]]:
        """Name of a network, and its layers."""

    @property
    def activations(self) -> Activations | None:
        """The newest answer to `look`."""

    @property
    def field(self) -> ReceptiveField | None:
        """The newest answer to `trace`."""

    @property
    def state(self) -> str:
        """What is being loaded, or why there is no answer; empty when all is well."""

    def look(self, layer: LayerRequest | None) -> None:
        """Show a layer from now on, or none."""

    @property
    def inside(self) -> InsideView | None:
        """The newest answer to `enter`."""

    def trace(self, field: FieldRequest | None) -> None:
        """Find the receptive field of a joint from now on, or of none."""

    def enter(self, inside: InsideRequest | None) -> None:
        """Draw the network out from now on, or no more."""


class AnglesProtocol(Protocol):
    """The custom angles."""

    @property
    def own(self) -> tuple[AngleSpec, ...]:
        """The custom angles that are measured."""

    def load(self) -> None:
        """Read the file of them."""

    def use(self, specs: tuple[AngleSpec, ...]) -> None:
        """Measure the angles of a project and no others."""

    def trouble(self, spec: AngleSpec, *, instead_of: str = "") -> str:
        """Why `spec` cannot be saved, as a sentence; empty where it can."""

    def keep(self, spec: AngleSpec, *, instead_of: str = "") -> bool:
        """Add `spec` and save it; return whether that worked."""

    def remove(self, name: str) -> bool:
        """Remove an angle; return whether that worked."""


class CorrectingProtocol(Protocol):
    """What can be put right in the frame on screen; people are rows of its result."""

    def why_not(self) -> str:
        """Why nothing can be corrected now, as a sentence; empty where it can."""

    def place(self, row: int, joint: int, xy: tuple[float, float]) -> None:
        """Put a joint where it is."""

    def mark(self, row: int, joint: int, kind: Kind) -> None:
        """Say what a joint is."""

    def accept(self, row: int) -> None:
        """Say that all joints of a person are right."""

    def reset(self, row: int, joints: Sequence[int] | None = None) -> None:
        """Take back what was said of joints."""

    def swap_sides(self, row: int, *, first: int | None = None, last: int | None = None) -> None:
        """Exchange left and right of a person."""

    def exchange(self, row: int, other: int) -> None:
        """Exchange the numbers of two people from here on."""

    def remove(self, row: int, *, first: int, last: int) -> None:
        """Take a person out over a range."""

    def interpolate(self, row: int, joint: int) -> None:
        """Lead a joint from one place to the next."""


class WorkProtocol(Protocol):
    """What belongs to the clip that is open, for a project; nothing is a step to undo."""

    def counts(self, clip: ProjectClip, *, key: str) -> Counts:
        """Which counts: what is saved of the clip, or what a project says of it."""

    def put(self, clip: ProjectClip) -> None:
        """Put the corrections and annotations of a project in force."""

    def agree(self, key: str) -> None:
        """Write down that a project says the same as the clip's file."""

    def choose(self, project: Project) -> None:
        """Put the choices of a project in force."""

    def resume(self, clip: ProjectClip) -> None:
        """Go where a person was in the clip."""


class PeopleProtocol(Protocol):
    """The people with a number."""

    def seen(self) -> tuple[SeenPerson, ...]:
        """All of them, by number."""


class ExportsProtocol(Protocol):
    """The queue of exports; by default a method is about the one that is being written."""

    def pause(self, number: int | None = None) -> None:
        """Hold an export."""

    def resume(self, number: int | None = None) -> None:
        """Go on with an export that was paused."""

    def cancel(self, number: int | None = None) -> None:
        """Cancel an export."""

    def remove(self, number: int) -> None:
        """Take an export off the list."""

    def clear(self) -> None:
        """Take all that have ended off the list."""

    def move(self, number: int, *, earlier: bool) -> None:
        """Change places with the next one that waits."""

    def finish(self) -> None:
        """Go on with everything that is paused."""


class SessionProtocol(Protocol):
    """The methods that the window calls; each returns at once.

    Its members are described where they are made, see `runtime.session.Session`.
    """

    @property
    def state(self) -> AppState:
        """Everything that the window shows, now."""

    @property
    def feed(self) -> FeedProtocol:
        """Commands for a live source."""

    @property
    def truth(self) -> TruthProtocol:
        """The ground truth of what is open."""

    @property
    def comparison(self) -> ComparisonProtocol:
        """The second network."""

    @property
    def what_if(self) -> ComparisonProtocol:
        """The network on the frame on screen, which is spoilt first."""

    @property
    def springs(self) -> SpringsProtocol:
        """A tree of springs on the maps of a stage."""

    @property
    def probe(self) -> ProbeProtocol:
        """Activations inside the network, and receptive fields."""

    @property
    def angles(self) -> AnglesProtocol:
        """The custom angles."""

    @property
    def correcting(self) -> CorrectingProtocol:
        """What can be put right in the frame on screen."""

    @property
    def work(self) -> WorkProtocol:
        """What belongs to the clip that is open."""

    @property
    def exports(self) -> ExportsProtocol:
        """The exports that were asked for."""

    @property
    def getter(self) -> GetterProtocol:
        """Fetches published networks."""

    @property
    def importer(self) -> ImporterProtocol:
        """Imports networks from files that hold their graph."""

    @property
    def people(self) -> PeopleProtocol:
        """The people found with the present choices."""

    def history(self) -> History:
        """The angles measured so far with the present choices."""

    def review(self) -> tuple[Finding, ...] | None:
        """What is worth a look in the analysis, the worst first; None before the first look."""

    def similar_poses(self, *, others: bool) -> tuple[PoseMap | None, str]:
        """The poses of the analysis by their codes, or why there are none."""

    def pose_crops(self, matches: Sequence[Match]) -> tuple[PoseCrop | None, ...]:
        """The person in frames with alike poses, as far as cut out; no match ends that."""

    def frame_pictures(self, frames: Sequence[int]) -> tuple[PoseCrop | None, ...]:
        """Frames of the clip, small, as far as decoded; no frame ends that."""

    def second_clip(self) -> SecondClip:
        """The clip that stands beside this one, at the frame on screen."""

    def analysed_clips(self) -> tuple[tuple[str, str], ...]:
        """Name and location of the clips of which something is saved, the latest first."""

    def joint_travel(self) -> JointTravel | None:
        """Where the joint that is chosen was, as far as found; None where none is chosen."""

    def open(
        self,
        location: str,
        *,
        after: Preview | None = None,
        choice: VideoChoice = DEFAULT_CHOICE,
    ) -> None:
        """Open a source, once `after` has released its device."""

    def save_results(self, saving: Saving | None) -> None:
        """Set where analyses of clips that are opened from now on are saved; None for nowhere."""

    def close_source(self) -> None:
        """Close what is open."""

    def close(self) -> None:
        """End every thread."""

    def play(self) -> None:
        """Play the clip, or what a frozen feed has stored."""

    def pause(self) -> None:
        """Stop the clip, or freeze the feed."""

    def toggle(self) -> None:
        """Play or pause; freeze a feed or show it live again."""

    def step(self, count: int) -> None:
        """Pause and go `count` frames forward, or back."""

    def seek(self, index: int) -> None:
        """Go to a frame, by its number."""

    def set_speed(self, speed: float) -> None:
        """Play `speed` times as fast."""

    def set_loop(self, loop: bool) -> None:
        """Set whether playing starts again at the end."""

    def mark(self, start: int | None, end: int | None) -> None:
        """Play within these frames, both included."""

    def change(self, section: str, **fields: Any) -> None:
        """Change some choices of a section of the state."""

    def annotate(self, title: str, annotations: Annotations, *, key: Hashable = None) -> None:
        """Put these annotations in force; one step to undo."""

    def correct(self, title: str, corrections: Corrections) -> None:
        """Put these corrections in force, in place of those there are; one step to undo."""

    def undo(self) -> None:
        """Undo the last change of marks, choices, corrections or drawings, or a deletion."""

    def redo(self) -> None:
        """Make the change again that was undone last."""

    def go_to_step(self, done: int) -> None:
        """Undo or redo until so many of `state.steps` are in force."""

    def want(self, stages: frozenset[int] | None) -> None:
        """Set the stages whose maps are shown; None means all."""

    def analyse(self) -> None:
        """Analyse the clip in sequence; asked a second time while that runs, it stops."""

    def stop_analysis(self) -> None:
        """Stop the analysis that is under way."""

    def export(self, task: ExportJob) -> None:
        """Write the clip, after the exports that were asked for before."""

    def beside(self, notify: Callable[[], None]) -> BesideLook:
        """What finds out what would stand beside a frame."""

    def cancel_export(self) -> None:
        """Stop the export that is being written."""

    def snapshot(
        self, path: Path, shown: tuple[Frame | None, FrameResult | None] | None = None
    ) -> None:
        """Write a frame with its result to a .png; what is on screen where `shown` is None."""

    def contact_sheet(self, path: Path) -> None:
        """Write the key frames to a .pdf or .png."""

    def truth_compared(self) -> TruthCompared | None:
        """The results of the clip against the ground truth that is known, as far as compared."""

    def write_comparison(self, path: Path) -> None:
        """Write how far the results lie from the ground truth, as .csv or .json."""

    def spares(self, path: Path) -> bool:
        """Whether writing to a file replaces nothing that is read; else a notice says what."""

    def write_curves(self, path: Path, series: Series) -> None:
        """Write curves to a .csv or .mot."""

    def record(self, where: Path, job: RecordJob | None = None) -> None:
        """Record the live source to a file."""

    def stop_recording(self) -> None:
        """Finish the file that is being recorded."""

    def notice(self, level: Level, text: str, *, topic: str = "") -> None:
        """Show one sentence to the person at the window."""

    def dismiss(self, number: int) -> None:
        """Remove a notice."""
