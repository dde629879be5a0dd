"""Where the tiles of the Joint maps dock lie."""

from itertools import combinations, pairwise

import pytest

from poseviewer.gui.joint_maps.arrangement import Captions, arranged

CAPTIONS = Captions(line=16, narrow=140, beside=154)
GAP, LEAST = 10, 96


def made(room, count, shape=1.0):
    return arranged(room, count=count, shape=shape, captions=CAPTIONS, gap=GAP, least=LEAST)


def test_three_stages_beside_the_frame_of_a_usual_window_are_200_and_more():
    found = made((624, 450), 3)
    assert found.picture[0] >= 200
    assert (found.rows, found.beside) == (1, False)
    assert found.lines >= CAPTIONS.full


def test_a_strip_is_one_row_with_captions_beside_the_pictures():
    found = made((1180, 240), 3)
    assert (found.rows, found.beside) == (1, True)
    assert found.picture[1] >= 220


def test_a_column_has_one_tile_below_the_other():
    found = made((280, 640), 3)
    assert found.columns == 1


@pytest.mark.parametrize("count", [1, 2, 3, 5, 6, 8])
@pytest.mark.parametrize("shape", [0.75, 1.0, 1.75])
@pytest.mark.parametrize(
    "room", [(264, 300), (280, 900), (624, 450), (1180, 240), (1900, 180), (2400, 1300)]
)
def test_tiles_lie_in_the_room_and_not_over_each_other(room, count, shape):
    found = made(room, count, shape)
    rects = [(*found.corner(n), *found.cell) for n in range(count)]
    assert all(x >= 0 and x + w <= room[0] for x, _, w, _ in rects)
    for (x, y, w, h), (x2, y2, w2, h2) in combinations(rects, 2):
        assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y
    assert max(y + h for _, y, _, h in rects) == found.height
    assert found.picture[1] == pytest.approx(found.picture[0] * shape, abs=1)
    assert found.picture[0] <= found.cell[0]
    if found.height > room[1]:
        # It scrolls, and only where not all would be of a size worth seeing.
        assert found.picture[0] >= min(LEAST, room[0])


@pytest.mark.parametrize("count", [3, 6])
def test_more_room_never_makes_pictures_smaller(count):
    sides = [made((width, 600), count).picture[0] for width in range(300, 2400, 60)]
    assert all(b >= 0.9 * a for a, b in pairwise(sides))


def test_too_many_for_the_room_scroll_and_stay_large():
    found = made((200, 200), 8)
    assert found.height > 200
    assert found.picture[0] >= LEAST


def test_tiles_in_a_low_room_keep_their_titles():
    assert made((624, 130), 3).lines == 1
    hall = Captions(line=24, narrow=220, beside=240)
    assert arranged((700, 157), count=3, shape=1, captions=hall, gap=15, least=LEAST).lines > 0


def test_letters_grow_with_the_room_of_a_caption():
    strips = [made((1180 * share, 240 * share), 3) for share in (0.8, 1, 1.5, 2, 4)]
    assert [found.beside for found in strips] == [True] * 5
    letters = [found.letters for found in strips]
    assert letters == sorted(letters)
    assert (letters[0], letters[-1]) == (1.0, 2.0)


@pytest.mark.parametrize("room", [(1434, 700), (1180, 240), (624, 450), (2560, 432), (800, 440)])
@pytest.mark.parametrize("count", [1, 3, 6])
def test_larger_letters_leave_a_caption_its_lines(room, count):
    found = made(room, count)
    high = found.lines * CAPTIONS.line * found.letters
    under = found.cell[1] if found.beside else found.cell[1] - found.picture[1]
    assert high <= under
    if found.letters > 1:
        assert found.lines >= CAPTIONS.most


def test_room_below_pictures_that_are_as_wide_as_they_can_be_goes_to_their_captions():
    found = made((1434, 700), 3)
    assert not found.beside
    assert found.letters > 1.2
    assert found.height <= 700
