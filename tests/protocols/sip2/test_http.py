"""SIP2 over HTTPS on a real server, by clients that write the XML and read the answers by hand."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from catalogue.database import open_database
from protocols.hosting.requests import BODY_BYTES
from tests.builders.certificates import Authority
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.sip2.serving import Serving, serving
from tests.protocols.sip2.terminals import PASSWORD, with_checksum

AGENCY = "/rest/sip2/DK-900100"
#: As a kiosk in wide use writes it, from a template.
DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ns1:sip password="{password}" login="{login}" '
    'xsi:schemaLocation="http://axiell.com/Schema/sip.xsd" '
    'xmlns:ns1="http://axiell.com/Schema/sip.xsd" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
    "  <request>{message}</request>\n</ns1:sip>\n"
)
DATE = "20261130    091500"


def document(message: str, login: str = "kiosk", password: str = PASSWORD) -> bytes:
    return DOCUMENT.format(message=message, login=login, password=password).encode()


class Kiosk:
    """A client that keeps its connection, or opens one for each message."""

    def __init__(self, port: int, keeps: bool = True, tls: ssl.SSLContext | None = None) -> None:
        self._port, self._keeps, self._tls = port, keeps, tls
        self._line = self._open()

    def _open(self) -> http.client.HTTPConnection:
        if self._tls is not None:
            return http.client.HTTPSConnection(
                "127.0.0.1", self._port, timeout=20, context=self._tls
            )
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)

    def post(
        self, body: bytes, path: str = AGENCY, method: str = "POST", **headers: str
    ) -> tuple[int, str]:
        """The status, and the document."""
        sent = {"User-Agent": "kiosk", "Content-Type": "application/xml"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if not self._keeps:
            self._line.close()
            self._line = self._open()
            sent["Connection"] = "close"
        self._line.request(method, path, body, sent)
        answer = self._line.getresponse()
        assert answer.headers["content-type"] == "application/xml;charset=UTF-8"
        return answer.status, answer.read().decode()

    def ask(self, message: str, **options: Any) -> str:
        """The message that answers, found as kiosks find it: by the tags, not as XML."""
        status, answered = self.post(document(message, **options))
        found = re.search("<response>(.*)</response>", answered)
        assert status == 200
        assert found is not None, answered
        return unescape(found[1])

    def error(self, body: bytes, **options: str) -> tuple[int, str]:
        status, answered = self.post(body, **options)
        found = re.search("<error>(.*)</error>", answered)
        assert found is not None, answered
        return status, unescape(found[1])


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server over a library of a patron and a hundred items, which is lent by anybody."""
    folder = tmp_path_factory.mktemp("sip2-https")
    path = folder / "tiro.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{path}")
    library = a_library(database)
    a_patron(library, "P1", pin_hash=hashed("1234"), family_name="Ørsted & Søn")
    for number in range(100):
        an_item(library, f"I{number}", title=f"Bøg {number} <&>")
    database.close()
    with serving(
        f"sqlite:///{path}",
        folder / "server.log",
        https=True,
        http={"port": 0},
        account={"language": "en"},
    ) as running:
        yield running


@pytest.fixture
def kiosk(server: Serving) -> Kiosk:
    return Kiosk(server.http)


ITEMS = iter(f"I{number}" for number in range(100))


@pytest.mark.parametrize("keeps", [True, False], ids=["keep-alive", "a connection each"])
def test_an_evening_at_the_kiosk(server: Serving, keeps: bool) -> None:
    kiosk, item = Kiosk(server.http, keeps), next(ITEMS)
    assert kiosk.ask("990xxx2.00").startswith("98YYYYYY")
    known = kiosk.ask(f"23009{DATE}|AODK-900100|AAP1|AC|AD1234|")
    assert "BLY|CQY|" in known
    assert "Ørsted & Søn" in known
    lent = kiosk.ask(f"11NN{DATE}{DATE}|AODK-900100|AAP1|AB{item}|AC|CH|AD1234|")
    assert lent.startswith("121N")
    assert "<&>" in lent
    listed = kiosk.ask(f"63009{DATE}  Y      |AODK-900100|AAP1|AC|AD1234|")
    assert f"AU{item}|" in listed
    back = kiosk.ask(f"09N{DATE}{DATE}|APhb|AODK-900100|AB{item}|AC|CH|")
    assert back.startswith("101Y")


def test_the_same_message_again_is_done_once(kiosk: Kiosk, server: Serving) -> None:
    item = next(ITEMS)
    lending = f"11NN{DATE}{DATE}|AODK-900100|AAP1|AB{item}|AC|CH|AD1234|"
    first = kiosk.ask(lending)
    assert first.startswith("121N")
    assert kiosk.ask(lending) == first
    assert Kiosk(server.http, keeps=False).ask(lending) == first
    later = f"11NN{DATE[:-1]}9{DATE}|AODK-900100|AAP1|AB{item}|AC|CH|AD1234|"
    assert kiosk.ask(later).startswith("120N")


def test_a_message_with_error_detection_is_answered_so(kiosk: Kiosk) -> None:
    asked = with_checksum(b"9900802.00", 3).decode()
    assert re.search(r"AY3AZ[0-9A-F]{4}\Z", kiosk.ask(asked))
    assert kiosk.ask(asked[:-4] + "0000") == "96AZFEF6"


def test_what_stands_around_a_message_does_not_matter(kiosk: Kiosk) -> None:
    plain = document("9900802.00")
    shapes = [
        plain.replace(b"\n", b"\r\n"),
        plain.replace(b"<request>", b"<request>\r\n   ").replace(b"</request>", b"\r</request>"),
        plain.replace(b"<request>", b"<request><![CDATA[").replace(b"</request>", b"]]></request>"),
        plain.replace(b"<request>", b"<ns1:request>").replace(b"</request>", b"</ns1:request>"),
        plain.replace(b"UTF-8", b"ISO-8859-1"),
        b"\xef\xbb\xbf" + plain,
        plain.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    ]
    for shape in shapes:
        status, answered = kiosk.post(shape, Content_Type="text/plain")
        assert status == 200
        assert "<response>98Y" in answered


TOO_MANY = "<request>9900802.00</request><request>9900802.00</request>"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "not well-formed"),
        (b"9900802.00", 400, "not well-formed"),
        (document("9900802.00")[:-9], 400, "not well-formed"),
        (b"<sip login='kiosk' password='x'><request>99</request></sip>", 400, "not an element sip"),
        (document("").replace(b"<request></request>", TOO_MANY.encode()), 400, "one element"),
        (document("<b>9900802.00</b>"), 400, "one element"),
        (document("9900802.00").replace(b"request>", b"response>"), 400, "one element"),
        (b"<!DOCTYPE a [<!ENTITY e 'x'>]>" + document("&e;").partition(b"\n")[2], 400, "DTD"),
        (document("x" * 70_000), 400, "longer than"),
        (document(""), 200, "is empty"),
        (document("9900802.00\n9900802.00"), 200, "more than one line"),
        (document("9900802.00", login=""), 200, "must be given"),
        (document("9900802.00", password=""), 200, "must be given"),
        (document("9900802.00", login="k" * 300), 200, "too long"),
        (document("9900802.00", password="wrong"), 200, "wrong"),
        (document("9900802.00", login="nobody"), 200, "wrong"),
        (document("63009" + "9" * 9000), 200, "too long"),
        (document("11NN2026"), 200, "cut short"),
        (document("77"), 200, "no such message"),
        (document("98YYYYYY"), 200, "no such message"),
        (document("97"), 200, "Nothing is repeated"),
    ],
)
def test_what_is_wrong_is_said(kiosk: Kiosk, body: bytes, status: int, said: str) -> None:
    found, text = kiosk.error(body)
    assert (found, said in text) == (status, True), text
    assert PASSWORD not in text
    assert kiosk.ask("9900802.00").startswith("98Y")


def test_the_address_names_the_agency_of_the_login(kiosk: Kiosk) -> None:
    for isil in ("DK-900100", "dk-900100", "DK-900101", "DK-900100/"):
        assert kiosk.post(document("9900802.00"), f"/rest/sip2/{isil}")[0] == 200
    item = next(ITEMS)
    lending = document(f"11NN{DATE}{DATE}|AODK-900100|AAP1|AB{item}|AC|CH|AD1234|")
    assert kiosk.error(lending, path="/rest/sip2/DK-900200") == (
        200,
        "The address does not name the agency of this login.",
    )
    assert kiosk.ask(f"17{DATE}|AODK-900100|AB{item}|").startswith("1803")
    for path in ("/rest", "/rest/sip2", "/rest/other/DK-900100", "/rest/sip2/DK-900100/more"):
        assert kiosk.error(lending, path=path)[0] == 404
    assert kiosk.error(b"", method="GET")[0] == 405


def test_what_is_far_too_long_is_not_even_read(server: Serving) -> None:
    with socket.create_connection(("127.0.0.1", server.http), 20) as line:
        head = f"POST {AGENCY} HTTP/1.1\r\nHost: x\r\nContent-Length: {BODY_BYTES * 25}\r\n\r\n"
        line.sendall(head.encode())
        assert line.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_who_guesses_must_wait_and_nobody_else(server: Serving) -> None:
    """The same counts as over TCP, of the address for which a forwarder speaks."""
    kiosk = Kiosk(server.http)
    guess = document("9900802.00", password="a guess")
    guesser = {"X_Forwarded_For": "198.51.100.1, 203.0.113.9", "X_Forwarded_Proto": "https"}
    said = [kiosk.error(guess, **guesser)[1] for _ in range(14)]
    assert "wait a minute" in said[-1]
    assert "wait a minute" in kiosk.error(document("9900802.00"), **guesser)[1]
    assert kiosk.ask("9900802.00").startswith("98Y")


def test_in_clear_it_is_spoken_on_this_host_alone(kiosk: Kiosk) -> None:
    asked = document("9900802.00")
    assert kiosk.error(asked, X_Forwarded_Proto="http")[0] == 403
    assert kiosk.error(asked, X_Forwarded_For="203.0.113.9")[0] == 403
    assert kiosk.post(asked, X_Forwarded_Proto="HTTPS")[0] == 200


def test_no_secret_is_logged(kiosk: Kiosk, tmp_path_factory: pytest.TempPathFactory) -> None:
    kiosk.ask(f"23009{DATE}|AODK-900100|AAP1|AC|AD1234|")
    log = next(tmp_path_factory.getbasetemp().glob("sip2-https*/server.log"))
    logged = log.read_text(encoding="utf-8")
    assert "AD***" in logged
    assert PASSWORD not in logged
    assert "AD1234" not in logged


@pytest.fixture(scope="module")
def secured(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Serving, Authority]]:
    """A server that asks for TLS, and of its one account for a certificate; slow on purpose."""
    folder = tmp_path_factory.mktemp("sip2-tls")
    path = folder / "tiro.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{path}")
    a_library(database)
    database.close()
    authority = Authority(folder)
    issued = authority.issue("localhost", file="server", dns=("localhost",))
    tls = {
        "certificate": str(issued.certificate),
        "key": str(issued.key),
        "client_ca": str(authority.certificate),
        "client_certificates": "wanted",
    }
    account = {"require_tls": True, "certificate": "kiosk.example", "messages_per_second": 20.0}
    with serving(
        f"sqlite:///{path}",
        folder / "server.log",
        https=True,
        http={"port": 0, "tls": tls},
        account=account,
    ) as running:
        yield running, authority


def test_over_tls_with_a_certificate_and_a_login(secured: tuple[Serving, Authority]) -> None:
    server, authority = secured
    context = ssl.create_default_context(cafile=str(authority.certificate))
    context.check_hostname = False
    strange = Kiosk(server.http, tls=context)
    assert strange.error(document("9900802.00"))[1].startswith("Login or password is wrong")
    shown = authority.issue("kiosk.example", file="kiosk")
    context.load_cert_chain(shown.certificate, shown.key)
    kiosk = Kiosk(server.http, tls=context)
    assert kiosk.ask("9900802.00").startswith("98Y")
    assert kiosk.error(document("9900802.00", password="wrong"))[0] == 200
    plain = Kiosk(server.http)
    assert plain.error(document("9900802.00"))[1].startswith("Login or password is wrong")


def test_what_comes_too_fast_waits_and_is_answered(secured: tuple[Serving, Authority]) -> None:
    server, authority = secured
    context = ssl.create_default_context(cafile=str(authority.certificate))
    context.check_hostname = False
    shown = authority.issue("kiosk.example", file="kiosk")
    context.load_cert_chain(shown.certificate, shown.key)
    kiosk = Kiosk(server.http, tls=context)
    for _ in range(40):
        assert kiosk.ask("9900802.00").startswith("98Y")
