"""The ring of the last frames' maps."""

import sys
from dataclasses import replace

import numpy as np

from poseviewer.gui.joint_maps.moments import MOST, Moments
from tests.gui.fake_session import answer_of, model

SIZE = 640, 480
GREY = np.zeros((100, 100), np.uint8)


def result(index):
    return answer_of(model(), index, SIZE)


def test_it_holds_no_more_than_so_many_and_drops_the_oldest():
    moments = Moments()
    for index in range(20):
        moments.note(result(index), GREY)
    assert len(moments) == MOST
    found = moments.around(result(19))
    assert [moment.index for moment in found] == list(range(12, 19))


def test_it_holds_no_more_than_so_many_bytes():
    one = sum(output.values.nbytes for output in result(0).stages) + GREY.nbytes
    moments = Moments(most_bytes=3 * one)
    for index in range(8):
        moments.note(result(index), GREY)
        assert moments.bytes <= 3 * one
    assert len(moments) == 3


def test_no_frame_is_held():
    whole = result(3)
    held = sys.getrefcount(whole.frame.pixels)
    moments = Moments()
    moments.note(whole, GREY)
    after = sys.getrefcount(whole.frame.pixels)
    assert after == held
    kept = moments.around(result(4))[0].result
    assert kept.frame.size == whole.frame.size
    assert kept.frame.pixels.strides == (0, 0, 0)
    assert kept.stages == whole.stages


def test_stages_that_are_drawn_from_the_frame_hold_it():
    moments = Moments()
    moments.note(result(3), None)
    assert moments.around(result(4))[0].result.frame is result(3).frame
    assert moments.bytes >= result(3).frame.pixels.nbytes


def test_a_frame_that_is_analysed_anew_takes_the_place_of_itself():
    moments = Moments()
    moments.note(result(3), GREY)
    newer = replace(result(3), generation=2)
    moments.note(newer, GREY)
    assert len(moments) == 1
    assert moments.around(result(4))[0].result.generation == 2


def test_another_source_or_choice_begins_anew():
    moments = Moments()
    moments.keep_for(("clip", "key"))
    moments.note(result(3), GREY)
    moments.keep_for(("clip", "key"))
    assert len(moments) == 1
    moments.keep_for(("clip", "other key"))
    assert len(moments) == 0


def test_only_what_is_near_in_time_belongs_together_in_the_order_of_frames():
    moments = Moments()
    for index in (300, 12, 4, 8):
        moments.note(result(index), GREY)
    assert [m.index for m in moments.around(result(10))] == [4, 8, 12]
    assert [m.index for m in moments.around(result(11), most=2)] == [8, 12]
    assert [m.index for m in moments.around(result(8))] == [4, 12]
