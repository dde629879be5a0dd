"""What data files say of how they were made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poseviewer.core.filters import RAW, Filter
from poseviewer.core.repetitions import AUTOMATIC, RepetitionChoice
from poseviewer.records.record import Record
from poseviewer.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.core.files import OutputSet
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton


def text_of(name: str) -> str:
    """Return the name of a file as text that every format holds."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class About:
    """How the results in a data file were made."""

    source: str = ""
    """Name of the clip, without its folder."""

    size: tuple[int, int] = (0, 0)
    """Width and height of its frames; (0, 0) where unknown."""

    rate: float = 0.0
    """Frames a second of the source; 0 where unknown."""

    network: str = ""
    """Name of the network."""

    gate: float = 0.0
    """The confidence below which joints are left out of angles."""

    smoothing: str = ""
    """Title of the filter on the joints that are drawn, and written beside the raw ones where the
    format has room; empty for none."""

    filter: Filter = RAW
    """What is done to curves that are written; raw values are written beside them where the format
    has room."""

    stage: int | None = None
    """The 0-based stage whose answer is written; None for the last one."""

    timing: str = ""
    """How the times of the video beside it differ from the source's, which data always has; empty
    where they do not."""

    corrections: str = ""
    """What a person has put right in what is written, such as `12 joints in 3 frames`; empty for
    nothing."""

    beside: str = ""
    """Name of the network or the clip beside it in the video; data is not of it."""

    metres_per_pixel: float | None = None
    """The scale in the plane of movement; None where unknown."""

    height: float | None = None
    """Stature of the person in metres, from which the scale is taken where it is not given."""

    repetition: RepetitionChoice = AUTOMATIC
    """What counts as a repetition."""

    def __post_init__(self) -> None:
        """Make names text: those of files need not be."""
        for name in ("source", "network"):
            object.__setattr__(self, name, text_of(getattr(self, name)))

    @property
    def program(self) -> str:
        """The program and its version."""
        return f"PoseViewer {__version__}"

    @property
    def drawn(self) -> str:
        """What a video with skeletons says of them."""
        beside = f", beside {self.beside}" if self.beside else ""
        return f"{self.program}, {self.network}{beside}; joints drawn: {self.smoothing or 'raw'}"

    @property
    def figures(self) -> tuple[str, ...]:
        """What a picture can say of itself: the source, and what draws the joints."""
        width, height = self.size
        rate = f"   {self.rate:.4g} fps" if self.rate else ""
        size = f"{width}×{height}"  # noqa: RUF001 - the sign for sizes
        return f"{self.source}   {size}{rate}", f"{self.network}   joints: {self.joints}"

    @property
    def joints(self) -> str:
        """The filter on joints in a word or two, without its parameters."""
        return self.smoothing.partition(",")[0] or "raw"

    def words(self) -> str:
        """One line for a text header, without tabs, `=` and line ends."""
        parts = [self.program, f"source: {self.source}", f"network: {self.network}"]
        if self.stage is not None:
            parts.append(f"stage: output {self.stage} from 0")
        if self.corrections:
            parts.append(f"corrected by hand: {self.corrections}")
        parts.append(f"filter: {self.filter.title}")
        return " ".join("; ".join(parts).replace("=", " ").split())

    def table(self, skeleton: Skeleton | None = None) -> dict[str, object]:
        """As JSON holds it."""
        table: dict[str, object] = {
            "program": self.program,
            "source": self.source,
            "width": self.size[0],
            "height": self.size[1],
            "rate": self.rate,
            "network": self.network,
            "stage": self.stage,
            "gate": self.gate,
            "smoothing": self.smoothing or "raw",
            "filter": self.filter.title,
            "corrections": self.corrections or "none",
            "metres_per_pixel": self.metres_per_pixel,
            "height_m": self.height,
            "coordinates": "source pixels; 0, 0 is the centre of the top left pixel; y points down",
            "video": self.timing or "the source's own times",
            "time": "seconds, the container's own time of each frame",
        }
        if skeleton is not None:
            table |= {"joints": list(skeleton.joints), "bones": [list(b) for b in skeleton.bones]}
        return table


class AboutFile(Record):
    """`OUT_about.json`: how the data files beside it were made."""

    def __init__(self, path: Path, *, outputs: OutputSet, about: About) -> None:
        self.path, self._about = path, about
        self._part = outputs.file(path)
        self._skeleton: Skeleton | None = None

    def add(self, result: FrameResult) -> None:
        """Note the skeleton."""
        self._skeleton = result.poses.skeleton

    def finish(self) -> None:
        """Write the file."""
        text = json.dumps(self._about.table(self._skeleton), indent=1)
        self._part.write_text(text + "\n", encoding="utf-8")
