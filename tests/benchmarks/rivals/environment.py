"""The environment that MediaPipe runs in: made once, in an ignored folder, with pinned versions.

The wheel of MediaPipe holds the detector and the `full` model of its Pose solution only; `lite`
and `heavy` it fetches when they are first used. Here they come from the npm package of the same
solution, whose `full` is the wheel's to the last bit, or from a folder that is given.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

MEDIAPIPE = "0.10.21"
REQUIRED = (
    f"mediapipe=={MEDIAPIPE}",
    "numpy==1.26.4",
    "opencv-contrib-python==4.11.0.86",
    "protobuf==4.25.9",
    # These two are here for the sample pictures in their wheels.
    "scikit-image==0.26.0",
    "scikit-learn==1.9.1",
)
NPM = "@mediapipe/pose@0.5.1675469404"
MODELS = {
    "lite": "2ff4286131d9ecfdfdb76693bfe7ad8f",
    "full": "80700fe9e5514be16bd8f8f773f2bbd7",
    "heavy": "52337aea988efa7ce17851641f4b730a",
}
"""MD5 of each `pose_landmark_*.tflite`, to know that it is the one that was measured before."""

COMPLEXITY = {"lite": 0, "full": 1, "heavy": 2}
"""What the solution calls `model_complexity`."""


def python_of(folder):
    """The interpreter of a virtual environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def packages_of(folder):
    """The folder of the packages of an environment."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    found = subprocess.run([python_of(folder), "-c", code], check=True, capture_output=True)
    return Path(found.stdout.decode().strip())


def prepare(folder, *, models=None):
    """Make the environment, unless it is there, with the three models in it.

    Args:
        folder: Where.
        models: A folder with `pose_landmark_lite.tflite` and `pose_landmark_heavy.tflite`; from npm
            where None.
    """
    if not python_of(folder).is_file():
        print(f"Making {folder} with {REQUIRED[0]}", file=sys.stderr)
        venv.create(folder, with_pip=True)
    pip = [python_of(folder), "-m", "pip", "--disable-pip-version-check"]
    there = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout
    if not set(REQUIRED) <= set(there.split()):
        subprocess.run([*pip, "install", "--quiet", *REQUIRED], check=True)
    place = packages_of(folder) / "mediapipe" / "modules" / "pose_landmark"
    missing = [name for name in MODELS if not file_of(place, name).is_file()]
    if missing and models is not None:
        for name in missing:
            shutil.copyfile(file_of(models, name), file_of(place, name))
    elif missing:
        fetch(missing, place)
    for name, known in MODELS.items():
        found = hashlib.md5(file_of(place, name).read_bytes()).hexdigest()
        if found != known:
            print(f"{file_of(place, name)} is another model than was measured", file=sys.stderr)


def file_of(folder, name):
    """The file of a model in a folder."""
    return folder / f"pose_landmark_{name}.tflite"


def fetch(names, place):
    """Take models out of the npm package."""
    print(f"Fetching {', '.join(names)} from {NPM}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", NPM, "--silent"], check=True, cwd=folder, stdout=2)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as pack:
            for name in names:
                member = pack.extractfile(f"package/{file_of(Path(), name)}")
                file_of(place, name).write_bytes(member.read())
