"""A real process with NCIP and Z39.50, a partner of each preset, and a conversation written down.

``python -m tests.protocols.ncip.life_cycle_stage FOLDER`` writes the transcripts anew.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lxml import etree

from catalogue.database import Transaction, migrate, open_database
from catalogue.items import add_item
from protocols.ncip.asking.checking import Tried, try_request
from protocols.ncip.asking.client import NcipClient
from protocols.ncip.asking.life_cycles import LIFE_CYCLES, Sandbox, Step
from protocols.ncip.models.circulation import RenewItem
from protocols.ncip.partners.presets import PRESETS
from tests.builders.catalogue import a_record, add_records
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.pins import hashed
from tests.protocols.ncip.serving import running
from tests.servers import LOOPBACK_ALLOWED

SECRET = "sandbox"
AHEAD = "days-ahead"
#: So many days after it was lent something is renewed: at once it would gain nothing.
DAYS_TO_RENEWAL = 10
#: What stands for an institution that the preset knows by its pattern.
INSTITUTIONS = {
    "relais": "RELAIS-01",
    "reshare": "INST-SANDBOX",
    "vdx": "VDX-01",
    "alma": "ALMA-01",
    "shareit": "SHAREIT-01",
    "illiad": "ILLIAD-01",
    "oclc": "OCLC-01",
}
_ISBN = "9788700{:06}"
_NORMAL = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?"), "DATE"),
    (re.compile(r"\b\d{17,20}\b"), "ID"),
)


def normal(text: str) -> str:
    """A text without what is another every time: moments, and ids of ours."""
    for pattern, word in _NORMAL:
        text = pattern.sub(word, text)
    return text


@dataclass
class Processed:
    """Where the process listens, and what is in its library."""

    ncip: str
    z3950: int
    library: Library
    ahead: Path  # a file with the days that its clock is ahead of ours

    @property
    def now(self) -> datetime:
        """The time there, in whole seconds."""
        return clock_of(self.ahead)().replace(microsecond=0)

    def pass_time(self, days: int) -> None:
        """So many days go by there at once."""
        passed = int(self.ahead.read_text()) + days
        later = self.ahead.with_suffix(".new")
        later.write_text(str(passed))
        later.replace(self.ahead)


def clock_of(ahead: Path) -> Callable[[], datetime]:
    """A clock that is ahead by the days in a file."""
    return lambda: datetime.now(UTC) + timedelta(days=int(ahead.read_text()))


@contextmanager
def a_process(folder: Path, address: str = "") -> Iterator[Processed]:
    """The process; its partners are told what happens at `address`."""
    url = f"sqlite:///{folder / 'tiro.sqlite'}"
    migrate(url)
    database = open_database(url)
    library = a_library(database)
    library.now = datetime.now(UTC).replace(microsecond=0)
    a_patron(library, "P0000001", pin_hash=hashed("1234"))
    for number, preset in enumerate(PRESETS):
        _stock(library, number, preset)
        if preset in ("dcb", "nncipp"):
            a_patron(library, f"GUEST-{preset}")
    secret = hashed(SECRET)
    partners = "".join(
        f'[[ncip.partners]]\nname = "{preset.upper()}"\npreset = "{preset}"\n'
        f'shared_secret = "{secret}"\nserves = ["DK-900100"]\n'
        + (f'address = "{address}"\n' if address else "")
        for preset in PRESETS
    )
    (folder / AHEAD).write_text("0")
    path = folder / "tiro.toml"
    path.write_text(
        f'[database]\nurl = "{url}"\n[http]\nport = 0\n[z3950]\nport = 0\n'
        f'[ncip]\nbranch = "DK-900101"\ntell_seconds = 0.1\n{partners}'
        f"{LOOPBACK_ALLOWED}",
        encoding="utf-8",
    )
    with running("tests.protocols.ncip.life_cycle_stage", path, folder / "server.log") as (line, _):
        http, z3950 = map(int, line.split())
        yield Processed(f"http://127.0.0.1:{http}/ncip", z3950, library, folder / AHEAD)
    database.close()


def _stock(library: Library, number: int, preset: str) -> None:
    made = a_record(
        title=f"Sandbox of {preset}",
        author="Krohn, Johan",
        isbn=_ISBN.format(number),
        control_number=f"box-{preset}",
    )

    def work(transaction: Transaction) -> None:
        (record,) = add_records(transaction, [made])
        add_item(
            transaction,
            barcode=f"BOX-{preset}",
            record_id=record,
            branch_id=library.main.id,
            now=library.now,
            call_number="86-04",
        )

    library.write(work)


@dataclass
class Conversation:
    """A whole life cycle, as it is written down."""

    preset: str
    lines: list[str] = field(default_factory=list)
    tried: list[Tried] = field(default_factory=list)

    def look_up(self, process: Processed, program: str) -> None:
        """The three look-ups by which brokers find copies: local number, ISBN, title."""
        number = list(PRESETS).index(self.preset)
        for use, term in (
            (12, f"box-{self.preset}"),
            (7, _ISBN.format(number)),
            (4, f'"Sandbox of {self.preset}"'),
        ):
            find = f"find @attr 1={use} {term}"
            printed = subprocess.run(
                [program, f"127.0.0.1:{process.z3950}/catalogue"],
                input=f"format opac\n{find}\nshow 1\nquit\n",
                capture_output=True,
                text=True,
                timeout=30,
                check=True,
            ).stdout
            self.lines.append(f"$ {find}")
            for wanted in ("Number of hits", "callNumber", "itemId", "availableNow", "onHold"):
                for said in re.findall(rf"^\s*({wanted}.*?)\s*$", printed, re.MULTILINE):
                    self.lines.append(f"= {said}")
        self.lines.append("")

    def play(
        self, process: Processed, client: NcipClient, box: Sandbox, steps: Sequence[Step], side: str
    ) -> None:
        self.lines.append(f"# {side}")
        for step in steps:
            request = step(box)
            if isinstance(request, RenewItem):
                process.pass_time(DAYS_TO_RENEWAL)
                self.lines += [f"# {DAYS_TO_RENEWAL} days later.", ""]
            tried = try_request(client, request)
            self.tried.append(tried)
            self.lines += [f"> {line}" for line in _pretty(tried.request)]
            self.lines += [f"< {line}" for line in _pretty(tried.answer)]
            self.lines.append("")

    def text(self) -> str:
        return normal("\n".join(self.lines))


def _pretty(document: bytes) -> list[str]:
    tree = etree.fromstring(document)
    etree.indent(tree)
    return etree.tostring(tree, encoding="unicode").splitlines()


def converse(process: Processed, preset: str, program: str) -> Conversation:
    """The life cycle of a preset, as lender and as borrower, and the look-up before."""
    settings: dict[str, Any] = PRESETS[preset]
    conversation = Conversation(preset)
    conversation.lines.append(
        f"# A partner of four lines: {preset.upper()}, {preset}, a secret, whom it serves."
    )
    conversation.look_up(process, program)
    cycle = LIFE_CYCLES[preset]
    now = process.now
    lender = INSTITUTIONS.get(preset, "P0000001" if preset != "dcb" else "GUEST-dcb")
    if preset == "nncipp":
        lender = "GUEST-nncipp"
    box = Sandbox(
        agency="DK-900100",
        user=lender,
        barcode=f"BOX-{preset}",
        request_id=f"REQ-{preset}-1",
        now=now,
        due=now + timedelta(days=40),
        number="" if preset == "shareit" else f"box-{preset}",
        pickup=cycle.lender_place,
        pin="1234",
    )
    borrowing = Sandbox(
        agency="DK-900100",
        user="P0000001",
        barcode=f"TEMP-{preset}",
        request_id=f"REQ-{preset}-2",
        now=now,
        due=now + timedelta(days=40),
        pickup=cycle.borrower_place,
        title=f"What {preset} brings",
        author="Dickens, Charles",
    )
    with NcipClient(
        process.ncip,
        version=settings.get("version", "2.02"),
        agency=preset.upper(),
        to_agency="DK-900100",
        agency_scheme=settings.get("agency_scheme", ""),
        secret=SECRET,
    ) as client:
        conversation.play(process, client, box, cycle.lender, "As the lender.")
        if cycle.borrower:
            conversation.play(process, client, borrowing, cycle.borrower, "As the borrower.")
    return conversation


def serve(path: Path) -> None:
    from protocols.hosting.logs import configure_logging
    from protocols.ncip.listener import standard as ncip
    from protocols.process.configuration import load_configuration
    from protocols.process.server import run
    from protocols.z3950.listener import standard as z3950

    standards: dict[str, Any] = {"ncip": ncip, "z3950": z3950}
    configuration = load_configuration(path, standards)
    configure_logging(configuration.logging.level)
    run(
        configuration,
        standards,
        lambda bound: print(bound.http, bound.ports["z3950"][0], flush=True),
        clock=clock_of(path.parent / AHEAD),
    )


def main(path: Path) -> None:
    if path.suffix == ".toml":
        serve(path)
        return
    with tempfile.TemporaryDirectory() as folder, a_process(Path(folder)) as process:
        for preset in PRESETS:
            text = converse(process, preset, "yaz-client").text()
            (path / f"{preset}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
