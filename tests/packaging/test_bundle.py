"""The bundle's parts, and its spec as each system would run it, without PyInstaller."""

from __future__ import annotations

import ast
import configparser
import io
import plistlib
import re
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest
from PySide6.QtGui import QImage

from poseviewer.runtime.project import ENDING
from poseviewer.truth import apart
from poseviewer.version import __version__

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "packaging" / "bundle"
SVG = ROOT / "resources" / "icons" / "poseviewer.svg"
ID = "io.github.poseviewer.PoseViewer"


@pytest.fixture(autouse=True)
def beside(monkeypatch):
    """The scripts of the bundle find each other, as they do when they are run."""
    monkeypatch.syspath_prepend(str(BUNDLE))


@pytest.mark.parametrize(
    "name",
    [
        "openvino/libs/libopenvino_intel_gpu_plugin.so",
        "openvino/libs/cache.json",
        "openvino/libs/libopenvino_pytorch_frontend.so.2641",
        "libQt6Quick.so.6",
        "PySide6\\plugins\\sqldrivers\\qsqlite.dll",
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/Qt/translations/qt_de.qm",
        "torch-2.13.0+cpu.dist-info/METADATA",
    ],
)
def test_what_stays_out(name):
    from parts import unwanted

    assert unwanted(name)


@pytest.mark.parametrize(
    "name",
    [
        "openvino/libs/libopenvino_intel_cpu_plugin.so",
        "openvino/libs/libopenvino_ir_frontend.so.2641",
        "openvino/libs/libtbb.so.12",
        "libQt6Widgets.so.6",
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "PySide6/Qt/plugins/imageformats/libqsvg.so",
        "PySide6/plugins/platforms/qwindows.dll",
        "PySide6/Qt/plugins/platforms/libqcocoa.dylib",
        "libavcodec-5e6b81c2.so.62.28.102",
        "resources/guide/01-start.md",
    ],
)
def test_what_goes_in(name):
    from parts import unwanted

    assert not unwanted(name)


def test_nothing_that_the_program_imports_is_excluded():
    from parts import EXCLUDED

    excluded = set(EXCLUDED) - {"torch", "poseviewer.training", "pandas", "pycocotools", "tables"}
    excluded -= {"pyarrow", "pynwb", "ndx_pose", "ezc3d"}
    for path in (ROOT / "poseviewer").rglob("*.py"):
        if "training" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        for module in re.findall(r"^ *from (\S+) import", text, re.MULTILINE):
            # Where torch is, a graph is converted, and not only read.
            assert module not in excluded or module.startswith("openvino.frontend"), path


def test_windows_is_told_the_version():
    from parts import version_resource

    text = version_resource("1.2.3")
    ast.parse(text)
    assert "filevers=(1, 2, 3, 0)" in text
    assert "StringStruct('ProductVersion', '1.2.3')" in text
    assert "prodvers=(1, 2, 3, 0)" in version_resource("1.2.3.dev4")


def test_macos_is_told_why_camera_and_screen_are_wanted():
    from parts import PLIST

    assert plistlib.loads(plistlib.dumps(PLIST)) == PLIST
    for wish in ("NSCameraUsageDescription", "NSScreenCaptureUsageDescription"):
        assert "Nothing leaves this computer" in PLIST[wish]


def test_icons_hold_every_size(tmp_path, qapp):
    from icons import ICNS_KINDS, ICO_SIDES, PNG_SIDES, write_icons

    write_icons(SVG, tmp_path)
    for side in PNG_SIDES:
        image = QImage(str(tmp_path / f"poseviewer-{side}.png"))
        assert (image.width(), image.height()) == (side, side)
        assert image.pixelColor(0, 0).alpha() == 0
        assert image.pixelColor(side // 2, 4 * side // 5).alpha() == 255
    data = (tmp_path / "poseviewer.ico").read_bytes()
    assert struct.unpack_from("<HHH", data) == (0, 1, len(ICO_SIDES))
    for number, side in enumerate(ICO_SIDES):
        size, at = struct.unpack_from("<II", data, 6 + 16 * number + 8)
        assert QImage.fromData(data[at : at + size]).width() == side
    data = (tmp_path / "poseviewer.icns").read_bytes()
    assert data[:4] == b"icns"
    assert struct.unpack_from(">I", data, 4) == (len(data),)
    at, found = 8, {}
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at + 4)
        found[data[at : at + 4]] = QImage.fromData(data[at + 8 : at + length]).width()
        at += length
    assert found == ICNS_KINDS


def test_licences_are_collected_and_the_whole_is_under_the_gpl(tmp_path):
    from licences import BUNDLED, collect

    about = collect(tmp_path / "licences", version="9.9.9", own=ROOT / "LICENSE")
    assert "PoseViewer 9.9.9" in about
    assert "the bundle as a whole is under the GNU General Public License, version 3" in about
    for name in BUNDLED:
        assert f"| {name} | " in about
        assert any((tmp_path / "licences" / name).iterdir()), name
    assert (tmp_path / "licences" / "poseviewer" / "LICENSE").is_file()


def test_desktops_and_stores_on_linux_are_told_the_same():
    desktop = configparser.ConfigParser(interpolation=None)
    desktop.optionxform = str
    desktop.read(BUNDLE / f"{ID}.desktop", encoding="utf-8")
    entry = desktop["Desktop Entry"]
    told = ElementTree.parse(BUNDLE / f"{ID}.metainfo.xml").getroot()
    assert told.findtext("id") == ID
    assert told.findtext("launchable") == f"{ID}.desktop"
    assert told.findtext("summary") == entry["Comment"]
    assert told.findtext("provides/binary") == entry["Exec"].split()[0] == "poseviewer"
    assert entry["MimeType"].endswith(";")
    # What a project is, by its name.
    mime = "{http://www.freedesktop.org/standards/shared-mime-info}"
    (kind,) = ElementTree.parse(BUNDLE / f"{ID}.mime.xml").getroot()
    assert kind.get("type") in entry["MimeType"].split(";")
    assert told.findtext("provides/mediatype") == kind.get("type")
    assert kind.find(f"{mime}glob").get("pattern") == f"*{ENDING}"
    # The window says which file is its own.
    assert f'setDesktopFileName("{ID}")' in (ROOT / "poseviewer/gui/app.py").read_text()


def test_the_newest_release_is_the_one_of_the_changelog():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(r"^## \[(\d[^]]*)\] - (\S+)", changes, re.MULTILINE)
    told = ElementTree.parse(BUNDLE / f"{ID}.metainfo.xml").getroot()
    newest = told.find("releases/release")
    assert (newest.get("version"), newest.get("date")) == found.groups()


class Recorded(dict):
    """What a part of PyInstaller was called with, and what a spec reads of it."""

    pure, scripts = (), ()

    def __init__(self, *args, **kwargs):
        super().__init__(kwargs, args=args)
        names = (
            "libQt6Quick.so.6",
            "libQt6Core.so.6",
            "libtbb.so.12",
            "openvino/libs/libtbb.so.12",
        )
        self.binaries = [(name, "", "BINARY") for name in names]
        self.datas = [("resources/angles.toml", "", "DATA")]


@pytest.fixture
def run_spec(monkeypatch, tmp_path):
    """Run the spec as PyInstaller would on a system."""

    def run(system):
        hooks = ModuleType("PyInstaller.utils.hooks")
        hooks.copy_metadata = lambda name: [(f"{name}.dist-info", ".")]
        monkeypatch.setitem(sys.modules, "PyInstaller.utils.hooks", hooks)
        monkeypatch.setattr(sys, "platform", system)
        monkeypatch.setattr(sys, "path", list(sys.path))
        monkeypatch.setattr(Path, "write_text", lambda self, *_, **__: None)
        calls = {name: [] for name in ("Analysis", "PYZ", "EXE", "COLLECT", "BUNDLE")}

        def recorder(name):
            def call(*args, **kwargs):
                calls[name].append(Recorded(*args, **kwargs))
                return calls[name][-1]

            return call

        spec = BUNDLE / "poseviewer.spec"
        names = {"SPECPATH": str(BUNDLE), **{name: recorder(name) for name in calls}}
        exec(compile(spec.read_text(encoding="utf-8"), str(spec), "exec"), names)
        return calls

    return run


def test_the_spec_on_linux(run_spec):
    calls = run_spec("linux")
    (analysis,) = calls["Analysis"]
    places = {place for _, place in analysis["datas"]}
    assert "poseviewer.mannequin.source" in analysis["hiddenimports"]
    assert "poseviewer.gui" in analysis["hiddenimports"]
    training = "poseviewer.training"
    assert not any(name.startswith(training) for name in analysis["hiddenimports"])
    assert {"weights", "licences", "resources/guide", "resources/icons"} <= places
    assert not any("screenshots" in source for source, _ in analysis["datas"])
    assert any(Path(one).name.startswith("libopenvino.so") for one, _ in analysis["binaries"])
    # Doubles of OpenVINO's libraries would be found first, and no plug-in beside them.
    kept = [one[0] for one in analysis.binaries]
    assert kept == ["libQt6Core.so.6", "openvino/libs/libtbb.so.12"]
    (program,) = calls["EXE"]
    assert (program["name"], program["console"], program["icon"]) == ("poseviewer", True, None)
    assert calls["BUNDLE"] == []


def test_the_spec_on_windows_makes_a_window_and_a_command(run_spec):
    calls = run_spec("win32")
    assert [(one["name"], one["console"]) for one in calls["EXE"]] == [
        ("PoseViewer", False),
        ("poseviewer-command", True),
    ]
    assert all(one["icon"].endswith("poseviewer.ico") for one in calls["EXE"])
    assert all(one["version"].endswith("version.txt") for one in calls["EXE"])
    # Both lie in one folder.
    assert calls["COLLECT"][0]["args"][:2] == tuple(calls["EXE"])


def test_the_spec_on_macos_makes_an_app(run_spec):
    calls = run_spec("darwin")
    (app,) = calls["BUNDLE"]
    assert app["name"] == "PoseViewer.app"
    assert app["icon"].endswith("poseviewer.icns")
    assert app["version"] == __version__
    assert "NSCameraUsageDescription" in app["info_plist"]
    assert not calls["EXE"][0]["console"]


def test_the_program_reads_hdf5_apart_as_an_interpreter_does(tmp_path):
    """A bundle has no interpreter: its program takes the part of one."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(5.0)
    command = ["-P", str(apart._PROCESS), str(path), str(1 << 20), "20", "x"]
    done = subprocess.run(
        [sys.executable, str(BUNDLE / "start.py"), *command],
        cwd=ROOT,
        capture_output=True,
        check=False,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    with np.load(io.BytesIO(done.stdout)) as found:
        assert found["x"].tolist() == [0, 1, 2, 3, 4]
