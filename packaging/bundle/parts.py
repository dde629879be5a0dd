"""What goes into a bundle and what stays out of it, and what is declared of it to each system."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

EXCLUDED = (
    "torch",
    "functorch",
    "torchgen",
    "pandas",
    "pyarrow",
    "tables",
    "pynwb",
    "ndx_pose",
    "hdmf",
    "ezc3d",
    "pycocotools",
    "matplotlib",
    "tkinter",
    "IPython",
    "pytest",
    "hypothesis",
    "setuptools",
    "pip",
    "mypy",
    "openvino.tools",
    "openvino.torch",
    "openvino.frontend.jax",
    "openvino.frontend.paddle",
    "openvino.frontend.pytorch",
    "openvino_telemetry",
    "poseviewer.training",
    "scipy.stats",
    "scipy.signal",
    "scipy.ndimage",
    "scipy.interpolate",
    "scipy.integrate",
    "scipy.io",
    "scipy.cluster",
    "scipy.datasets",
    "scipy.odr",
    "scipy.fftpack",
    "PySide6.QtNetwork",
    "PySide6.QtQml",
    "PySide6.QtQuick",
    "PySide6.QtPrintSupport",
    "PySide6.QtTest",
    "PySide6.QtOpenGL",
    "PySide6.QtOpenGLWidgets",
    "pyqtgraph.opengl",
    "pyqtgraph.examples",
    "pyqtgraph.jupyter",
    "pyqtgraph.console",
)
"""Modules that the program runs without, or that only training, labelled data and torch need."""

METADATA = (
    "av",
    "numpy",
    "opencv-python-headless",
    "openvino",
    "PySide6-Essentials",
    "poseviewer",
)
"""Packages whose version is asked for while the program runs."""

_UNWANTED = tuple(
    re.compile(pattern)
    for pattern in (
        # OpenVINO: other devices than the CPU, and readers of files that cannot be imported.
        r"openvino_(intel_gpu|intel_npu|auto|auto_batch|hetero)",
        r"openvino_(paddle|pytorch|jax|gguf)_frontend",
        r"openvino/libs/cache\.json$",
        r"openvino/libs/.*\.(pc|lib)$",
        r"openvino/(include|cmake)/",
        # Qt: no QML, no network, no databases, no PDF, no virtual keyboard, no embedded screens.
        r"Qt6?(Qml|Quick|Network|Sql|Pdf|VirtualKeyboard|Designer|Help|Test|PrintSupport)",
        r"plugins/(qmltooling|sqldrivers|networkinformation|tls|virtualkeyboard|printsupport)/",
        r"plugins/(egldeviceintegrations|designer|qmllint|generic)/",
        r"plugins/imageformats/\w*q(pdf|tga|wbmp|icns)\b",
        r"plugins/platforms/\w*q(eglfs|linuxfb|minimalegl|vkkhrdisplay|vnc)\b",
        # GTK's theme would bring half of GTK along, of another system than the one it runs on.
        r"plugins/platformthemes/libqgtk3|libgtk-3|libgdk-3",
        r"PySide6/(Qt/)?translations/",
        r"^cv2/(qt|data)/",
        # A hook takes the name of torch along, which is not here.
        r"^torch-.*\.dist-info/",
    )
)


def modules(package: Path) -> list[str]:
    """Every module of a package that is not excluded, by its name."""
    found = sorted(package.rglob("*.py"))
    names = [".".join(path.relative_to(package.parent).with_suffix("").parts) for path in found]
    plain = [name.removesuffix(".__init__") for name in names]
    return [name for name in plain if not name.startswith(EXCLUDED)]


def unwanted(name: str) -> bool:
    """Whether a file of a bundle, by its path there, is left out."""
    path = name.replace("\\", "/")
    return any(pattern.search(path) for pattern in _UNWANTED)


def trimmed(files: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """What PyInstaller found without what is unwanted, and without doubles of OpenVINO's libraries.

    OpenVINO looks for its plug-ins beside the library that was loaded, so the copy that PyInstaller
    lays at the top must not be found first.
    """
    files = list(files)
    names = [name.replace("\\", "/") for name, *_ in files]
    nested = {name.rsplit("/", 1)[1] for name in names if name.startswith("openvino/libs/")}
    return [
        one
        for one, name in zip(files, names, strict=True)
        if not unwanted(name) and name not in nested
    ]


def openvino_libraries() -> list[Path]:
    """The libraries of OpenVINO that are wanted; PyInstaller misses those with a version."""
    spec = find_spec("openvino")
    if spec is None or spec.origin is None:
        raise SystemExit("OpenVINO is not installed: without it a bundle runs no network.")
    folder = Path(spec.origin).parent / "libs"
    found = sorted(path for path in folder.iterdir() if path.is_file())
    return [path for path in found if not unwanted(f"openvino/libs/{path.name}")]


PLIST = {
    "CFBundleDisplayName": "PoseViewer",
    "NSHighResolutionCapable": True,
    "NSCameraUsageDescription": "PoseViewer shows what a pose network sees in your camera's "
    "picture. Nothing leaves this computer.",
    "NSScreenCaptureUsageDescription": "PoseViewer shows what a pose network sees on your screen. "
    "Nothing leaves this computer.",
    "LSMinimumSystemVersion": "12.0",
    "LSApplicationCategoryType": "public.app-category.education",
}
"""What is declared to macOS; it asks a person with these texts before it gives camera or screen."""


def version_resource(version: str) -> str:
    """The version resource of a program for Windows, as PyInstaller reads it."""
    numbers = [*(int(part) for part in re.findall(r"\d+", version)[:3]), 0, 0, 0, 0][:4]
    quad = tuple(numbers)
    texts = {
        "CompanyName": "PoseViewer",
        "FileDescription": "PoseViewer, a microscope for human-pose networks",
        "FileVersion": version,
        "InternalName": "poseviewer",
        "LegalCopyright": "Apache-2.0; the bundle as a whole: GPL-3.0",
        "OriginalFilename": "PoseViewer.exe",
        "ProductName": "PoseViewer",
        "ProductVersion": version,
    }
    strings = ", ".join(f"StringStruct({name!r}, {text!r})" for name, text in texts.items())
    return (
        f"VSVersionInfo(ffi=FixedFileInfo(filevers={quad}, prodvers={quad}, mask=0x3F, flags=0, "
        "OS=0x40004, fileType=1, subtype=0, date=(0, 0)), kids=["
        f"StringFileInfo([StringTable('040904B0', [{strings}])]), "
        "VarFileInfo([VarStruct('Translation', [1033, 1200])])])\n"
    )
