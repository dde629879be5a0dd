"""Files that hold a graph, and archives that hold such files, as graphs of OpenVINO.

OpenVINO reads ONNX and TensorFlow Lite itself, in native code, which a damaged file may break. So a
file is read once, in a process of its own, which writes the graph in OpenVINO's own format; only
that is read from then on.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import re
import shutil
import sys
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from poseviewer.core.budget import MemoryBudget, read_budget
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import read_json, reading
from poseviewer.models.graph_files.tarballs import ENDINGS, graphs_in, write_members
from poseviewer.models.graph_files.zooms import parts_among
from poseviewer.models.importers.tfjs import graph_def, is_tfjs
from poseviewer.models.importers.wire import DamagedError, fields
from poseviewer.models.openvino_engine import OpenVinoError, openvino_module

if TYPE_CHECKING:
    from collections.abc import Iterator

Format = Literal["ONNX", "TensorFlow Lite", "TensorFlow.js", "archive"]

SECONDS = 120
"""The longest that a file is read."""

HOLISTIC = "holistic-"
"""What the networks of a whole body are called together, before the size of the body's."""

_MOST_MEMBERS = 4096
_TFLITE = b"TFL3"
_ZIP = b"PK\x03\x04"
_GZIP = b"\x1f\x8b\x08"
_ADDRESS_SPACE = 16 << 30
"""Bytes for the interpreter and OpenVINO's threads, beside the network."""

# ModelProto, GraphProto, NodeProto, AttributeProto and TensorProto of ONNX.
_GRAPH, _NODE, _INITIALISER, _ATTRIBUTE, _TENSOR, _SUBGRAPH = 7, 1, 5, 5, 5, 6
_EXTERNAL = 13
_DEEPEST = 4


def format_of(path: Path) -> Format | None:
    """What a file is, by its first bytes and its ending; None where it holds no graph.

    A file that cannot be opened is none; reading it will say so.
    """
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError:
        return None
    if head[4:8] == _TFLITE:
        return "TensorFlow Lite"
    if path.suffix.lower() == ".onnx":
        return "ONNX"
    if head.startswith(_ZIP) and path.suffix.lower() in (".task", ".whl", ".zip"):
        return "archive"
    if _is_tar(path) and head.startswith(_GZIP):
        return "archive"
    if path.suffix.lower() == ".json":
        with suppress(Exception):
            return "TensorFlow.js" if is_tfjs(read_json(path)) else None
    return None


def _is_tar(path: Path) -> bool:
    return path.name.lower().endswith((".tgz", ".tar.gz"))


def members(path: Path) -> tuple[str, ...]:
    """Names of the graphs in an archive: of a `.task` bundle, a wheel, a zip or an npm package.

    A bundle may hold bundles: what lies in one is named `outer.task/inner.tflite`.

    Raises:
        PoseViewerError: It is no archive, or holds no graph.
    """
    if _is_tar(path):
        found = list(graphs_in(path))
    else:
        with _archive(path) as archive:
            found = [name for name, _ in _graphs(archive, path.name)]
    if not found:
        msg = f"{path.name} holds no .onnx or .tflite file, so there is nothing to import."
        raise PoseViewerError(msg)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Opened:
    """A graph that was read."""

    path: Path
    """The .xml that OpenVINO wrote, in a folder that is removed."""

    format: Format

    name: str
    """Of the file, or of the one in the archive."""


BODIES = ("full", "lite", "heavy")
"""Of the networks of a body that MediaPipe publishes, the best for most first."""


def whole_body(path: Path, member: str | None) -> dict[str, str] | None:
    """Names of the networks in an archive that read a whole body, `body` and by part.

    Args:
        path: Of anything.
        member: What was chosen of an archive: `holistic-full` and the like are such networks.

    Returns:
        None where there are not all of them, or one alone was chosen.
    """
    if format_of(path) != "archive" or not (member is None or member.startswith(HOLISTIC)):
        return None
    names = members(path)
    stems = {PurePosixPath(name).stem: name for name in names}
    sizes = BODIES if member is None else (member.removeprefix(HOLISTIC),)
    body = next((stems[n] for size in sizes if (n := f"pose_landmark_{size}") in stems), None)
    parts = parts_among(names)
    if body is None or parts is None:
        return None
    return {"body": body, **{str(name): member for name, member in parts.items()}}


@contextmanager
def opened(path: Path, *, member: str | None = None) -> Iterator[Opened]:
    """A file as a graph that OpenVINO has written.

    Args:
        path: An .onnx or .tflite file, the JSON of TensorFlow.js, or an archive of such files.
        member: Which of an archive; the only one where None.

    Raises:
        PoseViewerError: It cannot be read, is no such file, or OpenVINO does not read it.
    """
    with TemporaryDirectory(prefix="poseviewer-") as folder, reading(path.name, kind="a network"):
        kind = format_of(path)
        if kind is None:
            # Also says where it cannot be opened.
            with path.open("rb"):
                pass
            msg = f"{path.name} is no network that PoseViewer reads by its graph."
            raise PoseViewerError(msg)
        name = path.name
        if kind == "archive":
            chosen = _chosen(path, member)
            inside = Path(folder) / f"inside{PurePosixPath(chosen).suffix.lower()}"
            _extract(path, chosen, inside)
            path, name = inside, PurePosixPath(chosen).name
            kind = format_of(inside)
        if kind is None:
            msg = f"{name} is no network of a kind that its name promises."
            raise PoseViewerError(msg)
        taken = _taken(path, kind, Path(folder))
        yield Opened(_converted(taken, name, Path(folder)), kind, name)


def _taken(path: Path, kind: Format, folder: Path) -> Path:
    """A copy of what will be read, alone in its folder, so that it can lead to no other file."""
    if kind == "TensorFlow.js":
        made = folder / "graph.pb"
        made.write_bytes(graph_def(path))
        return made
    MemoryBudget(path.name).take(path.stat().st_size)
    made = folder / ("graph.onnx" if kind == "ONNX" else "graph.tflite")
    if made != path:
        shutil.copyfile(path, made)
    if kind == "ONNX":
        _check_onnx(made, path.name)
    return made


def _check_onnx(path: Path, name: str) -> None:
    """Refuse an ONNX file whose numbers lie elsewhere.

    Raises:
        PoseViewerError: They do.
        DamagedError: It is no ONNX.
    """
    message = memoryview(path.read_bytes())
    graphs = 0
    for field in fields(message):
        if field.number == _GRAPH:
            graphs += 1
            if _elsewhere(field.payload, 0):
                msg = (
                    f"{name} keeps its numbers in another file, which is not read; save it as one "
                    "file (onnx.save_model with save_as_external_data=False)."
                )
                raise PoseViewerError(msg)
    if graphs != 1:
        msg = "it holds no ONNX graph"
        raise DamagedError(msg)


def _elsewhere(graph: memoryview, depth: int) -> bool:
    """Whether a graph has a tensor with external data."""
    if depth > _DEEPEST:
        msg = "its graphs are nested too deeply"
        raise DamagedError(msg)
    for field in fields(graph):
        if field.number == _INITIALISER and _external(field.payload):
            return True
        if field.number != _NODE:
            continue
        for part in fields(field.payload):
            if part.number != _ATTRIBUTE or not part.payload:
                continue
            for inner in fields(part.payload):
                if inner.number == _TENSOR and inner.payload and _external(inner.payload):
                    return True
                if inner.number == _SUBGRAPH and _elsewhere(inner.payload, depth + 1):
                    return True
    return False


def _external(tensor: memoryview) -> bool:
    return any(field.number == _EXTERNAL for field in fields(tensor))


# Archives --------------------------------------------------------------------------------


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    with reading(path.name, kind="an archive of networks"):
        try:
            with zipfile.ZipFile(path) as archive:
                if len(archive.infolist()) > _MOST_MEMBERS:
                    msg = f"it holds more than {_MOST_MEMBERS} files"
                    raise ValueError(msg)
                yield archive
        except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
            msg = "it is a damaged archive, or an encrypted one"
            raise ValueError(msg) from error


def _graphs(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """The graphs in an archive by the names that lead to them."""
    for info in archive.infolist():
        suffix = PurePosixPath(info.filename).suffix.lower()
        if suffix in ENDINGS:
            yield info.filename, info
        elif suffix == ".task":
            with _nested(archive, info, name) as inner:
                for one in inner.infolist():
                    if PurePosixPath(one.filename).suffix.lower() in ENDINGS:
                        yield f"{info.filename}/{one.filename}", one


@contextmanager
def _nested(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str
) -> Iterator[zipfile.ZipFile]:
    """A bundle in an archive, unpacked as far as the budget goes."""
    MemoryBudget(name).take(info.file_size)
    with (
        archive.open(info) as file,
        zipfile.ZipFile(io.BytesIO(file.read(info.file_size))) as inner,
    ):
        if len(inner.infolist()) > _MOST_MEMBERS:
            msg = f"it holds more than {_MOST_MEMBERS} files"
            raise ValueError(msg)
        yield inner


def _chosen(path: Path, member: str | None) -> str:
    names = members(path)
    if member is None and len(names) == 1:
        return names[0]
    # A bundle of MediaPipe has a detector and what finds the joints of what it detects.
    likely = [name for name in names if "landmark" in name.lower()]
    if member is None and len(likely) == 1:
        return likely[0]
    fitting = [name for name in names if name == member or PurePosixPath(name).name == member]
    if member is not None and len(fitting) == 1:
        return fitting[0]
    msg = (
        f"{path.name} holds several networks; choose one with --member: "
        f"{', '.join(names[:12])}{' and more' if len(names) > 12 else ''}."
    )
    raise PoseViewerError(msg)


def _extract(path: Path, member: str, target: Path) -> None:
    """Write one file of an archive to a path of our own; its name decides nothing but the ending.

    Raises:
        PoseViewerError: It is larger than the budget, or damaged.
    """
    if _is_tar(path):
        write_members(path, {member: target})
        return
    with _archive(path) as archive:
        for name, info in _graphs(archive, path.name):
            if name != member:
                continue
            outer, _, _ = member.rpartition(f"/{info.filename}")
            budget = MemoryBudget(path.name)
            budget.take(info.file_size)
            if outer and outer.endswith(".task"):
                with _nested(archive, archive.getinfo(outer), path.name) as inner:
                    _unpack(inner, inner.getinfo(info.filename), target, info.file_size)
            else:
                _unpack(archive, info, target, info.file_size)
            return


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, most: int) -> None:
    # What is unpacked may be more than the archive says.
    with archive.open(info) as file, target.open("wb") as out:
        data = file.read(most + 1)
        if len(data) > most:
            msg = "it unpacks to more than it says"
            raise ValueError(msg)
        out.write(data)


# OpenVINO, in a process of its own -------------------------------------------------------


def _converted(path: Path, name: str, folder: Path) -> Path:
    """The graph as OpenVINO writes it.

    Raises:
        PoseViewerError: OpenVINO is not installed, or does not read it.
    """
    try:
        openvino_module()
    except OpenVinoError as error:
        msg = f"{name} is run by OpenVINO, which is not installed here."
        raise PoseViewerError(msg) from error
    target = folder / "openvino.xml"
    context = multiprocessing.get_context("spawn")
    process = context.Process(
        target=convert_apart, args=(str(path), str(target), read_budget(), SECONDS), daemon=True
    )
    process.start()
    process.join(SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
        msg = f"{name} was not read within {SECONDS} seconds; choose another file."
        raise PoseViewerError(msg)
    status = process.exitcode
    process.close()
    said = folder / "reason.txt"
    if status == 0 and target.is_file():
        return target
    raise _refused(name, said.read_text(encoding="utf-8") if said.is_file() else "")


def _refused(name: str, clause: str) -> PoseViewerError:
    reason = clause or "it is damaged"
    return PoseViewerError(f"{name} cannot be read by OpenVINO: {reason}; choose another file.")


def convert_here(path: Path, target: Path, name: str) -> None:
    """Read a graph that is trusted in this process, and write it as OpenVINO's.

    Args:
        path: The file.
        target: The .xml to write.
        name: Of the file, for the sentence.

    Raises:
        PoseViewerError: OpenVINO does not read it.
    """
    try:
        convert(path, target)
    except RuntimeError as error:
        raise _refused(name, _clause(error)) from error


def convert_apart(path: str, target: str, budget: int, seconds: int) -> None:
    """Read a graph and write it as OpenVINO's; what goes wrong is written beside it as a clause.

    Args:
        path: The file.
        target: The .xml to write.
        budget: Bytes of memory that it may take.
        seconds: Time that it may take.
    """
    _limit(budget, seconds)
    try:
        convert(Path(path), Path(target))
    except Exception as error:  # noqa: BLE001 - whatever native code raises
        Path(target).with_name("reason.txt").write_text(
            # The copy's own folder means nothing to a person.
            _clause(error, without=f"{os.path.dirname(path)}{os.sep}"),
            encoding="utf-8",
        )
        os._exit(3)


def convert(path: Path, target: Path) -> None:
    """Read a graph and write it as OpenVINO's.

    Raises:
        RuntimeError: OpenVINO does not read it.
    """
    ov = openvino_module()
    model = ov.Core().read_model(path)
    # Full precision: what comes out shall be what the file's own program gives.
    ov.save_model(model, target, compress_to_fp16=False)


def _limit(budget: int, seconds: int) -> None:
    if sys.platform == "win32":
        # It has no such limits; the parent still waits no longer than it said.
        return
    import resource

    space = _ADDRESS_SPACE + 4 * budget
    for limit, value in ((resource.RLIMIT_AS, space), (resource.RLIMIT_CPU, seconds)):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_OPERATION = re.compile(
    r"(?:No conversion rule|not supported|Unsupported|unknown).*", re.IGNORECASE
)


def _clause(error: Exception, *, without: str = "") -> str:
    """The line of OpenVINO's pages that says what it lacks, `without` a folder."""
    told = str(error).replace(without, "") if without else str(error)
    lines = [" ".join(line.split()) for line in told.splitlines() if line.strip()]
    telling = next((line for line in lines if _OPERATION.search(line)), None)
    line = telling or (lines[-1] if lines else type(error).__name__)
    return line[:160].rstrip(". ")
