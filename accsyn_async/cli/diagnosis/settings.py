"""The settings: where each comes from, what it is unless it is secret, and what is odd about it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from accsyn_async.cli.diagnosis.finding import Finding, Mark, wrong
from accsyn_async.errors import ArgumentError, AuthenticationError
from accsyn_async.transport.credentials import check_base_url, is_text, parse_proxy
from accsyn_async.transport.sources import ENVFILE, VARIABLES, Found, Lookup, Source

__all__ = ["PROXIES", "TOKENS", "secrets_in", "setting_findings"]

TOKENS: Final = ("ACCSYN_DASHBOARD_TOKEN", "ACCSYN_RELAY_TOKEN", "ACCSYN_NATS_TOKEN")
"""Secrets of other commands."""
PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
"""What other programs take for the way out."""

_NAMES: Final = {
    "workspace": "workspace",
    "username": "user",
    "api_key": "API key",
    "session_key": "session key",
    "url": "URL",
    "proxy": "proxy",
}
_OPTIONS: Final = {"workspace": "--workspace", "username": "--username", "url": "--url"}
_ABSENT: Final = {
    "url": "not set; accsyn is asked where the workspace is",
    "proxy": "not set; the way is direct",
}
_SECRET: Final = frozenset({"api_key", "session_key"})
_KNOWN: Final = frozenset({ENVFILE, *TOKENS, *(name for names in VARIABLES.values() for name in names)})
_SHORTEST: Final = 8
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,23}")
_MEANT: Final = re.compile(
    r"(?:[a-z][a-z0-9+-]{0,9}://(?:(?P<login>[^/?#]*)@)?[a-z0-9.-]{1,253}"
    r"|[a-z0-9.-]{1,60}\.accsyn\.com|localhost|\d{1,3}(?:\.\d{1,3}){3})(?::\d{0,5})?(?P<after>[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
"""What was meant to be an address, and is no key in the wrong place."""
_ADDRESS: Final = re.compile(r"[^@\s:/]{1,64}@[A-Za-z0-9.-]{1,255}")


def setting_findings(lookup: Lookup, environ: Mapping[str, str], *, insecure: bool) -> list[Finding]:
    """What is set, and where.

    Args:
        lookup: what was found.
        environ: the environment.
        insecure: whether certificates are not checked, and plain HTTP may lead anywhere.
    """
    found = [*_env_file(lookup)]
    for name in _NAMES:
        one = lookup.found.get(name)
        if one is not None:
            found.append(_judged(name, one, lookup, insecure=insecure))
        elif name in lookup.ignored:
            found.append(_ignored(name, lookup.ignored[name]))
        elif name in _ABSENT:
            found.append(Finding("settings", _NAMES[name], "note", _ABSENT[name]))
        elif name != "session_key":
            found.append(_missing(name))
    if unused := [one for source in lookup.sources for one in source.find_all("session_key")]:
        text = f"set ({_length(unused[0].value)}), {_place(unused[0])}; not used here"
        remedy = "it is for older workspaces, in Python: Session(api_version='v1')"
        found.append(Finding("settings", _NAMES["session_key"], "note", text, remedy))
    found += _of_others(lookup, environ)
    return found


def secrets_in(lookup: Lookup, environ: Mapping[str, str]) -> set[str]:
    """All that must not be shown, whatever it turns up in.

    What is shorter than eight characters is left out: taken out of the words around it, it would stand out.
    """
    secrets = set[str]()
    for name in VARIABLES:
        places = [one for source in lookup.sources for one in source.find_all(name)]
        places += [one for one in (lookup.found.get(name),) if one is not None]
        for one in places:
            if name == "url" and (meant := _MEANT.fullmatch(one.value)):
                secrets |= {piece for part in meant.group("login", "after") for piece in _pieces(part or "")}
            elif name in _SECRET or not _shows(name, one.value):
                secrets.add(one.value)
            secrets |= _passwords(one.value)
    for source in (environ, *(one.values for one in lookup.sources)):
        secrets |= {source[name] for name in TOKENS if source.get(name)}
        for name in PROXIES:
            secrets |= _passwords(source.get(name) or source.get(name.lower()) or "")
    return {one for one in secrets if len(one) >= _SHORTEST}


def _judged(name: str, one: Found, lookup: Lookup, *, insecure: bool) -> Finding:
    """A setting that is there."""
    value, place = one.value, _place(one, name)
    where = {"source": one.source.kind, "variable": one.variable}
    if one.source.path is not None:
        where["path"] = str(one.source.path)
    facts: dict[str, object] = {**where, "length": len(value)}
    error = _refusal(name, value, lookup, insecure=insecure)
    if error is not None:
        return wrong("settings", _NAMES[name], error, f"put it right: {place}", facts)
    if _shows(name, value):
        facts["value"] = value
    text = f"{value if _shows(name, value) else f'set ({_length(value)})'}, {place}"
    mark: Mark = "fine"
    odd, remedy = _oddity(name, value)
    if odd:
        mark, text = "warning", f"{text}; {odd}"
    others = lookup.passed_over(name)
    differing = [other for other in others if other.value != value]
    if differing:
        mark = "warning"
        told = " and ".join(_place(other) for other in differing)
        remedy = "; ".join(filter(None, (remedy, f"another value is not used: {told}; keep one of them")))
    elif others:
        text += f"; the same in {' and '.join(_place(other) for other in others)}"
    if others:
        facts["also_in"] = [_place(other) for other in others]
    return Finding("settings", _NAMES[name], mark, text, remedy, facts=facts)


def _refusal(name: str, value: str, lookup: Lookup, *, insecure: bool) -> ArgumentError | None:
    """Why a session would not take it."""
    if not is_text(value):
        return ArgumentError("no text that can be sent")
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        return ArgumentError("holds control characters")
    try:
        if name == "url":
            check_base_url(value, plain_allowed=insecure)
        if name == "proxy":
            parse_proxy(value)
    except ArgumentError as error:
        return error
    return None


def _oddity(name: str, value: str) -> tuple[str, str]:
    """What is odd about it, and what to do; empty when nothing is."""
    if value != value.strip():
        return "it begins or ends with white space", "take that away"
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return "it stands in quotes, which belong to it here", "take them away"
    if name == "workspace" and not _shows(name, value):
        return "that does not look like a workspace's code", "it is what stands before .accsyn.com"
    if name == "username" and not _shows(name, value):
        return "that is no e-mail address", "accsyn's users log in with theirs"
    if name == "api_key" and _ADDRESS.fullmatch(value):
        return (
            "that looks like an e-mail address",
            "the key is shown in the accsyn desktop app, Prefs > Setup API environment",
        )
    return "", ""


def _shows(name: str, value: str) -> bool:
    """Whether a value can be shown: it is what it should be, and no secret in the wrong place."""
    match name:
        case "workspace":
            looks_random = re.fullmatch(r"[0-9a-fA-F-]{16,}", value) is not None
            return _CODE.fullmatch(value) is not None and not looks_random
        case "username":
            return _ADDRESS.fullmatch(value) is not None
        case "url":
            return _is_usable(lambda: check_base_url(value, plain_allowed=True))
        case "proxy":
            return _is_usable(lambda: parse_proxy(value))
    return False


def _is_usable(check: Callable[[], object]) -> bool:
    try:
        check()
    except ArgumentError:
        return False
    return True


def _missing(name: str) -> Finding:
    variable, option = VARIABLES[name][0], _OPTIONS.get(name)
    ways = f"set {variable}" + (f", or pass {option}" if option else "")
    remedy = f"{ways}; in the environment, in .env, or in a file that --envfile names"
    return wrong("settings", _NAMES[name], AuthenticationError("not set"), remedy, {"variable": variable})


def _ignored(name: str, one: Found) -> Finding:
    return Finding(
        "settings",
        _NAMES[name],
        "warning",
        f"not set; {_place(one)} is not used, as the API key does not come from there",
        f"no folder may send a key elsewhere: set {one.variable} where the key is",
        facts={"source": None, "ignored": _place(one)},
    )


def _env_file(lookup: Lookup) -> Iterator[Finding]:
    explicit, _, implicit = lookup.sources
    used = explicit if explicit.path is not None else implicit
    if used.path is None:
        yield Finding("settings", "env file", "note", "none is named, and there is no .env in this folder")
        return
    known = sum(name in _KNOWN for name in used.values)
    text = f"{used.path.absolute()}, {known} {'setting' if known == 1 else 'settings'}"
    facts = {"path": str(used.path.absolute()), "settings": known}
    remedy = (
        "" if known else "it sets nothing that is known: ACCSYN_WORKSPACE, ACCSYN_API_USER, ACCSYN_API_KEY"
    )
    yield Finding("settings", "env file", "fine" if known else "warning", text, remedy, facts=facts)


def _of_others(lookup: Lookup, environ: Mapping[str, str]) -> Iterator[Finding]:
    """What is set besides: tokens, what may be a slip of the pen, what other programs go by."""
    for name in TOKENS:
        if value := environ.get(name):
            yield Finding("settings", name, "note", f"set ({_length(value)})", facts={"length": len(value)})
    for source in lookup.sources:
        for name in sorted(source.values):
            if not name.startswith("ACCSYN_") or name in _KNOWN:
                continue
            near = difflib.get_close_matches(name, sorted(_KNOWN), n=1)
            remedy = f"is {near[0]} meant?" if near else ""
            text = f"set in {_of_source(source)}, and not known"
            yield Finding("settings", name, "warning" if near else "note", text, remedy)
    for name in PROXIES:
        if environ.get(name) or environ.get(name.lower()):
            text = "set in the environment, and not used"
            yield Finding("settings", name, "note", text, "accsyn's way out is named by ACCSYN_PROXY")
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if path := environ.get(name):
            there = Path(path).is_file() if name.endswith("FILE") else Path(path).is_dir()
            remedy = "" if there else "no certificate can be trusted by it: put it right, or unset it"
            text = f"{path}, in the environment" + ("" if there else "; there is no such thing")
            yield Finding(
                "settings", name, "fine" if there else "warning", text, remedy, facts={"path": path}
            )


def _place(one: Found, name: str | None = None) -> str:
    if one.source.kind == "argument":
        return _OPTIONS.get(name or "", "given")
    return f"{one.variable} in {_of_source(one.source)}"


def _of_source(source: Source) -> str:
    match source.kind:
        case "environment":
            return "the environment"
        case ".env":
            return ".env"
        case "env file":
            return str(source.path)
    return "the arguments"


def _pieces(part: str) -> set[str]:
    """What may be secret in a part of an address that is not its host."""
    return {part, *re.split(r"[/?#&=:@]", part)}


def _passwords(value: str) -> set[str]:
    """What may be a password in an address that holds a login."""
    login, at, _ = value.rpartition("@")
    if not at:
        return set()
    login = login.rpartition("://")[2]
    return {piece for piece in (login, login.partition(":")[2]) if piece} if ":" in login else set()


def _length(value: str) -> str:
    return f"{len(value)} {'character' if len(value) == 1 else 'characters'}"
