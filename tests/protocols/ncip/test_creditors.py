"""A partner acts for one agency: it sees the debts and blocks that concern that one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalogue.database import Database
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import Branch
from circulation.patrons.blocks import block_patron
from tests.builders.agencies import a_school, agree, charge_at
from tests.builders.circulation import a_library, a_patron
from tests.builders.fees import number_of
from tests.protocols.ncip.furnishing import service
from tests.protocols.ncip.stage import SETTINGS, N, Schemas, Stage, problem_types, user
from tests.protocols.ncip.test_payments import balance, transaction


@pytest.fixture
def stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    stage = Stage(a_library(database), SETTINGS, schemas)
    yield stage
    stage.close()


def test_an_account_is_what_the_partner_s_agency_collects(stage: Stage) -> None:
    library = stage.library
    school, card = a_school(library), a_patron(library)
    charge_at(library, library.main, card, 2_000)
    charge_at(library, school, card, 3_000)
    assert balance(stage, card) == "2000"
    agree(library, library.main, school, payments=True)
    assert balance(stage, card) == "5000"


def test_a_payment_says_where_to_pay_what_is_owed_elsewhere(stage: Stage) -> None:
    library = stage.library
    school, card = a_school(library), a_patron(library)
    charge_at(library, school, card, 3_000)
    answer = stage.ask(transaction(card, "Payment", 3_000))
    assert problem_types(answer) == ["Invalid Amount"]
    [detail] = [each.text or "" for each in answer.iter(f"{N}ProblemDetail")]
    assert f"{school.agency_name} (DK-900200): 30.00 DKK" in detail


def test_an_empty_account_says_where_to_pay_what_is_owed_elsewhere(stage: Stage) -> None:
    library = stage.library
    school, card = a_school(library), a_patron(library)
    wanted = "<UserFiscalAccountDesired/>"

    def lines() -> list[tuple[str, str]]:
        answer = stage.ask(service("LookupUser", user(card), wanted))
        return [
            (
                each.findtext(f".//{N}MonetaryValue") or "",
                each.findtext(f".//{N}FiscalTransactionDescription") or "",
            )
            for each in answer.iter(f"{N}AccountDetails")
        ]

    assert lines() == []
    charge_at(library, school, card, 3_000)
    [(amount, text)] = lines()
    assert amount == "0"
    assert f"{school.agency_name} (DK-900200): 30.00 DKK" in text
    assert balance(stage, card) == "0"
    charge_at(library, library.main, card, 2_000)
    assert [amount for amount, _ in lines()] == ["2000"]
    agree(library, library.main, school, payments=True)
    assert [amount for amount, _ in lines()] == ["3000", "2000"]


def test_blocks_are_those_that_count_there(stage: Stage) -> None:
    library = stage.library
    school, card = a_school(library), a_patron(library)

    def is_blocked() -> bool:
        wanted = "<UserElementType>User Privilege</UserElementType>"
        answer = stage.ask(service("LookupUser", user(card), wanted))
        return "BLOCKED" in [each.text for each in answer.iter(f"{N}UserPrivilegeStatusType")]

    def block(at: Branch) -> None:
        library.write(
            lambda transaction: block_patron(
                library.act(transaction, at), number_of(library, card), BlockReason.EXCLUDED
            )
        )

    block(school)
    assert not is_blocked()
    agree(library, library.main, school, debts=True)
    assert is_blocked()
    agree(library, library.main, school)
    block(library.main)
    assert is_blocked()
