"""Does a system know already what it is to be told, because nobody heard its answer before?

A return was done if the item is not on loan, a renewal if its due date is the one that was told, a
loan if the patron has the item (63), a hold if it is among the patron's. Of everything else it
cannot be told, and it is told again.
"""

from __future__ import annotations

from collections.abc import Callable

from circulation.languages.sentences import Sentence
from protocols.proxy.finding_out import Ask, Found, Inquiry
from protocols.proxy.journal.records import bytes_of
from protocols.proxy.kinds import HOLD
from protocols.proxy.line import Said
from protocols.proxy.tasks import Task
from protocols.proxy.telling import (
    asked_body,
    has_on_loan,
    is_as_told,
    item_question,
    patron_question,
)
from protocols.sip2.codec import open_frame

#: Called with None where the system could not be asked, and then with what came of that.
Verdict = Callable[[bool | None, Said], object]


def ask_whether_done(task: Task, place: str, date: str, ask: Ask, verdict: Verdict) -> None:
    """Asks by `ask`, and calls `verdict` once. `place` is the institution as the system calls it,
    `date` now, in 18 characters.
    """
    code = task.sent[:2]
    if code == HOLD:
        _ask_of_hold(task, place, date, ask, verdict)
    elif code == "11":
        _put(ask, patron_question(task, place, date), lambda body: has_on_loan(task, body), verdict)
    elif code in ("09", "29"):
        _put(ask, item_question(task, place, date), lambda body: is_as_told(task, body), verdict)
    else:
        verdict(False, Said(None))


def _put(ask: Ask, question: bytes, says: Callable[[bytes], bool], verdict: Verdict) -> None:
    def told(said: Said) -> None:
        verdict(None if said.raw is None else says(open_frame(said.raw).body), said)

    ask(question, told)


def _ask_of_hold(task: Task, place: str, date: str, ask: Ask, verdict: Verdict) -> None:
    def found(what: Found) -> None:
        said = Said(None, Sentence("SYSTEM_DID_NOT_SAY"))
        verdict(bool(what.answer) if what.is_known else None, said)

    Inquiry(ask, asked_body(bytes_of(task.sent), place), "", date).begin(found)
