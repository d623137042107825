"""The two libraries: the old one as it was left, the new one loaded from the old one's files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from catalogue.changes.accession import add_record
from catalogue.database import Transaction, migrate, open_database
from circulation.kernel.elsewhere import leave_to_another, take_over
from circulation.kernel.set_up import set_up_changed
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_library
from tests.builders.dunning import DANISH, flow, notices_by
from tests.builders.fees import fee_rule
from tests.builders.pins import hashed
from tests.cut_over.old_system.character import Character
from tests.cut_over.old_system.store import LOAN_DAYS, Store, end_of_day
from tests.cut_over.processes import PASSWORD
from tests.servers import free_ports

#: The new system's rules: it never refuses what the old one grants.
NEW_RULES = {"loan_days": 30, "renewals": 3, "max_loans": 40}
BRANCHES = ("DK-900101", "DK-900102")
TERMINALS = 30
#: Terminals of another kind, where the character has some: those that speak to one system alone,
#: and those whose mode stays another than that of their branch.
DIRECT = {4: "old", 5: "new", 12: "old", 13: "old"}
APART = (6, 7)
MAX_AT_FIRST = 12
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
    old: Store
    new: Library
    cards: list[str]
    barcodes: list[str]
    ports: dict[str, int]
    character: Character


def terminal_name(number: int) -> str:
    return f"kiosk-{number:02}"


def branch_of(number: int) -> str:
    return BRANCHES[number % len(BRANCHES)]


def is_desk(number: int) -> bool:
    """Half of them are at desks, where cards are freed."""
    return number % 4 < 2


def is_mixed(name: str) -> bool:
    """Is it an item or a patron that is also seen at terminals of which one system hears nothing?

    Every tenth is.
    """
    return name.endswith("0")


def found(
    folder: Path,
    now: datetime,
    random: Random,
    character: Character,
    *,
    patrons: int,
    items: int,
    url: str,
) -> World:
    """Makes both; `url` is the new one's database. The old one looks after both branches."""
    (folder / "old").mkdir()
    character.write(folder / "old")
    cards = [f"P{number:05}" for number in range(patrons)]
    barcodes = [f"I{number:05}" for number in range(items)]
    old = Store(folder / "old")
    with old.working():
        _fill(old, now, random, cards, barcodes)
    new = _library(folder / "new", url, now, NEW_RULES)
    _catalogue(new, [f"Bind {number}" for number in range(items)])
    move(BRANCHES, away_from=new)
    names = ("old", "new", "proxy", "before old", "before new")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    world = World(folder, old, new, cards, barcodes, ports, character)
    (folder / "ports.json").write_text(json.dumps(ports))
    _configure(world, url)
    _configure_proxy(world)
    return world


def _fill(old: Store, now: datetime, random: Random, cards: list[str], barcodes: list[str]) -> None:
    """What the old system has when the rehearsal begins."""
    old.write_many("INSERT INTO branches VALUES (?, 1)", [(each,) for each in BRANCHES])
    old.write_many(
        "INSERT INTO patrons (card, pin, branch) VALUES (?, '1234', ?)",
        [(card, BRANCHES[0]) for card in cards],
    )
    old.write_many(
        "INSERT INTO items VALUES (?, ?, ?)",
        [(barcode, f"c{number}", BRANCHES[number % 2]) for number, barcode in enumerate(barcodes)],
    )
    counts: Counter[str] = Counter()
    for barcode in random.sample(barcodes, len(barcodes) // 5):
        out = now - timedelta(days=random.randint(1, 26), hours=random.randint(0, 8))
        card, other = random.sample(cards, 2)
        if counts[card] >= MAX_AT_FIRST:
            continue
        counts[card] += 1
        due = end_of_day(out + timedelta(days=LOAN_DAYS))
        old.write(
            "INSERT INTO loans (item, card, branch, out, due) VALUES (?, ?, ?, ?, ?)",
            barcode,
            card,
            BRANCHES[0],
            out.isoformat(),
            due.isoformat(),
        )
        if random.random() < _RESERVED:
            old.write(
                "INSERT INTO holds (item, card, branch, placed) VALUES (?, ?, ?, ?)",
                barcode,
                other,
                random.choice(BRANCHES),
                (out + timedelta(hours=1)).isoformat(),
            )
    for card in random.sample(cards, len(cards) // 3):
        old.charge(card, BRANCHES[0], random.randint(4, 400) * 50, now, "of before")


def move(
    branches: Iterable[str],
    *,
    away_from: Library | Store,
    to: Library | Store | None = None,
) -> None:
    """From now on another looks after these branches: tells, bills and renews. It is the second at
    which both say so that counts."""
    for system, verb in ((away_from, leave_to_another), (to, take_over)):
        if isinstance(system, Store):
            for each in branches:
                system.look_after(each, is_ours=verb is take_over)
        elif system is not None:
            system.write(partial(_moved, system, tuple(branches), verb))


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


def email_of(card: str) -> str:
    return f"{card.lower()}@example.org"


def _configure(world: World, url: str) -> None:
    """The new one has an account for each terminal, and those for the proxy besides."""
    password = hashed(PASSWORD)

    def account(login: str, branch: str, more: str = "") -> str:
        return _ACCOUNT.format(login=login, password=password, branch=branch, more=more)

    def of_proxy(login: str, more: str) -> str:
        return account(login, BRANCHES[0], f'kind = "desk"\nany_branch_of_agency = true\n{more}')

    machines = [
        account(terminal_name(each), branch_of(each), 'kind = "desk"' if is_desk(each) else "")
        for each in range(TERMINALS)
    ]
    own = [
        of_proxy("proxy", 'follows = "replay"'),
        of_proxy("follows", 'follows = "shadow"\nlearns_pins = true'),
        of_proxy("judges", "judges = true"),
    ]
    text = _SECTION.format(url=url, port=world.ports["new"]) + "".join([*machines, *own])
    (world.folder / "new" / "tiro.toml").write_text(text)


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
[reconcile]
requests_per_second = 1000.0
[old]
{_towards(world.ports["before old"])}
{account}
{_way_of_speaking(world.character)}
[new]
{_towards(world.ports["before new"])}
{account}
follow = {{ login = "follows", {login} }}
judge = {{ login = "judges", {login} }}
{terminals}"""
    )


def _way_of_speaking(character: Character) -> str:
    """What `tiro probe` writes into proxy.toml of it."""
    lines = [f"error_detection = {str(character.checksums).lower()}", "[old.dialect]"]
    if not character.amounts:
        lines.append('leaves_out = ["24.BV", "64.BV"]')
    lines.append(f'hold_counts = "{character.hold_counts}"')
    return "\n".join(lines)


def _towards(port: int) -> str:
    return f"""host = "127.0.0.1"
port = {port}
connect_timeout = 0.5
answer_timeout = 10.0
retry_from = 0.05
retry_to = 0.5"""
