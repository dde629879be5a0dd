"""Published networks that are recognised but not built here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.models.importers.layout import Foreign, rows

if TYPE_CHECKING:
    from poseviewer.models.importers.contents import Shapes


def _any(shapes: Shapes, *names: str) -> bool:
    return any(name in shapes for name in names)


def _mmpose_head(shapes: Shapes, name: str) -> bool:
    return _any(shapes, f"head.{name}", f"keypoint_head.{name}")


def _hrnet(shapes: Shapes) -> bool:
    branch = "stage2.0.branches.0.0.conv1.weight"
    return _any(shapes, branch, f"backbone.{branch}")


def _vitpose(shapes: Shapes) -> bool:
    return _any(
        shapes,
        "backbone.patch_embed.proj.weight",
        "backbone.embeddings.patch_embeddings.projection.weight",
    )


def _hourglass52(shapes: Shapes) -> bool:
    return "backbone.hourglass_modules.0.up1.0.conv1.weight" in shapes


def _mmpose_cpm(shapes: Shapes) -> bool:
    return "backbone.cpm_stages.0.model.0.conv.weight" in shapes


def _simple_baseline(shapes: Shapes) -> bool:
    return "deconv_layers.0.weight" in shapes or _mmpose_head(shapes, "deconv_layers.0.weight")


def _regression(shapes: Shapes) -> bool:
    return "backbone.layer1.0.conv1.weight" in shapes and _mmpose_head(shapes, "fc.weight")


def _one_branch(shapes: Shapes, maps: int) -> bool:
    return rows(shapes, "Mconv7_stage2.weight") == maps and "conv5_3_CPM.weight" in shapes


FOREIGN = (
    Foreign("ViTPose", _vitpose),
    Foreign("an HRNet", _hrnet),
    Foreign("mmpose's Hourglass-52", _hourglass52),
    Foreign("mmpose's CPM", _mmpose_cpm),
    Foreign("a SimpleBaseline", _simple_baseline),
    Foreign("mmpose's regression net", _regression),
    Foreign("OpenPose's hand net", lambda s: _one_branch(s, 22)),
    Foreign("OpenPose's face net", lambda s: _one_branch(s, 71)),
    Foreign("CMU's person finder", lambda s: rows(s, "Mconv7_stage2.weight") == 1),
)
"""What can be told of each file in one sentence."""
