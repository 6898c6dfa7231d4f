"""Look up what is locked among known vulnerabilities, and say what came of it.

Usage: ``python .ci/audit.py [--require] LOCK ...``. What is found fails. What could not be looked up is told,
and fails only where that is required: the advisory service may be out of reach of the gate, or a mirror stand
in its place that knows nothing.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FOUND = 1
"""Exit code: something is known to be vulnerable."""
BROKEN = 2
"""Exit code: the audit itself went wrong."""
UNKNOWN = 3
"""Exit code: something could not be looked up, and was required to be."""

_UNREACHED = re.compile(
    r"Could not connect|ConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|NameResolutionError"
    r"|RemoteDisconnected|SSLError|ProxyError|ServiceError|not redirecting properly"
)


def main(arguments: list[str]) -> int:
    """Audit each lock; 0 if nothing was found."""
    require = "--require" in arguments
    return max(audit(lock, require=require) for lock in arguments if lock != "--require")


def audit(lock: str, *, require: bool = False) -> int:
    """Audit a file of pinned requirements with hashes: nothing is resolved or installed for it.

    Args:
        lock: the file.
        require: whether what could not be looked up fails, too.

    Returns:
        The exit code.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-r", lock]
        command += ["--format", "json", "--output", str(report), "--progress-spinner", "off"]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        text = report.read_text() if report.exists() else ""
    code, lines = verdict(text, done.stderr)
    for line in lines:
        print(f"{lock}: {line}", flush=True)
    return code or (UNKNOWN if require and any(line.startswith("NOT AUDITED") for line in lines) else 0)


def verdict(report: str, said: str) -> tuple[int, list[str]]:
    """What to make of pip-audit's report.

    Args:
        report: JSON; empty where there is none.
        said: what it wrote to stderr.

    Returns:
        The exit code, and what to say.
    """
    if not report.strip():
        if _UNREACHED.search(said):
            return 0, ["NOT AUDITED: the advisory service is out of reach from here", *_last(said)]
        return BROKEN, ["pip-audit failed", *said.splitlines()]
    entries: list[dict[str, Any]] = json.loads(report)["dependencies"]
    unknown = [entry["name"] for entry in entries if "skip_reason" in entry]
    found = [
        f"VULNERABLE: {entry['name']} {entry['version']}: {fault['id']}"
        f", {'mended in ' + ', '.join(fault['fix_versions']) if fault['fix_versions'] else 'not mended yet'}"
        for entry in entries
        for fault in entry.get("vulns", ())
    ]
    if found:
        return FOUND, found
    if not entries:
        return BROKEN, ["nothing is in it"]
    if len(unknown) == len(entries):
        return 0, [
            f"NOT AUDITED: the advisory service reached from here knows none of {len(entries)} packages"
        ]
    lines = [f"no known vulnerability in {len(entries) - len(unknown)} packages"]
    if unknown:
        lines.append(f"NOT AUDITED: the advisory service does not know {', '.join(unknown)}")
    return 0, lines


def _last(said: str) -> list[str]:
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1:]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
