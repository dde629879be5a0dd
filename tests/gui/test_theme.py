"""Two themes, both readable; icons of our own."""

import pytest
from PySide6.QtGui import QColor

from poseviewer.gui import theme
from poseviewer.gui.actions.table import ACTIONS
from poseviewer.gui.icons import icon


@pytest.fixture(autouse=True)
def restored(qapp):
    yield
    theme.apply("dark")


def luminance(name):
    def linear(part):
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in QColor(name).getRgbF()[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_text_can_be_read(choice):
    now = theme.apply(choice)
    for behind in (now.window, now.panel, now.field, now.raised, now.canvas):
        assert contrast(now.text, behind) >= 7
        assert contrast(now.muted, behind) >= 4.5
    assert contrast(now.on_accent, now.accent_strong) >= 4.5
    for level in (now.info, now.warning, now.error):
        assert contrast(level, now.raised) >= 3


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
