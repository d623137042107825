"""`tiro ill check` and `tiro ill mock`: trying the ISO 18626 of others, and being tried."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
from pydantic import TypeAdapter, ValidationError

from catalogue.database import Transaction
from circulation.callers.partners import PARTNERS, folded_agency
from circulation.kernel.engine import Circulation
from protocols.commands.shared.databases import open_configured
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings
from protocols.hosting.agreements import Agreements
from protocols.iso18626.client import Unreachable
from protocols.iso18626.messages import BibliographicInfo, Code, Identifier
from protocols.iso18626.rehearsal.correspondent import Correspondent
from protocols.iso18626.rehearsal.life import Life, Row
from protocols.iso18626.rehearsal.mock import INFO, Mock
from protocols.iso18626.rehearsal.scripts import (
    PRESETS,
    NotAScript,
    Script,
    read_script,
    script_of,
)
from protocols.iso18626.settings import PROTOCOL, Partner, PartnerSetting
from protocols.process.failures import Failure

#: The exit status where nothing could be found out.
UNKNOWN: Final = 3
#: What is taken from a partner of library.toml.
_OF_PARTNER: Final = (
    *("agency", "agency_type", "version", "address"),
    *("address_user", "address_secret", "address_secret_in"),
)
_SETTING: Final[TypeAdapter[Partner]] = TypeAdapter(PartnerSetting)


def _listening(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of both commands: who we are, and who the other side is."""
    for option in reversed(
        (
            click.option("--agency", required=True, help="Whom we play: our agency in headers."),
            click.option("--to-agency", help="Theirs.  [default: PARTNER]"),
            click.option("--listen", default="127.0.0.1:0", show_default=True, metavar="HOST:PORT"),
            click.option("--version", type=click.Choice(["1.2", "2021-2"])),
            click.option("--user", help="Our account at their address."),
            click.option(
                "--secret", envvar="TIRO_ILL_SECRET", help="Its secret; or TIRO_ILL_SECRET."
            ),
            click.option("--secret-in", type=click.Choice(["message", "basic", "bearer"])),
            click.option(
                "--title",
                default="",
                help="A title that the lender has.  [default of mock: Peters jul]",
            ),
            click.option("--author", default=""),
            click.option("--number", default="", help="Its ISBN or ISSN."),
        )
    ):
        command = option(command)
    return command


@click.command()
@click.argument("partner", metavar="PARTNER")
@_listening
@click.option("--seconds", type=float, default=30.0, show_default=True, help="For an answer.")
@click.option(
    "--patience",
    type=float,
    default=600.0,
    show_default=True,
    help="Seconds for somebody there to lend it, and to take it back.",
)
@click.option("--without-loan", is_flag=True, help="Only what nobody there has to do.")
@as_json
@click.pass_context
def check(
    context: click.Context,
    /,
    partner: str,
    seconds: float,
    patience: float,
    without_loan: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Play a requester: take PARTNER, a supplier, through the whole life of a loan.

    PARTNER is an address, or the agency of a partner of library.toml. Its answers come to where
    this command listens (--listen), which is the address that it must have for --agency. Somebody
    there lends the title, and takes it back. The exit status is 0 where all holds, 1 where
    something does not, and 3 where the partner cannot be reached.
    """
    other = _other(context.obj, partner, given)
    heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
    at = _host_and_port(given["listen"])
    rows: list[Row] = []
    with _bound(lambda: Correspondent(given["agency"], other, at, heard.put)) as side:
        click.echo(f"{given['agency']} listens at {side.address}", err=True)
        life = Life(
            side, _info(given), seconds, patience, lambda text: click.echo(text, err=True), heard
        )
        try:
            for row in life.rows(without_loan=without_loan):
                rows.append(row)
                if not as_json:
                    click.echo(f"{'ok' if row.is_good else 'FAILED':7}{row.name}: {row.seen}")
        except Unreachable as error:
            raise Failure(f"{other.address}: {error}", status=UNKNOWN) from error
    failed = sum(not row.is_good for row in rows)
    if as_json:
        say([row._asdict() for row in rows], True)
    else:
        click.echo(f"{len(rows) - failed} hold, {failed} do not.")
    context.exit(1 if failed else 0)


@click.command()
@click.argument("partner", metavar="PARTNER")
@_listening
@click.option("--preset", type=click.Choice(list(PRESETS)), default="lends", show_default=True)
@click.option(
    "--script",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What is sent when, in place of a preset.",
)
@click.option("--for", "length", type=float, help="End after so many seconds.  [default: never]")
@click.pass_obj
def mock(
    settings: Settings,
    /,
    partner: str,
    preset: str,
    script: Path | None,
    length: float | None,
    **given: Any,
) -> None:
    """Play a partner by a script: a supplier, or a requester of PARTNER.

    PARTNER is the address of the system that is tried, or an agency of library.toml. Every message
    of either side is a line, and what is not valid in those that come. What a script may say is in
    protocols/iso18626/README.md.
    """
    other = _other(settings, partner, given)
    at = _host_and_port(given["listen"])
    played = _script(script, preset)

    def made() -> Mock:
        info = _info(given) if given["title"] or given["number"] else INFO
        return Mock(given["agency"], other, played, click.echo, at=at, info=info)

    playing = _bound(made)
    with playing.correspondent as side:
        click.echo(f"{given['agency']} listens at {side.address}")
        playing.start()
        until = None if length is None else time.monotonic() + length
        while until is None or time.monotonic() < until:
            time.sleep(min(0.2, 0.2 if until is None else max(0.0, until - time.monotonic())))


def _bound(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except OSError as error:
        raise Failure(f"cannot listen there: {error.strerror or error}") from error


def _script(path: Path | None, preset: str) -> Script:
    if path is None:
        return script_of(PRESETS[preset])
    try:
        return read_script(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise Failure(f"{path} is not UTF-8") from None
    except NotAScript as error:
        raise Failure(f"{path}: {error}") from error


def _host_and_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise click.UsageError("--listen is HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


def _info(given: dict[str, Any]) -> BibliographicInfo:
    number = given["number"]
    kind = "ISSN" if len(number.replace("-", "")) == 8 else "ISBN"
    numbers = (Identifier(number, Code(kind)),) if number else ()
    return BibliographicInfo(
        title=given["title"], author=given["author"], bibliographic_item_id=numbers
    )


def _other(settings: Settings, partner: str, given: dict[str, Any]) -> Partner:
    """The other side, as library.toml or the options have it."""
    options: dict[str, Any] = {"agency": given["to_agency"] or partner, "branch": ""}
    if partner.startswith(("http://", "https://")):
        options["address"] = partner
    else:
        options |= _stored(settings, partner)
    said = {
        "version": given["version"],
        "address_user": given["user"],
        "address_secret": given["secret"],
        "address_secret_in": given["secret_in"],
    }
    options |= {name: value for name, value in said.items() if value}
    if "://" in options["agency"]:
        raise click.UsageError("--to-agency is needed with an address")
    try:
        return _SETTING.validate_python(options)
    except ValidationError as error:
        raise click.UsageError(error.errors()[0]["msg"]) from error


def _stored(settings: Settings, agency: str) -> dict[str, Any]:
    """The options of a partner of library.toml."""
    database = open_configured(settings)

    def find(transaction: Transaction) -> Partner | None:
        set_up = Circulation().current_set_up(transaction)
        if folded_agency(agency) not in PARTNERS.of(set_up):
            return None
        found = Agreements[Partner](PROTOCOL, PartnerSetting).partners(set_up)
        return found.get(folded_agency(agency))

    try:
        found = database.read(find).result()
    finally:
        database.close()
    if found is None or not found.address:
        raise Failure(f"there is no partner {agency} with an address of ISO 18626")
    return {name: getattr(found, name) for name in _OF_PARTNER}
