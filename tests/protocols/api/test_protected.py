"""Where a protected patron can be reached is told to few: over the API, too."""

from __future__ import annotations

import json
from typing import Any

from circulation.kernel.rights import Right
from circulation.patrons.changes import change_patron
from circulation.patrons.identifiers import find_patron
from tests.builders.circulation import a_patron
from tests.builders.notices import rule, sent
from tests.protocols.api.stage import Stage

EMAIL = "zq@example.org"
_RIGHTS = (Right.VIEW_PATRONS, Right.VIEW_NOTICES, Right.SEND_NOTICES)


def a_protected_patron(stage: Stage) -> str:
    """The card of one who was written to."""
    library = stage.library
    card = a_patron(library, email=EMAIL)
    rule(library, "email")
    written = {"text": "Your glasses are at the desk."}
    to = f"/patrons/{stage.public_id(card)}/notices"
    assert stage.ask("POST", to, written, token=stage.a_caller()).status == 200
    assert [each.address for each in sent(library)] == [EMAIL]

    def work(transaction: Any) -> None:
        found = find_patron(transaction, card)
        assert found is not None
        change_patron(library.act(transaction), found, {"is_protected": True})

    library.write(work)
    return card


def test_who_has_not_the_right_is_told_no_address_of_theirs(stage: Stage) -> None:
    card = a_protected_patron(stage)
    token = stage.a_caller(*_RIGHTS)
    patron = f"/patrons/{stage.public_id(card)}"
    log = stage.ask("GET", f"{patron}/notices", token=token)
    (message,) = log.body["messages"]
    for told in (
        stage.ask("GET", patron, token=token),
        stage.ask("GET", f"/notices/{message['id']}", token=token),
        log,
    ):
        assert told.status == 200, told.body
        assert EMAIL not in repr(told.body)


def test_texts_and_identifiers_say_it_no_more_than_fields(stage: Stage) -> None:
    """A letter's head, an address that somebody wrote into a message, a login that is one."""
    library = stage.library
    card = a_patron(library, email=EMAIL, phone="22334455")
    path, everything = f"/patrons/{stage.public_id(card)}", stage.a_caller()
    rule(library, "email")
    home = {"street": "Hemmelig Allé", "house_number": "77", "postal_code": "6760", "city": "Ribe"}
    assert stage.ask("POST", f"{path}/addresses", home, token=everything).status == 200
    login = {"identifier": EMAIL, "kind": "email"}
    assert stage.ask("POST", f"{path}/cards", login, token=everything).status == 200
    text = f"To Hemmelig Allé 77, 6760 Ribe; we wrote to {EMAIL} and called 22334455."
    written = stage.ask("POST", f"{path}/notices", {"text": text}, token=everything)
    assert written.status == 200, written.body
    sent(library)
    star = {"if-match": "*"}
    stage.ask("PATCH", path, {"is_protected": True}, token=everything, headers=star)
    token = stage.a_caller(*_RIGHTS)
    log = stage.ask("GET", f"{path}/notices", token=token)
    [message] = log.body["messages"]
    assert "To ***" in message["text"]
    answers = (log, stage.ask("GET", path, token=token))
    for told in (*answers, stage.ask("GET", f"/notices/{message['id']}/explanation", token=token)):
        for way in (EMAIL, "Hemmelig", "6760 Ribe", "22334455"):
            assert way not in json.dumps(told.body, ensure_ascii=False)
    [message] = stage.ask("GET", f"{path}/notices", token=everything).body["messages"]
    assert text in message["text"]


def test_who_has_the_right_and_the_patron_are(stage: Stage) -> None:
    card = a_protected_patron(stage)
    token = stage.a_caller(*_RIGHTS, Right.VIEW_PROTECTED_ADDRESSES)
    patron = f"/patrons/{stage.public_id(card)}"
    assert stage.ask("GET", patron, token=token).body["details"]["email"] == EMAIL
    (message,) = stage.ask("GET", f"{patron}/notices", token=token).body["messages"]
    assert message["address"] == EMAIL
    told = stage.ask("GET", f"/notices/{message['id']}", token=token)
    assert told.body["address"] == EMAIL
    own = stage.ask("GET", "/self", token=stage.a_patron_caller(card))
    assert own.body["details"]["email"] == EMAIL
