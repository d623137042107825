"""The two libraries: the old one as it was left, the new one loaded from the old one's files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from sqlalchemy import select

from catalogue.changes.accession import add_record
from catalogue.database import Statement, Transaction, many, migrate, open_database
from catalogue.items import add_item
from catalogue.schema import records
from circulation.kernel.elsewhere import leave_to_another, take_over
from circulation.kernel.results import UNATTENDED, CheckedOut
from circulation.kernel.set_up import set_up_changed
from circulation.patrons.registering import NewPatron, register_patron
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_library
from tests.builders.dunning import DANISH, flow, notices_by
from tests.builders.fees import charge, fee_rule
from tests.builders.holds import ask, title
from tests.builders.pins import hashed
from tests.cut_over.processes import DEAF
from tests.servers import free_ports

#: What the old system lends by, and the new one: it never refuses what the old one grants.
OLD_RULES = {"loan_days": 28, "renewals": 2, "max_loans": 12}
NEW_RULES = {"loan_days": 30, "renewals": 3, "max_loans": 40}
BRANCHES = ("DK-900101", "DK-900102")
TERMINALS = 30
PASSWORD = "open sesame"
#: Of what is on loan so much is reserved.
_RESERVED = 0.05
KEY = "0123456789abcdef" * 4

#: `repeats_within`: minutes of the rehearsal pass while a machine is started again.
_SECTION = """
[database]
url = "{url}"
[http]
enabled = false
[sip2]
port = {port}
repeats_within = 3600
"""
_ACCOUNT = """
[[sip2.accounts]]
login = "{login}"
password = "{password}"
branch = "{branch}"
holds = "shelve"
{more}
"""


@dataclass
class World:
    """Where both stand, who uses them, and which ports are theirs. `owed` in minor units."""

    folder: Path
    old: Library
    new: Library
    cards: list[str]
    barcodes: list[str]
    ports: dict[str, int]

    @property
    def ignores_no_block(self) -> bool:
        """Does the old system go by its own rules, whatever has happened already?"""
        return (self.folder / "old" / DEAF).exists()

    @ignores_no_block.setter
    def ignores_no_block(self, is_deaf: bool) -> None:
        path = self.folder / "old" / DEAF
        if is_deaf:
            path.touch()
        else:
            path.unlink(missing_ok=True)


def terminal_name(number: int) -> str:
    return f"kiosk-{number:02}"


def branch_of(number: int) -> str:
    return BRANCHES[number % len(BRANCHES)]


def is_desk(number: int) -> bool:
    """Half of them are at desks, where cards are freed."""
    return number % 4 < 2


def found(
    folder: Path,
    now: datetime,
    random: Random,
    *,
    patrons: int,
    items: int,
    url: str,
) -> World:
    """Makes both; `url` is the new one's database. The old one looks after both branches."""
    old = _library(folder / "old", f"sqlite:///{folder / 'old' / 'tiro.sqlite'}", now, OLD_RULES)
    titles = [f"Bind {number}" for number in range(items)]
    _catalogue(old, titles)
    cards = [f"P{number:05}" for number in range(patrons)]
    old.write(lambda transaction: _patrons(old, transaction, cards))
    barcodes = [f"I{number:05}" for number in range(items)]
    old.write(lambda transaction: _items(old, transaction, barcodes))
    for barcode in random.sample(barcodes, items // 5):
        old.now = now - timedelta(days=random.randint(1, 26), hours=random.randint(0, 8))
        card, other = random.sample(cards, 2)
        lent = old.check_out(card, barcode)  # refused where somebody has enough
        if isinstance(lent, CheckedOut) and random.random() < _RESERVED:
            old.now += timedelta(hours=1)
            ask(old, other, title(old, barcode), at=random.choice((old.main, old.other)))
    for card in random.sample(cards, patrons // 3):
        charge(old, card, random.randint(4, 400) * 50)
    old.now = now
    new = _library(folder / "new", url, now, NEW_RULES)
    _catalogue(new, titles)
    move(BRANCHES, away_from=new)
    names = ("old", "new", "proxy", "before old", "before new")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    world = World(folder, old, new, cards, barcodes, ports)
    _configure(world, url)
    _configure_proxy(world)
    return world


def move(branches: Iterable[str], *, away_from: Library, to: Library | None = None) -> None:
    """From now on another looks after these branches: tells, bills and renews. It is the second at
    which both say so that counts."""
    for library, verb in ((away_from, leave_to_another), (to, take_over)):
        if library is not None:
            library.write(partial(_moved, library, tuple(branches), verb))


def _moved(
    library: Library, isils: tuple[str, ...], verb: Callable[..., bool], transaction: Transaction
) -> None:
    set_up = library.circulation.current_set_up(transaction)
    for branch in set_up.branches.values():
        if branch.isil in isils:
            verb(transaction, branch.id, now=library.now)
    set_up_changed(transaction)


def _library(folder: Path, url: str, now: datetime, rules: dict[str, int]) -> Library:
    folder.mkdir()
    migrate(url)
    library = a_library(open_database(url), **rules)
    library.now = now
    fee_rule(library, currency="DKK", partial_payment=True)
    notices_by(library)
    flow(library, *DANISH[:3])
    return library


def _catalogue(library: Library, titles: Iterable[str]) -> None:
    def work(transaction: Transaction) -> None:
        for number, name in enumerate(titles):
            record = a_record(name, control_number=f"c{number}")
            add_record(transaction, record, now=library.now)

    library.write(work)


@many(tuple[int])
def _records() -> Statement:
    return select(records.c.id).order_by(records.c.id)


def _patrons(library: Library, transaction: Transaction, cards: list[str]) -> None:
    act = library.act(transaction, UNATTENDED)
    for card in cards:
        told = NewPatron(
            card=card,
            home_branch=library.main.id,
            category="adult",
            given_name="Ida",
            family_name="Ørsted",
            email=email_of(card),
            pin_hash=hashed("1234"),
        )
        register_patron(act, told)


def email_of(card: str) -> str:
    return f"{card.lower()}@example.org"


def _items(library: Library, transaction: Transaction, barcodes: list[str]) -> None:
    homes = (library.main.id, library.other.id)
    for number, (record,) in enumerate(_records(transaction)):
        add_item(
            transaction,
            barcode=barcodes[number],
            record_id=record,
            branch_id=homes[number % 2],
            now=library.now,
        )


def _configure(world: World, url: str) -> None:
    """Both have an account for each terminal; the new one those for the proxy besides."""
    password = hashed(PASSWORD)

    def account(login: str, branch: str, more: str = "") -> str:
        return _ACCOUNT.format(login=login, password=password, branch=branch, more=more)

    def of_proxy(login: str, more: str) -> str:
        return account(login, BRANCHES[0], f'kind = "desk"\nany_branch_of_agency = true\n{more}')

    machines = [
        account(terminal_name(each), branch_of(each), 'kind = "desk"' if is_desk(each) else "")
        for each in range(TERMINALS)
    ]
    own = {
        "old": [of_proxy("proxy", 'require_patron_pin = "nobody"')],
        "new": [
            of_proxy("proxy", 'follows = "replay"'),
            of_proxy("follows", 'follows = "shadow"\nlearns_pins = true'),
            of_proxy("judges", "judges = true"),
        ],
    }
    urls = {"old": f"sqlite:///{world.folder / 'old' / 'tiro.sqlite'}", "new": url}
    for name, accounts in own.items():
        section = _SECTION.format(url=urls[name], port=world.ports[name])
        text = section + "".join([*machines, *accounts])
        (world.folder / name / "tiro.toml").write_text(text)


def _configure_proxy(world: World) -> None:
    (world.folder / "proxy").mkdir()
    login = f'password = "{PASSWORD}"'
    terminals = "".join(
        f'[[terminals]]\nlogin = "{terminal_name(each)}"\nbranch = "{branch_of(each)}"\n'
        for each in range(TERMINALS)
    )
    account = f'account = {{ login = "proxy", {login} }}'
    (world.folder / "proxy" / "proxy.toml").write_text(
        f"""journal = "journal"
key = "{KEY}"
[logging]
level = "error"
[listen]
port = {world.ports["proxy"]}
[old]
{_towards(world.ports["before old"])}
{account}
[new]
{_towards(world.ports["before new"])}
{account}
follow = {{ login = "follows", {login} }}
judge = {{ login = "judges", {login} }}
{terminals}"""
    )


def _towards(port: int) -> str:
    return f"""host = "127.0.0.1"
port = {port}
connect_timeout = 0.5
answer_timeout = 10.0
retry_from = 0.05
retry_to = 0.5"""
