"""With what to log in: now, and again when the session has expired."""

from __future__ import annotations

import asyncio
import inspect

from accsyn_async.errors import AuthenticationError, SessionExpiredError, TransportError
from accsyn_async.transport.credentials import Credentials, is_text
from accsyn_async.wire.dialect import Proof
from accsyn_async.wire.redact import Secret

__all__ = ["Proofs"]


class Proofs:
    """Picks what proves a login.

    An API key is good for every login. Without one, a session key comes first, as it
    asks nothing of anybody, and a password when that is not accepted (any more).

    Args:
        credentials: what there is.
    """

    __slots__ = ("_credentials",)

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def first(self) -> Proof:
        """For the first login.

        Raises:
            AuthenticationError, TransportError: see ``renewal``.
        """
        credentials = self._credentials
        if credentials.api_key is None and credentials.session_key is not None:
            return Proof("session_key", credentials.session_key)
        return await self.renewal()

    @property
    def can_renew(self) -> bool:
        """Whether there is more than a session key, which dies with its session."""
        return self._credentials.api_key is not None or self._credentials.pwd is not None

    async def renewal(self) -> Proof:
        """For a login after the session has expired.

        Raises:
            SessionExpiredError: there is nothing to log in with.
            AuthenticationError: the function that was passed as password returned none.
            TransportError: that function raised an error; the next call asks it again.
        """
        if self._credentials.api_key is not None:
            return Proof("api_key", self._credentials.api_key)
        pwd = self._credentials.pwd
        if pwd is None:
            raise SessionExpiredError(
                "the session has expired, and a session key cannot renew it; "
                "pass api_key=, or pwd= (a function keeps the password out of memory)",
                temporary=False,
            )
        if isinstance(pwd, Secret):
            return Proof("pwd", pwd)
        raised = ""
        text: object = None
        try:
            answer = pwd()
            text = await answer if inspect.isawaitable(answer) else answer
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raised = type(error).__name__
        except Exception as error:
            raised = type(error).__name__
        if raised:
            # Not in its handler: the words of the error, which may hold the password, stay behind.
            raise TransportError(f"the function passed as pwd raised {raised}")
        if not is_text(text):
            raise AuthenticationError("the function passed as pwd returned no password")
        return Proof("pwd", Secret(str(text)))
