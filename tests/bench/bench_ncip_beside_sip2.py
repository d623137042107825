"""A SIP2 terminal that checks in beside one NCIP client that sends the worst documents in a loop.

`python -m tests.bench ncip_beside` starts a server of its own and measures, for each document, way
and caller, how long a check-in takes that is sent every few milliseconds: 50 ms at the p99 are the
most that is wanted. It ends by itself after some seconds for each.
"""

from __future__ import annotations

import multiprocessing
import socket
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from catalogue.database import migrate, open_database
from tests.bench.sip2_load import DATE, log_in
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.ncip.serving import running
from tests.protocols.sip2.terminals import PASSWORD

SECONDS, WARM_UP = 3.0, 0.5
#: Seconds from one check-in to the next.
PACE = 0.004
WANTED_P99 = 0.050
SECRET = "between us"
ITEMS = 500
LARGE = 1_900_000

_CONFIGURATION = """\
[database]
url = "{url}"
[http]
port = 0
[logging]
level = "error"
[sip2]
port = 0
[[sip2.accounts]]
login = "{login}"
password = "{password}"
branch = "DK-900101"
[ncip]
port = 0
[[ncip.partners]]
name = "DK-710100"
branch = "DK-900101"
shared_secret = "{secret}"
serves = ["*"]
more_services = ["LookupItemSet"]
"""


def _message(service: str, body: str, secret: str) -> bytes:
    return (
        '<NCIPMessage xmlns="http://www.niso.org/2008/ncip">'
        f"<{service}><InitiationHeader><FromAgencyId><AgencyId>DK-710100</AgencyId></FromAgencyId>"
        f"<FromAgencyAuthentication>{secret}</FromAgencyAuthentication>"
        "<ToAgencyId><AgencyId>DK-900100</AgencyId></ToAgencyId></InitiationHeader>"
        f"{body}</{service}></NCIPMessage>"
    ).encode()


def _filled(part: str, length: int) -> str:
    return part * (length // len(part))


def _item(number: int) -> str:
    return f"<ItemId><ItemIdentifierValue>I{number}</ItemIdentifierValue></ItemId>"


def documents(secret: str) -> dict[str, bytes]:
    """The worst that are known: two megabytes, and the largest that are read."""
    many = _filled(_item(1), LARGE)
    attributes = "<a" + _filled(" b=''", LARGE) + "/>"
    comments = _filled("<!-- -->", 250_000)
    page = "<MaximumItemsCount>500</MaximumItemsCount>"
    set_of_500 = "".join(map(_item, range(ITEMS))) + page
    return {
        "2 MB of ItemIds": _message("LookupItemSet", many, secret),
        "2 MB of tags": _message("LookupItem", _filled("<a/>", LARGE), secret),
        "2 MB of ampersands": _message("LookupItem", _filled("&", LARGE), secret),
        "2 MB of attributes": _message("LookupItem", attributes, secret),
        "2 MB of text": _message("LookupItem", _filled("x", LARGE), secret),
        "250 KB of text": _message("LookupItem", _item(1) + _filled("x", 250_000), secret),
        "250 KB of comments": _message("LookupItem", _item(1) + comments, secret),
        "32 KB of ampersands": _message("LookupItem", _filled("&", 32_000), secret),
        "500 items": _message("LookupItemSet", set_of_500, secret),
    }


def hammer(port: int, is_http: bool, document: bytes) -> None:
    """Sends the document over and over, on a new connection where the last was ended."""
    sent = document
    if is_http:
        head = b"POST /ncip HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(document)
        sent = head + document
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as connection:
            while True:
                connection.sendall(sent)
                received = b""
                while b"NCIPMessage>" not in received[-20:]:
                    piece = connection.recv(1 << 20)
                    if not piece:
                        raise ConnectionResetError
                    received = received[-40:] + piece


def check_ins(port: int, seconds: float) -> list[float]:
    """Seconds that each check-in took, sorted."""
    times = []
    with log_in(port) as connection:
        end, number = time.perf_counter() + seconds, 0
        while (begun := time.perf_counter()) < end:
            number += 1
            message = f"09N{DATE}{DATE}AP|AODK-900100|ABI{number % ITEMS}|AC|\r"
            connection.sendall(message.encode())
            assert connection.recv(4096).startswith(b"10")
            took = time.perf_counter() - begun
            times.append(took)
            time.sleep(max(0.0, PACE - took))
    return sorted(times)


def measure(ports: tuple[int, int, int], name: str, is_http: bool, document: bytes | None) -> bool:
    """Prints a line; whether it is as it is wanted."""
    sip2, http, tcp = ports
    sender: Any = None
    if document is not None:
        arguments = (http if is_http else tcp, is_http, document)
        sender = multiprocessing.Process(target=hammer, args=arguments, daemon=True)
        sender.start()
    try:
        check_ins(sip2, WARM_UP)
        times = check_ins(sip2, SECONDS)
    finally:
        if sender is not None:
            sender.terminate()
            sender.join()
    p99 = times[len(times) * 99 // 100]
    is_wanted = p99 <= WANTED_P99
    print(
        f"{name:44} {len(times):5} check-ins  p50 {times[len(times) // 2] * 1e3:7.2f} ms"
        f"  p99 {p99 * 1e3:7.2f} ms  most {times[-1] * 1e3:7.2f} ms"
        + ("" if is_wanted else "  ABOVE WHAT IS WANTED"),
        flush=True,
    )
    return is_wanted


def furnish(url: str) -> None:
    migrate(url)
    database = open_database(url)
    library = a_library(database)
    for number in range(ITEMS):
        an_item(library, f"I{number}")
    a_patron(library, "P1")
    database.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'tiro.sqlite'}"
        furnish(url)
        path = folder / "tiro.toml"
        path.write_text(
            _CONFIGURATION.format(
                url=url, login="kiosk", password=hashed(PASSWORD), secret=hashed(SECRET)
            )
        )
        module = "tests.bench.bench_ncip_beside_sip2"
        with running(module, path, folder / "server.log") as (line, _):
            sip2, http, tcp = map(int, line.split())
            ports = sip2, http, tcp
            measure(ports, "nobody beside", True, None)
            for who, secret in (("partner", SECRET), ("unproven", "guessed")):
                for what, document in documents(secret).items():
                    for is_http in (True, False):
                        way = "HTTP" if is_http else "TCP"
                        measure(ports, f"{who}, {way}: {what}", is_http, document)


def serve(path: Path) -> None:
    from protocols.hosting.logs import configure_logging
    from protocols.ncip.listener import standard as ncip
    from protocols.process.configuration import load_configuration
    from protocols.process.server import run
    from protocols.sip2.listener import standard as sip2

    standards: dict[str, Any] = {"ncip": ncip, "sip2": sip2}
    configuration = load_configuration(path, standards)
    configure_logging(configuration.logging.level)
    run(
        configuration,
        standards,
        lambda bound: print(bound.ports["sip2"][0], bound.http, bound.ports["ncip"][0], flush=True),
    )


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
