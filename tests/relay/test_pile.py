"""Sets that are kept in pages."""

from __future__ import annotations

import datetime as dt
import itertools

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.relay.pile import Kept, Page, Pile

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


class Pages:
    """Where pages are kept."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self._count = itertools.count()

    def keep(self, pile: Pile, now: dt.datetime) -> Kept:
        """Write what is due, as a keeper would."""
        if (due := pile.due(now)) is not None:
            names = [f"p{next(self._count)}" for _ in due]
            self.texts |= dict(zip(names, due, strict=True))
            pile.written(names, due, now)
        return pile.kept()


def test_a_change_in_much_costs_what_changed() -> None:
    pages, pile = Pages(), Pile()
    for number in range(10_000):
        pile.add(f"{number:024x}")
    first = pages.keep(pile, AT)
    assert (len(first.pages), first.more, first.less) == (10, [], [])
    for number in range(1_000):
        pile.discard(f"{number:024x}")
        kept = pages.keep(pile, AT)
        assert len(msgspec.json.encode(kept)) < 12_000
    # Pages are written anew with so many changes, not with each.
    assert len(pages.texts) < 50
    assert set(Pile(kept, pages.texts)) == set(pile)


def test_pages_do_not_become_old() -> None:
    pages, pile = Pages(), Pile()
    for number in range(300):
        pile.add(str(number))
    (first,) = pages.keep(pile, AT).pages
    assert pages.keep(pile, AT + DAY / 2).pages == [first]
    (second,) = pages.keep(pile, AT + DAY).pages
    assert second == Page("p1", AT + DAY)


def test_where_nothing_is_given_up_no_page_is_written_twice_and_each_lasts_its_time() -> None:
    pages, pile = Pages(), Pile(lasts=8 * DAY)
    for number in range(600):
        pile.add(str(number))
        kept = pages.keep(pile, AT + (number // 256) * DAY)
    assert [len(texts) for texts in pages.texts.values()] == [256, 256]
    again = Pile(kept, pages.texts, lasts=8 * DAY)
    assert {str(number) for number in range(600)} == set(again)
    pages.keep(again, AT + 8 * DAY)
    assert "0" in again
    pages.keep(again, AT + 8 * DAY + dt.timedelta(seconds=1))
    assert "0" not in again
    assert "256" in again
    assert "599" in again


def test_a_page_that_is_lost_is_left_out() -> None:
    pile = Pile(Kept(pages=[Page("gone", AT)], more=["a"]), {}, lasts=8 * DAY)
    assert list(pile) == ["a"]
    assert pile.kept() == Kept(more=["a"])


def test_pages_that_are_lost_are_written_anew() -> None:
    pages, pile = Pages(), Pile()
    for number in range(300):
        pile.add(str(number))
    pages.keep(pile, AT)
    pile.discard("7")
    pages.texts.clear()
    pile.lose_pages()
    assert set(Pile(pages.keep(pile, AT), pages.texts)) == {str(number) for number in range(300)} - {"7"}


def test_what_changes_while_pages_are_written_is_not_lost() -> None:
    for lasts in (None, 8 * DAY):
        pile = Pile(lasts=lasts)
        for number in range(300):
            pile.add(str(number))
        due = pile.due(AT)
        assert due is not None
        pile.add("new")
        if lasts is None:
            pile.discard("7")
        pile.written(["p"], due, AT)
        kept = pile.kept()
        assert (kept.more, kept.less) == (["new"], ["7"] if lasts is None else [])


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 700), st.integers(1, 300)), max_size=12))
def test_it_is_the_set_that_it_would_be(steps: list[tuple[bool, int, int]]) -> None:
    pages, pile, model = Pages(), Pile(), set[str]()
    for puts, start, count in steps:
        for number in range(start, start + count):
            text = str(number)
            (pile.add if puts else pile.discard)(text)
            (model.add if puts else model.discard)(text)
        kept = msgspec.json.decode(msgspec.json.encode(pages.keep(pile, AT)), type=Kept)
        assert len(kept.more) + len(kept.less) < 256
        assert set(pile) == model
        pile = Pile(kept, pages.texts)
        assert set(pile) == model
        assert len(pile) == len(model)
