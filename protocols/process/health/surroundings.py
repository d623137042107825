"""What surrounds the server: its ports, its database, and what is stored there about callers."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol

from catalogue.database import (
    Database,
    DatabaseUnavailable,
    Fit,
    NotALibrary,
    Transaction,
    open_database,
    standing_of,
)
from catalogue.reindexing.index_rules import is_outdated
from circulation.dunning.section import unpayable
from circulation.kernel.organisation import find_branch
from circulation.notices.kinds import NoticeState
from circulation.notices.log import queue
from circulation.patrons.foreign_pins import needs_bcrypt
from circulation.patrons.identifiers import known_as
from circulation.setting_up.stored import stored_parts
from protocols.holdings.checking import check as check_holdings
from protocols.hosting.findings import Finding, error, warning
from protocols.hosting.installed import installed
from protocols.hosting.networks import LOOPBACK, is_within
from protocols.hosting.sockets import Sockets, format_bind_error
from protocols.notices.settings import NO_FONT, own_fonts
from protocols.process.addresses import addresses
from protocols.process.configuration import Configuration
from protocols.process.failures import what_brings
from protocols.process.health.destinations import destination_findings
from protocols.process.health.every_setting import every_setting
from protocols.process.health.own_server import is_own_server


class Check(Protocol):
    """What a protocol folder has to say of those who call: entry points ``tiro.checks``."""

    def __call__(self, settings: Any, transaction: Transaction) -> Sequence[Finding]: ...


def port_findings(configuration: Configuration, ignored: frozenset[str]) -> Iterator[Finding]:
    """Addresses that cannot be listened on, but for those of the ignored sections and those where
    the library's own server does."""
    seen: dict[tuple[str, int], str] = {}
    with closing(Sockets()) as sockets:
        for owner, host, number in addresses(configuration):
            if owner in ignored:
                continue
            where = f"{host}:{number}"
            if number and (host, number) in seen:
                yield error(f"{owner} cannot listen on {where}: {seen[host, number]} does")
                continue
            seen[host, number] = owner
            try:
                sockets.listen(owner, host, number).close()
            except OSError as problem:
                if problem.errno == errno.EADDRINUSE and is_own_server(
                    host, number, configuration.path
                ):
                    continue
                yield error(f"{owner} cannot listen on {where}: {format_bind_error(problem)}")


_OF_FIT: Final = {
    Fit.EMPTY: error(
        "[database] url: there is no library in this database. Correct the address, or create a"
        " library with `tiro new` or `tiro serve --create`"
    ),
    Fit.SAME: None,
}


OUTDATED_INDEX: Final = warning(
    "the index was made by an earlier version of Tiro, and searches miss what it would find today:"
    " `tiro reindex` makes it anew while the library goes on working"
)


def https_findings(configuration: Configuration) -> Iterator[Finding]:
    """Whether what is offered over HTTPS can be reached so, and callers be told apart."""
    http = configuration.http
    is_ended_here = http.tls is not None or bool(http.access.trusted_proxies)
    are_local = is_within(LOOPBACK, http.interface)
    has_forwarders = are_local or set(http.forwarders) != set(LOOPBACK)
    is_reached_so = http.enabled and (http.address or "").startswith("https:")
    if is_reached_so and not (is_ended_here or has_forwarders):
        yield warning(
            f"[http] {http.address} is served by another host, whose address is everybody's then:"
            " wrong passwords of one keep out all. Name it in forwarders"
        )
    for name, settings in configuration.standards.items():
        if not getattr(settings, "https", False):
            continue
        if not http.enabled:
            yield error(f"[{name}] https needs the port of [http], which is switched off")
        elif http.tls is None and not has_forwarders:
            yield warning(
                f"[{name}] https: whoever comes to {http.interface} in clear is refused; give"
                " [http.tls] a certificate, or name in forwarders of [http] who ends TLS before it"
            )


def index_findings(configuration: Configuration) -> list[Finding]:
    """Whether the index, of a database whose tables are of this version, has fallen behind."""
    with closing(open_database(configuration.database_url)) as database:
        return [OUTDATED_INDEX] if database.read(is_outdated).result() else []


def database_findings(configuration: Configuration) -> Iterator[Finding]:
    """The database itself; where its tables can be read, what is stored in them as well."""
    url = configuration.database_url
    if (path := url.removeprefix("sqlite:///")) != url:
        folder = Path(path).parent
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            yield error(f"[database] {folder} is no folder that can be written to")
            return
        if not Path(path).exists():
            yield _OF_FIT[Fit.EMPTY]  # type: ignore[misc]
            return
    try:
        standing = standing_of(url)
    except (DatabaseUnavailable, NotALibrary) as problem:
        yield error(f"[database] {problem}")
        return
    except ModuleNotFoundError as missing:
        if (brings := what_brings(missing)) is None:
            raise
        yield error(f"[database] {missing.name} is not installed. {brings}")
        return
    if standing.fit is Fit.TOO_NEW:
        yield error(f"[database] {standing}: install the release that it was made for")
        return
    if standing.fit in (Fit.OLDER, Fit.NEWER):
        yield warning(f"[database] {standing}")
    elif (finding := _OF_FIT[standing.fit]) is not None:
        yield finding
    if standing.fit in (Fit.SAME, Fit.NEWER):
        database = open_database(url)
        try:
            yield from _stored(configuration, database)
        finally:
            database.close()


def _stored(configuration: Configuration, database: Database) -> list[Finding]:
    def look(transaction: Transaction) -> list[Finding]:
        found = [
            error(f"[{place.path}] the library has no branch {place.value}")
            for place in every_setting(configuration)
            if place.name == "branch" and place.value
            if find_branch(transaction, isil=place.value) is None
        ]
        found += [
            warning(f"bills of {isil} say no way to pay: set [agencies.{isil}.payment]")
            for isil in dict.fromkeys(isil for _, isil in unpayable(stored_parts(transaction)))
        ]
        if is_outdated(transaction):
            found.append(OUTDATED_INDEX)
        if needs_bcrypt(transaction) and find_spec("bcrypt") is None:
            brings = what_brings(ModuleNotFoundError(name="bcrypt"))
            found.append(error(f"patrons have PINs hashed by bcrypt, which is missing. {brings}"))
        for entry in installed("tiro.checks").values():
            check: Check = entry.load()
            found += check(configuration.standards[entry.name], transaction)
        found += check_holdings(configuration.holdings, transaction)
        found += destination_findings(configuration, transaction)
        found += _unprintable_letters(transaction)
        return found

    return database.read(look, wide=True).result()


def font_findings(configuration: Configuration) -> Iterator[Finding]:
    """Fonts of letters that cannot be read."""
    fonts = own_fonts(configuration.notices, configuration.path.parent)
    if fonts:
        from protocols.notices.letter_fonts import find_font_problems  # loads the fonts

        yield from (error(f"[notices] fonts: {each}") for each in find_font_problems(fonts))


def _unprintable_letters(transaction: Transaction) -> list[Finding]:
    """Letters of the last weeks that were not printed because no font has their characters."""
    found = []
    for each in queue(transaction, now=datetime.now(UTC)):
        _, is_found, missing = each.why.partition(NO_FONT)
        if is_found and each.state is NoticeState.FAILED:
            card = known_as(transaction, patron_id=each.recipient_id or 0) or "unknown"
            why = f"{NO_FONT}{missing}"
            found.append(warning(f"message {each.id} to patron {card} was not printed: {why}"))
    return found
