"""Nobody is blocked whom no warning has reached: every channel, what fails, and what comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from circulation.dunning.unwarned import Unwarned, unwarned_debtors
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED
from circulation.notices.channels import CHANNELS
from circulation.notices.claiming import Outgoing
from circulation.notices.kinds import NoticeKind, NoticeState
from circulation.notices.log import resend, settle_as_sent
from circulation.notices.outcomes import Doubtful, NotSent, Report, take_report
from circulation.notices.post import Post
from circulation.patrons.addresses import NewAddress, add_address
from circulation.patrons.blocks import block_patron
from circulation.patrons.contacts import add_contact
from circulation.patrons.guardians import add_guardian
from circulation.patrons.kinds import ContactKind
from tests.builders.circulation import Library, a_patron
from tests.builders.dunning import danish, flow, kinds, notices_by, run_day, run_days
from tests.builders.fees import charge, charges_of, lend, number_of, paid
from tests.builders.notices import act, claimed, sent, went, write
from tests.circulation.dunning.test_warnings import is_blocked

#: Days after the warning has reached somebody.
DAYS = 8
#: A gateway that tells what was delivered.
CONFIRMS = Post(channels=CHANNELS | {"sms": replace(CHANNELS["sms"], confirms=True)})


def a_debtor(library: Library, *channels: str, **fields: str) -> str:
    """Owes as much as blocks, and is warned by one of these channels."""
    danish(library)
    flow(library)
    notices_by(library, *channels or ("email",))
    card = a_patron(library, **fields)
    charge(library, card, 20_000)
    assert run_day(library)["patrons warned"] == 1
    return card


def unwarned(library: Library) -> list[Unwarned]:
    page = library.read(lambda transaction: unwarned_debtors(transaction, now=library.now))
    return list(page.lines)


def later(library: Library, message: Outgoing, state: NoticeState) -> None:
    """The channel tells it of a message that it has taken."""
    report = Report(state, message_id=message.id, why="5.1.1 no such user")
    assert write(library, take_report, message.channel, report, library.now)


def is_blocked_after(library: Library, card: str, days: int) -> bool:
    """On exactly the last of these days, and not before."""
    run_days(library, days - 1)
    assert not is_blocked(library, card)
    run_days(library, 1)
    return is_blocked(library, card)


EMAIL = {"email": "ida@example.org"}
PHONE = {"phone": "+45 22 33 44 55"}


@pytest.mark.parametrize(
    ("channel", "address"), [("email", EMAIL), ("sms", PHONE)], ids=["email", "sms"]
)
def test_days_run_from_when_it_was_taken(
    either_library: Library, channel: str, address: dict[str, str]
) -> None:
    library = either_library
    card = a_debtor(library, channel, **address)
    run_days(library, 20)  # nothing is sent: the mail server is down
    assert not is_blocked(library, card)
    [message] = sent(library)
    assert message.kind is NoticeKind.BLOCK_WARNING
    assert is_blocked_after(library, card, DAYS)
    paid(library, card, 1)
    assert not is_blocked(library, card)


def a_reader_on_paper(library: Library) -> str:
    danish(library)
    flow(library)
    notices_by(library, "print")
    card = a_patron(library)
    library.write(
        lambda transaction: add_address(
            library.act(transaction, UNATTENDED),
            number_of(library, card),
            NewAddress(street="Nygade", house_number="1", postal_code="9000", city="Byen"),
        )
    )
    charge(library, card, 20_000)
    run_day(library)
    return card


def test_paper_counts_when_it_was_posted(either_library: Library) -> None:
    library = either_library
    card = a_reader_on_paper(library)
    [message] = sent(library)  # it lies in a batch
    run_days(library, 20)
    assert not is_blocked(library, card)
    assert [line.state for line in unwarned(library)] == ["sent"]
    later(library, message, NoticeState.DELIVERED)
    assert is_blocked_after(library, card, DAYS)
    assert unwarned(library) == []


def test_a_gateway_with_receipts_counts_when_it_has_delivered(library: Library) -> None:
    card = a_debtor(library, "sms", **PHONE)
    [message] = sent(library, CONFIRMS)
    run_days(library, 12)
    assert not is_blocked(library, card)
    later(library, message, NoticeState.DELIVERED)
    run_days(library, 3)
    later(library, message, NoticeState.READ)  # moves nothing
    assert is_blocked_after(library, card, DAYS - 3)


def test_digital_post_confirms() -> None:
    """What the platform has taken is not yet in a mailbox: a receipt tells."""
    assert {name for name, traits in CHANNELS.items() if traits.confirms} == {
        "digital_post",
        "nemsms",
        "print",
    }


def test_what_was_refused_goes_to_the_next_channel_and_counts_from_there(
    library: Library,
) -> None:
    card = a_debtor(library, "email", "sms", **EMAIL, **PHONE)
    [message] = claimed(library)
    went(library, message, NotSent("550 no such user"))
    run_days(library, 10)
    assert not is_blocked(library, card)
    [message] = sent(library)
    assert message.channel == "sms"
    assert is_blocked_after(library, card, DAYS)


def test_whom_no_channel_reaches_staff_see_to(either_library: Library) -> None:
    library = either_library
    card = a_debtor(library)  # no address at all
    assert sent(library) == []
    run_days(library, 60)
    assert not is_blocked(library, card)
    [line] = unwarned(library)
    assert (line.patron_id, line.amount, line.state) == (
        number_of(library, card),
        20_000,
        "no contact data",
    )
    # The patron has an address now: it is told again, and the days run.
    act(library, add_contact, number_of(library, card), ContactKind.EMAIL, "ny@example.org")
    assert line.notice_id is not None
    write(library, resend, line.notice_id, actor="staff", now=library.now)
    sent(library)
    assert is_blocked_after(library, card, DAYS)
    assert unwarned(library) == []


def test_staff_may_decide(library: Library) -> None:
    card = a_debtor(library)
    sent(library)
    act(library, block_patron, number_of(library, card), BlockReason.DEBT)
    run_days(library, 20)
    assert is_blocked(library, card)  # by hand: no job takes it back


def test_what_comes_back_before_the_block_keeps_it_from_coming(library: Library) -> None:
    card = a_debtor(library, **EMAIL)
    [message] = sent(library)
    run_days(library, DAYS - 1)
    later(library, message, NoticeState.FAILED)
    sent(library)
    run_days(library, 30)
    assert not is_blocked(library, card)
    [line] = unwarned(library)
    assert (line.state, line.why) == ("failed", "email: 5.1.1 no such user")


def test_a_block_whose_warning_comes_back_is_taken_back(either_library: Library) -> None:
    library = either_library
    card = a_debtor(library, "email", "sms", **EMAIL, **PHONE)
    [message] = sent(library)
    assert is_blocked_after(library, card, DAYS)
    later(library, message, NoticeState.FAILED)
    run_days(library, 1)
    assert not is_blocked(library, card)
    run_days(library, 20)
    assert not is_blocked(library, card)
    [message] = sent(library)
    assert message.channel == "sms"
    assert is_blocked_after(library, card, DAYS)


def test_what_may_have_been_sent_counts_when_staff_say_so(library: Library) -> None:
    card = a_debtor(library, **EMAIL)
    [message] = claimed(library)
    went(library, message, Doubtful("hung up"))
    run_days(library, 20)
    assert not is_blocked(library, card)
    assert [line.state for line in unwarned(library)] == ["unsure"]
    write(library, settle_as_sent, message.id, actor="staff", now=library.now)
    run_days(library, 1)
    assert is_blocked(library, card)  # it was sent long ago


def test_a_copy_that_reaches_a_guardian_counts(library: Library) -> None:
    danish(library)
    flow(library)
    notices_by(library, "email", guardians="copy")
    born = library.today - timedelta(days=10 * 365)
    card, parent = a_patron(library, birth_date=born), a_patron(library, **EMAIL)
    act(
        library,
        add_guardian,
        number_of(library, card),
        number_of(library, parent),
        today=library.today,
    )
    charge(library, card, 20_000)
    run_day(library)
    assert [message.address for message in sent(library)] == [EMAIL["email"]]
    assert is_blocked_after(library, card, DAYS)


def test_a_warning_of_what_was_paid_meanwhile_is_not_sent(library: Library) -> None:
    card = a_debtor(library, **EMAIL)
    paid(library, card, 20_000)
    assert sent(library) == []
    assert kinds(library, card) == ["block_warning"]


def test_who_is_told_nothing_by_the_rules_is_listed(library: Library) -> None:
    from tests.builders.fees import fee_rule

    fee_rule(library, currency="DKK", partial_payment=True, block_threshold=20_000, block_days=8)
    card = a_patron(library, **EMAIL)
    charge(library, card, 20_000)
    run_day(library)
    run_days(library, 20)
    assert not is_blocked(library, card)
    [line] = unwarned(library)
    assert (line.notice_id, line.state) == (None, None)
    notices_by(library)  # and now a rule tells it
    run_day(library)
    sent(library)
    assert is_blocked_after(library, card, DAYS)


def test_a_bill_that_was_paid_before_it_went_has_warned_nobody(either_library: Library) -> None:
    """What else is owed is warned of by a message of its own."""
    library = either_library
    danish(library)
    card = a_patron(library, **EMAIL)
    lend(library, card)
    run_days(library, 28 + 31)
    assert kinds(library, card)[-1] == "bill"
    billed = [line.charge.id for line in charges_of(library, card)]
    charge(library, card, 20_000)
    paid(library, card, 33_000 + 23_000, charge=billed)
    sent(library)
    run_days(library, 1)
    assert kinds(library, card)[-1] == "block_warning"
    sent(library)
    assert is_blocked_after(library, card, DAYS)
