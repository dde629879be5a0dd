"""Plug-ins: found by their entry points, imported when asked for, and harmless when broken."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import OutputSet
from poseviewer.models import registry
from poseviewer.models.registry import card, cards, complaints
from poseviewer.plugins import PluginTable
from poseviewer.records import open as records
from poseviewer.video import open as video

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Install = Callable[..., None]

GROUP = "poseviewer.tests"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a package with entry points on the path: its module's text, then `group.name=value`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def put(module: str, text: str, *entries: tuple[str, str]) -> None:
        (tmp_path / f"{module}.py").write_text(text)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        lines = [f"[{group}]\n{entry}" for group, entry in entries]
        (info / "entry_points.txt").write_text("\n".join(lines))
        # Each table looks for packages once; these begin anew, as the next start would.
        for owner, name in ((registry, "PLUGINS"), (video, "SOURCES"), (records, "WRITERS")):
            old: PluginTable = getattr(owner, name)
            monkeypatch.setattr(owner, name, PluginTable(old.group, old.builtin))
        registry._plugged.cache_clear()

    yield put
    registry._plugged.cache_clear()
    for name in set(sys.modules) - before:
        if name.startswith("plug_"):
            del sys.modules[name]


def test_a_plugin_is_imported_when_it_is_asked_for(install: Install) -> None:
    install("plug_a", "VALUE = 7", (GROUP, "seven=plug_a:VALUE"))
    table = PluginTable(GROUP, {"pi": "math:pi"})
    assert table.names == ("pi", "seven")
    assert "plug_a" not in sys.modules
    assert table.load("seven") == 7
    assert table.load("pi") == pytest.approx(3.14159, abs=1e-5)
    assert "eight" not in table
    with pytest.raises(KeyError):
        table.load("eight")


@pytest.mark.parametrize("text", ["import nothing_of_this_name", "1 / 0", "OTHER = 1"])
def test_a_broken_plugin_is_one_sentence_that_names_its_package(
    install: Install, text: str
) -> None:
    install("plug_b", text, (GROUP, "broken=plug_b:VALUE"))
    with pytest.raises(PoseViewerError, match=r"broken of plug_b 1\.0 does not work .*\.$") as told:
        PluginTable(GROUP).load("broken")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "content", [b"[poseviewer.numbers]\nno equals sign\n", b"\xff\xfe[poseviewer.numbers]\n"]
)
def test_a_package_with_a_damaged_list_hides_no_other(
    install: Install, tmp_path: Path, content: bytes
) -> None:
    install("plug_g", "VALUE = 7", (GROUP, "seven=plug_g:VALUE"))
    install("plug_h", "VALUE = 8", (GROUP, "eight=plug_h:VALUE"))
    (tmp_path / "plug_g-1.0.dist-info" / "entry_points.txt").write_bytes(content)
    assert PluginTable(GROUP).names == ("eight",)


def test_a_name_that_is_taken_is_told_and_the_built_in_one_stays(install: Install) -> None:
    install("plug_c", "VALUE = 7", (GROUP, "pi=plug_c:VALUE"))
    table = PluginTable(GROUP, {"pi": "math:pi"})
    assert table.names == ("pi",)
    (sentence,) = table.conflicts
    assert "pi of plug_c 1.0 is ignored" in sentence


def test_a_broken_network_hides_no_other(install: Install) -> None:
    before = [known.name for known in cards()]
    install(
        "plug_d",
        "from dataclasses import replace\n"
        "from poseviewer.models.registry import card\n"
        "LITE = card('hourglass-lite')\n"
        "def fail(): raise ValueError('no layers today')\n"
        "GOOD = [replace(LITE, name='good'), replace(LITE, name='late', build=fail)]\n"
        "TAKEN, NONE = LITE, 'a text'\n"
        "BARE = replace(LITE, name='bare', skeleton='octopus-8')\n",
        ("poseviewer.networks", "a=plug_d:GOOD\nb=plug_d:TAKEN\nc=plug_d:NONE\nd=plug_d:BARE"),
    )
    assert [known.name for known in cards()] == [*before, "good", "late"]
    assert card("good").trained
    taken, none, bare = complaints()
    assert "hourglass-lite already" in taken
    assert "a str where a ModelCard is wanted" in none
    assert "octopus-8" in bare
    with pytest.raises(PoseViewerError, match=r"plug_d 1\.0 does not work \(no layers today\)"):
        card("late").build()


def test_a_source_that_fails_is_one_sentence_and_files_still_open(
    install: Install, tmp_path: Path
) -> None:
    install(
        "plug_e",
        "def crash(location, *, rate, size): return 1 / 0\n"
        "def lie(location, *, rate, size): return location\n"
        "def miss(location, *, rate, size): return open(location[5:])\n",
        ("poseviewer.sources", "crash=plug_e:crash\nlie=plug_e:lie\nmiss=plug_e:miss"),
    )
    for location, words in (
        ("crash:now", "division by zero"),
        ("LIE:me", "a str where a Clip or a Feed is wanted"),
        (f"miss:{tmp_path}/gone", "cannot be opened: No such file"),
        ("gopher://host", "crash"),
    ):
        with pytest.raises(PoseViewerError, match=words):
            video.open_source(location)
    with video.open_source("mannequin-clip:64x64@30x2") as clip:
        assert clip.size == (64, 64)


def test_a_writer_that_fails_is_one_sentence_and_leaves_nothing(
    install: Install, tmp_path: Path
) -> None:
    install(
        "plug_f",
        "from poseviewer.records.kinds import RecordKind\n"
        "def crash(paths, outputs, by): return [][0]\n"
        "BAD, NONE = RecordKind(('.bad',), crash), 5\n",
        ("poseviewer.writers", "bad=plug_f:BAD\nnone=plug_f:NONE"),
    )
    assert records.places(["csv", "bad"], beside=tmp_path / "out.mp4")[-2].name == "out.bad"
    outputs = OutputSet()
    for kinds, words in (
        (["csv", "bad"], "list index out of range"),
        (["none"], "an? int where a RecordKind"),
        (["xml"], "csv, csv-wide, .*, bad, none"),
    ):
        with pytest.raises(PoseViewerError, match=words):
            records.open_records(kinds, beside=tmp_path / "out.mp4", outputs=outputs)
        outputs.discard()
    assert not list(tmp_path.glob("*out*"))
