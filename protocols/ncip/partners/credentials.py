"""What `tiro check` says of partners that prove nothing, or whose credentials cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jwt import algorithms
from jwt.exceptions import InvalidKeyError
from pydantic import ValidationError

from catalogue.database import Transaction
from circulation.callers.partners import USUAL_PROTOCOL, all_partners
from circulation.kernel.set_up import all_branches
from protocols.hosting.findings import Finding, error, warning
from protocols.ncip.partners.agreements import partner_of
from protocols.ncip.settings import EVERY_AGENCY, NcipSettings, Partner, folded_agency


def check(settings: NcipSettings, transaction: Transaction) -> Sequence[Finding]:
    """Checks the partners in tiro.toml and those in the set-up."""
    found: list[Finding] = []
    if settings.any_partner:
        found.append(
            warning("[ncip] any_partner: whoever connects is served under any name it writes")
        )
    branches = {branch.id: branch for branch in all_branches(transaction)}
    agencies = {folded_agency(branch.agency_isil) for branch in branches.values()}
    found += _of_serving(settings.any_partner_serves, agencies, "[ncip] any_partner_serves", False)
    for partner in settings.partners:
        found += _of(partner, f"[ncip.partners] {partner.agency}", agencies)
    for stored in all_partners(transaction):
        if stored.protocol != USUAL_PROTOCOL:
            continue
        branch = branches[stored.branch_id]
        where = f"the partner {stored.agency} of the set-up"
        try:
            found += _of(partner_of(stored, branch), where, agencies)
        except ValidationError as problem:
            names = ", ".join(str(each["loc"][0]) for each in problem.errors() if each["loc"])
            found.append(error(f"{where} cannot be used: {names}"))
    return found


def _of_serving(
    serves: Sequence[str], agencies: set[str], where: str, has_proof: bool
) -> Iterator[Finding]:
    """Checks whom it may serve without a PIN."""
    for each in serves:
        if each != EVERY_AGENCY and folded_agency(each) not in agencies:
            yield error(f"{where}: there is no agency {each}")
    if serves and not has_proof:
        yield warning(
            f"{where}: whoever writes this name may see and serve the patrons of "
            f"{', '.join(serves)} without their PIN"
        )


def _of(partner: Partner, where: str, agencies: set[str]) -> Iterator[Finding]:
    yield from _of_serving(partner.serves, agencies, f"{where} serves", partner.has_proof)
    if not partner.has_proof:
        yield warning(
            f"{where} proves nothing: whoever writes this name is taken for it; give it a "
            "shared_secret, a certificate, a token_key or addresses"
        )
    if partner.token_key:
        try:
            algorithms.get_default_algorithms()[partner.token_algorithm].prepare_key(
                partner.token_key
            )
        except (InvalidKeyError, ValueError, TypeError):
            yield error(f"{where}: token_key is no key for {partner.token_algorithm}")
