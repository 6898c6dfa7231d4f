"""Wrong specifications of jobs, and all that must be said of each."""

from __future__ import annotations

from typing import Final

from tests.jobs.wrong import Wrong
from tests.jobs.wrong_attributes import ATTRIBUTES
from tests.jobs.wrong_json import NOT_JSON
from tests.jobs.wrong_places import PLACES
from tests.jobs.wrong_values import VALUES
from tests.jobs.wrong_work import WORK

__all__ = ["WRONG"]

WRONG: Final[list[Wrong]] = [*NOT_JSON, *VALUES, *ATTRIBUTES, *PLACES, *WORK]
