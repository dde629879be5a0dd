"""Help > Guide, offline."""

import re

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QImage

from poseviewer.core.assets import resource
from poseviewer.gui.actions.table import ACTIONS
from poseviewer.gui.dialogs.guide import Guide, pages, title_of

pytestmark = pytest.mark.gui

PAGES = pytest.mark.parametrize("page", pages().values(), ids=list(pages()))
DOCKS = {"stages", "convergence", "compare", "probe", "angles", "people"}


def test_every_dock_that_needs_words_has_a_page():
    assert set(pages()) >= DOCKS


@PAGES
def test_links_and_pictures_of_a_page_are_there(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (page.parent / target).is_file(), target


@PAGES
def test_keys_named_on_a_page_do_what_it_says_something_about(page):
    keys = {key for spec in ACTIONS for key in spec.keys} | {str(n) for n in range(10)}
    named = re.findall(
        r"\*\*([A-Z]|Space|Tab|Shift\+[A-Z]|Ctrl\+[A-Z])\*\*", page.read_text("utf-8")
    )
    assert set(named) <= keys | {"A", "B"}  # the two sides of a comparison


@PAGES
def test_commands_named_on_a_page_exist(page, capsys):
    from poseviewer.cli.main import main

    for command in re.findall(r"poseviewer ([a-z]+)", page.read_text("utf-8")):
        with pytest.raises(SystemExit) as left:
            main([command, "--help"])
        assert left.value.code == 0


def test_a_page_is_read_and_links_lead_on(qtbot):
    guide = Guide()
    qtbot.addWidget(guide)
    guide.show()
    assert guide.contents.count() == len(pages())
    assert guide.page.toPlainText().startswith(title_of(next(iter(pages().values()))))
    guide.page.anchorClicked.emit(QUrl("06-angles.md"))
    assert guide.page.toPlainText().startswith("Joint angles")
    assert guide.contents.currentItem().text() == "Joint angles"
    guide.page.anchorClicked.emit(QUrl("99-nothing.md"))
    assert guide.page.toPlainText().startswith("Joint angles")


@pytest.mark.parametrize("width", [700, 1200])
def test_pictures_are_no_wider_than_the_page(qtbot, width):
    guide = Guide()
    qtbot.addWidget(guide)
    guide.resize(width, 600)
    guide.show()
    guide.show_page("stages")
    names = re.findall(r"fitted:[a-z]+.webp", guide.page.document().toHtml())
    assert names == ["fitted:stages.webp", "fitted:fields.webp", "fitted:deeppose.webp"]
    room = guide.page.viewport().width()

    def shown_width():
        image = guide.page.document().resource(2, QUrl(names[0]))
        return image.width() / image.devicePixelRatio()

    qtbot.waitUntil(lambda: room - 60 < shown_width() <= room or shown_width() >= 700)
    image = guide.page.document().resource(2, QUrl(names[0]))
    real = QImage(str(resource("guide") / "stages.webp"))
    shown = image.width() / image.devicePixelRatio()
    assert 300 < shown <= guide.page.viewport().width()
    assert image.width() <= real.width()
    assert image.height() / image.width() == pytest.approx(real.height() / real.width(), abs=0.01)
