"""Codes of an authenticator: where they are asked for, and that each is taken once."""

from __future__ import annotations

from base64 import b32decode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from circulation.kernel.engine import Circulation
from circulation.staff.administering import take_second_factor
from circulation.staff.results import NotSignedIn, SignedIn, SignInRefusal
from circulation.staff.second_factors import (
    RECOVERY_CODES,
    NoSeal,
    begin_second_factor,
    confirm_second_factor,
)
from circulation.staff.totp import code_at, provisioning_uri, step_of
from circulation.staff.workstations import add_workstation
from circulation.staff.wrong_passwords import PAIR_LIMIT
from tests.builders.accounts import (
    COMMAND,
    a_colleague,
    account,
    at_no_desk,
    is_let_in,
    session,
    signs_in,
)
from tests.builders.circulation import Library
from tests.circulation.staff.conftest import settings

OUTSIDE = "198.51.100.4"
CODE_NEEDED = NotSignedIn(SignInRefusal.CODE_NEEDED)
CODE_WRONG = NotSignedIn(SignInRefusal.CODE_WRONG)


class Authenticator:
    """Somebody's telephone."""

    def __init__(self, library: Library, user_name: str = "anna") -> None:
        self.library = library
        staff_id = account(library, user_name).id
        secret = at_no_desk(library, lambda act: begin_second_factor(act, staff_id))
        self.secret = b32decode(secret)
        recovery = at_no_desk(
            library, lambda act: confirm_second_factor(act, staff_id, self.code())
        )
        assert recovery is not None
        self.recovery = recovery
        library.pass_time(seconds=30)  # the code that confirmed it is used

    def code(self, steps: int = 0) -> str:
        return code_at(self.secret, int(self.library.now.timestamp()) // 30 + steps)


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(second: int, code: str) -> None:
    """Appendix B, SHA-1, the last six digits."""
    secret = b"12345678901234567890"
    assert code_at(secret, second // 30) == code
    now = datetime.fromtimestamp(second, UTC)
    assert step_of(secret, f"{code[:3]} {code[3:]}", now, 0) == second // 30
    assert step_of(secret, code, now, second // 30) is None


def test_an_authenticator_can_read_it() -> None:
    uri = provisioning_uri("JBSWY3DPEHPK3PXP", "anna", "Demo libraries")
    assert uri == (
        "otpauth://totp/Demo%20libraries:anna?secret=JBSWY3DPEHPK3PXP&issuer=Demo+libraries"
    )


def test_it_is_asked_for_outside_and_not_in_the_library(house: Library) -> None:
    a_colleague(house, "anna", "librarian")
    anna = Authenticator(house)
    assert is_let_in(house).session.methods == {"password"}
    assert signs_in(house, address=OUTSIDE) == CODE_NEEDED
    signed_in = is_let_in(house, address=OUTSIDE, code=anna.code())
    assert signed_in.session.methods == {"password", "code"}
    assert signed_in.session.principal.grants
    key = at_no_desk(house, lambda act: add_workstation(act, "Desk 1", house.main.id))
    is_let_in(house, address=OUTSIDE, workstation_key=key)


def test_a_code_is_taken_once(house: Library) -> None:
    a_colleague(house)
    anna = Authenticator(house)
    is_let_in(house, address=OUTSIDE, code=anna.code())
    assert signs_in(house, address=OUTSIDE, code=anna.code()) == CODE_WRONG
    assert signs_in(house, address=OUTSIDE, code=anna.code(-1)) == CODE_WRONG
    is_let_in(house, address=OUTSIDE, code=anna.code(1))  # a telephone that is fast
    house.pass_time(seconds=60)
    assert signs_in(house, address=OUTSIDE, code=anna.code(2)) == CODE_WRONG
    is_let_in(house, address=OUTSIDE, code=anna.code(-0))


def test_of_many_who_show_the_same_code_one_gets_in(house: Library) -> None:
    a_colleague(house)
    anna = Authenticator(house)
    code = anna.code()
    with ThreadPoolExecutor(PAIR_LIMIT) as threads:
        tries = threads.map(
            lambda _: signs_in(house, address=OUTSIDE, code=code), range(PAIR_LIMIT)
        )
    assert sum(isinstance(each, SignedIn) for each in tries) == 1


def test_wrong_codes_count_as_wrong_passwords(sqlite_house: Library) -> None:
    a_colleague(sqlite_house)
    anna = Authenticator(sqlite_house)
    for _ in range(PAIR_LIMIT):
        assert signs_in(sqlite_house, address=OUTSIDE, code="000000") == CODE_WRONG
    refused = signs_in(sqlite_house, address=OUTSIDE, code=anna.code())
    assert refused == NotSignedIn(SignInRefusal.MUST_WAIT)
    wrong = signs_in(sqlite_house, password="guess", address="198.51.100.5", code=anna.code())
    assert wrong == NotSignedIn(SignInRefusal.WRONG)
    is_let_in(sqlite_house, address="198.51.100.5", code=anna.code())  # it was not taken


def test_recovery_codes_are_taken_once_each(house: Library) -> None:
    a_colleague(house)
    anna = Authenticator(house)
    assert len(set(anna.recovery)) == RECOVERY_CODES
    for code in anna.recovery[:2]:
        found = is_let_in(house, address=OUTSIDE, code=code.upper().replace("-", " "))
        assert found.session.methods == {"password", "recovery"}
        assert signs_in(house, address=OUTSIDE, code=code) == CODE_WRONG
    house.pass_time(minutes=16)
    assert at_no_desk(house, lambda act: take_second_factor(act, COMMAND, account(house)))
    assert not account(house).has_second_factor


def test_who_has_none_sets_it_up_in_the_library(house: Library) -> None:
    settings(house, second_factor="always", known_networks=["192.0.2.0/24"])
    a_colleague(house, "anna", "administrator")
    refused = signs_in(house, address=OUTSIDE)  # a stolen password would be enough
    assert refused == NotSignedIn(SignInRefusal.NO_SECOND_FACTOR)
    limited = is_let_in(house)
    assert limited.session.is_limited
    assert not limited.session.principal.grants
    anna = Authenticator(house)
    assert signs_in(house) == CODE_NEEDED
    full = is_let_in(house, code=anna.code(), previous_token=limited.token)
    assert full.session.principal.grants
    assert session(house, limited.token) is None


def test_where_no_network_is_known_it_is_set_up_anywhere(sqlite_house: Library) -> None:
    settings(sqlite_house)
    a_colleague(sqlite_house, "anna", "librarian")
    assert is_let_in(sqlite_house).session.is_limited


def test_where_none_is_asked_for_one_may_have_it(sqlite_house: Library) -> None:
    settings(sqlite_house, second_factor="never")
    a_colleague(sqlite_house, "anna", "librarian")
    assert is_let_in(sqlite_house, address=OUTSIDE).session.principal.grants
    anna = Authenticator(sqlite_house)
    assert signs_in(sqlite_house) == CODE_NEEDED
    is_let_in(sqlite_house, code=anna.code())


def test_a_new_one_counts_once_it_was_shown(sqlite_house: Library) -> None:
    a_colleague(sqlite_house)
    anna = Authenticator(sqlite_house)
    staff_id = account(sqlite_house).id
    at_no_desk(sqlite_house, lambda act: begin_second_factor(act, staff_id))
    is_let_in(sqlite_house, address=OUTSIDE, code=anna.code())
    wrong = at_no_desk(sqlite_house, lambda act: confirm_second_factor(act, staff_id, "000000"))
    assert wrong is None


def test_without_a_key_there_is_none(sqlite_library: Library) -> None:
    sqlite_library.circulation = Circulation()
    staff_id = a_colleague(sqlite_library).id
    with pytest.raises(NoSeal, match="seal_key"):
        at_no_desk(sqlite_library, lambda act: begin_second_factor(act, staff_id))
