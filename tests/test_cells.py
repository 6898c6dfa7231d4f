from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from accsyn_async.cells import fitted, shorten
from accsyn_async.safe_text import safe


@given(st.text().map(safe), st.integers(0, 40))
def test_a_text_fits_exactly(text: str, width: int) -> None:
    assert cell_len(shorten(text, width)) <= width
    assert cell_len(fitted(text, width)) == width
    assert cell_len(fitted(text, width, right=True)) == width


@given(st.text(max_size=10).map(safe))
def test_what_fits_is_not_touched(text: str) -> None:
    assert shorten(text, 200) == text


def test_both_ends_of_a_name_stay() -> None:
    assert shorten("sc010_sh0040_comp_v012.mov", 20) == "sc010_sh…mp_v012.mov"
    assert shorten("東京東京東京東京.mov", 11) == "東京….mov"
