"""What `tiro check` finds in ``[discovery]``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalogue.database import Transaction
from protocols.discovery.settings import DiscoverySettings
from protocols.hosting.findings import Finding, error, warning


def check(settings: DiscoverySettings, transaction: Transaction) -> Sequence[Finding]:
    """Checks what one URI would mean to two readers, and who may come through where."""
    if not settings.enabled:
        return []
    return [*_of_uris(settings), *_of_pages(settings), *_of_portals(settings)]


def _of_uris(settings: DiscoverySettings) -> Iterator[Finding]:
    named = {
        "editions": settings.editions,
        "items": settings.items,
        "branches": settings.branches,
    }
    for name, beginning in named.items():
        for other, longer in named.items():
            if name != other and longer.startswith(beginning):
                yield error(f"[discovery] {other}: begins as {name} does, so it is read as that")


def _of_pages(settings: DiscoverySettings) -> Iterator[Finding]:
    if settings.pages is None:
        yield warning(
            "[discovery] pages: is missing, so discovery systems such as VuFind offer no hold: "
            "give the address of a title's page on the library's web site up to the title's "
            'number, as in pages = "https://library.example.org/Record/"'
        )


def _of_portals(settings: DiscoverySettings) -> Iterator[Finding]:
    for each in settings.portals:
        if each in ("0.0.0.0/0", "::/0"):
            yield error("[discovery] portals: not everybody comes through a discovery system")
    if settings.log_in and not settings.portals:
        yield warning(
            "[discovery] portals: none is named, so after 50 wrong PINs that come through a "
            "discovery system nobody is let in through it for a while"
        )
