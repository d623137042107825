"""One function decides where Tiro connects to, for every client that it has."""

from __future__ import annotations

import ast
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from catalogue.searching.standard_numbers import NumberKind, StandardNumber
from circulation.callers.partners import Partner as StoredPartner
from circulation.holdings.states import RecordHoldings
from circulation.interlending.ranking import Availability
from circulation.kernel.results import Branch
from circulation.staff.print_jobs import Document
from circulation.staff.workstations import Printer
from protocols.desk.printing.sending import NotPrinted, print_out
from protocols.digital_post.connection import Connection
from protocols.digital_post.outcomes import Unreachable as PostUnreachable
from protocols.holdings.sinks import Unavailable as SinkUnavailable
from protocols.holdings.sinks import load_driver as load_sink
from protocols.hosting import outgoing
from protocols.hosting.availability import Catalogue, Title
from protocols.hosting.destinations import format_entry, is_allowed, parse_entry, set_allowed
from protocols.hosting.fetching import ProviderFailed, get_json, post_form
from protocols.hosting.outgoing import NotConnected, connect, http_connection
from protocols.hosting.web_client import WebClient, WebError
from protocols.iso18626.client import Unreachable as IllUnreachable
from protocols.iso18626.client import post as post_ill
from protocols.ncip.asking.availability import ask as ask_ncip
from protocols.ncip.asking.client import NcipClient, NcipUnreachable
from protocols.notices.channels import TryAgain
from protocols.oai.harvesting.provider import Provider as Repository
from protocols.oai.harvesting.provider import Unavailable as RepositoryUnavailable
from protocols.oai.harvesting.settings import SourceSettings
from protocols.records.accession_settings import TargetSettings
from protocols.records.record_sources import SourceError, open_source
from protocols.sru.answers import ServerError
from protocols.sru.availability import ask as ask_sru
from protocols.z3950.asking.availability import ask as ask_z3950
from protocols.z3950.asking.client import Client as Z3950Client
from protocols.z3950.asking.origin import TargetError
from tests.builders.certificates import Authority
from tests.builders.outgoing import a_message, opened
from tests.sources import modules, name_of, nodes_of

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
TITLE = Title("Things fall apart", "Achebe", "9780679446231")
BRANCH = Branch(1, "DK-900101", "Main", 1, "DK-900100", "Town", "Europe/Copenhagen")
PARTNER = StoredPartner("DK-710100", "", 1, None, {})


def printer(port: int, _: Path) -> str:
    with pytest.raises(NotPrinted) as told:
        print_out(Printer("escpos", f"127.0.0.1:{port}"), Document("A", ("B",), "da", "", ""))
    return str(told.value)


def provider(port: int, _: Path) -> str:
    """Discovery, keys, tokens and what a token means: each is one of these two calls."""
    with pytest.raises(ProviderFailed) as told:
        get_json(f"http://127.0.0.1:{port}/.well-known/openid-configuration", 2.0)
    with pytest.raises(ProviderFailed) as again:
        post_form(f"http://127.0.0.1:{port}/token", {"code": "1"}, {}, 2.0)
    assert str(told.value) == str(again.value)
    return str(told.value)


def web_client(port: int, _: Path) -> str:
    with closing(WebClient(timeout=2, most=1000)) as client, pytest.raises(WebError) as told:
        client.get(f"http://127.0.0.1:{port}/sru")
    return str(told.value)


def repository(port: int, _: Path) -> str:
    settings = SourceSettings(url=f"http://127.0.0.1:{port}/oai", timeout=2)
    with Repository(settings, lambda: NOW) as found, pytest.raises(RepositoryUnavailable) as told:
        found.identify()
    return str(told.value)


def interlibrary_partner(port: int, _: Path) -> str:
    with pytest.raises(IllUnreachable) as told:
        post_ill(f"http://127.0.0.1:{port}/iso18626", b"<a/>", {}, 2)
    return str(told.value)


def ncip_partner(scheme: str) -> Callable[[int, Path], str]:
    def ask(port: int, _: Path) -> str:
        client = NcipClient(f"{scheme}://127.0.0.1:{port}/ncip", timeout=2)
        with client, pytest.raises(NcipUnreachable) as told:
            client.exchange(b"<a/>")
        return str(told.value)

    return ask


def z3950_target(port: int, _: Path) -> str:
    with pytest.raises(TargetError) as told:
        Z3950Client.connect("127.0.0.1", port, timeout=2)
    return str(told.value)


def record_source(kind: str) -> Callable[[int, Path], str]:
    def ask(port: int, _: Path) -> str:
        place: dict[str, Any] = {"host": "127.0.0.1", "port": port}
        if kind == "sru":
            place = {"url": f"http://127.0.0.1:{port}/sru"}
        source = open_source(TargetSettings(name="A", kind=kind, timeout=2, **place))  # type: ignore[arg-type]
        number = StandardNumber(NumberKind.ISBN, "9780679446231")
        with closing(source), pytest.raises(SourceError) as told:
            source.fetch(number)
        return str(told.value)

    return ask


def catalogue(way: str, ask: Callable[[Catalogue, Title], Availability]) -> Callable[..., str]:
    def look(port: int, _: Path) -> str:
        with pytest.raises((NcipUnreachable, TargetError, ServerError)) as told:
            ask(Catalogue(f"{way}://127.0.0.1:{port}/a", PARTNER, BRANCH, 2), TITLE)
        return str(told.value)

    return look


def channel(driver: str, **options: Any) -> Callable[[int, Path], str]:
    def send(port: int, folder: Path) -> str:
        url = f"http://127.0.0.1:{port}/"
        channel = opened(driver, "sms", folder, url=url, timeout=2, **options)
        outcome = channel.send(a_message(address="+4522334455"), NOW)
        assert isinstance(outcome, TryAgain)
        return outcome.why

    return send


def sink(name: str, **options: Any) -> Callable[[int, Path], str]:
    def tell(port: int, folder: Path) -> str:
        driver = load_sink(name)
        settings = driver.settings(url=f"http://127.0.0.1:{port}/", timeout=2, **options)
        told = RecordHoldings(1, 1, "DK-775100", "870970-basis:1", 1, ())
        with pytest.raises(SinkUnavailable) as failed:
            driver.open("one", settings, folder).tell([told], NOW)
        return str(failed.value)

    return tell


def digital_post(port: int, folder: Path) -> str:
    issued = Authority(folder).issue("us", file="us")
    connection = Connection(issued.certificate, issued.key, timeout=2)
    with pytest.raises(PostUnreachable) as told:
        connection.call("GET", f"https://127.0.0.1:{port}/")
    return str(told.value)


#: The clients, and the module of each that connects.
CLIENTS: dict[str, tuple[str, Callable[[int, Path], str]]] = {
    "printer": ("protocols.desk.printing.sending", printer),
    "provider": ("protocols.hosting.fetching", provider),
    "web client": ("protocols.hosting.web_client", web_client),
    "repository": ("protocols.hosting.web_client", repository),
    "ISO 18626": ("protocols.iso18626.client", interlibrary_partner),
    "NCIP over HTTP": ("protocols.ncip.asking.client", ncip_partner("http")),
    "NCIP over TCP": ("protocols.ncip.asking.client", ncip_partner("tcp")),
    "NCIP over TLS": ("protocols.ncip.asking.client", ncip_partner("tls")),
    "Z39.50": ("protocols.z3950.asking.client", z3950_target),
    "records by Z39.50": ("protocols.z3950.asking.client", record_source("z3950")),
    "records by SRU": ("protocols.hosting.web_client", record_source("sru")),
    "availability by Z39.50": ("protocols.z3950.asking.client", catalogue("z3950", ask_z3950)),
    "availability by SRU": ("protocols.hosting.web_client", catalogue("http", ask_sru)),
    "availability by NCIP": ("protocols.ncip.asking.client", catalogue("http", ask_ncip)),
    "texts": ("protocols.notices.web_calls", channel("http_sms", token="t", sender="Town")),
    "messages": ("protocols.notices.web_calls", channel("webhook", secret="0123456789abcdef")),
    "holdings": ("protocols.notices.web_calls", sink("webhook", secret="0123456789abcdef")),
    "data well": ("protocols.notices.web_calls", sink("data_well")),
    "Digital Post": ("protocols.digital_post.connection", digital_post),
}


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.2)
        yield trap


def port_of(trap: socket.socket) -> int:
    return int(trap.getsockname()[1])


@pytest.mark.parametrize("name", CLIENTS)
def test_no_client_reaches_a_port_that_is_not_allowed(name: str, tmp_path: Path) -> None:
    _, use = CLIENTS[name]
    set_allowed(["127.0.0.2", "127.0.0.1:1"])
    with listening() as trap:
        open_port = port_of(trap)
        of_open = use(open_port, tmp_path)
        with pytest.raises(TimeoutError):
            trap.accept()
    of_closed = use(open_port, tmp_path)
    set_allowed(["127.0.0.0/8"])
    of_allowed = use(open_port, tmp_path)
    assert of_open == of_closed == of_allowed


@pytest.mark.parametrize("name", ["printer", "ISO 18626", "NCIP over TCP", "NCIP over TLS"])
def test_what_answers_nonsense_reads_as_what_is_closed(name: str, tmp_path: Path) -> None:
    """At addresses that a person may enter, and that are allowed."""
    _, use = CLIENTS[name]

    def hang_up(trap: socket.socket) -> None:
        connection, _ = trap.accept()
        # With data unread and no lingering, the end is a reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    with listening() as trap:
        number = port_of(trap)
        trap.settimeout(5)
        thread = threading.Thread(target=hang_up, args=(trap,))
        thread.start()
        if name == "printer":
            try:
                of_open = use(number, tmp_path)
            except pytest.fail.Exception:
                of_open = ""  # all of it was sent before the printer hung up
        else:
            of_open = use(number, tmp_path)
        thread.join()
    assert of_open in (use(number, tmp_path), "")


def test_every_client_is_tried() -> None:
    """Each module that connects has a place in the table above."""
    users = {
        name_of(path)
        for path in modules("protocols", "circulation", "catalogue")
        for node in nodes_of(path)
        if isinstance(node, ast.ImportFrom) and node.module == outgoing.__name__
        if {"connect", "http_connection"} & {each.name for each in node.names}
    }
    assert users == {module for module, _ in CLIENTS.values()}


#: Modules that make connections in another way, and why they may.
OTHERS = {
    "catalogue.database.presence": "the database",
    "protocols.commands.asking.server": "--server, typed at a shell",
    "protocols.commands.moving.fbs_client": "typed at a shell",
    "protocols.commands.serving.health": "this server itself",
    "protocols.hosting.outgoing": "the function that decides",
    "protocols.hosting.proxy_control": "a socket in the file system",
    "protocols.notices.smtp": "the mail relay, which tiro.toml alone names",
    "protocols.proxy.line": "the system behind the proxy, which tiro.toml alone names",
    "protocols.sip2.asking.line": "typed at a shell",
    "protocols.sip2.asking.posting": "typed at a shell",
}
#: What makes connections: modules, and names of functions and classes.
MODULES = {
    *("aiohttp", "asyncio", "ftplib", "httpx", "imaplib", "nntplib", "poplib", "requests"),
    *("smtplib", "telnetlib", "treq", "urllib.request", "urllib3", "xmlrpc.client"),
    *("twisted.internet.endpoints", "twisted.mail.smtp", "twisted.web.client"),
    *("twisted.conch", "twisted.names.client"),
}
NAMES = {
    *("HTTPConnection", "HTTPSConnection", "PyJWKClient", "connectSSL", "connectTCP"),
    *("connectUDP", "connectUNIX", "connect_ex", "create_connection", "open_connection", "urlopen"),
}


def connects(nodes: Any) -> bool:
    """Does a module make connections of its own?"""
    has_sockets = False
    calls_connect = False
    for node in nodes:
        if isinstance(node, ast.Import):
            names = {each.name for each in node.names}
            has_sockets |= "socket" in names
            if names & MODULES:
                return True
        elif isinstance(node, ast.ImportFrom):
            has_sockets |= node.module == "socket"
            inner = {f"{node.module}.{each.name}" for each in node.names}
            if (inner | {node.module}) & MODULES:
                return True
        elif isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in NAMES:
                return True
            is_attribute = isinstance(called, ast.Attribute)
            calls_connect |= name == "connect" and is_attribute and bool(node.args)
    return has_sockets and calls_connect


def test_nothing_else_connects() -> None:
    found = {
        name_of(path)
        for path in modules("protocols", "circulation", "catalogue")
        if connects(nodes_of(path))
    }
    assert found == OTHERS.keys()


@pytest.mark.parametrize(
    "source",
    [
        "import socket\nsocket.create_connection(a)",
        "import socket as s\nx.connect(a)\nimport socket",
        "from urllib.request import urlopen",
        "import http.client\nhttp.client.HTTPSConnection(a)",
        "from twisted.web.client import Agent",
        "from twisted.internet import endpoints",
        "reactor.connectTCP(a, 1, f)",
    ],
)
def test_the_rule_finds_connections(source: str) -> None:
    assert connects(list(ast.walk(ast.parse(source))))


# Which addresses


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.10", "::1", "0.0.0.0", "::", "10.1.2.3", "172.16.0.1"),
        *("192.168.1.1", "169.254.169.254", "fe80::1", "fe80::1%eth0", "fc00::1", "fdff::1"),
        *("fec0::1", "100.64.0.1", "100.127.255.255", "224.0.0.1", "239.1.1.1", "ff02::1"),
        *("ff0e::1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "192.0.0.8"),
        *("203.0.113.1", "2001:db8::1", "2001::1", "100::1", "::ffff:127.0.0.1"),
        *("::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
        *("64:ff9b:1::1", "2002:7f00:1::1", "2002:a00:1::", "no address"),
    ],
)
def test_what_is_not_public_needs_an_entry(address: str) -> None:
    assert not is_allowed(address, 80, ())


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "193.0.14.129"),
        *("2a00:1450:400f::1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"),
        "2002:808:808::1",
    ],
)
def test_public_addresses_need_none(address: str) -> None:
    assert is_allowed(address, 80, ())


@pytest.mark.parametrize(
    ("entry", "allowed", "refused"),
    [
        ("10.0.0.0/8", [("10.1.2.3", 1), ("::ffff:10.1.2.3", 2)], [("11.0.0.1.", 1), ("::1", 1)]),
        ("10.0.0.0/8:9100", [("10.1.2.3", 9100)], [("10.1.2.3", 9101)]),
        ("127.0.0.1", [("127.0.0.1", 80)], [("127.0.0.2", 80)]),
        ("127.0.0.1:80", [("127.0.0.1", 80)], [("127.0.0.1", 81)]),
        ("::1", [("::1", 80)], [("127.0.0.1", 80)]),
        ("[::1]:80", [("::1", 80)], [("::1", 81)]),
        ("fd00::/8", [("fd12::1", 80)], [("fc12::1", 80)]),
        ("[fd00::/8]:443", [("fd12::1", 443)], [("fd12::1", 80)]),
        ("169.254.0.0/16", [("169.254.169.254", 80), ("64:ff9b::a9fe:a9fe", 80)], []),
    ],
)
def test_entries(
    entry: str, allowed: list[tuple[str, int]], refused: list[tuple[str, int]]
) -> None:
    assert all(is_allowed(host, port, (entry,)) for host, port in allowed)
    assert not any(is_allowed(host, port, (entry,)) for host, port in refused)


@pytest.mark.parametrize(
    "entry",
    [
        *("", "localhost", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:x"),
        *("10.0.0.1:65536", "[::1", "[::1]x", "[::1]:", "::1/129", "fe80::1%eth0", "*", "10.0.0.*"),
    ],
)
def test_entries_that_are_none(entry: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  its text is written elsewhere
        parse_entry(entry)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1%lo"])
def test_the_entry_that_is_proposed_allows_the_address(host: str) -> None:
    assert is_allowed(host, 9100, (format_entry(host, 9100),))
    assert not is_allowed(host, 9101, (format_entry(host, 9100),))


# Names


def answers(*rounds: list[str]) -> Callable[..., Any]:
    """A resolver of names whose answers change."""
    left = list(rounds)

    def resolve(host: str, port: int, **options: Any) -> Any:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in left.pop(0)
        ]

    return resolve


def test_a_name_is_resolved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of its addresses only those that are allowed are used, whatever it means a moment later."""
    with listening() as trap, listening() as other:
        set_allowed([f"127.0.0.1:{port_of(trap)}"])
        monkeypatch.setattr(
            socket, "getaddrinfo", answers(["127.0.0.2", "127.0.0.1"], ["127.0.0.2"], ["127.0.0.1"])
        )
        with connect("rebinding.example", port_of(trap), 2) as connection:
            assert connection.getpeername()[0] == "127.0.0.1"
        for number in (port_of(trap), port_of(other)):
            with pytest.raises(NotConnected):
                connect("rebinding.example", number, 2)


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "2130706433", "0"])
def test_other_spellings_are_decided_by_what_they_mean(host: str) -> None:
    set_allowed(())
    with listening() as trap:
        with pytest.raises(NotConnected):
            connect(host, port_of(trap), 2)
        with pytest.raises(TimeoutError):
            trap.accept()


@pytest.mark.parametrize("host", ["", "a..b", "ü" * 80, "no-such-host.invalid", "x" * 300])
def test_names_that_mean_nothing_have_the_same_text(host: str) -> None:
    with pytest.raises(NotConnected) as told:
        connect(host, 80, 2)
    assert str(told.value) == str(NotConnected(host, 80))


# HTTP


class _Moved(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.server.to)  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def moved() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Moved) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_each_hop_of_a_redirect_is_decided(moved: Any) -> None:
    set_allowed([f"127.0.0.1:{moved.server_port}"])
    with listening() as trap, closing(WebClient(timeout=2, most=1000)) as client:
        moved.to = f"http://127.0.0.1:{port_of(trap)}/"
        with pytest.raises(WebError) as told:
            client.get(f"http://127.0.0.1:{moved.server_port}/")
        assert str(told.value) == str(NotConnected("127.0.0.1", port_of(trap)))
        with pytest.raises(TimeoutError):
            trap.accept()


def test_what_is_no_address_fails_as_any_other_does(moved: Any) -> None:
    """Also where another server names it: in a redirect, or in what a log-in provider tells."""
    set_allowed([f"127.0.0.1:{moved.server_port}"])
    with closing(WebClient(timeout=2, most=1000)) as client:
        moved.to = "http://[::1"
        for url in (f"http://127.0.0.1:{moved.server_port}/", moved.to):
            with pytest.raises(WebError):
                client.get(url)
    with pytest.raises(ProviderFailed):
        get_json(moved.to, 2.0)


def test_certificates_are_verified_by_the_name(
    moved: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    issued = authority.issue("library.example", file="server", dns=("library.example",))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    moved.socket = context.wrap_socket(moved.socket, server_side=True)
    moved.to = "/"
    verifying = ssl.create_default_context(cafile=str(authority.certificate))
    monkeypatch.setattr(socket, "getaddrinfo", answers(*[["127.0.0.1"]] * 2))
    for name, is_right in (("library.example", True), ("other.example", False)):
        url = f"https://{name}:{moved.server_port}"
        with closing(http_connection(url, 2, verifying)) as connection:
            if not is_right:
                with pytest.raises(ssl.SSLCertVerificationError):
                    connection.request("GET", "/")
                continue
            connection.request("GET", "/")
            assert connection.getresponse().status == http.client.FOUND


@pytest.mark.parametrize("url", ["http://a:99999/", "ftp://a/", "http:///", "http://[::1", "x"])
def test_what_is_no_address_of_http_is_not_connected_to(url: str) -> None:
    with pytest.raises(NotConnected):
        http_connection(url, 1)
