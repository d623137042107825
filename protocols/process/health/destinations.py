"""What `tiro check` says of addresses that the server may not connect to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from catalogue.database import Transaction
from circulation.callers.partners import all_partners
from circulation.staff.workstations import all_workstations
from protocols.hosting.destinations import SECTION, SETTING, format_entry, is_allowed
from protocols.hosting.findings import Finding, error
from protocols.hosting.outgoing import resolve
from protocols.process.configuration import Configuration
from protocols.process.health.every_setting import every_setting

#: Settings that hold an address which the server connects to.
URL_SETTINGS: Final = frozenset(
    {"address", "introspection", "issue_url", "issuer", "url", "userinfo"}
)
#: Sections whose addresses are those of this server, or of its database.
_OWN_SECTIONS: Final = ("database.", "http.")
#: Options of a partner of library.toml that hold one.
_OPTIONS: Final = ("address", "catalogue")
#: The usual port of each scheme.
_PORTS: Final = {"http": 80, "https": 443, "tcp": 3121, "tls": 3121, "z3950": 210}
#: Seconds for all host names together; a name that is not resolved then is not judged.
_SECONDS: Final = 5.0
_THREADS: Final = 16


class Destination(NamedTuple):
    """An address in use; `what` names the place where it is written."""

    what: str
    host: str
    port: int


def destination_findings(
    configuration: Configuration, transaction: Transaction
) -> Iterator[Finding]:
    """Yield an error for each address in use that the server may not connect to, and the line to
    write in tiro.toml."""
    allowed = configuration.outgoing.allow
    found = list(dict.fromkeys(destinations(configuration, transaction)))
    addresses = _addresses({(each.host, each.port) for each in found})
    missing: list[str] = []
    for each in found:
        ours = addresses.get((each.host, each.port), [])
        if ours and not any(is_allowed(address, each.port, allowed) for address in ours):
            missing += [format_entry(address, each.port) for address in ours]
            yield error(
                f"{each.what}: {each.host} port {each.port} is not a public address, so no"
                f" connection is made to it; allow it in tiro.toml, [{SECTION}]"
            )
    if missing:
        line = json.dumps([*allowed, *dict.fromkeys(missing)])
        yield error(f"[{SECTION}] to allow the addresses above, write: {SETTING} = {line}")


def destinations(configuration: Configuration, transaction: Transaction) -> Iterator[Destination]:
    """Yield the addresses of tiro.toml, of partners in library.toml and of desks' printers."""
    for place in every_setting(configuration):
        if place.name in URL_SETTINGS and not place.path.startswith(_OWN_SECTIONS):
            yield from _of_url(f"[{place.path}]", str(place.value))
    for target in configuration.accession.targets:
        if target.host:
            yield Destination(f"[accession.targets] {target.name}", target.host, target.port)
    for partner in all_partners(transaction):
        for name in _OPTIONS:
            url = str(partner.options.get(name, ""))
            yield from _of_url(f"the partner {partner.agency}, {name}", url)
    for desk in all_workstations(transaction):
        if desk.printer.kind == "escpos":
            yield Destination(f"the printer of the desk {desk.name}", *desk.printer.host_and_port)


def _of_url(what: str, url: str) -> Iterator[Destination]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return
    scheme = parts.scheme.rpartition("+")[2]
    if scheme in _PORTS and parts.hostname:
        yield Destination(what, parts.hostname, _PORTS[scheme] if port is None else port)


def _addresses(wanted: set[tuple[str, int]]) -> Mapping[tuple[str, int], list[str]]:
    """Return the numeric addresses of each host that is resolved in time."""
    if not wanted:
        return {}
    threads = ThreadPoolExecutor(min(len(wanted), _THREADS), thread_name_prefix="tiro-resolve")
    asked = {threads.submit(resolve, *each): each for each in wanted}
    done, _ = wait(asked, timeout=_SECONDS)
    threads.shutdown(wait=False, cancel_futures=True)
    return {
        asked[each]: [address for _, (address, *_) in each.result()]
        for each in done
        if each.exception() is None
    }
