"""Two networks, or two clips, beside each other: the same frames in step, pixel for pixel."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest

from poseviewer.core.beside import Beside
from poseviewer.core.composite import Composite
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.look import Look
from poseviewer.core.timeline import Freeze, Slow
from poseviewer.draw import raster
from poseviewer.draw.halves import Halves
from poseviewer.draw.primitives import Label
from poseviewer.runtime.export import export_steps
from poseviewer.runtime.factories import Loaded
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from tests.dots import CARD, Dots, DotsClip, DotsFeed, picture

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.runtime.sections import NetworkState

COUNT, SIZE = 12, (320, 240)
STATE = AppState().choosing(smooth=False)


class Moved(Dots):
    """A network that finds every joint two cells further right."""

    def run(self, batch, wanted=None):
        return [np.roll(maps, 2, axis=-1) for maps in super().run(batch, wanted)]


def load(network: NetworkState) -> Loaded:
    if network.model == "moved":
        return Loaded(replace(CARD, name="moved"), Moved(), "Moved, CPU")
    return Loaded(CARD, Dots(), "Dots, CPU")


class Other(DotsClip):
    """The clip beside: shorter, of another shape, with a clock that begins elsewhere."""

    name = location = "other"

    def __init__(self) -> None:
        super().__init__(8, size=(160, 200))
        self._pts = self._pts + 90_000


def export(job: ExportJob, *, state: AppState = STATE) -> list[Path]:
    """Write a picture per frame, or a clip, and return what was written."""
    clips: list[DotsClip] = []

    def other(location: str):
        clips.append(Other() if location == "other" else DotsFeed())
        return clips[-1]

    steps = export_steps(
        job, state, "dots", opener=lambda _: DotsClip(COUNT), loader=load, beside_opener=other
    )
    try:
        for _ in steps:
            pass
    finally:
        steps.close()
        assert all(clip.closed for clip in clips)
    return sorted(job.output.parent.glob("*.png")) or [job.output]


def pixels(path: Path) -> NDArray[np.uint8]:
    return cv2.imread(str(path))[..., ::-1]


def part(whole: NDArray[np.uint8], area: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    x, y, width, height = area
    return whole[y : y + height, x : x + width]


def texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    paint = raster.paint

    def spy(scene, pixels, **options):
        said.extend(item.text for item in scene.items if isinstance(item, Label))
        return paint(scene, pixels, **options)

    monkeypatch.setattr("poseviewer.draw.halves.paint", spy)
    return said


def test_two_networks_are_drawn_on_the_same_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = texts(monkeypatch)
    jobs = {}
    for name, model in (("dots", "hourglass-lite"), ("moved", "moved")):
        (tmp_path / name).mkdir()
        job = ExportJob(tmp_path / name / "%03d.png", look=Look(overlay_stage=2))
        network = replace(STATE, network=replace(STATE.network, model=model))
        jobs[name] = export(job, state=network)
    (tmp_path / "both").mkdir()
    both = export(
        ExportJob(
            tmp_path / "both" / "%03d.png",
            look=Look(overlay_stage=2),
            beside=Beside(network="moved"),
        )
    )
    halves = Halves.of(SIZE, SIZE)
    assert len(both) == COUNT
    for whole, first, second in zip(both, jobs["dots"], jobs["moved"], strict=True):
        made = pixels(whole)
        assert made.shape == (halves.size[1], halves.size[0], 3)
        np.testing.assert_array_equal(part(made, halves.areas[0]), pixels(first))
        np.testing.assert_array_equal(part(made, halves.areas[1]), pixels(second))
    assert set(said) == {"hourglass-lite", "moved"}


def test_another_clip_is_in_step_and_holds_its_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = texts(monkeypatch)
    first, other, offset = DotsClip(COUNT), Other(), Fraction(-1, 10)
    made = export(
        ExportJob(
            tmp_path / "%03d.png",
            start=1,
            overlay=False,
            beside=Beside(clip="other", offset=offset),
        )
    )
    halves = Halves.of(SIZE, other.size)
    areas = halves.areas
    assert len(made) == COUNT - 1
    notes = []
    for index, path in enumerate(made, 1):
        whole = pixels(path)
        left = part(whole, areas[0])
        np.testing.assert_array_equal(left, picture(index))
        at = first.time(index).exact + offset
        times = [other.time(n).exact - other.time(0).exact for n in range(len(other))]
        shown = max([n for n, time in enumerate(times) if time <= at], default=0)
        wanted = cv2.resize(
            picture(shown, size=other.size), areas[1][2:], interpolation=cv2.INTER_LINEAR
        )
        right = part(whole, areas[1])
        apart = [
            np.abs(right.astype(int) - cv2.resize(picture(n, size=other.size), areas[1][2:])).mean()
            for n in range(len(other))
        ]
        assert np.abs(right.astype(int) - wanted).mean() < 0.5
        assert int(np.argmin(apart)) == shown
        over = at >= other.end(7) - other.time(0).exact
        notes.append("begins later" if at < 0 else "has ended" if over else "")
    assert notes[0] == "begins later"
    assert notes[-1] == "has ended"
    assert "" in notes
    assert said[1::2] == [f"other {note}".strip() for note in notes]
    assert set(said[::2]) == {"dots"}


def test_a_clip_beside_is_analysed_too(tmp_path: Path) -> None:
    job = ExportJob(tmp_path / "%03d.png", end=3, beside=Beside(clip="other"))
    drawn = export(job)[2]
    bare_folder = tmp_path / "bare"
    bare_folder.mkdir()
    bare = export(replace(job, output=bare_folder / "%03d.png", overlay=False))[2]
    changed = np.abs(pixels(drawn).astype(int) - pixels(bare)).max(axis=2) > 60
    areas = Halves.of(SIZE, (160, 200)).areas
    for area in areas:
        assert part(changed, area).mean() > 0.01


def test_both_networks_stages_play_while_a_frame_stands(tmp_path: Path) -> None:
    stands = Freeze(4, Fraction(1), "Which one is right?", stages=True)
    job = ExportJob(tmp_path / "o.mkv", freezes=(stands,), beside=Beside(network="moved"))
    export(job)
    with av.open(str(job.output)) as file:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in file.decode(video=0)]
    assert len(frames) == COUNT + 20
    areas = Halves.of(SIZE, SIZE).areas
    for area in areas:
        assert np.abs(part(frames[4 + 4], area) - part(frames[4 + 19], area)).max() > 60


def test_skeletons_of_both_networks_move_between_frames(tmp_path: Path) -> None:
    slow = (Slow(0, 3, Fraction(1, 4)),)
    job = ExportJob(
        tmp_path / "o.mkv", end=3, slow=slow, interpolate=True, beside=Beside(network="moved"),
        look=Look(gate=0.0),
    )  # fmt: skip
    export(job)
    with av.open(str(job.output)) as file:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in file.decode(video=0)]
    assert len(frames) > 8
    for area in Halves.of(SIZE, SIZE).areas:
        moved = [
            (np.abs(part(one, area) - part(next_one, area)) > 60).mean()
            for one, next_one in pairwise(frames)
        ]
        assert np.median(moved) > 0.0005


def test_halves_may_be_composed(tmp_path: Path) -> None:
    composite = Composite("portrait", (900, 640), ("right_knee",), ("right knee",))
    job = ExportJob(tmp_path / "%03d.png", end=1, composite=composite)
    made = export(replace(job, beside=Beside(network="moved")))
    halves = Halves.within((900, 640))
    whole = pixels(made[1])
    assert whole.shape == (640, 900, 3)
    left, right = (part(whole, area) for area in halves.areas)
    assert np.abs(left.astype(int) - right).max() > 100
    alone = tmp_path / "alone"
    alone.mkdir()
    size = halves.areas[0][2:]
    single = export(
        replace(job, output=alone / "%03d.png", composite=replace(composite, size=size))
    )
    np.testing.assert_array_equal(left, pixels(single[1]))


def test_the_file_says_what_is_beside_and_data_is_of_the_first(tmp_path: Path) -> None:
    rows = []
    for name, beside in (("a", None), ("b", Beside(network="moved"))):
        export(ExportJob(tmp_path / f"{name}.mp4", end=4, beside=beside, data=("csv",)))
        rows.append((tmp_path / f"{name}.csv").read_text())
    assert rows[0] == rows[1]
    with av.open(str(tmp_path / "b.mp4")) as file:
        assert "hourglass-lite, beside moved; " in file.metadata["comment"]


@pytest.mark.parametrize(("beside", "change", "sentence"), [
    (Beside(clip="feed"), {}, "feed is a live source"),
    (Beside(clip="other"), {"interpolate": True, "speed": Fraction(1, 4)}, "of one clip"),
    (Beside(network="moved"), {"composite": Composite("side", (320, 180))}, "sides of 180"),
])  # fmt: skip
def test_what_cannot_stand_beside_leaves_nothing(
    tmp_path: Path, beside: Beside, change: dict, sentence: str
) -> None:
    with pytest.raises(PoseViewerError, match=sentence):
        export(ExportJob(tmp_path / "o.mp4", beside=beside, **change))
    assert not list(tmp_path.iterdir())


def test_it_is_one_of_two() -> None:
    for wrong in ({}, {"network": "a", "clip": "b"}):
        with pytest.raises(PoseViewerError, match="either another network or another clip"):
            Beside(**wrong)


def test_the_stages_of_one_frame_by_both_networks(tmp_path: Path) -> None:
    job = ExportJob(
        tmp_path / "o.mkv", start=4, forming=Fraction(1, 2), beside=Beside(network="moved")
    )
    export(job)
    with av.open(str(job.output)) as file:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in file.decode(video=0)]
    # Half a second of each of three stages, and the last one once more.
    assert len(frames) == 40
    for area in Halves.of(SIZE, SIZE).areas:
        assert np.abs(part(frames[9], area) - part(frames[29], area)).max() > 60
