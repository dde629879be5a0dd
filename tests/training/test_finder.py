"""What the finder learns from: the pack, views with their labels, targets, and a short run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from poseviewer.codec.detection import DetectionCodec
from poseviewer.core.errors import PoseViewerError
from poseviewer.models.finder_lite import FinderLite
from poseviewer.models.weights import load_weights
from poseviewer.training.finder import RECORD, WEIGHTS, Plan, Run
from poseviewer.training.finder_batches import Batches, still
from poseviewer.training.finder_loss import loss_of, targets
from poseviewer.training.finder_pack import (
    INDEX,
    NOBODY,
    PERSON,
    PICTURES,
    START,
    UNSURE,
    load_pack,
)
from poseviewer.training.finder_views import Labels, View, covered, labelled, placed

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.training.finder_pack import Pack

CPU = torch.device("cpu")
BOX = (30.0, 20.0, 70.0, 110.0)
SOURCES = ("coco", "exercise", "lspet", "clip", "mannequin", "rooms", "coco", "rooms")


def _joints() -> np.ndarray:
    """Seventeen joints from head to feet inside `BOX`."""
    joints = np.column_stack([np.linspace(40, 60, 17), np.linspace(30, 105, 17)])
    # Shoulders far enough apart for a webcam view.
    joints[5:7] = (62, 50), (38, 50)
    return joints


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pack of eight pictures of 120 x 120, six of a bright bar as the person."""
    blob, ends, owner = bytearray(), [], []
    for number, source in enumerate(SOURCES):
        picture = np.full((120, 120, 3), 40, np.uint8)
        if source != "rooms":
            picture[20:110, 30:70] = (90, 160, 220)
            owner.append(number)
        blob += cv2.imencode(".webp", picture)[1].tobytes()
        ends.append(len(blob))
    count = len(owner)
    (tmp_path / PICTURES).write_bytes(blob)
    np.savez(
        tmp_path / INDEX,
        ends=np.array(ends),
        source=np.array(SOURCES),
        held_out=np.arange(len(SOURCES)) >= 6,
        owner=np.array(owner),
        boxes=np.tile(np.array(BOX, np.float32), (count, 1)),
        joints=np.tile(_joints().astype(np.float32), (count, 1, 1)),
        seen=np.ones((count, 17), bool),
        kind=np.full(count, PERSON, np.int8),
    )
    torch.manual_seed(0)
    save_file(FinderLite().state_dict(), tmp_path / START)
    return tmp_path


@pytest.fixture
def pack(folder: Path) -> Pack:
    return load_pack(folder, device=CPU)


def test_pack_is_what_was_written(pack: Pack) -> None:
    assert pack.pixels.shape == (8, 3, 120, 120)
    assert pack.size.tolist() == [[120, 120]] * 8
    assert pack.boxes[0, 0].tolist() == list(BOX)
    assert pack.without_people().tolist() == [source == "rooms" for source in SOURCES]
    # RGB, not BGR.
    assert pack.pixels[0, :, 60, 50].tolist() == pytest.approx([220, 160, 90], abs=6)


def test_missing_pack_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PoseViewerError, match="not a pack"):
        load_pack(tmp_path, device=CPU)


def test_whole_picture_keeps_labels_on_the_person(pack: Pack) -> None:
    batch = still(pack, torch.tensor([0]), size=(256, 192))
    assert int((batch.labels.kind == PERSON).sum()) == 1
    left, top, right, bottom = batch.labels.boxes[0, 0].tolist()
    image = (batch.images[0].mean(0) + 1) * 127.5
    assert image[int(top) + 4 : int(bottom) - 3, int(left) + 4 : int(right) - 3].min() > 120
    assert image[: int(top) - 3].max() < 60
    # In the middle, with black on both sides.
    assert image[:, :30].max() == 0


def _window(size: float) -> torch.Tensor:
    return torch.tensor([[-0.5, -0.5, size - 0.5, size - 0.5]])


def test_cut_off_person_has_the_box_of_what_is_left(pack: Pack) -> None:
    # Three times as large, the eighth joint in the middle: head and hips, no feet.
    point, at = torch.tensor([[50.0, 50.0]]), torch.tensor([[64.0, 64.0]])
    view = View(torch.tensor([0]), placed(torch.tensor([3.0]), point, at))
    labels = labelled(pack, view, window=_window(128))
    left, top, right, bottom = labels.boxes[0, 0].tolist()
    assert labels.kind[0, 0] == PERSON
    assert (top, bottom) == (-0.5, 127.5)
    assert left >= 3.9
    assert right <= 124.1
    joints = labels.joints[0, 0]
    assert bool((joints[:2] >= labels.boxes[0, 0, :2]).all())
    assert bool((joints[2:] <= labels.boxes[0, 0, 2:]).all())


def test_somebody_out_of_view_or_tiny_need_not_be_found(pack: Pack) -> None:
    picture = torch.zeros(2, dtype=torch.int64)
    scale, at = torch.tensor([1.0, 0.15]), torch.tensor([[500.0, 64.0], [64.0, 64.0]])
    view = View(picture, placed(scale, torch.tensor([[60.0, 60.0]]).expand(2, 2), at))
    kind = labelled(pack, view, window=_window(128).expand(2, 4)).kind[:, 0]
    assert kind.tolist() == [NOBODY, UNSURE]


def test_flipped_and_turned_labels_follow_the_picture(pack: Pack) -> None:
    point, at = torch.tensor([[60.0, 60.0]]), torch.tensor([[60.0, 60.0]])
    view = View(torch.tensor([0]), placed(torch.ones(1), point, at, flip=torch.tensor([True])))
    box = labelled(pack, view, window=_window(120)).boxes[0, 0]
    assert box.tolist() == pytest.approx([50, 20, 90, 110], abs=0.6)
    quarter = placed(torch.ones(1), point, at, turn=torch.tensor([np.pi / 2]))
    box = labelled(pack, View(torch.tensor([0]), quarter), window=_window(120)).boxes[0, 0]
    assert box.tolist() == pytest.approx([10, 30, 100, 70], abs=0.6)


def test_pasted_picture_hides_who_is_under_it() -> None:
    boxes = torch.tensor([[[0.0, 0, 20, 40], [50, 0, 70, 40], [90, 0, 110, 40]]])
    kind = torch.full((1, 3), PERSON)
    under = Labels(boxes, boxes, torch.ones(1, 3, dtype=torch.bool), kind)
    nobody = Labels(boxes[:, :1], boxes[:, :1], kind[:, :1] > 0, torch.zeros_like(kind[:, :1]))
    after = covered(under, torch.tensor([[0.0, 0, 60, 50]]), by=nobody)
    assert after.kind.tolist() == [[NOBODY, UNSURE, PERSON, NOBODY]]


SIZE = (128, 128)
CODEC = DetectionCodec()


def _perfect(labels: Labels) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and edges of a network that sees every person, through one cell each."""
    logits, edges = [], []
    for i in range(len(labels.kind)):
        there = labels.kind[i] == PERSON
        boxes, joints = labels.boxes[i, there].numpy(), labels.joints[i, there].numpy()
        score, away = CODEC.encode(boxes, joints, size=SIZE)
        logits.append(torch.from_numpy(score * 16 - 8))
        edges.append(torch.from_numpy(away))
    return torch.stack(logits), torch.stack(edges)


def test_the_cell_that_sees_a_person_stands_for_them(pack: Pack) -> None:
    labels = still(pack, torch.tensor([0]), size=SIZE).labels
    logits, edges = _perfect(labels)
    wanted = targets(labels, logits, edges, CODEC, size=SIZE)
    cell = int(logits[0, 0].argmax())
    assert float(wanted.score[0, cell]) == pytest.approx(1.0, abs=1e-4)
    assert int((wanted.score > 0.5).sum()) == 1
    one = int((labels.kind[0] == PERSON).nonzero()[0, 0])
    assert wanted.boxes[0, cell].tolist() == pytest.approx(
        [*labels.boxes[0, one].tolist(), *labels.joints[0, one].tolist()]
    )


def test_pictures_of_nobody_want_no_score(pack: Pack) -> None:
    labels = still(pack, torch.tensor([5]), size=SIZE).labels
    logits = torch.zeros(1, 1, len(CODEC.cells(SIZE)[0]))
    wanted = targets(labels, logits, logits.expand(1, 8, -1) + 20, CODEC, size=SIZE)
    assert not wanted.score.any()
    assert wanted.judged.all()


def test_perfect_answer_costs_less_than_any_other(pack: Pack) -> None:
    labels = still(pack, torch.tensor([0, 5]), size=SIZE).labels
    logits, edges = _perfect(labels)
    wanted = targets(labels, logits, edges, CODEC, size=SIZE)
    good = loss_of(logits, edges, wanted, CODEC, size=SIZE)
    wide = loss_of(logits, edges + 5, wanted, CODEC, size=SIZE)
    lost = loss_of(-logits, edges, wanted, CODEC, size=SIZE)
    assert float(good[1]) == pytest.approx(0, abs=1e-3)
    assert float(wide[1]) > 0.1
    assert float(wide[2]) > 0.1
    assert float(lost[0]) > 100 * float(good[0])


def test_unsure_places_cost_nothing() -> None:
    boxes = torch.tensor([[[20.0, 20, 60, 90]]])
    labels = Labels(boxes, boxes, torch.zeros(1, 1, dtype=torch.bool), torch.full((1, 1), UNSURE))
    points, _ = CODEC.cells(SIZE)
    logits = torch.zeros(1, 1, len(points))
    wanted = targets(labels, logits, logits.expand(1, 8, -1) + 4, CODEC, size=SIZE)
    middle = np.flatnonzero((points == (39.5, 55.5)).all(1))
    outside = np.flatnonzero((points == (103.5, 55.5)).all(1))
    assert not wanted.judged[0, middle].any()
    assert wanted.judged[0, outside].all()
    assert not wanted.score.any()


def test_batches_repeat_with_their_seed(pack: Pack) -> None:
    first, again, other = (Batches(pack, seed=s).batch(6, size=(128, 96)) for s in (1, 1, 2))
    assert first.images.shape == (6, 3, 96, 128)
    assert first.images.min() >= -1
    assert first.images.max() <= 1
    torch.testing.assert_close(first.images, again.images)
    assert not torch.equal(first.images, other.images)


@pytest.mark.slow
@pytest.mark.parametrize("views", [0, 8])
def test_run_leaves_weights_and_a_record(folder: Path, tmp_path: Path, views: int) -> None:
    out = tmp_path / "out"
    plan = Plan(minutes=0.12, batch=2, rate=1e-3, every=5.0, views=views)
    Run(plan, data=folder, out=out, device=CPU).run()
    load_weights(learnt := FinderLite(), out / WEIGHTS)
    before = load_file(folder / START)
    if views:
        for name, value in learnt.state_dict().items():
            if ".score." not in name and ".inset." not in name:
                torch.testing.assert_close(value, before[name], rtol=1e-2, atol=1e-4)
    record = json.loads((out / RECORD).read_text())
    assert record["trials"][-1]["nobody_pictures"] == 1
    assert record["trials"][-1]["people"]["webcam"] == 2
    assert sorted(path.name for path in out.iterdir()) == sorted([WEIGHTS, RECORD])
