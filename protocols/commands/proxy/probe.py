"""`tiro probe`: how an old system speaks SIP2, before anything is moved from it."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from circulation.kernel.results import DEFAULT_TIMEZONE
from circulation.moving.example_plans import SYSTEMS, read_example
from protocols.commands.shared.saying import as_json as json_option
from protocols.commands.shared.saying import tell
from protocols.commands.shared.terminal_options import UNKNOWN, terminal_options, tls_of
from protocols.process.failures import Failure
from protocols.proxy.probing.asking import Trial, utc_now
from protocols.proxy.probing.asking import probe as ask_system
from protocols.proxy.probing.files import write_plan, write_proxy_file
from protocols.proxy.probing.report import write_report
from protocols.sip2.asking.line import LineError
from protocols.sip2.checking.visit import LoginRefused, Target


class _Zone(click.ParamType[ZoneInfo]):
    name = "time zone"

    def convert(self, value: Any, param: Any, ctx: Any) -> ZoneInfo:
        try:
            return ZoneInfo(str(value))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fail(f"{value!r} is no time zone such as {DEFAULT_TIMEZONE}", param, ctx)


@click.command()
@terminal_options
@click.option("--location", default="", help="Location code (CP) of the login.")
@click.option("--institution", default="", help="Institution id (AO) of every message.")
@click.option(
    "--patron",
    metavar="CARD",
    help="A test card; best with a loan, a debt, a hold that is ready and one that waits.",
)
@click.option("--item", metavar="BARCODE", help="A test item that nobody has on loan.")
@click.option("--blocked", metavar="CARD", default="", help="A test card that is blocked there.")
@click.option(
    "--lend",
    is_flag=True,
    help="Try no block: lend the test item to the test card, and hand it in.",
)
@click.option("--no-speed", is_flag=True, help="Do not measure: no more than 40 messages are sent.")
@click.option("--timezone", type=_Zone(), default=DEFAULT_TIMEZONE, show_default=True)
@click.option("--branch", default="", metavar="ISIL", help="For the first terminal of proxy.toml.")
@click.option(
    "--like",
    "system",
    type=click.Choice(SYSTEMS),
    help="Which system it is: plan.toml begins with its example.",
)
@click.option(
    "--write",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write probe.md, proxy.toml and (with --like) plan.toml into this folder.",
)
@json_option
def probe(
    address: tuple[str, int],
    blocked: str,
    lend: bool,
    no_speed: bool,
    timezone: ZoneInfo,
    branch: str,
    system: str | None,
    folder: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Find out how an old system speaks SIP2, and write the files to begin a move with.

    It is asked about messages, fields, dates, its clock, characters and speed; about 150 messages
    are sent. Nothing is changed there, unless --lend is given. A file that is there already is
    not written over. The exit status is 3 where the system cannot be reached.
    """
    files = {"probe.md": "", "proxy.toml": ""} | ({"plan.toml": ""} if system else {})
    if folder is not None:
        there = [str(folder / name) for name in files if (folder / name).exists()]
        if there:
            raise Failure(
                f"{', '.join(there)}: already there", "Name another folder, or move them away."
            )
    host, port = address
    try:
        tls = tls_of(given)
        target = Target(host, port, is_telnet=given.pop("telnet"), tls=tls, **given)
        trial = Trial(blocked, lend, not no_speed)
        found = ask_system(target, trial, timezone, utc_now)
    except (LineError, LoginRefused) as error:
        raise Failure(f"{host}:{port}: {error}", status=UNKNOWN) from error
    report = write_report(found)
    if folder is not None:
        zone = timezone.key
        files["probe.md"] = report
        files["proxy.toml"] = write_proxy_file(
            found, timezone=zone, login=target.login, password=target.password, branch=branch
        )
        if system is not None:
            files["plan.toml"] = write_plan(found, timezone=zone, example=read_example(system))
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            _write_new(folder / name, text)
    tell(report.rstrip("\n"), asdict(found), as_json)


def _write_new(path: Path, text: str) -> None:
    """Write a file that only its owner can read: proxy.toml holds a key and a password."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", -1, "utf-8") as file:
        file.write(text)
