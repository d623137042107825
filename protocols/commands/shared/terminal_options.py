"""The address and the options by which commands reach a SIP2 server as a terminal does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args

import click

from protocols.sip2.asking.line import tls_context
from protocols.sip2.wire.text import Charset

#: The exit status where nothing could be found out, as monitoring systems read it.
UNKNOWN: Final = 3


class Address(click.ParamType[tuple[str, int]]):
    """``HOST:PORT``, or ``[2001:db8::1]:6001``."""

    name = "address"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        host, _, port = str(value).rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            self.fail(f"{value!r} is not HOST:PORT", param, ctx)
        return host.strip("[]"), int(port)


def terminal_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The address and the options by which a terminal reaches a server and logs in."""
    return click.argument("address", type=Address(), metavar="HOST:PORT")(line_options(command))


def line_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option("--login", help="User id of the terminal (CN)."),
            click.option(
                "--password",
                envvar="TIRO_SIP2_PASSWORD",
                default="",
                help="Its password (CO); variable TIRO_SIP2_PASSWORD.",
            ),
            click.option("--telnet", is_flag=True, help="Log in at prompts, not with 93."),
            click.option(
                "--pin",
                envvar="TIRO_SIP2_PIN",
                help="PIN of the patron (AD); variable TIRO_SIP2_PIN.",
            ),
            click.option(
                "--charset",
                type=click.Choice(get_args(Charset)),
                default="utf-8",
                show_default=True,
            ),
            click.option("--timeout", type=float, default=10.0, show_default=True, help="Seconds."),
            click.option("--tls", is_flag=True, help="Speak TLS."),
            click.option("--ca", type=click.Path(exists=True), help="Authorities, as a PEM file."),
            click.option("--certificate", type=click.Path(exists=True), help="Ours, as PEM."),
            click.option("--key", type=click.Path(exists=True), help="Its key, as PEM."),
        )
    ):
        command = option(command)
    return command


def tls_of(given: dict[str, Any]) -> Any:
    """The TLS context of the options, which are taken out of `given`."""
    wanted, *files = (given.pop(name) for name in ("tls", "ca", "certificate", "key"))
    return tls_context(*files) if wanted or any(files) else None
