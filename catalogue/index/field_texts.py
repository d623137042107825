"""The texts of a stored record that feed an access point, field by field.

They decide what postings cannot: longer phrases, proximity, whole subfields, the beginnings of
long fields. They also show a folded term as the cataloguer wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from catalogue.index.access_points import ACCESS_POINTS
from catalogue.index.folding import PHRASE_BYTES
from catalogue.index.selection import Selection, notation_of, selections
from catalogue.index.spellings import byte_readings
from catalogue.marc.iso2709 import fields

#: Characters of a field that are shown: as many as a term of the index has bytes.
LONGEST_SHOWN = PHRASE_BYTES
#: Is a text of UTF-8 wanted?
Wanted = Callable[[bytes], bool]


def _anything(text: bytes) -> bool:
    return True


class FieldText(NamedTuple):
    """What an access point takes from a field, or from a part that counts as one.

    `values` are the values of the subfields in order, at least one. The first `not_filed`
    characters are ignored in filing. If it `has_head`, the first value alone also counts as whole.
    """

    values: list[str]
    not_filed: int
    has_head: bool

    @property
    def text(self) -> str:
        return " ".join(self.values)


def field_texts(
    record_format: str, data: bytes, name: str, wanted: Wanted = _anything
) -> Iterator[FieldText]:
    """The fields of a record that feed the access point `name`, or the parts of a union.

    Those whose text is not `wanted` are left out, unless something of it is not filed.
    """
    point = ACCESS_POINTS[name]
    for part in point.union_of:
        yield from field_texts(record_format, data, part, wanted)
    by_tag = _selections_by_tag(name, record_format)
    for tag, content in fields(data):
        if tag == b"880":
            tag = content[4:7] if content[2:4] == b"\x1f6" else b""
        found = by_tag.get(tag)
        if found is None:
            continue
        for source in found:
            if source.thesaurus and content[1:2] != source.thesaurus:
                continue
            parts_of = source.parts()
            for one in (content,) if parts_of is None else parts_of(content):
                values = source.reader()(one)
                if not values:
                    continue
                not_filed = _not_filed(one, source)
                # What is not filed may end within a word.
                if not_filed == 0 and not wanted(b" ".join(values)):
                    continue
                yield FieldText(
                    [value.decode("utf-8", "replace") for value in values],
                    not_filed,
                    point.is_whole_without_rest,
                )


def _not_filed(content: bytes, source: Selection) -> int:
    if not source.skip_indicator:
        return 0
    digit = content[source.skip_indicator - 1] - 48
    return digit if 0 < digit < 10 else 0


def texts_of(
    record_format: str, data: bytes, name: str, wanted: Wanted = _anything
) -> Iterator[list[str]]:
    """The fields of a record that feed the access point `name`, each as its folded readings.

    A phrase is in a field if it is in one of its readings. The main reading comes first; a field
    without words is left out, and so are those that are not `wanted` (`field_texts`).
    """
    for found in field_texts(record_format, data, name, wanted):
        yield from _folded(found.text)


def subfield_texts_of(
    record_format: str, data: bytes, name: str, wanted: Wanted = _anything
) -> Iterator[list[str]]:
    """The same for every single subfield, with and without what is ignored in filing."""
    for found in field_texts(record_format, data, name, wanted):
        for at, value in enumerate(found.values):
            for form in _as_filed(value, found.not_filed if at == 0 else 0):
                yield from _folded(form)


def whole_texts_of(
    record_format: str, data: bytes, name: str, wanted: Wanted = _anything
) -> Iterator[list[str]]:
    """Everything that counts as a whole field of the access point, as folded readings.

    This is what a `Kind.FIELD` index holds, uncut: the field, its first subfield alone if the point
    says so, and both without what is ignored in filing.
    """
    for form in whole_forms_of(record_format, data, name, wanted):
        yield from _folded(form)


def whole_forms_of(
    record_format: str, data: bytes, name: str, wanted: Wanted = _anything
) -> Iterator[str]:
    """The same as it is written in the record."""
    for found in field_texts(record_format, data, name, wanted):
        yield from _as_filed(found.text, found.not_filed)
        if found.has_head and len(found.values) > 1:
            yield from _as_filed(found.values[0], found.not_filed)


def shown_text(text: str) -> str:
    """A field for display: without the punctuation that precedes the next one or ends it, and only
    the beginning of a long one."""
    text = " ".join(text.split()).rstrip(" /:;,=")
    if text.endswith(".") and len(text.split()[-1]) > 3:
        text = text[:-1]
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN].rstrip()} ..."


def _as_filed(text: str, not_filed: int) -> tuple[str, ...]:
    return (text, text[not_filed:]) if not_filed else (text,)


def _folded(text: str) -> Iterator[list[str]]:
    readings = byte_readings(text.encode("utf-8", "replace"))
    if readings[0]:
        yield [b" ".join(reading).decode() for reading in readings]


@cache
def _selections_by_tag(name: str, record_format: str) -> dict[bytes, list[Selection]]:
    by_tag: dict[bytes, list[Selection]] = {}
    for source in selections(notation_of(ACCESS_POINTS[name], record_format)):
        by_tag.setdefault(source.tag, []).append(source)
    return by_tag
