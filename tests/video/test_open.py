"""One door: every bad location is one clear sentence, every good one the right source."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.video.file import FileClip
from poseviewer.video.open import open_source
from poseviewer.video.stills import FolderClip, StillClip
from tests.video.numbered import numbered, tone, write_clip

if TYPE_CHECKING:
    from pathlib import Path


def refusal(location: object) -> str:
    with pytest.raises(PoseViewerError) as caught:
        open_source(str(location))
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_a_missing_file(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "gone.mp4")


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert "empty.mp4 is empty" in refusal(tmp_path / "empty.mp4")


def test_not_a_video(tmp_path: Path) -> None:
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(5).bytes(4096))
    assert "not a video" in refusal(tmp_path / "noise.mp4")


def test_a_text(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no video\n" * 100)
    assert "notes.txt" in refusal(tmp_path / "notes.txt")


def test_sound_only(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "sound.mp4"), "w") as out:
        voice = out.add_stream("aac", rate=44100, layout="stereo")
        for packet in tone(voice, seconds=0.5):
            out.mux(packet)
    assert "sound but no picture" in refusal(tmp_path / "sound.mp4")


def test_an_unknown_codec(tmp_path: Path) -> None:
    write_clip(tmp_path / "odd.mp4", count=5)
    coded = (tmp_path / "odd.mp4").read_bytes()
    (tmp_path / "odd.mp4").write_bytes(coded.replace(b"avc1", b"zzzz"))
    assert "odd.mp4" in refusal(tmp_path / "odd.mp4")


def test_a_file_whose_pictures_are_gone(tmp_path: Path) -> None:
    write_clip(tmp_path / "cut.mp4", count=20, container_options={"movflags": "faststart"})
    coded = (tmp_path / "cut.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(coded[: coded.index(b"mdat") + 40])
    assert "damaged" in refusal(tmp_path / "cut.mp4")


def test_a_header_that_is_gone(tmp_path: Path) -> None:
    write_clip(tmp_path / "cut.mp4", count=20)
    coded = (tmp_path / "cut.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(coded[: len(coded) // 2])
    assert "header is damaged" in refusal(tmp_path / "cut.mp4")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.mp4").write_bytes(b"secret")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "you have no permission" in refusal(tmp_path / "mine.mp4")


def test_a_folder_without_images(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    assert "holds no images" in refusal(tmp_path)


def test_an_unknown_scheme() -> None:
    assert "gopher" in refusal("gopher://host/clip")


def test_a_camera_that_is_not_there() -> None:
    assert "Camera 63 cannot be opened" in refusal("camera:63")
    assert "camera:0" in refusal("camera:front")


def test_a_mannequin_that_cannot_be() -> None:
    refusal("mannequin:wide")


def test_paths_become_clips(tmp_path: Path) -> None:
    write_clip(tmp_path / "a clip.mp4", count=5)
    cv2.imwrite(str(tmp_path / "still.PNG"), numbered(0, size=(96, 48)))
    for location, kind in (
        (str(tmp_path / "a clip.mp4"), FileClip),
        ((tmp_path / "a clip.mp4").as_uri(), FileClip),
        (str(tmp_path / "still.PNG"), StillClip),
        (str(tmp_path), FolderClip),
    ):
        with open_source(location) as source:
            assert isinstance(source, kind)


def test_a_name_with_a_colon_is_still_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_clip(tmp_path / "plain.mp4", count=5)
    (tmp_path / "plain.mp4").rename(tmp_path / "take:1.mp4")
    monkeypatch.chdir(tmp_path)
    with open_source("take:1.mp4") as source:
        assert source.name == "take:1.mp4"
    assert "does not exist" in refusal("take:2.mp4")
