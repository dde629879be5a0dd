"""The JSON card beside weights: what is known of them, checked."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from poseviewer.core.reading import listing, mapping, number, read_json, reading, word

if TYPE_CHECKING:
    from pathlib import Path

_HASH = re.compile(r"[0-9a-f]{64}")


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
        if "file" in found:
            for key in ("name", "kind", "sha256"):
                word(mapping(found["file"], "its file")[key], f"the {key} of its file")
        return found
