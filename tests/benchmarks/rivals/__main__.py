"""Our networks and MediaPipe Pose side by side: `python -m tests.benchmarks.rivals --help`.

Makes an environment for MediaPipe, the pictures, asks everybody, and writes `table.md` and
`table.json`. What MediaPipe said is stored, so that a second run is about ours. What was found is
in weights/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path
from time import monotonic

import cv2

import poseviewer
from tests.benchmarks.rivals import measure
from tests.benchmarks.rivals.contestants import MediaPipe, Ours
from tests.benchmarks.rivals.environment import MEDIAPIPE, MODELS, NPM, packages_of, prepare
from tests.benchmarks.rivals.material import CLIPS, all_pictures
from tests.benchmarks.rivals.report import markdown

ROOT = Path(__file__).resolve().parents[3]
OUT = ROOT / "out" / "rivals"
SHARED = Path(os.environ.get("POSEVIEWER_SHARED", ROOT.parent / "shared"))
REFERENCE = "MediaPipe heavy"
QUICK = 4
"""Every so manieth picture is enough to see where things stand."""


def ours():
    """Our networks that look for one person and ship with weights."""
    one = [card for card in poseviewer.networks() if card.stages[0].kind != "paf"]
    return [card.name for card in one if card.trained and not card.name.startswith("movenet")]


class Comparison:
    """Who is asked, and how far we are."""

    def __init__(self, args):
        self.args = args
        self.folder = args.environment or args.out / "mediapipe"
        prepare(self.folder, models=args.mediapipe_models)
        rivals = [MediaPipe(name, self.folder, args.out / "said") for name in args.mediapipe]
        self.everybody = [*rivals, *(Ours(name) for name in args.models)]
        self._start = monotonic()

    def say(self, text):
        """One line of progress."""
        print(f"{monotonic() - self._start:6.0f} s  {text}", file=sys.stderr, flush=True)

    def pictures(self):
        """Yield the rows of every set of pictures."""
        step = QUICK if self.args.quick else 1
        sets = all_pictures(self.args.data, packages_of(self.folder), step=step)
        heavy = [who for who in self.everybody if who.name == REFERENCE]
        for who in self.everybody:
            for material in sets:
                self.say(f"{who.name}: {material.name}")
                reference = heavy[0].photos(material) if heavy else None
                figures = of_pictures(who.photos(material), material, reference)
                yield {"set": material.name, "who": who.name, **figures}

    def clips(self):
        """Yield the rows of every clip."""
        for stretch in CLIPS:
            path = self.args.clips / stretch.name
            if not path.is_file():
                self.say(f"{path} is not there")
                continue
            with poseviewer.open_clip(path) as clip:
                end = min(stretch.quick if self.args.quick else stretch.count, len(clip)) - 1
                said = {}
                for who in self.everybody:
                    self.say(f"{who.name}: {stretch.name}")
                    said[who.name] = who.clip(clip, end=end, still=stretch.still)
            reference = said.get(REFERENCE, (None, None))[0]
            for name, (smooth, raw) in said.items():
                figures = of_clip(smooth, raw, reference, stretch)
                yield {"set": stretch.name, "who": name, **figures}


def of_pictures(said, material, reference=None):
    """The figures of one network on one set of pictures, and where a reference finds somebody."""
    row = {"pictures": len(material.pictures), "milliseconds": measure.milliseconds(said)}
    if material.truth is None:
        return {**row, "false_people": measure.people(said)}
    return {
        **row,
        "pck_0.2": measure.pck(said, material.truth, threshold=0.2),
        "pck_0.1": measure.pck(said, material.truth, threshold=0.1),
        **measure.drawn(said, material.truth),
        "people": measure.people(said),
        **({} if reference is None else {"f1_both": of_both(said, reference, material.truth)}),
    }


def of_both(said, reference, truth):
    """F1 of what is drawn on pictures in which a reference draws somebody, too."""
    both = said.person & reference.person
    return measure.drawn(measure.chosen(said, both), measure.chosen(truth, both))["f1"]


def of_clip(smooth, raw, reference, stretch):
    """The figures of one network on one clip, as it comes and, where it was asked for, raw."""
    row = {"frames": len(smooth.xy), "milliseconds": measure.milliseconds(smooth)}
    if stretch.always:
        row["lost"] = measure.lost(smooth)
    for answers, end in ((smooth, ""), (raw, "_raw")):
        if answers is None or not stretch.one:
            continue
        row[f"jumps{end}"] = measure.jumps(answers)
        if reference is not None:
            row[f"apart{end}"] = measure.apart(answers, reference)
            if stretch.still:
                row[f"jitter{end}"] = measure.jitter(answers, reference)
    return row


def conditions(args):
    """With what it was measured."""
    command = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return {
        "date": date.today().isoformat(),
        "poseviewer": f"{poseviewer.__version__} ({found.stdout.strip()})",
        "mediapipe": f"{MEDIAPIPE}, models of {NPM}",
        "python": platform.python_version(),
        "quick": args.quick,
    }


def arguments():
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=SHARED / "data", help="the data pack")
    parser.add_argument("--clips", type=Path, default=SHARED / "videos", help="a folder")
    parser.add_argument("--out", type=Path, default=OUT, help="where to write")
    parser.add_argument("--environment", type=Path, help="of MediaPipe; made in OUT by default")
    parser.add_argument("--mediapipe-models", type=Path, help="folder of its .tflite; else npm's")
    parser.add_argument("--mediapipe", nargs="*", choices=MODELS, default=list(MODELS))
    parser.add_argument("--models", nargs="*", help="networks of ours; by default all that ship")
    parser.add_argument("--quick", action="store_true", help="a quarter of everything")
    parser.add_argument("--only", choices=("pictures", "clips"), help="one half")
    parser.add_argument("--core", type=int, help="number of the one core that is used")
    args = parser.parse_args()
    args.models = ours() if args.models is None else args.models
    return args


def main():
    """Compare and write."""
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    if hasattr(os, "sched_setaffinity"):
        # One core for everybody: times are then those of one thread, whatever a library asks for.
        there = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(there) if args.core is None else args.core})
    cv2.setNumThreads(1)
    comparison = Comparison(args)
    halves = [half for half in ("pictures", "clips") if args.only in (None, half)]
    table = {"conditions": conditions(args), "pictures": [], "clips": []}
    for half in halves:
        for row in getattr(comparison, half)():
            table[half].append(row)
            text = json.dumps(table, indent=1) + "\n"
            (args.out / "table.json").write_text(text, encoding="utf-8")
            (args.out / "table.md").write_text(markdown(table), encoding="utf-8")
    print(markdown(table))


if __name__ == "__main__":
    main()
