"""The user's own angles as TOML, in the form of resources/angles.toml."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING

from poseviewer.core.angle import MIDPOINTS, specs_of_row, standard_angles
from poseviewer.core.assets import make_private, resource, user_folder
from poseviewer.core.errors import PoseViewerError, one_sentence
from poseviewer.core.files import write_file
from poseviewer.core.reading import listing, read_text, reading
from poseviewer.core.skeleton import load_skeleton

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from poseviewer.core.angle import AngleSpec

_LONGEST_FILE = 1 << 20
_MOST_ANGLES = 500
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
    made, troubles = _read(path)
    if troubles:
        raise PoseViewerError(troubles[0])
    return made


def usable_angles(path: Path) -> tuple[tuple[AngleSpec, ...], str]:
    """Return those angles of the file that can be used, and a sentence on the others.

    The sentence is empty where all of them can.
    """
    try:
        made, troubles = _read(path)
    except PoseViewerError as error:
        return (), str(error)
    if len(troubles) > 1:
        more = len(troubles) - 1
        return made, one_sentence(f"{troubles[0]} {more} more of its angles cannot be used either.")
    return made, troubles[0] if troubles else ""


def _read(path: Path) -> tuple[tuple[AngleSpec, ...], list[str]]:
    """Return the angles of a file, and a sentence on each that cannot be used."""
    if not path.exists():
        return (), []
    advice = "correct the file or remove it"
    with reading(path, kind="a file of angles", advice=advice):
        rows = tomllib.loads(read_text(path, most=_LONGEST_FILE)).get("angle", [])
        listing(rows, "what it calls angle")
    made: list[AngleSpec] = []
    troubles: list[str] = []
    for row in rows[:_MOST_ANGLES]:
        try:
            with reading(path, kind="a file of angles", advice=advice):
                specs = specs_of_row(row)
        except PoseViewerError as error:
            troubles.append(str(error))
            continue
        for spec in specs:
            trouble = angle_trouble(spec, others=made)
            if trouble:
                name = spec.name if len(spec.name) <= LONGEST_NAME else f"{spec.name[:20]}..."
                troubles.append(f"{path}: the angle {name!r} cannot be used: {trouble}")
            else:
                made.append(spec)
    if len(rows) > _MOST_ANGLES:
        troubles.append(f"{path} has more than {_MOST_ANGLES} angles; {advice}.")
    return tuple(made), troubles


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
        (not unknown, f"No skeleton has a joint called {', '.join(unknown)[:60]}."),
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
