"""The user's own angles as TOML, in the form of resources/angles.toml."""

from __future__ import annotations

import json
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING

from poseviewer.core.angle import MIDPOINTS, specs_of, standard_angles
from poseviewer.core.assets import make_private, resource, user_folder
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import write_file
from poseviewer.core.skeleton import load_skeleton

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from poseviewer.core.angle import AngleSpec

LONGEST_NAME = 32
"""Letters that fit beside a value on the picture and in the list."""

_HEAD = """# Custom angles. PoseViewer rewrites this file when you change them in the window.
# points: two joints for a segment (from the second to the first, against the horizontal),
# three for a joint (vertex in the middle), four for two segments (first to second, third to
# fourth). Value in degrees = (measured + offset) * scale; scale is 1 or -1; period is 360, or
# 180 for a line without a direction. {side} stands for right and for left.
"""


def own_angles_path() -> Path:
    """Return where the user's own angles are stored."""
    return user_folder("config") / "angles.toml"


def read_angles(path: Path) -> tuple[AngleSpec, ...]:
    """Return the angles that the file defines; none where there is no file.

    Raises:
        PoseViewerError: It cannot be read or breaks a rule; the sentence says which.
    """
    try:
        if not path.exists():
            return ()
        made = specs_of(path.read_text(encoding="utf-8"))
    except KeyError as error:
        msg = f"{path}: an angle lacks {error}; correct the file or remove it."
        raise PoseViewerError(msg) from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        msg = f"{path} cannot be read as angles ({error}); correct the file or remove it."
        raise PoseViewerError(msg) from error
    for number, spec in enumerate(made):
        trouble = angle_trouble(spec, others=made[:number])
        if trouble:
            msg = f"{path}: the angle {spec.name!r} cannot be used: {trouble}"
            raise PoseViewerError(msg)
    return made


def write_angles(path: Path, specs: Sequence[AngleSpec]) -> None:
    """Replace the file by these angles, at once or not at all.

    Raises:
        PoseViewerError: It cannot be written.
    """
    tables = [
        "\n".join(
            (
                "[[angle]]",
                f"name = {json.dumps(spec.name, ensure_ascii=False)}",
                f"points = {json.dumps(spec.points)}",
                f"offset = {float(spec.offset)!r}",
                f"scale = {float(spec.scale)!r}",
                f"period = {spec.period}",
            )
        )
        for spec in specs
    ]
    text = "\n".join([_HEAD, *(table + "\n" for table in tables)])
    try:
        write_file(path, text, durable=True)
        make_private(path)
    except OSError as error:
        msg = f"The angles cannot be saved in {path}: {error.strerror}."
        raise PoseViewerError(msg) from error


def angle_trouble(spec: AngleSpec, *, others: Sequence[AngleSpec] = ()) -> str:
    """Return why an angle cannot be used, as a sentence; empty where it can.

    Args:
        spec: The angle.
        others: The user's other angles, whose names are taken.
    """
    taken = {other.name for other in (*standard_angles(), *others)}
    points = spec.points
    unknown = [name for name in points if name not in _known_points()]
    # The ends of each segment must differ; a vertex belongs to two.
    ends = {2: [(0, 1)], 3: [(0, 1), (1, 2), (0, 2)], 4: [(0, 1), (2, 3)]}.get(len(points), [])
    rules = (
        (spec.name.strip() == spec.name != "", "Give it a name."),
        (spec.name.isprintable(), "Its name contains a character that cannot be shown."),
        (len(spec.name) <= LONGEST_NAME, f"Its name is longer than {LONGEST_NAME} letters."),
        (spec.name not in taken, f"There is an angle called {spec.name} already."),
        (len(points) in (2, 3, 4), "Choose two, three or four joints."),
        (not unknown, f"No skeleton has a joint called {', '.join(unknown)}."),
        (all(points[a] != points[b] for a, b in ends), "Choose joints that differ."),
        (len(points) != 4 or {*points[:2]} != {*points[2:]}, "Choose two segments that differ."),
        (isfinite(spec.offset) and abs(spec.offset) <= 360, "The offset is -360 to 360 degrees."),
        (spec.scale in (1, -1), "The scale is 1 or -1."),
        (spec.period in (180, 360), "The period is 180 or 360."),
    )
    return next((rule for fine, rule in rules if not fine), "")


@cache
def _known_points() -> frozenset[str]:
    """Return every joint of every skeleton and of the standard angles, and what can be derived."""
    names = [path.stem for path in resource("skeletons").glob("*.toml")]
    joints = {joint for name in names for joint in load_skeleton(name).joints}
    standard = {point for spec in standard_angles() for point in spec.points}
    return frozenset(joints | standard | MIDPOINTS.keys())
