"""What a text message costs: characters, segments, and how to avoid the dear ones.

GSM 03.38 (3GPP TS 23.038) sends 160 characters of its alphabet in one segment; a single other
character turns the whole text into UCS-2, of which 70 fit.
"""

from __future__ import annotations

from collections.abc import Callable

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_SOFT = str.maketrans(
    {
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2018\u2019\u201a", "'"),
        **dict.fromkeys("\u2010\u2011\u2013\u2014", "-"),
        **dict.fromkeys("\u00a0\u2009\u202f\t", " "),
        **dict.fromkeys("\u200b\u00ad", None),
        "\u2026": "...",
        "\u2022": "*",
    }
)


def softened(text: str) -> str:
    """The text with typographic marks as a telephone has them: straight quotes, plain dashes."""
    return text.translate(_SOFT)


def is_gsm(text: str) -> bool:
    """Can it be sent in the GSM alphabet."""
    return all(each in _BASIC or each in _EXTENDED for each in text)


def segments(text: str) -> list[str]:
    """The parts that the text is sent in. No escaped or surrogate pair is torn apart."""
    if is_gsm(text):
        return _split(text, 160, 153, lambda each: 2 if each in _EXTENDED else 1)
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
