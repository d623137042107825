"""The characters of text messages, and how to avoid the dear ones.

GSM 03.38 (3GPP TS 23.038) sends 160 characters of its alphabet in one segment; a single other
character turns the whole text into UCS-2, of which 70 fit.
"""

from __future__ import annotations

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
