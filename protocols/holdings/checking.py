"""What `tiro check` finds in ``[holdings]``."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.database import Transaction
from circulation.holdings.following import sink_names
from circulation.kernel.organisation import all_agencies
from protocols.holdings.data_well import DataWellSettings, digits_of
from protocols.holdings.settings import HoldingsSettings
from protocols.hosting.findings import Finding, error, warning


def check(settings: HoldingsSettings, transaction: Transaction) -> Iterator[Finding]:
    """Checks the agencies that sinks name, and who is followed though nobody tells them."""
    known = {each.isil for each in all_agencies(transaction)}
    for name, sink in settings.sinks.items():
        place = f"[holdings.sinks.{name}]"
        for agency in sorted(set(sink.agencies) - known):
            yield error(f"{place} agencies: there is no agency {agency}")
        if isinstance(sink.options, DataWellSettings):
            for agency in sink.agencies or sorted(known):
                if digits_of(agency) is None:
                    yield warning(f"{place} {agency} has no number of six digits: it is not told")
            if sink.options.url.startswith("http://") and sink.options.password:
                yield warning(f"{place} url: the password goes over the network in the clear")
    for name in sink_names(transaction):
        if name not in settings.sinks:
            yield warning(
                f"[holdings] {name} is told nothing, and what changes is kept for it: put it back, "
                f"or `tiro holdings forget {name}`"
            )
