"""Train the finder: `python -m poseviewer.training.finder --data PACK --out FOLDER --minutes N`.

Everything random happens on the device that trains, so one process feeds a GPU. A run stops by the
clock, not by epochs; whenever it ends, the last averaged weights and a record of its trials are in
the folder.

With `--views N` N views are made, their features are kept in memory, and the layers of scores and
of the joints' edges alone learn from these, which one core of a CPU does in minutes.
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
from poseviewer.training.finder_views import joined

if TYPE_CHECKING:
    from torch import Tensor

    from poseviewer.training.finder_views import Labels

log = logging.getLogger(__name__)

WEIGHTS, RECORD = "finder-lite.safetensors", "finder-lite-trials.json"
"""Files of a run."""

_SIZES = ((320, 320), (320, 256), (320, 192), (256, 320), (192, 320))
"""Of views, width and height: what pictures and screens of usual shapes become."""

_TOGETHER = 8
"""Views of one size that are made and kept together."""

_WARM = 150
"""Steps over which the rate rises."""

_SHARES = {"trunk.": 0.3, ".hidden.": 0.3, ".edges.": 0.1}
"""Rates of what knows something already, relative to that of the rest."""

_LAST = (".score.", ".inset.")
"""What learns from views that are kept."""

_LEAST_SIZE = 0.02
"""Of a parameter, as which its rate is reckoned: the norms are folded into the kernels, so a rate
grows with the size of what it changes."""

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
    start: Path | None = None
    """First weights; those of the pack where None."""

    views: int = 0
    """How many are made once and kept, for the last layers alone; 0 for ever new ones."""


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """Views with their features and who is in them."""

    size: tuple[int, int]
    features: list[Tensor]
    labels: Labels


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
        self._codec = DetectionCodec()
        self._batches, self._trial = Batches(pack, seed=plan.seed), Trial(pack, self._codec)
        self._module = FinderLite()
        self._module.load_state_dict(read_safetensors(plan.start or data / START))
        self._module.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._mean = copy.deepcopy(self._module).eval().requires_grad_(False)
        self._parameters: list[Tensor] = [p for _, p in self._learning(self._module)]
        self._means: list[Tensor] = [p for _, p in self._learning(self._mean)]
        self._optimizer = self._made_optimizer()
        self._steps, self._seen = 0, 0
        self._losses = torch.zeros(3, device=device)
        self._trials: list[dict[str, Any]] = []
        self._kept = [self._made(_TOGETHER) for _ in range(-(-plan.views // _TOGETHER))]
        if self._kept:
            log.info("%d views after %.0f s", len(self._kept) * _TOGETHER, self._passed())

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

    def _learning(self, module: FinderLite) -> list[tuple[str, Tensor]]:
        """What changes, with its names."""
        every = module.named_parameters()
        return [(n, p) for n, p in every if not self._plan.views or any(x in n for x in _LAST)]

    def _made_optimizer(self) -> torch.optim.Optimizer:
        groups = []
        for name, parameter in self._learning(self._module):
            share = next((part for known, part in _SHARES.items() if known in name), 1.0)
            size = float(parameter.detach().square().mean().sqrt())
            groups.append({"params": [parameter], "share": share * max(size, _LEAST_SIZE)})
        fused = self._device.type == "cuda"
        return torch.optim.AdamW(groups, lr=self._plan.rate, weight_decay=0.0, fused=fused)

    def _step(self, rate: float) -> None:
        looks = self._drawn() if self._kept else [self._made(self._plan.batch)]
        features = [torch.cat(level) for level in zip(*(x.features for x in looks), strict=True)]
        parts = self._learnt(features, joined([x.labels for x in looks]), looks[0].size)
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["share"]
        torch.nn.utils.clip_grad_norm_(self._parameters, _CLIP)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self._losses += torch.stack(parts).detach()
        self._steps += 1
        self._seen += len(features[0])
        keep = min(0.998, (1 + self._steps) / (20 + self._steps))
        with torch.no_grad():
            torch._foreach_lerp_(self._means, self._parameters, 1 - keep)

    def _made(self, count: int) -> _Look:
        """New views of a random size: fewer where they are larger than 320 x 192."""
        size = _SIZES[int(torch.randint(len(_SIZES), ()))]
        if not self._plan.views:
            count = max(1, int(count * 320 * 192 / (size[0] * size[1])))
        with torch.no_grad():
            batch = self._batches.batch(count, size=size)
        images = batch.images.to(memory_format=torch.channels_last)
        with (
            torch.set_grad_enabled(not self._plan.views),
            torch.autocast(self._device.type, torch.bfloat16),
        ):
            return _Look(size, self._module.features(images), batch.labels)

    def _drawn(self) -> list[_Look]:
        """Views of one size out of those that are kept."""
        first = self._kept[int(torch.randint(len(self._kept), ()))]
        alike = [look for look in self._kept if look.size == first.size]
        more = torch.randint(len(alike), (max(self._plan.batch // _TOGETHER - 1, 0),))
        return [first, *(alike[int(i)] for i in more)]

    def _learnt(
        self, features: list[Tensor], labels: Labels, size: tuple[int, int]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The losses of views, whose gradients are added to the module's."""
        with torch.autocast(self._device.type, torch.bfloat16):
            logits, edges = self._module.logits(features)
        with torch.no_grad():
            wanted = targets(labels, logits, edges, self._codec, size=size)
        parts = loss_of(logits, edges, wanted, self._codec, size=size)
        torch.stack(parts).sum().backward()  # type: ignore[no-untyped-call]
        return parts

    def _say(self, steps: int, seconds: float) -> None:
        score, body, joints = (self._losses / max(steps, 1)).tolist()
        self._losses.zero_()
        log.info(
            "%5.1f min, step %d, %d views, %.1f steps/s: scores %.3f, boxes %.3f, joints %.3f",
            self._passed() / 60,
            self._steps,
            self._seen,
            steps / seconds,
            score,
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


def main() -> None:
    """Train as the command line says."""
    parser = argparse.ArgumentParser(description="Train the finder.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the pack")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and record")
    parser.add_argument("--minutes", type=float, required=True, help="when the run ends")
    parser.add_argument("--batch", type=int, default=16, help="views per step")
    parser.add_argument("--rate", type=float, default=3e-3, help="highest learning rate")
    parser.add_argument("--every", type=float, default=2.0, help="minutes between two trials")
    parser.add_argument("--start", type=Path, metavar="FILE", help="first weights")
    parser.add_argument(
        "--views", type=int, default=0, help="make so many once, and let the heads alone learn"
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
        start=given.start,
        views=given.views,
    )
    Run(plan, data=given.data, out=given.out, device=torch.device(given.device)).run()


if __name__ == "__main__":
    main()
