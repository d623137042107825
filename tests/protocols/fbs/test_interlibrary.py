"""POST …/ill/requestitem/v1: a patron's wish that other libraries are asked for."""

from __future__ import annotations

from typing import Any

from circulation.interlending.cases import Case, open_cases
from tests.builders.circulation import a_patron, an_item
from tests.protocols.fbs.stage import AGENCY, Stage
from tests.protocols.iso18626.stage import a_partner


def cases(stage: Stage) -> list[Case]:
    return list(stage.library.read(lambda transaction: open_cases(transaction, after=0, at_most=9)))


def ask(stage: Stage, **wish: str) -> Any:
    told = stage.ask(
        "POST",
        f"{AGENCY}/ill/requestitem/v1",
        {"requestingAgency": AGENCY} | wish,
        session=stage.session,
    )
    assert told.status == 200
    return told.body


def test_a_wish_becomes_a_case_once(stage: Stage) -> None:
    card = a_patron(stage.library)
    title = stage.record_of(an_item(stage.library, title="Vildanden"))
    nobody = ask(stage, recordId=title, enduserId=card)
    assert nobody == {"successful": False, "result": "SENDING_FAILURE"}
    a_partner(stage.library, takes_requests=True)
    for _ in range(2):
        assert ask(stage, recordId=title, enduserId=card) == {"successful": True, "result": "OK"}
    (case,) = cases(stage)
    assert case.title == "Vildanden"


def test_what_is_not_asked_for_has_its_word(stage: Stage) -> None:
    a_partner(stage.library, takes_requests=True)
    card = a_patron(stage.library)
    title = stage.record_of(an_item(stage.library))

    def result(record: str, who: str) -> str:
        answer = ask(stage, recordId=record, enduserId=who)
        assert answer["successful"] is False
        return str(answer["result"])

    assert result("870970-basis:1", card) == "RECORD_NOT_FOUND"
    assert result(title, "nobody") == "PATRON_NOT_FOUND"
    assert cases(stage) == []
