"""Patrons let in by card and PIN, and looked up."""

from __future__ import annotations

import pytest

from circulation.kernel.reasons import BlockReason, IdentifierBlock
from circulation.patrons.blocks import block_patron
from circulation.patrons.identifiers import add_identifier, block_identifier, find_patron
from protocols.fbs.handling.patrons import NOBODY
from protocols.fbs.refusals import BLOCK_LETTERS
from tests.protocols.fbs.stage import AGENCY, PERSON, PIN, Stage, Told

LOCKED = "LOANER_LOCKED_OUT"


def let_in(stage: Stage, card: str, pin: str = PIN, version: str = "v10") -> Told:
    body = {"libraryCardNumber": card, "pincode": pin}
    path = f"{AGENCY}/patrons/authenticate/{version}"
    return stage.ask("POST", path, body, session=stage.session)


def test_a_wrong_pin_and_a_card_of_nobody_are_told_alike(stage: Stage) -> None:
    card = stage.a_patron()
    wrong, unknown = let_in(stage, card, "7777"), let_in(stage, "P-NOBODY", "7777")
    assert wrong == unknown
    assert wrong.body == {"authenticateStatus": "INVALID", "patronId": 0, "patronType": "PERSON"}
    assert let_in(stage, card, "7777", "v8").body == {"authenticateStatus": "INVALID"}


def test_the_first_versions_have_a_truth_for_it(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    path = f"v1/{AGENCY}/patrons/authenticate"
    for pin, is_right in ((PIN, True), ("7777", False)):
        body = {"libraryCardNumber": card, "pincode": pin}
        told = one_stage.ask("POST", path, body, session=one_stage.session).body
        assert told["authenticated"] is is_right
        assert ("patron" in told) is is_right


def test_five_wrong_pins_lock_that_patron_out_and_nobody_else(stage: Stage) -> None:
    card, other = stage.a_patron(), stage.a_patron()
    for _ in range(5):
        assert let_in(stage, card, "7777").body["authenticateStatus"] == "INVALID"
    assert let_in(stage, card).body["authenticateStatus"] == LOCKED
    assert let_in(stage, other).body["authenticateStatus"] == "VALID"


def test_a_site_that_tries_card_after_card_is_slowed(one_stage: Stage) -> None:
    """Whoever has got in there goes on; what was never right waits."""
    regular, new = one_stage.a_patron(), one_stage.a_patron()
    assert let_in(one_stage, regular).body["authenticateStatus"] == "VALID"
    tries = (let_in(one_stage, f"P-{number}", "1234").body for number in range(500))
    assert any(each["authenticateStatus"] == LOCKED for each in tries)
    assert let_in(one_stage, new).body["authenticateStatus"] == LOCKED
    assert let_in(one_stage, regular).body["authenticateStatus"] == "VALID"


def test_a_pin_that_is_a_number_in_json(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    body = {"libraryCardNumber": card, "pincode": int(PIN)}
    path = f"{AGENCY}/patrons/authenticate/v10"
    told = one_stage.ask("POST", path, body, session=one_stage.session)
    assert told.body["authenticateStatus"] == "VALID"


@pytest.mark.parametrize("quoted", [True, False])
def test_a_patron_is_looked_up_by_what_the_site_has_made_sure_of(
    stage: Stage, quoted: bool
) -> None:
    """By card, national number or login, bare or as a text of JSON."""
    card = stage.a_patron()
    library = stage.library

    def more(transaction: object) -> None:
        act = library.act(transaction)  # type: ignore[arg-type]
        patron_id = find_patron(act.transaction, card) or 0
        add_identifier(act, patron_id, PERSON, "national_id")
        add_identifier(act, patron_id, "ida123", "login")

    library.write(more)
    for known in (card, PERSON, f"{PERSON[:6]}-{PERSON[6:]}", "ida123"):
        body = f'"{known}"' if quoted else known
        path = f"{AGENCY}/patrons/preauthenticated/v10"
        told = stage.ask("POST", path, body.encode(), session=stage.session)
        assert told.body["patronId"] == stage.number(card)
    told = stage.ask("POST", path, b"P-NOBODY", session=stage.session)
    assert told.body == {name: NOBODY[name] for name in told.body}


def test_each_kind_of_patron_is_told_as_such(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    its = f"{AGENCY}/patrons/{{}}/{one_stage.number(card)}/v4"
    told = one_stage.ask("GET", its.format("person"), session=one_stage.session)
    assert (told.status, told.body["name"]) == (200, "Ida Ørsted")
    told = one_stage.ask("GET", its.format("company"), session=one_stage.session)
    assert told.status == 404


def test_an_unknown_patron_is_nobody_and_no_error(stage: Stage) -> None:
    for number in (0, 1, 4711, 2**52 - 1, 2**53 - 1):
        told = stage.ask("GET", f"{AGENCY}/patrons/{number}/v4", session=stage.session)
        assert (told.status, told.body) == (200, {"authenticateStatus": "INVALID"})
    for wrong in ("x", "-1", str(2**53), "99999999999999999999", "%20"):
        told = stage.ask("GET", f"{AGENCY}/patrons/{wrong}/v4", session=stage.session)
        assert told.status == 400


def test_blocks_come_the_gravest_first(stage: Stage) -> None:
    card = stage.a_patron(language="da")

    def block(transaction: object) -> None:
        act = stage.library.act(transaction)  # type: ignore[arg-type]
        for reason in BlockReason:
            patron_id = find_patron(act.transaction, card) or 0
            block_patron(act, patron_id, reason, message="skrev personalet")

    stage.library.write(block)
    blocks = stage.of_patron("GET", card, "{}/patrons/{}/v4").body["patron"]["blockStatus"]
    assert [each["blockedReason"] for each in blocks] == list("DOFUESWX")
    assert [each["blockedReason"] for each in blocks] == list(BLOCK_LETTERS.values())
    assert {each["blockedSince"] for each in blocks} == {"2026-11-25"}
    assert blocks[2]["message"].startswith("Du er udelukket fra at låne.")
    assert "skrev" not in str(blocks)  # what staff have noted is not for the patron


def test_who_may_not_borrow_any_more_is_told_so(one_stage: Stage) -> None:
    card = one_stage.a_patron(expires=one_stage.library.today.replace(year=2025))
    told = one_stage.of_patron("GET", card, "{}/patrons/{}/v4").body["patron"]
    assert [each["blockedReason"] for each in told["blockStatus"]] == ["X"]


def test_without_blocks_nothing_is_said_of_them(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    assert "blockStatus" not in one_stage.of_patron("GET", card, "{}/patrons/{}/v4").body["patron"]


def test_a_patron_whose_card_is_lost_is_still_known_by_number(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    number = one_stage.number(card)
    one_stage.library.write(
        lambda transaction: block_identifier(
            one_stage.library.act(transaction), card, IdentifierBlock.LOST
        )
    )
    told = one_stage.ask("GET", f"{AGENCY}/patrons/{number}/v4", session=one_stage.session)
    assert told.body["authenticateStatus"] == "VALID"


def test_what_stands_in_a_protected_address_is_for_the_patron(one_stage: Stage) -> None:
    from circulation.patrons.changes import change_patron

    card = one_stage.a_patron(email="ida@example.org")

    def protect(transaction: object) -> None:
        act = one_stage.library.act(transaction)  # type: ignore[arg-type]
        change_patron(act, find_patron(act.transaction, card) or 0, {"is_protected": True})

    one_stage.library.write(protect)
    path = "{}/patrons/{}/v4"
    assert "ida@example" not in str(one_stage.of_patron("GET", card, path).body)
    token = one_stage.a_token(card)
    told = one_stage.ask("GET", path.format("agencyid", "patronid"), token=token).body
    assert told["patron"]["emailAddress"] == "ida@example.org"


def test_log_in_with_a_wrong_secret_and_for_another_library(stage: Stage) -> None:
    site = stage.a_site()
    stage.another_agency()
    path = "v1/{}/authentication/login"
    given = {"username": site.client_id, "password": site.secret}
    for agency, body in (
        (AGENCY, given | {"password": "x"}),
        (AGENCY, given | {"username": "nobody"}),
        ("DK-900200", given),
        ("DK-999999", given),
    ):
        assert stage.ask("POST", path.format(agency), body).status == 403
    assert stage.ask("POST", path.format(AGENCY), {"username": "x"}).status == 400
    assert stage.ask("POST", path.format(AGENCY), given).status == 200


def test_a_session_ends(stage: Stage) -> None:
    session = stage.session
    path = f"v1/{AGENCY}/branches"
    assert stage.ask("GET", path, session=session).status == 200
    stage.library.pass_time(hours=1, seconds=1)
    assert stage.ask("GET", path, session=session).status == 401


def test_a_site_asks_no_oftener_than_its_program_may(one_stage: Stage) -> None:
    from circulation.kernel.rights import Right, at_command_line
    from circulation.staff.programs import NewProgram, add_program

    library = one_stage.library
    new = NewProgram("slow", library.main.id, [Right.LEND], requests_per_minute=6)
    site = library.write(
        lambda transaction: add_program(library.act(transaction), at_command_line("tests", ""), new)
    )
    session = one_stage.log_in(site)
    statuses = [
        one_stage.ask("GET", f"v1/{AGENCY}/branches", session=session).status for _ in range(4)
    ]
    assert statuses[0] == 200
    assert statuses[-1] == 429
