"""The files that docs/scale-out.md offers, as they are run."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import trustme

from tests.support.nats_servers import NatsCluster, NatsServer, free_port

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "scale-out.md").read_text()
SNIPPETS: list[str] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
FILES = DOCS / "relay"
USERS = {
    "relays": "PUBLIC_KEY_OF_THE_RELAYS",
    "readers": "PUBLIC_KEY_OF_READERS",
    "archiver": "PUBLIC_KEY_OF_THE_ARCHIVER",
    "dashboard": "PUBLIC_KEY_OF_THE_DASHBOARD",
    "administrator": "PUBLIC_KEY_OF_THE_ADMINISTRATOR",
}
"""Whose keys the page makes, and where they go in the file with the accounts."""


def make_keys() -> None:
    """Do as the page says, in the working directory: a file with a seed for each user."""
    (program,) = (snippet for snippet in SNIPPETS if "nkeys" in snippet)
    exec(compile(program, "scale-out.md", "exec"), {})


def accounts(told: str) -> str:
    """The file with the accounts, given the keys that the page's program has printed."""
    text = (FILES / "nats" / "accounts.conf").read_text()
    keys = dict(line.split() for line in told.splitlines())
    assert keys.keys() == USERS.keys()
    for user, place in USERS.items():
        assert len(re.findall(rf"\b{place}\b", text)) == 1
        text = re.sub(rf"\b{place}\b", keys[user], text)
    return text


class Node(NatsServer):
    """A node that is configured by the page's file."""

    def __init__(self, folder: Path, etc: Path, route: int, routes: list[int], number: int) -> None:
        super().__init__(folder, name=f"nats{number}", scheme="tls")
        self._etc = etc
        self._route = route
        self._routes = routes

    def _write_config(self) -> Path:
        text = (FILES / "nats" / "nats.conf").read_text()
        for number, route in enumerate(self._routes, 1):
            text = text.replace(f"nats-route://nats{number}:6222", f"nats-route://127.0.0.1:{route}")
        for old, new in {
            "server_name: nats1": f"server_name: {self.name}",
            "0.0.0.0:4222": f"127.0.0.1:{self.port}",
            "127.0.0.1:8222": f"127.0.0.1:{self._monitor}",
            "0.0.0.0:6222": f"127.0.0.1:{self._route}",
            "/var/lib/nats": str(self._folder),
            "/etc/nats": str(self._etc),
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        (self._folder / "accounts.conf").write_bytes((self._etc / "accounts.conf").read_bytes())
        config = self._folder / "nats.conf"
        config.write_text(text)
        return config


def start_nodes(folder: Path, etc: Path) -> NatsCluster:
    """Three nodes as the page has them; with other routes when somebody was quicker."""
    for attempt in range(5):
        routes = [free_port() for _ in range(3)]
        cluster = NatsCluster(folder)
        cluster.nodes = [
            Node(folder / f"{attempt}-{number}", etc, route, routes, number)
            for number, route in enumerate(routes, 1)
        ]
        try:
            for node in cluster.nodes:
                node.launch()
            for node in cluster.nodes:
                node.wait_until_ready()
        except AssertionError:
            cluster.stop()
            if attempt == 4:
                raise
            continue
        cluster.wait_until_led()
        return cluster
    raise AssertionError("unreachable")


def make_certificates(folder: Path) -> None:
    """What the page's file names: of who vouches, and of a node."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    mine = authority.issue_cert("127.0.0.1")
    mine.private_key_pem.write_to_path(folder / "key.pem")
    for part in mine.cert_chain_pems:
        part.write_to_path(folder / "cert.pem", append=True)


def unit() -> dict[str, list[str]]:
    """The settings of the unit for systemd, each as often as it is there."""
    text = (FILES / "accsyn-relay.service").read_text().replace("\\\n", " ")
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(name, []).append(value.strip())
    return found


def unit_command(folder: Path, servers: str, http: int) -> list[str]:
    """What the unit starts, behind the program's name, with files and addresses of a test."""
    (line,) = unit()["ExecStart"]
    nodes = "tls://nats1:4222,tls://nats2:4222,tls://nats3:4222"
    for old, new in {"%d/": f"{folder}/", nodes: servers, ":8485": f":{http}"}.items():
        assert old in line, old
        line = line.replace(old, new)
    program, *arguments = shlex.split(line)
    assert Path(program).name == "accsyn-async"
    return arguments


def runs_at_top_level(snippet: str, name: str) -> object:
    """A snippet as code that may await."""
    return compile(snippet, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
