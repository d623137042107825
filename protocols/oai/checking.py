"""What `tiro check` finds in ``[oai]``."""

from __future__ import annotations

from collections.abc import Sequence

from catalogue.database import Transaction
from protocols.hosting.findings import Finding, warning
from protocols.oai.settings import UNSET_EMAIL, UNSET_NAMESPACE, OaiSettings


def check(settings: OaiSettings, transaction: Transaction) -> Sequence[Finding]:
    """Checks what harvesters keep for ever, before they do."""
    if not settings.enabled:
        return []
    found = []
    if settings.namespace == UNSET_NAMESPACE:
        found.append(
            warning("[oai] namespace: give a domain name of the library; harvesters keep it")
        )
    if settings.admin_email == UNSET_EMAIL:
        found.append(warning("[oai] admin_email: give the address of who answers for it"))
    return found
