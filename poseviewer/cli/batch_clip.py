"""One clip of a batch: what a process of this machine, of a cluster or of a queue runs."""

from __future__ import annotations

import argparse
import base64
import sys
import threading
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NoReturn

from poseviewer.cli import options
from poseviewer.cli.export import add_export_options, exporting
from poseviewer.cli.options import add_range_options, opened
from poseviewer.core.errors import PoseViewerError, one_sentence
from poseviewer.core.files import write_errors
from poseviewer.records.open import places
from poseviewer.runtime.batch.task import Digest, Outcome, finished, outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.batch.task import BatchTask
    from poseviewer.runtime.factories import Loaded
    from poseviewer.runtime.sections import NetworkState

PLOTTED = ("left knee", "right knee", "left hip", "right hip", "left elbow", "right elbow")
"""Angles whose curves are in the report."""

_WIDTH = 384
"""Pixels of the picture of a clip, for 192 points on a screen of twice the usual density."""

_QUALITY = 72
_ARGUMENTS = {"input": "", "force": True, "beside": None, "beside_clip": None, "beside_offset": 0}

_loaded = threading.local()
"""By thread, the network that was loaded last: it runs on the thread that loaded it."""


class OptionError(PoseViewerError):
    """Options that do not go together, or that `export` does not know."""


class _Options(argparse.ArgumentParser):
    """Reads options of `export`, of which one that is wrong is the error of a clip."""

    def error(self, message: str) -> NoReturn:
        """Raise OptionError."""
        text = one_sentence(f"The options of a clip cannot be used: {message.rstrip('.')}.")
        raise OptionError(text)


def option_parser() -> argparse.ArgumentParser:
    """What reads the options of a clip: those of `export` that suit every clip, and its range."""
    parser = _Options(prog="poseviewer batch", add_help=False, allow_abbrev=False)
    add_range_options(parser)
    add_export_options(parser)
    parser.add_argument(
        "--poses",
        type=Path,
        metavar="FILE",
        help="take the poses that another program found in place of a network's, see `export`",
    )
    parser.set_defaults(data=("csv",))
    return parser


def option_names() -> frozenset[str]:
    """Names of the options that a list may have a column of, without dashes."""
    actions = option_parser()._actions
    return frozenset(
        text[2:] for one in actions if one.nargs != 0 for text in one.option_strings
    )  # fmt: skip


def clip_arguments(task: BatchTask) -> argparse.Namespace:
    """The arguments of `export` for a clip.

    Raises:
        OptionError: An option is wrong.
    """
    parser = option_parser()
    args = parser.parse_args(task.options)
    for name, value in _ARGUMENTS.items():
        setattr(args, name, value)
    args.input, args.output = task.location, task.output
    args.no_picture, args.no_store = not task.ending, task.saving is None
    args.usage = parser.error
    return args


def paths_of(task: BatchTask, args: argparse.Namespace) -> list[Path]:
    """Every file or folder that a task writes for a person, by what `clip_arguments` gave.

    Raises:
        PoseViewerError: A kind of data is not known, or lacks what it needs.
    """
    return [task.output] * bool(task.ending) + places(args.data, beside=task.output)


def work(task: BatchTask) -> Outcome:
    """Do what a task asks, and write what became of it; nothing that goes wrong is raised.

    A task that is done, or was done by another process meanwhile, is not done again.
    """
    known = finished(task)
    if known is not None:
        return known
    began = perf_counter()
    try:
        outcome = _worked(task)
    except PoseViewerError as error:
        outcome = Outcome.of(task, state="failed", error=str(error), outputs=_outputs(task))
    except Exception as error:  # noqa: BLE001 - one broken clip never stops the others
        text = f"{Path(task.location).name} cannot be analysed: {type(error).__name__}: {error}."
        text = one_sentence(text)
        outcome = Outcome.of(task, state="failed", error=text, outputs=_outputs(task))
    outcome = replace(outcome, took=round(perf_counter() - began, 2))
    try:
        outcome.write(task)
    except PoseViewerError as error:
        return replace(outcome, state="failed", error=str(error))
    return outcome


def _worked(task: BatchTask) -> Outcome:
    """Export a clip.

    Raises:
        PoseViewerError: It cannot be done; no output of it is left.
    """
    from poseviewer.runtime.export import export_clip
    from poseviewer.runtime.export_queue import outputs_of

    args = clip_arguments(task)
    # Files that another program wrote are not replaced; those of this clip, begun before, are.
    mine = {Path(task.folder) / name for name in _outputs(task)}
    args.force = task.redo or all(one in mine or not one.exists() for one in paths_of(task, args))
    with write_errors(task.output):
        task.output.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(task.saving) if task.saving else None
    digest = Digest(PLOTTED)
    with exporting(
        args, loader=_loader(task.threads), folder=folder, say=_said_of(task)
    ) as (job, state, source, analyst):  # fmt: skip
        outputs = tuple(path.relative_to(task.folder).as_posix() for path in outputs_of(job))
        Outcome.of(task, outputs=outputs).write(task)
        export_clip(
            job, state, task.location, opener=lambda _: source, analyst=analyst,
            loader=_loader(task.threads), seen=digest.add,
        )  # fmt: skip
        outcome = Outcome.of(
            task,
            state="done",
            outputs=outputs,
            network=state.network.model if job.poses is None else job.poses.name,
            size=source.size,
            reused=analyst.reused,
            **digest.fields(),
        )
    return replace(outcome, thumbnail=_thumbnail(args, digest.best, look=job.look))


def _outputs(task: BatchTask) -> tuple[str, ...]:
    """What was begun of a task before."""
    known = outcome_of(task)
    return known.outputs if known is not None else ()


def _said_of(task: BatchTask) -> Callable[[str], None]:
    return lambda sentence: print(f"{task.name}: {sentence}", file=sys.stderr)


def _loader(threads: int) -> Callable[[NetworkState], Loaded]:
    """Loads a network, or gives the one that this thread has loaded for the clip before."""

    def loader(network: NetworkState) -> Loaded:
        key = network, threads
        if getattr(_loaded, "key", None) != key:
            _loaded.network = options.load(network, threads=threads)
            _loaded.key = key
        found: Loaded = _loaded.network
        return found

    return loader


def _thumbnail(args: argparse.Namespace, result: FrameResult | None, *, look: Look) -> str:
    """The surest frame of a clip with its skeleton, or the first frame; as WebP in base64."""
    import cv2

    from poseviewer.runtime.export_picture import painted
    from poseviewer.video.source import Clip

    with opened(args.input, args, say=lambda _: None) as source:
        assert isinstance(source, Clip)
        frame = source.read(0 if result is None else result.frame.index)
    height, width = frame.pixels.shape[:2]
    # Of a tall clip no more than of a wide one.
    scale = _WIDTH / max(width, height * 4 / 3)
    size = max(2, round(width * scale)), max(2, round(height * scale))
    if result is not None:
        result = replace(result, frame=frame)
    picture = painted(frame, result, look, size=size, lines=1.5)
    settings = [cv2.IMWRITE_WEBP_QUALITY, _QUALITY]
    _, data = cv2.imencode(".webp", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), settings)
    return base64.b64encode(data.tobytes()).decode("ascii")
