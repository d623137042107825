"""Requests that were read before, but for the identifier in them.

A partner's system writes the same look-up again and again, of another user or item each time, and
reading one takes as long as finding the patron. So what a document without its identifier comes to
is remembered: the same bytes around an identifier of letters and digits mean the same. When it
comes for the second time it is read with two other identifiers, too, to see that they are all that
changes. A document with what a user has typed, a PIN perhaps, is never remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

#: Of a longer document, or a longer identifier, nothing is remembered.
LONGEST: Final = 4096
LONGEST_IDENTIFIER: Final = 64
#: As many are remembered; then it begins anew.
MOST: Final = 256

_TAG: Final = b"IdentifierValue>"
_TYPED: Final = b"AuthenticationInput"
#: The fields of a request that an identifier may be in, and its own field there.
_PLACES: Final = {"user_id": "user_identifier_value", "item_id": "item_identifier_value"}


class Read(Protocol):
    """What a document comes to: a dataclass, as `protocols.ncip.codec.Incoming` is."""

    @property
    def request(self) -> Any: ...


R = TypeVar("R", bound=Read)


class _Around(NamedTuple):
    """An object without one of its fields."""

    kind: type[Any]
    values: list[Any]
    place: int

    def filled(self, value: Any) -> Any:
        values = self.values.copy()
        values[self.place] = value
        return self.kind(*values)


def _around(value: Any, name: str) -> _Around:
    names = [each.name for each in fields(value)]
    return _Around(type(value), [getattr(value, each) for each in names], names.index(name))


class _Known(NamedTuple):
    """What stands around an identifier, from its own element outwards."""

    element: _Around
    request: _Around
    read: _Around

    def with_identifier(self, identifier: bytes) -> Any:
        element = self.element.filled(identifier.decode())
        return self.read.filled(self.request.filled(element))


#: What has come once; and what is always read, because more than its identifier is not the same.
_ONCE, _ALWAYS_READ = object(), object()


class RememberedRequests(Generic[R]):
    """Reads documents by `decode`, but for those that are remembered. For one thread."""

    def __init__(self, decode: Callable[[bytes], R]) -> None:
        self._decode = decode
        self._known: dict[bytes, Any] = {}

    def decode(self, document: bytes) -> R:
        """What `decode` gives for the document. Raises what it raises."""
        begin = document.find(_TAG) + len(_TAG)
        end = document.find(b"</", begin)
        identifier = document[begin:end]
        if (
            begin < len(_TAG)  # there is none
            or not identifier.isalnum()
            or len(identifier) > LONGEST_IDENTIFIER
            or len(document) > LONGEST
        ):
            return self._decode(document)
        around = document[:begin] + document[end:]
        known = self._known.get(around)
        if type(known) is _Known:
            remembered: R = known.with_identifier(identifier)
            return remembered
        found = self._decode(document)
        if known is None and _TYPED not in document:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[around] = _ONCE
        elif known is _ONCE:
            self._known[around] = self._learned(found, document[:begin], document[end:])
        return found

    def _learned(self, found: R, before: bytes, behind: bytes) -> Any:
        for name, own in _PLACES.items():
            element = getattr(found.request, name, None)
            if not hasattr(element, own):
                continue
            known = _Known(
                _around(element, own), _around(found.request, name), _around(found, "request")
            )
            others = (b"A1", b"b" * LONGEST_IDENTIFIER)
            if all(
                self._decode(before + other + behind) == known.with_identifier(other)
                for other in others
            ):
                return known
        return _ALWAYS_READ
