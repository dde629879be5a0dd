"""The fast engine on a CPU: OpenVINO."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from poseviewer.models.int8 import quantised
from poseviewer.models.openvino_core import openvino_core

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from poseviewer.models.card import Precision
    from poseviewer.models.graphs import Graph
    from poseviewer.models.int8 import Ranges


_MOST_SHAPES = 4
"""Shapes of input that stay compiled unless more are asked for."""


class Described(Protocol):
    """What the engine needs to know of a network."""

    @property
    def name(self) -> str:
        """Of the network."""

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height of the input, pixels."""


class OpenVinoError(Exception):
    """OpenVINO cannot run this network here; the text completes `because ...`."""


class OpenVinoEngine:
    """A network compiled by OpenVINO for the shapes of input that it meets.

    Args:
        graph: The network.
        card: Gives name and input size.
        precision: bf16 falls back to fp32 on a processor without it, and int8 without `ranges`;
            see `notice`.
        threads: CPU threads; half the cores where None, since the window needs the rest.
        batch: Pictures that are answered at once. Others are answered one by one: at once is no
            faster on a CPU (20 crops at once took 1 to 18 % longer), and every size of batch would
            be compiled, for seconds, when one more person comes.
        ranges: Of the network, for int8.
        further: How many of its last tensors are no stages: they are answered where they are asked
            for by number.
        shapes: Shapes of input that stay compiled. Only what looks at whole frames meets more than
            one, and compiling takes a hundred times as long as running.

    Raises:
        OpenVinoError: It is not installed, or it cannot convert or compile this network.
    """

    name = "openvino"
    device = "cpu"

    def __init__(
        self,
        graph: Graph,
        *,
        card: Described,
        precision: Precision = "fp32",
        threads: int | None = None,
        batch: int = 1,
        ranges: Ranges | None = None,
        further: int = 0,
        shapes: int = _MOST_SHAPES,
    ) -> None:
        ov = openvino_module()
        core = openvino_core(ov)
        self.notice: str | None = None
        """One sentence where the precision is not the one asked for."""
        if precision == "bf16" and "BF16" not in core.get_property(
            "CPU", "OPTIMIZATION_CAPABILITIES"
        ):
            precision = "fp32"
            self.notice = "This processor cannot calculate in bf16, so fp32 is used."
        if precision == "int8" and ranges is None:
            precision = "fp32"
            self.notice = f"{card.name} has no ranges for int8, so fp32 is used."
        self.precision: Precision = precision
        self._settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
            "INFERENCE_NUM_THREADS": threads or max(1, (os.cpu_count() or 2) // 2),
            # Every network would be bound to the first cores, and two at once share these.
            "ENABLE_CPU_PINNING": False,
        }
        self._ov, self._core, self._graph = ov, core, graph
        self._ranges = ranges if precision == "int8" else None
        self._batch, self._shapes = batch, shapes
        self._requests: dict[tuple[int, ...], Any] = {}
        """Compiled networks by the shape of their input, the last used one last."""
        self._begun: Any = None
        """The one that may still run."""
        width, height = card.input_size
        self._count = len(self._compiled((batch, 3, height, width)).model_outputs) - further

    @property
    def label(self) -> str:
        """For people."""
        return f"OpenVINO {self.precision}, CPU"

    def run(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        """The maps of some stages; see `Engine.run`."""
        together = self._batch if len(batch) % self._batch == 0 else 1
        if len(batch) > together:
            parts = (batch[at : at + together] for at in range(0, len(batch), together))
            each = ([m.copy() for m in self.run(part, wanted)] for part in parts)
            return [np.concatenate(stage) for stage in zip(*each, strict=True)]
        chosen = range(self._count) if wanted is None else sorted(wanted)
        request = self._idle(batch.shape)
        request.infer([np.ascontiguousarray(batch)], share_inputs=True)
        return [request.get_output_tensor(i).data for i in chosen]

    def begin(self, batch: NDArray[np.float32]) -> Callable[[], list[NDArray[np.float32]]]:
        """Run the network on threads of OpenVINO while this one goes on.

        Args:
            batch: As of `run`, of the size that is answered at once; stays as it is meanwhile.

        Returns:
            Waits for the maps of all stages, which are valid until the next call.
        """
        request = self._idle(batch.shape)
        request.start_async([np.ascontiguousarray(batch)], share_inputs=True)
        self._begun = request

        def answer() -> list[NDArray[np.float32]]:
            request.wait()
            return [request.get_output_tensor(i).data for i in range(self._count)]

        return answer

    def _idle(self, shape: tuple[int, ...]) -> Any:
        """The network for one shape of input, after what was begun has ended."""
        if self._begun is not None:
            self._begun.wait()
            self._begun = None
        return self._compiled(shape)

    def _compiled(self, shape: tuple[int, ...]) -> Any:
        """The network for one shape of input, compiled when it is first met.

        Raises:
            OpenVinoError: It cannot be converted or compiled.
        """
        if shape in self._requests:
            self._requests[shape] = self._requests.pop(shape)
            return self._requests[shape]
        try:
            model = self._graph.shaped(shape, self._ov)
            if self._ranges is not None:
                model = quantised(model, self._ranges, self._ov)
            compiled = self._core.compile_model(model, "CPU", self._settings)
        except RuntimeError as error:
            reason = f"OpenVINO could not compile it ({str(error).splitlines()[0]})"
            raise OpenVinoError(reason) from error
        while len(self._requests) >= self._shapes:
            del self._requests[next(iter(self._requests))]
        self._requests[shape] = compiled.create_infer_request()
        return self._requests[shape]


def openvino_module() -> Any:
    """OpenVINO without its telemetry.

    Raises:
        OpenVinoError: It is not installed.
    """
    # Its converter reports every conversion to its makers unless the package is missing;
    # what a person analyses here stays here.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino as ov
    except ImportError as error:
        reason = "OpenVINO is not installed"
        raise OpenVinoError(reason) from error
    return ov
