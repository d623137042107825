"""The page of all rights, made from their list: ``python -m circulation.staff.reference FILE``."""

from __future__ import annotations

import sys
from pathlib import Path

from circulation.kernel.overriding import OVERRIDABLE, overriding_right
from circulation.kernel.reasons import Reason
from circulation.kernel.rights import Right
from circulation.staff.roles import BUILT_IN

_HEAD = """\
# Rights of the staff

Made from the list of rights by `make reference`. A role is a named set of them
(`[roles]` in [library.toml](library-toml.md)); `tiro role list` shows those of a library. Somebody
has a role at a branch, at an agency or everywhere, and each right holds there.
"""


def reference() -> str:
    """The page, in Markdown."""
    names = " | ".join(each.name for each in BUILT_IN.values())
    marks = " | ".join(":-:" for _ in BUILT_IN)
    lines = [_HEAD, f"| right | what it lets them do | {names} |", f"|---|---|{marks}|"]
    for right in Right:
        held = " | ".join("x" if right in each.rights else "" for each in BUILT_IN.values())
        lines.append(f"| `{right.value}` | {right.about} | {held} |")
    lines += ["", "## Refusals that may be passed over", "", "| refusal | right |", "|---|---|"]
    for reason in sorted(OVERRIDABLE, key=lambda each: each.name):
        right_needed = overriding_right(reason)
        assert right_needed is not None
        lines.append(f"| `{reason.name}` | `{right_needed.value}` |")
    never = len(Reason) - len(OVERRIDABLE)
    lines += ["", f"The other {never} refusals are passed over by nobody.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
