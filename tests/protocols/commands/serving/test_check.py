"""`tiro check`: everything that is wrong, at once, and nothing where all is well."""

from __future__ import annotations

import json
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from catalogue.database import Transaction, open_database
from circulation.fees.payment_ways import PAYMENT_SETTINGS
from circulation.staff.workstations import Printer, add_workstation
from protocols.commands.command_line import tiro
from protocols.demo.seeding import seed
from tests.builders.accounts import at_no_desk
from tests.builders.certificates import Authority
from tests.builders.circulation import a_library
from tests.builders.interlending import a_partner
from tests.builders.pins import hashed
from tests.servers import free_ports


class Place:
    """A folder with a tiro.toml, which everybody could come to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "tiro.toml"
        self.ports = dict(zip(("http", "sip2", "z3950", "ncip"), free_ports(4), strict=True))

    def write(self, text: str = "", **sections: str) -> None:
        lines = [text]
        for name, port in self.ports.items():
            lines.append(f"[{name}]\nport = {port}\n{sections.get(name, '')}")
        self.path.write_text("\n".join(lines))
        self.path.chmod(0o640)

    def check(self, *options: str) -> tuple[int, list[str]]:
        """The status, and each finding as a line."""
        done = CliRunner().invoke(tiro, ["--config", str(self.path), "check", "--json", *options])
        found = json.loads(done.stdout)
        return done.exit_code, [f"{each['severity']}: {each['text']}" for each in found]


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path) -> Place:
    (tmp_path / "tiro.sqlite").chmod(0o640)
    return Place(tmp_path)


@pytest.fixture
def open_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One whose folders everybody may enter, as /etc."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="tiro-check-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield Place(folder)


@pytest.fixture
def a_town(sqlite_url: str) -> None:
    """The library has the branch DK-900101."""
    database = open_database(sqlite_url)
    seed(database, patrons=1, items=1, now=datetime.now(UTC))
    database.close()


def test_all_is_well(place: Place) -> None:
    place.write()
    assert place.check() == (0, [])
    said = CliRunner().invoke(tiro, ["--config", str(place.path), "check"])
    assert said.stdout.startswith(f"{place.path} is in order")
    assert "languages: da, de (in part), en" in said.stdout


def test_bills_that_say_no_way_to_pay_are_warned_of(
    place: Place, sqlite_url: str, a_town: None
) -> None:
    place.write()
    assert place.check() == (0, [])
    database = open_database(sqlite_url)

    def forget(transaction: Transaction) -> None:
        PAYMENT_SETTINGS.store(transaction, 1, {})

    database.write(forget).result()
    database.close()
    code, [found] = place.check()
    assert code == 0
    assert found == (
        "warning: bills of DK-900100 say no way to pay: set [agencies.DK-900100.payment]"
    )


def test_an_index_of_older_rules_is_told(place: Place, sqlite_url: str) -> None:
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE index_rules SET version = 1")
    place.write()
    status, lines = place.check()
    assert status == 0
    assert any("tiro reindex" in line for line in lines)


def test_everything_is_said_at_once(open_place: Place) -> None:
    place = open_place
    authority = Authority(place.folder)
    issued = authority.issue("sip.example.org", file="server")
    issued.key.chmod(0o644)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        place.ports["z3950"] = other.getsockname()[1]
        place.write(
            '[database]\nurl = "postgresql://tiro:sesame@127.0.0.1:1/nowhere"\n[cat]\n[logging]\n'
            'level = "loud"',
            sip2='[sip2.tls]\ncertificate = "server.pem"\nkey = "server.key"',
        )
        place.path.chmod(0o644)
        code, found = place.check()
    assert code == 1
    text = "\n".join(found)
    for part in (
        "error: " + str(place.path) + ": [cat]: no such section",
        "[logging] level",
        f"error: [z3950] cannot listen on 127.0.0.1:{place.ports['z3950']}: Address already in use",
        "End the program that uses it, or choose another port.",
        "warning: [sip2.tls.certificate]",
        "the certificate of sip.example.org ends on",
        f"error: {place.path} holds secrets and can be read by everybody: chmod 640",
        "server.key is a private key and can be read by everybody",
        "error: [database] the database cannot be reached",
    ):
        assert part in text, text
    assert len(found) == 7
    assert "sesame" not in text


def test_what_is_wrong_in_one_section_does_not_hide_the_others(place: Place) -> None:
    place.write(sip2="nonsense = 1", ncip='branch = "DK-nowhere"\nany_partner = true')
    code, found = place.check()
    assert code == 1
    assert any("[sip2] nonsense: no such setting" in each for each in found)
    assert "error: [ncip.branch] the library has no branch DK-nowhere" in found
    assert any("any_partner" in each for each in found)
    assert not any("cannot listen" in each for each in found)


def test_two_sections_cannot_have_one_port(place: Place) -> None:
    place.ports["sip2"] = place.ports["ncip"]
    place.write()
    [found] = place.check()[1]
    assert found.endswith(f"127.0.0.1:{place.ports['ncip']}: [ncip] does")


def test_kiosks_over_https_need_a_port_that_has_it(place: Place) -> None:
    place.write(sip2="https = true")
    assert place.check() == (0, [])
    place.write(sip2="https = true", http="enabled = false")
    assert place.check()[1] == [
        "error: [sip2] https needs the port of [http], which is switched off"
    ]
    place.write(sip2="https = true", http='interface = "0.0.0.0"')
    [found] = place.check()[1]
    assert found.startswith("warning: [sip2] https: whoever comes to 0.0.0.0 in clear is refused")
    named = 'interface = "0.0.0.0"\nforwarders = ["192.0.2.5"]'
    place.write(sip2="https = true", http=named)
    assert place.check() == (0, [])


def test_callers_behind_another_host_must_be_told_apart(place: Place) -> None:
    reached = 'address = "https://library.example.org"\n'
    place.write(http=reached)
    assert place.check() == (0, [])
    place.write(http=reached + 'interface = "0.0.0.0"')
    [found] = place.check()[1]
    assert found.startswith("warning: [http] https://library.example.org is served by another host")
    place.write(http=reached + 'interface = "0.0.0.0"\nforwarders = ["192.0.2.5"]')
    assert place.check() == (0, [])
    balanced = '[http.access]\ntrusted_proxies = ["192.0.2.5"]'
    place.write(http=reached + 'interface = "0.0.0.0"\n' + balanced)
    assert place.check() == (0, [])


def test_the_ports_of_a_running_server_are_its_own(place: Place) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        place.ports["sip2"] = server.getsockname()[1]
        place.write()
        assert place.check()[0] == 1
        assert place.check("--running") == (0, [])


def a_certificate(folder: Path, name: str, ends: timedelta) -> None:
    """In NAME.pem and NAME.key, ending so long from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=500))
        .not_valid_after(datetime.now(UTC) + ends)
        .sign(key, hashes.SHA256())
    )
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def test_a_certificate_of_long_ago_is_an_error(place: Place) -> None:
    a_certificate(place.folder, "old", timedelta(days=-1))
    a_certificate(place.folder, "new", timedelta(days=400))
    tls = "[{}.tls]\ncertificate = '{}.pem'\nkey = '{}.key'"
    place.write(sip2=tls.format("sip2", "old", "old"), z3950=tls.format("z3950", "new", "new"))
    code, found = place.check()
    assert code == 1
    [only] = found
    assert only.startswith("error: [sip2.tls.certificate]")
    assert "the certificate of old ended on" in only


def test_a_file_that_is_no_database_is_said(place: Place) -> None:
    place.write()
    (place.folder / "tiro.sqlite").write_bytes(b"not a database at all, whatever its name says")
    code, [found] = place.check()
    assert code == 1
    assert "[database] the database cannot be read: file is not a database" in found


def test_a_missing_library_is_an_error(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.write()
    code, [found] = place.check()
    assert code == 1
    assert "there is no library in this database" in found
    assert "`tiro serve --create`" in found
    assert not (tmp_path / "tiro.sqlite").exists()
    place.write('[database]\nurl = "sqlite:///nowhere/tiro.sqlite"')
    assert place.check()[0] == 1


PARTNERS: list[tuple[dict[str, Any], str]] = [
    ({}, "warning: [ncip.partners] P proves nothing"),
    ({"token_key": "no key"}, "error: [ncip.partners] P: token_key is no key for RS256"),
    ({"shared_secret": "HASH"}, ""),
    ({"addresses": ["192.0.2.0/24"]}, ""),
]


@pytest.mark.parametrize(("options", "says"), PARTNERS)
@pytest.mark.usefixtures("a_town")
def test_partners_must_prove_who_they_are(options: dict[str, Any], says: str, place: Place) -> None:
    options = {name: hashed("x") if each == "HASH" else each for name, each in options.items()}
    lines = [f"{name} = {json.dumps(value)}" for name, value in options.items()]
    place.write(ncip="\n".join(['[[ncip.partners]]\nagency = "P"\nbranch = "DK-900101"', *lines]))
    _, found = place.check()
    assert bool(found) == bool(says), found
    assert says in "".join(found)


def test_agreements_with_partners_that_prove_nothing(place: Place, a_town: None) -> None:
    place.write(
        ncip='branch = "DK-900101"\nany_partner = true\nany_partner_serves = ["DK-1"]\n'
        '[[ncip.partners]]\nname = "A"\nserves = ["*"]\n'
        f'[[ncip.partners]]\nname = "B"\nserves = ["dk-900100"]\nshared_secret = "{hashed("x")}"\n'
    )
    code, found = place.check()
    assert code == 1
    whoever = "whoever writes this name may see and serve the patrons of"
    assert [each for each in found if "serves: " in each] == [
        "error: [ncip] any_partner_serves: there is no agency DK-1",
        f"warning: [ncip] any_partner_serves: {whoever} DK-1 without their PIN",
        f"warning: [ncip.partners] A serves: {whoever} * without their PIN",
    ]


def test_pins_hashed_by_bcrypt_need_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write()
    with closing(open_database(f"sqlite:///{place.folder}/tiro.sqlite")) as database:
        seed(database, patrons=1, items=1, now=datetime.now(UTC))
        database.write(
            lambda transaction: transaction.execute(
                "UPDATE patrons SET pin_hash = 'slow:bcrypt::$2b$04$x'", ()
            )
        ).result()
    assert not [each for each in place.check()[1] if "bcrypt" in each]
    monkeypatch.setitem(sys.modules, "bcrypt", None)
    code, found = place.check()
    assert code == 1
    [only] = [each for each in found if "bcrypt" in each]
    assert only.startswith("error: ")
    assert "pip install 'tiro-ils[bcrypt]'" in only


@pytest.mark.parametrize("region", ["XX", "dk", "Denmark"])
def test_an_unknown_region_is_an_error(place: Place, region: str) -> None:
    place.write(f'[notices]\nregion = "{region}"')
    code, [found] = place.check()
    assert code == 1
    assert "[notices] region: must be a country's two letters, such as DK" in found


def test_addresses_that_are_not_public(tmp_path: Path, database_url: str) -> None:
    """Each in use is listed, with the one line that allows them all: after that, none is."""
    place = Place(tmp_path)
    database = open_database(database_url)
    library = a_library(database)
    at_no_desk(
        library,
        lambda act: [
            add_workstation(act, name, library.main.id, Printer(kind, address))
            for name, kind, address in (
                ("Desk 1", "escpos", "192.168.4.7"),
                ("Desk 2", "escpos", "[fd00::7]:9101"),
                ("Desk 3", "escpos", "193.0.14.129:9100"),
                ("Desk 4", "cups", "127.0.0.1"),
            )
        ],
    )
    a_partner(library, "DK-1", protocol="iso18626", address="http://10.0.0.1/ill")
    a_partner(library, "DK-2", address="tcp://10.0.0.2", catalogue="z3950://10.0.0.3/Default")
    database.close()
    place.write(
        f"""
[database]
url = "{database_url}"
[outgoing]
allow = ["10.9.0.0/16"]
[oai.sources.union]
url = "http://169.254.169.254/oai"
[[single_sign_on.providers]]
name = "town"
issuer = "https://localhost"
client_id = "tiro"
[fbs]
enabled = true
[fbs.provider]
introspection = "https://10.0.0.4:8443/introspection"
userinfo = "https://10.9.0.4/userinfo"
client_id = "tiro"
client_secret = "x"
[holdings.sinks.app]
driver = "webhook"
url = "http://100.64.0.1/"
secret = "0123456789abcdef"
[notices.channels.sms]
driver = "http_sms"
url = "http://[::1]:8080/"
token = "t"
sender = "Town"
[[accession.targets]]
name = "Union"
kind = "z3950"
host = "10.0.0.5"
[[accession.targets]]
name = "Nation"
kind = "sru"
url = "http://10.9.0.5/sru"
"""
    )
    _, found = place.check()
    about = [each for each in found if "not a public address" in each or "[outgoing]" in each]
    listed = {each.removeprefix("error: ").partition(" is not a public")[0] for each in about[:-1]}
    assert listed == {
        "the printer of the desk Desk 1: 192.168.4.7 port 9100",
        "the printer of the desk Desk 2: fd00::7 port 9101",
        "the partner DK-1, address: 10.0.0.1 port 80",
        "the partner DK-2, address: 10.0.0.2 port 3121",
        "the partner DK-2, catalogue: 10.0.0.3 port 210",
        "[oai.sources.union.url]: 169.254.169.254 port 80",
        "[single_sign_on.providers.1.issuer]: localhost port 443",
        "[fbs.provider.introspection]: 10.0.0.4 port 8443",
        "[holdings.sinks.app.options.url]: 100.64.0.1 port 80",
        "[notices.channels.sms.options.url]: ::1 port 8080",
        "[accession.targets] Union: 10.0.0.5 port 210",
    }
    line = about[-1].partition("write: ")[2]
    assert line.startswith('allow = ["10.9.0.0/16", ')
    text = place.path.read_text()
    place.path.write_text(text.replace('allow = ["10.9.0.0/16"]', line))
    _, found = place.check()
    assert [each for each in found if "public address" in each or "[outgoing]" in each] == []
