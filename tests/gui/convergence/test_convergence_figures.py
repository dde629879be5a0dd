"""Figures, their colours, and what is kept of past frames."""

import numpy as np
import pytest

from poseviewer.core.convergence import Convergence, answering
from poseviewer.gui.convergence.figures import (
    ENTROPY,
    MODES,
    PEAK,
    PIXELS,
    PIXELS_TRUE,
    QUANTITIES,
    TORSOS,
    TORSOS_TRUE,
    Log,
    figures,
    heat,
    names_of,
    sentence,
    together,
)
from poseviewer.models.registry import card

NAMES = ("stage 1", "stage 2", "stage 3")
JOINTS = ("left_wrist", "neck")


def found(wrist=((40, 30), (0, 3), (0, 0)), neck=((0, 0),) * 3, **changes):
    xy = np.array([wrist, neck], float).swapaxes(0, 1)
    fields = {
        "stages": (0, 1, 2),
        "xy": xy,
        "final": xy[-1].copy(),
        "peak": np.array([[0.2, 0.9], [0.4, 0.9], [0.6, np.nan]]),
        "entropy": np.full((3, 2), 7.0),
        "modes": np.array([[3.0, 1], [2, 1], [1, 1]]),
        "cells": 1024,
        "torso": 100.0,
    }
    return Convergence(**(fields | changes))


def told(it, joint=0, reference="final"):
    return sentence(it, joint=joint, joints=JOINTS, names=NAMES, reference=reference)


def test_every_row_is_what_its_name_says():
    got = figures(found(truth=np.array([[0.0, 10.0], [0, 0]]), true_torso=200.0))
    assert got[PIXELS, :, 0].tolist() == [50, 3, 0]
    assert got[TORSOS, :, 0].tolist() == [50, 3, 0]
    assert got[PIXELS_TRUE, :, 0].tolist() == pytest.approx([np.hypot(40, 20), 7, 10])
    assert got[TORSOS_TRUE, :, 0].tolist() == pytest.approx([np.hypot(40, 20) / 2, 3.5, 5])
    assert got[PEAK, 0].tolist() == [0.2, 0.9]
    assert got[ENTROPY, 0, 0] == 7
    assert got[MODES, :, 0].tolist() == [3, 2, 1]


def test_the_mean_leaves_out_what_is_not_known():
    assert together(np.array([[1.0, 3.0], [np.nan, 5.0], [np.nan, np.nan]])).tolist() == (
        pytest.approx([2, 5, np.nan], nan_ok=True)
    )


def test_colours_mean_the_same_in_every_frame():
    it = found()
    assert heat(np.array([0.0, 25, 100]), row=PIXELS, found=it).tolist() == [0, 1, 2]
    assert heat(np.array([25.0]), row=PIXELS, found=found(torso=400.0))[0] == pytest.approx(0.5)
    assert heat(np.array([4.0, 7, 10]), row=ENTROPY, found=it).tolist() == [0, 0.5, 1]
    assert heat(np.array([0.0, 1, 5]), row=MODES, found=it).tolist() == [0, 0, 1]
    lost = heat(np.array([5.0, 20, np.nan]), row=PIXELS, found=found(torso=np.nan))
    assert lost.tolist() == pytest.approx([0.5, 1, np.nan], nan_ok=True)


def test_figures_are_short():
    texts = {q.name: [q.text(v) for v in (0.126, 12.6, np.nan)] for q in QUANTITIES}
    assert texts["pixels"] == ["0.1", "13", "—"]
    assert texts["peak"][0] == "0.13"
    assert texts["modes"][1] == "13"


def test_the_log_is_in_order_of_time_and_bounded():
    log = Log(most=3)
    for index in (4, 1, 9, 2):
        values = np.full((7, 2, 3), float(index))
        values[:, 1] += 0.5
        log.note(index, index / 10, values)
    assert len(log) == 3
    seconds, curves = log.curves(PEAK, joint=1)
    assert seconds.tolist() == pytest.approx([0.1, 0.2, 0.9])
    assert curves.tolist() == [[1, 1.5], [2, 2.5], [9, 9.5]]
    assert log.curves(PEAK, joint=None)[1].tolist() == curves.tolist()
    assert [log.near(seconds) for seconds in (0.12, 0.6, 9)] == [1, 9, 9]
    assert Log().near(1) is None


def test_a_frame_seen_again_is_measured_anew():
    log = Log()
    log.note(5, 0.5, np.zeros((7, 1, 1)))
    log.note(5, 0.5, np.ones((7, 1, 1)))
    assert log.curves(PEAK, joint=0)[1].tolist() == [[1]]
    log.note(6, 0.6, np.ones((7, 2, 1)))
    assert len(log) == 1
    log.clear()
    assert len(log.curves(PEAK, joint=0)[0]) == 0


def test_words_name_the_widest_move_and_where_it_ended():
    assert told(found(((40, 30), (0, 3), (0, 0)))) == (
        "Left wrist: moved 48 px (48 % of the torso) at stage 2, settled at stage 2."
    )
    assert told(found(((0, 40), (0, 9), (0, 0)))).endswith("at stage 2, settled at stage 3.")
    assert told(found(((0, 2), (0, 1), (0, 0)))) == (
        "Left wrist: in place from stage 1 on; no stage moved it more than 1.0 px "
        "(1 % of the torso)."
    )


def test_words_for_joints_that_were_not_found():
    gone = (np.nan, np.nan)
    assert told(found((gone, (0, 0), (0, 0)))) == (
        "Left wrist: not found at stage 1, settled at stage 2."
    )
    assert told(found(((0, 0), (0, 0), gone))) == "Left wrist: not found at stage 3."


def test_words_for_all_joints():
    assert told(found(), joint=None) == "1 of 2 joints in place at stage 1, all settled at stage 2."
    still = found(((0, 0),) * 3)
    assert told(still, joint=None) == "All 2 joints are in place from stage 1 on."


def test_words_about_the_truth():
    it = found(truth=np.array([[0.0, 4.0], [np.nan, np.nan]]), true_torso=100.0)
    assert told(it, reference="truth") == (
        "Left wrist: 4.0 px (4 % of the torso) from the ground truth; stage 2 was nearer, 1.0 px."
    )
    assert (
        told(it, joint=1, reference="truth") == "Neck: the ground truth of this joint is not known."
    )
    assert told(it, joint=None, reference="truth") == (
        "1 of 1 joints within 20 % of the torso at stage 3, 0 at stage 1."
    )
    it = found(truth=np.array([[0.0, 4.0], [0, 3]]))
    assert told(it, joint=None, reference="truth") == (
        "3.5 px from the ground truth on average; without a true torso no joint is judged."
    )
    assert (
        told(found(), joint=None, reference="truth")
        == "The ground truth of this frame is not known."
    )


def test_stages_have_the_names_that_papers_give_them():
    specs = card("openpose-coco").stages
    assert names_of(specs, answering(specs))[:2] == ("stage 1", "stage 2")
    assert names_of(card("hourglass-2").stages, (0, 1)) == ("stack 1", "stack 2")


def test_frames_that_were_jumped_between_are_not_joined():
    log = Log()
    for index in (0, 50, 100, 150):
        log.note(index, index / 25, figures(found()))
    assert log.gap < 2, "a jump is no usual step, however often one jumps"
