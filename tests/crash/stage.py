"""The library that the campaign works on, and the server that is killed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import tests.servers as servers
from catalogue.changes.accession import add_record
from catalogue.database import Transaction, open_database
from catalogue.items import add_item
from circulation.patrons.pins import hash_pin
from protocols.demo.configuration import demo_configuration
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.fees import charge
from tests.crash.nursery import Nursery, end, kill

#: Of each kind of caller so many, each with patrons and items of its own.
CALLERS = 3
ITEMS = 8
#: Items that two callers want at once.
CONTESTED = ("X0001", "X0002")
DEBT = 10_000_000

_ACCOUNTS = """
[[z3950.accounts]]
user = "cataloguer"
password = "{password}"
may_update = true
branch = "DK-900101"
"""


def card(kind: str, number: int) -> str:
    return f"{kind}P{number:03}"


def barcode(kind: str, number: int, item: int) -> str:
    return f"{kind}I{number:03}{item:03}"


def an_indexed_item(library: Library, code: str, title: str) -> None:
    """An item of a record of its own, which is in the index."""

    def work(transaction: Transaction) -> None:
        record = add_record(transaction, a_record(title), now=library.now)
        add_item(
            transaction,
            barcode=code,
            record_id=record,
            branch_id=library.main.id,
            now=library.now,
        )

    library.write(work)


def furnish(url: str) -> None:
    """Patrons with debts, and items, for every caller."""
    database = open_database(url)
    try:
        library = a_library(database, renewals=30_000, renewal_from="due", max_loans=1_000)
        for kind in ("S", "N", "H"):
            for number in range(CALLERS):
                for who in ("", "Q"):  # who borrows and who waits
                    a_patron(library, card(who + kind, number))
                for item in range(ITEMS):
                    an_indexed_item(
                        library, barcode(kind, number, item), f"Book {kind} {number} {item}"
                    )
        for number in range(CALLERS):
            for payer in ("D", "E"):  # who pays and does nothing else
                a_patron(library, card(payer, number))
                charge(library, card(payer, number), DEBT)
        for who in ("C1", "C2"):
            a_patron(library, who)
        for item in CONTESTED:
            an_indexed_item(library, item, f"Book {item}")
    finally:
        database.close()


class Started(NamedTuple):
    """Seconds from the start of the process to its line "Tiro is ready", and those of them in which
    it waited for a core that others had."""

    took: float
    waited: float

    @property
    def own(self) -> float:
        return self.took - self.waited


@dataclass
class Stage:
    """A folder, a database, ports, and the server on them while it runs."""

    folder: Path
    url: str
    ports: tuple[int, int, int, int]
    operations: int
    server: servers.RunningServer | None = None
    nursery: Nursery | None = None
    born: int | None = None  # the process, where it came from the nursery

    @classmethod
    def prepared(
        cls,
        folder: Path,
        url: str,
        patience: float = 15.0,
        replica: str | None = None,
        direct: str | None = None,
        *,
        is_furnished: bool = False,
    ) -> Stage:
        """`patience`, `replica` and `direct` are the server's ([database]). `is_furnished`: the
        library is that of another stage."""
        sip2, z3950, http, ncip, operations = servers.free_ports(5)
        text = (
            demo_configuration(sip2=sip2, z3950=z3950, http=http, ncip=ncip, operations=operations)
            .replace(servers.ANYBODY, servers.SERVED)
            .replace(
                '"sqlite:///tiro.sqlite"',
                f'"{url}"\npatience = {patience}\n'
                + (f'replica = "{replica}"\n' if replica else "")
                + (f'direct = "{direct}"\n' if direct else ""),
            )
        )
        text += _ACCOUNTS.format(password=hash_pin("password"))
        (folder / "tiro.toml").write_text(text)
        if not is_furnished:
            furnish(url)
        return cls(folder, url, (sip2, z3950, http, ncip), operations)

    @property
    def sip2(self) -> int:
        return self.ports[0]

    @property
    def z3950(self) -> int:
        return self.ports[1]

    @property
    def http(self) -> int:
        return self.ports[2]

    @property
    def ncip(self) -> int:
        return self.ports[3]

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def start(self) -> Started:
        """Starts the server, and waits until it is ready."""
        begun = time.monotonic()
        self.server = servers.launch(self.folder, self._arguments, self.ports, 60.0)
        took = time.monotonic() - begun
        # proc(5): nanoseconds on a core, and ready for one but waiting for others.
        stat = Path(f"/proc/{self.server.process.pid}/schedstat").read_text().split()
        return Started(took, int(stat[1]) / 1e9)

    @property
    def _arguments(self) -> list[str]:
        return ["--config", str(self.folder / "tiro.toml"), "serve"]

    def start_quickly(self) -> None:
        """As `start`, without the time that reading libraries takes."""
        self.nursery = self.nursery or Nursery()
        self.born = self.nursery.bear(self.folder, self._arguments)

    def kill(self) -> None:
        """As a power cut would."""
        if self.born is not None:
            kill(self.born)
            self.born = None
            return
        assert self.server is not None
        self.server.kill()

    def stop(self) -> int:
        """Ends the server as an administrator would; gives its status, as far as it is known."""
        if self.born is not None:
            end(self.born)
            self.born = None
        if self.nursery is not None:
            self.nursery.close()
        if self.server is not None and self.server.process.returncode is not None:
            return 0  # killed, and born again since
        assert self.server is not None
        return self.server.stop()
