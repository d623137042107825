"""Which number a letter goes to, and that only its mask is ever shown."""

from __future__ import annotations

import pytest

from circulation.digital_post.numbers import (
    PostNumber,
    number_to_write_to,
    post_number,
    shown_numbers,
)
from circulation.kernel.engine import Circulation
from circulation.kernel.reasons import IdentifierBlock
from circulation.kernel.results import UNATTENDED
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    IdentifierKey,
    add_identifier,
    block_identifier,
    find_patron,
)
from circulation.patrons.personal_erasure import erase_person
from circulation.patrons.personal_export import export_person
from circulation.patrons.seals import Seal, Unreadable
from tests.builders.circulation import Library, a_patron

CPR, MASK = "0101110000", "010111-xxxx"
KEY, SEAL = b"k" * 32, Seal(b"s" * 32)


def keyed(library: Library, seal: Seal | None = SEAL) -> Library:
    library.circulation = Circulation({IDENTIFIERS: IdentifierKey(KEY, seal)})
    return library


def identify(library: Library, card: str, identifier: str, kind: str = "national_id") -> int:
    patron_id = library.read(lambda transaction: find_patron(transaction, card))
    assert patron_id is not None
    library.write(
        lambda transaction: add_identifier(
            library.act(transaction, UNATTENDED), patron_id, identifier, kind
        )
    )
    return patron_id


def number_of(library: Library, patron_id: int) -> PostNumber | None:
    keys = IDENTIFIERS.of(library.circulation)
    return library.read(lambda transaction: number_to_write_to(transaction, patron_id, keys))


def shown(library: Library, *patron_ids: int) -> dict[int, str]:
    return library.read(lambda transaction: shown_numbers(transaction, list(patron_ids)))


def test_a_person_and_a_company(library: Library) -> None:
    keyed(library)
    person = identify(library, a_patron(library), "010111-0000")
    company = identify(library, a_patron(library), "12345678", "cvr")
    nobody = identify(library, a_patron(library), "K7", "login")
    assert number_of(library, person) == PostNumber("CPR", CPR, MASK)
    assert number_of(library, company) == PostNumber("CVR", "12345678", "12345678")
    assert number_of(library, nobody) is None
    assert shown(library, person, company, nobody) == {person: MASK, company: "12345678"}
    assert CPR not in repr(number_of(library, person))


def test_without_a_seal_nobody_can_be_written_to(library: Library) -> None:
    keyed(library, None)
    person = identify(library, a_patron(library), CPR)
    assert number_of(library, person) is None
    assert shown(library, person) == {}


def test_another_seal_reads_nothing(library: Library) -> None:
    keyed(library)
    person = identify(library, a_patron(library), CPR)
    other = IdentifierKey(KEY, Seal(b"t" * 32))
    with pytest.raises(Unreadable):
        library.read(lambda transaction: post_number(transaction, person, other.stored, other.seal))
    library.circulation = Circulation({IDENTIFIERS: other})
    assert number_of(library, person) is None


def test_only_while_it_is_theirs(library: Library) -> None:
    keyed(library)
    person = identify(library, a_patron(library), CPR)

    def block(reason: IdentifierBlock | None) -> None:
        library.write(
            lambda transaction: block_identifier(library.act(transaction, UNATTENDED), CPR, reason)
        )

    block(IdentifierBlock.LOST)
    assert number_of(library, person) is None
    assert shown(library, person) == {}
    block(None)
    assert number_of(library, person) == PostNumber("CPR", CPR, MASK)


def test_a_new_number_takes_the_place_of_the_old(library: Library) -> None:
    keyed(library)
    card = a_patron(library)
    person = identify(library, card, CPR)
    identify(library, card, "0202020000")
    found = number_of(library, person)
    assert found is not None
    assert found.number == "0202020000"


def test_who_asks_for_their_data_is_not_shown_the_seal(library: Library) -> None:
    keyed(library)
    person = identify(library, a_patron(library), CPR)
    found = library.read(lambda transaction: export_person(transaction, person))
    assert CPR not in repr(found)
    assert found is not None
    assert found["sealed_numbers"][0]["has_sealed"] is True
    assert "sealed" not in found["sealed_numbers"][0]


def test_it_goes_with_the_patron(library: Library) -> None:
    keyed(library)
    person = identify(library, a_patron(library), CPR)
    library.write(lambda transaction: erase_person(library.act(transaction, UNATTENDED), person))
    assert number_of(library, person) is None
    assert shown(library, person) == {}
