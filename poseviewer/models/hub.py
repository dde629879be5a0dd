"""Fetches a checkpoint from the Hugging Face hub by name, through huggingface_hub.

The package is an option (`pip install "poseviewer[hub]"`): its cache, mirror and tokens count, and
nothing is asked of the hub unless a person names a repository.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from poseviewer.core.errors import PoseViewerError

PREFIX = "hf:"
"""Before the name of a repository, such as `hf:usyd-community/vitpose-base-simple`."""

_FILES = (".safetensors", ".pth", ".pt", ".bin")
"""Endings of checkpoints, the safest first."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """A checkpoint on the hub, not fetched."""

    repository: str
    """Such as `usyd-community/vitpose-base-simple`."""

    file: str
    revision: str
    """Hash of the commit, so that the file is the one whose size was said."""

    bytes: int
    licence: str
    """As the repository states it; empty where it does not."""


def look_up(name: str, *, endpoint: str | None = None) -> HubFile:
    """Find the checkpoint of a repository; nothing of it is fetched.

    Args:
        name: `owner/name`, with `/file` behind it where one of several is meant.
        endpoint: Address of the hub; what HF_ENDPOINT says, else the public one, where None.

    Raises:
        PoseViewerError: huggingface_hub is not installed, the hub cannot be asked, or it has no
            such repository or checkpoint.
    """
    _require()
    from huggingface_hub import HfApi

    owner, _, rest = name.partition("/")
    plain, _, wanted = rest.partition("/")
    if not owner or not plain:
        msg = f"{name!r} is no repository of the hub, such as usyd-community/vitpose-base-simple."
        raise PoseViewerError(msg)
    repository = f"{owner}/{plain}"
    try:
        info = HfApi(endpoint=endpoint).model_info(repository, files_metadata=True)
    except Exception as error:
        # Without a network it is of the library below the hub's, which changes.
        raise PoseViewerError(_refusal(repository, error)) from error
    sizes = {one.rfilename: one.size or 0 for one in info.siblings or ()}
    found = [file for end in _FILES for file in sorted(sizes) if file.endswith(end)]
    if wanted:
        found = [wanted] if wanted in sizes else []
    if not found:
        what = wanted or "checkpoint that PoseViewer reads"
        msg = f"{repository} has no {what} on the hub."
        raise PoseViewerError(msg)
    stated = None if info.card_data is None else info.card_data.license
    return HubFile(
        repository, found[0], info.sha or "main", sizes[found[0]], str(stated) if stated else ""
    )


def fetch(found: HubFile, *, endpoint: str | None = None) -> Path:
    """Return the place of a checkpoint in the hub's own cache, fetching what it lacks.

    Raises:
        PoseViewerError: It cannot be fetched.
    """
    _require()
    from huggingface_hub import hf_hub_download

    try:
        path = hf_hub_download(
            found.repository, found.file, revision=found.revision, endpoint=endpoint
        )
    except Exception as error:
        raise PoseViewerError(_refusal(found.repository, error)) from error
    return Path(path)


def _require() -> None:
    if importlib.util.find_spec("huggingface_hub") is None:
        msg = (
            "Checkpoints are fetched from the hub by huggingface_hub, which is not installed: "
            'install "poseviewer[hub]", or fetch the file yourself and import it.'
        )
        raise PoseViewerError(msg)


def _refusal(repository: str, error: Exception) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        why = "it is not there, or only given to those who have an account there"
    elif status == 404:
        why = "it is not there"
    else:
        why = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    return f"{repository} cannot be fetched from the hub: {why}."
