"""What of a message may stand in the journal.

Passwords and PINs (AC, AD, CO) become a digest under the key of proxy.toml, so that it can be seen
that two are equal, and nothing else. A national number as a card (AA) is sealed with AES-SIV under
that key: equal numbers are equal texts, and the proxy can read it again to tell a system later.
The checksum of a message, from which much of a PIN could be worked out, is never kept.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

from protocols.sip2.fields import SECRET_FIELDS

_DIGITS: Final = 16
_SEALED: Final = re.compile(rb"\{siv:([A-Za-z0-9+/=]+)\}")
_NUMBER: Final = rb"(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-9]{2}[- ]?[0-9]{4}"
#: Fields that may hold a national number: the patron, in all that are named for one.
_PATRON: Final = rb"AA|CY"


def is_sealed(text: str) -> bool:
    """Return whether a text stands in the place of a national number."""
    return _SEALED.fullmatch(text.encode("utf-8", "surrogateescape")) is not None


class Unreadable(ValueError):
    """A sealed number was sealed under another key."""


class Secrets:
    """The key of a journal: 32 bytes."""

    def __init__(self, key: bytes, delimiter: bytes = b"|") -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        self._digest_key = hashlib.blake2b(key, person=b"proxy digest").digest()
        self._siv = AESSIV(hashlib.blake2b(key, person=b"proxy siv").digest())
        end = re.escape(delimiter)
        codes = b"|".join(code.encode() for code in SECRET_FIELDS)
        # Before the first delimiter, where fixed fields of a wrong length may hide a field,
        # everything counts as one that looks like it.
        start = rb"(?:\A[^" + end + rb"]*?|" + end + rb")"
        self._secret = re.compile(rb"(" + start + rb"(?:" + codes + rb"))([^" + end + rb"]+)")
        self._number = re.compile(
            rb"((?:\A[^" + end + rb"]*?|" + end + rb")(?:" + _PATRON + rb"))(" + _NUMBER + rb")"
            rb"(?=" + end + rb"|\Z)"
        )

    def __repr__(self) -> str:
        return "<Secrets>"

    def digest(self, secret: bytes) -> bytes:
        """16 hexadecimal digits in braces."""
        made = hmac.digest(self._digest_key, secret, "sha256").hex()[:_DIGITS]
        return b"{" + made.encode() + b"}"

    def hidden(self, body: bytes) -> bytes:
        """The message as it may be kept."""
        if b"AD" in body or b"CO" in body or b"AC" in body:
            body = self._secret.sub(lambda found: found[1] + self.digest(found[2]), body)
        if b"AA" in body or b"CY" in body:
            body = self._number.sub(lambda found: found[1] + self._sealed(found[2]), body)
        return body

    def opened(self, text: bytes) -> bytes:
        """The same with national numbers readable again; digests stay. Raises Unreadable."""
        return _SEALED.sub(lambda found: self._unsealed(found[1]), text)

    def _sealed(self, number: bytes) -> bytes:
        return b"{siv:" + base64.b64encode(self._siv.encrypt(number, None)) + b"}"

    def _unsealed(self, sealed: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag

        try:
            return self._siv.decrypt(base64.b64decode(sealed), None)
        except (InvalidTag, ValueError):
            raise Unreadable("a number in the journal was sealed under another key") from None
