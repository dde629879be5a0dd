"""A look into the network that is shown: a module of torch, there only while somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from poseviewer.runtime.factories import single_threaded
from poseviewer.runtime.side_task import Aside, Worker

if TYPE_CHECKING:
    from poseviewer.core.layer import Activations, FieldOfView, Layer, LayerChoice, Spot
    from poseviewer.core.result import FrameResult
    from poseviewer.pipeline.prober import Prober
    from poseviewer.runtime.state import Choices


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A layer that somebody looks at; without a choice only the list of layers is wanted."""

    result: FrameResult
    choices: Choices
    choice: LayerChoice | None


@dataclass(frozen=True, slots=True, eq=False)
class Tracing:
    """A joint at a stage whose receptive field somebody looks at."""

    result: FrameResult
    choices: Choices
    spot: Spot


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    look: Look | None
    tracing: Tracing | None


ProberLoader = Callable[["Choices"], "Prober"]
"""Makes the prober of the network that some choices ask for; raises PoseViewerError."""


def load_prober(choices: Choices) -> Prober:
    """The network of `choices` as a module of torch, with its weights; takes a second.

    Raises:
        PoseViewerError: There is no such model, or it has no weights here.
    """
    # Imported here, on the thread that needs it: torch takes longer than the window to appear.
    from poseviewer.models.engine import devices
    from poseviewer.models.registry import card
    from poseviewer.models.weights import trained_module
    from poseviewer.pipeline.prober import Prober

    single_threaded()
    chosen = card(choices.model)
    here = devices()
    device = choices.device if choices.device in here else here[0]
    return Prober(chosen, trained_module(chosen), device=device)


class Probe(Aside[_Question]):
    """Answers what layers and joints of the shown network come of, the newest frame first.

    Whatever engine runs the network, its module of torch answers here: only that has layers
    that can be looked at. It has a thread of its own, which ends with the last look.

    Args:
        loader: Makes probers, on that thread.
        tell: Called from that thread when there is something new to see.
    """

    def __init__(self, loader: ProberLoader, tell: Callable[[], None]) -> None:
        super().__init__(tell)
        self._loader = loader
        self._look: Look | None = None
        self._tracing: Tracing | None = None
        self.layers: tuple[str, tuple[Layer, ...]] = ("", ())
        """Name of a network, and its layers."""
        self.activations: Activations | None = None
        """The newest answer to `look`."""
        self.field: FieldOfView | None = None
        """The newest answer to `trace`."""

    def look(self, look: Look | None) -> None:
        """Look at a layer from now on, or at none; returns at once."""
        with self._lock:
            self._look = look
            if look is None or look.choice is None:
                self.activations = None
            self._look_on()

    def trace(self, tracing: Tracing | None) -> None:
        """Look at the receptive field of a joint from now on, or at none; returns at once."""
        with self._lock:
            self._tracing = tracing
            if tracing is None:
                self.field = None
            self._look_on()

    def _look_on(self) -> None:
        if self._look is not None or self._tracing is not None:
            self._ask(_Question(self._look, self._tracing))
        else:
            self._let_go()

    def show(
        self,
        *,
        state: str | None = None,
        layers: tuple[str, tuple[Layer, ...]] | None = None,
        activations: Activations | None = None,
        field: FieldOfView | None = None,
    ) -> None:
        """Write down what the thread has to say, unless nobody wants it any more."""
        if state is not None:
            self.state = state
        if layers is not None:
            self.layers = layers
        if activations is not None and self._look is not None and self._look.choice:
            self.activations = activations
        if field is not None and self._tracing is not None:
            self.field = field

    def _worker(self) -> _Prober:
        return _Prober(self._loader, self)

    def _forget(self) -> None:
        self.layers, self.activations, self.field = ("", ()), None, None


class _Prober(Worker[_Question]):
    """Owner of the module."""

    def __init__(self, loader: ProberLoader, owner: Probe) -> None:
        super().__init__("poseviewer-probe")
        self._loader = loader
        self._owner = owner
        self._tried: tuple[str, str] | None = None
        self._prober: Prober | None = None
        self._listed = False
        self._looked: Look | None = None
        self._traced: Tracing | None = None

    def say(self, state: str) -> None:
        self._publish(state=state)

    def excuse(self, question: _Question, error: Exception) -> str:
        del question
        return f"The network could not be looked into: {error}"

    def answer(self, question: _Question) -> None:
        look, tracing = question.look, question.tracing
        choices = look.choices if look is not None else tracing.choices if tracing else None
        if choices is not None:
            self._prepare(choices)
        if self._prober is None:
            return
        if look is not None and look is not self._looked:
            self._looked = look
            self._look(look, self._prober)
        if tracing is not None and tracing is not self._traced:
            self._traced = tracing
            result = tracing.result
            found = self._prober.field(result.frame, result.region, tracing.spot)
            self._publish(state="", field=found)

    def _publish(self, **said: Any) -> None:
        self._owner.publish(self, partial(self._owner.show, **said))

    def _prepare(self, choices: Choices) -> None:
        """Have the prober of the network that `choices` ask for; none where it was refused."""
        wanted = choices.model, choices.device
        if wanted == self._tried:
            return
        self._tried, self._prober = wanted, None
        self._publish(state=f"Loading {choices.model} into torch")
        self._listed = False
        self._prober = self._loader(choices)
        self._publish(state="")

    def _look(self, look: Look, prober: Prober) -> None:
        if not self._listed:
            self._listed = True
            self._publish(layers=(look.choices.model, prober.layers()))
        if look.choice is None:
            return
        result = look.result
        # The mirror's answer is in the maps that are shown, but not in those found here.
        last = len(prober.card.stages) - 1
        shown = None if look.choices.flip else result.stage(last)
        found = prober.activations(result.frame, result.region, look.choice, shown=shown)
        self._publish(state="", activations=found)
