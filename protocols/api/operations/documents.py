"""The description of all operations, which is one of them."""

from __future__ import annotations

import gzip
from functools import cache
from hashlib import blake2b
from typing import Any, Final

from circulation.kernel.rights import Principal
from protocols.api.messages import Answer
from protocols.api.openapi import written
from protocols.api.operation import Caller, Operation, Plain, get
from protocols.hosting.answering import Context

#: Clients may keep the document, and ask whether it has changed.
_HEADERS: Final = (("Cache-Control", "no-cache"), ("Vary", "Accept-Encoding, Origin"))


def described(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """The operations, and the one that describes them all."""

    def description(request: Plain, principal: Principal, context: Context) -> Answer:
        """OpenAPI 3.1: every operation, what it takes and what it answers. It needs no log-in."""
        asked = request.asked
        is_gzip = takes_gzip(asked.header("accept-encoding") or "")
        tag, body = _variant(table, is_gzip)
        headers: tuple[tuple[str, str], ...] = (*_HEADERS, ("ETag", tag))
        if is_known(tag, asked.header("if-none-match") or ""):
            return Answer(304, headers=headers)
        if is_gzip:
            headers = (*headers, ("Content-Encoding", "gzip"))
        return Answer(200, body, headers=headers)

    table = (
        *operations,
        get(
            "/openapi.json",
            "What this API can do",
            description,
            dict[str, Any],
            tag="documents",
            caller=Caller.ANYBODY,
        ),
    )
    return table


@cache
def _variant(operations: tuple[Operation, ...], is_gzip: bool) -> tuple[str, bytes]:
    """Return an entity tag and the document, built for the first request."""
    body = written(operations)
    tag = blake2b(body, digest_size=12).hexdigest()
    if is_gzip:
        return f'"{tag}-gzip"', gzip.compress(body, 9, mtime=0)
    return f'"{tag}"', body


def takes_gzip(accept: str) -> bool:
    """Return whether a client takes gzip (RFC 9110, 12.5.3)."""
    qualities: dict[str, str] = {}
    for each in accept.lower().split(","):
        coding, _, quality = each.replace(" ", "").partition(";q=")
        qualities[coding] = quality or "1"
    return qualities.get("gzip", qualities.get("*", "0")).strip("0.") != ""


def is_known(tag: str, if_none_match: str) -> bool:
    """Return whether a client has the document already (RFC 9110, 13.1.2)."""
    tags = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return "*" in tags or tag in tags
