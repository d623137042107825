"""`tiro sip2`: any SIP2 server as its terminals see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any, TextIO

import click

from protocols.commands.shared.terminal_options import (
    UNKNOWN,
    Address,
    line_options,
    terminal_options,
    tls_of,
)
from protocols.process.failures import Failure
from protocols.sip2.asking.line import Line, LineError, open_line, tls_context
from protocols.sip2.asking.posting import Poster, Refused
from protocols.sip2.asking.replay import Replayed, Secrets, read_recording, shown
from protocols.sip2.asking.replay import replay as replay_exchanges
from protocols.sip2.checking.findings import Weight
from protocols.sip2.checking.probes import Result, check_server, worst
from protocols.sip2.checking.visit import LoginRefused, Target
from protocols.sip2.wire.text import Dialect

_WORDS = {
    Weight.OK: "ok",
    Weight.NOT_TRIED: "not tried",
    Weight.WARNING: "warning",
    Weight.ERROR: "ERROR",
}


@click.group()
def sip2() -> None:
    """Try SIP2 servers: our own or any other."""


@sip2.command()
@click.argument("address", metavar="HOST:PORT|URL")
@click.argument("messages", nargs=-1, required=True, metavar="MESSAGE...")
@line_options
@click.option("--delimiter", default="|", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ask(address: str, messages: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Send messages to a SIP2 server and print its answers.

    The address is HOST:PORT, or for SIP2 over HTTPS a URL, such as
    https://tiro.example.org/rest/sip2/DK-900100. With --login the terminal logs in first. {now} in
    a message stands for the 18 characters of the date, and {pin} for --pin.
    """
    now = f"{datetime.now().astimezone():%Y%m%d    %H%M%S}"
    asked = [each.replace("{now}", now).replace("{pin}", given["pin"] or "") for each in messages]
    done: list[dict[str, str]] = []
    speaking = _posting if "://" in address else _speaking
    try:
        for message, answer in zip(messages, speaking(address, asked, given), strict=True):
            done.append({"message": message, "answer": answer})
            if not as_json:
                click.echo(answer)
    except LineError as error:
        raise Failure(f"{address}: {error}", status=UNKNOWN) from error
    except Refused as error:
        raise Failure(f"{address}: {error}", status=1) from error
    if as_json:
        click.echo(json.dumps(done, ensure_ascii=False, indent=2))


def _posting(url: str, messages: list[str], given: dict[str, Any]) -> Iterator[str]:
    tls = tls_context(given["ca"], given["certificate"], given["key"])
    poster = Poster(url, given["login"] or "", given["password"], given["timeout"], tls)
    with closing(poster):
        for message in messages:
            yield poster.ask(message)


def _speaking(address: str, messages: list[str], given: dict[str, Any]) -> Iterator[str]:
    host, port = Address().convert(address, None, None)
    charset, delimiter = given["charset"], given["delimiter"]
    with open_line(host, port, timeout=given["timeout"], tls=tls_of(given)) as line:
        if given["telnet"]:
            if not line.telnet_login(given["login"] or "", given["password"], charset):
                raise Refused("the login is refused")
        elif given["login"] is not None:
            fields = f"9300CN{given['login']}{delimiter}CO{given['password']}{delimiter}"
            if not _answered(line, fields, charset).startswith("941"):
                raise Refused("the login is refused")
        for message in messages:
            yield _answered(line, message, charset)


def _answered(line: Line, message: str, charset: str) -> str:
    line.send(message.encode(charset, "replace") + b"\r")
    frame = line.frame()
    if frame is None:
        raise LineError("no answer came in time")
    return frame.decode(charset, "replace")


@sip2.command()
@terminal_options
@click.option("--location", default="", help="Location code (CP) of the login.")
@click.option("--institution", default="", help="Institution id (AO) of every message.")
@click.option("--patron", help="A patron to ask about.")
@click.option("--item", help="An available item: it is lent to the patron and given back.")
@click.option("--delimiter", default="|", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def check(context: click.Context, /, address: tuple[str, int], as_json: bool, **given: Any) -> None:
    """Find out what is off with a SIP2 server.

    Nothing is changed there unless --item is given. The exit status is 0 where all is well, 1 for
    warnings, 2 where the standard is broken, and 3 where the server cannot be reached.
    """
    results = []
    try:
        tls = tls_of(given)
        target = Target(*address, is_telnet=given.pop("telnet"), tls=tls, **given)
        for result in check_server(target, datetime.now().astimezone()):
            results.append(result)
            if not as_json:
                _say(result)
    except (LineError, LoginRefused) as error:
        raise Failure(f"{address[0]}:{address[1]}: {error}", status=UNKNOWN) from error
    if as_json:
        click.echo(json.dumps([_plain(each) for each in results], ensure_ascii=False, indent=2))
    context.exit(worst(results))


def _say(result: Result) -> None:
    if not result.findings:
        click.echo(f"{'ok':10}{result.probe}")
    for finding in result.findings:
        clause = f" [{finding.clause}]" if finding.clause else ""
        click.echo(f"{_WORDS[finding.weight]:10}{result.probe}: {finding.text}{clause}")


def _plain(result: Result) -> dict[str, Any]:
    return {
        "probe": result.probe,
        "result": _WORDS[result.weight].lower(),
        "findings": [
            {"weight": _WORDS[each.weight].lower(), "text": each.text, "clause": each.clause}
            for each in result.findings
        ],
    }


@sip2.command()
@click.argument("recording", type=click.File(encoding="utf-8"), metavar="FILE")
@terminal_options
@click.option("--delimiter", default="|", show_default=True)
@click.option("--strict", is_flag=True, help="Answers must be alike to the byte, dates and all.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def replay(
    context: click.Context,
    /,
    recording: TextIO,
    address: tuple[str, int],
    strict: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Speak a recorded conversation to a server and compare its answers.

    FILE is what the setting `record` has written, a transcript, or a log with `>` and `<` before
    the messages. What was lent then is lent again: use a server for tests. The exit status is 0
    where all answers are alike, 1 where they differ, and 3 where the server cannot be reached.
    """
    exchanges = read_recording(recording.read())
    if not exchanges:
        raise click.ClickException(f"{recording.name} holds no messages")
    dialect = Dialect(given["charset"], given["delimiter"])
    secrets = Secrets(given["login"], given["password"] or None, given["pin"])
    done = []
    try:
        tls = tls_of(given)

        def line() -> Line:
            opened = open_line(*address, timeout=given["timeout"], tls=tls)
            if given["telnet"] and not opened.telnet_login(given["login"], given["password"]):
                raise LineError("the login is refused")
            return opened

        for each in replay_exchanges(exchanges, line, secrets, dialect, is_strict=strict):
            done.append(each)
            if not as_json and each.differences:
                _say_replayed(each, dialect)
    except LineError as error:
        raise Failure(f"{address[0]}:{address[1]}: {error}", status=UNKNOWN) from error
    different = [each for each in done if each.differences]
    if as_json:
        facts = {"messages": len(done), "different": [_of(each, dialect) for each in different]}
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
    else:
        click.echo(f"{len(done)} messages, {len(different)} answered differently")
    context.exit(1 if different else 0)


def _say_replayed(replayed: Replayed, dialect: Dialect) -> None:
    click.echo(f"line {replayed.exchange.line}: {shown(replayed.exchange, dialect)}")
    for difference in replayed.differences:
        click.echo(f"    {difference}")


def _of(replayed: Replayed, dialect: Dialect) -> dict[str, Any]:
    return {
        "line": replayed.exchange.line,
        "message": shown(replayed.exchange, dialect),
        "differences": list(replayed.differences),
    }
