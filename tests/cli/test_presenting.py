"""Options for the times of an export, and for what is drawn on its picture."""

from __future__ import annotations

import argparse
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from poseviewer.cli import export
from poseviewer.cli.main import main
from poseviewer.cli.presenting import chosen_beside, speeds, standing
from poseviewer.core.beside import Beside
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.look import Look
from poseviewer.core.timeline import Freeze, Slow
from poseviewer.models.registry import card
from poseviewer.video.open import open_source

if TYPE_CHECKING:
    from poseviewer.runtime.jobs import ExportJob

QUARTER = Fraction(1, 4)


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    export.add_parser(parser.add_subparsers())
    return parser.parse_args(["export", "in.mp4", "-o", "out.mp4", *arguments])


def job(*arguments: str) -> ExportJob:
    with open_source("mannequin-clip:96x96@20x60") as source:
        return export.chosen_job(parsed(*arguments), source, Look())


def looked(*arguments: str, model: str = "hourglass-lite") -> Look:
    return export.chosen_look(parsed(*arguments), card(model), gate=0.2)


def test_a_speed_is_of_the_clip_or_of_a_range():
    assert (job().speed, job().slow) == (1, ())
    assert job("--speed", "0.25").speed == QUARTER
    made = job("--speed", "2,0.25@10-19,1/2@1.5s-0:02", "--interpolate")
    assert made.speed == 2
    assert made.slow == (Slow(10, 19, QUARTER), Slow(30, 40, Fraction(1, 2)))
    assert made.interpolate


def test_frames_stand_still_with_titles():
    made = job("--freeze", "1s=3:Knee: over the toes", "--freeze", "40=2.5s,stages")
    assert made.freezes == (
        Freeze(20, Fraction(3), "Knee: over the toes"),
        Freeze(40, Fraction(5, 2), "", stages=True),
    )


@pytest.mark.parametrize("text", ["", "fast", "0.25@3s", "0.25@-", "0@1-2", "0.5@1-2-3"])
def test_speeds_that_are_none(text):
    with pytest.raises(argparse.ArgumentTypeError):
        speeds(text)


@pytest.mark.parametrize("text", ["", "3s", "3s=", "x=3", "3s=0", "3s=2,stage", "3s=-1"])
def test_moments_that_stand_for_no_time(text):
    with pytest.raises(argparse.ArgumentTypeError):
        standing(text)


def test_a_moment_after_the_end_is_told():
    with pytest.raises(PoseViewerError, match="no frame 60"):
        job("--freeze", "60=1")


def test_what_is_drawn_is_named():
    assert looked() == Look()
    named = "skeleton,corrections,boxes,uncertainty,arrows,time"
    everything = looked("--draw", named, "--arcs", "left knee")
    assert everything == Look(
        region_outline=True, uncertainty=True, arrows=True, numbers=False, drawings=False,
        arcs=("left knee",),
    )  # fmt: skip
    assert looked("--draw", "none") == Look(
        skeleton=False, numbers=False, corrections=False, drawings=False
    )
    assert job("--draw", "legend,figures").captions == ("figures", "legend")
    with pytest.raises(SystemExit):
        parsed("--draw", "halo")


def test_a_ghost_may_be_of_another_stage_than_the_map():
    look = looked("--stage", "3", "--heatmap", "left_wrist", "--ghost", "1")
    assert (look.overlay_stage, look.ghost) == (2, 0)
    with pytest.raises(PoseViewerError, match="stages 1 to 3"):
        looked("--ghost", "4")


def test_fields_of_limbs_lie_over_the_picture():
    network = card("openpose-lite")
    look = looked("--field", "all", model="openpose-lite")
    assert look.overlay_channel is None
    assert network.stages[look.overlay_stage].kind == "paf"
    spec = network.stages[look.overlay_stage]
    channel, limb = spec.meaning.channels(spec)[2]
    assert looked("--field", limb, "--stage", "1", model="openpose-lite").overlay_channel == channel
    with pytest.raises(PoseViewerError, match="no limb called 'tail'"):
        looked("--field", "tail", model="openpose-lite")
    with pytest.raises(PoseViewerError, match="no part affinity fields"):
        looked("--field", "all")


def test_lines_and_letters_have_their_own_size():
    made = job("--line-width", "2", "--text-size", "0.5")
    assert (made.line_width, made.text_size) == (2, 0.5)
    with pytest.raises(SystemExit):
        parsed("--text-size", "50")


def test_a_clip_stands_still_from_a_shell(tmp_path, capsys):
    out = tmp_path / "o.mp4"
    arguments = ["export", "mannequin-clip:96x96@20x20", "-o", str(out), "--no-overlay"]
    assert main([*arguments, "--freeze", "10=1:Now", "--speed", "0.5@0-4"]) == 0
    with open_source(str(out)) as clip:
        assert len(clip) == 20 + 20
        assert float(clip.end(len(clip) - 1)) == pytest.approx(1 + 1 + 0.25, abs=0.01)
    assert main([*arguments, "-f", "--freeze", "10=1", "--speed", "0.5@0-4,0.25@3-6"]) == 1
    assert "overlap" in capsys.readouterr().err


def test_a_network_or_a_clip_stands_beside():
    def beside(*arguments: str):
        args = parsed(*arguments)
        return chosen_beside(args)

    assert beside() is None
    assert beside("--beside", "cpm-lite") == Beside(network="cpm-lite")
    other = beside("--beside-clip", "b.mp4", "--beside-offset", "-1.5")
    assert other == Beside(clip="b.mp4", offset=Fraction(-3, 2))
    with pytest.raises(PoseViewerError, match="no model"):
        beside("--beside", "cpm")
    for wrong in (
        ("--beside", "cpm-lite", "--beside-clip", "b.mp4"),
        ("--beside", "cpm-lite", "--beside-offset", "1"),
        ("--beside", "cpm-lite", "--no-overlay"),
        ("--beside-clip", "b.mp4", "--beside-offset", "soon"),
    ):
        with pytest.raises(SystemExit):
            beside(*wrong)


def test_the_clip_beside_is_never_written_over(tmp_path, capsys):
    other = tmp_path / "b.mp4"
    other.write_bytes(b"a clip")
    arguments = ["export", "mannequin-clip:96x96@20x5", "-o", str(other), "-f"]
    assert main([*arguments, "--beside-clip", str(other)]) == 1
    assert "give the output another name" in capsys.readouterr().err
    assert other.read_bytes() == b"a clip"
