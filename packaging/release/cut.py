"""Cuts a release: checks, version, changelog, commit, tag, artefacts, checksums.

    python packaging/release/cut.py 0.3.0             cut it; nothing is pushed
    python packaging/release/cut.py 0.3.0 --dry-run   the same, and leave the checkout as it was
    python packaging/release/cut.py --artefacts       the files alone, of the version checked out

All of it happens in a clone, `build/release/tree`. Only when everything went well does the checkout
get the commit and the tag, and `dist/release` the files. Bundles are made by the release workflow
once the tag is pushed.

The tools come from an environment of their own, `build/release/tools`, which requirements.txt pins.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
MADE = ROOT / "build" / "release"
TREE = MADE / "tree"
TOOLS = MADE / "tools"
OUT = ROOT / "dist" / "release"

TESTS = "tests/core tests/codec tests/draw tests/models/test_download.py tests/test_architecture.py"
"""What an sdist tests itself with: all that needs neither the other networks nor a screen."""

_VERSION = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("version", nargs="?", help="such as 0.3.0")
    parser.add_argument("--artefacts", action="store_true", help="only make the files, of HEAD")
    parser.add_argument("--dry-run", action="store_true", help="leave the checkout as it was")
    parser.add_argument("--no-checks", action="store_true", help="neither lint nor test before")
    wanted = parser.parse_args()
    if wanted.artefacts == bool(wanted.version):
        parser.error("name a version, or --artefacts")
    if wanted.artefacts:
        prepare_tools()
        clone()
        if not make_files():
            sys.exit("The files are made, but the audit of the packages has to be made too.")
        return
    require_ready(wanted.version, dry=wanted.dry_run)
    if not wanted.no_checks:
        run("make", "lint", "test", cwd=ROOT)
    prepare_tools()
    clone()
    commit(wanted.version)
    audited = make_files()
    if wanted.dry_run:
        print(f"Dry run: the commit and the tag v{wanted.version} are in {TREE} alone.")
        return
    if not audited:
        sys.exit("Nothing was released: the audit of the packages has to be made first.")
    run("git", "pull", "--quiet", "--ff-only", "--tags", str(TREE), "HEAD", cwd=ROOT)
    print(f"Released: now `git push origin HEAD v{wanted.version}`; the bundles follow from there.")


def commit(version: str) -> None:
    """Write the version in the clone, commit that, and tag it."""
    write_version(TREE, version=version, date=datetime.now(UTC).date().isoformat())
    run("git", "commit", "--quiet", "--all", "--message", f"Release {version}", cwd=TREE)
    about = f"PoseViewer {version}"
    run("git", "tag", "--annotate", f"v{version}", "--message", about, cwd=TREE)


def make_files() -> bool:
    """Make the files of the release of the clone, and list them.

    Returns:
        Whether the packages could be audited.
    """
    version = newest(TREE)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    build(version)
    add_networks()
    add_bill(TREE)
    audited = audit(TREE)
    write_checksums(OUT)
    changes = (TREE / "CHANGELOG.md").read_text(encoding="utf-8")
    OUT.with_name("notes.md").write_text(section(changes, version) + "\n", encoding="utf-8")
    for path in sorted(OUT.iterdir()):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.1f} MB")
    return audited


def require_ready(version: str, *, dry: bool) -> None:
    """See that this version can be cut from what is checked out, or end with a sentence."""
    if _VERSION.fullmatch(version) is None:
        sys.exit(f"{version} is no version such as 0.3.0 or 0.3.0rc1.")
    if output("git", "tag", "--list", f"v{version}", cwd=ROOT):
        sys.exit(f"There is a tag v{version} already: choose the next version.")
    changed = output("git", "status", "--porcelain", cwd=ROOT)
    if changed and not dry:
        sys.exit("The checkout has changes that are not committed: commit or stash them first.")
    if changed:
        print("Changes that are not committed are left out.")
    if not section((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), "Unreleased"):
        sys.exit("CHANGELOG.md says nothing under Unreleased: there is nothing to release.")


def section(changes: str, version: str) -> str:
    """What a changelog says of a version, or under `Unreleased`."""
    head = rf"^## \[{re.escape(version)}\][^\n]*\n"
    found = re.search(rf"{head}(.*?)(?=^## \[|^\[)", changes, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def write_version(tree: Path, *, version: str, date: str) -> None:
    """Write a version where it stands: version.py is the one the program reads."""
    old = newest(tree)
    replace_in(tree / "poseviewer/version.py", r'__version__ = ".*"', f'__version__ = "{version}"')
    changes = tree / "CHANGELOG.md"
    replace_in(changes, r"^## \[Unreleased\]\n", f"## [Unreleased]\n\n## [{version}] - {date}\n")
    compare = "https://github.com/poseviewer/poseviewer/compare"
    replace_in(
        changes,
        r"^\[Unreleased\]: .*$",
        f"[Unreleased]: {compare}/v{version}...main\n[{version}]: {compare}/v{old}...v{version}",
    )
    replace_in(
        tree / "packaging/bundle/io.github.poseviewer.PoseViewer.metainfo.xml",
        r"<releases>\n",
        f'<releases>\n    <release version="{version}" date="{date}"/>\n',
    )
    citation = tree / "docs/CITATION.cff"
    replace_in(citation, r"^version: .*$", f"version: {version}")
    replace_in(citation, r"^date-released: .*$", f"date-released: {date}")


def newest(tree: Path) -> str:
    """The newest version that the changelog of a tree has."""
    changes = (tree / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(r"^## \[(\d[^]]*)\]", changes, re.MULTILINE)
    return found[1] if found else "0.0.0"


def replace_in(path: Path, pattern: str, text: str) -> None:
    """Replace the one place of a file that a pattern finds, or end with a sentence."""
    before = path.read_text(encoding="utf-8")
    after, count = re.subn(pattern, lambda _: text, before, count=2, flags=re.MULTILINE)
    if count != 1:
        sys.exit(f"{path} has {count or 'no'} places for {pattern}, where one was expected.")
    path.write_text(after, encoding="utf-8")


def prepare_tools() -> None:
    """Make the environment of the tools, unless it is there."""
    if not tool("twine").is_file():
        venv.create(TOOLS, with_pip=True, clear=True)
        run(tool("python"), "-m", "pip", "install", "-q", "-r", str(HERE / "requirements.txt"))


def tool(name: str) -> Path:
    """A program of that environment."""
    return TOOLS / ("Scripts" if os.name == "nt" else "bin") / name


def clone() -> None:
    """Clone what is committed."""
    shutil.rmtree(TREE, ignore_errors=True)
    run("git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(TREE), cwd=ROOT)


def build(version: str) -> None:
    """Build the sdist and, from it, the wheel; look into both, and let the sdist test itself."""
    run(tool("python"), "-m", "build", "--outdir", str(OUT), str(TREE))
    wheel, sdist = (
        OUT / f"poseviewer-{version}-py3-none-any.whl",
        OUT / f"poseviewer-{version}.tar.gz",
    )
    run(tool("twine"), "check", "--strict", str(wheel), str(sdist))
    run(tool("check-wheel-contents"), str(wheel))
    unpacked = MADE / "sdist"
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir()
    run("tar", "-xzf", sdist, "-C", unpacked)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS.split()]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    tree = unpacked / f"poseviewer-{version}"
    if subprocess.run(command, cwd=tree, env=environment, check=False).returncode:
        sys.exit("Nothing was released: the sdist does not pass its own tests, see above.")


def add_networks() -> None:
    """Copy the networks of ours that the wheel lacks: installations fetch them from the release."""
    for path in sorted((TREE / "weights").glob("*.safetensors")):
        card = path.with_suffix(".json")
        if card.is_file() and "kind" not in json.loads(card.read_text(encoding="utf-8")):
            shutil.copy2(path, OUT)


def add_bill(tree: Path) -> None:
    """Write which packages an installation consists of, as CycloneDX 1.6 (SBOM)."""
    run(
        tool("cyclonedx-py"), "requirements", str(pins(tree)), "--pyproject",
        str(tree / "pyproject.toml"), "--of", "JSON", "--output-reproducible",
        "-o", str(OUT / "sbom.cdx.json"),
    )  # fmt: skip


def pins(tree: Path) -> Path:
    """Write the packages of an installation with their versions, one a line."""
    hashed = (tree / "packaging/hashes.txt").read_text(encoding="utf-8")
    constraints = (tree / "packaging/constraints.txt").read_text(encoding="utf-8")
    lines = re.findall(r"^[\w.-]+==[^ ;\n]+", hashed, re.MULTILINE)
    # Left out of the hashes.
    lines += re.findall(r"^torch==.+$", constraints, re.MULTILINE)
    path = MADE / "installed.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def audit(tree: Path) -> bool:
    """Ask which of these packages have known holes; say so, and end where there are any.

    Returns:
        Whether the service that knows them could be asked about all.
    """
    command = [tool("pip-audit"), "-r", pins(tree), "--no-deps", "--disable-pip", "--timeout", "30"]
    command += ["--progress-spinner", "off", "--format", "json"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    return judge(done.stdout)


def judge(report: str) -> bool:
    """What pip-audit has found; see `audit`."""
    try:
        found = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        print("The packages could not be audited: pip-audit did not answer.")
        return False
    holes = [f"{one['name']}: {hole['id']}" for one in found for hole in one.get("vulns", ())]
    if holes:
        sys.exit(f"Packages with known holes: {', '.join(holes)}.")
    skipped = [one["name"] for one in found if "skip_reason" in one]
    if skipped:
        print(f"Not audited, as the service does not know them: {len(skipped)} of {len(found)}.")
    else:
        print(f"No known holes in {len(found)} packages.")
    return not skipped


def write_checksums(folder: Path) -> None:
    """Write SHA256SUMS, for `sha256sum --check`."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}"
        for path in sorted(folder.iterdir())
    ]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="utf-8")


def run(*command: str | Path, cwd: Path | None = None) -> None:
    """Run a command, or end with a sentence."""
    if subprocess.run(list(map(str, command)), cwd=cwd, check=False).returncode:
        sys.exit(f"Nothing was released: {Path(command[0]).name} failed, see above.")


def output(*command: str, cwd: Path) -> str:
    """What a command prints."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
