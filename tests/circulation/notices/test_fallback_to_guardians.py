"""A child whom no channel reaches is told through a guardian, unless the rules say otherwise."""

from __future__ import annotations

from datetime import timedelta

import pytest

from circulation.kernel.results import UNATTENDED
from circulation.notices.explaining import explain_message
from circulation.notices.forecast import forecast
from circulation.notices.kinds import NoticeKind
from circulation.notices.log import queue
from circulation.notices.outcomes import NotSent
from circulation.patrons.guardians import add_guardian, show_account
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.notices import (
    EMAIL,
    MOBILE,
    POST,
    act,
    claimed,
    gathered,
    lend,
    overdue,
    patron_id,
    rule,
    sent,
    states,
    went,
)


def a_family(library: Library, *, days: int = 3_660, **contacts: str) -> tuple[str, str]:
    """A child, so many days old, with these contacts, and a guardian with e-mail and telephone."""
    born = library.today - timedelta(days=days)
    child = a_patron(library, birth_date=born, name="Bo Barn", **contacts)
    parent = a_patron(library, name="Mor Barn", email=EMAIL, phone=MOBILE)
    act(
        library,
        add_guardian,
        patron_id(library, child),
        patron_id(library, parent),
        today=library.today,
    )
    return child, parent


def told_late(library: Library, child: str) -> None:
    loan = lend(library, child, an_item(library, title="Peters jul"))
    library.pass_time(days=30)
    overdue(library, child, loan)


def test_a_guardians_telephone_is_used(library: Library) -> None:
    rule(library, "sms")
    child, parent = a_family(library)
    told_late(library, child)
    [text] = sent(library)
    assert text.address == "+4522334455"
    assert text.body.startswith("Bo Barn: Lånetiden er udløbet: Peters jul")
    assert states(library, child) == states(library, parent) == [("overdue", "sms", "sent")]


def test_a_letter_says_whom_it_is_about(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email")
    child, _ = a_family(library)
    told_late(library, child)
    [foreseen] = library.read(
        lambda transaction: forecast(library.act(transaction, UNATTENDED), POST)
    )
    assert foreseen.recipient is not None
    assert foreseen.recipient.name == "Mor Barn"
    [letter] = sent(library)
    assert letter.recipient == "Mor Barn"
    assert "Det drejer sig om Bo Barn." in letter.body


def test_a_child_with_an_address_is_told_itself(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email", "sms")
    child, _ = a_family(library, email="bo@example.org")
    told_late(library, child)
    assert [each.address for each in sent(library)] == ["bo@example.org"]


def test_every_channel_of_both_is_tried_once(library: Library) -> None:
    rule(library, "email", "sms")
    child, _ = a_family(library, email="bo@example.org")
    told_late(library, child)
    tried = []
    while found := claimed(library):
        [message] = found
        tried.append(message.address)
        went(library, message, NotSent("550 no"))
    assert tried == ["bo@example.org", EMAIL, "+4522334455"]
    assert states(library, child)[-1][-1] == "failed"


@pytest.mark.parametrize(("days", "guardians"), [(3_660, "none"), (6_570, "fallback")])
def test_others_are_not_told(sqlite_library: Library, days: int, guardians: str) -> None:
    library = sqlite_library
    rule(library, "email", guardians=guardians)
    child, _ = a_family(library, days=days)
    told_late(library, child)
    assert sent(library) == []
    assert states(library, child) == [("overdue", "", "no contact data")]


def test_what_can_be_declined_fills_no_queue(sqlite_library: Library) -> None:
    """A welcome to pupils without e-mail asks nothing of staff; a loan that is overdue does."""
    library = sqlite_library
    rule(library, "email")
    pupil = a_patron(library)
    gathered(library)
    told_late(library, pupil)
    assert sent(library) == []
    assert ("welcome", "", "no contact data") in states(library, pupil)
    entries = library.read(lambda transaction: queue(transaction, now=library.now))
    assert [each.kind for each in entries] == [NoticeKind.OVERDUE]
    every = library.read(lambda transaction: queue(transaction, now=library.now, with_waiting=True))
    assert [each.kind for each in every] == [NoticeKind.OVERDUE]


def test_the_explanation_names_the_guardians_channels(library: Library) -> None:
    rule(library, "email", "sms")
    child, _ = a_family(library, email="bo@example.org")
    told_late(library, child)
    [message] = claimed(library)
    went(library, message, NotSent("550 no"))
    entry = library.read(
        lambda transaction: queue(transaction, now=library.now, with_waiting=True)
    )[0]
    found = library.read(
        lambda each: explain_message(library.act(each, UNATTENDED), POST, entry.id)
    )
    assert found is not None
    [cause] = found.causes
    ways = [(way.recipient, way.channel, way.address, way.has_failed) for way in cause.ways]
    assert ways == [
        ("Bo Barn", "email", "bo@example.org", True),
        ("Bo Barn", "sms", None, False),
        ("Mor Barn", "email", EMAIL, False),
        ("Mor Barn", "sms", "+4522334455", False),
    ]
    assert cause.next is not None
    assert cause.next.recipient is not None
    assert cause.next.recipient.name == "Mor Barn"


#: Days in a life of sixteen years.
SIXTEEN = 5_900


@pytest.mark.parametrize("guardians", ["fallback", "copy", "instead"])
def test_who_hides_the_account_from_a_guardian_hides_it_from_letters(
    guardians: str, library: Library
) -> None:
    rule(library, "email", guardians=guardians)
    reached = {} if guardians == "fallback" else {"email": "bo@example.org"}
    child, parent = a_family(library, days=SIXTEEN, **reached)
    who = (patron_id(library, child), patron_id(library, parent))
    act(library, show_account, *who, today=library.today, sees_account=True)
    told_late(library, child)
    assert EMAIL in [each.address for each in sent(library)]
    act(library, show_account, *who, today=library.today, sees_account=False)
    told_late(library, child)
    assert [each.address for each in sent(library)] == [*reached.values()]


@pytest.mark.parametrize("guardians", ["copy", "instead"])
def test_what_waits_for_a_guardian_goes_to_the_child_once_the_account_is_hidden(
    guardians: str, library: Library
) -> None:
    rule(library, "email", guardians=guardians, digest="day", send_at="23:00")
    child, parent = a_family(library, days=SIXTEEN, email="bo@example.org")
    who = (patron_id(library, child), patron_id(library, parent))
    act(library, show_account, *who, today=library.today, sees_account=True)
    told_late(library, child)
    assert sent(library) == []
    act(library, show_account, *who, today=library.today, sees_account=False)
    library.pass_time(days=1)
    assert [each.address for each in sent(library)] == ["bo@example.org"]


def test_letters_about_a_younger_child_go_to_who_answers_for_it(library: Library) -> None:
    rule(library, "email", guardians="instead")
    child, _ = a_family(library, days=SIXTEEN - 1_000)
    told_late(library, child)
    assert [each.address for each in sent(library)] == [EMAIL]
