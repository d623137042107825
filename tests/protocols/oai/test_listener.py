"""OAI-PMH over real sockets: a whole demo server, asked by curl and by a stock harvester."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from lxml import etree
from oaipmh_scythe import Scythe

from tests.protocols.oai.schema import Schema
from tests.protocols.oai.stage import errors_of
from tests.servers import RunningServer, run_tiro

Get = Callable[..., tuple[str, bytes]]


@pytest.fixture
def get(program: Callable[[str], str], demo_server: RunningServer) -> Get:
    """Status and media type, and the body, of a request by curl."""
    path = program("curl")

    def get(query: str, *options: str) -> tuple[str, bytes]:
        address = f"http://127.0.0.1:{demo_server.http}/oai{query}"
        written = "\n%{http_code} %{content_type}"
        command = [path, "-sS", "-w", written, *options, address]
        done = subprocess.run(command, capture_output=True, timeout=20, check=True)
        body, _, status = done.stdout.rpartition(b"\n")
        return status.decode(), body

    return get


def test_get_and_post(get: Get, schema: Schema) -> None:
    query = "verb=ListRecords&metadataPrefix=marc21"
    got, by_get = get(f"?{query}")
    posted, by_post = get("", "-d", query)
    assert got == posted == "200 text/xml; charset=utf-8"
    first, second = schema.check(by_get), schema.check(by_post)
    assert etree.tostring(first[2]) == etree.tostring(second[2])
    _, body = get("?verb=Nonsense%22&from=%00")
    assert errors_of(schema.check(body)) == ["badVerb"]


def test_what_is_no_request_of_the_standard(get: Get) -> None:
    assert get("", "-X", "PUT", "-d", "x")[0].startswith("405")
    assert get("", "-H", "Content-Type: text/xml", "-d", "<a/>")[0].startswith("415")
    assert get("?" + "&".join(["a=b"] * 300))[0].startswith("400")


def test_a_stock_harvester(demo_server: RunningServer) -> None:
    """All records, headers alone, a set, formats, sets, one record; and a mistake."""
    with Scythe(f"http://127.0.0.1:{demo_server.http}/oai") as scythe:
        assert scythe.identify().protocolVersion == "2.0"
        prefixes = {each.metadataPrefix for each in scythe.list_metadata_formats()}
        assert prefixes == {"oai_dc", "marc21", "marcxchange"}
        records = list(scythe.list_records(metadata_prefix="oai_dc"))
        headers = list(scythe.list_identifiers(metadata_prefix="marc21"))
        assert len(records) == len(headers) > 100
        assert len({each.header.identifier for each in records}) == len(records)
        specs = [each.setSpec for each in scythe.list_sets()]
        assert "DK-900100" in specs
        within = list(scythe.list_records(metadata_prefix="oai_dc", set_="DK-900100"))
        assert 0 < len(within) <= len(records)
        one = records[0].header.identifier
        got = scythe.get_record(identifier=one, metadata_prefix="marcxchange")
        assert got.header.identifier == one


def test_check_says_what_harvesters_keep(demo_server: RunningServer) -> None:
    config = demo_server.data / "tiro.toml"
    checked = run_tiro(config, "check")
    assert "[oai]" not in checked.stdout + checked.stderr
    unset = demo_server.data / "unset.toml"
    text = config.read_text()
    unset.write_text(text.partition("[oai]")[0] + "[oai]\nenabled = true\n")
    checked = run_tiro(unset, "check")
    said = checked.stdout + checked.stderr
    assert "[oai] namespace" in said
    assert "[oai] admin_email" in said
