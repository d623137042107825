"""CreateUserFiscalTransaction and the account of LookupUser, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import etree

from catalogue.database import Database
from catalogue.statements import Transaction
from circulation.events import EventKind, events_of_patron
from circulation.ledger.charges import create_charge
from circulation.ledger.money import ChargeKind
from circulation.organisation import add_agency, add_branch, add_consortium
from circulation.patrons.accounts import patron_status
from circulation.reasons import BlockReason
from circulation.results import PatronStatus
from protocols.ncip.partners.arrivals import UNTOLD
from tests.builders import fees
from tests.builders.circulation import a_library, a_patron
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
        "<FiscalTransactionType>Interlibrary Loan Fee</FiscalTransactionType>",
        f"<Amount><CurrencyCode>{currency}</CurrencyCode><MonetaryValue>{amount}</MonetaryValue>",
        "</Amount>",
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
            lambda each: patron_status(library.circulation, each, patron=card, now=library.now)
        )
        assert isinstance(status, PatronStatus)
        return {block.reason for block in status.blocks}

    assert not problem_types(stage.ask(transaction(card, "Payment", 5_000)))
    assert blocks() == {BlockReason.DEBT}  # exactly the threshold is owed still
    assert not problem_types(stage.ask(transaction(card, "Payment", 1)))
    assert blocks() == set()
    events = library.read(lambda each: events_of_patron(each, who))
    (lifted,) = [event for event in events if event.kind is EventKind.PATRON_UNBLOCKED]
    taken = [event for event in events if event.kind is EventKind.PAYMENT_TAKEN]
    assert lifted.at == taken[-1].at


@pytest.mark.parametrize("action", ["Waive", "Forgive", "Write Off", "Cancel"])
def test_what_another_agency_is_owed_is_not_given_up(stage: Stage, action: str) -> None:
    library = stage.library

    def others_charge(transaction: Transaction) -> int:
        consortium = add_consortium(transaction, "Andetland")
        agency = add_agency(transaction, consortium, "DK-900300", "Naboerne")
        branch = add_branch(transaction, agency, "DK-900301", "Nabobiblioteket")
        found = fees.account(library, transaction, card)
        made = create_charge(
            library.circulation,
            found,
            ChargeKind.ADMINISTRATIVE,
            4000,
            "DKK",
            branch_id=branch,
            reason="a card",
        )
        return made.id

    card = a_patron(library)
    number = library.write(others_charge)
    answer = stage.ask(transaction(card, action, 4000, related=str(number)))
    assert problem_types(answer) == ["Unable To Add Element"]
    [line] = fees.charges_of(library, card)
    assert line.charge.balance == 4000
