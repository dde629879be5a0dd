"""A clip that is a file, and sessions that save what they find in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poseviewer.models import registry
from poseviewer.runtime.saved.library import Saving
from tests.dots import CARD, Dots, DotsClip
from tests.runtime.conftest import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COUNT = 150


class FileClip(DotsClip):
    """Dots, at a location where there is a file."""

    def __init__(self, path: Path, count: int = COUNT, **options: object) -> None:
        super().__init__(count, **options)  # type: ignore[arg-type]
        self.name, self.location = path.name, str(path)


@pytest.fixture(autouse=True)
def dots_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network of dots is the only one there is."""
    monkeypatch.setattr(registry, "card", lambda _: CARD)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a content of its own."""
    made = tmp_path / "walk.mp4"
    made.write_bytes(bytes(range(256)) * 40)
    return made


@pytest.fixture
def saving(tmp_path: Path) -> Saving:
    """Where these tests save."""
    return Saving(tmp_path / "results")


@pytest.fixture
def window(path: Path, saving: Saving) -> Iterator[Callable[..., Desk]]:
    """Starts sessions; they are closed with the test."""
    desks: list[Desk] = []

    def start(**options: object) -> Desk:
        options.setdefault("saving", saving)
        desk = Desk(Dots(), {str(path): lambda: FileClip(path)}).start(**options)
        desks.append(desk)
        return desk

    yield start
    for desk in desks:
        desk.session.close()
