"""The measures: PCK, PCKh and PDJ, PCP, and COCO's OKS with its AP and AR (docs/facts/metrics.md).

Numbers of different papers differ by rule, by threshold side, by kind of mean and by the joints
that count, so every score carries all four. Joints have names (`right_hip`) rather than numbers,
so that one rule serves every data set's order.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.percent import percent
from poseviewer.core.skeleton import load_skeleton

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Side = Literal["<=", "<"]
"""Whether an error equal to the threshold is right."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When an answer is right."""

    name: str
    """Of the measure, such as `PCK`."""

    error: str
    """What is compared, such as `error`."""

    length: str
    """What the threshold is a share of, such as `torso`."""

    threshold: float
    """The largest share of the length that is right."""

    side: Side = "<="

    @property
    def title(self) -> str:
        """Short, such as `PCK@0.2`."""
        return f"{self.name}@{self.threshold:g}"

    def __str__(self) -> str:
        """In full, such as `PCK@0.2: error <= 0.2 x torso`."""
        return f"{self.title}: {self.error} {self.side} {self.threshold:g} x {self.length}"

    def at(self, threshold: float) -> Rule:
        """The same rule with another threshold."""
        return replace(self, threshold=threshold)

    def right(self, error: NDArray[np.floating], length: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Which errors are right; NaN, an answer that was not given, is wrong."""
        limit = self.threshold * length
        answer: NDArray[np.bool_] = error <= limit if self.side == "<=" else error < limit
        return answer


@dataclass(frozen=True, slots=True)
class Score:
    """One number, and all that another must share to be compared with it."""

    value: float
    """0 to 1, NaN where nothing counted."""

    rule: str
    """In full."""

    mean: str
    """How parts became one number, such as `pooled over 14 joints`."""

    counted: int
    """Labelled joints (or limbs) of all people."""

    def __str__(self) -> str:
        """In full, for people."""
        share = percent(self.value, digits=2)
        return f"{share} % ({self.rule}; {self.mean}; {self.counted:,} counted)"


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """How many answers were right, by joint (or limb)."""

    rule: Rule

    parts: tuple[str, ...]
    """Names, such as `right_knee`."""

    right: NDArray[np.int64]
    """(k,)."""

    counted: NDArray[np.int64]
    """(k,) labelled ones."""

    noun: str = "joints"
    """What the parts are."""

    @property
    def each(self) -> NDArray[np.float64]:
        """Share right of each part (k,), NaN where none is labelled."""
        share = np.full(len(self.parts), np.nan)
        np.divide(self.right, self.counted, out=share, where=self.counted > 0)
        return share

    def mean(self, parts: Sequence[str] | None = None) -> Score:
        """The mean of the parts' shares: each part weighs the same."""
        chosen = self._chosen(parts)
        shares = self.each[chosen]
        known = shares[np.isfinite(shares)]
        value = float(known.mean()) if len(known) else float("nan")
        return self._score(value, f"mean of {len(known)} {self.noun}", chosen)

    def pooled(self, parts: Sequence[str] | None = None) -> Score:
        """All right answers over all labels: a part that is labelled more often weighs more."""
        chosen = self._chosen(parts)
        total = int(self.counted[chosen].sum())
        value = int(self.right[chosen].sum()) / total if total else float("nan")
        labelled = int((self.counted[chosen] > 0).sum())
        return self._score(value, f"pooled over {labelled} {self.noun}", chosen)

    def _chosen(self, parts: Sequence[str] | None) -> list[int]:
        if parts is None:
            return list(range(len(self.parts)))
        return [self.parts.index(part) for part in parts]

    def _score(self, value: float, mean: str, chosen: list[int]) -> Score:
        return Score(value, str(self.rule), mean, int(self.counted[chosen].sum()))


def tally(
    errors: NDArray[np.floating],
    *,
    lengths: NDArray[np.floating],
    seen: NDArray[np.bool_],
    rule: Rule,
    parts: tuple[str, ...],
    noun: str = "joints",
) -> Tally:
    """Count right answers.

    Args:
        errors: (n, k) distances; NaN where no answer was given, which is wrong.
        lengths: (n,) or (n, k) what the threshold is a share of, in the same unit; where it is
            NaN nothing counts.
        seen: (n, k) what is labelled; the rest does not count.
        rule: When an error is right.
        parts: k names.
        noun: What the parts are.
    """
    wide = np.broadcast_to(lengths if lengths.ndim == 2 else lengths[:, None], errors.shape)
    counted = seen & np.isfinite(wide)
    right = rule.right(errors, wide) & counted
    return Tally(rule, parts, right.sum(axis=0), counted.sum(axis=0), noun)


PCK = Rule("PCK", "error", "torso (left shoulder to right hip of the truth)", 0.2)
PCKH = Rule("PCKh", "error", "head size (0.6 x diagonal of the head rectangle)", 0.5)
PCK_EITHER = replace(
    PCK,
    length="torso (left shoulder to right hip of the truth; the other diagonal where unlabelled)",
)
"""For data sets that leave joints unlabelled, with `torsos(..., either=True)`."""
PDJ_EITHER = replace(PCK_EITHER, name="PDJ")

_NOT_SCORED = ("pelvis", "thorax")


def errors(found: NDArray[np.floating], truth: NDArray[np.floating]) -> NDArray[np.float64]:
    """Distances (n, k) between joints (n, k, 2); NaN where one was not found."""
    apart = np.asarray(found, np.float64) - np.asarray(truth, np.float64)
    distance: NDArray[np.float64] = np.linalg.norm(apart, axis=-1)
    return distance


def mpii_means(counts: Tally) -> dict[str, Score]:
    """The three means of PCKh in use, which differ by more than a point on the same answers.

    Args:
        counts: Of MPII's joints.

    Returns:
        `mean14` (bearpaw, anibali), `pooled14` (HRNet, mmpose) and `pooled16` (princeton); 14
        leaves out pelvis and thorax, and without these there is no 16.
    """
    scored = [part for part in counts.parts if part not in _NOT_SCORED]
    means = {"mean14": counts.mean(scored), "pooled14": counts.pooled(scored)}
    if len(scored) < len(counts.parts):
        means["pooled16"] = counts.pooled()
    return means


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Counts over growing thresholds."""

    tallies: tuple[Tally, ...]
    """By threshold, smallest first."""

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """(m,)."""
        return np.array([one.rule.threshold for one in self.tallies])

    def pooled(self, parts: Sequence[str] | None = None) -> NDArray[np.float64]:
        """The pooled share at each threshold (m,)."""
        return np.array([one.pooled(parts).value for one in self.tallies])

    def area(self, parts: Sequence[str] | None = None) -> Score:
        """AUC: the trapezoid under the pooled curve, divided by its range."""
        last, at = self.tallies[-1], self.thresholds
        rule, pooled = last.rule, last.pooled(parts)
        text = (
            f"AUC of {rule.name} over {at[0]:g} to {at[-1]:g} ({len(at)} points, trapezoid): "
            f"{rule.error} {rule.side} share x {rule.length}"
        )
        value = float(np.trapezoid(self.pooled(parts), at) / (at[-1] - at[0]))
        return Score(value, text, pooled.mean, pooled.counted)


def curve(
    errors: NDArray[np.floating],
    *,
    lengths: NDArray[np.floating],
    seen: NDArray[np.bool_],
    rule: Rule,
    parts: tuple[str, ...],
    until: float = 0.5,
    points: int = 51,
) -> Curve:
    """Counts at evenly spaced thresholds from 0 `until` a share; arguments as of `tally`."""
    at = np.linspace(0.0, until, points)
    return Curve(
        tuple(
            tally(errors, lengths=lengths, seen=seen, rule=rule.at(float(t)), parts=parts)
            for t in at
        )
    )


Strictness = Literal["strict", "loose"]

STRICT = Rule("PCP strict", "both ends' errors", "the limb's true length", 0.5)
LOOSE = Rule("PCP loose", "mean of both ends' errors", "the limb's true length", 0.5)

# An end is a joint, or the middle of two. The order is that of the sticks of LSP.
_Limb = tuple[str, tuple[str, ...], tuple[str, ...]]
LIMBS: tuple[_Limb, ...] = (
    ("right_lower_leg", ("right_ankle",), ("right_knee",)),
    ("right_upper_leg", ("right_knee",), ("right_hip",)),
    ("left_upper_leg", ("left_hip",), ("left_knee",)),
    ("left_lower_leg", ("left_knee",), ("left_ankle",)),
    ("right_lower_arm", ("right_wrist",), ("right_elbow",)),
    ("right_upper_arm", ("right_elbow",), ("right_shoulder",)),
    ("left_upper_arm", ("left_shoulder",), ("left_elbow",)),
    ("left_lower_arm", ("left_elbow",), ("left_wrist",)),
    ("head", ("neck",), ("head_top",)),
    ("torso", ("right_hip", "left_hip"), ("right_shoulder", "left_shoulder")),
)
"""Name, one end and the other."""

FOUR_LIMBS = {
    "upper_arm": ("right_upper_arm", "left_upper_arm"),
    "lower_arm": ("right_lower_arm", "left_lower_arm"),
    "upper_leg": ("right_upper_leg", "left_upper_leg"),
    "lower_leg": ("right_lower_leg", "left_lower_leg"),
}
"""The classes that DeepPose averages; others average all ten sticks."""


def sticks(
    joints: NDArray[np.floating], *, names: Sequence[str]
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """The limbs whose joints all exist, as segments.

    Args:
        joints: (n, k, 2), NaN where unknown.
        names: k joint names.

    Returns:
        Names of m limbs, and (n, m, 2, 2): end, then x and y; NaN where an end is unknown.
    """
    known = set(names)
    chosen = [limb for limb in LIMBS if known.issuperset((*limb[1], *limb[2]))]
    ends = np.empty((len(joints), len(chosen), 2, 2))
    for number, (_, *both) in enumerate(chosen):
        for end, joined in enumerate(both):
            at = [names.index(joint) for joint in joined]
            ends[:, number, end] = joints[:, at].astype(np.float64).mean(axis=1)
    return tuple(limb[0] for limb in chosen), ends


def pcp(
    found: NDArray[np.floating],
    truth: NDArray[np.floating],
    *,
    parts: tuple[str, ...],
    strictness: Strictness = "strict",
    threshold: float = 0.5,
) -> Tally:
    """Count right limbs.

    Args:
        found: Segments (n, m, 2, 2); NaN where an end was not found, which is wrong.
        truth: Segments (n, m, 2, 2); those with NaN do not count.
        parts: m limb names.
        strictness: Whether each end, or the mean of the two, must be near enough. The loose
            form is that of older toolkits and gives three to eight points more.
        threshold: Share of the limb's true length, inclusive.
    """
    truth = truth.astype(np.float64)
    apart = np.linalg.norm(found - truth, axis=-1)
    # The worse of two ends decides whether both are right; NaN survives both.
    error = apart.max(axis=-1) if strictness == "strict" else apart.mean(axis=-1)
    lengths = np.linalg.norm(truth[:, :, 0] - truth[:, :, 1], axis=-1)
    rule = replace(STRICT if strictness == "strict" else LOOSE, threshold=threshold)
    seen = np.isfinite(lengths)
    return tally(error, lengths=lengths, seen=seen, rule=rule, parts=parts, noun="limbs")


STATS = ("AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL")
"""In pycocotools' order."""


def sigmas(joints: Sequence[str]) -> NDArray[np.float64]:
    """COCO's constant of each joint (k,).

    Raises:
        KeyError: COCO has none for a joint.
    """
    coco = load_skeleton("coco-17")
    # The skeleton holds them in float32; COCO states three digits.
    known = dict(zip(coco.joints, coco.sigmas.astype(np.float64).round(3), strict=True))
    return np.array([known[joint] for joint in joints])


def oks(
    found: NDArray[np.floating],
    truth: NDArray[np.floating],
    *,
    seen: NDArray[np.bool_],
    area: NDArray[np.floating],
    constants: NDArray[np.floating],
) -> NDArray[np.float64]:
    """Object keypoint similarity of each answer to each truth.

    Args:
        found: Answers (m, k, 2); a joint that was not found is not similar at all.
        truth: (n, k, 2).
        seen: (n, k) labelled joints.
        area: (n,) of the truth's segments, square pixels.
        constants: sigma of each joint (k,); the variance is (2 sigma)^2.

    Returns:
        (m, n), 0 to 1; NaN for a truth without a labelled joint.
    """
    squared = ((found[:, None].astype(np.float64) - truth[None]) ** 2).sum(axis=-1)
    spread = 2 * (area[:, None] + np.spacing(1)) * (2 * constants[None]) ** 2
    near = np.nan_to_num(np.exp(-squared / spread[None]))
    count = seen.sum(axis=1)
    total = (near * seen).sum(axis=-1)
    similar: NDArray[np.float64] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return similar


def average_precision(
    truth: Mapping[str, Any],
    found: Sequence[Mapping[str, Any]],
    *,
    joints: Sequence[str] | None = None,
    constants: NDArray[np.floating] | None = None,
    areas: Sequence[float] | None = None,
) -> dict[str, Score]:
    """COCO's AP and AR over OKS 0.50:0.05:0.95, at most 20 people a picture; pycocotools matches.

    Args:
        truth: A COCO keypoint table: `images`, `annotations` (with `area`), `categories`.
        found: COCO results: `image_id`, `category_id`, `keypoints`, `score`.
        joints: Names of the keypoints in both; COCO's 17 where None.
        constants: sigma of each; COCO's where None.
        areas: Of the answers, square pixels; of the boxes around their keypoints where None.

    Returns:
        By name, in the order of `STATS`; NaN where COCO leaves one undefined.

    Raises:
        PoseViewerError: The table lacks something that AP needs, or pycocotools is not installed.
    """
    # Here, so that other measures load without it.
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError as error:
        msg = "Average precision needs pycocotools; install it with: pip install poseviewer[eval]."
        raise PoseViewerError(msg) from error

    def indexed(annotations: Sequence[Mapping[str, Any]]) -> Any:
        table = COCO()
        table.dataset = {**truth, "annotations": [dict(one) for one in annotations]}
        table.createIndex()
        return table

    names = load_skeleton("coco-17").joints if joints is None else joints
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            table = indexed(truth["annotations"])
            # loadRes cannot take an empty list.
            answers = table.loadRes([dict(one) for one in found]) if found else indexed([])
            for number, area in enumerate(areas or (), start=1):
                answers.anns[number]["area"] = area
            judge = COCOeval(table, answers, "keypoints")
            judge.params.kpt_oks_sigmas = sigmas(names) if constants is None else constants
            judge.evaluate()
            judge.accumulate()
            judge.summarize()
        except KeyError as error:
            msg = f"The COCO table lacks {error} of an annotation, which OKS needs."
            raise PoseViewerError(msg) from error
    people = [one["keypoints"] for one in truth["annotations"] if not one.get("iscrowd")]
    count = sum(sum(flag > 0 for flag in points[2::3]) for points in people)
    rule = "{}: COCO keypoints, OKS >= threshold, k = 2 sigma, at most 20 people a picture"
    mean = f"{len(names)} joints, 101-point precision"
    return {
        name: Score(float(v) if v >= 0 else float("nan"), rule.format(name), mean, count)
        for name, v in zip(STATS, judge.stats, strict=True)
    }
