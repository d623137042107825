"""Writes the source of encoders for declared types. The result for ``RPNQuery`` is

    def encode_RPNQuery(message):
        return b''.join((b'\\x06' + LENGTHS[len(c := oid(message.attribute_set))] + c, ...,))

What may hold values of a long type, such as records, is written from its end to its beginning, so
that each header knows the size of what follows it and no record is copied for any of the headers
around it. A value of the long type itself is given by a function, in two pieces:

    before2 = size
    for each2 in reversed(x1.value):
        head, octets = in_two(each2)
        add(octets)
        add(head)
        size += len(head) + len(octets)
    octets = b'\\xbc' + LENGTHS[size - before2]
    add(octets)
    size += len(octets)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from itertools import groupby
from threading import RLock
from typing import Any

from catalogue.generated import Source
from protocols.z3950.wire import ber
from protocols.z3950.wire.asn1 import NULL_TAG, Explicit, Primitive, Sequence
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

#: A value with its header; what the contents themselves write is done with ``c`` before.
_WHOLE = "{tag} + LENGTHS[len(c := {contents})] + c"
#: How a simple value is written with its header.
_WRITE = {
    Primitive.BOOLEAN: "{tag} + boolean({x})",
    Primitive.INTEGER: "{tag} + INTEGERS[{x}]",
    Primitive.BITS: _WHOLE.format(tag="{tag}", contents="bits({x})"),
    Primitive.OID: _WHOLE.format(tag="{tag}", contents="oid({x})"),
    **dict.fromkeys((*OCTETS, Primitive.ANY), _WHOLE.format(tag="{tag}", contents="{x}")),
    **dict.fromkeys(TEXTS, _WHOLE.format(tag="{tag}", contents="{x}.encode()")),
}

#: What generated source uses of `ber`.
_USED = (
    *("END", "INTEGERS", "LENGTHS", "bits", "boolean", "header", "inside", "oid", "one_value"),
    *("read_bits", "read_boolean", "read_integer", "read_oid", "read_segments"),
    *("read_text", "read_text_segments"),
)

Lines = Iterator[str]


class Encoding:
    """Makes the encoders of declared types, each when it is first asked for.

    Values of the `long` type are many octets: `in_two` gives them whole, in two pieces.
    """

    def __init__(
        self,
        long: type[Any] | None = None,
        in_two: Callable[[Any], tuple[bytes, bytes]] | None = None,
    ) -> None:
        self._long = long
        self._source = Source("protocols.z3950", {name: getattr(ber, name) for name in _USED})
        self._names = self._source.names
        self._names["in_two"] = in_two
        self._made: dict[str, Type] = {}
        self._lock = RLock()

    def encoder(self, of: Type) -> Callable[[Any], bytes]:
        """Writes an object with its header; of a class without a tag, the contents alone."""
        with self._lock:
            name = self._encoder(of) if isinstance(of, type) else self._whole_encoder(of)
            function: Callable[[Any], bytes] = self._source.function(name)
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
            if kind is not self._long and self._is_long(kind):
                body = _joined(self._added_fields(kind, "message", 0))
            else:
                parts = [self._written_field(field, "message") for field in fields_of(kind)]
                body = [f"return b''.join(({', '.join(parts)},))"]
            self._define(function, "message", body)
        return function

    def _whole_encoder(self, of: Type) -> str:
        function = f"encode_{label(of)}"
        if self._is_new(function, of):
            if self._is_long(of):
                body = _joined(self._added(of, "message", 0))
            else:
                body = [f"return {self._written(of, 'message')}"]
            self._define(function, "message", body)
        return function

    def _written_field(self, field: Field, holder: str) -> str:
        if not field.is_optional:
            return self._written(field.type, f"{holder}.{field.name}")
        written = self._written(field.type, "x")
        return f"b'' if (x := {holder}.{field.name}) is None else {written}"

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
        return _WHOLE.format(tag=repr(octets), contents=contents)

    def _choice_encoder(self, of: OneOf) -> str:
        function = f"encode_{of.name}"
        if self._is_new(function, of):
            body = self._chosen(of, "x", lambda one: [f"return {self._written(one, 'x')}"])
            self._define(function, "x", list(body))
        return function

    def _chosen(self, of: OneOf, x: str, way: Callable[[Type], Iterable[str]]) -> Lines:
        """Lines that do with the value of `x` what `way` says for its alternative."""
        yield f"kind = {x}.__class__"
        told: set[Any] = set()
        for alternative in of.alternatives:
            tellers = _tellers(alternative)
            assert not told & tellers, f"the alternatives of {of.name} share a class"
            conditions = [self._told_by(teller, x) for teller in tellers]
            yield f"{'elif' if told else 'if'} {' or '.join(sorted(conditions))}:"
            yield from _indented(way(alternative))
            told |= tellers
        yield "else:"
        yield f"    raise TypeError(f'no {of.name}: {{kind.__name__}}')"

    # Encoding from the end to the beginning: lines that add to the pieces and to their size

    def _is_long(self, of: Type) -> bool:
        """May a value of the type hold long ones, or be one?"""
        return self._long is not None and (of == self._long or holds(of, self._long))

    def _added_fields(self, kind: type[Any], x: str, depth: int) -> Lines:
        """Lines that add the fields of the object `x`, the last one first; `depth` is how many
        values there are around it."""
        backwards = reversed(fields_of(kind))
        for is_long, together in groupby(backwards, lambda field: self._is_long(field.type)):
            fields = list(together)
            if not is_long:
                parts = [self._written_field(field, x) for field in reversed(fields)]
                yield from _piece(f"b''.join(({', '.join(parts)},))")
                continue
            for field in fields:
                yield f"x{depth} = {x}.{field.name}"
                added = self._added(field.type, f"x{depth}", depth)
                if field.is_optional:
                    yield f"if x{depth} is not None:"
                    added = _indented(added)
                yield from added

    def _added(self, of: Type, x: str, depth: int) -> Lines:
        """Lines that add the value of the expression `x`."""
        if isinstance(of, Wrapped):
            yield from self._added(of.of, f"{x}.value", depth)
            return
        if not self._is_long(of):
            yield from _piece(self._written(of, x))
            return
        if of == self._long:
            yield from (f"head, octets = in_two({x})", "add(octets)", "add(head)")
            yield "size += len(head) + len(octets)"
            return
        if isinstance(of, OneOf):
            yield from self._chosen(of, x, lambda one: self._added(one, x, depth + 1))
            return
        tag, bare = tag_of(of)
        yield f"before{depth} = size"
        if isinstance(bare, Tagged):
            yield from self._added(bare.of, x, depth + 1)
        elif isinstance(bare, ListOf):
            yield f"for each{depth} in reversed({x}):"
            yield from _indented(self._added(bare.of, f"each{depth}", depth + 1))
        else:
            assert isinstance(bare, type), f"{label(bare)} without a tag"
            yield from self._added_fields(bare, x, depth + 1)
        yield from _piece(f"{identifier_octets(tag, bare)!r} + LENGTHS[size - before{depth}]")

    def _told_by(self, teller: type | Enum, x: str) -> str:
        return f"{'kind' if isinstance(teller, type) else x} is {self._named(teller)}"


def _indented(lines: Iterable[str]) -> Lines:
    return (f"    {line}" for line in lines)


def _piece(octets: str) -> Lines:
    """Lines that add the octets of an expression before those that are there."""
    return iter((f"octets = {octets}", "add(octets)", "size += len(octets)"))


def _joined(lines: Iterable[str]) -> list[str]:
    """The body of a function that gives what the lines have added."""
    first = ["pieces = []", "add = pieces.append", "size = 0"]
    return [*first, *lines, "pieces.reverse()", "return b''.join(pieces)"]


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
