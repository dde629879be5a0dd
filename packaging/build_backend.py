"""setuptools' build backend, with the list of what goes into the sdist.

The list is no MANIFEST.in at the top of the checkout, where setuptools would look for it, but
stands here and is there only while the sdist is built.
"""

from __future__ import annotations

from pathlib import Path

from setuptools.build_meta import (
    build_editable,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)
from setuptools.build_meta import build_sdist as build_sdist_as_listed

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

MANIFEST = """\
graft .github
graft docs
graft examples
graft packaging
graft poseviewer
graft resources
graft tests
include CHANGELOG.md CONTRIBUTING.md GLOSSARY.md Makefile mkdocs.yml
include weights/README.md
prune resources/screenshots
global-exclude __pycache__/* *.py[cod]
"""
"""What an sdist has beside what the wheel has; the networks that it lacks are fetched."""


def build_sdist(sdist_directory: str, config_settings: dict[str, str] | None = None) -> str:
    """Build an sdist, and return its name."""
    manifest = Path("MANIFEST.in")
    manifest.write_text(MANIFEST, encoding="utf-8")
    try:
        name: str = build_sdist_as_listed(sdist_directory, config_settings)
    finally:
        manifest.unlink()
    return name
