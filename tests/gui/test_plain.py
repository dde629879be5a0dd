"""Names are shown as they are: no HTML is read out of them, and nothing is loaded for them."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction, QImage, QTextDocument
from PySide6.QtGui import Qt as Text
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QLabel,
    QMenu,
    QMessageBox,
    QToolTip,
    QWidget,
)

import poseviewer.gui
from poseviewer.gui.dialogs.guide import PageView
from poseviewer.gui.dialogs.stream import StreamDialog
from poseviewer.gui.plain import Label, add_entry, caption, plain_tip, window_title
from poseviewer.runtime.state import CameraChoice
from tests.video.canary import watched_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poseviewer.gui.window.window import Window
    from tests.video.canary import WatchedFile

pytestmark = pytest.mark.gui
SHIPPED = Path(poseviewer.gui.__file__).parent


@pytest.fixture
def picture(tmp_path: Path) -> Iterator[WatchedFile]:
    if not sys.platform.startswith("linux"):
        pytest.skip("needs inotify, which tells of an opened file")
    path = tmp_path / "canary.png"
    QImage(8, 8, QImage.Format.Format_RGB32).save(str(path))
    with watched_file(path) as watch:
        yield watch


def hostile(picture: WatchedFile) -> str:
    return f"<img src='file://{picture.path}'><b>x</b> & [*].mp4"


def plain(html: str) -> str:
    """What a reader of a tooltip sees."""
    if not Text.mightBeRichText(html):
        return html
    document = QTextDocument()
    document.setHtml(html)
    return document.toPlainText()


def test_a_label_shows_a_name_as_it_is(qtbot, picture: WatchedFile) -> None:
    for label in (Label(hostile(picture)), Label()):
        qtbot.addWidget(label)
        label.setText(hostile(picture))
        label.show()
        label.grab()
        assert label.textFormat() == Qt.TextFormat.PlainText
    assert not picture.touched


def test_an_ordinary_label_would_have_loaded_the_picture(qtbot, picture: WatchedFile) -> None:
    label = QLabel(hostile(picture))
    qtbot.addWidget(label)
    label.show()
    label.grab()
    assert picture.touched


def test_a_label_belongs_to_its_parent(qtbot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    assert Label(parent).parent() is parent
    assert Label("a", parent).parent() is parent
    assert Label("a", parent).text() == "a"


@pytest.mark.parametrize(
    "text", ["plain", "a < b & c", "<b>x", "<b>x</b>\nand <i>y</i>", "&lt;b&gt;", "a<br>b", ""]
)
def test_a_tip_reads_as_the_text(qtbot, text: str) -> None:
    assert plain(plain_tip(text)) == text


def test_a_tip_loads_nothing(qtbot, picture: WatchedFile) -> None:
    QToolTip.showText(QPoint(5, 5), plain_tip(hostile(picture)))
    shown = [one for one in QApplication.topLevelWidgets() if one.inherits("QTipLabel")]
    assert shown
    for one in shown:
        one.grab()
    QToolTip.hideText()
    for one in shown:
        one.close()
        one.deleteLater()
    assert not picture.touched


def test_entries_and_titles_show_every_sign(qtbot) -> None:
    menu = QMenu()
    qtbot.addWidget(menu)
    entry = add_entry(menu, "<b>R&D</b>\t1")
    assert entry.text() == "<b>R&&D</b> 1"
    assert plain(entry.toolTip()).split() == ["<b>R&D</b>", "1"]
    assert caption("R&D") == "R&&D"
    window = QWidget()
    qtbot.addWidget(window)
    window.setWindowTitle(window_title("a[*].mp4"))
    window.show()
    assert window.windowHandle().title().startswith("a[*].mp4")


def tips(window: QObject) -> Iterator[str]:
    """Every tooltip of a window: of widgets, actions, and entries of lists and trees."""
    for widget in window.findChildren(QWidget):
        yield widget.toolTip()
    for action in window.findChildren(QAction):
        yield action.toolTip()
    for view in window.findChildren(QAbstractItemView):
        model = view.model()
        for row in range(model.rowCount() if model is not None else 0):
            for column in range(model.columnCount()):
                found = model.index(row, column).data(Qt.ItemDataRole.ToolTipRole)
                yield found or ""


def test_a_hostile_name_is_plain_in_the_whole_window(
    qtbot, own_window: Window, picture: WatchedFile
) -> None:
    window, name = own_window, hostile(picture)
    session = window.bridge.session
    window.open(f"/videos/{name}")
    session.analyse()
    session.change("people", names=((0, name), (1, name)))
    session.notice("error", f"{name} cannot be read.")
    qtbot.waitUntil(lambda: name in window.notices.text)
    window.settings.add_recent(f"/clips/{name}")
    window.welcome.show_recent(window.settings.recent)
    for dock in window.docks.all:
        dock.show()
    QApplication.processEvents()
    window.grab()
    seen = False
    for tip in tips(window):
        assert "<b>" not in tip if Text.mightBeRichText(tip) else True
        seen = seen or "canary.png" in tip
    assert seen
    for label in window.findChildren(QLabel):
        rich = label.textFormat() != Qt.TextFormat.PlainText
        assert not (rich and Text.mightBeRichText(label.text())), label.text()
    assert "[*]" in window.windowHandle().title()
    assert not picture.touched


def test_dialogs_show_hostile_names(qtbot, own_window: Window, picture: WatchedFile) -> None:
    from poseviewer.gui.dialogs.camera import CameraDialog

    name = hostile(picture)
    camera = CameraDialog(
        (CameraChoice("camera:0", name, ()),), mirror=False, bridge=own_window.bridge, parent=None
    )
    address = StreamDialog([f"http://host/{name}"])
    for dialog in (camera, address):
        qtbot.addWidget(dialog)
        dialog.show()
        dialog.grab()
    assert not picture.touched


def test_a_page_of_the_guide_loads_nothing_from_elsewhere(
    qtbot, tmp_path: Path, picture: WatchedFile
) -> None:
    folder = tmp_path / "guide"
    folder.mkdir()
    QImage(30, 20, QImage.Format.Format_RGB32).save(str(folder / "own.png"))
    targets = (f"file://{picture.path}", str(picture.path), "../canary.png", "http://host/a.png")
    page = folder / "01-page.md"
    page.write_text("\n\n".join(["# Page", "![a](own.png)", *(f"![b]({t})" for t in targets)]))
    view = PageView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    view.show_page(page)
    view.grab()
    assert not picture.touched
    names = [name for _, name in view._pictures()]
    assert names[0] == "fitted:own.png"
    assert not any(name.startswith("fitted:") for name in names[1:])


# -- the source ---------------------------------------------------------------------------


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            yield name or getattr(node.func, "id", ""), node


def is_plain(text: ast.expr) -> bool:
    """Whether an argument cannot be read as HTML: written out, or made plain by the helper."""
    if isinstance(text, ast.Constant):
        return isinstance(text.value, str) and not Text.mightBeRichText(text.value)
    if isinstance(text, ast.IfExp):
        return is_plain(text.body) and is_plain(text.orelse)
    called = ast.unparse(text.func) if isinstance(text, ast.Call) else ""
    # What an action's tooltip says has been made plain when it was set.
    return called == "plain_tip" or called.endswith(".toolTip")


def offences(path: Path) -> list[str]:
    """Calls of a module by which Qt could read a name as HTML."""
    found = []
    for name, call in calls(path):
        text = {"showText": 1}.get(name, -1)
        wrong = (
            (name in ("setToolTip", "setWhatsThis", "showText") and not is_plain(call.args[text]))
            or (name in ("setHtml", "insertHtml", "setTextFormat", "QErrorMessage"))
            or (name in ("QLabel", "QStaticText", "QProgressDialog"))
            or (name == "addAction" and isinstance(call.args[0], ast.JoinedStr))
            or (name == "setWindowTitle" and isinstance(call.args[0], ast.JoinedStr))
            or (
                name == "setItemData"
                and "ToolTip" in ast.unparse(call)
                and not is_plain(call.args[1])
            )
        )
        if wrong:
            found.append(f"{path.name}:{call.lineno} {ast.unparse(call)}")
    return found


def test_every_text_goes_through_the_helper() -> None:
    modules = [path for path in SHIPPED.rglob("*.py") if path.name != "plain.py"]
    assert [one for path in modules for one in offences(path)] == []
    boxes = [path.name for path in modules for name, _ in calls(path) if name == "QMessageBox"]
    assert boxes == ["help.py"]
    markdown = [path.name for path in modules for name, _ in calls(path) if name == "setMarkdown"]
    assert markdown == ["guide.py"]


@pytest.mark.parametrize(
    "source",
    [
        "box.setToolTip(name)",
        "box.setToolTip(f'{name} is here')",
        "box.setToolTip('<b>' + name)",
        "QToolTip.showText(place, name, view)",
        "QLabel(name)",
        "view.setHtml(name)",
        "menu.addAction(f'Ghost of {name}')",
        "window.setWindowTitle(f'{name}')",
        "box.setItemData(row, name, Qt.ItemDataRole.ToolTipRole)",
    ],
)
def test_the_check_finds_what_it_is_for(tmp_path: Path, source: str) -> None:
    (tmp_path / "a.py").write_text(source)
    assert len(offences(tmp_path / "a.py")) == 1


def test_the_box_about_the_program_names_nothing_foreign(own_window: Window) -> None:
    from poseviewer.gui.actions import help as help_actions

    help_actions.about(own_window.context)
    box = own_window.findChild(QMessageBox)
    assert box.text() == f"<b>PoseViewer {poseviewer.__version__}</b>"
    box.close()
