"""The fast engine on a CPU: OpenVINO, converted straight from the torch module."""

from __future__ import annotations

import hashlib
import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from poseviewer.core.assets import user_folder
from poseviewer.core.files import OutputSet
from poseviewer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray
    from torch import nn

    from poseviewer.models.card import Precision


_MOST_SHAPES = 4
"""Shapes of input that stay compiled; only what looks at whole frames, or at many crops at once,
meets more than one."""


_ONE_BY_ONE = 8
"""A batch of up to so many pictures is answered one by one: at once is no faster on a CPU, and
every other size of batch would have to be compiled, for seconds, when one more person comes."""


_converting = Lock()


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

    The converted model is cached in the user's folder, named after everything that shapes it.

    Args:
        module: Float32 in evaluation mode.
        card: Gives name and input size.
        precision: bf16 falls back to fp32 on a processor without it, see `notice`.
        threads: CPU threads; half the cores where None, since the window needs the rest.
        batch: Pictures at once that it is mostly asked for; others are compiled when they come.

    Raises:
        OpenVinoError: It is not installed, or it cannot convert or compile this network.
    """

    name = "openvino"
    device = "cpu"

    def __init__(
        self,
        module: nn.Module,
        *,
        card: Described,
        precision: Precision = "fp32",
        threads: int | None = None,
        batch: int = 1,
    ) -> None:
        ov = _openvino()
        core = ov.Core()
        self.notice: str | None = None
        """One sentence where the precision is not the one asked for."""
        if precision == "bf16" and "BF16" not in core.get_property(
            "CPU", "OPTIMIZATION_CAPABILITIES"
        ):
            precision = "fp32"
            self.notice = "This processor cannot calculate in bf16, so fp32 is used."
        self.precision: Precision = precision
        self._settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
            "INFERENCE_NUM_THREADS": threads or max(1, (os.cpu_count() or 2) // 2),
        }
        self._ov, self._core, self._module, self._card = ov, core, module, card
        self._requests: dict[tuple[int, ...], Any] = {}
        """Compiled networks by the shape of their input."""
        width, height = card.input_size
        self._count = len(self._compiled((batch, 3, height, width)).model_outputs)

    @property
    def label(self) -> str:
        """For people."""
        return f"OpenVINO {self.precision}, CPU"

    def run(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        """The maps of some stages; see `Engine.run`."""
        if 1 < len(batch) <= _ONE_BY_ONE:
            each = ([m.copy() for m in self.run(one[None], wanted)] for one in batch)
            return [np.concatenate(stage) for stage in zip(*each, strict=True)]
        chosen = range(self._count) if wanted is None else sorted(wanted)
        request = self._compiled(batch.shape)
        request.infer([np.ascontiguousarray(batch)], share_inputs=True)
        return [request.get_output_tensor(i).data for i in chosen]

    def _compiled(self, shape: tuple[int, ...]) -> Any:
        """The network for one shape of input, compiled when it is first met.

        Raises:
            OpenVinoError: It cannot be converted or compiled.
        """
        if shape in self._requests:
            return self._requests[shape]
        try:
            model = _converted(self._module, self._card, shape, self._ov)
            compiled = self._core.compile_model(model, "CPU", self._settings)
        except RuntimeError as error:
            reason = f"OpenVINO could not compile it ({str(error).splitlines()[0]})"
            raise OpenVinoError(reason) from error
        while len(self._requests) >= _MOST_SHAPES:
            del self._requests[next(iter(self._requests))]
        self._requests[shape] = compiled.create_infer_request()
        return self._requests[shape]


def _openvino() -> Any:
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


def _converted(module: nn.Module, card: Described, shape: tuple[int, ...], ov: Any) -> Any:
    """The network as an OpenVINO model of one shape, from the cache where it is there."""
    path = _cached(module, card, shape, ov.__version__)
    if path.is_file():
        try:
            return ov.Core().read_model(path)
        except RuntimeError:
            # A cache that cannot be read is made again.
            path.unlink(missing_ok=True)
    example = torch.zeros(shape)
    # Warnings are silenced for the whole process, and what is traced is forgotten for all of it.
    with _converting, warnings.catch_warnings(), torch.inference_mode():
        # The converter's tracing warns of shapes that are constant here.
        warnings.simplefilter("ignore")
        model = ov.convert_model(module, example_input=example, input=list(shape))
        _forget_traces()
    _save(model, path, ov)
    return model


def _forget_traces() -> None:
    """Empty torch's registry of traced modules, which else holds 30 to 85 MB a conversion."""
    # Nothing public does: where a version of torch has it otherwise, its memory stays.
    with suppress(AttributeError):
        torch._C._jit_clear_class_registry()
        recursive = torch.jit._recursive
        recursive.concrete_type_store = recursive.ConcreteTypeStore()
        torch.jit._state._clear_class_state()


def _save(model: Any, path: Path, ov: Any) -> None:
    """Write the cache so that a crash or a second process leaves no half file in its place."""
    # Without a cache the next start is slower, nothing more.
    with suppress(OSError, RuntimeError), TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        ov.save_model(model, made, compress_to_fp16=False)
        with OutputSet() as outputs:
            for suffix in (".bin", ".xml"):
                made.with_suffix(suffix).rename(outputs.file(path.with_suffix(suffix)))


def _cached(module: nn.Module, card: Described, shape: tuple[int, ...], version: str) -> Path:
    """Where the converted model belongs: weights, layers and versions all count."""
    key = hashlib.sha256()
    for part in (repr(module), shape, version, torch.__version__, __version__):
        key.update(str(part).encode())
    for name, tensor in module.state_dict().items():
        key.update(name.encode())
        key.update(np.ascontiguousarray(tensor.detach().cpu().numpy()).data)
    folder = user_folder("cache") / "openvino"
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
    return folder / f"{card.name}-{key.hexdigest()[:16]}.xml"
