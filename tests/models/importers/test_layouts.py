"""Every published layout is recognised, and every tensor of those built here has its place."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import torch

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.hrnet import HRNet
from poseviewer.models.importers.checkpoint import Match, match, recognise
from poseviewer.models.importers.files import without_prefixes
from poseviewer.models.importers.layouts import LAYOUTS, layout
from poseviewer.models.importers.vitpose import HEADS, LETTERS
from poseviewer.models.registry import shipped
from poseviewer.models.vitpose import ViTPose
from tests.models.importers.published import caffe_layout, key_layout, weightless

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.models.importers.checkpoint import Recognised
    from poseviewer.models.importers.files import Contents
    from poseviewer.models.vitpose import Decoder

CARDS = {card.name: card for card in shipped()}

PYTORCH = [
    ("bearpaw_hg1", "hourglass-1-bearpaw", 3_586_960),
    ("bearpaw_hg2", "hourglass-2-bearpaw", 6_730_912),
    ("bearpaw_hg8", "hourglass-8-bearpaw", 25_594_624),
    ("princeton_pytorch_hg2", "hourglass-2-princeton", 6_570_400),
    ("princeton_pytorch_hg8", "hourglass-8-princeton", 25_434_112),
    ("pytorch_openpose_body_pose_model_pth", "openpose-coco-cmu", 52_311_446),
    ("pytorch_openpose_body_in_module", "openpose-coco-cmu", 52_311_446),
    ("lightweight_openpose_ref1", "openpose-lightweight-1-osokin", 4_091_698),
    ("lightweight_openpose_ref3", "openpose-lightweight-3-osokin", 7_308_964),
    ("hrnet_w32_official", "hrnet-w32-coco", 28_536_113),
    ("hrnet_w48_official", "hrnet-w48-coco", 63_595_745),
    ("hf_vitpose_base_simple", "vitpose-b-simple-coco", 85_912_337),
    ("hf_vitpose_base_classic", "vitpose-b-classic-coco", 89_994_513),
]
CAFFE = [
    ("cpm__trained_LEEDS_PC-pose_deploy_centerMap", "cpm-6-cmu", 31_219_866),
    ("cpm__trained_MPI-pose_deploy_centerMap", "cpm-6-cmu", 31_219_866),
    ("cpm__trained_FLIC-pose_deploy", "cpm-4-flic-cmu", 21_323_816),
    ("cpm__trained_MPI-pose_deploy_resize", "cpm-vgg-cmu", 29_852_058),
    ("op_pose-coco-pose_deploy_linevec", "openpose-coco-cmu", 52_311_446),
    ("op_pose-mpi-pose_deploy_linevec", "openpose-mpi-cmu", 51_481_032),
    ("op_pose-mpi-pose_deploy_linevec_faster_4_stages", "openpose-mpi-4-cmu", 34_240_880),
    ("op_pose-body_25-pose_deploy", "openpose-body25-cmu", 26_166_084),
]
FOREIGN = [
    ("mmpose_cpm_mpii", "mmpose's CPM"),
    ("mmpose_hourglass52_mpii", "Hourglass-52"),
    ("pytorch_openpose_hand_pose_model_pth", "hand net"),
]
CAFFE_FOREIGN = [
    ("op_hand-pose_deploy", "hand net"),
    ("op_face-pose_deploy", "face net"),
    ("cpm__trained_person_MPI-pose_deploy_copy_4sg_resize", "person finder"),
]


def stripped(contents: Contents) -> Contents:
    return type(contents)(contents.kind, without_prefixes(contents.tensors))


def fitted(contents: Contents) -> tuple[Recognised, Match, int]:
    found = recognise(contents, file="file.pth", cards=CARDS)
    with torch.device("meta"):
        module = found.card.build()
    ours = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    places = match(found.layout.prepared(contents).shapes, ours, rename=found.layout.rename)
    return found, places, sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(("oracle", "name", "parameters"), PYTORCH)
def test_every_tensor_of_a_pytorch_layout_has_its_place(
    oracle: str, name: str, parameters: int, shared: Path
) -> None:
    contents = stripped(weightless(key_layout(shared, oracle)))
    found, places, count = fitted(contents)
    assert places.complete, places
    assert (found.card.name, count) == (name, parameters)
    assert len(set(places.places.values())) == len(places.places)
    counters = [key for key in contents.tensors if key.endswith("num_batches_tracked")]
    whole = found.layout.prepared(contents).tensors
    assert len(places.places) + len(places.dead) + len(counters) == len(whole)


@pytest.mark.parametrize(("oracle", "name", "parameters"), CAFFE)
def test_every_blob_of_a_released_caffe_net_has_its_place(
    oracle: str, name: str, parameters: int, shared: Path
) -> None:
    found, places, count = fitted(weightless(caffe_layout(shared, oracle), kind="Caffe model"))
    assert places.complete, places
    assert (found.card.name, count) == (name, parameters)
    assert "non-commercial" in found.layout.licence


def test_what_princeton_never_uses_is_counted(shared: Path) -> None:
    contents = stripped(weightless(key_layout(shared, "princeton_pytorch_hg8")))
    _, places, count = fitted(contents)
    numbers = sum(contents.tensors[name].numel() for name in places.dead)
    assert all(".skip_layer." in name for name in places.dead)
    assert numbers == 32_819_328 - count


@pytest.mark.parametrize(("oracle", "said"), FOREIGN)
def test_a_network_that_is_not_built_here_is_named(oracle: str, said: str, shared: Path) -> None:
    contents = stripped(weightless(key_layout(shared, oracle)))
    with pytest.raises(PoseViewerError, match=rf"file\.pth is of .*{said}.* not have yet"):
        recognise(contents, file="file.pth", cards=CARDS)


@pytest.mark.parametrize(("oracle", "said"), CAFFE_FOREIGN)
def test_a_caffe_net_that_is_not_built_here_is_named(oracle: str, said: str, shared: Path) -> None:
    with pytest.raises(PoseViewerError, match=said):
        recognise(weightless(caffe_layout(shared, oracle)), file="file", cards=CARDS)


def in_mmpose(official: dict[str, tuple[int, ...]], head: str) -> dict[str, tuple[int, ...]]:
    """The names of mmpose's checkpoints: a backbone and a head."""
    return {
        f"{head if name.startswith('final_layer') else 'backbone'}.{name}": shape
        for name, shape in official.items()
    }


@pytest.mark.parametrize("width", [32, 48])
@pytest.mark.parametrize("head", ["head", "keypoint_head"])
def test_mmpose_writes_an_hrnet_under_other_names(head: str, width: int, shared: Path) -> None:
    official = key_layout(shared, f"hrnet_w{width}_official")
    found, places, _ = fitted(weightless(in_mmpose(official, head)))
    assert places.complete, places
    assert found.card.name == f"hrnet-w{width}-coco"
    assert len(places.places) == len(official)


def test_an_hrnet_of_mpii_has_its_joints_and_its_input(shared: Path) -> None:
    shapes = key_layout(shared, "hrnet_w32_official")
    shapes |= {"final_layer.weight": (16, 32, 1, 1), "final_layer.bias": (16,)}
    found, places, _ = fitted(weightless(shapes))
    assert places.complete
    assert (found.card.name, found.card.input_size) == ("hrnet-w32-mpii", (256, 256))
    assert found.card.stages[0].channels[0] == "right_ankle"


@pytest.mark.parametrize(
    ("maps", "said"), [(51, "UDP's variant with offsets"), (133, "133 maps"), (0, "HigherHRNet")]
)
def test_an_hrnet_with_another_head_is_refused_by_name(maps: int, said: str, shared: Path) -> None:
    shapes = key_layout(shared, "hrnet_w32_official")
    shapes["final_layer.weight"] = (maps, 32, 1, 1)
    with pytest.raises(PoseViewerError, match=said):
        recognise(weightless(shapes), file="hrnet.pth", cards=CARDS)


@pytest.mark.parametrize(
    ("width", "depth", "decoder"),
    [(384, 12, "simple"), (768, 12, "classic"), (1024, 24, "simple"), (1280, 32, "classic")],
)
def test_a_vitpose_of_its_authors_has_our_names(width: int, depth: int, decoder: Decoder) -> None:
    with torch.device("meta"):
        module = ViTPose(width=width, depth=depth, heads=HEADS[width], decoder=decoder)
    shapes = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    found, places, count = fitted(weightless(shapes))
    assert places.complete
    assert found.layout.name == "vitpose"
    assert found.card.name == f"vitpose-{LETTERS[width]}-{decoder}-coco"
    assert count == sum(p.numel() for p in module.parameters())
    # Only the last block was ever asked.
    assert [spec.supervised for spec in found.card.stages] == [False] * (depth - 1) + [True]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"backbone.blocks.0.mlp.experts.0.weight": (192, 1536)}, r"ViTPose\+\+"),
        ({"backbone.pos_embed": (1, 433, 384)}, "433 positions"),
        ({"backbone.patch_embed.proj.weight": (400, 3, 16, 16)}, "400 numbers"),
    ],
)
def test_a_vitpose_of_another_build_is_refused_by_name(
    change: dict[str, tuple[int, ...]], said: str
) -> None:
    with torch.device("meta"):
        module = ViTPose(width=384, depth=12, heads=12)
    shapes = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    with pytest.raises(PoseViewerError, match=said):
        recognise(weightless(shapes | change), file="vit.pth", cards=CARDS)


def odd(shape: tuple[int, ...]) -> list[tuple[int, ...] | None]:
    """Shapes that a tensor of a damaged file may have in place of this one; None for none."""
    return [None, (), (7,), (0, *shape[1:]), shape[:-1], (*shape, 1)]


READ = re.compile(
    r"conv1\.weight|layer1\.0\.conv1\.weight|stage2\.0\.branches\.0\.0\.conv1\.weight|"
    r".*(final_layer|head\.conv|pos_embed|position_embeddings|proj|projection|query)(\.weight)?"
)
"""What networks are recognised by."""


@pytest.mark.parametrize("family", ["hrnet", "vitpose", "vitpose-hf"])
def test_a_tensor_of_any_shape_is_refused_in_a_sentence(family: str) -> None:
    with torch.device("meta"):
        module: torch.nn.Module = (
            HRNet(width=8, modules=(1, 1, 1), blocks=1, bottlenecks=1, middle=8, stem=8)
            if family == "hrnet"
            else ViTPose(width=384, depth=1, heads=12, decoder="simple")
        )
    shapes = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    if family == "vitpose-hf":
        shapes = {
            "backbone.embeddings.position_embeddings": (1, 193, 384),
            "backbone.embeddings.patch_embeddings.projection.weight": (384, 3, 16, 16),
            "head.conv.weight": (17, 384, 3, 3),
            **{
                f"backbone.encoder.layer.0.attention.attention.{part}.weight": (384, 384)
                for part in ("query", "key", "value")
            },
        }
    for name in filter(READ.fullmatch, shapes):
        for other in odd(shapes[name]):
            changed = {key: value for key, value in shapes.items() if key != name}
            changed |= {} if other is None else {name: other}
            with suppress(PoseViewerError):
                assert not fitted(weightless(changed))[1].complete


def test_a_vitpose_without_its_head_is_refused_by_name() -> None:
    with torch.device("meta"):
        shapes = {k: tuple(v.shape) for k, v in ViTPose(width=384).state_dict().items()}
    trunk = {name: shape for name, shape in shapes.items() if "head" not in name}
    with pytest.raises(PoseViewerError, match="it has no head"):
        recognise(weightless(trunk), file="vit.pth", cards=CARDS)


def test_an_unknown_network_is_told_with_what_to_do() -> None:
    with pytest.raises(PoseViewerError, match=r"2 tensors .* first is a\.weight.*--as CARD"):
        recognise(weightless({"a.weight": (1,), "b": (2,)}), file="x.pth", cards=CARDS)


def test_a_network_can_be_named_by_hand() -> None:
    found = recognise(weightless({"a": (1,)}), file="x", cards=CARDS, wanted="cpm-6")
    assert found.card is CARDS["cpm-6"]
    with pytest.raises(PoseViewerError, match="no model called 'cpm-7'"):
        recognise(weightless({"a": (1,)}), file="x", cards=CARDS, wanted="cpm-7")


def test_joints_without_names_are_refused(shared: Path) -> None:
    shapes = key_layout(shared, "bearpaw_hg1")
    shapes["score.0.weight"] = (12, 256, 1, 1)
    with pytest.raises(PoseViewerError, match="12 maps"):
        recognise(weightless(shapes), file="hg.pth", cards=CARDS)


def test_every_tensor_that_does_not_fit_is_named_both_ways() -> None:
    ours = {"a": (1,), "b": (2, 3), "c": (4,), "n.num_batches_tracked": ()}
    found = {"a": (1,), "b": (3, 2), "x": (4,), "skip": (9,), "m.num_batches_tracked": ()}
    told = match(found, ours, rename=lambda name: None if name == "skip" else name)
    assert told.places == {"a": "a"}
    assert told.missing == ("c",)
    assert told.unknown == ("x",)
    assert told.misshapen == ("b: 3 x 2 in the file, 2 x 3 here",)
    assert told.dead == ("skip",)
    assert not told.complete


def test_layouts_are_found_by_their_names() -> None:
    assert len({one.name for one in LAYOUTS}) == len(LAYOUTS)
    assert all(layout(one.name) is one for one in LAYOUTS)
    assert layout("none") is None
