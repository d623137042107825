"""How titles, copies, branches and holds are called by URIs in DAIA and PAIA, and back."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote

from protocols.discovery.settings import DiscoverySettings

#: Of a hold for which no copy has been chosen yet: clients name what they cancel by its copy.
_HOLDS: Final = "tiro:hold:"
_CATEGORIES: Final = "tiro:patron-category:"
_CHARGES: Final = "tiro:charge:"


class Uris:
    """Those of one library."""

    def __init__(self, settings: DiscoverySettings) -> None:
        self._editions = settings.editions
        self._items = settings.items
        self._branches = settings.branches
        self._pages = settings.pages

    def edition(self, number: str) -> str:
        return self._editions + _quoted(number)

    def item(self, barcode: str) -> str:
        return self._items + _quoted(barcode)

    def branch(self, isil: str) -> str:
        return self._branches + _quoted(isil)

    def page(self, number: str) -> str | None:
        """Return the address of the title's page on the library's site, if one is set."""
        return None if self._pages is None else self._pages + _quoted(number)

    def hold(self, hold_id: int) -> str:
        return f"{_HOLDS}{hold_id}"

    def category(self, code: str) -> str:
        return _CATEGORIES + _quoted(code)

    def charge(self, kind: str) -> str:
        return _CHARGES + kind

    def number_in(self, uri: str) -> str | None:
        """What the title is called; None where it is no title's."""
        return _rest(uri, self._editions)

    def barcode_in(self, uri: str) -> str | None:
        return _rest(uri, self._items)

    def isil_in(self, uri: str) -> str | None:
        return _rest(uri, self._branches)


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _rest(uri: str, beginning: str) -> str | None:
    if not uri.startswith(beginning) or len(uri) == len(beginning):
        return None
    rest = unquote(uri[len(beginning) :])
    return rest if rest.isprintable() else None  # no database holds what is not
