"""What `tiro check` finds in ``[oai]``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from catalogue.database import Transaction
from circulation.harvesting.rows import all_sources
from circulation.kernel.organisation import all_agencies
from protocols.hosting.findings import Finding, error, warning
from protocols.oai.settings import UNSET_EMAIL, UNSET_NAMESPACE, OaiSettings

#: Tries that have failed in a row, from which on a source is spoken of.
_FAILED: Final = 5


def check(settings: OaiSettings, transaction: Transaction) -> Sequence[Finding]:
    """Checks what harvesters keep for ever, before they do, and the sources of our own."""
    return [*(_identity(settings) if settings.enabled else ()), *_sources(settings, transaction)]


def _identity(settings: OaiSettings) -> Iterator[Finding]:
    if settings.namespace == UNSET_NAMESPACE:
        yield warning("[oai] namespace: give a domain name of the library; harvesters keep it")
    if settings.admin_email == UNSET_EMAIL:
        yield warning("[oai] admin_email: give the address of who answers for it")


def _sources(settings: OaiSettings, transaction: Transaction) -> Iterator[Finding]:
    agencies = {each.isil for each in all_agencies(transaction)}
    for name, source in settings.sources.items():
        place = f"[oai.sources.{name}]"
        if source.agency and source.agency not in agencies:
            yield error(f"{place} agency: there is no agency {source.agency}")
        if source.url.startswith("http://") and (source.password or source.arguments):
            yield warning(f"{place} url: what proves who we are goes over the network in the clear")
        if source.ca_file is not None and not source.ca_file.is_file():
            yield error(f"{place} ca_file: there is no file {source.ca_file}")
    for row in all_sources(transaction):
        if row.name not in settings.sources:
            yield warning(
                f"[oai] {row.name} is harvested no more: put it back, or `tiro oai forget "
                f"{row.name}`"
            )
        elif row.tries >= _FAILED:
            yield warning(f"[oai.sources.{row.name}] cannot be harvested: {row.problem}")
