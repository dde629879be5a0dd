"""The pictures of README and guide, taken from the real window on the mannequin.

`make screenshots` writes those that are committed. With clips it pictures the window on each of
them instead, in both themes and three sizes, into a folder to be looked at:
`make screenshots ARGS="--clips path/to/clips --models hourglass-lite,cpm-lite"`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtWidgets import QDialog

from poseviewer.runtime.jobs import ExportJob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtWidgets import QWidget

    from poseviewer.gui.window.window import Window

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "resources" / "screenshots"
GUIDE = ROOT / "resources" / "guide"
DESIGN = ROOT / "docs" / "pictures"
LIVE = "mannequin:"
CLIP = "mannequin-clip:640x480@10x410"
SHORT = "mannequin-clip:640x480@10x60"
SQUAT, WAVE, WALK = 0.455, 0.05, 0.75
"""Shares of the clip: seen from the side deep in a squat, waving, walking to the left."""

SIZES = ((1280, 720), (1600, 960), (2560, 1440))
SCREEN = (1440, 860)
"""Of the screen, which a workspace fills."""

Theme = Literal["dark", "light", "contrast"]
Distance = Literal["desk", "room", "hall"]


def nothing(_window: Window) -> None:
    """Leave the window as it is."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture."""

    path: Path
    docks: tuple[str, ...] = ()
    """Attributes of the window's docks that are in front."""

    model: str = "hourglass-lite"
    size: tuple[int, int] = (1440, 860)
    theme: Theme = "dark"
    location: str = CLIP
    share: float = SQUAT
    changes: dict[str, Any] = field(default_factory=dict)
    """Choices that differ, see `AppState.choosing`."""

    arrange: Callable[[Window], None] = nothing
    """Done when the frame to picture is on screen."""

    distance: Distance = "desk"

    dialog: str = ""
    """The action whose dialog is taken in place of the window."""

    settle: int = 1500
    """Milliseconds from then on."""

    workspace: str = "Inspect"

    def prepare(self, window: Window) -> None:
        """Put the docks in front."""
        window.workspaces.switch(self.workspace)
        for name in self.docks:
            dock(window, name).show()
            dock(window, name).raise_()

    def done(self, window: Window) -> None:
        """Arrange what is seen once the frame is on screen."""
        self.arrange(window)
        if self.dialog:
            window.actions_by_name[self.dialog].trigger()

    def part(self, window: Window) -> QWidget:
        """What is taken."""
        dialogs = [one for one in window.findChildren(QDialog) if one.isVisible()]
        return dialogs[-1] if self.dialog else window


def dock(window: Window, name: str) -> Any:
    """A dock by its attribute."""
    return vars(window.docks)[name]


def ankle(window: Window) -> None:
    """Tell the story of one joint."""
    dock(window, "convergence").table.choose(0)


def halfway(window: Window) -> None:
    """Stop half way through the decoding."""
    steps = dock(window, "decoding").list
    steps.setCurrentRow(steps.count() // 2)


def networks(window: Window) -> None:
    """Compare with another network, near the person."""
    compare = dock(window, "compare")
    box = compare.picker.models["B"]
    box.setCurrentIndex(box.findData("cpm-lite"))
    box.activated.emit(box.currentIndex())
    compare.near.click()


def layer(window: Window) -> None:
    """Look into the last stack."""
    dock(window, "probe").tree.choose("hourglasses.1")


def less_to_see(window: Window) -> None:
    """Cover the person, who is far away besides."""
    sliders = dock(window, "what_if").sliders
    sliders["box"].setValue(2)
    sliders["small"].setValue(12)


def chosen(window: Window, row: int, column: int) -> None:
    """Put a tile of a network that is drawn out on the frame."""
    inside = dock(window, "inside")
    inside.map.choose(row, column)
    inside.over.setChecked(True)


def measured(window: Window) -> None:
    """Give the curves most of the window, and mark the squat."""
    window.actions_by_name["measure"].trigger()
    source = window.bridge.session.state.source
    assert source is not None
    window.bridge.session.mark(round(0.36 * source.count), round(0.56 * source.count))


def queue(window: Window) -> None:
    """Ask for three exports; closing the window cancels them, and leaves nothing."""
    for name in ("squat_pose.mp4", "squat_slow.mp4", "squat_pose.gif"):
        window.bridge.session.export(ExportJob(Path(tempfile.gettempdir()) / name))


def trials(window: Window) -> None:
    """Have a project of three clips, with marks, a name and notes."""
    session = window.bridge.session
    session.change("people", names=((0, "Ana"),))
    session.mark(120, 250)
    window.project.add([f"mannequin-clip:640x480@30x{count}" for count in (300, 240)])
    window.project.write_notes("Third session. Ana's left knee gives way in the second squat.")


def back(window: Window) -> None:
    """Some seconds back in what a feed has kept."""
    window.bridge.session.step(-50)


def committed() -> Iterator[Shot]:
    """The pictures of README and guide."""
    arcs = {"arcs": ("right knee", "right hip"), "overlay_stage": 2, "overlay_channel": 1}
    yield Shot(README / "window.png", size=(1600, 960), changes=arcs)
    yield Shot(GUIDE / "window.webp", changes=arcs)
    wrist = {"overlay_stage": 2, "overlay_channel": 11}
    yield Shot(GUIDE / "joint-maps.webp", ("joint_maps",), share=WAVE, changes=wrist)
    knee = {"overlay_stage": 2, "overlay_channel": 1}
    yield Shot(GUIDE / "present.webp", changes=knee, size=SCREEN, workspace="Present")
    yield Shot(GUIDE / "measure.webp", workspace="Measure")
    yield Shot(GUIDE / "stages.webp", share=WAVE)
    fields = {"overlay_stage": 4}
    yield Shot(GUIDE / "fields.webp", model="openpose-lite", share=WAVE, changes=fields)
    boxes = {"overlay_stage": 2}
    yield Shot(GUIDE / "deeppose.webp", model="deeppose-lite", share=WAVE, changes=boxes)
    yield Shot(GUIDE / "convergence.webp", ("convergence",), "cpm-lite", share=WALK, arrange=ankle)
    yield Shot(GUIDE / "decoding.webp", ("decoding",), "openpose-lite", arrange=halfway)
    yield Shot(GUIDE / "depth.webp", ("depth",), share=WAVE)
    yield Shot(GUIDE / "compare.webp", ("compare",), arrange=networks, settle=12_000)
    yield Shot(GUIDE / "probe.webp", ("probe",), arrange=layer, settle=12_000)
    yield Shot(GUIDE / "what-if.webp", ("what_if",), "cpm-lite", arrange=less_to_see, settle=12_000)
    yield Shot(GUIDE / "springs.webp", ("springs",), "cpm-lite", share=WALK, settle=12_000)
    for name, tile in (("hrnet", (4, 4)), ("vitpose", (4, 5))):
        yield Shot(
            GUIDE / f"{name}.webp",
            ("inside",),
            f"{name}-lite",
            share=WAVE,
            arrange=partial(chosen, row=tile[0], column=tile[1]),
            settle=15_000,
        )
    squat = {"arcs": ("right knee",)}
    yield Shot(GUIDE / "angles.webp", size=(1600, 960), changes=squat, arrange=measured)
    yield Shot(GUIDE / "figures.webp", ("figures",), changes=squat)
    yield Shot(GUIDE / "alike.webp", ("embedding",), settle=8000)
    people = {"region": "people"}
    yield Shot(GUIDE / "people.webp", ("people",), changes=people)
    yield Shot(GUIDE / "exports.webp", ("exports",), arrange=queue, settle=4000)
    yield Shot(GUIDE / "project.webp", ("project",), arrange=trials)
    yield Shot(GUIDE / "live.webp", location=LIVE, arrange=back)
    yield Shot(GUIDE / "model.webp", ("model",))
    yield from of_design(arcs)


def of_design(changes: dict[str, Any]) -> Iterator[Shot]:
    """The pictures of the page on the design system."""
    usual = Shot(DESIGN / "palette.webp", size=(1280, 720), location=SHORT, changes=changes)
    yield replace(usual, dialog="palette")
    yield replace(usual, path=DESIGN / "hall.webp", theme="contrast", distance="hall")


def of_clips(clips: Path, out: Path, models: list[str]) -> Iterator[Shot]:
    """The window on every clip, by network, theme and size."""
    found = [clips] if clips.is_file() else sorted(clips.glob("*.mp4"))
    for clip in found:
        for model in models:
            for theme in ("dark", "light"):
                for size in SIZES:
                    path = out / f"{clip.stem}-{model}-{theme}-{size[0]}.png"
                    yield Shot(path, (), model, size, theme, str(clip), 0.5)


def main() -> int:
    """Take the pictures that were asked for; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--clips", type=Path, help="picture a clip, or a folder of them, instead")
    parser.add_argument("--out", type=Path, default=ROOT / "out/screenshots", help="where to")
    parser.add_argument("--models", default="hourglass-lite", help="networks, with commas")
    parser.add_argument("--only", default="", help="pictures whose file name holds this")
    args = parser.parse_args()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as screen:
        width, height = SCREEN
        place = {"name": "screen", "x": 0, "y": 0, "width": width, "height": height}
        json.dump({"screens": [place]}, screen)
        screen.flush()
        os.environ.setdefault("QT_QPA_PLATFORM", f"offscreen:configfile={screen.name}")
        take_all(args)
    return 0


def take_all(args: argparse.Namespace) -> None:
    """Take the pictures that were asked for."""
    shots = committed()
    if args.clips:
        shots = of_clips(args.clips, args.out, args.models.split(","))
    for shot in shots:
        if args.only in shot.path.name:
            take(shot)
            sys.stdout.write(f"{shot.path}\n")


def take(shot: Shot) -> None:
    """Write one picture."""
    from poseviewer.gui.app import snapshot

    shot.path.parent.mkdir(parents=True, exist_ok=True)
    snapshot(
        shot.path,
        location=shot.location,
        changes={"model": shot.model, **shot.changes},
        bare=True,
        size=shot.size,
        theme=shot.theme,
        prepare=shot.prepare,
        distance=shot.distance,
        part=shot.part,
        arrange=shot.done,
        settle=shot.settle,
        share=shot.share,
    )
    for thread in threading.enumerate():
        # What was cancelled may still be ending, which fails in an interpreter that ends.
        if thread.name.startswith("poseviewer-export"):
            thread.join()


if __name__ == "__main__":
    sys.exit(main())
