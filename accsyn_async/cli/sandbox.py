"""``accsyn-async sandbox``."""

from __future__ import annotations

import ipaddress
import json as json_text
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from accsyn_async.cli.extras import need
from accsyn_async.cli.log_lines import logging_to
from accsyn_async.cli.output import Output
from accsyn_async.cli.service import told_to_end
from accsyn_async.errors import ArgumentError, BackendError, TransportError
from accsyn_async.safe_text import safe

if TYPE_CHECKING:
    from accsyn_async.sandbox import Sandbox

__all__ = ["sandbox"]

MAX_JOBS: Final = 100_000


async def sandbox(
    *,
    host: str = "127.0.0.1",
    port: int = 8181,
    tls: bool = False,
    workspace: str = "acme",
    volume: Path | None = None,
    local_root: Path | None = None,
    speed: float = 50.0,
    no_rate_limit: bool = False,
    give_api_keys: bool = False,
    time_factor: float = 1.0,
    seed: str | None = None,
    jobs: int = 0,
    synthetic: bool = False,
    control: bool = False,
    state: Path | None = None,
    json: bool = False,
) -> int:
    """Serve a workspace in a box, until Ctrl-C. Transfers in it are real: files are copied between folders.

    Args:
        host: The address to listen on; 127.0.0.1 when left out.
        port: The port; 8181 when left out, 0 for a free one.
        tls: Speak https, with a certificate of its own.
        workspace: The workspace's code; acme when left out.
        volume: The folder of the volume 'projects'; a temporary one when left out.
        local_root: The folder that stands for the users' own machines; a temporary one when left out.
        speed: MB/s that each transfer gets; 50 when left out.
        no_rate_limit: Answer any number of requests; otherwise an address has 30 a second (60 at once).
        give_api_keys: Let users ask for their own API key, which workspaces refuse by default.
        time_factor: Seconds that pass in the box in a real one; 1 when left out, 1440 makes a day pass in a
            minute, 0 lets the clock stand still.
        seed: Make ids, names and bad weather the same in every run; keys are fresh all the same.
        jobs: With --synthetic, how many jobs there are from the start; 0 when left out.
        synthetic: Fill the workspace with jobs that have no files and move by the clock.
        control: Serve /_sandbox/ (state, reset, seed, clock, faults, requests, clients, mappings) to whoever
            has the token.
        state: A file that keeps the workspace between runs, with its keys; folders that are not named are
            then kept too, in FILE.files. Nothing is kept when left out.
        json: Begin with one JSON object that holds the address and the users.
    """
    from accsyn_async.sandbox import Sandbox, StateError
    from accsyn_async.sandbox.box import MAX_FACTOR

    output = Output()
    if tls:
        need("cli", "trustme")
    if not host.strip():
        raise ArgumentError("--host must not be empty; 0.0.0.0 is all addresses of this machine")
    if not workspace.strip():
        raise ArgumentError("--workspace must not be empty")
    if not 0 <= port <= 65535:
        raise ArgumentError(f"--port is a number from 0 to 65535, not {port}")
    if not 0 < speed < float("inf"):
        raise ArgumentError(f"--speed is MB/s, more than 0, not {speed:g}")
    if not 0 <= time_factor <= MAX_FACTOR:
        raise ArgumentError(f"--time-factor is from 0 to {MAX_FACTOR:g}, not {time_factor:g}")
    if not 0 <= jobs <= MAX_JOBS:
        raise ArgumentError(f"--jobs is a number from 0 to {MAX_JOBS}, not {jobs}")
    if bool(jobs) != synthetic:
        raise ArgumentError("--jobs and --synthetic go together: --jobs 5000 --synthetic")
    if not _is_loopback(host):
        output.note(
            f"accsyn-async: others on the network can reach {safe(host)}; they need a key to get in"
            + ("" if tls else ", and can read the keys of those who do (consider --tls)")
        )
    box = Sandbox(
        host=host,
        port=port,
        tls=tls,
        workspace=workspace,
        volume=volume,
        local_root=local_root,
        speed=speed,
        rate_limit=not no_rate_limit,
        give_api_keys=give_api_keys,
        seed=seed,
        time_factor=time_factor,
        synthetic_jobs=jobs,
        control=control,
        state=state,
    )
    with logging_to(output, verbose=False):
        try:
            await box.__aenter__()
        except OSError as error:
            raise _start_error(error, host, port) from None
        except StateError as error:
            raise ArgumentError(str(error)) from None
        try:
            stop = told_to_end()
            _announce(box, output, json=json, control=control, kept=state is not None)
            await stop.wait()
        finally:
            try:
                await box.aclose()
            except StateError as error:
                raise BackendError(str(error)) from None
    return 0


def _start_error(error: OSError, host: str, port: int) -> ArgumentError | TransportError:
    reason = error.strerror or type(error).__name__
    if error.filename is not None:
        return ArgumentError(f"the folder {str(error.filename)!r} cannot be used: {reason}")
    # asyncio puts a sentence of its own before the system's words.
    reason = reason.rpartition("): ")[2]
    return TransportError(
        f"cannot listen on {host}:{port}: {reason}; choose another --port, 0 for a free one"
    )


def _announce(box: Sandbox, output: Output, *, json: bool, control: bool, kept: bool) -> None:
    if json:
        facts: dict[str, object] = {
            "url": box.url,
            "workspace": box.workspace,
            "users": [
                {
                    "role": user.role,
                    "username": user.username,
                    "api_key": user.api_key,
                    "password": user.password,
                }
                for user in box.users
            ],
        }
        if box.ca is not None:
            facts["ca"] = str(box.ca)
        if control:
            facts["control_token"] = box.control_token
        output.line(json_text.dumps(facts))
        return
    admin = box.user("admin")
    settings = {
        "ACCSYN_URL": box.url,
        "ACCSYN_WORKSPACE": box.workspace,
        "ACCSYN_API_USER": admin.username,
        "ACCSYN_API_KEY": admin.api_key,
    }
    if box.ca is not None:
        settings["SSL_CERT_FILE"] = str(box.ca)
    lines = [
        f"A workspace in a box at {box.url}",
        "",
        f"  workspace  {box.workspace}",
        f"  volume     projects, in {safe(box.volume)}",
        f"  machines   /Users/lisa/a.mov is {safe(box.local_root / 'Users/lisa/a.mov')}",
        "",
        *(f"  {user.role:<9}  {user.username:<22}  {user.api_key}" for user in box.users),
        "",
        "To use it, in another terminal:",
        "",
        *(f"export {name}={shlex.quote(value)}" for name, value in settings.items()),
        "accsyn-async watch",
        "",
    ]
    if box.ca is None:
        address = box.url.partition("://")[2]
        lines += [f"The official client reaches it with:  export ACCSYN_PROXY={address}", ""]
    if control:
        curl = f"curl -H 'X-Sandbox-Token: {box.control_token}' {box.url}/_sandbox/state"
        lines += ["What it has been asked, its weather and its clock:", "", curl, ""]
    for line in lines:
        output.line(line)
    after = "keeps what is there for next time" if kept else "removes its temporary folders"
    output.note(f"Serving; Ctrl-C ends it and {after}.")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
