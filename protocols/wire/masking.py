"""Masks messages for the log: what people have typed, and secrets of headers. It works on text, not
on elements, since it must also mask what is not XML.
"""

from __future__ import annotations

import re
from typing import Final

MASK: Final = b"***"
_SECRET: Final = re.compile(
    rb"(<(?:[\w.-]{1,40}:)?(AuthenticationInputData|FromAgencyAuthentication"
    rb"|FromSystemAuthentication|securityCode)(?:\s[^<>]*)?>)(.*?)(?=</(?:[\w.-]{1,40}:)?\2\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
#: Other names that a secret may have, as in vendors' extensions.
_WORDS: Final = (b"password", b"pincode", b"apikey", b"secret")
_ATTRIBUTE: Final = re.compile(
    rb"(?i)(<(?:[\w.-]{1,40}:)?\w{0,40}(?:%b)\w{0,40}(?:\s[^<>]*)?>)([^<]{1,4096})"
    % b"|".join(_WORDS)
)
#: A user's identifier that may be a Danish national number: we keep only its hash, so a log must
#: not hold it either. The date is left.
_NATIONAL: Final = re.compile(
    rb"(<(?:[\w.-]{1,40}:)?\w{0,40}(?:User|patronId)\w{0,40}(?:\s[^<>]*)?>\s*[0-3][0-9][01][0-9]{3})"
    rb"[- ]?[0-9]{4}(?=\s*<)"
)
#: A quick test for such a number: few documents have anything like it.
_TEN_DIGITS: Final = re.compile(rb">\s*[0-3][0-9]{5}[- ]?[0-9]{4}\s*<")


def masked(document: bytes) -> bytes:
    """The document without its secrets; empty if its encoding does not extend ASCII."""
    if b"\x00" in document[:200]:  # UTF-16 or 32, in which no name below would be found
        try:
            document = document.decode("utf-16").encode()
        except UnicodeDecodeError:
            return b"(%d bytes that are not text)" % len(document)
    folded = document.lower()  # most documents hold none, which is quicker to see without a pattern
    if b"authentication" in folded or b"securitycode" in folded:
        document = _SECRET.sub(rb"\1" + MASK, document)
    for word in _WORDS:
        if word in folded:
            document = _ATTRIBUTE.sub(rb"\1" + MASK, document)
            break
    if _TEN_DIGITS.search(document):
        document = _NATIONAL.sub(rb"\1-xxxx", document)
    return document
