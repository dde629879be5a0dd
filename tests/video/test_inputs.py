"""No output is an input, by whatever name it is reached."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from poseviewer.cli.main import main
from poseviewer.core.errors import PoseViewerError
from poseviewer.video.inputs import spare_inputs


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of three pictures."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        pixels = np.full((48, 64, 3), number, np.uint8)
        cv2.imwrite(str(folder / f"img{number}.png"), pixels)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def ways(folder: Path, kind: str) -> Path:
    """Another name of a picture of the folder."""
    picture, other = folder / "img2.png", folder.parent / "other.png"
    if kind == "itself":
        return picture
    if kind == "symlink":
        other.symlink_to(picture)
    elif kind == "hard link":
        os.link(picture, other)
    elif kind == "folder link":
        (folder.parent / "linked").symlink_to(folder, target_is_directory=True)
        return folder.parent / "linked" / "img2.png"
    elif kind == "dots":
        return folder / ".." / "in" / "." / "img2.png"
    return other


@pytest.mark.parametrize("kind", ["itself", "symlink", "hard link", "folder link", "dots"])
def test_a_picture_of_the_input_is_never_replaced(
    pictures: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before, output = contents(pictures), ways(pictures, kind)
    arguments = ["export", str(pictures), "-o", str(output), "--start", "0", "--end", "0"]
    assert main([*arguments, "-f", "--no-overlay"]) == 1
    assert "is a picture of the source: give the output another name." in capsys.readouterr().err
    assert contents(pictures) == before


def test_numbered_pictures_do_not_go_among_those_of_the_source(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They would take the place of all that have such names."""
    before = contents(pictures)
    output = pictures / "img%d.png"
    assert main(["export", str(pictures), "-o", str(output), "-f", "--no-overlay"]) == 1
    assert "holds the pictures of the source: choose another folder" in capsys.readouterr().err
    assert contents(pictures) == before


def test_what_is_no_input_may_lie_beside_it(pictures: Path) -> None:
    spare_inputs([pictures / "new.png", pictures / "clip.mp4"], source=str(pictures))
    spare_inputs([pictures / "img1.png"], source=str(pictures / "img0.png"))
    spare_inputs([pictures / "img1.png"], source="mannequin:640x480@30")
    spare_inputs([Path("camera:0")], source="camera:0")


def test_ground_truth_and_addresses_of_files_are_inputs(pictures: Path) -> None:
    truth = pictures / "truth.csv"
    truth.touch()
    with pytest.raises(PoseViewerError, match="is read as well"):
        spare_inputs([truth], source="mannequin:", others=(None, truth))
    with pytest.raises(PoseViewerError, match="is the source itself"):
        spare_inputs([pictures / "img0.png"], source=(pictures / "img0.png").as_uri())


def test_a_file_system_without_case_is_told_by_its_files(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names that differ by case only lead to one file there; a hard link does it here."""
    os.link(pictures / "img2.png", pictures / "IMG2.PNG")
    shutil.copy(pictures / "img2.png", pictures.parent / "Img2.png")
    with pytest.raises(PoseViewerError, match="a picture of the source"):
        spare_inputs([pictures / "IMG2.PNG"], source=str(pictures))
    spare_inputs([pictures.parent / "Img2.png"], source=str(pictures))
