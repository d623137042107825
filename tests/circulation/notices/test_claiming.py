"""What is due becomes messages: looked at again, together, in the right place and time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from circulation.holds.absences import Absence, set_absence
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED
from circulation.notices.causes import Cause
from circulation.notices.claiming import AT_MOST, claim
from circulation.notices.kinds import NoticeKind
from circulation.patrons.addresses import NewAddress, add_address
from circulation.patrons.blocks import block_patron
from circulation.patrons.contacts import add_contact, verify_contact
from circulation.patrons.guardians import add_guardian
from circulation.patrons.kinds import ContactKind
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.notices import (
    EMAIL,
    MOBILE,
    POST,
    act,
    ask_for,
    at,
    claimed,
    gathered,
    lend,
    log,
    overdue,
    patron_id,
    rule,
    sent,
    states,
)

TEXT = NoticeKind.STAFF


def say(library: Library, card: str, text: str = "Hej", **options: object) -> None:
    ask_for(
        library,
        card,
        TEXT,
        Cause(key=f"{text} {library.number()}"),
        facts={"text": text},
        **options,
    )


def test_an_overdue_loan_is_told_by_text(library: Library) -> None:
    rule(library, "sms", "email")
    card = a_patron(library, phone=MOBILE, email=EMAIL)
    loan = lend(library, card, an_item(library, title="Peters jul"))
    library.pass_time(days=30)
    overdue(library, card, loan)
    (message,) = sent(library)
    assert (message.channel, message.address) == ("sms", "+4522334455")
    assert message.body == (
        "Lånetiden er udløbet: Peters jul. Aflever hurtigst muligt. Hovedbiblioteket"
    )
    (entry,) = log(library, card)
    assert (entry.state.value, entry.text, entry.sent) == ("sent", message.body, library.now)
    assert claimed(library) == []


def test_nobody_is_told_of_a_loan_that_is_closed_by_then(library: Library) -> None:
    rule(library, "email")
    card = a_patron(library, email=EMAIL)
    barcode = an_item(library)
    loan = lend(library, card, barcode)
    library.pass_time(days=30)
    overdue(library, card, loan)
    library.check_in(barcode)
    assert claimed(library) == []
    assert states(library, card) == [("overdue", "", "withdrawn")]
    assert log(library, card)[0].why == "it is not so any more"


def test_what_is_still_so_of_several_is_told(library: Library) -> None:
    rule(library, "email")
    card = a_patron(library, email=EMAIL)
    barcodes = [an_item(library, title=title) for title in ("Et", "To", "Tre")]
    loans = [lend(library, card, barcode) for barcode in barcodes]
    library.pass_time(days=30)
    overdue(library, card, *loans)
    library.check_in(barcodes[1])
    (message,) = sent(library)
    assert "* Et" in message.body
    assert "* Tre" in message.body
    assert "* To" not in message.body


def test_a_renewal_in_between_makes_a_reminder_untrue(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email")
    card = a_patron(library, email=EMAIL)
    barcode = an_item(library)
    lent = library.check_out(card, barcode)
    cause = Cause(loans=(lent.loan.id,), key="due-soon")  # type: ignore[union-attr]
    facts = {"due": lent.loan.due.isoformat()}  # type: ignore[union-attr]
    library.pass_time(days=25)
    ask_for(library, card, NoticeKind.DUE_SOON, cause, facts=facts)
    library.renew(card, barcode)
    assert claimed(library) == []


def test_who_has_died_is_told_nothing(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email")
    card = a_patron(library, email=EMAIL)
    say(library, card)
    who = patron_id(library, card)
    act(library, block_patron, who, BlockReason.DECEASED)
    assert claimed(library) == []
    assert log(library, card)[0].why == "the patron has died"


def test_one_message_for_one_event_even_when_several_rules_match(library: Library) -> None:
    rule(library, "email")
    rule(library, "sms", kind=NoticeKind.OVERDUE)
    rule(library, "sms", "email", branch_id=library.main.id)
    rule(library, "email", patron_category="adult", kind=NoticeKind.OVERDUE)
    card = a_patron(library, phone=MOBILE, email=EMAIL)
    loan = lend(library, card, an_item(library))
    library.pass_time(days=30)
    for _ in range(3):
        overdue(library, card, loan)
    assert [each.channel for each in sent(library)] == ["sms"]
    overdue(library, card, loan)
    assert claimed(library) == []


def test_the_next_channel_where_the_first_has_no_address(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "sms", "email", "print")
    by_email = a_patron(library, email=EMAIL, phone="+44 20 8366 1177")
    on_paper = a_patron(library)
    act(
        library,
        add_address,
        patron_id(library, on_paper),
        NewAddress(lines="Storegade 1, 1000 By"),
    )
    nowhere = a_patron(library)
    for card in (by_email, on_paper, nowhere):
        say(library, card)
    found = {each.channel: each.address for each in sent(library)}
    assert found == {"email": EMAIL, "print": "Storegade 1, 1000 By"}
    assert states(library, nowhere) == [("staff", "", "no contact data")]


def test_verified_addresses_only_where_the_rule_says_so(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email", verified=True)
    card = a_patron(library, email="somebody@example.org")
    say(library, card)
    assert claimed(library) == []
    who = patron_id(library, card)
    contact = act(library, add_contact, who, ContactKind.EMAIL, EMAIL)
    act(library, verify_contact, who, contact.id)
    say(library, card, "igen")
    assert [each.address for each in sent(library)] == [EMAIL]


def test_an_address_that_takes_no_notices_is_left_alone(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email", "sms")
    card = a_patron(library, email=EMAIL, phone=MOBILE)
    who = patron_id(library, card)
    act(library, add_contact, who, ContactKind.EMAIL, EMAIL, notices=False)
    say(library, card)
    assert [each.channel for each in sent(library)] == ["sms"]


@pytest.mark.parametrize(
    ("digest", "messages"), [("none", 3), ("together", 1)], ids=["each alone", "together"]
)
def test_what_is_due_comes_together(sqlite_library: Library, digest: str, messages: int) -> None:
    library = sqlite_library
    rule(library, "email", digest=digest)
    card = a_patron(library, email=EMAIL)
    loans = [lend(library, card, an_item(library)) for _ in range(3)]
    library.pass_time(days=30)
    overdue(library, card, *loans)
    assert len(sent(library)) == messages


def test_a_turn_takes_few_notices_and_all_of_one_person_together(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email")
    many, one = AT_MOST + 2, [a_patron(library, email=EMAIL) for _ in range(2)]
    loans = {card: [lend(library, card, an_item(library)) for _ in range(3)] for card in one}
    reader = a_patron(library, email=EMAIL)
    for _ in range(many):
        loans.setdefault(reader, []).append(lend(library, reader, an_item(library)))
    library.pass_time(days=30)
    for card, theirs in loans.items():
        overdue(library, card, *theirs)
    first, is_more = library.write(
        lambda transaction: claim(library.act(transaction, UNATTENDED), POST)
    )
    assert is_more
    assert len(first) == 2
    (last,) = sent(library)
    assert last.body.count("* Peters jul") == many


def test_different_words_of_one_day_are_all_told(library: Library) -> None:
    """One message has one text: the same words once, others in a message of their own."""
    rule(library, "email")
    rule(library, "email", kind=NoticeKind.WELCOME, on_request=True)
    card = a_patron(library, email=EMAIL)
    for text in ("Din paraply er her.", "Din taske er her.", "Din paraply er her."):
        say(library, card, text)
    bodies = [message.body for message in sent(library)]
    assert len(bodies) == 2
    assert sum("Din paraply er her." in body for body in bodies) == 1
    assert sum("Din taske er her." in body for body in bodies) == 1


def test_two_blocks_of_one_day_are_two_messages(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email", kind=NoticeKind.BLOCKED)
    card = a_patron(library, email=EMAIL)
    who = patron_id(library, card)
    for reason in (BlockReason.DEBT, BlockReason.EXCLUDED):
        act(library, block_patron, who, reason)
    gathered(library)
    bodies = [message.body for message in sent(library)]
    assert len(bodies) == 2
    assert sum("skylder penge" in body for body in bodies) == 1


def test_a_digest_waits_for_its_time_of_the_day(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email", digest="day", send_at="08:30")
    card = a_patron(library, email=EMAIL)
    loans = [lend(library, card, an_item(library)) for _ in range(2)]
    library.now = at("2026-12-30T10:00:00+01:00")
    overdue(library, card, loans[0])
    library.now = at("2026-12-30T20:00:00+01:00")
    overdue(library, card, loans[1])
    library.now = at("2026-12-31T08:29:00+01:00")
    assert claimed(library) == []
    library.now = at("2026-12-31T08:30:00+01:00")
    (message,) = sent(library)
    assert message.body.count("* Peters jul") == 2


def test_nothing_rings_in_quiet_hours(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "sms", quiet="22:00-08:00")
    rule(library, "email", quiet="22:00-08:00", patron_category="child")
    card = a_patron(library, phone=MOBILE)
    child = a_patron(library, email=EMAIL, category="child")
    library.now = at("2026-11-25T23:15:00+01:00")
    say(library, card)
    say(library, child)
    assert [each.channel for each in sent(library)] == ["email"]
    assert log(library, card)[0].why == "quiet hours"
    library.now = at("2026-11-26T07:59:00+01:00")
    assert claimed(library) == []
    library.now = at("2026-11-26T08:00:00+01:00")
    assert len(sent(library)) == 1


@pytest.mark.parametrize(
    ("absent", "state"), [("send", "sent"), ("wait", "waiting"), ("skip", "withdrawn")]
)
def test_who_is_away(sqlite_library: Library, absent: str, state: str) -> None:
    library = sqlite_library
    rule(library, "email", absent=absent)
    card = a_patron(library, email=EMAIL)
    who = patron_id(library, card)
    today = date(2026, 11, 25)
    act(library, set_absence, who, Absence(today, today + timedelta(2)))
    say(library, card)
    sent(library)
    assert [each[-1] for each in states(library, card)] == [state]
    library.pass_time(days=3)
    assert len(sent(library)) == (1 if absent == "wait" else 0)


@pytest.mark.parametrize(
    ("guardians", "told"),
    [("none", ["child"]), ("copy", ["child", "parent"]), ("instead", ["parent"])],
)
def test_guardians_of_children(sqlite_library: Library, guardians: str, told: list[str]) -> None:
    library = sqlite_library
    rule(library, "email", guardians=guardians)
    child = a_patron(library, birth_date=date(2015, 3, 1), email="child@example.org")
    parent = a_patron(library, email="parent@example.org")
    act(
        library,
        add_guardian,
        patron_id(library, child),
        patron_id(library, parent),
        today=library.today,
    )
    loan = lend(library, child, an_item(library))
    library.pass_time(days=30)
    overdue(library, child, loan)
    found = sent(library)
    assert sorted(each.address for each in found) == [f"{who}@example.org" for who in told]
    for each in found:
        assert ("Det drejer sig om" in each.body) == (each.address == "parent@example.org")
    assert len(log(library, child)) == len(told)


def test_a_patron_is_grown_up_on_the_day_that_it_is_at_their_branch(
    sqlite_library: Library,
) -> None:
    library = sqlite_library
    rule(library, "email", guardians="instead")
    child = a_patron(library, birth_date=date(2008, 11, 26), email="child@example.org")
    parent = a_patron(library, email="parent@example.org")
    who = [patron_id(library, each) for each in (child, parent)]
    act(library, add_guardian, *who, today=library.today, sees_account=True)
    told = []
    for moment in ("2026-11-25T22:59:00+00:00", "2026-11-25T23:01:00+00:00"):
        library.now = at(moment)
        ask_for(library, child, TEXT, Cause(key=moment), facts={"text": "Hej"})
        told += [each.address for each in sent(library)]
    assert told == ["parent@example.org", "child@example.org"]


def test_what_is_too_old_is_not_told(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email", valid_hours=24)
    card = a_patron(library, email=EMAIL)
    say(library, card)
    library.pass_time(hours=25)
    assert claimed(library) == []
    assert log(library, card)[0].why == "it is too late to tell"


def test_no_rule_no_message(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library, email=EMAIL)
    assert ask_for(library, card, TEXT, Cause(key="x"), facts={"text": "Hej"}) is None
    assert gathered(library) == 0


def test_two_senders_do_not_take_the_same(library: Library) -> None:
    rule(library, "email")
    for _ in range(5):
        say(library, a_patron(library, email=EMAIL))
    first, second = claimed(library), claimed(library)
    assert len(first) == 5
    assert second == []
    assert len({each.id for each in first}) == 5


def test_the_uuid_is_of_version_four_and_stays(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email")
    say(library, a_patron(library, email=EMAIL))
    (message,) = claimed(library)
    assert message.uuid.version == 4
    assert message.uuid == message.uuid
