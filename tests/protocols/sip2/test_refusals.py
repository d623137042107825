"""Every reason, block and action of circulation has its words and its place in SIP2."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from zoneinfo import ZoneInfo

from circulation.kernel.reasons import Action, BlockReason, Reason
from circulation.kernel.results import Refusal, Refused
from circulation.languages.installed import tags
from protocols.hosting.throttle import FailedLogins
from protocols.sip2.conversation.agreed import NO_LANGUAGE
from protocols.sip2.handling.refusals import (
    BLOCK_POSITIONS,
    BLOCKS,
    DENIED_POSITIONS,
    REASONS,
    refusal_messages,
)
from protocols.sip2.settings import Sip2Settings
from protocols.sip2.terminals.accounts import Accounts
from protocols.sip2.terminals.entrance import Entrance
from protocols.sip2.terminals.places import Branches, Caller
from protocols.sip2.wording import code_of, language_of, say
from tests.protocols.sip2.terminals import an_account
from tests.walking import each

ZONE = ZoneInfo("Europe/Copenhagen")
SPOKEN = tags()


def said(refused: Refused, language: str) -> tuple[str, ...]:
    """What a terminal is told whose words are in that language."""
    account, settings = an_account(language=language), Sip2Settings()
    entrance = Entrance(settings, Accounts(settings), "", FailedLogins())
    caller = Caller(settings, Branches(), account, "", NO_LANGUAGE, entrance, False)
    return refusal_messages(refused, caller, ZONE)


@each("reason language", list(product(Reason, SPOKEN)), str)
def test_every_reason_has_a_whole_sentence_in_every_language(reason: Reason, language: str) -> None:
    refusal = Refusal(reason, limit=3, opens=datetime(2026, 12, 1, 23, 0, 1, tzinfo=UTC))
    (message,) = said(Refused((refusal,)), language)
    assert message.endswith(".")
    assert "{" not in message
    assert "None" not in message


@each("block language", list(product(BlockReason, SPOKEN)), str)
def test_every_block_has_a_sentence_in_every_language(block: BlockReason, language: str) -> None:
    refused = Refused((Refusal(Reason.PATRON_BLOCKED, block=block),))
    assert said(refused, language) == (say(BLOCKS[block], language),)


def test_the_tables_hold_every_reason_block_and_action() -> None:
    assert set(REASONS) == set(Reason)
    assert set(BLOCKS) == set(BlockReason)
    assert set(DENIED_POSITIONS) == set(Action)
    assert sorted(DENIED_POSITIONS.values()) == [0, 1, 2, 3]
    assert all(4 <= position <= 13 for position in BLOCK_POSITIONS.values())


def test_the_facts_behind_a_refusal_are_told() -> None:
    refused = Refused(
        (
            Refusal(Reason.TOO_MANY_LOANS, limit=40),
            Refusal(Reason.RENEWAL_WINDOW_NOT_OPEN, opens=datetime(2026, 12, 1, 23, 0, tzinfo=UTC)),
        )
    )
    assert said(refused, "en") == (
        "You have reached the limit of 40 loans.",
        "It is too early to renew this loan. Try again from 2026-12-02.",
    )


def test_a_message_is_shown_once_however_often_it_is_true() -> None:
    refused = Refused((Refusal(Reason.ITEM_NOT_LOANABLE), Refusal(Reason.NO_LOAN_POLICY)))
    assert len(said(refused, "da")) == 1


def test_languages_and_their_codes() -> None:
    assert language_of("009", "en") == "da"
    assert language_of("024", "da") == "en"
    assert language_of("003", "da") == "de"
    assert language_of("017", "da") == "da"
    assert code_of("da") == "009"
    assert code_of("en-GB") == "001"
    assert code_of("nb-NO") == "012"
    assert code_of("tlh") == "000"
