"""Parameters of HTTP requests, and the address that was asked: for standards that speak by them."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import unquote_to_bytes

FORM: Final = b"application/x-www-form-urlencoded"
#: A Host header that may be repeated.
_HOST: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
#: No standard has more than some twenty parameters; a request with more than this is none.
_MOST_PARAMETERS: Final = 200


class TooMany(ValueError):
    """There are more parameters than anybody needs."""


def parameters_in(query: bytes, charset: str = "utf-8") -> list[tuple[str, str]]:
    """The parameters of a query string or a form; raises TooMany.

    Only ``&`` separates them: a semicolon may stand unescaped in a query.
    """
    pairs = [part.partition(b"=") for part in query.split(b"&", _MOST_PARAMETERS) if part]
    if len(pairs) > _MOST_PARAMETERS:
        raise TooMany("too many parameters")
    return [(_unquoted(name, charset), _unquoted(value, charset)) for name, _, value in pairs]


def _unquoted(octets: bytes, charset: str) -> str:
    return decoded(unquote_to_bytes(octets.replace(b"+", b" ")), charset)


def decoded(octets: bytes, charset: str = "utf-8") -> str:
    """The octets read as `charset`, or else as Latin-1, which old clients send."""
    try:
        return octets.decode(charset)
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def host_of(request: Any) -> str:
    """The host, and the port where it was written, by which a request of `twisted.web` came."""
    host = (request.getHeader(b"host") or b"").decode("latin-1")
    if _HOST.fullmatch(host):
        return host
    at = request.getHost()
    return f"{at.host}:{at.port}"


def address_of(request: Any, path: bytes) -> str:
    """The address by which a request of `twisted.web` came, without the query."""
    scheme = "https" if request.isSecure() else "http"
    return f"{scheme}://{host_of(request)}{path.decode('latin-1')}"
