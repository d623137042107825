"""`tiro proxy`: one address for terminals in front of two library systems."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from protocols.commands.proxy.differences import (
    accept_pattern,
    ask_gate,
    list_differences,
    show_readiness,
)
from protocols.commands.proxy.shared import AS_JSON, FILE, answered, asked, settings_of
from protocols.commands.proxy.unequal import list_unequal, show_unequal
from protocols.process.failures import Failure

if TYPE_CHECKING:
    from protocols.proxy.settings import Mode


@click.group()
def proxy() -> None:
    """Put one address in front of the old system and Tiro, and move terminals one by one."""


for _command in (list_differences, accept_pattern, show_readiness, ask_gate, list_unequal):
    proxy.add_command(_command)


@proxy.command()
@FILE
def serve(path: Path) -> None:
    """Serve terminals until stopped (SIGTERM, SIGINT)."""
    settings = settings_of(path)
    from protocols.hosting.logs import configure_logging
    from protocols.proxy.journal.writing import JournalInUse
    from protocols.proxy.serving import CannotListen, run
    from protocols.proxy.towards import CannotVerify

    configure_logging(settings.logging.level, settings.logging.form)
    try:
        run(settings, lambda number: click.echo(f"SIP2 on {settings.listen.interface}:{number}"))
    except JournalInUse as error:
        raise Failure(str(error), "One journal is written by one proxy: stop the other.") from error
    except CannotVerify as error:
        raise Failure(str(error), "Look at the files named there.") from error
    except CannotListen as error:
        raise Failure(
            f"cannot listen on {error}", "Stop what listens there, or change [listen] port."
        ) from error


@proxy.command()
@FILE
@AS_JSON
def status(path: Path, as_json: bool) -> None:
    """Show who is in which mode, what is still to be told, and what is for a person."""
    found = asked(path, ask="status")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for each in found["terminals"]:
        click.echo(f"{each['login']:20} {each['branch']:12} {each['mode']}")
    for name, system in found["systems"].items():
        health = f"down: {system['why']}" if system["is_down"] else "up"
        waits = f" (the oldest for {system['oldest_seconds']:g} s)" if system["to_be_told"] else ""
        click.echo(
            f"{name} system: {health}; to be told {system['to_be_told']}{waits}, to be judged"
            f" {system['to_be_judged']}; {_clock_of(system)}"
        )
    if found["trouble"]:
        click.secho(f"the journal cannot be written: {found['trouble']}", fg="red")
    back = "loses nothing" if found["can_go_back"] else "would lose what the old system lacks"
    click.echo(f"a switch back to the old system {back}")
    show_unequal(found["unequal"])
    click.echo(f"for a person: {found['number_for_a_person']}")
    for each in found["for_a_person"]:
        about = " ".join(each[name] for name in ("item", "patron") if each[name])
        click.echo(
            f"  {each['request']} {each['at']} {each['terminal']}: {each['message']} {about},"
            f" {each['system']} system: {each['why']}"
        )


def _clock_of(system: dict[str, Any]) -> str:
    """How the clock of a system differs from that of the proxy, in words."""
    from protocols.hosting.proxy_control import WARNED_SECONDS

    seconds = system["clock_seconds"]
    if seconds is None:
        return "its clock is not known yet"
    text = f"its clock differs by {seconds:+.0f} s"
    if abs(seconds) < WARNED_SECONDS:
        return text
    return click.style(f"{text}: set it or its time zone, or timezone in proxy.toml", fg="red")


#: Seconds that the command waits for the proxy to count whether a branch is ready.
_COUNTING_SECONDS = 600.0


def _switch_options(command: Any) -> Any:
    """Add what both names of the command take."""
    for add in (
        AS_JSON,
        FILE,
        click.option(
            "--despite-readiness",
            "despite",
            metavar="REASON",
            help="Switch to Tiro although the branch is not ready; the reason is for the journal.",
        ),
        click.option("--why", required=True, help="For the journal."),
        click.option(
            "--to",
            "mode",
            required=True,
            type=click.Choice(["old", "shadow", "new with write-back", "new"]),
            help="The mode, from the next message on; a patron's session ends where it began.",
        ),
        click.argument("terminals", nargs=-1, required=True),
    ):
        command = add(command)
    return command


@proxy.command("switch-mode")
@_switch_options
def switch_mode(**given: Any) -> None:
    """Change the mode of terminals, named by their logins, or of a branch by its ISIL.

    A branch comes to Tiro only when `tiro proxy readiness` says that it is ready.
    """
    _switch(**given)


@proxy.command("flip", deprecated="It is called `tiro proxy switch-mode` now.")
@_switch_options
def flip(**given: Any) -> None:
    """Change the mode of terminals, named by their logins, or of a branch by its ISIL."""
    _switch(**given)


def _switched(path: Path, **request: Any) -> dict[str, Any]:
    """Ask for the switch, again while the proxy counts whether the branch is ready."""
    from protocols.hosting.proxy_control import NoProxy, ask

    folder, end = settings_of(path).journal, time.monotonic() + _COUNTING_SECONDS
    while True:
        try:
            answer = ask(folder, ask="flip", **request)
        except NoProxy:
            return asked(path, ask="flip", **request)
        if answer.get("name") == "NOT_READY":
            raise Failure(
                answer["error"],
                "`tiro proxy readiness` explains each point; --despite-readiness REASON switches"
                " all the same.",
            )
        if answer.get("name") != "READINESS_COUNTED" or time.monotonic() > end:
            return answered(answer)
        time.sleep(0.1)


def _switch(
    terminals: tuple[str, ...], mode: Mode, why: str, despite: str | None, path: Path, as_json: bool
) -> None:
    from protocols.proxy.routing import SIDE

    known = settings_of(path).terminals
    named = [
        login
        for name in terminals
        for login in ([each.login for each in known if each.branch == name] or [name])
    ]
    answer = _switched(path, terminals=named, mode=mode, why=why, despite=despite or "")
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    for login, now in answer["flipped"].items():
        click.echo(f"{login}: {now}")
    came_over = {login for login, was in answer["before"].items() if SIDE[was] != SIDE[mode]}
    if came_over:
        branches = sorted({each.branch for each in known if each.login in came_over})
        verb = "take-over" if SIDE[mode] == "new" else "leave"
        click.echo(
            "Who writes to the patrons of a branch is said on the host of Tiro, when all of it has"
            " moved and neither system has still to be told of anything (tiro proxy status), best"
            f" after closing time:\n    tiro move {verb} {' '.join(branches)}"
        )


@proxy.command()
@click.argument("branch", required=False, default="")
@FILE
@AS_JSON
def reconcile(branch: str, path: Path, as_json: bool) -> None:
    """Compare both systems now: everything, or that of a BRANCH.

    The proxy asks both about each item and patron that it knows, at the pace of proxy.toml. It does
    so every night, too. `tiro proxy unequal` lists the differences.
    """
    answer = asked(path, ask="reconcile", branch=branch)
    compares = answer["compares"]
    said = f"{compares} items and patrons are being compared; see `tiro proxy status`"
    click.echo(json.dumps(answer) if as_json else said)


@proxy.command()
@click.argument("request", type=int)
@click.option("--why", required=True, help="What was done about it, for the journal.")
@FILE
@AS_JSON
def settle(request: int, why: str, path: Path, as_json: bool) -> None:
    """Take what a system did not take off the list of what is for a person."""
    answer = asked(path, ask="settle", request=request, why=why)
    if not answer["settled"]:
        raise Failure(f"{request} is not on the list", "`tiro proxy status` shows the list.")
    click.echo(json.dumps(answer) if as_json else f"{request} is settled")


@proxy.command()
@click.option("--since", default="", metavar="DATE", help="From this day on (2026-11-30, UTC).")
@click.option("--terminal", help="Of this terminal alone.")
@click.option("--request", type=int, help="What this request was, and all that became of it.")
@FILE
@AS_JSON
def journal(
    since: str, terminal: str | None, request: int | None, path: Path, as_json: bool
) -> None:
    """Read the journal: what terminals said, what they were told, and who was told of it."""
    from protocols.proxy.journal.reading import read_journal

    shown: set[int] = set()
    for record in read_journal(settings_of(path).journal, since=since):
        if terminal is not None and record.get("terminal") == terminal:
            shown.add(record["id"])
        about = record.get("of", record["id"])
        if (terminal is not None and about not in shown) or (
            request is not None and about != request
        ):
            continue
        if as_json:
            click.echo(json.dumps(record, ensure_ascii=False))
        else:
            click.echo(_line(record))


def _line(record: Any) -> str:
    who = record.get("terminal") or record.get("by") or record.get("to") or ""
    what = record.get("sent") or record.get("why") or record.get("journal") or ""
    of = f" of {record['of']}" if "of" in record else ""
    extra = record.get("outcome") or record.get("mode") or ""
    text = f"{record['id']:>8} {record['at']} {record['kind']:8}{of} {who} {extra} {what}"
    return text.encode("utf-8", "backslashreplace").decode()
