"""HRNet as its authors, DARK's and mmpose publish it (docs/facts/networks.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from poseviewer.core.reading import whole
from poseviewer.models.card import later, lenses
from poseviewer.models.importers.layout import Layout, length, numbered, rows

if TYPE_CHECKING:
    from poseviewer.models.card import ModelCard
    from poseviewer.models.importers.files import Contents, Shapes
    from poseviewer.models.importers.layout import Cards, Settings

NAMED = {17: "coco-17", 16: "mpii-16"}
"""The skeletons of published single-person networks, by their number of maps."""

SIZES = {17: (192, 256), 16: (256, 256)}
"""Width and height of the input on which most of them were trained."""

_HEADS = ("head.final_layer.", "keypoint_head.final_layer.")
_WHOLE = "stage2.0.branches.0.0.conv1.weight"
_RANGES = {"width": 256, "blocks": 16, "bottlenecks": 16, "middle": 512, "stem": 512, "kernel": 7}


def _ours(name: str) -> str:
    """Our name of a tensor: that of the authors, which mmpose puts into two parts."""
    for head in _HEADS:
        if name.startswith(head):
            return f"final_layer.{name.removeprefix(head)}"
    return name.removeprefix("backbone.")


def _recognised(contents: Contents) -> Settings | None:
    shapes: Shapes = {_ours(name): shape for name, shape in contents.shapes.items()}
    if _WHOLE not in shapes:
        return None
    head = "final_layer.weight"
    return {
        "joints": rows(shapes, head),
        "width": rows(shapes, _WHOLE),
        "modules": [
            numbered(shapes, rf"stage{stage}\.(\d+)\.branches\.0\.0\.conv1\.weight")
            for stage in (2, 3, 4)
        ],
        "blocks": numbered(shapes, r"stage2\.0\.branches\.0\.(\d+)\.conv1\.weight"),
        "bottlenecks": numbered(shapes, r"layer1\.(\d+)\.conv1\.weight"),
        "middle": rows(shapes, "layer1.0.conv1.weight"),
        "stem": rows(shapes, "conv1.weight"),
        "kernel": length(shapes, head, axis=-1),
    }


def named_joints(count: int) -> str:
    """The skeleton of so many maps.

    Raises:
        ValueError: None has a name here; the text is a clause.
    """
    if count in NAMED:
        return NAMED[count]
    if count in (3 * joints for joints in NAMED):
        msg = (
            f"its {count} maps are those of UDP's variant with offsets, which is not read here; "
            "the variant with one map a joint is"
        )
        raise ValueError(msg)
    msg = f"it has {count} maps, and only COCO's 17 and MPII's 16 joints have names here"
    raise ValueError(msg)


def _card(cards: Cards, settings: Settings) -> ModelCard:
    joints = whole(settings["joints"], "joints", low=0, high=1 << 12)
    if not joints:
        msg = "it has no final_layer, as a trunk alone and HigherHRNet have none"
        raise ValueError(msg)
    skeleton = named_joints(joints)
    modules = [whole(count, "modules", low=1, high=16) for count in settings["modules"]]
    found = {name: whole(settings[name], name, low=1, high=top) for name, top in _RANGES.items()}
    base, width = cards["hrnet-w32"], found["width"]
    return replace(
        base,
        name=f"hrnet-w{width}-{skeleton.partition('-')[0]}",
        title=f"HRNet-W{width} as published, {joints} joints",
        skeleton=skeleton,
        input_size=SIZES[joints],
        stages=lenses(sum(modules), word="module", codec=base.heatmaps, skeleton=skeleton),
        source=f"{base.source}; weights as published",
        build=later("hrnet", "HRNet", **{**found, "joints": joints, "modules": tuple(modules)}),
    )


HRNET = Layout(
    name="hrnet",
    title="an HRNet of its authors or of mmpose",
    recognise=_recognised,
    card=_card,
    rename=_ours,
    licence="MIT, as its code; trained on COCO or MPII from weights of ImageNet, whose pictures "
    "are for research",
)
