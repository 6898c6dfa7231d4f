"""What the doctor makes of what it finds, without asking anybody."""

from __future__ import annotations

import datetime as dt
from importlib import metadata
from itertools import combinations
from pathlib import Path
from typing import Literal

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rich.cells import cell_len

from accsyn_async.cli.diagnosis.backend import (
    certificate_finding,
    clock_finding,
    list_finding,
    rate_finding,
    session_error_finding,
    untrusted_finding,
)
from accsyn_async.cli.diagnosis.connecting import Certificate, Target, Untrusted
from accsyn_async.cli.diagnosis.exchanges import Exchange
from accsyn_async.cli.diagnosis.finding import Finding, wrong
from accsyn_async.cli.diagnosis.parts import needs_of, part_findings
from accsyn_async.cli.diagnosis.report import document, exit_code, hide, lines, summary
from accsyn_async.cli.diagnosis.settings import setting_findings
from accsyn_async.errors import (
    AccsynError,
    AuthenticationError,
    BackendError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    TransportError,
)
from accsyn_async.transport.limiter import RateLimit
from accsyn_async.transport.sources import look_up, read_sources

NOW = dt.datetime(2026, 1, 22, 12, 0, tzinfo=dt.UTC)
GOOD = Finding("settings", "workspace", "fine", "acme")
ODD = Finding("settings", "proxy", "warning", "not used", "unset it")
NOTE = Finding("settings", "URL", "note", "not set")
OUT = wrong("backend", "connection", TransportError("no connection"))
REFUSED = wrong("session", "login", AuthenticationError("the login was refused"))


def written(finding: Finding, width: int | None = None, *, unicode: bool = True) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines(finding, width=width, unicode=unicode)]


# -- lines --------------------------------------------------------------------------


def test_each_mark_has_its_sign() -> None:
    signs = [written(one)[0][2] for one in (GOOD, NOTE, ODD, OUT)]
    assert signs == ["✓", "·", "!", "✗"]
    plain = [written(one, unicode=False) for one in (GOOD, NOTE, ODD, OUT)]
    assert [one[0][2] for one in plain] == ["+", "-", "!", "x"]
    assert "".join(line for one in plain for line in one).isascii()


@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_lines_fit_the_terminal(width: int) -> None:
    long = Finding("backend", "address", "wrong", "word " * 40 + "x" * 100, "do " * 60, 4)
    found = written(long, width)
    least = 20 + 2 + 24
    assert max(map(cell_len, found)) <= max(width, least)
    assert "".join(found).replace(" ", "").count("word") == 40
    # What is continued stands below what it continues.
    assert {line[:20] for line in found[1:]} == {" " * 20}


def test_a_pipe_gets_one_line_and_one_for_what_to_do() -> None:
    long = Finding("backend", "address", "wrong", "word " * 100, "do " * 100, 4)
    assert len(written(long)) == 2


def test_what_comes_from_elsewhere_does_nothing_to_a_terminal() -> None:
    assert "\x1b" not in "".join(written(Finding("backend", "x", "fine", "a\x1b]0;b", "c\x1b[31m")))


def test_the_last_line_names_what_is_to_be_done() -> None:
    def end(*findings: Finding) -> str:
        return "".join(text for text, _ in summary(findings))

    assert end(GOOD, NOTE) == "✓ All is well."
    assert end(GOOD, ODD) == "! To be looked at: proxy."
    assert end(ODD, OUT, REFUSED) == "✗ To be put right: connection, login. To be looked at: proxy."


@pytest.mark.parametrize(
    ("findings", "code"),
    [((), 0), ((GOOD, NOTE, ODD), 0), ((OUT, REFUSED), 4), ((REFUSED, OUT), 3), ((GOOD, OUT), 4)],
)
def test_the_first_that_is_wrong_says_how_it_ends(findings: tuple[Finding, ...], code: int) -> None:
    assert exit_code(findings) == code
    assert document(findings)["exit_code"] == code


def test_an_error_that_nobody_expects_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        wrong("backend", "x", ZeroDivisionError())


def test_secrets_are_taken_out_at_any_depth() -> None:
    finding = Finding("backend", "x", "fine", "a key", "key!", facts={"a": "key", "b": ["key", {"c": "key"}]})
    hidden = hide(finding, lambda text: text.replace("key", "***"))
    assert "key" not in repr(hidden)
    assert hidden.facts == {"a": "***", "b": ["***", {"c": "***"}]}


# -- the backend ---------------------------------------------------------------------


def certificate(days: float | None) -> Certificate:
    until = NOW + dt.timedelta(days=days) if days is not None else None
    return Certificate("acme.accsyn.com", "R11 (Let's Encrypt)", until, "TLSv1.3")


@pytest.mark.parametrize(
    ("days", "mark", "says"),
    [
        (47, "fine", "vouched for by R11 (Let's Encrypt), until 2026-03-10; TLSv1.3"),
        (13.5, "warning", "only 13 days are left"),
        (1.5, "warning", "only 1 day is left"),
        (0.5, "warning", "only hours are left"),
        (None, "fine", "for acme.accsyn.com"),
    ],
)
def test_certificates_end(days: float | None, mark: str, says: str) -> None:
    found = certificate_finding(certificate(days), NOW, checked=True)
    assert found.mark == mark
    assert says in found.text


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("self-signed certificate", "SSL_CERT_FILE"),
        ("unable to get local issuer certificate", "SSL_CERT_FILE"),
        ("certificate has expired", "clock"),
        ("certificate is not yet valid", "clock"),
        ("Hostname mismatch, certificate is not valid for 'a'.", "ACCSYN_URL"),
    ],
)
def test_who_is_not_trusted_is_told_why(reason: str, remedy: str) -> None:
    for seen in (None, certificate(3), Certificate("", "", None, "TLSv1.3")):
        found = untrusted_finding(Untrusted(reason, seen))
        assert (found.mark, found.code) == ("wrong", 4)
        assert reason in found.text
        assert remedy in found.remedy
    assert "it is for acme.accsyn.com" in untrusted_finding(Untrusted(reason, certificate(3))).text


@pytest.mark.parametrize(
    ("seconds", "mark", "says"),
    [
        (0, "fine", "within 1 s of the backend's"),
        (8, "fine", "within 9 s of the backend's"),
        (-60, "warning", "60 s ahead of the backend's"),
        (600, "warning", "10 min behind the backend's"),
        (-90_000, "warning", "25 h ahead of the backend's"),
    ],
)
def test_clocks_are_compared(seconds: float, mark: str, says: str) -> None:
    date = NOW + dt.timedelta(seconds=seconds)
    found = clock_finding([Exchange(0.2, NOW, 200), Exchange(0.2, NOW, 200, date)])
    assert (found.mark, found.text) == (mark, says)


def test_a_slow_answer_makes_no_clock_wrong() -> None:
    found = clock_finding([Exchange(60, NOW, 200, NOW + dt.timedelta(seconds=50))])
    assert found.mark == "fine"


def test_slow_answers_are_told() -> None:
    assert list_finding(Exchange(0.05, NOW, 200)).mark == "fine"
    slow = list_finding(Exchange(2.5, NOW, 200))
    assert (slow.mark, slow.facts["ms"]) == ("warning", 2500)


def test_the_rate_limit_is_told() -> None:
    found = rate_finding(RateLimit(), [Exchange(0.1, NOW, 200)])
    assert found.text == "a session sends 25 requests a second at most, 40 at once; no HTTP 429 in 1 request"
    found = rate_finding(RateLimit(), [Exchange(0.1, NOW, 200), Exchange(0.1, NOW, 429)])
    assert (found.mark, found.facts["throttled"]) == ("warning", 1)
    assert "asks to wait" not in found.text


@pytest.mark.parametrize("name", ["login", "answers"])
@pytest.mark.parametrize(
    ("error", "code", "remedy"),
    [
        (PermissionDeniedError("you may not"), 1, "a role that may"),
        (NotFoundError("nothing there"), 1, "api_version='v1'"),
        (BackendError("refused"), 1, "api_version='v1'"),
        (BackendError("down", temporary=True), 4, "try again in a minute"),
        (TransportError("no proxy", http_status=404), 4, "api_version='v1'"),
        (TransportError("broke"), 4, "a firewall or a proxy"),
        (RateLimitedError("slow down"), 4, "wait, and try again"),
    ],
)
def test_what_a_session_fails_with_has_a_remedy(
    name: Literal["login", "answers"], error: AccsynError, code: int, remedy: str
) -> None:
    found = session_error_finding(name, error)
    assert (found.name, found.mark, found.code) == (name, "wrong", code)
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("base", "is_tls", "shown"),
    [
        ("https://acme.accsyn.com", True, "acme.accsyn.com:443"),
        ("http://127.0.0.1", False, "127.0.0.1:80"),
        ("https://[::1]:8443", True, "[::1]:8443"),
    ],
)
def test_where_to(base: str, is_tls: bool, shown: str) -> None:
    target = Target(base)
    assert (target.is_tls, str(target)) == (is_tls, shown)


# -- what is installed -----------------------------------------------------------------

REQUIRED = [
    "aiohttp>=3.14.3",
    'cyclopts>=4; extra == "cli"',
    'textual>=8; extra == "dashboard"',
    'aiohttp-sse>=3.0; extra == "dashboard"',
    "nats-py[nkeys]<2.17,>=2.16; extra == 'relay'",
    'python-socks>=2.8.1; extra == "socks"',
    'pytest>=8; extra == "dev"',
]


def parts(**installed: str) -> dict[str, Finding]:
    have = {name.replace("_", "-"): version for name, version in installed.items()}
    return {one.name: one for one in part_findings(needs_of(REQUIRED), have.get)}


def test_extras_are_there_or_not_or_half() -> None:
    found = parts(aiohttp="3.14.5", cyclopts="4.1", textual="8.2", nats_py="2.16.0", nkeys="0.2")
    assert {name: one.mark for name, one in found.items() if name.startswith(("extra", "req"))} == {
        "requirements": "fine",
        "extra cli": "fine",
        "extra dashboard": "warning",
        "extra relay": "fine",
        "extra socks": "note",
    }
    assert found["extra dashboard"].text == "textual 8.2; but aiohttp-sse missing"
    assert found["extra dashboard"].remedy == "pip install 'accsyn-async[dashboard]'"
    assert found["extra socks"].remedy == "pip install 'accsyn-async[socks]'"
    assert "pytest" not in repr(found)


def brought(*extras: str) -> dict[str, str]:
    """The version of each distribution that comes along with this package and some extras."""
    found = {"accsyn-async": ""}
    asked = [Requirement(f"accsyn-async[{','.join(extras)}]")]
    walked = set[tuple[str, str]]()
    while asked:
        one = asked.pop()
        name = canonicalize_name(one.name)
        if name not in found:
            found[name] = metadata.version(name)
        for extra in ("", *one.extras):
            if (name, extra) not in walked:
                walked.add((name, extra))
                needs = map(Requirement, metadata.requires(name) or ())
                asked += [need for need in needs if not need.marker or need.marker.evaluate({"extra": extra})]
    return found


EXTRAS = ("cli", "dashboard", "relay", "socks")


@pytest.mark.parametrize(
    "extras",
    [those for count in range(len(EXTRAS) + 1) for those in combinations(EXTRAS, count)],
    ids="+".join,
)
def test_what_extras_share_makes_none_of_them_half(extras: tuple[str, ...]) -> None:
    needs = needs_of(metadata.requires("accsyn-async") or ())
    found = {one.name: one for one in part_findings(needs, brought(*extras).get)}
    for extra in EXTRAS:
        one = found[f"extra {extra}"]
        if extra in extras:
            assert (one.mark, one.remedy) == ("fine", ""), one
        else:
            remedy = f"pip install 'accsyn-async[{extra}]'"
            assert (one.mark, one.text, one.remedy) == ("note", "not installed", remedy)
    assert found["requirements"].mark == "fine"


def test_an_extra_that_is_really_half_is_told_beside_whole_ones() -> None:
    needs = needs_of(metadata.requires("accsyn-async") or ())
    there = {**brought("cli", "relay"), "textual": "8.2", "platformdirs": "4.3"}
    found = {one.name: one for one in part_findings(needs, there.get)}
    assert [name for name, one in found.items() if one.mark == "warning"] == ["extra dashboard"]
    assert found["extra dashboard"].text.endswith("; but aiohttp-sse missing")
    assert "textual 8.2" in found["extra dashboard"].text
    del there["trustme"]
    found = {one.name: one for one in part_findings(needs, there.get)}
    assert found["extra cli"].text.endswith("; but trustme missing")


def test_a_package_that_tells_of_no_extras() -> None:
    assert {one.mark for one in part_findings([]) if one.name.startswith("extra ")} == {"note"}


@pytest.mark.parametrize("version", ["2.15", "2.17", "2.17.0rc1", "3"])
def test_versions_that_will_not_do_are_told(version: str) -> None:
    found = parts(nats_py=version, nkeys="0.2")["extra relay"]
    assert found.mark == "warning"
    assert f"nats-py {version} (<2.17,>=2.16 is needed)" in found.text


def test_a_part_of_a_part_may_be_missing() -> None:
    assert "nkeys missing" in parts(nats_py="2.16.0")["extra relay"].text


def test_what_is_really_required_can_be_read() -> None:
    needs = needs_of(metadata.requires("accsyn-async") or ())
    by_extra = {extra: {one.name for one in needs if one.extra == extra} for extra in (None, "cli", "relay")}
    assert {"aiohttp", "anyio", "msgspec"} <= by_extra[None]
    assert by_extra["cli"] == {"cyclopts", "rich", "trustme"}
    assert {"nats-py", "nkeys", "prometheus-client"} == by_extra["relay"]
    assert all(one.bounds for one in needs if one.name in ("aiohttp", "textual", "nats-py"))
    assert all(one.mark == "fine" for one in part_findings(needs))


# -- settings --------------------------------------------------------------------------


def test_two_names_of_one_setting(tmp_path: Path) -> None:
    environ = {"ACCSYN_WORKSPACE": "acme", "ACCSYN_DOMAIN": "other"}
    lookup = look_up({}, read_sources(None, environ, tmp_path))
    found = {one.name: one for one in setting_findings(lookup, environ, insecure=False)}
    assert found["workspace"].mark == "warning"
    assert "ACCSYN_DOMAIN in the environment" in found["workspace"].remedy


def test_an_env_file_that_sets_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DEBUG=1\n")
    lookup = look_up({}, read_sources(None, {}, tmp_path))
    found = setting_findings(lookup, {}, insecure=False)[0]
    assert (found.name, found.mark) == ("env file", "warning")
    assert "sets nothing that is known" in found.remedy
