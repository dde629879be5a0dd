"""Train the finder: `python -m poseviewer.training.finder --data PACK --out FOLDER --minutes N`.

Everything random happens on the device that trains, so one process feeds a GPU. A run stops by the
clock, not by epochs; whenever it ends, the last averaged weights and a record of its trials are in
the folder.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import math
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save_file

from poseviewer.codec.detection import DetectionCodec
from poseviewer.models.finder_lite import FinderLite
from poseviewer.models.weights import read_safetensors
from poseviewer.training.finder_batches import Batches
from poseviewer.training.finder_loss import loss_of, targets
from poseviewer.training.finder_pack import START, load_pack
from poseviewer.training.finder_trial import Trial

if TYPE_CHECKING:
    from torch import Tensor

    from poseviewer.training.finder_batches import Batch

log = logging.getLogger(__name__)

WEIGHTS, RECORD = "finder-lite.safetensors", "finder-lite-trials.json"
"""Files of a run."""

_SIZES = ((256, 256), (256, 192), (192, 256), (320, 192), (320, 256), (256, 160))
"""Of views, width and height: what pictures and screens of usual shapes become."""

_WARM = 150
"""Steps over which the rate rises."""

_TRUNK = 0.3
"""Rate of the trunk, relative to that of the rest: what it knows is to be kept."""

_CLIP = 10.0
_SAID = 10.0
"""Seconds between two lines of the log."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one run goes."""

    minutes: float
    """From its beginning to its end, loading included."""

    batch: int
    """Views per step; fewer where they are larger than 256 x 256."""

    rate: float
    """The highest learning rate."""

    every: float
    """Minutes between two trials."""

    seed: int = 0
    width: float = 1.0
    """Of the trunk, see `FinderLite`."""

    start: Path | None = None
    """First weights; those of the pack where None."""

    relative: bool = False
    """Whether the rate of a parameter grows with its size, which suits a trunk whose norms are
    folded into its kernels."""


class Run:
    """One training run.

    Args:
        plan: How it goes.
        data: The pack.
        out: Where its files go.
        device: Where it runs.
    """

    def __init__(self, plan: Plan, *, data: Path, out: Path, device: torch.device) -> None:
        self._began = time.monotonic()
        self._plan, self._out, self._device = plan, out, device
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(plan.seed)
        pack = load_pack(data, device=device)
        log.info("%d pictures after %.0f s", len(pack.source), self._passed())
        self._codec = DetectionCodec(stride=FinderLite.stride)
        self._batches, self._trial = Batches(pack, seed=plan.seed), Trial(pack, self._codec)
        self._module = FinderLite(width=plan.width)
        self._module.load_state_dict(read_safetensors(plan.start or data / START))
        self._module.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._mean = copy.deepcopy(self._module).eval().requires_grad_(False)
        self._parameters: list[Tensor] = list(self._module.parameters())
        self._means: list[Tensor] = list(self._mean.parameters())
        self._optimizer = self._made_optimizer()
        self._steps, self._seen = 0, 0
        self._losses = torch.zeros(3, device=device)
        self._trials: list[dict[str, Any]] = []

    def run(self) -> None:
        """Train until the time is over."""
        end, every = self._plan.minutes * 60, self._plan.every * 60
        next_trial, said, counted = self._passed() + every, self._passed(), 0
        # The last trial needs about as long as the one before.
        last = 0.0
        while self._passed() < end - last - 3:
            self._step(self._rate(min(self._passed() / end, 1.0)))
            counted += 1
            now = self._passed()
            if now - said > _SAID:
                self._say(counted, now - said)
                said, counted = now, 0
            if now > next_trial and now < end - 45:
                self._keep()
                last = self._passed() - now
                next_trial, said, counted = self._passed() + every, self._passed(), 0
        self._keep()

    def _passed(self) -> float:
        return time.monotonic() - self._began

    def _rate(self, share: float) -> float:
        """A cosine from the highest rate to a hundredth, after a rise."""
        rise = min((self._steps + 1) / _WARM, 1.0)
        return self._plan.rate * rise * (0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2)

    def _made_optimizer(self) -> torch.optim.Optimizer:
        groups = []
        for inside, share in ((True, _TRUNK), (False, 1.0)):
            every = self._module.named_parameters()
            named = [p for name, p in every if name.startswith("trunk.") is inside]
            for deep in (True, False):
                chosen = [p for p in named if (p.ndim > 1) is deep]
                if not self._plan.relative:
                    groups.append({"params": chosen, "weight_decay": 0.02 * deep, "share": share})
                    continue
                groups += [
                    {"params": [p], "weight_decay": 0.0, "share": share * _size(p)} for p in chosen
                ]
        return torch.optim.AdamW(groups, lr=self._plan.rate, fused=self._device.type == "cuda")

    def _step(self, rate: float) -> None:
        size = _SIZES[int(torch.randint(len(_SIZES), ()))]
        count = max(1, int(self._plan.batch * min(1.0, 256 * 256 / (size[0] * size[1]))))
        with torch.no_grad():
            batch = self._batches.batch(count, size=size)
        parts = self._learnt(self._module, batch)
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["share"]
        torch.nn.utils.clip_grad_norm_(self._parameters, _CLIP)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self._losses += torch.stack(parts).detach()
        self._steps += 1
        self._seen += count
        keep = min(0.999, (1 + self._steps) / (20 + self._steps))
        with torch.no_grad():
            torch._foreach_lerp_(self._means, self._parameters, 1 - keep)

    def _learnt(self, module: FinderLite, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """The losses of a batch, whose gradients are added to the module's."""
        height, width = batch.images.shape[2:]
        wanted = targets(batch.labels, self._codec, size=(width, height))
        images = batch.images.to(memory_format=torch.channels_last)
        with torch.autocast(self._device.type, torch.bfloat16):
            logits, edges = module.logits(images)
        parts = loss_of(logits, edges, wanted)
        torch.stack(parts).sum().backward()  # type: ignore[no-untyped-call]
        return parts

    def _say(self, steps: int, seconds: float) -> None:
        centre, body, joints = (self._losses / max(steps, 1)).tolist()
        self._losses.zero_()
        log.info(
            "%5.1f min, step %d, %d views, %.1f steps/s: centres %.3f, boxes %.3f, joints %.3f",
            self._passed() / 60,
            self._steps,
            self._seen,
            steps / seconds,
            centre,
            body,
            joints,
        )

    def _keep(self) -> None:
        """Write the averaged weights, then try them and write the record."""
        tensors = {
            name: value.detach().to("cpu", torch.float16).contiguous()
            for name, value in self._mean.state_dict().items()
        }
        part = self._out / f".{WEIGHTS}"
        save_file(tensors, part)
        os.replace(part, self._out / WEIGHTS)
        found = {
            "minutes": round(self._passed() / 60, 2),
            "steps": self._steps,
            "views": self._seen,
            **self._trial.run(self._mean),
        }
        self._trials.append(found)
        text = json.dumps(
            {"plan": asdict(self._plan), "trials": self._trials}, indent=1, default=str
        )
        part = self._out / f".{RECORD}"
        part.write_text(text, encoding="utf-8")
        os.replace(part, self._out / RECORD)
        log.info("%s", json.dumps(found))


def _size(parameter: Tensor) -> float:
    """The root of the mean square."""
    return max(float(parameter.detach().square().mean().sqrt()), 1e-4)


def main() -> None:
    """Train as the command line says."""
    parser = argparse.ArgumentParser(description="Train the finder.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the pack")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and record")
    parser.add_argument("--minutes", type=float, required=True, help="when the run ends")
    parser.add_argument("--batch", type=int, default=192, help="views per step")
    parser.add_argument("--rate", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument("--every", type=float, default=2.0, help="minutes between two trials")
    parser.add_argument("--width", type=float, default=1.0, help="of the trunk")
    parser.add_argument("--start", type=Path, metavar="FILE", help="first weights")
    parser.add_argument(
        "--relative", action="store_true", help="let the rate of a parameter grow with its size"
    )
    parser.add_argument("--seed", type=int, default=0, help="where chance starts")
    parser.add_argument(
        "--device", default="cuda" if torch.cuda.is_available() else "cpu", help="where it runs"
    )
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="finder %(message)s")
    if given.device == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
    plan = Plan(
        given.minutes,
        given.batch,
        given.rate,
        given.every,
        given.seed,
        width=given.width,
        start=given.start,
        relative=given.relative,
    )
    Run(plan, data=given.data, out=given.out, device=torch.device(given.device)).run()


if __name__ == "__main__":
    main()
