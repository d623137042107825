"""PINs that other systems have hashed: every scheme lets in once, and is then one of ours."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedIn, CheckedOut, Refused
from circulation.patrons.foreign_pins import (
    SCHEMES,
    NotOfScheme,
    is_behind,
    is_foreign,
    needs_bcrypt,
    stored_pin,
    wrap_weak,
)
from circulation.patrons.pins import PINS, PinVerifier
from tests.builders.circulation import Library, a_patron, an_item

PIN, SALT = "4711", "sælt"


def hashed(scheme: str, pin: str, salt: str = SALT) -> str:
    """As the other system would."""
    name, _, order = scheme.partition("-")
    joined = salt + pin if order == "salt-pin" else pin + salt if order else pin
    return hashlib.new(name, joined.encode()).hexdigest()


@pytest.mark.parametrize("scheme", [each for each in SCHEMES if each[:3] in ("md5", "sha")])
def test_digests_of_every_scheme(scheme: str) -> None:
    for text in (hashed(scheme, PIN), hashed(scheme, PIN).upper()):
        stored = stored_pin(scheme, text, SALT if "-" in scheme else "")
        assert is_foreign(stored)
        assert is_behind(stored, PIN)
        assert not is_behind(stored, "4712")


def test_koha_writes_md5_in_base64_without_padding() -> None:
    text = base64.b64encode(hashlib.md5(PIN.encode()).digest()).decode().rstrip("=")
    assert is_behind(stored_pin("md5", text), PIN)


def test_ldap() -> None:
    joined = hashlib.sha1(PIN.encode() + b"salt").digest() + b"salt"
    assert is_behind(stored_pin("ssha", "{SSHA}" + base64.b64encode(joined).decode()), PIN)


def test_bcrypt_and_evergreen() -> None:
    bcrypt = pytest.importorskip("bcrypt")
    stored = stored_pin("bcrypt", bcrypt.hashpw(PIN.encode(), bcrypt.gensalt(4)).decode())
    assert is_behind(stored, PIN)
    assert not is_behind(stored, "4712")
    inner = hashlib.md5(SALT.encode() + hashlib.md5(PIN.encode()).hexdigest().encode()).hexdigest()
    text = bcrypt.hashpw(inner.encode(), bcrypt.gensalt(4)).decode()
    assert is_behind(stored_pin("evergreen", text, SALT), PIN)


def test_clear_ones_are_hashed_at_once() -> None:
    stored = stored_pin("clear", PIN)
    assert stored.startswith("$argon2id$")
    assert PIN not in stored


@given(st.sampled_from([each for each in SCHEMES if each != "clear"]), st.text(max_size=70))
def test_what_is_no_hash_is_refused_or_wrong(scheme: str, text: str) -> None:
    pytest.importorskip("bcrypt")
    with suppress(NotOfScheme):
        assert stored_pin(scheme, text).count(":") >= 3


def test_only_slow_pins_need_bcrypt(library: Library) -> None:
    a_patron(library, "P1")
    a_patron(library, "P2", pin_hash="weak:md5::00")
    a_patron(library, "P3", pin_hash="wrapped:md5::$argon2id$x")
    assert not library.read(needs_bcrypt)
    a_patron(library, "P4", pin_hash="slow:bcrypt::$2b$04$x")
    assert library.read(needs_bcrypt)


@pytest.fixture
def moved(library: Library) -> Callable[[], tuple[str, str]]:
    """A patron with an MD5 that was moved here, and an item; gives what is stored."""
    card = a_patron(library, "P1", pin_hash=stored_pin("md5", hashed("md5", PIN)))
    an_item(library, "B1")

    def pin_hash() -> tuple[str, str]:
        ((stored,),) = library.read(
            lambda t: t.execute("SELECT pin_hash FROM patrons", ()).fetchall()
        )
        return card, stored

    return pin_hash


def test_a_right_one_is_hashed_as_all_others_are(
    library: Library, moved: Callable[[], tuple[str, str]]
) -> None:
    card, before = moved()
    wrong = library.check_out(card, "B1", pin="0000")
    assert isinstance(wrong, Refused)
    assert wrong.refusals[0].reason is Reason.PIN_WRONG
    assert moved()[1] == before
    assert isinstance(library.check_out(card, "B1", pin=PIN), CheckedOut)
    assert moved()[1].startswith("$argon2id$")
    assert isinstance(library.check_in("B1"), CheckedIn)
    PINS.put(library.circulation, PinVerifier())  # another process
    assert isinstance(library.check_out(card, "B1", pin=PIN), CheckedOut)


def test_weak_ones_are_wrapped_and_let_in_all_the_same(
    library: Library, moved: Callable[[], tuple[str, str]]
) -> None:
    card, before = moved()
    assert wrap_weak(library.database, 0) == (1, None)
    assert hashed("md5", PIN) not in moved()[1]
    assert moved()[1].startswith("wrapped:md5:")
    assert wrap_weak(library.database, 0) == (0, None)
    assert isinstance(library.check_out(card, "B1", pin=PIN), CheckedOut)
    assert moved()[1].startswith("$argon2id$") is (before != moved()[1])
