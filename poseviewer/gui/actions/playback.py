"""Actions that play and seek: in a clip, or in the last seconds of a feed, which they freeze."""

from __future__ import annotations

from poseviewer.gui.actions.context import (
    Action,
    Context,
    can_move,
    can_play,
    feed_open,
    in_menu,
)
from poseviewer.gui.transport.bar import SPEEDS
from poseviewer.gui.transport.reach import Reach, reach


def toggle(context: Context) -> None:
    """Play or pause; freeze a feed or show it live again."""
    context.shuttle.halt()
    context.session.toggle()


def replay(context: Context) -> None:
    """Replay what is stored of a feed, or stop."""
    context.shuttle.halt()
    context.session.feed.replay()


def step(context: Context, frames: int) -> None:
    """Go some frames forward, or back."""
    context.shuttle.halt()
    if _reachable(context) is not None:
        context.session.step(frames)


def seek(context: Context, index: int) -> None:
    """Go to a frame, by its number."""
    context.shuttle.halt()
    if _reachable(context) is not None:
        context.session.seek(index)


def leap(context: Context, share: float) -> None:
    """Go forward, or back, by a share of all frames."""
    if (there := _reachable(context)) is not None:
        least = 1 if share > 0 else -1
        here = there.position(context.state.playback.index)
        seek(context, there.number(here + (round(share * len(there.times)) or least)))


def to_end(context: Context, *, last: bool) -> None:
    """Go to the first frame, or the last."""
    if (there := _reachable(context)) is not None:
        seek(context, there.number(len(there.times) - 1 if last else 0))


def go_to(context: Context) -> None:
    """Ask for a frame or a time."""
    from poseviewer.gui.dialogs.go_to import GoToDialog

    if (there := _reachable(context)) is not None:
        here = there.position(context.state.playback.index)
        dialog = GoToDialog(there, position=here, parent=context.window)
        dialog.chosen.connect(lambda index: seek(context, index))
        context.ask(dialog)


def change_speed(context: Context, steps: int) -> None:
    """Take the next faster or slower of the speeds offered."""
    speed = context.state.playback.speed
    nearest = min(range(len(SPEEDS)), key=lambda at: abs(SPEEDS[at] - speed))
    context.session.set_speed(SPEEDS[min(max(nearest + steps, 0), len(SPEEDS) - 1)])


def mark(context: Context, end: str) -> None:
    """Set the in or out mark to the current frame; remove the other one if it is beyond."""
    playback = context.state.playback
    at, start, last = playback.index, playback.start, playback.end
    if end == "start":
        context.session.mark(at, last if last is None or last >= at else None)
    else:
        context.session.mark(start if start is None or start <= at else None, at)


def _reachable(context: Context) -> Reach | None:
    """The frames that can be gone to; a running feed is frozen first."""
    if context.state.live:
        context.session.pause()
    return reach(context.state)


def _step(name: str, text: str, frames: int, keys: str, icon: str = "") -> Action:
    needs = can_play if frames < 0 else can_move
    return Action(name, text, lambda context: step(context, frames), keys, icon=icon, needs=needs)


PLAYBACK = in_menu(
    "Playback",
    Action("toggle", "Play", toggle, "Space", "Play or pause", "play", needs=can_play),
    Action(
        "replay", "Replay the last seconds", replay, "Shift+Space",
        "Play what is stored of a live source; press again to stop", "play", needs=feed_open,
    ),
    Action(
        "slow_replay", "Slow replay", lambda context: context.slow_replay.toggle(), "Z",
        "Play the last three seconds at a quarter of the speed; press again to stop",
        needs=can_play,
    ),
    _step("step_back", "Previous frame", -1, "Left ,", "step-back"),
    _step("step_forward", "Next frame", 1, "Right .", "step-forward"),
    _step("ten_back", "Back 10 frames", -10, "Ctrl+Left"),
    _step("ten_forward", "Forward 10 frames", 10, "Ctrl+Right"),
    Action(
        "first", "First frame", lambda context: to_end(context, last=False), "Home",
        icon="first", needs=can_play,
    ),
    Action(
        "last", "Last frame", lambda context: to_end(context, last=True), "End",
        icon="last", needs=can_move,
    ),
    Action("tenth_back", "Back 10 %", lambda context: leap(context, -0.1), "PgUp", needs=can_play),
    Action(
        "tenth_forward", "Forward 10 %", lambda context: leap(context, 0.1), "PgDown",
        needs=can_move,
    ),
    Action("go_to", "Go to…", go_to, "G", "Go to a frame or time", needs=can_move),
    Action(
        "shuttle_back", "Play backwards", lambda context: context.shuttle.back(), "J",
        "Play backwards; press again to go faster", rule=True, needs=can_play,
    ),
    Action("shuttle_stop", "Stop", lambda context: context.shuttle.stop(), "K", needs=can_play),
    Action(
        "shuttle_forward", "Play forwards", lambda context: context.shuttle.forward(), "L",
        "Play; press again to go faster", needs=can_play,
    ),
    Action("slower", "Slower", lambda context: change_speed(context, -1), "[", needs=can_move),
    Action("faster", "Faster", lambda context: change_speed(context, 1), "]", needs=can_move),
    Action(
        "loop", "Loop", lambda context, on: context.session.set_loop(on), "Ctrl+L",
        "Start again when the end is reached", "loop",
        checked=lambda state: state.playback.loop, rule=True, needs=can_move,
    ),
    Action(
        "mark_in", "Mark in", lambda context: mark(context, "start"), "I",
        "The range starts here", "mark-in", needs=can_move,
    ),
    Action(
        "mark_out", "Mark out", lambda context: mark(context, "end"), "O",
        "The range ends here", "mark-out", needs=can_move,
    ),
    Action(
        "clear_marks", "Clear marks", lambda context: context.session.mark(None, None), "X",
        needs=can_move,
    ),
)  # fmt: skip
