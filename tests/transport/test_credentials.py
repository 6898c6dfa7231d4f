"""Where settings come from, and which are refused."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import pytest

from accsyn_async import Session
from accsyn_async.errors import ArgumentError, AuthenticationError
from accsyn_async.transport.credentials import check_base_url, parse_proxy, resolve
from accsyn_async.wire.dialect import ApiVersion
from accsyn_async.wire.redact import Secret

FULL = {"ACCSYN_WORKSPACE": "env-ws", "ACCSYN_API_USER": "env@x.com", "ACCSYN_API_KEY": "env-key"}


def envfile(path: Path, **values: str) -> Path:
    path.write_text("".join(f'{name}="{value}"\n' for name, value in values.items()))
    return path


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ("argument file environment dotenv", "argument"),
        ("file environment dotenv", "file"),
        ("environment dotenv", "environment"),
        ("dotenv", "dotenv"),
    ],
)
def test_who_wins(sources: str, expected: str, tmp_path: Path) -> None:
    names = {"ACCSYN_WORKSPACE": "ws", "ACCSYN_API_USER": "user", "ACCSYN_API_KEY": "key"}
    there = sources.split()
    if "dotenv" in there:
        envfile(tmp_path / ".env", **{name: f"dotenv-{value}" for name, value in names.items()})
    path = envfile(tmp_path / "my.env", **{name: f"file-{value}" for name, value in names.items()})
    settings = resolve(
        workspace="argument-ws" if "argument" in there else None,
        username="argument-user" if "argument" in there else None,
        api_key="argument-key" if "argument" in there else None,
        path_envfile=path if "file" in there else None,
        environ={name: f"environment-{value}" for name, value in names.items()}
        if "environment" in there
        else {},
        directory=tmp_path,
    )
    credentials = settings.credentials
    assert (credentials.workspace, credentials.username) == (f"{expected}-ws", f"{expected}-user")
    assert credentials.api_key == Secret(f"{expected}-key")
    assert "key" not in repr(settings).replace("api_key", "").replace("session_key", "")


def test_settings_may_come_from_several_places(tmp_path: Path) -> None:
    envfile(tmp_path / ".env", ACCSYN_API_KEY="k")
    settings = resolve(workspace="w", environ={"ACCSYN_API_USER": "u"}, directory=tmp_path)
    assert (settings.credentials.workspace, settings.credentials.username) == ("w", "u")


@pytest.mark.parametrize("name", ["ACCSYN_WORKSPACE", "ACCSYN_DOMAIN", "ACCSYN_ORG"])
def test_the_workspace_has_older_names(name: str, tmp_path: Path) -> None:
    environ = {**FULL, name: "mine"}
    if name != "ACCSYN_WORKSPACE":
        del environ["ACCSYN_WORKSPACE"]
    assert resolve(environ=environ, directory=tmp_path).credentials.workspace == "mine"


@pytest.mark.parametrize(
    ("missing", "argument"),
    [("ACCSYN_WORKSPACE", "workspace"), ("ACCSYN_API_USER", "username"), ("ACCSYN_API_KEY", "api_key")],
)
def test_what_is_missing_is_named(missing: str, argument: str, tmp_path: Path) -> None:
    environ = {name: value for name, value in FULL.items() if name != missing}
    with pytest.raises(AuthenticationError, match=f"(?s){argument}=.*{missing}"):
        resolve(environ=environ, directory=tmp_path)


V1 = {name: value for name, value in FULL.items() if name != "ACCSYN_API_KEY"}


def test_older_workspaces_take_a_session_key_from_the_environment(tmp_path: Path) -> None:
    environ = {**V1, "ACCSYN_SESSION_KEY": "s-key"}
    found = resolve(environ=environ, directory=tmp_path, api_version="v1").credentials
    assert (found.api_key, found.session_key, found.pwd) == (None, Secret("s-key"), None)
    with pytest.raises(AuthenticationError, match="ACCSYN_API_KEY"):
        resolve(environ=environ, directory=tmp_path)
    with pytest.raises(AuthenticationError, match="pwd=.*ACCSYN_SESSION_KEY"):
        resolve(environ=V1, directory=tmp_path, api_version="v1")


def test_what_is_passed_sets_the_environment_aside(tmp_path: Path) -> None:
    environ = {**FULL, "ACCSYN_SESSION_KEY": "s-key"}
    found = resolve(environ=environ, directory=tmp_path, api_version="v1", pwd="secret-word").credentials
    assert (found.api_key, found.session_key, found.pwd) == (None, None, Secret("secret-word"))
    assert "secret-word" not in repr(found)


@pytest.mark.parametrize("options", [{"pwd": "x"}, {"session_key": "x"}])
def test_the_newer_api_takes_an_api_key_only(options: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="api_version='v1'"):
        resolve(environ=FULL, directory=tmp_path, **options)  # type: ignore[arg-type]


def test_the_environment_is_left_alone(tmp_path: Path) -> None:
    before = dict(os.environ)
    envfile(tmp_path / ".env", **FULL, OTHER="x")
    Session()
    assert dict(os.environ) == before


def test_values_are_taken_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "e"
    path.write_text(
        "# comment\nexport ACCSYN_API_KEY='a$HOME#b'\nACCSYN_API_USER=u@x.com\n\nACCSYN_WORKSPACE = w\n"
    )
    settings = resolve(path_envfile=path, environ={}, directory=tmp_path)
    assert settings.credentials.api_key == Secret("a$HOME#b")
    assert settings.credentials.workspace == "w"


def test_an_env_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    for options in ({"path_envfile": tmp_path / "none"}, {"environ": {"ACCSYN_CREDENTIALS_PATH": "/none"}}):
        with pytest.raises(ArgumentError, match="there is no env file"):
            resolve(directory=tmp_path, **options)


def test_an_env_file_may_be_what_a_shell_hands_over(tmp_path: Path) -> None:
    """`--envfile <(vault …)`: a pipe, to be read once."""
    pipe = tmp_path / "63"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("ACCSYN_API_KEY=k\nACCSYN_WORKSPACE=w\n",))
    writer.start()
    settings = resolve(path_envfile=pipe, environ={"ACCSYN_API_USER": "u@x.com"}, directory=tmp_path)
    writer.join()
    assert (settings.credentials.api_key, settings.credentials.workspace) == (Secret("k"), "w")


def test_a_folder_cannot_send_the_key_elsewhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    envfile(tmp_path / ".env", ACCSYN_URL="https://elsewhere.example", ACCSYN_PROXY="accsyn:elsewhere:80")
    with caplog.at_level(logging.WARNING):
        settings = resolve(environ=FULL, directory=tmp_path)
    assert (settings.url, settings.proxy) == (None, None)
    assert "ACCSYN_URL" in caplog.text
    envfile(tmp_path / ".env", ACCSYN_URL="https://mine.example", **FULL)
    assert resolve(environ={}, directory=tmp_path).url == "https://mine.example"


@pytest.mark.parametrize("value", ["a\nb", "a\r\nX-Evil: 1", "\x00"])
def test_control_characters_are_refused(value: str, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="control characters"):
        resolve(workspace=value, environ=FULL, directory=tmp_path)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:8181", "http://127.0.0.1:8181"),
        ("http://localhost:8181/", "http://localhost:8181"),
        ("http://[::1]:8181", "http://[::1]:8181"),
        ("https://acme.accsyn.com", "https://acme.accsyn.com"),
        ("HTTPS://Acme.accsyn.com:8443", "https://acme.accsyn.com:8443"),
    ],
)
def test_addresses(url: str, base: str) -> None:
    assert check_base_url(url, plain_allowed=False) == base


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://acme.accsyn.com", "plain http"),
        ("http://127.0.0.1.evil.com", "plain http"),
        ("http://10.0.0.5:8181", "plain http"),
        ("acme.accsyn.com", "no address"),
        ("ftp://acme", "no address"),
        ("https://", "no address"),
        ("https://acme:99999", "port"),
        ("https://acme/api", "more than"),
        ("https://acme?x=1", "more than"),
        ("https://lisa:pass@acme", "user name"),
    ],
)
def test_addresses_that_are_refused(url: str, words: str) -> None:
    with pytest.raises(ArgumentError, match=words) as caught:
        check_base_url(url, plain_allowed=False)
    assert "pass@" not in str(caught.value)


def test_plain_http_to_another_computer_needs_a_word() -> None:
    assert check_base_url("http://10.0.0.5:8181", plain_allowed=True) == "http://10.0.0.5:8181"


@pytest.mark.parametrize(
    ("text", "url", "is_socks"),
    [
        ("10.0.0.5", "http://10.0.0.5:80", False),
        ("10.0.0.5:8080", "http://10.0.0.5:8080", False),
        ("accsyn:10.0.0.5:8080", "http://10.0.0.5:8080", False),
        ("socks:10.0.0.5:1080", "socks5://10.0.0.5:1080", True),
        ("socks5:10.0.0.5:1080", "socks5://10.0.0.5:1080", True),
        ("socks4:10.0.0.5:1080", "socks4://10.0.0.5:1080", True),
    ],
)
def test_proxies(text: str, url: str, is_socks: bool) -> None:
    assert parse_proxy(text) == (proxy := parse_proxy(text))
    assert (proxy.url, proxy.is_socks) == (url, is_socks)


@pytest.mark.parametrize("text", ["", ":80", "a:b", "a:0", "http:a:80", "a:b:c:d", "a:99999"])
def test_proxies_that_are_refused(text: str) -> None:
    with pytest.raises(ArgumentError):
        parse_proxy(text)


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"timeout": -1},
        {"connect_timeout": float("nan")},
        {"url": "nonsense"},
        {"proxy": "x:y"},
        {"api_version": "v2"},
        {"api_version": "v1", "pwd": 5},
        {"pwd": "x"},
    ],
)
def test_a_session_refuses_what_it_cannot_use(options: dict[str, object]) -> None:
    with pytest.raises(ArgumentError):
        Session("acme", "lisa@example.com", "key", **options)  # type: ignore[arg-type]


WHO = {"ACCSYN_WORKSPACE": "acme", "ACCSYN_API_USER": "lisa@example.com"}
ELSEWHERE = {"ACCSYN_URL": "https://elsewhere.example", "ACCSYN_PROXY": "accsyn:elsewhere:80"}
API_KEY, SESSION_KEY = {"ACCSYN_API_KEY": "a-key"}, {"ACCSYN_SESSION_KEY": "s-key"}


@pytest.mark.parametrize(
    ("api_version", "passed", "environ", "nearby"),
    [
        ("v3", {}, API_KEY, API_KEY),
        ("v3", {}, API_KEY, SESSION_KEY),
        ("v3", {"api_key": "mine"}, {}, API_KEY),
        ("v1", {}, API_KEY, API_KEY),
        ("v1", {}, API_KEY, SESSION_KEY),
        ("v1", {}, SESSION_KEY, API_KEY),
        ("v1", {}, SESSION_KEY, SESSION_KEY),
        ("v1", {}, API_KEY | SESSION_KEY, API_KEY | SESSION_KEY),
        ("v1", {"pwd": "mine"}, {}, API_KEY | SESSION_KEY),
        ("v1", {"session_key": "mine"}, {}, API_KEY),
        ("v1", {"api_key": "mine"}, {}, SESSION_KEY),
    ],
)
def test_an_address_that_lies_nearby_gets_no_proof_from_elsewhere(
    api_version: ApiVersion,
    passed: dict[str, str],
    environ: dict[str, str],
    nearby: dict[str, str],
    tmp_path: Path,
) -> None:
    envfile(tmp_path / ".env", **ELSEWHERE, **nearby)
    settings = resolve(**passed, api_version=api_version, environ=WHO | environ, directory=tmp_path)
    assert (settings.url, settings.proxy) == (None, None)
    found = settings.credentials
    if passed:
        proofs = {"api_key": found.api_key, "pwd": found.pwd, "session_key": found.session_key}
        assert proofs == {name: Secret(passed[name]) if name in passed else None for name in proofs}
    else:
        assert found.api_key == (Secret("a-key") if "ACCSYN_API_KEY" in environ else None)
        assert found.session_key == (Secret("s-key") if "ACCSYN_SESSION_KEY" in environ else None)


@pytest.mark.parametrize(("api_version", "nearby"), [("v3", API_KEY), ("v1", API_KEY), ("v1", SESSION_KEY)])
def test_an_address_goes_with_the_proof_beside_it(
    api_version: ApiVersion, nearby: dict[str, str], tmp_path: Path
) -> None:
    envfile(tmp_path / ".env", **ELSEWHERE, **nearby)
    settings = resolve(api_version=api_version, environ=WHO, directory=tmp_path)
    assert (settings.url, settings.proxy) == (ELSEWHERE["ACCSYN_URL"], ELSEWHERE["ACCSYN_PROXY"])
