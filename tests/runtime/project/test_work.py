"""Which copy of corrections counts, and what of a clip goes into a project and back."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.annotation import NO_ANNOTATIONS, Annotations
from poseviewer.core.correction import NONE
from poseviewer.runtime.project.work import counts, digest
from poseviewer.runtime.saved.agreements import SavedAgreements
from poseviewer.runtime.saved.file import ClipFacts, SavedFile
from tests.runtime.project.test_file import CORRECTED

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.runtime.project.work import Counts

A, B, C = "a" * 64, "b" * 64, "c" * 64


@pytest.mark.parametrize(
    ("clip", "project", "agreed", "which"),
    [
        ("", "", (), "same"),
        (A, A, (), "same"),
        # On a computer that knows nothing of the clip; and a project that says nothing of it.
        ("", A, (), "project"),
        ("", A, (("mine", A),), "project"),
        (A, "", (("mine", A),), "clip"),
        # The clip was corrected since the project was saved.
        (B, A, (("mine", A),), "clip"),
        (C, A, (("mine", A), ("mine", B)), "clip"),
        # The project was corrected on another computer, and the clip was not here.
        (A, B, (("mine", A),), "project"),
        # Both were; or nothing is known; or another project has had to do with the clip.
        (C, B, (("mine", A),), "ask"),
        (A, B, (), "ask"),
        (B, A, (("mine", A), ("other", B)), "ask"),
    ],
)
def test_the_newer_copy_counts_and_where_none_is_newer_a_person_is_asked(
    clip: str, project: str, agreed: tuple[tuple[str, str], ...], which: Counts
) -> None:
    """Newer by what was the same before, not by clocks, which differ between computers."""
    assert counts(clip, project, key="mine", agreed=agreed) == which


def test_a_digest_is_of_all_that_a_person_has_made() -> None:
    """It is empty where there is nothing."""
    noted = Annotations(notes="left knee")
    made = [digest(CORRECTED, NO_ANNOTATIONS), digest(NONE, noted), digest(CORRECTED, noted)]
    assert digest(NONE, NO_ANNOTATIONS) == ""
    assert len({*made}) == 3
    assert digest(CORRECTED, noted) == made[2]


def test_agreements_are_written_into_the_file_of_the_clip(tmp_path: Path) -> None:
    """The latest last, each once, and not without end."""
    clip = ClipFacts("x", "a.mp4", "/a.mp4", (4, 4), 30.0, 9, 1.0)
    with closing(SavedFile(tmp_path / "a.sqlite", clip=clip, complain=pytest.fail)) as file:
        saved = SavedAgreements(file)
        for project, made in (("mine", A), ("other", B), ("mine", A)):
            saved.add(project, made)
        assert SavedAgreements(file).load() == (("other", B), ("mine", A))
        for number in range(300):
            saved.add("mine", f"{number:064}")
        assert len(SavedAgreements(file).load()) == 200
        assert SavedAgreements(file).load()[-1] == ("mine", f"{299:064}")
