"""Partners of the set-up: their options, and what `tiro check` says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from catalogue.database import Transaction
from circulation.callers.partners import all_partners
from circulation.kernel.set_up import all_branches
from protocols.hosting.agreements import Agreements
from protocols.hosting.findings import Finding, error, warning
from protocols.iso18626.settings import PROTOCOL, Iso18626Settings, Partner, PartnerSetting

AGREEMENTS: Final = Agreements[Partner](PROTOCOL, PartnerSetting)
partner_problems = AGREEMENTS.problems
partner_of = AGREEMENTS.partner_of


def check(settings: Iso18626Settings, transaction: Transaction) -> Sequence[Finding]:
    """What `tiro check` says of partners that prove nothing, or cannot be told anything."""
    found: list[Finding] = []
    branches = {branch.id: branch for branch in all_branches(transaction)}
    for stored in all_partners(transaction):
        if stored.protocol != PROTOCOL:
            continue
        where = f"the partner {stored.agency} of the set-up"
        try:
            partner = partner_of(stored, branches[stored.branch_id])
        except ValidationError as problem:
            names = ", ".join(str(each["loc"][0]) for each in problem.errors() if each["loc"])
            found.append(error(f"{where} cannot be used: {names}"))
            continue
        if not partner.has_proof:
            found.append(
                warning(
                    f"{where} proves nothing: whoever writes this name is taken for it; give it a "
                    "shared_secret, a certificate or addresses"
                )
            )
        if not partner.address:
            found.append(
                warning(f"{where} has no address: it is never told what becomes of its requests")
            )
    return found
