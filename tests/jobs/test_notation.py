"""Parties and locations: what is refused, what is made in Python, and that reading and writing agree."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from accsyn_async.errors import NotationError
from accsyn_async.jobs.notation import Location, Party, Share, ShareKind
from accsyn_async.jobs.paths import read_share

LISA = Party.user("lisa@mail.com")
BERLIN = Party.site("berlin")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is empty"),
        (" \t", "it is empty"),
        ("site=", "'site=' names no site"),
        ("client=:/in", "'client=' names no client"),
        ("user=", "'user=' names no user"),
        ("site=berlin/share=projects", "separate the site from the path by a colon"),
        ("site=berlin\\in", "separate the site from the path by a colon"),
        ("site=two words", "'two words' cannot name a site"),
        ("site=berlin ", "'berlin ' cannot name a site"),
        ("site=a=b", "'a=b' cannot name a site"),
        ("user=a@b@c@d", "'a@b@c@d' is no e-mail address"),
        ("share=", "'share=' names no share"),
        ("share=/a.mov", "'share=/a.mov' names no share"),
        ("site=berlin:volume=\\a", "'volume=\\\\a' names no volume"),
        ("share=../../etc", "'share=../../etc' names no share"),
        ("share=..", "'share=..' names no share"),
        ("share=./a", "'share=./a' names no share"),
        ("a/../b", "climbs with '..'"),
        ("C:\\a\\..\\b", "climbs with '..'"),
        ("two words:a.mov", "'two words' names no party"),
        ("@:a.mov", "'@' names no party"),
        ("~lisa:a.mov", "'~lisa' names no party"),
        (":a.mov", "'' names no party"),
        ("lisa@mail.com@pc@pc:a", "'lisa@mail.com@pc@pc' names no party"),
        ("C:temp", "'C:temp' has no slash behind the drive; write it as in C:\\folder"),
        ("C:", "'C:' has no slash behind the drive"),
        ("lisa@mail.com:C:temp", "'C:temp' has no slash behind the drive"),
        ("lisa@mail.com:C:", "'C:' has no slash behind the drive"),
        ("lisa@mail.com:C:..\\secret", "'C:..\\\\secret' has no slash behind the drive"),
        ("m.%04d.jpg[167-100]", "the range [167-100] ends before it begins"),
        ("m.%04d.jpg[100-]", "[100-] is no range"),
        ("m.%04d.jpg[100-167", "has no end"),
        ("m.%04d.jpg[x]/", "[x] is no range"),
        ("C:\temp", "holds the control character '\\t'; write a backslash twice"),
        ("a\0b", "holds the control character '\\x00'"),
        ("a\x85b", "holds the control character"),
        ("a\ud800b", "is no proper Unicode"),
        ("site=\ud800", "cannot name a site"),
        ("site=a\x07", "cannot name a site"),
        ("lisa@mail\x07.com", "holds the control character"),
        ("a" * 32_768, "is longer than 32767 characters"),
        (" hq", "begins or ends with a blank; remove it"),
        ("hq ", "begins or ends with a blank; remove it"),
        (" site=berlin", "begins or ends with a blank; remove it"),
        ("lisa@mail.com\u00a0", "begins or ends with a blank; remove it"),
        (" lisa@mail.com/X:/a", "begins or ends with a blank; remove it"),
        (" share=projects/a", "begins or ends with a blank; remove it"),
        ("share=projects ", "begins or ends with a blank; remove it"),
        (" /Volumes/a", "begins or ends with a blank; remove it"),
        (" ~/a", "begins or ends with a blank; remove it"),
        ("site=berlin: share=projects/a", "begins or ends with a blank; remove it"),
        ("lisa@mail.com: C:\\a", "begins or ends with a blank; remove it"),
        (None, "a location is a text, not None"),
        (7, "a location is a text, not 7"),
        (b"a.mov", "a location is a text, not b'a.mov'"),
    ],
)
def test_what_cannot_be_read(text: Any, told: str) -> None:
    with pytest.raises(NotationError) as refused:
        Location.parse(text)
    assert told in str(refused.value)
    assert refused.value.text in str(text)
    assert len(str(refused.value)) < 400


def test_a_workspace_that_is_not_ones_own_needs_a_path() -> None:
    assert Location.parse("berlin:a.mov", "acme") == Party.workspace("berlin").at("a.mov")
    assert Location.parse("acme:", "acme") == Location(Party.workspace("acme"))
    assert Location.parse("acme:") == Location(Party.workspace("acme"))
    with pytest.raises(NotationError, match="a workspace that is not yours; write site=berlin"):
        Location.parse("berlin:", "acme")


@pytest.mark.parametrize(
    ("text", "party"),
    [
        ("acme", Party.workspace("acme")),
        ("hq", Party.workspace()),
        ("C", Party.workspace("C")),
        ("site=berlin", BERLIN),
        ("SITE=berlin", BERLIN),
        ("site=lisa@mail.com", Party.site("lisa@mail.com")),
        ("client=664f", Party.client("664f")),
        ("lisa@mail.com", LISA),
        ("user=lisa@mail.com", LISA),
        ("user=5d91", Party.user("5d91")),
        ("lisa@mail.com@studio-7", Party.user("lisa@mail.com", "studio-7")),
        ("grüße@bücher.de", Party.user("grüße@bücher.de")),
        ("~lisa@mail.com", Party.user("~lisa@mail.com")),
        ("acme:", Party.workspace("acme")),
        ("site=berlin:", Party.site("berlin")),
    ],
)
def test_parties(text: str, party: Party) -> None:
    assert Party.parse(text) == party
    assert Party.parse(str(party)) == party
    assert repr(party) == f"Party({str(party)!r})"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "'' names no party"),
        ("two words", "'two words' names no party"),
        ("share=projects", "'share=projects' names no party"),
        ("ſite=berlin", "names no party"),
        ("/Volumes", "'/Volumes' names no party"),
        (7, "a party is a text such as 'site=berlin', not 7"),
    ],
)
def test_what_is_no_party(text: Any, told: str) -> None:
    with pytest.raises(NotationError) as refused:
        Party.parse(text)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("planet", "mars"), "'planet' is no kind of party; write one of workspace, site, user, client"),
        (("site", ""), "'' cannot name a site"),
        (("site", "a b"), "'a b' cannot name a site"),
        (("site", "a:b"), "'a:b' cannot name a site"),
        (("site", "a/b"), "'a/b' cannot name a site"),
        (("site", "a\\b"), "'a\\\\b' cannot name a site"),
        (("site", "a\0"), "'a\\x00' cannot name a site"),
        (("client", 664), "664 cannot name a client"),
        (("workspace", "lisa@mail.com"), "'lisa@mail.com' cannot name a workspace"),
        (("workspace", "site=berlin"), "'site=berlin' cannot name a workspace"),
        (("workspace", "-a"), "'-a' cannot name a workspace"),
        (("user", "lisa@"), "'lisa@' is no e-mail address"),
        (("user", "lisa@mail.com@studio-7"), "'lisa@mail.com@studio-7' is no e-mail address"),
        (("user", "lisa@mail.com", "a b"), "'a b' is no host"),
        (("user", "lisa@mail.com", "a@b"), "'a@b' is no host"),
        (("user", "lisa@mail.com", ""), "'' is no host"),
        (("user", "lisa@mail.com", 7), "7 is no host"),
        (("user", "5d91b33a", "studio-7"), "'5d91b33a' cannot have a host; name the user by e-mail address"),
        (("site", "berlin", "studio-7"), "'berlin' cannot have a host"),
    ],
)
def test_parties_that_cannot_be_written(arguments: Any, told: str) -> None:
    with pytest.raises(NotationError) as refused:
        Party(*arguments)
    assert told in str(refused.value)


READ_AS_ANOTHER = [
    "hq", "HQ", "site=berlin", "client=664f", "user=5d91", "lisa@mail.com", "lisa@mail.com@studio-7",
    "john@user.com/X:/download", "acme:a.mov", "site=berlin:a.mov", "lisa@mail.com:a.mov", "two words:a",
    "site=", "site=a/b", " hq", "hq ", " site=berlin ", "lisa@mail.com ",
]  # fmt: skip


@pytest.mark.parametrize("path", READ_AS_ANOTHER)
def test_a_path_that_would_be_read_as_a_party(path: str) -> None:
    with pytest.raises(NotationError, match="would be read as a party's; begin it with ./|with a blank"):
        Location(None, path)
    assert BERLIN.at(path.strip()).path == path.strip()
    if path != "site=a/b":
        again = Location.parse(f"./{path}")
        assert (again.party, again.path) == (None, f"./{path}")


@pytest.mark.parametrize("path", ["/a.mov", "\\a.mov"])
def test_a_workspace_that_would_be_read_as_a_drive(path: str) -> None:
    with pytest.raises(NotationError, match="would be read as a path on a drive"):
        Party.workspace("C").at(path)
    assert Location.parse("c:a.mov", "C") == Party.workspace("c").at("a.mov")


@pytest.mark.parametrize(
    ("party", "path", "told"),
    [
        (None, None, "a location without party and path names nothing"),
        ("site=berlin", "a", "party is a Party or None, not 'site=berlin'"),
        (BERLIN, "", "a path is a text or None, and not empty, not ''"),
        (BERLIN, "  ", "not empty"),
        (BERLIN, 7, "a path is a text or None, and not empty, not 7"),
        (None, "share=", "'share=' names no share"),
    ],
)
def test_locations_that_cannot_be_made(party: Any, path: Any, told: str) -> None:
    with pytest.raises(NotationError) as refused:
        Location(party, path)
    assert told in str(refused.value)


def test_what_lies_below() -> None:
    def joined(text: str, *names: str) -> str:
        place = Location.parse(text)
        for name in names:
            place /= name
        return str(place)

    assert joined("share=projects", "thefilm", "010") == "share=projects/thefilm/010"
    assert joined("share=projects/", "thefilm") == "share=projects/thefilm"
    assert joined("site=berlin:share=projects\\in", "a.mov") == "site=berlin:share=projects\\in\\a.mov"
    assert joined("C:\\", "Users", "a.mov") == "C:\\Users\\a.mov"
    assert joined("C:/", "a.mov") == "C:/a.mov"
    assert joined("~", "a.mov") == "~/a.mov"
    assert joined("/", "Volumes") == "/Volumes"
    assert joined("\\\\", "nas", "in") == "\\\\nas\\in"
    assert joined("a/b\\c", "d") == "a/b\\c/d"
    assert joined("in", "a/b.mov") == "in/a/b.mov"
    assert joined("in", "") == "in/"
    assert joined("in", "12:30.mov") == "in/12:30.mov"
    assert joined("hq:in", "m.%04d.jpg[1-9]") == "hq:in/m.%04d.jpg[1-9]"


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        ("site=berlin", "a.mov", "site=berlin has no path that 'a.mov' could lie below"),
        ("in", "/a.mov", "'/a.mov' is no name below in; begin it without slash"),
        ("in", "\\a.mov", "is no name below in"),
        ("in", "..", "climbs with '..'"),
        ("in", "a\tb", "holds the control character"),
        ("in", 7, "7 is no name below in"),
    ],
)
def test_what_cannot_lie_below(text: str, name: Any, told: str) -> None:
    with pytest.raises(NotationError) as refused:
        Location.parse(text) / name
    assert told in str(refused.value)


@pytest.mark.parametrize("kind", get_args(ShareKind))
def test_paths_on_shares(kind: ShareKind) -> None:
    place = Location.on_share("lisa@mail.com", "in/a.mov", kind=kind)
    assert str(place) == f"{kind}=lisa@mail.com/in/a.mov"
    assert (place.share, place.inner) == (Share(kind, "lisa@mail.com"), "in/a.mov")
    assert Location.on_share("a", kind=kind).is_folder


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("",), "names no share"),
        (("a/b",), "'a/b' cannot name a share"),
        (("a\\b", "c"), "cannot name a share"),
        (("a", "b", "planet"), "'a' cannot name a planet"),
        (("a", "b", "site"), "would be read as a party's"),
        (("a", "../b"), "climbs with '..'"),
        (("..", "b"), "names no share"),
    ],
)
def test_shares_that_cannot_be_named(arguments: Any, told: str) -> None:
    with pytest.raises(NotationError) as refused:
        Location.on_share(*arguments)
    assert told in str(refused.value)


# Text of all kinds, with all that means something in the notation more often than by chance.
SIGNS = st.sampled_from(
    [*"@=:/\\~.%[]-' \t0dCz", "hq", "share=", "site=", "%04d", "[1-9]", "C:\\", "..", "ß東"]
)
anything = st.text() | st.lists(SIGNS | st.text(max_size=3), max_size=12).map("".join)
hostile = st.text(st.characters(categories=["Cs", "Cc", "Cf", "Zs", "Zl", "L", "P"])) | anything
codes = st.from_regex(r"[^\W_][\w.-]{0,20}", fullmatch=True)
plain = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters=":/\\=@"), min_size=1
)
mails = st.tuples(plain, plain).map("@".join)
parties = (
    st.builds(Party.workspace, codes)
    | st.builds(Party.site, plain | mails)
    | st.builds(Party.client, plain)
    | st.builds(Party.user, plain)
    | st.builds(Party.user, mails, st.none() | plain)
)
names = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1, max_size=300
).filter(lambda name: name.strip() not in ("", ".", "..") and "%" not in name)
sequences = st.sampled_from(["m.%04d.jpg[1-9]", "m.%d[7-007]", "%4d.x[0-999999999999]", "%d%02d [1-1]"])


def written(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


slashes = st.sampled_from("/\\")
below = st.lists(names, max_size=5).flatmap(
    lambda folders: st.tuples(*[slashes for _ in folders]).map(
        lambda signs: "".join(name + sign for name, sign in zip(folders, signs, strict=True))
    )
)
inner = written(below, st.just("") | names | sequences)
shares = written(
    st.sampled_from(get_args(ShareKind)) | st.sampled_from(["SHARE", "Home"]),
    st.just("="),
    names.map(str.strip),
)
paths = (
    inner
    | written(shares, st.just("") | written(slashes, inner))
    | written(st.sampled_from("~"), st.just("") | written(slashes, inner))
    | written(slashes, inner)
    | written(st.just("\\\\"), inner)
    | written(st.sampled_from("Cz"), st.just(":"), slashes, inner)
)


def made(party: Party | None, path: str | None) -> Location | None:
    try:
        return Location(party, path)
    except NotationError:
        return None


locations = st.builds(made, st.none() | parties, st.none() | paths).filter(lambda place: place is not None)


def own(place: Location) -> str | None:
    """The workspace's code, which its reader must know."""
    return place.party.name if place.party is not None and place.party.kind == "workspace" else None


@given(party=parties)
@example(Party.user("~lisa@mail.com"))
def test_a_party_that_is_written_is_read_again(party: Party) -> None:
    assert Party.parse(str(party)) == party
    assert Location.parse(str(party), own(Location(party))) == Location(party)


@given(party=parties, path=paths)
def test_hardly_a_path_cannot_be_at_a_party(party: Party, path: str) -> None:
    place = made(party, path)
    if place is None:
        begin = path[:2]
        assert (
            not path.strip()
            or (path.strip() != path)
            or (begin[1:] == ":" and begin[0].isalpha())
            or (party.kind == "workspace" and len(party.name) == 1 and path[0] in "/\\")
        )
    else:
        assert (place.party, place.path, str(place)) == (party, path, f"{party}:{path}")


@given(place=locations)
@example(Location(Party.workspace("acme")))
@example(Party.workspace("C").at("a"))
@example(Party.user("~lisa@mail.com").at("~/a"))
def test_what_is_made_is_read_again(place: Location) -> None:
    assert Location.parse(str(place), own(place)) == place
    if own(place) is None or place.path is not None:
        for workspace in (None, "acme"):
            try:
                again = Location.parse(str(place), workspace)
            except NotationError:
                # The code of a workspace that nobody knows may be taken for a drive.
                assert len(own(place) or "") == 1
            else:
                assert again == place or str(place).casefold() == workspace


@given(text=hostile, workspace=st.none() | codes)
@example("share=\u0130", None)
@example("ſhare=a/b", None)
@example("a@b/C:/\n", None)
def test_what_is_read_is_stable(text: str, workspace: str | None) -> None:
    try:
        place = Location.parse(text, workspace)
    except NotationError as refused:
        assert refused.text in text
        return
    assert Location.parse(str(place), workspace or own(place)) == place
    assert place.path is None or text.endswith(place.path)
    # What is in it can be looked at.
    assert [place.share, place.inner, place.parts, place.name, place.drive, repr(place)]
    assert place.sequence is None or str(place.sequence)
    assert place.is_absolute + place.is_folder + place.is_mirrored < 3


@given(
    path=paths.filter(bool),
    party=st.sampled_from(["", "site=berlin:", "lisa@mail.com:", "hq:", "user=5d91:", "acme:"]),
)
def test_what_is_written_by_the_grammar_is_written_again(path: str, party: str) -> None:
    try:
        place = Location.parse(party + path, "acme")
    except NotationError:
        return
    # A relative path may look like a party.
    assume(party or place.party is None)
    assert place.path == path
    assert str(place) == party + path


@given(text=hostile)
def test_nothing_but_its_own_error_leaves_a_party(text: str) -> None:
    for make in (Party.parse, Party.workspace, Party.site, Party.user, Party.client):
        try:
            party = make(text)
        except NotationError:
            continue
        assert Party.parse(str(party)) == party
    try:
        assert str(Party.user("lisa@mail.com", text)) == f"lisa@mail.com@{text}"
    except NotationError:
        assert not text.isalnum()


@given(place=locations, name=hostile | names)
def test_joining(place: Location, name: str) -> None:
    try:
        below = place / name
    except NotationError:
        return
    assert below.party == place.party
    assert below.path is not None
    assert below.path.startswith(place.path or "?")
    assert below.path.endswith(name)
    assert below.share == place.share
    assert below.drive == place.drive
    assert below.is_absolute == place.is_absolute
    slashes = name.replace("\\", "/")
    assert below.parts == (*place.parts, *(part for part in slashes.split("/") if part not in ("", ".")))
    assert Location.parse(str(below), own(below)) == below


@given(name=hostile, path=hostile, kind=st.sampled_from(get_args(ShareKind)))
def test_on_share(name: str, path: str, kind: ShareKind) -> None:
    try:
        place = Location.on_share(name, path, kind)
    except NotationError:
        return
    assert (place.share, place.inner, place.party) == (Share(kind, name), path, None)
    assert Location.parse(str(place)) == place


@given(path=hostile.filter(bool))
def test_a_share_and_what_is_below_make_up_the_path(path: str) -> None:
    try:
        found = read_share(path)
    except NotationError:
        return
    if found is not None:
        share, inner = found
        head = path[: len(path) - len(inner)].rstrip("/\\")
        assert head in ("~", f"{head.partition('=')[0]}={share.name}")
        assert path.endswith(inner)


@pytest.mark.parametrize(
    "text",
    [
        "a@" * 500_000,
        "@" * 1_000_000,
        "a" * 1_000_000 + "@",
        "a@b" + "/" * 1_000_000,
        "share=" + "\\" * 1_000_000,
        ":" * 1_000_000,
        "site=" + "a=" * 500_000,
        "%0" * 500_000 + "d",
        "%d" + "[" * 1_000_000,
        "%d" + "[1-" * 300_000 + "]",
        " " * 1_000_000 + "hq",
        "../" * 300_000,
        "=" * 1_000_000,
        "~" * 1_000_000,
    ],
)
def test_long_and_hostile_texts_are_refused_at_once(text: str) -> None:
    with pytest.raises(NotationError) as refused:
        Location.parse(text)
    assert len(str(refused.value)) < 500
    for end in ("", ":", "@"):
        with pytest.raises(NotationError):
            Party.parse(text + end)


@pytest.mark.parametrize(
    "path",
    ["%0" * 16_000 + "d", "%d" + "[" * 32_000 + "]", "x%d" + "[1-2]" * 6_000, "/" * 32_767, "a/" * 16_000],
)
def test_long_paths_are_read(path: str) -> None:
    try:
        place = Location(BERLIN, path)
    except NotationError as refused:
        assert len(str(refused)) < 500
    else:
        assert Location.parse(str(place)) == place
        assert place.name in path
