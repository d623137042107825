"""What patrons go by."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from catalogue.database import Statement, many
from circulation.kernel.reasons import IdentifierBlock, Reason
from circulation.kernel.results import UNATTENDED, CheckedOut, Refused
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    IdentifierKey,
    IdentifierTaken,
    NoIdentifierKey,
    add_identifier,
    block_identifier,
    find_patron,
    identifiers_of,
    masked,
    set_identifier_expiry,
)
from circulation.patrons.registering import NewPatron, register_patron
from circulation.patrons.schema import patron_identifiers
from tests.builders.circulation import Library, a_patron, an_item

CPR = "2512484916"


@many(tuple[str])
def _stored() -> Statement:
    return select(patron_identifiers.c.identifier)


@pytest.fixture
def keyed(sqlite_library: Library) -> Library:
    library = sqlite_library
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"sixteen bytes or"))
    return library


def add(library: Library, card: str, identifier: str, kind: str, **options: object) -> None:
    number = library.read(lambda transaction: find_patron(transaction, card))
    assert number is not None
    library.write(
        lambda transaction: add_identifier(
            library.act(transaction, UNATTENDED), number, identifier, kind, **options
        )
    )


def test_a_national_number_is_kept_as_a_hash_and_found_as_a_number(keyed: Library) -> None:
    card = a_patron(keyed)
    add(keyed, card, CPR, "national_id")
    stored = [row[0] for row in keyed.read(lambda transaction: _stored(transaction))]
    assert not any("4916" in identifier for identifier in stored)
    for written in (CPR, "251248-4916", "251248 4916"):
        answer = keyed.check_out(written, an_item(keyed))
        assert isinstance(answer, CheckedOut), answer
        assert answer.patron.identifier == "251248-xxxx"
    back = keyed.check_in(an_item(keyed, on_loan_to=CPR))
    assert back.borrower.identifier == card  # type: ignore[union-attr]
    assert isinstance(keyed.renew_all(CPR), object)


def test_a_health_card_is_a_national_number_too(keyed: Library) -> None:
    number = keyed.write(
        lambda transaction: register_patron(
            keyed.act(transaction, UNATTENDED),
            NewPatron(
                home_branch=keyed.main.id,
                category="adult",
                given_name="Ida",
                family_name="Ørsted",
                card=CPR,
            ),
        )
    )
    [shown] = keyed.read(lambda transaction: identifiers_of(transaction, patron_id=number))
    assert (shown.shown, shown.kind) == ("251248-xxxx", "card")
    back = keyed.check_in(an_item(keyed, on_loan_to=CPR))
    assert back.borrower.identifier == "251248-xxxx"  # type: ignore[union-attr]


def test_without_a_key_no_national_number_is_kept(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library)
    with pytest.raises(NoIdentifierKey):
        add(library, card, CPR, "national_id")
    with pytest.raises(ValueError, match="DDMMYY-SSSS"):
        add(library, card, "12", "national_id")


def test_another_key_does_not_find_it(keyed: Library) -> None:
    add(keyed, a_patron(keyed), CPR, "national_id")
    IDENTIFIERS.put(keyed.circulation, IdentifierKey(b"another sixteen!!"))
    answer = keyed.check_out(CPR, an_item(keyed))
    assert isinstance(answer, Refused)
    assert answer.reasons == (Reason.PATRON_UNKNOWN,)


@pytest.mark.parametrize("kind", ["login", "email", "national_id", "card"])
def test_every_identifier_can_be_blocked_and_expire(keyed: Library, kind: str) -> None:
    card = a_patron(keyed)
    others = {"national_id": CPR, "email": "ida@example.dk"}
    identifier = others.get(kind, f"ida-{kind}")
    add(keyed, card, identifier, kind, expires=date(2026, 11, 25))
    assert isinstance(keyed.check_out(identifier, an_item(keyed)), CheckedOut)

    def block(reason: IdentifierBlock | None) -> bool:
        return keyed.write(
            lambda transaction: block_identifier(
                keyed.act(transaction, UNATTENDED), identifier, reason
            )
        )

    assert block(IdentifierBlock.WITHDRAWN)
    refused = keyed.check_out(identifier, an_item(keyed))
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.CARD_NOT_VALID,)
    assert isinstance(keyed.check_out(card, an_item(keyed)), CheckedOut)
    assert block(None)
    keyed.pass_time(days=1)
    refused = keyed.check_out(identifier, an_item(keyed))
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.CARD_NOT_VALID,)
    assert keyed.write(
        lambda transaction: set_identifier_expiry(
            keyed.act(transaction, UNATTENDED), identifier, None
        )
    )
    assert isinstance(keyed.check_out(identifier, an_item(keyed)), CheckedOut)


def test_an_identifier_has_one_owner(keyed: Library) -> None:
    add(keyed, a_patron(keyed), CPR, "national_id")
    with pytest.raises(IdentifierTaken) as caught:
        add(keyed, a_patron(keyed), "251248-4916", "national_id")
    assert "4916" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("251248-4916", "251248-xxxx"),
        ("3112999999", "311299-xxxx"),
        ("3212999999", None),  # no such day
        ("P0000001", None),
        ("25124849160", None),
        ("٢٥١٢٤٨٤٩١٦", None),
    ],
)
def test_what_is_masked(text: str, mask: str | None) -> None:
    assert masked(text) == mask


def test_a_key_has_its_length() -> None:
    for wrong in (b"", b"short", b"x" * 65):
        with pytest.raises(ValueError, match="16 to 64"):
            IdentifierKey(wrong)
    assert "sixteen" not in repr(IdentifierKey(b"sixteen bytes or"))
