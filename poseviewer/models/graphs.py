"""Networks as graphs of OpenVINO: exported with the program, cached, or converted by torch.

The card says what a network is; a graph is the network itself. One that was exported lies in
`weights/openvino` and one that was converted here in the user's cache; both are named after the
hash of the weights and the versions that shaped them, so that no other is ever taken for it.
"""

from __future__ import annotations

import hashlib
import warnings
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from poseviewer.core.assets import user_folder, weights
from poseviewer.core.files import OutputSet
from poseviewer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

_converting = Lock()


class Graph(Protocol):
    """A network that OpenVINO can compile."""

    def shaped(self, shape: tuple[int, ...], ov: Any) -> Any:
        """The network as an OpenVINO model of one shape of input (n, 3, h, w).

        Raises:
            RuntimeError: OpenVINO cannot convert it, or not to this shape.
        """


class ShippedGraph:
    """A network that ships: one graph serves every shape, and torch is not needed if it is there.

    Args:
        name: Of the network, or of one of a cascade.
        sha256: Of its weights.
        module: Makes its module of torch, float32 in evaluation mode, if it must be converted.
        size: Width and height of an input to convert it with.
    """

    def __init__(
        self, name: str, *, sha256: str, module: Callable[[], nn.Module], size: tuple[int, int]
    ) -> None:
        self._name, self._sha256, self._module, self._size = name, sha256, module, size

    def shaped(self, shape: tuple[int, ...], ov: Any) -> Any:
        """The network as a model of one shape; see `Graph.shaped`."""
        model = self._exported(ov) or _cached(self._path, ov, self._convert)
        model.reshape(list(shape))
        return model

    def _exported(self, ov: Any) -> Any:
        path = exported_path(self._name, self._sha256)
        return ov.Core().read_model(path) if path.is_file() else None

    @property
    def _path(self) -> Path:
        return _cache_path(self._name, self._sha256, _versions(), _torch_version(), _sources())

    def _convert(self) -> Any:
        width, height = self._size
        return convert(self._module(), (1, 3, height, width))


class ModuleGraph:
    """A module of any kind: converted for each shape, as one may have built its own shape in.

    Args:
        name: Of the network.
        module: Float32 in evaluation mode.
    """

    def __init__(self, name: str, module: nn.Module) -> None:
        self._name, self._module = name, module

    def shaped(self, shape: tuple[int, ...], ov: Any) -> Any:
        """The network as a model of one shape; see `Graph.shaped`."""
        path = _cache_path(
            self._name, _content(self._module), _versions(), _torch_version(), str(shape)
        )
        model = _cached(path, ov, lambda: convert(self._module, shape))
        model.reshape(list(shape))
        return model


def exported_path(name: str, sha256: str) -> Path:
    """Where the exported graph of a network lies, whether it is there or not."""
    return weights("openvino") / f"{name}-{_key(sha256, _versions())}.xml"


def exported(stem: str, sha256: str) -> bool:
    """Whether the network of a file of weights, or each network of its cascade, was exported."""
    return exported_path(stem, sha256).is_file() or exported_path(f"{stem}-1", sha256).is_file()


def convert(module: nn.Module, shape: tuple[int, ...]) -> Any:
    """A module as an OpenVINO model of any shape of input, with the weights as they are.

    `openvino.convert_model` would fold what can be folded: then weights that are exact in half
    precision would no longer be so, and need twice the room. Compiling folds the same.

    Args:
        module: Float32 in evaluation mode.
        shape: Of an input (n, 3, h, w) to trace it with.

    Raises:
        RuntimeError: OpenVINO cannot convert it.
    """
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    # Warnings are silenced for the whole process, and what is traced is forgotten for all of it.
    with _converting, warnings.catch_warnings(), torch.inference_mode():
        # The converter's tracing warns of shapes that are constant here.
        warnings.simplefilter("ignore")
        frontend = FrontEndManager().load_by_framework("pytorch")
        # It must outlive the conversion, and what it shares with torch the model.
        decoder = TorchScriptPythonDecoder(
            module, example_input=torch.zeros(shape), shared_memory=False
        )
        model = frontend.convert(frontend.load(decoder))
        _forget_traces()
    return model


def save(model: Any, path: Path, ov: Any, *, half: bool = False) -> None:
    """Write a graph so that a crash or a second process leaves no half file in its place.

    Args:
        model: The graph.
        path: Ends in .xml; the numbers are written beside it.
        ov: The module openvino.
        half: Store the constants in half precision that it holds exactly; this changes `model`,
            but not what it answers.

    Raises:
        OSError: It cannot be written.
        RuntimeError: The same, said by OpenVINO.
    """
    if half:
        _halve(model, ov)
    with TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        ov.save_model(model, made, compress_to_fp16=False)
        with OutputSet() as outputs:
            for suffix in (".bin", ".xml"):
                made.with_suffix(suffix).replace(outputs.file(path.with_suffix(suffix)))


def _halve(model: Any, ov: Any) -> None:
    ops = ov.opset13
    for op in model.get_ordered_ops():
        if op.get_type_name() != "Constant" or op.get_element_type() != ov.Type.f32:
            continue
        exact = op.data
        with np.errstate(over="ignore"):
            half = exact.astype(np.float16)
        if exact.size > 1 and np.array_equal(half.astype(np.float32), exact):
            wide = ops.convert(ops.constant(half), "f32").output(0)
            for taker in op.output(0).get_target_inputs():
                taker.replace_source_output(wide)


def _cached(path: Path, ov: Any, make: Callable[[], Any]) -> Any:
    """The graph from the cache, or made and cached."""
    if path.is_file():
        try:
            return ov.Core().read_model(path)
        except RuntimeError:
            # A cache that cannot be read is made again.
            path.unlink(missing_ok=True)
    model = make()
    # Without a cache the next start is slower, nothing more.
    with suppress(OSError, RuntimeError):
        save(model, path, ov)
    return model


def _cache_path(name: str, *parts: str) -> Path:
    folder = user_folder("cache") / "openvino"
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
    return folder / f"{name}-{_key(*parts)}.xml"


def _key(*parts: str) -> str:
    key = hashlib.sha256()
    for part in parts:
        key.update(part.encode() + b"\0")
    return key.hexdigest()[:16]


def _versions() -> str:
    """What shapes a graph beside the network; OpenVINO is not imported for it."""
    return f"{__version__} {metadata.version('openvino')}"


def _torch_version() -> str:
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return ""


@cache
def _sources() -> str:
    """A hash of the code of the networks, which may change while a version is being made."""
    found = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def _content(module: nn.Module) -> str:
    """A hash of the layers and the weights of a module."""
    found = hashlib.sha256(repr(module).encode())
    for name, tensor in module.state_dict().items():
        found.update(name.encode())
        found.update(np.ascontiguousarray(tensor.detach().cpu().numpy()).data)
    return found.hexdigest()


def _forget_traces() -> None:
    """Empty torch's registry of traced modules, which else holds 30 to 85 MB a conversion."""
    import torch

    # Nothing public does: where a version of torch has it otherwise, its memory stays.
    with suppress(AttributeError):
        torch._C._jit_clear_class_registry()
        recursive = torch.jit._recursive
        recursive.concrete_type_store = recursive.ConcreteTypeStore()
        torch.jit._state._clear_class_state()
