"""Partners that come from a registry: the list of the libraries of a country, with the address and
the secret of each, which is taken in every night.

The set-up says of a registry where its file is, and what is agreed with all of its partners; the
file says the rest of each. They are partners like those of library.toml, and stand beside them: an
agency that library.toml has is what it says there, unless it says there that its address is that
of a registry (the option `registry`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, columns, many, send
from circulation.callers.schema import partner_registries, registered_partners
from circulation.kernel.parts import Registry as Joined

#: The option of a partner of library.toml that names the registry which has its address.
REGISTRY: Final = "registry"
#: The option that says that a partner is not asked for anything.
CLOSED: Final = "closed_for_orders"

#: Is there still something to be told to a partner, or to be heard from it? By its folded agency.
STILL_NEEDED: Joined[Callable[[Transaction, str], bool]] = Joined("callers.registries:STILL_NEEDED")


class PartnerRegistry(NamedTuple):
    """A registry of the set-up.

    `file` is where its file is put, empty where it is only taken in by hand; `options` is what is
    agreed with its partners, whose work is done at the branch.
    """

    code: str
    file: str
    branch_id: int
    options: Mapping[str, Any]


class RegisteredPartner(NamedTuple):
    """A library as the last file had it.

    `key` is its agency, folded. One that `is_closed` is not asked for anything, and still told of
    what is under way; `gone` says since when it is missing in the file.
    """

    key: str
    agency: str
    registry: str
    name: str
    address: str
    account: str
    secret: str
    is_closed: bool
    gone: datetime | None

    def options(self, agreed: Mapping[str, Any]) -> dict[str, Any]:
        """What is agreed, with what the registry has of the partner."""
        found = {**agreed, "address": self.address}
        if self.account:
            found["address_user"] = self.account
        if self.secret:
            found["address_secret"] = self.secret
        if self.is_closed or self.gone is not None:
            found[CLOSED] = True
        return found


def _registry(code: str, file: str, branch_id: int, options: str) -> PartnerRegistry:
    return PartnerRegistry(code, file, branch_id, json.loads(options))


@many(_registry)
def all_registries() -> Statement:
    """The registries of the set-up, by code."""
    return select(*columns(_registry, partner_registries)).order_by(partner_registries.c.code)


@send
def forget_registry(*, code: str) -> Statement:
    """Call `forget_registered_of` as well, unless it is stored again."""
    return delete(partner_registries).where(partner_registries.c.code == code)


@send
def _insert_registry(*, code: str, file: str, branch_id: int, options: str) -> Statement:
    return insert(partner_registries).values(locals())


def store_registry(transaction: Transaction, registry: PartnerRegistry) -> None:
    """The registry, in place of one of the same code."""
    forget_registry(transaction, code=registry.code)
    options = json.dumps(registry.options, sort_keys=True, ensure_ascii=False)
    _insert_registry(transaction, **registry._replace(options={})._asdict() | {"options": options})


@many(RegisteredPartner)
def all_registered() -> Statement:
    """The partners of all registries, by agency."""
    return select(*columns(RegisteredPartner, registered_partners)).order_by(
        registered_partners.c.key
    )


@send
def forget_registered(*, key: str) -> Statement:
    """The partner is in no registry any more."""
    return delete(registered_partners).where(registered_partners.c.key == key)


@send
def forget_registered_of(*, registry: str) -> Statement:
    """No partner is in the registry any more."""
    return delete(registered_partners).where(registered_partners.c.registry == registry)


@send
def _insert_registered(
    *,
    key: str,
    agency: str,
    registry: str,
    name: str,
    address: str,
    account: str,
    secret: str,
    is_closed: bool,
    gone: datetime | None,
) -> Statement:
    return insert(registered_partners).values(locals())


def store_registered(transaction: Transaction, partner: RegisteredPartner) -> None:
    """The partner, in place of what was known of it."""
    forget_registered(transaction, key=partner.key)
    _insert_registered(transaction, **partner._asdict())
