"""What is committed of the table: docs/reference/openapi.json, a page for people, addresses.tsv.

`python -m protocols.api.reference FOLDER` writes all, `make reference` does so where they belong.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import getdoc
from pathlib import Path
from typing import Final

from protocols.api.addresses import FILE, address_of, line_of
from protocols.api.openapi import outcomes_of, written
from protocols.api.operation import Operation
from protocols.api.operations import OPERATIONS
from protocols.api.problems import Outcome

_INTRODUCTION: Final = """\
# The HTTP API: every operation

<!-- Written by `make reference` from the table of operations; a test holds it to them. -->

All paths begin with `/api/v1` of the common HTTP port; the whole description, with what requests
and answers hold field by field, is [openapi.json](openapi.json), which the server gives at
`/api/v1/openapi.json`. How it is tried: [lend a book with curl](../lending-with-curl.md).

* **Who asks**: `Authorization: Bearer TOKEN`, or the cookie of a session.
* **Once**: where *once* is said, `Idempotency-Key` is needed; the same key gets the same answer.
* **Versions**: where *version* is said, `If-Match` takes the `ETag` of what was read.
* **Lists** have a `Link` with `rel="next"` where there is more.
* **Refusals** are `application/problem+json` (RFC 9457): `type` is one of the problems below,
  `reasons` has everything that the rules say against it.
"""


def page(operations: tuple[Operation, ...]) -> str:
    """The page, in Markdown."""
    lines = [_INTRODUCTION]
    for tag in dict.fromkeys(each.tag for each in operations):
        lines += [f"## {tag[0].upper()}{tag[1:]}", ""]
        lines += ["| operation | does | for | right | |", "|---|---|---|---|---|"]
        lines += [_row(each) for each in operations if each.tag == tag]
        lines.append("")
    lines += ["## Problems", "", "| `type` | status | title |", "|---|---|---|", *_problems(), ""]
    return "\n".join(lines)


def _row(operation: Operation) -> str:
    said = " ".join((getdoc(operation.handler) or operation.summary).split()).replace("``", "`")
    notes = [name for name, holds in _notes(operation) if holds]
    right = f"`{operation.right.value}`" if operation.right else ""
    where = f"`{operation.method} {operation.path}`"
    return f"| {where} | {said} | {operation.caller.value} | {right} | {', '.join(notes)} |"


def _notes(operation: Operation) -> Iterator[tuple[str, bool]]:
    yield "once", operation.is_once
    yield "version", operation.is_versioned
    yield f"gone in {operation.gone_in}", bool(operation.gone_in)
    yield "rules", Outcome.REFUSED in outcomes_of(operation)


def _problems() -> Iterator[str]:
    for outcome in Outcome:
        yield f"| `{outcome.type}` | {outcome.status} | {outcome.title('en')} |"


def lines(operations: tuple[Operation, ...]) -> str:
    """What commands know of the operations (`protocols.api.addresses`)."""
    return "".join(f"{line_of(address_of(each))}\n" for each in operations)


def main(folder: Path) -> None:
    FILE.write_text(lines(OPERATIONS), encoding="utf-8")
    (folder / "openapi.json").write_bytes(written(OPERATIONS))
    (folder / "api.md").write_text(page(OPERATIONS), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
