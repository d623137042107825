"""TLS for a listener: certificates from files, read again when they change, and who the caller is.

[sip2.tls]
certificate = "tls/fullchain.pem"       # beside tiro.toml, or an absolute path
key = "tls/key.pem"
client_ca = "tls/terminals-ca.pem"      # who signs the certificates of callers
client_certificates = "required"        # or "wanted"
plain = false                           # nobody without TLS
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from circulation.kernel.fitting import CLOSED, Beside, Checked

if TYPE_CHECKING:
    from OpenSSL import SSL

log = logging.getLogger(__name__)

#: What TLS 1.2 may agree on (RFC 9325, 4.2): keys that nobody can work out later, encryption that
#: notices every change. All suites of TLS 1.3 are like that.
SUITES = b"ECDHE+AESGCM:ECDHE+CHACHA20"

#: Seconds between two looks at the files.
LOOK_SECONDS = 1.0


#: A setting: relative names are taken from the folder of tiro.toml.
File = Annotated[Path, Beside()]


@dataclass(frozen=True)
class TlsSettings:
    """The certificate of a listener, and what it asks of callers."""

    __pydantic_config__ = CLOSED

    #: PEM files: the chain, the server's own certificate first, and its key.
    certificate: File
    key: File
    #: Certificates of callers are signed by one of these.
    client_ca: File | None = None
    client_certificates: Literal["none", "wanted", "required"] = "none"
    #: Are callers without TLS taken on the same port?
    plain: bool = True


def _usable(settings: TlsSettings) -> TlsSettings:
    if settings.client_certificates != "none" and settings.client_ca is None:
        raise ValueError("client_certificates needs client_ca")
    try:
        context_of(settings)
    except TlsUnusable as error:
        raise ValueError(str(error)) from None
    return settings


class TlsUnusable(Exception):
    """The files are missing, are no PEM, or do not belong together."""


#: A setting: files that were tried.
Tls = Annotated[TlsSettings, Checked(_usable)]


def context_of(settings: TlsSettings) -> SSL.Context:
    """What handshakes are made with: TLS 1.3, or 1.2 with `SUITES`. Raises TlsUnusable."""
    from OpenSSL import SSL  # what nobody uses costs no memory

    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(SUITES)
    context.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE)
    context.set_session_id(b"tiro")
    with _explain_errors("certificate", settings.certificate):
        context.use_certificate_chain_file(str(settings.certificate))
    with _explain_errors("key", settings.key):
        context.use_privatekey_file(str(settings.key))
        context.check_privatekey()
    if settings.client_ca is not None and settings.client_certificates != "none":
        with _explain_errors("client_ca", settings.client_ca):
            context.load_verify_locations(str(settings.client_ca))
        mode = SSL.VERIFY_PEER
        if settings.client_certificates == "required":
            mode |= SSL.VERIFY_FAIL_IF_NO_PEER_CERT
        context.set_verify(mode, lambda connection, certificate, number, depth, ok: bool(ok))
    return context


@contextmanager
def _explain_errors(setting: str, path: Path) -> Iterator[None]:
    """Raise TlsUnusable with the setting, its file and the reason if the block cannot use it."""
    from OpenSSL import SSL

    try:
        with path.open("rb"):  # OpenSSL gives no reason for a file that cannot be read
            pass
        yield
    except OSError as error:
        raise TlsUnusable(f"{setting} {path} cannot be read: {error.strerror}") from error
    except SSL.Error as error:
        reasons = error.args[0] if error.args else ()
        reason = reasons[0][2] if reasons else "OpenSSL gives no reason"
        raise TlsUnusable(f"{setting} {path} cannot be used: {reason}") from error


class Certificates:
    """A context that follows its files; what cannot be used leaves the last good one in place."""

    def __init__(
        self, settings: TlsSettings, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self.settings = settings
        self._seconds = seconds
        self._files = [
            path
            for path in (settings.certificate, settings.key, settings.client_ca)
            if path is not None
        ]
        self._looked = seconds()
        self._seen = self._stamps()
        self._context = context_of(settings)

    def _stamps(self) -> list[tuple[int, int] | None]:
        stamps: list[tuple[int, int] | None] = []
        for path in self._files:
            try:
                facts = path.stat()
                stamps.append((facts.st_mtime_ns, facts.st_ino))
            except OSError:
                stamps.append(None)
        return stamps

    def context(self) -> SSL.Context:
        """That of the files as they are now, or were a second ago."""
        now = self._seconds()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            stamps = self._stamps()
            if stamps != self._seen:
                self._seen = stamps
                try:
                    self._context = context_of(self.settings)
                    log.info("the certificate %s was read anew", self.settings.certificate)
                except TlsUnusable as error:
                    log.error("the certificate was not changed: %s", error)
        return self._context


@dataclass(frozen=True, slots=True)
class Security:
    """How a connection is protected, and what the caller's certificate calls it.

    `names` are the common name and the DNS names of a certificate that was verified.
    """

    is_encrypted: bool = False
    names: frozenset[str] = frozenset()


PLAIN = Security()


def security_of(transport: Any) -> Security:
    """Of a connection whose handshake is over: once something has been received from it."""
    certificate_of = getattr(transport, "getPeerCertificate", None)
    if certificate_of is None:
        return PLAIN
    certificate = certificate_of()
    if certificate is None:
        return Security(is_encrypted=True)
    from cryptography.x509 import DNSName, ExtensionNotFound, SubjectAlternativeName
    from cryptography.x509.oid import NameOID

    shown = certificate.to_cryptography()
    names = {str(each.value) for each in shown.subject.get_attributes_for_oid(NameOID.COMMON_NAME)}
    try:
        others = shown.extensions.get_extension_for_class(SubjectAlternativeName).value
        names.update(others.get_values_for_type(DNSName))
    except ExtensionNotFound:
        pass
    return Security(is_encrypted=True, names=frozenset(names))
