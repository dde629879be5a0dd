"""Questions that are answered beside the frames, on a thread that is there only while asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from threading import Lock, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.inference import Mailbox

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE = 2.0
"""Seconds that `close` waits for the thread."""

_Question = TypeVar("_Question")


class Aside(ABC, Generic[_Question]):
    """Somebody who answers, the newest question first, and lets all go when nobody asks.

    Its methods take the lock; what a derived class does to its answers must hold it too.

    Args:
        tell: Called from the thread when there is something new to see.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._lock = Lock()
        self._thread: Worker[_Question] | None = None
        self._ending: list[Thread] = []
        self._closed = False
        self.state = ""
        """What is being loaded, or why there is no answer; empty when all is well."""

    @abstractmethod
    def _worker(self) -> Worker[_Question]:
        """A new thread, not started."""

    @abstractmethod
    def _forget(self) -> None:
        """Let the answers go; called with the lock held."""

    def _ask(self, question: _Question) -> None:
        """Put a question; with the lock held."""
        if self._closed:
            return
        if self._thread is None:
            self._thread = self._worker()
            self._thread.start()
        self._thread.mailbox.put(question)

    def _let_go(self) -> None:
        """End the thread and forget its answers; with the lock held, and without waiting."""
        thread, self._thread = self._thread, None
        self.state = ""
        self._forget()
        if thread is not None:
            thread.mailbox.close()
            self._ending = [t for t in self._ending if t.is_alive()] + [thread]

    def close(self) -> None:
        """Stop for good, and wait until the thread has ended."""
        with self._lock:
            self._closed = True
            self._let_go()
        for thread in self._ending:
            thread.join(_PATIENCE)

    def publish(self, thread: Thread, take: Callable[[], None]) -> None:
        """Take what a thread has to say, unless another has taken its place.

        Args:
            thread: Who says it.
            take: Writes it down; called with the lock held.
        """
        with self._lock:
            if thread is not self._thread:
                return
            take()
        self._tell()


class Worker(Thread, ABC, Generic[_Question]):
    """The thread of an `Aside`, owner of a network that ends with it."""

    def __init__(self, name: str) -> None:
        # No daemon: an engine cannot be cut short without bringing the whole process down.
        super().__init__(name=name)
        self.mailbox: Mailbox[_Question] = Mailbox()

    @abstractmethod
    def answer(self, question: _Question) -> None:
        """Answer a question.

        Raises:
            PoseViewerError: It cannot be answered, in a sentence for people.
        """

    @abstractmethod
    def excuse(self, question: _Question, error: Exception) -> str:
        """What people are told when an engine fails in a way of its own."""

    @abstractmethod
    def say(self, state: str) -> None:
        """Have the owner show why there is no answer."""

    def run(self) -> None:
        """Answer questions until closed."""
        while not self.mailbox.closed:
            question = self.mailbox.take()
            if question is None:
                continue
            try:
                self.answer(question)
            except PoseViewerError as error:
                self.say(str(error))
            except Exception as error:  # noqa: BLE001 - whatever an engine raises, the window lives on
                self.say(self.excuse(question, error))
