"""The addresses of a configuration are those that the protocol folders listen on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalogue.database import open_database
from circulation.kernel.engine import Circulation
from protocols.hosting.answering import Services
from protocols.hosting.standard import installed_standards
from protocols.process.addresses import addresses
from protocols.process.configuration import configuration_from
from tests.builders.certificates import Authority


@pytest.fixture
def services(sqlite_url: str) -> Iterator[Services]:
    database = open_database(sqlite_url)
    services = Services(
        database, Circulation(), lambda: datetime.now(UTC), lambda *_: None, lambda *_: None
    )
    yield services
    services.close()
    database.close()


def test_they_are_those_of_the_listeners(services: Services, tmp_path: Path) -> None:
    issued = Authority(tmp_path).issue("localhost", file="server")
    files = {"certificate": str(issued.certificate), "key": str(issued.key)}
    table = {
        "sip2": {"port": 1, "tls_port": 2, "telnet_port": 3, "tls": files},
        "ncip": {"port": 4},
        "z3950": {"port": 5, "enabled": False},
        "http": {"port": 6},
    }
    standards = installed_standards()
    configuration = configuration_from(table, tmp_path / "tiro.toml", standards)
    expected = {("[http]", "127.0.0.1", 6)}
    for name, standard in standards.items():
        for port in standard.ports(configuration.standards[name], services):
            expected.add((f"[{name}]", port.interface, port.number))
    assert {tuple(each) for each in addresses(configuration)} == expected
    assert {number for _, _, number in expected} >= {1, 2, 3, 4, 6}
