"""Reading the ``party:path`` notation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox.rules.notation import NotationError, Party, Place, read_place

HQ = Party("workspace", "hq")
ACME = Party("workspace", "acme")
LISA = Party("user", "lisa@mail.com")
BERLIN = Party("site", "berlin")


@pytest.mark.parametrize(
    ("text", "party", "share", "parts", "absolute", "drive", "folder"),
    [
        ("lfm/114/a.jpg", None, None, ("lfm", "114", "a.jpg"), False, None, False),
        ("D:/work/lfm/a.jpg", None, None, ("work", "lfm", "a.jpg"), True, "D", False),
        ("C:\\Users\\John\\accsyn\\", None, None, ("Users", "John", "accsyn"), True, "C", True),
        ("F:\\BIGGIE", None, None, ("BIGGIE",), True, "F", False),
        ("X:", None, None, (), True, "X", True),
        ("/Volumes/EDIT/in/", None, None, ("Volumes", "EDIT", "in"), True, None, True),
        ("/Volumes/a:b", None, None, ("Volumes", "a:b"), True, None, False),
        ("acme:volume=projects/lfm/a", ACME, ("volume", "projects"), ("lfm", "a"), False, None, False),
        ("lisa@mail.com:D:/work/a.jpg", LISA, None, ("work", "a.jpg"), True, "D", False),
        ("LISA@mail.com:/in/a", LISA, None, ("in", "a"), True, None, False),
        ("lisa@mail.com/X:/download", LISA, None, ("download",), True, "X", False),
        ("lisa@mail.com:in/test.abc", LISA, None, ("in", "test.abc"), False, None, False),
        ("share=john@acme.co.uk", None, ("share", "john@acme.co.uk"), (), False, None, True),
        ("share=Projects/a:b/c", None, ("share", "projects"), ("a:b", "c"), False, None, False),
        ("share=thefilm/from/", None, ("share", "thefilm"), ("from",), False, None, True),
        ("acme:share=projects\\__UP\\BIG", ACME, ("share", "projects"), ("__UP", "BIG"), False, None, False),
        ("site=berlin", BERLIN, None, None, False, None, False),
        ("site=berlin:projects/a", BERLIN, None, ("projects", "a"), False, None, False),
        ("SITE=Berlin:share=projects/a", BERLIN, ("share", "projects"), ("a",), False, None, False),
        ("client=664f:/in", Party("client", "664f"), None, ("in",), True, None, False),
        ("client=664f", Party("client", "664f"), None, None, False, None, False),
        ("lisa@mail.com@PC-1:/in", Party("user", "lisa@mail.com", "pc-1"), None, ("in",), True, None, False),
        ("lisa@mail.com@PC-1", Party("user", "lisa@mail.com", "pc-1"), None, None, False, None, False),
        ("acme", ACME, None, None, False, None, False),
        ("hq", HQ, None, None, False, None, False),
        ("hq:a", HQ, None, ("a",), False, None, False),
        ("acme:/projects/a.jpg", ACME, None, ("projects", "a.jpg"), True, None, False),
        ("./a//b/.", None, None, ("a", "b"), False, None, False),
        ("dir/a:b", None, None, ("dir", "a:b"), False, None, False),
        ("50%done.mov", None, None, ("50%done.mov",), False, None, False),
        ("a/%s%d.mov", None, None, ("a", "%s%d.mov"), False, None, False),
        ("m.%04d.jpg", None, None, ("m.%04d.jpg",), False, None, False),
        ("take[1-9]", None, None, ("take[1-9]",), False, None, False),
        ("m.%04d[1-9].jpg", None, None, ("m.%04d[1-9].jpg",), False, None, False),
        ("m.%04d.jpg[1-9]/a", None, None, ("m.%04d.jpg[1-9]", "a"), False, None, False),
        ("home=lisa@mail.com/UP/a", None, ("home", "lisa@mail.com"), ("UP", "a"), False, None, False),
    ],
)  # fmt: skip
def test_what_is_written_is_read(
    text: str,
    party: Party | None,
    share: tuple[str, str] | None,
    parts: tuple[str, ...] | None,
    absolute: bool,
    drive: str | None,
    folder: bool,
) -> None:
    place = read_place(text, "acme")
    found = (place.party, place.share, place.parts, place.absolute, place.drive, place.folder)
    assert found == (party, share, parts, absolute, drive, folder)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("nobody:a/b", "'nobody' is no party"),
        ("../a", ".."),
        ("share=projects/../../etc", ".."),
        ("C:\\a\\..\\b", ".."),
        ("site=", "names none"),
        ("share=/a", "names none"),
        ("site=berlin/a", "colon"),
        ("client=664f/a", "colon"),
        ("a\0b", "null"),
        ("a/" + "x" * 256, "255"),
        ("share=projects/m.%04d.jpg[167-100]", "ends before it begins"),
        ("site=berlin:m.%d.jpg[9-1]", "ends before it begins"),
        ("a\ud800", "Unicode"),
        ("a" * 40_000, "longer"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, part: str) -> None:
    with pytest.raises(NotationError, match=r".") as caught:
        read_place(text, "acme")
    assert part in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name", "frames"),
    [
        ("share=projects/m.%04d.jpg[100-167]", "m.%04d.jpg", (100, 167)),
        ("site=berlin:m.%d.jpg[1-1]", "m.%d.jpg", (1, 1)),
        ("m.%04d.jpg", "m.%04d.jpg", None),
        ("m.jpg[1-9]", "m.jpg[1-9]", None),
    ],
)
def test_a_sequence_has_a_range(text: str, name: str, frames: tuple[int, int] | None) -> None:
    place = read_place(text, "acme")
    assert place.parts is not None
    assert (place.parts[-1], place.frames) == (name, frames)


@given(
    st.text(max_size=80)
    | st.lists(
        st.sampled_from(
            ["acme", ":", "site=", "share=", "/", "\\", "..", ".", "C:", "a", "x@y.z", "client=", "\0"]
        ),
        max_size=12,
    ).map("".join)
)
def test_any_text_is_read_or_refused_and_never_climbs(text: str) -> None:
    try:
        place = read_place(text, "acme")
    except NotationError:
        return
    assert isinstance(place, Place)
    for part in place.parts or ():
        assert part not in ("", ".", "..")
        assert not set(part) & set("/\\\0")
