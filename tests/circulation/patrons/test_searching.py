"""Patrons are found by what somebody knows of them, by those who may see them, in a fixed order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from catalogue.database import Statement, scalars, send
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import Branch
from circulation.kernel.rights import Kind, Principal, Reach, Right
from circulation.patrons import searching
from circulation.patrons.addresses import NewAddress, add_address
from circulation.patrons.blocks import block_patron, unblock_patron
from circulation.patrons.changes import change_patron
from circulation.patrons.contacts import add_contact, contacts_of, remove_contact
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey, add_identifier
from circulation.patrons.kinds import ContactKind, IdentifierKind
from circulation.patrons.personal_erasure import erase_person
from circulation.patrons.schema import patron_words, patrons
from circulation.patrons.search_terms import terms_of
from circulation.patrons.search_words import index_missing
from circulation.patrons.searching import Hits, Place, find_patrons
from tests.builders.agencies import a_school
from tests.builders.circulation import Library, a_patron
from tests.builders.fees import number_of
from tests.catalogue.readings import fold_readings
from tests.examples import examples

EVERYWHERE = Reach(everywhere=True)


def a_principal(library: Library, **grants: Reach) -> Principal:
    rights = {Right[name]: reach for name, reach in ({"VIEW_PATRONS": EVERYWHERE} | grants).items()}
    return Principal(
        Kind.STAFF, 1, "anna", library.main.agency_id, library.main.id, "desk 1", rights
    )


def search(
    library: Library,
    text: str,
    principal: Principal | None = None,
    after: Place | None = None,
    limit: int = 100,
) -> Hits:
    who = principal or a_principal(library)
    return library.read(
        lambda transaction: find_patrons(
            transaction, library.circulation, who, text, after=after, limit=limit
        )
    )


def do(library: Library, verb: Callable[..., Any], *given: Any) -> Any:
    """What the verb answers at the desk of the main branch."""
    return library.write(lambda transaction: verb(library.act(transaction), *given))


def found(library: Library, text: str, **options: Any) -> list[str]:
    """The cards of those who were found."""
    return [hit.card for hit in search(library, text, **options).lines]


def test_a_patron_is_found_by_all_that_is_known_of_them(library: Library) -> None:
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"k" * 16))
    card = a_patron(
        library,
        given_name="Søren Aabye",
        family_name="Ærø-Müller",
        birth_date=date(1948, 5, 12),
        phone="22 33 44 55",
        email="Soren@Example.dk",
    )
    number = number_of(library, card)

    home = NewAddress(street="Nørregade", house_number="7", postal_code="5970", city="Ærøskøbing")
    do(library, add_address, number, home)
    do(library, add_identifier, number, "120548-1234", IdentifierKind.NATIONAL_ID.value)
    a_patron(library, "K1", given_name="Nobody", family_name="Else")
    for text in (
        *("sør", "soren", "Soeren", "AABYE", "åbye", "Aerø", "Aero", "muller", "Müller", "mueller"),
        *("Ærø-Müller", "ærømüller", "müller søren", "  Søren,  Ærø "),
        *("nørregade 7", "5970", "aeroskobing", "sør nørre 5970"),
        *("12.05.1948", "12/5-48", "120548", "1948-05-12", "12-05-48 søren"),
        *(
            "22334455",
            "22 33 44 55",
            "+45 22334455",
            "0045 22 33 44 55",
            "2233",
            "søren 22 33 44 55",
        ),
        *("soren@example.dk", "SOREN@exa", "søren soren@"),
        *(card, card[:4], card.lower(), "120548-1234", "1205481234"),
    ):
        assert found(library, text) == [card], text
    for text in (
        "",
        " ",
        "ren",
        "sørensen",
        "example.dk",
        "120548-1235",
        "7 nørre sør nobody",
        "--",
    ):
        assert found(library, text) == [], text


def test_the_card_that_was_typed_comes_first_then_the_own_agency_and_whole_words(
    library: Library,
) -> None:
    school = a_school(library)
    pupil = a_patron(library, "ANDERS", given_name="Bo", home_branch=school.id)
    in_school = a_patron(library, "S1", given_name="Anders", home_branch=school.id)
    longer = a_patron(library, "P1", given_name="Anderson")
    dead = a_patron(library, "P2", given_name="Anders")
    whole = a_patron(library, "P3", given_name="Anders", family_name="Anderson")
    mark_dead(library, dead)
    assert found(library, "anders") == [pupil, whole, longer, in_school, dead]
    do(library, unblock_patron, number_of(library, dead), BlockReason.DECEASED)
    assert found(library, "anders") == [pupil, dead, whole, longer, in_school]


def mark_dead(library: Library, card: str) -> None:
    do(library, block_patron, number_of(library, card), BlockReason.DECEASED)


def test_nobody_finds_patrons_whom_they_may_not_see(library: Library) -> None:
    school = a_school(library)
    here = a_patron(library, "P1", given_name="Anders")
    there = a_patron(library, "P2", given_name="Anders", home_branch=library.other.id)
    pupil = a_patron(library, "S1", given_name="Anders", home_branch=school.id)

    def seen(reach: Reach | None) -> list[str]:
        who = a_principal(library, **({"VIEW_PATRONS": reach} if reach else {}))
        if reach is None:
            who = Principal(Kind.STAFF, 1, "bo", who.agency_id, who.branch_id)
        cards = found(library, "anders", principal=who)
        exact = [
            each for card in (here, there, pupil) for each in found(library, card, principal=who)
        ]
        assert sorted(cards) == sorted(exact)
        return cards

    assert seen(EVERYWHERE) == [here, there, pupil]
    assert seen(Reach(agencies=frozenset({library.main.agency_id}))) == [here, there]
    assert seen(Reach(agencies=frozenset({school.agency_id}))) == [pupil]
    assert seen(Reach(agencies=frozenset({school.agency_id, library.main.agency_id}))) == [
        *(here, there, pupil)
    ]
    assert seen(Reach(branches=frozenset({library.other.id}))) == [there]
    assert seen(
        Reach(agencies=frozenset({school.agency_id}), branches=frozenset({library.main.id}))
    ) == [here, pupil]
    assert seen(None) == []


def test_what_changes_is_found_by_what_it_is_now(library: Library) -> None:
    card = a_patron(library, given_name="Ida", family_name="Ørsted")
    number = number_of(library, card)
    do(library, change_patron, number, {"family_name": "Holm", "phone": "11223344"})
    assert found(library, "ørsted") == []
    assert found(library, "ida holm 11 22 33 44") == [card]
    contact = do(library, add_contact, number, ContactKind.EMAIL, "ida@example.dk")
    assert found(library, "ida@") == [card]
    do(library, remove_contact, number, contact.id)
    assert library.read(lambda transaction: contacts_of(transaction, patron_id=number)) == []
    assert found(library, "ida@") == []
    do(library, erase_person, number)
    assert found(library, "ida") == []


@scalars(int)
def _everybody() -> Statement:
    return select(patrons.c.id)


@send
def _forget_words() -> Statement:
    return delete(patron_words)


def test_words_that_are_missing_are_made_once(library: Library) -> None:
    cards = [a_patron(library, given_name=f"Anders {number}") for number in range(3)]
    everything = found(library, "anders")
    library.write(_forget_words)
    assert found(library, "anders") == []
    assert library.write(lambda transaction: index_missing(transaction, 0)) == (3, None)
    assert found(library, "anders") == everything == cards
    assert library.write(lambda transaction: index_missing(transaction, 0)) == (0, None)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Lindevej 7 2000 Frederiksberg", "lindevej 7 2000 frederiksberg"),
        ("12 2100 København", "12 2100 koebenhavn"),
        ("(+45) 22 33 44 55", "4522334455"),
        ("004522334455", "4522334455"),
        ("2233 4455", "22334455"),
        ("jensen 12-5-48, 22334455", "jensen 120548 22334455"),
        ("<a.b@c.dk>, bo", "a.b@c.dk bo"),
        ("bo bo b", "bo b"),
    ],
)
def test_what_is_typed_becomes_words(text: str, terms: str) -> None:
    assert b" ".join(terms_of(text)).decode() == terms


NAMES = (
    "Anders",
    "Andersen",
    "Andrea",
    "Åse",
    "Aase",
    "Müller",
    "Muller",
    "Jens",
    "Jensen",
    "O'Brien",
)
PATRONS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.booleans(), st.booleans()),
    max_size=12,
)
TEXTS = st.lists(
    st.sampled_from(NAMES).flatmap(
        lambda name: st.integers(1, len(name)).map(lambda length: name[:length])
    ),
    min_size=1,
    max_size=3,
).map(" ".join)


@pytest.fixture
def both(library: Library) -> tuple[Library, Branch]:
    return library, a_school(library)


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PATRONS, TEXTS, st.integers(1, 4))
def test_a_search_finds_what_a_look_at_everybody_finds(
    both: tuple[Library, Branch],
    people: list[tuple[str, str, bool, bool]],
    text: str,
    limit: int,
) -> None:
    library, school = both
    for patron_id in library.read(_everybody):
        do(library, erase_person, patron_id)
    expected = set()
    for given_name, family_name, is_pupil, is_dead in people:
        home = school if is_pupil else library.main
        card = a_patron(
            library, given_name=given_name, family_name=family_name, home_branch=home.id
        )
        if is_dead:
            mark_dead(library, card)
        words = {
            word for reading in fold_readings(f"{given_name} {family_name}") for word in reading
        }
        wanted = fold_readings(text)[0]
        if all(any(word.startswith(each) for word in words) for each in wanted):
            expected.add(card)
    cards: list[str] = []
    after: Place | None = None
    while True:
        page = search(library, text, after=after, limit=limit)
        cards += [hit.card for hit in page.lines]
        assert len(page.lines) == limit or page.next is None
        if page.next is None:
            break
        after = page.next
    assert len(cards) == len(set(cards))
    assert set(cards) == expected
    assert cards == found(library, text)


def test_common_words_that_few_have_together_are_found_in_the_same_order(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By asking each on the way, and by gathering who has the others first."""
    names = [("Anna", "Jensen"), ("Anne", "Hansen"), ("Hanne", "Annsen"), ("Hans", "Jansen")] * 3
    school = a_school(library)
    for number, (given_name, family_name) in enumerate(names):
        home = school.id if number % 4 == 0 else library.main.id
        card = a_patron(library, given_name=given_name, family_name=family_name, home_branch=home)
        if number % 5 == 0:
            patron = number_of(library, card)
            do(library, block_patron, patron, BlockReason.DECEASED)
    texts = ("ann han", "jan han", "ann jen han", "han jen")
    usual = {text: pages(library, text) for text in texts}
    assert any(usual.values())
    with monkeypatch.context() as patch:
        patch.setattr(searching, "_FEW", 2)
        searching._statement.cache_clear()
        assert {text: pages(library, text) for text in texts} == usual
    searching._statement.cache_clear()


def pages(library: Library, text: str) -> list[str]:
    """The cards of all who are found, two to a page."""
    cards: list[str] = []
    after: Place | None = None
    while True:
        hits = search(library, text, after=after, limit=2)
        cards += [hit.card for hit in hits.lines]
        if hits.next is None:
            return cards
        after = hits.next
