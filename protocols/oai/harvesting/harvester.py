"""Harvesting: a source is asked page by page, and each page taken before the next is asked for.

Whatever breaks goes on where it was: the place in the list is written with the page. Of several
processes the one that holds the lease of a source harvests it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar

from catalogue.database import Database, Transaction
from catalogue.loading.pages import Part, batch_of, prepared_part
from circulation.harvesting.progress import (
    begin_again,
    counted,
    is_due,
    list_begun,
    list_over,
    page_taken,
    register_sources,
    source_failed,
)
from circulation.harvesting.rows import Source, all_sources, find_source
from circulation.harvesting.taking import COUNTED, Policy, Taking, Told
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.leases import Lease, LeaseTaken
from circulation.kernel.organisation import all_agencies
from circulation.kernel.results import UNATTENDED
from protocols.hosting.answering import Context
from protocols.hosting.process_names import this_process
from protocols.oai.harvesting.answers import Page, Refusal
from protocols.oai.harvesting.provider import Provider, Unavailable
from protocols.oai.harvesting.settings import SourceSettings

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Records that are taken in one transaction: others wait to write meanwhile.
AT_ONCE: Final = 50
#: Codes of the standard: a list that is empty, or has come to its end; a token that is none.
_NOTHING: Final = "noRecordsMatch"
_NO_TOKEN: Final = "badResumptionToken"  # noqa: S105
#: More than any list withdraws.
_ALL: Final = 2**31
#: What is counted, in words.
WORDS: Final = {
    "told": "told",
    "added": "new",
    "replaced": "changed",
    "unchanged": "the same",
    "left": "left as they are",
    "refused": "refused",
    "withdrawn": "withdrawn",
    "needed": "withdrawn there and needed here",
    "kept": "withdrawn there and kept here",
}
#: A device's name is what stands in events.
DEVICE: Final = "oai"


class NotHere(Exception):
    """The library has no agency of that name, to which the records are to belong."""


class Harvester:
    """The sources of a configuration (`protocols.hosting.outbox.Teller`). It blocks.

    `taken` is told of each page, with the counts of the list so far.
    """

    def __init__(
        self,
        database: Database,
        circulation: Circulation,
        sources: Mapping[str, SourceSettings],
        clock: Callable[[], datetime],
        taken: Callable[[str, Mapping[str, int]], object] = lambda name, counts: None,
    ) -> None:
        self._database = database
        self._circulation = circulation
        self._sources = sources
        self._clock = clock
        self._taken = taken
        self.is_stopping = False

    def register(self) -> None:
        """Has the sources of the configuration harvested from now on."""
        asked = {name: each.asked for name, each in self._sources.items()}
        self._write(lambda act: register_sources(act.transaction, asked, act.now))

    def due(self, context: Context) -> list[str]:
        """The sources that are to be asked now."""
        zone = context.circulation.current_set_up(context.transaction).timezone
        return [
            each.name
            for each in all_sources(context.transaction)
            if each.name in self._sources
            and is_due(each, context.now, self._sources[each.name].hour, zone)
        ]

    def tell(self, name: str) -> int:
        """Harvests a source to the end of its list, or until it has to be asked later; gives the
        number of pages."""
        # Where a page takes longer than that to come, another process may have taken over.
        lease = Lease(f"oai {name}", this_process())
        try:
            pages = self._harvest(name, lease)
        except LeaseTaken:
            return 0
        self._database.write(lease.give_back, short=True).result()
        return pages

    def _harvest(self, name: str, lease: Lease) -> int:
        settings = self._sources[name]
        self._write(lambda act: lease.hold(act.transaction, act.now))
        source = self._write(lambda act: list_begun(act, name))
        pages, seen = 0, set[int]()
        with Provider(settings, self._clock) as provider:
            while source is not None and source.list_begun is not None and not self.is_stopping:
                try:
                    policy = self._policy(settings)
                    if hash(source.token) in seen:
                        raise Unavailable("its list comes round to where it was")
                    page = self._asked(provider, source)
                    if source.token:
                        seen.add(hash(source.token))
                    self._take(name, policy, page, lease)
                    pages += 1
                except (Unavailable, NotHere) as error:
                    self._failed(name, str(error), getattr(error, "wait", None))
                    return pages
                except Refusal as error:
                    if error.code == _NO_TOKEN and source.token:
                        seen.clear()
                        if not self._write(lambda act: begin_again(act, name)):
                            self._failed(name, str(error), None)
                            return pages
                    else:
                        self._failed(name, str(error), None)
                        return pages
                source = self._read(lambda act: find_source(act.transaction, name=name))
        return pages

    def _failed(self, name: str, problem: str, wait: float | None) -> None:
        log.warning("%s cannot be harvested: %s", name, problem)
        self._write(lambda act: source_failed(act, name, problem, wait))

    def _asked(self, provider: Provider, source: Source) -> Page:
        """The next page; one without anything where there is no such record. Raises Unavailable,
        and Refusal."""
        try:
            if source.token:
                return provider.next_page(source.token)
            identified = provider.identify()
            return provider.first_page(source.since, has_seconds=identified.has_seconds)
        except Refusal as error:
            if error.code == _NOTHING:  # of a list that goes on: nothing is left of it
                return Page(None, (), "")
            raise

    def _policy(self, settings: SourceSettings) -> Policy:
        if not settings.agency:
            return settings.policy(None)
        agencies = self._read(lambda act: all_agencies(act.transaction))
        for agency in agencies:
            if agency.isil == settings.agency:
                return settings.policy(agency.id)
        raise NotHere(f"there is no agency {settings.agency}")

    # A page

    def _take(self, name: str, policy: Policy, page: Page, lease: Lease) -> None:
        for start in range(0, len(page.told), AT_ONCE):
            told = page.told[start : start + AT_ONCE]
            part = self._prepared(told, policy)

            def work(act: Act, told: Sequence[Told] = told, part: Part = part) -> None:
                lease.hold(act.transaction, act.now)
                taking = _taking(act, name, policy)
                taking.take(told, part)
                counted(act, name, taking.counts)

            self._write(work)
        if page.token:
            self._write(lambda act: page_taken(act, name, page.token, page.date))
        else:
            self._again(name, policy, lease, with_kept=False)
            self._write(lambda act: list_over(act, name, page.date))
        source = self._read(lambda act: find_source(act.transaction, name=name))
        if source is not None:
            self._taken(name, source.counts)
            if source.list_begun is None:
                log.info("%s is harvested: %s", name, in_words(source.counts))

    def _prepared(self, told: Sequence[Told], policy: Policy) -> Part:
        records = [record for each in told for record in each.records]
        return prepared_part(
            self._write(lambda act: batch_of(act.transaction, records, policy.record_format))
        )

    # What is withdrawn, and still here

    def withdraw(self, name: str) -> Mapping[str, int]:
        """Deletes what the source has withdrawn and nothing here needs, however much it is. Raises
        LeaseTaken while the source is harvested, and NotHere."""
        lease = Lease(f"oai {name}", this_process())
        policy = self._policy(self._sources[name])._replace(most_withdrawn=_ALL)
        counts = self._again(name, policy, lease, with_kept=True)
        self._database.write(lease.give_back, short=True).result()
        return counts

    def _again(self, name: str, policy: Policy, lease: Lease, *, with_kept: bool) -> Counter[str]:
        """Tries again what was withdrawn: it may be needed no more."""
        counts = Counter[str]()
        after: str | None = ""
        while after is not None and not self.is_stopping:

            def work(
                act: Act, after: str = after, counts: Counter[str] = counts
            ) -> tuple[str | None, Counter[str]]:
                lease.hold(act.transaction, act.now)
                taking = _taking(act, name, policy)
                if with_kept:
                    taking.counts = Counter(counts)
                goes_on = taking.try_again(after, AT_ONCE, with_kept=with_kept)
                if not with_kept:
                    counted(act, name, taking.counts)
                return goes_on, taking.counts

            after, counts = self._write(work)
        return counts

    # Transactions

    def _act(self, transaction: Transaction) -> Act:
        desk = UNATTENDED._replace(device=DEVICE)
        return Act(transaction, self._circulation, desk, self._clock())

    def _write(self, work: Callable[[Act], T]) -> T:
        return self._database.write(lambda transaction: work(self._act(transaction))).result()

    def _read(self, work: Callable[[Act], T]) -> T:
        return self._database.read(
            lambda transaction: work(self._act(transaction)), wide=True
        ).result()


def _taking(act: Act, name: str, policy: Policy) -> Taking:
    """The taking of a list that is under way, with what it has counted."""
    source = find_source(act.transaction, name=name)
    return Taking(act, name, policy, Counter({} if source is None else source.counts))


def in_words(counts: Mapping[str, int]) -> str:
    """What has become of the records of a list, for people who read a log."""
    return ", ".join(
        f"{counts.get(each, 0):,} {WORDS[each]}"
        for each in COUNTED
        if counts.get(each) or each == "told"
    )
