"""Telling one system what the other one, or the proxy in its place, has done.

What is about the same item or patron is told in the order in which it happened; the rest side by
side. It is tried for ever, less and less often. A system without the field QJ (`telling`) is asked
back how the item is: what is as it should be is done, however the telling went. What it refuses for
good or takes no notice of, and money of which nobody knows whether it was taken, goes to a person:
nobody at a counter waits for it.

In shadow each exchange is judged first: the new system is asked what it would have said, at the
point in the order where it knows all that came before.
"""

from __future__ import annotations

import heapq
import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

from circulation.languages.sentences import Sentence
from protocols.proxy.clocks import SystemDates
from protocols.proxy.dates import shown_day
from protocols.proxy.done_already import ask_whether_done
from protocols.proxy.job import Job
from protocols.proxy.journal.records import FOR_A_PERSON, Outcome, text_of
from protocols.proxy.kinds import LOAN, MONEY, asked_for, code_of, is_granted, text_field
from protocols.proxy.line import Said
from protocols.proxy.pool import Pool
from protocols.proxy.settings import System, SystemSettings
from protocols.proxy.tasks import Task
from protocols.proxy.telling import (
    IGNORED,
    asked_body,
    due,
    is_as_told,
    item_question,
    learning_body,
    needs_date,
    told_body,
)
from protocols.sip2.codec import open_frame

log = logging.getLogger(__name__)

#: How often something is told that is refused, before it goes to a person.
REFUSALS: Final = 5
_ABOUT_ITEMS: Final = frozenset({"09", "11", "29"})


class Around(Protocol):
    """What a carrier needs of the proxy."""

    def write_down(self, record: dict[str, Any]) -> None: ...
    def later(self, seconds: float, work: Callable[[], object]) -> object: ...
    def institution(self, system: System, terminal: str) -> str: ...
    def number(self, task: Task) -> str: ...
    def local_date(self) -> str: ...
    def dates(self, system: System) -> SystemDates: ...
    def readable(self, body: bytes) -> bytes: ...
    def system_answered(self, system: System, said: Said) -> None: ...
    def ask(self, system: System, body: bytes, done: Callable[[Said], object]) -> None: ...
    def was_told(self, task: Task) -> None: ...


class Pools(NamedTuple):
    """Lines to a system: to tell what the other did, to tell what the proxy answered in its place,
    and to ask what it would say; so many messages may wait for that.
    """

    tell: Pool | None
    replay: Pool | None
    judge: Pool | None = None
    judge_queue: int = 0


class Carrier:
    """What is told to the system `to`."""

    def __init__(self, around: Around, to: System, settings: SystemSettings, pools: Pools) -> None:
        self.to: System = to
        self._around = around
        self._settings = settings
        self._pools = pools
        self._held: dict[str, deque[Job]] = {}
        self._ready: list[Job] = []
        self._running = 0
        self._pauses = 0
        self.is_paused = self._is_stopped = False
        self.to_judge = 0
        self.count = 0

    # What is to be done

    def add(self, job: Job) -> None:
        """Takes something up. What would be judged is not, where too much waits already."""
        if job.judged is not None and (self.to_judge >= self._pools.judge_queue or self.is_paused):
            why = "the new system is down" if self.is_paused else "too much waits to be judged"
            self._not_judged(job, why)
            if job.task is None and not job.is_proven:
                return
        if job.judged is not None:
            job.is_counted = True
            self.to_judge += 1
        self.count += 1
        if job.task is not None and needs_date(job.task):
            # At once: if this has to wait, the item may have been handed in by then.
            self._ask_for_date(job.task, lambda is_answered: None)
        for key in job.keys:
            self._held.setdefault(key, deque()).append(job)
        self._if_ready(job)
        self._next()

    def holds(self, keys: tuple[str, ...]) -> bool:
        """Is something still to be told about one of them?"""
        return any(job.task is not None for key in keys for job in self._held.get(key, ()))

    def _if_ready(self, job: Job) -> None:
        if not job.is_ready and all(self._held[key][0] is job for key in job.keys):
            self._push(job)

    def _push(self, job: Job) -> None:
        job.is_ready = True
        heapq.heappush(self._ready, job)

    @property
    def is_at_work(self) -> bool:
        """Is something being told at the moment?"""
        return self._running > 0

    def stop(self) -> None:
        """Begins nothing more: what is left is told by the next process."""
        self._is_stopped = True

    def _next(self) -> None:
        if self._is_stopped:
            return
        while self._ready and not self.is_paused and self._running < self._settings.lines:
            self._running += 1
            self._begin(heapq.heappop(self._ready))

    def _over(self, job: Job) -> None:
        self._running -= 1
        self.count -= 1
        if job.is_counted:
            self.to_judge -= 1
        for key in job.keys:
            held = self._held[key]
            held.popleft()
            if not held:
                del self._held[key]
        for key in job.keys:
            if key in self._held:
                self._if_ready(self._held[key][0])
        self._next()

    def _again(self, job: Job, *, is_down: bool) -> None:
        """Later. Where the system is down, nothing else is told meanwhile."""
        job.tries += 1
        self._running -= 1
        first, most = self._settings.retry_from, self._settings.retry_to
        if is_down:
            self.is_paused = True
            self._push(job)
            self._drop_what_is_only_judged()
            wait = min(most, first * 2 ** min(self._pauses, 16))
            self._pauses += 1
            self._around.later(wait, self.resume)
            return

        def again() -> None:
            self._push(job)
            self._next()

        self._around.later(min(most, first * 2 ** min(job.tries, 16)), again)

    def resume(self) -> None:
        """The system may be there again."""
        self.is_paused = False
        self._next()

    def _drop_what_is_only_judged(self) -> None:
        """Nobody waits for a verdict: what only asks for one is not kept for later."""
        dropped = [job for job in self._ready if job.task is None]
        for job in dropped:
            self._ready.remove(job)
            self._running += 1
            self._not_judged(job, "the new system is down")
            self._over(job)

    # Judging

    def _begin(self, job: Job) -> None:
        if job.judged is not None and not job.is_asked and self._pools.judge is not None:
            place = self._around.institution(self.to, job.terminal)
            body = asked_body(job.judged, place)
            self._pools.judge.ask(body, lambda said: self._was_judged(job, said))
        else:
            self._learn(job)

    def _was_judged(self, job: Job, said: Said) -> None:
        job.is_asked = True
        if said.raw is None:
            self._not_judged(job, f"the new system {said.why}")
            self._around.system_answered(self.to, said)
        else:
            self._pauses = 0
            sent = text_of(open_frame(said.raw).body)
            self._write(job, {"kind": "judged", "by": self.to, "sent": sent})
        self._learn(job)

    def _not_judged(self, job: Job, why: str) -> None:
        self._write(job, {"kind": "judged", "by": self.to, "why": why})
        job.is_asked = True
        if not job.is_proven:
            job.judged = None

    def _learn(self, job: Job) -> None:
        """A PIN that the old system has found right is the new one's from then on."""
        if job.is_proven and job.judged is not None and self._pools.tell is not None:
            place = self._around.institution(self.to, job.terminal)
            job.is_proven = False
            body = learning_body(job.judged, place, self._around.local_date())
            self._pools.tell.ask(body, lambda said: self._carry(job))
        else:
            self._carry(job)

    # Telling

    def _carry(self, job: Job) -> None:
        task = job.task
        if task is None:
            self._over(job)
        elif self._pool(task) is None:
            self._end(job, "refused", Sentence("PROXY_HAS_NO_ACCOUNT"))
        elif not job.is_dated and needs_date(task):
            self._find_date(job, task)
        elif self._may_be_done(task):
            self._ask_first(job, task)
        else:
            self._send(job, task)

    def _may_be_done(self, task: Task) -> bool:
        """Has the system done it perhaps: by an earlier try to tell it, which the new system knows
        by its number, or by the terminal's own message, whose answer nobody heard?"""
        if self.to == "old":
            return task.is_unknown or bool(task.tries)
        return task.is_unknown and task.purpose == "replay"

    def _pool(self, task: Task) -> Pool | None:
        return self._pools.replay if task.purpose == "replay" else self._pools.tell

    def _ask(self, task: Task, body: bytes, done: Callable[[Said], object]) -> None:
        pool = self._pool(task)
        assert pool is not None
        pool.ask(self._around.readable(body), done)

    def _place(self, task: Task) -> str:
        return self._around.institution(self.to, task.terminal)

    def _ask_first(self, job: Job, task: Task) -> None:
        """Was it done already, when it was told before?"""
        if task.sent[:2] == MONEY and task.is_unknown:
            self._end(job, "unknown", Sentence("PAYMENT_UNKNOWN"))
            return

        def found(is_done: bool | None, said: Said) -> None:
            if is_done is None:
                self._failed(job, said)
            elif is_done and task.sent[:2] == LOAN:
                self._ask_back(job, task, b"")  # that they have it does not say until when
            elif is_done:
                self._end(job, "done already")
            else:
                self._send(job, task)

        asking = partial(self._ask, task)
        ask_whether_done(task, self._place(task), self._around.local_date(), asking, found)

    def _send(self, job: Job, task: Task) -> None:
        number = self._around.number(task) if self.to == "new" else None
        body = told_body(task, self._place(task), number, self._around.dates(self.to))

        def told(said: Said) -> None:
            if said.raw is None:
                if said.was_sent and body[:2] == MONEY.encode() and self.to == "old":
                    self._end(job, "unknown", Sentence("PAYMENT_SENT", why=said.why))
                else:
                    self._failed(job, said)
                return
            answer = open_frame(said.raw).body
            if self.to == "old" and code_of(body) in _ABOUT_ITEMS:
                self._ask_back(job, task, answer)
            elif is_granted(code_of(body), answer):
                is_ignored = text_field(answer, IGNORED) == "Y"
                why = Sentence("ACT_IGNORED") if is_ignored else ""
                outcome: Outcome = "ignored" if is_ignored else "done"
                self._end(job, outcome, why, answer=answer, sent=body)
            else:
                self._refused(job, task, answer)

        if self.to == "old" and body[:2] == MONEY.encode():
            self._note(task, "begun")
        self._ask(task, body, told)

    def _find_date(self, job: Job, task: Task) -> None:
        """Waits until it is known: only by its date can be seen whether a renewal was told before,
        and without one the loan would be due on two days."""

        def found(is_answered: bool) -> None:
            job.is_dated = is_answered
            if is_answered:
                self._carry(job)
            else:
                self._again(job, is_down=False)

        self._ask_for_date(task, found)

    def _ask_for_date(self, task: Task, found: Callable[[bool], object]) -> None:
        """Who has renewed all loans at once (65) was told no dates: the system that did knows.
        `found` is told whether it has answered."""
        by: System = "new" if self.to == "old" else "old"

        def told(said: Said) -> None:
            item = open_frame(said.raw or b"").body
            if item[:4] == b"1804" and needs_date(task):
                until = text_field(item, "AH")
                self._around.write_down({"kind": "dated", **task.about, "until": until})
            found(said.raw is not None)

        place = self._around.institution(by, task.terminal)
        self._around.ask(by, item_question(task, place, self._around.local_date()), told)

    def _ask_back(self, job: Job, task: Task, answer: bytes) -> None:
        """Is the item as it should be? Only then was it told. No `answer`: it was done before.

        A system that goes by its own rules in spite of no block lends until a date of its own. That
        cannot be put right from here, so it is told to people.
        """

        def told(said: Said) -> None:
            if said.raw is None:
                self._failed(job, said)
                return
            item = open_frame(said.raw).body
            is_done = not answer or is_granted(asked_for(answer), answer)
            if is_as_told(task, item) and not is_done and task.sent[:2] == LOAN:
                self._ask_for_borrower(job, task, answer)
            elif is_as_told(task, item):
                self._end(job, "done" if answer else "done already", answer=answer)
            elif is_done and item[2:4] == b"04" and task.sent[:2] != "09":
                there, told_due = shown_day(text_field(item, "AH")), shown_day(due(task))
                why = Sentence("DUE_THERE", there=there, told=told_due)
                self._end(job, "differs", why, answer=answer)
            elif is_done and item[:2] != b"18":
                self._end(job, "done", "nothing is told of the item", answer=answer)
            else:
                self._refused(job, task, answer)

        question = item_question(task, self._place(task), self._around.local_date())
        self._ask(task, question, told)

    def _ask_for_borrower(self, job: Job, task: Task, answer: bytes) -> None:
        """Check that a loan which was refused is that of the patron: another may have the item
        until the same day."""

        def found(is_theirs: bool | None, said: Said) -> None:
            if is_theirs is None:
                self._failed(job, said)
            elif is_theirs:
                self._end(job, "done", answer=answer)
            else:
                self._refused(job, task, answer)

        asking = partial(self._ask, task)
        ask_whether_done(task, self._place(task), self._around.local_date(), asking, found)

    def _refused(self, job: Job, task: Task, answer: bytes) -> None:
        why = text_field(answer, "AF") or Sentence("WAS_REFUSED")
        if self.to == "new" or task.tries + 1 >= REFUSALS or task.sent[:2] == MONEY:
            self._end(job, "refused", why, answer=answer)
            return
        self._note(task, "failed", why, answer)
        self._again(job, is_down=False)

    def _failed(self, job: Job, said: Said) -> None:
        assert job.task is not None
        job.task.is_unknown = job.task.is_unknown or said.was_sent
        self._note(
            job.task,
            "failed",
            Sentence("OLD_SYSTEM" if self.to == "old" else "NEW_SYSTEM", said=said.why),
        )
        self._around.system_answered(self.to, said)
        self._again(job, is_down=True)

    def _end(
        self, job: Job, outcome: Outcome, why: str = "", answer: bytes = b"", sent: bytes = b""
    ) -> None:
        assert job.task is not None
        self._pauses = 0
        if outcome in FOR_A_PERSON:
            log.warning("request %d was not taken by the %s system: %s", job.at[0], self.to, why)
        self._note(job.task, outcome, why, answer, sent)
        self._around.system_answered(self.to, Said(b""))
        self._over(job)
        self._around.was_told(job.task)

    def _note(
        self, task: Task, outcome: Outcome, why: str = "", answer: bytes = b"", sent: bytes = b""
    ) -> None:
        record = {"kind": "carried", **task.about, "purpose": task.purpose, "outcome": outcome}
        said = {"why": why, "sent": text_of(sent), "answer": text_of(answer)}
        self._around.write_down(record | {name: value for name, value in said.items() if value})

    def _write(self, job: Job, facts: dict[str, Any]) -> None:
        self._around.write_down({"of": job.at[0], **facts})
