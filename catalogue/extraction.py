"""From stored records to the texts and terms they are found under.

The bulk path of loading: no object per field, and nothing is done for a text here that
`catalogue.collecting` can do for many texts at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from catalogue.describing import FORMATS, Description
from catalogue.folding import WORD_BYTES
from catalogue.marc.iso2709 import LEADER_LENGTH, SUBFIELD, fields
from catalogue.selection import NumberTask, Plan, Selection, Target, TextTask, plan_for

#: Takes a text or a term.
Take = Callable[[bytes], object]


def plan_of(record_format: str) -> Plan:
    """What is taken from records of a format, and the targets of texts that `extract` numbers."""
    return plan_for(record_format, FORMATS[record_format].kept)


def extract(
    record_format: str, data: bytes, texts: Sequence[Take], terms: Mapping[Target | int, Take]
) -> Description:
    """Hands the texts of one stored record to the takers of their targets, its other terms to
    those of their indexes; gives its description."""
    dialect = FORMATS[record_format]
    tags = plan_of(record_format).tags
    take_any = texts[0]
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
            # The same as `chosen_values`, without a call for each field.
            if task.source.begins_at is None:
                codes = task.source.codes
                chosen = [part[1:] for part in parts[1:] if part[0] in codes]
            else:
                chosen = chosen_values(task.source, parts)
            if task.filed is None and len(chosen) == 1:  # most are
                texts[task.whole](chosen[0])
            elif chosen:
                _take_text(task, parts, chosen, texts)
        for number in tag_plan.numbers:
            _extract_numbers(number, parts, terms, take_any)
        rest = tag_plan.rest
        if rest:
            found = [part[1:] for part in parts[1:] if part[0] in rest]
            if found:
                take_any(b" ".join(found))
    for index, code in dialect.codes(kept):
        terms[index](code.encode())
    return dialect.describe(kept)


def chosen_values(source: Selection, parts: list[bytes]) -> list[bytes]:
    """The values of the subfields that a source takes from a field, in order."""
    codes, begins_at = source.codes, source.begins_at
    if begins_at is None:
        return [part[1:] for part in parts[1:] if part[0] in codes]
    for at in range(1, len(parts)):
        if parts[at][0] == begins_at:
            return [part[1:] for part in parts[at:] if part[0] in codes]
    return []


def _take_text(
    task: TextTask, parts: list[bytes], chosen: list[bytes], texts: Sequence[Take]
) -> None:
    has_rest = len(chosen) > 1
    text = b" ".join(chosen) if has_rest else chosen[0]
    texts[task.whole](text)
    if has_rest and task.head is not None:
        texts[task.head](chosen[0])
    if task.filed is not None:
        skip = parts[0][task.source.skip_indicator - 1] - 48
        if 0 < skip < 10:
            texts[task.filed](_without_start(text, skip))
            if has_rest and task.filed_head is not None:
                texts[task.filed_head](_without_start(chosen[0], skip))


def _without_start(text: bytes, characters: int) -> bytes:
    return text.decode("utf-8", "replace")[characters:].encode("utf-8")


def _extract_numbers(
    task: NumberTask, parts: list[bytes], terms: Mapping[Target | int, Take], take_any: Take
) -> None:
    values = [part[1:] for part in parts[1:] if part[0] in task.codes] if task.codes else parts[:1]
    if task.is_joined and len(values) > 1:
        values.append(b" ".join(values))
    take = terms[task.index]
    for value in values:
        for key in task.keys(value.decode("utf-8", "replace")):
            if key:
                term = key.encode()
                take(term)
                if task.is_for_any:
                    take_any(term[:WORD_BYTES])
