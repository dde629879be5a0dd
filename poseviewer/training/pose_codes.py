"""Trains the codes of poses on mannequins, and measures them on figures it has not seen."""

from __future__ import annotations

import json
import logging
import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional

from poseviewer.core.likeness import DRAWN, JOINTS
from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.pose_codes import (
    EMBEDDED,
    NAME,
    POSE,
    VIEW,
    network_input,
    read_pose_codes,
    torso_frame,
)
from poseviewer.training.pose_views import random_poses, random_sides

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from poseviewer.models.pose_codes import PoseCodes
    from poseviewer.training.pose_views import Sides

    Reals = NDArray[np.float64]

log = logging.getLogger(__name__)

WIDTHS = {"embed": 256, "encode": 512, "decode": 512}

HELD_OUT = range(1_000)
"""Figures that are never learnt from."""

_LEARNT = range(1_000, 41_000)
_BATCH = 512
_JITTER = 0.02
"""Standard deviation of what is added to the joints, of the size of the trunk."""

_DRAWING = 4.0
"""Weight of the drawings, with the codes' contrastive losses at 1."""

_LIMBS = [load_skeleton(DRAWN).index(name) for name in JOINTS]


class _Block(nn.Module):
    """Two layers whose answer is added."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(width, width), nn.Linear(width, width)
        self.norm_a, self.norm_b = nn.BatchNorm1d(width), nn.BatchNorm1d(width)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = x + self.norm_b(self.b(self.norm_a(self.a(x)).relu())).relu()
        return answer


class _Mlp(nn.Module):
    """A layer in, two residual blocks, a layer out."""

    def __init__(self, read: int, width: int, given: int) -> None:
        super().__init__()
        self.first, self.norm = nn.Linear(read, width), nn.BatchNorm1d(width)
        self.near, self.far = _Block(width), _Block(width)
        self.last = nn.Linear(width, given)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.last(self.far(self.near(self.norm(self.first(x)).relu())))
        return answer

    def folded(self) -> list[tuple[Tensor, Tensor]]:
        """Weights and biases of its layers, with the normalisation in them."""
        found = [_folded(self.first, self.norm)]
        for block in (self.near, self.far):
            found += [_folded(block.a, block.norm_a), _folded(block.b, block.norm_b)]
        return [*found, (self.last.weight, self.last.bias)]


def _folded(layer: nn.Linear, norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    mean, var = norm.running_mean, norm.running_var
    if mean is None or var is None:
        raise AssertionError
    scale = norm.weight / (var + norm.eps).sqrt()
    return layer.weight * scale[:, None], (layer.bias - mean) * scale + norm.bias


def _contrast(a: Tensor, b: Tensor, warmth: Tensor) -> Tensor:
    """Contrastive loss between the rows of two views, both ways (van den Oord et al., 2018)."""
    logits = functional.normalize(a) @ functional.normalize(b).T * warmth.exp()
    own = torch.arange(len(a))
    return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2


class Trainer:
    """The three networks as they learn.

    Args:
        steps: Over which the rate rises and falls.
        seed: Of all that is random.
    """

    def __init__(self, *, steps: int, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self._random = np.random.default_rng(seed)
        self._poses = random_poses(_LEARNT)
        read, drawn = 2 * len(JOINTS), 2 * self._poses.shape[1]
        self.networks = nn.ModuleDict(
            {
                "embed": _Mlp(read, WIDTHS["embed"], EMBEDDED),
                "encode": _Mlp(read, WIDTHS["encode"], POSE + VIEW),
                "decode": _Mlp(POSE + VIEW, WIDTHS["decode"], drawn),
            }
        )
        # As logarithms: a temperature of 0.14 to begin with.
        self._warmth = nn.ParameterList([nn.Parameter(torch.tensor(2.0)) for _ in range(2)])
        learnt = [*self.networks.parameters(), *self._warmth]
        self._optimizer = torch.optim.AdamW(learnt, 1e-3, weight_decay=1e-4)
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, 2e-3, total_steps=steps, pct_start=0.1
        )

    def step(self) -> float:
        """Learn from one batch; returns the loss."""
        random = self._random
        poses = self._poses[random.choice(len(self._poses), _BATCH, replace=False)]
        here, there = random_sides(_BATCH, random), random_sides(_BATCH, random)
        # One that is seen from the same side as each pose the second time.
        donor = np.roll(poses, 1, axis=0)
        seen, target = (
            torch.from_numpy(x.astype(np.float32))
            for x in (self._read(poses, here), _drawn(poses, there))
        )
        again = torch.from_numpy(self._read(poses, there))
        from_there = torch.from_numpy(self._read(donor, there))
        loss = _contrast(
            self.networks["embed"](seen), self.networks["embed"](again), self._warmth[0]
        )
        code, code_again, code_there = self.networks["encode"](
            torch.cat([seen, again, from_there])
        ).chunk(3)
        pose, pose_again = (functional.normalize(x[:, :POSE]) for x in (code, code_again))
        views = torch.cat([code_there[:, POSE:], code_again[:, POSE:]])
        drawn = self.networks["decode"](torch.cat([torch.cat([pose, pose_again]), views], dim=1))
        loss = loss + _DRAWING * (drawn - target.repeat(2, 1)).abs().mean() * 2
        loss = loss + 0.5 * _contrast(pose, pose_again, self._warmth[1])
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self._schedule.step()
        return float(loss.detach())

    def _read(self, poses: Reals, sides: Sides) -> NDArray[np.float32]:
        read = network_input(sides.project(poses)[:, _LIMBS])
        return read + self._random.normal(0, _JITTER, read.shape).astype(np.float32)

    def tensors(self) -> dict[str, NDArray[np.float16]]:
        """What `poseviewer.models.pose_codes` reads."""
        found: dict[str, NDArray[np.float16]] = {}
        with torch.no_grad():
            for name, network in self.networks.items():
                for place, pair in enumerate(network.folded()):  # type: ignore[operator]
                    for kind, tensor in zip(("weight", "bias"), pair, strict=True):
                        found[f"{name}.{place}.{kind}"] = tensor.numpy().astype(np.float16)
        return found


def _drawn(poses: Reals, sides: Sides) -> NDArray[np.float32]:
    """The poses in pictures (n, 28), centred and of size 1."""
    at = sides.project(poses)
    middle, size = torso_frame(at[:, _LIMBS])
    at = (at - middle[:, None]) / size[:, None, None]
    return at.reshape(len(at), -1).astype(np.float32)


def train_pose_codes(out: Path, *, epochs: float, seed: int, threads: int) -> dict[str, Any]:
    """Train, write `pose-codes.safetensors` and its card into `out`, and measure.

    Args:
        out: A folder.
        epochs: How often each figure is seen, on average.
        seed: Of all that is random.
        threads: Of the processor.

    Returns:
        The measures; see `measure_pose_codes`.
    """
    torch.set_num_threads(threads)
    began = time.process_time()
    steps = max(math.ceil(epochs * len(_LEARNT) / _BATCH), 20)
    trainer = Trainer(steps=steps, seed=seed)
    for step in range(1, steps + 1):
        loss = trainer.step()
        if step % 250 == 0 or step == steps:
            log.info("step %d of %d: loss %.3f", step, steps, loss)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{NAME}.safetensors"
    save_file(trainer.tensors(), path)
    minutes = (time.process_time() - began) / 60
    scores = measure_pose_codes(read_pose_codes(path))
    facts = {
        "command": f"poseviewer train {NAME} --epochs {epochs:g} --seed {seed}",
        "steps": steps,
        "batch": _BATCH,
        "processor_minutes": round(minutes, 1),
        "data": f"{len(_LEARNT):,} random mannequins, in each step from two new sides; no person",
        "held_out": scores,
    }
    path.with_suffix(".json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return scores


def measure_pose_codes(codes: PoseCodes) -> dict[str, Any]:
    """What codes are worth on the figures that nothing was learnt from.

    Each is seen from two random sides. Recall: how often the figure itself is among the 1, 5 or
    10 nearest of the other side's. Swap: how far, in sizes of the trunk, joints drawn from the
    pose of one and the view of another figure are from what is seen of the first from there;
    beside it what copying either of the two gives.
    """
    random = np.random.default_rng(7)
    poses = random_poses(HELD_OUT)
    here, there = random_sides(len(poses), random), random_sides(len(poses), random)
    donor = poses[np.roll(np.arange(len(poses)), 1)]
    limbs = [sides.project(poses)[:, _LIMBS] for sides in (here, there)]
    seen, again = (network_input(each) for each in limbs)
    pose, view = codes.take_apart(seen)
    pose_again, view_again = codes.take_apart(again)
    _, wanted = codes.take_apart(network_input(there.project(donor)[:, _LIMBS]))
    target = _drawn(poses, there)
    swapped = codes.put_together(pose, wanted).reshape(len(poses), -1)
    return {
        "recall_raw": _recall(seen, again),
        "recall_embedding": _recall(codes.embed(seen), codes.embed(again)),
        "recall_pose_code": _recall(pose, pose_again),
        "recall_view_code": _recall(view, view_again),
        "swap": _apart(swapped, target),
        "copy_of_pose": _apart(_drawn(poses, here), target),
        "copy_of_view": _apart(_drawn(donor, there), target),
    }


def _recall(a: NDArray[np.float32], b: NDArray[np.float32]) -> dict[str, float]:
    """How often row i of `b` is among the 1, 5 and 10 rows nearest to row i of `a`."""
    apart = (a * a).sum(axis=1)[:, None] - 2 * a @ b.T + (b * b).sum(axis=1)
    nearer = (apart < np.diagonal(apart)[:, None]).sum(axis=1)
    return {str(most): round(float((nearer < most).mean()), 3) for most in (1, 5, 10)}


def _apart(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """The mean distance of joints (n, 28)."""
    steps = (a - b).reshape(len(a), -1, 2)
    return round(float(np.linalg.norm(steps, axis=-1).mean()), 3)
