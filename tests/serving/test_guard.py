"""Who may ask for what, as a table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accsyn_async.serving.attempts import Attempts
from accsyn_async.serving.guard import Access, Guard, Knock, host_names, is_loopback
from accsyn_async.serving.keys import Keys

KEYS = Keys("correct horse battery staple")
LOCAL = "127.0.0.1:8484"
READ = Knock("GET", [LOCAL], local=LOCAL, cookie=KEYS.cookie)
WRITE = replace(
    READ,
    method="POST",
    origin=f"http://{LOCAL}",
    site="same-origin",
    content_type="application/json",
    csrf=KEYS.csrf,
)
BEARER = replace(
    WRITE, cookie=None, csrf=None, origin=None, site=None, authorization="Bearer correct horse battery staple"
)


def status(knock: Knock, access: Access = Access.KNOWN, *, is_open: bool = False) -> int | None:
    refusal = Guard(KEYS, is_open=is_open, hosts=["farm.example.com"]).refusal(knock, access)
    return None if refusal is None else refusal.status


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8484", "localhost:8484", "LOCALHOST:8484", "[::1]:8484", "farm.example.com"]
)
@pytest.mark.parametrize("access", Access)
def test_hosts_of_ours(host: str, access: Access) -> None:
    assert status(replace(READ, hosts=[host]), access) is None


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [LOCAL, LOCAL],
        [""],
        ["evil.com"],
        ["evil.com:8484"],
        ["127.0.0.1.evil:8484"],
        ["127.0.0.1:8484.evil"],
        ["localhost"],
        ["localhost:8485"],
        ["127.0.0.1:8484@evil.com"],
        ["user@127.0.0.1:8484"],
        ["127.0.0.1:8484/"],
        ["farm.example.com:8484"],
        ["farm.example.com."],
        ["127.1:8484"],
        ["0.0.0.0:8484"],
        [" 127.0.0.1:8484"],
    ],
)
@pytest.mark.parametrize("access", Access)
@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize("knock", [READ, WRITE, BEARER], ids=["read", "write", "bearer"])
def test_other_hosts(hosts: list[str], access: Access, is_open: bool, knock: Knock) -> None:
    assert status(replace(knock, hosts=hosts), access, is_open=is_open) in (400, 403)


def test_hosts_where_the_port_goes_without_saying() -> None:
    for host in ("localhost", "localhost:80", "127.0.0.1"):
        assert status(replace(READ, hosts=[host], local="127.0.0.1:80")) is None
    assert status(replace(READ, hosts=["localhost"], local=None)) == 403
    assert host_names("farm", 8484) == ["farm:8484"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"origin": f"http://{LOCAL}"}, None),
        ({"origin": "http://evil.com"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:8485"}, 403),
        ({"site": "none"}, None),
        ({"site": "cross-site"}, 403),
        ({"site": "same-site"}, 403),
        ({"cookie": None}, 401),
        ({"cookie": "wrong"}, 401),
        ({"cookie": "\udcff"}, 401),
        ({"cookie": KEYS.csrf}, 401),
        ({"cookie": None, "authorization": "Bearer correct horse battery staple"}, None),
        ({"cookie": None, "authorization": "bearer  correct horse battery staple"}, None),
        ({"cookie": None, "authorization": "Basic correct horse battery staple"}, 401),
        ({"cookie": None, "authorization": "Bearer "}, 401),
        ({"cookie": None, "authorization": "Bearer wrong"}, 401),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading(change: dict[str, str | None], expected: int | None, method: str) -> None:
    assert status(replace(READ, method=method, **change)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"site": None}, None),
        ({"origin": f"https://{LOCAL}"}, None),
        ({"origin": None}, 403),
        ({"origin": "http://evil.com"}, 403),
        ({"site": "none"}, 403),
        ({"site": "cross-site"}, 403),
        ({"csrf": None}, 403),
        ({"csrf": KEYS.cookie}, 403),
        ({"csrf": ""}, 403),
        ({"content_type": None}, 415),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"cookie": None}, 401),
    ],
)
@pytest.mark.parametrize("access", Access)
def test_writing(method: str, change: dict[str, str | None], expected: int | None, access: Access) -> None:
    knock = replace(WRITE, method=method, **change)  # type: ignore[arg-type]
    assert status(knock, access) == expected
    if "cookie" not in change:
        assert status(replace(knock, cookie=None), access, is_open=True) == expected


def test_a_program_with_the_token_needs_no_page() -> None:
    assert status(BEARER) is None
    assert status(replace(BEARER, origin="http://evil.com")) == 403
    assert status(replace(BEARER, authorization="Bearer wrong")) == 401
    assert status(replace(BEARER, authorization="Bearer wrong"), is_open=True) == 403


def test_what_anybody_may_see() -> None:
    nobody = Knock("GET", [LOCAL], local=LOCAL, site="cross-site")
    assert status(nobody, Access.ANYBODY) is None
    assert status(nobody, Access.DOCUMENT) is None
    assert status(nobody) == 403
    assert status(replace(nobody, site=None)) == 401


def test_keys() -> None:
    keys = Keys()
    assert keys.cookie != Keys().cookie
    assert Keys("a").cookie == Keys("a").cookie != Keys("a").csrf
    issued = [keys.issue() for _ in range(20)]
    assert len(set(issued)) == 20
    assert all(len(key) >= 43 for key in issued)  # 256 bits in base64
    assert not keys.redeem(issued[0])
    assert not keys.redeem("")
    assert keys.redeem(issued[-1])
    assert not keys.redeem(issued[-1])
    assert keys.redeem(issued[-2])
    assert not keys.fits("")
    assert "horse" not in repr(KEYS)


def test_wrong_tokens_are_counted_by_address_and_forgotten() -> None:
    attempts = Attempts()
    for number in range(5000):
        attempts.failed(f"10.0.{number // 256}.{number % 256}", 0.0)
    for _ in range(10):
        attempts.failed("10.9.9.9", 1.0)
    assert attempts.pause("10.9.9.9", 1.0) == 60
    assert attempts.pause("10.9.9.9", 61.0) == 0
    assert attempts.pause("10.0.0.1", 1.0) == 0


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("farm.example.com", False),
        ("127.0.0.1.evil.com", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
