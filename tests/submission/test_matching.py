"""Which of the jobs of a name is a day's of a pair of parties."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from accsyn_async import ArgumentError, NotationError, Party
from accsyn_async.submission.matching import Pair, checked_party, earliest, is_party

SEAGULL = ("workspace:6645fbca9f8c4d3e7a3b678d", "workspace:seagull(6645fbca9f8c4d3e7a3b678d)")
ACME_V1 = ("organization:5a4f71ef1da7ee15c5d43ae3", "organization:acmevfx")
LISA = ("user:6676f3e9c7ef4e27da254e57", "user:lisa@example.com[standard](6676f3e9c7ef4e27da254e57)")
BERLIN = ("site:5c5bf52a1da7ee0165105b85", "site:berlin(5c5bf52a1da7ee0165105b85)")
SCRUBBED = ("user:5d91b33ac71c12871d1fc3c2", "")


@pytest.mark.parametrize(
    ("party", "shown", "fits"),
    [
        ("hq", SEAGULL, True),
        ("seagull", SEAGULL, True),
        ("SeaGull", SEAGULL, True),
        ("site=hq", SEAGULL, True),
        ("site=berlin", SEAGULL, None),
        ("lisa@example.com", SEAGULL, False),
        ("hq", ACME_V1, True),
        ("acmevfx", ACME_V1, True),
        ("acme", ACME_V1, False),
        ("site=berlin", BERLIN, True),
        ("site=Berlin", BERLIN, True),
        ("site=5c5bf52a1da7ee0165105b85", BERLIN, True),
        ("site=london", BERLIN, False),
        ("berlin", BERLIN, True),
        ("hq", BERLIN, False),
        ("lisa@example.com", LISA, True),
        ("LISA@example.com", LISA, True),
        ("lisa@example.com@studio-7", LISA, True),
        (
            "lisa@example.com",
            ("user:6676f3e9c7ef4e27da254e57", "user:Lisa Smith(6676f3e9c7ef4e27da254e57)"),
            None,
        ),
        ("site=berlin", ("site:5c5bf52a1da7ee0165105b85", ""), None),
        ("user=6676f3e9c7ef4e27da254e57", LISA, True),
        ("john@example.com", LISA, False),
        ("site=lisa", LISA, False),
        ("lisa@example.com", SCRUBBED, None),
        ("hq", SCRUBBED, False),
        ("hq", (None, None), None),
        ("site=berlin", ("", "site:berlin"), True),
        ("site=berlin", ("", "site:london"), False),
        ("site=hq", ("site:5c5bf52a1da7ee0165105b85", "site:hq(5c5bf52a1da7ee0165105b85)"), True),
        ("hq", ("site:5c5bf52a1da7ee0165105b85", "site:hq"), True),
        ("site=berlin", (5, ["x"]), False),
    ],
)
def test_parties_as_rows_show_them(party: str, shown: tuple[Any, Any], fits: bool | None) -> None:
    """`None` is what only ids could tell."""
    row = {"source": shown[0], "source_hr": shown[1]}
    assert is_party(Party.parse(party), row, "source", "seagull") is fits
    berlin = {"destination": BERLIN[0], "destination_hr": BERLIN[1]}
    pair = Pair(Party.parse(party), Party.site("berlin"), "seagull")
    assert pair.fits({**row, **berlin}) is fits
    assert pair.fits({**row, "destination": "site:x", "destination_hr": "site:london(x)"}) is False
    if isinstance(shown[0], str) and fits is None:
        pair.ids["source"] = shown[0].partition(":")[2]
        assert pair.fits({**row, **berlin}) is True


DAY = dt.date(2026, 11, 26)


def row(number: int, created: Any = "2026-11-26T08:00:00", **values: Any) -> dict[str, Any]:
    return {
        "id": f"{number:024x}",
        "name": "Daily",
        "status": "done",
        "created": created,
        "source": SEAGULL[0],
        "source_hr": SEAGULL[1],
        "destination": BERLIN[0],
        "destination_hr": BERLIN[1],
    } | values


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ([], None),
        ([row(1)], 1),
        ([row(2), row(1)], 1),
        ([row(1, "2026-11-26T09:00:00"), row(2)], 2),
        ([row(1, status="aborted"), row(2)], 2),
        ([row(1, status="failed"), row(2)], 1),
        ([row(1, name="daily"), row(2)], 2),
        ([row(1, name=None, code="Daily")], 1),
        ([row(1, "2026-11-25T23:59:59")], None),
        ([row(1, "2026-11-27T00:00:00")], None),
        ([row(1, dt.datetime(2026, 11, 26, tzinfo=dt.UTC))], 1),
        ([row(1, None), row(2, "soon"), row(3, 5)], None),
        ([row(1, destination_hr="site:london")], None),
    ],
)
def test_the_first_of_a_day_and_pair_counts(rows: list[dict[str, Any]], chosen: int | None) -> None:
    pair = Pair(Party.workspace(), Party.site("berlin"), "seagull")
    found = earliest(rows, pair, "Daily", DAY, dt.UTC)
    assert (found and int(found["id"], 16)) == chosen


def test_a_day_begins_where_the_zone_says() -> None:
    pair = Pair(Party.workspace(), Party.site("berlin"), "seagull")
    late = [row(1, "2026-11-25T23:30:00")]
    assert earliest(late, pair, "Daily", DAY, dt.UTC) is None
    assert earliest(late, pair, "Daily", DAY, dt.timezone(dt.timedelta(hours=1))) == late[0]


@pytest.mark.parametrize(
    ("party", "error", "part"),
    [
        (None, ArgumentError, "is a party such as"),
        (5, ArgumentError, "is a party such as"),
        ("client=664f53b16aa9149860da9d9c", ArgumentError, "name the user or the site"),
        (Party.client("664f53b16aa9149860da9d9c"), ArgumentError, "name the user or the site"),
        ("berlin", ArgumentError, "write site=berlin for a site"),
        ("", NotationError, "names no party"),
        ("share=projects", NotationError, "names no party"),
        ("site=", NotationError, "names no site"),
    ],
)
def test_what_is_no_party_for_it(party: Any, error: type[Exception], part: str) -> None:
    with pytest.raises(error, match=part):
        checked_party("source_party", party, "acme")
