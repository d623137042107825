"""The certificate of a listener: what is refused, and how it follows its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protocols.configuration import ConfigurationError, configuration_from
from protocols.standard import installed_standards
from protocols.tls import Certificates, TlsSettings
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
        ({"certificate": "none.pem"}, "[sip2] tls: "),
        ({"key": "other.key"}, "[sip2] tls: "),
        ({"certificate": "server.key"}, "[sip2] tls: "),
        ({"client_certificates": "required"}, "client_certificates needs client_ca"),
        ({"client_certificates": "wanted", "client_ca": "none.pem"}, "[sip2] tls: "),
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
