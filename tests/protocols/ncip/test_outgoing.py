"""What partners are told: every kind of notice, as the engine writes it, in every version."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from catalogue.database import Transaction, open_database
from catalogue.records import Record
from circulation.holds.recalls import recall
from circulation.interlending.asking import Wish, ask
from circulation.interlending.borrowing import Incoming, accept, cancel_borrowing, send_home
from circulation.interlending.notices import (
    ONLY_APART,
    PartnerNotice,
    PartnerNoticeKind,
    claim_notice,
    notice_sent,
)
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.states import Role
from circulation.loans.lost import declare_lost, find
from protocols.ncip.asking.outgoing import MESSAGES, Telling, message_of
from protocols.ncip.asking.telling_partners import client_of, record_wanted
from protocols.ncip.codec import encode
from protocols.ncip.settings import Partner
from tests.builders.catalogue import a_record, add_records
from tests.builders.circulation import NOON, Library, a_library, a_patron, an_item
from tests.builders.holds import cancel, holds_of
from tests.builders.interlending import (
    AGREEMENT,
    INSTITUTION,
    a_borrowed_item,
    a_lending_request,
    a_partner,
    again,
)
from tests.protocols.ncip.stage import Schemas

VERSIONS = ("1.0", "1.01", "2.0", "2.01", "2.02")
#: The kinds that may be told before there is an item.
WITHOUT_ITEM = {PartnerNoticeKind.ASKED, PartnerNoticeKind.CANCELLED}
ADDRESS = "http://127.0.0.1:9/ncip"


def test_every_kind_has_a_message() -> None:
    assert set(MESSAGES) == set(PartnerNoticeKind) - ONLY_APART


def check(schemas: Schemas, notice: PartnerNotice, record: Any = None) -> None:
    """The message of the notice is valid in every version, with a scheme and without."""
    for version in VERSIONS:
        for scheme in ("urn:isil", ""):
            partner = Partner(
                "Broker", "DK-900101", address=ADDRESS, version=version, agency_scheme=scheme
            )
            client = client_of(partner, "DK-900100")
            telling = Telling(notice, partner, "DK-900100", "Bibliotekerne\nMain", record)
            request = replace(message_of(telling), initiation_header=client.header())
            schemas.check(encode(request, client.dialect))


@pytest.mark.parametrize("kind", list(MESSAGES))
def test_what_is_known_may_be_little_or_much(schemas: Schemas, kind: PartnerNoticeKind) -> None:
    much = {"user": "P1", "due": NOON.isoformat(), "pickup": "DK-1", "number": "978"}
    # Somebody always wants what is asked for; and most kinds are about an item that there is.
    for facts in ({"user": "P1"} if kind is PartnerNoticeKind.ASKED else {}, much):
        for barcode in ("TEMP-1", "") if kind in WITHOUT_ITEM else ("TEMP-1",):
            check(schemas, _notice(kind, facts, barcode))


def _notice(kind: PartnerNoticeKind, facts: dict[str, Any], barcode: str) -> PartnerNotice:
    role, told = Role.BORROWER.value, json.dumps(facts)
    return PartnerNotice(1, 1, "broker", kind, told, NOON, 1, "REQ-1", role, barcode, "Njal", "")


# As the engine writes them


@pytest.fixture
def library(sqlite_url: str) -> Iterator[Library]:
    database = open_database(sqlite_url)
    yield a_library(database, recall_days=7, recall_notice_days=3)
    database.close()


def done(library: Library, verb: Callable[..., Any], *what: Any, **about: Any) -> Any:
    """What a verb of circulation does at our desk."""
    return library.write(lambda transaction: verb(library.act(transaction), *what, **about))


def borrowed(library: Library, card: str | None = None) -> InterlibraryLoan:
    return a_borrowed_item(library, card, due=library.now + timedelta(days=90))


def asked(library: Library, *wishes: Wish) -> None:
    """Partners are asked for these; what is asked for is cancelled before it comes."""
    a_partner(library, "broker")
    for wish in wishes:
        loan = done(library, ask, patron=a_patron(library), wish=wish)
        assert isinstance(loan, InterlibraryLoan), loan
        library.write(
            lambda transaction, loan=loan: cancel_borrowing(library.act(transaction), loan)
        )


def ask_for_all_kinds(library: Library) -> None:
    record = a_record("Vildanden", author="Ibsen, Henrik", control_number="4711")
    records = library.write(lambda transaction: add_records(transaction, [record]))
    asked(
        library,
        Wish(records[0]),
        Wish(title="Brand", author="Ibsen & Co. <x>", number="9788711111119"),
        Wish(title="Rosmersholm"),
        Wish(number="9788711111126"),
    )


def accept_at_our_desk(library: Library) -> None:
    incoming = Incoming("TEMP-1", "Njals saga")
    about = {"agreement": AGREEMENT, "request_id": "REQ-1", "incoming": incoming}
    done(library, accept, patron=a_patron(library), **about)


def borrow_renew_lose_and_find(library: Library) -> None:
    card = a_patron(library)
    borrowed(library, card)
    library.check_out(card, "TEMP-1")
    library.pass_time(days=20)
    library.renew(card, "TEMP-1")
    done(library, declare_lost, item="TEMP-1")
    done(library, find, item="TEMP-1")
    library.check_in("TEMP-1")


def send_home_what_nobody_wants(library: Library) -> None:
    loan = borrowed(library)
    done(library, send_home, again(library, loan))


def give_up_what_is_here(library: Library) -> None:
    card = a_patron(library)
    borrowed(library, card)
    cancel(library, card, holds_of(library, card)[0].hold)


def lend_renew_recall_lose_and_find(library: Library) -> None:
    barcode = an_item(library)
    a_lending_request(library, barcode)
    library.check_out(INSTITUTION, barcode)
    library.pass_time(days=20)
    library.renew(INSTITUTION, barcode)
    done(library, recall, item=barcode)
    done(library, declare_lost, item=barcode)
    done(library, find, item=barcode)
    library.check_in(barcode)


def cancel_what_is_requested(library: Library) -> None:
    a_lending_request(library, an_item(library))
    cancel(library, INSTITUTION, holds_of(library, INSTITUTION)[0].hold)


STORIES: dict[Callable[[Library], None], list[str]] = {
    ask_for_all_kinds: ["asked", "cancelled"] * 4,
    accept_at_our_desk: ["received"],
    borrow_renew_lose_and_find: ["checked_out", "renewal_asked", "lost", "found", "checked_in"],
    send_home_what_nobody_wants: ["sent_home"],
    give_up_what_is_here: ["cancelled"],
    lend_renew_recall_lose_and_find: [
        "shipped",
        "renewed",
        "recalled",
        "lost",
        "found",
        "checked_in",
    ],
    cancel_what_is_requested: ["cancelled"],
}


def test_the_stories_have_every_kind() -> None:
    told = {kind for kinds in STORIES.values() for kind in kinds}
    assert told == {kind.value for kind in MESSAGES}


def claimed(library: Library) -> Iterator[tuple[PartnerNotice, Record | None]]:
    """What there is to tell, one after the other, and the record that is wanted."""

    def next_notice(transaction: Transaction) -> tuple[PartnerNotice, Record | None] | None:
        notice = claim_notice(transaction, "broker", library.now)
        if notice is None:
            return None
        notice_sent(transaction, notice, library.now)
        return notice, record_wanted(transaction, notice)

    while (found := library.write(next_notice)) is not None:
        yield found


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_what_the_engine_has_told_is_valid(
    library: Library, schemas: Schemas, story: Callable[[Library], None]
) -> None:
    story(library)
    said = []
    for notice, record in claimed(library):
        check(schemas, notice, record)
        said.append(notice.kind.value)
    assert sorted(said) == sorted(STORIES[story])
