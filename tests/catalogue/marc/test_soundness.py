"""What sound means, for a record alone and among many: the same."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.marc.iso2709 import build
from catalogue.marc.soundness import are_sound, is_sound
from catalogue.marc.splitting import split

HEAD = b"00000nam a2200000 a 4500"
FIELDS = [(b"001", b"no1"), (b"245", b"10\x1faCaf\xc3\xa9 :\x1fbsub"), (b"500", b"  \x1faNote")]
SOUND = build(HEAD, FIELDS)
#: What means something to ISO 2709 or UTF-8, or stands at the edge of what is allowed.
TELLING = b"\x1b\x1d\x1e\x1f 09:/azAZ@[`{~\x7f\x00\x80\xa9\xc3\xff"


def with_field(content: bytes, tag: bytes = b"500") -> bytes:
    return build(HEAD, [*FIELDS, (tag, content)])


def with_its_length(data: bytes) -> bytes:
    return b"%05d" % len(data) + data[5:]


@pytest.mark.parametrize(
    "data",
    [
        SOUND,
        build(HEAD, [(b"001", b"")]),
        with_field(b"no subfields"),
        with_field(b"~ \x1fa"),
        with_field(b"  \x1fa\x1d in the middle\x1d"),
        with_field(b"  \x1fa\x00\x7f"),
        with_field(b"  \x1fa" + b"x" * 9_994),
        with_field(b"  \x1fa\xf0\x9f\x98\x80", tag=b"zZ9"),
    ],
)
def test_sound(data: bytes) -> None:
    check(data, sound=True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x1d",
        b"00024" + HEAD[5:],
        b"00025" + HEAD[5:] + b"\x1d",
        b"00026nam a2200025 a 4500\x1e\x1d",
        build(HEAD, []),
        SOUND[:23],
        SOUND[:-1],
        SOUND[:-1] + b".",
        SOUND[:-1] + b"\x1f",
        SOUND[:-1] + b"\xc3",
        SOUND + b"\x1d",
        b"\x1f" + SOUND,
        b"\xa9" + SOUND,
        b"00100" + SOUND[5:],
        b"0010\xb2" + SOUND[5:],
        SOUND[:5] + b"\x7f" + SOUND[6:],
        SOUND[:9] + b" " + SOUND[10:],
        SOUND[:12] + b"00037" + SOUND[17:],
        SOUND[:12] + b"00062" + SOUND[17:],
        SOUND[:20] + b"4501" + SOUND[24:],
        SOUND.replace(b"500", b"50_"),
        SOUND.replace(b"500", b"50\xc3"),
        SOUND.replace(b"0010004", b"0010005"),
        SOUND.replace(b"0010004", b"001000:"),
        SOUND.replace(b"0010004", b"0010003"),
        SOUND.replace(b"00004", b"00005"),
        build(HEAD, [(b"001", b"123456789"), *FIELDS[1:]]).replace(b"001700010", b"00170000:"),
        with_its_length(SOUND.replace(b"\x1eno1", b"12345\x1eno1")),
        with_its_length(SOUND.replace(b"Note\x1e", b"Note\x1e\x1e")),
        with_its_length(SOUND.replace(b"Note\x1e", b"Note\x1e.")),
        SOUND.replace(b"no1\x1e", b"no1 "),
        SOUND.replace(b"Note\x1e", b"Note "),
        SOUND.replace(b"Note", b"No\x1ee"),
        SOUND.replace(b"Note", b"No\x1be"),
        SOUND.replace(b"Note", b"No\xe6e"),
        with_field(b"  \x1f\x1fa"),
        with_field(b"  \x1faText\x1f"),
        with_field(b"\x1fa"),
        with_field(b" \x1fa"),
        with_field(b"   \x1fa"),
        with_field(b" \x7f\x1fa"),
        with_field(b"\x1d \x1fa"),
        with_field(b"\xc3\xa9\x1fa"),
        with_field(b"x" * 9_999),
        build(HEAD, [(b"500", b"x" * 9_000)] * 12),
        b"99999" + SOUND[5:-1] + b"x" * 100_000 + b"\x1d",
    ],
)
def test_unsound(data: bytes) -> None:
    check(data, sound=False)


def check(data: bytes, *, sound: bool) -> None:
    """Neighbours make no difference, to it or by it."""
    assert is_sound(data) is sound
    assert list(are_sound([data])) == [sound]
    assert list(are_sound([b"", data, b"", SOUND])) == [False, sound, False, True]
    assert list(are_sound([SOUND, data, SOUND, data, data])) == [True, sound, True, sound, sound]


def test_nothing() -> None:
    assert list(are_sound([])) == []


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """Records with telling bytes in their fields, with damage or without."""
    content = st.one_of(
        st.sampled_from([content for _, content in FIELDS]),
        st.lists(st.sampled_from(TELLING), max_size=6).map(bytes),
        st.lists(st.sampled_from(TELLING), max_size=6).map(lambda rest: b"1 \x1fa" + bytes(rest)),
    )
    tag = st.sampled_from([b"001", b"245", b"aZ9", b"2 5"])
    data = build(HEAD, draw(st.lists(st.tuples(tag, content), max_size=4)))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(data)))
        damage = bytes(draw(st.lists(st.sampled_from(TELLING), max_size=2)))
        data = data[:at] + damage + data[at + draw(st.integers(0, 2)) :]
    if draw(st.booleans()):
        data = with_its_length(data)  # else hardly any damage comes further than this
    return data


@given(st.lists(records(), max_size=5))
def test_any_records_are_judged_alike_alone_and_together(found: list[bytes]) -> None:
    assert list(are_sound(found)) == list(map(is_sound, found))


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_bytes_are_judged_alike_alone_and_together(found: list[bytes]) -> None:
    assert list(are_sound(found)) == list(map(is_sound, found))


def test_records_of_files_are_judged_alike_alone_and_together(shared: Path) -> None:
    found = list(records_of_files(shared / "data/marc"))
    alone = list(map(is_sound, found))
    assert list(are_sound(found)) == alone
    assert {True, False} == set(alone)


def records_of_files(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.glob("broken/*.mrc")):
        with path.open("rb") as plain:
            yield from (piece.data for piece in split(plain))
    for path in sorted(folder.glob("*.mrc.xz")):
        with lzma.open(path) as unpacked:
            yield from (piece.data for piece in islice(split(unpacked), 3_000))
