"""Actions that open, close, export and save."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from poseviewer.core.angle import offered_angles
from poseviewer.gui.actions.context import (
    DEMO,
    Action,
    Context,
    can_export,
    clip_open,
    in_menu,
    needed,
    something_open,
    truth_known,
)
from poseviewer.gui.actions.project import project_actions
from poseviewer.gui.dialogs.export_names import videos_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from poseviewer.core.result import FrameResult
    from poseviewer.core.video_choice import Deinterlacing, VideoChoice, VideoFacts
    from poseviewer.runtime.jobs import ExportJob, QueuedExport, RecordJob
    from poseviewer.runtime.state import AppState, CameraChoice, Keep

_VIDEOS = "*.mp4 *.mov *.mkv *.avi *.webm *.m4v *.ts *.mts *.mpg *.mpeg *.wmv *.flv *.gif"
_IMAGES = "*.png *.jpg *.jpeg *.bmp *.tif *.tiff *.webp"
_OPENABLE = f"Videos and images ({_VIDEOS} {_IMAGES});;All files (*)"
_POSES = "*.json *.mat *.h5 *.hdf5 *.csv *.npz *.trc *.mot *.sto *.slp"
_TRUTH = f"Ground truth and poses ({_POSES});;All files (*)"


def open_video(context: Context) -> None:
    """Ask for a video or an image."""
    _pick(context, QFileDialog.FileMode.ExistingFile, "Open video", _OPENABLE)


def open_folder(context: Context) -> None:
    """Ask for a folder of images."""
    _pick(context, QFileDialog.FileMode.Directory, "Open image folder", "")


def _pick(context: Context, mode: QFileDialog.FileMode, title: str, kinds: str) -> None:
    picker = QFileDialog(context.window, title, context.settings.folder, kinds)
    picker.setFileMode(mode)
    picker.fileSelected.connect(context.open)
    context.ask(picker)


def ask_camera(context: Context, cameras: Sequence[CameraChoice]) -> None:
    """Ask which of the cameras found to open."""

    def take(location: str, mirror: bool) -> None:
        context.change("display", mirror=mirror)
        context.open(location)

    mirror = context.state.display.mirror
    from poseviewer.gui.dialogs.camera import CameraDialog

    dialog = CameraDialog(cameras, mirror=mirror, bridge=context.bridge, parent=context.window)
    dialog.chosen.connect(take)
    context.ask(dialog)


def open_address(context: Context) -> None:
    """Ask for the address of a stream."""
    from poseviewer.gui.dialogs.stream import StreamDialog

    dialog = StreamDialog(context.settings.recent, context.window)
    dialog.chosen.connect(context.open)
    context.ask(dialog)


def open_screen(context: Context) -> None:
    """Ask for a part of the screen."""
    from poseviewer.gui.dialogs.screen import ScreenDialog

    dialog = ScreenDialog(context.window)
    dialog.chosen.connect(context.open)
    context.ask(dialog)


def save_comparison(context: Context) -> None:
    """Ask where to save how far the results lie from the ground truth, and save it."""
    context.ask_where(
        "Save comparison",
        f"{context.stem or 'pose'}_comparison.csv",
        "Table (*.csv);;JSON (*.json)",
        context.session.write_comparison,
    )


def open_truth(context: Context) -> None:
    """Ask for the file with the ground truth of the clip."""
    if context.state.source is None:
        return
    picker = QFileDialog(context.window, "Open ground truth", context.settings.folder, _TRUTH)
    picker.setFileMode(QFileDialog.FileMode.ExistingFile)
    picker.fileSelected.connect(context.session.truth.open)
    context.ask(picker)


def close_source(context: Context) -> None:
    """Close what is open."""
    context.shuttle.halt()
    context.session.close_source()


def export(context: Context) -> None:
    """Ask what to write, and write it."""
    # Late, as are all dialogs: together they take longer than the first paint of the window.
    from poseviewer.gui.angles.filter_dialog import filter_in_force
    from poseviewer.gui.dialogs.export import ExportDialog, exportable
    from poseviewer.runtime.export import about_results

    state = context.state
    chosen = exportable(state)
    if chosen is None:
        return

    def take(job: ExportJob) -> None:
        context.settings.folder = str(job.output.parent)
        context.settings.export_choices = dialog.stored()
        context.session.export(job)
        if len(pending(context.state)) > 1:
            show_exports(context)

    corrected, said = _both(state)
    dialog = ExportDialog(
        source=chosen[0],
        transport=chosen[1],
        look=state.look,
        folder=str(context.settings.export_choices.get("folder", "")),
        writers=state.writers,
        stages=() if state.model is None else state.model.stages,
        shown=(state.shown[0], corrected),
        said=said,
        corrected=state.corrections.words,
        angles=(_angle_names(state), state.angles.plotted),
        stored=context.settings.export_choices,
        curves=filter_in_force(state.angles, chosen[0].times)[0].title,
        smooth=state.reading.smooth,
        about=about_results(state, chosen[0].name, size=chosen[0].size, rate=chosen[0].rate),
        models=state.models,
        ask=context.session.beside,
        queue=lambda: context.state.exports,
        parent=context.window,
    )
    dialog.chosen.connect(take)
    context.ask(dialog)


def _both(state: AppState) -> tuple[FrameResult | None, FrameResult | None]:
    """The result on screen as corrected, and as the network said where that is another one."""
    from poseviewer.runtime.corrected import as_said, corrected_alone

    result, measures = state.shown[1], (state.reading, state.angles)
    if result is None:
        return None, None
    if result.network is None:
        result = corrected_alone(result, state.corrections, measures=measures)
    return result, as_said(result, measures=measures)


def _angle_names(state: AppState) -> tuple[str, ...]:
    """Names of the angles that the network's skeleton gives."""
    if state.model is None:
        return ()
    specs = offered_angles(state.model.skeleton, state.angles.custom)
    return tuple(spec.name for spec in specs)


def snapshot(context: Context) -> None:
    """Ask where to save this frame as a picture, and save it."""
    frame, _ = asked = context.state.shown
    if frame is None:
        return

    def write(path: Path) -> None:
        # What is asked for is the frame of now: a playing clip and a feed move on. Where it is
        # still on screen, its result may have come since.
        now = context.state.shown
        still = now[0] is not None and now[0].index == frame.index
        context.session.snapshot(path, now if still else asked)

    name = f"{context.stem or 'snapshot'}_{frame.index:06d}.png"
    context.ask_where("Save snapshot", name, "PNG image (*.png)", write)


def record(context: Context) -> None:
    """Record the live source to the user's folder of videos, or stop recording."""
    if context.state.recording is not None:
        context.session.stop_recording()
        return
    job = replace(context.settings.record_job, look=context.state.look)
    context.session.record(videos_folder(), job)


def live_options(context: Context) -> None:
    """Ask what a recording writes and how much is stored to go back to."""
    settings = context.settings

    def take(job: RecordJob, keep: Keep) -> None:
        settings.record_job, settings.keep = job, keep
        context.session.feed.keep(keep)

    from poseviewer.gui.dialogs.live_options import LiveOptionsDialog

    dialog = LiveOptionsDialog(
        settings.record_job,
        settings.keep,
        folder=str(videos_folder()),
        source=context.state.source,
        parent=context.window,
    )
    dialog.chosen.connect(take)
    context.ask(dialog)


def _video(state: AppState) -> VideoFacts | None:
    return state.source.video if state.source is not None else None


@needed("only for a file with several video streams")
def _several_tracks(state: AppState) -> bool:
    video = _video(state)
    return video is not None and len(video.tracks) > 1


@needed("only for an interlaced video")
def _interlaced(state: AppState) -> bool:
    video = _video(state)
    return video is not None and video.interlaced


def next_track(context: Context) -> None:
    """Open the same file with its next video stream."""
    video = _video(context.state)
    if video is not None:
        numbers = [number for number, _ in video.tracks]
        after = numbers[(numbers.index(video.track) + 1) % len(numbers)]
        _open_again(context, replace(video.choice, track=after))


def _open_again(context: Context, choice: VideoChoice) -> None:
    source = context.state.source
    if source is not None:
        context.shuttle.halt()
        context.bridge.open(source.location, choice=choice)


def _deinterlacing(way: Deinterlacing, text: str, tip: str) -> Action:
    """The action that opens the same file with its fields treated in a certain way."""

    def run(context: Context, _on: bool) -> None:
        video = _video(context.state)
        if video is not None:
            _open_again(context, replace(video.choice, deinterlace=way))

    def checked(state: AppState) -> bool:
        video = _video(state)
        return video is not None and video.choice.deinterlace == way

    name = f"deinterlace_{way}"
    group = "deinterlace"
    return Action(name, text, run, "", tip, checked=checked, group=group, needs=_interlaced)


@needed("nothing is being exported")
def exporting(state: AppState) -> bool:
    """An export is being written, paused or waiting."""
    return bool(pending(state))


def pending(state: AppState) -> tuple[QueuedExport, ...]:
    """The exports that have not ended."""
    return tuple(export for export in state.exports if export.pending)


def show_exports(context: Context) -> None:
    """Show the list of exports."""
    if (docks := context.docks()) is not None:
        docks.exports.show()
        docks.exports.raise_()


def pause_export(context: Context) -> None:
    """Pause the export that is being written, or go on with it."""
    queue = context.session.exports
    if any(export.status == "paused" and export.begun for export in context.state.exports):
        queue.resume()
    else:
        queue.pause()


FILE = in_menu(
    "File",
    Action("open_video", "Open video…", open_video, "Ctrl+O", "Open a video or an image", "open"),
    Action("open_folder", "Open image folder…", open_folder, "Ctrl+Shift+O"),
    Action(
        "open_camera", "Open camera…", lambda context: context.bridge.look_for_cameras(), "Ctrl+K",
        icon="camera",
    ),
    Action(
        "open_address", "Open stream…", open_address, "Ctrl+U",
        "Open a network stream: rtsp, http or udp", "address",
    ),
    Action(
        "open_screen", "Open screen…", open_screen, "Ctrl+Shift+U",
        "Analyse the screen, or a part of it",
    ),
    Action(
        "open_demo", "Open demo", lambda context: context.open(DEMO), "Ctrl+D",
        "Open the built-in demo: a moving mannequin, live", "demo",
    ),
    *project_actions(_OPENABLE),
    Action(
        "open_truth", "Open ground truth or poses…", open_truth, "Ctrl+T",
        "Open a file with the true joints of this clip, or with those that another program found",
        rule=True, needs=clip_open,
    ),
    Action(
        "save_comparison", "Save the comparison…", save_comparison,
        tip="Save how far the network lies from the ground truth or poses, as CSV or JSON",
        needs=truth_known,
    ),
    Action(
        "close_truth", "Close ground truth", lambda context: context.session.truth.close(),
        tip="Stop using the ground truth", needs=truth_known,
    ),
    Action(
        "next_track", "Next video stream", next_track,
        tip="Show the next video stream of this file", needs=_several_tracks,
    ),
    Action(
        "close_source", "Close", close_source, "Ctrl+W",
        "Close what is open and go back to the start page", rule=True, needs=something_open,
    ),
    Action("quit", "Quit", lambda context: context.window.close(), "Ctrl+Q", rule=True),
)  # fmt: skip

INTERLACED = in_menu(
    "File/Interlaced video",
    _deinterlacing("off", "As it is", "Leave both fields woven into one frame"),
    _deinterlacing("frame", "One frame of two fields", "Make a whole frame of each two fields"),
    _deinterlacing(
        "field", "A frame of each field", "Make a whole frame of each field: twice the rate"
    ),
)

EXPORT = in_menu(
    "Export",
    Action("export", "Export clip…", export, "E", icon="export", needs=can_export),
    Action(
        "snapshot", "Snapshot…", snapshot, "C", "Save this frame as a picture", "snapshot",
        needs=something_open,
    ),
    Action(
        "record", "Record", record, "R", "Record the live source to a file; press again to stop",
        "record", needs=something_open,
    ),
    Action(
        "live_options", "Recording and rewind…", live_options, "Shift+R",
        "What a recording writes, and how far back you can go in a live source",
    ),
    Action(
        "exports", "Show exports", show_exports, "Shift+E",
        "List the exports: those that run, wait or are done", rule=True,
    ),
    Action(
        "pause_export", "Pause export", pause_export, "Ctrl+E",
        "Pause the export, so that the network is free for the window; press again to go on",
        needs=exporting,
    ),
    Action(
        "cancel_export", "Cancel export", lambda context: context.session.cancel_export(),
        tip="Cancel the export that is being written; no file of it is left", needs=exporting,
    ),
)  # fmt: skip
