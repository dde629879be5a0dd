"""Trains a network that finds several people: fields and beliefs of whole pictures."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from poseviewer.core.skeleton import load_skeleton
from poseviewer.evaluation.assess import assess
from poseviewer.models.torch_engine import TorchEngine
from poseviewer.pipeline.estimate_people import CrowdEstimator
from poseviewer.training.gpu_pack import PEOPLE
from poseviewer.training.heatmaps import rendered
from poseviewer.training.recipe import field_loss
from poseviewer.training.run import Run, begin, learn
from poseviewer.training.scene_batches import SceneBatch, SceneBatches
from poseviewer.training.scenes import packed_scenes, rendered_scenes, scenes_of, summary
from poseviewer.training.teacher import Teacher, taught
from poseviewer.truth.readers import read_pack, read_photos

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

    from poseviewer.models.card import ModelCard
    from poseviewer.training.batches import Stream
    from poseviewer.training.recipe import Plan
    from poseviewer.training.scenes import TrainingScene
    from poseviewer.truth.labelled import TruthSet

log = logging.getLogger(__name__)

_PHOTOS = 4
"""How much more often a photo is used than a single person's crop: it shows several."""

_MEASURES = ("AP", "AP50", "AP75", "AR", "PCK@0.2")


def train_crowd(
    card: ModelCard,
    plan: Plan,
    *,
    resume: bool = False,
    start: Path | None = None,
    command: str = "",
) -> dict[str, object]:
    """Train a network of beliefs and fields; writes into `plan.out` as it goes.

    Args:
        card: Which network.
        plan: How; `batch` in pictures.
        resume: Go on from the checkpoint in `plan.out`.
        start: A safetensors file whose matching tensors are taken first.
        command: What the user typed, for the card of the weights.

    Returns:
        The last validation report, by source.

    Raises:
        PoseViewerError: The data pack or the checkpoint is not there.
    """
    begin(plan)
    scenes = _everything(card, plan)
    log.info("learning from pictures: %s", summary(scenes))
    run = CrowdRun(
        card,
        plan,
        held_out=read_photos(plan.data, split="val") if plan.judged else None,
        images_per_epoch=len(scenes),
        start=start,
        command=command,
    )

    def stream(seed: int, side: int) -> Stream[SceneBatch]:
        return SceneBatches(scenes, card=card, size=plan.batch, seed=seed, side=side)

    return learn(run, stream, resume=resume)


def _everything(card: ModelCard, plan: Plan) -> list[TrainingScene]:
    skeleton = load_skeleton(card.skeleton)
    photos = scenes_of(read_photos(plan.data, split="train"), skeleton)
    stored = plan.out / f"{card.name}.taught.npz"
    if next(plan.data.rglob(PEOPLE), None):
        # Its teachers have labelled the faces already.
        crops = packed_scenes(plan.data, skeleton)
        if plan.teacher is not None:
            photos = taught(photos, Teacher(plan.teacher), skeleton, stored=stored)
    else:
        crops = scenes_of(read_pack(plan.data, split="train")[0], skeleton)
        if plan.teacher is not None:
            both = taught([*crops, *photos], Teacher(plan.teacher), skeleton, stored=stored)
            crops, photos = both[: len(crops)], both[len(crops) :]
    scenes = crops + photos * (plan.coco_repeats * _PHOTOS)
    made = rendered(plan, among=len(scenes), backgrounds=[])
    return scenes + rendered_scenes(made, skeleton)


class CrowdRun(Run[SceneBatch]):
    """A network of fields and beliefs that learns from whole pictures.

    Args:
        card: Which network.
        plan: How.
        held_out: Photos to judge it on; None for a plan that measures nothing.
        run: As of `Run`.
    """

    def __init__(
        self, card: ModelCard, plan: Plan, *, held_out: TruthSet | None, **run: Any
    ) -> None:
        super().__init__(card, plan, **run)
        self._held_out = held_out

    def loss(self, stages: tuple[Tensor, ...], batch: SceneBatch) -> Tensor:
        """Squared error of fields and beliefs of every supervised stage."""
        return field_loss(
            stages,
            [spec.meaning.subject == "limb" for spec in self.card.stages],
            fields=(self.tensor(batch.fields), self.tensor(batch.field_weight)),
            beliefs=(self.tensor(batch.beliefs), self.tensor(batch.belief_weight)),
            every=self.plan.supervise_all,
        )

    def judge(self, module: nn.Module) -> dict[str, dict[str, object]]:
        """AP and PCK of every stage on the held-out photos, shown whole."""
        assert self._held_out is not None
        accuracy = assess(CrowdEstimator(self.card, TorchEngine(module)), self._held_out)
        table: dict[str, object] = {"people": accuracy.people}
        for name in _MEASURES:
            table[name] = [
                round(stage.scores[name].value, 4) if name in stage.scores else None
                for stage in accuracy.stages
            ]
        log.info("coco AP by stage %s, AP50 %s", table["AP"], table["AP50"])
        return {"coco": table}

    def facts(self) -> dict[str, object]:
        """As of `Run`, with the rule of these numbers."""
        rule = (
            "COCO keypoint AP and AR (OKS 0.50:0.05:0.95; people ranked by peaks and limbs added "
            "up) and PCK@0.2 of matched people on the val photos of the pack, shown whole at the "
            "card's height, single scale, no flip"
        )
        return {**super().facts(), "rule": rule}
