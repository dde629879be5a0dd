"""Trains the reader that says how likely a joint is right and whether it can be seen.

    python -m poseviewer.training.joint_states --model NAME --data PACK --out weights

The network itself stays as it is: it looks at views of the pack's people, and two layers learn
from its maps which joints are right (`pipeline.joint_states`). They learn from the train part;
on val their probabilities are calibrated with two numbers and everything is judged. Writes the
reader beside the network's weights and what is known of it into the card.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from torch import nn

from poseviewer.core.affine import apply, compose, stage_to_input
from poseviewer.core.files import OutputSet
from poseviewer.core.pose import Visibility
from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.engine import choose_engine
from poseviewer.models.facts import facts
from poseviewer.models.registry import card as card_named
from poseviewer.pipeline.crop import Cropper
from poseviewer.pipeline.joint_states import (
    FARTHEST,
    STATES,
    JointReader,
    edges_of,
    evidence,
    reader_path,
)
from poseviewer.training.gpu_pack import ABSENT, OCCLUDED, UNKNOWN, VISIBLE
from poseviewer.training.joint_views import UNPLACED, Shown, drawn, people

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from poseviewer.core.skeleton import Skeleton
    from poseviewer.models.card import ModelCard

log = logging.getLogger(__name__)

VIEWS = {"lspet": 1, "coco": 6, "exercise": 3, "nobody": 2}
"""How many views of each train person there are, by source."""

SHARES = {"lspet": 0.35, "coco": 0.35, "exercise": 0.25, "nobody": 0.05}
"""What all views of a source together count."""

RIGHT = 0.2
"""Torsos from the truth within which a joint is right."""

RULE = (
    "Confidence is the probability that a joint can be placed and is right within 0.2 torsos. Val "
    "part of the pack; a joint that COCO or LSPET leaves unlabelled counts as not to be placed "
    "(v = 0: outside, hidden, or left out), and one that a view cuts off. `cut off` are COCO and "
    "exercise people in frames that end at the shoulders or the hips. Bins of ten: mean value, "
    "share that is right, count; of confidence cross-fitted, each half of the people with the "
    "calibration of the other. `there` counts a drawn joint as good where it is labelled, without "
    "it where it is also within 0.2 torsos."
)
"""What the figures in a card mean."""

GATES = (0.2, 0.3, 0.4, 0.5)
"""At which peaks and probabilities are compared."""

_DOUBTED = 0.5
"""What it counts that LSPET, labelled by many hands, leaves out a joint."""

_SEEN = 0.5
"""What telling states counts, beside telling what is right."""

_BATCH = 256
_BINS = 10
_CUT_OFF = ("head and shoulders", "waist up")
_CUT_SEED, _CUT_LEAST = 7, 96


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """What a network answered to n views, and what is true."""

    found: NDArray[np.float32]
    """(n, f) evidence."""

    peak: NDArray[np.float32]
    """(n, k) height of the last stage's peaks."""

    right: NDArray[np.bool_]
    """(n, k) placed, in the frame, and found within `RIGHT`."""

    known: NDArray[np.bool_]
    """(n, k) whether that is known."""

    state: NDArray[np.int64]
    """(n, k) of `gpu_pack`, or `UNPLACED`."""

    inside: NDArray[np.bool_]
    """(n, k) whether the joint was found within the frame."""

    source: NDArray[np.str_]
    """(n,)."""

    number: NDArray[np.str_]
    """(n,) whose view it is."""


class Witness:
    """Shows views to a network of belief maps.

    Args:
        card: Of the network, whose weights are at hand.
        threads: CPU threads.
    """

    def __init__(self, card: ModelCard, *, threads: int) -> None:
        self.card = card
        self.skeleton = load_skeleton(card.skeleton)
        self._engine, _ = choose_engine(card, device="cpu", threads=threads)
        self._cropper = Cropper(card.input_size, normalisation=card.normalisation)

    def ask(self, views: Iterable[Shown]) -> Examples:
        """What the network answers to each view."""
        rows: list[tuple[Any, ...]] = []
        for number, view in enumerate(views, 1):
            rows.append(self._answer(view))
            if number % 1000 == 0:
                log.info("%d views", number)
        return Examples(*(np.stack(column) for column in zip(*rows, strict=True)))

    def _answer(self, view: Shown) -> tuple[Any, ...]:
        codec, mirror = self.card.heatmaps, self.skeleton.mirror
        size = view.image.shape[1], view.image.shape[0]
        batch, (to_frame,) = self._cropper.cut(view.image, [view.region])
        maps = self._engine.run(batch)
        found = evidence(maps, codec=codec, mirror=mirror, edges=edges_of(to_frame, size)[None])
        (cells,), (peak,) = codec.decode(maps[-1], method="dark", blur=True)
        xy = apply(compose(to_frame, stage_to_input(codec.stride)), cells)
        placed = view.placed()
        near = np.linalg.norm(xy - view.joints, axis=1) <= RIGHT * view.torso
        known = np.where(placed, np.isfinite(view.torso), view.state != UNKNOWN)
        inside = ((xy > -0.5) & (xy < np.array(size) - 0.5)).all(axis=1)
        return (
            found[0], peak.clip(0, 1), placed & near, known, view.state, inside,
            view.source, view.number,
        )  # fmt: skip


def train_views(folder: Path, *, skeleton: Skeleton, seed: int, every: int = 1) -> Iterator[Shown]:
    """Random views of the train part, or of each `every`-th of its people."""
    rng = np.random.default_rng(seed)
    for number, person in enumerate(people(folder, split="train", skeleton=skeleton)):
        if number % every == 0:
            for _ in range(VIEWS[person.source]):
                yield drawn(person, rng=rng, skeleton=skeleton)


def val_views(folder: Path, *, skeleton: Skeleton) -> dict[str, list[Shown]]:
    """What the val part is judged on: the crops of validation by source, and `cut off` ones.

    The latter are those of COCO and exercise as a camera on a desk shows them, one head and
    shoulders and one from the waist up of each.
    """
    sets: dict[str, list[Shown]] = {"lspet": [], "coco": [], "exercise": [], "cut off": []}
    rng = np.random.default_rng(_CUT_SEED)
    for person in people(folder, split="val", skeleton=skeleton):
        sets[person.source].append(person)
        if person.source == "lspet":
            continue
        for group in _CUT_OFF:
            view = drawn(person, rng=rng, skeleton=skeleton, group=group)
            if view.image.size < person.image.size and min(view.image.shape[:2]) >= _CUT_LEAST:
                sets["cut off"].append(replace(view, source="cut off"))
    return sets


class _Layers(nn.Module):
    """The two layers of a reader while they learn."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.second(self.drop(F.relu(self.first(x))))
        return answer.reshape(len(x), -1, 1 + len(STATES))


def learned(
    examples: Examples, *, mirror: Sequence[int], hidden: int, epochs: int, seed: int
) -> JointReader:
    """A reader, not calibrated.

    Args:
        examples: Of the train part.
        mirror: Of each joint the one on the other side.
        hidden: Numbers between the two layers.
        epochs: How often each example and its mirror image are met.
        seed: Where chance starts.
    """
    torch.manual_seed(seed)
    mean = examples.found.mean(axis=0)
    scale = np.maximum(examples.found.std(axis=0), 1e-2)
    joints = examples.state.shape[1]
    targets = _targets(examples)
    both = [np.concatenate([a, b]) for a, b in zip(
        (examples.found, *targets),
        (mirrored(examples.found, mirror), *(t[:, list(mirror)] for t in targets)),
        strict=True,
    )]  # fmt: skip
    x, right, counts, allowed = (torch.from_numpy(part) for part in both)
    x = ((x - torch.from_numpy(mean)) / torch.from_numpy(scale)).clamp(-FARTHEST, FARTHEST)
    layers = _Layers(x.shape[1], hidden, joints * (1 + len(STATES)))
    steps = epochs * (len(x) // _BATCH)
    optimizer = torch.optim.AdamW(layers.parameters(), lr=2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for start in range(0, len(x) - _BATCH + 1, _BATCH):
            rows = order[start : start + _BATCH]
            loss = _loss(layers(x[rows]), right[rows], counts[rows], allowed[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            total += loss.item()
        log.info("epoch %d: loss %.4f", epoch + 1, total / (len(x) // _BATCH))
    layers.eval()

    def weights(layer: nn.Linear) -> NDArray[np.float32]:
        with torch.no_grad():
            # What ships is in half precision; what is judged is what ships.
            joined = torch.cat([layer.weight.T, layer.bias[None]])
            return np.asarray(joined.half().float().numpy(), np.float32)

    return JointReader(
        mean.astype(np.float16).astype(np.float32),
        scale.astype(np.float16).astype(np.float32),
        weights(layers.first),
        weights(layers.second),
        np.array([1, 0], np.float32),
    )


def mirrored(found: NDArray[np.float32], mirror: Sequence[int]) -> NDArray[np.float32]:
    """Evidence (n, f) of mirrored pictures."""
    each = found[:, :-4].reshape(len(found), len(mirror), -1)[:, list(mirror)].copy()
    each[..., 0] *= -1
    left, top, right, bottom = found[:, -4:].T
    return np.column_stack([each.reshape(len(found), -1), -right, top, -left, bottom])


def _targets(
    examples: Examples,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Whether joints are right (n, k), what each counts (n, k), and states it may have (n, k, 3).

    What is not labelled may be hidden or outside; what is unknown may be anything.
    """
    counted = {name: max((examples.source == name).sum(), 1) for name in SHARES}
    share = np.array([SHARES[name] / count for name, count in counted.items()])
    each = (share * len(examples.source))[[list(SHARES).index(s) for s in examples.source]]
    doubted = (examples.state == UNPLACED) & (examples.source == "lspet")[:, None]
    counts = each[:, None] * np.where(doubted, _DOUBTED, 1.0)
    weighed = np.where(examples.known, counts, 0)
    may = {
        Visibility.OUTSIDE: (UNKNOWN, ABSENT, UNPLACED),
        Visibility.OCCLUDED: (UNKNOWN, OCCLUDED, UNPLACED),
        Visibility.VISIBLE: (UNKNOWN, VISIBLE),
    }
    allowed = np.stack([np.isin(examples.state, may[state]) for state in STATES], axis=-1)
    return (
        examples.right.astype(np.float32),
        weighed.astype(np.float32),
        allowed.astype(np.float32) * counts[..., None].astype(np.float32),
    )


def _loss(
    answers: torch.Tensor, right: torch.Tensor, counts: torch.Tensor, allowed: torch.Tensor
) -> torch.Tensor:
    wrong = F.binary_cross_entropy_with_logits(answers[..., 0], right, reduction="none")
    # The chance of all states that a label allows; its own height is what the joint counts.
    possible = answers[..., 1:].masked_fill(allowed <= 0, -1e9)
    missed = answers[..., 1:].logsumexp(-1) - possible.logsumexp(-1)
    return (wrong * counts).mean() + _SEEN * (missed * allowed.amax(-1)).mean()


def calibrated(reader: JointReader, examples: Examples) -> JointReader:
    """The reader with the factor and shift that fit its probabilities to some examples best."""
    logit = torch.from_numpy(reader.logits(examples.found)[..., 0][examples.known])
    right = torch.from_numpy(examples.right[examples.known].astype(np.float32))
    numbers = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([numbers], max_iter=100)

    def closure() -> float:
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(logit * numbers[0] + numbers[1], right)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return replace(reader, calibration=numbers.detach().numpy().astype(np.float32))


def joined(parts: Sequence[Examples]) -> Examples:
    """Examples one after the other."""
    return Examples(*(
        np.concatenate([getattr(part, name) for part in parts])
        for name in Examples.__dataclass_fields__
    ))  # fmt: skip


def chosen(examples: Examples, rows: NDArray[np.bool_]) -> Examples:
    """Some of the views."""
    return Examples(*(getattr(examples, name)[rows] for name in Examples.__dataclass_fields__))


def reliability(value: NDArray[np.float32], examples: Examples) -> dict[str, object]:
    """How near values (n, k) are to the chance of being right.

    Returns:
        The expected calibration error, and of each of ten bins the mean value, the share that is
        right, and how many there are.
    """
    given, right = value[examples.known], examples.right[examples.known]
    where = np.minimum((given * _BINS).astype(int), _BINS - 1)
    rows = [
        (float(given[where == b].mean()), float(right[where == b].mean()), int((where == b).sum()))
        for b in range(_BINS)
        if (where == b).any()
    ]
    error = sum(abs(mean - share) * count for mean, share, count in rows) / len(given)
    return {
        "expected_calibration_error": round(error, 4),
        "bins": [[round(mean, 3), round(share, 3), count] for mean, share, count in rows],
    }


def drawn_scores(drawn_joints: NDArray[np.bool_], examples: Examples) -> dict[str, float]:
    """Precision, recall and F1 of what is drawn (n, k).

    A joint should be drawn where its place is known and in the frame; it is drawn well where it
    also is within `RIGHT` of that. `there` counts the first alone.
    """
    known = examples.known
    there = known & ((examples.state == VISIBLE) | (examples.state == OCCLUDED))
    shown = drawn_joints & known
    answer: dict[str, float] = {}
    for name, good in (("", examples.right), (" there", there)):
        precision = (shown & good).sum() / max(shown.sum(), 1)
        recall = (shown & good).sum() / max(there.sum(), 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        for what, share in (("precision", precision), ("recall", recall), ("f1", f1)):
            answer[what + name] = round(float(share), 3)
    gone = known & ~there
    answer["of what is not there"] = round(float((shown & gone).sum() / max(gone.sum(), 1)), 3)
    return answer


def judged(
    reader: JointReader, sets: dict[str, Examples], *, gates: Sequence[float]
) -> dict[str, object]:
    """Peaks and the reader's answers compared on the val part.

    The calibration error is cross-fitted: each half of the people is judged with the two numbers
    that fit the other half.
    """
    report: dict[str, object] = {}
    whole = joined(list(sets.values()))
    half = np.array([hash_of(number) % 2 == 0 for number in whole.number])
    value = np.empty_like(whole.peak)
    for rows in (half, ~half):
        fitted = calibrated(reader, chosen(whole, ~rows))
        value[rows] = fitted.read(whole.found[rows])[0]
    report["peak"] = reliability(whole.peak, whole)
    report["confidence"] = reliability(value, whole)
    by_set: dict[str, object] = {}
    start = 0
    for name, examples in sets.items():
        own = value[start : start + len(examples.peak)]
        start += len(examples.peak)
        confidence, states = reader.read(examples.found)
        lines: dict[str, object] = {"views": len(examples.peak)}
        for title, numbers in (("peak", examples.peak), ("confidence", own)):
            table = reliability(numbers, examples)
            lines[f"calibration error of {title}"] = table["expected_calibration_error"]
        for gate in gates:
            lines[f"peak from {gate}"] = drawn_scores(examples.peak >= gate, examples)
            shown = (confidence >= gate) & (states != Visibility.OUTSIDE) & examples.inside
            lines[f"confidence from {gate}"] = drawn_scores(shown, examples)
        lines["states"] = _confusion(states, examples)
        by_set[name] = lines
    report["sets"] = by_set
    return report


def _confusion(states: NDArray[np.int8], examples: Examples) -> dict[str, dict[str, int]]:
    """How often each state is taken for each."""
    truth = {"visible": VISIBLE, "occluded": OCCLUDED, "outside": ABSENT, "not labelled": UNPLACED}
    return {
        name: {
            state.name.lower(): int(((examples.state == number) & (states == state)).sum())
            for state in STATES
        }
        for name, number in truth.items()
    }


def hash_of(number: str) -> int:
    """A number that is always the same for one person of a data set."""
    return sum(ord(letter) * (7 * place + 1) for place, letter in enumerate(number))


def export(
    reader: JointReader, card: ModelCard, folder: Path, *, report: dict[str, object]
) -> None:
    """Write a reader beside the weights of its network, and what is known of it into their card."""
    path = reader_path(card)
    if path is None:
        return
    known, half, full = facts(card), np.float16, np.float32
    tensors = {
        name: np.ascontiguousarray(getattr(reader, name), full if name == "calibration" else half)
        for name in JointReader.__dataclass_fields__
    }
    with OutputSet(durable=True) as outputs:
        part = outputs.file(folder / path.name)
        save_file(tensors, part, metadata={"model": card.name, "weights": known["sha256"]})
        part.chmod(0o644)
        # What a card said of the peaks' heights alone is in the report too.
        card_facts = {key: value for key, value in known.items() if key != "confidence"}
        text = json.dumps({**card_facts, "joints": report}, indent=2) + "\n"
        outputs.file(folder / f"{card.name}.json").write_text(text, encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    """Train and judge as the command line says."""
    began = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hidden", type=int, default=48)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--every", type=int, default=1, help="of how many people one is learnt")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cache", type=Path, help="file for what the network answered")
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format=f"{args.model} %(message)s", stream=sys.stdout)
    torch.set_num_threads(args.threads)
    card = card_named(args.model)
    train, sets = _examples(card, args)
    log.info("%d views to learn from, %.0f s", len(train.peak), time.monotonic() - began)
    mirror = load_skeleton(card.skeleton).mirror
    reader = learned(train, mirror=mirror, hidden=args.hidden, epochs=args.epochs, seed=0)
    reader = calibrated(reader, joined(list(sets.values())))
    module = "python -m poseviewer.training.joint_states"
    command = f"{module} --model {args.model} --data pack --out weights"
    report = {
        "what": RULE,
        "command": command,
        "views": len(train.peak),
        "hardware": "one CPU core",
        **judged(reader, sets, gates=GATES),
    }
    log.info("%s", json.dumps(report, indent=1))
    export(reader, card, args.out, report=report)


def _examples(card: ModelCard, args: argparse.Namespace) -> tuple[Examples, dict[str, Examples]]:
    """What the network answered to train and val, from the cache where there is one."""
    fields = Examples.__dataclass_fields__
    if args.cache is not None and args.cache.is_file():
        with np.load(args.cache, allow_pickle=False) as file:
            names = dict.fromkeys(key.split("/")[0] for key in file.files)
            found = {
                name: Examples(*(file[f"{name}/{field}"] for field in fields)) for name in names
            }
    else:
        witness = Witness(card, threads=args.threads)
        sets = val_views(args.data, skeleton=witness.skeleton)
        found = {name: witness.ask(views) for name, views in sets.items() if views}
        views = train_views(args.data, skeleton=witness.skeleton, seed=0, every=args.every)
        found["train"] = witness.ask(views)
        if args.cache is not None:
            table = {
                f"{name}/{field}": getattr(part, field)
                for name, part in found.items()
                for field in fields
            }
            with args.cache.open("wb") as file:
                np.savez(file, **table)
    return found.pop("train"), found


if __name__ == "__main__":
    main()
