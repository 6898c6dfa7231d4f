"""The items that a compute job works on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.jobs.frame_ranges import FrameRange, range_problem, read_ranges


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("1001-1100", [FrameRange(1001, 1100)]),
        ("4", [FrameRange(4)]),
        ("5-250x5", [FrameRange(5, 250, 5)]),
        ("1-10,5-250x5", [FrameRange(1, 10), FrameRange(5, 250, 5)]),
        (" 1 , 2\t3\n", [FrameRange(1), FrameRange(2), FrameRange(3)]),
        ("-5--3", [FrameRange(-5, -3)]),
        ("-5-3x2", [FrameRange(-5, 3, 2)]),
        ("7-7", [FrameRange(7, 7)]),
        ("0001-0010", [FrameRange(1, 10)]),
        ("1-9x1", [FrameRange(1, 9)]),
    ],
)
def test_ranges(text: str, ranges: list[FrameRange]) -> None:
    assert range_problem(text) is None
    assert read_ranges(text) == ranges
    assert read_ranges(",".join(map(str, ranges))) == ranges


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        (" \n", "it is empty"),
        (",", "a comma stands beside no range"),
        ("1,", "a comma stands beside no range"),
        (", 1", "a comma stands beside no range"),
        ("1,,2", "a comma stands beside no range"),
        ("10-1", "'10-1' ends before it begins"),
        ("-3--5", "'-3--5' ends before it begins"),
        ("1-10x0", "'1-10x0' has steps of 0"),
        ("1-10x", "'1-10x' is no range"),
        ("1-", "'1-' is no range"),
        ("1..10", "'1..10' is no range"),
        ("1-10x-2", "'1-10x-2' is no range"),
        ("1x5", "'1x5' is no range"),
        ("1.5", "'1.5' is no range"),
        ("1:10", "'1:10' is no range"),
        ("all", "'all' is no range"),
        ("1 - 10", "'-' is no range"),
        ("١-٣", "'١-٣' is no range"),
        ("1000000000000000", "'1000000000000000' is no range"),
        ("x" * 300, f"'{'x' * 118}… is no range"),
    ],
)
def test_what_is_no_range(text: str, problem: str) -> None:
    assert range_problem(text) == problem
    with pytest.raises(ValueError, match="range|empty|begins|steps") as refused:
        read_ranges(text)
    assert str(refused.value) == problem


numbers = st.integers(-(10**12) + 1, 10**12 - 1)
ranges = st.builds(FrameRange, numbers) | st.tuples(numbers, numbers, st.integers(1, 10**12 - 1)).map(
    lambda given: FrameRange(min(given[:2]), max(given[:2]), given[2])
)


@given(several=st.lists(ranges, min_size=1), between=st.sampled_from([",", ", ", " ", "\n", " ,\t"]))
def test_what_is_written_is_read_again(several: list[FrameRange], between: str) -> None:
    assert read_ranges(between.join(map(str, several))) == several


@given(first=st.integers(), last=st.none() | st.integers(), step=st.integers())
def test_what_is_made_is_read_again_or_complained_of(first: int, last: int | None, step: int) -> None:
    made = FrameRange(first, last, step)
    if range_problem(str(made)) is None:
        assert read_ranges(str(made)) == [made]
    else:
        assert (step < 1 or (last is None and step != 1) or (last is not None and last < first)) or max(
            abs(first), abs(last or 0), step
        ) >= 10**12


@given(text=st.text() | st.text("0123456789-x, \n"))
def test_whatever_a_text_is_it_is_read_or_complained_of(text: str) -> None:
    if range_problem(text) is None:
        read = read_ranges(text)
        assert read_ranges(" ".join(map(str, read))) == read
    else:
        with pytest.raises(ValueError, match=r".+"):
            read_ranges(text)


@pytest.mark.parametrize(
    "text", ["1" * 1_000_000, "-" * 1_000_000, "1" + " " * 1_000_000 + "x", "," * 1_000_000]
)
def test_long_texts_are_refused_in_few_words(text: str) -> None:
    assert len(range_problem(text) or "") in range(10, 150)


def test_many_ranges_are_read() -> None:
    assert len(read_ranges(" , ".join(["1-9x2"] * 100_000))) == 100_000
