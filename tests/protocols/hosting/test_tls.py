"""The certificate of a listener: what is refused, and how it follows its files."""

from __future__ import annotations

import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from protocols.hosting.standard import installed_standards
from protocols.hosting.tls import Certificates, TlsSettings, context_of
from protocols.process.configuration import configuration_from
from protocols.process.foundation import ConfigurationError
from tests.builders.certificates import Authority


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority(folder)
    authority.issue("localhost", file="server")
    authority.issue("other", file="other")
    return folder


def read(folder: Path, section: str = "sip2", **tls: Any) -> TlsSettings:
    options = {"certificate": "server.pem", "key": "server.key"} | tls
    table = {section: {"tls": options}}
    configuration = configuration_from(table, folder / "tiro.toml", installed_standards())
    found = configuration.http if section == "http" else configuration.standards[section]
    assert isinstance(found.tls, TlsSettings)
    return found.tls


@pytest.mark.parametrize("section", ["sip2", "z3950", "ncip", "http"])
def test_every_listener_has_it_and_names_are_beside_the_file(folder: Path, section: str) -> None:
    assert read(folder, section).certificate == folder / "server.pem"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"certificate": "none.pem"}, "none.pem cannot be read: No such file or directory"),
        ({"key": "other.key"}, "other.key cannot be "),
        ({"certificate": "server.key"}, "server.key cannot be used: no start line"),
        ({"client_certificates": "required"}, "client_certificates needs client_ca"),
        ({"client_certificates": "wanted", "client_ca": "none.pem"}, "client_ca "),
        ({"ciphers": "all"}, "[sip2] tls.ciphers: no such setting"),
    ],
)
def test_what_cannot_be_used_is_said(folder: Path, options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(folder, **options)
    assert problem in str(raised.value)


def test_a_port_for_tls_needs_a_certificate(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="tls_port needs"):
        configuration_from({"sip2": {"tls_port": 0}}, tmp_path / "t", installed_standards())


def test_the_context_follows_its_files_and_outlives_a_broken_one(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    issued = authority.issue("localhost", file="server")
    seconds = [100.0]
    certificates = Certificates(
        TlsSettings(issued.certificate, issued.key), seconds=lambda: seconds[0]
    )
    first = certificates.context()
    seconds[0] += 5
    assert certificates.context() is first
    issued.certificate.write_text("half a file")
    seconds[0] += 5
    assert certificates.context() is first
    authority.issue("localhost", file="server")
    assert certificates.context() is first  # looked at a moment ago
    seconds[0] += 5
    assert certificates.context() is not first


def suite_of(settings: TlsSettings, offered: str, newest: ssl.TLSVersion) -> str:
    """The suite that a client gets who offers these of TLS 1.2; ssl.SSLError where none."""
    here = SSL.Connection(context_of(settings))
    here.set_accept_state()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.minimum_version, client.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
    client.set_ciphers(f"{offered}:@SECLEVEL=0")
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    there = client.wrap_bio(to_client, to_server)
    for _ in range(10):
        with suppress(ssl.SSLWantReadError):
            there.do_handshake()
            found = there.cipher()
            assert found is not None
            return found[0]
        if to_server.pending:
            here.bio_write(to_server.read())
        with suppress(SSL.Error):  # of which an alert tells the client
            here.do_handshake()
        with suppress(SSL.WantReadError):
            to_client.write(here.bio_read(65536))
    raise AssertionError("no end of the handshake")


@pytest.mark.parametrize(
    "offered",
    [
        *("ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES256-SHA"),
        *("ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA", "DHE-RSA-AES256-GCM-SHA384"),
        *("AES128-GCM-SHA256", "AES256-SHA", "AES128-SHA256"),
    ],
)
@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_old_suites_are_refused(offered: str, kind: str, keys: dict[str, TlsSettings]) -> None:
    with pytest.raises(ssl.SSLError):
        suite_of(keys[kind], offered, ssl.TLSVersion.TLSv1_2)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_refused(newest: ssl.TLSVersion, keys: dict[str, TlsSettings]) -> None:
    for settings in keys.values():
        with pytest.raises(ssl.SSLError):
            suite_of(settings, "ALL", newest)


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_suites_of_today_are_agreed_on(kind: str, keys: dict[str, TlsSettings]) -> None:
    name = {"ec": "ECDSA", "rsa": "RSA"}[kind]
    for suite in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"):
        offered = f"ECDHE-{name}-{suite}"
        assert suite_of(keys[kind], offered, ssl.TLSVersion.TLSv1_2) == offered
    assert suite_of(keys[kind], "ALL", ssl.TLSVersion.TLSv1_3).startswith("TLS_")
    assert suite_of(keys[kind], "ALL", ssl.TLSVersion.TLSv1_2).startswith(f"ECDHE-{name}-")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TlsSettings]:
    """A certificate for either kind of key, which decides on the suites that there are."""
    folder = tmp_path_factory.mktemp("keys")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = {}
    for kind, key in (
        ("ec", ec.generate_private_key(ec.SECP256R1())),
        ("rsa", rsa.generate_private_key(65537, 2048)),
    ):
        certificate = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - timedelta(days=1))
            .not_valid_after(datetime.now(UTC) + timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        path = folder / f"{kind}.pem"
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        made[kind] = TlsSettings(path, path)
    return made
