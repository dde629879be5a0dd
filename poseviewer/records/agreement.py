"""How far two sources of poses lie apart, as a table: CSV or JSON.

`out.csv`, one row per joint and per angle that both have:
    kind      joint or angle
    name      such as left_knee (a joint) or left knee (an angle)
    unit      px, source pixels, or deg, degrees
    count     people in frames of which both have it
    median    of the distance, or of the difference without its sign
    p95       95th percentile of the same
    bias      mean of the network's less the other's: degrees of an angle; of a joint two columns
    bias_x, bias_y    of a joint, pixels; y points down
    median_torso, p95_torso    of a joint: the distance in torsos of the other

`out.json`: `about` (clip, network, gate, other) and `rows` of the same.
"""

from __future__ import annotations

import csv
import io
import json
from math import isfinite
from typing import TYPE_CHECKING, Any

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poseviewer.core.agreement import Agreement, Spread

ENDINGS = (".csv", ".json")

_COLUMNS = (
    *("kind", "name", "unit", "count", "median", "p95", "bias", "bias_x", "bias_y"),
    *("median_torso", "p95_torso"),
)


def agreement_text(found: Agreement, *, about: Mapping[str, object], kind: str) -> str:
    """Return the contents of a file of `kind`, one of `ENDINGS`.

    Args:
        found: The figures.
        about: What was compared, for JSON.
        kind: Ending of the file's name.

    Raises:
        PoseViewerError: There is no such kind.
    """
    check_kind(kind)
    if kind == ".json":
        return json.dumps({"about": dict(about), "rows": _rows(found)}, indent=1) + "\n"
    text = io.StringIO()
    table = csv.DictWriter(text, _COLUMNS, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(_rows(found))
    return text.getvalue()


def check_kind(kind: str) -> None:
    """Check that `kind` is one of `ENDINGS`.

    Raises:
        PoseViewerError: It is not.
    """
    if kind not in ENDINGS:
        msg = f"A comparison is written as {' or '.join(ENDINGS)}, not as {kind or 'a file'}."
        raise PoseViewerError(msg)


def _rows(found: Agreement) -> list[dict[str, Any]]:
    every = (("joint", "px", found.joints), ("angle", "deg", found.angles))
    return [
        {"kind": kind, "unit": unit, **_row(one)}
        for kind, unit, spreads in every
        for one in spreads
    ]


def _row(one: Spread) -> dict[str, Any]:
    row = {"name": one.name, "count": one.count}
    row |= {"median": _number(one.median), "p95": _number(one.high)}
    names = ("bias",) if len(one.bias) == 1 else ("bias_x", "bias_y")
    row |= {name: _number(value) for name, value in zip(names, one.bias, strict=True)}
    if one.shares is not None:
        row |= {"median_torso": _number(one.shares[0]), "p95_torso": _number(one.shares[1])}
    return row


def _number(value: float) -> float | None:
    # No minus before a nought.
    return round(value, 4) + 0.0 if isfinite(value) else None
