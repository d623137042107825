"""What a bearer token means: as a file says, or the provider that has given it out.

The file is for small sites and for trying out:

[[tokens]]
token = "..."            # as browsers send it
agency = "DK-900100"
patron = "P0000001"      # a card; without one it is a token of the library's web site

It is read again when it has changed. A provider is asked by introspection (RFC 7662), and by
userinfo whose token it is; both block, so they are called in a thread.
"""

from __future__ import annotations

import tomllib
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from protocols.fbs.settings import ProviderSettings
from protocols.hosting.fetching import ProviderFailed, get_json, post_form

#: Tokens whose meaning is remembered; the oldest is forgotten first.
_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a token says: for which library (an ISIL, or its six digits) it is, and whose.

    `identifiers` are what its owner goes by there, a card or a national number, the likeliest
    first; none is a token of the library's own web site. `person` is the national number that they
    have shown; it stands in the memory of the process alone.
    """

    agency: str
    identifiers: tuple[str, ...] = field(default=(), repr=False)
    person: str | None = field(default=None, repr=False)


class _Listed(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    token: str = Field(min_length=8)
    agency: str = Field(min_length=1)
    patron: str | None = None
    person: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    tokens: tuple[_Listed, ...] = ()


class UnfitTokens(ValueError):
    """The file of tokens cannot be used; the text holds no token."""


def read_tokens(path: Path) -> dict[str, Meaning]:
    """The tokens of a file. Raises UnfitTokens."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        listed = _File.model_validate(table).tokens
    except OSError as error:
        raise UnfitTokens(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnfitTokens(f"{path} is no text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise UnfitTokens(f"{path} is no TOML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(each) for each in first["loc"])
        raise UnfitTokens(f"{path}: {place}: {first['msg']}") from None
    return {
        each.token: Meaning(each.agency, () if each.patron is None else (each.patron,), each.person)
        for each in listed
    }


class TokenFile:
    """The tokens of a file, read again when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._tokens: dict[str, Meaning] = {}

    def meaning(self, token: str) -> Meaning | None:
        """None for a token that is not in the file. Raises UnfitTokens."""
        try:
            state = self._path.stat()
        except OSError as error:
            raise UnfitTokens(f"{self._path} cannot be read: {error.strerror}") from None
        stamp = state.st_mtime_ns, state.st_size
        if stamp != self._stamp:
            self._tokens, self._stamp = read_tokens(self._path), stamp
        return self._tokens.get(token)


class Provider:
    """A provider of tokens, and what it has said lately. For several threads."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        self._lock = Lock()
        #: By the digest of the token: what it means, and until when that holds (monotonic).
        self._kept: OrderedDict[bytes, tuple[Meaning | None, float]] = OrderedDict()

    def known(self, token: str, now: float) -> tuple[Meaning | None, bool]:
        """What was said of the token lately, and whether anything was."""
        with self._lock:
            meaning, until = self._kept.get(_digest(token), (None, now))
        return (meaning, True) if now < until else (None, False)

    def ask(self, token: str, now: float, wall: float) -> Meaning | None:
        """What the token means; None for one that is not good (any more). `now` is monotonic,
        `wall` seconds since 1970. Raises `protocols.hosting.fetching.ProviderFailed`."""
        said = self._introspected(token)
        meaning, holds = None, self._settings.keep_seconds
        if said.get("active") is True:
            meaning = self._meaning(token, said)
            ends = said.get("exp")
            if isinstance(ends, int | float):
                holds = min(holds, ends - wall)
        with self._lock:
            self._kept[_digest(token)] = meaning, now + max(holds, 0.0)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return meaning

    def _introspected(self, token: str) -> dict[str, Any]:
        given = self._settings
        basic = b64encode(f"{given.client_id}:{given.client_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}"}
        if given.parameter == "token":
            form = {"token": token}
            return post_form(given.introspection, form, headers, given.patience)
        address = f"{given.introspection}?{urlencode([(given.parameter, token)])}"
        return post_form(address, {}, headers, given.patience)

    def _meaning(self, token: str, said: Mapping[str, Any]) -> Meaning | None:
        agency = _text(said.get("agency"))
        attributes: Mapping[str, Any] = {}
        is_somebodys = said.get("type") != "anonymous"
        if self._settings.userinfo is not None and is_somebodys:
            told = get_json(
                self._settings.userinfo,
                self._settings.patience,
                {"Authorization": f"Bearer {token}"},
            )
            found = told.get("attributes", told)
            attributes = found if isinstance(found, Mapping) else {}
        if agency is None:
            agency = _text(attributes.get("loggedInAgencyId")) or _text(attributes.get("agency"))
        if agency is None:
            return None
        return Meaning(agency, _identifiers(agency, attributes), _text(attributes.get("cpr")))


def _identifiers(agency: str, attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """What the person goes by at that library, and at the log-in."""
    found: list[str | None] = []
    agencies = attributes.get("agencies")
    for each in agencies if isinstance(agencies, list) else ():
        if isinstance(each, Mapping) and _digits(str(each.get("agencyId"))) == _digits(agency):
            found.append(_text(each.get("userId")))
    found += [_text(attributes.get("userId")), _text(attributes.get("cpr"))]
    return tuple(dict.fromkeys(each for each in found if each))


def _digits(agency: str) -> str:
    return agency.rpartition("-")[2]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _digest(token: str) -> bytes:
    return blake2b(token.encode(), digest_size=16).digest()


__all__ = ["Meaning", "Provider", "ProviderFailed", "TokenFile", "UnfitTokens", "read_tokens"]
