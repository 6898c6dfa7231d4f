"""The calls that docs/protocol.md lists, as a session sends them."""

from __future__ import annotations

import copy
import inspect
import json
import warnings
from urllib.parse import unquote

from accsyn_async import Session
from accsyn_async.models import JOB_TYPES
from accsyn_async.wire.message import Call
from accsyn_async.wire.v1_calls import to_v1
from tests.official.calls_v3 import CALLS
from tests.official.recorder import recording

__all__ = ["Sent", "older_names", "sent_calls"]

Sent = dict[tuple[str, str, str], tuple[set[str], set[str]]]
"""Method, verb and uri → which of ``id`` and ``query`` go along, and what ``data`` holds."""

_ENTITIES = {*JOB_TYPES, "job", "task", "user", "folder", "share", "volume", "queue"}
_OPERATIONS = {"find", "create", "edit", "delete", "activate", "deactivate", "report", "metrics"}
_OWN_DATA = {"create", "update", "update_many"}
"""Those whose data are an entity's own attributes."""
_OLD_NAMES = {"update_one", "offline_one", "gui_is_running", "server_is_running"}
_PAIRS = (
    ("GET", "transfer/find"),
    ("GET", "queue/find"),
    ("GET", "task/find"),
    ("GET", "site/find"),
    ("GET", "folder/find"),
    ("POST", "transfer/create"),
    ("POST", "file/add"),
    ("PUT", "transfer/edit"),
    ("DELETE", "user/deactivate"),
    ("GET", "workspace/file"),
    ("PUT", "workspace/publish/preprocess"),
    ("PUT", "workspace/integration/ftrack/utility"),
)


async def sent_calls() -> Sent:
    """What each method of a session sends, over all the calls that the official client is compared with."""
    sent: Sent = {}
    async with recording() as (record, port):
        url = f"http://127.0.0.1:{port}"
        async with Session("acme", "lisa@example.com", "my-key", url=url, rate_limit=None) as session:
            for name, args, kwargs in copy.deepcopy(CALLS):
                record.requests.clear()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    answer = getattr(session, name)(*args, **kwargs)
                    if inspect.isawaitable(answer):
                        await answer
                for request in record.requests:
                    _note(sent, name, request["verb"], request["query"] or request["body"])
    return sent


def older_names() -> dict[str, str]:
    """What uris of v3 are called in v1, where that differs."""
    pairs = {uri: to_v1(Call(verb, uri, {})).uri for verb, uri in _PAIRS}  # type: ignore[arg-type]
    return {uri: older for uri, older in pairs.items() if older != uri}


def _note(sent: Sent, name: str, verb: str, quoted: str) -> None:
    event = json.loads(unquote(quoted))
    if not event.keys() >= {"uri", "eid"} or name in _OLD_NAMES:
        return
    takes, holds = sent.setdefault((name, verb, _general(event["uri"])), (set(), set()))
    takes.update(event.keys() & {"id", "query"})
    if isinstance(event.get("data"), dict) and name not in _OWN_DATA:
        holds.update(event["data"])


def _general(uri: str) -> str:
    """A uri without what is particular to one call: ``transfer/find`` as ``<type>/find``."""
    scope, _, operation = uri.partition("/")
    if scope.lower() in _ENTITIES and operation in _OPERATIONS:
        return f"<type>/{operation}"
    if operation in ("server", "servers"):
        return f"<share>/{operation}"
    return uri.replace("/ftrack/", "/<name>/")
