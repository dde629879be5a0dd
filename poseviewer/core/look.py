"""How a result is drawn: the same choices for the screen and for a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """What is drawn over the frame; shared by the screen and the export."""

    skeleton: bool = True
    ghost: int | None = None
    """0-based stage whose skeleton is drawn thin beneath the final one."""
    overlay_stage: int | None = None
    """0-based stage whose map lies on the frame; None for none."""
    overlay_channel: int | None = None
    """Channel of that map, of a field either component of the limb; None for the strongest of
    all joints, or limbs, in each cell."""
    arrows: bool = False
    """Draw fields as arrows too."""
    opacity: float = 0.65
    colormap: str = "inferno"
    arcs: tuple[str, ...] = ()
    """Names of the angles drawn as arcs with their values."""
    region: bool = False
    """Outline what the network was shown."""
    truth: bool = False
    """The true skeleton, where it is known, and how far from it each joint was found."""
    hidden: tuple[int, ...] = ()
    """Numbers of people who are not drawn."""
    names: tuple[tuple[int, str], ...] = ()
    """What people are called, by their numbers."""
    gate: float = 0.2
