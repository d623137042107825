"""TLS on both sides of the proxy: terminals are offered it, and the old system is verified."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from protocols.sip2.asking.line import LineError, open_line, tls_context
from tests.builders.certificates import Authority
from tests.protocols.proxy.serving import LOGIN, OUT, ask, proxy, settings
from tests.protocols.proxy.systems import OldSystem

LISTEN = """
[listen.tls]
certificate = "proxy.pem"
key = "proxy.key"
"""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    authority = Authority(tmp_path)
    for name in ("proxy", "old"):
        authority.issue("localhost", file=name, dns=("localhost",))
    return authority


def old_with_tls(folder: Path) -> OldSystem:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "old.pem", folder / "old.key")
    return OldSystem(context)


def test_both_sides_are_encrypted(tmp_path: Path, authority: Authority) -> None:
    tls = f'tls = {{ authority = "{authority.certificate.name}", name = "localhost" }}'
    with old_with_tls(tmp_path) as old:
        settings(tmp_path, old.port, listen=LISTEN, old=tls)
        with proxy(tmp_path) as running:
            context = tls_context(str(authority.certificate))
            with open_line("127.0.0.1", running.port, tls=context, server_name="localhost") as line:
                assert ask(line, LOGIN) == b"941"
                assert ask(line, OUT).startswith(b"121NNY")
            assert ask(running.terminal(), OUT).startswith(b"121NNY"), "plain is still allowed"


@pytest.mark.parametrize("tls", ['{ name = "localhost" }', '{ name = "another", %s }'])
def test_nothing_is_sent_to_a_system_that_is_another(
    tmp_path: Path, authority: Authority, tls: str
) -> None:
    known = f'authority = "{authority.certificate.name}"'
    with old_with_tls(tmp_path) as old:
        settings(tmp_path, old.port, old=f"tls = {tls % known if '%' in tls else tls}")
        with proxy(tmp_path) as running:
            line = running.terminal(b"")
            line.send(LOGIN)
            assert line.frame() == b"940", "nobody could ask whether it is right"
            assert old.heard == []
            assert "no TLS" in running.records("silent")[0]["why"]
            assert not running.records("silent")[0]["was_sent"]


def test_terminals_may_have_to_use_it(tmp_path: Path, authority: Authority) -> None:
    with OldSystem() as old:
        settings(tmp_path, old.port, listen=LISTEN + "plain = false")
        with proxy(tmp_path) as running, open_line("127.0.0.1", running.port) as line:
            line.send(LOGIN)
            with pytest.raises(LineError):
                line.frame()
