"""What happened to a joint over the stages, in a sentence; no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.stage import group_of, grouped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.convergence import Convergence
    from poseviewer.core.pose import Poses
    from poseviewer.core.stage import StageSpec
    from poseviewer.gui.convergence_figures import Reference
    from poseviewer.runtime.state import View


def sentence(
    found: Convergence,
    *,
    joint: int | None,
    joints: Sequence[str],
    names: Sequence[str],
    reference: Reference,
) -> str:
    """One line, such as `Left wrist: moved 38 px at stage 2, settled at stage 3.`, in words.

    Args:
        found: What is told.
        joint: Whose story; of all joints where None.
        joints: Names of the k joints.
        names: Of the s stages that answer, such as `stage 2`.
        reference: Whether the end of the story is the final answer or the truth.
    """
    true = reference == "truth"
    if joint is None:
        return _all_true(found, names) if true else _all_final(found, names)
    title = joints[joint].replace("_", " ").capitalize()
    return (_true if true else _final)(found, joint, title, names)


def names_of(specs: Sequence[StageSpec], numbers: Sequence[int]) -> tuple[str, ...]:
    """What papers call the stages with these numbers."""
    groups = grouped(specs)
    return tuple(groups[group_of(specs, number)].title for number in numbers)


def whose(poses: Poses) -> str:
    """Whom the figures are about, where there are several people: the first, by their number."""
    if len(poses) < 2:
        return ""
    return f"Person {max(int(poses.track[0]), 0)}. "


def why_empty(view: View) -> str:
    """What to do, or to wait for, where there is nothing to tell."""
    if view.source is None:
        return "How each joint's answer forms, stage by stage, appears here: open a clip."
    if view.model is None:
        return view.busy or "No network is loaded yet: choose one in the Model dock."
    if view.result is None:
        return "Waiting for the network's first answer."
    return "Nobody was found in this frame, so no joint has a way to show."


def _final(found: Convergence, joint: int, title: str, names: Sequence[str]) -> str:
    settled = int(found.settled[joint])
    if settled == len(names):
        return f"{title}: not found at {names[-1]}."
    if len(names) == 1:
        return f"{title}: found at {names[0]}; there is no other stage."
    missing = ~np.isfinite(found.xy[:, joint]).all(axis=1)
    if missing.any():
        first = int(np.flatnonzero(missing)[-1])
        return f"{title}: not found at {names[first]}, settled at {names[settled]}."
    moves = np.linalg.norm(np.diff(found.xy[:, joint], axis=0), axis=1)
    widest = int(moves.argmax())
    length = _length(float(moves[widest]), found.torso)
    if settled == 0:
        return f"{title}: in place from {names[0]} on; no stage moved it more than {length}."
    return f"{title}: moved {length} at {names[widest + 1]}, settled at {names[settled]}."


def _all_final(found: Convergence, names: Sequence[str]) -> str:
    settled = found.settled
    there = settled < len(names)
    if not there.any():
        return "No joint was found."
    last, count = int(settled[there].max()), int(there.sum())
    ready = int((settled == 0).sum())
    if last == 0:
        return f"All {count} joints are in place from {names[0]} on."
    return f"{ready} of {count} joints in place at {names[0]}, all settled at {names[last]}."


def _true(found: Convergence, joint: int, title: str, names: Sequence[str]) -> str:
    if found.truth is None or not np.isfinite(found.truth[joint]).all():
        return f"{title}: the truth of this joint is not known."
    error = found.error[:, joint]
    if not np.isfinite(error).any():
        return f"{title}: found at no stage."
    best = int(np.nanargmin(error))
    if not np.isfinite(error[-1]):
        return f"{title}: lost at {names[-1]}; best at {names[best]}, {_px(error[best])}."
    text = f"{title}: {_length(float(error[-1]), found.true_torso)} from the truth"
    if best == len(names) - 1:
        return f"{text}, and no earlier stage was nearer."
    return f"{text}; {names[best]} was nearer, {_px(error[best])}."


def _all_true(found: Convergence, names: Sequence[str]) -> str:
    hits = found.hits
    judged = np.isfinite(hits[-1])
    if not judged.any():
        known = found.error[-1][np.isfinite(found.error[-1])]
        if not len(known):
            return "The truth of this frame is not known."
        mean = _px(float(known.mean()))
        return f"{mean} from the truth on average; without a true torso no joint is judged."
    count = int(judged.sum())
    last, first = int(hits[-1, judged].sum()), int(hits[0, judged].sum())
    text = f"{last} of {count} joints within 20 % of the torso at {names[-1]}"
    return f"{text}, {first} at {names[0]}." if len(names) > 1 else f"{text}."


def _length(pixels: float, torso: float) -> str:
    if not np.isfinite(torso) or torso <= 0:
        return _px(pixels)
    return f"{_px(pixels)} ({100 * pixels / torso:.0f} % of the torso)"


def _px(pixels: float) -> str:
    return f"{pixels:.1f} px" if pixels < 10 else f"{pixels:.0f} px"
