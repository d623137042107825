"""What two systems say of a patron as one answer."""

from __future__ import annotations

import pytest

from protocols.proxy.merging import Answer, Page, merged, money_of, without_page
from tests.protocols.proxy.systems import DATE

NONE = "0000"


def a_64(*fields: str, status: str = " " * 14, counts: str = NONE * 6) -> Answer:
    text = f"64{status}001{DATE}{counts}AOOLD|AAP1|AEJo|BLY|" + "".join(f"{x}|" for x in fields)
    return Answer.read(text.encode())


def a_24(*fields: str, status: str = " " * 14) -> Answer:
    text = f"24{status}001{DATE}AOOLD|AAP1|AEJo|" + "".join(f"{x}|" for x in fields)
    return Answer.read(text.encode())


def counts_of(*numbers: int) -> str:
    return "".join(f"{each:04}" for each in numbers)


def together(own: Answer, other: Answer, page: Page | None = None, *, adds: bool = True) -> Answer:
    return Answer.read(merged(own, other, {}, page or Page(), adds=adds))


def values(answer: Answer, code: bytes) -> list[bytes]:
    return [value for each, value in answer.fields if each == code]


def test_an_answer_is_written_as_it_was_read() -> None:
    text = f"64{' ' * 14}001{DATE}{NONE * 6}|AOOLD|AAP1|XXown|AU|".encode()
    assert Answer.read(text).written() == text


def test_counts_are_added_and_lists_follow_each_other_own_first() -> None:
    own = a_64("AUI1", "AUI2", "AFHello.", counts=counts_of(1, 0, 2, 0, 0, 0))
    other = a_64("AUI8%a title", "AUI9", "AFBye.", counts=counts_of(2, 1, 2, 0, 0, 3))
    found = together(own, other)
    assert [found.count(place) for place in range(6)] == [3, 1, 4, 0, 0, 3]
    assert values(found, b"AU") == [b"I1", b"I2", b"I8%a title", b"I9"]
    assert values(found, b"AF") == [b"Hello.", b"Bye."]
    assert found.written().index(b"AUI9") < found.written().index(b"AFHello.")


def test_what_both_have_is_there_once() -> None:
    own = a_64("AUI1", "AUI2", counts=counts_of(0, 0, 2, 0, 0, 0))
    other = a_64("AUi2%Peters jul", "AUI3", counts=counts_of(0, 0, 2, 0, 0, 0))
    found = together(own, other)
    assert found.count(2) == 3
    assert values(found, b"AU") == [b"I1", b"I2", b"I3"]


def test_lists_that_were_asked_for_apart_say_what_is_the_same() -> None:
    own = a_64(counts=counts_of(0, 0, 2, 0, 0, 0))
    other = a_64(counts=counts_of(0, 0, 2, 0, 0, 0))
    lists = {2: ([b"I1", b"I2"], [b"I2", b"I3"])}
    found = Answer.read(merged(own, other, lists, Page(), adds=True))
    assert found.count(2) == 3
    assert values(found, b"AU") == []


@pytest.mark.parametrize(
    ("first", "last", "page"),
    [
        ("1", "2", [b"I1", b"I2"]),
        ("2", "3", [b"I2", b"I3"]),
        ("3", "", [b"I3", b"I4"]),
        ("", "", 4),
    ],
)
def test_a_page_is_cut_from_the_whole(first: str, last: str, page: object) -> None:
    asked = f"63001{DATE}  Y       AOOLD|AAP1|BP{first}|BQ{last}|".encode()
    own, other = a_64("AUI1", "AUI2"), a_64("AUI3", "AUI4")
    found = values(together(own, other, Page.asked(asked)), b"AU")
    assert found == (page if isinstance(page, list) else [b"I1", b"I2", b"I3", b"I4"])
    assert without_page(asked) == f"63001{DATE}  Y       AOOLD|AAP1|".encode()


def test_a_flag_is_set_where_either_sets_it() -> None:
    found = together(a_24(status="YN" + " " * 12), a_24(status=" Y" + " " * 11 + "Y"))
    assert found.fixed[2:16] == b"YY" + b" " * 11 + b"Y"


@pytest.mark.parametrize(
    ("own", "other", "adds", "owed"),
    [
        (("BHDKK", "BV20.50"), ("BHDKK", "BV5.00"), True, [b"25.50"]),
        (("BHDKK", "BV20,50"), ("BHDKK", "BV5"), True, [b"25,50"]),
        (("BV20.50",), ("BHDKK", "BV5.00"), True, [b"25.50"]),
        ((), ("BHDKK", "BV5.00"), True, [b"5.00"]),
        (("BHDKK", "BV20.50"), (), True, [b"20.50"]),
        (("BHDKK", "BV-3.00"), ("BHDKK", "BV5.00"), True, [b"5.00"]),
        (("BHDKK", "BV20.50"), ("BHDKK", "BV25.00"), False, [b"25.00"]),
        (("BHDKK", "BV20.50"), ("BHDKK", "BV20.50"), False, [b"20.50"]),
    ],
)
def test_debts_are_added_or_are_the_same(
    own: tuple[str, ...], other: tuple[str, ...], adds: bool, owed: list[bytes]
) -> None:
    found = together(a_64(*own), a_64(*other), adds=adds)
    assert values(found, b"BV") == owed
    assert values(found, b"BH") in ([b"DKK"], [])


def test_two_currencies_are_not_added() -> None:
    found = together(a_24("BHDKK", "BV20.50"), a_24("BHEUR", "BV5.00"))
    assert values(found, b"BV") == [b"20.50"]
    assert values(found, b"AF") == [b"+ 5.00 EUR"]


def test_fees_that_are_the_same_are_listed_once() -> None:
    own = a_64("BV20.00", "AV20.00 late", counts=counts_of(0, 0, 0, 1, 0, 0))
    other = a_64("BV20.00", "AV20.00 for sent", counts=counts_of(0, 0, 0, 1, 0, 0))
    found = together(own, other, adds=False)
    assert (found.count(3), values(found, b"AV")) == (1, [b"20.00 late"])
    found = together(own, other)
    assert (found.count(3), len(values(found, b"AV"))) == (2, 2)


@pytest.mark.parametrize("text", ["", "abc", "1.2.3", "12345678901", "NaN", "1e5"])
def test_what_is_no_amount(text: str) -> None:
    assert money_of(text) is None
