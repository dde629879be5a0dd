"""The house stands as README draws it: floors, sizes, lazy imports, commands, resources."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from pathlib import Path

import grimp
import pytest

from poseviewer.core.skeleton import load_skeleton

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "poseviewer"
COMMANDS = (
    "view",
    "export",
    "batch",
    "run",
    "results",
    "train",
    "eval",
    "models",
    "bench",
    "devices",
    "doctor",
)
SKELETONS = sorted(path.stem for path in (ROOT / "resources" / "skeletons").glob("*.toml"))


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What an interpreter of its own makes of `arguments`, run in the checkout."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_import_contracts_hold() -> None:
    lint = "from importlinter.cli import lint_imports_command as c; c(['--no-logo'])"
    report = python("-c", lint)
    assert report.returncode == 0, report.stdout + report.stderr


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports inside functions and for type checkers count too: they tie modules as much."""
    graph = grimp.build_graph(PACKAGE.name, include_external_packages=False, cache_dir=None)
    imports = {m: graph.find_modules_directly_imported_by(m) - {m} for m in graph.modules}
    assert circle(imports) == []


def circle(imports: dict[str, set[str]]) -> list[str]:
    """Modules of which each imports the next, the first of them last again; empty for none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_a_circle_would_be_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert len(circle({"a": {"b"}, "b": {"c"}, "c": {"b"}})) == 3


def test_the_wheel_lists_every_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = {name for name in project["tool"]["setuptools"]["packages"] if "_assets" not in name}
    there = {".".join(path.parent.relative_to(ROOT).parts) for path in PACKAGE.rglob("__init__.py")}
    assert listed == there


def test_every_dependency_is_pinned_exactly() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    pins = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8")
    pinned = {plain(line.split("==")[0]) for line in pins.splitlines() if "==" in line}
    assert {plain(re.split(r"[=><;\[ ]", line)[0]) for line in wanted} <= pinned


def test_others_may_install_it_beside_what_they_have() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert not [line for line in project["dependencies"] if "==" in line]
    (qt,) = (line for line in project["dependencies"] if line.startswith("PySide6"))
    # tests/test_pyside_release.py says why.
    assert "!=6.12.0" in qt


def test_readme_can_be_read_on_a_package_index() -> None:
    links = re.findall(r"\]\(([^)]*)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    assert not [link for link in links if not link.startswith("https://")]


def test_documents_name_files_that_are_there() -> None:
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        named = re.findall(r"`([\w.-]+/[\w./-]*)`", page.read_text(encoding="utf-8"))
        lost = [name for name in named if not _there(name)]
        assert not lost, f"{page.name} names {', '.join(lost)}"


def test_code_refers_to_documents_that_are_there() -> None:
    for path in (*PACKAGE.rglob("*.py"), *(ROOT / "resources").rglob("*.toml")):
        for name in re.findall(r"[\w/-]+\.md\b", path.read_text(encoding="utf-8")):
            assert (ROOT / name).is_file(), f"{path.name} refers to {name}"


def _there(name: str) -> bool:
    """Whether a document may name this path: of the checkout, of the package, or one it writes."""
    written = name.startswith(("out/", "OUT", "shared/", "videos/"))
    return written or (ROOT / name).exists() or (PACKAGE / name).exists()


def plain(name: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_floor_says_what_it_is_for() -> None:
    for path in PACKAGE.rglob("__init__.py"):
        assert path.read_text(encoding="utf-8").startswith('"""'), path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_help_with_an_example(command: str) -> None:
    answer = python("-m", "poseviewer", command, "--help")
    assert answer.returncode == 0, answer.stderr
    assert f"example: poseviewer {command}" in answer.stdout


def test_help_and_version_need_neither_qt_nor_torch() -> None:
    heavy = "{'PySide6', 'torch', 'cv2', 'av', 'openvino', 'pyqtgraph'}"
    check = (
        "import sys, poseviewer.cli.main as m; m.build_parser().format_help();"
        f"sys.exit(repr({heavy} & set(sys.modules)) if {heavy} & set(sys.modules) else 0)"
    )
    answer = python("-c", check)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["models", "--json"],
        ["export", "mannequin-clip:160x120@30x3", "-o", "{tmp}/out.mp4", "--data", "csv,json"],
        ["run", "mannequin-clip:160x120@30x2"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_headless_commands_leave_qt_alone(arguments: list[str], tmp_path: Path) -> None:
    filled = [text.format(tmp=tmp_path) for text in arguments]
    check = (
        "import sys; from poseviewer.cli.main import main; status = main(sys.argv[1:]);"
        "sys.exit('Qt was imported' if 'PySide6' in sys.modules else status)"
    )
    answer = python("-c", check, *filled)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("name", SKELETONS)
def test_skeletons_load(name: str) -> None:
    skeleton = load_skeleton(name)
    assert skeleton.joints
    assert skeleton.bones


def test_action_keys_are_unique() -> None:
    from poseviewer.gui.actions import table as actions

    keys = [key for action in actions.ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys)), sorted(key for key in keys if keys.count(key) > 1)
