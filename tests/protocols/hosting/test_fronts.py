"""A whole demo server behind TLS, PROXY headers and prompts; every listener has them.

One server for the module: starting it is what takes time.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from Sip2.wrapper import Sip2Wrapper  # type: ignore[import-untyped]

from protocols.demo.configuration import demo_configuration
from protocols.demo.seeding import SET_UP
from tests.builders.certificates import Authority, Issued
from tests.builders.pins import hashed
from tests.servers import RunningServer, free_ports, run_tiro, running_demo

LOGIN = b"9300CNkiosk|COkiosk|\r"
STATUS = b"9900802.00\r"
EXTRA = """
[[sip2.accounts]] # known by its certificate
login = "gate"
password = "{hash}"
branch = "DK-900101"
kind = "sorter"
certificate = "gate.library.example"

[[sip2.accounts]] # known by its address, behind the load balancer
login = "old-kiosk"
password = "{hash}"
branch = "DK-900101"
networks = ["203.0.113.7"]
login_by = ["address"]

[[sip2.accounts]] # lends nothing over a plain line
login = "careful"
password = "{hash}"
branch = "DK-900101"
require_tls = true

[sip2.tls]
certificate = "server.pem"
key = "server.key"
client_ca = "Test-authority.pem"
client_certificates = "wanted"
"""
TLS = """
[{section}.tls]
certificate = "server.pem"
key = "server.key"
plain = {plain}
[{section}.access]
allow = ["127.0.0.1", "203.0.113.0/24"]
trusted_proxies = ["127.0.0.2"]
"""


@dataclass
class Fronted:
    """The server, its further ports, and what is needed to get in."""

    server: RunningServer
    authority: Authority
    gate: Issued
    telnet: int
    tls_only: int

    def plain(self, port: int, source: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), 10, source_address=(source, 0))

    def secure(self, port: int, client: Issued | None = None, hello: bytes = b"") -> ssl.SSLSocket:
        """A TLS connection; `hello` is said before it, by a proxy."""
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        if client is not None:
            context.load_cert_chain(client.certificate, client.key)
        line = self.plain(port, "127.0.0.2" if hello else "127.0.0.1")
        line.sendall(hello)
        return context.wrap_socket(line, server_hostname="localhost")


@pytest.fixture(scope="module")
def fronted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronted]:
    data: Path = tmp_path_factory.mktemp("fronted")
    authority = Authority(data)
    authority.issue("localhost", file="server", dns=("localhost",))
    gate = authority.issue("gate", file="gate", dns=("gate.library.example",))
    telnet, tls_only = free_ports(2)
    text = demo_configuration()
    text = text.replace("[sip2]\n", f"[sip2]\ntelnet_port = {telnet}\ntls_port = {tls_only}\n", 1)
    text += EXTRA.format(hash=hashed("secret"))
    text += "[sip2.access]\nallow = ['127.0.0.1', '203.0.113.0/24']\n"
    text += "trusted_proxies = ['127.0.0.2']\n[logging]\nlevel = 'debug'\n"
    text += TLS.format(section="z3950", plain="true") + TLS.format(section="ncip", plain="false")
    text += TLS.format(section="http", plain="false")
    (data / "tiro.toml").write_text(text)
    with running_demo(data, "--patrons", "5", "--items", "5") as server:
        yield Fronted(server, authority, gate, telnet, tls_only)
        assert server.stop() == 0


def ask(line: socket.socket, message: bytes, until: bytes = b"\r") -> bytes:
    if message:
        line.sendall(message)
    answer = b""
    while not answer.endswith(until):
        block = line.recv(4096)
        if not block:
            break
        answer += block
    return answer


def is_closed(line: socket.socket) -> bool:
    try:
        return line.recv(100) == b""
    except ConnectionResetError:
        return True


def test_one_port_speaks_plain_and_tls(fronted: Fronted) -> None:
    port = fronted.server.sip2
    with closing(fronted.plain(port)) as line:
        assert ask(line, LOGIN) == b"941\r"
    with closing(fronted.secure(port)) as line:
        assert line.version() in ("TLSv1.2", "TLSv1.3")
        assert ask(line, LOGIN) == b"941\r"
        assert ask(line, STATUS).startswith(b"98YYY")


def test_a_port_for_tls_alone(fronted: Fronted) -> None:
    with closing(fronted.secure(fronted.tls_only)) as line:
        assert ask(line, LOGIN) == b"941\r"
    with closing(fronted.plain(fronted.tls_only)) as line:
        line.sendall(LOGIN)
        assert b"94" not in line.recv(100)


def test_what_is_split_over_segments_is_still_known(fronted: Fronted) -> None:
    with closing(fronted.plain(fronted.server.sip2)) as line:
        for byte in LOGIN[:-1]:
            line.sendall(bytes((byte,)))
        assert ask(line, b"\r") == b"941\r"


def test_an_account_that_asks_for_tls(fronted: Fronted) -> None:
    login = b"9300CNcareful|COsecret|\r"
    with closing(fronted.plain(fronted.server.sip2)) as line:
        assert ask(line, login) == b"940\r"
    with closing(fronted.secure(fronted.server.sip2)) as line:
        assert ask(line, login) == b"941\r"


def test_a_certificate_is_a_login_and_nobody_else_has_it(fronted: Fronted) -> None:
    login = b"9300CNgate|COsecret|\r"
    with closing(fronted.secure(fronted.server.sip2, fronted.gate)) as line:
        assert ask(line, STATUS)[:4] == b"98YY"
        assert ask(line, b"1720261125    120000AO|ABI0000001|AC|\r").startswith(b"18")
        assert ask(line, login) == b"941\r"
    with closing(fronted.secure(fronted.server.sip2)) as line:
        assert ask(line, login) == b"940\r"
    stranger = Authority(fronted.server.data, "Another authority")
    forged = stranger.issue("gate", file="forged", dns=("gate.library.example",))
    with (
        contextlib.suppress(ssl.SSLError, ConnectionError),  # which step says so varies
        closing(fronted.secure(fronted.server.sip2, forged)) as line,
    ):
        line.sendall(STATUS)
        assert line.recv(100) == b""


HEADERS = (
    b"PROXY TCP4 203.0.113.7 192.0.2.1 50000 6001\r\n",
    b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c"
    + bytes((203, 0, 113, 7, 192, 0, 2, 1))
    + b"\xc3\x50\x17\x71",
)


@pytest.mark.parametrize("header", HEADERS, ids=["version 1", "version 2"])
def test_a_proxy_tells_the_address_and_that_may_be_the_login(
    fronted: Fronted, header: bytes
) -> None:
    with closing(fronted.plain(fronted.server.sip2, "127.0.0.2")) as line:
        # Protocol 1.00 has no 93: 23 is its first message.
        answer = ask(line, header + b"2300120261125    120000AO|AAP0000001|AC|AD1234|\r")
        assert answer.startswith(b"24 ")
        assert b"|AA" not in answer[:40]
    with closing(fronted.secure(fronted.server.sip2, hello=header)) as line:
        assert ask(line, STATUS).startswith(b"98YYYY")
    other = header.replace(b"203.0.113.7", b"203.0.113.8").replace(b"\x71\x07", b"\x71\x08")
    other = other.replace(bytes((203, 0, 113, 7)), bytes((203, 0, 113, 8)))
    with closing(fronted.plain(fronted.server.sip2, "127.0.0.2")) as line:
        answer = ask(line, other + b"2300120261125    120000AO|AAP0000001|AC|AD1234|\r")
        assert answer.startswith(b"24YYYY")


def test_only_a_trusted_proxy_is_believed_and_only_with_its_header(fronted: Fronted) -> None:
    with closing(fronted.plain(fronted.server.sip2)) as line:
        line.sendall(HEADERS[0] + STATUS)
        assert ask(line, b"").startswith(b"98")  # a line that means nothing, and no other address
    with closing(fronted.plain(fronted.server.sip2, "127.0.0.2")) as line:
        line.sendall(STATUS)
        assert is_closed(line)


def test_who_is_not_on_the_list_is_turned_away(fronted: Fronted) -> None:
    with closing(fronted.plain(fronted.server.sip2, "127.0.0.3")) as line:
        assert is_closed(line)
    stranger = HEADERS[0].replace(b"203.0.113.7", b"198.51.100.1")
    with closing(fronted.plain(fronted.server.sip2, "127.0.0.2")) as line:
        line.sendall(stranger + STATUS)
        assert is_closed(line)


def test_login_by_prompts(fronted: Fronted) -> None:
    with closing(fronted.plain(fronted.telnet)) as line:
        assert ask(line, b"", b": ") == b"login: "
        assert ask(line, b"\xff\xfb\x18kiosk\r\n", b": ") == b"password: "
        assert ask(line, b"prompt-secret-77\r\n", b": ") == b"Invalid login\r\nlogin: "
        assert ask(line, b"kiosk\n", b": ") == b"password: "
        assert ask(line, b"kiosk\n", b"\n") == b"Login OK.  Initiating SIP\r\n"
        assert ask(line, STATUS).startswith(b"98YYYY")


def test_the_other_listeners_have_it_too(fronted: Fronted) -> None:
    server = fronted.server
    # An InitializeRequest of Z39.50: the protocol version and two sizes.
    initialize = bytes.fromhex("b4118302 05e08402 04c0 85024000 86024000".replace(" ", ""))
    initialize = b"\xb4" + bytes((len(initialize) - 2,)) + initialize[2:]
    with closing(fronted.secure(server.z3950)) as line:
        line.sendall(initialize)
        assert line.recv(1) == b"\xb5"
    with closing(fronted.plain(server.z3950, "127.0.0.2")) as line:
        line.sendall(HEADERS[1] + initialize)
        assert line.recv(1) == b"\xb5"
    message = (
        b'<NCIPMessage xmlns="http://www.niso.org/2008/ncip"><LookupItem><ItemId>'
        b"<ItemIdentifierValue>I0000001</ItemIdentifierValue></ItemId></LookupItem></NCIPMessage>"
    )
    with closing(fronted.secure(server.ncip)) as line:
        line.sendall(message)
        assert b"NCIPMessage" in line.recv(4096)
    with closing(fronted.secure(server.http, hello=HEADERS[0])) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert line.recv(15) == b"HTTP/1.1 200 OK"
    for port in (server.ncip, server.http):
        with closing(fronted.plain(port)) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert is_closed(line)


def test_a_new_certificate_needs_no_restart(fronted: Fronted) -> None:
    def serial() -> str:
        with closing(fronted.secure(fronted.server.sip2)) as line:
            facts = line.getpeercert()
        assert facts is not None
        return str(facts["serialNumber"])

    with closing(fronted.secure(fronted.server.sip2)) as open_line:
        before = serial()
        time.sleep(1.1)
        fronted.authority.issue("localhost", file="server", dns=("localhost",))
        assert serial() != before
        assert ask(open_line, LOGIN) == b"941\r"


@pytest.mark.filterwarnings("ignore:ssl.PROTOCOL_TLS")
@pytest.mark.parametrize("has_tls", [True, False], ids=["TLS", "plain"])
def test_a_session_of_the_client_of_the_package_sip2(
    fronted: Fronted, has_tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It trusts what the machine trusts; the machine trusts the test's authority then.
    monkeypatch.setenv("SSL_CERT_FILE", str(fronted.authority.certificate))
    server = fronted.server
    client = Sip2Wrapper(
        {
            "hostName": "localhost",
            "hostPort": fronted.tls_only if has_tls else server.sip2,
            "tlsEnable": has_tls,
            "tlsAcceptSelfsigned": False,
            "hostEncoding": "utf-8",
            "institutionId": "DK-900100",
            "scLocation": "DK-900101",
            "withCrc": True,
            "withSeq": True,
            "logfile_path": f"{server.data}/",  # else it writes into the folder we are in
        },
        True,
        "Sip2",
    )
    assert client.login_device("kiosk", "kiosk")
    patron, item = server.take_patron(), server.take_item()
    # Its `login_patron` reads the flags of patron status the wrong way round.
    client._sip2.patron, client._sip2.patronpwd = patron, "1234"
    assert client.sip_item_checkout(item)["fixed"]["Ok"] == "1"
    assert client.sip_item_checkin(item)["fixed"]["Ok"] == "1"
    client.disconnect()


SORTER = """
[terminal_profiles.gates]
profile = "lyngsoe"
require_tls = true
[terminals.line-sorter]
branch = "DK-900101"
profile = "gates"
password = "{hash}"
networks = ["203.0.113.0/28"]
sorting = "line"
[[sorting.line]]
bin = "{bin}"
hold = false
home = "DK-900101"
[[sorting.line]]
bin = "99"
"""


def test_a_sorter_follows_its_rules_as_they_change(fronted: Fronted) -> None:
    """With TLS, behind a proxy, from a network of its own: and its line is never dropped."""
    config = fronted.server.data / "tiro.toml"
    file = fronted.server.data / "library.toml"
    text = SET_UP.read_text(encoding="utf-8")
    sorter = SORTER.replace("{hash}", hashed("sort-word-81"))
    item = "I0000002"
    back = f"09N{{}}{{}}AP|AO|AB{item}|AC|CHx|\r".format

    def apply(changed: str) -> None:
        file.write_text(changed, encoding="utf-8")
        applied = run_tiro(config, "apply", str(file), "--yes")
        assert applied.returncode == 0, applied
        time.sleep(1.1)  # within a second a terminal may be dealt with as before

    def fields(answer: bytes) -> dict[str, str]:
        parts = answer.decode("iso-8859-1").rstrip("\r").split("|")[1:-1]
        return {part[:2]: part[2:] for part in parts}

    apply(text + sorter.replace("{bin}", "7"))
    login = b"9300CNline-sorter|COsort-word-81|\r"
    with closing(fronted.secure(fronted.server.sip2)) as line:
        assert ask(line, login) == b"940\r"  # not from its network
    with closing(fronted.secure(fronted.server.sip2, hello=HEADERS[0])) as line:
        assert ask(line, login) == b"941\r"
        shown = fields(ask(line, back("20261125    120000", "20261125    120000").encode()))
        told = run_tiro(config, "sorter", "explain", item, "--terminal", "line-sorter", "--json")
        assert told.returncode == 0, told
        facts = json.loads(told.stdout)
        where = facts["bin"], facts["to"]["isil"]
        assert (shown["CL"], shown["CT"], shown["CV"]) == (*where, "00")
        assert (facts["bin"], facts["rule"]) == ("7", 1)
        assert facts["conditions"] == {"home": "DK-900101", "hold": False}
        assert set(shown) >= {"AB", "AQ", "AJ", "CL", "CR", "CS", "CT", "CV", "CH"}
        changed = sorter.replace("{bin}", "8").replace("networks", 'hide_fields = ["CS"]\nnetworks')
        apply(text + changed)
        shown = fields(ask(line, back("20261125    120100", "20261125    120100").encode()))
        assert (shown["CL"], "CS" in shown) == ("8", False)
        apply(text + changed.replace("203.0.113.0/28", "203.0.113.128/28"))
        refused = ask(line, back("20261125    120200", "20261125    120200").encode())
        assert refused.startswith(b"100")  # shut out, and told so in the proper way
        apply(text)
        assert ask(line, login) == b"940\r"


def test_no_secret_is_in_the_log_at_its_loudest(fronted: Fronted) -> None:
    with closing(fronted.secure(fronted.server.sip2)) as line:
        ask(line, b"9300CNkiosk|COwrong-word-78|\r")
        ask(line, LOGIN)
        ask(line, b"2300120261125    120000AO|AAP0000001|ACterm-word-79|ADpin-80|\r")
    log = fronted.server.log.read_text(encoding="utf-8")
    assert "> 2300120261125    120000AO|AAP0000001|AC***|AD***|" in log
    assert "Traceback" not in log
    for secret in (
        "wrong-word-78",
        "term-word-79",
        "pin-80",
        "prompt-secret-77",
        "COsecret",
        "sort-word-81",
    ):
        assert secret not in log
