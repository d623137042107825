"""A move that is killed again and again ends as one that nobody disturbs.

    python -m tests.bench.bench_move_killed [SHARE [KILLS [DATABASE-URL DATABASE-URL]]]

The files of `bench_move` are loaded twice by `tiro move load`: once in one go, once with so many
kills at moments that are drawn by a seed, each of which the same command follows. What stands in
both databases then is compared row by row, and balanced. Without URLs they are SQLite files.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from catalogue.database import Transaction, migrate, open_database
from tests.bench.bench_move import draw, furnish
from tests.processes import start

#: What a move writes, by what it is known by, but for the moment in which it was written.
_ALL: Final = """
SELECT i.identifier, i.kind, p.name, p.category, p.email, p.phone, p.birth_date, p.home_branch_id
  FROM patron_identifiers i JOIN patrons p ON p.id = i.patron_id ORDER BY i.identifier
SELECT i.identifier, a.street, a.city FROM patron_identifiers i
  JOIN patron_addresses a ON a.patron_id = i.patron_id ORDER BY i.identifier, a.street
SELECT i.identifier, b.reason FROM patron_identifiers i
  JOIN patron_blocks b ON b.patron_id = i.patron_id ORDER BY i.identifier, b.reason
SELECT i.identifier, w.word FROM patron_identifiers i
  JOIN patron_words w ON w.patron_id = i.patron_id ORDER BY i.identifier, w.word
SELECT barcode, record_id, branch_id, material_group, price, currency FROM items ORDER BY barcode
SELECT i.barcode, c.identifier, l.branch_id, l.checked_out, l.due, l.renewals, l.checked_in
  FROM loans l JOIN items i ON i.id = l.item_id
  JOIN patron_identifiers c ON c.patron_id = l.patron_id ORDER BY i.barcode
SELECT i.barcode, u.year, u.loans, u.renewals, u.last_lent FROM former_use u
  JOIN items i ON i.id = u.item_id ORDER BY i.barcode, u.year
SELECT i.barcode, a.step, a.outcome FROM dunning_acts a JOIN loans l ON l.id = a.loan_id
  JOIN items i ON i.id = l.item_id ORDER BY i.barcode, a.step
SELECT m.key, h.record_id, h.pickup_branch_id, h.placed, h.priority, h.closed, c.identifier
  FROM holds h JOIN moved_rows m ON m.row_id = h.id AND m.kind = 'holds'
  JOIN patron_identifiers c ON c.patron_id = h.patron_id ORDER BY m.key
SELECT m.key, c.kind, c.amount, c.paid, c.balance, p.kind, p.amount
  FROM charges c JOIN moved_rows m ON m.row_id = c.id AND m.kind = 'debts'
  JOIN charge_postings p ON p.charge_id = c.id ORDER BY m.key, p.kind
SELECT c.identifier, b.agency_id, b.fees, b.compensations FROM patron_balances b
  JOIN patron_identifiers c ON c.patron_id = b.patron_id ORDER BY c.identifier, b.agency_id
SELECT kind, key, checksum, gone FROM moved_rows ORDER BY kind, key
SELECT kind, rows FROM moved_deliveries ORDER BY kind
SELECT noun, count(*) FROM silent_rows GROUP BY noun
SELECT count(*) FROM events
SELECT name FROM leases
"""


def everything(url: str) -> dict[str, tuple[int, str]]:
    """What stands in the database: of each query how many rows, and a digest of them."""
    database = open_database(url, mapped=False)
    queries = ["SELECT" + part for part in _ALL.split("\nSELECT")[1:]]

    def work(transaction: Transaction) -> dict[str, tuple[int, str]]:
        return {" ".join(each.split()): _digest(transaction.execute(each, ())) for each in queries}

    try:
        return database.read(work).result()
    finally:
        database.close()


def _digest(cursor: Any) -> tuple[int, str]:
    digest, rows = blake2b(digest_size=16), 0
    for row in cursor.fetchall():
        digest.update(repr(tuple(row)).encode())
        rows += 1
    return rows, digest.hexdigest()


class Library:
    """A library in the database of that URL, and `tiro` run on it."""

    def __init__(self, folder: Path, name: str, url: str, titles: int) -> None:
        self.url, self._log = url, folder / f"{name}.log"
        migrate(url)
        furnish(url, titles)
        self._configuration = folder / f"{name}.toml"
        self._configuration.write_text(
            f'[database]\nurl = "{url}"\n[circulation]\nidentifier_key = "{"5a" * 16}"\n'
        )
        reports = folder / name
        self._load = ("load", str(folder / "plan.toml"), "--reports", str(reports))
        self._balance = ("balance", *self._load[1:])

    def load(self, patience: float | None = None) -> bool:
        """Loads the files; False where it was killed after so many seconds."""
        return self._run(self._load, patience)

    def balances(self) -> bool:
        return self._run(self._balance, None)

    def _run(self, command: tuple[str, ...], patience: float | None) -> bool:
        module = "protocols.commands.command_line"
        options = ("--config", str(self._configuration), "move", *command, "--json")
        process = start(module, *options, errors=self._log)
        try:
            if patience is not None:
                process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
        assert process.stdout is not None
        said = process.stdout.read()
        if process.wait():
            raise RuntimeError(f"{said.decode()}\n{self._log.read_text(encoding='utf-8')}")
        return bool(json.loads(said))


def killed_again_and_again(library: Library, kills: int, took: float, seed: int) -> int:
    """Loads with so many kills, spread over `took` seconds; gives how many there were."""
    choose, done = random.Random(seed), 0
    for number in range(kills):
        if library.load(took / kills * choose.uniform(0.3, 1.7) + (number == 0)):
            return done
        done += 1
    library.load()
    return done


def compare(folder: Path, urls: tuple[str, str], share: float, kills: int) -> Iterator[str]:
    """What was done, in lines; raises AssertionError where both are not the same."""
    titles = draw(folder, share)
    one = Library(folder, "undisturbed", urls[0], titles)
    began = time.monotonic()
    one.load()
    took = time.monotonic() - began
    yield f"in one go: {took:.0f} s"
    other = Library(folder, "killed", urls[1], titles)
    yield f"{killed_again_and_again(other, kills, took, 7)} kills"
    wanted, found = everything(one.url), everything(other.url)
    for query, (rows, digest) in wanted.items():
        assert found[query] == (rows, digest), f"{query}: {rows} rows, and {found[query][0]}"
        yield f"{rows:10,} rows are the same: {query[:90]}"
    assert other.balances()
    yield "the sheet balances"


def main(share: float, kills: int, urls: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory() as name:
        files = [f"sqlite:///{name}/{each}.sqlite" for each in ("undisturbed", "killed")]
        one, other = urls or files
        for line in compare(Path(name), (one, other), share, kills):
            print(line, flush=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(float((given or ["1"])[0]), int([*given, "", "20"][1] or 20), tuple(given[2:4]))
