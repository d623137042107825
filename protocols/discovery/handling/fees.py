"""PAIA 3.7: what the patron owes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from circulation.calendars.due_dates import local_date
from circulation.items.facts import item_facts_by_id
from circulation.kernel.results import Refused
from circulation.languages.installed import language as language_called
from circulation.languages.sentences import Sentence
from circulation.ledger.charge_lists import ChargePage, patron_charges
from circulation.ledger.charge_words import own_words
from circulation.ledger.money import ChargeLine, decimal_of
from protocols.discovery.handling.telling import Editions, known_by, without_none
from protocols.discovery.methods import Asking
from protocols.discovery.problems import Denied, Fault
from protocols.hosting.answering import Context

_TWO_DIGITS: Final = Decimal("0.01")


def money(amount: int, currency: str) -> str:
    """Minor units as PAIA writes them: two digits behind the point, whatever the currency has."""
    return f"{decimal_of(amount, currency).quantize(_TWO_DIGITS)} {currency}"


def list_fees(asking: Asking, context: Context) -> dict[str, Any]:
    """All that is open, the oldest first, and its sum where it is in one currency; what the library
    owes to the patron is less than nothing."""
    found = patron_charges(
        context.circulation,
        context.transaction,
        patron=known_by(asking.patron),
        now=context.now,
        page=ChargePage(only_open=True),
    )
    if isinstance(found, Refused):
        raise Denied(Fault.ACCESS_DENIED, Sentence("PATRON_DELETED"))
    lines = found.charges
    sums: dict[str, int] = {}
    for each in lines:
        sums[each.charge.currency] = sums.get(each.charge.currency, 0) + each.charge.balance
    told = _Telling(asking, context, lines)
    answer: dict[str, Any] = {"fee": [told.fee(each) for each in lines]}
    if len(sums) == 1:
        ((currency, amount),) = sums.items()
        answer = {"amount": money(amount, currency), **answer}
    return answer


class _Telling:
    """Fees with what they are for: read once for all of them."""

    def __init__(self, asking: Asking, context: Context, lines: tuple[ChargeLine, ...]) -> None:
        transaction = context.transaction
        wanted = {loan.item_id for each in lines for loan in each.loans if loan.item_id is not None}
        found = item_facts_by_id(transaction, item_ids=sorted(wanted)) if wanted else []
        self._items = {each.id: each for each in found}
        self._editions = Editions(
            transaction, asking.uris, {each.record_id for each in self._items.values()}
        )
        self._uris = asking.uris
        self._branches = context.circulation.current_set_up(transaction).branches
        self._words = language_called(asking.language).words

    def fee(self, line: ChargeLine) -> dict[str, Any]:
        charge = line.charge
        zone = self._branches[charge.branch_id].timezone
        its = next((each for each in line.loans if each.item_id in self._items), None)
        item = None if its is None else self._items[its.item_id or 0]
        kind = self._words.pgettext("charge", charge.kind.name)
        words = [own_words(charge.reason), "" if its is None else its.title or ""]
        return without_none(
            {
                "amount": money(charge.balance, charge.currency),
                "date": local_date(charge.created, zone).isoformat(),
                "about": ": ".join(filter(None, words)) or kind,
                "item": None if item is None else self._uris.item(item.barcode),
                "edition": None if item is None else self._editions.uri(item.record_id),
                "feetype": kind,
                "feeid": self._uris.charge(charge.kind.value),
            }
        )
