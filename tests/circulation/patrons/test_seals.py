"""A sealed number is read by who has the key, and by nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.patrons.seals import KEY_BYTES, Seal, Unreadable, of_patron

KEYS = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)
NUMBERS = st.integers(0, 9_999_999_999).map("{:010}".format)
CPR = "0101110000"


@given(KEYS, NUMBERS, st.integers(1, 2**31))
def test_a_number_is_read_again(key: bytes, number: str, patron_id: int) -> None:
    sealed = Seal(key).sealed(number, of_patron(patron_id))
    assert Seal(key).opened(sealed, of_patron(patron_id)) == number
    assert number.encode() not in sealed
    assert sealed != Seal(key).sealed(number, of_patron(patron_id))


@given(KEYS, KEYS, st.integers(1, 100), st.integers(1, 100))
def test_only_with_its_key_and_for_its_patron(
    key: bytes, other: bytes, patron_id: int, other_id: int
) -> None:
    sealed = Seal(key).sealed(CPR, of_patron(patron_id))
    if other != key:
        with pytest.raises(Unreadable):
            Seal(other).opened(sealed, of_patron(patron_id))
    if other_id != patron_id:
        with pytest.raises(Unreadable):
            Seal(key).opened(sealed, of_patron(other_id))


@given(st.binary(max_size=60))
def test_anything_else_is_unreadable(sealed: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        Seal(b"k" * KEY_BYTES).opened(sealed, of_patron(1))
    assert str(caught.value) == "it was sealed under another key, or for another owner"


def test_the_key_has_its_length_and_is_not_shown() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Seal(b"short")
    assert repr(Seal(b"k" * KEY_BYTES)) == "<Seal>"
