"""Mutations of the sample messages of ISO 18626, through exchange, handlers and engine.

``python -m tests.fuzz.iso18626 [--count N] [--seed N]`` has a library read N of
them, and says what came of it. Whatever the bytes, each is answered at once with a confirmation
that is valid in the version in which it is written, with no status of HTTP from 500 on and no error
in the log; and what partners are told because of them is valid as well. Half of them are of loans
that the library knows, so that they reach the engine. TIRO_SHARED names the folder of real
samples; without it they are those of `tests.corpora`.
"""

from __future__ import annotations

import argparse
import logging
import queue
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

from lxml import etree

from catalogue.database import Database, migrate, open_database
from circulation.interlending.asking import Wish, ask
from circulation.interlending.rows import InterlibraryLoan
from protocols.hosting.answering import Services
from protocols.hosting.arrivals import Arrival
from protocols.iso18626.client import Answer
from protocols.iso18626.codec import confirmation_of, decode, encode_confirmation
from protocols.iso18626.codes import NAMESPACE, Version
from protocols.iso18626.exchange import Exchange
from protocols.iso18626.telling import Teller
from tests.builders.circulation import a_library, a_patron
from tests.corpora import real_or_own
from tests.fuzz.xml_mutations import mutated_xml
from tests.protocols.iso18626.schemas import Schemas, samples
from tests.protocols.iso18626.stage import ADDRESS, HOST, ODENSE, a_partner, a_title

#: A library anew after so many messages: what they leave behind is not what is looked at.
LIBRARY = 20_000
#: What partners are told is sent after so many.
TELL_EVERY = 500
#: Loans of each role that messages may be of.
LOANS = 12
_FROM = Arrival(host=HOST)


class Errors(logging.Handler):
    """What the log is told of that is an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def version_of(document: bytes) -> Version:
    """The version in which one of our documents says that it is written."""
    return Version(etree.fromstring(document).get(f"{{{NAMESPACE}}}version"))


class Fed:
    """A library whose only partner, a broker, may write in the name of all agencies."""

    def __init__(
        self, database: Database, schemas: Schemas, version: Version, suppliers: Sequence[str]
    ) -> None:
        self.library = a_library(database)
        self.schemas = schemas
        self._ready: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self.services = Services(
            database,
            self.library.circulation,
            clock=lambda: self.library.now,
            call_from_thread=self._ready.put,
            call_later=lambda delay, function: None,
        )
        self.exchange = Exchange(self.services)
        self.teller = Teller(
            database,
            self.library.circulation,
            self.exchange.partners,
            lambda: self.library.now,
            lambda exchanged: None,
            self._post,
        )
        self.told = 0
        a_partner(
            self.library,
            agencies=["*"],
            our_symbols=list(suppliers),
            copies=True,
            takes_requests=True,
            version=version.value,
            address=ADDRESS,
        )
        card = a_patron(self.library)
        for number in range(LOANS):
            a_title(self.library, f"Bog nummer{number}")
        self.asked = [self._asked(card, number) for number in range(LOANS)]

    def _asked(self, card: str, number: int) -> str:
        """The id of what we have asked the partner for."""
        library = self.library

        def work(transaction: object) -> str:
            act = library.act(transaction)  # type: ignore[arg-type]
            found = ask(act, patron=card, wish=Wish(title=f"Fjern bog nummer{number}"))
            assert isinstance(found, InterlibraryLoan), found
            return found.request_id

        return library.write(work)

    def answer(self, document: bytes) -> tuple[int, bytes]:
        """Status and document of the answer."""
        answers: list[tuple[int, bytes]] = []
        self.exchange.answer(document, lambda status, said: answers.append((status, said)), _FROM)
        while not answers:
            self._ready.get(timeout=30)()
        return answers[0]

    def tell(self) -> None:
        """Sends what is due."""
        self.library.pass_time(minutes=1)
        self.teller.tell(ODENSE.casefold())

    def _post(self, address: str, document: bytes, headers: Mapping[str, str]) -> Answer:
        self.schemas.check(document, version_of(document))
        self.told += 1
        message = decode(document).message
        kind = type(message).__name__
        said = confirmation_of(
            kind[:1].lower() + kind[1:],
            message.header,
            timestamp=self.library.now,
            timestamp_received=self.library.now,
        )
        return Answer(200, encode_confirmation(said, Version.V1_2))

    def close(self) -> None:
        self.services.close()
        self.library.database.close()


def aimed(document: bytes, asked: list[str], chance: Random) -> bytes:
    """The sample with another id: of what we have asked for, if a supplier writes it, and one of a
    few that all requesters use, if a requester does. One that cannot be read stays as it is."""
    try:
        root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return document
    is_supplier = root.find(".//{*}supplyingAgencyMessage") is not None
    for element in root.iter("{*}requestingAgencyRequestId"):
        element.text = chance.choice(asked) if is_supplier else f"REQ-{chance.randrange(LOANS)}"
    for element in root.iter("{*}title"):
        element.text = f"Bog nummer{chance.randrange(LOANS)}"
    for name in ("requestingAgencyId", "supplyingAgencyId"):
        for element in root.iter(f"{{*}}{name}"):
            for value in element.iter("{*}agencyIdValue"):
                value.text = ODENSE
    return etree.tostring(root, encoding="utf-8")


def suppliers_in(sample: bytes) -> list[str]:
    """Return the symbols to which a sample is sent, and that of `aimed`."""
    root = etree.fromstring(sample)
    found = root.iterfind(".//{*}supplyingAgencyId/{*}agencyIdValue")
    return [ODENSE, *(each.text.strip() for each in found if each.text and each.text.strip())]


class Fuzzer:
    """Feeds libraries, one after the other, and counts what is answered."""

    def __init__(self, found: Mapping[str, bytes], schemas: Schemas, seed: int) -> None:
        self.chance = Random(seed)
        self.samples = list(found.values())
        self.suppliers = sorted({each for sample in self.samples for each in suppliers_in(sample)})
        self.schemas = schemas
        self.answers: Counter[str] = Counter()
        self.told = 0
        self.slowest = 0.0
        self.errors = Errors()

    def feed(self, database: Database, version: Version, count: int) -> None:
        """So many mutations to a library of its own in the database. Raises AssertionError."""
        fed = Fed(database, self.schemas, version, self.suppliers)
        logging.getLogger().addHandler(self.errors)
        try:
            seeds = [*self.samples, *(aimed(each, fed.asked, self.chance) for each in self.samples)]
            for number in range(count):
                # First each as it is.
                if number < len(seeds):
                    document = seeds[number]
                else:
                    document = mutated_xml(self.chance.choice(seeds), self.chance, seeds)
                self._feed_one(fed, document)
                if number % TELL_EVERY == TELL_EVERY - 1:
                    fed.tell()
            fed.tell()
            self.told += fed.told
        finally:
            logging.getLogger().removeHandler(self.errors)
            fed.close()

    def _feed_one(self, fed: Fed, document: bytes) -> None:
        begun = time.perf_counter()
        status, said = fed.answer(document)
        self.slowest = max(self.slowest, time.perf_counter() - begun)
        assert status < 500, (status, document)
        assert not self.errors.lines, (self.errors.lines[0], document)
        try:
            body = self.schemas.check(said, version_of(said))
        except AssertionError as wrong:
            raise AssertionError(f"{wrong} answers {document!r}") from None
        found = body.findtext(".//{*}errorType") or body.findtext(".//{*}messageStatus")
        self.answers[f"{status} {found}"] += 1

    def text(self) -> str:
        counts = ", ".join(f"{name}: {number:,}" for name, number in self.answers.most_common())
        total = self.answers.total()
        return (
            f"{total:,} messages, all confirmed validly; {counts}\n"
            f"{self.told:,} messages sent, all valid; slowest answer {self.slowest * 1000:.0f} ms"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="tiro-fuzz-") as folder:
        shared = real_or_own(Path(folder) / "samples")
        fuzzer = Fuzzer(samples(shared), Schemas(shared), asked.seed)
        template = Path(folder) / "template.sqlite"
        migrate(f"sqlite:///{template}")
        for number, fed in enumerate(range(0, asked.count, LIBRARY)):
            path = Path(folder) / f"{number}.sqlite"
            shutil.copy(template, path)
            version = list(Version)[number % 2]
            database = open_database(f"sqlite:///{path}")
            fuzzer.feed(database, version, min(LIBRARY, asked.count - fed))
            for each in path.parent.glob(f"{path.name}*"):
                each.unlink()
            took = time.perf_counter() - begun
            print(f"{fuzzer.answers.total():9,} messages, {took:6,.0f} s", file=sys.stderr)
    print(f"seed {asked.seed}; {fuzzer.answers.total() / took:,.0f} a second\n{fuzzer.text()}")


if __name__ == "__main__":
    main()
