"""What is known of weights without reading them: their hash, and the JSON card beside them."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Protocol

from poseviewer.core.assets import beside_weights
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import listing, mapping, number, read_json, reading, word
from poseviewer.models.graphs import exported

if TYPE_CHECKING:
    from pathlib import Path


class HasWeights(Protocol):
    """A network with a file of weights."""

    @property
    def weights_path(self) -> Path | None:
        """Where the weights should lie, whether they are there or not."""


_HASH = re.compile(r"[0-9a-f]{64}")

_WIDEST = 1e6
"""The greatest number that a range for int8 can end with."""


def read_facts(path: Path) -> dict[str, Any]:
    """Read a card: hash, data, training, accuracy; all its numbers are finite.

    Raises:
        PoseViewerError: It is no such card.
    """
    advice = "fetch or import the weights again"
    with reading(path.name, kind="the card of a network's weights", advice=advice):
        found = mapping(read_json(path), "it")
        # Says of every number in it whether it is finite.
        json.dumps(found, allow_nan=False)
        if _HASH.fullmatch(word(found.get("sha256", "0" * 64), "its sha256")) is None:
            msg = "its sha256 is no hash"
            raise ValueError(msg)
        for name, numbers in mapping(found.get("validation", {}), "its validation").items():
            for rule, values in numbers.items() if isinstance(numbers, dict) else ():
                if rule.startswith("pck@"):
                    for value in listing(values, f"{rule} of {name}"):
                        number(value, f"{rule} of {name}", low=0, high=1)
        if "int8" in found:
            _check_ranges(mapping(found["int8"], "its ranges for int8"))
        if "file" in found:
            for key in ("name", "kind", "sha256"):
                word(mapping(found["file"], "its file")[key], f"the {key} of its file")
        return found


def _check_ranges(ranges: dict[str, Any]) -> None:
    for low, high in zip(ranges["low"], ranges["high"], strict=True):
        if low is not None or high is not None:
            least = number(low, "the start of a range", low=-_WIDEST, high=_WIDEST)
            number(high, "the end of a range", low=least, high=_WIDEST)


def facts(card: HasWeights) -> dict[str, Any]:
    """Read the JSON card beside the weights: hash, data, training, accuracy.

    Empty where there is none.

    Raises:
        PoseViewerError: The file is no such card.
    """
    path = card.weights_path
    described = None if path is None else beside_weights(path, f"{path.stem}.json")
    return {} if described is None or not described.is_file() else read_facts(described)


def weights_hash(card: HasWeights) -> str:
    """The SHA-256 of the weights of a network that ships; empty where it is not known.

    Weights that lie there must be those that the JSON card describes. Where they are left out,
    because the network was exported, the card's word is taken.

    Raises:
        PoseViewerError: They are others.
    """
    known: str | None = facts(card).get("sha256")
    path = card.weights_path
    if path is not None and path.is_file():
        return check_digest(path, known)
    return known or ""


def graph_exported(path: Path) -> bool:
    """Whether the network of a file of weights was exported, whether the file is there or not."""
    described = path.with_suffix(".json")
    return described.is_file() and exported(path.stem, read_facts(described).get("sha256", ""))


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_digest(path: Path, sha256: str | None) -> str:
    """SHA-256 of a file, after a comparison with what it must be, where that is known.

    Raises:
        PoseViewerError: It is another file.
    """
    found = digest(path)
    if sha256 is not None and found != sha256:
        msg = f"{path.name} is not the file that its card describes; fetch or train it again."
        raise PoseViewerError(msg)
    return found
