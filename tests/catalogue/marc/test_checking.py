"""What is taken for a record: every repair, and every reason to refuse."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.marc.checking import MOST_DAMAGED, Refused, accept, control_number
from catalogue.marc.iso2709 import build, fields, is_exchangeable, leader, subfields
from catalogue.marc.splitting import split
from tests.builders.parsed_records import parse

HEAD = b"00000nam a2200000 a 4500"
FIELDS = [(b"001", b"no1"), (b"245", b"10\x1faCaf\xc3\xa9 :\x1fbsub"), (b"500", b"  \x1faNote")]
SOUND = build(HEAD, FIELDS)


def test_sound_record_is_kept_byte_for_byte() -> None:
    assert accept(SOUND) is SOUND
    assert list(fields(SOUND)) == FIELDS
    assert subfields(FIELDS[1][1]) == [(b"a", b"Caf\xc3\xa9 :"), (b"b", b"sub")]
    assert is_exchangeable(SOUND)


@pytest.mark.parametrize(
    "broken",
    [
        b"99999" + SOUND[5:],
        SOUND[:12] + b"00000" + SOUND[17:],
        SOUND[:10] + b"  " + SOUND[12:],
        SOUND[:20] + b"45x " + SOUND[24:],
        SOUND[:9] + b" " + SOUND[10:],
        SOUND[:24] + SOUND[24:].replace(b"0004", b"0007", 1),
    ],
    ids=["length", "base", "indicator count", "entry map", "encoding", "directory"],
)
def test_leader_and_directory_are_made_right(broken: bytes) -> None:
    assert accept(broken) == SOUND


def test_marc8_becomes_utf8() -> None:
    parts = [(b"001", b"no1"), (b"245", b"10\x1faM\xe8uller\x1fb\xb2l")]
    made = accept(build(HEAD.replace(b"a22", b" 22"), parts))
    assert leader(made)[9:10] == b"a"
    assert dict(fields(made))[b"245"] == "10\x1faMüller\x1fbøl".encode()


def test_leader_that_says_utf8_of_marc8_is_overruled() -> None:
    made = accept(build(HEAD, [(b"245", b"10\x1faM\xe8uller")]))
    assert dict(fields(made))[b"245"] == "10\x1faMüller".encode()


def test_numeric_reference_of_a_marc8_record_is_a_character() -> None:
    made = accept(build(HEAD.replace(b"a22", b" 22"), [(b"245", b"10\x1fax&#x1F600;")]))
    assert dict(fields(made))[b"245"] == "10\x1fax😀".encode()


def test_terminator_inside_a_field_becomes_a_blank() -> None:
    data = SOUND.replace(b"Note", b"N\x1ete")
    assert dict(fields(accept(data)))[b"500"] == b"  \x1faN te"


def test_indicators_and_stray_delimiters() -> None:
    made = accept(
        build(HEAD, [(b"245", b"\x1faTitle\x1f\x1fbx\x1f"), (b"700", b"1\xc2\xa7\x1fay")])
    )
    assert list(fields(made)) == [(b"245", b"  \x1faTitle\x1fbx"), (b"700", b"1 \x1fay")]


def test_directory_out_of_order_is_followed() -> None:
    one, two = SOUND[24:36], SOUND[36:48]
    made = accept(SOUND[:24] + two + one + SOUND[48:])
    assert list(fields(made)) == [FIELDS[1], FIELDS[0], FIELDS[2]]


@pytest.mark.parametrize("size", [9_995, 120_000])
def test_long_records_and_fields_are_kept_in_the_long_form(size: int) -> None:
    parts = [*FIELDS, (b"520", b"  \x1fa" + b"x" * size)]
    made = accept(build(HEAD, parts))
    assert not is_exchangeable(made)
    assert list(fields(made)) == parts
    assert accept(made) == made
    assert parse("marc21", made)["520"]["a"] == "x" * size


def test_a_third_indicator_that_says_nothing_is_left_out_where_the_leader_announces_it() -> None:
    three = SOUND.replace(b"10\x1faC", b"100\x1faC")
    announced = three[:10] + b"3" + three[11:]
    assert list(fields(accept(announced))) == list(fields(SOUND))
    with pytest.raises(Refused, match="3 indicators"):
        accept(announced.replace(b"100\x1faC", b"101\x1faC"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (SOUND[:-1], "cut short"),
        (b"\x1d", "no leader"),
        (SOUND.replace(b"\x1eno1\x1e", b"\x1eno1"), "directory names 3 fields"),
        (SOUND.replace(b"245", b"2 5"), "no tag"),
        (SOUND.replace(b"10\x1faC", b"100\x1faC"), "3 indicators"),
        (SOUND.replace(b"Note", b"N\xfft\xe9"), "field 500: 0xFF"),
        (SOUND[:30] + SOUND[31:], "multiple of 12"),
    ],
)
def test_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        accept(data)


@pytest.mark.parametrize(
    ("text", "stored", "note"),
    [
        (b"N\xfft\xe9", "N\ufffdt\ufffd", "2 octets that are not UTF-8, in field 500"),
        (b"\xc3\xa6bl\xe9", "æbl\ufffd", "1 octet that is not UTF-8, in field 500"),
        # It would be MARC-8 as well, but of nobody's language.
        (b"\xc3\xb8l og \xc3\xb8l \xe9a", "øl og øl \ufffda", "1 octet"),
    ],
)
def test_a_few_octets_that_are_no_utf8_are_noted(text: bytes, stored: str, note: str) -> None:
    notes: list[str] = []
    made = accept(SOUND.replace(b"Note", text), take_note=notes.append)
    assert dict(fields(made))[b"500"] == f"  \x1fa{stored}".encode()
    [said] = notes
    assert said.startswith(note)
    assert accept(made) == made


@pytest.mark.parametrize(
    "data",
    [
        SOUND.replace(b"Note", b"\xff" * (MOST_DAMAGED + 1)),  # too many
        (SOUND[:9] + b" " + SOUND[10:]).replace(b"Note", b"N\xffte"),  # said to be MARC-8
    ],
)
def test_what_is_not_a_few_octets_is_refused(data: bytes) -> None:
    notes: list[str] = []
    with pytest.raises(Refused):
        accept(data, take_note=notes.append)
    assert notes == []


def test_marc8_that_says_utf8_is_no_damage() -> None:
    notes: list[str] = []
    made = accept(SOUND.replace(b"Note", b"Caf\xe2e"), take_note=notes.append)
    assert dict(fields(made))[b"500"] == "  \x1faCafé".encode()
    assert notes == []


def test_control_number_of_broken_records() -> None:
    assert control_number(SOUND[:-20]) == "no1"
    assert control_number(b"nothing") == ""


@given(st.binary(max_size=80))
def test_any_bytes_are_a_record_or_refused(data: bytes) -> None:
    check_all(data)


@given(st.integers(0, len(SOUND) - 1), st.binary(min_size=0, max_size=6))
def test_any_damage_gives_a_record_or_is_refused(at: int, damage: bytes) -> None:
    check_all(SOUND[:at] + damage + SOUND[at + len(damage) :])


def check_all(data: bytes) -> None:
    """What is accepted is sound, and is a record to pymarc as well."""
    for piece in split(io.BytesIO(data + b"\x1d")):
        control_number(piece.data)
        try:
            made = accept(piece.data)
        except Refused:
            continue
        assert accept(made) == made
        made.decode("utf-8")
        assert len(parse("marc21", made).fields) == len(list(fields(made)))


#: What becomes of each file of broken records: records loaded, reasons of the others.
BROKEN = {
    "bad_data_value.mrc": (1, []),
    "bad_eacc_encoding.marc8.marc.mrc": (0, ["field 880: 0x7B3639"]),
    "bad_encoding.mrc": (1, []),
    "bad_hathi_records.mrc": (5, []),
    "bad_indicator.dat.mrc": (0, ["'0 2' in its directory"]),
    "bad_leaders_10_11.mrc": (1, []),
    "bad_marc8_escape.dat.mrc": (0, ["field 222: unknown escape sequence"]),
    "bad_subfield_code.marc.mrc": (0, ["field 260: 0xE2 is no subfield code"]),
    "bad_too_long_plus_2.mrc": (3, []),
}


def test_every_broken_file_is_known(shared: Path) -> None:
    found = {path.name for path in (shared / "data/marc/broken").iterdir()}
    assert found == set(BROKEN)


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file(shared: Path, name: str) -> None:
    accepted, reasons = 0, []
    with (shared / "data/marc/broken" / name).open("rb") as file:
        for piece in split(file):
            try:
                made = accept(piece.data)
            except Refused as refused:
                reasons.append(str(refused))
            else:
                accepted += 1
                assert len(parse("marc21", made).fields) == len(list(fields(made)))
    expected, beginnings = BROKEN[name]
    assert accepted == expected
    assert len(reasons) == len(beginnings)
    assert all(map(str.startswith, reasons, beginnings))
