"""What is taken from a field: its subfields as a field notation names them."""

from __future__ import annotations

import pytest

from catalogue.index.access_points import ACCESS_POINTS, PRESENT, Kind
from catalogue.index.collecting import terms_of
from catalogue.index.field_texts import texts_of
from catalogue.index.selection import reader_of, selections
from tests.builders.catalogue import a_record

FIELD = b"10\x1faTolstoy,\x1fd1828-1910.\x1ftWar\x1fkSelections.\x1ftand peace\x1fa\x1fb\n"


@pytest.mark.parametrize(
    ("notation", "values"),
    [
        ("700ad", [b"Tolstoy,", b"1828-1910.", b""]),
        ("700tb", [b"War", b"and peace", b"\n"]),
        ("700>tka", [b"War", b"Selections.", b"and peace", b""]),
        ("700>xta", []),
        ("700z", []),
    ],
)
def test_subfields_in_the_order_of_the_field(notation: str, values: list[bytes]) -> None:
    [source] = selections(notation)
    assert source.reader()(FIELD) == values


@pytest.mark.parametrize(
    ("notation", "content", "parts"),
    [
        ("505t+", b"00\x1fta", [[b"a"]]),
        ("505t+", b"00\x1fgx\x1fta\x1frr\x1ftb\x1ftc", [[b"a"], [b"b"], [b"c"]]),
        ("490av+", b"0 \x1faA\x1fv1\x1faB\x1fv2", [[b"A", b"1"], [b"B", b"2"]]),
        ("490av+", b"0 \x1fv0\x1faA\x1faB", [[b"0", b"A"], [b"B"]]),
        ("505t+", b"00\x1fgx", [[]]),
        ("505t+", b"", [[]]),
    ],
)
def test_a_field_that_stands_for_several(
    notation: str, content: bytes, parts: list[list[bytes]]
) -> None:
    [source] = selections(notation)
    parts_of = source.parts()
    assert parts_of is not None
    assert [source.reader()(part) for part in parts_of(content)] == parts
    assert all(part[:2] == content[:2] for part in parts_of(content))


def test_codes_that_mean_something_in_expressions() -> None:
    content = b"00\x1f^a\x1f-b\x1f]c\x1f\\d\x1fae"
    assert reader_of(frozenset(b"^-]\\"))(content) == [b"a", b"b", b"c", b"d"]


def test_no_codes_no_subfields() -> None:
    assert reader_of(frozenset())(b"no 42") == []
    assert reader_of(frozenset())(FIELD) == []


def test_a_field_without_subfields() -> None:
    assert reader_of(frozenset(b"a"))(b"10") == []


def test_control_fields_make_terms_and_are_no_texts() -> None:
    record = a_record(control_number="no 42")
    assert terms_of("marc21", record)[0][ACCESS_POINTS["local_number"].index(Kind.NUMBER)] == {
        PRESENT,
        b"no42",
    }
    assert not list(texts_of("marc21", record, "local_number"))
