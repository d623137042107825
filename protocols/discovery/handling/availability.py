"""DAIA 1.0: which copies of titles can be had, and for what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from catalogue.database import Transaction
from catalogue.formats.bibliographic import fields_of
from catalogue.items import find_item
from catalogue.records import Record, fetch_records
from circulation.calendars.due_dates import local_date
from circulation.items.availability import holdings
from circulation.items.places import place_names_of
from circulation.kernel.results import Branch, CirculationStatus, ItemState
from circulation.kernel.set_up import SetUp
from circulation.loans.checks import terms_refusals
from protocols.discovery.handling.telling import about, without_none
from protocols.discovery.identifiers import Uris
from protocols.hosting.answering import Context
from protocols.records.naming import record_ids, records_called

#: Copies that nobody can have, now or later.
_GONE: Final = (ItemState.LOST, ItemState.MISSING, ItemState.CLAIMED_RETURNED, ItemState.GOES_BACK)
PRESENTATION, LOAN, REMOTE, OPEN_ACCESS = "presentation", "loan", "remote", "openaccess"
UNKNOWN: Final = "unknown"
#: Of what is read in a browser: xsd:duration.
_AT_ONCE: Final = "PT0S"
#: MARC 21, 856 $7: access status.
_OPEN: Final = "0"


class Library(NamedTuple):
    """Whose copies are told; None: those of all."""

    agency_id: int | None
    isil: str | None
    name: str


class _Meant(NamedTuple):
    """What a request identifier means: records of one number, and of them one copy alone."""

    number: str
    records: Sequence[int]
    barcode: str | None = None


def availability(
    identifiers: Sequence[str], library: Library, uris: Uris, context: Context
) -> list[dict[str, Any]]:
    """A document for each identifier that means something, the others left out. One that is asked
    for by several is told of once, as the first has called it."""
    transaction = context.transaction
    meant = _all_meant(identifiers, uris, transaction)
    wanted = sorted({record for each in meant.values() for record in each.records})
    statuses = holdings(context.circulation, transaction, record_ids=wanted, now=context.now)
    records = {each.id: each for each in fetch_records(transaction, wanted)}
    telling = _Telling(library, uris, context)
    documents: dict[str, dict[str, Any]] = {}
    for identifier, each in meant.items():
        its = [records[number] for number in each.records if number in records]
        uri = uris.edition(each.number)
        if not its or uri in documents:
            continue
        copies = [status for record in its for status in statuses.get(record.id, ())]
        told = telling.document(each.number, its, copies, each.barcode)
        documents[uri] = told if identifier == uri else told | {"requested": identifier}
    return list(documents.values())


def _all_meant(
    identifiers: Sequence[str], uris: Uris, transaction: Transaction
) -> dict[str, _Meant]:
    """By identifier: the URI of a title or a copy, or a number with or without a prefix."""
    found: dict[str, _Meant] = {}
    numbers: dict[str, str] = {}
    for each in identifiers:
        if not each.isprintable():  # no database holds it
            continue
        barcode = uris.barcode_in(each)
        item = None if barcode is None else find_item(transaction, barcode)
        if item is not None:
            number = record_ids(transaction, [item.record_id])[item.record_id]
            found[each] = _Meant(number, [item.record_id], item.barcode)
        else:
            numbers[each] = uris.number_in(each) or each
    called = records_called(transaction, list(dict.fromkeys(numbers.values())))
    records = {record for its in called.values() for record in its[:1]}
    names = record_ids(transaction, records)
    for each, named in numbers.items():
        if its := called.get(named):
            found[each] = _Meant(names.get(its[0], named), its)
    return {each: found[each] for each in identifiers if each in found}


class _Telling:
    """What is told of copies; names of places are read once for each library."""

    def __init__(self, library: Library, uris: Uris, context: Context) -> None:
        self._library = library
        self._uris = uris
        self._context = context
        self._set_up: SetUp = context.circulation.current_set_up(context.transaction)
        self._places: dict[int, Mapping[tuple[str, str], str]] = {}

    def document(
        self,
        number: str,
        records: Sequence[Record],
        copies: Iterable[CirculationStatus],
        barcode: str | None,
    ) -> dict[str, Any]:
        page = self._uris.page(number)
        items = [
            self._item(each, page)
            for each in copies
            if self._is_told(each) and barcode in (None, each.item.barcode)
        ]
        if barcode is None:
            items += [told for record in records for told in _electronic(record)]
        told = {
            "id": self._uris.edition(number),
            "href": page,
            "about": about(records[0].title, records[0].author),
        }
        return without_none(told) | ({"item": items} if items else {})

    def _is_told(self, status: CirculationStatus) -> bool:
        """Not what is gone, and not what a school keeps to itself."""
        branch = status.item.home_branch
        is_its = self._library.agency_id in (None, branch.agency_id)
        is_hidden = branch.agency_id in self._set_up.hidden_schools
        return is_its and not is_hidden and status.state not in _GONE

    def _item(self, status: CirculationStatus, page: str | None) -> dict[str, Any]:
        item = status.item
        branch = item.home_branch
        available, unavailable = self._services(status, page)
        return without_none(
            {
                "id": self._uris.item(item.barcode),
                "label": item.call_number or None,
                "department": {"id": self._uris.branch(branch.isil), "content": branch.name},
                "storage": self._storage(status, branch),
                "available": available or None,
                "unavailable": unavailable or None,
            }
        )

    def _storage(self, status: CirculationStatus, branch: Branch) -> dict[str, str] | None:
        names = self._places.get(branch.agency_id)
        if names is None:
            names = place_names_of(self._context.transaction, branch.agency_id)
            self._places[branch.agency_id] = names
        item = status.item
        levels = {
            "department": item.department,
            "location": item.location,
            "sublocation": item.sublocation,
            "section": item.section,
        }
        told = [names.get((level, code), code) for level, code in levels.items() if code]
        return {"content": " / ".join(told)} if told else None

    def _services(
        self, status: CirculationStatus, page: str | None
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """What a copy is good for now: to be looked at in the library, and to be taken home where
        the rules lend it to anybody. `page` is where it can be requested, if the rules allow it."""
        is_lent, is_holdable = self._is_lent_and_holdable(status)
        link = {"href": page} if is_holdable and page is not None else {}
        if status.state is ItemState.AVAILABLE and status.stay is None:
            presentation = {"service": PRESENTATION}
            if is_lent:
                return [{"service": LOAN} | link, presentation], []
            return [presentation], [{"service": LOAN}]
        back: dict[str, Any] = {"expected": _back_on(status)}
        if status.open_holds:
            back["queue"] = status.open_holds
        lent = {"service": LOAN} | (link | back if is_lent else {})
        return [], [lent, {"service": PRESENTATION} | back]

    def _is_lent_and_holdable(self, status: CirculationStatus) -> tuple[bool, bool]:
        """Return whether the rules lend the copy to any category of patrons, and whether they keep
        it for one of those."""
        if status.not_for_loan:
            return False, False
        item, set_up = status.item, self._set_up
        lending = [
            terms
            for category in ("", *set_up.categories)
            if not terms_refusals(
                terms := set_up.terms(item.home_branch.id, category, item.material_group)
            )
        ]
        return bool(lending), any(terms.holdable for terms in lending)


def _back_on(status: CirculationStatus) -> str:
    """When a copy on loan is due; one that is late, on its way or kept for somebody may be there
    any day."""
    if status.loan is None or status.is_overdue:
        return UNKNOWN
    zone = status.item.home_branch.timezone
    day = local_date(status.loan.due, zone)
    offset = status.loan.due.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")[-6:]
    return f"{day.isoformat()}{offset}"


def _electronic(record: Record) -> Iterator[dict[str, Any]]:
    """What a record links to as the document itself. It may take a log-in, unless the record says
    that it does not."""
    for field in fields_of(record.data) if record.data else ():
        is_itself = record.format != "marc21" or field.indicators[1:] in ("0", "1")
        if field.tag != "856" or not is_itself:
            continue
        is_open = _OPEN in field.all("7")
        for url in field.all("u"):
            if url.startswith(("http://", "https://")) and " " not in url:
                told = {"service": OPEN_ACCESS if is_open else REMOTE, "href": url}
                yield {"available": [told if is_open else told | {"delay": _AT_ONCE}]}
