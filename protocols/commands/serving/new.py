"""`tiro new`: a library of your own, from nothing."""

from __future__ import annotations

import getpass
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import available_timezones

import click

import circulation.assembly  # noqa: F401  the features join before anything is done
from catalogue.database import Fit, Transaction, migrate, open_database, standing_of
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.organisation import find_branch
from circulation.kernel.results import UNATTENDED
from circulation.kernel.rights import at_command_line
from circulation.languages.installed import tags
from circulation.setting_up.applying import apply_set_up
from circulation.setting_up.reading import read
from circulation.staff.administering import AccountFields, StaffUnfit, add_account
from circulation.staff.held_roles import held_roles
from circulation.staff.passwords import WeakPassword, hash_password
from circulation.staff.settings import StaffSettings
from protocols.commands.serving.check import look
from protocols.commands.shared.asking import secret
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings
from protocols.founding.texts import (
    Wish,
    configuration_text,
    country_of,
    main_branch_of,
    names_in,
    set_up_text,
)
from protocols.hosting.standard import option_checks
from protocols.process.failures import Failure
from protocols.process.foundation import check_database_url

CONFIGURATION: Final = "tiro.toml"
SET_UP: Final = "library.toml"
_SQLITE: Final = "sqlite:///tiro.sqlite"
#: What may not be there yet: nothing of a library is ever written over.
_OURS: Final = (CONFIGURATION, SET_UP, "tiro.sqlite")
#: Random bytes of a password that is made.
_PASSWORD_BYTES: Final = 12
_ISIL: Final = re.compile(r"[A-Za-z0-9]{1,4}-[A-Za-z0-9-]{1,11}", re.ASCII)
_PORT: Final = click.IntRange(0, 65535)


def _isil(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _ISIL.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no ISIL such as DK-900100 or XX-mylib")
    return value


def _timezone(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and value not in available_timezones():
        raise click.BadParameter(f"{value!r} is no time zone such as Europe/Copenhagen")
    return value


def _currency(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch("[A-Z]{3}", value):
        raise click.BadParameter(f"{value!r} is no currency such as DKK")
    return value


def _address(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if value and not re.fullmatch(r"https?://[^\s/\"]+", value):
        raise click.BadParameter(f"{value!r} is no address such as https://library.example.org")
    return value


def _database(context: click.Context, parameter: click.Parameter, value: str) -> str:
    try:
        return check_database_url(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Ask nothing: what is not said goes without saying.")
@click.option("--name", help="What the library is called.")
@click.option("--isil", callback=_isil, help="ISIL of the agency; without one, such as XX-mylib.")
@click.option("--branch", callback=_isil, help="ISIL of the first branch.")
@click.option("--branch-name", help="What that is called.")
@click.option("--timezone", callback=_timezone, help="Such as Europe/Copenhagen.")
@click.option("--currency", callback=_currency, help="Such as DKK.")
@click.option("--language", type=click.Choice(tags()), help="Of the house.")
@click.option("--user", help="User name of the first member of the staff, the administrator.")
@click.option("--ask-password", is_flag=True, help="Ask for their password; else one is made.")
@click.option("--address", callback=_address, default="", help="Where browsers will reach it.")
@click.option("--certificate", type=_FILE, help="PEM file, the chain, for https of its own.")
@click.option("--key", type=_FILE, help="Its key.")
@click.option(
    "--database", callback=_database, default=_SQLITE, help="URL; without one, SQLite in DIR."
)
@click.option("--http-port", type=_PORT, default=8080, show_default=True)
@click.option("--sip2-port", type=_PORT, default=6001, show_default=True)
@click.option("--z3950-port", type=_PORT, default=2100, show_default=True)
@as_json
def new(folder: Path, yes: bool, as_json: bool, **given: Any) -> None:
    """Make a library in DIR: configuration, set-up, database, and an administrator.

    What is not given by option is asked for. Nothing is written over: where DIR holds a library
    already, that is said and nothing is done; and either all of it is made, or nothing.
    """
    if as_json and not yes:
        raise click.UsageError("--json asks nothing: give --yes as well")
    if (given["certificate"] is None) != (given["key"] is None):
        raise click.UsageError("--certificate and --key go together")
    _must_be_free(folder)
    founding = _asked(folder, yes, given)
    with _prepared(folder) as made:
        _write(made / CONFIGURATION, configuration_text(founding.wish))
        _write(made / SET_UP, set_up_text(founding.wish))
        _found(made, founding)
    _, findings = look(Settings(folder / CONFIGURATION), running=False)
    for each in findings:
        click.secho(f"{each.severity}: {each.text}", err=True, fg="yellow")
    if as_json:
        shown = {"folder": str(folder), "user": founding.user, "password": founding.password}
        say(shown, True)
        return
    click.echo(_told(folder, founding))


@dataclass(frozen=True)
class Founding:
    """What is founded, and by whom; `is_made`: the password is ours, and is told once."""

    wish: Wish
    user: str
    password: str
    is_made: bool


def _must_be_free(folder: Path) -> None:
    there = next((name for name in _OURS if (folder / name).exists()), None)
    if there is not None:
        raise Failure(
            f"{folder} holds {there} already: nothing was changed",
            f"`tiro --config {folder / CONFIGURATION} serve` runs the library that is there.",
        )


def _asked(folder: Path, yes: bool, given: dict[str, Any]) -> Founding:
    """What was given, what is answered, and what goes without saying."""

    def ask(option: str, question: str, usual: str) -> str:
        if given[option] is not None:
            return str(given[option])
        if yes:
            return usual
        while True:
            answer = str(click.prompt(question, default=usual, err=True)).strip()
            parameter = next(
                each for each in click.get_current_context().command.params if each.name == option
            )
            try:
                return str(parameter.process_value(click.get_current_context(), answer))
            except click.BadParameter as error:
                click.echo(error.message, err=True)

    own = re.sub("[^a-z0-9]", "", folder.resolve().name.lower())[:10] or "library"
    agency = ask("isil", "ISIL of the library; one of your own if it has none", f"XX-{own}")
    country = country_of(agency)
    language = ask("language", f"Language ({', '.join(tags())})", country.language)
    names = names_in(language)
    name = ask("name", "Name of the library", names["library"])
    branch = ask("branch", "ISIL of the first branch", main_branch_of(agency))
    if branch.casefold() == agency.casefold():
        raise click.UsageError(
            f"the first branch cannot have the ISIL of the agency, {agency}: give it another one"
        )
    wish = Wish(
        name=name,
        agency=agency,
        branch=branch,
        branch_name=ask("branch_name", "Name of that branch", names["main_branch"]),
        timezone=ask("timezone", "Time zone", country.timezone),
        currency=ask("currency", "Currency", country.currency),
        language=language,
        database=given["database"],
        http=given["http_port"],
        sip2=given["sip2_port"],
        z3950=given["z3950_port"],
        address=given["address"],
        certificate=given["certificate"],
        key=given["key"],
    )
    user = ask("user", "User name of the administrator", _own_name())
    is_made = not given["ask_password"]
    password = secrets.token_urlsafe(_PASSWORD_BYTES) if is_made else secret("password")
    return Founding(wish, user, password, is_made)


def _own_name() -> str:
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in some containers
        name = ""
    return name if name and name != "root" else "head"


@contextmanager
def _prepared(folder: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of `folder` at the end, or is gone."""
    beside = folder.resolve().parent
    beside.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.resolve().name}-", dir=beside))
    try:
        yield made
        if folder.exists():
            _must_be_free(folder)
            for each in made.iterdir():
                each.rename(folder / each.name)
        else:
            made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _found(folder: Path, founding: Founding) -> None:
    """The database, with the set-up and the administrator."""
    try:
        password = hash_password(
            founding.password,
            minimum_length=StaffSettings().minimum_length,
            names=(founding.user,),
        )
    except WeakPassword as error:
        raise click.ClickException(str(error)) from error
    url = Settings(folder / CONFIGURATION).database_url
    file = url.removeprefix("sqlite:///")
    is_there = file == url or Path(file).exists()
    if is_there and standing_of(url).fit is not Fit.EMPTY:
        raise Failure(
            "the database is not empty: nothing was changed", "Give --database one that is."
        )
    migrate(url)
    database = open_database(url)

    def work(transaction: Transaction) -> None:
        declared = read((folder / SET_UP).read_text(encoding="utf-8"), option_checks())
        act = Act(transaction, Circulation(), UNATTENDED, datetime.now(UTC))
        apply_set_up(act, declared)
        branch = find_branch(transaction, isil=founding.wish.branch)
        assert branch is not None
        held = held_roles(transaction, ["administrator@all"], branch.agency_id)
        fields = AccountFields(founding.user, branch.id)
        by = at_command_line(_own_name(), "tiro new")
        add_account(act, by, founding.user, fields, held, password)

    try:
        database.write(work).result()
    except StaffUnfit as error:
        raise click.ClickException(str(error)) from error
    finally:
        database.close()


def _told(folder: Path, founding: Founding) -> str:
    wish = founding.wish
    scheme = "http" if wish.certificate is None else "https"
    lines = [
        f"{wish.name} is in {folder}.",
        f"user:          {founding.user}",
        *([f"password:      {founding.password}"] if founding.is_made else []),
        *(["It is told here once: write it down."] if founding.is_made else []),
        "",
        "Next:",
        f"  export TIRO_CONFIG={folder / CONFIGURATION}",
        f"  tiro serve                        the desk is at {scheme}://127.0.0.1:{wish.http}/desk",
        f"  tiro apply {folder / SET_UP}    after a change of branches, hours, rules, machines",
        f"  tiro load FILE --with-items {wish.branch} --first-barcode 1    your own MARC",
    ]
    return "\n".join(lines)
