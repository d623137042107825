"""The HTTP API: what a loan costs the process beside one over SIP2, and a patron's first screen.

No socket and no reactor: bytes of HTTP go into the channels of a site and come out of them, on
connections that are kept. As in `bench_sip2_message`, each figure is the CPU of all threads for a
message of `TERMINALS` at once, commits to a file of SQLite included, the median of the quickest
half of many rounds; the two are measured in turns.
"""

from __future__ import annotations

import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.task import Clock
from twisted.web.resource import Resource

from catalogue.database import open_database
from circulation.kernel.act import Act
from circulation.kernel.organisation import find_branch
from circulation.kernel.results import UNATTENDED
from circulation.kernel.set_up import set_up_changed
from circulation.loans.lending import check_out
from circulation.loans.wishes import LoanWish
from circulation.patrons.identifiers import find_patron
from circulation.patrons.public_ids import public_ids
from circulation.staff.settings import STAFF_SETTINGS
from circulation.staff.signing_in import sign_in
from protocols.api.handlers import Api
from protocols.api.http import ApiResource
from protocols.api.settings import ApiSettings
from protocols.api.streams import Streams
from protocols.hosting.http_channel import EndingSite
from protocols.hosting.requests import BoundedRequest
from tests.bench.bench_sip2_message import ROUNDS, TERMINALS, WARMING, Process, begun
from tests.bench.sip2_load import cycle, furnish
from tests.builders.accounts import PASSWORD, Credentials, a_colleague
from tests.builders.circulation import Library, a_patron, an_item, present
from tests.protocols.hosting.test_brief_requests import Client

#: Loans of the patron whose first screen is shown.
LOANS = 500
SCREENS = 200
_KEYS = itertools.count()


class Desks:
    """`TERMINALS` desks, each on a connection of its own, signed in by a token."""

    def __init__(self, process: Process, token: str) -> None:
        self._process = process
        api = Api(ApiSettings(requests_per_second=1e9, burst=10**9), process.services)
        root = Resource()  # type: ignore[no-untyped-call]
        root.putChild(b"api", ApiResource(api, Streams(process.services, Clock().callLater)))  # type: ignore[no-untyped-call]
        self._site = EndingSite(root, requestFactory=BoundedRequest, timeout=120, reactor=Clock())
        self._clients = [Client(self._site) for _ in range(TERMINALS)]
        self._token = token

    def request(self, method: str, path: str, body: Any = None) -> bytes:
        sent = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} /api/v1{path} HTTP/1.1\r\nHost: tiro\r\nAccept: application/json\r\n"
            f"Authorization: Bearer {self._token}\r\nIdempotency-Key: {next(_KEYS):020}\r\n"
        )
        if sent:
            head += f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n"
        return head.encode() + b"\r\n" + sent

    def ask(self, requests: Sequence[bytes]) -> list[bytes]:
        """One request of each desk, all at once; their answers."""
        clients = self._clients[: len(requests)]
        for client, request in zip(clients, requests, strict=True):
            client.channel.dataReceived(request)
        while not all(client.transport.value() for client in clients):
            self._process._calls.get(timeout=20)()
        answers = [client.transport.value() for client in clients]
        for client in clients:
            client.transport.clear()
        return answers


def cost_of(work: Callable[[], object], number: int = TERMINALS) -> float:
    """Microseconds of CPU for each of them."""
    before = time.process_time()
    work()
    return (time.process_time() - before) / number * 1e6


def quick(costs: Sequence[float]) -> float:
    """The median of the quicker half."""
    return statistics.median(sorted(costs)[: max(1, len(costs) // 2)])


def the_library(url: str) -> Library:
    """The one that `furnish` has begun."""
    database = open_database(url)

    def branches(transaction: Any) -> Any:
        return [find_branch(transaction, isil=each) for each in ("DK-900101", "DK-900102")]

    library = Library(database, *database.read(branches).result())
    library.now = present()
    return library


def signed_in(library: Library, role: str = "librarian") -> str:
    """The token of somebody of the staff in that role."""

    def settings(transaction: Any) -> None:
        its = library.main.agency_id
        STAFF_SETTINGS.store(transaction, its, {"known_networks": ["127.0.0.0/8"]})
        set_up_changed(transaction)

    library.write(settings)
    a_colleague(library, "anna", role)
    given = Credentials("anna", PASSWORD, "127.0.0.1")

    def signing(transaction: Any) -> Any:
        return sign_in(Act(transaction, library.circulation, UNATTENDED, library.now), given)

    token: str = library.write(signing).token
    return token


def furnished(url: str) -> tuple[str, str]:
    """Somebody of the staff, signed in, and a patron with many loans; the token and the patron."""
    library = the_library(url)
    token = signed_in(library)
    card = a_patron(library, "MANY")
    barcodes = [an_item(library, f"MANY{number}") for number in range(LOANS)]

    def lending(transaction: Any) -> None:
        for barcode in barcodes:
            check_out(library.act(transaction), LoanWish(card, barcode))

    library.write(lending)

    def public(transaction: Any) -> str:
        found = find_patron(transaction, card)
        assert found is not None
        return public_ids(library.circulation, transaction).shown(found)

    shown = library.read(public)
    library.database.close()
    return token, shown


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        urls = [f"sqlite:///{folder}/{name}.sqlite" for name in ("sip2", "api")]
        for url in urls:
            furnish(url, TERMINALS)
        token, patron = furnished(urls[1])
        machines, process = begun(urls[0]), begun(urls[1])
        desks = Desks(process, token)
        lending = [cycle(number)[3] for number in range(TERMINALS)]
        returning = [cycle(number)[4] for number in range(TERMINALS)]
        costs: dict[str, list[float]] = {"SIP2 11 checkout": [], "POST /checkouts": []}
        costs |= {"SIP2 09 checkin": [], "POST /checkins": []}
        for _ in range(WARMING + ROUNDS):
            costs["SIP2 11 checkout"].append(cost_of(lambda: machines.ask(lending)))
            loans = [
                desks.request("POST", "/checkouts", {"card": f"P{number}", "item": f"I{number}"})
                for number in range(TERMINALS)
            ]
            costs["POST /checkouts"].append(cost_of(lambda loans=loans: desks.ask(loans)))
            costs["SIP2 09 checkin"].append(cost_of(lambda: machines.ask(returning)))
            returns = [
                desks.request("POST", "/checkins", {"item": f"I{number}"})
                for number in range(TERMINALS)
            ]
            costs["POST /checkins"].append(cost_of(lambda back=returns: desks.ask(back)))
        middles = {name: quick(each[WARMING:]) for name, each in costs.items()}
        for name, middle in middles.items():
            print(f"{name:18} {middle:6.0f} us", flush=True)
        times = middles["POST /checkouts"] / middles["SIP2 11 checkout"]
        print(f"{'a loan, times':18} {times:6.2f}")
        screens = []
        for _ in range(SCREENS):
            asked = [desks.request("GET", f"/patrons/{patron}")]
            screens.append(cost_of(lambda asked=asked: desks.ask(asked), 1))
        (answer,) = desks.ask([desks.request("GET", f"/patrons/{patron}")])
        assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
        print(f"first screen, {LOANS} loans {quick(screens) / 1000:6.2f} ms", flush=True)
        machines.close()
        process.close()


if __name__ == "__main__":
    main()
