"""A person's own angles in their file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poseviewer.core.angle import AngleSpec, standard_angles
from poseviewer.core.angle_file import angle_trouble, read_angles, write_angles
from poseviewer.core.assets import resource
from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from pathlib import Path

KNEE = AngleSpec("inside of knee", ("right_hip", "right_knee", "right_ankle"))
LEAN = AngleSpec('lean "über" \\ all', ("neck", "mid_hip"), 90.5, -1.0, 180)
TWIST = AngleSpec("twist", ("left_hip", "right_hip", "left_shoulder", "right_shoulder"))


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "angles.toml"
    assert read_angles(path) == ()
    for specs in ((KNEE, LEAN, TWIST), (KNEE,), ()):
        write_angles(path, specs)
        assert read_angles(path) == specs
    assert [file.name for file in tmp_path.iterdir()] == ["angles.toml"]


def test_the_form_is_that_of_the_standard_angles(tmp_path: Path) -> None:
    text = resource("angles.toml").read_text(encoding="utf-8").replace('name = "', 'name = "my ')
    (tmp_path / "angles.toml").write_text(text.replace("my {side}", "{side} my"), encoding="utf-8")
    mine = read_angles(tmp_path / "angles.toml")
    assert [(s.points, s.offset, s.scale, s.period) for s in mine] == [
        (s.points, s.offset, s.scale, s.period) for s in standard_angles()
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[angle", "not a file of angles that can be read"),
        ("[[angle]]\nname = 'a'\n", "lacks 'points'"),
        ("[[angle]]\npoints = ['neck', 'mid_hip']\n", "lacks 'name'"),
        ("angle = 3", "not a file of angles that can be read"),
        ("[[angle]]\nname = 'a'\npoints = ['neck', 'nek']", "joint called nek"),
        ("[[angle]]\nname = 'a'\npoints = ['neck']", "two, three or four"),
        (
            "[[angle]]\nname = 'a'\npoints = ['neck', 'mid_hip']\nscale = 'x'",
            "the scale is no number",
        ),
        (
            "[[angle]]\nname = 'a'\npoints = ['neck', 'mid_hip']\nscale = 2",
            "the scale is no number from -1 to 1",
        ),
        ("[[angle]]\nname = 'a'\npoints = ['neck', 'mid_hip']\nscale = 0", "1 or -1"),
        ("[[angle]]\nname = 'trunk'\npoints = ['neck', 'mid_hip']", "called trunk already"),
        ("[[angle]]\nname = 'a'\npoints = ['neck', 'mid_hip']\n" * 2, "called a already"),
        ("[[angle]]\nname = 'a'\npoints = ['neck', 'neck']", "differ"),
    ],
)
def test_a_broken_file_is_one_sentence_that_names_it(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "angles.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PoseViewerError, match=says) as told:
        read_angles(path)
    assert str(path) in str(told.value)
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "spec",
    [
        AngleSpec("", KNEE.points),
        AngleSpec(" knee", KNEE.points),
        AngleSpec("a\nb", KNEE.points),
        AngleSpec("a" * 40, KNEE.points),
        AngleSpec("a", ("right_hip", "right_knee", "right_hip")),
        AngleSpec("a", ("neck", "mid_hip", "mid_hip", "neck")),
        AngleSpec("a", KNEE.points, offset=float("nan")),
        AngleSpec("a", KNEE.points, period=90),
    ],
)
def test_what_cannot_be_measured_is_refused(spec: AngleSpec) -> None:
    assert angle_trouble(spec).endswith(".")
    assert not angle_trouble(KNEE)


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(PoseViewerError, match="cannot be saved"):
        write_angles(tmp_path / "no" / "angles.toml", (KNEE,))
