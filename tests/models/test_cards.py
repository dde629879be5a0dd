"""The contract of every card: the network keeps what its card promises."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.heads import Heads
from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.card import ModelCard, Normalisation
from poseviewer.models.catalogue import catalogue
from poseviewer.models.facts import digest, facts
from poseviewer.models.registry import card, cards
from poseviewer.models.weights import trained_module

if TYPE_CHECKING:
    from poseviewer.core.stage import StageSpec

CARDS = pytest.mark.parametrize("card", cards(), ids=lambda c: c.name)
CASCADES = [c for c in cards() if c.family == "deeppose"]
CROWDS = [c for c in cards() if c.family == "openpose"]
GROWN = [c for c in cards() if c.family == "personlab"]
HEADS = [c for c in cards() if c.family == "fcpose"]
TRAINED = [c for c in cards() if c.trained]
SHIP = {"hourglass-lite", "cpm-lite", "deeppose-lite", "openpose-lite"}


@CARDS
def test_parameters_are_counted(card: ModelCard) -> None:
    with torch.device("meta"):
        module = card.build()
    assert sum(p.numel() for p in module.parameters()) == card.parameters


def covered(side: int, spec: StageSpec) -> int:
    """As many as cover a side; where they lie on both of its ends, it is a pixel longer."""
    return -(-side // spec.stride)


@CARDS
def test_every_stage_has_the_promised_shape(card: ModelCard) -> None:
    width, height = card.input_size
    # Without numbers, so that a net of 175 GMAC costs nothing.
    with torch.device("meta"):
        stages = card.build().eval()(torch.zeros(2, 3, height, width))
    assert isinstance(stages, tuple)
    numbers = {}
    if card in CASCADES:
        numbers["coords"] = (1, card.codec.numbers)
    if card in HEADS:
        head = card.codec.head
        numbers["filters"] = (card.codec.people * head.rows, head.columns)
    assert [tuple(s.shape) for s in stages] == [
        (
            2,
            len(spec.channels),
            *numbers.get(spec.kind, (covered(height, spec), covered(width, spec))),
        )
        for spec in card.stages
    ]


@CARDS
def test_channels_are_the_skeleton_then_the_background(card: ModelCard) -> None:
    joints = load_skeleton(card.skeleton).joints
    if card in CROWDS or card in GROWN:
        return
    for spec in card.stages[-1:] if card in HEADS else card.stages:
        assert spec.channels == joints + (("background",) if card.background else ())
        assert spec.stride == (1 if card in CASCADES else card.codec.stride)
        assert spec.kind == ("coords" if card in CASCADES else "heatmap")


@CARDS
def test_targets_come_back_through_the_codec(card: ModelCard) -> None:
    rng = np.random.default_rng(1)
    width, height = card.input_size
    joints = rng.uniform(0.2, 0.8, (len(load_skeleton(card.skeleton).joints), 2)) * (width, height)
    if card in CASCADES:
        box = np.array([[-0.5, -0.5, width, height]])
        back, _ = card.coords.decode(card.coords.encode(joints, box), box)
        np.testing.assert_allclose(back, joints)
        return
    if card in GROWN:
        maps = card.offsets.encode(joints[None], size=card.input_size)
        assert [m.shape for m in maps] == [
            (len(s.channels), covered(height, s), covered(width, s)) for s in card.stages[:4]
        ]
        assert np.abs(card.offsets.decode(*maps).joints()[0] - joints).max() < 0.01
        return
    if card in HEADS:
        # Nothing is drawn for those: see tests/codec/test_dynamic.py.
        return
    if card in CROWDS:
        maps = card.fields.encode(joints[None], size=card.input_size)
        assert [len(m) for m in maps] == [len(c) for c in _channels(card)]
        cells, _ = card.fields.beliefs.decode(maps[1], method="dark")
        assert np.abs(card.fields.beliefs.to_pixels(cells) - joints).max() < 0.05
        return
    maps = card.codec.encode(joints, size=card.input_size)
    assert maps.shape[0] == len(card.stages[0].channels)
    cells, _ = card.codec.decode(maps, method="dark")
    assert np.abs(card.codec.to_pixels(cells) - joints).max() < 0.05


def _channels(card: ModelCard) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the channels of fields and of beliefs."""
    return card.fields.field_channels, (*load_skeleton(card.skeleton).joints, "background")


@pytest.mark.parametrize("card", CROWDS, ids=lambda c: c.name)
def test_fields_and_beliefs_are_partners(card: ModelCard) -> None:
    fields, beliefs = _channels(card)
    assert card.fields.skeleton_name == card.skeleton
    assert len(fields) == 2 * len(load_skeleton(card.skeleton).limbs)
    for spec in card.stages:
        assert spec.stride == card.fields.stride
        assert spec.channels == {"paf": fields, "heatmap": beliefs}[spec.kind]
        assert spec.partner is not None
        assert {spec.kind, card.stages[spec.partner].kind} == {"paf", "heatmap"}
    # The last stage is what people are read from, and the window's rows are its joints.
    assert card.stages[-1].kind == "heatmap"
    assert card.background


@pytest.mark.parametrize("card", GROWN, ids=lambda c: c.name)
def test_people_grow_along_the_limbs_of_the_skeleton(card: ModelCard) -> None:
    codec = card.offsets
    assert codec.skeleton_name == card.skeleton
    discs, offsets, forth, back, votes = card.stages
    assert discs.channels == votes.channels == codec.skeleton.joints
    assert offsets.channels == codec.offset_channels
    assert (forth.channels[8], back.channels[8]) == ("nose-left_shoulder x", "left_shoulder-nose x")
    # Every other joint is the end of one limb, whose start came before.
    limbs = codec.skeleton.limbs
    assert [limb.channel for limb in limbs] == list(range(0, 32, 2))
    known = {limbs[0].start}
    for limb in limbs:
        assert limb.start in known
        assert limb.end not in known
        known.add(limb.end)
    assert len(known) == 17
    assert [stage.answers for stage in card.stages] == [True, True, False, False, True]


def test_the_longer_side_stays_where_cells_lie_on_both_ends() -> None:
    wide = card("posenet-513")
    assert wide.input_for(16 / 9) == wide.input_size == (513, 289)
    assert wide.input_for(4 / 3) == (513, 385)
    assert wide.input_for(9 / 16) == (289, 513)
    assert wide.input_for(1) == (513, 513)
    assert wide.input_for(100) == wide.input_for(3)
    assert wide.to_input(0).tolist() == [[16, 0, 0], [0, 16, 0]]
    assert card("openpose-coco").to_input(0).tolist() == [[8, 0, 3.5], [0, 8, 3.5]]


def test_the_input_follows_the_shape_of_what_is_shown() -> None:
    wide = card("openpose-coco")
    assert wide.input_for(16 / 9) == wide.input_size == (656, 368)
    assert wide.input_for(4 / 3) == (496, 368)
    assert wide.input_for(9 / 16) == (208, 368)
    assert wide.input_for(100) == wide.input_for(3)
    assert wide.input_for(0.001)[0] > 0
    lite = card("openpose-lite")
    assert all(lite.input_for(a)[0] % 32 == 0 for a in np.linspace(0.2, 4, 40))
    assert card("cpm-lite").input_for(16 / 9) == card("cpm-lite").input_size


@CARDS
def test_people_are_told_where_it_is_from(card: ModelCard) -> None:
    assert card.title
    assert card.licence
    assert card.source
    assert len({spec.name for spec in card.stages}) == len(card.stages) >= 2


@pytest.mark.parametrize(
    "name",
    [
        "deeppose",
        "cpm-6",
        "hourglass-2",
        "hourglass-8",
        "openpose-coco",
        "openpose-body25",
        "openpose-lightweight-1",
        "posenet-513",
        "fcpose",
        "fcpose-lite",
    ],
)
def test_the_documents_say_how_large_it_is(name: str) -> None:
    told = Path(__file__).parents[2] / "docs" / "facts" / "networks.md"
    assert f"{card(name).parameters:,}" in told.read_text(encoding="utf-8")


@pytest.mark.parametrize("card", TRAINED, ids=lambda c: c.name)
def test_shipped_weights_are_those_of_their_card(card: ModelCard) -> None:
    path = card.weights_path
    assert path is not None
    told = facts(card)
    assert digest(path) == told["sha256"]
    assert path.stat().st_size < 25_000_000
    for scores in told["validation"].values():
        by_stage = len(card.stages) // 2 if card in CROWDS else len(card.stages)
        # Of generated heads the peaks alone, and then the directions, are measured.
        by_stage = 2 if card in HEADS else by_stage
        assert len(scores["AP" if card.everybody else "pck@0.2"]) == by_stage
    assert {"command", "data", "minutes", "hardware", "rule"} <= told.keys()
    module = trained_module(card)
    assert all(torch.isfinite(tensor).all() for tensor in module.state_dict().values())


@pytest.mark.parametrize("card", TRAINED, ids=lambda c: c.name)
def test_shipped_weights_are_unsure_of_an_empty_picture(card: ModelCard) -> None:
    width, height = card.input_size
    grey = np.full((1, height, width, 3), 127, np.uint8)
    with torch.inference_mode():
        stages = trained_module(card)(torch.from_numpy(card.normalisation.apply(grey)))
    if card in CASCADES:
        # Only the first one is shown pictures in which there may be nobody.
        _, score = card.coords.decode(stages[0][:, :, 0].numpy(), np.ones((1, 1, 4)))
    elif card in HEADS:
        assert Heads.of(stages[1][0].numpy()).score.max() < card.codec.least
        return
    elif card in CROWDS:
        fields, beliefs = (stage[0].numpy() for stage in stages[-2:])
        assert len(card.fields.decode(fields, beliefs)) == 0
        return
    else:
        _, score = card.heatmaps.decode(stages[-1].numpy())
    assert np.median(score) < 0.2


def test_names_are_unique() -> None:
    assert len({c.name for c in cards()}) == len(cards())


def test_near_names_are_offered() -> None:
    assert card("cpm-lite").family == "cpm"
    with pytest.raises(PoseViewerError, match="hourglass-lite"):
        card("hourglas-light")
    with pytest.raises(PoseViewerError, match="cpm-6"):
        card("zzz")


def test_cards_of_the_paper_have_no_weights() -> None:
    assert not card("hourglass-8").trained
    assert facts(card("hourglass-8")) == {}
    with pytest.raises(PoseViewerError, match="no weights"):
        trained_module(card("hourglass-8"))


def test_normalisation_orders_channels_and_scales() -> None:
    image = np.zeros((1, 2, 2, 3), np.uint8)
    image[..., 0] = 255
    rgb = Normalisation().apply(image)
    assert rgb.dtype == np.float32
    assert rgb[0, :, 0, 0].tolist() == [1.0, 0.0, 0.0]
    bgr = Normalisation(mean=(128,) * 3, scale=(256,) * 3, order="bgr").apply(image)
    assert bgr[0, :, 1, 1].tolist() == [-0.5, -0.5, 127 / 256]


def test_facts_can_be_written_as_json() -> None:
    for one in TRAINED:
        json.dumps(facts(one), allow_nan=False)


def test_what_ships_is_there() -> None:
    assert {c.name for c in TRAINED} >= SHIP


@pytest.mark.parametrize("card", [c for c in cards() if not c.trained], ids=lambda c: c.name)
def test_a_card_without_weights_names_commands_that_give_it_some(card: ModelCard) -> None:
    known = {one.name for one in catalogue()}
    commands = re.findall(r"`poseviewer (\w+) (?:(\w+) )?(\S+)`", card.lacking)
    assert ("models", "import", "FILE") in commands
    assert all(name in known for _, action, name in commands if action == "get")
    assert (("train", "", card.name) in commands) == (card.family != "personlab")
    assert card.lacking == PoseViewerError(card.lacking).args[0], "nothing is cut off"


def test_published_weights_are_named_where_there_are_any() -> None:
    assert (
        "Get networks or `poseviewer models get hourglass-8-bearpaw`" in card("hourglass-8").lacking
    )
    assert "models get" not in card("hrnet-w32").lacking
