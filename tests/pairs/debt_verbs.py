"""Debts that are collected, and messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from circulation.dunning.claims import follow_charges, withdraw_from_collection
from circulation.dunning.collection_files import export_claims
from circulation.kernel.act import Act
from circulation.notices.choices import choose
from circulation.notices.claiming import claim
from circulation.notices.kinds import NoticeKind, NoticeState
from circulation.notices.log import NotPossible, resend, settle_as_sent, withdraw
from circulation.notices.outcomes import (
    Doubtful,
    NotSent,
    Outcome,
    Report,
    Sent,
    TryAgain,
    claim_again,
    record,
    take_report,
    take_up_abandoned,
)
from circulation.notices.post import Post
from circulation.notices.requests import NoticeRequest, request_notice
from circulation.notices.rules import notice_terms
from circulation.notices.writing import Words, write_to
from tests.pairs.nouns import CHARGE, CLAIM, IS_CLAIMED, MESSAGE, PATRON, Verb, shown
from tests.pairs.openings import cause_of
from tests.pairs.scenes import Scene
from tests.pairs.states import TellingState

_POST: Final = Post()
_WRITTEN: Final = frozenset({TellingState.SENDING, TellingState.UNSURE})


def _choose(act: Act, scene: Scene, side: int) -> None:
    kind = NoticeKind.DUE_SOON
    set_up = act.circulation.current_set_up(act.transaction)
    terms = notice_terms(set_up, act.desk.branch_id, "adult", kind)
    choose(act, scene.borrower_id, kind, wanted=bool(side), terms=terms)


def _claim_message(act: Act, scene: Scene, side: int) -> Any:
    with shown(act, scene):
        return claim(act, _POST)[0]


def _claim_again(act: Act, scene: Scene, side: int) -> Any:
    with shown(act, scene):
        return claim_again(act, _POST)


def _take_up(act: Act, scene: Scene, side: int) -> Any:
    with shown(act, scene):
        return take_up_abandoned(act.transaction, _POST, now=act.now)


def _recording(name: str, outcome: Outcome, states: frozenset[TellingState] = _WRITTEN) -> Verb:
    return Verb(
        name,
        frozenset({MESSAGE}),
        (record,),
        lambda act, scene, side: record(act.transaction, scene.message_id, outcome, act.now),
        telling=states,
    )


def _by_staff(name: str, function: Callable[..., Any], states: frozenset[TellingState]) -> Verb:
    def do(act: Act, scene: Scene, side: int) -> Any:
        entry = scene.message_id or scene.notice_id
        try:
            return function(act.transaction, entry, actor="Ida", now=act.now)
        except (LookupError, NotPossible) as error:
            raise ValueError(str(error)) from None

    return Verb(name, frozenset({MESSAGE}), (function,), do, telling=states)


VERBS: Final = (
    Verb(
        "call_back",
        frozenset({CHARGE, CLAIM}),
        (withdraw_from_collection,),
        lambda act, scene, side: withdraw_from_collection(
            act, scene.claim_id, reason=f"a mistake {side}"
        ),
        money=IS_CLAIMED,
    ),
    Verb(
        "export_claims",
        frozenset({CHARGE, CLAIM}),
        (export_claims,),
        lambda act, scene, side: _exported(act, scene),
        money=IS_CLAIMED,
    ),
    Verb(
        "follow_charges",
        frozenset({CHARGE, CLAIM}),
        (follow_charges,),
        lambda act, scene, side: _followed(act, scene),
        money=IS_CLAIMED,
    ),
    Verb(
        "request_notice",
        frozenset({MESSAGE, PATRON}),
        (request_notice,),
        lambda act, scene, side: request_notice(
            act,
            NoticeRequest(
                scene.borrower_id, NoticeKind.STAFF, cause_of(scene.number, 2), {"text": "Hello"}
            ),
        ),
    ),
    Verb(
        "write_to",
        frozenset({MESSAGE, PATRON}),
        (write_to,),
        lambda act, scene, side: write_to(
            act, Words("Hello", f"from {side}"), patron_id=scene.borrower_id, actor="Ida"
        ),
    ),
    Verb(
        "choose_messages",
        frozenset({MESSAGE}),
        (choose,),
        _choose,
    ),
    Verb(
        "claim_message",
        frozenset({MESSAGE}),
        (claim,),
        _claim_message,
        telling=frozenset({TellingState.PLANNED, TellingState.FAILED}),
    ),
    Verb(
        "claim_message_again",
        frozenset({MESSAGE}),
        (claim_again,),
        _claim_again,
        telling=frozenset({TellingState.TO_BE_TRIED}),
    ),
    Verb(
        "take_up_abandoned",
        frozenset({MESSAGE}),
        (take_up_abandoned,),
        _take_up,
        telling=frozenset({TellingState.SENDING}),
    ),
    _recording("record_sent", Sent("ref")),
    _recording("record_failure", NotSent("no such address")),
    _recording("record_doubt", Doubtful("the line broke"), frozenset({TellingState.SENDING})),
    _recording("record_try_again", TryAgain("busy"), frozenset({TellingState.SENDING})),
    Verb(
        "report_delivery",
        frozenset({MESSAGE}),
        (take_report,),
        lambda act, scene, side: take_report(
            act.transaction,
            "email",
            Report(NoticeState.DELIVERED, message_id=scene.message_id),
            act.now,
        ),
        telling=_WRITTEN,
    ),
    Verb(
        "report_failure",
        frozenset({MESSAGE}),
        (take_report,),
        lambda act, scene, side: take_report(
            act.transaction,
            "email",
            Report(NoticeState.FAILED, message_id=scene.message_id, why="full"),
            act.now,
        ),
        telling=_WRITTEN,
    ),
    _by_staff("resend", resend, frozenset({TellingState.UNSURE, TellingState.FAILED})),
    _by_staff("settle_as_sent", settle_as_sent, frozenset({TellingState.UNSURE})),
    _by_staff("withdraw_message", withdraw, frozenset(TellingState) - {TellingState.SENDING}),
)


def _exported(act: Act, scene: Scene) -> int | None:
    with shown(act, scene):
        return export_claims(act)


def _followed(act: Act, scene: Scene) -> tuple[int, int, int | None]:
    with shown(act, scene):
        return follow_charges(act)
