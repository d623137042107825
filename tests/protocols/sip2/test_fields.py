"""Messages made of fields: laid out as in 0.1, and refused where they cannot be written.

layouts.txt has the fields of each message in the order of the wire: at fixed places with their
kinds and lengths, then those with ids, with their greatest lengths.
"""

import typing
from dataclasses import field
from pathlib import Path
from typing import Any

import pytest

from protocols.sip2 import fields as f
from protocols.sip2.fields import FIELDS, SECRET_FIELDS, Fixed, Kind, Layout, Variable
from protocols.sip2.messages import LAYOUTS
from protocols.wire.declarations import DeclarationError
from tests.walking import each

#: What Python has for each kind of field.
TYPES: dict[Kind, Any] = {
    Kind.TEXT: str,
    Kind.FLAG: bool,
    Kind.BIT: bool,
    Kind.DATE: str,
    Kind.LINES: tuple[str, ...],
    Kind.GROUPS: tuple[f.Fields, ...],
    Kind.EXTRA: f.Fields,
}


def spelt(layout: Layout) -> list[str]:
    lines = [f"{layout.code} {layout.message.__name__}"]
    lines += [f"    {each.name} {each.kind.name} {each.length}" for each in layout.fixed]
    for part in layout.variable:
        need = "required " if part.is_required else ""
        known = "" if part in layout.version_1 else ", not in 1.00"
        line = f"{part.code or '--'} {part.name} {need}{part.kind.name} {part.length}{known}"
        lines.append(f"    {line}")
    return lines


def test_every_message_is_laid_out_as_in_0_1() -> None:
    frozen = Path(__file__).with_name("layouts.txt").read_text(encoding="utf-8")
    assert [line for code in sorted(LAYOUTS) for line in spelt(LAYOUTS[code])] == (
        frozen.splitlines()
    )
    assert len(LAYOUTS) == 31


def test_secrets_are_known() -> None:
    assert SECRET_FIELDS == ("AC", "AD", "CO")


def aliases() -> list[tuple[str, Any, Fixed | Variable]]:
    """Name, type and mark of each field that a message can be made of."""
    parts = [(name, typing.get_args(alias) or (None,)) for name, alias in vars(f).items()]
    return [(name, *args) for name, args in parts if isinstance(args[-1], Fixed | Variable)]


@each("name kind mark", aliases(), str)
def test_a_field_has_the_type_of_its_kind_and_the_name_of_its_id(
    name: str, kind: Any, mark: Fixed | Variable
) -> None:
    if isinstance(mark, Fixed) and mark.kind is Kind.COUNT:
        assert kind == int | None
    else:
        assert kind == (int if mark.kind is Kind.COUNT else TYPES[mark.kind])
    if isinstance(mark, Variable):
        assert name == (mark.code or "Extra")
        assert FIELDS.get(mark.code, mark) is mark


def test_an_error_names_module_class_and_field() -> None:
    with pytest.raises(DeclarationError) as refusal:

        @f.message("00")
        class Wrong:
            patron: f.AA

    assert str(refusal.value).endswith("Wrong.patron: AA is patron_identifier")
    assert str(refusal.value).startswith(__name__)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"ok": str}, "Wrong.ok: no field of SIP2"),
        ({"institution_id": f.AO, "ok": f.Bit}, "Wrong.ok: a fixed field after one with an id"),
        (
            {"cancel": f.BI | None, "patron_identifier": f.AA},
            "Wrong.patron_identifier: a required field after one that may be left out",
        ),
        ({"login_password": f.CO}, "Wrong.login_password: a secret in the repr"),
    ],
)
def test_what_cannot_be_written_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(DeclarationError) as refusal:
        f.message("00")(type("Wrong", (), {"__annotations__": fields}))
    assert str(refusal.value) == f"{__name__}.{reason}"


def test_version_1_knows_nothing_that_version_2_does_not() -> None:
    with pytest.raises(DeclarationError, match="version 1 knows a field that is none of it"):

        @f.message("00", version_1="AO AA")
        class Wrong:
            institution_id: f.AO
            terminal_password: f.AC | None = field(default=None, repr=False)
