"""One command for each thing that is done with this repository; `nox --list` shows them.

Environments are made in `.nox` and used again: with `-R` nothing is installed either. What follows `--` goes
to the tool itself, as in `nox -R -s tests-3.13 -- tests/wire -x`.
"""

from __future__ import annotations

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["checks", "tests"]
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False


@nox.session
def checks(session: nox.Session) -> None:
    """Style, types, and who may import whom."""
    session.install("--editable", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports", "--no-cache")


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """The tests, with each Python that is found."""
    session.install("--editable", ".[dev]")
    session.run("pytest", *(session.posargs or ["-n", "auto"]))


@nox.session
def docs(session: nox.Session) -> None:
    """The site, into `site/`; `-- serve` shows it while it is written."""
    session.install("--editable", ".[dev]")
    session.env["NO_MKDOCS_2_WARNING"] = "1"
    session.run("mkdocs", *(session.posargs or ["build", "--strict"]))
    if not session.posargs:
        session.run("python", "-m", "tests.docs.links", "site")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Every figure that is claimed, measured in some ten minutes; `-- --quick` takes three."""
    session.install("--editable", ".[dev]")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session(venv_backend="none")
def gate(session: nox.Session) -> None:
    """All that must hold before a change lands, in environments of its own."""
    session.run(".ci/run", external=True)
