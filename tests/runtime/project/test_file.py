"""Projects as files: what is written is read back, and nothing else is let in."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from poseviewer.core.affine import Box
from poseviewer.core.angle import AngleSpec
from poseviewer.core.annotation import Annotations, Calibration, Drawing, KeyFrame
from poseviewer.core.correction import Corrections, Exchange, JointCorrection, SideSwap, Who
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.video_choice import VideoChoice
from poseviewer.runtime.project.file import read_project, write_project
from poseviewer.runtime.project.value import Project, ProjectClip
from poseviewer.runtime.sections import AngleState, NetworkState, PeopleState, ReadingState

if TYPE_CHECKING:
    from pathlib import Path

WRIST = JointCorrection(3, "left wrist", Who(0, 10.5, 20.25), "moved", (31.5, 42.125))
CORRECTED = Corrections((WRIST,), (SideSwap(2, 9, Who(1, 5, 5)),), (Exchange(0, 1, 7),))
ANNOTATED = Annotations(
    Calibration((1, 2), (3, 4), 0.5),
    (Drawing("line", ((0, 0), (5, 5)), 2, 8),),
    (KeyFrame(4, "up"),),
)
NOD = AngleSpec("nod", ("nose", "neck"), offset=10, period=180)


def project(folder: Path) -> Project:
    """A project with a value of its own in every field."""
    clip = ProjectClip(
        str(folder / "clips" / "knee.mp4"),
        content="ab" * 32,
        choice=VideoChoice(1, "field"),
        frame=12,
        start=3,
        end=90,
        box=Box(1, 2, 30.5, 40),
        people=PeopleState(1, locked=True, hidden=(2,), names=((0, "Ana"), (1, "Bo"))),
        corrections=CORRECTED,
        annotations=ANNOTATED,
    )
    return Project(
        "a-key",
        (clip, ProjectClip("mannequin-clip:64x48@30x9", frame=2)),
        1,
        NetworkState("mobilepose", engine="torch"),
        ReadingState(gate=0.45, flip=True),
        AngleState(
            custom=(NOD,),
            filter="butterworth,order=4,cutoff=6",
            plotted=("left knee",),
            joint="left_wrist",
            height=1.81,
            second=str(folder / "clips" / "other.mp4"),
            second_offset=-0.48,
        ),
        second=ProjectClip(str(folder / "clips" / "other.mp4"), content="cd" * 32),
        notes="Third trial; see Ana's knee.",
        layout={"name": "Measure"},
    )


def test_all_of_a_project_is_read_back(tmp_path: Path) -> None:
    """Every field comes back as it was, paths relative to the file."""
    made, path = project(tmp_path), tmp_path / "knees.poseviewer"
    write_project(path, made)
    read, words = read_project(path)
    assert (read, words) == (made, "")
    assert [clip.relative for clip in read.clips] == ["clips/knee.mp4", ""]
    assert read.second is not None
    assert (read.second, read.second.relative) == (made.second, "clips/other.mp4")


def test_a_file_whose_name_is_no_text_is_found_again(tmp_path: Path) -> None:
    """Names of files are bytes; the project is UTF-8 all the same."""
    odd = os.fsdecode(bytes(tmp_path) + b"/\xff.mp4")
    path = tmp_path / "odd.poseviewer"
    write_project(path, Project(clips=(ProjectClip(odd, content="00"),)))
    path.read_bytes().decode()
    assert read_project(path)[0].clips[0].location == odd


def damaged(folder: Path, **changes: Any) -> Path:
    """A project file with other values at its top or, after `clip_`, in its first clip."""
    path = folder / "damaged.poseviewer"
    write_project(path, project(folder))
    stored = json.loads(path.read_text())
    for name, value in changes.items():
        if name.startswith("clip_"):
            stored["clips"][0][name.removeprefix("clip_")] = value
        else:
            stored[name] = value
    path.write_text(json.dumps(stored))
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "something"},
        {"version": 0},
        {"key": ""},
        {"current": 2},
        {"clips": [{}]},
        {"clips": [{"location": "/a"}] * 1001},
        {"angles": [{"name": "x", "points": ["nose", "nose"]}]},
        {"clip_location": "http://example.org/a.mp4"},
        {"clip_location": "camera:0"},
        {"clip_location": "../a.mp4"},
        {"clip_relative": "/etc/passwd"},
        {"clip_relative": "\\\\server\\share\\a.mp4"},
        {"clip_location": "\\\\server\\share\\a.mp4"},
        {"clip_relative": "rtsp://example.org/a"},
        {"clip_frame": -1},
        {"clip_frame": 1e300},
        {"clip_box": [0, 0, 0, 5]},
        {"clip_box": [0, 0, float("inf"), 5]},
        {"clip_corrections": {"joints": [[1, "nose"]]}},
        {"clip_annotations": {"key_frames": [{"frame": -1}]}},
        {"clip_video": {"deinterlace": "twice"}},
        {"clip_people": {"names": [[0, ""]]}},
        {"second": {"location": "http://example.org/a.mp4"}},
        {"second": "/a.mp4"},
    ],
)
def test_what_is_no_project_is_refused_in_a_sentence(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    """Nothing of another kind gets in, and no clip is anything but a file."""
    with pytest.raises(PoseViewerError, match=r"^damaged\.poseviewer .*\.$"):
        read_project(damaged(tmp_path, **changes))


def test_a_project_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    """The sentence says what to do."""
    with pytest.raises(PoseViewerError, match="newer PoseViewer"):
        read_project(damaged(tmp_path, version=2))


def test_a_choice_that_is_not_known_is_left_out_and_named(tmp_path: Path) -> None:
    """The rest of the project is used."""
    read, words = read_project(damaged(tmp_path, choices={"reading": {"gate": 7, "flip": True}}))
    assert read.reading == ReadingState(flip=True)
    assert words == (
        "damaged.poseviewer holds choices that cannot be used, and those are as usual: "
        "reading gate."
    )


def test_a_failing_save_leaves_what_was_there(tmp_path: Path) -> None:
    """One sentence, and the older file as it was."""
    path = tmp_path / "gone" / "a.poseviewer"
    with pytest.raises(PoseViewerError, match=r"a\.poseviewer was not saved because the folder"):
        write_project(path, project(tmp_path))
    path = tmp_path / "there.poseviewer"
    write_project(path, project(tmp_path))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_project(path, replace(project(tmp_path), layout={"x": float("nan")}))
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["there.poseviewer"]


def test_looking_about_changes_nothing_of_substance(tmp_path: Path) -> None:
    """Frame, overlays, layout and what Automatic picks need no saving; the rest does."""
    made = project(tmp_path)
    clip = made.clips[0]
    seen = made.with_clip(0, replace(clip, frame=40, people=replace(clip.people, focus=0)))
    seen = replace(seen, current=0, layout=None, angles=replace(made.angles, plotted=()))
    assert seen.substance == made.substance
    automatic = replace(made, network=NetworkState("a", automatic=True))
    picked = replace(made, network=NetworkState("b", automatic=True, precision="int8"))
    assert picked.substance == automatic.substance != made.substance
    for other in (
        made.with_clip(0, replace(clip, end=91)),
        made.with_clip(0, replace(clip, corrections=Corrections())),
        made.with_clip(0, replace(clip, annotations=Annotations())),
        made.with_clip(0, replace(clip, people=replace(clip.people, names=()))),
        replace(made, notes=""),
        replace(made, clips=made.clips[:1]),
        replace(made, reading=ReadingState()),
    ):
        assert other.substance != made.substance
