"""What goes wrong in a command, said in a sentence, with another of what to do about it.

Nothing of Python is shown: a failure that the table knows is told in its own words, any other by
its name and the place of a file that holds all of it. The status is 1 where the work failed, 2
where the call was wrong, 130 after Ctrl-C. A reader that goes away, as `head` does, is no failure.
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import click

#: With this option a command answers programs.
JSON: Final = "--json"
#: The status after Ctrl-C: 128 and the number of SIGINT, as shells have it.
INTERRUPTED: Final = 130


class Failure(click.ClickException):
    """What could not be done, and in the line after it what to do."""

    def __init__(self, message: str, advice: str = "", status: int = 1) -> None:
        super().__init__(message)
        self.advice = advice
        self.exit_code = status  # type: ignore[misc]  # of the class, in click

    def show(self, file: IO[Any] | None = None) -> None:
        super().show(file)
        if self.advice:
            click.echo(self.advice, file=file, err=file is None)


class Known(NamedTuple):
    """A kind of failure by the module and name of its class, and what to do about it."""

    error: str
    advice: str


_REACH: Final = (
    "See that it runs, and that tiro.toml, [database] url, names it; `tiro check` tries all of it."
)
#: What to do where a change may have been made or not.
LOOK_FIRST: Final = (
    "Look first, with `tiro patron show`, `tiro item show` or the list that it is about, and run "
    "it again only if it was not done."
)
#: What to do about a database by words of its own complaint.
_OF_WORDS: Final = {
    "does not exist": "Look at tiro.toml, [database] url; createdb of PostgreSQL makes a new one.",
    "authentication failed": "Look at the user and the password in tiro.toml, [database] url.",
    "write lock": "Another program is writing: run this again when that has ended.",
    "locked": "Another program is at work there: run this again when that has ended.",
    "disk is full": "Make room on the disk, and run it again.",
    "read-only": "Run this as the user that Tiro runs as, on a disk that can be written to.",
    "unable to open": "See that the file and its folder are there, and that you may write to them.",
    "not a database": "Look at tiro.toml, [database] url: what is there was left as it is.",
    "malformed": "The file is damaged: `tiro restore` puts a backup in its place.",
}

#: The first that fits is taken; classes are named so that nobody has to load them.
KNOWN: Final = (
    Known(
        "catalogue.database.outages:OutcomeUnknown",
        f"It is not known whether this was done. {LOOK_FIRST}",
    ),
    Known("catalogue.database.outages:DatabaseUnavailable", _REACH),
    Known(
        "catalogue.database.migrations.running:DatabaseTooNew",
        "Nothing was changed. Install that release here, or restore a backup of this one.",
    ),
    Known(
        "catalogue.database.backups:BackupFailed",
        "What was there before is untouched. Put right what is said, and run it again.",
    ),
    Known(
        "catalogue.database.sqlite_files:NotALibrary",
        "It was left as it is. Look at tiro.toml, [database] url: where no file is, a library is "
        "made; `tiro restore` puts a backup there.",
    ),
    Known(
        "catalogue.database.in_use:DatabaseInUse",
        "Nothing was changed. End that process first, or name another database in tiro.toml; more "
        "than one server on a database need PostgreSQL.",
    ),
    Known(
        "catalogue.database.outages:DatabasePooled",
        "Nothing was changed. deploy/outgrowing-one-machine.md has tiro.toml and pgbouncer.ini as "
        "they go together; `tiro check` looks at both.",
    ),
    Known("catalogue.loading.loads:LoadedElsewhere", "Wait for its end, and run this again."),
    Known(
        "catalogue.reindexing.reindexings:ReindexedElsewhere",
        "Wait for its end, and run this again.",
    ),
    Known(
        "catalogue.reindexing.index_comparison:TooManyChanges",
        "Run it again when the library is quieter: it goes on where it stopped.",
    ),
    Known("circulation.kernel.leases:LeaseTaken", "Wait for its end, and run this again."),
    Known(
        "circulation.archiving.forms:UnreadableArchive",
        "Nothing was read in. Name the folder that `tiro export` of this version wrote.",
    ),
    Known(
        "circulation.archiving.importing:NotEmpty",
        "Nothing was read in. Name a new database in tiro.toml, [database] url.",
    ),
    Known(
        "protocols.process.server:CannotStart",
        "Put right what is said; `tiro check` looks at all of it at once.",
    ),
    Known("psycopg:OperationalError", _REACH),
    Known("builtins:FileExistsError", "Name another, or remove what is there."),
    Known("builtins:FileNotFoundError", "Look at the spelling: nothing has that name."),
    Known(
        "builtins:PermissionError",
        "Run this as the user that Tiro runs as, or give the file to the one that you are.",
    ),
    Known("builtins:OSError", "See what the disk or the network says of it, and run it again."),
)

_OF_ERRNO: Final = {
    errno.ENOSPC: "Make room on the disk, and run it again.",
    errno.EROFS: "The disk is read-only: name a place that can be written to.",
    errno.EADDRINUSE: "Another program listens there: end it, or set another port in tiro.toml.",
}

#: Of a driver or library that is chosen at installation: what brings it.
_OPTIONAL: Final = {
    "bcrypt": "PINs that another system has hashed need it: run pip install 'tiro-ils[bcrypt]' "
    "with the pip of Tiro's environment, or pip install '.[bcrypt]' in a checkout.",
    "psycopg": "PostgreSQL needs it: run pip install 'tiro-ils[postgresql]' with the pip of Tiro's "
    "environment, or pip install '.[postgresql]' in a checkout.",
}

#: What an interrupted command has done, where that is not plain.
_DONE_SO_FAR: Final = {
    "backup": "No backup was written; the file that was there before is as it was.",
    "export": "The folder holds a part, which cannot be imported: remove it.",
    "import": "Nothing was read in, unless it was at the index: `tiro reindex` finishes that.",
    "jobs": "What was done is done: run the same again, and only the rest is.",
    "off-line": "What was done stays: run the same again, and only the rest is.",
    "move": "What is in stays: run the same command again, and it goes on from there.",
    "load": "What was loaded stays: run the same command again, and it goes on from there.",
    "reindex": "What was compared is right: run it again, and it goes on from there.",
    "restore": "Either the old library is there or the restored one, never a part of both.",
}


def in_json(error: click.ClickException) -> str:
    """A failure as programs are told of it, in one shape, on standard error."""
    advice = getattr(error, "advice", "")
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        advice = f"Try '{context.command_path} {context.help_option_names[0]}' for help."
    facts = {"error": error.format_message(), "advice": advice or None}
    return json.dumps(facts, ensure_ascii=False)


@contextmanager
def report_failures(context: click.Context, *, show_all: bool) -> Iterator[None]:
    """Whatever fails within is a Failure, or a status; `show_all`: the unexpected is raised."""
    try:
        yield
    except click.Abort as ended:
        if not isinstance(ended.__context__, KeyboardInterrupt):
            raise  # the answer to a question was no
        _interrupted(context)
    except KeyboardInterrupt:
        _interrupted(context)
    except Failure:
        raise
    except click.ClickException as told:
        advice = _advice(told.__cause__) if told.__cause__ is not None else None
        if advice is None or isinstance(told, click.UsageError):
            raise
        raise Failure(told.message, advice) from told
    except RuntimeError as control:
        if isinstance(control, click.exceptions.Exit):
            raise
        raise _failure(control, context, show_all) from control
    except BrokenPipeError:
        raise
    except Exception as error:
        raise _failure(error, context, show_all) from error


def _interrupted(context: click.Context) -> None:
    said = f"Interrupted. {_DONE_SO_FAR.get(context.invoked_subcommand or '', '')}".rstrip()
    is_json = context.meta.get(JSON, False)
    click.echo(in_json(Failure(said)) if is_json else f"\n{said}", err=True)
    # Where the signal came while Python executed a string (a data class is made so), an
    # interpreter run with -m ends by the signal even so; to execute another forgets it.
    exec("")  # noqa: S102
    context.exit(INTERRUPTED)


def _failure(error: Exception, context: click.Context, show_all: bool) -> Exception:
    """The failure that tells of an error; the error itself where nobody knows it and all of it is
    to be shown."""
    if isinstance(error, ModuleNotFoundError) and (brings := what_brings(error)):
        return Failure(f"{error.name} is not installed", brings)
    advice = _advice(error)
    if advice is not None:
        said = _sentence(error, context)
        return Failure(said, _of_words(said) or advice)
    if show_all:
        return error
    return Failure(
        f"tiro failed unexpectedly: {type(error).__name__}: {_first_line(error)}", _kept(error)
    )


def what_brings(missing: ModuleNotFoundError) -> str | None:
    """How to get what a base installation does not have; None where it should be there."""
    return _OPTIONAL.get((missing.name or "").partition(".")[0])


def _advice(error: BaseException) -> str | None:
    if isinstance(error, OSError) and error.errno in _OF_ERRNO:
        return _OF_ERRNO[error.errno]
    error = _drivers_own(error)
    if isinstance(error, sqlite3.Error):
        from catalogue.database import OUTAGES

        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT) and code not in OUTAGES:
            return None
        advice: str | None = _REACH
    else:
        names = [f"{kind.__module__}:{kind.__qualname__}" for kind in type(error).__mro__]
        advice = next((each.advice for each in KNOWN if each.error in names), None)
    if advice is _REACH:
        return _of_words(str(error)) or _REACH
    return advice


def _of_words(said: str) -> str | None:
    """Return what to do about a complaint of the database; None where nothing is known."""
    return next((advice for words, advice in _OF_WORDS.items() if words in said), None)


def _drivers_own(error: BaseException) -> BaseException:
    """What the driver of the database said, where SQLAlchemy tells it on."""
    return getattr(error, "orig", None) or error


def _sentence(error: Exception, context: click.Context) -> str:
    """An error in its own words; never with the statement or the values of it."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    cause = _drivers_own(error)
    if cause is not error or type(cause).__module__.partition(".")[0] in ("sqlite3", "psycopg"):
        said = _first_line(cause)
        if isinstance(cause, sqlite3.Error):
            from catalogue.database import outage_of

            said = outage_of(cause, _file_of(context)) or said
        return f"{_database_of(context)} cannot be worked with: {said}"
    return str(error)


def _file_of(context: click.Context) -> Path | None:
    """Return the file of the database that the command works on; None for a server."""
    kept = vars(context.obj)
    read = kept.get("configuration") or kept.get("foundation")
    file = "" if read is None else read.database_url.removeprefix("sqlite:///")
    return None if read is None or file == read.database_url else Path(file)


def _database_of(context: click.Context) -> str:
    """Which database the command works on, without its password."""
    kept = vars(context.obj)
    read = kept.get("configuration") or kept.get("foundation")
    return "the database" if read is None else f"the database {without_password(read.database_url)}"


def without_password(url: str) -> str:
    """A database URL as it may be shown."""
    head, at, tail = url.rpartition("@")
    if not at:
        return url
    scheme, _, login = head.partition("://")
    return f"{scheme}://{login.partition(':')[0]}@{tail}"


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


def _kept(error: Exception) -> str:
    """Writes the whole of an error to a file that only its owner may read, and says where."""
    import tempfile  # takes a while to load, for the few that fail so

    told = "".join(traceback.format_exception(error))
    try:
        handle, path = tempfile.mkstemp(prefix="tiro-failure-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(told)
    except OSError:
        return "Run it again with --debug, and report what that shows."
    return f"Report it, with {path}: there is all of it (--debug shows it here)."
