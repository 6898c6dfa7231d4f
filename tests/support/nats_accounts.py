"""Operators, accounts and users of NATS as JWTs, made with nkeys alone."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from pathlib import Path
from typing import Any

import nkeys

__all__ = ["Accounts", "new_key"]


def new_key(prefix: int = nkeys.PREFIX_BYTE_USER) -> tuple[Any, str, str]:
    """A new pair of keys, its public key and its seed."""
    seed = nkeys.encode_seed(secrets.token_bytes(32), prefix)
    pair = nkeys.from_seed(bytearray(seed))
    return pair, pair.public_key.decode(), seed.decode()


class Accounts:
    """An operator with an account whose users may use JetStream.

    Attributes:
        config: what a server must have in its configuration.
    """

    def __init__(self) -> None:
        operator, operator_name, _ = new_key(nkeys.PREFIX_BYTE_OPERATOR)
        self._account, self._name, _ = new_key(nkeys.PREFIX_BYTE_ACCOUNT)
        system, system_name, _ = new_key(nkeys.PREFIX_BYTE_ACCOUNT)
        del system
        limits = {"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "conn": -1, "leaf": -1}
        storage = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1, "wildcards": True}
        kinds = {
            self._name: {"type": "account", "version": 2, "limits": limits | storage},
            system_name: {"type": "account", "version": 2, "limits": limits | {"wildcards": True}},
        }
        jwts = {name: _jwt(operator, operator_name, name, kind) for name, kind in kinds.items()}
        itself = {"type": "operator", "version": 2, "system_account": system_name}
        resolved = "\n".join(f"{name}: {jwt}" for name, jwt in jwts.items())
        self.config = (
            f"operator: {_jwt(operator, operator_name, operator_name, itself)}\n"
            f"system_account: {system_name}\nresolver: MEMORY\nresolver_preload: {{\n{resolved}\n}}\n"
        )

    def user(self, path: Path) -> Path:
        """Write a new user's credentials to a file."""
        _, name, seed = new_key()
        kind = {"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1, "pub": {}, "sub": {}}
        jwt = _jwt(self._account, self._name, name, kind)
        path.write_text(
            f"-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n"
            "************************* IMPORTANT *************************\n"
            "NKEY Seed printed below can be used to sign and prove identity.\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
        return path


def _jwt(signer: Any, issuer: str, subject: str, nats: dict[str, Any]) -> str:
    claims: dict[str, Any] = {"iat": 1, "iss": issuer, "name": "test", "sub": subject, "nats": nats}
    claims["jti"] = (
        base64.b32encode(hashlib.sha256(json.dumps(claims).encode()).digest()).decode().rstrip("=")
    )
    head = _base64(json.dumps({"typ": "JWT", "alg": "ed25519-nkey"}).encode())
    body = f"{head}.{_base64(json.dumps(claims).encode())}"
    return f"{body}.{_base64(signer.sign(body.encode()))}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
