"""Nothing in the source runs what a file says: no pickles, no shell, no unpacking, no XML."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(
    path for folder in ("poseviewer", "packaging") for path in (ROOT / folder).rglob("*.py")
)

_MODULES = {
    "cloudpickle", "dill", "joblib", "lxml", "marshal", "shelve", "xml", "yaml",
    "requests", "httpx", "aiohttp", "ftplib", "http", "smtplib", "socket", "telnetlib",
    "urllib.request", "xmlrpc", "torch.hub",
}  # fmt: skip
"""Not imported: they run or fetch what they are given, or need care that nothing here takes."""

_FETCHES = ROOT / "poseviewer" / "models" / "download.py"
"""The one module that fetches, when a person asks for a network."""

_NAMES = {"eval", "exec", "compile", "__import__"}
_CALLS = {
    "os.system", "os.popen", "tempfile.mktemp", "torch.hub.load", "torch.jit.load",
    "pickle.load", "pickle.loads", "pickle.Unpickler", "subprocess.getoutput",
}  # fmt: skip
_METHODS = {
    "read_pickle",
    "read_hdf",
    "HDFStore",
    "extract",
    "extractall",
    "testzip",
    "unpack_archive",
    "load_state_dict_from_url",
}
_SAFE = {
    "torch.load": ("weights_only", True),
    "np.load": ("allow_pickle", False),
    # Begins an empty one: only what it reads could be pickles.
    "pd.HDFStore": ("mode", "w"),
}


def offences(source: str) -> list[str]:
    """Calls and imports of a module that could run or fetch what a file names."""
    found = []
    for node in ast.walk(ast.parse(source)):
        wrong = False
        if isinstance(node, ast.Import):
            wrong = any(_forbidden(name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{name.name}" for name in node.names]
            wrong = _forbidden(node.module or "") or any(map(_forbidden, names))
            wrong = wrong or node.module == "pickle"
        elif isinstance(node, ast.Call):
            wrong = _calls_what_is_unsafe(node)
        if wrong:
            found.append(f"line {node.lineno}: {ast.unparse(node)}")  # type: ignore[attr-defined]
    return found


def _forbidden(module: str) -> bool:
    parts = module.split(".")
    return any(".".join(parts[:end]) in _MODULES for end in range(1, len(parts) + 1))


def _calls_what_is_unsafe(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    given = {one.arg: one.value for one in call.keywords}
    if name in _SAFE:
        word, value = _SAFE[name]
        return ast.unparse(given.get(word, ast.Constant(None))) != repr(value)
    if name.startswith("subprocess.") and ast.unparse(given.get("shell", ast.Constant(False))) != (
        "False"
    ):
        return True
    # A method of that name is another thing: torch's eval(), re's compile().
    return name in _NAMES or name in _CALLS or name.rpartition(".")[2] in _METHODS


def test_no_module_runs_what_a_file_says() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in MODULES}
    found = {path: offences(source) for path, source in sources.items()}
    assert len(found) > 100
    fetching = found.pop(_FETCHES)
    assert all("urllib.request" in one or "http.client" in one for one in fetching)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle\npickle.loads(data)",
        "from pickle import load",
        "import yaml",
        "import xml.etree.ElementTree as tree",
        "from xml.etree import ElementTree",
        "from urllib import request",
        "import urllib.request",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.load(path, weights_only=safe)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "pd.read_hdf(path)",
        "eval(text)",
        "exec(text)",
        "archive.extractall(folder)",
        "subprocess.run(command, shell=True)",
        "os.system(command)",
    ],
)
def test_the_check_finds_what_it_is_for(source: str) -> None:
    assert len(offences(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "torch.load(path, weights_only=True)",
        "np.load(path, allow_pickle=False)",
        "module.eval()",
        "re.compile(text)",
        "app.exec()",
        "from urllib.parse import urlparse",
        "subprocess.run([name])",
    ],
)
def test_the_check_lets_the_rest_pass(source: str) -> None:
    assert offences(source) == []
