"""Partners that prove nothing, or with what cannot be used: what `tiro check` says of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jwt import algorithms
from jwt.exceptions import InvalidKeyError
from pydantic import ValidationError

from catalogue.statements import Transaction
from circulation.callers.partners import all_partners
from circulation.organisation import all_branches
from protocols.fitness.findings import Finding, error, warning
from protocols.ncip.partners.agreements import partner_of
from protocols.ncip.settings import NcipSettings, Partner


def check(settings: NcipSettings, transaction: Transaction) -> Sequence[Finding]:
    """Of the partners in tiro.toml and of those in the set-up."""
    found: list[Finding] = []
    if settings.any_partner:
        found.append(
            warning("[ncip] any_partner: whoever connects is served under any name it writes")
        )
    for partner in settings.partners:
        found += _of(partner, f"[ncip.partners] {partner.agency}")
    branches = {branch.id: branch for branch in all_branches(transaction)}
    for stored in all_partners(transaction):
        branch = branches[stored.branch_id]
        where = f"the partner {stored.agency} of the set-up"
        try:
            found += _of(partner_of(stored, branch), where)
        except ValidationError as problem:
            names = ", ".join(str(each["loc"][0]) for each in problem.errors() if each["loc"])
            found.append(error(f"{where} cannot be used: {names}"))
    return found


def _of(partner: Partner, where: str) -> Iterator[Finding]:
    proofs = (partner.shared_secret, partner.certificate, partner.token_key, partner.addresses)
    if not any(proofs):
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
