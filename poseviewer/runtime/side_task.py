"""Work beside the network, on a thread that exists only while the work is wanted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from threading import Lock, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.inference import Mailbox
from poseviewer.runtime.memory import give_back

if TYPE_CHECKING:
    from collections.abc import Callable

_Request = TypeVar("_Request")


class SideTask(ABC, Generic[_Request]):
    """Answers requests on a thread of its own, the newest first, until it is released.

    Its methods take the lock; what a derived class does to its answers must hold it too.

    Args:
        notify: Called from the thread when there is something new to see.
    """

    def __init__(self, notify: Callable[[], None]) -> None:
        self._notify = notify
        self._lock = Lock()
        self._thread: Worker[_Request] | None = None
        self._ending: list[Thread] = []
        self._closed = False
        self._subject: object = None
        """What all answers are of."""
        self.state = ""
        """What is being loaded, or why there is no answer; empty when all is well."""

    @abstractmethod
    def _worker(self) -> Worker[_Request]:
        """A new thread, not started."""

    @abstractmethod
    def _forget(self) -> None:
        """Drop the answers; called with the lock held."""

    def _turn_to(self, subject: object) -> None:
        """Drop what is known of another subject, and what is still to come; with the lock held.

        Of what is large, such as results, the subject is a weak reference.
        """
        if subject != self._subject:
            self._release()
            self._subject = subject

    def _ask(self, request: _Request) -> None:
        """Put a request; called with the lock held."""
        if self._closed:
            return
        if self._thread is None:
            self._thread = self._worker()
            self._thread.start()
        self._thread.mailbox.put(request)

    def _release(self) -> None:
        """End the thread and drop its answers, without waiting; called with the lock held."""
        thread, self._thread = self._thread, None
        self.state = ""
        self._forget()
        if thread is not None:
            thread.mailbox.close()
            self._ending = [t for t in self._ending if t.is_alive()] + [thread]

    def close(self) -> tuple[Thread, ...]:
        """Stop for good; returns the threads that are ending."""
        with self._lock:
            self._closed = True
            self._release()
            return tuple(self._ending)

    def publish(self, thread: Thread, take: Callable[[], None]) -> None:
        """Publish a report of a thread, unless another thread has replaced it.

        Args:
            thread: That reports.
            take: Stores the report; called with the lock held.
        """
        with self._lock:
            if thread is not self._thread:
                return
            take()
        self._notify()


class Worker(Thread, ABC, Generic[_Request]):
    """The thread of a `SideTask`; it owns a network, which is released when the thread ends."""

    def __init__(self, name: str) -> None:
        # No daemon: an engine cannot be cut short without bringing the whole process down.
        super().__init__(name=name)
        self.mailbox: Mailbox[_Request] = Mailbox()

    @abstractmethod
    def answer(self, request: _Request) -> None:
        """Answer a request.

        Raises:
            PoseViewerError: It cannot be answered, in a sentence for people.
        """

    @abstractmethod
    def failure(self, request: _Request, error: Exception) -> str:
        """The sentence to show when an engine fails with an error of its own."""

    @abstractmethod
    def say(self, state: str) -> None:
        """Show in the owner's state why there is no answer."""

    @abstractmethod
    def release(self) -> None:
        """Drop the network and what was asked: the thread ends, but is referred to further."""

    def run(self) -> None:
        """Answer requests until closed."""
        while not self.mailbox.closed:
            self._turn()
        self.release()
        give_back()

    def _turn(self) -> None:
        """Wait for a request, and answer it; nothing refers to it afterwards."""
        request = self.mailbox.take()
        if request is None:
            return
        try:
            self.answer(request)
        except PoseViewerError as error:
            self.say(str(error))
        except Exception as error:  # noqa: BLE001 - whatever an engine raises, the window lives on
            self.say(self.failure(request, error))
