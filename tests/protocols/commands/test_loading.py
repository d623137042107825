"""A command loads what it needs: most of the time that it takes is the loading of modules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from protocols.commands.command_line import COMMANDS
from tests.builders.circulation import a_patron, an_item
from tests.builders.staff import Staff

#: Libraries that take a while to load, and the engines that load them.
HEAVY = frozenset(
    {
        *("argon2", "asyncio.events", "cryptography", "jinja2", "lxml", "numpy", "phonenumbers"),
        *("fontTools", "prometheus_client", "pydantic", "pymarc", "rich", "sqlalchemy", "typst"),
        *("twisted", "catalogue.database", "circulation.assembly", "protocols.api.operation"),
    }
)
#: What lends, charges, counts and writes to people, opens branches, folds words, checks requests,
#: makes and signs in who asks over HTTP, and tells what is wrong; and what of the standard library
#: others name that a look has no use for.
NOT_FOR_A_LOOK = frozenset(
    {
        *("babel.messages", "catalogue.items", "difflib", "importlib.metadata._meta"),
        *("circulation.notices.channels", "circulation.sections.positions"),
        *("protocols.hosting.findings", "protocols.hosting.peers"),
        *("catalogue.index.folding", "circulation.booking.schema", "circulation.calendars.rows"),
        *("circulation.callers.schema", "circulation.dunning.schema", "circulation.fees.rules"),
        *(
            "circulation.holds.facts",
            "circulation.interlending.schema",
            "circulation.items.removal",
        ),
        *("circulation.loans.facts", "circulation.loans.features", "circulation.loans.undo"),
        *("circulation.notices.rules", "circulation.patrons.addresses"),
        *("circulation.sections.sections", "circulation.staff.schema", "protocols.api.codec"),
        *("protocols.api.handlers", "protocols.api.models.common", "protocols.api.models.desk"),
        *("protocols.api.signing_in", "sqlalchemy.dialects.postgresql", "sqlalchemy.orm"),
    }
)
#: Modules of this project that a look at a patron may load.
MOST_FOR_A_LOOK = 208
#: Commands that do more than to ask operations, each with what their modules load for it. Where
#: such a command is asked of a server it loads all the same what its options are made of.
LOADS_MORE = {
    "apply": "compares set-ups",
    "backup": "copies the database",
    "check": "tries everything there is",
    "close": "shows what a closure would change before it asks",
    "demo": "serves",
    "digital-post": "tries the way to it",
    "events": "writes what leaves the database into files",
    "explain": "tells people what no program asks for",
    "export": "writes the whole database",
    "hash": "hashes a password",
    "health": "asks a server in its own protocol",
    "import": "fills a database",
    "jobs": "does the daily work",
    "load": "reads records",
    "move": "reads the files of another system",
    "ncip": "asks partners",
    "new": "makes a library",
    "notices": "knows the kinds of messages",
    "off-line": "plays what machines have done",
    "probe": "asks another system in its protocol",
    "reindex": "builds the index",
    "restore": "fills a database",
    "serve": "serves",
    "sip2": "asks machines in their protocol",
    "z3950": "speaks Z39.50, whose records are ours",
}
#: Prints what of its argument, a JSON list of modules, is loaded after each of several trials.
_TRIALS = """
import importlib, json, os, sys
import protocols.commands.command_line
heavy = json.loads(sys.argv[1])
for module in sys.argv[2:]:
    if os.fork() == 0:
        importlib.import_module("protocols.commands." + module)
        print(json.dumps([module, [each for each in heavy if each in sys.modules]]), flush=True)
        os._exit(0)
    os.wait()
"""
_CALL = """
import contextlib, json, os, sys
from protocols.commands.command_line import tiro
with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
    with contextlib.redirect_stderr(nothing), contextlib.suppress(SystemExit):
        tiro(sys.argv[2:], prog_name="tiro")
ours = [each for each in sys.modules if each.startswith(("catalogue", "circulation", "protocols"))]
print(json.dumps([len(ours), [each for each in json.loads(sys.argv[1]) if each in sys.modules]]))
"""


def python(program: str, *arguments: str, **environment: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program, json.dumps(sorted(HEAVY | NOT_FOR_A_LOOK)), *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
    ).stdout


def loaded_by(*arguments: str, most: int | None = None, **environment: str) -> set[str]:
    """Which of those modules, and no more than `most` of all that are this project's."""
    number, found = json.loads(python(_CALL, *arguments, **environment))
    assert most is None or number <= most
    return set(found)


def test_a_command_that_asks_operations_loads_no_engine() -> None:
    light = [module for name, module in COMMANDS.items() if name not in LOADS_MORE]
    told = [json.loads(line) for line in python(_TRIALS, *light).splitlines()]
    assert len(told) == len(light)
    assert {module: found for module, found in told if found} == {}


def test_no_exception_is_for_a_command_that_is_gone() -> None:
    assert set(LOADS_MORE) <= set(COMMANDS)


@pytest.mark.parametrize("arguments", [("--help",), ("patron", "show", "--help")], ids=" ".join)
def test_help_loads_no_engine(arguments: tuple[str, ...]) -> None:
    assert loaded_by(*arguments) == set()


def test_nothing_that_was_loaded_is_looked_through_at_the_end() -> None:
    told = "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count()))"
    begun = "from protocols.commands.command_line import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", f"{told}; {begun}", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    frozen = int(done.stdout.splitlines()[-1])
    assert frozen > 10_000


def test_who_asks_a_server_loads_no_engine() -> None:
    arguments = ("--server", "http://127.0.0.1:9", "patron", "show", "P1")
    assert loaded_by(*arguments, TIRO_TOKEN="secret") == set()


def test_who_shows_a_patron_loads_what_that_takes(staff: Staff, tmp_path: Path) -> None:
    """The engine of circulation with what joins the facts of a patron, and one noun of the
    operations: nothing that lends, no index, no format of records, no protocol, nothing that makes
    messages or judges settings and requests."""
    a_patron(staff.library, card="P1")
    configuration = tmp_path / "tiro.toml"
    configuration.write_text(f'[database]\nurl = "{staff.library.database.url}"\n')
    arguments = "--config", str(configuration), "patron", "show", "P1"
    found = loaded_by(*arguments, most=MOST_FOR_A_LOOK)
    if staff.library.database.url.startswith("postgresql"):
        found -= {"sqlalchemy.dialects.postgresql", "asyncio.events", "importlib.metadata._meta"}
    assert found >= {"circulation.assembly", "protocols.api.operation"}
    assert found <= HEAVY - {
        *("argon2", "asyncio.events", "cryptography", "jinja2", "lxml", "numpy", "phonenumbers"),
        *("fontTools", "prometheus_client", "pydantic", "pymarc", "rich", "twisted", "typst"),
    }


def test_who_shows_an_item_loads_nothing_that_judges_requests(staff: Staff, tmp_path: Path) -> None:
    barcode = an_item(staff.library)
    configuration = tmp_path / "tiro.toml"
    configuration.write_text(f'[database]\nurl = "{staff.library.database.url}"\n')
    found = loaded_by("--config", str(configuration), "item", "show", barcode)
    assert "catalogue.items" in found
    assert found.isdisjoint({"pydantic", "protocols.api.codec", "protocols.api.models.common"})


def test_a_wrong_section_stops_only_the_commands_that_need_it(staff: Staff) -> None:
    card = a_patron(staff.library)
    with staff.configuration.open("a") as file:
        file.write('[sip2]\nport = "sesame"\n')
    assert staff.run("patron", "show", card).exit_code == 0
    needs = staff.run("notices", "send")
    assert needs.exit_code == 1
    assert "[sip2] port" in needs.stderr
