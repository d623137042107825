"""The files that a probe writes: proxy.toml, and a plan of the move to begin with."""

from __future__ import annotations

import json
import secrets
from typing import Final

from protocols.proxy.probing.findings import Findings

#: The proxy waits for an answer so many times as long as the slowest took; in seconds at least.
_TIMES: Final = 10
_LEAST: Final = 10.0
_MOST: Final = 60.0


def write_proxy_file(
    found: Findings, *, timezone: str, login: str | None, password: str, branch: str
) -> str:
    """Return proxy.toml for the system that was probed, with all terminals in the mode `old`."""
    old: dict[str, object] = {"host": found.host, "port": found.port}
    if login is not None:
        old["account"] = {"login": login, "password": password}
    if found.institution:
        old["institution"] = found.institution
    if found.speed is not None:
        old["answer_timeout"] = min(_MOST, max(_LEAST, round(_TIMES * found.speed.slowest, 1)))
        old["lines"] = min(4, found.speed.lines)
    old["error_detection"] = found.has_checksums
    charset = found.charset if found.charset not in (None, "ascii") else "utf-8"
    lines = [
        "# Written by `tiro probe`. The proxy passes all messages on; nothing else changes.",
        'journal = "journal"',
        f'key = "{secrets.token_hex(32)}"',
        f"timezone = {_text(timezone)}",
        f"charset = {_text(charset)}",
        "",
        "[listen]",
        "port = 6001",
        'interface = "0.0.0.0"',
        "",
        "[old]",
        *(f"{name} = {_text(value)}" for name, value in old.items()),
    ]
    dialect: dict[str, object] = {}
    if found.leaves_out:
        dialect["leaves_out"] = [*found.leaves_out]
    if found.hold_counts is not None:
        dialect["hold_counts"] = found.hold_counts
    if dialect:
        lines += ["", "[old.dialect]"]
        lines += [f"{name} = {_text(value)}" for name, value in dialect.items()]
    lines += [
        "",
        "# Each terminal by the login of its 93, or by its address (networks).",
        "[[terminals]]",
        'login = "kiosk-1"',
        f"branch = {_text(branch)}",
    ]
    return "\n".join([*lines, ""])


def write_plan(found: Findings, *, timezone: str, example: str) -> str:
    """Return a plan of the move: `example` with what is known of the system at its head."""
    head = [
        "# A draft by `tiro probe`: complete the tables of values (`tiro move survey`).",
        f"timezone = {_text(timezone)}",
    ]
    if len(found.currency) == 3:
        head.append(f"currency = {_text(found.currency)}")
    kept = [
        line
        for line in example.splitlines()
        if not line.startswith(tuple(f"{name} =" for name in ("timezone", "currency")))
    ]
    first = next(place for place, line in enumerate(kept) if line.startswith("source"))
    return "\n".join([*kept[:first], *head, *kept[first:], ""])


def _text(value: object) -> str:
    """Return a value as TOML has it. Strings, lists and numbers are written as in JSON."""
    if isinstance(value, dict):
        inside = ", ".join(f"{name} = {_text(each)}" for name, each in value.items())
        return f"{{ {inside} }}"
    return json.dumps(value, ensure_ascii=False)
