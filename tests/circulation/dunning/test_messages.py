"""What the flow has asked for, when it is sent: looked at again, and told once."""

from __future__ import annotations

from sqlalchemy import select

from catalogue.database import Statement, Transaction, many
from circulation.kernel.results import UNATTENDED
from circulation.notices.claiming import Outgoing, claim
from circulation.notices.kinds import NoticeKind
from circulation.notices.outcomes import Sent, record
from circulation.notices.post import Post
from circulation.notices.schema import notices
from tests.builders.circulation import Library, a_patron
from tests.builders.dunning import DANISH, danish, flow, notices_by, run_day, run_days
from tests.builders.fees import charge, hand_in, lend, number_of, paid, renewed


@many(tuple[str, str])
def _states(*, patron: int) -> Statement:
    return (
        select(notices.c.kind, notices.c.state)
        .where(notices.c.patron_id == patron)
        .order_by(notices.c.id)
    )


def sent(library: Library) -> list[Outgoing]:
    """Sends everything that is due; gives what was sent."""

    def work(transaction: Transaction) -> list[Outgoing]:
        outgoing, is_more = claim(library.act(transaction, UNATTENDED), Post())
        assert not is_more
        for message in outgoing:
            record(transaction, message.id, Sent(), library.now)
        return outgoing

    return library.write(work)


def states(library: Library, card: str) -> list[tuple[str, str]]:
    found = library.read(lambda transaction: _states(transaction, patron=number_of(library, card)))
    return [(row[0], row[1]) for row in found]


def a_borrower(library: Library) -> str:
    return a_patron(library, email="gry@example.org")


def test_statement_15_nobody_is_told_of_a_loan_that_is_closed_when_the_sender_runs(
    either_library: Library,
) -> None:
    """15. No notice is sent for a loan that is closed when the sender runs; one rule per (patron,
    event); log row before send, state after."""
    library = either_library
    danish(library)
    notices_by(library, "email", kind=NoticeKind.OVERDUE.value)  # another rule that says the same
    card = a_borrower(library)
    [back, kept] = lend(library, card, 2)
    run_days(library, 29)
    hand_in(library, back)
    out = sent(library)
    assert sorted(states(library, card)) == [
        ("due_soon", "withdrawn"),
        ("due_soon", "withdrawn"),
        ("overdue", "sent"),
        ("overdue", "withdrawn"),
    ]
    assert [message.kind.value for message in out] == ["overdue"]
    assert kept  # it is still out, and told of once
    assert sent(library) == []
    run_day(library)
    assert sent(library) == []


def test_what_was_renewed_meanwhile_is_told_of_no_more(library: Library) -> None:
    danish(library)
    card = a_borrower(library)
    [book] = lend(library, card)
    run_days(library, 25)
    renewed(library, card, book)
    assert sent(library) == []
    assert states(library, card) == [("due_soon", "withdrawn")]


def test_a_bill_that_was_paid_before_it_went_out_is_not_sent(library: Library) -> None:
    danish(library)
    card = a_borrower(library)
    lend(library, card, price=12_000, currency="DKK")
    run_days(library, 28 + 31)
    paid(library, card, 20_000 + 23_000)
    assert "bill" not in [message.kind.value for message in sent(library)]


def test_the_block_and_its_lifting_are_told(library: Library) -> None:
    danish(library)
    flow(library)
    card = a_borrower(library)
    charge(library, card, 20_000)
    run_day(library, None, "notices")
    assert [message.kind for message in sent(library)] == [NoticeKind.WELCOME]
    kinds = []
    for _ in range(9):
        run_day(library)
        run_day(library, None, "notices")
        kinds += [message.kind.value for message in sent(library)]
        library.pass_time(days=1)
    assert kinds == ["block_warning", "blocked"]
    paid(library, card, 20_000)
    run_day(library, None, "notices")
    kinds = [message.kind.value for message in sent(library)]
    assert sorted(kinds) == ["payment_received", "unblocked"]


def test_the_texts_say_what_the_flow_knows(library: Library) -> None:
    """Every message of the Danish flow can be put into words, and names what it is about."""
    danish(library)
    card = a_borrower(library)
    lend(library, card, price=30_000, currency="DKK")
    bodies = {}
    for _ in range(28 + 31 + 14 + 21):
        run_days(library, 1)
        for message in sent(library):
            bodies[message.kind.value, message.created] = message
    told = [kind for kind, _ in bodies]
    assert told == [step.kind.value for step in DANISH]
    by_kind = {kind: message for (kind, _), message in bodies.items()}
    assert "380,00" in by_kind["bill"].body
    assert "230,00" in by_kind["bill"].body
    assert "230,00" in by_kind["reminder"].body
    assert all(message.subject for message in bodies.values())
