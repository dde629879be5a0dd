"""Checkpoints of the hub: looked up by name, their size shown, fetched from a local server."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.models import hub
from poseviewer.models.hub import HubFile, fetch, look_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "owner/vitpose-tiny"


class Fake(ModuleType):
    """huggingface_hub as far as it is asked here."""

    def __init__(self, files: dict[str, int], *, licence: str | None = "apache-2.0") -> None:
        super().__init__("huggingface_hub")
        self.__spec__ = sys.__spec__
        self.files, self.licence = files, licence
        self.fetched: list[tuple[Any, ...]] = []
        self.error: Exception | None = None

    def HfApi(self, endpoint: str | None = None) -> Any:
        del endpoint
        return self

    def model_info(self, repository: str, *, files_metadata: bool) -> Any:
        assert files_metadata
        if self.error is not None:
            raise self.error
        siblings = [SimpleNamespace(rfilename=name, size=size) for name, size in self.files.items()]
        card = None if self.licence is None else SimpleNamespace(license=self.licence)
        return SimpleNamespace(siblings=siblings, sha=COMMIT, card_data=card, id=repository)

    def hf_hub_download(self, repository: str, file: str, **how: Any) -> str:
        self.fetched.append((repository, file, how["revision"]))
        return f"/cache/{file}"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake({"config.json": 9, "pytorch_model.bin": 40, "model.safetensors": 35_000_000})
    monkeypatch.setitem(sys.modules, "huggingface_hub", made)
    return made


def test_the_safest_checkpoint_is_taken_at_the_commit_whose_size_was_told(fake: Fake) -> None:
    found = look_up(REPOSITORY)
    assert found == HubFile(REPOSITORY, "model.safetensors", COMMIT, 35_000_000, "apache-2.0")
    assert fake.fetched == []
    assert fetch(found).name == "model.safetensors"
    assert fake.fetched == [(REPOSITORY, "model.safetensors", COMMIT)]


def test_a_file_can_be_named(fake: Fake) -> None:
    fake.licence = None
    found = look_up(f"{REPOSITORY}/pytorch_model.bin")
    assert (found.file, found.bytes, found.licence) == ("pytorch_model.bin", 40, "")
    with pytest.raises(PoseViewerError, match=r"vitpose-tiny has no other\.bin on the hub"):
        look_up(f"{REPOSITORY}/other.bin")


def test_what_the_hub_refuses_is_one_sentence(fake: Fake) -> None:
    with pytest.raises(PoseViewerError, match="no repository of the hub"):
        look_up("vitpose")
    for status, said in ((401, "account"), (404, "is not there"), (500, "too busy")):
        fake.error = OSError("too busy\nand more")
        fake.error.response = SimpleNamespace(status_code=status)  # type: ignore[attr-defined]
        with pytest.raises(PoseViewerError, match=said):
            look_up(REPOSITORY)
    fake.error = None
    fake.files = {"README.md": 1}
    with pytest.raises(PoseViewerError, match="has no checkpoint that PoseViewer reads"):
        look_up(REPOSITORY)


def test_without_a_network_it_is_one_sentence(fake: Fake) -> None:
    class ConnectError(Exception):
        """As of the library that huggingface_hub asks through, which is no OSError."""

    fake.error = ConnectError("[Errno 111] Connection refused")
    with pytest.raises(PoseViewerError, match=r"from the hub: \[Errno 111\] Connection refused\."):
        look_up(REPOSITORY)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub.importlib.util, "find_spec", lambda _name: None)
    for call in (lambda: look_up(REPOSITORY), lambda: fetch(HubFile("a/b", "c", COMMIT, 1, ""))):
        with pytest.raises(PoseViewerError, match=r"poseviewer\[hub\]"):
            call()


CONTENT = b"the numbers of a network" * 4096


class Server(BaseHTTPRequestHandler):
    """A hub with one repository of one file."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0]
        if path == f"/api/models/{REPOSITORY}":
            told = {
                "id": REPOSITORY,
                "modelId": REPOSITORY,
                "sha": COMMIT,
                "private": False,
                "tags": [],
                "downloads": 0,
                "likes": 0,
                "cardData": {"license": "apache-2.0"},
                "siblings": [{"rfilename": "model.safetensors", "size": len(CONTENT)}],
            }
            self._send(json.dumps(told).encode(), "application/json", body=body)
        elif path == f"/{REPOSITORY}/resolve/{COMMIT}/model.safetensors":
            self._send(CONTENT, "application/octet-stream", body=body)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _send(self, content: bytes, kind: str, *, body: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"made-for-this-test"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """The address of a hub on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_server_is_asked_and_fetched_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with served() as address:
        found = look_up(REPOSITORY, endpoint=address)
        assert found == HubFile(REPOSITORY, "model.safetensors", COMMIT, len(CONTENT), "apache-2.0")
        path = fetch(found, endpoint=address)
        assert path.read_bytes() == CONTENT
        with pytest.raises(PoseViewerError, match="owner/none cannot be fetched"):
            look_up("owner/none", endpoint=address)
