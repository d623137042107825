"""A platform to talk to, and a client with the right certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from protocols.digital_post.connection import Connection
from protocols.digital_post.direct import DirectPost
from protocols.digital_post.kombipost import KombiPost
from protocols.digital_post.memo.messages import MemoVersion
from protocols.digital_post.tokens import Tokens
from tests.builders.digital_post import CVR, schema_of_memo
from tests.builders.fjernprint import fjernprint_schema
from tests.protocols.digital_post.certificates import Authority, Pem
from tests.protocols.digital_post.platform import Platform, serve


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def own(authority: Authority) -> Pem:
    """The certificate of our system."""
    return authority.signed("library")


@pytest.fixture(scope="session")
def letters(
    shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> etree.XMLSchema | etree.RelaxNG:
    """The schema of remote print, which takes some time to put together."""
    return fjernprint_schema(shared, tmp_path_factory.mktemp("fjernprint"))


@pytest.fixture
def platform(
    authority: Authority, shared: Path, letters: etree.XMLSchema | etree.RelaxNG
) -> Iterator[Platform]:
    platform = Platform(CVR, schema_of_memo(shared), letters)
    end = serve(platform, authority, authority.signed("platform"))
    yield platform
    end()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connection(own: Pem, authority: Authority) -> Connection:
    return Connection(own.certificate, own.key, authority.file, timeout=5)


def tokens_of(platform: Platform, connection: Connection, own: Pem, clock: Clock) -> Tokens:
    return Tokens(
        connection,
        issue_url=f"{platform.url}/runtime/api/rest/wstrust/v1/issue",
        token_url=f"{platform.url}/service/AccessTokenService_1/token",
        cvr=CVR,
        certificate=own.certificate,
        clock=clock,
    )


@pytest.fixture
def kombipost(
    platform: Platform, connection: Connection, own: Pem, clock: Clock
) -> Callable[[MemoVersion], KombiPost]:
    def client(version: MemoVersion) -> KombiPost:
        tokens = tokens_of(platform, connection, own, clock)
        return KombiPost(connection, tokens, base=platform.url, version=version, clock=clock)

    return client


@pytest.fixture
def direct(platform: Platform, connection: Connection) -> DirectPost:
    return DirectPost(
        connection, base=f"{platform.url}/apis/v1", version=MemoVersion.V1_1, system_id="tiro"
    )
