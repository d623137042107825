"""Partners of the set-up (`tiro apply`): checks their options, and makes partners of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from catalogue.database import Transaction
from circulation.callers import partners
from circulation.callers.partners import all_partners
from circulation.kernel.results import Branch
from circulation.kernel.set_up import all_branches
from protocols.hosting.findings import Finding, error, warning
from protocols.hosting.validating import problem_of
from protocols.iso18626.settings import PROTOCOL, Iso18626Settings, Partner, PartnerSetting

_PARTNER: TypeAdapter[Partner] = TypeAdapter(PartnerSetting)
#: Options that all partners have, whatever their protocol.
_COMMON = frozenset({"agency", "name", "branch", "shared_secret", partners.PROTOCOL})


def partner_problems(options: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the options of a partner, which are settings of a `Partner`."""
    problems = {}
    try:
        _PARTNER.validate_python({"agency": "x", "branch": "x"} | dict(options))
    except ValidationError as found:
        for detail in found.errors():
            name = str(detail["loc"][0]) if detail["loc"] else ""
            problems[name] = problem_of(detail, unknown="no such option")
    return problems


def partner_of(stored: partners.Partner, branch: Branch) -> Partner:
    """The partner, whose work is done at the branch. Raises ValidationError."""
    own = {
        "agency": stored.agency,
        "name": stored.name,
        "branch": branch.isil,
        "shared_secret": stored.shared_secret,
    }
    options = {name: value for name, value in stored.options.items() if name not in _COMMON}
    return _PARTNER.validate_python(options | own)


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
