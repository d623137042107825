"""A partner known by its certificate, over HTTPS and TLS on the raw port, and by the client."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue.database import open_database
from protocols.ncip.asking.client import NcipClient, NcipUnreachable
from protocols.ncip.messages import ItemId, Refusal
from protocols.ncip.models.lookups import LookupItem, LookupItemResponse
from tests.builders.certificates import Authority, Issued
from tests.builders.circulation import a_library, an_item
from tests.protocols.ncip.serving import Serving, serving

ABOUT = LookupItem(item_id=ItemId(item_identifier_value="I0000001"))
TLS = """
certificate = "server.pem"
key = "server.key"
client_ca = "{authority}"
client_certificates = "wanted"
"""


class Secured:
    def __init__(self, server: Serving, authority: Authority) -> None:
        self.server, self.authority = server, authority

    def client(self, scheme: str, shown: Issued | None, **caller: str) -> NcipClient:
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        if shown is not None:
            context.load_cert_chain(shown.certificate, shown.key)
        port = self.server.http if scheme == "https" else self.server.tcp
        path = "/ncip" if scheme == "https" else ""
        return NcipClient(f"{scheme}://localhost:{port}{path}", tls=context, **caller)


@pytest.fixture(scope="module")
def secured(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("tls")
    (folder / "tiro.sqlite").write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{folder / 'tiro.sqlite'}")
    an_item(a_library(database), "I0000001")
    database.close()
    authority = Authority(folder)
    authority.issue("localhost", file="server", dns=("localhost",))
    tls = TLS.format(authority=authority.certificate.name)
    configuration = (
        f'[database]\nurl = "sqlite:///tiro.sqlite"\n[http]\nport = 0\n[http.tls]{tls}'
        f'[ncip]\nport = 0\nbranch = "DK-900101"\n[ncip.tls]{tls}'
        '[[ncip.partners]]\nname = "RESHARE"\npreset = "reshare"\n'
        'certificate = "broker.example"\n'
    )
    with serving(folder, configuration) as server:
        yield Secured(server, authority)


@pytest.mark.parametrize("scheme", ["https", "tls"])
def test_a_certificate_over_the_wire(secured: Secured, scheme: str) -> None:
    partner = secured.authority.issue("broker.example", file="broker")
    with secured.client(scheme, partner, agency="RESHARE") as client:
        assert isinstance(client.ask(ABOUT), LookupItemResponse)
        assert isinstance(client.ask(ABOUT), LookupItemResponse)
    with secured.client(scheme, partner) as client:  # it does not even say its name
        assert isinstance(client.ask(ABOUT), LookupItemResponse)


@pytest.mark.parametrize("scheme", ["https", "tls"])
def test_another_certificate_or_none(secured: Secured, scheme: str) -> None:
    for shown in (secured.authority.issue("other.example", file="other"), None):
        with secured.client(scheme, shown, agency="RESHARE") as client:
            answer = client.ask(ABOUT)
            assert isinstance(answer, Refusal)
            assert answer.problem[0].problem_type is not None
            assert answer.problem[0].problem_type.value == "Agency Authentication Failed"


def test_a_responder_that_nobody_vouches_for(
    secured: Secured, caplog: pytest.LogCaptureFixture
) -> None:
    """The reason is in the log alone: the message is the same as that of a closed port."""
    with (
        caplog.at_level("INFO"),
        NcipClient(f"https://localhost:{secured.server.http}/ncip") as client,
        pytest.raises(NcipUnreachable, match="no answer from"),
    ):
        client.ask(ABOUT)
    assert "certificate verify failed" in caplog.text
