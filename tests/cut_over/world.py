"""The two libraries: the old one as it was left, the new one loaded from the old one's files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import md5
from pathlib import Path
from random import Random
from shutil import copytree

from sqlalchemy import select

from catalogue.changes.accession import add_record
from catalogue.database import Database, Statement, Transaction, many, migrate, open_database
from catalogue.items import add_item
from catalogue.schema import branches, items, records
from circulation.kernel.elsewhere import leave_to_another, take_over
from circulation.kernel.results import UNATTENDED
from circulation.kernel.set_up import set_up_changed
from circulation.ledger.schema import charges
from circulation.loans.schema import loans
from circulation.patrons.registering import NewPatron, register_patron
from circulation.patrons.schema import patron_blocks, patron_identifiers
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_library
from tests.builders.dunning import DANISH, flow, notices_by
from tests.builders.fees import charge, fee_rule
from tests.builders.pins import hashed
from tests.servers import free_ports, run_tiro

#: What the old system lends by, and the new one: it never refuses what the old one grants.
OLD_RULES = {"loan_days": 28, "renewals": 2, "max_loans": 12}
NEW_RULES = {"loan_days": 30, "renewals": 3, "max_loans": 40}
BRANCHES = ("DK-900101", "DK-900102")
TERMINALS = 30
PASSWORD = "open sesame"
KEY = "0123456789abcdef" * 4

#: The PIN of all, as the old system keeps it.
_PIN = md5(b"1234", usedforsecurity=False).hexdigest()

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
_PLAN = """
source = "old"
[patrons]
files = "patrons.csv"
key = "card"
[patrons.fields]
card = "card"
home_branch = "branch"
category = { constant = "adult" }
given_name = "given"
family_name = "family"
email = "email"
pin = "pin"
pin_scheme = { constant = "md5" }
blocks = { column = "blocks", values = { X = "self_service" } }
[items]
files = "items.csv"
key = "barcode"
[items.fields]
barcode = "barcode"
record = "record"
branch = "branch"
[loans]
files = "loans.csv"
key = ["item", "out"]
[loans.fields]
patron = "card"
item = "item"
checked_out = "out"
due = "due"
renewals = "renewals"
branch = "branch"
[debts]
files = "debts.csv"
key = "number"
[debts.fields]
patron = "card"
branch = { constant = "DK-900101" }
kind = { constant = "administrative" }
amount = "amount"
remaining = "left"
created = "day"
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
        old.check_out(random.choice(cards), barcode)  # refused where somebody has enough
    for card in random.sample(cards, patrons // 3):
        charge(old, card, random.randint(4, 400) * 50)
    old.now = now
    new = _library(folder / "new", url, now, NEW_RULES)
    _catalogue(new, titles)
    move(BRANCHES, away_from=new)
    (folder / "files").mkdir()
    (folder / "files" / "plan.toml").write_text(_PLAN)
    names = ("old", "new", "proxy", "before old", "before new")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    world = World(folder, old, new, cards, barcodes, ports)
    _configure(world, url)
    _configure_proxy(world)
    deliver(world)
    copytree(folder / "files", folder / "first files")
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


def deliver(world: World) -> None:
    """The old system writes its files, and the new one takes in what has changed. Before the whole
    delivery comes half of one, which must do nothing.
    """
    files = world.folder / "files"
    is_first = not (files / "loans.csv").exists()
    _export(world, files)
    load = ("move", "load", str(files / "plan.toml"))
    if not is_first:
        whole = (files / "loans.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        (files / "loans.csv").write_text("".join(whole[: len(whole) // 2]), encoding="utf-8")
        before = open_loans(world.new.database)
        halved = run_tiro(world.folder / "new" / "tiro.toml", *load)
        assert halved.returncode == 1, halved.stdout
        assert open_loans(world.new.database) == before
        (files / "loans.csv").write_text("".join(whole), encoding="utf-8")
    # As many loans may have ended since as a day's returns are of all.
    shorter = () if is_first else ("--shorter",)
    done = run_tiro(world.folder / "new" / "tiro.toml", *load, *shorter)
    assert done.returncode == 0, done.stdout + done.stderr


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
        for number, title in enumerate(titles):
            record = a_record(title, control_number=f"c{number}")
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
            email=_email(card),
            pin_hash=hashed("1234"),
        )
        register_patron(act, told)


def _email(card: str) -> str:
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


_CARD = patron_identifiers.c.kind == "card"


@many(tuple[str, str, datetime, datetime, int, str])
def _open_loans() -> Statement:
    card = (patron_identifiers.c.patron_id == loans.c.patron_id) & _CARD
    return (
        select(
            patron_identifiers.c.identifier,
            items.c.barcode,
            loans.c.checked_out,
            loans.c.due,
            loans.c.renewals,
            branches.c.isil,
        )
        .select_from(
            loans.join(items, items.c.id == loans.c.item_id)
            .join(patron_identifiers, card)
            .join(branches, branches.c.id == loans.c.branch_id)
        )
        .where(loans.c.checked_in.is_(None))
    )


@many(tuple[str, int, int, int, datetime])
def _open_debts() -> Statement:
    card = (patron_identifiers.c.patron_id == charges.c.patron_id) & _CARD
    return (
        select(
            patron_identifiers.c.identifier,
            charges.c.id,
            charges.c.amount,
            charges.c.balance,
            charges.c.created,
        )
        .select_from(charges.join(patron_identifiers, card))
        .where(charges.c.balance > 0)
    )


@many(tuple[str])
def _blocked() -> Statement:
    card = (patron_identifiers.c.patron_id == patron_blocks.c.patron_id) & _CARD
    return select(patron_identifiers.c.identifier).select_from(
        patron_blocks.join(patron_identifiers, card)
    )


def open_loans(database: Database) -> dict[str, tuple[str, datetime, int]]:
    """By barcode: card, due date, renewals."""
    found = database.read(_open_loans).result()
    return {barcode: (card, due, renewals) for card, barcode, _, due, renewals, _ in found}


def open_debts(database: Database) -> dict[str, int]:
    """By card, what is owed in minor units."""
    return {card: balance for card, _, _, balance, _ in database.read(_open_debts).result()}


def _export(world: World, folder: Path) -> None:
    """What the old system writes."""
    old = world.old.database
    blocked = {card for (card,) in old.read(_blocked).result()}
    _write(
        folder / "patrons.csv",
        ("card", "branch", "given", "family", "email", "pin", "blocks"),
        [
            (card, BRANCHES[0], "Ida", "Ørsted", _email(card), _PIN, "X" if card in blocked else "")
            for card in world.cards
        ],
    )
    _write(
        folder / "items.csv",
        ("barcode", "record", "branch"),
        [
            (barcode, f"c{number}", BRANCHES[number % 2])
            for number, barcode in enumerate(world.barcodes)
        ],
    )
    _write(
        folder / "loans.csv",
        ("card", "item", "out", "due", "renewals", "branch"),
        [
            (card, item, out.isoformat(), due.isoformat(), renewals, branch)
            for card, item, out, due, renewals, branch in old.read(_open_loans).result()
        ],
    )
    _write(
        folder / "debts.csv",
        ("number", "card", "amount", "left", "day"),
        [
            (number, card, f"{amount / 100:.2f}", f"{left / 100:.2f}", day.isoformat())
            for card, number, amount, left, day in old.read(_open_debts).result()
        ],
    )


def _write(path: Path, head: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)


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
