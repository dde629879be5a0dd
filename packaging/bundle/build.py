"""Builds the bundle: exports networks, collects licences, runs PyInstaller, packs what it made.

    python packaging/bundle/build.py            dist/PoseViewer, and the same packed beside it
    python packaging/bundle/build.py --prepare  everything that comes before PyInstaller

PyInstaller comes from an environment of its own, `build/pyinstaller`, which sees the packages of
this one; `packaging/bundle/requirements.txt` pins it.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
MADE = ROOT / "build" / "bundle"
DIST = ROOT / "dist"
TOOLS = ROOT / "build" / "pyinstaller"
sys.path[:0] = [str(ROOT), str(ROOT / "packaging"), str(HERE)]

from licences import collect  # noqa: E402

from poseviewer.version import __version__  # noqa: E402


def prepare() -> None:
    """Make what the spec needs: networks, icons, licences."""
    from export_networks import export
    from icons import write_icons

    MADE.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(MADE / "weights", ignore_errors=True)
    export(MADE / "weights")
    write_icons(ROOT / "resources" / "icons" / "poseviewer.svg", MADE)
    about = collect(MADE / "licences", version=__version__, own=ROOT / "LICENSE")
    (MADE / "BUNDLE.txt").write_text(about, encoding="utf-8")


def pyinstaller() -> list[str]:
    """The command that runs PyInstaller with the packages of this environment."""
    scripts = TOOLS / ("Scripts" if os.name == "nt" else "bin")
    if not TOOLS.is_dir():
        venv.create(TOOLS, with_pip=True)
        pins = str(HERE / "requirements.txt")
        subprocess.run(
            [scripts / "python", "-m", "pip", "install", "--quiet", "-r", pins], check=True
        )
    packages = subprocess.run(
        [scripts / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    # Resolved: libraries would be found by another path, and laid beside their packages again.
    ours = Path(sysconfig.get_path("purelib")).resolve()
    Path(packages, "poseviewer-packages.pth").write_text(f"{ours}\n", encoding="utf-8")
    return [str(scripts / "python"), "-m", "PyInstaller"]


def freeze() -> Path:
    """Run PyInstaller; return the folder that it made."""
    command = [*pyinstaller(), "--noconfirm", "--log-level", "WARN", "--distpath", str(DIST)]
    command += ["--workpath", str(ROOT / "build" / "freeze"), str(HERE / "poseviewer.spec")]
    subprocess.run(command, check=True)
    folder = DIST / ("PoseViewer.app" if sys.platform == "darwin" else "PoseViewer")
    if sys.platform.startswith("linux"):
        for path in sorted(MADE.glob("poseviewer-*.png")):
            shutil.copy2(path, folder)
        for path in (*HERE.glob("io.github.poseviewer.*"), HERE / "install.sh"):
            shutil.copy2(path, folder)
    return folder


def pack(folder: Path) -> Path:
    """Pack a folder as .tar.zst, or .tar.xz where there is no zstd; return the file."""
    system = {"darwin": "macos", "win32": "windows"}.get(sys.platform, "linux")
    stem = f"poseviewer-{__version__}-{system}-{platform.machine().lower()}"
    if shutil.which("zstd"):
        packed = DIST / f"{stem}.tar.zst"
        tar = subprocess.Popen(
            ["tar", "-C", str(folder.parent), "-cf", "-", folder.name], stdout=subprocess.PIPE
        )
        subprocess.run(
            ["zstd", "-q", "-f", "-19", "-T0", "--long=27", "-", "-o", str(packed)],
            stdin=tar.stdout,
            check=True,
        )
        if tar.wait():
            raise SystemExit("tar failed")
        return packed
    made = shutil.make_archive(str(DIST / stem), "xztar", folder.parent, folder.name)
    return Path(made)


def main() -> None:
    """Do what the command line asks for, and say how large and how long it was."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--prepare", action="store_true", help="stop before PyInstaller")
    wanted = parser.parse_args()
    begun = time.monotonic()
    prepare()
    if wanted.prepare:
        return
    folder = freeze()
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size / 1e6:.0f} MB, {time.monotonic() - begun:.0f} s")
    packed = pack(folder)
    print(f"{packed}: {packed.stat().st_size / 1e6:.0f} MB, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
