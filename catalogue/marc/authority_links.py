"""Links to Danish authority records in danMARC2: names put in where there is only a number.

A field with ``*5 870979 *6 19165914`` refers to the authority record 19165914 for a person, body,
work or universe, and often has no name of its own. The heading of the authority is put before the
link. The link stays, so that it can be followed again when the authority changes, and so do the
field's own numbers, functions and relations. See-references of the authority become 900, 910 and
945; each names the field it belongs to in *z (``100``, ``700/1001``) and has the link, which shows
that it was made here. These are the rules of DBC: https://github.com/DBCDK/common-records
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from catalogue.marc import iso2709
from catalogue.marc.iso2709 import SUBFIELD, fields, subfields

#: The agency that owns the authority records.
AGENCY: Final = b"870979"

#: The field of the authority that is the heading for a field of a record.
_HEADINGS: Final = {
    b"100": b"100", b"600": b"100", b"700": b"100", b"770": b"100",
    b"110": b"110", b"610": b"110", b"710": b"110", b"780": b"110",
    b"233": b"133", b"845": b"133", b"234": b"134", b"846": b"134",
}  # fmt: skip
#: Only title and addition are taken into these.
_SHORT: Final = frozenset((b"845", b"846"))
_TITLE_AND_ADDITION: Final = frozenset((b"a", "ø".encode()))
#: The references of an authority, and the fields they become.
_REFERENCES: Final = {
    b"400": b"900", b"500": b"900", b"410": b"910", b"510": b"910", b"433": b"945", b"434": b"945",
}  # fmt: skip
_MADE_HERE: Final = frozenset(_REFERENCES.values())
_NUMBER: Final = "å".encode()
#: The subfields of a field that are its own, and not the authority's.
_OWN: Final = frozenset((_NUMBER, b"4", b"w", b"0", b"1", b"&"))
_NOT_REPEATED: Final = frozenset((b"100", b"110"))
#: The first number given to a field that has none.
_FIRST_NUMBER: Final = 1001
_LINK: Final = SUBFIELD + b"5" + AGENCY + SUBFIELD + b"6"

Subfields = list[tuple[bytes, bytes]]


class Linked(NamedTuple):
    """A record with its names, and the numbers of the authorities it refers to that are missing."""

    data: bytes
    missing: frozenset[str]


def links_of(data: bytes) -> frozenset[str]:
    """The numbers of the authorities that the record refers to."""
    if _LINK not in data:
        return frozenset()
    return frozenset(
        number
        for tag, content in fields(data)
        if tag in _HEADINGS and (number := _link(subfields(content)))
    )


def authority_number(data: bytes) -> str | None:
    """The number of an authority record; None for any other record."""
    if SUBFIELD + b"b" + AGENCY not in data:
        return None
    tag, content = next(fields(data))
    found = dict(subfields(content))
    return found[b"a"].decode() if tag == b"001" and found.get(b"b") == AGENCY else None


def with_names(data: bytes, authorities: Mapping[str, bytes]) -> Linked:
    """The record with the names from `authorities`, which are whole records by number.

    What was put in before is replaced. A field whose authority is missing stays as it is.
    """
    wanted = links_of(data)
    if not wanted:
        return Linked(data, frozenset())
    kept = [
        (tag, content)
        for tag, content in fields(data)
        if not (tag in _MADE_HERE and _link(subfields(content)) in authorities)
    ]
    made: list[tuple[bytes, bytes]] = []
    references: list[tuple[bytes, bytes]] = []
    numbers = {number for _, content in kept for number in _numbers(content)}
    for tag, content in kept:
        parts = subfields(content)
        number = _link(parts) if tag in _HEADINGS else None
        if number is not None and number in authorities:
            authority = list(fields(authorities[number]))
            found = list(_references(authority))
            own = next((value for code, value in parts if code == _NUMBER), b"")
            if found and not own and tag not in _NOT_REPEATED:
                own = _free(numbers)
                parts.insert(0, (_NUMBER, own))
            content = _field(content[:2], _named(tag, parts, authority))
            stands_for = tag + (b"/" + own if own else b"")
            references += [
                (name, _field(b"00", [*its, (b"z", stands_for), *_linking(number)]))
                for name, its in found
            ]
        made.append((tag, content))
    if references:
        made = _with_references(made, references)
    return Linked(
        data if made == list(fields(data)) else iso2709.build(iso2709.leader(data), made),
        frozenset(number for number in wanted if number not in authorities),
    )


def _named(tag: bytes, parts: Subfields, authority: list[tuple[bytes, bytes]]) -> Subfields:
    """The subfields of a linking field, with the heading of its authority before the link."""
    heading = next((c for t, c in authority if t == _HEADINGS[tag]), b"")
    taken = [
        (code, value)
        for code, value in subfields(heading)
        if tag not in _SHORT or code in _TITLE_AND_ADDITION
    ]
    if not taken:
        return parts
    at = next(n for n, (code, _) in enumerate(parts) if code == b"5")
    before = [part for part in parts[:at] if part[0] in _OWN]
    return [*before, *taken, *parts[at:]]


def _references(authority: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, Subfields]]:
    for tag, content in authority:
        if tag in _REFERENCES:
            parts = [(c, v) for c, v in subfields(content) if c not in (b"5", b"6", b"w", b"8")]
            if parts:
                yield _REFERENCES[tag], parts


def _with_references(
    made: list[tuple[bytes, bytes]], references: list[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    """Puts each reference after the last field with its tag or a lower one."""
    for tag, content in references:
        at = max((n for n, (each, _) in enumerate(made, 1) if each <= tag), default=0)
        made.insert(at, (tag, content))
    return made


def _link(parts: Subfields) -> str | None:
    """The number of the authority, if *6 follows *5 with the agency of authorities."""
    for (code, value), (following, number) in pairwise(parts):
        if code == b"5" and value == AGENCY and following == b"6":
            return number.decode("utf-8", "replace")
    return None


def _linking(number: str) -> Subfields:
    return [(b"5", AGENCY), (b"6", number.encode())]


def _numbers(content: bytes) -> list[bytes]:
    return [value for code, value in subfields(content) if code == _NUMBER]


def _free(numbers: set[bytes]) -> bytes:
    number = _FIRST_NUMBER
    while b"%d" % number in numbers:
        number += 1
    numbers.add(b"%d" % number)
    return b"%d" % number


def _field(indicators: bytes, parts: Subfields) -> bytes:
    return indicators + b"".join(SUBFIELD + code + value for code, value in parts)
