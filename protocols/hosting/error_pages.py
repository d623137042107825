"""Answers of the HTTP ports to a request that no protocol takes: a page, or a problem of RFC 9457.

A browser gets a page in the language that it asks for, or in the default language of the system. A
client that prefers JSON gets a problem, in English where it names no language, as from the API.
A connection that is ended before its request is whole gets a problem in either case.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from http import HTTPStatus
from typing import Any, Final

from twisted.web.resource import Resource

from circulation.languages.installed import LAST, language
from circulation.languages.sentences import Sentence
from protocols.hosting.accepting import accepted_language, language_of

_HEADERS: Final = (
    (b"Cache-Control", b"no-store"),
    (b"Content-Security-Policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"Referrer-Policy", b"no-referrer"),
    (b"Vary", b"Accept, Accept-Language"),
    (b"X-Content-Type-Options", b"nosniff"),
)
#: Status -> the name of its title (context "problem") or of its sentence, and the type of problem.
_NAMES: Final = {
    404: ("NOT_FOUND", "urn:tiro:problem:not-found"),
    405: ("METHOD_NOT_ALLOWED", "urn:tiro:problem:method-not-allowed"),
    413: ("TOO_LARGE", "urn:tiro:problem:too-large"),
    500: ("FAULT", "urn:tiro:problem:fault"),
    503: ("UNAVAILABLE", "urn:tiro:problem:unavailable"),
}
_UNKNOWN_METHOD: Final = "urn:tiro:problem:method-unknown"
#: The type of a problem that says no more than its status (RFC 9457, 4.2.1).
_BLANK: Final = "about:blank"
_PAGE: Final = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body>
<h1>{title}</h1>
<p>{status} {phrase}</p>
<p><a href="/">{start}</a></p>
</body>
</html>
"""
_METHODS: Final = frozenset(
    (b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT")
)


def status_of_method(method: bytes) -> int:
    """Return the status that refuses a method: 405, or 501 where it is unknown (RFC 9110, 9.1)."""
    return 405 if method in _METHODS else 501


def answer_error(
    request: Any,
    status: int,
    allowed: Sequence[bytes] = (),
    tag: str | None = None,
    reason: Sentence | None = None,
) -> bytes:
    """Set the status and headers of the answer and return its body.

    `tag` is the language that the reader of a page has chosen, instead of that of the request.
    `reason` is the title of a status that has none here.
    """
    request.setResponseCode(status)
    for name, value in _HEADERS:
        request.setHeader(name, value)
    if allowed:
        request.setHeader(b"Allow", b", ".join(sorted(allowed)))
    accept_language = request.getHeader("accept-language")
    if _prefers_json(request.getHeader("accept") or ""):
        used = accepted_language(accept_language) or LAST
        request.setHeader(b"Content-Type", b"application/problem+json")
        request.setHeader(b"Content-Language", used.encode())
        return _problem(status, reason, used)
    used = tag or language_of(accept_language)
    request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
    request.setHeader(b"Content-Language", used.encode())
    page = _PAGE.format(
        language=used,
        title=escape(_title(status, reason, used)[0]),
        status=status,
        phrase=HTTPStatus(status).phrase,
        start=escape(Sentence("TO_THE_FRONT_PAGE").in_language(used)),
    )
    return page.encode()


def final_answer(
    status: int, accept_language: str | None = None, reason: Sentence | None = None
) -> bytes:
    """Return the answer, head and body, that ends a connection before its request is whole.

    It is a problem of RFC 9457, as the HTTP API promises.
    """
    used = accepted_language(accept_language) or LAST
    body = _problem(status, reason, used) + b"\n"
    return (
        b"HTTP/1.1 %d %b\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
        b"Content-Language: %b\r\nContent-Length: %d\r\n\r\n%b"
        % (status, HTTPStatus(status).phrase.encode(), used.encode(), len(body), body)
    )


class MissingResource(Resource):
    """The answer to a path that leads nowhere, by any method."""

    isLeaf = True  # noqa: N815

    def render(self, request: Any) -> bytes:
        return answer_error(request, 404)


class ParentResource(Resource):
    """A resource whose unknown children are missing in the words of this module."""

    def getChild(self, path: bytes, request: Any) -> Any:  # noqa: N802
        """Return the resource of a path that has none."""
        return MissingResource()  # type: ignore[no-untyped-call]


def _problem(status: int, reason: Sentence | None, tag: str) -> bytes:
    title, kind = _title(status, reason, tag)
    document = {"type": kind, "title": title, "status": status}
    return json.dumps(document, ensure_ascii=False).encode()


def _title(status: int, reason: Sentence | None, tag: str) -> tuple[str, str]:
    if reason is not None:
        return reason.in_language(tag), _BLANK
    if status not in _NAMES:
        return Sentence("METHOD_UNKNOWN").in_language(tag), _UNKNOWN_METHOD
    name, kind = _NAMES[status]
    return language(tag).words.pgettext("problem", name), kind


def _prefers_json(accept: str) -> bool:
    """Return whether JSON has a higher quality than a page; a page goes first where both are equal
    or any type is accepted."""
    json_quality = page_quality = 0.0
    for each in accept.lower().split(",")[:20]:
        kind, *parameters = (part.strip() for part in each.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        if kind == "application/json" or kind.endswith("+json"):
            json_quality = max(json_quality, quality)
        elif kind in ("text/html", "application/xhtml+xml"):
            page_quality = max(page_quality, quality)
    return json_quality > page_quality
