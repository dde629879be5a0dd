"""A password in an address is used, and nothing else: not shown, not written, not stored."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from poseviewer.cli.main import main
from poseviewer.runtime.jobs import RecordJob
from poseviewer.runtime.session import Session
from tests.dots import Dots, loader
from tests.video.numbered import write_clip
from tests.video.served import broadcast, free_port, web
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.runtime.state import AppState

SECRETS = ("joe", "pa55word", "t0ken")


def with_secrets(address: str) -> str:
    return address.replace("://", f"://{SECRETS[0]}:{SECRETS[1]}@") + f"?auth={SECRETS[2]}"


class Watched:
    """A session over a made-up network and real sources, and every state that it announced."""

    def __init__(self) -> None:
        self.seen: list[AppState] = []
        self._changed = threading.Condition()
        self.session = Session(self._on_ready, loader=loader(Dots()))

    def _on_ready(self) -> None:
        with self._changed:
            if hasattr(self, "session"):
                self.seen.append(self.session.state)
            self._changed.notify_all()

    def until(self, holds) -> AppState:
        with self._changed:
            assert until(lambda: holds(self.session.state), news=self._changed)
            return self.session.state


def told(states: list[AppState]) -> str:
    """All that the states say, but for the address by which the source is opened again."""
    shown = []
    for state in states:
        source = state.source and replace(state.source, location="")
        # Pixels and results hold no words.
        shown.append(repr((source, state.notices, state.busy, state.recording)))
    return "\n".join(shown)


def files(folder: Path) -> str:
    """Names and contents of all files."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return "\n".join(f"{path} {path.read_bytes().decode('latin-1')}" for path in found)


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("live") / "live.ts"
    write_clip(path, count=90, options={"g": "10", "tune": "zerolatency"})
    return path


def test_a_session_and_its_recording_name_no_password(
    live: Path, tmp_path: Path, home: Path
) -> None:
    watched = Watched()
    session = watched.session
    try:
        with broadcast(live) as sender:
            session.open(with_secrets(sender.location))
            watched.until(lambda state: state.source is not None and state.frame is not None)
            names = " ".join(thread.name for thread in threading.enumerate())
            session.record(tmp_path, RecordJob(data=("csv", "json")))
            watched.until(lambda s: s.recording is not None and s.recording.frames > 5)
            session.stop_recording()
            state = watched.until(lambda state: state.recording is None)
        assert state.source is not None
        assert state.source.name == sender.location
        session.open(with_secrets(f"http://127.0.0.1:{free_port()}/live.ts"))
        watched.until(lambda state: any(n.level == "error" for n in state.notices))
    finally:
        session.close()
    written = files(tmp_path) + files(home)
    assert ".mp4" in written
    assert "127.0.0.1" in written
    for secret in SECRETS:
        assert secret not in told(watched.seen)
        assert secret not in names
        assert secret not in written


def test_commands_print_no_password(capsys: pytest.CaptureFixture[str]) -> None:
    addresses = [f"{scheme}://127.0.0.1:{free_port()}/a" for scheme in ("http", "rtsp", "tcp")]
    for address in (*addresses, "gopher://127.0.0.1/a"):
        assert main(["run", with_secrets(address), "--frames", "1"]) == 1
        assert main(["export", with_secrets(address), "-o", "never.mp4"]) == 1
    said = capsys.readouterr()
    assert "127.0.0.1" in said.err
    for secret in SECRETS:
        assert secret not in said.out + said.err


def test_the_password_reaches_the_server_and_is_asked_for(live: Path) -> None:
    from poseviewer.core.errors import PoseViewerError
    from poseviewer.video.stream import StreamFeed

    with web({"live.ts": live.read_bytes()}, password="joe:pa55word") as folder:
        StreamFeed(with_secrets(f"{folder}/live.ts")).close()
        with pytest.raises(PoseViewerError, match="asks for a name and a password"):
            StreamFeed(f"{folder}/live.ts")
