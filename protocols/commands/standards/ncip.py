"""`tiro ncip`: interlibrary partners: what was said, what waits, and trying a responder."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from lxml import etree

from catalogue.database import Transaction
from circulation.interlending.exchanges import Line, exchanges_of_request, latest_exchanges
from circulation.interlending.states import OVER, Role
from protocols.commands.asking.asker import Asker
from protocols.commands.asking.described import Noun, Work
from protocols.commands.shared.library import opened
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, ISIL, flag
from protocols.hosting.outgoing import connect_anywhere
from protocols.ncip.asking.checking import Tried, ask_versions, run_steps
from protocols.ncip.asking.client import NcipClient, NcipUnreachable
from protocols.ncip.asking.life_cycles import LIFE_CYCLES, Sandbox
from protocols.ncip.partners.presets import PRESETS
from protocols.process.failures import Failure
from protocols.wire.xml_documents import MalformedDocument, parse_document

#: The exit status where nothing could be found out.
UNKNOWN = 3
#: How long a sandbox loan is to last.
_DUE = timedelta(days=21)


ncip = Noun(
    "ncip", help="Interlibrary partners: what was said, what waits, and trying a responder."
)


def _pretty(document: bytes) -> str:
    """A document for people; as it is where it is no XML."""
    try:
        tree = parse_document(document)
    except MalformedDocument:
        return document.decode("utf-8", "replace")
    etree.indent(tree)
    return etree.tostring(tree, encoding="unicode")


@ncip.command()
@click.option("--request", "request_id", help="All that was said about this RequestId.")
@click.option("--partner", help="Only this partner: its agency.")
@click.option("--last", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--bodies", is_flag=True, help="Print what was said, where it is still kept.")
@as_json
@click.pass_obj
def log(
    settings: Settings,
    request_id: str | None,
    partner: str | None,
    last: int,
    bodies: bool,
    as_json: bool,
) -> None:
    """Print the log of exchanges, the newest last. Secrets are masked.

    With --request the bodies are printed, too.
    """

    def work(transaction: Transaction) -> list[Line]:
        if request_id is not None:
            return exchanges_of_request(transaction, request_id)
        return latest_exchanges(transaction, last, partner and partner.strip().casefold())

    with opened(settings) as library:
        found = library.read(work)
    with_bodies = bodies or request_id is not None
    if as_json:
        say([_facts(each, with_bodies) for each in found], True)
        return
    for each in found:
        arrow = "<" if each.direction == "in" else ">"
        click.echo(
            f"{each.at:%Y-%m-%d %H:%M:%S} {arrow} {each.partner or '-'} {each.service or '-'} "
            f"{each.request_id or '-'} {each.milliseconds} ms: {each.outcome}"
        )
        if with_bodies and each.request is not None:
            click.echo(_pretty(each.request))
            click.echo(_pretty(each.answer or b""))
    if not found:
        click.echo("none")


def _facts(line: Line, with_bodies: bool) -> dict[str, Any]:
    facts = line._asdict()
    for name in ("request", "answer"):
        body = facts.pop(name)
        if with_bodies and body is not None:
            facts[name] = body.decode("utf-8", "replace")
    return facts


ncip.ask(
    "loans",
    "list_interlibrary_loans",
    "List interlibrary loans, and what their partners were told.",
    click.option("--request", help="Those that a partner calls so, ended ones too."),
)
ncip.ask(
    "waiting",
    "list_waiting_partners",
    "List the partners that are still to be told something.",
)


def _one(asker: Asker, request: str) -> str:
    """The loan under way that a partner calls so, which is another library's."""
    found = asker.ask("list_interlibrary_loans", request=request)["loans"]
    states = {each.value for each in OVER}
    is_open = [
        str(each["id"])
        for each in found
        if each["role"] == Role.BORROWER.value and each["state"] not in states
    ]
    if len(is_open) != 1:
        raise click.ClickException(
            f"{len(is_open)} open loans from other libraries are called {request}"
        )
    return is_open[0]


def _of_request(operation: str) -> Work:
    """Return work that asks the operation with the loan that a partner calls so."""

    def ask(asker: Asker, request: str, **said: Any) -> Any:
        return asker.ask(operation, loan=_one(asker, request), **said)

    return ask


ncip.ask(
    "send-home",
    "send_item_home list_interlibrary_loans",
    "What was borrowed goes back to its owner: the temporary item is no more.",
    click.argument("request"),
    click.option("--branch", required=True, type=ISIL, help="ISIL of the branch that sends it."),
    work=_of_request("send_item_home"),
)
ncip.ask(
    "renewal",
    "answer_for_owner list_interlibrary_loans",
    "Say what the owner has answered, where it was asked by other means.",
    click.argument("request"),
    click.option(
        "--branch", required=True, type=ISIL, help="ISIL of the branch where this is known."
    ),
    click.option("--until", type=DAY, help="The owner lends it until then."),
    flag("--refused", about="The owner does not renew it."),
    work=_of_request("answer_for_owner"),
)


@ncip.command()
@click.argument("address", metavar="URL")
@click.option("--preset", type=click.Choice(list(PRESETS)), default="reshare", show_default=True)
@click.option("--agency", required=True, help="FromAgencyId: whom we play.")
@click.option("--to-agency", default="", help="ToAgencyId: the library.")
@click.option("--secret", envvar="TIRO_NCIP_SECRET", default="", help="Or TIRO_NCIP_SECRET.")
@click.option(
    "--secret-in",
    type=click.Choice(["message", "basic", "bearer"]),
    default="message",
    show_default=True,
)
@click.option("--version", help="1.0 ... 2.02.  [default: that of the preset]")
@click.option("--patron", help="A patron, for what the library borrows.")
@click.option("--pin", envvar="TIRO_NCIP_PIN", default="", help="Its PIN; or TIRO_NCIP_PIN.")
@click.option("--institution", help="The patron that stands for us, for what the library lends.")
@click.option("--item", help="A barcode of an available item: it is lent, and given back.")
@click.option("--number", default="", help="The record number of its title, to request that.")
@click.option("--pickup", default="", help="PickupLocation.  [default: what the partner says]")
@click.option("--quiet", is_flag=True, help="Print outcomes alone.")
@as_json
@click.pass_context
def check(
    context: click.Context,
    /,
    address: str,
    preset: str,
    version: str | None,
    quiet: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Play a partner: run its whole life cycle on a sandbox item, and print both sides.

    Without --item and --patron only versions are asked for. The exit status is 0 where all went
    well, 1 where something did not, and 3 where the responder cannot be reached.
    """
    settings = PRESETS[preset]
    try:
        client = _client(address, version, settings, given)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    tried: list[tuple[str, Tried]] = []

    def take(side: str, step: Tried) -> None:
        tried.append((side, step))
        if not as_json:
            click.echo(
                f"{'ok' if step.is_good else 'FAILED':7}{side}{step.service}: {step.outcome}"
            )
            if not quiet:
                click.echo(_pretty(step.request))
                click.echo(_pretty(step.answer))

    cycle = LIFE_CYCLES[preset]
    lender = given["institution"] if cycle.is_institution else given["patron"]
    try:
        with client:
            take("", ask_versions(client))
            if given["item"] and lender:
                box = _sandbox(given, lender, given["item"], cycle.lender_place)
                for step in run_steps(client, box, cycle.lender):
                    take("lender ", step)
            if given["patron"]:
                brought = f"TIRO-{secrets.token_hex(4)}"
                box = _sandbox(given, given["patron"], brought, cycle.borrower_place)
                for step in run_steps(client, box, cycle.borrower):
                    take("borrower ", step)
    except NcipUnreachable as error:
        raise Failure(f"{address}: {error}", status=UNKNOWN) from error
    if as_json:
        say(
            [
                {"side": side.strip()}
                | step._asdict()
                | {"request": step.request.decode(), "answer": step.answer.decode()}
                for side, step in tried
            ],
            True,
        )
    context.exit(0 if all(step.is_good for _, step in tried) else 1)


def _client(
    address: str, version: str | None, settings: dict[str, Any], given: dict[str, Any]
) -> NcipClient:
    return NcipClient(
        address,
        version=version or settings.get("version", "2.02"),
        agency=given["agency"],
        to_agency=given["to_agency"],
        agency_scheme=settings.get("agency_scheme", ""),
        secret=given["secret"],
        secret_in=given["secret_in"],
        connect=connect_anywhere,
    )


def _sandbox(given: dict[str, Any], user: str, barcode: str, place: str) -> Sandbox:
    now = datetime.now(UTC).replace(microsecond=0)
    return Sandbox(
        agency=given["to_agency"],
        user=user,
        barcode=barcode,
        request_id=f"CHECK-{secrets.token_hex(4)}",
        now=now,
        due=now + _DUE,
        number=given["number"],
        pickup=given["pickup"] or place,
        pin=given["pin"],
    )
