"""CreateUserFiscalTransaction and the account of LookupUser, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import etree

from catalogue.database import Database, Transaction
from circulation.accounts.status import patron_status
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.events import Event, EventKind
from circulation.kernel.organisation import add_agency, add_branch, add_consortium
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED, PatronStatus
from circulation.ledger.charges import NewCharge, create_charge
from circulation.ledger.money import ChargeKind
from protocols.hosting.arrivals import UNTOLD
from tests.builders import fees
from tests.builders.circulation import a_library, a_patron, events_of_patron
from tests.builders.dunning import a_blocked_debtor
from tests.builders.fees import fee_rule, number_of
from tests.protocols.ncip.furnishing import service
from tests.protocols.ncip.stage import (
    SETTINGS,
    N,
    Schemas,
    Stage,
    message,
    problem_types,
    text_of,
    user,
)


@pytest.fixture
def stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    stage = Stage(a_library(database), SETTINGS, schemas)
    yield stage
    stage.close()


def transaction(
    card: str,
    action: str,
    amount: int,
    *,
    name: str = "",
    request: str = "",
    related: str = "",
    currency: str = "DKK",
    kind: str = "Interlibrary Loan Fee",
    more: str = "",
) -> str:
    def reference(element: str, value: str) -> str:
        return (
            f"<{element}><AgencyId>DK-710100</AgencyId><FiscalTransactionIdentifierValue>{value}"
            f"</FiscalTransactionIdentifierValue></{element}>"
            if value
            else ""
        )

    return service(
        "CreateUserFiscalTransaction",
        user(card),
        f"<FiscalTransactionInformation><FiscalActionType>{action}</FiscalActionType>",
        reference("FiscalTransactionReferenceId", name),
        reference("RelatedFiscalTransactionReferenceId", related),
        f"<FiscalTransactionType>{kind}</FiscalTransactionType>" if kind else "",
        f"<Amount><CurrencyCode>{currency}</CurrencyCode><MonetaryValue>{amount}</MonetaryValue>",
        "</Amount>",
        more,
        f"<RequestId><RequestIdentifierValue>{request}</RequestIdentifierValue></RequestId>"
        if request
        else "",
        "</FiscalTransactionInformation>",
    )


def assessed(stage: Stage, card: str, amount: int) -> str:
    """The number of a new charge."""
    charged = stage.ask(transaction(card, "Assess", amount))
    number = text_of(charged, "FiscalTransactionReferenceId/FiscalTransactionIdentifierValue")
    assert number
    return number


def account(stage: Stage, card: str) -> etree._Element:
    answer = stage.ask(service("LookupUser", user(card), "<UserFiscalAccountDesired/>"))
    found = answer.find(f"{N}UserFiscalAccount")
    assert found is not None
    return found


def balance(stage: Stage, card: str) -> str | None:
    return text_of(account(stage, card), "AccountBalance/MonetaryValue")


def test_charged_and_paid(stage: Stage) -> None:
    card = a_patron(stage.library)
    assert balance(stage, card) == "0"
    charged = stage.ask(transaction(card, "Assess", 4000))
    number = text_of(charged, "FiscalTransactionReferenceId/FiscalTransactionIdentifierValue")
    assert number
    owed = account(stage, card)
    assert text_of(owed, "AccountBalance/MonetaryValue") == "4000"
    details = "AccountDetails/FiscalTransactionInformation/"
    assert text_of(owed, f"{details}Amount/MonetaryValue") == "4000"
    assert text_of(owed, f"{details}FiscalTransactionType") == "Service Charge"
    assert not problem_types(stage.ask(transaction(card, "Payment", 4000, related=number)))
    assert balance(stage, card) == "0"


def test_a_transaction_happens_once_for_each_number(stage: Stage) -> None:
    card = a_patron(stage.library)
    for _ in range(2):
        answer = stage.ask(transaction(card, "Assess", 4000, name="T 1"))
        value = "FiscalTransactionReferenceId/FiscalTransactionIdentifierValue"
        assert text_of(answer, value) == "T 1"
    assert balance(stage, card) == "4000"
    for _ in range(2):
        assert not problem_types(stage.ask(transaction(card, "Payment", 4000, name="P 1")))
    assert balance(stage, card) == "0"
    other = stage.ask(transaction(card, "Payment", 5000, name="P 1"))
    assert problem_types(other) == ["Duplicate Fiscal Transaction"]
    changed = stage.ask(transaction(card, "Assess", 5000, name="T 1"))
    assert problem_types(changed) == ["Duplicate Fiscal Transaction"]


@pytest.mark.parametrize("action", ["Waive", "Forgive", "Write Off", "Cancel"])
def test_a_charge_is_given_up(stage: Stage, action: str) -> None:
    card = a_patron(stage.library)
    charged = stage.ask(transaction(card, "Penalty", 4000))
    number = text_of(charged, "FiscalTransactionReferenceId/FiscalTransactionIdentifierValue")
    more = stage.ask(transaction(card, action, 5000, related=number or ""))
    assert problem_types(more) == ["Invalid Amount"]
    assert not problem_types(stage.ask(transaction(card, action, 4000, related=number or "")))
    assert balance(stage, card) == "0"


def last_event(stage: Stage, card: str) -> Event:
    """The last of the patron, which the partner has caused at its branch, now."""
    who = number_of(stage.library, card)
    event = stage.library.read(lambda each: events_of_patron(each, patron_id=who))[-1]
    partner = SETTINGS.partners[0]
    assert (event.actor, event.device) == (partner.known_as, "NCIP")
    assert (event.branch_id, event.at) == (stage.library.main.id, stage.library.now)
    return event


def test_the_ledger_has_who_did_what_and_why(stage: Stage) -> None:
    library, partner = stage.library, SETTINGS.partners[0]
    card = a_patron(library)
    said = "<FiscalTransactionDescription>En bog fra Aarhus</FiscalTransactionDescription>"
    numbers = []
    for more, why in ((said, "En bog fra Aarhus"), ("", partner.known_as)):
        library.pass_time(minutes=1)
        answer = stage.ask(transaction(card, "Assess", 4000, more=more))
        value = "FiscalTransactionReferenceId/FiscalTransactionIdentifierValue"
        numbers.append(text_of(answer, value) or "")
        made = last_event(stage, card)
        assert made.kind is EventKind.CHARGE_CREATED
        assert made.after == {
            "charge": int(numbers[-1]),
            "kind": "service",
            "amount": 4000,
            "balance": 4000,
            "currency": "DKK",
            "agency": library.main.agency_id,
            "reason": why,
        }
    library.pass_time(minutes=1)
    method = "<PaymentMethodType>Cash</PaymentMethodType>"
    for name, more, told in (("P 1", method, "Cash"), ("P 2", "", "")):
        answer = stage.ask(
            transaction(card, "Payment", 1000, name=name, related=numbers[0], more=more)
        )
        assert not problem_types(answer)
        taken = last_event(stage, card)
        assert taken.kind is EventKind.PAYMENT_TAKEN
        assert taken.after["method"] == told
        assert taken.after["order"] == f"{partner.agency.casefold()} {name}"
        assert taken.after["charges"] == {numbers[0]: 1000}
    for action, by in (("Waive", "write_off"), ("Cancel", "reduction")):
        library.pass_time(minutes=1)
        for more, why in ((said, "En bog fra Aarhus"), ("", partner.known_as)):
            answer = stage.ask(transaction(card, action, 500, related=numbers[1], more=more))
            assert text_of(answer, value) == numbers[1]
            changed = last_event(stage, card)
            assert changed.kind is EventKind.CHARGE_CHANGED
            assert (changed.after["charge"], changed.after["by"]) == (int(numbers[1]), by)
            assert changed.after["why"] == why


@pytest.mark.parametrize(
    ("kind", "charged"),
    [
        ("Fine", "late_fee"),
        ("Book Replacement Charge", "compensation"),
        ("Service Charge", "processing"),
        ("Rental", "loan_fee"),
        ("Reservation Charge", "hold_fee"),
        ("Reminder Charge", "administrative"),
        ("Purchase", "other"),
        ("Card Replacement Charge", "administrative"),
        ("Interlibrary Loan Fee", "service"),
        ("Renewal Fee", "loan_fee"),
        ("Catalog Search", "service"),
        ("Day Pass", "service"),
        ("Something Else", "other"),
        ("", "other"),
    ],
)
def test_each_type_of_transaction_is_a_kind_of_charge(
    stage: Stage, kind: str, charged: str
) -> None:
    card = a_patron(stage.library)
    assert not problem_types(stage.ask(transaction(card, "Assess", 100, kind=kind)))
    assert last_event(stage, card).after["kind"] == charged


@pytest.mark.parametrize(
    ("action", "amount", "related", "problem"),
    [
        ("Borrow", 100, "", ("Unable To Add Element", "FiscalActionType", "Borrow")),
        ("Assess", -1, "", ("Invalid Amount", "MonetaryValue", "-1")),
        ("Payment", 9, "", ("Invalid Amount", "MonetaryValue", "9")),
        (
            "Waive",
            9,
            "12345678901234567890",
            (
                "Unable To Add Element",
                "RelatedFiscalTransactionReferenceId",
                "12345678901234567890",
            ),
        ),
        ("Cancel", 9, "17", ("Unable To Add Element", "RelatedFiscalTransactionReferenceId", "17")),
        ("Cancel", 9, "", ("Unable To Add Element", "RelatedFiscalTransactionReferenceId", None)),
    ],
)
def test_a_problem_names_the_element_and_what_stood_in_it(
    stage: Stage, action: str, amount: int, related: str, problem: tuple[str, str, str | None]
) -> None:
    answer = stage.ask(transaction(a_patron(stage.library), action, amount, related=related))
    [told] = answer.iter(f"{N}Problem")
    found = tuple(text_of(told, name) for name in ("ProblemType", "ProblemElement", "ProblemValue"))
    assert found == problem


def test_the_answer_names_the_transaction_as_the_partner_does(stage: Stage) -> None:
    """Or else by the number of the charge."""
    card = a_patron(stage.library)
    value = "FiscalTransactionReferenceId/FiscalTransactionIdentifierValue"
    agency = "FiscalTransactionReferenceId/AgencyId"
    named = stage.ask(transaction(card, "Assess", 100, name="T 9"))
    assert (text_of(named, agency), text_of(named, value)) == ("DK-710100", "T 9")
    ours = stage.ask(transaction(card, "Assess", 100))
    assert text_of(ours, agency) == "DK-900100"
    assert (text_of(ours, value) or "").isdecimal()


#: What gives up, or takes back, a part of a charge.
GIVING_UP = ["Waive", "Forgive", "Write Off", "Cancel"]


@pytest.mark.parametrize("by", ["name", "request"])
@pytest.mark.parametrize("action", GIVING_UP)
def test_a_charge_is_given_up_once_for_each_number(stage: Stage, action: str, by: str) -> None:
    library = stage.library
    card = a_patron(library)
    number = assessed(stage, card, 4000)
    asked = message(transaction(card, action, 1000, related=number, **{by: "W 1"}))
    first = stage.answer(asked)
    library.pass_time(days=3)
    assert stage.answer(asked) == first
    assert not problem_types(stage.schemas.check(first))
    assert balance(stage, card) == "3000"
    for other in (
        transaction(card, action, 1500, related=number, **{by: "W 1"}),
        transaction(card, action, 1000, related=assessed(stage, card, 2000), **{by: "W 1"}),
    ):
        assert problem_types(stage.ask(other)) == ["Duplicate Fiscal Transaction"]
    assert balance(stage, card) == "5000"
    # A reference is of one transaction; a request may well be charged for and paid for.
    payment = stage.ask(transaction(card, "Payment", 1000, related=number, **{by: "W 1"}))
    assert problem_types(payment) == (["Duplicate Fiscal Transaction"] if by == "name" else [])


@pytest.mark.parametrize("action", ["Payment", "Assess", *GIVING_UP])
def test_sixteen_at_once_move_money_once(stage: Stage, action: str) -> None:
    library = stage.library
    card = a_patron(library)
    number = assessed(stage, card, 4000)
    related = "" if action == "Assess" else number
    asked = message(transaction(card, action, 1000, related=related, name="X 1"))
    answers: list[bytes] = []
    for _ in range(16):
        stage.exchange.answer(asked, answers.append, UNTOLD)
    while len(answers) < 16:
        stage.turn()
    assert len(set(answers)) == 1
    assert not problem_types(stage.schemas.check(answers[0]))
    assert balance(stage, card) == ("5000" if action == "Assess" else "3000")


@pytest.mark.parametrize(
    ("action", "amount", "related", "problem"),
    [
        ("Payment", 100, "", "Invalid Amount"),  # nothing is owed
        ("Payment", 0, "", "Invalid Amount"),
        ("Payment", 100, "x", "Unable To Add Element"),
        ("Waive", 100, "", "Unable To Add Element"),
        ("Waive", 100, "123", "Unable To Add Element"),
        ("Borrow", 100, "", "Unable To Add Element"),
    ],
)
def test_what_is_not_done(
    stage: Stage, action: str, amount: int, related: str, problem: str
) -> None:
    card = a_patron(stage.library)
    answer = stage.ask(transaction(card, action, amount, related=related))
    assert problem_types(answer) == [problem]


@pytest.mark.parametrize("action", ["charge-default-patron-fee", ""])
def test_what_our_rules_charge_by_themselves_is_accepted(stage: Stage, action: str) -> None:
    """crosslink and ReShare say so, with an amount of nothing and a currency that is empty."""
    card = a_patron(stage.library)
    for _ in range(2):
        answer = stage.ask(transaction(card, action, 0, currency=""))
        assert not problem_types(answer)
        assert text_of(answer, "UserId/UserIdentifierValue") == card
    assert balance(stage, card) == "0"
    assert problem_types(stage.ask(transaction(card, action or "Assess", -1))) == ["Invalid Amount"]
    nobody = stage.ask(transaction("X", action, 0, currency=""))
    assert problem_types(nobody) == ["Unknown User"]


def test_a_default_fee_with_an_amount_is_charged(stage: Stage) -> None:
    card = a_patron(stage.library)
    assert not problem_types(stage.ask(transaction(card, "charge-default-patron-fee", 500)))
    assert balance(stage, card) == "500"


def test_an_amount_without_a_currency_is_in_that_of_the_account(stage: Stage) -> None:
    library = stage.library
    fee_rule(library, currency="SEK")
    card = a_patron(library)
    number = ""
    for action in ("Assess", "Waive", "Cancel", "Payment"):
        related = "" if action == "Assess" else number
        amount = 400 if action == "Assess" else 100
        answer = stage.ask(transaction(card, action, amount, related=related, currency=""))
        assert not problem_types(answer)
        number = (
            number
            or text_of(answer, "FiscalTransactionReferenceId/FiscalTransactionIdentifierValue")
            or ""
        )
    owed = account(stage, card)
    assert text_of(owed, "AccountBalance/MonetaryValue") == "100"
    assert text_of(owed, "AccountBalance/CurrencyCode") == "SEK"


def test_nobody_pays_for_nobody(stage: Stage) -> None:
    assert problem_types(stage.ask(transaction("X", "Payment", 100))) == ["Unknown User"]


def test_a_payment_lifts_the_block_in_the_same_transaction(stage: Stage) -> None:
    library = stage.library
    card = a_blocked_debtor(library, 25_000)
    who = number_of(library, card)

    def blocks() -> set[BlockReason]:
        status = library.read(
            lambda each: patron_status(library.act(each, UNATTENDED), patron=card)
        )
        assert isinstance(status, PatronStatus)
        return {block.reason for block in status.blocks}

    assert not problem_types(stage.ask(transaction(card, "Payment", 5_000)))
    assert blocks() == {BlockReason.DEBT}  # exactly the threshold is owed still
    assert not problem_types(stage.ask(transaction(card, "Payment", 1)))
    assert blocks() == set()
    events = library.read(lambda each: events_of_patron(each, patron_id=who))
    (lifted,) = [event for event in events if event.kind is EventKind.PATRON_UNBLOCKED]
    taken = [event for event in events if event.kind is EventKind.PAYMENT_TAKEN]
    assert lifted.at == taken[-1].at


@pytest.mark.parametrize("action", ["Waive", "Forgive", "Write Off", "Cancel"])
def test_what_another_agency_is_owed_is_not_given_up(stage: Stage, action: str) -> None:
    library = stage.library

    def others_charge(transaction: Transaction) -> int:
        consortium = add_consortium(transaction, name="Andetland")
        agency = add_agency(transaction, consortium, "DK-900300", "Naboerne")
        branch = add_branch(transaction, agency, "DK-900301", "Nabobiblioteket")
        found = fees.account(library, transaction, card)
        new = NewCharge(ChargeKind.ADMINISTRATIVE, 4000, "DKK", branch, "a card")
        made = create_charge(found, new)
        return made.id

    card = a_patron(library)
    number = library.write(others_charge)
    answer = stage.ask(transaction(card, action, 4000, related=str(number)))
    assert problem_types(answer) == ["Unable To Add Element"]
    [line] = fees.charges_of(library, card)
    assert line.charge.balance == 4000


@pytest.mark.parametrize("action", ["Assess", "Payment", "Waive"])
def test_amounts_at_the_limit_and_above(stage: Stage, action: str) -> None:
    card = a_patron(stage.library)
    for _ in range(3):
        charged = stage.ask(transaction(card, "Assess", MAX_AMOUNT_MINOR_UNITS))
        assert not problem_types(charged)
    owed = str(3 * MAX_AMOUNT_MINOR_UNITS)
    assert balance(stage, card) == owed
    number = text_of(charged, "FiscalTransactionReferenceId/FiscalTransactionIdentifierValue")
    for beyond in (MAX_AMOUNT_MINOR_UNITS + 1, 2**31, 2**63):
        related = number or "" if action == "Waive" else ""
        told = stage.ask(transaction(card, action, beyond, related=related))
        assert problem_types(told) == ["Invalid Amount"]
    assert balance(stage, card) == owed
