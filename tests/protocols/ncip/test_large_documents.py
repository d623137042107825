"""Large documents: who sends them comes first, and others do not wait for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from protocols.hosting.answering import Lane
from protocols.ncip.codec import decode
from protocols.ncip.exchange import PAUSE_SECONDS, Exchange
from protocols.ncip.models.circulation import CheckOutItem
from protocols.ncip.settings import NcipSettings, Partner
from protocols.wire.xml_documents import (
    DOCUMENT_BYTES,
    DOCUMENT_TAGS,
    FAULTS,
    HEAD_BYTES,
    PLAIN_BYTES,
    PLAIN_TAGS,
    is_plain,
)
from tests.builders.circulation import a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.ncip.stage import PARTNER, Stage, item, message, problem_types, text_of, user

SECRET = "between us"
PROVEN = replace(PARTNER, shared_secret=hashed(SECRET))


def header(secret: str = SECRET) -> str:
    return (
        "<InitiationHeader><FromAgencyId><AgencyId>DK-710100</AgencyId></FromAgencyId>"
        f"<FromAgencyAuthentication>{secret}</FromAgencyAuthentication>"
        "<ToAgencyId><AgencyId>DK-900100</AgencyId></ToAgencyId></InitiationHeader>"
    )


def items(barcode: str, number: int, secret: str = SECRET) -> str:
    return f"<LookupItemSet>{header(secret)}{item(barcode) * number}</LookupItemSet>"


def with_remark(length: int, before: str = "", secret: str = SECRET) -> str:
    """A LookupItem that is long for an element that nobody knows."""
    remark = f"<Remark>{'x' * length}</Remark>"
    return f"<LookupItem>{before}{header(secret)}{item('I1')}{remark}</LookupItem>"


@pytest.fixture
def asked(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[Lane]:
    """The lanes in which work was done."""
    lanes: list[Lane] = []
    perform = stage.services.perform

    def noting(lane: Lane, *arguments: object, **options: object) -> None:
        if not options.get("checked"):  # it is done again once a secret has been checked
            lanes.append(lane)
        perform(lane, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(stage.services, "perform", noting)
    stage.use(NcipSettings(partners=(PROVEN,)))
    return lanes


def test_a_partner_that_has_proven_itself_may_send_them(stage: Stage, asked: list[Lane]) -> None:
    """They are read in a thread; what they ask for is done as ever."""
    barcode = an_item(stage.library)
    answer = stage.ask(items(barcode, 500))
    assert problem_types(answer) == []
    assert asked == [Lane.WIDE_READ, Lane.WIDE_READ]
    card = a_patron(stage.library)
    remark = f"<Ext>{'x' * PLAIN_BYTES}</Ext>"
    lent = f"<CheckOutItem>{header()}{user(card)}{item(barcode)}{remark}</CheckOutItem>"
    asked.clear()
    assert text_of(stage.ask(lent), "UserId/UserIdentifierValue") == card
    assert asked == [Lane.WIDE_READ, Lane.SHORT_WRITE]


@pytest.mark.parametrize(
    ("settings", "secret", "problem"),
    [
        (NcipSettings(partners=(PROVEN,)), "guessed", "Agency Authentication Failed"),
        (NcipSettings(partners=(PARTNER,)), "", "Agency Authentication Failed"),
        (NcipSettings(any_partner=True, branch="DK-900101"), "", "Agency Authentication Failed"),
        (
            NcipSettings(partners=(Partner("DK-1", "DK-900101"),)),
            "",
            "Agency Authentication Failed",
        ),
    ],
    ids=["wrong secret", "no secret is agreed", "anybody", "unknown"],
)
def test_nobody_else_may(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    settings: NcipSettings,
    secret: str,
    problem: str,
) -> None:
    """No more than the header is read of what they send."""
    monkeypatch.setattr("protocols.ncip.exchange.decode", lambda *given: pytest.fail("was read"))
    stage.use(settings)
    for body in (items("I1", 500, secret), with_remark(PLAIN_BYTES, secret=secret)):
        assert problem_types(stage.ask(body)) == [problem]


@pytest.mark.parametrize(
    "body",
    [
        with_remark(PLAIN_BYTES, before="<Remark>before the header</Remark>"),
        with_remark(DOCUMENT_BYTES),
        items("I1", DOCUMENT_TAGS // 4),
        f"<LookupItem>{'x' * HEAD_BYTES}{header()}{'<a/>' * PLAIN_TAGS}</LookupItem>",
        f"<LookupItem>{header()}{'x & y ' * PLAIN_BYTES}</LookupItem>",
        f"<LookupItem>{header()}{'<a>' * PLAIN_TAGS}</LookupItem>",
        f"{' ' * PLAIN_BYTES}<LookupItem>{header()}</LookupItem>",
        "<LookupItem" + "".join(f" a{n}=''" for n in range(PLAIN_BYTES // 4)) + "/>",
    ],
    ids=range(8),
)
def test_any_other_is_answered_as_well(stage: Stage, body: str) -> None:
    stage.use(NcipSettings(partners=(PROVEN,)))
    answer = stage.answer(message(body))
    assert b"Problem" in answer or b"LookupItemResponse" in answer
    stage.schemas.check(answer)


def test_what_is_plain(stage: Stage) -> None:
    assert is_plain(b"<" * PLAIN_TAGS)
    assert not is_plain(b"<" * (PLAIN_TAGS + 1))
    assert is_plain(b" " * PLAIN_BYTES)
    assert not is_plain(b" " * (PLAIN_BYTES + 1))


def test_a_text_full_of_ampersands_is_not_put_right(stage: Stage) -> None:
    for number, problems in (
        (FAULTS, ["Unknown Item"]),
        (FAULTS + 1, ["Invalid Message Syntax Error"]),
    ):
        remark = f"<Remark>{'& ' * number}</Remark>"
        body = f"<LookupItem>{header()}{item('I1')}{remark}</LookupItem>"
        stage.use(NcipSettings(partners=(PROVEN,)))
        answer = stage.schemas.check(stage.answer(message(body)))
        assert problem_types(answer) == problems


def test_strangers_wait_for_the_answer_to_a_large_one(stage: Stage) -> None:
    """Who sends them in a loop, or guesses in a loop, takes no time of others."""
    waited: list[float] = []

    def later(seconds: float, then: object) -> None:
        waited.append(seconds)
        then()  # type: ignore[operator]

    stage.use(NcipSettings(partners=(PROVEN,)))
    stage.exchange = Exchange(stage.settings, stage.services, later=later)
    stage.ask(with_remark(10))
    stage.ask(with_remark(PLAIN_BYTES))
    stage.ask(with_remark(10, secret="guessed"))
    assert waited == []
    stage.ask(with_remark(PLAIN_BYTES, secret="guessed"))
    stage.answer(b"<NCIPMessage>" * (PLAIN_TAGS + 1))
    assert waited == [PAUSE_SECONDS] * 2


def test_many_of_one_element_are_read_in_proportion() -> None:
    request = decode(message(f"<CheckOutItem>{header()}{user('P1')}{item('I1')}</CheckOutItem>"))
    assert isinstance(request.request, CheckOutItem)
    many = decode(message(items("I1", 500))).request
    assert len(many.item_id) == 500  # type: ignore[union-attr]
