"""As the supplier: from a request to the pick list, the loan at any desk, and what comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from catalogue.database import Transaction
from circulation.holds.changing import cancel_hold
from circulation.interlending.answering import supply_copy
from circulation.interlending.remarks import RemarkKind
from circulation.interlending.states import LendingState
from circulation.kernel.organisation import add_agency, add_branch, all_consortia
from circulation.kernel.results import CheckedIn, CheckedOut
from circulation.kernel.set_up import set_up_changed
from circulation.loans.lost import declare_lost
from circulation.loans.undo import cancel_check_out
from protocols.iso18626.codes import (
    Action,
    ErrorType,
    ReasonForMessage,
    RequestType,
    ServiceType,
    Status,
    Version,
)
from protocols.iso18626.messages import (
    AgencyId,
    BibliographicInfo,
    Code,
    Identifier,
    Message,
    RequestingAgencyMessage,
    SupplyingAgencyMessage,
)
from tests.builders.circulation import a_patron
from tests.builders.holds import a_hold, holds_of, to_fetch
from tests.protocols.iso18626.stage import ODENSE, OURS, Stage, a_partner, a_title


def only(messages: list[Message]) -> SupplyingAgencyMessage:
    [message] = messages
    assert isinstance(message, SupplyingAgencyMessage)
    return message


def told(messages: list[Message]) -> list[tuple[ReasonForMessage, Status | None]]:
    found = []
    for each in messages:
        assert isinstance(each, SupplyingAgencyMessage)
        found.append((each.reason_for_message, each.status))
    return found


def test_a_whole_life(either_stage: Stage) -> None:
    """Asked for, lent at a desk, received, renewed, sent back, and checked in at a machine."""
    stage, library = either_stage, either_stage.library
    barcode = a_title(library)
    assert stage.say(stage.request()).error is None
    answer = only(stage.tell())
    assert (answer.reason_for_message, answer.status) == (
        ReasonForMessage.REQUEST_RESPONSE,
        Status.WILL_SUPPLY,
    )
    assert answer.header.requesting_agency_request_id == "REQ-1"
    assert answer.header.supplying_agency_request_id == str(stage.loan().id)
    assert [each.item for each in to_fetch(library)] == [barcode]

    lent = library.check_out(ODENSE, barcode)
    assert isinstance(lent, CheckedOut), lent
    shipped = only(stage.tell())
    assert (shipped.status, shipped.due_date) == (Status.LOANED, lent.loan.due)
    assert shipped.delivery_info is not None
    assert shipped.delivery_info.item_id == (barcode,)
    assert shipped.return_agency_id == AgencyId("DK-900101")

    assert stage.act(Action.RECEIVED).error is None
    assert stage.tell() == []
    library.pass_time(days=20)
    assert stage.act(Action.RENEW).error is None
    renewed = only(stage.tell())
    assert renewed.reason_for_message is ReasonForMessage.RENEW_RESPONSE
    assert (renewed.answer_yes_no, renewed.status) == (True, Status.LOANED)
    assert renewed.due_date is not None
    assert renewed.due_date > lent.loan.due

    assert stage.act(Action.SHIPPED_RETURN).error is None
    assert stage.loan().state is LendingState.RETURNING
    assert stage.tell() == []
    assert isinstance(library.check_in(barcode, at=library.other), CheckedIn)
    assert told(stage.tell()) == [(ReasonForMessage.STATUS_CHANGE, Status.LOAN_COMPLETED)]
    assert stage.loan().state is LendingState.COMPLETED
    assert stage.remarks() == []


def test_a_due_date_is_written_as_the_clock_of_the_branch_has_it(stage: Stage) -> None:
    barcode = a_title(stage.library)
    stage.say(stage.request())
    stage.library.check_out(ODENSE, barcode)
    stage.tell()
    assert b"<dueDate>2026-12-23T23:59:59+01:00</dueDate>" in stage.posted[-1]


@pytest.mark.parametrize(
    ("info", "is_found"),
    [
        (BibliographicInfo(title="Peters jul"), True),
        (BibliographicInfo(title="PETERS JUL", author="Johan Krohn"), True),
        (BibliographicInfo(title="Peters jul", author="Andersen"), False),
        (BibliographicInfo(title="Pauls påske"), False),
        (BibliographicInfo(author="Krohn"), False),
        (BibliographicInfo(), False),
        (
            BibliographicInfo(bibliographic_item_id=(Identifier("9788700000018", Code("ISBN")),)),
            True,
        ),
        (
            BibliographicInfo(
                title="Jul", bibliographic_record_id=(Identifier("12345678", Code("FAUST")),)
            ),
            True,
        ),
        # Our number of another list, and a number under which we have something else.
        (
            BibliographicInfo(bibliographic_record_id=(Identifier("12345678", Code("OCLC")),)),
            False,
        ),
        (
            BibliographicInfo(
                title="Trafik", bibliographic_record_id=(Identifier("12345678", Code("FAUST")),)
            ),
            False,
        ),
    ],
)
def test_which_title_is_meant(stage: Stage, info: BibliographicInfo, is_found: bool) -> None:
    a_title(stage.library, number="12345678", isbn="9788700000018")
    stage.say(stage.request(info=info))
    answer = only(stage.tell())
    assert answer.status is (Status.WILL_SUPPLY if is_found else Status.UNFILLED)
    assert answer.reason_unfilled == ("" if is_found else "NotHeld")


def test_a_title_that_is_out_is_expected(stage: Stage) -> None:
    library = stage.library
    a_title(library, on_loan_to=a_patron(library))
    stage.say(stage.request())
    answer = only(stage.tell())
    assert answer.status is Status.EXPECT_TO_SUPPLY
    assert answer.expected_delivery_date is not None
    days = (answer.expected_delivery_date - library.now).days
    assert 25 < days < 35


def test_a_partner_that_may_not_wait_is_told_when_to_ask_again(stage: Stage) -> None:
    library = stage.library
    a_partner(library, queues=False)
    a_title(library, on_loan_to=a_patron(library))
    stage.say(stage.request())
    answer = only(stage.tell())
    assert (answer.status, answer.reason_retry) == (Status.RETRY_POSSIBLE, "OnLoan")
    assert answer.retry_info is not None
    assert answer.retry_info.retry_after is not None
    assert holds_of(library, ODENSE) == []
    assert stage.loan().state is LendingState.OFFERED
    # It asks again, under a new id that names the old one.
    a_partner(library)
    retry = {"request_type": RequestType.RETRY, "requesting_agency_previous_request_id": "REQ-1"}
    stage.say(stage.request("REQ-2", **retry))
    assert only(stage.tell()).status is Status.EXPECT_TO_SUPPLY
    assert stage.loan().state is LendingState.CANCELLED


def test_what_is_needed_before_it_can_be_had(stage: Stage) -> None:
    library = stage.library
    a_title(library, on_loan_to=a_patron(library))
    stage.say(stage.request(need_before_date=library.now + timedelta(days=3)))
    answer = only(stage.tell())
    assert (answer.status, answer.reason_retry) == (Status.RETRY_POSSIBLE, "OnLoan")
    stage.say(stage.request("REQ-2", need_before_date=library.now - timedelta(days=3)))
    assert only(stage.tell()).status is Status.UNFILLED


@pytest.mark.parametrize(
    ("options", "rule", "reason"),
    [
        ({"lends": False}, {}, "PolicyProblem"),
        ({}, {"holdable": False}, "NonCirculating"),
        ({}, {"max_holds": 0}, "PolicyProblem"),
    ],
)
def test_why_it_is_not_lent(
    stage: Stage, options: dict[str, Any], rule: dict[str, Any], reason: str
) -> None:
    a_partner(stage.library, **options)
    a_title(stage.library)
    if rule:
        stage.library.policy(loan_days=28, **rule)
    stage.say(stage.request())
    answer = only(stage.tell())
    assert (answer.status, answer.reason_unfilled) == (Status.UNFILLED, reason)
    assert stage.loan().state is LendingState.UNFILLED


def test_what_is_not_found_on_the_shelf(stage: Stage) -> None:
    library = stage.library
    a_title(library)
    stage.say(stage.request())
    stage.tell()
    (queued,) = holds_of(library, ODENSE)
    library.write(
        lambda transaction: cancel_hold(
            library.act(transaction), patron=ODENSE, hold_id=queued.hold.id, unobtainable=True
        )
    )
    answer = only(stage.tell())
    assert (answer.status, answer.reason_unfilled) == (Status.UNFILLED, "NotOnShelf")
    assert stage.act(Action.CANCEL).error is None
    late = only(stage.tell())
    assert (late.answer_yes_no, late.status) == (False, Status.UNFILLED)


def test_it_is_cancelled_in_time(stage: Stage) -> None:
    a_title(stage.library)
    stage.say(stage.request())
    stage.tell()
    said = stage.act(Action.CANCEL)
    assert (said.action, said.error) == (Action.CANCEL, None)
    answer = only(stage.tell())
    assert answer.reason_for_message is ReasonForMessage.CANCEL_RESPONSE
    assert (answer.answer_yes_no, answer.status) == (True, Status.CANCELLED)
    assert holds_of(stage.library, ODENSE) == []
    # And once more, as it did not hear.
    stage.act(Action.CANCEL)
    again = only(stage.tell())
    assert (again.answer_yes_no, again.status) == (True, Status.CANCELLED)


def test_it_is_cancelled_too_late(stage: Stage) -> None:
    barcode = a_title(stage.library)
    stage.say(stage.request())
    stage.library.check_out(ODENSE, barcode)
    stage.act(Action.CANCEL)
    assert told(stage.tell()) == [
        (ReasonForMessage.REQUEST_RESPONSE, Status.WILL_SUPPLY),
        (ReasonForMessage.STATUS_CHANGE, Status.LOANED),
        (ReasonForMessage.CANCEL_RESPONSE, Status.LOANED),
    ]
    assert isinstance(stage.heard[-1], SupplyingAgencyMessage)
    assert stage.heard[-1].answer_yes_no is False


def test_a_renewal_is_refused_where_somebody_waits(stage: Stage) -> None:
    library = stage.library
    barcode = a_title(library)
    stage.say(stage.request())
    library.check_out(ODENSE, barcode)
    before = stage.loan().due
    a_hold(library, a_patron(library), barcode)
    stage.tell()
    library.pass_time(days=20)
    stage.act(Action.RENEW)
    answer = only(stage.tell())
    assert (answer.answer_yes_no, answer.status) == (False, Status.LOANED)
    assert answer.due_date == before


def test_a_renewal_of_what_is_not_lent(stage: Stage) -> None:
    a_title(stage.library)
    stage.say(stage.request())
    stage.tell()
    stage.act(Action.RENEW)
    answer = only(stage.tell())
    assert (answer.answer_yes_no, answer.status) == (False, Status.WILL_SUPPLY)


def test_lost_at_the_borrower(stage: Stage) -> None:
    barcode = a_title(stage.library)
    stage.version = stage.version.V2021
    a_partner(stage.library, version="2021-2")
    stage.say(stage.request())
    stage.library.check_out(ODENSE, barcode)
    stage.tell()
    assert stage.act(Action.LOST, note="Hunden").error is None
    assert stage.loan().state is LendingState.LOST
    assert told(stage.tell()) == [(ReasonForMessage.STATUS_CHANGE, Status.COMPLETED_WITHOUT_RETURN)]
    [remark] = stage.remarks()
    assert (remark.kind, remark.text) == (RemarkKind.LOST, "Hunden")


def test_lost_by_us_and_found_again(stage: Stage) -> None:
    barcode = a_title(stage.library)
    stage.say(stage.request())
    stage.library.check_out(ODENSE, barcode)
    stage.tell()
    library = stage.library
    library.write(lambda transaction: declare_lost(library.act(transaction), item=barcode))
    assert told(stage.tell()) == [(ReasonForMessage.STATUS_CHANGE, Status.COMPLETED_WITHOUT_RETURN)]
    library.check_in(barcode)
    assert told(stage.tell()) == [(ReasonForMessage.STATUS_CHANGE, Status.LOAN_COMPLETED)]


def test_what_is_lost_here_is_not_found_by_a_message_that_comes_late(stage: Stage) -> None:
    barcode = a_title(stage.library)
    stage.say(stage.request())
    stage.library.check_out(ODENSE, barcode)
    library = stage.library
    library.write(lambda transaction: declare_lost(library.act(transaction), item=barcode))
    assert stage.act(Action.RECEIVED).error is None
    assert stage.loan().state is LendingState.LOST
    assert [each.text for each in stage.remarks()] == ["Received: it is lost here"]


def test_a_status_that_is_asked_for(stage: Stage) -> None:
    barcode = a_title(stage.library)
    stage.say(stage.request())
    stage.library.check_out(ODENSE, barcode)
    stage.library.pass_time(days=40)
    stage.tell()
    stage.act(Action.STATUS_REQUEST)
    answer = only(stage.tell())
    assert answer.reason_for_message is ReasonForMessage.STATUS_REQUEST_RESPONSE
    assert answer.status is Status.OVERDUE
    stage.say(stage.request(request_type=RequestType.REMINDER))
    assert only(stage.tell()).status is Status.OVERDUE


def test_a_copy(stage: Stage) -> None:
    library = stage.library
    a_partner(library, copies=True)
    a_title(library)
    info = BibliographicInfo(title="Peters jul", title_of_component="Julen", pages_requested="4-9")
    stage.say(stage.request(info=info, service_type=ServiceType.COPY))
    assert only(stage.tell()).status is Status.WILL_SUPPLY
    loan = stage.loan()
    assert loan.said["part"] == "Julen; pp. 4-9"
    url = "https://example.org/copies/1"
    library.write(lambda transaction: supply_copy(library.act(transaction), loan, url=url))
    answer = only(stage.tell())
    assert (answer.status, answer.note) == (Status.COPY_COMPLETED, f"URL: {url}")
    assert stage.loan().state is LendingState.SUPPLIED
    assert stage.act(Action.RECEIVED).error is None
    assert stage.remarks() == []


def test_no_copies_are_made_unless_it_was_agreed(stage: Stage) -> None:
    a_title(stage.library)
    stage.say(stage.request(service_type=ServiceType.COPY))
    answer = only(stage.tell())
    assert (answer.status, answer.reason_unfilled) == (Status.UNFILLED, "PolicyProblem")
    stage.say(stage.request("REQ-2", service_type=ServiceType.COPY_OR_LOAN))
    assert only(stage.tell()).status is Status.WILL_SUPPLY


def test_what_is_written_is_read_by_somebody(stage: Stage) -> None:
    barcode = a_title(stage.library)
    stage.say(stage.request())
    stage.library.check_out(ODENSE, barcode)
    stage.act(Action.NOTIFICATION, note="Er den tung?")
    stage.act(Action.SHIPPED_FORWARD, note="til Vejle")
    assert [(each.kind, each.text) for each in stage.remarks()] == [
        (RemarkKind.NOTE, "Er den tung?"),
        (RemarkKind.FORWARDED, "til Vejle"),
    ]


def test_what_comes_too_early_is_taken_and_seen(stage: Stage) -> None:
    a_title(stage.library)
    stage.say(stage.request())
    for action in (Action.RECEIVED, Action.SHIPPED_RETURN):
        assert stage.act(action).error is None
    assert [each.kind for each in stage.remarks()] == [RemarkKind.ODD, RemarkKind.ODD]
    assert stage.loan().state is LendingState.REQUESTED


def test_a_check_out_that_is_taken_back(stage: Stage) -> None:
    library = stage.library
    barcode = a_title(library)
    stage.say(stage.request())
    library.check_out(ODENSE, barcode)
    stage.tell()
    library.write(lambda transaction: cancel_check_out(library.act(transaction), item=barcode))
    assert told(stage.tell()) == [(ReasonForMessage.STATUS_CHANGE, Status.WILL_SUPPLY)]


def test_a_library_behind_a_broker(stage: Stage) -> None:
    """Two libraries may use one id; each is a patron of its own, and is written to by its name."""
    library = stage.library
    a_partner(library, agencies=["DK-8200*"])
    a_title(library)
    a_title(library, title="Pauls påske")
    for number, name in ((1, "Peters jul"), (2, "Pauls påske")):
        agency = AgencyId(f"DK-82001{number}")
        request = stage.request(
            info=BibliographicInfo(title=name), header={"requesting_agency_id": agency}
        )
        said = stage.say(request)
        assert (said.error, said.requesting_agency_id) == (None, agency)
    first, second = stage.tell()
    assert [each.header.requesting_agency_id for each in (first, second)] == [
        AgencyId("DK-820011"),
        AgencyId("DK-820012"),
    ]
    assert len(holds_of(library, "DK-820011")) == len(holds_of(library, "DK-820012")) == 1
    assert stage.loan("dk-820012:REQ-1").title == "Pauls påske"


def test_a_patrons_card_is_no_library(stage: Stage) -> None:
    """A broker cannot place holds in the name of a person."""
    library = stage.library
    a_partner(library, agencies=["*"])
    card = a_patron(library)
    a_title(library)
    stage.say(stage.request(header={"requesting_agency_id": AgencyId(card)}))
    assert only(stage.tell()).status is Status.UNFILLED
    assert holds_of(library, card) == []


def test_one_that_takes_no_answers_of_their_own(stage: Stage) -> None:
    barcode = a_title(stage.library)
    a_partner(stage.library, answers_apart=False)
    stage.say(stage.request())
    stage.library.check_out(ODENSE, barcode)
    stage.library.pass_time(days=20)
    stage.act(Action.RENEW)
    stage.act(Action.STATUS_REQUEST)
    assert told(stage.tell())[2:] == [(ReasonForMessage.STATUS_CHANGE, Status.LOANED)] * 2


def test_the_same_title_twice(stage: Stage) -> None:
    a_title(stage.library)
    for number in (1, 2):
        stage.say(stage.request(f"REQ-{number}"))
    assert [status for _, status in told(stage.tell())] == [
        Status.WILL_SUPPLY,
        Status.EXPECT_TO_SUPPLY,
    ]
    assert len(holds_of(stage.library, ODENSE)) == 2


@pytest.mark.parametrize("version", Version)
def test_a_request_to_another_library_is_refused(stage: Stage, version: Version) -> None:
    """And so is an action: neither is on our pick list, nor does it end what we lend."""
    stage.version = version
    a_partner(stage.library, version=version.value, our_symbols=["AU-KBH", "nyc/*"])
    barcode = a_title(stage.library)
    for name in ("DK-746100", "DK-9001", "AU", "nyc/main"):
        to = AgencyId(name)
        said = stage.say(stage.request(header={"supplying_agency_id": to}))
        assert said.error is not None
        assert said.error.error_type == ErrorType.UNRECOGNISED_DATA_VALUE.value
        assert name in said.error.error_value
    assert to_fetch(stage.library) == []
    # Our agency, a branch, what was agreed, in any case, and with its list before it.
    names = (OURS, "dk-900102", "au-kbh", f"ISIL:{OURS}")
    for number, name in enumerate(names):
        said = stage.say(
            stage.request(f"R-{number}", header={"supplying_agency_id": AgencyId(name)})
        )
        assert said.error is None
    assert [each.item for each in to_fetch(stage.library)] == [barcode]
    elsewhere = stage.header("R-0", supplying_agency_id=AgencyId("DK-746100"))
    refused = stage.say(RequestingAgencyMessage(elsewhere, Action.CANCEL))
    assert refused.error is not None
    assert stage.loan("R-0").state is LendingState.REQUESTED


def test_a_request_that_names_no_supplier_is_ours(stage: Stage) -> None:
    """2021-2 needs none: the address of the post says to whom it goes."""
    a_title(stage.library)
    for number, to in enumerate((None, AgencyId(""))):
        request = stage.request(f"R-{number}", header={"supplying_agency_id": to})
        stage.version = Version.V2021 if to is None else Version.V1_2
        a_partner(stage.library, version=stage.version.value)
        assert stage.say(request).error is None


def test_a_library_of_the_same_consortium_is_another(stage: Stage) -> None:
    """Its pick list is not that of the branch where the partner's work is done."""
    library = stage.library
    a_title(library)

    def work(transaction: Transaction) -> None:
        consortium = all_consortia(transaction)[0]
        agency = add_agency(transaction, consortium.id, "DK-900200", "Nabokommunen")
        add_branch(transaction, agency, "DK-900201", "Nabobiblioteket")
        set_up_changed(transaction)

    library.write(work)
    for name in ("DK-900200", "DK-900201"):
        said = stage.say(stage.request(header={"supplying_agency_id": AgencyId(name)}))
        assert said.error is not None


def test_a_renewal_that_is_refused_says_why(either_stage: Stage) -> None:
    stage, library = either_stage, either_stage.library
    barcode = a_title(library)
    stage.say(stage.request())
    stage.tell()
    assert isinstance(library.check_out(ODENSE, barcode), CheckedOut)
    stage.tell()
    a_hold(library, a_patron(library), barcode)
    stage.act(Action.RENEW)
    answer = only(stage.tell())
    assert (answer.reason_for_message, answer.answer_yes_no) == (
        ReasonForMessage.RENEW_RESPONSE,
        False,
    )
    assert "En anden venter på titlen" in answer.note
    library.check_in(barcode)
    stage.tell()
    stage.act(Action.RENEW)  # it is back: there is nothing to renew
    assert only(stage.tell()).note
