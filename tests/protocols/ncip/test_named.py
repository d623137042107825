"""The user and the item of a request, read in one way whatever the service."""

from __future__ import annotations

from typing import Any

import pytest

from protocols.ncip.messages import AuthenticationInput, Code, ItemId, Refusal, UserId
from protocols.ncip.models.circulation import CheckOutItem, RenewItem
from protocols.ncip.models.requests import RequestItem
from protocols.ncip.settings import NcipSettings, Partner
from protocols.ncip.subjects.named import Named, UnknownBranch, user_and, user_and_item
from tests.builders.circulation import a_patron, an_item
from tests.protocols.ncip.furnishing import service
from tests.protocols.ncip.stage import Stage, item, problem_types, text_of, typed, user

VERBS = ("CheckOutItem", "RenewItem", "RequestItem")
CARD = AuthenticationInput("P1", None, Code("Barcode Id"))
PIN = AuthenticationInput("8351", None, Code("PIN"))


@pytest.mark.parametrize("name", VERBS)
def test_all_that_is_missing_is_told_at_once(stage: Stage, name: str) -> None:
    answer = stage.ask(service(name, user(""), item("")))
    assert problem_types(answer) == ["Needed Data Missing"] * 2
    elements = [each.text for each in answer.iter("{*}ProblemElement")]
    assert elements == ["UserId", "ItemIdentifierValue"]


@pytest.mark.parametrize("name", VERBS)
def test_a_wrong_pin_does_nothing_and_is_not_quoted(stage: Stage, name: str) -> None:
    card, barcode = a_patron(stage.library), an_item(stage.library)
    answer = stage.ask(
        service(name, typed("Barcode Id", card), typed("PIN", "9999"), item(barcode))
    )
    assert problem_types(answer) == ["User Authentication Failed"]
    told = "".join(answer.itertext())
    assert "9999" not in told
    assert card not in told  # it was typed, and may be a secret in the wrong field


@pytest.mark.parametrize("kind", [CheckOutItem, RenewItem])
def test_who_and_what(kind: type[Any]) -> None:
    request = kind(authentication_input=(PIN, CARD), item_id=ItemId(None, None, "I1"))
    named = user_and_item(request)
    assert isinstance(named, Named)
    assert (named.user.identifier, named.user.pin, named.barcode) == ("P1", "8351", "I1")
    assert named.quotable == {"ItemIdentifierValue": "I1"}
    assert "8351" not in repr(named)


def test_what_a_request_is_about_may_be_anything() -> None:
    request = RequestItem(user_id=UserId(None, None, "P1"))
    found = user_and(request, 17)
    assert not isinstance(found, Refusal)
    user_named, what = found
    assert (user_named.identifier, what) == ("P1", 17)


def test_a_partner_at_a_branch_that_is_none(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.use(NcipSettings(partners=(Partner("DK-710100", "DK-000000", serves=("*",)),)))
    card, barcode = a_patron(stage.library), an_item(stage.library)
    answer = stage.ask(service("CheckOutItem", user(card), item(barcode)))
    assert problem_types(answer) == ["Temporary Processing Failure"]
    assert text_of(answer, "Problem/ProblemDetail") is None
    assert UnknownBranch.__name__ in caplog.text
