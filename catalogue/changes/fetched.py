"""Records that another library's catalogue has given: read, checked, and one of them chosen.

Fetching is not done here: whoever has a network gives the octets that came, ISO 2709 or XML.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from catalogue.index.collecting import terms_of
from catalogue.index.describing import Description
from catalogue.marc.checking import Refused, accept
from catalogue.marc.marcxml import read_records
from catalogue.marc.splitting import split
from catalogue.searching.standard_numbers import StandardNumber, is_among


class Fetched(NamedTuple):
    """A record fit to be stored, and where it is from."""

    data: bytes
    record_format: str
    source: str
    description: Description


class Choice(NamedTuple):
    """The record that is taken, None for none; `refusals` say what was wrong with others."""

    fetched: Fetched | None
    refusals: tuple[str, ...]


def choose(
    answers: Iterable[bytes], number: StandardNumber, *, source: str, record_format: str
) -> Choice:
    """The fullest sound record with that number among the answers of one source.

    `record_format` is what the source gives where the records do not tell themselves. A record
    without the number is not what was asked for, whatever the source thinks.
    """
    best: Fetched | None = None
    refusals: list[str] = []
    for data, said in _records(answers, refusals):
        kind = said or record_format
        try:
            sound = accept(data)
            terms, description = terms_of(kind, sound)
        except Refused as error:
            refusals.append(str(error))
            continue
        if not is_among(number, terms):
            refusals.append(f"a record without the {number.kind.name} {number.value}")
        elif not description.title:
            refusals.append("a record without a title")
        elif best is None or len(sound) > len(best.data):
            best = Fetched(sound, kind, source, description)
    return Choice(best, tuple(refusals))


def _records(answers: Iterable[bytes], refusals: list[str]) -> Iterator[tuple[bytes, str | None]]:
    for answer in answers:
        if answer.lstrip().startswith(b"<"):
            is_empty = True
            for xml in read_records(io.BytesIO(answer)):
                is_empty = False
                if xml.refusal is None:
                    yield xml.data, xml.record_format
                else:
                    refusals.append(xml.refusal)
            if is_empty:
                refusals.append("XML without a MARC record")
        else:
            for piece in split(io.BytesIO(answer)):
                yield piece.data, None
