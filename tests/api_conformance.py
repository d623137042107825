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
from catalogue.database import migrate, open_database
from circulation.kernel.set_up import set_up_changed
from circulation.patrons.pins import hash_pin
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


def fill(url: str) -> str:
    """A library with people, things and somebody of the staff; gives a patron's card."""
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
        an_item(library, on_loan_to=card)
        an_item(library)
        return card
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


def draw(address: str, examples: int, *who: str, seed: int = 1) -> Tried:
    """Requests for each operation, by who is said to ask."""
    command = [
        *(
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            f"{address}/api/v1/openapi.json",
        ),
        *("--checks", ",".join(CHECKS), "--max-examples", str(examples), "--seed", str(seed)),
        *("--phases", "examples,coverage,fuzzing", "--no-color", "--warnings", "off"),
        *("--suppress-health-check", "all", *who),
    ]
    with tempfile.TemporaryDirectory() as folder:
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
        card = fill(url)
        address = stack.enter_context(serving(folder, url))
        number = 0
        for who in (as_staff(), as_patron(address, card)):
            tried = draw(address, asked.examples, *who, seed=asked.seed)
            number += tried.requests
            if not tried.is_good:
                print(tried.said)
                return 1
    print(f"{number} requests, nothing wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
