"""Who tries card after card over NCIP is slowed down, and what a PIN costs that is known."""

from __future__ import annotations

from dataclasses import replace

from circulation.patrons.pins import PINS
from protocols.hosting.arrivals import Arrival
from protocols.ncip.settings import NcipSettings
from tests.builders.circulation import a_patron
from tests.builders.pins import hashed
from tests.protocols.ncip.stage import HEADER, PARTNER, Stage, message, problem_types

GUESSER, PLATFORM = Arrival(host="203.0.113.9"), Arrival(host="192.0.2.20")
#: As `FailedLogins` has it.
BURST = 50
WRONG = ["User Authentication Failed"]


def look_up(stage: Stage, card: str, pin: str, arrival: Arrival) -> list[str]:
    given = "".join(
        f"<AuthenticationInput><AuthenticationInputData>{data}</AuthenticationInputData>"
        f"<AuthenticationDataFormatType>text</AuthenticationDataFormatType>"
        f"<AuthenticationInputType>{kind}</AuthenticationInputType></AuthenticationInput>"
        for kind, data in (("Barcode Id", card), ("PIN", pin))
    )
    document = message(f"<LookupUser>{HEADER}{given}</LookupUser>")
    return list(problem_types(stage.schemas.check(stage.answer(document, arrival))[0]))


def test_card_after_card(stage: Stage) -> None:
    stage.use(NcipSettings(partners=(replace(PARTNER, serves=()),)))
    for card in ("KNOWN", "OTHER"):
        a_patron(stage.library, card, pin_hash=hashed("1234"))
    assert look_up(stage, "KNOWN", "1234", GUESSER) == []
    for number in range(BURST):
        assert look_up(stage, f"NOBODY{number}", "1234", GUESSER) == WRONG
    assert look_up(stage, "OTHER", "1234", GUESSER) == WRONG
    assert look_up(stage, "KNOWN", "1234", GUESSER) == []
    assert look_up(stage, "OTHER", "1234", PLATFORM) == []
    stage.library.pass_time(seconds=2)
    assert look_up(stage, "OTHER", "1234", GUESSER) == []


def test_a_right_pin_is_hashed_once(stage: Stage) -> None:
    a_patron(stage.library, "KNOWN", pin_hash=hashed("1234"))
    pins = PINS.of(stage.library.circulation)
    verified = []
    slow = pins.verify
    pins.verify = lambda needed: (verified.append(needed), slow(needed))[1]  # type: ignore[assignment, func-returns-value, method-assign]
    for _ in range(5):
        assert look_up(stage, "KNOWN", "1234", PLATFORM) == []
    assert len(verified) == 1
