"""Resumption tokens (clause 3.5): all that a list needs to go on, so that nothing is kept for it.

A token does not expire, may be used again, and is good on any process. Its parts are those of
`Listing`, with commas between, which no part can hold. Whoever writes one for themselves gets what
it says, which they could have asked for anyhow.
"""

from __future__ import annotations

import re
from typing import Final

from protocols.oai.messages import ErrorCode, Listing, OaiError, Problem

#: The highest number that any part may be: a signed integer of 64 bits.
_MOST: Final = 2**63 - 1
#: The highest id of a record.
_LAST_ID: Final = 2**31 - 1

#: Prefixes of formats and parts of sets (the patterns of the schema).
PREFIX: Final = re.compile(r"[A-Za-z0-9\-_.!~*'()]+")
SET: Final = re.compile(r"[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*")
_NUMBER: Final = re.compile("0|[1-9][0-9]{0,18}")


def token_of(listing: Listing) -> str:
    """The token by which the list goes on."""
    last = "" if listing.last is None else str(listing.last)
    parts = (
        *(listing.metadata_prefix, listing.set_spec, str(listing.first), last),
        *(str(listing.after), str(listing.upto), str(listing.cursor)),
    )
    return ",".join(parts)


def listing_of(token: str) -> Listing:
    """What a token says. Raises OaiError for what is no token of ours."""
    parts = token.split(",")
    if len(parts) == 7:
        prefix, set_spec, first, last, *rest = parts
        numbers = [first, *rest, *([last] if last else [])]
        if (
            PREFIX.fullmatch(prefix)
            and (not set_spec or SET.fullmatch(set_spec))
            and all(_NUMBER.fullmatch(each) and int(each) <= _MOST for each in numbers)
        ):
            after, upto, cursor = map(int, rest)
            if 0 < after <= upto <= _LAST_ID:
                until = int(last) if last else None
                return Listing(prefix, set_spec, int(first), until, after, upto, cursor)
    raise OaiError(Problem(ErrorCode.BAD_RESUMPTION_TOKEN, "This is no resumption token of ours."))
