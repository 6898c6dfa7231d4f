"""Who leads now, as the stream of events says it."""

from __future__ import annotations

import base64
import logging
from typing import Final

from nats.js.errors import APIError

from accsyn_async.errors import AccsynError
from accsyn_async.relay.link import Link
from accsyn_async.relay.messages import RELAY, TERM, NotOursError, check_sender, read_term
from accsyn_async.relay.subjects import Names
from accsyn_async.relay.terms import Terms

__all__ = ["learn_last_term"]

logger = logging.getLogger("accsyn_async.relay")

_KNOWN: Final = (RELAY, TERM)


async def learn_last_term(link: Link, names: Names, terms: Terms) -> None:
    """Learn who leads, and from where on in the stream, before that is read; nothing where nobody says it.

    Args:
        link: the connection.
        names: the workspace's.
        terms: what is known already; changed.
    """
    try:
        answer = await link.api(f"STREAM.MSG.GET.{names.events}", {"last_by_subj": names.term})
        found = answer["message"]
        term = read_term(base64.b64decode(found.get("data") or ""))
        lines = base64.b64decode(found.get("hdrs") or "").decode("utf-8", "replace").splitlines()
        pairs = (line.partition(":") for line in lines)
        check_sender(term, {name: text.strip() for name, _, text in pairs if name in _KNOWN})
    except (APIError, AccsynError, NotOursError) as error:
        logger.debug("nobody says who leads: %s", error)
    else:
        terms.begin(term.term, term.relay, term.book, int(found["seq"]))
