"""The year, day by day: jobs at night, people at noon, and messages sent in the evening, when what
people did at noon has made some of them untrue."""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from catalogue.database import Database, Transaction
from circulation.calendars.due_dates import local_date
from circulation.closures.closing import close_branch
from circulation.fees.paying import PaymentWish, pay
from circulation.jobs.running import run_job
from circulation.jobs.table import JOBS
from circulation.kernel.act import Act
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED, Branch, CheckedOut, Refused
from circulation.loans.lending import check_out
from circulation.loans.lost import claim_returned, declare_lost, suspend, withdraw_claim
from circulation.loans.renewals import renew
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish, RenewalWish
from circulation.notices.claiming import claim
from circulation.notices.outcomes import Sent, record_all
from circulation.notices.post import Post
from circulation.patrons.blocks import block_patron
from tests.simulation.habits import Deed, intention, pays_today, stack_size
from tests.simulation.town import Town, found_town
from tests.simulation.watching import Watch, debtors

#: The year begins on a Monday; the holidays of the demo's calendar fall into it.
FIRST_DAY = date(2027, 1, 4)
_NIGHT, _NOON, _EVENING = 4, 11, 17


@dataclass
class Year:
    """A library on its way through a year: what was done, and who will do what on which day.

    `seconds` are those that the jobs, the people and the sender took, in microseconds.
    """

    town: Town
    random: Random
    loans_wanted: int
    days: int = 365
    watch: Watch = field(default_factory=Watch)
    post: Post = field(default_factory=Post)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    plans: dict[date, list[tuple[Deed, str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def run(self, say: bool = False) -> None:
        """Every night the jobs, every open day the people, every evening the messages."""
        set_up = self.town.set_up()
        main = self.town.branches[0]
        open_days = sum(
            set_up.calendars[main.id].is_open(FIRST_DAY + timedelta(number))
            for number in range(self.days)
        )
        for number in range(self.days):
            day = FIRST_DAY + timedelta(number)
            self._night(day)
            if number == 70:
                self._burst_pipe(day)
            if self.town.set_up().calendars[main.id].is_open(day):
                with self._timed("(people)"):
                    self._people(day, self.loans_wanted // max(open_days, 1))
            else:
                self.plans[day + timedelta(1)] += self.plans.pop(day, [])
            self._evening(day)
            if say and number % 30 == 29:
                sys.stderr.write(f"{day}: {self.counts['loans']} loans\n")
        # What the last day has brought is told on the next morning.
        self._night(FIRST_DAY + timedelta(self.days))

    def _night(self, day: date) -> None:
        now = datetime(day.year, day.month, day.day, _NIGHT, tzinfo=UTC)
        for job in JOBS:
            with self._timed(job):
                ran = run_job(self.town.circulation, self.town.database, job, day=day, now=now)
            self.counts.update({f"{job}: {name}": count for name, count in ran.counts.items()})
        with self._timed("(watching)"):
            self.town.database.read(lambda transaction: self.watch.look(transaction, day)).result()

    def _evening(self, day: date) -> None:
        """Everything that is due is sent, as far as it is still so."""
        now = datetime(day.year, day.month, day.day, _EVENING, tzinfo=UTC)
        is_more = True
        while is_more:
            with self._timed("(sending)"):
                is_more = self.town.database.write(
                    lambda transaction: self._send(transaction, day, now)
                ).result()

    def _send(self, transaction: Transaction, day: date, now: datetime) -> bool:
        outgoing, is_more = claim(
            Act(transaction, self.town.circulation, UNATTENDED, now), self.post
        )
        self.watch.read_post(transaction, day, [message.id for message in outgoing])
        record_all(transaction, {message.id: Sent() for message in outgoing}, now)
        self.counts["messages sent"] += len(outgoing)
        return is_more

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[name] += int((time.perf_counter() - started) * 1e6)

    def _burst_pipe(self, day: date) -> None:
        """The harbour branch is closed for a week."""
        branch = self.town.branches[-1]
        now = datetime(day.year, day.month, day.day, _NOON - 2, tzinfo=UTC)
        moved = self.town.database.write(
            lambda transaction: close_branch(
                Act(transaction, self.town.circulation, self.town.desk(branch), now),
                branch=branch.isil,
                first=day,
                last=day + timedelta(6),
                reason="a burst pipe",
            )
        ).result()
        assert not isinstance(moved, Refused)
        self.counts["loans moved by the closure"] = len(moved.loans)

    def _people(self, day: date, loans: int) -> None:
        now = datetime(day.year, day.month, day.day, _NOON, tzinfo=UTC)
        acts = self.plans.pop(day, [])
        self.town.database.write(
            lambda transaction: self._day(transaction, day, now, acts, loans)
        ).result()

    def _day(
        self,
        transaction: Transaction,
        day: date,
        now: datetime,
        acts: list[tuple[Deed, str, str]],
        loans: int,
    ) -> None:
        town, random = self.town, self.random
        for act, card, barcode in acts:
            self._act(transaction, act, card, barcode, day, now)
        blocked = {patron for patron, is_blocked in debtors(transaction) if is_blocked}
        owing = dict(debtors(transaction, amounts=True))
        cards = {patron_id: card for card, patron_id in town.ids.items()} if owing else {}
        for patron_id, amount in owing.items():
            if amount > 0 and pays_today(random, patron_id, patron_id in blocked):
                self._pay(transaction, cards[patron_id], amount, now)
        lent = 0
        for _ in range(loans * 2):
            if lent >= loans or not town.shelf:
                break
            card = town.cards[int(len(town.cards) * random.random() ** 1.6)]
            branch = town.branches[0] if random.random() < 0.8 else town.branches[-1]
            for _ in range(min(stack_size(random), loans - lent, len(town.shelf))):
                if not self._lend(transaction, card, branch, day, now):
                    break
                lent += 1
        if day.day == 3:
            self._die(transaction, now)

    def _lend(
        self, transaction: Transaction, card: str, branch: Branch, day: date, now: datetime
    ) -> bool:
        town, random = self.town, self.random
        place = random.randrange(len(town.shelf))
        barcode = town.shelf[place]
        answer = check_out(
            Act(transaction, town.circulation, town.desk(branch), now),
            LoanWish(patron=card, item=barcode),
        )
        if not isinstance(answer, CheckedOut):
            self.counts["check-outs refused"] += 1
            return False
        town.shelf[place] = town.shelf[-1]
        town.shelf.pop()
        self.counts["loans"] += 1
        self._intend(card, barcode, local_date(answer.loan.due, branch.timezone), day)
        return True

    def _intend(self, card: str, barcode: str, due: date, today: date) -> None:
        wish = intention(self.random, due, today)
        if wish is not None:
            self.plans[max(wish.day, today + timedelta(1))].append((wish.act, card, barcode))

    def _act(
        self,
        transaction: Transaction,
        deed: Deed,
        card: str,
        barcode: str,
        day: date,
        now: datetime,
    ) -> None:
        town = self.town
        branch = self.random.choice(town.branches)
        act = Act(transaction, town.circulation, town.desk(branch), now)
        self.counts[deed.value] += 1
        later = day + timedelta(self.random.randint(3, 30))
        if deed is Deed.RENEW:
            answer = renew(act, RenewalWish(card, barcode))
            if isinstance(answer, Refused):
                self.plans[day + timedelta(1)].append((Deed.RETURN, card, barcode))
            else:
                due = local_date(answer.loan.due, branch.timezone)
                self._intend(card, barcode, due, day)
        elif deed is Deed.CLAIM:
            claim_returned(act, item=barcode)
            turns_up = self.random.random() < 0.5
            self.plans[later].append((Deed.RETURN if turns_up else Deed.FOUND_CLAIM, card, barcode))
        elif deed is Deed.FOUND_CLAIM:
            withdraw_claim(act, item=barcode)
            self.plans[later].append((Deed.RETURN, card, barcode))
        elif deed is Deed.LOSE:
            declare_lost(act, item=barcode)
            if self.random.random() < 0.3:
                self.plans[later].append((Deed.RETURN, card, barcode))
        elif deed is Deed.SUSPEND:
            suspend(act, item=barcode, until=later)
            self.plans[later + timedelta(9)].append((Deed.RETURN, card, barcode))
        else:
            check_in(act, item=barcode)
            town.shelf.append(barcode)

    def _pay(self, transaction: Transaction, card: str, amount: int, now: datetime) -> None:
        answer = pay(
            Act(transaction, self.town.circulation, self.town.desk(self.town.branches[0]), now),
            PaymentWish(amount=amount, currency="DKK"),
            patron=card,
        )
        assert not isinstance(answer, Refused), answer
        self.counts["payments"] += 1
        self.counts["blocks lifted by a payment"] += answer.lifted_block

    def _die(self, transaction: Transaction, now: datetime) -> None:
        card = self.random.choice(self.town.cards)
        block_patron(
            Act(transaction, self.town.circulation, UNATTENDED, now),
            self.town.ids[card],
            BlockReason.DECEASED,
        )
        self.watch.died[self.town.ids[card]] = now


def simulate(
    database: Database,
    *,
    patrons: int,
    items: int,
    loans: int,
    seed: int,
    days: int = 365,
    say: bool = False,
) -> Year:
    """A year in a database that is empty but for its tables."""
    random = Random(seed)
    began = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC) - timedelta(1)
    town = found_town(database, patrons=patrons, items=items, now=began, random=random)
    year = Year(town, random, loans, days)
    year.run(say)
    return year
