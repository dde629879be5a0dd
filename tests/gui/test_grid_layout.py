"""Where each tile lies."""

from hypothesis import given
from hypothesis import strategies as st

from poseviewer.gui.grid_layout import GridLayout, fitting_width

GRID = GridLayout(rows=14, columns=6, tile=(70, 90), gap=4, left=80, top=24)


@given(
    row=st.integers(0, 13),
    column=st.integers(0, 5),
    u=st.floats(0, 0.999),
    v=st.floats(0, 0.999),
    scroll=st.tuples(st.integers(0, 60), st.integers(0, 500)),
)
def test_a_point_of_a_tile_finds_that_tile(row, column, u, v, scroll):
    x, y = GRID.corner(row, column, scroll=scroll)
    x, y = x + u * 70, y + v * 90
    found = GRID.find(x, y, scroll=scroll)
    if x < GRID.left or y < GRID.top:
        assert found is None
    else:
        assert found is not None
        assert found[:2] == (row, column)
        assert abs(found[2] - u) < 1e-6
        assert abs(found[3] - v) < 1e-6


def test_gaps_labels_and_headers_are_no_tile():
    assert GRID.find(79, 100, scroll=(0, 0)) is None
    assert GRID.find(100, 23, scroll=(0, 0)) is None
    assert GRID.find(80 + 72, 100, scroll=(0, 0)) is None
    assert GRID.find(80 + 6 * 74 + 1, 100, scroll=(0, 0)) is None


@given(
    scroll=st.tuples(st.integers(0, 600), st.integers(0, 1600)),
    viewport=st.tuples(st.integers(1, 700), st.integers(1, 700)),
)
def test_seen_is_what_overlaps_the_viewport(scroll, viewport):
    rows, columns = GRID.seen(scroll=scroll, viewport=viewport)
    for column in range(6):
        x, _ = GRID.corner(0, column, scroll=scroll)
        assert (column in columns) == (x < viewport[0] and x + 70 > GRID.left and viewport[0] > 80)
    for row in range(14):
        _, y = GRID.corner(row, 0, scroll=scroll)
        assert (row in rows) == (y < viewport[1] and y + 90 > GRID.top and viewport[1] > 24)


def test_tiles_fill_the_room_within_bounds():
    def width(room, *, columns, rows=14):
        return fitting_width(
            room, columns=columns, rows=rows, gap=4, shape=1.25, bounds=(48, 116, 320)
        )

    assert width((460, 500), columns=6) == 72
    assert width((100, 500), columns=6) == 48
    assert width((900, 500), columns=2) == 116  # scrolls, so the rows limit it
    assert width((900, 500), columns=2, rows=1) == 320
    assert width((900, 254), columns=2, rows=1) == 200  # one row fills the height
    assert width((900, 500), columns=0, rows=0) >= 48
