"""PAIA 3.1 to 3.7: the account of a patron, and what is done with documents."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest

from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import Refusal
from circulation.ledger.money import ChargeKind
from circulation.patrons.addresses import Dwelling, NewAddress, add_address
from circulation.patrons.blocks import block_patron
from protocols.discovery.handling.fees import money
from protocols.discovery.refusals import BLOCKS, SENTENCES, block_said, said
from tests.builders.circulation import an_item
from tests.builders.fees import charge, danish_fees, fee_rule, number_of
from tests.builders.holds import a_copy, a_hold, ask, holds_of, title
from tests.protocols.discovery.stage import Stage, a_stage

_STORAGE = "http://purl.org/ontology/paia#StorageCondition"
_FEE = "http://purl.org/ontology/paia#FeeCondition"
_MAIN = "http://uri.gbv.de/organization/isil/DK-900101"
_OTHER = "http://uri.gbv.de/organization/isil/DK-900102"


def docs(stage: Stage, card: str) -> list[dict[str, Any]]:
    told = stage.of_patron("GET", card, "/items")
    assert told.status == 200, told
    found: list[dict[str, Any]] = told.body["doc"]
    return found


def do(stage: Stage, card: str, what: str, *wanted: dict[str, Any]) -> list[dict[str, Any]]:
    told = stage.of_patron("POST", card, f"/{what}", {"doc": list(wanted)})
    assert told.status == 200, told
    found: list[dict[str, Any]] = told.body["doc"]
    return found


# The patron


def test_who_the_patron_is(stage: Stage) -> None:
    card = stage.a_patron(email="ida@example.org", expires=date(2027, 5, 18))
    number = number_of(stage.library, card)
    home = NewAddress(Dwelling.HOME, street="Vej", house_number="2", postal_code="8000", city="By")
    stage.library.write(
        lambda transaction: add_address(stage.library.act(transaction), number, home)
    )
    assert stage.of_patron("GET", card).body == {
        "name": "Ida Ørsted",
        "email": "ida@example.org",
        "address": "Vej 2, 8000 By",
        "expires": "2027-05-18",
        "status": 0,
        "type": ["tiro:patron-category:adult"],
    }


def test_an_account_without_an_end_is_not_over(one_stage: Stage) -> None:
    """Stock clients take one without a day for one that is over."""
    told = one_stage.of_patron("GET", one_stage.a_patron()).body
    assert (told["expires"], told["status"]) == ("9999-12-31", 0)


@pytest.mark.parametrize(
    ("reason", "is_expired", "status"),
    [
        (None, True, 2),
        (BlockReason.DEBT, False, 3),
        (BlockReason.DEBT, True, 4),
        (BlockReason.EXCLUDED, False, 1),
        (BlockReason.OTHER, False, 1),
    ],
)
def test_states_of_an_account(
    one_stage: Stage, reason: BlockReason | None, is_expired: bool, status: int
) -> None:
    """2.8; why is told in words of the library, and not in those that staff have noted."""
    library = one_stage.library
    card = one_stage.a_patron(**({"expires": date(2026, 11, 1)} if is_expired else {}))
    if reason is not None:
        number = number_of(library, card)
        library.write(
            lambda transaction: block_patron(
                library.act(transaction), number, reason, message="stjal en bog"
            )
        )
    told = one_stage.of_patron("GET", card).body
    assert told["status"] == status
    notes = [block_said(reason, "da")] if reason is not None else []
    assert told["note"].startswith(" ".join(notes))
    assert (len(told["note"]) > len(" ".join(notes))) is is_expired
    assert "stjal" not in told["note"]


def test_an_email_address_is_changed_with_its_scope(stage: Stage) -> None:
    card = stage.a_patron(email="old@example.org")
    path, token = f"core/{stage.named(card)}", stage.log_in(card, "update_patron_email")
    told = stage.paia("PATCH", path, {"email": "new@example.org"}, token=token)
    assert (told.status, told.body["email"]) == (200, "new@example.org")
    assert told.headers["X-Accepted-OAuth-Scopes"] == "update_patron update_patron_email"
    for body, status in (
        ({"email": "no address"}, 422),
        ({}, 422),
        ({"name": "Another"}, 403),
        ({"email": "x@example.org", "address": "Elsewhere"}, 403),
    ):
        assert stage.paia("PATCH", path, body, token=token).status == status
    assert stage.of_patron("GET", card).body["email"] == "new@example.org"
    told = stage.paia("PATCH", path, {"email": "a@example.org"}, token=stage.log_in(card))
    assert told.body["error"] == "insufficient_scope"


# Items


def test_a_loan(stage: Stage) -> None:
    card = stage.a_patron()
    item = an_item(stage.library, on_loan_to=card, call_number="Pæd 86-3")
    [told] = docs(stage, card)
    assert told == {
        "status": 3,
        "item": f"tiro:item:{item}",
        "edition": stage.edition(item),
        "about": "Krohn, Johan: Peters jul",
        "label": "Pæd 86-3",
        "queue": 0,
        "renewals": 0,
        "starttime": "2026-11-25T12:00:00+01:00",
        "endtime": "2026-12-23T23:59:59+01:00",
        "duedate": "2026-12-23",
        "cancancel": False,
        "canrenew": False,  # it would gain nothing yet
        "storage": "Hovedbiblioteket",
        "storageid": _MAIN,
    }
    stage.library.pass_time(days=20)
    a_hold(stage.library, stage.a_patron(), item)
    [told] = docs(stage, card)
    assert (told["queue"], told["canrenew"]) == (1, False)


def test_a_hold_waits_is_ordered_and_ready(stage: Stage) -> None:
    """2.8: reserved, ordered, provided."""
    library = stage.library
    card, item = stage.a_patron(), an_item(library, on_loan_to=stage.a_patron())
    hold = a_hold(library, card, item, at=library.other)
    always = {
        "edition": stage.edition(item),
        "requested": stage.edition(item),
        "about": "Krohn, Johan: Peters jul",
        "cancancel": True,
        "canrenew": False,
        "storage": library.other.name,
        "storageid": _OTHER,
    }
    waiting = {
        "status": 1,
        "item": f"tiro:hold:{hold.hold.id}",  # no copy has been chosen yet
        "queue": 1,
        "starttime": "2026-11-25T12:00:00+01:00",
        "endtime": "2026-12-27",  # an estimate
    }
    assert docs(stage, card) == [always | waiting]
    library.check_in(item)
    its = {"item": f"tiro:item:{item}"}
    assert docs(stage, card) == [always | its | {"status": 2, "endtime": "2026-11-26"}]
    library.check_in(item, at=library.other)
    until = {"endtime": "2026-12-02T23:59:59+01:00", "duedate": "2026-12-02"}
    assert docs(stage, card) == [always | its | {"status": 4} | until]


def test_a_hold_on_a_volume_or_on_one_copy(one_stage: Stage) -> None:
    card, library = one_stage.a_patron(), one_stage.library
    volume = an_item(library, part="2", author="")
    ask(library, card, title(library, volume, part="2"))
    copy = an_item(library, on_loan_to=one_stage.a_patron())
    a_hold(library, card, copy, only_item=True)
    first, second = docs(one_stage, card)
    assert (first["label"], first["about"]) == ("2", "Peters jul")
    assert (second["item"], second["requested"]) == (f"tiro:item:{copy}", f"tiro:item:{copy}")


def test_an_empty_account(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    assert docs(one_stage, card) == []
    assert one_stage.of_patron("GET", card, "/fees").body == {"fee": []}


# Requesting


def test_a_title_is_requested(stage: Stage) -> None:
    card, item = stage.a_patron(), an_item(stage.library)
    edition = stage.edition(item)
    [told] = do(stage, card, "request", {"edition": edition})
    assert (told["status"], told["edition"], told["requested"]) == (1, edition, edition)
    assert "error" not in told
    [again] = do(stage, card, "request", {"edition": edition})
    assert (again["status"], again["edition"]) == (5, edition)
    assert again["error"]
    assert len(holds_of(stage.library, card)) == 1


def test_a_copy_stands_for_its_title_or_its_volume(stage: Stage) -> None:
    """Clients ask for the copy whose line was clicked."""
    card = stage.a_patron()
    item = an_item(stage.library, part="2")
    a_copy(stage.library, item, part="1")
    uri = f"tiro:item:{item}"
    [told] = do(stage, card, "request", {"item": uri})
    assert (told["status"], told["item"], told["requested"]) == (1, uri, uri)
    [hold] = holds_of(stage.library, card)
    assert (hold.hold.item, hold.hold.part) == (None, "2")


def test_a_copy_may_be_meant_itself(sqlite_url: str) -> None:
    with a_stage(sqlite_url, copies_themselves=True) as stage:
        card, item = stage.a_patron(), an_item(stage.library)
        do(stage, card, "request", {"item": f"tiro:item:{item}"})
        [hold] = holds_of(stage.library, card)
        assert hold.hold.item == item


def test_documents_that_nobody_knows_are_errors_of_their_own(stage: Stage) -> None:
    """2.9: never an error of the request, and the others are done."""
    card, item = stage.a_patron(), an_item(stage.library)
    wanted = [
        {"item": "tiro:item:nothing"},
        {"edition": "tiro:title:nothing"},
        {"edition": "https://elsewhere.example.org/1"},
        {"edition": stage.edition(item)},
        {"item": "tiro:item:%00%ff"},
    ]
    told = do(stage, card, "request", *wanted)
    assert [each["status"] for each in told] == [0, 0, 0, 1, 0]
    assert [bool(each.get("error")) for each in told] == [True, True, True, False, True]
    assert [each.get("item") or each["edition"] for each in told] == [
        next(iter(each.values())) for each in wanted[:3]
    ] + [told[3]["item"], "tiro:item:%00%ff"]
    for what in ("renew", "cancel"):
        assert all(each["error"] for each in do(stage, card, what, *wanted[:3]))


def test_where_it_is_fetched(stage: Stage) -> None:
    """2.10, 3.4: a confirmation chooses the branch; the older field is one, too."""
    card = stage.a_patron()
    editions = [stage.edition(an_item(stage.library)) for _ in range(5)]
    told = do(
        stage,
        card,
        "request",
        {"edition": editions[0]},
        {"edition": editions[1], "confirm": {_STORAGE: [_OTHER]}},
        {"edition": editions[2], "storageid": _OTHER},
        {"edition": editions[3], "storageid": _OTHER, "confirm": {_STORAGE: [_MAIN]}},
        {"edition": editions[4], "confirm": {_STORAGE: ["x:nowhere", _OTHER, _MAIN], "x:y": []}},
    )
    assert [each["storageid"] for each in told] == [_MAIN, _OTHER, _OTHER, _MAIN, _OTHER]


@pytest.mark.parametrize(
    "confirm", [{}, {_STORAGE: []}, {_STORAGE: ["x:nowhere"]}, {_FEE: ["x:y"]}]
)
def test_a_condition_that_is_not_met_is_told(one_stage: Stage, confirm: dict[str, Any]) -> None:
    """2.10: with an error, for clients that know nothing of conditions."""
    card, item = one_stage.a_patron(), an_item(one_stage.library)
    wanted = {"edition": one_stage.edition(item), "confirm": confirm}
    [told] = do(one_stage, card, "request", wanted)
    assert told["error"]
    setting = told["condition"][_STORAGE]
    assert setting == {
        "option": [
            {"id": _OTHER, "about": "Havnefilialen"},
            {"id": _MAIN, "about": "Hovedbiblioteket"},
        ],
        "default": [_MAIN],
    }
    assert holds_of(one_stage.library, card) == []


def test_a_branch_of_another_library_cannot_be_chosen(one_stage: Stage) -> None:
    one_stage.another_agency()
    card, item = one_stage.a_patron(), an_item(one_stage.library)
    theirs = "http://uri.gbv.de/organization/isil/DK-900201"
    [told] = do(
        one_stage, card, "request", {"edition": one_stage.edition(item), "storageid": theirs}
    )
    assert theirs not in str(told["condition"])
    assert holds_of(one_stage.library, card) == []


def test_what_costs_something_is_agreed_to(stage: Stage) -> None:
    """2.10: the fee is a condition, told with its amount."""
    fee_rule(stage.library, hold_fee=1_050)
    card, item = stage.a_patron(), an_item(stage.library)
    edition = stage.edition(item)
    [told] = do(stage, card, "request", {"edition": edition})
    service = "http://purl.org/ontology/dso#DocumentService"
    option = {"id": service, "about": "Serviceydelse", "amount": "10.50 DKK"}
    assert told["condition"] == {_FEE: {"option": [option]}}
    assert (told["status"], told["edition"]) == (0, edition)
    assert "10.50 DKK" in told["error"]
    confirm = {_FEE: [option["id"]], _STORAGE: [_MAIN]}
    [told] = do(stage, card, "request", {"edition": edition, "confirm": confirm})
    assert (told["status"], "error" in told) == (1, False)
    [fee] = stage.of_patron("GET", card, "/fees").body["fee"]
    assert fee["amount"] == "10.50 DKK"


# Renewing and cancelling


def test_loans_are_renewed_each_by_itself(stage: Stage) -> None:
    card = stage.a_patron()
    first, second = (an_item(stage.library, on_loan_to=card) for _ in range(2))
    a_hold(stage.library, stage.a_patron(), second)
    wish = {"item": f"tiro:item:{first}"}
    [early] = do(stage, card, "renew", wish)
    [shown] = [each for each in docs(stage, card) if each["item"] == wish["item"]]
    assert early.pop("error")
    assert early == shown | {"canrenew": False}
    stage.library.pass_time(days=20)
    before = {each["item"]: each["endtime"] for each in docs(stage, card)}
    told = do(stage, card, "renew", *({"item": f"tiro:item:{each}"} for each in (second, first)))
    assert [each["status"] for each in told] == [3, 3]
    assert [bool(each.get("error")) for each in told] == [True, False]
    assert told[1]["endtime"] > before[f"tiro:item:{first}"]
    assert told[0]["endtime"] == before[f"tiro:item:{second}"]
    assert told[1]["renewals"] == 1


def test_a_loan_is_known_by_its_title(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    item = an_item(one_stage.library, on_loan_to=card)
    one_stage.library.pass_time(days=20)
    edition = one_stage.edition(item)
    [wrong] = do(one_stage, card, "renew", {"edition": edition, "item": "tiro:item:other"})
    assert wrong["error"]
    [told] = do(one_stage, card, "renew", {"edition": edition})
    assert "error" not in told
    copy = a_copy(one_stage.library, item)
    one_stage.library.check_out(card, copy)
    [both] = do(one_stage, card, "renew", {"edition": edition})
    assert both["error"]  # which of the two?


def test_loans_and_holds_of_others_are_not_touched(stage: Stage) -> None:
    card, other = stage.a_patron(), stage.a_patron()
    item = an_item(stage.library, on_loan_to=other)
    hold = a_hold(stage.library, other, an_item(stage.library))
    stage.library.pass_time(days=20)
    for what, uri in (
        ("renew", f"tiro:item:{item}"),
        ("cancel", f"tiro:hold:{hold.hold.id}"),
        ("cancel", f"tiro:item:{item}"),
    ):
        [told] = do(stage, card, what, {"item": uri})
        assert set(told) == {"item", "status", "error"}
        assert (told["item"], told["status"], bool(told["error"])) == (uri, 0, True)
    assert len(holds_of(stage.library, other)) == 1


def test_a_hold_is_cancelled(stage: Stage) -> None:
    """By what the list calls it, or by its title; the second time there is nothing."""
    card = stage.a_patron()
    items = [an_item(stage.library) for _ in range(2)]
    for item in items:
        a_hold(stage.library, card, item)
    first, second = docs(stage, card)
    [told] = do(stage, card, "cancel", {"item": first["item"]})
    assert told == {"status": 0, "item": first["item"]}
    [told] = do(stage, card, "cancel", {"edition": second["edition"]})
    assert told == {"status": 0, "edition": second["edition"]}
    [told] = do(stage, card, "cancel", {"item": first["item"]})
    assert told["error"]
    assert docs(stage, card) == []


# Fees


def test_what_is_owed(stage: Stage) -> None:
    library = stage.library
    danish_fees(library)
    card = stage.a_patron()
    item = an_item(library, on_loan_to=card)
    charge(library, card, 2050)
    charge(library, card, 100, kind=ChargeKind.PROCESSING, note="et lånerkort")
    library.pass_time(days=60)
    library.check_in(item)
    plain = {"amount": "20.50 DKK", "date": "2026-11-25", "about": "for a test"}
    card_fee = {"amount": "1.00 DKK", "date": "2026-11-25", "about": "et lånerkort"}
    late = {"amount": "230.00 DKK", "date": "2027-01-24", "about": "Peters jul"}
    of_item = {"item": f"tiro:item:{item}", "edition": stage.edition(item)}
    named = [
        {"feetype": "Administrationsgebyr", "feeid": "tiro:charge:administrative"},
        {"feetype": "Klargøring", "feeid": "tiro:charge:processing"},
        {"feetype": "Gebyr for sen aflevering", "feeid": "tiro:charge:late_fee"},
    ]
    fees = [plain | named[0], card_fee | named[1], late | of_item | named[2]]
    assert stage.of_patron("GET", card, "/fees").body == {"amount": "251.50 DKK", "fee": fees}
    charge(library, card, 300, currency="EUR", note="")
    told = stage.of_patron("GET", card, "/fees").body
    assert "amount" not in told  # of two currencies there is no sum
    euro = {"amount": "3.00 EUR", "date": "2027-01-24", "about": "Administrationsgebyr"}
    assert told["fee"] == [*fees, euro | named[0]]


def test_money_has_two_digits_whatever_the_currency() -> None:
    """2.8."""
    pattern = re.compile(r"-?[0-9]+\.[0-9][0-9] [A-Z][A-Z][A-Z]")
    told = [money(1850, "DKK"), money(-200, "EUR"), money(800, "JPY"), money(1234, "KWD")]
    assert told == ["18.50 DKK", "-2.00 EUR", "800.00 JPY", "1.23 KWD"]
    assert all(pattern.fullmatch(each) for each in told)


# Words


@pytest.mark.parametrize("language", ["da", "en", "de"])
def test_every_reason_has_a_sentence_without_gaps(language: str) -> None:
    assert SENTENCES.keys() == set(Reason)
    assert BLOCKS.keys() == set(BlockReason)
    for reason in Reason:
        told = said([Refusal(reason)], language, "Europe/Copenhagen")
        assert told
        assert told != reason.name
        assert not any(each in told for each in ("{", "None"))
    for block in BlockReason:
        told = said([Refusal(Reason.PATRON_BLOCKED, block)], language, "Europe/Copenhagen")
        assert told not in {each.name for each in BlockReason}


def test_facts_are_in_the_sentence(one_stage: Stage) -> None:
    now = one_stage.library.now
    refusals = [
        Refusal(Reason.TOO_MANY_HOLDS, limit=3),
        Refusal(Reason.RENEWAL_WINDOW_NOT_OPEN, opens=now + timedelta(days=2)),
        Refusal(Reason.FEE_NOT_ACKNOWLEDGED, amount=1000, currency="DKK"),
    ]
    told = said(refusals, "en", "Europe/Copenhagen")
    assert "3 reservations" in told
    for limit, words in ((1, "1 reservering."), (2, "2 reserveringer.")):
        refusal = Refusal(Reason.TOO_MANY_HOLDS, limit=limit)
        assert said([refusal], "da", "Europe/Copenhagen").endswith(words)
    assert "27" in told
    assert "10.00 DKK" in told
