"""Where each tile lies."""

from hypothesis import given
from hypothesis import strategies as st

from poseviewer.gui.stages.layout import Fit, GridLayout, laid_out

GRID = GridLayout(rows=14, columns=6, tile=(70, 90), gap=4, left=80, top=24)
BANKS = GridLayout(rows=15, columns=3, tile=(50, 60), gap=4, left=80, top=24, banks=2, spread=30)


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


def test_banks_stand_side_by_side():
    assert BANKS.lines == 8
    assert BANKS.rows_of(0) == range(8)
    assert BANKS.rows_of(1) == range(8, 15)
    assert BANKS.corner(8, 0, scroll=(0, 10)) == (80 + 3 * 54 + 30 + 80, 14)
    assert BANKS.corner(9, 2, scroll=(0, 0))[1] == BANKS.corner(1, 2, scroll=(0, 0))[1]
    assert BANKS.extent == (BANKS.corner(8, 2, scroll=(0, 0))[0] + 54 - 80, 8 * 64)


@given(row=st.integers(0, 14), column=st.integers(0, 2), scroll=st.integers(0, 200))
def test_a_point_of_a_tile_finds_it_in_any_bank(row, column, scroll):
    x, y = BANKS.corner(row, column, scroll=(0, scroll))
    found = BANKS.find(x + 25, y + 30, scroll=(0, scroll))
    if y + 30 < BANKS.top:
        assert found is None
    else:
        assert found == (row, column, 0.5, 0.5)


def test_the_labels_of_a_bank_and_what_a_short_bank_lacks_are_no_tile():
    x, y = BANKS.corner(8, 0, scroll=(0, 0))
    assert BANKS.on_labels(x - 5)
    assert not BANKS.on_labels(x - 85)
    assert BANKS.find(x - 5, y + 5, scroll=(0, 0)) is None
    assert BANKS.find(x + 5, y + 7 * 64 + 5, scroll=(0, 0)) is None


def test_a_line_is_seen_in_every_bank():
    rows, columns = BANKS.seen(scroll=(0, 2 * 64), viewport=(600, 24 + 2 * 64))
    assert rows == (2, 3, 10, 11)
    assert columns == range(3)


def test_the_tile_beside():
    assert BANKS.beside(7, 1, step=(1, 0)) == (8, 1)
    assert BANKS.beside(8, 1, step=(-1, 0)) == (7, 1)
    assert BANKS.beside(2, 2, step=(0, 1)) == (10, 0)
    assert BANKS.beside(10, 0, step=(0, -1)) == (2, 2)
    for row, column, step in ((0, 0, (-1, 0)), (14, 0, (1, 0)), (9, 2, (0, 1)), (3, 0, (0, -1))):
        assert BANKS.beside(row, column, step=step) == (row, column)
    # The last bank is a row short.
    assert BANKS.beside(7, 2, step=(0, 1)) == (7, 2)


FIT = Fit(whole=44, least=48, scrolling=88, most=320)


def grid(room, *, rows, columns, width=None):
    return laid_out(
        room, rows=rows, columns=columns, shape=1.0, gap=4, left=80, top=24, fit=FIT, width=width
    )


def test_fitting_shows_every_row_where_it_can():
    wide = grid((610, 424), rows=15, columns=3)
    assert wide.banks == 2
    assert wide.tile == (46, 46)
    large = grid((1000, 700), rows=15, columns=3)
    assert large.banks == 2
    assert large.tile[0] > 75
    narrow = grid((320, 900), rows=15, columns=3)
    assert narrow.banks == 1
    assert narrow.tile[0] == 54
    for one in (wide, large, narrow):
        assert one.seen(scroll=(0, 0), viewport=(1000, one.top + one.extent[1]))[0] == tuple(
            range(15)
        )


def test_where_not_every_row_fits_it_scrolls_with_larger_tiles():
    flat = grid((490, 290), rows=15, columns=3)
    assert flat.banks == 2
    assert flat.tile[0] >= 48
    many = grid((460, 400), rows=14, columns=6)
    assert many.banks == 1
    assert many.tile[0] == 59
    assert grid((900, 500), rows=1, columns=2).tile[0] == 320
    assert grid((900, 250), rows=1, columns=2).tile[0] == 222


def test_a_chosen_size_takes_as_many_banks_as_it_needs():
    assert grid((1000, 2000), rows=15, columns=3, width=70).banks == 1
    assert grid((1000, 700), rows=15, columns=3, width=70).banks == 2
    assert grid((1000, 300), rows=15, columns=3, width=70).banks == 3
    assert grid((1000, 300), rows=15, columns=3, width=300).banks == 1


@given(
    room=st.tuples(st.integers(1, 3000), st.integers(1, 2000)),
    rows=st.integers(0, 40),
    columns=st.integers(0, 10),
    width=st.none() | st.integers(32, 320),
)
def test_banks_are_never_empty_nor_wider_than_the_view(room, rows, columns, width):
    made = grid(room, rows=rows, columns=columns, width=width)
    assert made.banks == 1 or made.bank_width * made.banks <= room[0] + made.spread
    dealt = [row for bank in range(made.banks) for row in made.rows_of(bank)]
    assert dealt == list(range(rows))
    assert rows == 0 or all(made.rows_of(bank) for bank in range(made.banks))
