"""The report of a recording: what was captured, analysed and lost, beside the video."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from poseviewer.core.files import write_file

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.runtime.recording.annotated import ResultRecorder
    from poseviewer.runtime.state import SourceInfo


class RecordingReport:
    """Written as `<video>_report.json` when a recording is complete.

    Args:
        source: What is recorded.
    """

    def __init__(self, source: SourceInfo) -> None:
        self._source = source
        self._began = datetime.now().astimezone()
        self._networks: list[dict[str, str]] = []

    def used(self, model: str, engine: str, *, smoothing: str) -> None:
        """Note the network and engine that analysed a frame, and the filter on its joints."""
        entry = {"model": model, "engine": engine, "smoothing": smoothing or "raw"}
        if not self._networks or self._networks[-1] != entry:
            self._networks.append(entry)

    def write(
        self,
        *,
        video: Path,
        frames: int,
        seconds: float,
        captured: int,
        overruns: int,
        analysed: int,
        ended: str,
        beside: ResultRecorder | None,
    ) -> Path:
        """Write the report, complete or not at all.

        Raises:
            OSError: The folder cannot be written to.
        """
        width, height = self._source.size
        facts = {
            "source": self._source.name,
            "size": [width, height],
            "promised_rate": self._source.rate,
            "began": self._began.isoformat(timespec="milliseconds"),
            "ended": datetime.now().astimezone().isoformat(timespec="milliseconds"),
            "ended_because": ended,
            "seconds": round(seconds, 6),
            "networks": self._networks,
            "frames": {
                "captured": captured,
                "written": frames,
                "overruns": overruns,
                "analysed": analysed,
                "dropped_before_analysis": max(captured - analysed, 0),
                "annotated": beside.frames if beside is not None else 0,
                "annotated_overruns": beside.overruns if beside is not None else 0,
            },
            "files": {
                "video": video.name,
                "annotated": beside.video.name if beside and beside.video else None,
                "data": [file.name for file in beside.files] if beside else [],
            },
        }
        path = video.with_name(f"{video.stem}_report.json")
        write_file(path, json.dumps(facts, indent=2) + "\n")
        return path
