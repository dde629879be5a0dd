"""What a tree of springs makes of the maps of one stage, beside the network's own answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import apply
from poseviewer.core.pose import Poses
from poseviewer.core.skeleton import common_names
from poseviewer.core.stage import StageOutput, StageSpec
from poseviewer.core.torso import torso_of
from poseviewer.runtime.side_task import SideTask, Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton

_SIGMA = 1.25
"""Cells that peaks are about as wide as, for the step from the middle of a cell."""

EVIDENCE, MESSAGE, COLLECTED, BACK, MARGINAL = range(5)
"""The stages of an answer."""

STAGES = ("own", "sent", "sum", "back", "share")
"""Their names, as short as their columns are narrow."""


def tree_result(result: FrameResult, stage: int) -> FrameResult:
    """Solve a pictorial structure on the maps of a stage, as a result with stages of its own.

    They are the evidence; what each joint tells its parent; what each has collected by then, which
    at the root comes from all; the way back, where each joint is as high as the best pose with it
    there is good; and how probable each place is over all poses. Messages and what is collected
    are 1 at their best. Of joints outside the tree all but the evidence is 0, and places are NaN.

    Args:
        result: With the maps of that stage, of belief maps.
        stage: 0-based.
    """
    from poseviewer.codec.heatmap import HeatmapCodec
    from poseviewer.codec.springs import SpringTree

    output = result.stage(stage)
    assert output is not None
    own = result.stage_poses[stage]
    skeleton = own.skeleton
    joints = len(skeleton.joints)
    maps = output.values[None, :joints]
    tree = SpringTree(common_names(skeleton.joints))
    solved = tree.solve(maps)
    placed = tree.decode(maps, sigma=_SIGMA)
    alone = HeatmapCodec(1, _SIGMA).decode(maps, method="dark", blur=True)
    favours = (
        np.exp(-_above(solved.messages)),
        np.exp(-_above(solved.collected)),
        np.exp(-_above(tree.way_back(solved))),
        tree.marginals(solved),
    )
    shown = np.zeros((len(STAGES), *maps.shape[1:]), np.float32)
    shown[EVIDENCE] = maps[0]
    for number, favour in enumerate(favours, start=1):
        shown[number, tree.channels] = favour[0, tree.nodes]
    # The root has no parent to tell anything.
    shown[MESSAGE, tree.channels[tree.nodes == 0]] = 0
    # As sure as the detector is of the place: springs add no evidence.
    shown[BACK] *= placed[1][0, :, None, None]
    stages = tuple(
        StageOutput(
            StageSpec(name, "heatmap", output.spec.stride, skeleton.joints),
            shown[number].copy(),
            output.to_frame.copy(),
            number,
        )
        for number, name in enumerate(STAGES)
    )
    box = own.box[:1] if len(own) else np.zeros((1, 4), np.float32)
    nobody = np.full(1, -1)

    def poses(found: tuple[NDArray[np.float64], NDArray[np.float32]]) -> Poses:
        xy = np.full(found[0].shape, np.nan, np.float32)
        xy[:, tree.channels] = apply(output.to_frame, found[0])[:, tree.channels]
        return Poses(xy, found[1].clip(0, 1), box, nobody, skeleton)

    tree_poses, none = poses(placed), Poses.nobody(skeleton)
    answers = (poses(alone), none, none, tree_poses, tree_poses)
    return replace(
        result, poses=tree_poses, stage_poses=answers, stages=stages, smoothed=None, parsings=()
    )


def tree_joints(skeleton: Skeleton) -> tuple[int, ...]:
    """The joints of a skeleton that are in the tree, the root first."""
    from poseviewer.codec.springs import SpringTree

    return tuple(SpringTree(common_names(skeleton.joints)).channels.tolist())


def counted_twice(poses: Poses, *, share: float = 0.15) -> tuple[str, ...]:
    """Name the joints that lie on those of the other side, such as `ankle`.

    Args:
        poses: The first person counts.
        share: Of the torso within which they lie on each other.
    """
    skeleton, xy = poses.skeleton, poses.xy[0]
    torso = torso_of(xy, skeleton.joints)
    return tuple(
        name.removeprefix("left_").replace("_", " ")
        for joint, name in enumerate(skeleton.joints)
        if name.startswith("left_")
        and name.endswith(("wrist", "elbow", "knee", "ankle"))
        and float(np.linalg.norm(xy[joint] - xy[skeleton.mirror[joint]])) < share * torso
    )


def _above(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much more each cell costs than the cheapest of its map."""
    above: NDArray[np.float64] = costs - costs.min(axis=(2, 3), keepdims=True)
    return above


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    result: FrameResult
    stage: int


class SpringSolver(SideTask[_Request]):
    """Solves the tree for the newest frame, on a thread of its own.

    Args:
        notify: Called from that thread when there is something new to see.
    """

    def __init__(self, notify: Callable[[], None]) -> None:
        super().__init__(notify)
        self.answer: FrameResult | None = None
        """The newest; None until there is one."""
        self.first: FrameResult | None = None
        """The result that it is of."""
        self.stage = 0
        """The 0-based stage that it is of."""

    def look(self, result: FrameResult, *, stage: int) -> None:
        """Request what a tree makes of a stage of `result`, whose maps it has."""
        with self._lock:
            self._ask(_Request(result, stage))

    def stop(self) -> None:
        """Forget the answer; returns at once."""
        with self._lock:
            self._release()

    def show(self, request: _Request, answer: FrameResult) -> None:
        """Store an answer of the thread; see `publish`."""
        self.answer, self.first, self.stage, self.state = answer, request.result, request.stage, ""

    def fail(self, state: str) -> None:
        """Store why there is no answer."""
        self.state = state

    def _worker(self) -> _Solver:
        return _Solver(self)

    def _forget(self) -> None:
        self.answer = self.first = None


class _Solver(Worker[_Request]):
    """The thread that solves."""

    def __init__(self, owner: SpringSolver) -> None:
        super().__init__("poseviewer-springs")
        self._owner = owner

    def say(self, state: str) -> None:
        self._owner.publish(self, partial(self._owner.fail, state))

    def failure(self, request: _Request, error: Exception) -> str:
        del request
        return f"The tree of springs cannot be shown: {error}"

    def release(self) -> None:
        """Nothing is held."""

    def answer(self, request: _Request) -> None:
        made = tree_result(request.result, request.stage)
        self._owner.publish(self, partial(self._owner.show, request, made))
