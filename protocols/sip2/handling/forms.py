"""In which form answers tell of items, lists and refusals: that of the standard, or that of FBS.

The common library system of Denmark (FBS) packs several facts into a field, divided by ``%``, and
its kiosks take them apart:

    AU3846731813%20170626%Prinsesse Mononoke%%m%th%77.7      barcode, due, title, author, and codes
    AJ06850537                                               the number of the record (FAUST)
    CHHelbred dit liv%Hay, Louise L.%a%xx%61.36              title, author, and codes
    AQHovedbiblioteket%Voksen%Krimi%                         branch, department, location, place
    AF[BEFORE_RENEW_PERIOD]                                  a refusal

The codes are 009 *a and *g of the record and its classification. All of this was read off answers
that FBS gave to kiosks; what no such answer shows is left as the standard has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from catalogue.marc.iso2709 import fields, leader, subfields
from catalogue.records import Record, fetch_records
from circulation.accounts.loans import PatronLoan
from circulation.holds.results import Hold
from circulation.items.places import place_names_of
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Item, Refused, Renewed
from circulation.ledger.money import ChargeLine, decimal_text
from circulation.patrons.addresses import Address
from protocols.hosting.answering import Context
from protocols.sip2.settings import Account
from protocols.sip2.terminals.places import Caller, Place
from protocols.sip2.wire.text import MAX_VALUE

#: What divides the facts within a field.
DIVIDER: Final = "%"
#: Refusals that kiosks know by a code; they show all others as they come, so those are in words.
FBS_CODES: Final[Mapping[Reason, str]] = {
    Reason.RENEWAL_WINDOW_NOT_OPEN: "BEFORE_RENEW_PERIOD",
    Reason.ITEM_UNKNOWN: "MATERIAL_NOT_FOUND",
}
#: Why a loan was not renewed (BN), where there is no code for it.
UNSUCCESSFUL: Final = "UNSUCCESSFUL"
#: The limits (BZ CA CB) of who has none.
NO_LIMIT: Final = 9999
#: What stands before a patron's identifier (AA): it is known, or it is what was sent.
KNOWN, SENT = "LN:", "ANY:"
#: 009 *a by the type of record (leader 06) of MARC 21 and UNIMARC.
_MATERIALS: Final = {
    "a": "a", "t": "a", "b": "a", "c": "c", "d": "c", "e": "e", "f": "e", "g": "m", "i": "r",
    "j": "s", "k": "g", "m": "t", "l": "t", "o": "v", "p": "v", "r": "u",
}  # fmt: skip


def is_fbs(account: Account | None) -> bool:
    """Is this account answered in the form of FBS?"""
    return account is not None and account.answers == "fbs"


def sent_identifier(identifier: str) -> str:
    """A patron's identifier (AA) without what an answer has put before it."""
    for prefix in (KNOWN, SENT):
        if identifier.startswith(prefix):
            return identifier.removeprefix(prefix)
    return identifier


def code_of(refused: Refused) -> str | None:
    """The code for the weightiest reason that has one."""
    return next((FBS_CODES[each] for each in refused.reasons if each in FBS_CODES), None)


class _Codes(NamedTuple):
    """Of a record: its number, 009 *a and *g, and its classification."""

    number: str = ""
    material: str = ""
    form: str = ""
    classification: str = ""


class FbsForm:
    """Items and lists as FBS tells of them. Each list reads its records at once."""

    def __init__(self, place: Place, context: Context) -> None:
        self._place = place
        self._context = context

    def item(self, item: Item) -> tuple[str, str]:
        """AJ and CH."""
        codes = self._codes([item.record_id]).get(item.record_id, _Codes())
        return codes.number or item.title, _joined((), _title(item, codes))

    def stands_in(self, item: Item) -> str:
        """AQ: branch, department, location and sublocation, by their names where they have any."""
        names = place_names_of(self._context.transaction, item.home_branch.agency_id)
        levels = ("department", "location", "sublocation")
        codes = [(level, str(getattr(item, level))) for level in levels]
        shown = [names.get(each, each[1]) for each in codes]
        return DIVIDER.join(map(_plain, (item.home_branch.name, *shown)))

    def loans(self, loans: Iterable[PatronLoan]) -> tuple[str, ...]:
        """AT, AU and BU."""
        return self._items(
            (each.item, (each.item.barcode, self._day(each.loan.due))) for each in loans
        )

    def renewed(self, renewed: Iterable[Renewed]) -> tuple[str, ...]:
        """BM."""
        return self._items(
            (each.item, (each.item.barcode, self._day(each.loan.due))) for each in renewed
        )

    def unrenewed(self, refused: Iterable[Refused]) -> tuple[str, ...]:
        """BN."""
        return self._items(
            (
                each.item,
                (
                    each.item.barcode,
                    code_of(each) or UNSUCCESSFUL,
                    self._day(each.loan.due) if each.loan is not None else "",
                ),
            )
            for each in refused
            if each.item is not None
        )

    def ready_holds(self, holds: Sequence[Hold]) -> tuple[str, ...]:
        """AS: with the number on the hold shelf, the last day, and the branch."""
        return self._holds(
            (
                hold,
                (
                    hold.bound_item or hold.item or "",
                    "" if hold.number is None else str(hold.number),
                    "" if hold.deadline is None else self._day(hold.deadline),
                    _branch(hold),
                ),
            )
            for hold in holds
        )

    def other_holds(self, holds: Sequence[Hold]) -> tuple[str, ...]:
        """CD: with the last day of interest."""
        return self._holds(
            (hold, (hold.bound_item or hold.item or "", f"{hold.interest_until:%Y%m%d}"))
            for hold in holds
        )

    def hold(self, hold: Hold) -> tuple[str, str]:
        """AJ and BS."""
        codes = self._codes([hold.record_id]).get(hold.record_id, _Codes())
        return codes.number or hold.title, _branch(hold)

    def fees(self, lines: Sequence[ChargeLine]) -> tuple[str, ...]:
        """AV."""
        return tuple(
            _joined(
                (
                    next((loan.barcode for loan in line.loans if loan.barcode), ""),
                    str(line.charge.id),
                    self._day(line.charge.created),
                    decimal_text(line.charge.balance, line.charge.currency),
                ),
                ("; ".join(loan.title for loan in line.loans if loan.title), "", "", "", ""),
            )
            for line in lines
        )

    def _day(self, moment: datetime | date) -> str:
        if isinstance(moment, datetime):
            moment = moment.astimezone(self._place.zone)
        return f"{moment:%Y%m%d}"

    def _items(self, lines: Iterable[tuple[Item, tuple[str, ...]]]) -> tuple[str, ...]:
        listed = list(lines)
        codes = self._codes([item.record_id for item, _ in listed])
        return tuple(
            _joined(facts, _title(item, codes.get(item.record_id, _Codes())))
            for item, facts in listed
        )

    def _holds(self, lines: Iterable[tuple[Hold, tuple[str, ...]]]) -> tuple[str, ...]:
        listed = list(lines)
        found = self._codes([hold.record_id for hold, _ in listed])
        made = []
        for hold, facts in listed:
            codes = found.get(hold.record_id, _Codes())
            title = (hold.title, hold.author, *codes[1:])
            made.append(_joined((codes.number, *facts), title))
        return tuple(made)

    def _codes(self, record_ids: Sequence[int]) -> dict[int, _Codes]:
        records = fetch_records(self._context.transaction, list(dict.fromkeys(record_ids)))
        return {record.id: _codes_of(record) for record in records}


def fbs_form(caller: Caller, place: Place, context: Context) -> FbsForm | None:
    """The form in which a terminal is told of items and lists; None for that of the standard."""
    return FbsForm(place, context) if is_fbs(caller.account) else None


def tell_item(response: Any, item: Item, caller: Caller, place: Place, context: Context) -> None:
    """AJ of an answer, and what stands in CH in the form of FBS."""
    form = fbs_form(caller, place, context)
    if form is None:
        response.title_identifier = item.title
    else:
        response.title_identifier, response.item_properties = form.item(item)


def fbs_address(address: Address) -> str:
    """BD: street, postal code, city and country."""
    street = f"{address.street} {address.house_number}".strip()
    parts = [address.lines.replace("\n", ", ")] if address.lines else []
    parts += [street, address.postal_code, address.city, address.country or "DK"]
    return DIVIDER.join(map(_plain, parts))


def _title(item: Item, codes: _Codes) -> tuple[str, ...]:
    classification = item.call_number or codes.classification
    return item.title, item.author, codes.material, codes.form, classification


def _joined(facts: Iterable[str], title: Sequence[str]) -> str:
    """The facts of a field; of a title that is too long the beginning, so that none is lost."""
    before, (name, *after) = list(map(_plain, facts)), list(map(_plain, title))
    room = MAX_VALUE - len(DIVIDER.join((*before, "", *after)))
    return DIVIDER.join((*before, name[: max(room, 0)], *after))


def _branch(hold: Hold) -> str:
    """Where it is picked up. Kiosks cut the name off behind the hyphen."""
    return f"{hold.pickup_branch.isil} - {hold.pickup_branch.name}"


def _plain(text: str) -> str:
    return text.replace(DIVIDER, " ")


def _codes_of(record: Record) -> _Codes:
    number = record.control_number or ""
    if record.format != "danmarc2":
        return _Codes(
            number, _MATERIALS.get(leader(record.data)[6:7].decode("ascii", "replace"), "")
        )
    found: dict[bytes, list[str]] = {}
    for tag, content in fields(record.data):
        if tag in (b"009", b"652"):
            for code, value in subfields(content):
                found.setdefault(tag + code, []).append(value.decode("utf-8", "replace"))
    classes = (found.get(b"652" + code, [""])[0] for code in (b"m", b"n", b"o"))
    return _Codes(
        number,
        " ".join(found.get(b"009a", ())),
        " ".join(found.get(b"009g", ())),
        next(filter(None, classes), ""),
    )
