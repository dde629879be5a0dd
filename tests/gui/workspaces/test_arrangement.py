"""How docks are laid out, and read again."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow, QTextEdit

from poseviewer.gui.workspaces.arrangement import (
    Arrangement,
    Split,
    Tabs,
    arranging,
    captured,
    completed,
    extended,
    resize,
    steadied,
)
from poseviewer.gui.workspaces.defaults import BUILT_IN

NESTED = Arrangement(
    sides=(
        (
            "right",
            0.5,
            Split(
                "column",
                (
                    Split("row", (Tabs(("a", "b"), "b", 0.3), Tabs(("c",), "c", 0.7)), 0.6),
                    Tabs(("e", "d"), "e", 0.4),
                ),
            ),
        ),
        ("bottom", 0.2, Tabs(("f", "g"), "f")),
    ),
    wide=True,
    closed=("d",),
)


@pytest.fixture
def window(qtbot):
    made = QMainWindow()
    made.setDockNestingEnabled(True)
    made.setCentralWidget(QLabel())
    made.resize(1600, 900)
    made.show()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def docks(window):
    made = {}
    for name in "abcdefg":
        made[name] = QDockWidget(name.upper(), window)
        made[name].setObjectName(name)
        made[name].setWidget(QTextEdit())
    return made


def arrange(*args, **options):
    """Lay docks out without a turn of the event loop in between."""
    for _ in arranging(*args, **options):
        pass


def rounded(arrangement):
    """The same with shares in hundredths, which pixels cannot spoil."""

    def node(one):
        share = round(one.share, 2)
        if isinstance(one, Tabs):
            return (one.docks, one.front, share)
        return (one.direction, tuple(map(node, one.parts)), share)

    return [(side, round(share, 2), node(root)) for side, share, root in arrangement.sides]


def laid_out(window, docks, arrangement):
    """Lay docks out, with the bars of tabs that Qt adds later."""
    arrange(window, docks, arrangement)
    QApplication.processEvents()


def test_what_is_laid_out_is_what_is_read(qtbot, window, docks):
    laid_out(window, docks, NESTED)
    found = captured(window, docks, NESTED)
    assert rounded(found) == rounded(NESTED)
    assert (found.wide, found.closed, found.floating) == (True, ("d",), ())
    assert docks["d"].isHidden()
    assert not docks["b"].visibleRegion().isEmpty()
    assert docks["a"].visibleRegion().isEmpty()


def test_reading_and_laying_out_again_moves_nothing(qtbot, window, docks):
    laid_out(window, docks, NESTED)
    first = captured(window, docks, NESTED)
    for _ in range(5):
        laid_out(window, docks, first)
    assert captured(window, docks, first) == first


def test_shares_that_were_meant_outlive_a_window_too_small_for_them(qtbot, window, docks):
    docks["a"].widget().setMinimumWidth(400)
    window.resize(900, 700)
    laid_out(window, docks, NESTED)
    given = captured(window, docks, NESTED)
    assert rounded(given) != rounded(NESTED)
    assert steadied(given, given, NESTED).sides == NESTED.sides
    window.resizeDocks([docks["f"]], [300], Qt.Orientation.Vertical)
    QApplication.processEvents()
    moved = steadied(captured(window, docks, NESTED), given, NESTED)
    assert moved.sides[0] == NESTED.sides[0]
    assert moved.sides[1][1] == pytest.approx(300 / 700, abs=0.01)


def test_shares_stay_in_a_window_of_another_size(qtbot, window, docks):
    arrange(window, docks, NESTED)
    for size in ((1100, 800), (2560, 1440)):
        window.resize(*size)
        resize(window, docks, NESTED)
        qtbot.waitUntil(lambda: rounded(captured(window, docks, NESTED)) == rounded(NESTED))


def test_a_dock_that_a_layout_does_not_know_becomes_a_tab(qtbot, window, docks):
    known = Arrangement((("right", 0.4, Tabs(("a", "gone", "b"), "gone")),))
    arrange(window, docks, known)
    tabs = {dock.objectName() for dock in window.tabifiedDockWidgets(docks["a"])}
    assert tabs == set("bcdefg")
    assert all(dock.isVisible() for dock in docks.values())
    assert not docks["a"].visibleRegion().isEmpty()


def test_docks_that_are_closed_open_where_they_were(qtbot, window, docks):
    arrange(window, docks, NESTED)
    layout = captured(window, docks, NESTED)
    arrange(window, docks, layout)
    docks["d"].show()
    assert window.tabifiedDockWidgets(docks["e"]) == [docks["d"]]


def test_others_can_be_closed_and_are_not_lost(qtbot, window, docks):
    arrange(window, docks, Arrangement((("bottom", 0.3, Tabs(("c",))),)), close_others=True)
    assert [name for name, dock in docks.items() if dock.isVisible()] == ["c"]
    docks["a"].toggleViewAction().trigger()
    assert docks["a"].isVisible()
    assert window.tabifiedDockWidgets(docks["c"]) == [docks["a"]]


def test_floating_docks_float_again(qtbot, window, docks):
    place = (40, 60, 320, 240)
    arrange(window, docks, Arrangement(NESTED.sides, floating=(("a", place),)))
    assert docks["a"].isFloating()
    found = captured(window, docks, NESTED)
    assert found.floating == (("a", place),)
    arrange(window, docks, NESTED)
    assert not any(dock.isFloating() for dock in docks.values())
    arrange(window, docks, found)
    assert docks["a"].isFloating()


def test_no_place_at_all_is_a_side_of_tabs(qtbot, window, docks):
    arrange(window, docks, Arrangement(()))
    assert len(window.tabifiedDockWidgets(docks["a"])) == 6


def test_a_dock_named_twice_has_one_place():
    twice = Arrangement(
        (("left", 0.3, Tabs(("a", "a", "b"))), ("right", 0.3, Tabs(("a", "c"), "a")))
    )
    sides = completed(twice, ["a", "b", "c"]).sides
    assert [root.docks for _, _, root in sides] == [("a", "b"), ("c",)]


def test_docks_that_an_older_layout_lacks_go_beside_their_neighbours_and_stay_closed():
    older = Arrangement((("right", 0.5, Tabs(("a", "b"))), ("bottom", 0.2, Tabs(("f",)))))
    like = Arrangement((("right", 0.5, Tabs(("b", "new", "odd"))),), closed=("b", "odd"))
    found = extended(older, like)
    assert [root.docks for _, _, root in found.sides] == [("a", "b", "new", "odd"), ("f",)]
    assert found.closed == ("odd",)
    assert extended(found, like) is found


@pytest.mark.parametrize("workspace", BUILT_IN, ids=lambda one: one.name)
def test_the_built_in_ones_name_each_dock_once(workspace):
    names = [f"{name}_dock" for name in (
        "stages", "angles", "convergence", "compare", "probe", "model", "people", "performance",
        "exports", "joint_maps", "figures", "review", "notes", "project", "depth", "embedding",
        "what_if", "springs", "decoding", "inside",
    )]  # fmt: skip
    for layout in (workspace.layout, workspace.tall):
        if not workspace.presenting:
            assert completed(layout, names).sides == layout.sides


def test_a_dock_that_floated_on_a_screen_which_is_gone_comes_back(window, docks):
    far = (9000, 9000, 300, 200)
    arrange(window, docks, Arrangement((), floating=(("a", far),)))
    place, room = docks["a"].frameGeometry(), window.screen().availableGeometry()
    assert docks["a"].isFloating()
    assert room.intersects(place), place
