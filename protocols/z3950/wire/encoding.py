"""Writes the source of encoders for declared types. The result for ``RPNQuery`` is

    def encode_RPNQuery(message):
        return b''.join((value(b'\\x06', oid(message.attribute_set)), ...,))

What may hold values of a long type, such as records, is written from its end to its beginning, so
that each header knows the size of what follows it and no record is copied for any of the headers
around it:

    def write_NamePlusRecord(message, pieces):
        size = 0
        size += headed(b'\\xa1', write_Record(message.record, pieces), pieces)
        size += piece(b'' if (x := message.name) is None else value(b'\\x80', x.encode()), pieces)
        return size
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from itertools import groupby
from threading import RLock
from typing import Any

from catalogue.generated import Source
from protocols.z3950.wire import ber
from protocols.z3950.wire.asn1 import NULL_TAG, Explicit, External, Primitive, Sequence
from protocols.z3950.wire.layouts import (
    CLASSES,
    Constant,
    Field,
    ListOf,
    OneOf,
    Tagged,
    Type,
    Wrapped,
    fields_of,
    holds,
    label,
)

TEXTS = (Primitive.TIME, Primitive.VISIBLE, Primitive.TEXT)
OCTETS = (Primitive.OCTETS, Primitive.DESCRIPTOR)

#: How a simple value is written with its header.
_WRITE = {
    Primitive.BOOLEAN: "{tag} + boolean({x})",
    Primitive.INTEGER: "{tag} + integer({x})",
    Primitive.BITS: "value({tag}, bits({x}))",
    Primitive.OID: "value({tag}, oid({x}))",
    **dict.fromkeys((*OCTETS, Primitive.ANY), "value({tag}, {x})"),
    **dict.fromkeys(TEXTS, "value({tag}, {x}.encode())"),
}

#: What an EXTERNAL holds: the octets of a record, as a rule.
_ENCODING = fields_of(External)[-1].type

#: The functions of `ber` that generated source calls.
_CALLED = (
    *("END", "bits", "boolean", "header", "headed", "inside", "integer", "oid", "one_value"),
    *("piece", "read_bits", "read_boolean", "read_integer", "read_oid", "read_segments"),
    *("read_text", "read_text_segments", "value"),
)


class Encoding:
    """Makes the encoders of declared types, each when it is first asked for.

    Values of the `long` type hold an EXTERNAL of many octets.
    """

    def __init__(self, long: type[Any] | None = None) -> None:
        self._long = long
        self._source = Source("protocols.z3950", {name: getattr(ber, name) for name in _CALLED})
        self._names = self._source.names
        self._made: dict[str, Type] = {}
        self._lock = RLock()

    def encoder(self, kind: type[Any]) -> Callable[[Any], bytes]:
        """Writes the contents of an object of the class."""
        with self._lock:
            function: Callable[[Any], bytes] = self._source.function(self._encoder(kind))
            return function

    def _is_new(self, function: str, of: Type) -> bool:
        """Is the function of a type still to be defined? Two types must not share a name."""
        is_new = function not in self._made
        assert self._made.setdefault(function, of) == of, f"two types want {function}"
        return is_new

    def _define(self, name: str, parameters: str, body: list[str]) -> None:
        lines = [f"def {name}({parameters}):", *(f"    {line}" for line in body), ""]
        self._source.add(name, "\n".join(lines))

    def _named(self, thing: type | Enum) -> str:
        """The name by which the source mentions a class or a member of an enum."""
        name = thing.__name__ if isinstance(thing, type) else f"{type(thing).__name__}_{thing.name}"
        assert self._names.setdefault(name, thing) is thing, f"two things are named {name}"
        return name

    def _encoder(self, kind: type[Any]) -> str:
        function = f"encode_{kind.__name__}"
        if self._is_new(function, kind):
            if self._is_long(kind):
                body = ["pieces = []", f"{self._writer(kind)}(message, pieces)"]
                body += ["pieces.reverse()", "return b''.join(pieces)"]
            else:
                parts = [self._written_field(field) for field in fields_of(kind)]
                body = [f"return b''.join(({', '.join(parts)},))"]
            self._define(function, "message", body)
        return function

    def _written_field(self, field: Field) -> str:
        if not field.is_optional:
            return self._written(field.type, f"message.{field.name}")
        written = self._written(field.type, "x")
        return f"b'' if (x := message.{field.name}) is None else {written}"

    def _written(self, of: Type, x: str) -> str:
        """The expression that writes the value of the expression `x`."""
        if isinstance(of, Wrapped):
            return self._written(of.of, f"{x}.value")
        if isinstance(of, OneOf):
            return f"{self._choice_encoder(of)}({x})"
        tag, bare = tag_of(of)
        is_constructed = bare is Primitive.ANY or not isinstance(bare, Primitive | Constant)
        octets = identifier_octets(tag, bare, is_constructed=is_constructed)
        if isinstance(bare, Primitive):
            return _WRITE[bare].format(tag=repr(octets), x=x)
        if isinstance(bare, Constant):
            return repr(octets + b"\x00")
        if isinstance(bare, Tagged):
            contents = self._written(bare.of, x)
        elif isinstance(bare, ListOf):
            contents = f"b''.join([{self._written(bare.of, 'each')} for each in {x}])"
        else:
            assert isinstance(bare, type), f"{label(bare)} without a tag"
            contents = f"{self._encoder(bare)}({x})"
        return f"value({octets!r}, {contents})"

    def _choice_encoder(self, of: OneOf) -> str:
        return self._choice(f"encode_{of.name}", of, "x", self._written)

    def _choice(
        self, function: str, of: OneOf, parameters: str, way: Callable[[Type, str], str]
    ) -> str:
        """The function that does with a value what `way` writes for each alternative."""
        if self._is_new(function, of):
            body = ["kind = x.__class__"]
            told: set[Any] = set()
            for alternative in of.alternatives:
                tellers = _tellers(alternative)
                assert not told & tellers, f"the alternatives of {of.name} share a class"
                told |= tellers
                condition = " or ".join(sorted(map(self._told_by, tellers)))
                body += [f"if {condition}:", f"    return {way(alternative, 'x')}"]
            body.append(f"raise TypeError(f'no {of.name}: {{kind.__name__}}')")
            self._define(function, parameters, body)
        return function

    # Encoding from the end to the beginning: sizes of what was added to the pieces

    def _is_long(self, of: Type) -> bool:
        """May a value of the type hold long ones, or lie between one and its octets?"""
        long = self._long
        if long is None:
            return False
        if of == long or holds(of, long):
            return True
        return (of == _ENCODING or holds(of, _ENCODING)) and holds(long, of)

    def _writer(self, kind: type[Any]) -> str:
        function = f"write_{kind.__name__}"
        if self._is_new(function, kind):
            body = ["size = 0"]
            backwards = reversed(fields_of(kind))
            for is_long, together in groupby(backwards, lambda field: self._is_long(field.type)):
                fields = list(together)
                if not is_long:
                    parts = [self._written_field(field) for field in reversed(fields)]
                    joined = parts[0] if len(parts) == 1 else f"b''.join(({', '.join(parts)}))"
                    body.append(f"size += piece({joined}, pieces)")
                    continue
                for field in fields:
                    test = f"if (x := message.{field.name}) is not None: "
                    x = "x" if field.is_optional else f"message.{field.name}"
                    size = f"size += {self._added(field.type, x)}"
                    body.append(test + size if field.is_optional else size)
            self._define(function, "message, pieces", [*body, "return size"])
        return function

    def _added(self, of: Type, x: str) -> str:
        """The expression that adds the value of the expression `x` to the pieces."""
        if isinstance(of, Wrapped):
            return self._added(of.of, f"{x}.value")
        if isinstance(of, OneOf) and self._is_long(of):
            return f"{self._choice_writer(of)}({x}, pieces)"
        tag, bare = tag_of(of)
        if bare in (Primitive.OCTETS, Primitive.ANY):
            contents = f"piece({x}, pieces)"
        elif not self._is_long(of):
            return f"piece({self._written(of, x)}, pieces)"
        elif isinstance(bare, Tagged):
            contents = self._added(bare.of, x)
        elif isinstance(bare, ListOf):
            contents = f"sum([{self._added(bare.of, 'each')} for each in reversed({x})])"
        else:
            assert isinstance(bare, type), f"{label(bare)} without a tag"
            contents = f"{self._writer(bare)}({x}, pieces)"
        octets = identifier_octets(tag, bare, is_constructed=bare is not Primitive.OCTETS)
        return f"headed({octets!r}, {contents}, pieces)"

    def _choice_writer(self, of: OneOf) -> str:
        return self._choice(f"write_{of.name}", of, "x, pieces", self._added)

    def _told_by(self, teller: type | Enum) -> str:
        return f"{'kind' if isinstance(teller, type) else 'x'} is {self._named(teller)}"


def tag_of(of: Type) -> tuple[int | None, Type]:
    """The context tag of a type, if it has one, and what is tagged; of an explicit one itself."""
    if not isinstance(of, Tagged):
        return None, of
    return of.tag.number, of if isinstance(of.tag, Explicit) else of.of


def identifier_octets(tag: int | None, of: Type, *, is_constructed: bool = True) -> bytes:
    """The identifier octets of a type with this context tag, else with its own."""
    if tag is not None:
        return ber.identifier_of(tag, constructed=is_constructed)
    if isinstance(of, Primitive | Constant):
        number = of.value if isinstance(of, Primitive) else NULL_TAG
    else:
        number = of.universal_tag if isinstance(of, type) else Sequence.universal_tag
    assert number is not None, "ANY needs a tag"
    return ber.identifier_of(number, constructed=is_constructed, universal=True)


def identifier(tag: int | None, of: Type, *, is_constructed: bool = True) -> int:
    return int.from_bytes(identifier_octets(tag, of, is_constructed=is_constructed), "big")


def _tellers(of: Type) -> set[type | Enum]:
    """The Python classes that values of a type have; of a constant, the object."""
    if isinstance(of, Wrapped):
        return {of.by}
    if isinstance(of, Constant):
        return {of.value}
    if isinstance(of, ListOf):
        return {list}
    if isinstance(of, Primitive):
        return {CLASSES[of]}
    if isinstance(of, OneOf):
        return {teller for alternative in of.alternatives for teller in _tellers(alternative)}
    return _tellers(of.of) if isinstance(of, Tagged) else {of}
