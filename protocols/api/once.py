"""Doing things once: the same Idempotency-Key gets the same answer, and changes nothing again.

The answer is kept in the very transaction that did the work (`circulation.callers.replies`), so it
outlasts the process, and another process on the same database has it too. Whatever somebody else
has done since does not matter, other than for machines that send their request again without a key:
a key is made for one request, and its answer holds for its time.

What is kept is the status, the headers and the body, behind a digest of the request: the same key
with another request is a mistake of the caller's. The digest is made under the key itself, which
the database does not have, because a request may hold a PIN.
"""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import blake2b
from typing import Final

from circulation.callers.replies import ReplyKey, hold_reply, kept_reply, reply_key
from circulation.kernel.rights import Principal
from protocols.api.messages import Answer, Asked
from protocols.api.plain import problem_answer
from protocols.api.problems import Outcome, Problem, malformed
from protocols.hosting.answering import Context

HEADER: Final = "idempotency-key"
LONGEST: Final = 255
_DIGEST: Final = 16


def key_in(asked: Asked) -> str:
    """The Idempotency-Key of a request that needs one. Raises Problem."""
    key = (asked.header(HEADER) or "").strip()
    if not key:
        raise Problem(Outcome.KEY_MISSING)
    if len(key) > LONGEST or not key.isprintable() or not key.isascii():
        raise malformed(HEADER, "format", f"must be at most {LONGEST} characters of ASCII")
    return key


class Once:
    """A request that is to be carried out once: `kept` first, `keep` last in its transaction.

    What a colleague has begun (`scanner`) and the caller sends on is one request for both: neither
    does it where the other has, and neither reads the other's answer.
    """

    def __init__(
        self,
        asked: Asked,
        key: str,
        principal: Principal,
        hours: int,
        scanner: Principal | None = None,
    ) -> None:
        account = f"api:{principal.kind.value}:{principal.id}"
        self._key: ReplyKey = reply_key(account, "", key.encode())
        secret = blake2b(key.encode(), digest_size=32).digest()
        request = "\n".join((asked.method, *asked.path)).encode() + asked.query + b"\n" + asked.body
        self._digest = blake2b(request, key=secret, digest_size=_DIGEST).digest()
        self._within = timedelta(hours=hours)
        self._scanners = None if scanner is None else Once(asked, key, scanner, hours)

    def kept(self, context: Context) -> Answer | None:
        """The answer that it got before, if it got one. Raises Problem for another request."""
        kept = self._found(context)
        if kept is None:
            if self._scanners is not None and self._scanners._found(context) is not None:
                raise Problem(Outcome.DONE_BY_ANOTHER)
            return None
        if kept[:_DIGEST] != self._digest:
            raise Problem(Outcome.KEY_REUSED)
        head, _, body = kept[_DIGEST:].partition(b"\n")
        status, media_type, headers = json.loads(head)
        return Answer(status, body, media_type, tuple((name, value) for name, value in headers))

    def _found(self, context: Context) -> bytes | None:
        return kept_reply(context.transaction, self._key, now=context.now, within=self._within)

    def keep(self, context: Context, answer: Answer, patron_id: int | None, language: str) -> None:
        """`patron_id` is whom the answer tells about: it goes when they are erased."""
        if self._scanners is not None:
            done = problem_answer(Problem(Outcome.DONE_BY_ANOTHER), language)
            self._scanners.keep(context, done, None, language)
        head = json.dumps((answer.status, answer.media_type, answer.headers)).encode()
        kept = self._digest + head + b"\n" + answer.body
        hold_reply(context.transaction, self._key, kept, now=context.now, patron_id=patron_id)
