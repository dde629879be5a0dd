"""Two themes, both readable; icons of our own."""

import re

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QTableWidget, QTableWidgetItem, QToolButton

from poseviewer.core.assets import resource
from poseviewer.gui import theme
from poseviewer.gui.actions.table import ACTIONS
from poseviewer.gui.design import DISTANCES, SIZES, THEMES
from poseviewer.gui.frame.hud import INKS, _backing
from poseviewer.gui.icons import icon


@pytest.fixture(autouse=True)
def restored(qapp):
    yield
    theme.apply("dark", distance="desk")


def luminance(name):
    def linear(part):
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in QColor(name).getRgbF()[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


SURFACES = ("window", "panel", "field", "raised", "hover", "canvas")
PAIRS = [
    *(("text", behind) for behind in SURFACES),
    *(("muted", behind) for behind in SURFACES),
    *(("accent", behind) for behind in ("window", "panel", "field", "raised", "hover", "canvas")),
    *(("error", behind) for behind in ("window", "panel", "field", "raised", "hover")),
    *(("warning", behind) for behind in ("panel", "raised")),
    ("on_accent", "accent_strong"),
    ("on_accent", "accent_hover"),
]
"""What is written, on what, by the style sheet and by the widgets that paint themselves."""


@pytest.mark.parametrize("choice", THEMES)
@pytest.mark.parametrize(("ink", "behind"), PAIRS)
def test_every_text_can_be_read(choice, ink, behind):
    """4.5:1 as WCAG 2.2, 1.4.3, asks for; 7:1 (1.4.6) in high contrast."""
    now = THEMES[choice]
    least = 7 if choice == "contrast" else 4.5
    assert contrast(getattr(now, ink), getattr(now, behind)) >= least


@pytest.mark.parametrize("choice", THEMES)
def test_what_is_drawn_can_be_seen(choice):
    """3:1 for what is no text (WCAG 2.2, 1.4.11): marks, bars, the focus."""
    now = THEMES[choice]
    for ink in ("mark", "confidence", "accent", "info"):
        assert contrast(getattr(now, ink), now.panel) >= 3, ink
    if choice == "contrast":
        assert contrast(now.line, now.panel) >= 3


def test_fixed_colours_of_the_style_sheet_can_be_read():
    """The sign of a recording is red in every theme."""
    rule = next(
        line for line in resource("window.qss").read_text().splitlines() if "recording" in line
    )
    ink, behind = re.findall("#[0-9a-f]{6}", rule)
    assert contrast(ink, behind) >= 4.5


def test_the_texts_over_the_frame_can_be_read_over_white():
    """The panels in the corners let a little of the frame through."""
    image = _backing(20, 20, 1.0)
    glass = image.pixelColor(10, 10)
    share = glass.alphaF()
    behind = QColor.fromRgbF(*(share * part + 1 - share for part in glass.getRgbF()[:3]))
    for ink in INKS:
        assert contrast(ink, behind.name()) >= 4.5, ink


def test_sizes_follow_the_viewing_distance(qapp, qtbot):
    theme.apply("dark", distance="desk")
    label, digits, button = QLabel("words"), QLabel("0.25"), QToolButton()
    table = QTableWidget(1, 1)
    table.setItem(0, 0, QTableWidgetItem("3"))
    table.item(0, 0).setFont(theme.digits(8.0))
    digits.setFont(theme.digits(8.0))
    button.setIconSize(theme.square(20))
    for widget in (label, digits, button, table):
        qtbot.addWidget(widget)
        widget.show()
    before = label.font().pointSizeF()
    for distance, factor in DISTANCES.items():
        theme.apply("dark", distance=distance)
        assert label.font().pointSizeF() == pytest.approx(before * factor)
        assert digits.font().pointSizeF() == pytest.approx(8.0 * factor)
        assert table.item(0, 0).font().pointSizeF() == pytest.approx(8.0 * factor)
        assert button.iconSize().width() == pytest.approx(20 * factor, abs=1)
        assert theme.px(100) == round(100 * factor)
        assert theme.digits(10).pointSizeF() == pytest.approx(10 * factor)
    theme.apply("dark", distance="desk")
    assert label.font().pointSizeF() == pytest.approx(before)


def test_no_length_of_the_style_sheet_disappears(qapp):
    """Borders stay, and spaces grow less than what they part."""
    theme.apply("dark", distance="hall")
    sheet = qapp.styleSheet()
    assert "border: 2px solid" in sheet
    assert f"font-size: {SIZES.heading * DISTANCES['hall']:g}pt" in sheet
    assert "padding: 6px 14px" in sheet  # 5 and 11 on a desk


def test_the_whole_application_changes(qapp):
    theme.apply("light")
    light = qapp.palette().window().color()
    theme.apply("dark")
    assert qapp.palette().window().color() != light
    assert theme.current().dark
    assert "$" not in qapp.styleSheet()
    assert qapp.styleSheet()


@pytest.mark.parametrize("name", sorted({spec.icon for spec in ACTIONS if spec.icon}))
def test_every_icon_of_the_table_exists(name):
    image = icon(name).pixmap(24, 24).toImage()
    painted = [
        image.pixelColor(x, y).alpha() > 128
        for x in range(image.width())
        for y in range(image.height())
    ]
    assert any(painted)
    assert not all(painted)


def test_an_unknown_icon_is_empty(qapp):
    assert icon("no-such-thing").isNull()
