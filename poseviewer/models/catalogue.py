"""The published networks that can be fetched, from resources/models.toml."""

from __future__ import annotations

import difflib
import importlib.util
import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from poseviewer.core.address import redacted
from poseviewer.core.assets import resource, weights
from poseviewer.core.errors import PoseViewerError
from poseviewer.models.facts import read_facts
from poseviewer.models.importers.folder import GRAPH
from poseviewer.models.registry import card, cards, shipped
from poseviewer.version import __version__

_HUB = "https://huggingface.co"
_OURS = "ours"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the files of a network."""

    path: str
    """Under the address of the network."""

    bytes: int
    """Its size."""

    sha256: str
    """Hexadecimal."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A network that can be fetched, and where from."""

    name: str
    """What the model is called afterwards."""

    title: str

    layout: str
    """A name of `importers.layouts`, `graph`, or `ours`."""

    licence: str
    """Of the weights."""

    bytes: int
    """Size of the file, or of all files, as near as it is known."""

    address: str = ""
    """Of the file, or of the folder of several; empty where it lies on the hub."""

    hub: str = ""
    """Repository on the Hugging Face Hub, such as `owner/name`."""

    revision: str = ""
    """Of that repository."""

    file: str = ""
    """Path in that repository."""

    sha256: str = ""
    """Of the file, hexadecimal, or its first digits; empty where it is not known."""

    files: tuple[Part, ...] = ()
    """Where there are several: all of them, the one that is imported first."""

    member: str = ""
    """Of an archive, which of its networks; several files are imported as an archive then."""

    md5: str = ""
    """Of the file, where only that is published: proof against damage, not against intent."""

    @property
    def ours(self) -> bool:
        """Whether it is a network of ours that an installation may lack."""
        return self.layout == _OURS

    @property
    def graph(self) -> bool:
        """Whether its file holds its graph, so that OpenVINO alone runs it."""
        return self.layout == GRAPH

    @property
    def source(self) -> str:
        """The address where its authors, or a copy of theirs, publish it."""
        return self.address or f"{_HUB}/{self.hub}/resolve/{self.revision}/{self.file}"

    @property
    def filename(self) -> str:
        """Name of the file; empty where there are several."""
        return "" if self.files else PurePosixPath(self.source).name

    @property
    def single(self) -> tuple[Entry, ...]:
        """An entry for every file that is to be fetched."""
        return tuple(
            replace(
                self, address=f"{self.address}/{one.path}", bytes=one.bytes, sha256=one.sha256,
                files=(),
            )
            for one in self.files
        ) or (self,)  # fmt: skip

    def location(self, mirror: str = "") -> str:
        """The address to fetch from.

        Args:
            mirror: Address of a folder that has files as NAME/FILE; where it is empty, the
                source counts, or HF_ENDPOINT for what lies on the hub.

        Raises:
            PoseViewerError: The mirror is no address of the web.
        """
        if mirror:
            if re.fullmatch(r"https?://[^\s?#/@]+(/[^\s?#]*)?", mirror) is None:
                msg = (
                    f"The mirror {redacted(mirror)} is no address such as "
                    "https://example.org/networks; it takes no name and no password."
                )
                raise PoseViewerError(msg)
            return f"{mirror.rstrip('/')}/{self.name}/{self.filename}".rstrip("/")
        if self.hub and importlib.util.find_spec("huggingface_hub") is not None:
            from huggingface_hub import hf_hub_url

            return str(hf_hub_url(self.hub, self.file, revision=self.revision))
        return self.source

    @property
    def here(self) -> bool:
        """Whether a model of this name can run already."""
        return any(one.name == self.name and one.trained for one in cards())


@cache
def catalogue() -> tuple[Entry, ...]:
    """Every network that can be fetched, in the order of the file."""
    rows = tomllib.loads(resource("models.toml").read_text(encoding="utf-8"))["network"]
    return tuple(_ours(row) if row["layout"] == _OURS else _theirs(row) for row in rows)


def _theirs(row: dict[str, Any]) -> Entry:
    files = tuple(Part(**one) for one in row.pop("files", ()))
    size = sum(one.bytes for one in files) or row.pop("bytes")
    return Entry(**row, bytes=size, files=files)


def _ours(row: dict[str, str]) -> Entry:
    card_of = card(row["name"])
    known = read_facts(weights(f"{row['name']}.json"))
    return Entry(
        name=card_of.name,
        title=card_of.title,
        layout=_OURS,
        licence=card_of.licence,
        bytes=known["bytes"],
        address=row["address"].format(version=__version__),
        sha256=known["sha256"],
    )


def entry(name: str) -> Entry:
    """The network of this name.

    Raises:
        PoseViewerError: There is none, or it ships with every installation.
    """
    for one in catalogue():
        if one.name == name:
            return one
    if any(one.name == name and one.trained for one in shipped()):
        msg = f"{name} ships with PoseViewer and is here already."
        raise PoseViewerError(msg)
    near = difflib.get_close_matches(name, [one.name for one in catalogue()], n=1)
    hint = f"did you mean {near[0]}?" if near else "`poseviewer models available` lists them."
    msg = f"No network called {name!r} can be fetched; {hint}"
    raise PoseViewerError(msg)
