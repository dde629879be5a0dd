"""Cutting a release: the version goes everywhere it stands, and nothing is released half."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from poseviewer.version import __version__

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "packaging" / "release" / "cut.py"
PLACES = (
    "poseviewer/version.py",
    "CHANGELOG.md",
    "packaging/bundle/io.github.poseviewer.PoseViewer.metainfo.xml",
    "docs/CITATION.cff",
)


@pytest.fixture(scope="module")
def cut():
    spec = importlib.util.spec_from_file_location("cut", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The files of the checkout that a version stands in."""
    for place in PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / place, tmp_path / place)
    return tmp_path


def test_every_place_has_the_version_of_now(cut) -> None:
    assert cut.newest(ROOT) == __version__
    citation = (ROOT / "docs/CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {__version__}\n" in citation


def test_a_version_is_written_everywhere(cut, tree) -> None:
    before = cut.section((tree / "CHANGELOG.md").read_text(encoding="utf-8"), "Unreleased")
    cut.write_version(tree, version="7.8.9", date="2031-02-03")
    texts = {place: (tree / place).read_text(encoding="utf-8") for place in PLACES}
    assert '__version__ = "7.8.9"' in texts["poseviewer/version.py"]
    assert '<release version="7.8.9" date="2031-02-03"/>' in texts[PLACES[2]]
    assert "version: 7.8.9\ndate-released: 2031-02-03\n" in texts["docs/CITATION.cff"]
    changes = texts["CHANGELOG.md"]
    assert cut.newest(tree) == "7.8.9"
    assert cut.section(changes, "Unreleased") == ""
    assert cut.section(changes, "7.8.9") == before != ""
    assert f"/compare/v{__version__}...v7.8.9\n" in changes
    assert "[Unreleased]: https://github.com/poseviewer/poseviewer/compare/v7.8.9...main" in changes


def test_a_place_that_is_not_there_ends_it(cut, tree) -> None:
    (tree / "poseviewer/version.py").write_text("nothing here\n")
    with pytest.raises(SystemExit, match="has no places for"):
        cut.write_version(tree, version="7.8.9", date="2031-02-03")


@pytest.fixture
def checkout(cut, tree, monkeypatch) -> Path:
    """The tree as a repository of its own."""
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *command], cwd=tree, check=True)
    monkeypatch.setattr(cut, "ROOT", tree)
    return tree


def test_what_cannot_be_released_is_said_before(cut, checkout, capsys) -> None:
    cut.require_ready("7.8.9", dry=False)
    with pytest.raises(SystemExit, match="is no version"):
        cut.require_ready("v7", dry=False)
    (checkout / "CHANGELOG.md").write_text("## [Unreleased]\n\n## [0.1.0] - 2026-11-22\n- x\n")
    with pytest.raises(SystemExit, match="not committed"):
        cut.require_ready("7.8.9", dry=False)
    with pytest.raises(SystemExit, match="nothing under Unreleased"):
        cut.require_ready("7.8.9", dry=True)
    assert "left out" in capsys.readouterr().out
    subprocess.run(["git", "tag", "v7.8.9"], cwd=checkout, check=True)
    with pytest.raises(SystemExit, match=r"a tag v7\.8\.9 already"):
        cut.require_ready("7.8.9", dry=True)


@pytest.mark.parametrize(
    ("packages", "audited", "told"),
    [
        ([{"name": "av", "version": "1", "vulns": []}], True, "No known holes in 1 packages"),
        ([{"name": "av", "skip_reason": "unknown"}], False, "Not audited.* 1 of 1"),
    ],
)
def test_the_audit_says_what_it_could_not_ask(packages, audited, told, cut, capsys) -> None:
    assert cut.judge(json.dumps({"dependencies": packages})) is audited
    assert re.search(told, capsys.readouterr().out)


def test_a_known_hole_or_no_answer_ends_the_release(cut, capsys) -> None:
    hole = {"dependencies": [{"name": "av", "vulns": [{"id": "CVE-1"}]}]}
    with pytest.raises(SystemExit, match="av: CVE-1"):
        cut.judge(json.dumps(hole))
    assert cut.judge("") is False
    assert "did not answer" in capsys.readouterr().out


def test_checksums_are_those_of_sha256sum(cut, tmp_path) -> None:
    (tmp_path / "a.bin").write_bytes(b"abc")
    cut.write_checksums(tmp_path)
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.bin\n"
    assert (tmp_path / "SHA256SUMS").read_text() == known


def test_the_list_of_packages_has_all_that_is_pinned_for_a_run(cut, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(cut, "MADE", tmp_path)
    names = [line.split("==")[0] for line in cut.pins(ROOT).read_text().splitlines()]
    assert {"av", "numpy", "openvino", "scipy", "torch"} <= set(names)
    assert len(set(names)) == len(names)


def test_the_release_workflow_builds_on_three_systems_what_is_here() -> None:
    yaml = pytest.importorskip("yaml")
    text = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    systems = {
        one["system"].split("-")[0] for one in jobs["bundle"]["strategy"]["matrix"]["include"]
    }
    assert systems == {"ubuntu", "macos", "windows"}
    for script in re.findall(r"python (packaging/\S+\.py)", text):
        assert (ROOT / script).is_file()
    # What the sdist tests itself with is there.
    tests = re.search(r'TESTS = "([^"]*)"', SCRIPT.read_text(encoding="utf-8"))
    assert all((ROOT / path).exists() for path in tests[1].split())
