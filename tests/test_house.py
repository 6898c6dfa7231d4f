"""The house rules that a tool can keep: floors, docstrings, quiet imports."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import accsyn_async

ROOT = Path(accsyn_async.__file__).parents[1]
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(accsyn_async.__path__, "accsyn_async.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", ["accsyn_async", *MODULES])
def test_the_examples_in_docstrings_run(name: str) -> None:
    module = importlib.import_module(name)
    failures, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert failures == 0


def test_everything_public_is_there_and_sorted() -> None:
    assert accsyn_async.__all__ == sorted(accsyn_async.__all__)
    for name in accsyn_async.__all__:
        assert getattr(accsyn_async, name) is not None


def test_what_is_imported_later_is_there_all_the_same() -> None:
    code = (
        "import sys, accsyn_async\n"
        "assert set(accsyn_async.__all__) <= set(dir(accsyn_async))\n"
        "import accsyn_async.testing, accsyn_async.sandbox, accsyn_async.cli.sandbox\n"
        "later = {'accsyn_async.session', 'accsyn_async.transport', 'accsyn_async.monitor'}\n"
        "assert not later & set(sys.modules), later & set(sys.modules)\n"
        "from accsyn_async import *\n"
        "assert Session is accsyn_async.session.Session\n"
        "assert where is accsyn_async.where\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    with pytest.raises(AttributeError, match="'accsyn_async' has no attribute 'sesion'"):
        _ = accsyn_async.sesion  # type: ignore[attr-defined]


def test_importing_it_starts_nothing_and_loads_nothing_that_is_not_needed() -> None:
    code = (
        "import sys, threading, logging, accsyn_async\n"
        "heavy = {'tenacity', 'rich', 'cyclopts', 'trustme', 'cryptography', 'nats', 'textual',\n"
        "         'aiohttp_socks', 'accsyn_async.sandbox', 'accsyn_async.cli', 'sqlite3'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert threading.active_count() == 1\n"
        "assert logging.getLogger().handlers == []\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_floors_stand() -> None:
    """Imports run one way; the contracts are in pyproject.toml."""
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    # In a process of its own: it reconfigures logging.
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_merge_was_left_half_done() -> None:
    kinds = {".py", ".md", ".toml", ".yml", ".json", ".js", ".css", ".html"}
    kept = ("accsyn_async", "benchmarks", "docs", "examples", "tests")
    files = [path for folder in kept for path in (ROOT / folder).rglob("*") if path.suffix in kinds]
    files += [path for path in ROOT.iterdir() if path.suffix in kinds]
    mark = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
    assert [path for path in files if mark.search(path.read_text("utf-8", "replace"))] == []
    assert len(files) > 500
