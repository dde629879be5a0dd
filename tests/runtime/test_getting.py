"""The window's way to networks: fetched on a thread, listed anew, and one sentence at the end."""

from __future__ import annotations

import io
import threading
from dataclasses import replace

import pytest
import torch

from poseviewer.models import catalogue
from poseviewer.models.catalogue import Entry
from poseviewer.models.registry import card
from poseviewer.runtime.getting import ModelGetter, offers
from poseviewer.runtime.state import AppState
from poseviewer.runtime.store import Store
from tests.files_server import FilesServer

LONG = 60


class Desk:
    """A getter with what it needs; every thread it starts is waited for."""

    def __init__(self) -> None:
        self.store = Store(lambda: None, AppState())
        self.threads: list[threading.Thread] = []
        self.listed = 0
        self.told = []
        self.getter = ModelGetter(self.store, start=self._start, listed=self._list)
        self.getter.watch(self.told.append)

    def _start(self, thread: threading.Thread) -> None:
        self.threads.append(thread)
        thread.start()

    def _list(self) -> None:
        self.listed += 1

    def wait(self) -> None:
        for thread in self.threads:
            thread.join(LONG)
            assert not thread.is_alive()


@pytest.fixture
def server(monkeypatch):
    file = io.BytesIO()
    torch.save({"state_dict": card("openpose-lightweight-0").build().state_dict()}, file)
    made = FilesServer({"/mine.pth": file.getvalue()})
    size = len(file.getvalue())
    address = f"{made.address}/mine.pth"
    one = Entry("mine", "Mine", "openpose-lightweight", "Apache-2.0", size, address=address)
    monkeypatch.setattr(catalogue, "catalogue", lambda: (one,))
    yield made
    made.close()


def test_a_network_is_fetched_and_listed_anew(server) -> None:
    desk = Desk()
    assert not offers()[0].here
    desk.getter.get("mine")
    desk.getter.get("mine")
    desk.wait()
    assert len(desk.threads) == 1
    assert desk.listed == 1
    last = desk.told[-1]
    assert (last.finished, last.error, last.output) == (True, None, "mine")
    assert last.done == last.total == len(server.files["/mine.pth"])
    assert [one.text for one in desk.store.state.notices] == ["Got the network mine."]
    assert offers()[0].here
    assert not desk.getter.running


def test_a_failure_is_one_sentence_in_the_window(server) -> None:
    desk = Desk()
    server.faults = [404]
    desk.getter.get("mine")
    desk.wait()
    (notice,) = desk.store.state.notices
    assert notice.level == "error"
    assert "not there any more" in notice.text
    assert desk.told[-1].error == notice.text
    assert desk.listed == 0


def test_cancelled_it_stays_where_it_was(server, monkeypatch) -> None:
    desk = Desk()
    begun = threading.Event()

    def stop(progress) -> None:
        desk.told.append(progress)
        if not begun.is_set():
            begun.set()
            desk.getter.cancel()

    desk.getter.watch(stop)
    desk.getter.get("mine")
    desk.wait()
    assert desk.told[-1].cancelled
    assert "goes on from there" in desk.told[-1].error
    assert desk.store.state.notices == ()
    (one,) = catalogue.catalogue()
    monkeypatch.setattr(catalogue, "catalogue", lambda: (replace(one, title="again"),))
    assert not offers()[0].here
