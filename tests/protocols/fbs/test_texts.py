"""Texts that no database holds, in every place of a request that is a text, on both databases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.protocols.fbs.stage import AGENCY, PIN, Stage

TEXTS = ["\x00", "a\x00b", "\ud800", "\u202e", "t9999999999", "'; --"]
#: Nobody is let in, nothing is found, or the request cannot be read.
STATUSES = {200, 204, 400, 403, 404}


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_nothing_of_it_is_a_fault_of_the_server(stage: Stage, text: str) -> None:
    card = stage.a_patron()
    number, session = stage.number(card), stage.session
    patron = f"{AGENCY}/patrons/{number}"
    wish = {"recordId": text, "pickupBranch": text}
    asked: list[tuple[str, str, Any]] = [
        ("POST", f"v1/{AGENCY}/authentication/login", {"username": text, "password": text}),
        ("POST", f"{AGENCY}/patrons/authenticate/v10", {"libraryCardNumber": text, "pincode": PIN}),
        (
            "POST",
            f"{AGENCY}/patrons/authenticate/v10",
            {"libraryCardNumber": card, "pincode": text},
        ),
        ("POST", f"{AGENCY}/patrons/preauthenticated/v10", text),
        ("POST", f"v1/{patron}/reservations/v2", {"reservations": [wish]}),
        ("POST", f"v1/{patron}/reservations/v2", {"reservations": [{"recordId": text}]}),
        ("PUT", f"{patron}/v8", {"pincodeChange": {"libraryCardNumber": text, "pincode": text}}),
        ("PUT", f"{patron}/v8", {"patron": {"preferredPickupBranch": text}}),
        (
            "PUT",
            f"{patron}/v8",
            {"patron": {"emailAddresses": [{"emailAddress": text, "receiveNotification": True}]}},
        ),
        (
            "POST",
            f"v1/{AGENCY}/patron/{number}/payment",
            {"orderId": text, "feeIds": [1]},
        ),
    ]
    for method, path, body in asked:
        told = stage.ask(method, path, json.dumps(body).encode(), session=session)
        assert told.status in STATUSES, (path, told)
    if text.isascii():
        told = stage.ask("GET", f"{AGENCY}/catalog/availability/v3", session=session, recordid=text)
        assert told.status in STATUSES
