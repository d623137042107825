"""What `tiro check` finds in ``[borrower_check]``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalogue.database import Transaction
from protocols.borrower_check.settings import BorrowerCheckSettings
from protocols.hosting.findings import Finding, error, warning


def check(settings: BorrowerCheckSettings, transaction: Transaction) -> Sequence[Finding]:
    """Checks who may ask, and for what."""
    return [*_findings(settings)] if settings.enabled else []


def _findings(settings: BorrowerCheckSettings) -> Iterator[Finding]:
    if not settings.addresses:
        yield error("[borrower_check] addresses: none is named, so nobody is answered")
    if {"0.0.0.0/0", "::/0"} & set(settings.addresses):
        yield error("[borrower_check] addresses: anybody may try cards and PINs")
    if settings.without_pin:
        yield warning("[borrower_check] without_pin: who is a patron is told without a PIN")
