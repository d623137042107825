"""The log of a patron, the queue of the staff, and what they decide; why a message was made."""

from __future__ import annotations

from datetime import timedelta

import pytest

from circulation.kernel.results import UNATTENDED
from circulation.kernel.set_up import read_set_up
from circulation.notices.causes import Cause
from circulation.notices.choices import NotOptional, choices_of, choose
from circulation.notices.explaining import explain_message
from circulation.notices.forecast import forecast
from circulation.notices.kinds import Basis, NoticeKind, NoticeState
from circulation.notices.log import NotPossible, queue, resend, settle_as_sent, withdraw
from circulation.notices.outcomes import Doubtful
from circulation.notices.privacy import PERSONAL, forget_old_notices
from circulation.notices.silence import (
    begin_silent_batch,
    end_silent_batch,
    keep_silent,
    silent_batch_list,
)
from circulation.notices.terms import NoticeTerms
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.notices import (
    EMAIL,
    POST,
    act,
    ask_for,
    claimed,
    gathered,
    lend,
    log,
    overdue,
    patron_id,
    rule,
    sent,
    states,
    went,
    write,
)


@pytest.fixture
def card(library: Library) -> str:
    rule(library, "email")
    return a_patron(library, email=EMAIL)


def late(library: Library, card: str, barcode: str = "X1") -> int:
    """The patron has something that is overdue, and is to be told so."""
    loan = lend(library, card, an_item(library, barcode))
    library.pass_time(days=30)
    overdue(library, card, loan)
    return loan


def test_resend_tells_it_again_if_it_is_still_so(library: Library, card: str) -> None:
    late(library, card)
    (message,) = sent(library)
    assert write(library, resend, message.id, actor="bo", now=library.now) == 1
    (again,) = sent(library)
    assert again.body == message.body
    assert states(library, card) == [("overdue", "email", "sent")] * 2
    with pytest.raises(NotPossible):
        write(library, resend, message.id, actor="bo", now=library.now)
    library.check_in("X1")
    write(library, resend, again.id, actor="bo", now=library.now)
    assert sent(library) == []


def test_what_may_have_been_sent_is_decided_by_staff(library: Library, card: str) -> None:
    late(library, card)
    (message,) = claimed(library)
    went(library, message, Doubtful("it hung up"))
    assert [each.id for each in write(library, queue, now=library.now)] == [message.id]
    write(library, settle_as_sent, message.id, actor="bo", now=library.now)
    assert states(library, card) == [("overdue", "email", "sent")]
    assert write(library, queue, now=library.now) == []
    with pytest.raises(NotPossible):
        write(library, settle_as_sent, message.id, actor="bo", now=library.now)
    with pytest.raises(LookupError):
        write(library, resend, 1, actor="bo", now=library.now)


def test_what_may_have_been_sent_is_sent_again(library: Library, card: str) -> None:
    late(library, card)
    (message,) = claimed(library)
    went(library, message, Doubtful("it hung up"))
    write(library, resend, message.id, actor="bo", now=library.now)
    assert [each.channel for each in sent(library)] == ["email"]
    assert states(library, card) == [("overdue", "email", "failed"), ("overdue", "email", "sent")]


def test_who_cannot_be_reached_is_in_the_queue_until_withdrawn(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email")
    card = a_patron(library)
    late(library, card)
    assert sent(library) == []
    (entry,) = write(library, queue, now=library.now)
    assert entry.state is NoticeState.NO_CONTACT_DATA
    write(library, withdraw, entry.id, actor="bo", now=library.now)
    assert write(library, queue, now=library.now) == []
    assert log(library, card)[0].why == "withdrawn by bo"


def test_the_queue_with_what_waits(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email")
    card = a_patron(library, email=EMAIL)
    late(library, card)
    assert write(library, queue, now=library.now) == []
    (entry,) = write(library, queue, now=library.now, with_waiting=True)
    assert entry.state is NoticeState.WAITING


def test_a_message_explains_itself(library: Library, card: str) -> None:
    rule(library, "sms", "email", kind=NoticeKind.LOAN_MADE)
    loan = lend(library, card, an_item(library, "X1"))
    gathered(library)
    sent(library)
    entry = next(each for each in log(library, card) if each.kind is NoticeKind.LOAN_MADE)
    found = library.read(
        lambda each: explain_message(library.act(each, UNATTENDED), POST, entry.id)
    )
    assert found is not None
    (cause,) = found.causes
    assert cause.event is not None
    assert cause.event.loan_id == loan
    assert [each.barcode for each in cause.about.loans] == ["X1"]
    fields = {part.field: part for part in cause.fields}
    assert fields["channels"].value == ("sms", "email")
    assert fields["channels"].rule is not None
    assert fields["channels"].rule.kind == "loan_made"
    assert fields["quiet"].rule is None
    assert [(way.channel, way.address) for way in cause.ways] == [("sms", None), ("email", EMAIL)]


def test_a_forecast_changes_nothing(library: Library, card: str) -> None:
    late(library, card)
    for _ in range(2):
        (foreseen,) = library.read(lambda each: forecast(library.act(each, UNATTENDED), POST))
        assert foreseen.planned.state is NoticeState.SENDING
        assert (foreseen.planned.channel, foreseen.planned.address) == ("email", EMAIL)
        assert foreseen.about is not None
    assert len(sent(library)) == 1


def test_patrons_may_decline_what_is_optional(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email")
    card = a_patron(library, email=EMAIL)
    who = patron_id(library, card)
    terms = NoticeTerms()
    act(library, choose, who, NoticeKind.DUE_SOON, wanted=False, terms=terms)
    assert library.read(lambda each: choices_of(each, who)) == {NoticeKind.DUE_SOON: False}
    assert ask_for(library, card, NoticeKind.DUE_SOON, Cause(key="1")) is None
    with pytest.raises(NotOptional):
        act(library, choose, who, NoticeKind.BILL, wanted=False, terms=terms)


def test_amounts_are_kept_as_proof_and_the_rest_is_forgotten(library: Library, card: str) -> None:
    ask_for(library, card, NoticeKind.STAFF, Cause(key="1"), facts={"text": "Hej"})
    facts = {"amount": 1, "currency": "DKK", "days": 8}
    ask_for(library, card, NoticeKind.BLOCK_WARNING, Cause(key="1"), facts=facts)
    sent(library)

    def forget() -> int:
        done, more = library.write(
            lambda each: forget_old_notices(each, read_set_up(each), until=library.now)
        )
        assert more is None
        return done

    library.pass_time(days=27)
    assert forget() == 0
    library.pass_time(days=2)
    assert forget() == 1
    assert [each.kind for each in log(library, card)] == [NoticeKind.BLOCK_WARNING]
    library.pass_time(days=5 * 365)
    assert forget() == 1
    assert log(library, card) == []


def test_what_tells_of_an_open_loan_is_not_forgotten(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email")
    card = a_patron(library, email=EMAIL)
    loan = late(library, card)
    sent(library)
    library.pass_time(days=90)
    library.write(lambda each: forget_old_notices(each, read_set_up(each), until=library.now))
    overdue(library, card, loan)
    assert sent(library) == []


def test_who_is_erased_is_told_nothing_more(library: Library, card: str) -> None:
    late(library, card)
    sent(library)
    ask_for(library, card, NoticeKind.STAFF, Cause(key="1"), facts={"text": "Hej"})
    write(library, PERSONAL.forget, patron_id(library, card), library.now)
    assert sent(library) == []
    assert {(each.address, each.text) for each in log(library, card)} == {("", "")}


def test_a_load_from_another_system_is_silent_by_batch(library: Library, card: str) -> None:
    loaded, other = an_item(library, "X1", title="Et"), an_item(library, "X2", title="To")
    loans = [lend(library, card, each) for each in (loaded, other)]
    until = library.now + timedelta(days=40)
    write(library, begin_silent_batch, "old system", until=until)
    write(library, keep_silent, "old system", Basis.LOANS, [loans[0]])
    library.pass_time(days=30)
    overdue(library, card, *loans)
    (message,) = sent(library)
    assert "* To" in message.body
    assert "* Et" not in message.body
    assert "loaded silently with old system" in [each.why for each in log(library, card)]
    assert [each.rows for each in library.read(silent_batch_list)] == [1]
    library.pass_time(days=11)  # the batch is silent no more
    overdue(library, card, *loans, number=2)
    (message,) = sent(library)
    assert "* Et" in message.body
    assert write(library, end_silent_batch, "old system") is True
    assert write(library, end_silent_batch, "old system") is False


def test_what_happened_before_a_load_is_told_nobody(library: Library) -> None:
    """Events count by when they happened, not by when they became notices."""
    rule(library, "email", kind=NoticeKind.LOAN_MADE)
    card = a_patron(library, email=EMAIL)
    loaded = lend(library, card, an_item(library, "X1", title="Et"))
    write(library, begin_silent_batch, "old", until=library.now)
    write(library, keep_silent, "old", Basis.LOANS, [loaded, loaded])
    write(library, keep_silent, "old", Basis.LOANS, [loaded])  # the load is run again
    library.pass_time(hours=3)
    lend(library, card, an_item(library, "X2", title="To"))
    gathered(library)
    (message,) = sent(library)
    assert "* To" in message.body
    assert "* Et" not in message.body


def test_a_batch_becomes_silent_for_longer_and_never_for_less(sqlite_library: Library) -> None:
    library = sqlite_library
    first, second = library.now, library.now + timedelta(days=3)
    for until in (first, second, first):
        write(library, begin_silent_batch, "old", until=until)
    (batch,) = library.read(silent_batch_list)
    assert batch.until == second
