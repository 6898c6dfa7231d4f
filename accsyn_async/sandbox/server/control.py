"""What can be asked under ``/_sandbox/``: the state, bad weather, the clock, a fresh start."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import entity_rows
from accsyn_async.sandbox.server.envelope import json_object
from accsyn_async.sandbox.server.weather import Fault, FaultKind
from accsyn_async.sandbox.state.entities import Client

if TYPE_CHECKING:
    from accsyn_async.sandbox.box import Sandbox

__all__ = ["TOKEN_HEADER", "Control"]

TOKEN_HEADER: Final = "X-Sandbox-Token"
NO_TEXTS: Final[Mapping[str, type]] = {"online": bool, "read": bool, "write": bool, "volumes": list}
"""What is told of a computer and is no text."""
Words = tuple[tuple[str, ...], tuple[str, ...]]
"""What must be told to do something, and what may be."""
START: Final[Words] = ((), ("user", "site", "type", "hostname", "volumes"))
SWITCH: Final[Words] = (("client", "online"), ())
MAP: Final[Words] = (("client", "share", "path"), ("read", "write"))
FAULT_KEYS: Final = tuple(
    one.name
    for one in dataclasses.fields(Fault)
    if one.name not in ("hits", "id") and not one.name.startswith("_")
)
SAME: Final = frozenset({"same-origin", "none"})

T = TypeVar("T")

Reply = dict[str, Any]


class Control:
    """Answers whoever has the token; one token a start.

    =========  ==================  =================================================================
    GET        ``state``           address, clock, users without their secrets, what has been asked
    POST       ``reset``           a fresh workspace, fair weather, nothing recorded; with ``{"seed": 7}``
                                   ids and faults are alike in every run, until the next
    POST       ``seed``            the same; there must be a seed
    GET, POST  ``clock``           the time; ``{"advance": 3600}`` moves it on, ``{"factor": 60}`` lets it run
                                   at that speed from then on
    GET        ``faults``          the weather
    POST       ``faults``          lets something go wrong: ``{"kind": "throttle", "count": 2}``
    DELETE     ``faults``          fair weather
    DELETE     ``faults/3``        ends the fault with that ``id``
    GET        ``requests``        what was asked, secrets masked
    DELETE     ``requests``        forgets it
    GET        ``clients``         the clients, with their ids
    POST       ``clients``         starts a computer: ``{"user": "standard@example.com", "type": "app"}`` or
                                   ``{"site": "berlin"}``
    PUT        ``clients``         takes one on- or offline: ``{"client": "<id>", "online": false}``
    POST       ``mappings``        maps a share on a user's computer: ``{"client": "<id>", "share": "film",
                                   "path": "/work/film", "read": true, "write": true}``
    =========  ==================  =================================================================

    Args:
        box: the sandbox.
    """

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self.token = secrets.token_urlsafe(32)

    async def answer(self, verb: str, what: str, headers: Mapping[str, str], host: str, body: bytes) -> Reply:
        """Do what is asked.

        Args:
            verb: the HTTP method.
            what: the path behind ``/_sandbox/``.
            headers: the request's.
            host: its ``Host``, which has been checked.
            body: its body.

        Raises:
            Refusal: the token is missing or wrong, another site asks, or it cannot be done.
        """
        self._check(verb, headers, host)
        sent = json_object(body) if body else {}
        match verb, what:
            case "GET", "state":
                return {"result": self._state()}
            case "POST", ("reset" | "seed"):
                await self._box.reset(seed=_seed(sent, required=what == "seed"))
                return {"result": True}
            case "GET", "clock":
                return {"result": self._clock()}
            case "POST", "clock":
                await self._set_clock(sent)
                return {"result": self._clock()}
            case "GET", "faults":
                return {"result": [_row(fault) for fault in self._box.weather.faults]}
            case "POST", "faults":
                return {"result": _row(self._add(sent))}
            case "DELETE", "faults":
                self._box.weather.clear()
                return {"result": True}
            case "DELETE", _ if what.startswith("faults/"):
                self._box.weather.remove(self._fault(what.removeprefix("faults/")))
                return {"result": True}
            case "GET", "requests":
                return {"result": [dataclasses.asdict(one) for one in self._box.requests]}
            case "DELETE", "requests":
                self._box.forget_requests()
                return {"result": True}
            case "GET", "clients":
                return {"result": entity_rows.clients().rows(self._box.hosts.clients)}
            case "POST", "clients":
                return {"result": self._client(self._box.hosts.start, START, sent)}
            case "PUT", "clients":
                return {"result": self._client(self._box.hosts.switch, SWITCH, sent)}
            case "POST", "mappings":
                _on_host(self._box.hosts.map_share, MAP, sent)
                return {"result": True}
        raise Refusal("E#E404", f"There is no {verb} {what!r} here.", status=404)

    def _check(self, verb: str, headers: Mapping[str, str], host: str) -> None:
        origin = headers.get("Origin")
        scheme = self._box.url.partition("://")[0]
        if origin is not None and origin.casefold() != f"{scheme}://{host.strip().casefold()}":
            raise Refusal("E#E403", "Another site may not ask this.", status=403)
        if headers.get("Sec-Fetch-Site", "none").casefold() not in SAME:
            raise Refusal("E#E403", "Another site may not ask this.", status=403)
        token = headers.get(TOKEN_HEADER, "")
        if not secrets.compare_digest(token.encode("utf-8", "replace"), self.token.encode()):
            raise Refusal("E#E401", f"Send the sandbox's token as {TOKEN_HEADER}.", status=401)
        kind = headers.get("Content-Type", "").partition(";")[0].strip().casefold()
        if verb not in ("GET", "HEAD") and kind != "application/json":
            raise Refusal("E#E415", "Send JSON, as application/json.", status=415)

    def _clock(self) -> Reply:
        return {"now": self._box.now, "factor": self._box.time_factor}

    async def _set_clock(self, sent: Reply) -> None:
        _check_keys(sent, ("advance", "factor"))
        if not sent:
            raise _refused("Give 'advance', in seconds, or 'factor', or both.")
        for name, value in sent.items():
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise _refused(f"{name!r} must be a number.")
        try:
            if "factor" in sent:
                await self._box.run_at(sent["factor"])
            if "advance" in sent:
                await self._box.advance(seconds=sent["advance"])
        except ValueError as error:
            raise _refused(f"{error}.") from None
        except OverflowError:
            raise _refused("The clock cannot be moved on by so much.") from None

    def _add(self, sent: Reply) -> Fault:
        _check_keys(sent, FAULT_KEYS)
        if "kind" not in sent:
            raise _refused(f"Say the fault's 'kind': {', '.join(get_args(FaultKind))}.")
        try:
            return self._box.weather.add(**sent)
        except ValueError as error:
            raise _refused(f"This is no fault: {error}.") from None

    def _fault(self, ident: str) -> Fault:
        for fault in self._box.weather.faults:
            if str(fault.id) == ident:
                return fault
        raise Refusal("E#E404", f"There is no fault with the id {ident!r}.", status=404)

    def _client(self, action: Callable[..., Client], words: Words, sent: Reply) -> Reply:
        if words is START and sent.get("site") is not None and "type" in sent:
            raise _refused("A site has servers only; leave 'type' out.")
        return entity_rows.clients().rows([_on_host(action, words, sent)])[0]

    def _state(self) -> Reply:
        box = self._box
        return {
            "url": box.url,
            "workspace": box.workspace,
            **self._clock(),
            "users": [{"role": user.role, "username": user.username, "id": user.id} for user in box.users],
            "statistics": dataclasses.asdict(box.statistics()),
            "faults": [_row(fault) for fault in box.weather.faults],
        }


def _on_host(action: Callable[..., T], words: Words, sent: Reply) -> T:
    """Do something at a computer that is told of in the words of `Hosts`."""
    needed, others = words
    _check_keys(sent, (*needed, *others))
    missing = [name for name in needed if name not in sent]
    if missing:
        raise _refused(f"Say {' and '.join(map(repr, missing))} as well.")
    for name, value in sent.items():
        wanted = NO_TEXTS.get(name, str)
        texts = not isinstance(value, list) or all(isinstance(one, str) for one in value)
        if not texts or not (value is None or isinstance(value, wanted)):
            what = {bool: "true or false", list: "a list of texts"}.get(wanted, "a text")
            raise _refused(f"{name!r} must be {what}.")
    try:
        return action(**sent)
    except (ValueError, KeyError) as error:
        raise _refused(f"This cannot be done: {error.args[0]}.") from None


def _refused(text: str) -> Refusal:
    return Refusal("E#E407", text, status=400)


def _check_keys(sent: Reply, known: Sequence[str]) -> None:
    for name in sent:
        if name not in known:
            raise _refused(f"{name!r} means nothing here; known: {', '.join(known)}.")


def _seed(sent: Reply, *, required: bool) -> int | str | None:
    _check_keys(sent, ("seed",))
    seed = sent.get("seed")
    if seed is None and not required:
        return None
    if isinstance(seed, bool) or not isinstance(seed, (int, str)):
        raise _refused("'seed' must be a number or a text.")
    return seed


def _row(fault: Fault) -> Reply:
    row = {one.name: getattr(fault, one.name) for one in dataclasses.fields(fault)}
    return {name: value for name, value in row.items() if not name.startswith("_")}
