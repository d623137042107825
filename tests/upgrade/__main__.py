"""``python -m tests.upgrade RELEASE [--postgresql] [--questions N]``

RELEASE is a checkout of an earlier release. Its own code makes a library with a year of lending,
real records and an archive of all that (``tiro export``); its own server answers questions drawn at
random. Then this code brings the database up to date and asks its own server the same; and once
more for the archive, read into a new database. Says which rows and which answers differ, other
than `tests.upgrade.known` says, and exits with 1 where any do. PostgreSQL is that of
TIRO_TEST_POSTGRESQL.
"""

from __future__ import annotations

import argparse
import lzma
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from configparser import ConfigParser
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sqlalchemy import text

from catalogue.database.migrations.running import engine_on, upgrade
from tests.corpora import real_or_own
from tests.crash.__main__ import a_postgresql
from tests.servers import RunningServer, free_ports, start_serving, tiro_process
from tests.upgrade.known import COLUMNS, GONE, TABLES, as_meant
from tests.upgrade.questions import Question, ask, draw
from tests.upgrade.rows import columns_of, differences, rows_of

#: Run by the earlier release: its own simulated year, ending with the week of today.
_YEAR = """\
import sys
from datetime import date, timedelta
import tests.simulation.town as town
import tests.simulation.year as year
from catalogue.changes.accession import add_record
from tests.builders.catalogue import a_record
from tests.simulation.__main__ import main
town._insert_record = lambda transaction, title, now: add_record(
    transaction, a_record(title), now=now
)
today = date.today()
year.FIRST_DAY = today - timedelta(365 + today.weekday())
sys.argv[1:] = ["--patrons", "1500", "--items", "6000", "--loans", "12000", "--database", {url!r}]
main()
"""

#: Of the real records so many.
_RECORDS = 3_000


@dataclass(frozen=True)
class Release:
    """An earlier release: the folder of its checkout, run by this Python.

    What it plugs in by entry points is its own, too: `metadata` is a folder for what an
    installation of it would say of them.
    """

    folder: Path
    metadata: Path

    def __post_init__(self) -> None:
        its = self.metadata / "tiro_ils-0.dist-info"
        its.mkdir()
        (its / "METADATA").write_text("Metadata-Version: 2.1\nName: tiro-ils\nVersion: 0\n")
        groups = self._settings()["options.entry_points"].items()
        (its / "entry_points.txt").write_text(
            "".join(f"[{group}]\n{lines.strip()}\n" for group, lines in groups)
        )

    def run(self, *arguments: str) -> None:
        """Python with these arguments, on its code."""
        subprocess.run([sys.executable, *arguments], env=self._surroundings(), check=True)

    def tiro(self, config: Path, *arguments: str) -> None:
        self.run("-m", self._commands(), "--config", str(config), *arguments)

    @contextmanager
    def serving(self, config: Path, ports: Sequence[int]) -> Iterator[RunningServer]:
        """Its server, which is killed in the end, as an old server may be."""
        log = config.with_suffix(".log")
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", self._commands(), "--config", str(config), "serve"],
                env=self._surroundings(),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert process.stdout is not None
        try:
            if not any("Tiro is ready" in line for line in process.stdout):
                raise SystemExit(log.read_text())
            sip2, z3950, http, ncip = ports
            yield RunningServer(process, config.parent, sip2, z3950, http, ncip, log)  # type: ignore[arg-type]
        finally:
            process.terminate()
            process.wait()

    def _commands(self) -> str:
        """The module of its command `tiro`."""
        scripts = self._settings()["options.entry_points"]["console_scripts"]
        return scripts.partition("=")[2].partition(":")[0].strip()

    def _settings(self) -> ConfigParser:
        settings = ConfigParser()
        settings.read(self.folder / "setup.cfg")
        return settings

    def _surroundings(self) -> dict[str, str]:
        path = os.pathsep.join((str(self.folder), str(self.metadata)))
        return os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade")
    parser.add_argument("release", type=Path)
    parser.add_argument("--postgresql", action="store_true", help="  [default: SQLite]")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        metadata = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        release = Release(chosen.release.resolve(), metadata)
        old, new = (
            stack.enter_context(a_postgresql())
            if chosen.postgresql
            else f"sqlite:///{folder / name}.sqlite"
            for name in ("old", "new")
        )
        random = Random(chosen.seed)
        problems = moved(release, folder, old, new, random, chosen.questions)
    print("\n".join(problems) or "nothing is lost, and all answers are the same")
    sys.exit(1 if problems else 0)


def moved(
    release: Release, folder: Path, old: str, new: str, random: Random, number: int
) -> list[str]:
    """The whole of it; what is not as it was, in words."""
    config, ports = _configuration(release, folder / "tiro.toml", old)
    release.run("-c", _YEAR.format(url=old))
    release.tiro(config, "load", str(_some_records(folder)))
    with release.serving(config, ports) as server:
        questions = draw(random, number, *_things(old))
        _place_holds(server, random, *_things(old)[:2])
        answers = ask(server, questions)
    archive = folder / "archive"
    release.tiro(config, "export", str(archive))
    columns = {
        table: tuple(name for name in names if (table, name) not in COLUMNS)
        for table, names in columns_of(old).items()
        if table not in GONE
    }
    before = rows_of(old, columns)
    print(f"{sum(rows.total() for rows in before.values())} rows in {len(before)} tables")

    upgrade(old)
    problems = differences("upgraded", before, rows_of(old, columns), TABLES)
    problems += _other_answers("upgraded", folder / "upgraded", old, questions, answers)

    place = folder / "imported"
    place.mkdir()
    (place / "tiro.toml").write_text(f'[database]\nurl = "{new}"\n')
    done = tiro_process(place / "tiro.toml", "import", "--create", str(archive), patience=900.0)
    if done.returncode:
        return [*problems, done.stdout + done.stderr]
    problems += differences("imported", before, rows_of(new, columns), TABLES)
    return problems + _other_answers("imported", place, new, questions, answers)


def _configuration(release: Release, path: Path, url: str) -> tuple[Path, list[int]]:
    """The demo's configuration as the release writes it, on ports of its own."""
    ports = free_ports(4)
    names = ("sip2", "z3950", "http", "ncip")
    given = ", ".join(f"{name}={port}" for name, port in zip(names, ports, strict=True))
    release.run(
        "-c",
        "from protocols.demo.configuration import demo_configuration as written\n"
        f"open({str(path)!r}, 'w').write(written({given}, operations={free_ports(1)[0]})"
        f".replace('sqlite:///tiro.sqlite', {url!r}))",
    )
    return path, ports


def _some_records(folder: Path) -> Path:
    """A file with the first of the real records, or of our own."""
    shared = real_or_own(folder / "samples")
    path = folder / "real.mrc"
    with lzma.open(shared / "data/marc/real.mrc.xz") as packed, path.open("wb") as records:
        for _ in range(_RECORDS):
            head = packed.read(5)  # the length of the record, itself among it
            records.write(head + packed.read(int(head) - 5))
    return path


def _things(url: str) -> tuple[list[str], list[str], list[str]]:
    """Cards of patrons, barcodes of items, and words of titles."""
    engine = engine_on(url)
    try:
        with engine.connect() as connection:
            cards, barcodes, titles = (
                [row[0] for row in connection.execute(text(query))]
                for query in (
                    "SELECT identifier FROM patron_identifiers WHERE kind = 'card' ORDER BY 1",
                    "SELECT barcode FROM items ORDER BY barcode",
                    "SELECT title FROM records ORDER BY id",
                )
            )
    finally:
        engine.dispose()
    words = {word.lower() for title in titles for word in re.findall(r"[A-Za-z]{4,}", title)}
    return cards, barcodes, sorted(words)


def _place_holds(
    server: RunningServer, random: Random, cards: Sequence[str], barcodes: Sequence[str]
) -> None:
    now = "20261128    120000"
    wishes = [
        Question(
            "sip2",
            f"15+{now}|BSDK-900101|BY3|AODK-900100|AA{random.choice(cards)}|AC|"
            f"AB{random.choice(barcodes)}|BON|",
        )
        for _ in range(300)
    ]
    placed = sum(answer.startswith("161") for answer in ask(server, wishes))
    print(f"{placed} holds placed, of {len(wishes)}")


def _other_answers(
    what: str, folder: Path, url: str, questions: Sequence[Question], answers: Sequence[str]
) -> list[str]:
    """Asks this code's server; a line for each answer that is not what it was."""
    folder.mkdir(exist_ok=True)
    server = start_serving(folder, url)
    try:
        found = ask(server, questions)
    finally:
        server.stop()
    same = sum(map(str.__eq__, answers, found))
    meant = sum(as_meant(was) == as_meant(now) for was, now in zip(answers, found, strict=True))
    print(f"{what}: {same} of {len(questions)} answers are the same, {meant} but for what is known")
    return [
        f"{what}: {question.text}\n  was {was}\n  is  {is_now}"
        for question, was, is_now in zip(questions, answers, found, strict=True)
        if as_meant(was) != as_meant(is_now)
    ]


if __name__ == "__main__":
    main()
