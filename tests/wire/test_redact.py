"""Secrets do not get out, in any form in which they travel."""

from __future__ import annotations

import base64
import json
import pickle
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.wire.redact import Redactor, Secret

KEY = 'canary+key/with "quotes" & åäö 0123456789'


@pytest.mark.parametrize(
    "form",
    [
        KEY,
        base64.b64encode(KEY.encode()).decode(),
        base64.b64encode(KEY.encode()).decode().rstrip("="),
        quote(KEY),
        quote(KEY, safe=""),
        json.dumps(KEY),
        quote(base64.b64encode(KEY.encode()).decode(), safe=""),
        KEY[:16],
        base64.b64encode(KEY.encode()).decode()[:16],
    ],
)
def test_known_secrets_are_hidden_in_every_form(form: str) -> None:
    redact = Redactor()
    redact.know(KEY)
    shown = redact(f"before {form} after")
    assert "canary" not in shown
    assert base64.b64encode(KEY.encode()).decode()[:16] not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"pwd": "abc", "a": 1}', '{"pwd": "***", "a": 1}'),
        ('{"api_key":"abc"}', '{"api_key":"***"}'),
        ("{'session_key': 'abc'}", "{'session_key': '***'}"),
        ('{"session": "abc"}', '{"session": "***"}'),
        ("password=abc&x=1", "password=***&x=1"),
        ('{"pwd": "a\\"bc", "x": 1}', '{"pwd": "***", "x": 1}'),
        ("%22session%22%3A%20%22abc%22%2C", "%22session%22%3A%20%22***%22%2C"),
        ('{"name": "my session"}', '{"name": "my session"}'),
        ('{"name": "ftrack_api_key", "value": "ab\\"c"}', '{"name": "ftrack_api_key", "value": "***"}'),
        ('{"name":"password","value":"abc","a":1}', '{"name":"password","value":"***","a":1}'),
        ('{"name": "token_of", "value": 12}', '{"name": "token_of", "value": ***}'),
        ('{"name": "speed", "value": "abc"}', '{"name": "speed", "value": "abc"}'),
        ("AWS_SECRET_ACCESS_KEY=abc", "AWS_SECRET_ACCESS_KEY=***"),
        ('{"envs": {"AWS_SECRET_ACCESS_KEY": "abc"}}', '{"envs": {"AWS_SECRET_ACCESS_KEY": "***"}}'),
        ('{"DB_PASSWORD": "abc", "dbpassw2": "abc"}', '{"DB_PASSWORD": "***", "dbpassw2": "***"}'),
        ('{"secretAccessKey":"abc","GitTokens":"abc"}', '{"secretAccessKey":"***","GitTokens":"***"}'),
        (
            '{"my_credentials": "abc", "AccessKeyId": "abc"}',
            '{"my_credentials": "***", "AccessKeyId": "***"}',
        ),
        ("PRIVATE_KEY=abc, APIKEY_2=abc; X-Api-Key: abc", "PRIVATE_KEY=***, APIKEY_2=***; X-Api-Key: ***"),
        (
            '{"name": "AWS_SECRET_ACCESS_KEY", "value": "abc"}',
            '{"name": "AWS_SECRET_ACCESS_KEY", "value": "***"}',
        ),
        ("TokenError: the line is busy", "TokenError: the line is busy"),
        ("Transfer WHERE status=running", "Transfer WHERE status=running"),
    ],
)
def test_what_bears_a_secrets_name_is_hidden(text: str, shown: str) -> None:
    assert Redactor()(text) == shown


def test_an_authorization_header_is_hidden() -> None:
    shown = Redactor()("Authorization: basic bGlzYUBleGFtcGxlLmNvbQ==:c2VjcmV0a2V5MTIzNDU2")
    assert "bGlz" not in shown
    assert "c2Vj" not in shown


@given(st.text(min_size=8), st.text(), st.text())
def test_no_secret_of_eight_characters_survives(secret: str, before: str, after: str) -> None:
    redact = Redactor()
    redact.know(secret)
    if secret not in "***":
        assert secret not in redact(before + secret + after).replace("***", "")


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(KEY)
    assert KEY not in f"{secret} {secret!r} {[secret]} %s" % secret
    assert secret.reveal() == KEY
    assert secret == Secret(KEY)
    assert hash(secret) == hash(Secret(KEY))
    with pytest.raises(TypeError):
        pickle.dumps(secret)
