"""Codes of another system in this library's words, by the plan's tables of values."""

from __future__ import annotations

from collections.abc import Mapping

from circulation.moving.plans import ANY, CODE
from circulation.moving.values import UNKNOWN_CODE, Unreadable, part_tail


def translate_value(table: Mapping[str, str] | None, text: str, *, has_tail: bool) -> str:
    """Return what the table says for the text of a cell; a day and words behind a code are kept.

    Raises Unreadable for a code that the table lacks.
    """
    if not has_tail or table is None or text in table:
        return translate_code(table, text)
    tail = part_tail(text)
    found = part_tail(translate_code(table, tail.code))
    words = "; ".join(filter(None, (found.words, tail.words)))
    return str(found._replace(day=tail.day or found.day, words=words)) if found.code else ""


def translate_code(table: Mapping[str, str] | None, text: str) -> str:
    """Return what the table says for a code, which is never taken for another.

    Raises Unreadable for one that the table lacks.
    """
    if table is None:
        return text
    found = table.get(text)
    if found is None and text:
        found = table.get(ANY)
    if found is None:
        if text:
            raise Unreadable(UNKNOWN_CODE)
        return ""
    return found.replace(CODE, text)
