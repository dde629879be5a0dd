"""What the tests of faults run in a process of its own: `python -m tests.faults.child MODE ...`.

export ARGUMENTS...      the command `poseviewer export`, with a network that finds dots
full KILOBYTES CLIP      an export onto a disk of that size; prints what became of it
record FILE              a recording of a feed, without end
analyse CLIP             a session that analyses the clip and saves it, without end
window FILE export|record|nothing|locked CLIP     the window, at work; asks itself to end while it
                         holds a lock that the end needs
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.cli import export, options
from poseviewer.cli.main import console, main
from poseviewer.core.files import discard_exports
from poseviewer.models import registry
from tests.dots import CARD, Dots, DotsFeed, loader
from tests.faults.outputs import state_of

if TYPE_CHECKING:
    from poseviewer.core.frame import Frame


class EndlessFeed(DotsFeed):
    """A feed of 60 frames a second."""

    def read(self, timeout: float = 1.0) -> Frame | None:
        time.sleep(1 / 60)
        self.push()
        return super().read(timeout)


def say(text: str) -> None:
    """Tell the test something."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def onto_a_full_disk(size: str, clip: str) -> None:
    """Export onto a small disk of this process's own; needs a namespace for mounts."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", folder]
        subprocess.run(mount, check=True)
        out = Path(folder) / "out.mp4"
        status = main(["export", clip, "-o", str(out), "--data", "csv,json"])
        found = state_of(out)
        say(json.dumps([status, found, sorted(os.listdir(folder))]))
        subprocess.run(["umount", folder], check=True)


def record(path: str) -> None:
    """Record until killed."""
    from poseviewer.runtime.jobs import RecordJob
    from poseviewer.runtime.session import Session

    changed = threading.Event()
    session = Session(changed.set, opener=lambda _: EndlessFeed(), loader=loader())
    session.open("feed")
    while session.state.frame is None:
        changed.wait(0.1)
    session.record(Path(path), RecordJob(annotated=True, data=("csv",)))
    while session.state.recording is None or session.state.recording.frames < 40:
        time.sleep(0.01)
    say("recording")
    time.sleep(600)


def analyse(clip: str) -> None:
    """Analyse a clip in a session that saves; says how many frames it found saved."""
    from poseviewer.runtime.saved.library import Saving, results_folder
    from poseviewer.runtime.session import Session

    changed = threading.Event()
    # About as fast as a network.
    engine = Dots(before=lambda: time.sleep(0.01))
    session = Session(changed.set, loader=loader(engine), saving=Saving(results_folder()))
    session.open(clip)
    while session.state.answer is None:
        changed.wait(0.05)
    session.analyse()
    while not (state := session.state).analysed and not (state.analysis and state.analysis.done):
        time.sleep(0.005)
    say("working")
    while state.analysis is None or not state.analysis.finished:
        time.sleep(0.01)
        state = session.state
    session.close()
    say(state.analysis.error or "done")


def window(path: str, work: str, clip: str) -> int:
    """Open the window on a clip or a feed, and begin to export or to record."""
    from functools import partial

    from PySide6.QtCore import QTimer

    from poseviewer.gui import app
    from poseviewer.runtime.jobs import ExportJob
    from poseviewer.runtime.session import Session
    from poseviewer.runtime.source_thread import open_location

    live = work == "record"
    opener = (lambda _: EndlessFeed()) if live else open_location
    start = partial(Session, opener=opener, loader=loader())
    app._session = start

    def begin() -> None:
        (shown,) = [one for one in app.application().topLevelWidgets() if hasattr(one, "bridge")]
        session = shown.bridge.session
        state = session.state
        if state.result is None:
            return
        if work == "export" and state.export is None:
            session.export(ExportJob(Path(path), data=("csv",)))
        if live and state.recording is None:
            session.record(Path(path))
        if work == "nothing":
            session.change("reading", gate=round(time.time() % 1, 3))
        if work == "locked":
            say("working")
            with session._coordinator.meter._lock:
                os.kill(os.getpid(), signal.SIGTERM)
        if work == "record":
            # Until then there is nothing to finish.
            begun = state.recording is not None and state.recording.frames > 0
        else:
            begun = work == "nothing" or state.export is not None
        if begun:
            say("working")

    QTimer(app.application(), interval=20, timeout=begin).start()
    return app.launch(clip)


if __name__ == "__main__":
    for each in (signal.SIGINT, signal.SIGHUP):
        # What is started in the background of a shell ignores them.
        signal.signal(each, signal.default_int_handler)
    mode, *rest = sys.argv[1:]
    export.load = options.load = loader()
    # What is saved of a clip is read as this network's answers.
    registry.card = lambda _: CARD
    if mode == "export":
        sys.argv[1:] = ["export", *rest]
        console()
    elif mode == "full":
        onto_a_full_disk(*rest)
    elif mode == "record":
        record(*rest)
    elif mode == "analyse":
        analyse(*rest)
    else:
        status = window(*rest)
        # As `console` does at the end of the real command.
        discard_exports()
        sys.stdout.flush()
        os._exit(status)
