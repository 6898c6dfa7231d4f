"""Which proof goes out when, and what a function that is asked for the password can do."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import pytest

from accsyn_async.errors import AccsynError, AuthenticationError, SessionClosedError, TransportError
from accsyn_async.transport.credentials import Credentials
from accsyn_async.transport.proofs import Proofs
from accsyn_async.wire.message import Request, Response
from accsyn_async.wire.redact import Secret
from accsyn_async.wire.reply import Failure
from tests.support.backend import RESET, UNREACHED, Backend, Received, html, reply
from tests.support.older_backend import OlderBackend
from tests.support.virtual import run

GIVEN = "handed-over-key"


def _kinds(backend: OlderBackend) -> list[str]:
    return [
        next(kind for kind in ("api_key", "pwd", "session_key") if kind in login) for login in backend.seen
    ]


@pytest.mark.parametrize(
    ("there", "first", "later"),
    [
        ("api_key", "api_key", "api_key"),
        ("pwd", "pwd", "pwd"),
        ("session_key", "session_key", None),
        ("session_key pwd", "session_key", "pwd"),
        ("api_key session_key", "api_key", "api_key"),
        ("api_key pwd", "api_key", "api_key"),
        ("api_key session_key pwd", "api_key", "api_key"),
    ],
)
def test_which_comes_first(there: str, first: str, later: str | None) -> None:
    async def main() -> None:
        proofs = Proofs(Credentials("acme", "lisa", **{name: Secret(name) for name in there.split()}))
        assert (await proofs.first()).kind == first
        assert proofs.can_renew is (later is not None)
        if later is not None:
            proof = await proofs.renewal()
            assert (proof.kind, proof.secret) == (later, Secret(later))

    run(main())


def test_with_both_keys_there_the_api_key_logs_in() -> None:
    async def main() -> None:
        backend = OlderBackend(given_keys={GIVEN})
        async with backend.session(session_key=GIVEN, api_key=backend.key) as session:
            backend.expire()
            await session.find("Job")
        assert _kinds(backend) == ["api_key", "api_key"]

    run(main())


@pytest.mark.parametrize(
    "answer",
    [
        *(RESET, UNREACHED, html(502), html(500), html(200), reply({"message": "busy"}, 429), reply(b"")),
        *(reply({}), reply({"message": "not for you"}, 403), reply({"exception": "Traceback"})),
    ],
)
def test_a_password_does_not_go_out_because_a_session_key_was_not_answered(answer: Any) -> None:
    class Refusing(OlderBackend):
        async def send(self, request: Request, *, timeout: float) -> Response | Failure:
            said = await super().send(request, timeout=timeout)
            return answer if request.headers["Authorization"].startswith("ASSession") else said

    async def main() -> None:
        backend = Refusing(given_keys={GIVEN})
        with pytest.raises(AccsynError):
            async with backend.session(session_key=GIVEN, pwd=lambda: backend.password):
                pass
        assert set(_kinds(backend)) == {"session_key"}

    run(main())


@pytest.mark.parametrize("answer", [None, reply({"message": "no"}, 401), reply({"session_expired": True})])
def test_it_does_when_the_session_key_is_refused(answer: Any) -> None:
    class Refusing(OlderBackend):
        def answer(self, received: Received, request: Request) -> Response:
            said = super().answer(received, request)
            if answer is None or request.headers["Authorization"].startswith("ASCredentials"):
                return said
            return answer  # type: ignore[no-any-return]

    async def main() -> None:
        backend = Refusing()
        async with backend.session(session_key=GIVEN, pwd=backend.password):
            pass
        assert _kinds(backend) == ["session_key", "pwd"]

    run(main())


class Vault:
    """Gives the password once; then does as it is told."""

    def __init__(self, backend: OlderBackend, then: Any) -> None:
        self.backend = backend
        self.then = then
        self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        return self.backend.password if self.asked == 1 else await self.then()


def _all_told(error: BaseException) -> str:
    """What an error and all those behind it tell, shown or not."""
    told = "".join(traceback.format_exception(error))
    behind: BaseException | None = error
    while behind is not None:
        told += f"{behind!r} {behind} {vars(behind)}"
        assert isinstance(behind, AccsynError), behind
        behind = behind.__cause__ or behind.__context__
    return told


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("when", ["entering", "later"])
def test_what_a_function_says_when_it_fails_is_told_to_nobody(when: str, is_async: bool) -> None:
    async def main() -> None:
        backend = OlderBackend()
        asked = 0

        def pwd() -> str:
            nonlocal asked
            asked += 1
            if when == "later" and asked == 1:
                return backend.password
            try:
                raise KeyError("hunter1")
            except KeyError as error:
                raise ValueError("hunter2") from error

        async def async_pwd() -> str:
            return pwd()

        with pytest.raises(TransportError, match="pwd raised ValueError") as caught:
            async with backend.session(pwd=async_pwd if is_async else pwd) as session:
                backend.expire()
                await session.find("Job")
        assert "hunter" not in _all_told(caught.value)

    run(main())


def test_each_who_waits_gets_an_error_of_its_own() -> None:
    async def main() -> None:
        backend = OlderBackend()

        async def fail() -> str:
            await asyncio.sleep(1)
            raise RuntimeError("hunter2")

        vault = Vault(backend, fail)
        async with backend.session(pwd=vault, rate_limit=None) as session:
            backend.expire()
            errors = await asyncio.gather(*(session.find("Job") for _ in range(100)), return_exceptions=True)
        assert len({id(error) for error in errors}) == 100
        assert {type(error) for error in errors} == {TransportError}
        for error in errors:
            assert isinstance(error, TransportError)
            assert "hunter" not in _all_told(error)
            assert len(traceback.extract_tb(error.__traceback__)) < 20
        assert vault.asked == 2

    run(main())


def test_a_function_that_cancels_by_itself_has_failed_like_any_other() -> None:
    async def main() -> None:
        backend = OlderBackend()

        async def cancel() -> str:
            raise asyncio.CancelledError("hunter2")

        vault = Vault(backend, cancel)
        async with backend.session(pwd=vault) as session:
            backend.expire()
            for _ in range(2):
                with pytest.raises(TransportError, match="pwd raised CancelledError") as caught:
                    await session.find("Job")
                assert "hunter" not in _all_told(caught.value)
            vault.asked = 0
            await session.find("Job")

    run(main())


@pytest.mark.parametrize("answer", ["x\udcff", "", None, 5, b"secret"])
def test_what_cannot_be_a_password_is_not_sent(answer: Any) -> None:
    async def main() -> None:
        backend = OlderBackend()
        with pytest.raises(AuthenticationError, match="returned no password") as caught:
            async with backend.session(pwd=lambda: answer):
                pass
        assert backend.received == []
        assert "udcff" not in _all_told(caught.value)
        assert "b'secret'" not in _all_told(caught.value)

    run(main())


def test_a_function_that_does_not_stop_when_told_does_not_hold_the_session_open() -> None:
    async def main() -> None:
        backend = OlderBackend()
        release = asyncio.Event()

        async def stubborn() -> str:
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    continue
            return backend.password

        async with backend.session(pwd=Vault(backend, stubborn)) as session:
            backend.expire()
            task = asyncio.create_task(session.find("Job"))
            await asyncio.sleep(1)
            async with asyncio.timeout(60):
                await session.aclose()
            with pytest.raises(SessionClosedError):
                await task
        assert backend.closed
        sent = len(backend.received)
        release.set()
        await asyncio.sleep(1)
        assert len(backend.received) == sent

    run(main())


def test_v3_has_no_other_proof_to_send() -> None:
    async def main() -> None:
        backend = Backend(key="another key")
        with pytest.raises(AuthenticationError):
            async with backend.session(api_key="wrong key"):
                pass
        assert len(backend.received) == 1

    run(main())
