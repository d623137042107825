"""`tiro move from-fbs`: what an old system tells of patrons through the external API of FBS."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

import click

from protocols.commands.moving.fbs_client import Access, FbsClient, FbsFailed
from protocols.commands.moving.fbs_files import Aside, Fetched, rows_of, write_files
from protocols.commands.shared.progress import progress
from protocols.commands.shared.saying import as_json, say
from protocols.process.failures import Failure

#: Where the password is, so that no list of processes shows it.
PASSWORD: Final = "TIRO_FBS_PASSWORD"  # noqa: S105
#: What was fetched until it broke off: a line of JSON for each line of the list.
_JOURNAL: Final = "from-fbs.part"
_ADDRESS: Final = re.compile(r"https://\S+|http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(/\S*)?")
_TWICE: Final = "a line before is the same patron, by another card"
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,15}")


@click.command("from-fbs")
@click.argument("patrons", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where the files of the delivery go.",
)
@click.option("--address", required=True, help="Of the old system: https://HOST/external")
@click.option("--agency", required=True, help="The ISIL of the library.")
@click.option("--user", required=True, help="Of its CMS user; the password is in " + PASSWORD + ".")
@click.option("--by-number", is_flag=True, help="PATRONS has numbers of FBS, and cards.")
@click.option(
    "--per-second",
    type=click.FloatRange(0.1, 1000),
    default=10.0,
    show_default=True,
    help="So many requests at the most; each patron takes five.",
)
@as_json
def from_fbs(
    patrons: Path,
    folder: Path,
    address: str,
    agency: str,
    user: str,
    by_number: bool,
    per_second: float,
    as_json: bool,
) -> None:
    """Fetch patrons with their loans, reservations and fees from an old system that speaks FBS.

    PATRONS is a file with a card, a national number or a login in each line; with --by-number a
    number of FBS, and behind a blank the card. The files that are
    written are those of the plan `fbs` (tiro move plan fbs). It can be interrupted and run again:
    what was fetched already is not asked for again. What cannot be fetched is in not-fetched.csv,
    with the line of PATRONS and the reason.
    """
    password = os.environ.get(PASSWORD, "")
    if not password:
        raise Failure(f"there is no password in {PASSWORD}", f"Say export {PASSWORD}=...")
    if not _ADDRESS.fullmatch(address):
        raise Failure("the address does not begin with https://", "Secrets go there.")
    wanted = _lines_of(patrons)
    client = FbsClient(
        Access(address, agency, user, password), per_second, time.sleep, time.monotonic
    )
    journal = folder / _JOURNAL
    done = _done_in(journal, wanted)
    try:
        with progress() as report, _appending(journal) as file:
            for place in range(len(done), len(wanted)):
                told = _of_patron(client, place + 1, wanted[place], by_number=by_number)
                _note(file, wanted[place], told)
                report("from-fbs", "patrons", place + 1, len(wanted))
    except FbsFailed as error:
        raise Failure(
            str(error), "What was fetched is kept: run the same command again to go on."
        ) from None
    finally:
        client.close()
    counts = write_files(folder, _all_in(journal))
    journal.unlink()
    say(counts if as_json else [f"{number} {name}" for name, number in counts.items()], as_json)


def _lines_of(path: Path) -> list[str]:
    """Who is asked for, each once, in the order of the file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Failure(f"{path} is no text in UTF-8", "Nothing was done.") from None
    return [line.strip() for line in text.splitlines()]


def _of_patron(client: FbsClient, line: int, named: str, *, by_number: bool) -> Fetched:
    if not named:
        return Fetched({}, ())
    known, _, card = named.partition(" ") if by_number else ("", "", named)
    if by_number and not _NUMBER.fullmatch(known):
        return Fetched({}, [Aside(line, "patrons", "", "this is no patron number")])
    if not named.isprintable() or len(named) > 200:
        return Fetched({}, [Aside(line, "patrons", "", "this is no card or other identifier")])
    number = int(known) if by_number else client.patron_id(named)
    patron = None if number is None else client.patron(number)
    if number is None or patron is None:
        return Fetched({}, [Aside(line, "patrons", "", "nobody has this identifier")])
    patron = {**patron, "patronId": number}
    return rows_of(
        line,
        card.strip(),
        patron,
        client.loans(number),
        client.reservations(number),
        client.fees(number),
    )


# The journal, by which an interrupted run goes on


def _appending(path: Path) -> TextIO:
    file = path.open("a", encoding="utf-8")
    path.chmod(0o600)
    return file


def _note(file: TextIO, named: str, told: Fetched) -> None:
    line = {"named": named, "rows": told.rows, "aside": [list(each) for each in told.aside]}
    file.write(json.dumps(line) + "\n")
    file.flush()


def _done_in(path: Path, wanted: Sequence[str]) -> list[str]:
    """Who was fetched by a run that broke off. Its last line may be half there: it is cut off. A
    journal of another list is begun anew."""
    if not path.exists():
        return []
    whole, names = 0, []
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            names.append(json.loads(line)["named"])
            whole += len(line)
    if names != wanted[: len(names)]:
        path.unlink()
        return []
    with path.open("r+b") as cut:
        cut.truncate(whole)
    return names


def _all_in(path: Path) -> Iterator[Mapping[str, Any]]:
    """What was fetched, each patron once: a list may name somebody by two cards."""
    seen: set[int] = set()
    with path.open(encoding="utf-8") as file:
        for place, line in enumerate(file, 1):
            told: Mapping[str, Any] = json.loads(line)
            numbers = [each["id"] for each in told["rows"].get("patrons", ())]
            if seen.intersection(numbers):
                yield {"rows": {}, "aside": [Aside(place, "patrons", "", _TWICE)]}
                continue
            seen.update(numbers)
            yield told
