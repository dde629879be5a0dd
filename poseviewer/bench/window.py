"""The cost of the window: painting against other widgets, a whole frame of it, and its start."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from fractions import Fraction
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter, process_time, thread_time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel

from poseviewer.bench.hops import in_turn, timed
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.gui.app import application, make_window
from poseviewer.gui.frame.view import FrameView
from poseviewer.gui.settings import Settings
from poseviewer.runtime.inference import on_screen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray
    from PySide6.QtWidgets import QWidget

    from poseviewer.bench.hops import Hop
    from poseviewer.core.result import FrameResult
    from poseviewer.gui.window.window import Window

_SIZE = (1920, 1080)
_WARM_UP = 1.5
"""Seconds of a running window that do not count."""

_STANDING = "mannequin-clip:640x480@24x48"
"""What stands still while it is measured what that costs."""

_SETTLING = 3.0
"""Seconds after pausing until what was asked for last is analysed and drawn."""

_STARTING = 120_000
"""Milliseconds that a window may take to show its first result."""

_BEAT = 5
"""Milliseconds between two beats of the timer that shows whether the window is held up."""

_FIRST_PAINT = """
from poseviewer.bench.first_paint import watch
watch()
from poseviewer.cli.main import main
main(["view", "mannequin:"])
"""

_BARE = """
import os
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        QTimer.singleShot(0, lambda: os._exit(0))
app = QApplication([])
window = Window()
window.resize(1600, 960)
window.show()
app.exec()
"""

_EVERYTHING = """
import av, cv2, pyqtgraph, torch
import poseviewer.models.engine, poseviewer.pipeline.run, poseviewer.video.open
try:
    import openvino
except ImportError:
    pass
"""


def painting(*, runs: int = 40) -> dict[str, Hop]:
    """Processor seconds of the window's thread to show one more full HD frame at its own size.

    All three do the whole work on that thread, so that waiting for a core counts for none. Ours
    gets the frame in 32 bits, as the window gets an analysed one from the thread that analyses.

    Returns:
        `ours`, `label` (QLabel with a QPixmap) and `item` (pyqtgraph's ImageItem), in turn.
    """
    application()
    frames = _noise(3)
    screens = [on_screen(frame) for frame in frames]
    ways = {"ours": _our_view(), "label": _label(), "item": _image_item()}
    # Nothing is painted before a window is on the screen.
    application().processEvents()
    turn = count()

    def showing(show: Callable[[Frame, NDArray[np.uint32]], None]) -> Callable[[], float]:
        def shown() -> None:
            which = next(turn) // len(ways) % 3
            show(frames[which], screens[which])

        return timed(shown, clock=thread_time)

    shows = {name: showing(show) for name, (_, show) in ways.items()}
    measured = in_turn(shows, turns=runs, warm_up=3)
    for widget, _ in ways.values():
        widget.close()
        widget.deleteLater()
    application().processEvents()
    return measured


def _noise(count: int) -> list[Frame]:
    """Full HD frames."""
    noise = np.random.default_rng(0)
    made = (noise.integers(0, 256, (*_SIZE[::-1], 3), np.uint8) for _ in range(count))
    return [Frame(pixels, 0, Timestamp(0, Fraction(1))) for pixels in made]


def _our_view() -> tuple[QWidget, Callable[[Frame, NDArray[np.uint32]], None]]:
    view = FrameView()
    view.resize(*_SIZE)
    view.show()

    def show(frame: Frame, screen: NDArray[np.uint32]) -> None:
        first = view.frame is None
        view.show_frame(frame, None, screen=screen)
        if first:
            # Fitting leaves a margin, so that the picture would be scaled; no rival's is.
            view.actual_size()
        view.repaint()

    return view, show


def _label() -> tuple[QWidget, Callable[..., None]]:
    label = QLabel()
    label.setScaledContents(True)
    label.resize(*_SIZE)
    label.show()

    def show(frame: Frame, *_: object) -> None:
        pixels = frame.pixels
        height, width = pixels.shape[:2]
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        label.setPixmap(QPixmap.fromImage(image))
        label.repaint()

    return label, show


def _image_item() -> tuple[QWidget, Callable[..., None]]:
    state = pg.GraphicsView()
    box = pg.ViewBox(lockAspect=True, invertY=True)
    item = pg.ImageItem(axisOrder="row-major")
    box.addItem(item)
    state.setCentralItem(box)
    state.resize(*_SIZE)
    state.show()

    def show(frame: Frame, *_: object) -> None:
        pixels = frame.pixels
        item.setImage(pixels, autoLevels=False, levels=(0, 255))
        state.viewport().repaint()

    return state, show


def window_cost(
    location: str, *, seconds: float, changes: Mapping[str, Any] | None = None
) -> dict[str, float]:
    """Measure what the whole window, all docks shown, takes of its thread while it runs.

    Returns:
        `frame`, processor seconds of the window's thread for each result it showed in the
        workspace Inspect, and `measure` in Measure; `label`, what a QLabel takes of it to show a
        full HD frame, before and after in the same run; `late`, by how many seconds a beat every
        5 ms came late at the 95th percentile; `rate`, results a second; `rest`, the share of a
        core that the process uses while a clip stands still.

    Raises:
        PoseViewerError: The window showed nothing in time.
    """
    application()
    with tempfile.TemporaryDirectory() as folder:
        # Of one network, the same on every machine.
        choices = {"automatic": False, **(changes or {})}
        window = make_window(Settings(Path(folder) / "window.ini"), changes=choices, ahead=True)
        window.resize(1600, 960)
        window.show()
        try:
            return _Observer(window).observe(location, seconds=seconds)
        finally:
            window.close()
            window.bridge.close()
            window.deleteLater()
            application().processEvents()


def label_cost(*, runs: int = 20) -> float:
    """Processor seconds of this thread to show one more full HD frame in a QLabel; the median."""
    frame = _noise(1)[0]
    label, show = _label()
    application().processEvents()
    taken = []
    for _ in range(runs):
        start = thread_time()
        show(frame)
        taken.append(thread_time() - start)
    label.close()
    label.deleteLater()
    return float(np.median(taken))


class _Observer:
    """Counts what a window shows, and how late a 5 ms timer fires in its thread."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._results = 0
        self._last: FrameResult | None = None
        self._late: list[float] = []
        self._beaten = 0.0
        self._loop = QEventLoop()
        window.bridge.changed.connect(self._count)

    def observe(self, location: str, *, seconds: float) -> dict[str, float]:
        self._window.open(location)
        patience = QTimer(singleShot=True, interval=_STARTING)
        patience.timeout.connect(self._loop.quit)
        patience.start()
        self._loop.exec()
        if self._last is None:
            msg = f"The window showed nothing of {location} within {_STARTING // 1000} seconds."
            raise PoseViewerError(msg)
        patience.stop()
        self._run(_WARM_UP)
        heart = QTimer(interval=_BEAT, timerType=Qt.TimerType.PreciseTimer)
        heart.timeout.connect(self._beat)
        self._beaten = perf_counter()
        heart.start()
        self._run(seconds)
        heart.stop()
        # Without the beat, which takes time of its own.
        labels = [label_cost()]
        frame, rate = self._cost(seconds)
        self._window.workspaces.switch("Measure")
        self._run(_WARM_UP)
        measure, _ = self._cost(seconds)
        labels.append(label_cost())
        # A clip: a frozen feed goes on being read, for what can be gone back to.
        self._window.open(_STANDING)
        self._run(_SETTLING)
        self._window.bridge.session.pause()
        self._run(_SETTLING)
        start, used = perf_counter(), process_time()
        self._run(seconds)
        return {
            "frame": frame,
            "measure": measure,
            "label": sum(labels) / len(labels),
            "late": float(np.percentile(self._late, 95)),
            "rate": rate,
            "rest": (process_time() - used) / (perf_counter() - start),
        }

    def _cost(self, seconds: float) -> tuple[float, float]:
        """Processor seconds of this thread for each result, and results a second."""
        self._results, start, used = 0, perf_counter(), thread_time()
        self._run(seconds)
        used, passed = thread_time() - used, perf_counter() - start
        return used / max(self._results, 1), self._results / passed

    def _run(self, seconds: float) -> None:
        QTimer.singleShot(int(seconds * 1000), self._loop.quit)
        self._loop.exec()

    def _count(self) -> None:
        result = self._window.bridge.session.state.result
        if result is not None and result is not self._last:
            if self._last is None:
                self._loop.quit()
            self._last = result
            self._results += 1

    def _beat(self) -> None:
        now = perf_counter()
        self._late.append(max(0.0, now - self._beaten - _BEAT / 1000))
        self._beaten = now


def starting(*, turns: int = 3) -> dict[str, Hop]:
    """Seconds from a new process to the first paint of the window.

    Returns:
        `ours`: the command `view`, until menus, place of the frame and status line are painted;
        `bare`: a window of PySide6 with nothing in it; and `everything`: ours with all that is
        heavy imported first; in turn.

    Raises:
        PoseViewerError: The window cannot be started.
    """

    def start(code: str) -> None:
        try:
            done = subprocess.run(
                [sys.executable, "-c", code],
                check=False,
                capture_output=True,
                text=True,
                timeout=_STARTING / 1000,
                env={**os.environ, "POSEVIEWER_HOME": home},
            )
        except subprocess.TimeoutExpired as late:
            msg = "The window was not painted within two minutes."
            raise PoseViewerError(msg) from late
        if done.returncode:
            msg = f"The window cannot be started: {done.stderr.strip()[-300:]}"
            raise PoseViewerError(msg)

    ways = {"ours": _FIRST_PAINT, "bare": _BARE, "everything": _EVERYTHING + _FIRST_PAINT}
    with tempfile.TemporaryDirectory() as home:
        each = {name: timed(partial(start, code)) for name, code in ways.items()}
        return in_turn(each, turns=turns)
