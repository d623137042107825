"""PAIA 2.10: conditions under which something is done, and confirmations that meet them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from circulation.kernel.results import Refusal
from circulation.languages.installed import language as language_called
from circulation.patrons.contacts import preferences_of
from protocols.discovery.handling.fees import money
from protocols.discovery.messages import Document
from protocols.discovery.methods import Asking
from protocols.hosting.answering import Context

STORAGE: Final = "http://purl.org/ontology/paia#StorageCondition"
FEE: Final = "http://purl.org/ontology/paia#FeeCondition"
SERVICE: Final = "http://purl.org/ontology/dso#DocumentService"

#: From the URI of a kind of condition to the URIs of what is chosen.
Confirmation = Mapping[str, Sequence[str]]


class Option(NamedTuple):
    """What may be chosen."""

    id: str
    about: str
    amount: str | None = None

    def told(self) -> dict[str, str]:
        told = {"id": self.id, "about": self.about}
        return told if self.amount is None else told | {"amount": self.amount}


class Condition(NamedTuple):
    """A condition of one kind, of which one option is chosen; without a `default` it has to be."""

    kind: str
    options: tuple[Option, ...]
    default: str | None = None

    def told(self) -> dict[str, Any]:
        setting: dict[str, Any] = {"option": [each.told() for each in self.options]}
        if self.default is not None:
            setting["default"] = [self.default]
        return {self.kind: setting}


def confirmation_of(wish: Document) -> Confirmation | None:
    """What a document is asked for under; a place that is named the old way is one, too (3.4)."""
    if wish.confirm is not None:
        return wish.confirm
    return None if wish.storageid is None else {STORAGE: (wish.storageid,)}


def selected(condition: Condition, confirmed: Confirmation | None) -> list[str]:
    """What is chosen of the condition, the first of which counts. Without a confirmation it is the
    default."""
    if confirmed is None:
        return [] if condition.default is None else [condition.default]
    known = {each.id for each in condition.options}
    return [each for each in confirmed.get(condition.kind, ()) if each in known]


def is_met(condition: Condition, confirmed: Confirmation | None) -> bool:
    return bool(selected(condition, confirmed))


def storage_condition(asking: Asking, context: Context) -> Condition:
    """Where it is to be fetched: one of the branches of the patron's library."""
    place = asking.patron
    set_up = context.circulation.current_set_up(context.transaction)
    its = [each for each in set_up.branches.values() if each.agency_id == place.agency_id]
    chosen = preferences_of(context.transaction, place.id).pickup_branch_id
    usual = set_up.branches[chosen or place.home_branch_id]
    options = tuple(
        Option(asking.uris.branch(each.isil), each.name)
        for each in sorted(its, key=lambda branch: branch.name)
    )
    return Condition(STORAGE, options, asking.uris.branch(usual.isil))


def fee_condition(fee: Refusal | None, asking: Asking) -> Condition:
    """What it costs, to be agreed to; None: whatever that is."""
    amount = None
    if fee is not None and fee.amount is not None and fee.currency is not None:
        amount = money(fee.amount, fee.currency)
    words = language_called(asking.language).words
    return Condition(FEE, (Option(SERVICE, words.pgettext("charge", "SERVICE"), amount),))
