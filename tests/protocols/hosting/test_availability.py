"""Whether a title is in, asked of real catalogues: a running Tiro, one that is silent, none."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from catalogue.database import open_database
from circulation.callers.partners import Partner
from circulation.interlending.asking import Wish, ask
from circulation.interlending.cases import case_by_id, open_cases
from circulation.interlending.notices import claim_notice
from circulation.interlending.ranking import Availability
from circulation.interlending.rows import InterlibraryLoan
from circulation.kernel.results import Branch
from protocols.commands.command_line import tiro
from protocols.hosting.answering import Context
from protocols.hosting.availability import Catalogue, Looker, Title, ask_all
from protocols.ncip.messages import Code, ItemId, Refusal
from protocols.ncip.models.item_sets import (
    BibInformation,
    HoldingsSet,
    ItemInformation,
    LookupItemSetResponse,
)
from protocols.ncip.models.items import ItemOptionalFields
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.interlending import a_partner, again
from tests.protocols.ncip.broker import a_broker
from tests.servers import LOOPBACK_ALLOWED, RunningServer

HELD = Title("Things fall apart", "Achebe", "9780679446231")
NOWHERE = Title("No such book", "Nobody", "9788711111119")
BRANCH = Branch(1, "DK-900101", "Main", 1, "DK-900100", "Town", "Europe/Copenhagen")
WAYS = ("sru", "z3950", "ncip")


def address_of(way: str, server: RunningServer) -> str:
    return {
        "sru": f"http://127.0.0.1:{server.http}/sru/Default",
        "z3950": f"z3950://127.0.0.1:{server.z3950}/Default",
        "ncip": f"http://127.0.0.1:{server.http}/ncip",
    }[way]


def catalogue(address: str, seconds: float = 10.0) -> Catalogue:
    return Catalogue(address, Partner("DK-710100", "", 1, None, {}), BRANCH, seconds)


@pytest.fixture
def library(sqlite_url: str) -> Iterator[Library]:
    library = a_library(open_database(sqlite_url))
    yield library
    library.database.close()


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of who takes a connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize("way", ["sru", "z3950"])
@pytest.mark.parametrize("by", ["number", "words"])
def test_a_title_that_is_in_and_one_that_is_not_there(
    demo_server: RunningServer, way: str, by: str
) -> None:
    found = {}
    for name, title in (("held", HELD), ("nowhere", NOWHERE)):
        asked = title if by == "number" else title._replace(number="")
        where = {name: (way, catalogue(address_of(way, demo_server)))}
        found |= ask_all(where, asked, 10.0)
    assert found == {"held": Availability.ON_SHELF, "nowhere": Availability.NOT_HELD}


def test_quotes_in_a_title_are_no_query(demo_server: RunningServer) -> None:
    title = Title('"fall" \\ or cql.allRecords=1 "', '"')
    for way in ("sru", "z3950"):
        found = ask_all({"a": (way, catalogue(address_of(way, demo_server)))}, title, 10.0)
        assert found.get("a", Availability.UNKNOWN) in (
            Availability.NOT_HELD,
            Availability.UNKNOWN,
        )


@pytest.mark.parametrize("way", WAYS)
def test_one_that_is_silent_or_down_costs_its_time_and_no_more(way: str, silent: int) -> None:
    scheme = "z3950" if way == "z3950" else "http"
    begun = time.monotonic()
    for port in (silent, 1):
        where = {"a": (way, catalogue(f"{scheme}://127.0.0.1:{port}/x", 0.5))}
        assert ask_all(where, HELD, 0.5) == {}
    assert time.monotonic() - begun < 4


def test_what_has_come_in_time_is_used(
    library: Library, demo_server: RunningServer, silent: int
) -> None:
    a_partner(library, "A", catalogue=f"sru+http://127.0.0.1:{silent}/x")
    a_partner(library, "B", catalogue="z3950://127.0.0.1:1/x")
    a_partner(library, "C", catalogue=f"sru+{address_of('sru', demo_server)}")
    card = a_patron(library)
    wish = Wish(title=HELD.title, author=HELD.author, number=HELD.number)
    loan = library.write(lambda transaction: ask(library.act(transaction), patron=card, wish=wish))
    assert isinstance(loan, InterlibraryLoan)
    assert loan.partner == "a"
    looker = Looker(library.database, library.circulation, lambda: library.now)

    def due() -> list[str]:
        return library.read(
            lambda transaction: looker.due(
                Context(transaction, library.circulation, library.now, [])
            )
        )

    assert due() == [str(loan.case_id)]
    library.pass_time(seconds=5)  # three are left
    assert looker.tell(str(loan.case_id)) == 1
    assert (due(), looker.tell(str(loan.case_id))) == ([], 0)
    assert again(library, loan).partner == "c"
    case = library.write(lambda transaction: case_by_id(transaction, loan.case_id))
    assert case is not None
    assert case.ranked[0]["availability"] == "on the shelf"
    assert library.write(lambda transaction: claim_notice(transaction, "c", library.now))


def _a_set(*statuses: str) -> LookupItemSetResponse:
    information = tuple(
        ItemInformation(
            item_id=ItemId(None, None, f"I{number}"),
            item_optional_fields=ItemOptionalFields(circulation_status=Code(status)),
        )
        for number, status in enumerate(statuses)
    )
    holdings = HoldingsSet(item_information=information)
    return LookupItemSetResponse(bib_information=(BibInformation(holdings_set=(holdings,)),))


_UNKNOWN = problem(ProblemType.UNKNOWN_ITEM, "there is no such title", "BibliographicId")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (_a_set("On Loan", "Available On Shelf"), Availability.ON_SHELF),
        (_a_set("On Loan"), Availability.ON_LOAN),
        (
            LookupItemSetResponse(bib_information=(BibInformation(problem=(_UNKNOWN,)),)),
            Availability.NOT_HELD,
        ),
        (Refusal("LookupItemSet", (_UNKNOWN,)), None),
    ],
)
def test_a_responder_of_ncip(answer: Any, found: Availability | None) -> None:
    with a_broker() as broker:
        broker.answers["LookupItemSet"] = answer
        partner = Partner("BROKER", "", 1, None, {"address_secret": "s3cret", "version": "2.0"})
        where = {"a": ("ncip", Catalogue(broker.url, partner, BRANCH, 10.0))}
        assert ask_all(where, HELD, 10.0).get("a") is found
        asked = broker.hears()
        assert asked.initiation_header.from_agency_authentication == "s3cret"
        assert asked.bibliographic_id[0].bibliographic_item_id.bibliographic_item_identifier == (
            HELD.number
        )


def test_who_would_be_asked_if_their_catalogues_are_looked_into(
    library: Library, demo_server: RunningServer, tmp_path: Path
) -> None:
    """Nobody is asked for it, and nothing is kept."""
    a_partner(library, "A", catalogue="z3950://127.0.0.1:1/x")
    a_partner(library, "B", catalogue=f"sru+{address_of('sru', demo_server)}")
    a_partner(library, "C", catalogue=f"sru+{address_of('sru', demo_server)}", most_open=0)
    a_partner(library, "D", catalogue=f"sru+{address_of('sru', demo_server)}", consortium=True)
    card = a_patron(library)
    path = tmp_path / "tiro.toml"
    database = f'[database]\nurl = "{library.database.url}"\n'
    path.write_text(database + LOOPBACK_ALLOWED, encoding="utf-8")

    def who(wanted: str, *more: str) -> list[tuple[str, str]]:
        asked = ("--config", str(path), "ill", "who", wanted, "--at", "DK-900101", "--json", *more)
        done = CliRunner().invoke(tiro, asked)
        assert done.exit_code == 0, done.output
        found = json.loads(done.output)["suppliers"]
        return [(each["partner"], each["availability"]) for each in found]

    assert [each for each, _ in who(HELD.number)] == ["d", "a", "b", "c"]
    looked = [("d", "on the shelf"), ("b", "on the shelf"), ("c", "on the shelf"), ("a", "unknown")]
    assert who(HELD.number, "--look") == looked
    assert who(HELD.title, "--look", "--patron", card) == looked
    assert {said for _, said in who(NOWHERE.title, "--look")} == {"not held", "unknown"}
    assert library.read(lambda transaction: open_cases(transaction, after=0, at_most=1)) == []
    asked = ("--server", "http://127.0.0.1:9", "ill", "who", "x", "--at", "DK-900101", "--look")
    refused = CliRunner(env={"TIRO_TOKEN": "secret"}).invoke(tiro, asked)
    assert (refused.exit_code, "does not work over --server" in refused.output) == (1, True)
