"""Activations and receptive fields of the network, from a torch module loaded on demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from poseviewer.runtime.factories import single_threaded
from poseviewer.runtime.side_task import SideTask, Worker

if TYPE_CHECKING:
    from poseviewer.core.inside import InsideChoice, InsideView
    from poseviewer.core.layer import Activations, Layer, LayerChoice, ReceptiveField, Spot
    from poseviewer.pipeline.graph_prober import GraphProber
    from poseviewer.pipeline.prober import Prober
    from poseviewer.runtime.sections import NetworkState
    from poseviewer.runtime.state import Answer


@dataclass(frozen=True, slots=True, eq=False)
class LayerRequest:
    """A layer to show; without a choice only the list of layers is wanted."""

    answer: Answer
    choice: LayerChoice | None


@dataclass(frozen=True, slots=True, eq=False)
class FieldRequest:
    """A joint at a stage whose receptive field is to be found."""

    answer: Answer
    spot: Spot


@dataclass(frozen=True, slots=True, eq=False)
class InsideRequest:
    """A network that is to be drawn out."""

    answer: Answer
    choice: InsideChoice


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    layer: LayerRequest | None
    field: FieldRequest | None
    inside: InsideRequest | None
    eras: tuple[int, int, int]
    """How often each of them was dropped before."""


ProberLoader = Callable[["NetworkState"], "Prober | GraphProber"]
"""Makes the prober of a network; raises PoseViewerError."""


def load_prober(network: NetworkState) -> Prober | GraphProber:
    """A network as a module of torch, with its weights, or as the graph that was imported.

    It takes a second.

    Raises:
        PoseViewerError: There is no such model, or it has no weights here.
    """
    # Imported here, on the thread that needs it: torch takes longer than the window to appear.
    from poseviewer.models.engine import devices, require_torch
    from poseviewer.models.registry import card

    chosen = card(network.model)
    if chosen.graph is not None:
        from poseviewer.pipeline.graph_prober import GraphProber

        return GraphProber(chosen)
    require_torch()
    from poseviewer.models.weights import trained_module
    from poseviewer.pipeline.prober import Prober

    single_threaded()
    here = devices()
    device = network.device if network.device in here else here[0]
    return Prober(chosen, trained_module(chosen), device=device)


class Probe(SideTask[_Request]):
    """Finds activations and receptive fields of the network, for the newest frame first.

    Whatever engine runs the network, its module of torch answers here: only that has layers
    that can be shown. It has a thread of its own, which ends when nothing is shown.

    Args:
        loader: Makes probers, on that thread.
        notify: Called from that thread when there is something new to see.
    """

    def __init__(self, loader: ProberLoader, notify: Callable[[], None]) -> None:
        super().__init__(notify)
        self._loader = loader
        self._layer: LayerRequest | None = None
        self._field: FieldRequest | None = None
        self._inside: InsideRequest | None = None
        self._eras = 0, 0, 0
        self.layers: tuple[str, tuple[Layer, ...]] = ("", ())
        """Name of a network, and its layers."""
        self.activations: Activations | None = None
        """The newest answer to `look`."""
        self.field: ReceptiveField | None = None
        """The newest answer to `trace`."""
        self.inside: InsideView | None = None
        """The newest answer to `enter`."""

    def look(self, layer: LayerRequest | None) -> None:
        """Show a layer from now on, or none; returns at once."""
        with self._lock:
            self._drop(of=layer)
            if layer is None or layer.choice is None:
                self._drop_layer()
            self._layer = layer
            self._go_on()

    def trace(self, field: FieldRequest | None) -> None:
        """Find the receptive field of a joint from now on, or of none; returns at once."""
        with self._lock:
            self._drop(of=field)
            if field is None:
                self._drop_field()
            self._field = field
            self._go_on()

    def enter(self, inside: InsideRequest | None) -> None:
        """Draw the network out from now on, or no more; returns at once."""
        with self._lock:
            self._drop(of=inside)
            if inside is None:
                self._drop_inside()
            self._inside = inside
            self._go_on()

    def _drop(self, *, of: LayerRequest | FieldRequest | InsideRequest | None) -> None:
        """Drop what is asked of other networks than this request's: one is loaded at a time."""
        if of is None:
            return
        network = _network(of)
        if self._layer is not None and _network(self._layer) != network:
            self._drop_layer()
        if self._field is not None and _network(self._field) != network:
            self._drop_field()
        if self._inside is not None and _network(self._inside) != network:
            self._drop_inside()

    # What is still computed for a request that was dropped is not shown: see `show`.

    def _drop_layer(self) -> None:
        layer, field, inside = self._eras
        self._layer, self.activations, self._eras = None, None, (layer + 1, field, inside)

    def _drop_field(self) -> None:
        layer, field, inside = self._eras
        self._field, self.field, self._eras = None, None, (layer, field + 1, inside)

    def _drop_inside(self) -> None:
        layer, field, inside = self._eras
        self._inside, self.inside, self._eras = None, None, (layer, field, inside + 1)

    def _go_on(self) -> None:
        wanted = self._layer, self._field, self._inside
        if any(one is not None for one in wanted):
            self._ask(_Request(*wanted, self._eras))
        else:
            self._release()

    def show(
        self,
        *,
        state: str | None = None,
        layers: tuple[str, tuple[Layer, ...]] | None = None,
        activations: Activations | None = None,
        field: ReceptiveField | None = None,
        inside: InsideView | None = None,
        eras: tuple[int, int, int] = (-1, -1, -1),
    ) -> None:
        """Store what the thread has found for a request of some eras, unless it was dropped."""
        if state is not None:
            self.state = state
        if layers is not None:
            self.layers = layers
        if activations is not None and eras[0] == self._eras[0]:
            self.activations = activations
        if field is not None and eras[1] == self._eras[1]:
            self.field = field
        if inside is not None and eras[2] == self._eras[2]:
            self.inside = inside

    def _worker(self) -> _Prober:
        return _Prober(self._loader, self)

    def _forget(self) -> None:
        self.layers, self.activations, self.field = ("", ()), None, None
        self.inside = None


def _network(request: LayerRequest | FieldRequest | InsideRequest) -> tuple[str, str]:
    """Which network a request is of, and where it runs."""
    network = request.answer.key.network
    return network.model, network.device


class _Prober(Worker[_Request]):
    """The thread that owns the module."""

    def __init__(self, loader: ProberLoader, owner: Probe) -> None:
        super().__init__("poseviewer-probe")
        self._loader = loader
        self._owner = owner
        self._tried: tuple[str, str] | None = None
        self._prober: Prober | GraphProber | None = None
        self._listed = False
        self._shown: LayerRequest | None = None
        self._traced: FieldRequest | None = None
        self._entered: InsideRequest | None = None

    def say(self, state: str) -> None:
        self._publish(state=state)

    def failure(self, request: _Request, error: Exception) -> str:
        del request
        return f"The layers of the network cannot be shown: {error}"

    def release(self) -> None:
        self._prober = self._shown = self._traced = self._entered = None

    def answer(self, request: _Request) -> None:
        asked = request.layer or request.field or request.inside
        if asked is not None:
            self._prepare(asked.answer.key.network)
        if self._prober is None:
            return
        layer, field, inside = request.layer, request.field, request.inside
        if layer is not None and layer is not self._shown:
            self._shown = layer
            self._show(layer, self._prober, eras=request.eras)
        if field is not None and field is not self._traced:
            self._traced = field
            result = field.answer.result
            found = self._prober.field(result.frame, result.region, field.spot)
            self._publish(state="", field=found, eras=request.eras)
        if inside is not None and inside is not self._entered:
            self._entered = inside
            result = inside.answer.result
            drawn = self._prober.inside(result.frame, result.region, inside.choice)
            self._publish(state="", inside=drawn, eras=request.eras)

    def _publish(self, **said: Any) -> None:
        self._owner.publish(self, partial(self._owner.show, **said))

    def _prepare(self, network: NetworkState) -> None:
        """Make the prober of a network; none where it was refused."""
        wanted = network.model, network.device
        if wanted == self._tried:
            return
        self._tried, self._prober = wanted, None
        self._publish(state=f"Loading the layers of {network.model}")
        self._listed = False
        self._prober = self._loader(network)
        self._publish(state="")

    def _show(
        self, layer: LayerRequest, prober: Prober | GraphProber, *, eras: tuple[int, int, int]
    ) -> None:
        key, result = layer.answer.key, layer.answer.result
        if not self._listed:
            self._listed = True
            self._publish(layers=(key.network.model, prober.layers()))
        if layer.choice is None:
            return
        # The mirrored input is averaged into the maps that are shown, not into those found here.
        last = len(prober.card.stages) - 1
        shown = None if key.flip else result.stage(last)
        found = prober.activations(result.frame, result.region, layer.choice, shown=shown)
        self._publish(state="", activations=found, eras=eras)
