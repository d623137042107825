"""A whole server: what it sends by itself, and receipts that are pushed to it over mutual TLS."""

from __future__ import annotations

import http.client
import json
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from catalogue.database import Transaction, open_database
from circulation.kernel.engine import Circulation
from circulation.kernel.results import UNATTENDED
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from circulation.notices.requests import NoticeRequest, request_notice
from circulation.patrons.identifiers import IDENTIFIERS, find_patron
from protocols.commands.command_line import tiro
from protocols.digital_post.memo.messages import MemoVersion
from protocols.digital_post.memo.writing import write_memo
from protocols.hosting.standard import installed_standards
from protocols.process.configuration import load_configuration
from tests.builders.circulation import a_library, a_patron
from tests.builders.digital_post import CPR, CVR, a_memo, a_push
from tests.processes import start
from tests.protocols.digital_post.certificates import Authority, Pem
from tests.protocols.digital_post.platform import Platform
from tests.protocols.digital_post.sending import give_number
from tests.servers import free_ports

CONFIGURATION = """
[database]
url = "{database}"
[circulation]
identifier_key = "{hexadecimal}"
seal_key = "{hexadecimal}"
[http]
port = {port}
[http.tls]
certificate = "{server.certificate}"
key = "{server.key}"
client_ca = "{authority}"
client_certificates = "wanted"
plain = false
[sip2]
enabled = false
[z3950]
enabled = false
[outgoing]
allow = ["127.0.0.0/8"]
[notices]
every = 0.2
[notices.channels.digital_post]
driver = "digital_post"
environment = "test"
cvr = "{cvr}"
sender = "Byens Bibliotek"
certificate = "{own.certificate}"
key = "{own.key}"
authorities = "{authority}"
url = "{platform}"
issue_url = "{platform}/runtime/api/rest/wstrust/v1/issue"
callers = ["Beskedfordeler"]
"""
Commands = Callable[..., Any]


@pytest.fixture
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture
def configuration(
    database_url: str, tmp_path: Path, platform: Platform, own: Pem, authority: Authority, port: int
) -> Path:
    """A library with P1, who is to be told something, and its configuration."""
    path = tmp_path / "tiro.toml"
    path.write_text(
        CONFIGURATION.format(
            database=database_url,
            hexadecimal="5a" * 32,
            port=port,
            server=authority.signed("server"),
            authority=authority.file,
            own=own,
            platform=platform.url,
            cvr=CVR,
        )
    )
    database = open_database(database_url)
    library = a_library(database)
    keys = load_configuration(path, installed_standards()).circulation.identifiers
    library.circulation = Circulation({IDENTIFIERS: keys})
    a_patron(library, "P1")
    give_number(library, "P1", CPR)
    platform.enrolled = {("digitalpost", CPR)}

    def work(transaction: Transaction) -> None:
        patron_id = find_patron(transaction, "P1")
        assert patron_id is not None
        request_notice(
            library.act(transaction, UNATTENDED),
            NoticeRequest(
                patron_id=patron_id,
                kind=NoticeKind.STAFF,
                cause=Cause(key="1"),
                facts={"text": "Din bog er klar."},
                channels=("digital_post",),
            ),
        )

    library.write(work)
    database.close()
    return path


@pytest.fixture
def commands(configuration: Path) -> Commands:
    """Runs a command and gives what it printed."""

    def run(*arguments: str, code: int = 0) -> Any:
        result = CliRunner().invoke(tiro, ["--config", str(configuration), *arguments, "--json"])
        assert result.exit_code == code, result.output
        return json.loads(result.output)

    return run


@pytest.fixture
def server(configuration: Path, port: int) -> Iterator[Path]:
    """A process; gives its log."""
    log = configuration.with_name("server.log")
    process = start(
        "protocols.commands.command_line", "--config", str(configuration), "serve", errors=log
    )
    try:
        yield log
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def pushed(
    port: int, authority: Authority, caller: Pem | None, body: bytes, patience: float = 60
) -> tuple[int, bytes]:
    """What a call with that certificate is answered."""
    context = ssl.create_default_context(cafile=authority.file)
    if caller is not None:
        context.load_cert_chain(caller.certificate, caller.key)
    end = time.monotonic() + patience
    while True:
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
        try:
            connection.request(
                "POST", "/notices/digital_post", body, {"content-type": "application/xml"}
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        finally:
            connection.close()


def until(found: Callable[[], Any], patience: float = 20) -> Any:
    end = time.monotonic() + patience
    while not (value := found()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)
    return value


def test_from_the_notice_to_the_receipt(
    server: Path,
    commands: Commands,
    platform: Platform,
    authority: Authority,
    port: int,
) -> None:
    (taken,) = until(lambda: platform.taken)
    header = taken.message.message_header
    names = (header.message_uuid, header.message_id)
    delivered = a_push("e1", *names, "Afleveret Digital Post")
    assert pushed(port, authority, None, delivered)[0] == 403
    assert pushed(port, authority, authority.signed("Stranger"), delivered)[0] == 403
    (entry,) = commands("notices", "--patron", "P1")["messages"]
    assert (entry["state"], entry["receipts"]) == ("sent", [])

    caller = authority.signed("Beskedfordeler")
    for event, status in (("e0", "Modtaget Digital Post"), ("e1", "Afleveret Digital Post")):
        answered, body = pushed(port, authority, caller, a_push(event, *names, status))
        assert (answered, b"<sagdok:StatusKode>20<" in body) == (200, True)
    assert pushed(port, authority, caller, b"<nothing/>")[0] == 400
    (entry,) = commands("notices", "--patron", "P1")["messages"]
    assert (entry["channel"], entry["address"], entry["state"]) == (
        "digital_post",
        "010111-xxxx",
        "delivered",
    )
    assert {each["status"] for each in entry["receipts"]} == {
        "Modtaget Digital Post",
        "Afleveret Digital Post",
    }
    assert len(platform.taken) == 1
    text = server.read_text()
    assert CPR not in text
    assert "Traceback" not in text


def test_commands(
    commands: Commands, platform: Platform, configuration: Path, tmp_path: Path
) -> None:
    (said,) = commands("digital-post", "check")
    assert (said["channel"], said["sends"], said["problem"]) == (
        "digital_post",
        "digital_post",
        "",
    )
    assert platform.calls_of("AccessTokenService_1/token") == 1
    assert platform.calls_of("kombi") == 0

    unknown = tmp_path / "unknown.xml"
    unknown.write_bytes(a_push("e9", "8c2ea15d-61fb-4ba9-9366-42f8b194c114", "7", "Fejlet"))
    broken = tmp_path / "broken.xml"
    broken.write_bytes(b"<broken")
    for _ in range(2):
        said = commands("digital-post", "take", str(unknown), str(broken), code=1)
        assert [each["problem"] for each in said] == [
            "",
            "the document is no well-formed XML",
        ]
    (receipt,) = commands("digital-post", "receipts", "--unknown")["receipts"]
    assert (receipt["status"], receipt["notice"]) == ("Fejlet", None)

    right, wrong = tmp_path / "right.xml", tmp_path / "wrong.xml"
    right.write_bytes(write_memo(a_memo(), MemoVersion.V1_2))
    wrong.write_bytes(right.read_bytes().replace(b"Saldo.pdf", b"Sa/do.pdf"))
    first, second = commands("digital-post", "memo", str(right), str(wrong), code=1)
    assert (first["version"], first["problems"]) == ("1.2", [])
    assert second["problems"] == [
        "memo:filename holds a character that names of files may not have"
    ]

    text = configuration.read_text()
    configuration.write_text(text.replace(f'cvr = "{CVR}"', 'cvr = "87654321"'))
    (said,) = commands("digital-post", "check", code=1)
    assert said["problem"] == "token-400: the token service refuses us"
    configuration.write_text(text.replace("seal_key", "# seal_key"))
    (said,) = commands("digital-post", "check", code=1)
    assert said["problem"] == "[circulation] seal_key is not set"
