"""Interlibrary loans: what we borrow, what we lend, and what partners are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from circulation.interlending.answering import (
    Demand,
    Terms,
    answer_demand,
    cancel_demand,
    refuse_demand,
)
from circulation.interlending.asking import Wish, answered, ask, declined
from circulation.interlending.borrowing import (
    Incoming,
    accept,
    cancel_borrowing,
    cancel_wish,
    expect,
    send_home,
    sent_all_the_same,
    shipped,
)
from circulation.interlending.institutions import Institution
from circulation.interlending.kinds import WhyNot
from circulation.interlending.lending import lent_to_partner
from circulation.interlending.notices import claim_notice
from circulation.interlending.offers import (
    accept_offer,
    charged_by_owner,
    decline_offer,
    offered,
    promised_on_terms,
)
from circulation.interlending.owners import grant_renewal, recalled_by_owner, refuse_renewal
from circulation.interlending.ranking import Availability
from circulation.interlending.remarks import RemarkKind, note_remark
from circulation.interlending.rota import ask_another, catalogues_said
from circulation.interlending.rows import InterlibraryLoan, loan_by_id
from circulation.kernel.act import Act
from tests.pairs.nouns import HERE, HOLD, ITEM, NOT_SENT_YET, PATRON, WISH, Noun, Verb, shown
from tests.pairs.openings import OFFER, agreement_with
from tests.pairs.scenes import Scene
from tests.pairs.states import ItemState

_OFFERED: Final = frozenset({ItemState.OFFERED})
_ON_LOAN: Final = frozenset({ItemState.BORROWED})
_DEMANDED: Final = frozenset({ItemState.DEMANDED})
_MAY_COME: Final = NOT_SENT_YET | {ItemState.ARRIVED}


def _loan(act: Act, scene: Scene) -> InterlibraryLoan:
    """Return the interlibrary loan as handlers of partners' messages read it: locked."""
    found = loan_by_id(act.transaction, scene.partners_loan_id)
    if found is None:
        raise ValueError("there is no interlibrary loan")
    return found


def _about(
    name: str,
    function: Callable[..., Any],
    states: frozenset[ItemState],
    do: Callable[[Act, InterlibraryLoan, int], Any],
    *nouns: Noun,
) -> Verb:
    return Verb(
        name,
        frozenset({WISH, *nouns}),
        (function,),
        lambda act, scene, side: do(act, _loan(act, scene), side),
        states,
    )


def _accept(act: Act, loan: InterlibraryLoan, side: int) -> Any:
    barcode = loan.barcode or f"T{loan.id}"
    return accept(
        act,
        agreement=agreement_with(loan),
        request_id=loan.request_id,
        patron=None,
        incoming=Incoming(barcode, "Njals saga"),
    )


def _demand(act: Act, scene: Scene, side: int) -> Any:
    """Let another library ask for the title; a request that is known is answered as before."""
    demand = Demand(
        Institution(scene.waiting, act.desk.branch_id, "adult", "a"),
        "a",
        f"again {scene.number} {side}",
        "Title",
        "",
        [scene.record_id],
        wants_loan=True,
        wants_copy=False,
        before=None,
        said={},
    )
    return answer_demand(act, demand, Terms())


def _claim_notice(act: Act, scene: Scene, side: int) -> Any:
    partner = _loan(act, scene).partner
    with shown(act, scene):
        return claim_notice(act.transaction, partner, act.now)


def _wait_until(act: Act, days: int) -> Any:
    return act.now + timedelta(days)


VERBS: Final = (
    Verb(
        "ask",
        frozenset({WISH, PATRON}),
        (ask,),
        lambda act, scene, side: ask(
            act, patron=scene.borrower, wish=Wish(title=f"Njals saga {scene.item}")
        ),
        NOT_SENT_YET,
    ),
    _about(
        "will_lend",
        answered,
        NOT_SENT_YET,
        lambda act, loan, side: answered(act, loan.id, will_lend=True),
    ),
    _about(
        "will_not_lend",
        answered,
        NOT_SENT_YET,
        lambda act, loan, side: answered(act, loan.id, will_lend=False),
    ),
    _about("declined", declined, NOT_SENT_YET, lambda act, loan, side: declined(act, loan, "lost")),
    Verb(
        "expect",
        frozenset({WISH}),
        (expect,),
        lambda act, scene, side: expect(
            act,
            agreement=agreement_with(_loan(act, scene)),
            request_id=_loan(act, scene).request_id,
            patron=scene.borrower,
            incoming=Incoming(),
        ),
        NOT_SENT_YET,
    ),
    _about(
        "shipped",
        shipped,
        NOT_SENT_YET,
        lambda act, loan, side: shipped(act, loan, barcode=f"T{loan.id}"),
    ),
    _about(
        "sent_all_the_same",
        sent_all_the_same,
        NOT_SENT_YET,
        lambda act, loan, side: sent_all_the_same(act, loan, barcode=f"T{loan.id}", due=None),
    ),
    _about("accept", accept, _MAY_COME, _accept, ITEM, HOLD),
    Verb(
        "accept_unasked",
        frozenset({WISH, HOLD}),
        (accept,),
        lambda act, scene, side: accept(
            act,
            agreement=agreement_with(_loan(act, scene)),
            request_id=f"unasked {scene.number}",
            patron=scene.borrower,
            incoming=Incoming(f"U{scene.number:06}", "Njals saga"),
        ),
        NOT_SENT_YET,
    ),
    _about("send_home", send_home, HERE, lambda act, loan, side: send_home(act, loan), ITEM, HOLD),
    _about(
        "cancel_borrowing",
        cancel_borrowing,
        _MAY_COME,
        lambda act, loan, side: cancel_borrowing(act, loan),
        HOLD,
        ITEM,
    ),
    _about(
        "cancel_wish", cancel_wish, _MAY_COME, lambda act, loan, side: cancel_wish(act, loan), HOLD
    ),
    _about(
        "ask_another",
        ask_another,
        NOT_SENT_YET,
        lambda act, loan, side: ask_another(act, loan),
    ),
    Verb(
        "catalogues_said",
        frozenset({WISH}),
        (catalogues_said,),
        lambda act, scene, side: catalogues_said(act, scene.case_id, {"c": Availability.ON_SHELF}),
        NOT_SENT_YET,
    ),
    _about("offered", offered, NOT_SENT_YET, lambda act, loan, side: offered(act, loan, OFFER)),
    _about(
        "promised_on_terms",
        promised_on_terms,
        NOT_SENT_YET,
        lambda act, loan, side: promised_on_terms(act, loan, OFFER),
    ),
    _about(
        "charged_by_owner",
        charged_by_owner,
        NOT_SENT_YET,
        lambda act, loan, side: charged_by_owner(act, loan, OFFER),
    ),
    _about("accept_offer", accept_offer, _OFFERED, lambda act, loan, side: accept_offer(act, loan)),
    _about(
        "decline_offer", decline_offer, _OFFERED, lambda act, loan, side: decline_offer(act, loan)
    ),
    _about(
        "grant_renewal",
        grant_renewal,
        _ON_LOAN,
        lambda act, loan, side: grant_renewal(act, loan, due=_wait_until(act, 30 + side)),
        ITEM,
    ),
    _about(
        "refuse_renewal",
        refuse_renewal,
        _ON_LOAN,
        lambda act, loan, side: refuse_renewal(act, loan),
        ITEM,
    ),
    _about(
        "recalled_by_owner",
        recalled_by_owner,
        _ON_LOAN,
        lambda act, loan, side: recalled_by_owner(act, loan, due=_wait_until(act, 3 + side)),
        ITEM,
    ),
    _about(
        "note_remark",
        note_remark,
        NOT_SENT_YET,
        lambda act, loan, side: note_remark(act, loan, RemarkKind.NOTE, f"from {side}"),
    ),
    Verb("answer_demand", frozenset({WISH, HOLD}), (answer_demand,), _demand, _DEMANDED),
    _about(
        "cancel_demand",
        cancel_demand,
        _DEMANDED,
        lambda act, loan, side: cancel_demand(act, loan),
        HOLD,
        ITEM,
    ),
    _about(
        "refuse_demand",
        refuse_demand,
        _DEMANDED,
        lambda act, loan, side: refuse_demand(act, loan, WhyNot.NOT_LENT),
        HOLD,
        ITEM,
    ),
    Verb(
        "lent_to_partner",
        frozenset({WISH, ITEM}),
        (lent_to_partner,),
        lambda act, scene, side: lent_to_partner(
            act, partner="a", actor="A", request_id="", user=scene.waiting, item=scene.item
        ),
        frozenset({ItemState.LENT, ItemState.LENT_OUT}),
    ),
    Verb("tell_partner", frozenset({WISH}), (claim_notice,), _claim_notice, NOT_SENT_YET),
)
