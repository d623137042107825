"""What patrons change themselves: how they are reached, what they prefer, their PIN."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from circulation.patrons.guardians import add_guardian
from circulation.patrons.identifiers import find_patron
from tests.builders.circulation import an_item
from tests.builders.holds import a_hold, holds_of
from tests.protocols.fbs.stage import AGENCY, PERSON, PIN, Stage, Told

V8, V4, V5 = "{}/patrons/{}/v8", "{}/patrons/{}/v4", "{}/patrons/{}/v5"
#: What the newest settings must say.
NEEDED = {
    "preferredPickupBranch": "DK-900101",
    "guardianVisibility": False,
    "receivePostalMail": False,
}
#: And the older ones.
OLDER = {
    "preferredPickupBranch": "DK-900101",
    "receiveEmail": True,
    "receivePostalMail": False,
    "receiveSms": True,
}


def put(stage: Stage, card: str, **settings: Any) -> Told:
    return stage.of_patron("PUT", card, V8, {"patron": NEEDED | settings})


def patron(stage: Stage, card: str, path: str = V4) -> dict[str, Any]:
    told = stage.of_patron("GET", card, path).body
    its: dict[str, Any] = told.get("patron", told)
    return its


def let_in(stage: Stage, card: str, pin: str) -> str:
    body = {"libraryCardNumber": card, "pincode": pin}
    path = f"{AGENCY}/patrons/authenticate/v10"
    status: str = stage.ask("POST", path, body, session=stage.session).body["authenticateStatus"]
    return status


def an_email(value: str, wanted: bool = True) -> dict[str, Any]:
    return {"emailAddress": value, "receiveNotification": wanted}


def test_lists_take_the_place_of_what_is_stored(stage: Stage) -> None:
    card = stage.a_patron(email="old@example.org", phone="+4522334455")
    told = put(
        stage,
        card,
        emailAddresses=[
            an_email("a@example.org", False),
            an_email("b@example.org"),
            an_email("c@example.org"),
        ],
        phoneNumbers=[{"phoneNumber": "22 33 44 66", "receiveNotification": False}],
    )
    assert (told.status, told.body) == (204, None)
    its = patron(stage, card)
    assert (its["emailAddress"], its["receiveEmail"]) == ("b@example.org", True)
    assert (its["phoneNumber"], its["receiveSms"]) == ("+4522334466", False)
    wide = patron(stage, card, "{}/patrons/person/{}/v4")["emailAddresses"]
    assert [(each["emailAddress"], each["receiveNotification"]) for each in wide] == [
        ("a@example.org", False),
        ("b@example.org", True),  # of several that are to have notices, the first
        ("c@example.org", False),
    ]


def test_an_empty_list_deletes_and_one_that_is_not_there_does_not(stage: Stage) -> None:
    card = stage.a_patron(email="old@example.org", phone="+4522334455")
    put(stage, card)
    assert patron(stage, card)["emailAddress"] == "old@example.org"
    put(stage, card, emailAddresses=[], phoneNumbers=[])
    its = patron(stage, card)
    assert "emailAddress" not in its
    assert (its["receiveEmail"], its["receiveSms"]) == (False, False)


OLDER_PATHS = (
    *("v1/{}/patrons/{}", "v2/{}/patrons/{}"),
    *(f"{{}}/patrons/{{}}/v{each}" for each in range(3, 8)),
)


@pytest.mark.parametrize("path", OLDER_PATHS)
def test_older_versions_have_one_address(one_stage: Stage, path: str) -> None:
    """It is replaced, and deleted where it is missing, null or empty."""
    card = one_stage.a_patron(email="old@example.org", phone="+4522334455")
    settings = OLDER | {"guardianVisibility": False, "receiveSms": False}
    body = {"patron": settings | {"emailAddress": "new@example.org", "phoneNumber": "22334466"}}
    assert one_stage.of_patron("PUT", card, path, body).status == 200
    its = patron(one_stage, card)
    assert (its["emailAddress"], its["receiveEmail"]) == ("new@example.org", True)
    assert (its["phoneNumber"], its["receiveSms"]) == ("+4522334466", False)
    told = one_stage.of_patron("PUT", card, path, {"patron": settings | {"emailAddress": None}})
    assert told.status == 200
    its = patron(one_stage, card)
    assert not {"emailAddress", "phoneNumber"} & its.keys()
    assert (its["receiveEmail"], its["receiveSms"]) == (False, False)


@pytest.mark.parametrize("change", [{}, {"pincode": None}, {"libraryCardNumber": PERSON}])
@pytest.mark.parametrize("path", [V8, *OLDER_PATHS])
def test_a_change_of_pin_without_a_pin(
    one_stage: Stage, path: str, change: dict[str, str | None]
) -> None:
    """The rest is saved: a site sends its whole form, and may know no PIN."""
    card = one_stage.a_patron()
    wish = NEEDED | OLDER | {"preferredPickupBranch": "DK-900102", "receiveEmail": None}
    told = one_stage.of_patron("PUT", card, path, {"patron": wish, "pincodeChange": change})
    assert told.status in (200, 204)
    assert patron(one_stage, card)["preferredPickupBranch"] == "DK-900102"
    assert let_in(one_stage, card, PIN) == "VALID"


def test_the_same_again_changes_nothing(stage: Stage) -> None:
    card = stage.a_patron()
    wish = {"emailAddresses": [an_email("a@example.org")], "preferredLanguage": "da"}
    put(stage, card, **wish)
    before = patron(stage, card), _events(stage, card)
    put(stage, card, **wish)
    assert (patron(stage, card), _events(stage, card)) == before


def _events(stage: Stage, card: str) -> int:
    from tests.builders.circulation import events_of_patron

    return len(
        stage.library.read(
            lambda transaction: events_of_patron(
                transaction, patron_id=find_patron(transaction, card) or 0
            )
        )
    )


def test_branch_language_and_absence(stage: Stage) -> None:
    card = stage.a_patron()
    on_hold = {"from": "2026-12-01", "to": "2026-12-24"}
    put(stage, card, preferredPickupBranch="DK-900102", preferredLanguage="en", onHold=on_hold)
    its = patron(stage, card)
    assert its["preferredPickupBranch"] == "DK-900102"
    assert (its["preferredLanguage"], its["onHold"]) == ("en", on_hold)
    a_hold(stage.library, card, an_item(stage.library))
    assert holds_of(stage.library, card)[0].hold.pickup_branch.isil == "DK-900102"
    put(stage, card, onHold={"from": None, "to": "2026-12-24"})
    assert patron(stage, card)["onHold"] == {"from": "2026-11-25", "to": "2026-12-24"}
    put(stage, card)  # not said: the patron is back
    assert "onHold" not in patron(stage, card)


@pytest.mark.parametrize(
    "wrong",
    [
        {"preferredPickupBranch": "DK-900201"},
        {"preferredPickupBranch": None},
        {"emailAddresses": [an_email("no address")]},
        {"phoneNumbers": [{"phoneNumber": "22 (mor)", "receiveNotification": True}]},
        {"preferredLanguage": "xx"},
        {"onHold": {"from": "2026-12-24", "to": "2026-12-01"}},
        {"onHold": {"from": "soon"}},
        {"emailAddresses": "a@example.org"},
    ],
)
def test_what_cannot_be_so_changes_nothing(one_stage: Stage, wrong: dict[str, Any]) -> None:
    one_stage.another_agency()
    card = one_stage.a_patron(email="old@example.org")
    before = patron(one_stage, card)
    told = put(one_stage, card, **{"emailAddresses": [an_email("a@example.org")]} | wrong)
    assert told.status == 400
    assert told.body["validationErrors"]
    assert "mor" not in str(told.body)  # what was sent is not repeated
    assert patron(one_stage, card) == before


def test_the_present_pin_is_no_change(stage: Stage) -> None:
    """Sites send it with every change of settings, and the patron's number in place of a card."""
    card = stage.a_patron()
    before = _events(stage, card)
    for known_as in (card, str(stage.number(card))):
        change = {"libraryCardNumber": known_as, "pincode": PIN}
        assert stage.of_patron("PUT", card, V8, {"pincodeChange": change}).status == 204
    assert _events(stage, card) == before
    assert let_in(stage, card, PIN) == "VALID"


def test_another_pin(stage: Stage) -> None:
    card = stage.a_patron()
    change = {"libraryCardNumber": card, "pincode": "7294"}
    assert stage.of_patron("PUT", card, V8, {"pincodeChange": change}).status == 204
    assert let_in(stage, card, "7294") == "VALID"
    assert let_in(stage, card, PIN) == "INVALID"


@pytest.mark.parametrize(
    ("pin", "rule"),
    [
        ("", "har 4 til 32 tegn"),
        ("1", "har 4 til 32 tegn"),
        ("1111", "er ikke det samme tegn hele vejen"),
        ("1234", "tæller ikke op eller ned"),
        (" 7294", "har ingen mellemrum"),
    ],
)
def test_a_pin_that_is_not_good_enough(one_stage: Stage, pin: str, rule: str) -> None:
    """The answer says which rule it breaks. Nor are the settings changed that come with it."""
    card = one_stage.a_patron()
    body = {
        "patron": NEEDED | {"preferredPickupBranch": "DK-900102"},
        "pincodeChange": {"libraryCardNumber": card, "pincode": pin},
    }
    told = one_stage.of_patron("PUT", card, V8, body)
    assert (told.status, told.body["validationErrors"]) == (400, ["pincodeChange.pincode"])
    assert rule in told.body["message"]
    assert patron(one_stage, card)["preferredPickupBranch"] == "DK-900101"
    assert let_in(one_stage, card, PIN) == "VALID"


def test_the_pin_of_somebody_elses_card(one_stage: Stage) -> None:
    card, other = one_stage.a_patron(), one_stage.a_patron()
    for known_as in (other, "P-NOBODY", str(one_stage.number(other))):
        change = {"libraryCardNumber": known_as, "pincode": "7294"}
        told = one_stage.of_patron("PUT", card, V8, {"pincodeChange": change})
        assert told.status == 400
    assert (
        one_stage.of_patron("PUT", card, V8, {"pincodeChange": {"pincode": "7294"}}).status == 400
    )
    assert let_in(one_stage, other, PIN) == "VALID"


def test_a_bearer_token_says_whose_pin_it_is(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    token = one_stage.a_token(card)
    path = V8.format("agencyid", "patronid")
    told = one_stage.ask("PUT", path, {"pincodeChange": {"pincode": "7294"}}, token=token)
    assert told.status == 204
    assert let_in(one_stage, card, "7294") == "VALID"


def test_letters(stage: Stage) -> None:
    from circulation.patrons.addresses import NewAddress, add_address

    card = stage.a_patron()

    def write(transaction: Any) -> None:
        new = NewAddress(street="Gade", house_number="2", city="By", postal_code="8000")
        add_address(stage.library.act(transaction), find_patron(transaction, card) or 0, new)

    stage.library.write(write)
    assert patron(stage, card)["receivePostalMail"] is True
    put(stage, card, receivePostalMail=False)
    its = patron(stage, card)
    assert its["receivePostalMail"] is False
    assert its["address"]["street"] == "Gade 2"


def test_a_child_lets_its_guardian_look(stage: Stage) -> None:
    library = stage.library
    grown = stage.a_patron(birth_date=date(1980, 1, 1))
    child = stage.a_patron(birth_date=date(2011, 1, 1))
    small = stage.a_patron(birth_date=date(2018, 1, 1))

    def bind(transaction: Any) -> None:
        for each in (child, small):
            add_guardian(
                library.act(transaction),
                find_patron(transaction, each) or 0,
                find_patron(transaction, grown) or 0,
                today=library.today,
            )

    library.write(bind)
    for card, sees in ((child, True), (small, False)):
        assert put(stage, card, guardianVisibility=True).status == 204
        assert patron(stage, card)["guardianVisibility"] is sees  # before 15 the library says it


def test_consents(stage: Stage) -> None:
    card = stage.a_patron()
    path = "{}/patrons/{}/updateconsent/historicaldata/v2"
    told = stage.of_patron("PUT", card, path, {"consent": True}).body
    assert told == [{"consentType": "KEEP_HISTORICAL_LOAN_DATA", "consentDate": "2026-11-25"}]
    assert stage.of_patron("GET", card, "{}/patrons/consent/{}/v1").body == told
    path = "{}/patrons/{}/updateconsent/historicaldata/v1"
    assert (
        stage.of_patron("PUT", card, path, b"false").body["patron"]["keepLoanHistoricalData"]
        is False
    )
    assert stage.of_patron("PUT", card, path, b"maybe").status == 400


def test_a_card_that_was_lost(stage: Stage) -> None:
    card, other = stage.a_patron(), stage.a_patron()
    path = "{}/patrons/{}/identifiers/block/v1"
    assert stage.of_patron("PUT", card, path, {"identifier": other}).status == 400
    assert stage.of_patron("PUT", card, path, {"identifier": card}).status == 200
    [its] = stage.of_patron("GET", card, "{}/patrons/{}/identifiers/v1").body
    assert (its["identifier"], its["status"]) == (card, "LOST")
