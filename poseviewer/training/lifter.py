"""Trains the lifter: `poseviewer train lifter --out FOLDER --epochs 64`; no data are needed.

Bodies are the mannequin's (`mannequin.bodies`), seen by several cameras each: from any side, from
below and above, near and far, with perspective. Of what a camera sees the network gets what a
network for poses would find: places with errors, some joints missing. The same seed gives the
same weights on one thread of the same processor.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from poseviewer.evaluation.space import score
from poseviewer.mannequin.bodies import JOINTS, random_bodies
from poseviewer.pipeline.lifter import SKELETON, Lifter
from poseviewer.training.checkpoint import Average, export

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

log = logging.getLogger(__name__)

WIDTH, BLOCKS, DROPOUT = 256, 2, 0.05
"""The paper: 1024, 2, 0.5. There is no end of mannequins, so nothing is learnt by heart."""

NOISE = 0.03
"""Standard deviation of a joint's place at most, in units of the joints' spread."""

_HIPS = [SKELETON.index("left_hip"), SKELETON.index("right_hip")]
_MIRROR = list(SKELETON.mirror)


@dataclass(frozen=True, slots=True)
class LifterPlan:
    """The settings of a run."""

    out: Path
    epochs: float = 64.0
    """How often every body is seen, by another camera each time."""

    bodies: int = 40_000
    batch: int = 256
    """Pictures a step."""

    rate: float = 1e-3
    threads: int = 1
    seed: int = 0

    @property
    def steps(self) -> int:
        """Of the optimiser."""
        return max(round(self.epochs * self.bodies / self.batch), 2)


class LifterNetwork(nn.Module):
    """The layers as they learn: linear, batch normalisation, ReLU, dropout; residual blocks."""

    def __init__(self, *, width: int = WIDTH, blocks: int = BLOCKS) -> None:
        super().__init__()
        inputs, outputs = 3 * len(JOINTS), 3 * len(JOINTS)
        sizes = [(inputs, width), *[(width, width)] * (2 * blocks)]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in sizes)
        self.norms = nn.ModuleList(nn.BatchNorm1d(b) for _, b in sizes)
        self.last = nn.Linear(width, outputs)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, read: Tensor) -> Tensor:
        """Places in space (n, 23, 3) of what `pipeline.lifter.centred` reads (n, 69)."""
        x = self._layer(0, read)
        for at in range(1, len(self.layers), 2):
            x = x + self._layer(at + 1, self._layer(at, x))
        found: Tensor = self.last(x)
        return found.reshape(len(read), -1, 3)

    def _layer(self, at: int, x: Tensor) -> Tensor:
        found: Tensor = self.drop(torch.relu(self.norms[at](self.layers[at](x))))
        return found


class Cameras:
    """Bodies as random cameras see them.

    Args:
        bodies: (n, 23, 3), y up, as `random_bodies` returns them.
        seed: Any number.
        sets: Which of `SETS` to read, in turn by chance; all of them if left out.
    """

    def __init__(self, bodies: NDArray[np.float32], *, seed: int, sets: Sequence[str] = ()) -> None:
        self._bodies = torch.from_numpy(bodies)
        self._random = torch.Generator().manual_seed(seed)
        self._sets = torch.stack([_known(name) for name in sets or SETS])

    def take(self, count: int, *, noise: float = NOISE) -> tuple[Tensor, Tensor, Tensor]:
        """Return what is read (count, 69), the truth (count, 23, 3), and which joints are read.

        Args:
            count: How many pictures.
            noise: Standard deviation of a place at most, in units of the joints' spread.
        """
        draw = self._uniform
        chosen = torch.randint(len(self._bodies), (count,), generator=self._random)
        body = self._bodies[chosen] * torch.tensor([1.0, -1.0, -1.0])
        body = body - body[:, _HIPS].mean(dim=1, keepdim=True)
        turned = body @ self._turns(count).transpose(1, 2)
        mirrored = (turned * torch.tensor([-1.0, 1.0, 1.0]))[:, _MIRROR]
        truth = torch.where(draw(count, 1, 1) < 0.5, turned, mirrored)
        # Evenly by perspective: from 1.8 m to so far that there is none.
        near = draw(count, 1, 1) / 1.8
        xy = truth[..., :2] / (1 + truth[..., 2:] * near).clamp(min=0.2)
        there = self._there(count)
        size = (xy - xy.mean(dim=1, keepdim=True)).square().sum(-1).mean(1).sqrt()
        error = noise * draw(count, 1) * size[:, None]
        far = torch.where(draw(count, len(JOINTS)) < 0.03, 6.0, 1.0)
        xy = xy + self._normal(*xy.shape) * (error * far)[..., None]
        return _centred(xy, there), truth, there

    def _turns(self, count: int) -> Tensor:
        """Rotations (count, 3, 3): any side, from 20 degrees below to 40 above, and askew."""
        about = self._uniform(count) * 2 * torch.pi
        pitch = torch.deg2rad(self._uniform(count) * 60 - 20)
        roll = torch.deg2rad(self._normal(count) * 5)
        return _rotation(roll, 2) @ _rotation(pitch, 0) @ _rotation(about, 1)

    def _there(self, count: int) -> Tensor:
        """Which joints are read: those of one skeleton, some left out."""
        which = torch.randint(len(self._sets), (count,), generator=self._random)
        known = self._sets[which]
        share = self._uniform(count, 1) * 0.3 * (self._uniform(count, 1) < 0.5)
        return known & (self._uniform(count, len(JOINTS)) >= share)

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._random)

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self._random)


SETS = ("poseviewer-23", "lsp-14", "coco-17", "lsp-14 and face", "coco-17 and feet", "limbs")


def _known(name: str) -> Tensor:
    """Which of the 23 joints a set has."""
    face = {"nose", "left_eye", "right_eye", "left_ear", "right_ear"}
    feet = {joint for joint in JOINTS if joint.endswith(("heel", "big_toe"))}
    head = {"neck", "head_top"}
    without = {
        "poseviewer-23": set(),
        "lsp-14": face | feet,
        "coco-17": head | feet,
        "lsp-14 and face": feet,
        "coco-17 and feet": head,
        "limbs": head | face | feet,
    }[name]
    return torch.tensor([joint not in without for joint in JOINTS])


def _centred(xy: Tensor, there: Tensor) -> Tensor:
    """As `pipeline.lifter.centred`, of tensors."""
    seen = there[..., None].float()
    count = seen.sum(dim=1, keepdim=True).clamp(min=1)
    about = (xy - (xy * seen).sum(dim=1, keepdim=True) / count) * seen
    spread = (about.square().sum(dim=(1, 2), keepdim=True) / count).sqrt().clamp(min=1e-6)
    return torch.cat([(about / spread).flatten(1), there.float()], dim=1)


def _rotation(angle: Tensor, axis: int) -> Tensor:
    """Rotations (n, 3, 3) by angles (n,), radians, about an axis."""
    turn = torch.zeros(len(angle), 3, 3)
    one, two = [at for at in range(3) if at != axis]
    turn[:, axis, axis] = 1
    turn[:, one, one] = turn[:, two, two] = angle.cos()
    turn[:, one, two], turn[:, two, one] = -angle.sin(), angle.sin()
    return turn


def loss_of(found: Tensor, truth: Tensor, there: Tensor) -> Tensor:
    """The mean distance of joints, metres; one that is not read counts a fifth."""
    apart = (found - truth).square().sum(-1).add(1e-8).sqrt()
    counts = torch.where(there, 1.0, 0.2)
    return (apart * counts).sum() / counts.sum()


def train_lifter(plan: LifterPlan, *, command: str = "") -> dict[str, Any]:
    """Train, write weights and their card; returns the validation report.

    Args:
        plan: How.
        command: What the user typed, for the card.
    """
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    plan.out.mkdir(parents=True, exist_ok=True)
    began = time.process_time()
    cameras = Cameras(random_bodies(plan.bodies, seed=plan.seed), seed=plan.seed)
    network = LifterNetwork()
    average = Average(network, decay=0.999)
    optimizer = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, plan.rate, total_steps=plan.steps, pct_start=0.05, cycle_momentum=False
    )
    smooth = float("nan")
    for step in range(plan.steps):
        read, truth, there = cameras.take(plan.batch)
        loss = loss_of(network(read), truth, there)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        average.update(step=step)
        smooth = loss.item() if smooth != smooth else 0.99 * smooth + 0.01 * loss.item()
        if (step + 1) % 200 == 0:
            log.info("step %d of %d  loss %.1f mm", step + 1, plan.steps, 1000 * smooth)
    network.load_state_dict(average.tensors, strict=False)
    folded = _folded(network.eval())
    lifter = Lifter(
        tuple((folded[f"{n}.weight"], folded[f"{n}.bias"]) for n in range(len(folded) // 2))
    )
    scores = judge(lifter, seed=plan.seed + 1)
    export(
        plan.out,
        name="lifter",
        tensors={name: torch.from_numpy(one) for name, one in folded.items()},
        facts={
            "title": "Lifter after Martinez et al. 2017, from the joints of a picture to space",
            "command": command,
            "data": "drawn: mannequins in random stances, seen by random cameras",
            "steps": plan.steps,
            "pictures": plan.steps * plan.batch,
            "minutes": round((time.process_time() - began) / 60, 1),
            "seed": plan.seed,
            "rule": RULE,
            "validation": scores,
        },
    )
    return scores


RULE = (
    "MPJPE and PA-MPJPE, millimetres, of bodies and cameras that were not learnt from; `exact` "
    "reads places without errors, `noisy` as in training; `flat` puts all joints into the plane "
    "of the hips, at the true scale"
)
"""What the figures in the card mean."""


def judge(lifter: Lifter, *, seed: int, count: int = 4000) -> dict[str, Any]:
    """Measure a lifter on bodies of its own kind, drawn from `seed`."""
    bodies = random_bodies(count, seed=seed)
    scores: dict[str, Any] = {}
    for name in SETS[:3]:
        cameras = Cameras(bodies, seed=seed, sets=[name])
        for how, noise in (("exact", 0.0), ("noisy", NOISE)):
            read, truth, there = cameras.take(count, noise=noise)
            seen = np.where(there[..., None], truth.numpy(), np.nan)
            found = score(lifter.answer(read.numpy()), seen, joints=JOINTS)
            flat = score(seen * (1, 1, 0), seen, joints=JOINTS)
            scores[f"{name}, {how}"] = {
                "mpjpe": round(found.mpjpe, 1),
                "pa_mpjpe": round(found.pa_mpjpe, 1),
                "flat_mpjpe": round(flat.mpjpe, 1),
                "flat_pa_mpjpe": round(flat.pa_mpjpe, 1),
            }
    return scores


def _folded(network: LifterNetwork) -> dict[str, NDArray[np.float32]]:
    """The layers with batch normalisation within their weights (in, out)."""
    state = {name: one.detach().double() for name, one in network.state_dict().items()}
    folded: dict[str, NDArray[np.float32]] = {}
    for at in range(len(network.layers)):
        norm = f"norms.{at}."
        spread = (state[norm + "running_var"] + network.norms[at].eps).sqrt()
        factor = state[norm + "weight"] / spread
        bias = (state[f"layers.{at}.bias"] - state[norm + "running_mean"]) * factor
        folded[f"{at}.weight"] = (state[f"layers.{at}.weight"] * factor[:, None]).T.float().numpy()
        folded[f"{at}.bias"] = (bias + state[norm + "bias"]).float().numpy()
    last = len(network.layers)
    folded[f"{last}.weight"] = state["last.weight"].T.float().numpy()
    folded[f"{last}.bias"] = state["last.bias"].float().numpy()
    return {name: np.ascontiguousarray(one) for name, one in folded.items()}
