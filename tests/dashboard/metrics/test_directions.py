from __future__ import annotations

import pytest

from accsyn_async.dashboard.metrics.directions import DIRECTIONS, direction_of
from accsyn_async.models import Job

US, HQ, BERLIN = "workspace:5a4f71ef1da7ee15c5d43ae3", "site:5a4f", "site:5c5b"
LISA, LAPTOP = "user:5d91", "client:664f53b16aa9149860da9d9c"


@pytest.mark.parametrize(
    ("source", "destination", "direction"),
    [
        (LISA, US, "upload"),
        (LAPTOP, BERLIN, "upload"),
        (LAPTOP, "organization:5a4f", "upload"),
        (US, LISA, "download"),
        (HQ, LAPTOP, "download"),
        (US, BERLIN, "sync"),
        (BERLIN, US, "sync"),
        ("organization:5a4f", BERLIN, "sync"),
        (HQ, BERLIN, "sync"),
        (LISA, LAPTOP, "direct"),
        (US, None, "unknown"),
        (US, "", "unknown"),
        (None, LISA, "unknown"),
        (None, None, "unknown"),
        (US, "5c5bf52a1da7ee0165105b85", "unknown"),
        ("queue:1", LISA, "unknown"),
        ("USER", US, "unknown"),
        ('user"}\n:x', US, "unknown"),
    ],
)
def test_by_the_parties(source: str | None, destination: str | None, direction: str) -> None:
    assert direction_of(Job.from_row({"id": "a", "source": source, "destination": destination})) == direction
    people = Job.from_row({"id": "a", "source_hr": source, "destination_hr": destination})
    assert direction_of(people) == direction
    assert direction in DIRECTIONS


def test_the_reference_counts_before_what_people_read() -> None:
    told = Job.from_row({"id": "a", "source": LISA, "source_hr": "site:hq", "destination": US})
    assert direction_of(told) == "upload"


def test_a_reference_without_a_scope_leaves_it_to_what_people_read() -> None:
    row = {"id": "a", "source": "5d91", "source_hr": "user:lisa@example.com[standard](5d91)"}
    assert direction_of(Job.from_row({**row, "destination": US})) == "upload"
