"""Who may ask for what, and what happens when we fail ourselves."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from protocols.hosting.answering import Lane
from protocols.ncip import exchange
from protocols.ncip.listener import standard
from protocols.ncip.models.lookups import LookupItem, LookupItemResponse
from protocols.ncip.models.services import ALL_SERVICES, SERVICES
from protocols.ncip.settings import NcipSettings, Partner
from protocols.process.configuration import configuration_from
from protocols.process.foundation import ConfigurationError
from tests.builders.circulation import a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.ncip.stage import (
    HEADER,
    PARTNER,
    N,
    Stage,
    item,
    message,
    problem_types,
    text_of,
    typed,
    user,
)


def lookup(header: str = HEADER) -> str:
    return f"<LookupItem>{header}{item('I0000001')}</LookupItem>"


def from_agency(agency: str, secret: str = "") -> str:
    header = HEADER.replace("DK-710100", agency)
    given = f"<FromAgencyAuthentication>{secret}</FromAgencyAuthentication>" if secret else ""
    return header.replace("<ToAgencyId>", f"{given}<ToAgencyId>")


def test_an_agency_that_is_no_partner(stage: Stage) -> None:
    answer = stage.ask(lookup(from_agency("DK-000001")))
    assert problem_types(answer) == ["Unknown Agency"]
    assert text_of(answer, "Problem/ProblemElement") == "FromAgencyId"
    assert text_of(answer, "Problem/ProblemValue") == "DK-000001"
    assert text_of(answer, "ResponseHeader/ToAgencyId/AgencyId") == "DK-000001"


@pytest.mark.parametrize("agency", ["DK-710100", "dk-710100", " DK-710100 "])
def test_a_partner_is_known_however_it_writes_its_name(stage: Stage, agency: str) -> None:
    assert problem_types(stage.ask(lookup(from_agency(agency)))) == ["Unknown Item"]


@pytest.mark.parametrize("header", ["", from_agency(""), "<InitiationHeader/>"])
def test_a_request_without_a_sender(stage: Stage, header: str) -> None:
    answer = stage.ask(lookup(header))
    assert problem_types(answer) == ["Needed Data Missing"]
    assert text_of(answer, "Problem/ProblemElement") == "FromAgencyId"
    assert answer.find(f"{N}ResponseHeader") is None


@pytest.mark.parametrize("header", ["", from_agency(""), from_agency("anybody"), HEADER])
def test_where_any_partner_will_do(stage: Stage, header: str) -> None:
    stage.use(NcipSettings(any_partner=True, any_partner_serves=("*",), branch="DK-900102"))
    barcode, card = an_item(stage.library), a_patron(stage.library)
    answer = stage.ask(f"<CheckOutItem>{header}{user(card)}{item(barcode)}</CheckOutItem>")
    assert problem_types(answer) == []
    assert stage.library.events_of(barcode)[-1].branch_id == stage.library.other.id


def test_an_answer_comes_from_us_where_the_request_does_not_say_for_whom_it_was(
    stage: Stage,
) -> None:
    header = HEADER.partition("<ToAgencyId>")[0] + "</InitiationHeader>"
    answer = stage.ask(lookup(header))
    assert text_of(answer, "ResponseHeader/FromAgencyId/AgencyId") == "DK-900101"


def test_a_partner_may_ask_for_more_than_its_preset_has(stage: Stage) -> None:
    given = {"agency": "DK-710100", "branch": "DK-900101", "preset": "vufind", "serves": ["*"]}
    asked = "<RecallItem>" + HEADER + item(an_item(stage.library)) + "</RecallItem>"
    for more, problems in (
        ([], ["Unauthorized Service For Agency"]),
        (["RecallItem"], ["Item Not Checked Out"]),
    ):
        partner = given | {"more_services": more}
        stage.use(TypeAdapter(NcipSettings).validate_python({"partners": [partner]}))
        assert problem_types(stage.ask(asked)) == problems


def test_a_service_that_was_not_agreed(stage: Stage) -> None:
    stage.use(NcipSettings(partners=(replace(PARTNER, services=("LookupUser",)),)))
    assert problem_types(stage.ask(lookup())) == ["Unauthorized Service For Agency"]
    answer = stage.ask(f"<LookupUser>{HEADER}{user('nobody')}</LookupUser>")
    assert problem_types(answer) == ["Unknown User"]


def test_a_shared_secret(stage: Stage) -> None:
    stage.use(NcipSettings(partners=(replace(PARTNER, shared_secret=hashed("s3same")),)))
    assert problem_types(stage.ask(lookup())) == ["Agency Authentication Failed"]
    wrong = stage.ask(lookup(from_agency("DK-710100", "s3cret")))
    assert problem_types(wrong) == ["Agency Authentication Failed"]
    assert text_of(wrong, "Problem/ProblemElement") == "FromAgencyAuthentication"
    assert "s3cret" not in wrong.xpath("string()")
    assert problem_types(stage.ask(lookup(from_agency("DK-710100", "s3same")))) == ["Unknown Item"]


@pytest.mark.parametrize("service", sorted(ALL_SERVICES - set(SERVICES)))
def test_every_other_service_is_refused_in_its_own_response(stage: Stage, service: str) -> None:
    answer = stage.ask(f"<{service}>{HEADER}</{service}>")
    assert answer.tag == f"{N}{service}Response"
    assert problem_types(answer) == ["Unsupported Service"]
    assert text_of(answer, "ResponseHeader/ToAgencyId/AgencyId") == "DK-710100"


def failing(*_: Any) -> Any:
    raise RuntimeError("a fault of ours")


def unwritable(*_: Any) -> Any:
    return LookupItemResponse()


@pytest.mark.parametrize(
    "handlers",
    [
        {LookupItem: (failing, Lane.READ)},
        {LookupItem: (failing, Lane.WRITE)},
        {LookupItem: (lambda *_: LookupItemResponse(item_transaction=object()), Lane.READ)},  # type: ignore[arg-type]
    ],
)
def test_a_failure_of_ours_is_temporary_and_logged(
    stage: Stage,
    handlers: Mapping[Any, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(exchange, "HANDLERS", handlers)
    answer = stage.ask(lookup())
    assert answer.tag == f"{N}LookupItemResponse"
    assert problem_types(answer) == ["Temporary Processing Failure"]
    assert text_of(answer, "ResponseHeader/ToAgencyId/AgencyId") == "DK-710100"
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert caplog.records[0].exc_info is not None


def test_a_partner_of_a_branch_that_does_not_exist(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.use(NcipSettings(partners=(replace(PARTNER, branch="DK-404"),)))
    answer = stage.ask(f"<CheckInItem>{HEADER}{item('I0000001')}</CheckInItem>")
    assert problem_types(answer) == ["Temporary Processing Failure"]
    assert "DK-404" in caplog.text


def test_a_closed_database_is_a_temporary_failure(stage: Stage) -> None:
    stage.library.database.close()
    for body in (lookup(), f"<CheckInItem>{HEADER}{item('I0000001')}</CheckInItem>"):
        assert problem_types(stage.ask(body)) == ["Temporary Processing Failure"]


def test_no_secret_gets_into_the_log(
    stage: Stage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    card = a_patron(stage.library, pin_hash=hashed("1234"))
    header = from_agency("DK-710100", "s3cret")
    for pin in ("1234", "987651234", "98765<1234"):
        body = f"<LookupUser>{header}{typed('Barcode Id', card)}{typed('PIN', pin)}</LookupUser>"
        answer = stage.answer(message(body))
        assert b"98765" not in answer
        assert b"s3cret" not in answer
    stage.library.database.close()
    stage.answer(
        message(f"<LookupUser>{header}{typed('PIN', '987651234')}{user(card)}</LookupUser>")
    )
    assert "failed" in caplog.text
    for secret in ("98765", "s3cret", card):
        assert secret not in caplog.text


# Settings


def settings_of(**table: Any) -> NcipSettings:
    configuration = configuration_from({"ncip": table}, Path("tiro.toml"), {"ncip": standard})
    settings: NcipSettings = configuration.standards["ncip"]
    return settings


def test_settings_have_safe_defaults() -> None:
    settings = settings_of()
    assert settings.port is None
    assert not settings.any_partner
    assert settings.partners == ()


def test_settings_in_full() -> None:
    settings = settings_of(
        port=3121,
        partners=[
            {"agency": "DK-710100", "branch": "DK-900101", "services": ["LookupItem"]},
            {"agency": "DK-820010", "branch": "DK-900101", "shared_secret": hashed("x")},
        ],
    )
    assert settings.partners[0] == Partner("DK-710100", "DK-900101", services=("LookupItem",))
    assert "argon2" not in repr(settings)


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ({"prot": 1}, "prot"),
        ({"port": 70000}, "port"),
        ({"idle_seconds": 0}, "idle_seconds"),
        ({"partners": [{"agency": "DK-1"}]}, "needs a branch"),
        ({"partners": [{"agency": "", "branch": "DK-1"}]}, "partners.0.agency"),
        ({"partners": [{"agency": "A", "branch": "B", "services": ["Fly"]}]}, "services"),
        ({"partners": [{"agency": "A", "branch": "B", "shared_secret": "plain"}]}, "shared_secret"),
        ({"partners": [{"agency": "A", "branch": "B"}] * 2}, "partners"),
        ({"any_partner": True}, "branch"),
    ],
)
def test_settings_that_are_wrong_are_named(table: dict[str, Any], place: str) -> None:
    with pytest.raises(ConfigurationError, match=place) as caught:
        settings_of(**table)
    assert "plain" not in str(caught.value)
