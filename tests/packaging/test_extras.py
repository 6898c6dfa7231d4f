"""Who lacks an extra is told which; who does not use one is not slowed down, or surprised."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import accsyn_async
from accsyn_async.extras import absent, missing, need

ROOT = Path(accsyn_async.__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FLOORS = {
    "cli": {"cli", "socks"},
    "cells.py": {"cli"},
    "dashboard": {"dashboard"},
    "progress": {"cli"},
    "relay": {"relay"},
    "serving": {"dashboard"},
    "transport": {"socks"},
    "sandbox": {"cli"},
}
"""What may be imported beside the plain install, by floor."""
OTHERS = {"pytest", "tqdm"}
"""Brought by no extra: who uses our plugin or bar has them."""
PARTS = {"multidict": "aiohttp", "yarl": "aiohttp", "nkeys": "nats-py", "cryptography": "trustme"}
"""What belongs to another package, which is declared."""


@pytest.mark.parametrize(
    ("lacking", "module", "told"),
    [
        ("cyclopts", "accsyn_async.cli.app", "cyclopts is not installed: pip install 'accsyn-async[cli]'"),
        ("rich", "accsyn_async.cells", "rich is not installed: pip install 'accsyn-async[cli]'"),
        ("rich", "accsyn_async.progress.rich_bars", "rich is not installed: pip install 'accsyn-async[cli]'"),
        (
            "prometheus_client",
            "accsyn_async.dashboard.metrics",
            "prometheus_client is not installed: pip install 'accsyn-async[dashboard]'",
        ),
        (
            "prometheus_client",
            "accsyn_async.serving.families",
            "prometheus_client is not installed: pip install 'accsyn-async[dashboard]'",
        ),
        (
            "aiohttp_sse",
            "accsyn_async.dashboard.web.pages",
            "aiohttp_sse is not installed: pip install 'accsyn-async[dashboard]'",
        ),
        (
            "textual",
            "accsyn_async.dashboard.top.app",
            "textual is not installed: pip install 'accsyn-async[dashboard]'",
        ),
        ("nats", "accsyn_async.relay", "nats is not installed: pip install 'accsyn-async[relay]'"),
        (
            "aiohttp_socks",
            "accsyn_async.transport.socks",
            "aiohttp_socks is not installed: pip install 'accsyn-async[socks]'",
        ),
        ("pytest", "accsyn_async.testing", "pytest is not installed: pip install pytest"),
    ],
)
def test_without_the_extra_the_import_says_what_to_install(lacking: str, module: str, told: str) -> None:
    code = (
        f"import sys\nsys.modules[{lacking!r}] = None\n"
        "try:\n"
        f"    import {module}\n"
        "except ModuleNotFoundError as error:\n"
        f"    print(error.name, error, sep='|')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == f"{lacking}|{told}\n"


def test_the_dashboards_and_bars_say_it_where_they_are_asked_for() -> None:
    code = (
        "import sys\nsys.modules['aiohttp_sse'] = sys.modules['rich'] = None\n"
        "from accsyn_async import dashboard, progress\n"
        "for ask in (lambda: dashboard.app, lambda: progress.rich_progress([])):\n"
        "    try:\n"
        "        ask()\n"
        "    except ImportError as error:\n"
        "        print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "aiohttp_sse is not installed: pip install 'accsyn-async[dashboard]'",
        "rich_progress draws with rich, which is not there: pip install rich, or 'accsyn-async[cli]'",
    ]


def test_what_is_not_there_is_not_listed_either() -> None:
    """Or `help(accsyn_async)` would fail."""
    code = (
        "import sys, inspect, accsyn_async\n"
        "assert 'relay' in dir(accsyn_async)\n"
        "sys.modules['nats'] = None\n"
        "inspect.getmembers(accsyn_async)\n"
        "assert 'relay' not in dir(accsyn_async)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_plugin_does_next_to_nothing_for_those_who_do_not_use_it(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text(
        "import sys\nimport threading\n\n\ndef test_other():\n"
        "    heavy = ['aiohttp', 'sqlite3', 'tenacity', 'accsyn_async.sandbox', 'accsyn_async.session']\n"
        "    assert [name for name in heavy if name in sys.modules] == []\n"
        "    assert threading.active_count() == 1\n"
    )
    # pytest with this plugin, as it is found by its entry point, and without the others that are here.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    command += [
        word for name in ("anyio", "asyncio", "xdist", "hypothesispytest") for word in ("-p", f"no:{name}")
    ]
    done = subprocess.run([*command, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    listed = subprocess.run([*command, "--fixtures"], cwd=tmp_path, capture_output=True, text=True)
    assert "accsyn_sandbox" in listed.stdout


def test_every_import_is_of_something_that_is_declared() -> None:
    """Also what another package happens to bring along."""
    extras = PROJECT["optional-dependencies"]
    plain = names_of(PROJECT["dependencies"])
    distributions = packages_distributions()
    root = ROOT / "accsyn_async"
    wrong = []
    for path in sorted(root.rglob("*.py")):
        floor = path.relative_to(root).parts[0]
        allowed = plain | OTHERS
        for extra in FLOORS.get(floor, set()):
            allowed |= names_of(extras[extra])
        for name in imported(path):
            if name in sys.stdlib_module_names or name == "accsyn_async":
                continue
            brought_by = {canonicalize_name(one) for one in distributions.get(name, [name])}
            if not {*brought_by, *(PARTS.get(one, one) for one in brought_by)} & allowed:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_a_message_names_the_package_and_the_extra() -> None:
    assert absent("json", "accsyn_async") == []
    assert absent("json", "no_such_module", "nor_this") == ["no_such_module", "nor_this"]
    with pytest.raises(ModuleNotFoundError) as caught:
        need("x", "no_such_module", "json", "nor_this")
    assert str(caught.value) == (
        "no_such_module and nor_this are not installed: pip install 'accsyn-async[x]'"
    )
    assert caught.value.name == "no_such_module"
    told = missing(ModuleNotFoundError("No module named 'a.b'", name="a.b"), "x")
    assert (str(told), told.name) == ("a is not installed: pip install 'accsyn-async[x]'", "a")


def names_of(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def imported(path: Path) -> set[str]:
    """Top-level names of all that a module imports, wherever in it, but for type checkers alone."""
    names = set()
    ahead: list[ast.AST] = [ast.parse(path.read_text())]
    while ahead:
        node = ahead.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            ahead += node.orelse
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module.partition(".")[0])
        ahead += ast.iter_child_nodes(node)
    return names
