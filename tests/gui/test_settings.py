"""What the window remembers."""

import pytest
from PySide6.QtWidgets import QMainWindow

from poseviewer.core.affine import Box
from poseviewer.core.look import Look
from poseviewer.gui.settings import Settings
from poseviewer.runtime.state import Choices


@pytest.fixture
def path(tmp_path, qapp):
    return tmp_path / "window.ini"


def again(settings):
    settings.sync()
    return Settings(settings.path)


def test_everything_comes_back(path):
    settings = Settings(path)
    settings.theme = "light"
    settings.hud = False
    settings.folder = "/videos"
    settings.look = Look(overlay_stage=2, overlay_channel=None, opacity=0.5, arcs=("right knee",))
    settings.choices = Choices(model="cpm-lite", flip=True, gate=0.3)
    settings.keys = {"export": ["Ctrl+E"]}
    settings.angles = ("left elbow",)
    back = again(settings)
    assert back.theme == "light"
    assert back.hud is False
    assert back.folder == "/videos"
    assert back.look == settings.look
    assert back.choices == settings.choices
    assert back.keys == {"export": ["Ctrl+E"]}
    assert back.angles == ("left elbow",)


def test_a_region_belongs_to_its_clip(path):
    settings = Settings(path)
    settings.choices = Choices(region="box", box=Box(0, 0, 10, 10))
    assert again(settings).choices == Choices()


def test_recent_files_are_few_and_the_latest_first(path):
    settings = Settings(path)
    for number in range(15):
        settings.add_recent(f"/videos/{number}.mp4")
    settings.add_recent("/videos/10.mp4")
    recent = again(settings).recent
    assert len(recent) == 10
    assert recent[:2] == ["/videos/10.mp4", "/videos/14.mp4"]
    settings.forget_recent()
    assert settings.recent == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\x01 no ini at all [[[",
        '[General]\ntheme=not json\nlook={"opacity": "much", "gone": 3}\nrecent=5\n'
        "keys=[1]\nchoices=[]\nangles=7\n[layout]\nstate=@ByteArray(rubbish)\ngeometry=3\n",
        '[General]\nlook="{\\"opacity\\": \\"much\\", \\"gate\\": 1, \\"arcs\\": [\\"x\\"]}"\n',
    ],
    ids=["empty", "binary", "wrong types", "half right"],
)
def test_a_broken_file_is_a_fresh_start(path, text):
    path.write_text(text)
    settings = Settings(path)
    assert settings.theme == "system"
    assert settings.look.opacity == Look().opacity
    assert settings.choices == Choices()
    assert settings.recent == []
    assert settings.keys == {}
    assert settings.angles is None
    window = QMainWindow()
    settings.restore_geometry(window)
    settings.restore_state(window)
    window.deleteLater()
    settings.theme = "dark"
    assert again(settings).theme == "dark"


def test_a_folder_in_place_of_the_file_is_survived(path):
    path.mkdir()
    settings = Settings(path)
    settings.theme = "dark"
    settings.sync()
    assert settings.look == Look()
