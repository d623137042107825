"""Loans and renewals, and the numbers by which they are named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from circulation.kernel.ids import IdSource
from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import Refusal
from circulation.patrons.blocks import block_patron
from circulation.patrons.consents import give_consent
from circulation.patrons.identifiers import find_patron
from circulation.patrons.kinds import Consent
from protocols.fbs.handling.material import part_meant, periodical, wire_number
from protocols.fbs.refusals import RENEWAL_DENIALS, renewal_denials
from tests.builders.circulation import an_item
from tests.builders.holds import a_hold
from tests.protocols.fbs.stage import Stage

LOANS = "{}/patrons/{}/loans/v2"
RENEW = "{}/patrons/{}/loans/renew/v2"
DENIALS = {
    *("deniedReserved", "deniedMaxRenewalsReached", "deniedLoanerIsBlocked"),
    *("deniedMaterialIsNotLoanable", "deniedMaterialIsNotFound", "deniedLoanerNotFound"),
    *("deniedLoaningProfileNotFound", "deniedOtherReason"),
}


def loans(stage: Stage, card: str) -> dict[str, dict[str, Any]]:
    told = stage.of_patron("GET", card, LOANS).body
    return {each["loanDetails"]["materialItemNumber"]: each for each in told}


def test_why_each_loan_cannot_be_renewed_is_true(stage: Stage) -> None:
    """What says that it can be renewed is renewed, and what says no is refused for that reason."""
    library, card, other = stage.library, stage.a_patron(), stage.a_patron()
    free, wanted, worn = (an_item(library, on_loan_to=card, title=f"T{n}") for n in range(3))
    library.pass_time(days=10)
    for _ in range(2):
        library.renew(card, worn)
        library.pass_time(days=1)
    a_hold(library, other, wanted)
    stage.sites.clear()
    told = loans(stage, card)
    assert {item: each["renewalStatusList"] for item, each in told.items()} == {
        free: [],
        wanted: ["deniedReserved"],
        worn: ["deniedMaxRenewalsReached"],
    }
    assert [told[each]["isRenewable"] for each in (free, wanted, worn)] == [True, False, False]
    ids = [each["loanDetails"]["loanId"] for each in told.values()]
    done = stage.of_patron("POST", card, RENEW, [*ids, ids[0], 4711]).body
    assert {each["loanDetails"]["materialItemNumber"]: each["renewalStatus"] for each in done} == {
        free: ["renewed"],
        wanted: ["deniedReserved"],
        worn: ["deniedMaxRenewalsReached"],
    }
    due = {
        each["loanDetails"]["materialItemNumber"]: each["loanDetails"]["dueDate"] for each in done
    }
    assert due[wanted] == told[wanted]["loanDetails"]["dueDate"]
    assert due[free] > told[free]["loanDetails"]["dueDate"]


def test_the_second_renewal_at_once_is_denied(stage: Stage) -> None:
    card = stage.a_patron()
    an_item(stage.library, on_loan_to=card)
    stage.library.pass_time(days=10)
    stage.sites.clear()
    [its] = loans(stage, card).values()
    for status in ("renewed", "deniedOtherReason"):
        told = stage.of_patron("POST", card, RENEW, [its["loanDetails"]["loanId"]]).body
        assert told[0]["renewalStatus"] == [status]


def test_nothing_of_anothers_is_renewed(stage: Stage) -> None:
    card, other = stage.a_patron(), stage.a_patron()
    an_item(stage.library, on_loan_to=other)
    stage.library.pass_time(days=10)
    stage.sites.clear()
    [theirs] = loans(stage, other).values()
    assert stage.of_patron("POST", card, RENEW, [theirs["loanDetails"]["loanId"]]).body == []
    assert loans(stage, other)[theirs["loanDetails"]["materialItemNumber"]] == theirs


def test_a_patron_who_is_blocked(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    an_item(one_stage.library, on_loan_to=card)

    def block(transaction: Any) -> None:
        patron_id = find_patron(transaction, card) or 0
        block_patron(one_stage.library.act(transaction), patron_id, BlockReason.DEBT)

    one_stage.library.write(block)
    one_stage.library.pass_time(days=10)
    one_stage.sites.clear()
    [its] = loans(one_stage, card).values()
    assert its["renewalStatusList"] == ["deniedLoanerIsBlocked"]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b'["x"]', b"[1.5]", b"[true]", b"[-1]", b"[1"]
)
def test_what_is_no_list_of_loans(one_stage: Stage, body: bytes) -> None:
    assert one_stage.of_patron("POST", one_stage.a_patron(), RENEW, body).status == 400


def test_without_loans_lists_are_empty(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    assert one_stage.of_patron("GET", card, LOANS).body == []
    assert one_stage.of_patron("POST", card, RENEW, []).body == []
    told = one_stage.of_patron("GET", card, "{}/patrons/{}/loans/withhistoricalloans/v1").body
    assert told == {"loans": [], "historicalMaterialLoans": []}


def test_an_unknown_patron_has_no_loans_to_be_told_of(one_stage: Stage) -> None:
    for method, path in (("GET", LOANS), ("POST", RENEW)):
        its = path.format("DK-900100", 4711)
        assert one_stage.ask(method, its, [], session=one_stage.session).status == 404


def test_what_was_read_before_is_told_where_the_patron_has_agreed(stage: Stage) -> None:
    library, card = stage.library, stage.a_patron()
    item = an_item(library, on_loan_to=card)
    library.check_in(item)
    path = "{}/patrons/{}/loans/withhistoricalloans/v1"
    assert stage.of_patron("GET", card, path).body["historicalMaterialLoans"] == []
    library.write(
        lambda transaction: give_consent(
            library.act(transaction), find_patron(transaction, card) or 0, Consent.KEEP_HISTORY
        )
    )
    [its] = stage.of_patron("GET", card, path).body["historicalMaterialLoans"]
    assert (its["materialItemNumber"], its["returnedDate"]) == (item, "2026-11-25")


def test_numbers_fit_into_json() -> None:
    source, now = IdSource(), datetime(2088, 1, 1, tzinfo=UTC)
    numbers = [source.next(now) for _ in range(1000)]
    assert len({wire_number(each) for each in numbers}) == 1000
    assert max(map(wire_number, numbers)) < 2**53


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("2018, nr. 9", (None, "2018", "9")),
        ("2018:9", (None, "2018", "9")),
        ("Årg. 12, nr. 3 (2018)", ("12", "2018", "3")),
        ("Bind 2", ("2", None, None)),
        ("tillæg", ("tillæg", None, None)),
        ("nr 4/5", (None, None, "4/5")),
    ],
)
def test_parts_are_taken_apart(part: str, told: tuple[str | None, ...]) -> None:
    found = periodical(part)
    assert found is not None
    assert (found["volume"], found["volumeYear"], found["volumeNumber"]) == told
    assert found["displayText"] == part
    wanted = {name: value or "" for name, value in found.items() if name != "displayText"}
    assert part_meant(["other", part], wanted) == part


def test_every_reason_has_a_denial_that_clients_know() -> None:
    assert set(RENEWAL_DENIALS.values()) <= DENIALS
    for reason in Reason:
        assert set(renewal_denials([Refusal(reason)])) <= DENIALS
    assert renewal_denials([]) == ["deniedOtherReason"]
