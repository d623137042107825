"""The API asked by schemathesis what its OpenAPI description says may be asked.

`python -m tests.api_conformance --examples 100 --database postgresql` starts a server on a small
library and draws that many requests for each operation, as staff and as a patron. It fails for a
server error, and for a status, a media type, headers or a body that the description does not have.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from catalogue.changes.accession import add_record
from catalogue.database import Transaction, migrate, open_database
from circulation.holds.placing import place_holds
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.holds.wishes import HoldWish
from circulation.kernel.set_up import set_up_changed
from circulation.patrons.identifiers import find_patron
from circulation.patrons.pins import hash_pin
from circulation.patrons.public_ids import public_ids
from circulation.staff.roles import HeldRole
from circulation.staff.settings import STAFF_SETTINGS
from tests.builders.accounts import a_colleague
from tests.builders.circulation import a_library, a_patron, an_item, present
from tests.crash.__main__ import a_postgresql
from tests.protocols.sru.stage import WORKS, a_record
from tests.servers import start_serving

#: What is checked of each answer.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
PASSWORD, PIN = "correct horse battery", "2468"
SETTINGS = "requests_per_second = 1000000\nburst = 1000000\n"  # [api] is the last section


class Tried(NamedTuple):
    """Whether nothing was wrong, how many requests were sent, and what schemathesis says."""

    is_good: bool
    requests: int
    said: str


class Filled(NamedTuple):
    """What is there to be named in requests."""

    card: str
    patron: str
    items: tuple[str, ...]
    hold: str

    def toml(self) -> str:
        """A configuration that has schemathesis name it, in most requests."""
        named = {
            "card": [self.card],
            "patron": [self.patron],
            "item": list(self.items),
            "hold": [self.hold],
            "title": ["1", "2"],
            "home": ["DK-900101", "DK-900102"],
            "words": ["soil", "water smith"],
        }
        bound = {
            "path.patron": "patron",
            "path.guardian": "patron",
            "path.item": "item",
            "path.hold": "hold",
            "path.title": "title",
            "query.q": "words",
            "body.patron": "patron",
            "body.card": "card",
            "body.item": "item",
            "body.text": "item",
            "body.title": "title",
            "body.home_branch": "home",
            "body.pickup_branch": "home",
        }
        lines = [
            f"[dictionaries.{name}]\nvalues = {json.dumps(each)}" for name, each in named.items()
        ]
        lines.append("[parameters]")
        lines += [
            f'"{where}" = {{ dictionary = "{name}", probability = 0.8 }}'
            for where, name in bound.items()
        ]
        return "\n".join(lines)


def fill(url: str) -> Filled:
    """A library with people, things and somebody of the staff."""
    database = open_database(url)
    try:
        library = a_library(database)
        library.now = present()
        library.write(
            lambda transaction: STAFF_SETTINGS.store(
                transaction, library.main.agency_id, {"known_networks": ["127.0.0.0/8"]}
            )
        )
        library.write(set_up_changed)
        a_colleague(library, "anna", HeldRole("administrator"), password=PASSWORD)
        for work in WORKS:
            library.write(
                lambda transaction, work=work: add_record(
                    transaction, a_record(*work), now=library.now, record_format="marc21"
                )
            )
        card = a_patron(library, pin_hash=hash_pin(PIN))
        items = an_item(library, on_loan_to=card), an_item(library), an_item(library)
        wish = HoldWish(card, [Wanted(item=items[2])])

        def placing(transaction: Transaction) -> str:
            placed = place_holds(library.act(transaction), wish)
            assert isinstance(placed, HoldsPlaced)
            return str(placed.holds[0].hold.id)

        def public(transaction: Transaction) -> str:
            found = find_patron(transaction, card)
            assert found is not None
            return public_ids(library.circulation, transaction).shown(found)

        return Filled(card, library.read(public), items, library.write(placing))
    finally:
        database.close()


@contextmanager
def serving(folder: Path, url: str) -> Iterator[str]:
    """The address of a server on that database."""
    server = start_serving(folder, url, more=SETTINGS)
    try:
        yield f"http://127.0.0.1:{server.http}"
    finally:
        server.stop()


def draw(
    address: str,
    examples: int,
    *who: str,
    filled: Filled,
    seed: int = 1,
    phases: str = "coverage,fuzzing",
) -> Tried:
    """Requests for each operation, by who is said to ask."""
    command = [
        *(
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            f"{address}/api/v1/openapi.json",
        ),
        *("--checks", ",".join(CHECKS), "--max-examples", str(examples), "--seed", str(seed)),
        *("--phases", phases, "--no-color", "--warnings", "off"),
        # A stream of events does not end.
        *("--suppress-health-check", "all", "--exclude-operation-id", "follow_lists", *who),
    ]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "schemathesis.toml").write_text(filled.toml())
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=folder, timeout=3_600
        )
    said = done.stdout + done.stderr
    sent = re.search(r"([\d,]+) generated", said)
    return Tried(done.returncode == 0, int(sent[1].replace(",", "")) if sent else 0, said)


def as_staff_header() -> dict[str, str]:
    """The same, for a client of one's own."""
    pair = base64.b64encode(f"anna:{PASSWORD}".encode()).decode()
    return {"authorization": f"Basic {pair}"}


def as_staff() -> tuple[str, ...]:
    return ("--auth", f"anna:{PASSWORD}")


def as_patron(address: str, card: str) -> tuple[str, ...]:
    """A patron's token, for what patrons do."""
    body = json.dumps({"card": card, "pin": PIN, "give": "token"}).encode()
    request = urllib.request.Request(
        f"{address}/api/v1/self/sessions", body, {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        token = json.load(answer)["token"]
    return ("--header", f"Authorization: Bearer {token}", "--include-tag", "self")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'tiro.sqlite'}"
        if asked.database == "postgresql":
            url = stack.enter_context(a_postgresql())
        migrate(url)
        filled = fill(url)
        address = stack.enter_context(serving(folder, url))
        number = 0
        for who in (as_staff(), as_patron(address, filled.card)):
            tried = draw(address, asked.examples, *who, filled=filled, seed=asked.seed)
            number += tried.requests
            if not tried.is_good:
                print(tried.said)
                return 1
    print(f"{number} requests, nothing wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
