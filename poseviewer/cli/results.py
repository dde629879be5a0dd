"""`poseviewer results`: what the window has saved of clips that were analysed."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseviewer.cli.options import (
    add_analysis_options,
    add_command,
    add_filter_option,
    chosen_state,
    counting,
    given,
    one_of,
)
from poseviewer.cli.progress import ProgressLine
from poseviewer.core.errors import PoseViewerError
from poseviewer.records.open import WRITERS, guard, need_pictures, places
from poseviewer.runtime.saved.library import (
    BESIDE,
    ENDING,
    remove_file,
    results_folder,
    saved_file,
    saved_files,
)
from poseviewer.runtime.sections import AngleState

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.saved.analysis import Archive, Entry
    from poseviewer.runtime.saved.file import ClipFacts, SavedFile
    from poseviewer.runtime.state import AppState

_CHOICES = {"model": "network"} | {
    name: name
    for name in ("engine", "device", "precision", "decoding", "flip", "region", "track_window")
}
"""Options that say which analysis is meant, and their names in the file."""

_UNSAID = {"track_window": 0.0}
"""What a choice is that the file does not name."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `results` to `subparsers`."""
    parser = add_command(
        subparsers,
        "results",
        summary="List, remove and export what the window has saved",
        more="Whatever is analysed from start to end is saved, and shown when the clip is opened "
        "again. A clip is recognised by its content, whatever it is called.",
        example="poseviewer results export squat.mp4 -o squat --data csv,trc",
    )
    actions = parser.add_subparsers(metavar="what", required=True)
    listing = actions.add_parser("list", help="list every clip with its size, networks and frames")
    listing.add_argument("--json", action="store_true", help="print JSON, for programs")
    listing.set_defaults(run=_list)
    show = actions.add_parser("show", help="say all about what is saved of one clip")
    _add_clip(show)
    show.add_argument("--json", action="store_true", help="print JSON, for programs")
    show.set_defaults(run=_show)
    remove = actions.add_parser("remove", help="remove what is saved of a clip, or of all")
    remove.add_argument("clip", nargs="*", metavar="CLIP", help=_CLIP)
    remove.add_argument("--all", action="store_true", help="remove everything that is saved")
    remove.set_defaults(run=_remove, usage=remove.error)
    export = actions.add_parser("export", help="write data files; no network runs")
    _add_clip(export)
    export.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT",
        help="the files are named after it, such as OUT_joints.csv",
    )  # fmt: skip
    export.add_argument(
        "--data", type=one_of(WRITERS), default=("csv",), metavar="KINDS",
        help=f"what is written: {', '.join(WRITERS.builtin)}, or a plug-in's kind (csv)",
    )  # fmt: skip
    export.add_argument(
        "--data-stage", type=counting, metavar="K",
        help="write what stage K says, counted from 1; by default the last one",
    )  # fmt: skip
    export.add_argument(
        "--uncorrected", action="store_true",
        help="write what the network said, without what a person has corrected",
    )  # fmt: skip
    export.add_argument(
        "--only-corrected", action="store_true",
        help="write only frames in which a person has corrected joints, to learn from",
    )  # fmt: skip
    export.add_argument("-f", "--force", action="store_true", help="replace files that exist")
    add_analysis_options(export)
    add_filter_option(export)
    export.set_defaults(run=_export)
    sheet = actions.add_parser(
        "contact-sheet", help="write the key frames with drawings, comments and angles"
    )
    _add_clip(sheet)
    sheet.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="a .pdf or .png"
    )
    sheet.add_argument(
        "--figures", type=_names, default=AngleState().plotted, metavar="NAMES",
        help="angles below each frame, such as 'left knee,right knee', or none; by default the "
        "left and right hip and knee",
    )  # fmt: skip
    sheet.add_argument(
        "--uncorrected", action="store_true",
        help="draw what the network said, without what a person has corrected",
    )  # fmt: skip
    sheet.add_argument("-f", "--force", action="store_true", help="replace a file that exists")
    add_analysis_options(sheet)
    sheet.set_defaults(run=_contact_sheet)


def _names(text: str) -> tuple[str, ...]:
    return () if text == "none" else tuple(name.strip() for name in text.split(","))


_CLIP = "the clip, its name, the begin of its number in `list`, or a file of saved results"


def _add_clip(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("clip", metavar="CLIP", help=_CLIP)


def _list(args: argparse.Namespace) -> int:
    found = []
    for file in saved_files(results_folder()):
        with closing(file):
            try:
                found.append(_facts(file))
            except PoseViewerError as error:
                print(f"poseviewer: {error}", file=sys.stderr)
    if args.json:
        print(json.dumps(found, indent=2))
        return 0
    if not found:
        print(f"Nothing is saved in {results_folder()}")
    for clip in found:
        print(f"{clip['number'][:8]}  {clip['name']}  {_megabytes(clip['bytes'])}")
        for one in clip["analyses"]:
            print(f"          {_line(one, clip['frames'])}")
    return 0


def _show(args: argparse.Namespace) -> int:
    with closing(_found(args.clip)) as file:
        clip = _facts(file)
    if args.json:
        print(json.dumps(clip, indent=2))
        return 0
    print(clip["name"])
    for name in ("location", "file", "number"):
        print(f"  {name:<12}{clip[name]}")
    width, height = clip["size"]
    print(f"  {'frames':<12}{clip['frames']}, {clip['seconds']:.1f} s, {width} x {height}")
    print(f"  {'on disk':<12}{_megabytes(clip['bytes'])}")
    for one in clip["analyses"]:
        print(f"  {_line(one, clip['frames'])}")
        for name, value in one["choices"].items():
            print(f"    {name:<12}{'none' if value in ('', None) else value}")
        print(f"    {'ran on':<12}{one['engine']}, PoseViewer {one['program']}")
    return 0


def _remove(args: argparse.Namespace) -> int:
    if bool(args.clip) == args.all:
        args.usage("name the clips, or say --all")
    files = saved_files(results_folder()) if args.all else [_found(clip) for clip in args.clip]
    for file in files:
        file.close()
        remove_file(file.path)
    print(f"Removed what was saved of {len(files)} {'clip' if len(files) == 1 else 'clips'}")
    return 0


def _export(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from poseviewer.core.files import OutputSet, write_errors
    from poseviewer.core.filters import parse_filter
    from poseviewer.records.about import About
    from poseviewer.records.open import open_records
    from poseviewer.runtime.factories import smoothing
    from poseviewer.runtime.saved.analysis import archive_of, entries
    from poseviewer.runtime.saved.annotations import SavedAnnotations
    from poseviewer.runtime.saved.corrections import SavedCorrections

    state = chosen_state(args)
    with closing(_found(args.clip)) as file:
        clip, analyses = entries(file)
        entry = _chosen(analyses, clip, given(args))
        archive = archive_of(file, entry)
        if not args.uncorrected:
            state = replace(state, corrections=SavedCorrections(file).load())
        stage = None if args.data_stage is None else args.data_stage - 1
        if stage is not None and not 0 <= stage < len(archive.model.stages):
            msg = f"{entry.network} has stages 1 to {len(archive.model.stages)}."
            raise PoseViewerError(msg)
        written = places(args.data, beside=args.output)
        guard(written, source=str(file.path), force=args.force, others=[Path(clip.location)])
        about = About(
            source=clip.name, size=clip.size, rate=clip.rate, network=entry.network,
            gate=state.reading.gate, smoothing=smoothing(state.reading), stage=stage,
            filter=parse_filter(state.angles.filter), corrections=state.corrections.words,
            metres_per_pixel=SavedAnnotations(file).load().metres_per_pixel,
            repetition=state.angles.repetition,
        )  # fmt: skip
        progress = ProgressLine(len(archive))
        with OutputSet(replace=args.force, kind="export") as outputs:
            records = open_records(args.data, beside=args.output, outputs=outputs, about=about)
            try:
                pictures = need_pictures(args.data)
                for done, result in enumerate(
                    _measured(archive, state, clip, pictures=pictures), start=1
                ):
                    if args.only_corrected and not state.corrections.touches(result.frame.index):
                        continue
                    with write_errors(args.output):
                        for record in records:
                            record.add(result)
                    progress.update(done)
                with write_errors(args.output):
                    for record in records:
                        record.finish()
            except BaseException:
                for record in records:
                    record.abort()
                raise
        progress.clear()
    print(f"Wrote {', '.join(path.name for path in written)}")
    return 0


def _contact_sheet(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from poseviewer.core.annotation import shown_drawings
    from poseviewer.core.look import Look
    from poseviewer.runtime.contact_sheet import Sheet, contact_sheet_steps
    from poseviewer.runtime.corrected import settling
    from poseviewer.runtime.factories import sequence_measurement
    from poseviewer.runtime.saved.analysis import archive_of, entries
    from poseviewer.runtime.saved.annotations import SavedAnnotations
    from poseviewer.runtime.saved.corrections import SavedCorrections
    from poseviewer.runtime.source_thread import described, open_location

    state = chosen_state(args)
    with closing(_found(args.clip)) as file:
        clip, analyses = entries(file)
        annotations = SavedAnnotations(file).load()
        guard([args.output], source=clip.location, force=args.force, others=[file.path])
        archive = None
        if analyses:
            archive = archive_of(file, _chosen(analyses, clip, given(args)))
        if not args.uncorrected:
            state = replace(state, corrections=SavedCorrections(file).load())
        # So many frames before, so that the filter on joints has settled.
        warm = round(settling(state.reading) * clip.rate) if state.reading.smooth else 0

        def result(frame: int) -> FrameResult | None:
            if archive is None or not archive.begin <= frame < archive.next:
                return None
            measure = sequence_measurement(
                state.reading, state.angles, corrections=state.corrections
            )
            indices = range(max(frame - warm, archive.begin), frame + 1)
            return [measure(_at(archive, index)) for index in indices][-1]

        with open_location(clip.location) as source:
            drawn = shown_drawings(annotations, described(source).times)
        look = Look(gate=state.reading.gate, drawn=drawn)
        sheet = Sheet(annotations, look, args.figures, result, clip.name)
        steps = contact_sheet_steps(args.output, sheet, clip.location, opener=open_location)
        progress = ProgressLine(len(annotations.key_frames) + 1)
        for one in steps:
            progress.update(one.done)
        progress.clear()
    print(f"Wrote {args.output.name}")
    return 0


def _measured(
    archive: Archive, state: AppState, clip: ClipFacts, *, pictures: bool
) -> Iterator[FrameResult]:
    """All results in order, measured as the options say; with the clip's frames if wanted."""
    from dataclasses import replace

    from poseviewer.runtime.factories import sequence_measurement

    measure = sequence_measurement(state.reading, state.angles, corrections=state.corrections)
    if not pictures:
        for index in range(archive.begin, archive.next):
            yield measure(_at(archive, index))
        return
    from poseviewer.video.open import open_source
    from poseviewer.video.source import Clip

    with open_source(clip.location) as source:
        if not isinstance(source, Clip) or len(source) != clip.frames:
            msg = f"{clip.location} is another clip than the one that was analysed."
            raise PoseViewerError(msg)
        for frame in source.frames(archive.begin, archive.next - 1):
            yield measure(replace(_at(archive, frame.index), frame=frame))


def _at(archive: Archive, index: int) -> FrameResult:
    found = archive.at(index)
    assert found is not None
    return found


def _chosen(analyses: tuple[Entry, ...], clip: ClipFacts, options: dict[str, Any]) -> Entry:
    """The longest analysis that was made as the options say."""
    wanted = {_CHOICES[name]: value for name, value in options.items() if name in _CHOICES}
    for entry in analyses:
        if all(
            entry.choices.get(name, _UNSAID.get(name)) == value for name, value in wanted.items()
        ):
            return entry
    there = ", ".join(sorted({entry.network for entry in analyses})) or "none"
    msg = f"Nothing is saved of {clip.name} with these choices; there are results of: {there}."
    raise PoseViewerError(msg)


def _found(clip: str) -> SavedFile:
    """The file of a clip that a person names.

    Raises:
        PoseViewerError: Nothing is saved of it, or more than one clip is meant.
    """
    from poseviewer.runtime.saved.analysis import entries

    path = Path(clip)
    if path.name.endswith(ENDING) and path.is_file():
        return saved_file(path)
    beside = path.with_name(path.name + BESIDE)
    if beside.is_file():
        return saved_file(beside)
    identity = _identity(clip) if path.exists() else ""
    found = []
    for file in saved_files(results_folder()):
        with closing(file):
            try:
                facts, _ = entries(file)
            except PoseViewerError as error:
                print(f"poseviewer: {error}", file=sys.stderr)
                continue
        named = not identity and (facts.name == clip or facts.identity.startswith(clip.lower()))
        if named or facts.identity == identity:
            found.append(file)
    if len(found) == 1:
        return found[0]
    if found:
        msg = (
            f"{clip} means {len(found)} clips: give the number that `poseviewer results list` has."
        )
        raise PoseViewerError(msg)
    msg = f"Nothing is saved of {clip}; `poseviewer results list` shows what there is."
    raise PoseViewerError(msg)


def _identity(location: str) -> str:
    """What the content of a clip is recognised by."""
    from poseviewer.runtime.saved.identity import clip_identity
    from poseviewer.runtime.source_thread import described, open_location

    with open_location(location) as source:
        return clip_identity(described(source))


def _facts(file: SavedFile) -> dict[str, Any]:
    """All about a file, as JSON holds it."""
    from poseviewer.runtime.saved.analysis import entries

    clip, analyses = entries(file)
    about = asdict(clip)
    return {
        "number": about.pop("identity"),
        **about,
        "file": str(file.path),
        "bytes": file.path.stat().st_size,
        "analyses": [
            {
                "network": one.network,
                "first": one.begin,
                "last": one.next - 1,
                "changed": datetime.fromtimestamp(one.changed)
                .astimezone()
                .isoformat(timespec="seconds"),
                "engine": one.engine,
                "program": one.program,
                "choices": one.choices,
            }
            for one in analyses
        ],
    }


def _line(one: dict[str, Any], frames: int) -> str:
    """One analysis in a line."""
    count = one["last"] - one["first"] + 1
    span = f"{count} of {frames} frames" + (f" from {one['first']}" if one["first"] else "")
    return f"{one['network']:<18}  {span:<24}  {one['changed'][:16].replace('T', ' ')}"


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
