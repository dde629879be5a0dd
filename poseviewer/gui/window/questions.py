"""Questions to try: each opens the demo at a frame where what it asks about is true."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from poseviewer.runtime.pick import ACCURATE, FAST

if TYPE_CHECKING:
    from poseviewer.gui.actions.context import Context
    from poseviewer.runtime.state import AppState, ModelInfo, SourceInfo

QUESTIONS_CLIP = "mannequin-clip:640x480@10x410"
"""The routine of the demo once, ten frames a second."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and where its answer can be seen."""

    text: str
    frame: int
    """Of `QUESTIONS_CLIP`."""
    joint: str
    """The joint whose maps are shown."""
    answer: str
    """What can be seen there, and what to try."""
    network: str = ""
    """The network of which it is true; empty for both that ship for one person."""


QUESTIONS = (
    Question(
        "Why did the wrist jump?",
        376,
        "right_wrist",
        "The wrist leaps by the length of the torso though the arm stands still: the mannequin "
        "turns round, and the network takes left for right. Go back and forth with the arrow keys; "
        f"{ACCURATE}, which sees more pixels, does not: choose it in the Model dock.",
        FAST,
    ),
    Question(
        "Which stage finds the wrist?",
        62,
        "left_wrist",
        "Only the last one: the stages before it look elsewhere. Compare the maps of the left "
        "wrist from left to right.",
    ),
    Question(
        "Where is the arm that cannot be seen?",
        190,
        "left_wrist",
        "The body hides the left arm, and the network knows: the arm is dashed, close to where it "
        "is. Press T to draw the true skeleton beside it.",
    ),
)


class Asking(QObject):
    """Opens the clip of a question, and goes to its frame as soon as that can be shown.

    What it chooses for the question is put back when that clip is left.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context = context
        self._question: Question | None = None
        self._awaited: Question | None = None
        """What was gone to, and is not answered yet."""
        self._from: SourceInfo | None = None
        """What was open when it was asked."""
        self._before: tuple[AppState, AppState] | None = None
        """The states before and after the choices that were made for the question."""
        context.bridge.changed.connect(self._on_changed)

    def meant(self, state: AppState) -> AppState:
        """A state without what was chosen for a question, unless a person has chosen since.

        Args:
            state: The present one.
        """
        if self._before is None:
            return state
        before, asked = self._before
        now, reading = state.network, state.reading
        named = now.automatic or now.model == asked.network.model
        if named and now.automatic == asked.network.automatic:
            old, new = asdict(before.network), asdict(asked.network)
            now = replace(now, **{name: value for name, value in old.items() if value != new[name]})
        if reading.region == asked.reading.region:
            reading = replace(reading, region=before.reading.region, box=before.reading.box)
        return replace(state, network=now, reading=reading)

    def _put_back(self) -> None:
        """Choose again what was chosen before a question."""
        context, state = self._context, self._context.state
        meant, self._before = self.meant(state), None
        network = meant.network
        # A box is of the clip that it was dragged on.
        if meant.reading.region not in (state.reading.region, "box"):
            context.change("reading", region=meant.reading.region)
        if network == state.network:
            return
        if not network.automatic:
            context.change("network", **asdict(network))
            return
        # For what is open now, another network may be picked.
        context.change("network", automatic=True)
        if network.own_precision:
            context.change("network", precision=network.precision)

    def ask(self, question: Question) -> None:
        """Show where the answer of a question can be seen."""
        self._put_back()
        before = self._context.state
        self._question, self._from = question, before.source
        self._choose(question)
        self._before = before, self._context.state
        source = before.source
        if source is None or source.location != QUESTIONS_CLIP:
            self._context.open(QUESTIONS_CLIP)
        self._on_changed()

    def _choose(self, question: Question) -> None:
        """Choose what the question needs."""
        context, state = self._context, self._context.state
        if question.network and state.network.model != question.network:
            context.change("network", model=question.network, automatic=False)
        elif not state.network.automatic and state.network.model not in (FAST, ACCURATE):
            # What is said of the frames is true of these two.
            context.change("network", automatic=True)
        if state.reading.region != "follow":
            context.change("reading", region="follow")

    @Slot()
    def _on_changed(self) -> None:
        question, state = self._question or self._awaited, self._context.state
        here = state.source is not None and state.source.location == QUESTIONS_CLIP
        if self._before is not None and state.source is not self._from and not here:
            self._question = self._awaited = question = None
            self._put_back()
        if question is None or state.source is None or state.model is None:
            return
        if state.source.location != QUESTIONS_CLIP:
            return
        if self._question is not None:
            self._question, self._awaited = None, question
            self._context.session.pause()
            self._context.session.seek(question.frame)
            _show_joint(self._context, state.model, question.joint)
        elif state.shown[1] is not None and state.shown[1].frame.index == question.frame:
            # Not before: the words speak of what is seen.
            self._awaited = None
            self._context.session.notice("info", question.answer, topic="question")


def _show_joint(context: Context, model: ModelInfo, joint: str) -> None:
    """Show the last stage's map of a joint, where the network has one."""
    for stage in reversed(range(len(model.stages))):
        spec = model.stages[stage]
        for channel, name in spec.meaning.channels(spec):
            if name == joint:
                context.change(
                    "display", overlay_stage=stage, overlay_channel=channel, skeleton=True
                )
                return
