"""Displacements: hue by direction, and the limbs along which people grew."""

from __future__ import annotations

from poseviewer.draw.kinds.offsets import OffsetPainter
from poseviewer.draw.kinds.paf import FieldPainter


class DisplacementPainter(OffsetPainter, FieldPainter):
    """Draws displacements: their arrows as offsets have them, rows and limbs as fields."""

    name = "displacements"
    noun = ""


PAINTER = DisplacementPainter()
