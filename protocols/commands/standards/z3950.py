"""`tiro z3950`: any Z39.50 server as its clients see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import click

from protocols.commands.shared.saying import say_answer
from protocols.hosting.outgoing import connect_anywhere
from protocols.process.failures import Failure
from protocols.z3950.asking.client import Client, Diagnostic, Login
from protocols.z3950.asking.origin import TargetError
from protocols.z3950.queries.pqf import QueryError, query
from protocols.z3950.records.forms import DANMARC, SUTRS, UNIMARC, USMARC, XML
from protocols.z3950.wire.asn1 import Arbitrary, External, SingleAsn1Type
from protocols.z3950.wire.ber import CONSTRUCTED, header, read_segments

_SYNTAXES: Final = {
    "sutrs": SUTRS,
    "usmarc": USMARC,
    "unimarc": UNIMARC,
    "danmarc": DANMARC,
    "xml": XML,
}


class Target(click.ParamType[tuple[str, int, str]]):
    """``HOST:PORT/DATABASE``, as ZOOM and yaz-client write it."""

    name = "target"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, int, str]:
        place, _, database = str(value).partition("/")
        host, _, port = place.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536 or not database:
            self.fail(f"{value!r} is not HOST:PORT/DATABASE", param, ctx)
        return host.strip("[]"), int(port), database


@click.group()
def z3950() -> None:
    """Try Z39.50 servers: our own or any other."""


@z3950.command()
@click.argument("target", type=Target(), metavar="HOST:PORT/DATABASE")
@click.argument("text", metavar="QUERY")
@click.option(
    "--syntax",
    type=click.Choice(list(_SYNTAXES)),
    default="sutrs",
    show_default=True,
    help="The record syntax that is asked for.",
)
@click.option("--first", type=click.IntRange(1), default=1, show_default=True, help="Record.")
@click.option(
    "--show", type=click.IntRange(0, 100), default=1, show_default=True, help="So many records."
)
@click.option("--user", help="User, where the target asks for one.")
@click.option("--password", envvar="TIRO_Z3950_PASSWORD", default="", help="Its password.")
@click.option("--timeout", type=float, default=10.0, show_default=True, help="Seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def ask(
    target: tuple[str, int, str],
    text: str,
    syntax: str,
    first: int,
    show: int,
    user: str | None,
    password: str,
    timeout: float,
    as_json: bool,
) -> None:
    """Search a Z39.50 server, and print what it has found.

    QUERY is in PQF, as for yaz-client: '@attr 1=1003 andersen' is an author, '@attr 1=4' a title,
    '@attr 1=7' an ISBN; words without attributes are sought anywhere.
    """
    host, port, database = target
    login = None if user is None else Login(user, password)
    try:
        wish = query(text)
        with Client.connect(
            host, port, login=login, timeout=timeout, connect=connect_anywhere
        ) as client:
            hits = client.search(database, wish)
            last = min(hits, first + show - 1)
            records = list(_records(client, first, last, _SYNTAXES[syntax]))
    except QueryError as error:
        raise click.UsageError(f"this is no PQF: {error}") from error
    except TargetError as error:
        raise Failure(str(error)) from error
    if as_json:
        say_answer({"hits": hits, "records": records})
        return
    click.echo(f"hits: {hits}")
    for number, record in enumerate(records, first):
        click.echo(f"\n[{number}] {record}")


def _records(client: Client, first: int, last: int, syntax: str) -> Iterator[str]:
    """Each record in words, from the first to the last; a target may send fewer at a time."""
    at = first
    while at <= last:
        found = client.present(at, last - at + 1, syntax=syntax)
        if not found:
            return
        for each in found:
            yield f"({each})" if isinstance(each, Diagnostic) else _words(each)
        at += len(found)


def _words(record: External) -> str:
    """A record as text; in MARC each field has a line, and its subfields begin with a dollar."""
    encoding = record.encoding
    octets = encoding.value if isinstance(encoding, SingleAsn1Type | Arbitrary) else encoding
    if isinstance(encoding, SingleAsn1Type):  # SUTRS: a string, perhaps in segments
        ends: dict[int, int] = {}
        _, start, end, _ = header(octets, 0, len(octets), ends)
        is_whole = not octets[0] & CONSTRUCTED
        octets = octets[start:end] if is_whole else read_segments(octets, start, end, ends)
    text = octets.decode("utf-8", "replace")
    return text.replace("\x1e", "\n").replace("\x1f", " $").replace("\x1d", "").rstrip()
