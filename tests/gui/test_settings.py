"""What the window remembers."""

import json
import stat
from dataclasses import replace

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QMainWindow

from poseviewer.core.affine import Box
from poseviewer.gui.settings import Settings
from poseviewer.runtime.jobs import RecordJob
from poseviewer.runtime.saved.library import Saving, results_folder
from poseviewer.runtime.state import AppState, Keep, Speed


@pytest.fixture
def path(tmp_path, qapp):
    return tmp_path / "window.ini"


def again(settings):
    settings.sync()
    return Settings(settings.path)


def test_everything_comes_back(path):
    settings = Settings(path)
    settings.theme = "light"
    settings.folder = "/videos"
    settings.keys = {"export": ["Ctrl+E"]}
    chosen = AppState().choosing(
        overlay_stage=2, opacity=0.5, arcs=("right knee",), hud=False, model="cpm-lite",
        flip=True, gate=0.3, facing="auto", filter="median,window=3", plotted=("left elbow",),
        panes="pairs", radians=True,
    )  # fmt: skip
    settings.save_state(chosen)
    back = again(settings)
    assert back.theme == "light"
    assert back.folder == "/videos"
    assert back.keys == {"export": ["Ctrl+E"]}
    now = back.state
    assert (now.display, now.reading, now.network, now.angles) == (
        chosen.display, chosen.reading, chosen.network, chosen.angles,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (None, Saving(results_folder())),
        ('{"on": true, "beside": true, "gigabytes": 0.5}', Saving(results_folder(), True, 1 << 29)),
        ('{"on": false}', None),
        ('{"gigabytes": -1}', Saving(results_folder())),
        ('{"gigabytes": "2"}', Saving(results_folder())),
        ("[]", Saving(results_folder())),
    ],
)
def test_how_analyses_are_saved(path, stored, expected):
    if stored is not None:
        QSettings(str(path), QSettings.Format.IniFormat).setValue("saving", stored)
    found = Settings(path).saving
    assert found == (expected and replace(expected, folder=results_folder()))


@pytest.mark.parametrize(
    ("stored", "automatic"),
    [
        (None, True),
        ('{"model": "hourglass-lite"}', True),
        ('{"model": "cpm-lite"}', False),
        ('{"model": "hourglass-lite", "automatic": false}', False),
        ("[]", True),
    ],
    ids=["first start", "the usual one", "another", "chosen", "damaged"],
)
def test_the_network_is_picked_until_a_person_has_chosen(path, stored, automatic):
    if stored is not None:
        QSettings(str(path), QSettings.Format.IniFormat).setValue("network", stored)
    assert Settings(path).state.network.automatic == automatic


def test_the_speed_of_networks_comes_back(path):
    assert Settings(path).state.speed is None
    settings, speed = Settings(path), Speed(0.008, 0.014, "a b openvino cpu", threads=2, gain=1.5)
    settings.save_state(replace(AppState(), speed=speed))
    assert again(settings).state.speed == speed
    QSettings(str(path), QSettings.Format.IniFormat).setValue("speed", '{"fast": -1}')
    broken = Settings(path)
    assert broken.state.speed is None
    assert "speed" in broken.complaint


def test_what_belongs_to_a_clip_is_forgotten(path):
    settings = Settings(path)
    chosen = AppState().choosing(
        region="box", box=Box(0, 0, 10, 10), focus=1, hidden=(2,), names=((1, "Anna"),)
    )
    settings.save_state(chosen)
    now, usual = again(settings).state, AppState()
    assert (now.reading, now.people) == (usual.reading, usual.people)


def test_recent_files_are_few_and_the_latest_first(path):
    settings = Settings(path)
    for number in range(15):
        settings.add_recent(f"/videos/{number}.mp4")
    settings.add_recent("/videos/10.mp4")
    recent = again(settings).recent
    assert len(recent) == 10
    assert recent[:2] == ["/videos/10.mp4", "/videos/14.mp4"]


def test_projects_are_listed_apart_too_so_that_clips_do_not_push_them_out(path):
    settings = Settings(path)
    settings.add_recent_project("/knees.poseviewer")
    for number in range(15):
        settings.add_recent(f"/videos/{number}.mp4")
    stored = again(settings)
    assert stored.recent_projects == ["/knees.poseviewer"]
    assert "/knees.poseviewer" not in stored.recent
    stored.forget_recent()
    assert stored.recent_projects == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\x01 no ini at all [[[",
        '[General]\ntheme=not json\ndisplay={"opacity": "much", "gone": 3}\nrecent=5\n'
        "keys=[1]\nreading=[]\nplotted=7\n[layout]\nstate=@ByteArray(rubbish)\ngeometry=3\n",
        '[General]\ndisplay="{\\"opacity\\": \\"much\\", \\"hud\\": 1}"\n'
        'reading="{\\"gate\\": \\"high\\", \\"flip\\": null}"\n',
    ],
    ids=["empty", "binary", "wrong types", "half right"],
)
def test_a_broken_file_is_a_fresh_start(path, text):
    path.write_text(text)
    settings = Settings(path)
    assert settings.theme == "system"
    now, usual = settings.state, AppState().choosing(automatic=True)
    assert (now.display, now.reading, now.network) == (usual.display, usual.reading, usual.network)
    assert settings.recent == []
    assert settings.keys == {}
    window = QMainWindow()
    settings.restore_geometry(window)
    assert settings.workspaces.live == ()
    window.deleteLater()
    settings.theme = "dark"
    assert again(settings).theme == "dark"


def test_the_fields_of_a_section_that_are_right_are_taken(path):
    QSettings(str(path), QSettings.Format.IniFormat).setValue(
        "reading", '{"gate": 0.4, "flip": "perhaps", "gone": 1}'
    )
    assert Settings(path).state.reading == AppState().choosing(gate=0.4).reading


@pytest.mark.parametrize("kept", ['{"seconds": "x"}', "[]", '{"seconds": 5, "megabytes": -1}'])
def test_broken_settings_of_live_sources_are_a_fresh_start(path, kept):
    file = QSettings(str(path), QSettings.Format.IniFormat)
    file.setValue("rewind", kept)
    file.setValue("recording", kept)
    settings = again(Settings(path))
    assert settings.keep == Keep()
    assert settings.record_job == RecordJob()


def test_a_folder_in_place_of_the_file_is_survived(path):
    path.mkdir()
    settings = Settings(path)
    settings.theme = "dark"
    settings.sync()
    assert settings.state.display == AppState().display


def test_only_the_user_may_read_the_file(path):
    path.write_text("")
    path.chmod(0o644)
    settings = Settings(path)
    for theme in ("light", "dark"):
        settings.theme = theme
        settings.sync()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.unlink()
    Settings(path).sync()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_password_is_stored(path):
    settings = Settings(path)
    settings.add_recent("rtsp://joe:secret@cam/1?channel=1&token=hidden")
    settings.add_recent("rtsp://ann:secret@cam/1?channel=1")
    assert again(settings).recent == ["rtsp://cam/1?channel=1"]
    assert "secret" not in path.read_text()
    assert "hidden" not in path.read_text()


def test_a_password_stored_by_an_earlier_version_is_removed(path):
    old = QSettings(str(path), QSettings.Format.IniFormat)
    old.setValue("recent", json.dumps(["rtsp://joe:secret@cam/1", "rtsp://cam/1", "/a.mp4", 3]))
    old.sync()
    settings = Settings(path)
    settings.sync()
    assert settings.recent == ["rtsp://cam/1", "/a.mp4"]
    assert "secret" not in path.read_text()


@pytest.mark.parametrize(
    ("name", "said"),
    [("settings_15_window.ini", "recent"), ("settings_210_window.ini", "rewind")],
)
def test_broken_settings_are_left_out_and_said_once(shared, path, name, said):
    case = shared / "cases" / "settings" / name
    if not case.is_file():
        pytest.skip("needs the cases of the shared material")
    path.write_bytes(case.read_bytes())
    settings = Settings(path)
    assert said in settings.complaint
    assert len(settings.complaint) <= 300
    assert settings.theme == "dark"
    assert settings.keep == Keep() or said != "rewind"
    assert settings.recent == [] or said != "recent"


def test_a_filter_on_joints_that_was_saved_in_pixels_is_dropped(path):
    settings = Settings(path)
    settings._put("reading", {"smooth": False, "beta": 0.02, "gate": 0.4})
    assert again(settings).state.reading == replace(AppState().reading, gate=0.4)
    chosen = AppState().choosing(smooth=False, beta=7.0)
    settings.save_state(chosen)
    assert again(settings).state.reading == chosen.reading


@pytest.mark.parametrize(
    ("key", "value", "name"),
    [
        ("reading", {"gate": float("nan")}, "reading gate"),
        ("reading", {"min_cutoff": float("inf")}, "reading min_cutoff"),
        ("reading", {"decoding": "guess"}, "reading decoding"),
        ("display", {"colormap": "mud"}, "display colormap"),
        ("display", {"overlay_stage": 10**12}, "display overlay_stage"),
        ("angles", {"filter": "median,window=x"}, "angles filter"),
        ("angles", {"plotted": [1]}, "angles plotted"),
        ("network", [], "network"),
        ("rewind", {"seconds": 1e999}, "rewind"),
        ("keys", {"play": [3]}, "keys"),
        ("theme", ["dark"], "theme"),
        ("folder", 5, "folder"),
    ],
)
def test_a_choice_that_cannot_be_is_named(path, key, value, name):
    settings = Settings(path)
    settings._put("choices", 2)
    settings._put(key, value)
    settings._put("recording", {"annotated": True, "data": ["csv"]})
    back = again(settings)
    assert name in back.complaint
    assert back.record_job == RecordJob(annotated=True, data=("csv",))
    now, usual = back.state, AppState().choosing(automatic=True)
    assert (now.reading, now.display, now.angles, now.network) == (
        usual.reading, usual.display, usual.angles, usual.network,
    )  # fmt: skip


def test_good_settings_are_no_complaint(path):
    settings = Settings(path)
    settings.theme = "light"
    settings.save_state(AppState().choosing(overlay_stage=1))
    assert again(settings).complaint == ""
