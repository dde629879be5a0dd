"""The choices of a person as JSON, for the settings of the window and for projects.

Choices that belong to one clip, or have a file of their own, are not among them; those that mean
a person or a pair of clips are among those of a project alone. What cannot be used is left as it
was, and named.
"""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any, TypeVar, get_args

from poseviewer.core.angle import FacingChoice
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.filters import parse_filter
from poseviewer.core.reading import is_word, number, whole
from poseviewer.core.repetitions import PROMINENCES, TIMES_APART
from poseviewer.core.travel import TALLEST
from poseviewer.draw.colour import COLORMAPS
from poseviewer.runtime.sections import LONGEST_WINDOW, Decoding, Panes, ReadingState, RegionMode

_NOT_AMONG = (
    "box", "custom", "focus", "locked", "hidden", "names", "second", "threads", "read_with",
)  # fmt: skip
_OF_PROJECTS = ("joint", "height", "second_offset")

_Kind = TypeVar("_Kind")

_OFFERED: dict[str, tuple[str, ...]] = {
    "engine": ("auto", "torch", "openvino"),
    "device": ("auto", "cpu", "cuda", "mps"),
    "precision": ("fp32", "bf16", "int8"),
    "decoding": get_args(Decoding),
    "region": get_args(RegionMode),
    "facing": get_args(FacingChoice),
    "panes": get_args(Panes),
    "colormap": COLORMAPS,
    "said": ("corrected", "network", "both"),
    "depth_source": ("all", "lifter", "network"),
}
"""What can be chosen."""

_RANGES = {
    "gate": (0, 1),
    "track_window": (0, LONGEST_WINDOW),
    "opacity": (0, 1),
    "min_cutoff": (1e-3, 1e3),
    "beta": (0, 1e3),
    "d_cutoff": (1e-3, 1e3),
    "prominence": PROMINENCES,
    "apart": TIMES_APART,
    "height": (0, TALLEST),
    "second_offset": (-1e6, 1e6),
    "depth_turn": (-180, 180),
    "depth_tilt": (-20, 90),
    "ghost": (0, 999),
    "overlay_stage": (0, 999),
    "overlay_channel": (0, 9999),
}
"""The lowest and the highest of each number."""


def choices_of(section: Any, *, project: bool = False) -> dict[str, Any]:
    """The choices of a section of the state, as what JSON can hold.

    Args:
        section: Of the state.
        project: Whether for a project, with what means its clips and the people in them.
    """
    out = _left_out(project=project)
    stored = {key: value for key, value in asdict(section).items() if key not in out}
    if stored.get("region") == "box":
        # The box was dragged on one clip.
        stored["region"] = ReadingState().region
    return stored


def restored(default: _Kind, stored: Any, *, project: bool = False) -> tuple[_Kind, list[str]]:
    """`default` with the choices of `stored` that can be used, and the names of the others.

    Args:
        default: The section.
        stored: As `choices_of` made it.
        project: Whether of a project.
    """
    if not isinstance(stored, dict):
        return default, [""]
    changes: dict[str, Any] = {}
    wrong: list[str] = []
    for field in fields(default):  # type: ignore[arg-type]
        if field.name in _left_out(project=project) or field.name not in stored:
            continue
        try:
            changes[field.name] = _checked(
                field.name, stored[field.name], getattr(default, field.name)
            )
        except (ValueError, PoseViewerError):
            wrong.append(field.name)
    made: _Kind = replace(default, **changes)  # type: ignore[type-var]
    return made, wrong


def _left_out(*, project: bool) -> tuple[str, ...]:
    return _NOT_AMONG if project else _NOT_AMONG + _OF_PROJECTS


def _checked(name: str, value: Any, usual: Any) -> Any:
    """A choice of the kind of its usual value, from those that can be made.

    Raises:
        ValueError, PoseViewerError: It is none.
    """
    if usual is None:
        low, high = _RANGES[name]
        return None if value is None else whole(value, name, low=int(low), high=int(high))
    if isinstance(usual, float):
        low, high = _RANGES[name]
        return number(value, name, low=low, high=high)
    words = isinstance(value, list) and all(is_word(part) for part in value)
    if isinstance(usual, tuple) and words:
        return tuple(value)
    fits = type(value) is type(usual) and (not isinstance(value, str) or is_word(value))
    if not fits or value not in _OFFERED.get(name, (value,)):
        msg = f"{name} is of another kind"
        raise ValueError(msg)
    if name == "filter":
        parse_filter(value)
    return value
