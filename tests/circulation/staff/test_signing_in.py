"""Who is let in, who is not, and how long for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refused
from circulation.kernel.rights import Kind, Right
from circulation.patrons.pins import VerificationNeeded
from circulation.staff.administering import disable_account, enable_account, set_password
from circulation.staff.results import NotSignedIn, SignedIn, SignInRefusal
from circulation.staff.roles import HeldRole
from circulation.staff.sessions import end_session, forget_sessions, touch
from circulation.staff.signing_in import Credentials, sign_in, sign_in_patron
from circulation.staff.workstations import add_workstation, all_workstations
from circulation.staff.wrong_passwords import ADDRESS_LIMIT, NAME_LIMIT, PAIR_LIMIT
from tests.builders.accounts import (
    COMMAND,
    PASSWORD,
    a_colleague,
    account,
    at_no_desk,
    is_let_in,
    session,
    signs_in,
)
from tests.builders.circulation import Library, a_patron
from tests.builders.pins import hashed
from tests.circulation.staff.conftest import settings

WRONG = NotSignedIn(SignInRefusal.WRONG)
MUST_WAIT = NotSignedIn(SignInRefusal.MUST_WAIT)
ELSEWHERE = "198.51.100.4"


def test_who_signs_in_has_the_rights_of_their_roles(house: Library) -> None:
    branch = HeldRole("librarian", branch_id=house.other.id)
    a_colleague(house, "Anna", "assistant", branch)
    signed_in = is_let_in(house, " ANNA ")
    principal = signed_in.session.principal
    assert (principal.kind, principal.name, principal.device) == (Kind.STAFF, "anna", "192.0.2.7")
    assert (principal.agency_id, principal.branch_id) == (house.main.agency_id, house.main.id)
    assert principal.may(Right.LEND, house.main.agency_id, house.main.id)
    assert principal.may(Right.EDIT_PATRONS, house.other.agency_id, house.other.id)
    assert not principal.may(Right.EDIT_PATRONS, house.main.agency_id, house.main.id)
    assert not principal.may(Right.ADMINISTER_STAFF)
    found = session(house, signed_in.token)
    assert found == signed_in.session
    assert found is not None
    assert found.methods == {"password"}


@pytest.mark.parametrize("user_name", ["anna", "nobody", "gone", "without"])
def test_what_is_wrong_is_told_to_nobody(house: Library, user_name: str) -> None:
    a_colleague(house, "anna")
    a_colleague(house, "without", password=None)
    gone = a_colleague(house, "gone")
    at_no_desk(house, lambda act: disable_account(act, COMMAND, gone))
    password = "something else" if user_name == "anna" else PASSWORD
    with pytest.raises(VerificationNeeded):  # for whoever: it takes as long
        house.database.write(
            lambda transaction: sign_in(
                house.act(transaction), Credentials(user_name, password, "192.0.2.7")
            )
        ).result()
    answers = [signs_in(house, user_name, password) for _ in range(PAIR_LIMIT + 1)]
    assert answers == [WRONG] * PAIR_LIMIT + [MUST_WAIT]


def test_who_guesses_waits_and_nobody_else(house: Library) -> None:
    a_colleague(house, "anna")
    a_colleague(house, "bo")
    key = at_no_desk(house, lambda act: add_workstation(act, "Desk 1", house.main.id))
    for _ in range(PAIR_LIMIT):
        signs_in(house, "anna", "guess")
    assert signs_in(house, "anna") == MUST_WAIT  # the right password, or guessing could go on
    is_let_in(house, "bo")
    is_let_in(house, "anna", address="192.0.2.8")
    is_let_in(house, "anna", workstation_key=key)
    house.pass_time(minutes=16)
    is_let_in(house, "anna")


def test_one_address_cannot_try_name_after_name(sqlite_house: Library) -> None:
    a_colleague(sqlite_house, "anna")
    for number in range(ADDRESS_LIMIT):
        signs_in(sqlite_house, f"nobody{number}", "guess", address=ELSEWHERE)
    assert signs_in(sqlite_house, "anna", address=ELSEWHERE) == MUST_WAIT
    is_let_in(sqlite_house, "anna")


def test_nobody_locks_a_colleague_out_who_is_in_the_library(sqlite_house: Library) -> None:
    settings(sqlite_house, second_factor="never", known_networks=["192.0.2.0/24"])
    a_colleague(sqlite_house, "anna")
    for number in range(NAME_LIMIT):
        signs_in(sqlite_house, "anna", "guess", address=f"203.0.113.{number}")
    assert signs_in(sqlite_house, "anna", address=ELSEWHERE) == MUST_WAIT
    is_let_in(sqlite_house, "anna")


def test_the_right_password_forgets_the_wrong_ones(sqlite_house: Library) -> None:
    a_colleague(sqlite_house)
    for _ in range(3):
        for _ in range(PAIR_LIMIT - 1):
            assert signs_in(sqlite_house, password="guess") == WRONG
        is_let_in(sqlite_house)


def test_each_try_is_an_event_that_holds_no_password(house: Library) -> None:
    a_colleague(house)
    is_let_in(house)
    signs_in(house, password="my other secret")
    signs_in(house, "my other secret", "anna")
    told = house.read(
        lambda transaction: transaction.execute(
            "SELECT kind, actor, after FROM events ORDER BY id", ()
        ).fetchall()
    )
    kinds = [EventKind(row[0]) for row in told]
    assert kinds == [
        EventKind.STAFF_ADDED,
        EventKind.STAFF_SIGNED_IN,
        EventKind.STAFF_REFUSED,
        EventKind.STAFF_REFUSED,
    ]
    assert told[1][1] == "anna"
    assert "my other secret" not in str([tuple(row) for row in told])


def test_a_session_ends_by_itself(house: Library) -> None:
    settings(house, idle_minutes=30, session_hours=2, known_networks=["192.0.2.0/24"])
    a_colleague(house)
    signed_in = is_let_in(house)
    house.pass_time(minutes=29)
    found = session(house, signed_in.token)
    assert found is not None
    assert found.is_stale
    house.write(lambda transaction: touch(transaction, digest=found.digest, now=house.now))
    digest = found.digest
    for _ in range(3):
        house.pass_time(minutes=29)
        found = session(house, signed_in.token)
        assert found is not None
        house.write(lambda transaction: touch(transaction, digest=digest, now=house.now))
        found = session(house, signed_in.token)
        assert found is not None
        assert not found.is_stale
    house.pass_time(minutes=4)  # two hours
    assert session(house, signed_in.token) is None
    again = is_let_in(house)
    house.pass_time(minutes=30)
    assert session(house, again.token) is None
    forget = house.write(lambda transaction: forget_sessions(transaction, now=house.now))
    assert forget == 1  # the other has not come to its end


def test_it_ends_by_signing_out_and_in_anew(house: Library) -> None:
    a_colleague(house)
    first = is_let_in(house)
    second = is_let_in(house, previous_token=first.token)
    assert session(house, first.token) is None
    assert second.token != first.token
    assert house.write(lambda transaction: end_session(transaction, second.token))
    assert session(house, second.token) is None
    assert not house.write(lambda transaction: end_session(transaction, second.token))


def test_it_ends_with_the_account_and_with_another_password(house: Library) -> None:
    a_colleague(house)
    one, two = is_let_in(house), is_let_in(house)
    other = "Rugbrød med makrel"
    at_no_desk(
        house,
        lambda act: set_password(
            act, one.session.principal, account(house), hashed(other), one.session.digest
        ),
    )
    assert session(house, one.token) is not None
    assert session(house, two.token) is None
    assert signs_in(house) == WRONG
    at_no_desk(house, lambda act: disable_account(act, COMMAND, account(house)))
    assert session(house, one.token) is None
    assert signs_in(house, password=other) == WRONG
    at_no_desk(house, lambda act: enable_account(act, COMMAND, account(house)))
    is_let_in(house, password=other)


def test_at_a_workstation_they_work_at_its_branch(house: Library) -> None:
    a_colleague(house, "anna", "librarian")
    key = at_no_desk(house, lambda act: add_workstation(act, "Harbour 1", house.other.id))
    principal = is_let_in(house, workstation_key=key, address=ELSEWHERE).session.principal
    assert (principal.branch_id, principal.device) == (house.other.id, "Harbour 1")
    unknown = is_let_in(house, workstation_key="no key").session.principal
    assert unknown.branch_id == house.main.id
    assert [each.name for each in house.read(all_workstations)] == ["Harbour 1"]


def test_a_patron_sees_what_is_theirs(house: Library) -> None:
    card = a_patron(house, pin_hash=hashed("4711"))

    def comes(card: str, pin: str) -> SignedIn | Refused:
        return at_no_desk(
            house, lambda act: sign_in_patron(act, card=card, pin=pin, address=ELSEWHERE)
        )

    signed_in = comes(card, "4711")
    assert isinstance(signed_in, SignedIn)
    principal = signed_in.session.principal
    assert (principal.kind, principal.name) == (Kind.PATRON, "patron")
    assert not any(principal.may(right) for right in Right)
    for wrong in (comes(card, "4712"), comes("P9999999", "4711")):
        assert isinstance(wrong, Refused)
        assert wrong.reasons == (Reason.PIN_WRONG,)
    missing = comes(card, "")
    assert isinstance(missing, Refused)
    assert missing.reasons == (Reason.PIN_MISSING,)
    house.pass_time(minutes=15)
    assert session(house, signed_in.token) is None


def test_no_session_outlives_the_password_that_began_it(house: Library) -> None:
    """Who signs in while the password is changed, before or after, is out or is refused."""
    a_colleague(house)
    is_let_in(house)  # it is verified: what follows takes no time
    other = hashed("Rugbrød med makrel")
    with ThreadPoolExecutor(8) as threads:
        tries = [threads.submit(signs_in, house) for _ in range(12)]
        changed = threads.submit(
            at_no_desk,
            house,
            lambda act: set_password(act, COMMAND, account(house), other),
        )
        tries += [threads.submit(signs_in, house) for _ in range(12)]
        changed.result(30)
        answers = [each.result(30) for each in tries]
    got_in = [each for each in answers if isinstance(each, SignedIn)]
    assert [each for each in got_in if session(house, each.token) is not None] == []


def test_a_session_that_is_ended_is_of_no_use_to_what_is_under_way(house: Library) -> None:
    a_colleague(house)
    signed_in = is_let_in(house)
    with ThreadPoolExecutor(8) as threads:
        looks = [threads.submit(session, house, signed_in.token) for _ in range(30)]
        ended = house.write(lambda transaction: end_session(transaction, signed_in.token))
        after = [threads.submit(session, house, signed_in.token) for _ in range(10)]
        assert all(each.result(30) in (None, signed_in.session) for each in looks)
        assert [each.result(30) for each in after] == [None] * 10
    assert ended
    touched = signed_in.session.digest
    house.write(lambda transaction: touch(transaction, digest=touched, now=house.now))
    assert session(house, signed_in.token) is None
