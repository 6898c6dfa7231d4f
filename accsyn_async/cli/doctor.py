"""``accsyn-async doctor``."""

from __future__ import annotations

import os
import shutil
from importlib import metadata
from pathlib import Path

from accsyn_async.cli.connection import Connection
from accsyn_async.cli.diagnosis.finding import Finding, wrong
from accsyn_async.cli.diagnosis.parts import needs_of, part_findings
from accsyn_async.cli.diagnosis.report import document, exit_code, heading, hide, lines, summary
from accsyn_async.cli.diagnosis.settings import secrets_in, setting_findings
from accsyn_async.cli.exit_codes import USAGE
from accsyn_async.cli.json_rows import row_to_json
from accsyn_async.cli.log_lines import logging_to
from accsyn_async.cli.output import Output
from accsyn_async.errors import ArgumentError
from accsyn_async.transport.credentials import Credentials, Settings
from accsyn_async.transport.sources import ENVFILE, Lookup, look_up, read_sources
from accsyn_async.wire.redact import Redactor, Secret

__all__ = ["doctor"]


async def doctor(
    *,
    checkpoint: tuple[Path, ...] = (),
    state: tuple[Path, ...] = (),
    timeout: float = 10.0,
    offline: bool = False,
    json: bool = False,
    connection: Connection | None = None,
) -> int:
    """See what is set and installed, whether the backend is reached, and who is logged in.

    Args:
        checkpoint: A file of 'watch --checkpoint' to look at as well; can be given again.
        state: A file of 'sandbox --state' to look at as well; can be given again.
        timeout: Seconds to wait for a connection, and for an answer; 10 when left out.
        offline: Ask nobody: look at settings, parts and files alone.
        json: Write all of it as one JSON object.
        connection: How to reach the backend.
    """
    connection, output = connection or Connection(), Output()
    if not 0 < timeout < float("inf"):
        raise ArgumentError(f"--timeout is seconds, more than 0, not {timeout:g}")
    examination = _Examination(output, json=json)
    with logging_to(output, verbose=connection.verbose):
        lookup = _settings(connection, examination)
        for finding in part_findings(needs_of(metadata.requires("accsyn-async") or ())):
            examination.tell(finding)
        if not offline:
            await _backend(lookup, connection, timeout, examination)
        _files(checkpoint, state, examination)
    return examination.end()


class _Examination:
    """Writes findings as they come up, or all together at the end.

    Attributes:
        redact: takes secrets out of them; it is told which there are.
        findings: those so far, without secrets.
    """

    def __init__(self, output: Output, *, json: bool) -> None:
        self._output = output
        self._json = json
        self.redact = Redactor()
        self._width = shutil.get_terminal_size().columns if output.is_terminal else None
        self.findings: list[Finding] = []

    def tell(self, finding: Finding) -> None:
        """Take a finding."""
        before = self.findings[-1].topic if self.findings else None
        finding = hide(finding, self.redact)
        self.findings.append(finding)
        if self._json:
            return
        if finding.topic != before:
            if before is not None:
                self._output.line("")
            self._output.styled(heading(finding.topic))
        for line in lines(finding, width=self._width, unicode=self._output.takes_unicode):
            self._output.styled(line)

    def end(self) -> int:
        """Write what is left to say; the exit code."""
        if self._json:
            self._output.line(row_to_json(document(self.findings)))
        else:
            self._output.line("")
            self._output.styled(summary(self.findings, unicode=self._output.takes_unicode))
        return exit_code(self.findings)


def _settings(connection: Connection, examination: _Examination) -> Lookup:
    """Where each setting comes from."""
    given = {"workspace": connection.workspace, "username": connection.username, "url": connection.url}
    environ = dict(os.environ)
    unusable: ArgumentError | None = None
    try:
        sources = read_sources(connection.envfile, environ, Path())
    except ArgumentError as error:
        unusable = error
        # What the environment itself says can be told all the same.
        apart = {name: value for name, value in environ.items() if name != ENVFILE}
        sources = read_sources(None, apart, Path(os.devnull))
    lookup = look_up(given, sources)
    for secret in sorted(secrets_in(lookup, environ)):
        examination.redact.know(secret)
    found = setting_findings(lookup, environ, insecure=connection.insecure)
    if unusable is not None:
        remedy = (
            "put that file right, or leave it out: settings come from the environment, and from .env, too"
        )
        found[0] = wrong("settings", "env file", unusable, remedy)
    for finding in found:
        examination.tell(finding)
    return lookup


async def _backend(lookup: Lookup, connection: Connection, timeout: float, examination: _Examination) -> None:
    """The way to the backend, and a session with it."""
    if any(one.code == USAGE for one in examination.findings):
        text = "not tried, as a setting is wrong"
        examination.tell(Finding("backend", "address", "note", text))
        return
    # Imported late: it takes longer than what comes before.
    from accsyn_async.cli.diagnosis.probing import Backend, examine

    value = {name: one.value for name, one in lookup.found.items()}
    key = value.get("api_key")
    who = Credentials(value.get("workspace", ""), value.get("username", ""), Secret(key) if key else None)
    settings = Settings(who, value.get("url"), value.get("proxy"))
    backend = Backend(settings, connection.insecure, timeout, examination.redact)
    await examine(backend, examination.tell)


def _files(checkpoints: tuple[Path, ...], states: tuple[Path, ...], examination: _Examination) -> None:
    """What is kept between runs."""
    if not (checkpoints or states):
        return
    from accsyn_async.cli.diagnosis.files import checkpoint_finding, state_finding

    for path in checkpoints:
        examination.tell(checkpoint_finding(path))
    for path in states:
        examination.tell(state_finding(path))
