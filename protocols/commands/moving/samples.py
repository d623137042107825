"""`tiro move samples`: odd patrons of each branch, as a page to print and to check by eye."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import click

from circulation.moving.balancing.file_rows import FileRows
from circulation.moving.balancing.samples import Sample, choose
from circulation.moving.balancing.samples_here import Compared, compare
from circulation.moving.reports import new_file
from circulation.patrons.identifiers import IDENTIFIERS
from protocols.commands.moving.shared import FILES, PLAN, REPORTS, planned_by, reasons_aside
from protocols.commands.shared.library import opened
from protocols.commands.shared.progress import progress
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings
from protocols.process.failures import Failure

_STYLE = """
body { font: 10pt sans-serif; max-width: 60em; margin: 2em auto; }
h2 { break-before: page; } h2:first-of-type { break-before: auto; }
section { break-inside: avoid; margin: 1.5em 0; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #999; padding: .2em .5em; text-align: left; vertical-align: top; }
th:first-child { width: 9em; } td { width: 45%; }
tr.differs td { background: #ffe9b0; font-weight: bold; }
"""


class _Checked(NamedTuple):
    sample: Sample
    lines: Sequence[Compared] | None


@click.command()
@PLAN
@FILES
@REPORTS
@click.option(
    "--per-branch",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="So many patrons of each branch.",
)
@as_json
@click.pass_obj
def samples(
    settings: Settings,
    plan: Path,
    folder: Path | None,
    reports: Path | None,
    per_branch: int,
    as_json: bool,
) -> None:
    """Print odd patrons of each branch, as the files have them and as they are here, side by side.

    To be checked by eye, by people who know them: with guardians, blocks, several cards, credits.
    To be run after `tiro move load`. The page has what is known of these patrons, but for PINs and
    national numbers: nobody but you may read it, and it is to be deleted when it was signed.
    """
    planned = planned_by(plan, folder)
    if "patrons" not in planned.kinds:
        raise Failure(f"{plan}: it moves no patrons", "Nothing was done.")
    where = reports or plan.parent
    aside = reasons_aside(where, planned)
    with opened(settings, is_long=True, mapped=False) as library, progress() as report:
        set_up = library.read(library.circulation.current_set_up)
        zone = planned.timezone or set_up.timezone
        stored = IDENTIFIERS.of(library.circulation).stored
        rows = FileRows(planned, zone, stored, lambda kind, n: report(kind, "rows", n))
        today = set_up.day(library.now)
        chosen = choose(planned, rows, aside, today, per_branch=per_branch)
        checked = [
            _Checked(
                each,
                library.read(lambda t, its=each: compare(t, its, planned.source, zone)),  # type: ignore[misc]
            )
            for each in chosen
        ]
    file = where / f"{planned.source}.samples.html"
    with new_file(file) as page:
        page.writelines(_page(planned.source, checked))
    missing = sum(each.lines is None for each in checked)
    differing = sum(any(line.differs for line in each.lines or ()) for each in checked)
    facts = {"page": str(file), "patrons": len(checked), "differ": differing, "missing": missing}
    say(facts, as_json)


def _page(source: str, checked: Sequence[_Checked]) -> Iterator[str]:
    yield f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(source)}'
    yield f"</title><style>{_STYLE}</style></head><body><h1>{escape(source)}</h1>"
    for home, several in groupby(checked, key=lambda each: each.sample.home):
        yield f"<h2>{escape(home)}</h2>"
        for each in several:
            yield from _section(each)
        yield "<p>Checked by: ______________________ on: ____________</p>"
    yield "</body></html>\n"


def _section(checked: _Checked) -> Iterator[str]:
    odd = ", ".join(checked.sample.odd) or "nothing odd"
    yield f"<section><h3>{escape(checked.sample.key)}: {escape(odd)}</h3>"
    if checked.lines is None:
        yield "<p><strong>Not here.</strong></p></section>"
        return
    yield "<table><tr><th></th><th>in the files</th><th>here</th></tr>"
    for line in checked.lines:
        name = ' class="differs"' if line.differs else ""
        what = escape(line.what.replace("_", " "))
        cells = f"<td>{escape(line.files)}</td><td>{escape(line.here)}</td>"
        yield f"<tr{name}><th>{what}</th>{cells}</tr>"
    yield "</table></section>"
