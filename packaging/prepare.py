"""The environment in .venv: made when missing, brought up to date when its pins change.

    python packaging/prepare.py run      what the window and the commands need
    python packaging/prepare.py test     that, and everything the tests and checks need
    python packaging/prepare.py run --hashes
                                         packages only with the hashes in hashes.txt

Quick when there is nothing to do: a stamp in .venv holds a digest of pyproject.toml and
constraints.txt. Standard library only, for it runs before anything is installed.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
HASHES = ROOT / "packaging" / "hashes.txt"
ENVIRONMENT = ROOT / ".venv"
EXTRAS = {"run": "[eval]", "test": "[cluster,dev,docs,eval,formats,train]"}

OLDEST = (3, 11)
"""Version of Python that the program and the pins of constraints.txt need."""

TOO_NEW = (3, 15)
"""Version of Python that the pins have no wheels for."""

CONVERT = """
from poseviewer.runtime.factories import load_network
from poseviewer.runtime.sections import NetworkState
for name in ("hourglass-lite", "hourglass-accurate"):
    load_network(NetworkState(model=name, engine="openvino"))
"""
"""Converts what a first window runs, and the person detector, into the user's cache."""

LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
}
"""What Qt loads even offscreen, and the Debian package of each."""

SCREEN_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
"""What Qt's X11 platform loads on top."""

FONT = "fonts-dejavu-core"
FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.fonts",
    "~/.local/share/fonts",
)


def main() -> None:
    """Make ready for the purpose named on the command line."""
    purpose, *rest = sys.argv[1:] or [""]
    hashes = rest == ["--hashes"] and purpose == "run"
    if purpose not in EXTRAS or (rest and not hashes):
        sys.exit("usage: python packaging/prepare.py run|test, or run --hashes")
    # No newer syntax than that of Python 3.7 here: an older interpreter is the very case.
    complaint = unfit(sys.version_info[:3])
    if complaint:
        sys.exit(complaint)
    provide_libraries()
    provide_packages(purpose, hashes=hashes)


def unfit(version: tuple[int, int, int]) -> str:
    """What is wrong with an interpreter of this version, in a sentence; empty where nothing is."""
    if OLDEST <= version < TOO_NEW:
        return ""
    here = f"{sys.executable} is {'.'.join(map(str, version))}"
    newest = f"{TOO_NEW[0]}.{TOO_NEW[1] - 1}"
    if version < OLDEST:
        return (
            f"PoseViewer needs Python {OLDEST[0]}.{OLDEST[1]} to {newest}, and {here}: install one "
            f"(on Debian 12 or Ubuntu 24.04: sudo apt-get install python3 python3-venv; elsewhere, "
            f"for example: uv python install {newest}) and say `make PYTHON=python{newest} ...`."
        )
    return (
        f"PoseViewer's pins are for Python up to {newest}, and {here}: install {newest} beside it "
        f"(for example: uv python install {newest}) and say `make PYTHON=python{newest} ...`."
    )


def provide_libraries() -> None:
    """Install the system libraries that Qt lacks here, or say in one sentence which."""
    if not sys.platform.startswith("linux") or not missing_packages():
        return
    install_system_packages(missing_packages())
    lacking = missing_packages()
    if not lacking:
        return
    sentence = (
        f"Qt needs the system packages {' '.join(lacking)}: install them "
        f"(on Debian or Ubuntu: sudo apt-get install {' '.join(lacking)}) and try again."
    )
    # Without the first group nothing of Qt loads; the rest matters only on an X11 screen.
    if set(lacking) & set(LIBRARIES.values()):
        sys.exit(sentence)
    print(sentence, file=sys.stderr)


def missing_packages() -> list[str]:
    """The Debian packages whose library cannot be loaded, or whose font is not there."""
    wanted = {**LIBRARIES, **SCREEN_LIBRARIES}
    missing = [package for library, package in wanted.items() if not loads(library)]
    return missing if has_font() else [*missing, FONT]


def loads(library: str) -> bool:
    """Whether the dynamic linker finds `library`."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_font() -> bool:
    """Whether there is one scalable font that Qt could draw text with."""
    return any(
        path.suffix.lower() in (".ttf", ".otf", ".ttc", ".pfb")
        for folder in FONT_FOLDERS
        for path in Path(folder).expanduser().rglob("*")
    )


def install_system_packages(names: list[str]) -> None:
    """Ask apt-get for `names`, where it is there and we may; failure shows in what is missing."""
    may = os.geteuid() == 0 or (shutil.which("sudo") and succeeds(["sudo", "-n", "true"]))
    if not may or not shutil.which("apt-get"):
        return
    print(f"Installing system packages: {' '.join(names)}", file=sys.stderr)
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    succeeds([*apt, "update"])
    install = [*apt, "-y", "--no-install-recommends", "install"]
    # One unknown name makes apt-get refuse all of them: then each gets its own chance.
    if not succeeds([*install, *names]):
        for name in names:
            succeeds([*install, name])


def provide_packages(purpose: str, *, hashes: bool = False) -> None:
    """Bring .venv to what pyproject.toml and the constraints say, unless it is there already.

    With `hashes`, an environment that was set up without them is made anew, and every package but
    PyTorch (see hash_pins.py) is installed only if its file has one of the hashes that are known.
    """
    digest = digest_of(ROOT / "pyproject.toml", CONSTRAINTS)
    checked = digest_of(ROOT / "pyproject.toml", CONSTRAINTS, HASHES)
    # A complete environment serves both purposes.
    stamps = {name: ENVIRONMENT / f".ready-{name}" for name in EXTRAS}
    good = [stamps["test"]] if purpose == "test" else list(stamps.values())
    python = ENVIRONMENT / "bin" / "python"
    fine = (checked,) if hashes else (digest, checked)
    if any(stamp.is_file() and stamp.read_text() in fine for stamp in good) and python.exists():
        return
    print(
        "Setting up .venv: a few minutes the first time, nothing to do the next.", file=sys.stderr
    )
    usable = [str(python), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    # What was installed without its hash is not checked afterwards.
    if hashes or not succeeds(usable):
        make_environment()
    command = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    what = ["--constraint", str(CONSTRAINTS), "--editable", f".{EXTRAS[purpose]}"]
    if hashes:
        install([*command, "--require-hashes", "--no-deps", "--requirement", str(HASHES)])
        # With the setuptools that was just checked, not with another one fetched to build.
        what = ["--no-build-isolation", *what]
    install([*command, *what])
    if purpose == "run":
        # Else the first window would take these seconds. Where it fails, the window says why.
        succeeds([str(python), "-c", CONVERT])
    stamps[purpose].write_text(checked if hashes else digest)


def digest_of(*paths: Path) -> str:
    """The digest of what some files hold."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def install(command: list[str]) -> None:
    """Run pip, or end with a sentence."""
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        sys.exit("The packages could not be installed: what pip said stands above.")


def make_environment() -> None:
    """Make .venv anew with the interpreter that runs this."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    package = f"python{version}-venv"
    if not succeeds([sys.executable, "-c", "import ensurepip, venv"]):
        install_system_packages([package])
    if not succeeds([sys.executable, "-c", "import ensurepip, venv"]):
        sys.exit(
            f"{sys.executable} cannot make environments: install its venv module "
            f"(on Debian or Ubuntu: sudo apt-get install {package}) and try again."
        )
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)]).returncode:
        sys.exit(f"{ENVIRONMENT} could not be made: what Python said stands above.")


def succeeds(command: list[str]) -> bool:
    """Whether `command` can be run and ends well; what it prints is not shown."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    main()
