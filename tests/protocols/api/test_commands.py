"""What commands do is reached over the API as well: a new command cannot be forgotten."""

from __future__ import annotations

from protocols.api.operations import OPERATIONS
from protocols.commands.asking.asked import operations_of
from tests.protocols.commands.calls import ALL

#: The operation by which the work of a command is done over the API, where the command does not ask
#: it itself. None may join them.
OPERATION_OF = {
    "apply": "apply_changes",
    "close": "close_for_days",
    "explain": "explain",
    "jobs run": "run",
    "load": "load_records",
    "ncip log": "list_exchanges",
}
#: Commands that are about the process, its files or other machines, and not about the library:
#: each with what it is that no operation does.
OF_THE_PROCESS = {
    "backup": "writes the database into a file of the server",
    "check": "looks at the configuration, the disk and the database before anything is served",
    "completion": "prints a text for the shell",
    "demo": "runs until it is ended",
    "digital-post check": "tries certificates and a connection of the server",
    "digital-post memo": "looks into a file",
    "digital-post take": "reads files of the server",
    **dict.fromkeys(
        ("events move-out", "events moved-out"),
        "writes what leaves the database into files of the server",
    ),
    "export": "writes the database into a file of the server",
    "hash": "needs no library",
    "health": "asks a server whether it answers, also one that has no API",
    "holdings forget": "is about the sinks of tiro.toml, which no library has",
    "ill check": "tries another machine",
    "ill mock": "runs until it is ended",
    "ill registry": "reads a file of the server; the job of registries is run over the API",
    "import": "fills a new database",
    "jobs daily": "runs until it is ended",
    "move balance": "reads files of another system on the server",
    "move checklist": "reads files of another system on the server",
    "move fields": "reads files of another system on the server",
    "move from-fbs": "asks another system, and writes files of the server",
    "move load": "reads files of another system on the server",
    "move plan": "reads files of another system on the server",
    "move samples": "reads files of another system on the server",
    "move survey": "reads files of another system on the server",
    "move wrap-pins": "reads files of another system on the server",
    **dict.fromkeys(
        ("oai forget", "oai harvest", "oai withdraw"),
        "is about the sources of tiro.toml, which no library has",
    ),
    "off-line block-list": "writes a file for desks that have no line",
    "off-line play": "does what desks without a line have done, in one go and in order",
    "ncip check": "tries another machine",
    "new": "makes the library that a server is to serve",
    "notices posted": "is about the folder of a printer",
    "notices send": "is what the server does by itself every few seconds",
    **dict.fromkeys(
        (
            *("proxy accept", "proxy differences", "proxy flip", "proxy gate", "proxy journal"),
            *("proxy readiness", "proxy switch-mode"),
            *("proxy reconcile", "proxy settle", "proxy status", "proxy unequal"),
        ),
        "is about the journal and terminals of proxy.toml, which no library has",
    ),
    "proxy serve": "runs until it is ended",
    "reindex": "works for hours on the whole database",
    "probe": "asks another system over SIP2",
    "restore": "takes the place of the database",
    "serve": "runs until it is ended",
    "sip2 ask": "tries another machine",
    "sip2 check": "tries another machine",
    "sip2 replay": "tries another machine",
    "z3950 ask": "tries another machine",
}


def test_every_command_has_an_operation_or_says_why_not() -> None:
    asking = {words for words, command in ALL.items() if operations_of(command)}
    told = [asking, set(OPERATION_OF), set(OF_THE_PROCESS)]
    assert sum(map(len, told)) == len(set().union(*told)), "one reason for each"
    assert set(ALL) - set().union(*told) == set(), "give it an operation"
    assert set().union(*told) - set(ALL) == set(), "there is no such command"


def test_the_operations_are_there() -> None:
    told = set(OPERATION_OF.values()).union(*map(operations_of, ALL.values()))
    assert told <= {each.id for each in OPERATIONS}
