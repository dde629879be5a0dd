"""No output is an input, by whatever name it is reached."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from poseviewer.cli.main import main
from poseviewer.core.assets import weights
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


def test_where_no_source_is_open_the_folder_one_is_in_is_none(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pictures)
    spare_inputs([pictures / "img0.png", pictures / "img%d.png"], source="")


def test_a_file_system_without_case_is_told_by_its_files(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names that differ by case only lead to one file there; a hard link does it here."""
    os.link(pictures / "img2.png", pictures / "IMG2.PNG")
    shutil.copy(pictures / "img2.png", pictures.parent / "Img2.png")
    with pytest.raises(PoseViewerError, match="a picture of the source"):
        spare_inputs([pictures / "IMG2.PNG"], source=str(pictures))
    spare_inputs([pictures.parent / "Img2.png"], source=str(pictures))


PLAYLISTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-MAP:URI='head.mp4'\n#EXTINF:1,\npart one.ts\n#EXT-X-ENDLIST\n",
    "script.ffconcat": "ffconcat version 1.0\nfile 'part one.ts'\nfile head.mp4\n",
    "list.mpd": "<MPD><BaseURL>head.mp4</BaseURL><S media='part $Number$.ts'/>"
    "<S media='{}$a$/$b$/$c$'/><S media='{}'/></MPD>".format("../" * 20, "$n$/" * 5000),
    "call.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\na=x:'head.mp4' \"part one.ts\"\n",
}


@pytest.mark.parametrize("name", PLAYLISTS)
def test_what_a_playlist_names_is_an_input(tmp_path: Path, name: str) -> None:
    """Also what a playlist that it names, names."""
    for file in ("head.mp4", "part one.ts", "part.ts"):
        (tmp_path / file).touch()
    (tmp_path / name).write_text(PLAYLISTS[name])
    outer = tmp_path / "outer.m3u8"
    outer.write_text(f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{name}\nouter.m3u8\n")
    for source in (tmp_path / name, outer):
        for file in ("head.mp4", "part one.ts"):
            with pytest.raises(PoseViewerError, match="is named by the source: give"):
                spare_inputs([tmp_path / file], source=str(source))
        spare_inputs([tmp_path / "part.ts", tmp_path / "new.mp4"], source=str(source))
    with pytest.raises(PoseViewerError, match="is named by the source"):
        spare_inputs([tmp_path / name], source=str(outer))


def inputs(home: Path, folder: Path) -> dict[str, Path]:
    """Every kind of file that a command may read, and replace unless it takes care."""
    clip = folder / "walk.mkv"
    assert main(["export", "mannequin-clip:64x64@30x2", "-o", str(clip), "--no-overlay"]) == 0
    made = {
        "truth": folder / "walk.truth.csv",
        "angles": folder / "mine.toml",
        "own angles": home / "config" / "angles.toml",
        "settings": home / "config" / "window.ini",
        "weights": home / "data" / "models" / "mine.safetensors",
        "own weights": weights("hourglass-lite.safetensors"),
        "frame": folder / "openpose" / "walk_000000000000_keypoints.json",
    }
    rows = "frame,time_s,person,joint,x_px,y_px,score\n0,0,1,nose,1,2,0.9\n"
    openpose = {"version": 1.3, "people": [{"pose_keypoints_2d": [9.0] * 75}]}
    texts = {"truth": rows, "angles": "", "own angles": "", "frame": json.dumps(openpose)}
    for kind, path in made.items():
        if kind != "own weights":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts.get(kind, "anything"))
    return {"clip": clip, **made}


def test_no_command_replaces_what_it_reads(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is refused before any work, in one sentence, with -f too."""
    made = inputs(home, tmp_path)
    before = {kind: path.read_bytes() for kind, path in made.items()}
    clip, angles, truth = (str(made[kind]) for kind in ("clip", "angles", "truth"))
    given = [clip, "--angles", angles]
    commands = [
        ["run", *given, "-f", "-o"],
        ["export", *given, "--truth", truth, "--poses", str(made["frame"].parent), "-f", "-o"],
        ["view", *given, "--screenshot"],
    ]
    for command in commands:
        for kind, path in made.items():
            if kind in ("truth", "frame") and command[0] != "export":
                continue
            capsys.readouterr()
            assert main([*command, str(path)]) == 1, (command, kind)
            (line,) = capsys.readouterr().err.splitlines()
            assert line.endswith(": give the output another name."), line
    assert before == {kind: path.read_bytes() for kind, path in made.items()}
