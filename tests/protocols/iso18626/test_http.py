"""A server process with ISO 18626 alone: a request comes in by POST, and its answer goes out."""

from __future__ import annotations

import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from catalogue.database import open_database
from circulation.patrons.pins import hash_pin
from protocols.iso18626.codec import (
    confirmation_of,
    decode,
    decode_confirmation,
    encode,
    encode_confirmation,
)
from protocols.iso18626.codes import Status, Version
from protocols.iso18626.messages import Message, SupplyingAgencyMessage
from tests.builders.circulation import a_library
from tests.protocols.iso18626.schemas import Schemas
from tests.protocols.iso18626.stage import ODENSE, Stage, a_partner, a_title
from tests.protocols.ncip.serving import running
from tests.servers import LOOPBACK_ALLOWED

SECRET = "open sesame"


@contextmanager
def a_requester() -> Iterator[tuple[str, SimpleQueue[Message]]]:
    """A system that confirms whatever comes: its address, and what has come."""
    heard: SimpleQueue[Message] = SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = decode(self.rfile.read(int(self.headers["Content-Length"]))).message
            heard.put(message)
            now = message.header.timestamp
            assert now is not None
            said = confirmation_of(
                "supplyingAgencyMessage", message.header, timestamp=now, timestamp_received=now
            )
            document = encode_confirmation(said, Version.V1_2)
            self.send_response(200)
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def posted(url: str, document: bytes, **headers: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, document, headers)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_request_comes_in_and_its_answer_goes_out(
    sqlite_url: str, tmp_path: Path, schemas: Schemas
) -> None:
    stage = Stage(a_library(open_database(sqlite_url)), schemas)
    a_title(stage.library)
    with a_requester() as (address, heard):
        a_partner(
            stage.library, shared_secret=hash_pin(SECRET), addresses=["127.0.0.1"], address=address
        )
        request = encode(stage.request(), Version.V1_2)
        stage.close()
        path = tmp_path / "tiro.toml"
        path.write_text(
            f'[database]\nurl = "{sqlite_url}"\n[http]\nport = 0\n'
            "[iso18626]\ntell_seconds = 0.05\n" + LOOPBACK_ALLOWED,
            encoding="utf-8",
        )
        module = "tests.protocols.iso18626.test_http"
        with running(module, path, tmp_path / "server.log") as (line, _):
            url = f"http://127.0.0.1:{int(line)}/iso18626"
            assert posted(url, request)[0] == 401
            assert posted(f"{url}/guess", request)[0] == 401
            status, document = posted(f"{url}/open%20sesame", request)
            said = decode_confirmation(document)
            assert said is not None
            assert (status, said.error) == (200, None)
            answer = heard.get(timeout=15)
            assert isinstance(answer, SupplyingAgencyMessage)
            assert answer.status is Status.WILL_SUPPLY
            assert answer.header.requesting_agency_id is not None
            assert answer.header.requesting_agency_id.agency_id_value == ODENSE
            # 100 MB are refused by their length alone.
            assert posted(url, b"", **{"Content-Length": "104857600"})[0] == 413
            assert posted(url, b"<no>")[0] == 200


def main(path: Path) -> None:
    from protocols.iso18626.listener import standard
    from protocols.process.configuration import load_configuration
    from protocols.process.server import run

    standards: dict[str, Any] = {"iso18626": standard}
    run(
        load_configuration(path, standards),
        standards,
        lambda bound: print(bound.http, flush=True),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
