"""The design system: colours of each theme, sizes, and what the viewing distance makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtGui import QColor

ThemeChoice = Literal["system", "dark", "light", "contrast"]
Distance = Literal["desk", "room", "hall"]

DISTANCES: dict[Distance, float] = {"desk": 1.0, "room": 1.25, "hall": 1.5}
"""How large texts, icons, spaces and strokes are, relative to a screen at arm's length.

A room is read from about 2 m, a hall from 5 m and more; the steps are as large as a window of
1280 x 720 points allows. Spaces grow half as much as what they part."""

DISTANCE_NAMES: dict[Distance, str] = {
    "desk": "Desk: one person at the screen",
    "room": "Room: some people around a screen",
    "hall": "Hall: a projector or a screen far away",
}


@dataclass(frozen=True, slots=True)
class Theme:
    """Every colour the window uses, as #rrggbb."""

    name: str
    window: str
    """Behind bars and between docks."""
    panel: str
    """Docks, menus, dialogs."""
    field: str
    """Inside boxes that take input."""
    raised: str
    """Buttons."""
    hover: str
    line: str
    """Borders and separators."""
    canvas: str
    """Around the frame; also the background of plots and tiles."""
    text: str
    muted: str
    """Secondary text; still 4.5:1 on whatever it stands on."""
    disabled: str
    accent: str
    """Selection, focus, the chosen stage."""
    accent_strong: str
    """Fill of the one main button, under `on_accent`."""
    accent_hover: str
    """The same under the pointer."""
    on_accent: str
    mark: str
    """In and out marks."""
    confidence: str
    """Bars of the analysed range on the timeline."""
    info: str
    warning: str
    error: str

    @property
    def dark(self) -> bool:
        """Whether text is lighter than what lies behind it."""
        return _lighter(self.text, self.window)

    @property
    def tone(self) -> str:
        """Which icons stand out on the panel: `dark` or `light`."""
        return "dark" if self.dark else "light"

    @property
    def accent_tone(self) -> str:
        """Which icons stand out on the strong accent."""
        return "dark" if _lighter(self.on_accent, self.accent_strong) else "light"

    def colour(self, name: str, alpha: float = 1.0) -> QColor:
        """The field `name` as a QColor with an opacity of `alpha`."""
        colour = QColor(getattr(self, name))
        colour.setAlphaF(alpha)
        return colour


def _lighter(text: str, behind: str) -> bool:
    return QColor(text).lightness() > QColor(behind).lightness()


DARK = Theme(
    name="dark",
    window="#14161a",
    panel="#1b1e24",
    field="#14171b",
    raised="#262a32",
    hover="#303641",
    line="#2e333c",
    canvas="#0c0d10",
    text="#e8eaed",
    muted="#9aa3af",
    disabled="#5f6772",
    accent="#58b8ff",
    accent_strong="#1f6fb0",
    accent_hover="#2574b5",
    on_accent="#ffffff",
    mark="#f2c14e",
    confidence="#4d8fbf",
    info="#58b8ff",
    warning="#f2c14e",
    error="#ff7b72",
)

LIGHT = Theme(
    name="light",
    window="#e9ecf0",
    panel="#f8f9fb",
    field="#ffffff",
    raised="#ffffff",
    hover="#e3eaf2",
    line="#cdd3db",
    canvas="#dde1e6",
    text="#1a1e24",
    muted="#59626e",
    disabled="#a3abb5",
    accent="#0a62ad",
    accent_strong="#0a62ad",
    accent_hover="#084f8c",
    on_accent="#ffffff",
    mark="#b26a00",
    confidence="#3d86c4",
    info="#0a62ad",
    warning="#9a5b00",
    error="#c0342b",
)

CONTRAST = Theme(
    name="contrast",
    window="#000000",
    panel="#000000",
    field="#000000",
    raised="#141414",
    hover="#2b2b2b",
    line="#b8b8b8",
    canvas="#000000",
    text="#ffffff",
    muted="#dcdcdc",
    disabled="#8c8c8c",
    accent="#ffd60a",
    accent_strong="#ffd60a",
    accent_hover="#ffe566",
    on_accent="#000000",
    mark="#ffd60a",
    confidence="#35c8ff",
    info="#35c8ff",
    warning="#ffd60a",
    error="#ffa199",
)

THEMES: dict[ThemeChoice, Theme] = {"dark": DARK, "light": LIGHT, "contrast": CONTRAST}


@dataclass(frozen=True, slots=True)
class Sizes:
    """Lengths of the window in logical pixels, types in points, all as on a desk."""

    gap_small: int = 4
    """Between an icon and its words."""
    gap: int = 6
    """Between controls of a row."""
    gap_wide: int = 10
    """Between rows that belong to different things."""
    margin: int = 18
    """Around the contents of a dialog."""
    radius_small: int = 4
    """Ticks, rows of a list."""
    radius: int = 5
    """Controls."""
    radius_large: int = 6
    """Cards and notices."""
    border: int = 1
    stripe: int = 3
    """The coloured edge of a notice."""
    icon_small: int = 16
    """Beside words."""
    icon: int = 20
    """Alone on a button."""
    icon_large: int = 32
    """On the large buttons of the start page."""
    tick: int = 15
    """A box to tick."""
    caption: float = 8.5
    """Headers, axes."""
    title: float = 12.5
    """Above a section of a page."""
    heading: float = 20.0
    """Above the start page."""


SIZES = Sizes()
