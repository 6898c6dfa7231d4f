"""Shells complete commands and options: bash, zsh and fish, for real."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from accsyn_async.cli.app import make_app
from tests.cli.conftest import Cli
from tests.cli.shells import Zsh, fish, shell, zsh_with

COMMANDS = {name for name in make_app() if not name.startswith("-")}
ASK = """
source "$SCRIPT"
COMP_WORDS=("$@")
COMP_CWORD=$(( $# - 1 ))
_accsyn_async
printf '%s\\n' "${COMPREPLY[@]}"
"""


Complete = Callable[..., set[str]]


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What bash is told."""
    path = tmp_path_factory.mktemp("completion") / "accsyn-async.bash"
    path.write_text(make_app().generate_completion(shell="bash"))
    return path


@pytest.fixture
def complete(script: Path, tmp_path: Path) -> Complete:
    """What bash offers for the last of some words: ``complete("watch", "--ti")``."""

    def offered(*words: str) -> set[str]:
        argv = [shell("bash"), "--norc", "--noprofile", "-c", ASK, "bash", "accsyn-async", *words]
        env = {**os.environ, "SCRIPT": str(script)}
        done = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=30)
        assert (done.returncode, done.stderr) == (0, ""), done
        return set(done.stdout.split())

    return offered


def test_bash_completes_commands(complete: Complete) -> None:
    assert complete("") == COMMANDS
    assert complete("wa") == {"watch"}
    assert complete("do") == {"doctor"}
    assert complete("nothing") == set()
    assert {"--help", "--version"} <= complete("-")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("watch", "--ti"), {"--timeout"}),
        (("watch", "--json", "--from", "nats://host", "--du"), {"--durable"}),
        (("find", "Transfer WHERE status=running", "--li"), {"--limit"}),
        (("doctor", "--of"), {"--offline"}),
        (("submit", "a.mov", "site=berlin", "--kind", "del"), {"delivery"}),
        (("schema", "tr"), {"transfer"}),
        (("completion", ""), {"bash", "zsh", "fish"}),
        (("watch", "--envfile", "my"), {"my.env"}),
        (("doctor", "--checkpoint", "se"), {"seen.ckpt"}),
        (("submit", "job"), {"job.json"}),
        (("validate", "--strict", "job"), {"job.json"}),
    ],
)
def test_bash_completes_options_and_what_they_take(
    complete: Complete, tmp_path: Path, words: tuple[str, ...], offered: set[str]
) -> None:
    for name in ("my.env", "seen.ckpt", "job.json"):
        (tmp_path / name).touch()
    assert complete(*words) == offered


@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_bash_knows_every_option_of_every_command(cli: Cli, complete: Complete, name: str) -> None:
    page = (await cli(name, "--help")).out
    options = set(re.findall(r"^│ (--[a-z-]+)", page, re.MULTILINE))
    assert options or name in ("completion", "schema")
    assert options | {"--help"} <= complete(name, "--")


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
async def test_each_shell_has_its_script(cli: Cli, name: str) -> None:
    ran = await cli("completion", name)
    assert (ran.code, ran.err) == (0, "")
    assert set(ran.out.replace("'", " ").replace(":", " ").replace('"', " ").split()) >= COMMANDS
    assert "--envfile" in ran.out
    check = subprocess.run(  # noqa: ASYNC221 - it asks nobody
        [shell(name), "-n"], input=ran.out, capture_output=True, text=True, timeout=30
    )
    assert (check.returncode, check.stderr) == (0, "")


def test_a_shell_that_is_not_here_is_no_reason_to_skip(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(pytest.fail.Exception, match="in a real zsh: apt-get install zsh"):
        shell("zsh")


LINES = {
    "accsyn-async wa": "accsyn-async watch ",
    "accsyn-async watch --ti": "accsyn-async watch --timeout ",
    "accsyn-async find 'Transfer WHERE status=running' --li": (
        "accsyn-async find 'Transfer WHERE status=running' --limit "
    ),
    "accsyn-async submit a.mov --kind del": "accsyn-async submit a.mov --kind delivery ",
    "accsyn-async completion fi": "accsyn-async completion fish ",
    "accsyn-async doctor --checkpoint se": "accsyn-async doctor --checkpoint seen.ckpt ",
    "accsyn-async validate --strict job": "accsyn-async validate --strict job.json ",
}
"""What they are when Tab was pressed at their end."""


def assert_completes(zsh: Zsh) -> None:
    assert {line: zsh.tab(line).line for line in LINES} == LINES
    shown = zsh.tab("accsyn-async ").shown
    assert all(re.search(rf"^{name} +-- ", shown, re.MULTILINE) for name in COMMANDS), shown


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where somebody is at home, and has files."""
    for name in ("seen.ckpt", "job.json"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize("name", ["_accsyn-async", "_cyclopts_accsyn-async", "_of-mine"])
async def test_zsh_completes_with_the_script_in_its_fpath(cli: Cli, folder: Path, name: str) -> None:
    with zsh_with(folder, name, (await cli("completion", "zsh")).out) as zsh:
        assert_completes(zsh)


async def test_the_help_page_names_a_file_that_zsh_completes_with(cli: Cli, folder: Path) -> None:
    page = (await cli("completion", "--help")).out
    named = re.search(r"accsyn-async completion zsh > ~/\.zfunc/(\S+)$", page, re.MULTILINE)
    assert named is not None
    with zsh_with(folder, named[1], (await cli("completion", "zsh")).out) as zsh:
        assert zsh.tab("accsyn-async wa").line == "accsyn-async watch "


async def test_zsh_completes_with_the_script_sourced(cli: Cli, folder: Path) -> None:
    script = folder / "completion.zsh"
    script.write_text((await cli("completion", "zsh")).out)
    with Zsh(folder, script) as zsh:
        assert_completes(zsh)


async def test_zsh_completes_when_it_was_installed(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("ZSH", raising=False)
    monkeypatch.delenv("ZSH_CUSTOM", raising=False)
    ran = await cli("completion", "zsh", "--install")
    assert ran.code == 0
    # Until its start file asks for it, zsh completes nothing at all.
    assert ran.out.endswith("let ~/.zshrc end with: autoload -Uz compinit && compinit\n")
    with Zsh(folder) as zsh:
        assert_completes(zsh)
    again = await cli("completion", "zsh", "--install")
    assert (again.code, len(again.out.splitlines())) == (0, 1)


async def test_oh_my_zsh_has_a_place_for_it(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("ZSH_CUSTOM", str(folder))
    ran = await cli("completion", "zsh", "--install")
    assert (ran.code, len(ran.out.splitlines())) == (0, 1)
    script = (await cli("completion", "zsh")).out
    assert (folder / "completions/_cyclopts_accsyn-async").read_text() == script
    assert not (folder / ".zshrc").exists()


async def test_fish_completes(cli: Cli, folder: Path) -> None:
    script = folder / ".config/fish/completions/accsyn-async.fish"
    script.parent.mkdir(parents=True)
    script.write_text((await cli("completion", "fish")).out)
    assert fish(folder, "accsyn-async ") >= COMMANDS
    for line, whole in LINES.items():
        assert fish(folder, line) == {whole.split()[-1]}


async def test_it_puts_itself_where_the_shell_looks(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ZSH", raising=False)
    monkeypatch.delenv("ZSH_CUSTOM", raising=False)
    (tmp_path / ".bashrc").write_text("alias ll='ls -l'\n")
    for _ in range(2):
        ran = await cli("completion", "bash", "--install")
        assert (ran.code, ran.err) == (0, "")
    path = tmp_path / ".local/share/bash-completion/completions/accsyn-async"
    assert str(path) in ran.out
    rc = (tmp_path / ".bashrc").read_text()
    assert rc.startswith("alias ll='ls -l'\n")
    assert rc.count(f'. "{path}"') == 1
    ask = "source ~/.bashrc; complete -p accsyn-async"
    done = subprocess.run(  # noqa: ASYNC221
        [shell("bash"), "--norc", "-c", ask], capture_output=True, text=True, timeout=30
    )
    assert done.stdout == "complete -F _accsyn_async accsyn-async\n"
    for name, where in (
        ("zsh", ".zsh/completions/_cyclopts_accsyn-async"),
        ("fish", ".config/fish/completions/accsyn-async.fish"),
    ):
        ran = await cli("completion", name, "--install")
        assert ran.code == 0
        assert (tmp_path / where).is_file()
        assert where in ran.out
    assert ".zsh/completions" in (tmp_path / ".zshrc").read_text()


async def test_where_nothing_can_be_written(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    ran = await cli("completion", "bash", "--install")
    assert (ran.code, ran.out) == (2, "")
    assert "cannot be written" in ran.err


async def test_shells_that_there_are_not(cli: Cli) -> None:
    ran = await cli("completion", "tcsh")
    assert ran.code == 2
    assert "tcsh" in ran.err


async def test_the_shell_that_it_is_run_from(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    import cyclopts.completion as theirs

    monkeypatch.setattr(theirs, "detect_shell", lambda: "fish")
    assert "Fish completion" in (await cli("completion")).out
    monkeypatch.setattr(theirs, "detect_shell", lambda: "powershell")
    ran = await cli("completion")
    assert ran.code == 2
    assert "powershell" in ran.err

    def nothing() -> str:
        raise theirs.ShellDetectionError

    monkeypatch.setattr(theirs, "detect_shell", nothing)
    ran = await cli("completion")
    assert ran.code == 2
    assert "which shell" in ran.err
