"""Fixtures of the runtime's tests; every one of them must leave no thread behind."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.factories import machine
from poseviewer.runtime.session import Session
from tests.dots import Dots, DotsClip, DotsFeed, loader
from tests.waiting import no_new_threads, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from poseviewer.runtime.factories import Loaded
    from poseviewer.runtime.sections import NetworkState
    from poseviewer.runtime.state import AppState
    from poseviewer.video.source import Source


@pytest.fixture(autouse=True)
def no_threads() -> Iterator[None]:
    """Fail a test that leaves a thread."""
    with no_new_threads():
        yield


@dataclass
class Desk:
    """A session with made-up sources and network, and a way to wait for what it shows."""

    engine: Dots
    sources: dict[str, Callable[[], Source]]
    session: Session = field(init=False)
    seen: list[AppState] = field(default_factory=list)
    """Every state that was announced."""
    _changed: threading.Condition = field(default_factory=threading.Condition)

    loads: int = 0
    """How often a network was loaded."""

    def start(self, **options: object) -> Desk:
        load = loader(self.engine)

        def counted(network: NetworkState) -> Loaded:
            self.loads += 1
            return load(network)

        options.setdefault("loader", counted)
        self.session = Session(self._on_ready, opener=self._open, **options)  # type: ignore[arg-type]
        return self

    def _open(self, location: str) -> Source:
        if location not in self.sources:
            msg = f"{location} does not exist: check the name."
            raise PoseViewerError(msg)
        return self.sources[location]()

    def _on_ready(self) -> None:
        with self._changed:
            if hasattr(self, "session"):
                self.seen.append(self.session.state)
            self._changed.notify_all()

    def until(self, holds: Callable[[AppState], object]) -> AppState:
        """The first state from now on for which `holds`."""
        with self._changed:
            met = until(lambda: holds(self.session.state), news=self._changed)
            assert met, self.session.state
            return self.session.state

    def passed(self, holds: Callable[[AppState], object], *, since: int) -> None:
        """Wait for a state that may be over before anybody looks.

        Args:
            holds: What is true of it.
            since: Length of `seen` before what leads to it.
        """
        with self._changed:
            came = until(lambda: any(map(holds, self.seen[since:])), news=self._changed)
            assert came, self.session.state

    def shown(self, index: int) -> AppState:
        """The state when frame `index` and its result are there."""
        return self.until(
            lambda s: (
                s.frame is not None
                and s.result is not None
                and s.frame.index == s.result.frame.index == index
            )
        )


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A running session with `dots` (30 frames), `short` (8), `feed`, and nothing open."""
    machine()  # torch's first import may take longer than a test waits
    feed = DotsFeed()
    made = Desk(
        Dots(),
        {
            "dots": lambda: DotsClip(30),
            "short": lambda: DotsClip(8),
            "feed": lambda: feed,
        },
    )
    made.feed = feed  # type: ignore[attr-defined]
    made.start()
    yield made
    made.session.close()
