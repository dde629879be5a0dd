"""The page and the table about a batch."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

from poseviewer.runtime.batch.report import SHOWN, report_page, summary_table
from poseviewer.runtime.batch.task import BatchTask, Outcome, Span

TASK = BatchTask("/clips/walk.mp4", "walk", "/out")
WALK = Outcome.of(
    TASK,
    state="done",
    network="hourglass-lite",
    size=(640, 480),
    frames=60,
    seconds=2.0,
    people=2,
    found=45,
    confidence=0.83,
    angles={"left knee": Span(-5.4, 61.2, 20.0, 45), "right knee": Span(0.0, 50.0, 20.0, 45)},
    times=(0.0, 1.0, 2.0),
    curves={"left knee": (1.0, None, 60.0), "right knee": (0.0, 20.0, 50.0)},
    thumbnail="UklGRg==",
)
HOSTILE = "</style><script>alert('1')</script>\" onload=\"x"


class _Tags(HTMLParser):
    """Checks that every tag is closed, and gathers what the page refers to."""

    empty = frozenset({"meta", "img", "path", "br", "wbr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.refers: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.refers += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.empty:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.empty:
            assert self.open.pop() == tag


def tags(page: str) -> _Tags:
    found = _Tags()
    found.feed(page)
    assert found.open == []
    return found


def test_a_clip_has_its_picture_figures_and_curves() -> None:
    page = report_page([WALK])
    found = tags(page)
    assert found.seen.count("article") == found.seen.count("svg") == 1
    for text in ("60 frames", "up to 2 people in 75", "confidence 0.83", "-5° to 61°", ">Knee<"):
        assert text in page
    # A curve is broken where there is no value.
    left = re.search(r"class=left d='([^']*)'", page)
    assert left is not None
    assert left[1].count("M") == 2


def test_it_needs_nothing_and_runs_nothing() -> None:
    found = tags(report_page([WALK]))
    assert found.refers
    assert all(each.startswith("data:image/webp;base64,") for each in found.refers)
    assert not {"script", "link", "iframe"} & set(found.seen)
    assert "prefers-color-scheme:dark" in report_page([WALK])


def test_names_and_sentences_are_text() -> None:
    angles = {f"left {HOSTILE}": Span(0, 1, 0, 1), f"right {HOSTILE}": Span(0, 1, 0, 1)}
    nasty = replace(WALK, name=HOSTILE, network=HOSTILE, angles=angles,
                    curves=dict.fromkeys(angles, (0.0, 1.0, 2.0)))  # fmt: skip
    failed = replace(WALK, name=HOSTILE, state="failed", error=HOSTILE)
    found = tags(report_page([nasty, failed]))
    assert "script" not in found.seen
    assert "onload" not in found.attributes


def test_what_failed_comes_first_and_what_is_missing_is_said() -> None:
    failed = replace(WALK, name="broken", state="failed", error="broken.mp4 is no video.")
    page = report_page([WALK, failed], missing=3)
    assert page.index("broken.mp4 is no video.") < page.index("<article>")
    assert re.search(r"not begun</dt><dd>3<", page)
    assert "5 clips" in page


def test_clips_in_which_nobody_was_found() -> None:
    nobody = replace(WALK, found=0, people=0, angles={}, curves={}, thumbnail="")
    page = report_page([nobody])
    tags(page)
    assert "nobody found" in page
    assert "No angle was measured" in page


def test_a_page_of_very_many_clips_stays_light() -> None:
    page = report_page([replace(WALK, name=f"clip {n}") for n in range(SHOWN + 20)])
    assert page.count("<article>") == SHOWN
    assert f"The first {SHOWN} of {SHOWN + 20} clips" in page
    assert page.count("<tr><th>clip ") == SHOWN + 20


def test_the_table_has_a_row_for_each_clip() -> None:
    failed = replace(WALK, name="broken", state="failed", error="No, it is not.", angles={})
    one, two = csv.DictReader(io.StringIO(summary_table([WALK, failed])))
    assert (one["clip"], one["frames"], one["most_people"]) == ("walk", "60", "2")
    assert (one["left_knee_min_deg"], one["left_knee_max_deg"]) == ("-5.4", "61.2")
    assert (two["state"], two["error"], two["left_knee_min_deg"]) == (
        "failed", "No, it is not.", "",
    )  # fmt: skip
