"""Where a protected patron can be reached is told to few: over the API, too."""

from __future__ import annotations

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
