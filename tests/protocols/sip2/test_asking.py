"""`tiro sip2 ask`, over TCP and over HTTPS, and what it says where nobody answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from catalogue.database import open_database
from protocols.commands.command_line import tiro
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.sip2.serving import Serving, serving
from tests.protocols.sip2.terminals import PASSWORD
from tests.servers import free_ports


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("sip2-asking")
    path = folder / "tiro.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{path}")
    library = a_library(database)
    a_patron(library, "P1", pin_hash=hashed("1234"))
    an_item(library, "I1", title="Bøg & løg")
    database.close()
    log = folder / "server.log"
    with serving(f"sqlite:///{path}", log, https=True, http={"port": 0}) as running:
        yield running


def ask(*words: str) -> Result:
    return CliRunner().invoke(tiro, ["sip2", "ask", *words])


@pytest.fixture(params=["tcp", "https"])
def address(request: pytest.FixtureRequest, server: Serving) -> str:
    if request.param == "tcp":
        return f"127.0.0.1:{server.port}"
    return f"http://127.0.0.1:{server.http}/rest/sip2/DK-900100"


def test_messages_are_sent_and_their_answers_printed(address: str) -> None:
    words = (address, "--login", "kiosk", "--password", PASSWORD, "--pin", "1234")
    done = ask(
        *words,
        "9900802.00",
        "11NN{now}{now}AODK-900100|AAP1|ABI1|AC|AD{pin}|",
        "09N{now}{now}AP|AODK-900100|ABI1|AC|",
    )
    assert done.exit_code == 0, done.output
    status, lent, back = done.stdout.splitlines()
    assert status.startswith("98Y")
    assert lent.startswith("121")
    assert "AJBøg & løg|" in lent
    assert back.startswith("101")
    [told] = json.loads(ask(*words, "17{now}AO|ABI1|", "--json").stdout)
    assert told["message"] == "17{now}AO|ABI1|"  # as given: no PIN is shown
    assert told["answer"].startswith("1803")


def test_a_login_that_is_refused_is_said(address: str) -> None:
    done = ask(address, "--login", "kiosk", "--password", "wrong", "9900802.00")
    assert done.exit_code == 1
    assert "efused" in done.stderr or "wrong" in done.stderr


@pytest.mark.parametrize("form", ["127.0.0.1:{}", "http://127.0.0.1:{}/rest/sip2/DK-900100"])
def test_where_nobody_answers_the_status_is_3(form: str) -> None:
    [port] = free_ports(1)
    assert ask(form.format(port), "9900802.00").exit_code == 3


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/x", "https://", "nowhere"])
def test_what_is_no_address_is_said(address: str) -> None:
    assert ask(address, "9900802.00").exit_code in (2, 3)


def test_another_page_is_no_sip2(server: Serving) -> None:
    done = ask(f"http://127.0.0.1:{server.http}/", "9900802.00")
    assert done.exit_code == 3
    assert "none of SIP2" in done.stderr
