"""The names of a message outside: made from its id, so that they are known before it is sent.

A second try has the same names as the first, even after a crash in between, and a receipt finds its
message even if the answer to the call was lost.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from uuid import UUID

from protocols.digital_post.kombipost import Trace

_ID = re.compile(r"[0-9]{1,19}", re.ASCII)
_LETTER = re.compile(r"([0-9]{1,19})-([0-9a-f]{16})", re.ASCII)


class Identities:
    """The names under one key, which is this installation's own."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = blake2b(key, digest_size=32, person=b"post identities").digest()

    def __repr__(self) -> str:
        return "<Identities>"

    def trace(self, message_id: int) -> Trace:
        """``messageUUID`` and ``x-TransaktionsId`` of a message."""
        return Trace(self._uuid("message", message_id), self._uuid("transaction", message_id))

    def letter_identifier(self, message_id: int) -> str:
        """``AfsendelseIdentifikator`` of a letter, which has at most 38 characters."""
        return f"{message_id}-{self._uuid('letter', message_id).replace('-', '')[:16]}"

    def message_id(self, name: str, message_uuid: str) -> int | None:
        """The id of the message that a receipt is for, by ``messageID`` and ``messageUUID``; None
        if it is not ours. For a letter, either of them may be its identifier.
        """
        for told in (name, message_uuid):
            letter = _LETTER.fullmatch(told.lower())
            if letter and self.letter_identifier(int(letter[1])) == told.lower():
                return int(letter[1])
        if not _ID.fullmatch(name):
            return None
        message_id = int(name)
        is_ours = self.trace(message_id).message_uuid == message_uuid.lower()
        return message_id if is_ours else None

    def _uuid(self, purpose: str, message_id: int) -> str:
        digest = blake2b(f"{purpose} {message_id}".encode(), key=self._key, digest_size=16).digest()
        return str(UUID(bytes=digest, version=4))
