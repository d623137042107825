"""Messages and bytes, both ways; the generated functions against an interpreter of the tables."""

from __future__ import annotations

import contextlib
import dataclasses
import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sip2.codec import (
    Frame,
    MalformedMessage,
    UnknownMessage,
    checksum,
    decode,
    encode,
    masked,
    open_frame,
    seal,
)
from protocols.sip2.fields import FIELDS, Kind
from protocols.sip2.messages import (
    LAYOUTS,
    ItemInformationResponse,
    Message,
    PatronInformation,
    Request,
    Response,
    SCStatus,
)
from protocols.sip2.wire.text import Dialect
from tests.protocols.sip2.cases import CASES, DATE
from tests.protocols.sip2.second_opinion import interpret, spell
from tests.protocols.sip2.terminals import with_checksum

PLAIN = Dialect()


@pytest.mark.parametrize(("message", "data"), CASES, ids=[data[:2].decode() for _, data in CASES])
def test_each_message_is_written_and_read(message: Message, data: bytes) -> None:
    assert encode(message, PLAIN) == data
    assert decode(data, PLAIN) == message


def test_the_cases_hold_every_message() -> None:
    assert {type(message) for message, _ in CASES} == {
        layout.message for layout in LAYOUTS.values()
    }


def test_fields_have_one_name_each() -> None:
    names = [each.name for each in FIELDS.values()]
    assert len(names) == len(set(names))


# Second opinion

_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="|"))
_VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.FLAG: st.booleans(),
    Kind.BIT: st.booleans(),
    Kind.LINES: st.lists(_TEXT.filter(lambda line: 0 < len(line) <= 255), max_size=3).map(tuple),
    Kind.GROUPS: st.lists(
        st.tuples(st.tuples(st.just("CG"), _TEXT), st.tuples(st.just("FA"), _TEXT)), max_size=3
    ).map(tuple),
    Kind.EXTRA: st.lists(st.tuples(st.sampled_from(["DE", "ZZ", "XI"]), _TEXT), max_size=3).map(
        tuple
    ),
    Kind.DATE: st.just(DATE),
}


def _field(kind: Kind, length: int, is_fixed: bool) -> st.SearchStrategy[Any]:
    if kind is Kind.COUNT:
        return st.none() | st.integers(0, 10**length - 1)
    if kind is Kind.TEXT:
        return _TEXT.map(lambda text: text[:length].ljust(length if is_fixed else 0))
    return _VALUES[kind]


@st.composite
def messages(draw: st.DrawFn) -> Message:
    layout = draw(st.sampled_from(list(LAYOUTS.values())))
    values: dict[str, Any] = {
        each.name: draw(_field(each.kind, each.length, is_fixed=True)) for each in layout.fixed
    }
    for each in layout.variable:
        field = _field(each.kind, each.length, is_fixed=False)
        is_optional = not each.is_required and each.kind not in (
            Kind.LINES,
            Kind.GROUPS,
            Kind.EXTRA,
        )
        values[each.name] = draw(st.none() | field if is_optional else field)
    made: Message = layout.message(**values)
    return made


@given(messages())
def test_any_message_is_spelt_as_the_interpreter_spells_it(message: Message) -> None:
    text = spell(message)
    assert encode(message, PLAIN).decode() == text
    assert decode(text.encode(), PLAIN) == interpret(text)


@given(
    st.sampled_from(sorted(LAYOUTS)),
    st.text(st.characters(codec="utf-8"), max_size=120),
    st.lists(st.sampled_from(sorted(FIELDS)).flatmap(lambda c: _TEXT.map(lambda t: c + t))),
)
def test_any_text_is_read_as_the_interpreter_reads_it(
    code: str, start: str, fields: list[str]
) -> None:
    text = code + start + "|".join(fields)
    try:
        expected = interpret(text)
    except ValueError:
        with pytest.raises(MalformedMessage):
            decode(text.encode(), PLAIN)
        return
    assert decode(text.encode(), PLAIN) == expected


@given(st.binary(max_size=300), st.sampled_from(["utf-8", "cp850", "ascii", "windows-1252"]))
def test_any_bytes_are_a_message_or_malformed(data: bytes, charset: Any) -> None:
    with contextlib.suppress(MalformedMessage):
        decode(open_frame(data).body, Dialect(charset))


# What terminals send, and what is made of it


def test_a_missing_last_delimiter_is_added() -> None:
    assert decode(b"9300CNkiosk|COsecret", PLAIN) == decode(b"9300CNkiosk|COsecret|", PLAIN)


def test_of_a_field_sent_twice_the_first_counts() -> None:
    request = decode(b"6300120261125    120000          AOX|AAfirst|AAsecond|", PLAIN)
    assert isinstance(request, PatronInformation)
    assert request.patron_identifier == "first"


def test_unknown_and_empty_fields_are_passed_over() -> None:
    assert decode(b"9900802.00|ZZx||", PLAIN) == SCStatus("0", 80, "2.00")


@pytest.mark.parametrize("data", [b"", b"1", b"00", b"ZZ", b"1O", b"\xff\xff"])
def test_an_unknown_code_is_told_apart(data: bytes) -> None:
    with pytest.raises(UnknownMessage):
        decode(data, PLAIN)


@pytest.mark.parametrize("code", sorted(set(LAYOUTS) - {"96", "97"}))
def test_cut_fixed_fields_are_malformed(code: str) -> None:
    length = LAYOUTS[code].fixed_length
    with pytest.raises(MalformedMessage):
        decode((code + "0" * (length - 3)).encode(), PLAIN)


def test_an_error_holds_nothing_of_the_message() -> None:
    with pytest.raises(MalformedMessage) as raised:
        decode(b"11YNsecret", PLAIN)
    assert "secret" not in str(raised.value)


# What cannot break a frame

_NASTY = st.text(st.characters(codec=None, exclude_categories=()), max_size=600)


@given(_NASTY, _NASTY, st.sampled_from(["utf-8", "cp850", "ascii", "iso-8859-1", "windows-1252"]))
def test_no_value_can_break_a_frame(title: str, line: str, charset: Any) -> None:
    dialect = Dialect(charset)
    response = ItemInformationResponse(
        *("03", "00", "01", DATE, "I1", title),
        screen_message=(line, "last"),
        print_line=(line, "last"),
    )
    data = encode(response, dialect, 40)
    assert not set(data) & (set(range(32)) | {127})
    text = data.decode(charset)
    assert text.startswith("1803000120261125    120000ABI1|AJ")
    parts = text[26:].split("|")
    assert [part[:2] for part in parts[:2]] == ["AB", "AJ"]
    shown = [part for part in parts[2:-1] if part[:2] == "AF"]
    printed = [part for part in parts[2:-1] if part[:2] == "AG"]
    assert parts[2:] == [*shown, *printed, ""]
    assert (shown[-1], printed[-1]) == ("AFlast", "AGlast")
    assert all(len(part) <= 2 + 255 for part in parts)
    assert all(len(part) <= 2 + 40 for part in printed)


def test_fixed_fields_keep_their_length_whatever_is_put_in() -> None:
    for wrong in ("", "1", "12345", "|\r"):
        data = encode(ItemInformationResponse(wrong, "00", "01", DATE, "I1", ""), PLAIN)
        assert data[24:].startswith(b"00ABI1|") or data[26:].startswith(b"ABI1|")
        assert len(data[: data.index(b"AB")]) == LAYOUTS["18"].fixed_length


def test_a_number_too_big_for_its_field_is_the_biggest_that_fits() -> None:
    response = next(m for m, data in CASES if data[:2] == b"66")
    many = dataclasses.replace(response, renewed_count=123456, unrenewed_count=-1)
    assert encode(many, PLAIN).startswith(b"66199990000")


# Error detection (p. 16)


def test_the_checksum_of_the_standard_s_own_resend_messages() -> None:
    assert seal(b"96", None, True, PLAIN) == b"96AZFEF6\r"
    assert seal(b"97", None, True, PLAIN) == b"97AZFEF5\r"


@given(st.binary(max_size=300))
def test_bytes_and_their_checksum_add_up_to_zero(data: bytes) -> None:
    assert (sum(data) + int(checksum(data), 16)) & 0xFFFF == 0


def test_the_checksum_counts_bytes_not_characters() -> None:
    frame = with_checksum("2300920261125    120000AOBjørnø|AAP1|AC|".encode(), 7)
    assert open_frame(frame) == Frame(frame[:-9], b"7", frame[-4:], True)


def test_lower_case_digits_and_blanks_after_them_are_taken() -> None:
    frame = with_checksum(b"9900802.00|", 3)
    shown = frame[:-4] + frame[-4:].lower() + b"  "
    assert open_frame(shown)[:2] == (b"9900802.00|", b"3")
    assert open_frame(shown).is_sound


def test_a_wrong_checksum_is_seen() -> None:
    assert not open_frame(b"9900802.00AY1AZ0000").is_sound


def test_97_has_a_checksum_and_no_sequence_number() -> None:
    assert open_frame(b"97AZFEF5") == Frame(b"97", None, b"FEF5", True)


def test_a_value_that_looks_like_a_checksum_is_none() -> None:
    frame = b"1720261125    120000AOX|ABAZ1234"
    assert open_frame(frame) == Frame(frame, None, None, True)


@given(st.binary(max_size=200), st.integers(0, 9))
def test_what_is_sealed_can_be_opened(body: bytes, sequence: int) -> None:
    clean = body.translate(None, bytes(range(32)) + b"\x7f")
    sealed = seal(clean, b"%d" % sequence, True, PLAIN)
    frame = open_frame(sealed[:-1])
    assert frame == Frame(clean, b"%d" % sequence, sealed[-5:-1], True)


# Secrets


def test_a_masked_frame_shows_no_secret() -> None:
    frame = b"11YN20261125    12000020261125    120000AOX|AAP1|ABI1|ACterm|AD1234|"
    assert masked(frame).endswith(b"AOX|AAP1|ABI1|AC***|AD***|")
    assert masked(b"9300CNkiosk|COsecret") == b"9300CNkiosk|CO***"


@pytest.mark.parametrize(("message", "data"), CASES, ids=[data[:2].decode() for _, data in CASES])
def test_the_repr_of_a_message_shows_no_secret(message: Message, data: bytes) -> None:
    assert "1234" not in repr(message)
    assert "secret" not in repr(message)


def test_requests_and_responses_are_all_messages() -> None:
    kinds = set(typing.get_args(Request)) | set(typing.get_args(Response))
    assert kinds < {layout.message for layout in LAYOUTS.values()}
