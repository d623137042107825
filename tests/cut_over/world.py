"""The two libraries: the old one as it was left, the new one loaded from the old one's files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import md5
from pathlib import Path
from random import Random

from sqlalchemy import select

from catalogue.changes.accession import add_record
from catalogue.database import Database, Statement, Transaction, many, migrate, open_database
from catalogue.items import add_item
from catalogue.schema import branches, items
from circulation.loans.schema import loans
from circulation.patrons.schema import patron_identifiers
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.dunning import DANISH, flow, notices_by
from tests.builders.pins import hashed
from tests.servers import run_tiro

#: What the old system lends by, and the new one: it never refuses what the old one grants.
OLD_RULES = {"loan_days": 28, "renewals": 2, "max_loans": 12}
NEW_RULES = {"loan_days": 30, "renewals": 3, "max_loans": 40}
BRANCHES = ("DK-900101", "DK-900102")
TERMINALS = 30
PASSWORD = "open sesame"
KEY = "0123456789abcdef" * 4

#: The PIN of all, as the old system keeps it.
_PIN = md5(b"1234", usedforsecurity=False).hexdigest()

_SECTION = """
[database]
url = "{url}"
[http]
enabled = false
[sip2]
port = {port}
"""
_ACCOUNT = """
[[sip2.accounts]]
login = "{login}"
password = "{password}"
branch = "{branch}"
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
"""


@dataclass
class World:
    """Where both stand, who uses them, and which ports are theirs."""

    folder: Path
    old: Library
    new: Library
    cards: list[str]
    barcodes: list[str]


def terminal_name(number: int) -> str:
    return f"kiosk-{number:02}"


def branch_of(number: int) -> str:
    return BRANCHES[number % len(BRANCHES)]


def found(
    folder: Path, now: datetime, random: Random, *, patrons: int, items: int, until: datetime
) -> World:
    """Makes both; `until` is the day from which the new one tells people."""
    old = _library(folder / "old", now, OLD_RULES)
    titles = [f"Bind {number}" for number in range(items)]
    _catalogue(old, titles)
    cards = [
        a_patron(old, f"P{number:05}", email=f"p{number}@example.org", pin_hash=hashed("1234"))
        for number in range(patrons)
    ]
    barcodes = [f"I{number:05}" for number in range(items)]
    old.write(lambda transaction: _items(old, transaction, barcodes))
    for barcode in random.sample(barcodes, items // 5):
        old.now = now - timedelta(days=random.randint(1, 26), hours=random.randint(0, 8))
        old.check_out(random.choice(cards), barcode)  # refused where somebody has enough
    old.now = now
    new = _library(folder / "new", now, NEW_RULES)
    _catalogue(new, titles)
    (folder / "files").mkdir()
    (folder / "files" / "plan.toml").write_text(_PLAN)
    world = World(folder, old, new, cards, barcodes)
    _configure(world)
    deliver(world, until)
    return world


def deliver(world: World, until: datetime) -> None:
    """The old system writes its files, and the new one takes in what has changed. Before the whole
    delivery comes half of one, which must do nothing.
    """
    files = world.folder / "files"
    is_first = not (files / "loans.csv").exists()
    _export(world.old, files)
    load = ("move", "load", str(files / "plan.toml"), "--silent-until", f"{until:%Y-%m-%d}")
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


def _library(folder: Path, now: datetime, rules: dict[str, int]) -> Library:
    folder.mkdir()
    url = f"sqlite:///{folder / 'tiro.sqlite'}"
    migrate(url)
    library = a_library(open_database(url), **rules)
    library.now = now
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
    from catalogue.schema import records

    return select(records.c.id).order_by(records.c.id)


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


@many(tuple[str, str, datetime, datetime, int, str])
def _open_loans() -> Statement:
    card = (patron_identifiers.c.patron_id == loans.c.patron_id) & (
        patron_identifiers.c.kind == "card"
    )
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


def open_loans(database: Database) -> dict[str, tuple[str, datetime, int]]:
    """By barcode: card, due date, renewals."""
    found = database.read(_open_loans).result()
    return {barcode: (card, due, renewals) for card, barcode, _, due, renewals, _ in found}


def _export(old: Library, folder: Path) -> None:
    """What the old system writes."""
    lent = old.database.read(_open_loans).result()
    cards = sorted({f"P{number:05}" for number in range(old.read(_patrons)[0][0])})
    _write(
        folder / "patrons.csv",
        ("card", "branch", "given", "family", "email", "pin"),
        [
            (card, BRANCHES[0], "Ida", "Ørsted", f"p{int(card[1:])}@example.org", _PIN)
            for card in cards
        ],
    )
    numbers = range(len(old.read(_records)))
    _write(
        folder / "items.csv",
        ("barcode", "record", "branch"),
        [(f"I{number:05}", f"c{number}", BRANCHES[number % 2]) for number in numbers],
    )
    _write(
        folder / "loans.csv",
        ("card", "item", "out", "due", "renewals", "branch"),
        [
            (card, item, out.isoformat(), due.isoformat(), renewals, branch)
            for card, item, out, due, renewals, branch in lent
        ],
    )


@many(tuple[int])
def _patrons() -> Statement:
    from sqlalchemy import func

    from circulation.patrons.schema import patrons

    return select(func.count()).select_from(patrons)


def _write(path: Path, head: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)


def _configure(world: World) -> None:
    """Both have an account for each terminal; the new one those for the proxy besides."""
    password = hashed(PASSWORD)

    def account(login: str, branch: str, more: str = "") -> str:
        return _ACCOUNT.format(login=login, password=password, branch=branch, more=more)

    machines = [account(terminal_name(each), branch_of(each)) for each in range(TERMINALS)]
    for name in ("old", "new"):
        url = f"sqlite:///{world.folder / name / 'tiro.sqlite'}"
        own = [account("proxy", BRANCHES[0], 'require_patron_pin = "nobody"')]
        if name == "new":
            own = [
                account("proxy", BRANCHES[0], 'follows = "replay"'),
                account("follows", BRANCHES[0], 'follows = "shadow"\nlearns_pins = true'),
                account("judges", BRANCHES[0], "judges = true"),
            ]
        text = _SECTION.format(url=url, port=0) + "".join([*machines, *own])
        (world.folder / name / "tiro.toml").write_text(text)


Ports = Callable[[str], int]


def configure_proxy(folder: Path, old: int, new: int) -> None:
    """proxy.toml, for systems on these ports."""
    (folder / "proxy").mkdir(exist_ok=True)
    login = f'password = "{PASSWORD}"'
    terminals = "".join(
        f'[[terminals]]\nlogin = "{terminal_name(each)}"\nbranch = "{branch_of(each)}"\n'
        for each in range(TERMINALS)
    )
    account = f'account = {{ login = "proxy", {login} }}'
    (folder / "proxy" / "proxy.toml").write_text(
        f"""journal = "journal"
key = "{KEY}"
[listen]
port = 0
[old]
{_towards(old)}
{account}
[new]
{_towards(new)}
{account}
follow = {{ login = "follows", {login} }}
judge = {{ login = "judges", {login} }}
{terminals}"""
    )


def _towards(port: int) -> str:
    return f"""host = "127.0.0.1"
port = {port}
connect_timeout = 0.5
answer_timeout = 2.0
retry_from = 0.05
retry_to = 0.5"""
