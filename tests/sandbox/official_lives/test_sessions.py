"""Logging in with the official client, in each way that it knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import accsyn_api
import pytest

from tests.sandbox.official_lives.office import ADMIN, EMPLOYEE, Office, refused


@pytest.fixture
def clean(office: Office, monkeypatch: pytest.MonkeyPatch) -> Any:
    """No variable of the official client; what it sets itself is undone."""
    names = ("WORKSPACE", "DOMAIN", "ORG", "API_USER", "API_KEY", "PROXY", "CREDENTIALS_PATH")
    for name in names:
        monkeypatch.setenv(f"ACCSYN_{name}", "x")
        monkeypatch.delenv(f"ACCSYN_{name}")
    monkeypatch.setattr(accsyn_api.Session, "_p_logfile", None)
    return monkeypatch


def credentials(office: Office, role: str = "admin") -> dict[str, Any]:
    user = office.box.user(role)
    proxy = office.box.url.partition("://")[2]
    return {"workspace": "acme", "username": user.username, "api_key": user.api_key, "proxy": proxy}


def test_by_arguments(office: Office, clean: Any, tmp_path: Path) -> None:
    given = credentials(office)
    log = tmp_path / "log"
    session = accsyn_api.Session(
        **given, verbose=True, pretty_json=True, path_logfile=str(log), timeout=7, connect_timeout=3
    )
    assert (session.username, session.timeout, session.connect_timeout) == (ADMIN, 7, 3)
    assert session.find_one("User")["code"] == ADMIN
    assert "user/find" in log.read_text()
    clean.setattr(accsyn_api.Session, "_p_logfile", None)
    place = given["proxy"].split(":")
    assert (
        accsyn_api.Session(**given, hostname=place[0], port=int(place[1])).find_one("Workspace")["code"]
        == "acme"
    )
    by_domain = {name: value for name, value in given.items() if name != "workspace"}
    assert accsyn_api.Session(**by_domain, domain="ACME").find_one("User")["code"] == ADMIN
    proxied = {**given, "proxy": f"accsyn:{given['proxy']}"}
    assert accsyn_api.Session(**proxied).find_one("User")["code"] == ADMIN


def test_by_the_environment(office: Office, clean: Any, tmp_path: Path) -> None:
    for name, value in office.box.official_env("employee").items():
        clean.setenv(name, value)
    assert accsyn_api.Session().find_one("User")["code"] == EMPLOYEE
    lines = [f"{name}={value!r}" for name, value in office.box.official_env("admin").items()]
    (tmp_path / "my.env").write_text("\n".join(["# credentials", "", *lines]))
    assert accsyn_api.Session(path_envfile=str(tmp_path / "my.env")).find_one("User")["code"] == ADMIN


def test_wrong_ones_are_refused(office: Office, clean: Any) -> None:
    given = credentials(office)
    for wrong in ({"api_key": "wrong"}, {"username": "nobody@example.com"}, {"workspace": "elsewhere"}):
        with refused("E#"):
            accsyn_api.Session(**{**given, **wrong})


def test_an_expired_session(office: Office) -> None:
    session = office.admin
    assert session.find_one("User")["code"] == ADMIN
    office.box.expire_sessions()
    with refused("E#A402 .*expired"):
        session.find_one("User")
    assert accsyn_api.Session(**credentials(office)).find_one("User")["code"] == ADMIN
