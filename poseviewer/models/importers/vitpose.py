"""ViTPose as its authors publish it, and as Hugging Face's transformers does."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from poseviewer.codec.heatmap import udp
from poseviewer.core.reading import whole
from poseviewer.models.card import later, lenses
from poseviewer.models.importers.hrnet import SIZES, named_joints
from poseviewer.models.importers.layout import Layout, length, numbered, rows

if TYPE_CHECKING:
    from poseviewer.models.card import ModelCard
    from poseviewer.models.importers.files import Contents, Shapes
    from poseviewer.models.importers.layout import Cards, Settings

HEADS = {384: 12, 768: 12, 1024: 16, 1280: 16}
"""Heads of each block's attention, by the width of a token: S, B, L and H. No file tells them."""

LETTERS = {384: "s", 768: "b", 1024: "l", 1280: "h"}
"""What the paper calls them."""

# As `models.vitpose` has it, which needs torch.
_PATCH = 16
_PARTS = ("query", "key", "value")
_OF_LAYER = r"backbone\.encoder\.layer\.(\d+)\."
_NAMES = (
    (r"backbone\.embeddings\.position_embeddings", "backbone.pos_embed"),
    (r"backbone\.embeddings\.patch_embeddings\.projection\.", "backbone.patch_embed.proj."),
    (rf"{_OF_LAYER}layernorm_before\.", r"backbone.blocks.\1.norm1."),
    (rf"{_OF_LAYER}layernorm_after\.", r"backbone.blocks.\1.norm2."),
    (rf"{_OF_LAYER}attention\.attention\.qkv\.", r"backbone.blocks.\1.attn.qkv."),
    (rf"{_OF_LAYER}attention\.output\.dense\.", r"backbone.blocks.\1.attn.proj."),
    (rf"{_OF_LAYER}mlp\.", r"backbone.blocks.\1.mlp."),
    (r"backbone\.layernorm\.", "backbone.last_norm."),
    (r"head\.deconv1\.", "keypoint_head.deconv_layers.0."),
    (r"head\.batchnorm1\.", "keypoint_head.deconv_layers.1."),
    (r"head\.deconv2\.", "keypoint_head.deconv_layers.3."),
    (r"head\.batchnorm2\.", "keypoint_head.deconv_layers.4."),
    (r"head\.conv\.", "keypoint_head.final_layer."),
)
_EXPERTS = ".mlp.experts."
"""In names of tensors of ViTPose++, whose last MLP layer differs by data set."""


def _ours(name: str) -> str:
    """Our name of a tensor of transformers' VitPoseForPoseEstimation."""
    for pattern, place in _NAMES:
        if found := re.match(pattern, name):
            return found.expand(place) + name[found.end() :]
    return name


def _joined(contents: Contents) -> Contents:
    """One matrix a block for query, key and value, which transformers has apart."""
    # Here, not at the top: listing cards must not import torch.
    import torch

    tensors = dict(contents.tensors)
    for name in contents.tensors:
        if not (found := re.fullmatch(rf"({_OF_LAYER}attention\.attention\.)query\.(\w+)", name)):
            continue
        apart = [f"{found[1]}{part}.{found[3]}" for part in _PARTS]
        shapes = {contents.shapes.get(part) for part in apart}
        # What is missing, or does not fit together, stays apart and is listed as it is.
        if shapes.isdisjoint((None, ())) and len(shapes) == 1:
            whole_one = torch.cat([tensors.pop(part) for part in apart])
            tensors[f"{found[1]}qkv.{found[3]}"] = whole_one
    return replace(contents, tensors=tensors)


def _recognised(contents: Contents) -> Settings | None:
    if "backbone.patch_embed.proj.weight" not in contents.shapes:
        return None
    return _settings(contents.shapes)


def _recognised_hf(contents: Contents) -> Settings | None:
    if "backbone.embeddings.patch_embeddings.projection.weight" not in contents.shapes:
        return None
    return _settings({_ours(name): shape for name, shape in contents.shapes.items()})


def _settings(shapes: Shapes) -> Settings:
    final = "keypoint_head.final_layer.weight"
    return {
        "joints": rows(shapes, final),
        "width": rows(shapes, "backbone.patch_embed.proj.weight"),
        "depth": numbered(shapes, r"backbone\.blocks\.(\d+)\.norm1\.weight"),
        "decoder": "simple" if length(shapes, final, axis=-1) == 3 else "classic",
        "positions": length(shapes, "backbone.pos_embed", axis=1),
        "experts": any(_EXPERTS in name for name in shapes),
    }


def _card(cards: Cards, settings: Settings) -> ModelCard:
    if settings["experts"]:
        msg = "its layers differ by data set, as those of ViTPose++ do, which is not built here"
        raise ValueError(msg)
    joints = whole(settings["joints"], "joints", low=0, high=1 << 12)
    if not joints:
        msg = "it has no head, as a trunk alone has none"
        raise ValueError(msg)
    skeleton = named_joints(joints)
    width = whole(settings["width"], "width", low=1, high=1 << 13)
    if width not in HEADS:
        msg = f"its tokens have {width} numbers, and only those of S, B, L and H are known"
        raise ValueError(msg)
    size = SIZES[joints]
    if settings["positions"] != 1 + size[0] * size[1] // _PATCH**2:
        msg = f"it has {settings['positions']} positions, which are not those of {size[0]} x "
        raise ValueError(f"{msg}{size[1]} pixels")
    depth = whole(settings["depth"], "depth", low=1, high=64)
    base = cards["vitpose-b"]
    decoder = "simple" if settings["decoder"] == "simple" else "classic"
    letter = LETTERS[width]
    built = {"joints": joints, "size": size, "width": width, "depth": depth, "decoder": decoder}
    codec = replace(base.heatmaps, steps=udp(size, stride=base.heatmaps.stride))
    return replace(
        base,
        codec=codec,
        name=f"vitpose-{letter}-{decoder}-{skeleton.partition('-')[0]}",
        title=f"ViTPose-{letter.upper()} as published, {decoder} decoder, {joints} joints",
        skeleton=skeleton,
        input_size=size,
        stages=lenses(depth, word="block", codec=codec, skeleton=skeleton),
        source=f"{base.source}; weights as published",
        build=later("vitpose", "ViTPose", heads=HEADS[width], **built),
    )


_LICENCE = (
    "Apache-2.0, as its code; trained on COCO and others from weights of MAE, whose pictures are "
    "for research"
)

VITPOSE = Layout(
    name="vitpose",
    title="a ViTPose of its authors",
    recognise=_recognised,
    card=_card,
    licence=_LICENCE,
)

VITPOSE_HF = Layout(
    name="vitpose-hf",
    title="a ViTPose of Hugging Face's transformers",
    recognise=_recognised_hf,
    card=_card,
    rename=_ours,
    prepared=_joined,
    licence=_LICENCE,
)
