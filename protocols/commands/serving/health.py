"""`tiro health`: does the server answer, as whoever restarts it wants to know."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import Any, Final

import click

from protocols.commands.shared.saying import as_json, tell
from protocols.commands.shared.settings import Settings
from protocols.process.configuration import Configuration
from protocols.process.failures import Failure

#: Addresses that stand for all, and where such a server is found from the same machine.
_HERE: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - none is bound


@click.command()
@click.option("--timeout", type=click.FloatRange(0.1, 60), default=4.0, show_default=True)
@as_json
@click.pass_obj
def health(settings: Settings, timeout: float, as_json: bool) -> None:
    """Ask the server of this configuration on this machine; the status is 1 if it does not answer.

    It is asked where it tells of its health ([operations]), else over HTTP, else where terminals
    connect; over TLS where that is configured, whatever name stands in the certificate.
    """
    section, path, asked = _asked(settings.configuration)
    host = _HERE.get(asked.interface, asked.interface)
    where = f"{section} at {host}:{asked.port}"
    try:
        status = _status(host, asked.port, path, asked.tls is not None, timeout)
    except OSError as error:
        raise Failure(
            f"{where} does not answer: {error.strerror or error}",
            "See whether the server runs, and its log.",
        ) from error
    if status is not None and status >= 500:
        raise Failure(f"{where} is not well: it answers {status}", "See the log of the server.")
    tell(f"{where} answers", {"section": section, "port": asked.port, "status": status}, as_json)


def _asked(configuration: Configuration) -> tuple[str, str | None, Any]:
    """The section, the path if it speaks HTTP, and the settings of whom to ask."""
    operations = configuration.standards.get("operations")
    if operations is not None and operations.enabled and operations.port:
        return "[operations]", "/health", operations
    if configuration.http.enabled and configuration.http.port:
        return "[http]", "/", configuration.http
    return "[sip2]", None, configuration.standards["sip2"]


def _status(host: str, port: int, path: str | None, is_tls: bool, timeout: float) -> int | None:
    """The status of HTTP; None where the server ended the connection, as it does with whom it may
    not serve, or waits for us to speak. Raises OSError where nobody answers."""
    with socket.create_connection((host, port), timeout) as plain:
        if path is None:
            return None
        try:
            line = _encrypted(plain) if is_tls else plain
            name = f"[{host}]" if ":" in host else host
            line.sendall(
                f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode()
            )
            with http.client.HTTPResponse(line) as response:
                response.begin()
                return response.status
        except (ssl.SSLError, ConnectionError, http.client.HTTPException):
            return None  # it is there: it said no


def _encrypted(plain: socket.socket) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # it is this machine that is asked
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain)
