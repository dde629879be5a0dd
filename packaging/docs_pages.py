"""Pages of the documentation whose source lies elsewhere; mkdocs calls these functions.

The guide is what the window shows, so it lies in resources/guide; glossary, changelog and the
notes for contributors lie at the top.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parents[1]
TOP = ("CHANGELOG.md", "CONTRIBUTING.md", "GLOSSARY.md")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the pages of the guide in the navigation, in the order of their numbers."""
    for entry in config.nav or ():
        if isinstance(entry, dict) and "Guide" in entry:
            entry["Guide"] = [f"guide/{path.name}" for path in _guide() if path.suffix == ".md"]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, and the pictures of the guide."""
    for path in _guide():
        files.append(File.generated(config, f"guide/{path.name}", abs_src_path=str(path)))
    for name in TOP:
        files.append(File.generated(config, name.lower(), abs_src_path=str(ROOT / name)))
    return files


def _guide() -> list[Path]:
    return sorted((ROOT / "resources" / "guide").iterdir())
