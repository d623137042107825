"""A loopback platform: a real HTTPS server that checks every call as the real ones would.

Token service, access tokens, KombiPostAfsend and PostForespoerg of Serviceplatformen, and the
direct interface. Callers show a certificate of the right authority; an access token is good only
with the certificate it was asked for with; messages must fit the schema.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from lxml import etree

from protocols.digital_post.memo.checking import MemoInvalid
from protocols.digital_post.memo.messages import MemoVersion, Message
from protocols.digital_post.memo.reading import read_memo
from tests.protocols.digital_post.certificates import Authority, Pem

SERVICES = {
    "/service/KombiPostAfsend_1/kombi": "http://entityid.kombit.dk/service/kombipostafsend/1",
    "/service/PostForespoerg_1/digitalpost": "http://entityid.kombit.dk/service/postforespoerg/1",
    "/service/PostForespoerg_1/nemsms": "http://entityid.kombit.dk/service/postforespoerg/1",
}


@dataclass
class Taken:
    """What was sent: by which choice, the message and the letter in it, and its transaction."""

    choice: str
    message: Message | None
    letter: etree._Element | None
    transaction_id: str


@dataclass
class Behaviour:
    """What goes wrong: the next calls of a path are answered so. `delay` is in seconds."""

    status: int = 200
    is_dropped: bool = False
    delay: float = 0.0
    fault: tuple[str, str] | None = None
    body: bytes | None = None


@dataclass
class Platform:
    """`next_calls` holds a behaviour for each coming call, by path; others go well."""

    cvr: str
    schema: etree.XMLSchema | etree.RelaxNG  # of MeMo 1.1
    letters: etree.XMLSchema | etree.RelaxNG  # of remote print
    taken: list[Taken] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    enrolled: set[tuple[str, str]] = field(default_factory=set)
    statuses: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    next_calls: dict[str, list[Behaviour]] = field(default_factory=dict)
    lists_ids: bool = False
    token_seconds: int = 3600
    url: str = ""
    _saml: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    _access: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def calls_of(self, end: str) -> int:
        return sum(call.endswith(end) for call in self.calls)

    def revoke_tokens(self) -> None:
        self._access.clear()

    # What each path does: (status, content type, body).

    def issue(self, request: _Handler, body: bytes) -> tuple[int, str, bytes]:
        asked = json.loads(body)
        entity = asked["AppliesTo"]["EndpointReference"]["Address"]
        key = b64decode(asked["UseKey"], validate=True)
        right = (
            asked["TokenType"].endswith("#SAMLV2.0")
            and asked["RequestType"].endswith("/Issue")
            and asked["KeyType"].endswith("/PublicKey")
            and asked["AnvenderKontekst"] == {"Cvr": self.cvr}
            and asked["OnBehalfOf"] is None
            and key == request.certificate
            and entity in SERVICES.values()
        )
        if not right:
            return 400, "application/json", b"{}"
        assertion = b64encode(uuid4().bytes).decode()
        self._saml[assertion] = (entity, request.certificate)
        answer = {
            "RequestedSecurityToken": {"Assertion": assertion},
            "Lifetime": "01/01/2030 00:00:00",
        }
        return 200, "application/json", json.dumps(answer).encode()

    def access(self, request: _Handler, body: bytes) -> tuple[int, str, bytes]:
        found = parse_qs(body.decode())
        entity, certificate = self._saml.get(found.get("saml-token", [""])[0], ("", b""))
        if not entity or certificate != request.certificate:
            return 401, "application/json", b"{}"
        token = uuid4().hex
        self._access[token] = (entity, certificate)
        answer = {
            "access_token": token,
            "token_type": "Holder-of-key",
            "expires_in": self.token_seconds,
        }
        return 200, "application/json", json.dumps(answer).encode()

    def authorised(self, request: _Handler, path: str) -> bool:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        entity, certificate = self._access.get(token, ("", b""))
        return (
            kind == "Holder-of-key"
            and entity == SERVICES[path]
            and certificate == request.certificate
            and _is_uuid(request.headers.get("x-TransaktionsId", ""))
            and request.headers.get("x-TransaktionsTid", "").endswith("Z")
        )

    def kombi(self, request: _Handler, body: bytes, behaviour: Behaviour) -> tuple[int, str, bytes]:
        if behaviour.fault is not None:
            return 200, "application/xml", _refusal(*behaviour.fault)
        if not body.decode("utf-8").startswith("<?xml"):
            return 400, "application/xml", _refusal("xml", "no declaration")
        root = etree.fromstring(body)
        choice = root.findtext("KombiValgKode") or ""
        element = root.find("{https://DigitalPost.dk/MeMo-1}Message")
        letter = root.find("{urn:oio:fjernprint:1.0.0}ForsendelseISamling")
        needs = {
            "Automatisk Valg": (True, True),
            "Digital Post": (True, False),
            "Fysisk Post": (False, True),
            "NemSMS": (True, False),
        }
        if root.tag != "kombi_request" or needs.get(choice) != (
            element is not None,
            letter is not None,
        ):
            return 400, "application/xml", _refusal("kombi", "wrong parts")
        for each in letter if letter is not None else ():
            if not self.letters.validate(etree.fromstring(etree.tostring(each))):
                return 200, "application/xml", _refusal("letter", str(self.letters.error_log))
        message = None
        if element is not None:
            problem, message = self._message(etree.tostring(element))
            if message is None:
                return 200, "application/xml", _refusal("memo.invalid", problem)
        transaction = request.headers["x-TransaktionsId"]
        if any(each.transaction_id == transaction for each in self.taken):
            return 200, "application/xml", _refusal("duplicate", "the transaction is known")
        self.taken.append(Taken(choice, message, letter, transaction))
        answer = (
            f"<kombi_response><Result>true</Result><TransmissionID>{uuid4()}</TransmissionID>"
            "</kombi_response>"
        )
        return 200, "application/xml", answer.encode()

    def _message(self, document: bytes) -> tuple[str, Message | None]:
        try:
            message, version = read_memo(document)
        except MemoInvalid as error:
            return str(error), None
        schema = self.schema if version is MemoVersion.V1_1 else None
        if schema is not None and not schema.validate(etree.fromstring(document)):
            return str(schema.error_log), None
        return "", message

    def registered(self, path: str, query: dict[str, list[str]]) -> tuple[int, str, bytes]:
        box = path.rpartition("/")[2]
        number = (query.get("cprNumber") or query.get("cvrNumber") or [""])[0]
        answer = {"result": (box, number) in self.enrolled}
        return 200, "application/json", json.dumps(answer).encode()

    def memos(
        self, request: _Handler, query: dict[str, list[str]], body: bytes, behaviour: Behaviour
    ) -> tuple[int, str, bytes]:
        uuid = query.get("memo-message-uuid", [""])[0]
        if behaviour.fault is not None:
            return 400, "application/json", _receipt(uuid, "INVALID", *behaviour.fault)
        if not request.headers.get("content-length"):
            return 411, "application/json", b"{}"
        problem, message = self._message(body)
        if message is None or message.message_header.message_uuid != uuid:
            return 400, "application/json", _receipt(uuid, "INVALID", "memo.invalid", problem)
        if any(each.transaction_id == uuid for each in self.taken):
            return 400, "application/json", _receipt(uuid, "INVALID", "memo.duplicate", "known")
        self.taken.append(Taken("direct", message, None, uuid))
        return 201, "application/json", _receipt(uuid, "RECEIVED")

    def contacts(self, query: dict[str, list[str]]) -> tuple[int, str, bytes]:
        number = (query.get("cprNumber") or query.get("cvrNumber") or [""])[0]
        if number not in self.statuses:
            return 404, "application/json", b""
        contact: dict[str, Any] = {
            "type": "CITIZEN",
            "mailboxSubscription": {"publicRegistrationStatus": self.statuses[number]},
        }
        if ("nemsms", number) in self.enrolled:
            contact["nemSmsSubscription"] = {"mobileNumber": "+4522334455"}
        return 200, "application/json", json.dumps([contact]).encode()


def _refusal(code: str, text: str) -> bytes:
    root = etree.Element("kombi_response")
    etree.SubElement(root, "Result").text = "false"
    reaction = etree.SubElement(etree.SubElement(root, "HovedoplysningerSvarREST"), "SvarReaktion")
    fault = etree.SubElement(reaction, "Fejl")
    etree.SubElement(fault, "FejlId").text = code
    etree.SubElement(fault, "FejlTekst").text = text
    return etree.tostring(root)


def _receipt(uuid: str, status: str, code: str = "", text: str = "") -> bytes:
    answer = {
        "transmissionId": str(uuid4()),
        "messageUUID": uuid,
        "errorCode": code,
        "errorMessage": text,
        "receiptStatus": status,
    }
    return json.dumps(answer).encode()


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    platform: Platform

    @property
    def certificate(self) -> bytes:
        connection: Any = self.connection
        found: bytes | None = connection.getpeercert(binary_form=True)
        return found or b""

    def log_message(self, *arguments: Any) -> None:
        pass

    def _serve(self) -> None:
        platform = self.platform
        parts = urlsplit(self.path)
        path, query = parts.path, parse_qs(parts.query)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        platform.calls.append(f"{self.command} {path}")
        waiting = platform.next_calls.get(path, [])
        behaviour = waiting.pop(0) if waiting else Behaviour()
        if behaviour.delay:
            time.sleep(behaviour.delay)
        if behaviour.status != 200:
            status, kind, answer = behaviour.status, "text/plain", b"not now"
        else:
            status, kind, answer = self._answer(path, query, body, behaviour)
        if behaviour.is_dropped:
            self.close_connection = True
            return
        answer = behaviour.body if behaviour.body is not None else answer
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _answer(
        self, path: str, query: dict[str, list[str]], body: bytes, behaviour: Behaviour
    ) -> tuple[int, str, bytes]:
        platform = self.platform
        call = f"{self.command} {path}"
        if path in SERVICES and not platform.authorised(self, path):
            return 401, "text/plain", b"no"
        if call == "POST /runtime/api/rest/wstrust/v1/issue":
            return platform.issue(self, body)
        if call == "POST /service/AccessTokenService_1/token":
            return platform.access(self, body)
        if call == "POST /service/KombiPostAfsend_1/kombi":
            return platform.kombi(self, body, behaviour)
        if call.startswith("GET /service/PostForespoerg_1/"):
            return platform.registered(path, query)
        if call == "POST /apis/v1/memos/":
            return platform.memos(self, query, body, behaviour)
        if call == "GET /apis/v1/contacts/":
            return platform.contacts(query)
        if call == "GET /apis/v1/receipts/":
            held = platform.receipts
            listed = list(held) if platform.lists_ids else list(held.values())
            return 200, "application/json", json.dumps(listed).encode()
        if call.startswith("GET /apis/v1/receipts/"):
            told = platform.receipts.get(path.rpartition("/")[2])
            return (200 if told else 404), "application/json", json.dumps(told).encode()
        if call.startswith("DELETE /apis/v1/receipts/"):
            found = platform.receipts.pop(path.rpartition("/")[2], None)
            return (204 if found else 404), "application/json", b""
        return 404, "text/plain", b"nothing here"

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers without a certificate are sent away in the handshake: no news."""


def serve(platform: Platform, authority: Authority, own: Pem) -> Callable[[], None]:
    """Listens on a port of 127.0.0.1 and sets `platform.url`; gives what ends it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    context.load_verify_locations(authority.file)
    context.verify_mode = ssl.CERT_REQUIRED
    handler = type("Handler", (_Handler,), {"platform": platform})
    server = _Server(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    platform.url = f"https://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end
