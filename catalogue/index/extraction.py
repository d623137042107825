"""The texts and terms under which stored records are found.

This is the bulk path of loading: no object is made for a field, and nothing is done here for one
text that `catalogue.index.collecting` can do for many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from catalogue.index.describing import FORMATS, Description
from catalogue.index.folding import WORD_BYTES
from catalogue.index.selection import NumberTask, Plan, Target, TextTask, plan_for
from catalogue.marc.iso2709 import LEADER_LENGTH, fields

#: Takes a text or a term.
Take = Callable[[bytes], object]


def plan_of(record_format: str) -> Plan:
    """What is taken from records of a format, and the targets of the texts, as `extract` numbers
    them."""
    return plan_for(record_format, FORMATS[record_format].kept)


def extract(
    record_format: str, data: bytes, texts: Sequence[Take], terms: Mapping[Target | int, Take]
) -> Description:
    """Hands the texts of a stored record to the takers of their targets, and its other terms to
    those of their indexes; returns its description."""
    dialect = FORMATS[record_format]
    tags = plan_of(record_format).tags
    take_any = texts[0]
    kept = {b"000": data[:LEADER_LENGTH]}
    for tag, content in fields(data):
        tag_plan = tags.get(tag)
        if tag_plan is None:
            tag_plan = tags.get(_linked_tag(content)) if tag == b"880" else None
            if tag_plan is None:
                continue
        elif tag_plan.is_kept:
            kept.setdefault(tag, content)
        for task in tag_plan.texts:
            for part in (content,) if task.parts is None else task.parts(content):
                values = task.read(part)
                if len(values) == 1 and task.filed is None:  # most are
                    texts[task.whole](values[0])
                elif values:
                    _take_text(task, part, values, texts)
        if tag_plan.numbers:
            _take_numbers(tag_plan.numbers, content, terms, take_any)
        if tag_plan.rest is not None and (values := tag_plan.rest(content)):
            take_any(b" ".join(values))
    for index, code in dialect.codes(kept):
        terms[index](code.encode())
    return dialect.describe(kept)


def _linked_tag(content: bytes) -> bytes:
    """The tag of the field that an 880 repeats in another script."""
    return content[4:7] if content[2:4] == b"\x1f6" else b""


def _take_text(task: TextTask, content: bytes, values: list[bytes], texts: Sequence[Take]) -> None:
    has_rest = len(values) > 1
    text = b" ".join(values) if has_rest else values[0]
    texts[task.whole](text)
    if has_rest and task.head is not None:
        texts[task.head](values[0])
    if task.filed is not None:
        skip = content[task.skip_indicator - 1] - 48
        if 0 < skip < 10:
            texts[task.filed](_without_start(text, skip))
            if has_rest and task.filed_head is not None:
                texts[task.filed_head](_without_start(values[0], skip))


def _without_start(text: bytes, characters: int) -> bytes:
    return text.decode("utf-8", "replace")[characters:].encode("utf-8")


def _take_numbers(
    tasks: Sequence[NumberTask],
    content: bytes,
    terms: Mapping[Target | int, Take],
    take_any: Take,
) -> None:
    for task in tasks:
        values = task.read(content)
        if task.is_joined and len(values) > 1:
            values.append(b" ".join(values))
        take = terms[task.index]
        for value in values:
            for term in task.terms_of(value):
                if term:
                    take(term)
                    if task.is_for_any:
                        take_any(term[:WORD_BYTES])
