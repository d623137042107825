"""Writes the source of decoders and encoders from `layouts`, as dataclasses does for its methods.

Measured, generated code decodes twice as fast as an interpreter of the same tables. What comes out
for ``RPNQuery`` is

    def decode_RPNQuery(b, i, stop, ends):
        t, s, e, i = header(b, i, stop, ends)
        if t == 0x6:
            attribute_set = read_oid(b, s, e)
        else:
            raise missing('RPNQuery', 'attribute_set')
        t, s, e, i = header(b, i, stop, ends)
        if t in RPNStructure_identifiers:
            rpn = decode_RPNStructure(b, t, s, e, ends)
        else:
            raise missing('RPNQuery', 'rpn')
        t, s, e, i = header(b, i, stop, ends)
        if t != END:
            raise unexpected('RPNQuery')
        return RPNQuery(attribute_set, rpn)

    def encode_RPNQuery(v):
        return b''.join((value(b"\\x06", oid(v.attribute_set)), encode_RPNStructure(v.rpn)))

The decoder of a message takes the contents from ``i`` to ``stop``; that of a CHOICE takes a header
already read. Types that can hold themselves count their depth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import Any

from catalogue.generated import Source
from protocols.z3950.messages import External
from protocols.z3950.wire import ber, layouts
from protocols.z3950.wire.layout_types import (
    ANY,
    Choice,
    Constant,
    Explicit,
    ListOf,
    Primitive,
    Tagged,
    Wrapped,
)
from protocols.z3950.wire.package_layouts import PACKAGE_LAYOUTS
from protocols.z3950.wire.structure_layouts import STRUCTURE_LAYOUTS

#: Every layout there is: of APDUs, and of what travels inside them.
LAYOUTS = {**layouts.LAYOUTS, **STRUCTURE_LAYOUTS, **PACKAGE_LAYOUTS}

#: How deep a type may hold itself; an operator below another counts twice. Each step is a call.
MOST_DEPTH = 500

_CLASSES = {
    Primitive.BOOLEAN: bool,
    Primitive.INTEGER: int,
    Primitive.BITS: int,
    Primitive.OCTETS: bytes,
    Primitive.OID: str,
    Primitive.DESCRIPTOR: bytes,
    Primitive.TIME: str,
    Primitive.VISIBLE: str,
    Primitive.TEXT: str,
    Primitive.ANY: bytes,
}

#: How the contents of a primitive value are read, and how the value is written with its header.
_READ = {
    Primitive.BOOLEAN: "read_boolean(b, s, e)",
    Primitive.INTEGER: "b[s] if e - s == 1 and b[s] < 128 else read_integer(b, s, e)",
    Primitive.BITS: "read_bits(b, s, e)",
    Primitive.OCTETS: "b[s:e]",
    Primitive.OID: "read_oid(b, s, e)",
    Primitive.DESCRIPTOR: "b[s:e]",
    Primitive.TIME: "read_text(b, s, e)",
    Primitive.VISIBLE: "read_text(b, s, e)",
    Primitive.TEXT: "read_text(b, s, e)",
    Primitive.ANY: "one_value(b, s, e, ends)",
}
_READ_SEGMENTS = {
    Primitive.OCTETS: "read_segments(b, s, e, ends)",
    Primitive.DESCRIPTOR: "read_segments(b, s, e, ends)",
    Primitive.TIME: "read_text_segments(b, s, e, ends)",
    Primitive.VISIBLE: "read_text_segments(b, s, e, ends)",
    Primitive.TEXT: "read_text_segments(b, s, e, ends)",
}
_WRITE = {
    Primitive.BOOLEAN: "{tag} + boolean({x})",
    Primitive.INTEGER: "{tag} + integer({x})",
    Primitive.BITS: "value({tag}, bits({x}))",
    Primitive.OCTETS: "value({tag}, {x})",
    Primitive.OID: "value({tag}, oid({x}))",
    Primitive.DESCRIPTOR: "value({tag}, {x})",
    Primitive.TIME: "value({tag}, {x}.encode())",
    Primitive.VISIBLE: "value({tag}, {x}.encode())",
    Primitive.TEXT: "value({tag}, {x}.encode())",
    Primitive.ANY: "value({tag}, {x})",
}

#: One way a value may come: its identifier, and the expression that reads it.
Case = tuple[int, str]

_NEXT = "t, s, e, i = header(b, i, stop, ends)"


class Generator:
    """Adds ``decode_X`` and ``encode_X`` to `source` for every class X of `LAYOUTS`."""

    def __init__(self, source: Source) -> None:
        self.names = source.names
        self._source = source
        self._made: dict[Any, str] = {}
        for message in LAYOUTS:
            self.names[message.__name__] = message
            self._decoder(message)
            self._encoder(message)

    def _define(self, head: str, body: list[str]) -> None:
        lines = [f"def {head}:", *(f"    {line}" for line in body), ""]
        self._source.add(head.partition("(")[0], "\n".join(lines))

    # Decoding

    def _decoder(self, message: type) -> None:
        name = message.__name__
        within = _holds(message, message)
        body = [f"if depth > {MOST_DEPTH}:", f"    raise too_deep({name!r})"] if within else []
        body.append(_NEXT)
        for field, tag, of, *optional in LAYOUTS[message]:
            word = "if"
            for condition, expression in self._conditions(tag, of, within):
                body += [f"{word} {condition}:", f"    {field} = {expression}"]
                if optional:
                    body.append(f"    {_NEXT}")
                word = "elif"
            if optional:
                body += ["else:", f"    {field} = None"]
            else:
                body += ["else:", f"    raise missing({name!r}, {field!r})", _NEXT]
        body += ["if t != END:", f"    raise unexpected({name!r})"]
        body.append(f"return {name}({', '.join(field.name for field in fields(message))})")
        depth = ", depth=0" if within else ""
        self._define(f"decode_{name}(b, i, stop, ends{depth})", body)

    def _conditions(self, tag: int | None, of: Any, within: bool) -> Iterator[tuple[str, str]]:
        """Tests of the identifier ``t`` and, for each, what reads the value.

        `within`: the caller is a type that can hold itself, and knows its `depth`.
        """
        if isinstance(of, Choice) and tag is None:
            name = self._choice(of)
            yield f"t in {name}_identifiers", f"decode_{name}(b, t, s, e, ends{_depth(of, within)})"
            return
        for identifier, expression in self._cases(tag, of, within):
            yield f"t == {identifier:#x}", expression

    def _cases(self, tag: int | None, of: Any, within: bool = False) -> list[Case]:
        """The ways a value of type `of` may come."""
        if isinstance(of, Tagged):
            return self._cases(of.tag if tag is None else tag, of.of, within)
        if isinstance(of, Wrapped):
            self.names[of.by.__name__] = of.by
            cases = self._cases(tag, of.of, within)
            return [(identifier, f"{of.by.__name__}({how})") for identifier, how in cases]
        if isinstance(of, Constant):
            null = _identifier(5 if tag is None else tag, False, tag is None)
            return [(null, f"constant(s, e, {self._constant(of)})")]
        if isinstance(of, Choice):
            name = self._choice(of)
            if tag is None:
                call = f"decode_{name}(b, t, s, e, ends{_depth(of, within)})"
                return [(identifier, call) for identifier in self.names[f"{name}_identifiers"]]
            return [(_identifier(tag, True), f"{self._holder(of)}(b, s, e, ends)")]
        if isinstance(of, Explicit):
            assert tag is not None, "an explicit type needs a tag"
            return [(_identifier(tag, True), f"{self._holder(of.of)}(b, s, e, ends)")]
        if isinstance(of, ListOf):
            number = 16 if tag is None else tag
            return [(_identifier(number, True, tag is None), f"{self._list(of)}(b, s, e, ends)")]
        if isinstance(of, Primitive):
            return self._primitive_cases(tag, of)
        number = (8 if of is External else 16) if tag is None else tag
        call = f"decode_{of.__name__}(b, s, e, ends{_depth(of, within)})"
        return [(_identifier(number, True, tag is None), call)]

    @staticmethod
    def _primitive_cases(tag: int | None, of: Primitive) -> list[Case]:
        if of is ANY:
            assert tag is not None, "ANY needs a tag"
            return [(_identifier(tag, True), _READ[of])]
        number = of.value if tag is None else tag
        cases = [(_identifier(number, False, tag is None), _READ[of])]
        if of in _READ_SEGMENTS:
            cases.append((_identifier(number, True, tag is None), _READ_SEGMENTS[of]))
        return cases

    def _choice(self, of: Choice) -> str:
        """Makes the functions of a CHOICE, once, and returns its name."""
        if of in self._made:
            return of.name
        assert of.name not in self._made.values(), f"two choices are named {of.name}"
        self._made[of] = of.name
        within = _holds(of, of)
        cases = [case for tag, of_ in of.alternatives for case in self._cases(tag, of_, within)]
        identifiers = [identifier for identifier, _ in cases]
        assert len(set(identifiers)) == len(identifiers), f"{of.name} is ambiguous"
        self.names[f"{of.name}_identifiers"] = frozenset(identifiers)
        body = [f"if t == {identifier:#x}:\n        return {how}" for identifier, how in cases]
        body.append(f"raise unexpected({of.name!r})")
        depth = ", depth=0" if within else ""
        self._define(f"decode_{of.name}(b, t, s, e, ends{depth})", body)
        self._choice_encoder(of)
        return of.name

    def _holder(self, of: Any) -> str:
        """Makes the decoder of the one value inside an explicit tag and returns its name."""
        key = ("holder", of)
        if key not in self._made:
            name = self._made[key] = f"decode_inside_{len(self._made)}"
            body = ["t, s, e = inside(b, i, stop, ends)"]
            for condition, how in self._conditions(None, of, False):
                body += [f"if {condition}:", f"    return {how}"]
            body.append("raise unexpected('an explicit tag')")
            self._define(f"{name}(b, i, stop, ends)", body)
        return self._made[key]

    def _list(self, of: ListOf) -> str:
        if of not in self._made:
            name = self._made[of] = f"decode_list_{len(self._made)}"
            body = ["found = []", f"{_NEXT}", "while t != END:"]
            word = "if"
            for condition, how in self._conditions(None, of.of, False):
                body += [f"    {word} {condition}:", f"        found.append({how})"]
                word = "elif"
            body += ["    else:", "        raise unexpected('a list')", f"    {_NEXT}"]
            self._define(f"{name}(b, i, stop, ends)", [*body, "return found"])
        return self._made[of]

    def _constant(self, of: Constant) -> str:
        name = f"{type(of.value).__name__}_{of.value.name}"
        self.names[name] = of.value
        return name

    # Encoding

    def _encoder(self, message: type) -> None:
        parts = []
        for field, tag, of, *optional in LAYOUTS[message]:
            if optional:
                written = self._written(tag, of, "x")
                parts.append(f"b'' if (x := v.{field}) is None else {written}")
            else:
                parts.append(self._written(tag, of, f"v.{field}"))
        body = [f"return b''.join(({', '.join(parts)},))"]
        self._define(f"encode_{message.__name__}(v)", body)

    def _written(self, tag: int | None, of: Any, x: str) -> str:
        """The expression that writes the value of the expression `x`."""
        if isinstance(of, Tagged):
            return self._written(of.tag if tag is None else tag, of.of, x)
        if isinstance(of, Wrapped):
            return self._written(tag, of.of, f"{x}.value")
        if isinstance(of, Constant):
            return repr(_octets(5 if tag is None else tag, False, tag is None) + b"\x00")
        if isinstance(of, Choice):
            written = f"encode_{self._choice(of)}({x})"
            return written if tag is None else f"value({_octets(tag, True)!r}, {written})"
        if isinstance(of, Explicit):
            assert tag is not None, "an explicit type needs a tag"
            return f"value({_octets(tag, True)!r}, {self._written(None, of.of, x)})"
        if isinstance(of, ListOf):
            octets = _octets(16 if tag is None else tag, True, tag is None)
            return f"value({octets!r}, b''.join([{self._written(None, of.of, 'y')} for y in {x}]))"
        if isinstance(of, Primitive):
            number = of.value if tag is None else tag
            assert number is not None, "ANY needs a tag"
            octets = _octets(number, of is ANY, tag is None)
            return _WRITE[of].format(tag=repr(octets), x=x)
        octets = _octets((8 if of is External else 16) if tag is None else tag, True, tag is None)
        return f"value({octets!r}, encode_{of.__name__}({x}))"

    def _choice_encoder(self, of: Choice) -> None:
        body = ["kind = x.__class__"]
        told: set[Any] = set()
        for tag, of_ in of.alternatives:
            kinds = _kinds(of_)
            assert not told & kinds, f"the alternatives of {of.name} share a class"
            told |= kinds
            if isinstance(of_, Constant):
                condition = f"x is {self._constant(of_)}"
            else:
                for kind in kinds:
                    self.names.setdefault(kind.__name__, kind)
                condition = " or ".join(sorted(f"kind is {kind.__name__}" for kind in kinds))
            body += [f"if {condition}:", f"    return {self._written(tag, of_, 'x')}"]
        body.append(f"raise TypeError(f'no {of.name}: {{kind.__name__}}')")
        self._define(f"encode_{of.name}(x)", body)


def _octets(tag: int, constructed: bool, universal: bool = False) -> bytes:
    return ber.identifier_of(tag, constructed=constructed, universal=universal)


def _identifier(tag: int, constructed: bool, universal: bool = False) -> int:
    return int.from_bytes(_octets(tag, constructed, universal), "big")


def _kinds(of: Any) -> set[Any]:
    """The Python classes (constants: the objects) that values of a type have."""
    if isinstance(of, Wrapped):
        return {of.by}
    if isinstance(of, Constant):
        return {of.value}
    if isinstance(of, ListOf):
        return {list}
    if isinstance(of, Primitive):
        return {_CLASSES[of]}
    if isinstance(of, Choice):
        return {kind for _, alternative in of.alternatives for kind in _kinds(alternative)}
    if isinstance(of, Tagged | Explicit):
        return _kinds(of.of)
    return {of}


def _parts(of: Any) -> list[Any]:
    """The types right inside a type."""
    if isinstance(of, Wrapped | Tagged | Explicit | ListOf):
        return [of.of]
    if isinstance(of, Choice):
        return [alternative for _, alternative in of.alternatives]
    return [field[2] for field in LAYOUTS[of]] if isinstance(of, type) else []


@cache
def _holds(of: Any, sought: Any) -> bool:
    """Can a value of the first type hold one of the second, at any depth?"""
    waiting, seen = _parts(of), set()
    while waiting:
        part = waiting.pop()
        if part is sought:
            return True
        if part not in seen:
            seen.add(part)
            waiting += _parts(part)
    return False


def _depth(of: Any, within: bool) -> str:
    """The last argument of a call from one type that can hold itself to another."""
    return ", depth + 1" if within and _holds(of, of) else ""
