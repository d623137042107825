"""Asking the catalogues of partners whether they have a title in, before one is asked for it.

All are asked at once, each in a thread of its own, and what has come when the time is over is used:
a catalogue that is down, slow or talks nonsense is as if it had not been asked. How a catalogue is
asked is a matter of its protocol (entry points ``tiro.availability``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from functools import cache
from typing import Final, NamedTuple, Protocol, TypeVar

from catalogue.database import Database, Transaction
from catalogue.records import fetch_records
from circulation.callers.partners import Partner
from circulation.interlending.cases import case_by_id, cases_to_look_for, claim_look
from circulation.interlending.ranking import Availability
from circulation.interlending.rota import catalogues_said, rules_of
from circulation.interlending.suppliers import CATALOGUE_SCHEMES, SUPPLIERS
from circulation.kernel.engine import Circulation
from circulation.kernel.results import Branch
from circulation.kernel.set_up import SetUp
from protocols.hosting.answering import Context
from protocols.hosting.installed import installed

log = logging.getLogger(__name__)

T = TypeVar("T")

#: How long a case is left to who asks catalogues for it.
LEASE: Final = timedelta(minutes=2)
#: How many cases are looked for at once, and how many catalogues are asked for one of them.
AT_ONCE: Final = 16
MOST_CATALOGUES: Final = 64


class Title(NamedTuple):
    """What is looked for; texts are empty where nothing is known. `number` is an ISBN or ISSN."""

    title: str
    author: str = ""
    number: str = ""


class Catalogue(NamedTuple):
    """Where it is looked for: the address without the word for the protocol, whose it is, the
    branch for which we ask, and how many seconds it may take."""

    address: str
    partner: Partner
    branch: Branch
    seconds: float


class Ask(Protocol):
    """Asks one catalogue; blocks. Whatever it raises, nothing is known then."""

    def __call__(self, catalogue: Catalogue, title: Title) -> Availability: ...


class _Looking(NamedTuple):
    """A case that was claimed: what is looked for and where."""

    case_id: int
    title: Title
    catalogues: Mapping[str, tuple[str, Catalogue]]
    seconds: float


@cache
def _ways() -> dict[str, Ask]:
    return {name: entry.load() for name, entry in installed("tiro.availability").items()}


class Looker:
    """Looks for what cases want. It has the form of a `protocols.hosting.outbox.Teller`: what is
    due are cases, by their numbers. Its methods block."""

    def __init__(
        self, database: Database, circulation: Circulation, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._circulation = circulation
        self._clock = clock
        self.is_stopping = False

    def due(self, context: Context) -> list[str]:
        """The cases for which catalogues are to be asked now."""
        found = cases_to_look_for(context.transaction, now=context.now, at_most=AT_ONCE)
        return [str(each) for each in found]

    def tell(self, partner: str) -> int:
        """Asks the catalogues for a case, and has its order made anew; how many have answered."""
        looking = self._write(lambda context: _claimed(int(partner), context))
        if looking is None:
            return 0
        seen = ask_all(looking.catalogues, looking.title, looking.seconds)
        self._write(lambda context: catalogues_said(context.act(), looking.case_id, seen))
        return len(seen)

    def _write(self, work: Callable[[Context], T]) -> T:
        now = self._clock()
        return self._database.write(
            lambda transaction: work(Context(transaction, self._circulation, now, [])), short=True
        ).result()


def _claimed(case_id: int, context: Context) -> _Looking | None:
    transaction, now = context.transaction, context.now
    case = case_by_id(transaction, case_id)
    if case is None or case.look_at is None:
        return None
    if not claim_look(transaction, case_id=case_id, now=now, until=now + LEASE):
        return None
    set_up = context.circulation.current_set_up(transaction)
    seconds = rules_of(set_up, case).look_seconds - (now - case.look_at).total_seconds()
    branch = set_up.branches[case.branch_id]
    asked = {each["partner"] for each in case.ranked if each["position"] is not None}
    title = title_of(
        context.transaction, case.record_id, Title(case.title, case.author, case.number)
    )
    return _Looking(case_id, title, catalogues_of(set_up, asked, branch, seconds), seconds)


def catalogues_of(
    set_up: SetUp, partners: Collection[str], branch: Branch, seconds: float
) -> dict[str, tuple[str, Catalogue]]:
    """The catalogues of those partners that have one, each with the way in which it is asked."""
    found = {}
    for key, (partner, terms) in SUPPLIERS.of(set_up).items():
        if terms.catalogue and key in partners and seconds > 0:
            way, plain = _parted(terms.catalogue)
            found[key] = way, Catalogue(plain, partner, branch, seconds)
    return dict(list(found.items())[:MOST_CATALOGUES])


def title_of(transaction: Transaction, record_id: int | None, described: Title) -> Title:
    """What is looked for: a record of ours by its title and author, else as it is described."""
    found = [] if record_id is None else fetch_records(transaction, [record_id])
    if not found:
        return described
    return Title(found[0].title, found[0].author, described.number)


def _parted(address: str) -> tuple[str, str]:
    """The protocol of an address, and the address without the word for it."""
    scheme = address.partition("://")[0]
    return CATALOGUE_SCHEMES[scheme], address.removeprefix(f"{CATALOGUE_SCHEMES[scheme]}+")


def ask_all(
    catalogues: Mapping[str, tuple[str, Catalogue]], title: Title, seconds: float
) -> dict[str, Availability]:
    """What the catalogues say that answer in time."""
    if not catalogues or seconds <= 0:
        return {}
    threads = ThreadPoolExecutor(len(catalogues), thread_name_prefix="tiro-catalogue")
    asked: dict[Future[Availability], str] = {
        threads.submit(_answer, way, catalogue, title): key
        for key, (way, catalogue) in catalogues.items()
    }
    done, _ = wait(asked, timeout=seconds)
    threads.shutdown(wait=False, cancel_futures=True)
    answers = {asked[each]: each.result() for each in done}
    return {key: said for key, said in answers.items() if said is not Availability.UNKNOWN}


def _answer(way: str, catalogue: Catalogue, title: Title) -> Availability:
    ask = _ways().get(way)
    if ask is None:
        return Availability.UNKNOWN
    try:
        return ask(catalogue, title)
    except Exception as error:  # whatever a foreign server makes of us, the loan does not wait
        log.info("the catalogue of %s says nothing: %s", catalogue.partner.agency, error)
        return Availability.UNKNOWN


def of_copies(available: Sequence[bool]) -> Availability:
    """What copies mean of which it is known whether they are in."""
    if not available:
        return Availability.HELD
    return Availability.ON_SHELF if any(available) else Availability.ON_LOAN
