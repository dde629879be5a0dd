"""Trains the lifter: `poseviewer train lifter --out FOLDER --epochs 120`; no data are needed.

Bodies are the mannequin's (`mannequin.bodies`), seen by several cameras each: from any side, from
below and above, near and far, with perspective. Of what a camera sees the network gets what a
network for poses would find: places with errors, some joints missing. The same seed gives the
same weights on one thread of the same processor.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from poseviewer.evaluation.space import score
from poseviewer.mannequin.bodies import JOINTS, random_bodies
from poseviewer.pipeline.lifter import SKELETON, Lifter
from poseviewer.training.checkpoint import (
    Average,
    TrainingProgress,
    export,
    load_checkpoint,
    save_checkpoint,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

log = logging.getLogger(__name__)

WIDTH, BLOCKS, DROPOUT = 256, 2, 0.05
"""The paper: 1024, 2, 0.5. There is no end of mannequins, so nothing is learnt by heart."""

NOISE = 0.03
"""Standard deviation of a joint's place at most, in units of the joints' spread."""

NAME = "lifter"
"""Of weights, card and checkpoint."""

_SAVED = 250
"""Steps from one checkpoint to the next."""

_HIPS = [SKELETON.index("left_hip"), SKELETON.index("right_hip")]
_MIRROR = list(SKELETON.mirror)


@dataclass(frozen=True, slots=True)
class LifterPlan:
    """The settings of a run."""

    out: Path
    epochs: float = 120.0
    """How often every body is seen, by another camera each time."""

    bodies: int = 20_000
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
        self._random, self._seed = torch.Generator(), seed
        self._sets = torch.stack([_known(name) for name in sets or SETS])

    def take(
        self, count: int, *, noise: float = NOISE, at: int = 0
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return what is read (count, 69), the truth (count, 23, 3), and which joints are read.

        Args:
            count: How many pictures.
            noise: Standard deviation of a place at most, in units of the joints' spread.
            at: The same pictures come at the same step.
        """
        self._random.manual_seed(self._seed * 1_000_003 + at)
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


class LifterRun:
    """The moving parts of one training run.

    Args:
        plan: How.
        command: What the user typed, for the card of the weights.
    """

    def __init__(self, plan: LifterPlan, *, command: str = "") -> None:
        torch.set_num_threads(plan.threads)
        torch.manual_seed(plan.seed)
        self.plan, self.progress, self._command = plan, TrainingProgress(), command
        self._cameras = Cameras(random_bodies(plan.bodies, seed=plan.seed), seed=plan.seed)
        self.network = LifterNetwork()
        self._average = Average(self.network, decay=0.998)
        self._optimizer = torch.optim.AdamW(self.network.parameters(), weight_decay=1e-4)
        self._checkpoint = plan.out / f"{NAME}.checkpoint.pt"

    def resume(self) -> None:
        """Go on from the checkpoint.

        Raises:
            PoseViewerError: It is not there, or not of this network.
        """
        self.progress = load_checkpoint(
            self._checkpoint, module=self.network, average=self._average, optimizer=self._optimizer
        )

    def step(self) -> float:
        """Learn from one batch; returns its loss, metres."""
        step, steps = self.progress.step, self.plan.steps
        # By the step, so that what goes on learns from what it would have learnt from.
        torch.manual_seed(self.plan.seed + step)
        read, truth, there = self._cameras.take(self.plan.batch, at=step)
        loss = loss_of(self.network.train()(read), truth, there)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        rise = min((step + 1) / (0.03 * steps + 1), 1.0)
        fall = 0.5 * (1 + math.cos(math.pi * step / steps))
        for group in self._optimizer.param_groups:
            group["lr"] = self.plan.rate * rise * fall
        self._optimizer.step()
        self._average.update(step=step)
        self.progress.step += 1
        self.progress.images += self.plan.batch
        return loss.item()

    def averaged(self) -> LifterNetwork:
        """The network with the averaged weights."""
        made = LifterNetwork()
        made.load_state_dict(self._average.tensors, strict=False)
        return made

    def lifter(self) -> Lifter:
        """The network as it is used, with the averaged weights."""
        return folded(self.averaged())

    def save(self, scores: dict[str, Any]) -> None:
        """Write the checkpoint, the averaged weights and their card."""
        save_checkpoint(
            self._checkpoint,
            module=self.network,
            average=self._average,
            optimizer=self._optimizer,
            progress=self.progress,
        )
        tensors = {
            f"{at}.{part}": torch.from_numpy(value)
            for at, layer in enumerate(self.lifter().layers)
            for part, value in zip(("weight", "bias"), layer, strict=True)
        }
        facts = {
            "kind": "lifter",
            "title": "Lifter after Martinez et al. 2017, from the joints of a picture to space",
            "command": self._command,
            "data": "drawn: mannequins in random stances, seen by random cameras",
            "steps": self.progress.step,
            "pictures": self.progress.images,
            "seed": self.plan.seed,
            "rule": RULE,
            "validation": scores,
        }
        export(self.plan.out, name=NAME, tensors=tensors, facts=facts)


def train_lifter(
    plan: LifterPlan, *, resume: bool = False, command: str = "", judged: int = 4000
) -> dict[str, Any]:
    """Train, write weights and their card; returns the validation report.

    Args:
        plan: How.
        resume: Whether to go on from the checkpoint in `plan.out`.
        command: What the user typed, for the card.
        judged: On how many bodies it is measured.

    Raises:
        PoseViewerError: There is no checkpoint to go on from.
    """
    plan.out.mkdir(parents=True, exist_ok=True)
    run = LifterRun(plan, command=command)
    if resume:
        run.resume()
    losses: list[float] = []
    while run.progress.step < plan.steps:
        losses.append(run.step())
        if run.progress.step % _SAVED == 0:
            run.save({})
            mean = 1000 * sum(losses) / len(losses)
            log.info("step %d of %d  loss %.1f mm", run.progress.step, plan.steps, mean)
            losses.clear()
    scores = judge(run.lifter(), seed=plan.seed + 1, count=judged)
    run.save(scores)
    return scores


RULE = (
    "MPJPE and PA-MPJPE, millimetres, of bodies and cameras that were not learnt from; `exact` "
    "reads places without errors, `noisy` as in training; `flat` puts all joints into the plane "
    "of the hips, at the true scale"
)
"""What the figures in the card mean."""


def judge(lifter: Lifter, *, seed: int, count: int) -> dict[str, Any]:
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


def folded(network: LifterNetwork) -> Lifter:
    """The layers of a network with batch normalisation within their weights."""
    state = {name: one.detach().double() for name, one in network.state_dict().items()}
    layers = []
    for at, norm in enumerate(network.norms):
        spread = (state[f"norms.{at}.running_var"] + norm.eps).sqrt()
        factor = state[f"norms.{at}.weight"] / spread
        bias = (state[f"layers.{at}.bias"] - state[f"norms.{at}.running_mean"]) * factor
        layers.append(
            (state[f"layers.{at}.weight"] * factor[:, None], bias + state[f"norms.{at}.bias"])
        )
    layers.append((state["last.weight"], state["last.bias"]))
    return Lifter(
        tuple((np.ascontiguousarray(w.T.float().numpy()), b.float().numpy()) for w, b in layers)
    )
