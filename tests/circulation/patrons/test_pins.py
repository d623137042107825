"""PINs: never hashed on the spot, remembered within bounds, never shown."""

from __future__ import annotations

import logging
import pickle
import traceback

import pytest

from circulation.patrons.hashing import hasher
from circulation.patrons.pins import PinVerifier, VerificationNeeded, hash_pin


@pytest.fixture(scope="module")
def stored() -> str:
    return hash_pin("1234")


def verdict(verifier: PinVerifier, stored: str, pin: str) -> bool:
    try:
        return verifier.check(stored, pin)
    except VerificationNeeded as needed:
        verifier.verify(needed)
        return verifier.check(stored, pin)


def test_the_hash_is_argon2id_with_the_costs_we_chose(stored: str) -> None:
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert stored != hash_pin("1234")
    assert "1234" not in stored


@pytest.mark.parametrize(
    ("pin", "is_right"),
    [
        ("1234", True),
        ("1235", False),
        ("12345", False),
        ("", False),
        ("12\0", False),
        ("\udce6", False),
    ],
)
def test_verdicts_right_and_wrong_are_remembered(stored: str, pin: str, is_right: bool) -> None:
    verifier = PinVerifier()
    with pytest.raises(VerificationNeeded):
        verifier.check(stored, pin)
    assert verdict(verifier, stored, pin) is is_right
    assert verifier.check(stored, pin) is is_right
    assert len(verifier) == 1


def test_a_lone_surrogate_can_be_neither_right_nor_fatal() -> None:
    assert not verdict(PinVerifier(), hash_pin("æ"), "\udce6")


def test_an_empty_pin_is_never_hashed() -> None:
    with pytest.raises(ValueError, match="empty"):
        hash_pin("")


@pytest.mark.parametrize("broken", ["", "1234", "$argon2id$v=19$m=1,t=1,p=1$nonsense"])
def test_what_is_no_hash_matches_nothing(broken: str) -> None:
    assert not verdict(PinVerifier(), broken, "1234")


def test_checking_never_hashes(stored: str, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = PinVerifier()
    assert verdict(verifier, stored, "1234")

    def forbidden(*_: object) -> None:
        raise AssertionError("hashed in the caller's thread")

    monkeypatch.setattr(type(hasher()), "verify", forbidden)
    assert verifier.check(stored, "1234")
    with pytest.raises(VerificationNeeded):
        verifier.check(stored, "9999")


def test_the_cache_is_bounded_and_forgets_what_is_unused_longest() -> None:
    verifier = PinVerifier(remembered=3)
    broken = "no hash, so quickly wrong"
    for pin in ("1", "2", "3"):
        assert not verdict(verifier, broken, pin)
    assert not verifier.check(broken, "1")
    assert not verdict(verifier, broken, "4")
    assert len(verifier) == 3
    assert not verifier.check(broken, "1")
    with pytest.raises(VerificationNeeded):
        verifier.check(broken, "2")


def test_a_changed_pin_is_unknown_again(stored: str) -> None:
    verifier = PinVerifier()
    assert verdict(verifier, stored, "1234")
    with pytest.raises(VerificationNeeded):
        verifier.check(hash_pin("1234"), "1234")


def test_digests_of_one_process_are_worthless_to_another(stored: str) -> None:
    first, second = PinVerifier(), PinVerifier()
    verdict(first, stored, "1234")
    verdict(second, stored, "1234")
    assert set(first._verdicts) != set(second._verdicts)


def test_nothing_shows_the_secret(stored: str, caplog: pytest.LogCaptureFixture) -> None:
    verifier, pin = PinVerifier(), str(9_000_000 - 1)  # not spelled out: tracebacks quote source
    with pytest.raises(VerificationNeeded) as caught:
        verifier.check(stored, pin)
    needed = caught.value
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").error("failed: %s %r", needed, needed, exc_info=needed)
        verifier.verify(needed)
    shown = "".join(
        [
            str(needed),
            repr(needed),
            repr(needed.args),
            repr(verifier),
            caplog.text,
            *traceback.format_exception(needed),
            repr(pickle.dumps(needed)),
        ]
    )
    assert pin not in shown
    assert stored not in shown
    assert stored.rpartition("$")[2] not in shown
