"""Texts that patrons send: what they do, and how they are answered."""

from __future__ import annotations

import pytest

from circulation.kernel.results import UNATTENDED
from circulation.notices.incoming import answer_text, patrons_with_number
from circulation.patrons.contacts import add_contact, verify_contact
from circulation.patrons.kinds import ContactKind
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_copy, a_hold
from tests.builders.notices import act, lend, patron_id, sent, speak_english, states

NUMBER = "+4522334455"


def text(library: Library, words: str, *, name: str = "", sender: str = NUMBER) -> list[str]:
    """Takes the text; gives the answers."""
    who = library.read(lambda each: patrons_with_number(each, sender, "DK"))
    library.write(
        lambda each: answer_text(
            library.act(each, UNATTENDED),
            name=name or f"sms {library.number()}",
            sender=sender,
            text=words,
            patrons=who,
            channel="sms",
        )
    )
    return [each.body for each in sent(library)]


@pytest.mark.parametrize(
    "typed", ["+4522334455", "22334455", "22 33 44 55", "0045 22-33-44-55", "+45 (2233) 4455"]
)
def test_a_number_is_known_however_it_is_written(library: Library, typed: str) -> None:
    card = a_patron(library, phone=typed)
    a_patron(library, phone="+4982334455")
    who = library.read(lambda each: patrons_with_number(each, NUMBER, "DK"))
    assert who == [patron_id(library, card)]


def test_a_verified_number_is_its_owners_alone(sqlite_library: Library) -> None:
    library = sqlite_library
    a_patron(library, phone="22334455")
    who = patron_id(library, a_patron(library))
    contact = act(library, add_contact, who, ContactKind.PHONE, "22334455")
    act(library, verify_contact, who, contact.id)
    assert library.read(lambda each: patrons_with_number(each, NUMBER, "DK")) == [who]


def test_a_text_renews_and_each_item_is_answered(library: Library) -> None:
    card, other = a_patron(library, phone=NUMBER), a_patron(library)
    first = an_item(library, title="Peters jul")
    second = an_item(library, title="Livet på øerne")
    for barcode in (first, second):
        lend(library, card, barcode)
    a_hold(library, other, second)
    library.pass_time(days=20)
    (answer,) = text(library, "Forny!")
    assert "Peters jul: fornyet til 12/1" in answer
    assert "Livet på øerne: IKKE fornyet (andre venter), aflever 23/12" in answer
    assert a_copy(library, first)


def test_one_item_by_its_number(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library, phone=NUMBER)
    barcode = an_item(library, "X0000007", title="Et")
    lend(library, card, barcode)
    lend(library, card, an_item(library, title="To"))
    library.pass_time(days=20)
    assert text(library, "forny X0000007") == ["Et: fornyet til 12/1"]
    assert text(library, "FORNY 999") == ["Intet blev fornyet: nummeret er ukendt"]


def test_what_is_on_loan(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library, phone=NUMBER)
    assert text(library, "lån") == ["Du har ingen lån."]
    lend(library, card, an_item(library, title="Et"))
    assert text(library, "LÅN") == ["Et: afleveres 23/12"]


@pytest.mark.parametrize("words", ["hvad er klokken", "", "???", "forny 1 2"])
def test_what_is_not_understood_is_answered_with_help(sqlite_library: Library, words: str) -> None:
    library = sqlite_library
    a_patron(library, phone=NUMBER)
    (answer,) = text(library, words)
    assert answer.startswith("Vi forstod ikke din besked. Skriv FORNY")


def test_the_answer_is_in_the_patrons_language(sqlite_library: Library) -> None:
    library = sqlite_library
    who = patron_id(library, a_patron(library, phone=NUMBER))
    speak_english(library, who)
    assert text(library, "RENEW 999") == ["Nothing was renewed: the number is unknown"]


def test_a_gateway_that_calls_twice_renews_once(library: Library) -> None:
    card = a_patron(library, phone=NUMBER)
    lend(library, card, an_item(library))
    library.pass_time(days=20)
    assert len(text(library, "forny", name="sms 7")) == 1
    assert text(library, "forny", name="sms 7") == []
    assert len(states(library, card)) == 1


def test_a_household_is_answered_for_each(sqlite_library: Library) -> None:
    library = sqlite_library
    cards = [a_patron(library, phone=NUMBER) for _ in range(3)]
    for card, title in zip(cards[:2], ("Et", "To"), strict=True):
        lend(library, card, an_item(library, title=title))
    library.pass_time(days=20)
    assert sorted(text(library, "forny")) == ["Et: fornyet til 12/1", "To: fornyet til 12/1"]


def test_nobody_answers_a_stranger(sqlite_library: Library) -> None:
    library = sqlite_library
    assert text(library, "forny", sender="+4528000001") == []
    assert text(library, "forny", sender="1204") == []
