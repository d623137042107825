"""The port of operations of a real process, asked over HTTP, on both databases."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from sqlalchemy import select

from catalogue.database import Statement, open_database, scalar
from catalogue.schema import items
from circulation.kernel.events import events_of_item
from protocols.demo.seeding import seed
from tests.conftest import a_postgresql
from tests.protocols.operations.serving import Watched, watched

DATE = b"20261125    120000"
LOGIN = b"9300CNkiosk|COkiosk|\r"
SECRETS = ("wrong-word-61", "pin-secret-62", "term-word-63")

JSON_LOG = (
    "[http]",
    '[logging]\nlevel = "debug"\nform = "json"\nslow_ms = 0.001\n\n[http]',
)


@scalar(int)
def item_with(*, barcode: str) -> Statement:
    return select(items.c.id).where(items.c.barcode == barcode)


def lend(item: bytes, pin: bytes = b"1234") -> bytes:
    return b"11YN%b%bAODK-900100|AAP0000001|AB%b|ACterm-word-63|AD%b|\r" % (DATE, DATE, item, pin)


def ask(port: int, *messages: bytes) -> list[bytes]:
    answers = []
    with socket.create_connection(("127.0.0.1", port), 10) as kiosk:
        for message in messages:
            kiosk.sendall(message)
            answer = b""
            while not answer.endswith(b"\r"):
                answer += kiosk.recv(65536)
            answers.append(answer)
    return answers


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def seeded_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """One library for all tests here; each lends items that no other does."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            path = tmp_path_factory.mktemp("watched") / "tiro.sqlite"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            url = f"sqlite:///{path}"
        else:
            template = request.getfixturevalue("postgresql_template")
            url = stack.enter_context(a_postgresql(template))
        database = open_database(url)
        seed(database, patrons=3, items=9, now=datetime(2026, 11, 25, tzinfo=UTC))
        database.close()
        yield url


@pytest.fixture(scope="module")
def server(seeded_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched(tmp_path_factory.mktemp("server"), seeded_url, (JSON_LOG,)) as server:
        yield server


def lines_of(server: Watched) -> list[dict[str, object]]:
    return [json.loads(line) for line in server.log.read_text().splitlines()]


def test_it_counts_what_is_asked_and_how_it_ended(server: Watched) -> None:
    before = server.metrics()
    answers = ask(
        server.sip2, LOGIN, lend(b"I0000001"), lend(b"I0000002"), lend(b"nothing"), b"9900802.00\r"
    )
    assert [answer[:3] for answer in answers] == [b"941", b"121", b"121", b"120", b"98Y"]
    found = server.metrics()

    def more(name: str, **labels: str) -> float:
        key = name, frozenset(labels.items())
        return found[key] - before.get(key, 0.0)

    def counted(kind: str, outcome: str) -> float:
        return more("tiro_requests_total", standard="sip2", kind=kind, outcome=outcome)

    assert counted("Login", "ok") == 1
    assert counted("Checkout", "ok") == 2
    assert counted("Checkout", "refused") == 1
    assert counted("SCStatus", "ok") == 1
    assert more("tiro_lane_wait_seconds_count", lane="write") >= 3
    assert more("tiro_lane_commit_seconds_sum", lane="write") > 0
    assert found["tiro_lane_jobs", frozenset({"lane": "write"}.items())] == 0
    assert found["tiro_pin_verification_seconds_count", frozenset()] >= 2
    assert found["tiro_database_up", frozenset()] == 1
    assert found["tiro_database_size_bytes", frozenset()] > 100_000
    assert found["tiro_process_stage", frozenset({"stage": "serving"}.items())] == 1


def test_a_histogram_holds_every_request_once(server: Watched) -> None:
    ask(server.sip2, LOGIN, *[b"9900802.00\r"] * 7)
    labels = {"standard": "sip2", "kind": "SCStatus", "outcome": "ok"}
    found = server.metrics()
    buckets = [
        (float(dict(key)["le"]), value)
        for (name, key), value in found.items()
        if name == "tiro_request_duration_seconds_bucket" and labels.items() <= dict(key).items()
    ]
    numbers = [value for _, value in sorted(buckets)]
    assert numbers == sorted(numbers)
    assert numbers[-1] == found["tiro_request_duration_seconds_count", frozenset(labels.items())]
    assert numbers[-1] == found["tiro_requests_total", frozenset(labels.items())]
    assert numbers[-1] >= 7


def test_the_other_standards_are_counted_too(server: Watched) -> None:
    base = f"http://127.0.0.1:{server.http}"
    with urllib.request.urlopen(f"{base}/sru/catalogue?query=dc.title=x", timeout=10) as found:
        assert found.headers["x-request-id"]
    urllib.request.urlopen(f"{base}/sru/catalogue?query=nonsense.index=x", timeout=10).read()
    document = (
        b'<NCIPMessage xmlns="http://www.niso.org/2008/ncip"><LookupItem><ItemId>'
        b"<ItemIdentifierValue>%b</ItemIdentifierValue></ItemId></LookupItem></NCIPMessage>"
    )
    for body in (document % b"I0000001", document % b"no-such-item", b"<NCIPMessage"):
        urllib.request.urlopen(f"{base}/ncip", body, 10).read()
    unknown = b'<NCIPMessage xmlns="http://www.niso.org/2008/ncip"><Made-Up/></NCIPMessage>'
    urllib.request.urlopen(f"{base}/ncip", unknown, 10).read()
    found = {
        tuple(dict(key)[name] for name in ("standard", "kind", "outcome")): value
        for (name, key), value in server.metrics().items()
        if name == "tiro_requests_total"
    }
    assert found["sru", "SearchRetrieveRequest", "ok"] == 1
    assert found["sru", "SearchRetrieveRequest", "refused"] == 1
    assert found["ncip", "LookupItem", "ok"] == 1
    assert found["ncip", "LookupItem", "refused"] == 1
    assert sum(n for (standard, *_), n in found.items() if standard == "ncip") == 4
    assert not [kind for _, kind, _ in found if "Made" in kind]


def test_open_connections_are_counted_while_they_are_open(server: Watched) -> None:
    with socket.create_connection(("127.0.0.1", server.sip2)) as kiosk:
        kiosk.sendall(LOGIN)
        assert kiosk.recv(10) == b"941\r"
        assert server.metric("tiro_connections", standard="sip2") == 1
    end = time.monotonic() + 10
    while server.metric("tiro_connections", standard="sip2"):
        assert time.monotonic() < end


def test_a_scraper_that_wants_openmetrics_gets_it(server: Watched) -> None:
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    _, headers, text = server.get("/metrics", Accept=accept)
    assert headers["content-type"].startswith("application/openmetrics-text")
    assert "tiro_requests" in {family.name for family in text_string_to_metric_families(text)}


def test_health_and_readiness_say_which_process_it_is(server: Watched) -> None:
    for path in ("/health", "/ready"):
        status, report = server.report(path)
        assert status == 200
        assert report["status"] == "ok"
        assert report["pid"] == server.process.pid
        assert report["reasons"] == []


def test_other_paths_and_methods_are_refused(server: Watched) -> None:
    assert server.get("/nothing")[0] == 404
    assert server.get("/")[2].split() == ["/health", "/metrics", "/ready"]
    with pytest.raises(urllib.error.HTTPError, match="405"):
        urllib.request.urlopen(f"http://127.0.0.1:{server.operations}/ready", b"x", 10)


def test_a_blocked_process_is_ill_and_gets_well(server: Watched) -> None:
    server.process.send_signal(signal.SIGSTOP)
    time.sleep(2.2)
    server.process.send_signal(signal.SIGCONT)
    statuses = []
    end = time.monotonic() + 15
    while 200 not in statuses[-1:] or 503 not in statuses:
        assert time.monotonic() < end, statuses
        statuses.append(server.report("/health")[0])
        time.sleep(0.05)
    assert server.metric("tiro_reactor_lateness_seconds_count") > 1


def test_a_database_of_another_revision_is_not_ready(server: Watched, seeded_url: str) -> None:
    def set_revision(revision: str) -> None:
        database = open_database(seeded_url)
        statement = f"UPDATE alembic_version SET version_num = '{revision}'"
        database.write(lambda transaction: transaction.execute(statement, ())).result()
        database.close()

    def told(status: int) -> dict[str, Any]:
        """What it says when it says that: reads share a snapshot for a moment."""
        end = time.monotonic() + 10
        while (answer := server.report("/ready"))[0] != status and time.monotonic() < end:
            time.sleep(0.05)
        assert answer[0] == status, answer
        return answer[1]

    was = told(200)["revision"]
    set_revision("0001")
    assert "0001" in told(503)["reasons"][0]
    assert server.report("/health")[0] == 200
    set_revision("9999")  # a newer Tiro, which works beside this one
    told(200)
    set_revision("0001")
    told(503)
    set_revision(was)
    told(200)


def test_a_request_has_one_id_from_the_wire_to_the_event(server: Watched, seeded_url: str) -> None:
    assert ask(server.sip2, LOGIN, lend(b"I0000003"))[1].startswith(b"121")
    database = open_database(seeded_url)
    item = database.read(lambda t: item_with(t, barcode="I0000003")).result()
    events = database.read(lambda t: events_of_item(t, item_id=item)).result()
    database.close()
    request_id = events[-1].request_id
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]+", request_id or "")
    (slow,) = [
        line
        for line in lines_of(server)
        if line.get("request_id") == request_id
        and line["logger"] == "protocols.hosting.slow_requests"
    ]
    assert (slow["standard"], slow["kind"], slow["lane"]) == ("sip2", "Checkout", "write")
    assert slow["committed_ms"] >= 0  # type: ignore[operator]
    assert slow["cause"] in {"waited", "ran", "committed", "hashed", "reactor"}
    parts = ("waited_ms", "ran_ms", "committed_ms", "hashed_ms", "reactor_ms")
    assert sum(float(str(slow[part])) for part in parts) == pytest.approx(
        float(str(slow["took_ms"])), abs=0.5
    )
    logins = [line for line in lines_of(server) if "has logged in" in str(line["message"])]
    ids = {line["request_id"] for line in logins}
    assert len(ids) == len(logins) > 0
    assert request_id not in ids


def test_no_secret_is_in_a_json_log_at_its_loudest(server: Watched) -> None:
    ask(
        server.sip2,
        b"9300CNkiosk|COwrong-word-61|\r",
        LOGIN,
        lend(b"I0000004", b"pin-secret-62"),
        b"2300120261125    120000AO|AAP0000001|ACterm-word-63|ADpin-secret-62|\r",
        b"51|ADpin-secret-62|\r" + b"9900802.00\r",
    )
    urllib.request.urlopen(
        f"http://127.0.0.1:{server.http}/ncip",
        b'<NCIPMessage xmlns="http://www.niso.org/2008/ncip"><LookupUser><AuthenticationInput>'
        b"<AuthenticationInputData>pin-secret-62</AuthenticationInputData></AuthenticationInput>"
        b"</LookupUser></NCIPMessage>",
        10,
    ).read()
    lines = lines_of(server)
    assert len(lines) > 5
    assert {"time", "level", "logger", "message", "process"} <= set.intersection(*map(set, lines))
    whole = server.log.read_text()
    for secret in (*SECRETS, "AD1234", "COkiosk"):
        assert secret not in whole
    for path in ("/metrics", "/health", "/ready"):
        told = server.get(path)[2]
        assert not [secret for secret in (*SECRETS, "P0000001", "I0000004") if secret in told]
