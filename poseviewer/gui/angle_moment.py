"""What the angles are at the moment that is shown, in values and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from poseviewer.runtime.state import History, View


def now(view: View, history: History) -> float:
    """The time of the frame that is shown, seconds since the first one."""
    source = view.source
    if source is not None and 0 <= view.transport.index < source.count:
        return float(source.times[view.transport.index])
    at = int(np.searchsorted(history.index, view.transport.index))
    return float(history.seconds[min(at, len(history.seconds) - 1)])


def runs_live(view: View) -> bool:
    """Whether the newest value is the one that is seen."""
    live = view.source is not None and view.source.live
    return live and view.transport.playing and view.past is None


def grows(view: View) -> bool:
    """Whether new values keep coming."""
    analysing = view.analysis is not None and not view.analysis.finished
    return view.transport.playing or analysing


def values(history: History, view: View) -> dict[str, float]:
    """The raw degrees of every angle at the frame that is shown."""
    at = int(np.searchsorted(history.index, view.transport.index))
    if runs_live(view):
        at = len(history.index) - 1
    elif at >= len(history.index) or history.index[at] != view.transport.index:
        return {}
    row = history.degrees[at]
    return {spec.name: float(row[n]) for n, spec in enumerate(history.specs)}


def why_empty(view: View) -> str:
    """What to do to see angles."""
    if view.source is None:
        return "No angles yet: open a clip or a camera."
    if view.model is None:
        return "No angles yet: the network is being loaded."
    if view.source.live:
        return "No angles yet: waiting for a person."
    return "No angles yet: play, or Analyse clip."
