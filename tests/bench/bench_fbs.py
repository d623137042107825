"""FBS: what the page of a patron costs the process, which a web site shows at every click.

It is four requests: the patron, 50 loans, reservations and fees, on connections that are kept, by
the session of a site. As in `bench_api`, without a socket and a reactor; each figure is the CPU of
all threads, the median of the quicker half of many page views.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import Any

from twisted.web.resource import Resource

from catalogue.database import open_database
from circulation.kernel.organisation import find_branch
from circulation.kernel.rights import Right, at_command_line
from circulation.loans.lending import check_out
from circulation.loans.wishes import LoanWish
from circulation.patrons.identifiers import find_patron
from circulation.patrons.public_ids import public_ids
from circulation.staff.programs import NewProgram, access_token, add_program
from circulation.staff.results import SignedIn
from protocols.fbs.handlers import Fbs
from protocols.fbs.http import FbsResource
from protocols.fbs.settings import FbsSettings
from protocols.hosting.http_channel import EndingSite
from protocols.hosting.requests import BoundedRequest
from tests.bench.bench_api import cost_of, quick
from tests.bench.bench_sip2_message import Process, begun
from tests.bench.sip2_load import furnish
from tests.builders.circulation import Library, a_patron, an_item, present
from tests.builders.fees import charge
from tests.builders.holds import a_hold
from tests.protocols.fbs.stage import at_once
from tests.protocols.hosting.test_brief_requests import Client

LOANS, RESERVATIONS, FEES = 50, 5, 3
VIEWS = 150
#: At most so many milliseconds for the four together.
AIM = 4.0
_RIGHTS = (Right.VIEW_PATRONS, Right.LEND, Right.TAKE_FEES, Right.EDIT_PATRONS)


class Site:
    """A web site on a connection of its own."""

    def __init__(self, process: Process, session: str) -> None:
        self._process = process
        fbs = Fbs(FbsSettings(enabled=True), process.services, at_once)
        root = Resource()  # type: ignore[no-untyped-call]
        root.putChild(b"external", FbsResource(fbs))  # type: ignore[no-untyped-call]
        self._client = Client(EndingSite(root, requestFactory=BoundedRequest, timeout=120))
        self._session = session

    def ask(self, paths: Sequence[str]) -> list[bytes]:
        """The answers, one after the other."""
        answers = []
        for path in paths:
            head = f"GET /external/{path} HTTP/1.1\r\nHost: tiro\r\nX-Session: {self._session}\r\n"
            self._client.channel.dataReceived(head.encode() + b"\r\n")
            while not self._client.transport.value():
                self._process._calls.get(timeout=20)()
            answers.append(self._client.transport.value())
            self._client.transport.clear()
        return answers


def furnished(url: str, patrons: int = 1) -> tuple[str, list[int]]:
    """The session of a site, and the numbers of patrons of whom there is something to show."""
    database = open_database(url)

    def branches(transaction: Any) -> Any:
        return [find_branch(transaction, isil=each) for each in ("DK-900101", "DK-900102")]

    library = Library(database, *database.read(branches).result())
    library.now = present()
    numbers = [_patron_of_many(library, f"MANY{each}-") for each in range(patrons)]

    def work(transaction: Any) -> str:
        act = library.act(transaction)
        new = NewProgram("site", library.main.id, _RIGHTS, requests_per_minute=10**9)
        made = add_program(act, at_command_line("bench", ""), new)
        signed = access_token(act, made.client_id, made.secret, "192.0.2.1")
        assert isinstance(signed, SignedIn)
        return signed.token

    session = library.write(work)
    database.close()
    return session, numbers


def _patron_of_many(library: Library, name: str) -> int:
    card = a_patron(library, name, email="ida@example.org", phone="+4522334455")
    barcodes = [an_item(library, f"{name}{number}") for number in range(LOANS)]
    for number in range(RESERVATIONS):
        a_hold(library, card, an_item(library, f"{name}HELD{number}"))
    for _ in range(FEES):
        charge(library, card, 2000)

    def lend(transaction: Any) -> int:
        for barcode in barcodes:
            check_out(library.act(transaction), LoanWish(card, barcode))
        patron_id = find_patron(transaction, card) or 0
        return public_ids(library.circulation, transaction).number(patron_id)

    return library.write(lend)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/fbs.sqlite"
        furnish(url, 1)
        session, [number] = furnished(url)
        process = begun(url)
        site = Site(process, session)
        paths = {
            "patron": f"DK-900100/patrons/{number}/v4",
            f"{LOANS} loans": f"DK-900100/patrons/{number}/loans/v2",
            f"{RESERVATIONS} reservations": f"v1/DK-900100/patrons/{number}/reservations/v2",
            f"{FEES} fees": f"DK-900100/patron/{number}/fees/v2?includenonpayable=true",
        }
        for path, answer in zip(paths, site.ask([*paths.values()]), strict=True):
            assert answer.startswith(b"HTTP/1.1 200"), (path, answer[:300])
        together = 0.0
        for name, path in paths.items():
            costs = [cost_of(lambda path=path: site.ask([path]), 1) for _ in range(VIEWS)]
            print(f"{name:18} {quick(costs) / 1000:6.2f} ms", flush=True)
            together += quick(costs) / 1000
        print(f"{'a page of a patron':18} {together:6.2f} ms, aim {AIM}", flush=True)
        process.close()


if __name__ == "__main__":
    main()
