"""What two systems say of one patron (64, 24) as one answer, byte by byte: what neither of them
shares with the other stays as the system that the terminal asked wrote it.

Lists follow each other, that system's own first, and what both name stands there once. The page
that BP and BQ ask for is cut from the whole. A flag is set where either sets it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from protocols.proxy.kinds import fixed_length

#: The codes of the lists, in the order of their counts in 64 and of their places in the summary.
LISTS: Final = (b"AS", b"AT", b"AU", b"AV", b"BU", b"CD")
FINES: Final = LISTS.index(b"AV")
#: Fees one by one, as systems write them that know the seventh place of the summary.
_FEE_GROUP: Final = frozenset({b"CG", b"FA", b"FB", b"FC", b"FD", b"FE", b"FF", b"FG"})
_FLAGS: Final = slice(2, 16)
_COUNTS_AT: Final = 37
_MOST: Final = 9999
_AMOUNT: Final = re.compile(r"\s*(-?)([0-9]{1,9})(?:([.,])([0-9]{0,3}))?\s*\Z")

#: The lines of a list (its place in `LISTS`) in the one system and in the other.
Both = Mapping[int, tuple[list[bytes], list[bytes]]]


class Money(NamedTuple):
    """An amount as it was written; `currency` is empty where none was."""

    amount: Decimal
    currency: str = ""
    separator: str = "."
    decimals: int = 2

    def written(self, amount: Decimal) -> str:
        """Another amount, in the same way."""
        text = f"{amount:.{max(self.decimals, -int(amount.as_tuple().exponent))}f}"
        return text.replace(".", self.separator)


NOTHING: Final = Money(Decimal(0))


def money_of(text: str, currency: str = "") -> Money | None:
    """``20.50`` or ``20,50``; None where it is no amount."""
    found = _AMOUNT.match(text)
    if found is None:
        return None
    amount = Decimal(f"{found[1]}{found[2]}.{found[4] or '0'}")
    return Money(amount, currency.strip(), found[3] or ".", len(found[4] or ""))


@dataclass(slots=True)
class Answer:
    """A 64 or a 24: its fixed fields, and the others in their order."""

    fixed: bytes
    fields: list[tuple[bytes, bytes]] = field(default_factory=list)

    @classmethod
    def read(cls, body: bytes) -> Answer:
        start = fixed_length(body)
        start += body[start : start + 1] == b"|"  # as systems with a dialect of FBS begin
        parts = [part for part in body[start:].split(b"|") if part]
        return cls(body[:start], [(part[:2], part[2:]) for part in parts])

    def written(self) -> bytes:
        return self.fixed + b"".join(code + value + b"|" for code, value in self.fields)

    @property
    def has_lists(self) -> bool:
        return self.fixed[:2] == b"64"

    def one(self, code: bytes) -> str:
        """The first field of this code as text; empty where there is none."""
        found = next((value for each, value in self.fields if each == code), b"")
        return found.decode("utf-8", "surrogateescape").strip()

    def lines(self, place: int) -> list[bytes]:
        """A list, without empty lines."""
        return [value for code, value in self.fields if code == LISTS[place] and value.strip()]

    def count(self, place: int) -> int | None:
        """How many lines that list has, or would have; None where the system does not say."""
        if not self.has_lists:
            return None
        start = _COUNTS_AT + 4 * place
        digits = self.fixed[start : start + 4].strip()
        return int(digits) if digits.isdigit() else None

    @property
    def owed(self) -> Money:
        """What the patron owes; a credit is no debt."""
        found = money_of(self.one(b"BV"), self.one(b"BH"))
        return NOTHING if found is None or found.amount < 0 else found

    @property
    def fee_ids(self) -> frozenset[str]:
        """Fees by the numbers under which they can be paid (CG), where they were asked for."""
        found = (value.decode("utf-8", "replace") for code, value in self.fields if code == b"CG")
        return frozenset(each.strip() for each in found if each.strip())

    @property
    def is_refused(self) -> bool:
        """The card is unknown, or the PIN wrong: nothing is told of the patron."""
        return self.one(b"BL") == "N" or self.one(b"CQ") == "N"

    @property
    def says_something(self) -> bool:
        """Is anything on loan, waiting, owed or denied?"""
        counts = any(self.count(place) for place in range(len(LISTS)))
        return bool(counts or self.owed.amount or b"Y" in self.fixed[_FLAGS])


class Page(NamedTuple):
    """The lines of a list from `first`, counted from 1, to `last` or the end."""

    first: int = 1
    last: int | None = None

    @classmethod
    def asked(cls, request: bytes) -> Page:
        """As BP and BQ of a 63 have it."""
        found = Answer.read(request)
        first, last = found.one(b"BP"), found.one(b"BQ")
        begin = max(int(first), 1) if first.isdigit() else 1
        return cls(begin, int(last) if last.isdigit() else None)

    def cut(self, lines: list[bytes]) -> list[bytes]:
        return lines[self.first - 1 : self.last]


def without_page(request: bytes) -> bytes:
    """A 63 that asks for the whole list."""
    found = Answer.read(request)
    kept = [each for each in found.fields if each[0] not in (b"BP", b"BQ")]
    return request if len(kept) == len(found.fields) else Answer(found.fixed, kept).written()


def in_both(own: Answer, other: Answer) -> list[int]:
    """The lists of which both systems have lines, so that some may be the same."""
    return [place for place in range(len(LISTS)) if own.count(place) and other.count(place)]


def merged(own: Answer, other: Answer, lists: Both, page: Page, *, adds: bool) -> bytes:
    """The answer of both. `lists` holds the whole lists of `in_both`, as far as they are known.
    `adds`: debts of the one are no debts of the other; else the greater counts.
    """
    fixed = bytearray(own.fixed)
    fixed[_FLAGS] = bytes(
        ord("Y") if b"Y"[0] in (one, two) else one
        for one, two in zip(own.fixed[_FLAGS], other.fixed[_FLAGS], strict=True)
    )
    fields = list(own.fields)
    for place in range(len(LISTS)) if own.has_lists else ():
        count = _count(place, own, other, lists, adds=adds)
        if count is not None:
            start = _COUNTS_AT + 4 * place
            fixed[start : start + 4] = b"%04d" % min(count, _MOST)
        fields = _put(fields, place, page.cut(_lines(place, own, other, adds=adds)))
    fields = _with_money(fields, own, other, adds=adds)
    if adds or not own.fee_ids:
        fields = _before_words(fields, [each for each in other.fields if each[0] in _FEE_GROUP])
    said = {value.strip() for code, value in own.fields if code == b"AF"}
    fields += [
        (code, value)
        for code, value in other.fields
        if code == b"AF" and value.strip() and value.strip() not in said
    ]
    return Answer(bytes(fixed), fields).written()


def key_of(line: bytes) -> bytes:
    """The item that a line names: its barcode, where the line says more (``%``)."""
    return line.partition(b"%")[0].strip().lower()


def _count(place: int, own: Answer, other: Answer, lists: Both, *, adds: bool) -> int | None:
    one, two = own.count(place), other.count(place)
    if one is None or two is None:
        return two if one is None else one
    if place == FINES and not adds:
        return max(one, two)
    mine, theirs = lists.get(place, (own.lines(place), other.lines(place)))
    return one + two - len({*map(key_of, mine)} & {*map(key_of, theirs)})


def _lines(place: int, own: Answer, other: Answer, *, adds: bool) -> list[bytes]:
    mine, theirs = own.lines(place), other.lines(place)
    if place == FINES:
        # Two fees may well read alike.
        if adds:
            return mine + theirs
        return theirs if other.owed.amount > own.owed.amount else mine
    known = {*map(key_of, mine)}
    return mine + [each for each in theirs if key_of(each) not in known]


Fields = list[tuple[bytes, bytes]]


def _put(fields: Fields, place: int, lines: list[bytes]) -> Fields:
    """The lines in the place of those that stand there."""
    code = LISTS[place]
    at = next((number for number, each in enumerate(fields) if each[0] == code), None)
    if at is None:
        return _before_words(fields, [(code, each) for each in lines])
    kept = [each for each in fields[at:] if each[0] != code]
    # A list without lines may be one empty field.
    empty = [each for each in fields[at : at + 1] if not lines and not each[1].strip()]
    return [*fields[:at], *empty, *((code, each) for each in lines), *kept]


def _before_words(fields: Fields, more: Iterable[tuple[bytes, bytes]]) -> Fields:
    at = next((n for n, each in enumerate(fields) if each[0] in (b"AF", b"AG")), len(fields))
    return [*fields[:at], *more, *fields[at:]]


def _with_money(fields: Fields, own: Answer, other: Answer, *, adds: bool) -> Fields:
    mine, theirs = own.owed, other.owed
    if not theirs.amount:
        return fields
    if mine.amount and not is_one_currency(mine, theirs):
        told = f"{other.one(b'BV')} {theirs.currency}".encode()
        return [*fields, (b"AF", b"+ " + told)]
    form = mine if own.one(b"BV") else theirs
    amount = mine.amount + theirs.amount if adds else max(mine.amount, theirs.amount)
    currency = mine.currency or theirs.currency
    kept = [each for each in fields if each[0] not in (b"BV", b"BH")]
    summed = [(b"BH", currency.encode())] if currency else []
    summed.append((b"BV", form.written(amount).encode()))
    at = next((n for n, each in enumerate(fields) if each[0] in (b"BV", b"BH")), None)
    return _before_words(kept, summed) if at is None else [*kept[:at], *summed, *kept[at:]]


def is_one_currency(one: Money, two: Money) -> bool:
    """Where a system names no currency, it has one only."""
    return not one.currency or not two.currency or one.currency == two.currency


def with_words(answer: bytes, words: bytes) -> bytes:
    """The answer with one more screen message."""
    return (answer if answer.endswith(b"|") else answer + b"|") + b"AF" + words + b"|"
