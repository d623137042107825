"""What is asked of and done for patrons who have hundreds of something, beside those with none.

    python -m tests.bench.bench_heavy_patrons [MANY [PATRONS [TURNS [PART]]]]     (500 20 30)

So many patrons each have many or twenty loans, holds, charges, messages, or loans that are over,
since a week, and as many have nothing (`heavy_patrons`). From the bytes that come to the bytes that
go, without a socket, as in `bench_sip2_message` and `bench_api`, each question goes to one group
after the other, in turns that begin with another group each time; of SIP2 and the API sixteen
patrons ask at once, the next ones in the next turn. What counts is the time on the processor of all
threads here, and on PostgreSQL of what serves them there, for one request; of a ratio the median of
those of each turn. PART is a part of the names of questions: only these are asked.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any, Final
from urllib.parse import urlencode

from catalogue.database import Database
from protocols.discovery.handlers import Paia
from protocols.discovery.messages import Asked, Sent
from protocols.discovery.settings import DiscoverySettings
from protocols.ncip.exchange import Exchange
from protocols.ncip.settings import NcipSettings
from tests.bench.bench_api import Desks
from tests.bench.bench_fbs import Site
from tests.bench.bench_ncip import PARTNER, look_up_user
from tests.bench.bench_sip2_message import TERMINALS, Process, begun, databases
from tests.bench.heavy_patrons import (
    KINDS,
    PIN,
    Furnished,
    Patron,
    free_item,
    furnish_with,
    groups_of,
    wanted_item,
)
from tests.bench.sip2_load import DATE

FEW: Final = 20
#: A step: what these patrons of the group ask at once; gives their answers.
Step = Callable[[str, Sequence[int], Sequence[Patron]], Sequence[bytes]]
_SUMMARIES: Final = {
    "63": "",
    "63, holds ready": "Y",
    "63, overdue": " Y",
    "63, loans": "  Y",
    "63, fees": "   Y",
    "63, other holds": "     Y",
}
#: What follows on each other: the item is lent, its loan renewed, the item returned.
_VERBS: Final = {
    "11 check-out": "11NN{date}{date}AODK-900100|AA{card}|AB{free}|AC|AD{pin}|",
    "29 renewal": "29NN{date}{date}AODK-900100|AA{card}|AD{pin}|AB{free}|AC|",
    "09 check-in": "09N{date}{date}AP|AODK-900100|AB{free}|AC|",
    "15 hold": "15+{date}AODK-900100|AA{card}|AD{pin}|AB{wanted}|BS|",
    "15 cancelled": "15-{date}AODK-900100|AA{card}|AD{pin}|AB{wanted}|",
}
_DONE: Final = {"11": b"121", "29": b"301", "09": b"101", "15": b"161", "37": b"38Y"}
_ENDED: Final = "35{date}AODK-900100|AA{card}|AC|AD{pin}|"
_PAID: Final = "37{date}0100DKKBV1.00|AODK-900100|AA{card}|AC|AD{pin}|"
_LISTS: Final = ("loans", "holds", "charges", "notices", "history", "lookups")
#: What the lines of a whole list are.
_LINES_OF: Final = {
    f"all {name}": kind
    for kind, names in {
        "loans": ("NCIP loans", "FBS loans", "PAIA items", "API loans", "API expected"),
        "holds": ("NCIP holds", "FBS holds", "API holds"),
        "charges": ("NCIP fees", "FBS fees", "PAIA fees"),
    }.items()
    for name in names
}


class Asking:
    """All that may be asked, in the order in which it is, by name."""

    def __init__(self, process: Process, furnished: Furnished) -> None:
        self._process, self._furnished = process, furnished
        self._desks = Desks(process, furnished.token)
        self._site = Site(process, furnished.session)
        self._exchange = Exchange(NcipSettings(partners=(PARTNER,)), process.services)
        settings = DiscoverySettings(
            enabled=True, portals=("192.0.2.1",), requests_per_second=1e9, burst=10**9
        )
        self._paia = Paia(settings, process.services)
        self._scopes: dict[str, str] = {}

    def machine(self, text: str, group: str, numbers: Sequence[int], _: Any) -> Sequence[bytes]:
        asked = []
        for number in numbers:
            patron = self._furnished.groups[group][number]
            free, wanted = free_item(group, number), wanted_item(group, number)
            given = {"date": DATE, "card": patron.card, "pin": PIN, "free": free, "wanted": wanted}
            asked.append(text.format(**given).encode() + b"\r")
        answers = self._process.ask(asked)
        done = _DONE.get(text[:2], b"")
        assert all(each.startswith(done) for each in answers), answers[0]
        return answers

    def desk(
        self, verb: str, path: str, body: Any, _: str, numbers: Sequence[int], patrons: Any
    ) -> Sequence[bytes]:
        whose = [] if body is None else [{"card": each.card} for each in patrons]
        sent = (
            [self._desks.request(verb, path.format(each.name)) for each in patrons]
            if body is None
            else [
                self._desks.request(verb, path.format(each.name), body(who))
                for each, who in zip(patrons, whose, strict=True)
            ]
        )
        answers = self._desks.ask(sent)
        assert all(each.startswith(b"HTTP/1.1 2") for each in answers), answers[0]
        return answers

    def partner(self, wanted: str, _: str, __: Any, patrons: Sequence[Patron]) -> Sequence[bytes]:
        answers: list[bytes] = []
        for patron in patrons:
            self._exchange.answer(look_up_user(patron.card, wanted).encode(), answers.append)
        while len(answers) < len(patrons):
            self._process._calls.get(timeout=20)()
        assert all(b"<Problem>" not in each for each in answers), answers[0]
        return answers

    def web_site(self, path: str, _: str, __: Any, patrons: Sequence[Patron]) -> Sequence[bytes]:
        answers = self._site.ask([path.format(patrons[0].number)])
        assert all(each.startswith(b"HTTP/1.1 200") for each in answers), answers[0]
        return answers

    def discovery(self, path: str, _: str, __: Any, patrons: Sequence[Patron]) -> Sequence[bytes]:
        return [self._paia_answer("GET", f"core/{patrons[0].name}/{path}", self._scope(patrons[0]))]

    def _scope(self, patron: Patron) -> str:
        if patron.card not in self._scopes:
            form = {"grant_type": "password", "username": patron.card, "password": PIN}
            form |= {"scope": "read_patron read_fees read_items"}
            told = self._paia_answer("POST", "auth/login", "", urlencode(form).encode())
            self._scopes[patron.card] = told.split(b'"access_token":')[1].split(b'"')[1].decode()
        return self._scopes[patron.card]

    def _paia_answer(self, verb: str, path: str, token: str, body: bytes = b"") -> bytes:
        given = {"authorization": f"Bearer {token}"} if token else {}
        given |= {"content-type": "application/x-www-form-urlencoded"} if body else {}
        asked = Asked(
            verb, tuple(path.split("/")), b"", body, given.get, "192.0.2.1", "https://x.example.org"
        )
        replies: list[Sent] = []
        self._paia.answer(asked, replies.append)
        while not replies:
            self._process._calls.get(timeout=20)()
        assert replies[0].status == 200, replies[0]
        return replies[0].body

    def machines(self) -> Iterator[tuple[str, Step]]:
        yield "23", partial(self.machine, f"23001{DATE}AODK-900100|AA{{card}}|AC|AD{PIN}|")
        for name, summary in _SUMMARIES.items():
            text = f"63001{DATE}{summary:10}AODK-900100|AA{{card}}|AD{PIN}|BP1|BQ{FEW}|"
            yield name, partial(self.machine, text)
        for name, text in _VERBS.items():
            yield name, partial(self.machine, text)
        yield "35", partial(self.machine, _ENDED)

    def desks(self) -> Iterator[tuple[str, Step]]:
        yield "first screen", partial(self.desk, "GET", "/patrons/{}", None)
        for name in _LISTS:
            path = f"/patrons/{{}}/{name}?limit={FEW}"
            yield f"page of {name}", partial(self.desk, "GET", path, None)
        path = f"/patrons/{{}}/charges?limit={FEW}&open=false"
        yield "page of all charges", partial(self.desk, "GET", path, None)
        fee = {"kind": "other", "amount": 100, "currency": "DKK", "reason": "a cup"}
        yield "charging", partial(self.desk, "POST", "/patrons/{}/charges", lambda _: fee)
        yield "37 fee paid", partial(self.machine, _PAID)
        text = {"text": "Your cup has been found."}
        yield "writing to", partial(self.desk, "POST", "/patrons/{}/notices", lambda _: text)
        yield "receipt", partial(self.desk, "POST", "/receipts", lambda who: who)

    def partners(self) -> Iterator[tuple[str, Step]]:
        yield "LookupUser", partial(self.partner, "")

    def whole_lists(self) -> Iterator[tuple[str, Step]]:
        for name, text in {
            "NCIP loans": "<LoanedItemsDesired/>",
            "NCIP holds": "<RequestedItemsDesired/>",
            "NCIP fees": "<UserFiscalAccountDesired/>",
        }.items():
            yield f"all {name}", partial(self.partner, text)
        for name, path in {
            "loans": "DK-900100/patrons/{}/loans/v2",
            "holds": "v1/DK-900100/patrons/{}/reservations/v2",
            "fees": "DK-900100/patron/{}/fees/v2?includenonpayable=true",
        }.items():
            yield f"all FBS {name}", partial(self.web_site, path)
        for name in ("items", "fees"):
            yield f"all PAIA {name}", partial(self.discovery, name)
        for name in ("loans", "holds"):
            yield f"all API {name}", partial(self.desk, "GET", f"/patrons/{{}}/{name}", None)
        path = "/patrons/{}/charges/expected"
        yield "all API expected", partial(self.desk, "GET", path, None)

    def questions(self, part: str) -> dict[str, Step]:
        found = chain(self.machines(), self.desks(), self.partners(), self.whole_lists())
        return {name: step for name, step in found if part in name}


@contextmanager
def processor(url: str, database: Database) -> Iterator[Callable[[], float]]:
    """A clock of the time on the processor, of this process and of what serves it there."""
    if database.dialect == "sqlite":
        yield time.process_time
        return
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        serving = "select pid from pg_stat_activity where datname = current_database()"

        def clock() -> float:
            total = time.process_time()
            for number in numbers:
                with open(f"/proc/{number}/schedstat") as file:
                    total += int(file.read().split()[0]) / 1e9
            return total

        numbers: list[int] = []

        def look() -> float:
            nonlocal numbers
            numbers = [
                pid for (pid,) in connection.execute(serving) if pid != connection.info.backend_pid
            ]
            return clock()

        clock.look = look  # type: ignore[attr-defined]
        connection.execute("vacuum (analyze)")  # as it does itself in time
        yield clock


def measure(name: str, url: str, many: int, patrons: int, turns: int, part: str) -> None:
    furnished = furnish_with(url, FEW, many, patrons)
    process = begun(url)
    asked = Asking(process, furnished).questions(part)
    groups = list(groups_of(FEW, many))
    costs: dict[tuple[str, str], list[float]] = {(q, g): [] for q in asked for g in groups}
    with processor(url, process.database) as clock:
        for turn in range(-2, turns):  # the first ones warm
            look = getattr(clock, "look", clock)
            look()
            at_once = [(turn * 7 + each) % patrons for each in range(TERMINALS)]
            first = turn % len(groups)  # who comes first finds everything cold
            for question, step in asked.items():
                for group in groups[first:] + groups[:first]:
                    whose = [furnished.groups[group][each] for each in at_once]
                    begin = clock()
                    answers = step(group, at_once, whose)
                    if turn >= 0:
                        costs[question, group].append((clock() - begin) / len(answers) * 1e6)
    process.close()
    tell(name, many, list(asked), costs)


def tell(
    name: str, many: int, asked: Sequence[str], costs: dict[tuple[str, str], list[float]]
) -> None:
    print(f"{name}: us with none, and how many times that with {many} (and that with {FEW})")
    print(f"  {'':22}{'none':>7}" + "".join(f"  {kind:>13}" for kind in KINDS))

    def ratio(question: str, group: str, other: str) -> float:
        turns = zip(costs[question, group], costs[question, other], strict=True)
        return statistics.median(one / another for one, another in turns)

    def middle(question: str, group: str) -> float:
        return statistics.median(costs[question, group])

    for question in asked:
        line = f"  {question:22}{middle(question, 'none'):7.0f}"
        for kind in KINDS:
            much, few = f"{kind} {many}", f"{kind} {FEW}"
            beside = ratio(question, much, "none"), ratio(question, much, few)
            line += f"  {beside[0]:6.2f} ({beside[1]:4.2f})"
        print(line, flush=True)
    for question, kind in _LINES_OF.items():
        if question in asked and kind in KINDS:
            none = middle(question, "none")
            few, further = (
                (middle(question, f"{kind} {number}") - none) / number for number in (FEW, many)
            )
            print(f"  {question:22}{few:7.1f} us a line of {FEW}, {further:.1f} of {many}")


def main(many: int = 500, patrons: int = 20, turns: int = 30, part: str = "") -> None:
    with databases() as urls:
        for name, url in urls.items():
            measure(name, url, many, patrons, turns, part)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), *sys.argv[4:5])
