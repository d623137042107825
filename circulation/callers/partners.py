"""Partners: other agencies and brokers that send requests. Part of the set-up.

What is agreed with a partner besides (the services it may use, what it is told of borrowers, where
it listens) is in `options`, whose names belong to the protocol and are checked by it when a set-up
is read (see `circulation.sections.options`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, columns, many, send
from circulation.callers.registries import REGISTRY, all_registered, all_registries
from circulation.callers.schema import partners
from circulation.kernel.set_up import SetUpPart

#: The option that names the protocol, and what is spoken where it is not given.
PROTOCOL, USUAL_PROTOCOL = "protocol", "ncip"


class Partner(NamedTuple):
    """Another agency. `agency` is the name that it goes by in its messages, often an ISIL.

    Its work is done at the branch `branch_id`. `shared_secret` is an argon2 hash, None where none
    is asked for.
    """

    agency: str
    name: str
    branch_id: int
    shared_secret: str | None
    options: Mapping[str, Any]

    @property
    def protocol(self) -> str:
        """The protocol that is spoken with it: the name of its folder."""
        return str(self.options.get(PROTOCOL, USUAL_PROTOCOL))


def _partner(
    agency: str, name: str, branch_id: int, shared_secret: str | None, options: str
) -> Partner:
    return Partner(agency, name, branch_id, shared_secret, json.loads(options))


def folded_agency(agency: str) -> str:
    """What agencies are compared by: callers write their own names in any case."""
    return agency.strip().casefold()


@many(_partner)
def all_partners() -> Statement:
    """All partners, by agency. A running process has them in `PARTNERS`."""
    return select(*columns(_partner, partners)).order_by(partners.c.agency)


@send
def forget_partner(*, agency: str) -> Statement:
    """Nothing is done for it any more."""
    return delete(partners).where(partners.c.agency == agency)


@send
def _insert(
    *, agency: str, name: str, branch_id: int, shared_secret: str | None, options: str
) -> Statement:
    return insert(partners).values(locals())


def known_partners(transaction: Transaction) -> dict[str, Partner]:
    """The partners of the set-up and of its registries, by `folded_agency`."""
    registries = {each.code: each for each in all_registries(transaction)}
    registered = {each.key: each for each in all_registered(transaction)}
    found = {
        key: Partner(
            each.agency,
            each.name,
            registries[each.registry].branch_id,
            registries[each.registry].options.get("shared_secret"),
            each.options(registries[each.registry].options),
        )
        for key, each in registered.items()
        if each.registry in registries
    }
    for partner in all_partners(transaction):
        key = folded_agency(partner.agency)
        named = registered.get(key)
        if named is not None and partner.options.get(REGISTRY) == named.registry:
            partner = partner._replace(options=named.options(partner.options))
        found[key] = partner
    return dict(sorted(found.items()))


#: By `folded_agency`.
PARTNERS = SetUpPart("partners", known_partners)


def store_partner(
    transaction: Transaction,
    *,
    agency: str,
    name: str,
    branch_id: int,
    shared_secret: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> None:
    """The partner, in place of one of the same agency; `shared_secret` is the hash.

    Call `circulation.kernel.set_up.set_up_changed` afterwards.
    """
    forget_partner(transaction, agency=agency)
    written = json.dumps(options or {}, sort_keys=True, ensure_ascii=False)
    _insert(
        transaction,
        agency=agency,
        name=name,
        branch_id=branch_id,
        shared_secret=shared_secret,
        options=written,
    )
