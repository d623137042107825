"""From stored records to the terms they are found under.

The bulk path of loading: no object per field, texts as UTF-8 bytes, one set of terms per index.
`catalogue.collecting` turns the terms of many records into rows of the index.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from catalogue.access_points import PRESENT
from catalogue.describing import FORMATS, Description
from catalogue.folding import (
    PHRASE_BYTES,
    WORD_BYTES,
    byte_readings,
    main_words,
)
from catalogue.marc.iso2709 import LEADER_LENGTH, SUBFIELD, fields
from catalogue.selection import (
    ANY_WORDS,
    NumberTask,
    Selection,
    TextTask,
    plan_for,
)

Terms = defaultdict[int, set[bytes]]


def terms_of(record_format: str, data: bytes) -> tuple[Terms, Description]:
    """The terms of one stored record by index number, and its description."""
    dialect = FORMATS[record_format]
    plan = plan_for(record_format, dialect.kept)
    tags = plan.tags
    terms: Terms = defaultdict(set)
    words = terms[ANY_WORDS]
    plain: list[bytes] = []
    kept = {b"000": data[:LEADER_LENGTH]}
    for tag, content in fields(data):
        is_linked = tag == b"880"
        if is_linked:
            tag = content[4:7] if content[2:4] == b"\x1f6" else b""
        tag_plan = tags.get(tag)
        if tag_plan is None:
            continue
        if tag_plan.is_kept and not is_linked:
            kept.setdefault(tag, content)
        parts = content.split(SUBFIELD)
        for task in tag_plan.texts:
            _add_text(task, parts, terms, words)
        for number in tag_plan.numbers:
            _add_numbers(number, parts, terms, words)
        rest = tag_plan.rest
        if rest:
            found = [part[1:] for part in parts[1:] if part[0] in rest]
            if found:
                text = b" ".join(found)
                if text.isascii() and b"-" not in text and b"'" not in text:
                    plain.append(text)
                else:
                    for reading in byte_readings(text):
                        words.update(reading or ())
    words.update(main_words(b"\n".join(plain)))  # these have one reading
    for index, code in dialect.codes(kept):
        terms[index].add(code.encode())
    for index in plan.presence:
        if index in terms:
            terms[index].add(PRESENT)
    return terms, dialect.describe(kept)


def chosen_values(source: Selection, parts: list[bytes]) -> list[bytes]:
    """The values of the subfields that a source takes from a field, in order."""
    codes, begins_at = source.codes, source.begins_at
    if begins_at is None:
        return [part[1:] for part in parts[1:] if part[0] in codes]
    for at in range(1, len(parts)):
        if parts[at][0] == begins_at:
            return [part[1:] for part in parts[at:] if part[0] in codes]
    return []


def _add_text(task: TextTask, parts: list[bytes], terms: Terms, any_words: set[bytes]) -> None:
    source = task.source
    chosen = chosen_values(source, parts)
    if not chosen:
        return
    text = chosen[0] if len(chosen) == 1 else b" ".join(chosen)
    for reading in byte_readings(text):
        if not reading:
            continue
        any_words.update(reading)
        for index in task.words:
            terms[index].update(reading)
        if task.pairs:
            pairs = [first + b" " + second for first, second in pairwise(reading)]
            for index in task.pairs:
                terms[index].update(pairs)
        if task.fields:
            key = b" ".join(reading)[:PHRASE_BYTES]
            for index in task.fields:
                terms[index].add(key)
        for index in task.firsts:
            terms[index].add(reading[0])
    if task.heads and len(chosen) > 1:
        _add_keys(chosen[0], task.heads, (), terms)
    if source.skip_indicator:
        skip = parts[0][source.skip_indicator - 1] - 48
        if 0 < skip < 10:
            _add_keys(_without_start(text, skip), task.fields, task.firsts, terms)
            if len(chosen) > 1:
                _add_keys(_without_start(chosen[0], skip), task.heads, (), terms)


def _add_keys(text: bytes, whole: tuple[int, ...], firsts: tuple[int, ...], terms: Terms) -> None:
    for reading in byte_readings(text):
        if reading:
            for index in whole:
                terms[index].add(b" ".join(reading)[:PHRASE_BYTES])
            for index in firsts:
                terms[index].add(reading[0])


def _without_start(text: bytes, characters: int) -> bytes:
    return text.decode("utf-8", "replace")[characters:].encode("utf-8")


def _add_numbers(task: NumberTask, parts: list[bytes], terms: Terms, any_words: set[bytes]) -> None:
    values = [part[1:] for part in parts[1:] if part[0] in task.codes] if task.codes else parts[:1]
    if task.is_joined and len(values) > 1:
        values.append(b" ".join(values))
    for value in values:
        for key in task.keys(value.decode("utf-8", "replace")):
            if key:
                term = key.encode()
                terms[task.index].add(term)
                if task.is_for_any:
                    any_words.add(term[:WORD_BYTES])
