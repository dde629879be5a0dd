"""Examines what PoseViewer needs of this machine, and says what to do about what is missing.

Every examination stands alone: one that fails is a finding like any other.
"""

from __future__ import annotations

import getpass
import importlib.util
import os
import platform
import re
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal

from poseviewer.core.assets import resource, user_folder, weights
from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.display import has_display
from poseviewer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Level = Literal["ok", "note", "trouble"]
"""Of a finding: all is well; something is slower or missing; something does not work."""

PACKAGES = {
    "PyTorch": "torch",
    "OpenVINO": "openvino",
    "OpenCV": "opencv-python-headless",
    "PyAV": "av",
    "Qt (PySide6)": "PySide6-Essentials",
    "numpy": "numpy",
}
"""Packages whose version matters, by what a person reads."""

_OPTIONAL = ("torch", "openvino")
"""Engines: one is enough."""

_LITTLE_SPACE = 1 << 30
"""Free bytes below which exports and recordings may not fit."""

_NOT_WORKING = (ImportError, OSError, RuntimeError, ValueError, PoseViewerError)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined."""

    name: str
    """What was examined."""

    value: str
    """What was found."""

    level: Level = "ok"

    advice: str = ""
    """What to do; empty where all is well."""

    section: str = ""
    """Heading, such as `codecs`."""


def examine() -> tuple[Finding, ...]:
    """Examine this machine; takes some seconds, as engines and cameras are really asked."""
    return tuple(found for section in _SECTIONS for found in _guarded(section))


def find(found: Callable[[tuple[Finding, ...]], None]) -> None:
    """Call `found`, from another thread, with what `examine` finds."""
    Thread(target=lambda: found(examine()), name="doctor", daemon=True).start()


def report(findings: Iterable[Finding]) -> str:
    """The findings as lines for people, by heading, each with what to do about it."""
    lines: list[str] = []
    section = ""
    for one in findings:
        if one.section != section:
            section = one.section
            lines += [section] if not lines else ["", section]
        mark = {"ok": " ", "note": "-", "trouble": "!"}[one.level]
        lines.append(f"{mark} {one.name:<16}{one.value}")
        if one.advice:
            lines.append(f"  {'':<16}{one.advice}")
    return "\n".join(lines)


def as_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The findings for programs."""
    return [asdict(one) for one in findings]


def discreet(text: str) -> str:
    """A text that names nobody: the home folder is `~`, the user's name in other paths USER."""
    home = str(Path.home())
    if len(home) > 1:
        text = text.replace(home, "~")
    try:
        user = re.escape(getpass.getuser())
    except (KeyError, OSError, ImportError):
        return text
    return re.sub(rf"(?<=[/\\]){user}(?=[/\\]|\s|$)", "USER", text)


def versions() -> dict[str, str]:
    """The version of each package that matters here; missing ones say so."""
    found = {}
    for title, package in PACKAGES.items():
        try:
            found[title] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[title] = "not installed"
    return found


def processors() -> dict[str, str]:
    """What can run a network, by the name that `--device` takes."""
    found = {"cpu": f"{platform.machine()}, {os.cpu_count()} cores"}
    if importlib.util.find_spec("torch") is None:
        return found
    import torch

    if torch.cuda.is_available():
        found["cuda"] = torch.cuda.get_device_name(0)
    if torch.backends.mps.is_available():
        found["mps"] = "Apple GPU"
    return found


def _guarded(section: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a section finds; where it fails, that."""
    title = section.__name__.strip("_")
    try:
        for one in section():
            yield replace(one, value=discreet(one.value), advice=_advice(one), section=title)
    except _NOT_WORKING as error:
        reason = discreet(str(error).split("\n", 1)[0])
        advice = "Install PoseViewer again; if that does not help, report this."
        yield Finding("examination", f"failed: {reason}", "trouble", advice, section=title)


def _advice(one: Finding) -> str:
    # What is in a bundle cannot be installed anew.
    frozen = hasattr(sys, "_MEIPASS") and "pip " in one.advice
    return "Fetch PoseViewer again; if that does not help, report this." if frozen else one.advice


def _versions() -> Iterator[Finding]:
    frozen = ", bundle" if hasattr(sys, "_MEIPASS") else ""
    yield Finding("PoseViewer", f"{__version__}{frozen}")
    yield Finding("Python", platform.python_version())
    yield Finding("system", platform.platform())
    found = versions()
    for title, version in found.items():
        needed = PACKAGES[title] not in _OPTIONAL
        if version == "not installed" and needed:
            advice = "Install PoseViewer again: it does not run without this."
            yield Finding(title, version, "trouble", advice)
        else:
            yield Finding(title, version)
    yield from bad_releases(found, python=sys.version_info[:2])


def bad_releases(found: dict[str, str], *, python: tuple[int, int]) -> Iterator[Finding]:
    """What is known to be bad of the packages that are installed.

    Args:
        found: Versions by title, as `versions` gives them.
        python: Major and minor version of the interpreter.
    """
    if found.get("Qt (PySide6)") == "6.12.0" and python == (3, 11):
        yield Finding(
            "PySide6 6.12.0",
            "ends Python 3.11 after some minutes of use",
            "trouble",
            "pip install 'PySide6-Essentials!=6.12.0'",
        )
    for rival in ("opencv-python", "opencv-contrib-python"):
        try:
            value = f"{metadata.version(rival)}, beside opencv-python-headless: has a Qt of its own"
        except metadata.PackageNotFoundError:
            continue
        advice = f"pip uninstall {rival}; pip install --force-reinstall opencv-python-headless"
        yield Finding(rival, value, "note", advice)


def _engines() -> Iterator[Finding]:
    there = 0
    for name, ask in (("openvino", _openvino_here), ("torch", _torch_here)):
        if importlib.util.find_spec(name) is None:
            slower = name == "openvino"
            advice = f"pip install {name}" if slower else ""
            value = "not installed" if slower else "not installed; OpenVINO is enough"
            yield Finding(name, value, "note" if slower else "ok", advice)
            continue
        try:
            yield Finding(name, ask())
            there += 1
        except _NOT_WORKING as error:
            reason = str(error).split("\n", 1)[0]
            advice = f"pip install --force-reinstall {name}"
            yield Finding(name, f"cannot be used: {reason}", "trouble", advice)
    if not there:
        advice = "Install one of them: pip install openvino"
        yield Finding("any", "no engine can run a network", "trouble", advice)


def _openvino_here() -> str:
    import openvino as ov

    from poseviewer.models.openvino_core import openvino_core

    core = openvino_core(ov)
    title = str(core.get_property("CPU", "FULL_DEVICE_NAME")).strip()
    kinds = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return f"CPU ({title}), fp32{' and bf16' if 'BF16' in kinds else ', no bf16'}"


def _torch_here() -> str:
    return ", ".join(f"{name} ({text})" for name, text in processors().items())


def _networks() -> Iterator[Finding]:
    from poseviewer.models.registry import cards, complaints

    known = cards()
    ready = [one.name for one in known if one.trained]
    if ready:
        yield Finding("ready", ", ".join(ready))
    else:
        advice = "Install PoseViewer again, or set POSEVIEWER_WEIGHTS."
        yield Finding("ready", "none: there are no weights", "trouble", advice)
    lacking = [one.name for one in known if one.published and not one.trained]
    if lacking:
        advice = f"`poseviewer models get {lacking[0]}`, or Model > Get networks"
        yield Finding("to get", ", ".join(lacking), "note", advice)
    for sentence in complaints():
        yield Finding("not usable", sentence, "note", "Import it again, or remove it.")


def _codecs() -> Iterator[Finding]:
    import av

    there = av.codecs_available
    for title, name, lost in (
        ("write H.264", "libx264", "MP4, MOV and Matroska cannot be written"),
        ("write VP9", "libvpx-vp9", "WebM cannot be written"),
        ("write Opus", "libopus", "sound is left out of WebM"),
        ("write AAC", "aac", "sound that cannot be copied is left out"),
    ):
        if name in there:
            yield Finding(title, name)
        else:
            advice = (
                "Install PyAV's own wheel: pip install --force-reinstall --only-binary :all: av"
            )
            yield Finding(title, f"no {name}: {lost}", "note", advice)
    read = [title for title, name in _READ.items() if name in there]
    yield Finding("read", ", ".join(read))
    from poseviewer.video.encoders import hardware

    working = [one.words for one in hardware("mp4", (1280, 720))]
    yield Finding("hardware", ", ".join(working) or "none works here; software encodes")


_READ = {"H.264": "h264", "HEVC": "hevc", "VP9": "vp9", "AV1": "libdav1d", "ProRes": "prores"}


def _cameras() -> Iterator[Finding]:
    from poseviewer.video.camera import list_cameras

    found = list_cameras()
    for one in found:
        yield _camera(one.title, one.location, Path(f"/dev/video{one.number}"))
    if not found:
        advice = "Plug one in, or allow PoseViewer the camera in the system's privacy settings."
        yield Finding("none", "no camera is seen", "ok", "" if _linux() else advice)


def _camera(title: str, location: str, node: Path) -> Finding:
    if _linux() and not os.access(node, os.R_OK | os.W_OK):
        advice = "sudo usermod -aG video $USER, then log in again"
        return Finding(location, f"{title}: you may not use it", "trouble", advice)
    return Finding(location, title)


def _display() -> Iterator[Finding]:
    names = ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY", "XDG_SESSION_TYPE")
    chosen = ", ".join(f"{name}={os.environ[name]}" for name in names if os.environ.get(name))
    if has_display():
        yield Finding("window", chosen or "can be shown")
        return
    advice = "Commands work without one; the window needs a desktop, or ssh -X."
    yield Finding("window", f"no display{f' ({chosen})' if chosen else ''}", "note", advice)


def _folders() -> Iterator[Finding]:
    yield from _ours()
    places = {kind: user_folder(kind) for kind in ("config", "data", "cache")}
    for kind, folder in (places | {"temporary": Path(tempfile.gettempdir())}).items():
        yield _folder(kind, folder)


def _ours() -> Iterator[Finding]:
    for kind, path in (("resources", resource("")), ("weights", weights(""))):
        if path.is_dir() and os.access(path, os.R_OK | os.X_OK):
            yield Finding(kind, str(path))
        else:
            advice = f"Install PoseViewer again, or set POSEVIEWER_{kind.upper()}."
            yield Finding(kind, f"{path} cannot be read", "trouble", advice)


def _folder(kind: str, folder: Path) -> Finding:
    """Whether a folder can be written to, and how much fits."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        advice = "Give yourself the right to write there, or set POSEVIEWER_HOME to another folder."
        return Finding(kind, f"{folder} cannot be written to: {reason}", "trouble", advice)
    value = f"{folder}, {free / 1e9:.1f} GB free"
    if free < _LITTLE_SPACE:
        return Finding(kind, value, "note", "Make room: exports and recordings may not fit.")
    return Finding(kind, value)


def _linux() -> bool:
    return sys.platform.startswith("linux")


_SECTIONS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _versions,
    _engines,
    _networks,
    _codecs,
    _cameras,
    _display,
    _folders,
)
