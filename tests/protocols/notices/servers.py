"""The other sides of channels, real ones on 127.0.0.1: a mail server, a gateway that takes JSON."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.builders.certificates import Issued
from tests.servers import free_ports


@dataclass
class MailServer:
    """Takes all mail, but for recipients that begin with a code: ``550@``, ``451@``.

    `then` is what it does when it has the text, before it answers.
    """

    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    then: Callable[[Any], str] = lambda envelope: "250 OK id=q1"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        code = address.partition("@")[0]
        if code.isdigit():
            return f"{code} not here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.then(server)
        if answer.startswith("250"):
            parsed: Any = BytesParser(policy=default).parsebytes(envelope.content)
            parsed["X-To"] = ",".join(envelope.rcpt_tos)
            self.mails.append(parsed)
            self.senders.append(envelope.mail_from)
        return answer


class _Immediate(Controller):
    """TLS from the first byte, for our own certificate (the check of the start is plain there)."""

    def _trigger_server(self) -> None:
        address = (self.hostname, self.port)
        with socket.create_connection(address, 5) as plain:
            context = ssl._create_unverified_context()
            with context.wrap_socket(plain) as wrapped:
                wrapped.recv(1024)


@contextmanager
def mail_server(
    certificate: Issued | None = None, *, immediate: bool = False, password: str = ""
) -> Iterator[MailServer]:
    """A mail server; with a certificate it offers STARTTLS, or takes TLS alone."""
    (port,) = free_ports(1)
    server = MailServer(port)
    options: dict[str, Any] = {}
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
    if password:

        def authenticate(_: Any, __: Any, ___: Any, mechanism: str, data: Any) -> AuthResult:
            fits = isinstance(data, LoginPassword) and data.password == password.encode()
            return AuthResult(success=fits, handled=False)

        options |= {"authenticator": authenticate, "auth_required": True}
        options["auth_require_tls"] = not immediate  # it does not count TLS from the first byte
    made = _Immediate if immediate else Controller
    if immediate:
        options["ssl_context"] = context
    elif context is not None:
        options |= {"tls_context": context, "require_starttls": True}
    controller = made(server, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@dataclass
class Asked:
    """A request that a gateway was sent."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Gateway:
    """Answers each POST as it is told: a status and JSON, or None to hang up."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    answer: Callable[[Asked], tuple[int, Any] | None] = lambda asked: (200, {"ids": [4711]})


@contextmanager
def gateway(certificate: Issued | None = None) -> Iterator[Gateway]:
    """A gateway over HTTP, or with a certificate over HTTPS."""
    made = Gateway("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.path, headers, json.loads(self.rfile.read(length)))
            made.asked.append(asked)
            answered = made.answer(asked)
            if answered is None:
                self.close_connection = True
                return
            status, value = answered
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    made.url = f"{scheme}://localhost:{server.server_address[1]}/rest/mtsms"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
