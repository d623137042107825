"""The segments that a text message is sent in, and paid by (3GPP TS 23.038)."""

from __future__ import annotations

from collections.abc import Callable

from circulation.notices.sms_texts import is_gsm

EXTENDED = frozenset("^{}\\[~]|€\f")


def segments(text: str) -> list[str]:
    """The parts that the text is sent in. No escaped or surrogate pair is torn apart."""
    if is_gsm(text):
        return _split(text, 160, 153, lambda each: 2 if each in EXTENDED else 1)
    return _split(text, 70, 67, lambda each: 2 if ord(each) > 0xFFFF else 1)


def _split(text: str, alone: int, each_part: int, weight: Callable[[str], int]) -> list[str]:
    if sum(weight(each) for each in text) <= alone:
        return [text]
    parts, part, used = [], "", 0
    for each in text:
        if used + weight(each) > each_part:
            parts.append(part)
            part, used = "", 0
        part += each
        used += weight(each)
    return [*parts, part]
