"""What is told of the way to the backend and of the session with it. Pure."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Final, Literal

from accsyn_async.cli.diagnosis.connecting import Certificate, Target, Untrusted
from accsyn_async.cli.diagnosis.exchanges import Exchange, skew_of
from accsyn_async.cli.diagnosis.finding import Finding, wrong
from accsyn_async.errors import (
    AccsynError,
    AuthenticationError,
    BackendError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
)
from accsyn_async.transport.limiter import RateLimit

__all__ = [
    "certificate_finding",
    "clock_finding",
    "connection_finding",
    "list_finding",
    "milliseconds",
    "rate_finding",
    "session_error_finding",
    "unreached_finding",
    "untrusted_finding",
]

_SOON: Final = dt.timedelta(days=14)
"""Before its end, a certificate should be renewed."""
_SKEWED: Final = 10.0
"""Seconds by which clocks may differ."""
_SLOW: Final = 2.0
"""Seconds that an answer may take."""
_OUT: Final = (
    "is this computer on the network, and the address right? A closed network is left by ACCSYN_PROXY"
)
_KEY: Final = (
    "a key belongs to one user of one workspace; it is shown in the accsyn desktop app, "
    "Prefs > Setup API environment"
)
_REFUSED_SESSION: Final = (
    "the key is right, but its session was ended at once: try again; "
    "if it stays so, is there something on the way that changes headers?"
)
_BROKEN: Final = (
    "try again, with a longer --timeout; if it stays so, is there a firewall or a proxy on the way?"
)
_OLDER: Final = "is it an older workspace? Those are reached from Python: Session(api_version='v1')"


def connection_finding(target: Target, peer: str, seconds: float) -> Finding:
    """A connection came about."""
    way = f", through {target.socks}" if target.socks else ""
    address = f" ({peer})" if peer and peer != target.host else ""
    facts = {"host": target.host, "port": target.port, "address": peer or None, "ms": milliseconds(seconds)}
    text = f"{target}{address}{way}, in {milliseconds(seconds)} ms"
    return Finding("backend", "connection", "fine", text, facts={**facts, "socks": target.socks})


def unreached_finding(name: str, error: Exception) -> Finding:
    """No connection came about."""
    return wrong("backend", name, error, _OUT)


def certificate_finding(certificate: Certificate, now: dt.datetime, *, checked: bool) -> Finding:
    """TLS came about.

    Args:
        certificate: the server's.
        now: the time, UTC.
        checked: whether it was checked.
    """
    said = f"{_whose(certificate)}; {certificate.protocol}"
    facts = _certificate_facts(certificate, trusted=checked or None)
    if not checked:
        remedy = "whoever is between can read the API key: leave --insecure out"
        return Finding("backend", "certificate", "warning", f"not checked: {said}", remedy, facts=facts)
    left = certificate.until - now if certificate.until else None
    if left is not None and left < _SOON:
        remedy = "ask whoever looks after the backend to renew it"
        text = f"{said}; only {_days(left)} left"
        return Finding("backend", "certificate", "warning", text, remedy, facts=facts)
    return Finding("backend", "certificate", "fine", said, facts=facts)


def untrusted_finding(error: Untrusted) -> Finding:
    """The certificate was refused."""
    reason = error.reason.lower()
    if "mismatch" in reason:
        remedy = "it is the certificate of another host: check ACCSYN_URL"
    elif "expired" in reason or "not yet valid" in reason:
        remedy = "is this computer's clock right? If so, whoever looks after the backend has to renew it"
    else:
        remedy = "if it is to be trusted, set SSL_CERT_FILE to the certificate of who vouches for it"
    facts: dict[str, object] = {"trusted": False, "reason": error.reason}
    said = ""
    if error.certificate is not None and error.certificate.issuer:
        facts |= _certificate_facts(error.certificate, trusted=False)
        said = f"; it is {_whose(error.certificate)}"
    return Finding("backend", "certificate", "wrong", f"not trusted: {error.reason}{said}", remedy, 4, facts)


def session_error_finding(name: Literal["login", "answers"], error: AccsynError) -> Finding:
    """The login failed, or listing transfers with the session that it gave."""
    facts = {"http_status": error.http_status, "code": error.code}
    return wrong("session", name, error, _remedy(name, error), facts)


def _remedy(name: str, error: AccsynError) -> str:
    match error:
        case RateLimitedError():
            return "others at this address use up what accsyn takes from it: wait, and try again"
        case AuthenticationError():
            return _KEY if name == "login" else _REFUSED_SESSION
        case PermissionDeniedError():
            return "an admin of the workspace can give this user a role that may"
        case BackendError(temporary=True) if error.http_status != 404:
            return "the backend has trouble: try again in a minute"
        case BackendError() | NotFoundError():
            return _OLDER
    return _OLDER if error.http_status == 404 else _BROKEN


def list_finding(exchange: Exchange) -> Finding:
    """Transfers were listed."""
    slow = exchange.seconds > _SLOW
    return Finding(
        "session",
        "answers",
        "warning" if slow else "fine",
        f"transfers were listed in {milliseconds(exchange.seconds)} ms" + (", which is slow" if slow else ""),
        "past 500 active jobs the backend is slow: put many files into one job" if slow else "",
        facts={"ms": milliseconds(exchange.seconds)},
    )


def rate_finding(limit: RateLimit, exchanges: Sequence[Exchange]) -> Finding:
    """How fast requests may go out, and whether they went out too fast."""
    throttled = [one for one in exchanges if one.status == 429]
    count = f"{len(exchanges)} {'request' if len(exchanges) == 1 else 'requests'}"
    own = f"a session sends {limit.per_second:g} requests a second at most, {limit.burst} at once"
    facts: dict[str, object] = {"per_second": limit.per_second, "burst": limit.burst}
    facts |= {"requests": len(exchanges), "throttled": len(throttled)}
    if not any(one.status for one in exchanges):
        return Finding("session", "rate limit", "note", f"{own}; no answer to {count}", facts=facts)
    if not throttled:
        return Finding("session", "rate limit", "fine", f"{own}; no HTTP 429 in {count}", facts=facts)
    pause = throttled[-1].retry_after
    facts["retry_after"] = pause
    when = f"; it asks to wait {pause:g} s" if pause is not None else ""
    text = f"the backend refuses requests (HTTP 429: {len(throttled)} of {count}){when}; {own}"
    remedy = "accsyn takes 30 a second from an address: what else here talks to it? Keep one session for all"
    return Finding("session", "rate limit", "warning", text, remedy, facts=facts)


def clock_finding(exchanges: Sequence[Exchange]) -> Finding:
    """Whether this computer and the backend agree about the time."""
    known = [(exchange, skew) for exchange in exchanges if (skew := skew_of(exchange)) is not None]
    if not any(one.status for one in exchanges):
        return Finding("backend", "clock", "note", "not compared, as there was no answer")
    if not known:
        return Finding("backend", "clock", "note", "the backend does not tell the time")
    ahead, error = known[-1][1]
    facts = {"ahead_s": round(-ahead, 1), "error_s": round(error, 1)}
    if abs(ahead) <= max(_SKEWED, error):
        text = f"within {math.ceil(abs(ahead) + error)} s of the backend's"
        return Finding("backend", "clock", "fine", text, facts=facts)
    text = f"{_span(abs(ahead))} {'behind' if ahead > 0 else 'ahead of'} the backend's"
    remedy = "set this computer's clock: certificates and times of jobs are judged by it"
    return Finding("backend", "clock", "warning", text, remedy, facts=facts)


def milliseconds(seconds: float) -> int:
    """A span in whole milliseconds."""
    return round(seconds * 1000)


def _whose(certificate: Certificate) -> str:
    said = f"for {certificate.subject or 'nobody'}, vouched for by {certificate.issuer or 'nobody'}"
    return f"{said}, until {certificate.until:%Y-%m-%d}" if certificate.until else said


def _certificate_facts(certificate: Certificate, *, trusted: bool | None) -> dict[str, object]:
    until = certificate.until.isoformat() if certificate.until else None
    return {
        "trusted": trusted,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "until": until,
        "protocol": certificate.protocol,
    }


def _days(left: dt.timedelta) -> str:
    return "hours are" if left.days < 1 else "1 day is" if left.days == 1 else f"{left.days} days are"


def _span(seconds: float) -> str:
    """A span, roughly.

    >>> _span(42.3), _span(3600), _span(200_000)
    ('42 s', '60 min', '56 h')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
